/* print_test.c - text for people: safe, measured, cut. */
#include "../support/check.h"

#include "base/arena.h"
#include "cli/print.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	setenv("LC_ALL", "C.UTF-8", 1);
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void terminals_are_told_nothing(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ NULL, "" },
		{ "", "" },
		{ "Ada", "Ada" },
		{ "J\xC3\xB6rg", "J\xC3\xB6rg" },
		{ "\033[2J", "\xEF\xBF\xBD[2J" },
		{ "a\nb\tc\rd", "a b c d" },
		{ "\x07\x08", "\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "a\xC2\x9B" "b", "a\xEF\xBF\xBD" "b" },             /* C1's CSI */
		{ "exe\xE2\x80\xAEgpj", "exe\xEF\xBF\xBDgpj" },       /* right to left override */
		{ "\xE2\x81\xA6x", "\xEF\xBF\xBDx" },
		{ "not\xFFutf8", "\xEF\xBF\xBD" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(shown(arena, cases[i].text), cases[i].expected);
}

static void width_counts_columns(void **state)
{
	(void)state;
	assert_int_equal(print_width_of(""), 0);
	assert_int_equal(print_width_of("abc"), 3);
	assert_int_equal(print_width_of("J\xC3\xB6rg"), 4);
	assert_int_equal(print_width_of("\xE5\xBC\xA0\xE4\xBC\x9F"), 4); /* two wide letters */
	assert_int_equal(print_width_of("e\xCC\x81"), 1);                /* e and an accent */
}

static void what_is_too_long_is_cut_at_a_letter(void **state)
{
	(void)state;
	assert_string_equal(print_cut(arena, "abcdef", 6), "abcdef");
	assert_string_equal(print_cut(arena, "abcdefg", 6), "abcde\xE2\x80\xA6");
	assert_string_equal(print_cut(arena, "abcd efg", 6), "abcd\xE2\x80\xA6");
	assert_string_equal(print_cut(arena, "\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6", 3),
			    "\xC3\xB6\xC3\xB6\xE2\x80\xA6");
	assert_string_equal(print_cut(arena, "\xE5\xBC\xA0\xE4\xBC\x9F\xE5\xBC\xA0", 4),
			    "\xE5\xBC\xA0\xE2\x80\xA6");
}

static void numbers_and_times_are_readable(void **state)
{
	(void)state;
	assert_string_equal(shown_count(arena, 0), "0");
	assert_string_equal(shown_count(arena, 999), "999");
	assert_string_equal(shown_count(arena, 1000), "1,000");
	assert_string_equal(shown_count(arena, -1234567), "-1,234,567");
	assert_string_equal(shown_count(arena, -123), "-123");
	assert_string_equal(shown_number_of(arena, 1, "lead"), "1 lead");
	assert_string_equal(shown_number_of(arena, 2, "lead"), "2 leads");
	assert_string_equal(shown_bytes(arena, 1), "1 byte");
	assert_string_equal(shown_bytes(arena, 1023), "1,023 bytes");
	assert_string_equal(shown_bytes(arena, 3 << 20), "3.0 MiB");
	assert_string_equal(shown_time(arena, "2026-03-02T09:14:07.213Z"),
			    "2026-03-02 09:14:07Z");
	assert_string_equal(shown_time(arena, "yesterday"), "yesterday");
	assert_string_equal(shown_time(arena, NULL), "");
}

static void json_values_are_shown_on_a_line(void **state)
{
	static const struct {
		const char *json, *expected;
	} cases[] = {
		{ "null", "" },          { "\"a\\nb\"", "a b" },  { "12", "12" },
		{ "true", "true" },      { "[\"a\",1]", "a, 1" }, { "[]", "" },
		{ "{\"a\":1}", "{\"a\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *json = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);

		assert_non_null(json);
		assert_string_equal(shown_json(arena, json), cases[i].expected);
		json_decref(json);
	}
	assert_string_equal(shown_json(arena, NULL), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminals_are_told_nothing),
		cmocka_unit_test(width_counts_columns),
		cmocka_unit_test(what_is_too_long_is_cut_at_a_letter),
		cmocka_unit_test(numbers_and_times_are_readable),
		cmocka_unit_test(json_values_are_shown_on_a_line),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
