#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "text/unicode.h"

static struct arena *arena;
static struct error err;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	err = (struct error){ 0 };
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void normal_forms_compose(void **state)
{
	static const char plain[] = "plain", composed[] = "Zo\u00EB";

	(void)state;
	assert_string_equal(text_nfc(arena, "Zoe\u0308"), "Zo\u00EB");
	assert_string_equal(text_nfc(arena, "\u0915\u094D\u0937"), "\u0915\u094D\u0937");
	assert_string_equal(text_nfc(arena, "\uFB01ne"), "\uFB01ne");
	assert_string_equal(text_nfkc(arena, "\uFB01ne"), "fine");
	assert_string_equal(text_nfkc(arena, "\uFF21\uFF44\uFF41"), "Ada");
	assert_string_equal(text_nfkc(arena, "\u00BD"), "1\u20442");
	assert_ptr_equal(text_nfc(arena, plain), plain);
	assert_ptr_equal(text_nfc(arena, composed), composed);
	assert_ptr_equal(text_nfkc(arena, plain), plain);
}

static void folding_makes_cases_equal(void **state)
{
	static const struct {
		const char *a, *b;
	} pairs[] = {
		{ "ADA", "ada" },
		{ "Stra\u00DFe", "STRASSE" },
		{ "\u00C9COLE", "\u00E9cole" },
		{ "E\u0301COLE", "\u00E9cole" },
		{ "\u039F\u0394\u03A5\u03A3\u03A3\u0395\u03A5\u03A3",
		  "\u03BF\u03B4\u03C5\u03C3\u03C3\u03B5\u03C5\u03C2" },
		{ "\U00010400", "\U00010428" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		assert_string_equal(text_fold(arena, pairs[i].a), text_fold(arena, pairs[i].b));
	assert_string_not_equal(text_fold(arena, "\u0130"), text_fold(arena, "i"));
}

static void broken_utf8_does_no_harm(void **state)
{
	(void)state;
	assert_string_equal(text_nfc(arena, "a\xFF\xFE"), "a\xFF\xFE");
	assert_non_null(text_fold(arena, "\xC3"));
	assert_non_null(text_nfkc(arena, "\xED\xA0\x80\xF4\x90\x80\x80"));
}

static const struct {
	const char *raw, *clean;
	enum text_kind kind;
} kept[] = {
	{ "Ada", "Ada", TEXT_LINE },
	{ "  Ada Lovelace\t", "Ada Lovelace", TEXT_LINE },
	{ "Ada  Lovelace", "Ada  Lovelace", TEXT_LINE },
	{ "Ada\tLovelace", "Ada\tLovelace", TEXT_LINE },
	{ "\n", "", TEXT_LINE },
	{ "two\nlines\r\n", "two\nlines", TEXT_LINES },
	{ "O\xC2\x92" "Brien", "O\xC2\x92" "Brien", TEXT_LINE },
	{ "\u202Etest\u202E", "\u202Etest\u202E", TEXT_LINE },
	{ "\uFEFF", "\uFEFF", TEXT_LINE },
	{ "\u00A0x\u2003", "\u00A0x\u2003", TEXT_LINE },
	{ "Z\u0341\u0321\u031B", "Z\u0341\u0321\u031B", TEXT_LINE },
	{ "\U0001F469\u200D\U0001F467", "\U0001F469\u200D\U0001F467", TEXT_LINE },
	{ "'; DROP TABLE lead; --", "'; DROP TABLE lead; --", TEXT_LINE },
	{ "", "", TEXT_LINE },
};

static void text_is_kept_byte_for_byte_but_for_outer_blanks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const char *clean = NULL;

		assert_int_equal(text_clean(arena, kept[i].raw, kept[i].kind, 0, &clean, &err),
				 0);
		assert_string_equal(clean, kept[i].clean);
	}
}

static const struct {
	const char *raw;
	enum text_kind kind;
	const char *message;
} refused[] = {
	{ "Ada\nLovelace", TEXT_LINE, "has a line break: write it in one line" },
	{ "Ada\rLovelace", TEXT_LINE, "has a line break: write it in one line" },
	{ "Ada\x01Lovelace", TEXT_LINE, "has the control character U+0001: remove it" },
	{ "Ada\x1B[31m", TEXT_LINES, "has the control character U+001B: remove it" },
	{ "Ada\x7F", TEXT_LINES, "has the control character U+007F: remove it" },
};

static void control_characters_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const char *clean = NULL;

		assert_int_equal(text_clean(arena, refused[i].raw, refused[i].kind, 0, &clean,
					    &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, refused[i].message);
	}
}

static void text_has_a_longest_length_in_code_points(void **state)
{
	const char *clean = NULL;

	(void)state;
	assert_int_equal(text_clean(arena, " \u00E9\u00E9\u00E9 ", TEXT_LINE, 3, &clean, &err),
			 0);
	assert_int_equal(text_clean(arena, "\u00E9\u00E9\u00E9\u00E9", TEXT_LINE, 3, &clean,
				    &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "longer than 3 characters: shorten it");
}

static int init(void **state)
{
	(void)state;
	return text_init(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(normal_forms_compose),
		TEST(folding_makes_cases_equal),
		TEST(broken_utf8_does_no_harm),
		TEST(text_is_kept_byte_for_byte_but_for_outer_blanks),
		TEST(control_characters_are_refused_by_name),
		TEST(text_has_a_longest_length_in_code_points),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
