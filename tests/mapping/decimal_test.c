#include "../support/check.h"

#include "base/arena.h"
#include "mapping/decimal.h"

static void numbers_become_one_form(void **state)
{
	static const struct {
		const char *text, *plain;
	} numbers[] = {
		{ "5", "5" },           { "5.0", "5" },
		{ "5.00", "5" },        { "+5", "5" },
		{ "-5", "-5" },         { "05", "5" },
		{ "0", "0" },           { "-0.0", "0" },
		{ "000", "0" },         { ".5", "0.5" },
		{ "5.", "5" },          { "0.001", "0.001" },
		{ "100", "100" },       { "100.10", "100.1" },
		{ "1e3", "1000" },      { "1.5E+2", "150" },
		{ "15e-1", "1.5" },     { "1e-3", "0.001" },
		{ "0e99", "0" },        { "1.20e1", "12" },
		{ "9007199254740993", "9007199254740993" },
		{ "1234567890123456789012345678901234567890",
		  "1234567890123456789012345678901234567890" },
		{ "0.0000000000000000000000000000000000000001",
		  "0.0000000000000000000000000000000000000001" },
	};
	struct arena *arena = arena_new();
	struct decimal number;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		assert_true(decimal_parse(numbers[i].text, &number));
		assert_string_equal(decimal_text(arena, &number), numbers[i].plain);
	}
	arena_free(arena);
}

static void other_texts_are_no_numbers(void **state)
{
	static const char *const texts[] = {
		"", " ", "-", ".", "e5", "5e", "5e+", "1 000", "1,000", "0x10", "5a", "--5",
		"1.2.3", "inf", "nan", "5 ", "1e1234", "1e41",
		"12345678901234567890123456789012345678901",
		"0.00000000000000000000000000000000000000001",
	};
	struct decimal number;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (decimal_parse(texts[i], &number))
			fail_msg("\"%s\" was taken for a number", texts[i]);
}

static const struct decimal_style english = { '.', ", '" };
static const struct decimal_style german = { ',', ". '" };

static void styles_say_what_parts_thousands(void **state)
{
	static const struct {
		const struct decimal_style *style;
		const char *text, *plain; /* plain NULL: not a number */
	} numbers[] = {
		{ &english, "1,234,567.89", "1234567.89" },
		{ &english, "12,34,567.5", "1234567.5" },
		{ &english, " 1 234.5\n", "1234.5" },
		{ &english, "1\xC2\xA0" "234", "1234" },
		{ &english, "1\xE2\x80\xAF" "234", "1234" },
		{ &english, "1'234", "1234" },
		{ &english, "-1,000", "-1000" },
		{ &english, "1,5", NULL },
		{ &english, "1,2345", NULL },
		{ &english, "1234,567", NULL },
		{ &english, "1,23", NULL },
		{ &english, "1,,234", NULL },
		{ &english, ",234", NULL },
		{ &english, "1.234,5", NULL },
		{ &english, "", NULL },
		{ &german, "1.234,5", "1234.5" },
		{ &german, "1234,50", "1234.5" },
		{ &german, "1.5", NULL },
		{ &german, "1,234.5", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct decimal number;
		bool is_number = decimal_parse_style(numbers[i].text, numbers[i].style,
						     &number);

		if (is_number != (numbers[i].plain != NULL))
			fail_msg("\"%s\"", numbers[i].text);
		if (is_number)
			assert_string_equal(decimal_text(arena, &number), numbers[i].plain);
	}
	arena_free(arena);
}

static void a_text_that_is_too_long_is_no_number(void **state)
{
	char text[500];
	struct decimal number;

	(void)state;
	memset(text, '0', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(decimal_parse_style(text, &english, &number));
	assert_true(decimal_parse(text, &number)); /* zeros need no digits */
	assert_int_equal(number.ndigits, 0);
}

static void halves_are_rounded_away_from_zero(void **state)
{
	static const struct {
		const char *text;
		int scale;
		const char *rounded;
	} numbers[] = {
		{ "1.005", 2, "1.01" },  { "1.004", 2, "1" },    { "-1.5", 0, "-2" },
		{ "999.5", 0, "1000" },  { "0.5", 0, "1" },      { "0.49", 0, "0" },
		{ "0.05", 0, "0" },      { "0.004", 2, "0" },    { "0.005", 2, "0.01" },
		{ "12.34", 5, "12.34" }, { "0.999", 2, "1" },    { "-0.4", 0, "0" },
		{ "9.99", 1, "10" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct decimal number;

		assert_true(decimal_parse(numbers[i].text, &number));
		decimal_round(&number, numbers[i].scale);
		assert_string_equal(decimal_text(arena, &number), numbers[i].rounded);
	}
	arena_free(arena);
}

static void a_full_number_is_rounded_in_its_room(void **state)
{
	struct arena *arena = arena_new();
	struct decimal number;

	(void)state;
	assert_true(decimal_parse("999999999999999999999999999999999999999.9", &number));
	decimal_round(&number, 0);
	assert_string_equal(decimal_text(arena, &number),
			    "1000000000000000000000000000000000000000");
	arena_free(arena);
}

static void whole_digits_are_counted(void **state)
{
	static const struct {
		const char *text;
		int digits;
	} numbers[] = { { "0", 0 }, { "0.5", 0 }, { "5", 1 }, { "100", 3 }, { "100.25", 3 } };
	struct decimal number;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		assert_true(decimal_parse(numbers[i].text, &number));
		assert_int_equal(decimal_whole_digits(&number), numbers[i].digits);
	}
}

static void equal_means_equal_numbers(void **state)
{
	struct decimal a, b;

	(void)state;
	assert_true(decimal_parse("5", &a) && decimal_parse("5.0", &b));
	assert_true(decimal_equal(&a, &b));
	assert_true(decimal_parse("-5", &b));
	assert_false(decimal_equal(&a, &b));
	assert_true(decimal_parse("50", &b));
	assert_false(decimal_equal(&a, &b));
	assert_true(decimal_parse("0.5", &b));
	assert_false(decimal_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_one_form),
		cmocka_unit_test(other_texts_are_no_numbers),
		cmocka_unit_test(styles_say_what_parts_thousands),
		cmocka_unit_test(a_text_that_is_too_long_is_no_number),
		cmocka_unit_test(halves_are_rounded_away_from_zero),
		cmocka_unit_test(a_full_number_is_rounded_in_its_room),
		cmocka_unit_test(whole_digits_are_counted),
		cmocka_unit_test(equal_means_equal_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
