#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "text/postal.h"
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

static const struct {
	const char *country, *raw, *code;
} taken[] = {
	{ "IN", "560001", "560001" },	   { "IN", "560 001", "560001" },
	{ "IN", " 560-001 ", "560001" },   { "IN", "560001.0", "560001" },
	{ "IN", "\u096B\u096C\u0966\u0966\u0966\u0967", "560001" },
	{ "IN", "\uFF15\uFF16\uFF10\uFF10\uFF10\uFF11", "560001" },
	{ "US", "94105", "94105" },	   { "US", "94105-1234", "94105-1234" },
	{ "US", "941051234", "94105-1234" }, { "US", "94105 1234", "94105-1234" },
	{ "US", "00501", "00501" },	   { "PR", "00901", "00901" },
	{ "GB", "SW1A 1AA", "SW1A 1AA" },  { "GB", "sw1a1aa", "SW1A 1AA" },
	{ "GB", "M1 1AE", "M1 1AE" },	   { "GB", "B33 8TH", "B33 8TH" },
	{ "GB", "CR2 6XH", "CR2 6XH" },	   { "GB", "DN55 1PT", "DN55 1PT" },
	{ "GB", "W1A 0AX", "W1A 0AX" },	   { "GB", "EC1A 1BB", "EC1A 1BB" },
	{ "GB", "GIR 0AA", "GIR 0AA" },	   { "GB", "gir0aa", "GIR 0AA" },
	{ "GG", "GY1 1AA", "GY1 1AA" },	   { "JE", "JE2 3AB", "JE2 3AB" },
	{ "CA", "K1A 0B6", "K1A 0B6" },	   { "CA", "k1a0b6", "K1A 0B6" },
	{ "CA", "K1A-0B6", "K1A 0B6" },	   { "AU", "2000", "2000" },
	{ "AU", "0800", "0800" },	   { "DE", "10115", "10115" },
	{ "DE", "D-10115", "10115" },	   { "DE", "DE 10115", "10115" },
	{ "AT", "A-1010", "1010" },	   { "CH", "CH-8001", "8001" },
	{ "FR", "F-75001", "75001" },	   { "NL", "1012ab", "1012 AB" },
	{ "NL", "NL-1012 AB", "1012 AB" }, { "SE", "11455", "114 55" },
	{ "SE", "SE-114 55", "114 55" },   { "PL", "00950", "00-950" },
	{ "PT", "1000001", "1000-001" },   { "BR", "01310100", "01310-100" },
	{ "JP", "1000001", "100-0001" },   { "IE", "D02AF30", "D02 AF30" },
	{ "IE", "d6w xy00", "D6W XY00" },  { "LV", "1010", "LV-1010" },
	{ "LV", "lv-1010", "LV-1010" },	   { "AD", "AD500", "AD500" },
	{ "AD", "500", "AD500" },	   { "MT", "vlt1117", "VLT 1117" },
	{ "AR", "c1425abc", "C1425ABC" },  { "AR", "1425", "1425" },
	{ "SG", "018956", "018956" },	   { "TW", "106", "106" },
	{ NULL, " ab 12-3 ", "AB 12-3" },  { "", "12345", "12345" },
	{ "XX", "z9", "Z9" },		   { "BT", "11001", "11001" },
};

static void codes_are_written_as_their_country_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		struct postal postal;

		print_message("# %zu %s\n", i, taken[i].code);
		if (postal_parse(arena, taken[i].raw, taken[i].country, NULL, &postal, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(postal.code, taken[i].code);
		assert_int_equal(postal.oddity, POSTAL_FINE);
		assert_null(postal.warning);
	}
}

static const struct {
	const char *country, *raw, *message;
} refused[] = {
	{ "IN", "060001", "not a postal code of India: write it as 123456" },
	{ "IN", "56001", "not a postal code of India: write it as 123456" },
	{ "IN", "5600011", "not a postal code of India: write it as 123456" },
	{ "IN", "56000A", "not a postal code of India: write it as 123456" },
	{ "IN", "", "not a postal code of India: write it as 123456" },
	{ "IN", "5.6E+05", "not a postal code of India: write it as 123456" },
	{ "US", "00000", "not a postal code of United States: write it as 12345" },
	{ "US", "99999", "not a postal code of United States: write it as 12345" },
	{ "US", "99999-1234", "not a postal code of United States: write it as 12345" },
	{ "US", "9410", "not a postal code of United States: write it as 12345" },
	{ "US", "94105-12", "not a postal code of United States: write it as 12345" },
	{ "US", "SW1A 1AA", "not a postal code of United States: write it as 12345" },
	{ "GB", "94105", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "AA1 1AA", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "Q1 1AA", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "A1 1AA", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "SW1I 1AA", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "SW1A 1AC", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "SW1A A1A", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "SW 1AA", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "GB", "", "not a postal code of United Kingdom: write it as SW1A 1AA" },
	{ "CA", "D1A 0B6", "not a postal code of Canada: write it as A1B 2C3" },
	{ "CA", "W1A 0B6", "not a postal code of Canada: write it as A1B 2C3" },
	{ "CA", "K1O 0B6", "not a postal code of Canada: write it as A1B 2C3" },
	{ "CA", "K1A 0BB", "not a postal code of Canada: write it as A1B 2C3" },
	{ "AU", "20000", "not a postal code of Australia: write it as 1234" },
	{ "DE", "F-10115", "not a postal code of Germany: write it as 12345" },
	{ "NL", "1012", "not a postal code of Netherlands: write it as 1234 AB" },
	{ "LV", "EE-1010", "not a postal code of Latvia: write it as LV-1234" },
	{ "IN", "<b>560001</b>", "not a postal code of India: write it as 123456" },
	{ NULL, "", "not a postal code: write digits and letters, at most 16" },
	{ NULL, "7", "not a postal code: write digits and letters, at most 16" },
	{ NULL, "none", "not a postal code: write digits and letters, at most 16" },
	{ NULL, "12345678901234567", "not a postal code: write digits and letters, at most 16" },
	{ NULL, "1;2", "not a postal code: write digits and letters, at most 16" },
	{ "AE", "12345678901234567", "longer than 16 characters: shorten it" },
};

static void what_is_no_code_is_refused_with_an_example(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct postal postal;

		print_message("# %zu %s\n", i, refused[i].raw);
		assert_int_equal(postal_parse(arena, refused[i].raw, refused[i].country, NULL,
					      &postal, &err), -1);
		assert_string_equal(err.message, refused[i].message);
	}
}

static const struct {
	const char *country, *raw, *region, *code;
	enum postal_oddity oddity;
} odd[] = {
	{ "US", "2139", "MA", "02139", POSTAL_PADDED },
	{ "US", "2139", "Massachusetts ", "02139", POSTAL_PADDED },
	{ "US", "7030", "US-NJ", "07030", POSTAL_PADDED },
	{ "US", "901", "PR", "00901", POSTAL_PADDED },
	{ "US", "02139", "MA", "02139", POSTAL_FINE },
	{ "US", "94105", "MA", "94105", POSTAL_FINE },
	{ "DE", "1067", NULL, "01067", POSTAL_PADDED },
	{ "PL", "950", NULL, NULL, 0 },
	{ "BR", "1310100", NULL, "01310-100", POSTAL_PADDED },
	{ "AE", "00000", NULL, "00000", POSTAL_UNUSED },
	{ "AE", "P.O. Box 12", NULL, "P.O. Box 12", POSTAL_UNUSED },
	{ "IN", "560001", "Karnataka", "560001", POSTAL_FINE },
	{ "IN", "560001", "KA", "560001", POSTAL_FINE },
	{ "IN", "560001", "IN-KA", "560001", POSTAL_FINE },
	{ "IN", "560001", "Bangalore", "560001", POSTAL_FINE },
	{ "IN", "560001", "", "560001", POSTAL_FINE },
	{ "IN", "560001", "a|b", "560001", POSTAL_FINE },
	{ "IN", "560001", "Kerala", "560001", POSTAL_OTHER_STATE },
	{ "IN", "560001", " tamil nadu", "560001", POSTAL_OTHER_STATE },
	{ "IN", "110001", "Delhi", "110001", POSTAL_FINE },
	{ "IN", "110001", "MH", "110001", POSTAL_OTHER_STATE },
	{ "IN", "403001", "Goa", "403001", POSTAL_FINE },
	{ "IN", "605001", "Puducherry", "605001", POSTAL_FINE },
	{ "IN", "900001", "Kerala", "900001", POSTAL_FINE },
};

static void odd_codes_are_taken_with_a_warning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct postal postal;
		int rc = postal_parse(arena, odd[i].raw, odd[i].country, odd[i].region, &postal,
				      &err);

		print_message("# %zu %s\n", i, odd[i].raw);
		assert_int_equal(rc, odd[i].code ? 0 : -1);
		if (rc < 0)
			continue;
		assert_string_equal(postal.code, odd[i].code);
		assert_int_equal(postal.oddity, odd[i].oddity);
		assert_int_equal(!!postal.warning, odd[i].oddity != POSTAL_FINE);
	}
}

static void a_short_american_code_needs_a_state_to_be_padded(void **state)
{
	struct postal postal;

	(void)state;
	assert_int_equal(postal_parse(arena, "2139", "US", "CA", &postal, &err), -1);
	assert_int_equal(postal_parse(arena, "2139", "US", NULL, &postal, &err), -1);
	assert_int_equal(postal_parse(arena, "139", "US", "MA", &postal, &err), 0);
	assert_string_equal(postal.code, "00139");
}

static void indian_codes_have_a_circle(void **state)
{
	static const struct {
		const char *code, *circle;
	} circles[] = {
		{ "110001", "Delhi" }, { "560001", "Karnataka" }, { "600001", "Tamil Nadu" },
		{ "790001", "North East" }, { "990001", "Army Postal Service" },
		{ "290001", NULL }, { "860001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(circles); i++) {
		struct postal postal;

		assert_int_equal(postal_parse(arena, circles[i].code, "IN", NULL, &postal, &err),
				 0);
		if (circles[i].circle)
			assert_string_equal(postal.circle, circles[i].circle);
		else
			assert_null(postal.circle);
	}
}

static void some_countries_have_no_codes(void **state)
{
	(void)state;
	assert_false(postal_is_used("AE"));
	assert_false(postal_is_used("HK"));
	assert_true(postal_is_used("IN"));
	assert_true(postal_is_used("XX"));
	assert_string_equal(postal_oddity_name(POSTAL_PADDED), "postal_padded");
	assert_string_equal(postal_oddity_name(POSTAL_UNUSED), "postal_unused");
	assert_null(postal_oddity_name(POSTAL_FINE));
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
		TEST(codes_are_written_as_their_country_does),
		TEST(what_is_no_code_is_refused_with_an_example),
		TEST(odd_codes_are_taken_with_a_warning),
		TEST(a_short_american_code_needs_a_state_to_be_padded),
		TEST(indian_codes_have_a_circle),
		TEST(some_countries_have_no_codes),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
