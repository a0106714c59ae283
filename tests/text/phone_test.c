#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "text/phone.h"
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

/* The fact sheet's table of measured behaviour, row by row. */
static const struct {
	const char *raw, *region, *e164, *type, *of;
	enum phone_verdict verdict;
} measured[] = {
	{ "09876543210", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "9876543210", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "919876543210", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "00919876543210", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "p:+919876543210", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "tel:+91-98765-43210", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "९८७६५४३२१०", "IN", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "0091 98765-43210", "GB", "+919876543210", "MOBILE", "IN", PHONE_VALID },
	{ "080-3075 2400", "IN", "+918030752400", "FIXED_LINE", "IN", PHONE_VALID },
	{ "1800-209-1234", "IN", "+9118002091234", "TOLL_FREE", "IN", PHONE_VALID },
	{ "(415) 555-2671", "US", "+14155552671", "FIXED_LINE_OR_MOBILE", "US", PHONE_VALID },
	{ "415 555 2671 ext. 89", "US", "+14155552671", "FIXED_LINE_OR_MOBILE", "US",
	  PHONE_VALID },
	{ "1-800-FLOWERS", "US", "+18003569377", "TOLL_FREE", "US", PHONE_VALID },
	{ "+44 (0)20 7946 0958", "GB", "+442079460958", "FIXED_LINE", "GB", PHONE_VALID },
	{ "+447911123456", "GB", "+447911123456", "MOBILE", "GG", PHONE_VALID },
	{ "01 1 551 234 5678", "MX", "+525512345678", "FIXED_LINE_OR_MOBILE", "MX", PHONE_VALID },
	{ "+52 01 1 551 234 5678", "ZZ", "+525512345678", "FIXED_LINE_OR_MOBILE", "MX",
	  PHONE_VALID },
	{ "+5215512345678", "ZZ", "+525512345678", "FIXED_LINE_OR_MOBILE", "MX", PHONE_VALID },
	{ "0000000000", "IN", "+91000000000", "UNKNOWN", "IN", PHONE_SUSPECT },
	{ "+911234567890", "ZZ", "+911234567890", "FIXED_LINE", "IN", PHONE_VALID },
	{ "+919999999999", "ZZ", "+919999999999", "MOBILE", "IN", PHONE_VALID },
};

static void numbers_are_read_as_measured(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(measured); i++) {
		struct phone phone;

		print_message("# %s\n", measured[i].raw);
		assert_int_equal(phone_parse(arena, measured[i].raw, measured[i].region, &phone,
					     &err), 0);
		assert_string_equal(phone.e164, measured[i].e164);
		assert_string_equal(phone_type_name(phone.type), measured[i].type);
		assert_int_equal(phone.verdict, measured[i].verdict);
		assert_string_equal(phone.raw, measured[i].raw);
		if (phone.verdict == PHONE_VALID) {
			assert_string_equal(phone.region, measured[i].of);
			assert_null(phone.reason);
		}
	}
}

static const struct {
	const char *raw, *region, *reason;
} refused[] = {
	{ "9876543210", "ZZ", "INVALID_COUNTRY_CODE" },
	{ "9876543210", NULL, "INVALID_COUNTRY_CODE" },
	{ "9876543210", "", "INVALID_COUNTRY_CODE" },
	{ "9876543210", "India", "INVALID_COUNTRY_CODE" },
	{ "9876543210", "XX", "INVALID_COUNTRY_CODE" },
	{ "", "IN", "NOT_A_NUMBER" },
	{ "   ", "IN", "NOT_A_NUMBER" },
	{ "+", "IN", "NOT_A_NUMBER" },
	{ "abc", "IN", "NOT_A_NUMBER" },
	{ "null", "IN", "NOT_A_NUMBER" },
	{ "9.88E+09", "IN", "NOT_A_NUMBER" },
	{ "98765432101234567890", "IN", "TOO_LONG_NSN" },
	{ "12345", "IN", "TOO_SHORT" },
	{ "911", "US", "TOO_SHORT" },
	{ "555-2671", "US", "LOCAL_ONLY" },
	{ "+999 123456789", "US", "INVALID_COUNTRY_CODE" },
	{ "+91", "IN", "NOT_A_NUMBER" },
	{ "1", "IN", "NOT_A_NUMBER" },
	{ "ada@example.org", "IN", "NOT_A_NUMBER" },
	{ "<script>alert(1)</script>", "US", "NOT_A_NUMBER" },
};

static void what_is_no_number_is_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct phone phone;

		print_message("# %s\n", refused[i].raw);
		assert_int_equal(phone_parse(arena, refused[i].raw, refused[i].region, &phone,
					     &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_int_equal(phone.verdict, PHONE_INVALID);
		assert_string_equal(phone.reason, refused[i].reason);
		assert_null(phone.e164);
		assert_null(phone_text(arena, &phone, PHONE_FORM_NATIONAL));
		assert_string_equal(err.message, arena_printf(arena, "%s: %s", phone.problem,
							      phone.instruction));
	}
}

static void the_refusal_says_what_to_do(void **state)
{
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse(arena, "12345", "IN", &phone, &err), -1);
	assert_string_equal(err.message, "too short for a number of its country: add the "
					 "missing digits, or correct the country");
	assert_int_equal(phone_parse(arena, "9.88E+09", "IN", &phone, &err), -1);
	assert_string_equal(err.message, "shortened by a spreadsheet, digits are lost: format "
					 "the column as text and export it again");
	assert_int_equal(phone_parse(arena, "9876543210", NULL, &phone, &err), -1);
	assert_string_equal(err.message,
			    "its country is not known: put + and the country code before it, "
			    "or set the source's country");
}

static void spreadsheet_damage_is_seen_in_every_form(void **state)
{
	static const char *const damaged[] = { "9.88E+09", "9,88E+09", "9.88E9", "9E+09",
		"9.87654E+11", "+9.88E+09", "'9.88e+09", " 9.88E+09 ", "6.50253E+09" };
	struct phone phone;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
		assert_int_equal(phone_parse(arena, damaged[i], "US", &phone, &err), -1);
		assert_string_equal(phone.problem,
				    "shortened by a spreadsheet, digits are lost");
	}
}

static void letters_that_are_no_damage_stay_letters(void **state)
{
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse(arena, "1-800-2EAT-NOW", "US", &phone, &err), 0);
	assert_string_equal(phone.e164, "+18002328669");
}

static const struct {
	const char *raw, *region, *e164;
	unsigned flags;
} flagged[] = {
	{ "9999999999", "IN", "+919999999999", PHONE_FLAG_DUMMY },
	{ "0000000000", "IN", "+91000000000", PHONE_FLAG_DUMMY },
	{ "1234567890", "IN", "+911234567890", PHONE_FLAG_DUMMY },
	{ "9000000000", "IN", "+919000000000", PHONE_FLAG_DUMMY },
	{ "415 555 0123", "US", "+14155550123", PHONE_FLAG_DUMMY },
	{ "415 555 0223", "US", "+14155550223", 0 },
	{ "+1 (555) 555-5555", "US", "+15555555555", PHONE_FLAG_DUMMY },
	{ "9876543210", "IN", "+919876543210", 0 },
	{ "9811198111", "IN", "+919811198111", 0 },
	{ "415 555 2671 x89", "US", "+14155552671", PHONE_FLAG_EXTENSION },
	{ "1-800-FLOWERS", "US", "+18003569377", PHONE_FLAG_TOLL_FREE },
	{ "900 234 5678", "US", "+19002345678", PHONE_FLAG_PREMIUM },
	{ "140 123 4567", "IN", "+911401234567", PHONE_FLAG_SPAM },
	{ "9876543210.0", "IN", "+919876543210", PHONE_FLAG_REPAIRED },
	{ "+919876543210.00", "IN", "+919876543210", PHONE_FLAG_REPAIRED },
	{ "650 253 0000 (home)", "US", "+16502530000", PHONE_FLAG_REPAIRED },
	{ "650 253 0000 mobile", "US", "+16502530000", PHONE_FLAG_REPAIRED },
};

static void flags_say_what_is_special(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flagged); i++) {
		struct phone phone;

		print_message("# %s\n", flagged[i].raw);
		assert_int_equal(phone_parse(arena, flagged[i].raw, flagged[i].region, &phone,
					     &err), 0);
		assert_string_equal(phone.e164, flagged[i].e164);
		assert_int_equal(phone.flags, flagged[i].flags);
	}
}

static void everybodys_example_is_a_dummy_only_in_a_live_workspace(void **state)
{
	const struct phone_rules live = { .region = "IN", .is_live = true };
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse(arena, "9876543210", "IN", &phone, &err), 0);
	assert_int_equal(phone.flags, 0);
	assert_int_equal(phone_parse_by(arena, "9876543210", &live, &phone, &err), 0);
	assert_int_equal(phone.flags, PHONE_FLAG_DUMMY);
	assert_int_equal(phone.verdict, PHONE_VALID);
}

static void the_extension_is_kept_apart(void **state)
{
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse(arena, "415 555 2671 ext. 89", "US", &phone, &err), 0);
	assert_string_equal(phone.extension, "89");
	assert_string_equal(phone.e164, "+14155552671");
	assert_string_equal(phone_text(arena, &phone, PHONE_FORM_NATIONAL),
			    "(415) 555-2671 ext. 89");
	assert_string_equal(phone_text(arena, &phone, PHONE_FORM_INTERNATIONAL),
			    "+1 415-555-2671 ext. 89");
}

static void area_codes_newer_than_the_metadata_are_taken_as_suspect(void **state)
{
	static const char *const codes[] = { "227", "235", "324", "329", "357", "436", "472",
		"483", "557", "645", "686", "728", "748", "835", "942", "983" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct phone phone;
		const char *raw = arena_printf(arena, "(%s) 232-2671", codes[i]);

		assert_int_equal(phone_parse(arena, raw, "US", &phone, &err), 0);
		assert_int_equal(phone.verdict, PHONE_SUSPECT);
		assert_string_equal(phone.reason, "UNKNOWN_RANGE");
		assert_string_equal(phone.e164, arena_printf(arena, "+1%s2322671", codes[i]));
		assert_null(phone.region);
		assert_int_equal(phone.calling_code, 1);
	}
}

static const struct {
	const char *raw, *first, *second, *third;
} fields[] = {
	{ "9876543210 / 9811122233", "+919876543210", "+919811122233", NULL },
	{ "9876543210/9811122233", "+919876543210", "+919811122233", NULL },
	{ "9876543210, 9811122233", "+919876543210", "+919811122233", NULL },
	{ "9876543210;9811122233", "+919876543210", "+919811122233", NULL },
	{ "9876543210 or 9811122233", "+919876543210", "+919811122233", NULL },
	{ "9876543210 & 9811122233", "+919876543210", "+919811122233", NULL },
	{ "9876543210\n9811122233", "+919876543210", "+919811122233", NULL },
	{ "+919876543210 , +14155552671, 08030752400", "+919876543210", "+14155552671",
	  "+918030752400" },
	{ "12345 / 9876543210", "+919876543210", NULL, NULL },
	{ "9876543210 / 11", "+919876543210", NULL, NULL },
	{ "9876543210 / -", "+919876543210", NULL, NULL },
	{ "/9876543210", "+919876543210", NULL, NULL },
};

static void two_numbers_in_one_field_are_both_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct phone phone;

		print_message("# field %zu\n", i);
		assert_int_equal(phone_parse(arena, fields[i].raw, "IN", &phone, &err), 0);
		assert_string_equal(phone.e164, fields[i].first);
		assert_string_equal(phone.raw, fields[i].raw);
		assert_int_equal(!!phone.second, !!fields[i].second);
		if (!phone.second)
			continue;
		assert_true(phone.flags & PHONE_FLAG_SECOND);
		assert_string_equal(phone.second->e164, fields[i].second);
		assert_int_equal(!!phone.second->second, !!fields[i].third);
		if (phone.second->second)
			assert_string_equal(phone.second->second->e164, fields[i].third);
	}
}

static void a_slash_inside_one_number_does_not_split_it(void **state)
{
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse(arena, "030/901820", "DE", &phone, &err), 0);
	assert_string_equal(phone.e164, "+4930901820");
	assert_null(phone.second);
}

static void at_most_four_numbers_of_a_field_are_kept(void **state)
{
	struct phone phone;
	int count = 0;

	(void)state;
	assert_int_equal(phone_parse(arena, "9811122230,9811122231,9811122232,9811122233,"
				     "9811122234,9811122235", "IN", &phone, &err), 0);
	for (const struct phone *p = &phone; p; p = p->second)
		count++;
	assert_int_equal(count, 4);
}

static const char *const markets[] = { "IN", "US", "GB" };

static const struct {
	const char *raw, *region, *e164;
	unsigned flags;
} lost_plus[] = {
	{ "919876543210", "US", "+919876543210", PHONE_FLAG_GUESSED_CODE },
	{ "919876543210", NULL, "+919876543210", PHONE_FLAG_GUESSED_CODE },
	{ "91-98765 43210", NULL, "+919876543210", PHONE_FLAG_GUESSED_CODE },
	{ "14155552671", "IN", "+14155552671", PHONE_FLAG_GUESSED_CODE },
	{ "447911123456", "IN", "+447911123456", PHONE_FLAG_GUESSED_CODE },
	{ "9876543210", "IN", "+919876543210", 0 },
};

static void a_lost_plus_is_found_by_the_markets_calling_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lost_plus); i++) {
		const struct phone_rules rules = { .region = lost_plus[i].region,
						   .markets = markets,
						   .nmarkets = ARRAY_LEN(markets) };
		struct phone phone;

		print_message("# %s\n", lost_plus[i].raw);
		assert_int_equal(phone_parse_by(arena, lost_plus[i].raw, &rules, &phone, &err),
				 0);
		assert_string_equal(phone.e164, lost_plus[i].e164);
		assert_int_equal(phone.flags, lost_plus[i].flags);
	}
}

static void a_calling_code_of_no_market_is_not_guessed(void **state)
{
	const struct phone_rules rules = { .region = "US", .markets = markets,
					   .nmarkets = 1 };
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse_by(arena, "447911123456", &rules, &phone, &err), -1);
	assert_string_equal(phone.reason, "TOO_LONG");
}

static void the_region_may_be_written_small(void **state)
{
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse(arena, "9876543210", "in", &phone, &err), 0);
	assert_string_equal(phone.region_hint, "IN");
}

static void a_book_is_not_a_number(void **state)
{
	char *book = arena_alloc(arena, 100001);
	struct phone phone;

	(void)state;
	memset(book, '9', 100000);
	assert_int_equal(phone_parse(arena, book, "IN", &phone, &err), -1);
	assert_string_equal(phone.reason, "TOO_LONG_NSN");
	memset(book, '/', 100000);
	assert_int_equal(phone_parse(arena, book, "IN", &phone, &err), -1);
}

static const struct {
	const char *text, *region;
	enum phone_form form;
	const char *out;
} forms[] = {
	{ "+919876543210", NULL, PHONE_FORM_E164, "+919876543210" },
	{ "98765 43210", "IN", PHONE_FORM_E164, "+919876543210" },
	{ "+919876543210", NULL, PHONE_FORM_NATIONAL, "098765 43210" },
	{ "+919876543210", NULL, PHONE_FORM_INTERNATIONAL, "+91 98765 43210" },
	{ "+919876543210", NULL, PHONE_FORM_DIGITS, "919876543210" },
	{ "+919876543210", NULL, PHONE_FORM_NATIONAL_DIGITS, "9876543210" },
	{ "+14155552671", NULL, PHONE_FORM_NATIONAL, "(415) 555-2671" },
	{ "+14155552671", NULL, PHONE_FORM_NATIONAL_DIGITS, "4155552671" },
	{ "+390612345678", NULL, PHONE_FORM_NATIONAL_DIGITS, "0612345678" },
};

static void a_number_has_other_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const char *out = NULL;

		assert_int_equal(phone_format(arena, forms[i].text, forms[i].region,
					      forms[i].form, &out, &err), 0);
		assert_string_equal(out, forms[i].out);
	}
	assert_string_equal(phone_e164(arena, "098765 43210", "IN"), "+919876543210");
	assert_string_equal(phone_national(arena, "+442079460958", NULL), "020 7946 0958");
	assert_null(phone_e164(arena, "nonsense", "IN"));
	assert_null(phone_national(arena, "nonsense", "IN"));
}

static void what_costs_or_is_nobodys_is_not_rung(void **state)
{
	static const struct {
		const char *raw, *region;
		bool is_reachable, with_toll_free;
	} numbers[] = {
		{ "9811122233", "IN", true, true },
		{ "1800-209-1234", "IN", false, true },
		{ "900 234 5678", "US", false, false },
		{ "9999999999", "IN", false, false },
		{ "+44 55 1234 5678", "GB", false, false },
		{ "12345", "IN", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct phone phone;

		phone_parse(arena, numbers[i].raw, numbers[i].region, &phone, &err);
		print_message("# %s %s\n", numbers[i].raw, phone_type_name(phone.type));
		assert_int_equal(phone_is_reachable(&phone, false), numbers[i].is_reachable);
		assert_int_equal(phone_is_reachable(&phone, true), numbers[i].with_toll_free);
	}
}

static void every_flag_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PHONE_FLAGS; i++)
		assert_non_null(phone_flag_name(1u << i));
	assert_string_equal(phone_flag_name(PHONE_FLAG_LEARNT_LANDLINE), "learnt_landline");
	assert_string_equal(phone_flag_name(PHONE_FLAG_REPAIRED), "repaired");
	assert_null(phone_flag_name(1u << PHONE_FLAGS));
	assert_null(phone_flag_name(0));
	assert_string_equal(phone_verdict_name(PHONE_SUSPECT), "suspect");
	assert_string_equal(phone_type_name(PHONE_VOICEMAIL), "VOICEMAIL");
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
		TEST(numbers_are_read_as_measured),
		TEST(what_is_no_number_is_refused_with_a_reason),
		TEST(the_refusal_says_what_to_do),
		TEST(spreadsheet_damage_is_seen_in_every_form),
		TEST(letters_that_are_no_damage_stay_letters),
		TEST(flags_say_what_is_special),
		TEST(everybodys_example_is_a_dummy_only_in_a_live_workspace),
		TEST(the_extension_is_kept_apart),
		TEST(area_codes_newer_than_the_metadata_are_taken_as_suspect),
		TEST(two_numbers_in_one_field_are_both_kept),
		TEST(a_slash_inside_one_number_does_not_split_it),
		TEST(at_most_four_numbers_of_a_field_are_kept),
		TEST(a_lost_plus_is_found_by_the_markets_calling_codes),
		TEST(a_calling_code_of_no_market_is_not_guessed),
		TEST(the_region_may_be_written_small),
		TEST(a_book_is_not_a_number),
		TEST(a_number_has_other_forms),
		TEST(what_costs_or_is_nobodys_is_not_rung),
		TEST(every_flag_has_a_name),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
