#include "../support/check.h"

#include "base/attributes.h"
#include "base/text.h"

static void texts_are_compared(void **state)
{
	(void)state;
	assert_true(text_equal("a", "a"));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal("a", NULL));
	assert_false(text_equal(NULL, "a"));
	assert_false(text_equal("", NULL));
	assert_false(text_equal("a", "A"));
	assert_true(text_is_empty(NULL));
	assert_true(text_is_empty(""));
	assert_false(text_is_empty(" "));
	assert_true(text_starts("leads", "lead"));
	assert_true(text_starts("leads", ""));
	assert_false(text_starts("lead", "leads"));
	assert_true(text_ends("a.example.org", ".example.org"));
	assert_true(text_ends("x", ""));
	assert_false(text_ends("example.org", ".example.org"));
	assert_false(text_ends("example.org.", "example.org"));
}

static void ascii_case_is_ignored_and_no_other(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_true(text_equal_nocase("Content-Type", "content-TYPE"));
	assert_true(text_equal_nocase(NULL, NULL));
	assert_true(text_equal_nocase("", ""));
	assert_false(text_equal_nocase("", NULL));
	assert_false(text_equal_nocase("a", "ab"));
	assert_false(text_equal_nocase("ab", "a"));
	assert_false(text_equal_nocase("[", "{"));
	assert_false(text_equal_nocase("@", "`"));
	assert_false(text_equal_nocase("\xc3\x84", "\xc3\xa4"));
	assert_string_equal(text_lower_ascii(arena, "AZ[]\xc3\x84"), "az[]\xc3\x84");
	assert_null(text_lower_ascii(arena, NULL));
	arena_free(arena);
}

static const struct {
	const char *bytes;
	size_t len;
	bool is_utf8;
} sequences[] = {
#define BYTES(text, is_utf8) { text, sizeof(text) - 1, is_utf8 }
	BYTES("", true),
	BYTES("lead\n\x7f", true),
	BYTES("\0", false),
	BYTES("a\0b", false),
	BYTES("\x80", false),
	BYTES("\xbf", false),
	BYTES("\xc2\x80", true),
	BYTES("\xdf\xbf", true),
	BYTES("\xc0\x80", false), /* over long */
	BYTES("\xc1\xbf", false),
	BYTES("\xc3", false),
	BYTES("\xc3\x28", false),
	BYTES("\xc3\xc3", false),
	BYTES("\xe0\xa0\x80", true),
	BYTES("\xe0\x9f\xbf", false),
	BYTES("\xe2\x82", false),
	BYTES("\xe2\x82\x28", false),
	BYTES("\xe2\x28\xa1", false),
	BYTES("\xed\x9f\xbf", true),
	BYTES("\xed\xa0\x80", false), /* surrogates */
	BYTES("\xed\xbf\xbf", false),
	BYTES("\xee\x80\x80", true),
	BYTES("\xef\xbf\xbf", true),
	BYTES("\xf0\x90\x80\x80", true),
	BYTES("\xf0\x8f\xbf\xbf", false),
	BYTES("\xf0\x9f\x98", false),
	BYTES("\xf0\x9f\x98\x28", false),
	BYTES("\xf4\x8f\xbf\xbf", true),
	BYTES("\xf4\x90\x80\x80", false), /* past U+10FFFF */
	BYTES("\xf5\x80\x80\x80", false),
	BYTES("\xf8\x88\x80\x80\x80", false),
	BYTES("\xff", false),
	BYTES("\xef\xbb\xbf" "bom", true),
};

static void utf8_is_told_from_other_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
		/* In memory of just that size: reading past it is seen. */
		char *bytes = malloc(sequences[i].len + !sequences[i].len);

		memcpy(bytes, sequences[i].bytes, sequences[i].len);
		if (text_is_utf8(bytes, sequences[i].len) != sequences[i].is_utf8)
			fail_msg("case %zu", i);
		free(bytes);
	}
}

static void every_code_point_is_utf8(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x110000; c++) {
		char text[5] = { 0 };
		size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
		unsigned rest = c;

		for (size_t i = len; i-- > 1; rest >>= 6)
			text[i] = (char)(0x80 | (rest & 0x3F));
		text[0] = (char)(lead[len] | rest);
		if (text_is_utf8(text, len) != (c < 0xD800 || c > 0xDFFF))
			fail_msg("U+%04X", c);
		if (text_length(text) != 1)
			fail_msg("U+%04X has no length of 1", c);
	}
}

static void blanks_are_trimmed(void **state)
{
	static const struct {
		const char *text, *trimmed;
	} cases[] = {
		{ "", "" },	   { " ", "" },		   { "\t\n\v\f\r ", "" },
		{ "a", "a" },	   { "  a b\t\n", "a b" }, { "\xc2\xa0" "a", "\xc2\xa0" "a" },
		{ " a\xe3\x80\x80", "a\xe3\x80\x80" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(text_trim(arena, cases[i].text), cases[i].trimmed);
	assert_null(text_trim(arena, NULL));
	arena_free(arena);
}

static void whole_numbers_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
	} cases[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "+7", 7 },
		{ "007", 7 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
	};
	static const char *const others[] = {
		"",    "-",   "+",   " 1",  "1 ", "1.0", "1e3", "0x1",
		"--1", "+-1", "1a",  "\xd9\xa1", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t number = -99;

		assert_true(text_int(cases[i].text, &number));
		assert_int_equal(number, cases[i].number);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		int64_t number = 5;

		if (text_int(others[i], &number))
			fail_msg("%s was read", others[i]);
		assert_int_equal(number, 5);
	}
}

static void nearest_word_is_found_if_near(void **state)
{
	static const char *const words[] = { "email", NULL, "phone", "company", "postal_code", "no",
					     "x", "last_name" };
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{ "emial", "email" },	   { "e-mail", "email" },     { "EMAIL", "email" },
		{ "phon", "phone" },	   { "fone", "phone" },	      { "comapny", "company" },
		{ "postalcode", "postal_code" }, { "postel_cod", "postal_code" },
		{ "lastname", "last_name" }, { "LASTNAME", "last_name" },
		{ "on", "no" },		   { "N0", "no" },	      { "y", NULL },
		{ "X", "x" },		   { "", NULL },	      { "quite different", NULL },
		{ "mail", "email" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *nearest = text_nearest(cases[i].word, words, ARRAY_LEN(words));

		if (!text_equal(nearest, cases[i].nearest))
			fail_msg("%s: %s", cases[i].word, nearest ? nearest : "none");
	}
	assert_null(text_nearest("email", NULL, 0));
}

static void secrets_are_compared_whole(void **state)
{
	(void)state;
	assert_true(text_equal_secret("token", "token"));
	assert_true(text_equal_secret("", ""));
	assert_false(text_equal_secret("token", "tokem"));
	assert_false(text_equal_secret("token", "Token"));
	assert_false(text_equal_secret("token", "token1"));
	assert_false(text_equal_secret("", "t"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_compared),
		cmocka_unit_test(ascii_case_is_ignored_and_no_other),
		cmocka_unit_test(utf8_is_told_from_other_bytes),
		cmocka_unit_test(every_code_point_is_utf8),
		cmocka_unit_test(blanks_are_trimmed),
		cmocka_unit_test(whole_numbers_are_read),
		cmocka_unit_test(nearest_word_is_found_if_near),
		cmocka_unit_test(secrets_are_compared_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
