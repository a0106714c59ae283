#include "../support/check.h"

#include <math.h>

#include "base/attributes.h"
#include "text/edits.h"

static const struct {
	const char *a, *b;
	double similarity;
} words[] = {
	{ "MARTHA", "MARHTA", 0.961 },	 { "DWAYNE", "DUANE", 0.840 },
	{ "DIXON", "DICKSONX", 0.813 },	 { "same", "same", 1 },
	{ "", "", 1 },			 { "a", "", 0 },
	{ "a", "b", 0 },		 { "a", "a", 1 },
	{ "ab", "ba", 0 },
	{ "\u0905\u0928\u093F\u0932", "\u0905\u0928\u093F\u0932", 1 },
	/* As MARTHA and MARHTA, in letters of two bytes. */
	{ "\u041C\u0410\u0420\u0422\u0425\u0410", "\u041C\u0410\u0420\u0425\u0422\u0410", 0.961 },
};

static void similarity_is_that_of_jaro_and_winkler(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		double there = edits_jaro_winkler(words[i].a, words[i].b);

		print_message("# %s %s: %.3f\n", words[i].a, words[i].b, there);
		assert_true(fabs(there - words[i].similarity) < 0.0005);
		assert_true(fabs(there - edits_jaro_winkler(words[i].b, words[i].a)) < 1e-12);
	}
}

static void long_words_are_cut_and_broken_ones_do_no_harm(void **state)
{
	char a[301] = { 0 }, b[301] = { 0 };

	(void)state;
	memset(a, 'x', 300);
	memset(b, 'x', 300);
	memset(b + 64, 'y', 236);
	assert_true(edits_jaro_winkler(a, b) == 1);
	assert_true(edits_jaro_winkler("\xFF\xC3", "\xED\xA0\x80") >= 0);
}

static const struct {
	const char *a, *b;
	int is_one, is_one_replaced;
} pairs[] = {
	{ "gmail", "gmial", 1, 0 }, { "gmail", "gmal", 1, 0 },	{ "gmail", "gmaill", 1, 0 },
	{ "gmail", "gmaol", 1, 1 }, { "gmail", "gmail", 0, 0 }, { "gmail", "gmaxx", 0, 0 },
	{ "gmail", "gmailxx", 0, 0 }, { "", "a", 1, 0 },	{ "", "", 0, 0 },
	{ "ab", "ba", 1, 0 },	    { "abc", "cba", 0, 0 },	{ "a", "b", 1, 1 },
	{ "+919876543210", "+919876543211", 1, 1 },
	{ "+919876543210", "+919876543201", 1, 0 },
	{ "+919876543210", "+91987654321", 1, 0 },
};

static void one_edit_is_told_from_none_and_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		print_message("# %s %s\n", pairs[i].a, pairs[i].b);
		assert_int_equal(edits_is_one(pairs[i].a, pairs[i].b), pairs[i].is_one);
		assert_int_equal(edits_is_one(pairs[i].b, pairs[i].a), pairs[i].is_one);
		assert_int_equal(edits_is_one_replaced(pairs[i].a, pairs[i].b),
				 pairs[i].is_one_replaced);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(similarity_is_that_of_jaro_and_winkler),
		cmocka_unit_test(long_words_are_cut_and_broken_ones_do_no_harm),
		cmocka_unit_test(one_edit_is_told_from_none_and_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
