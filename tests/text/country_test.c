#include "../support/check.h"

#include <unicode/uloc.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "text/country.h"
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
	const char *text, *iso2;
} countries[] = {
	{ "IN", "IN" },		    { "in", "IN" },
	{ "IND", "IN" },	    { "ind", "IN" },
	{ "India", "IN" },	    { " INDIA ", "IN" },
	{ "Republic of India", "IN" }, { "\u092D\u093E\u0930\u0924", "IN" },
	{ "+91", "IN" },	    { "0091", "IN" },
	{ "91", "IN" },		    { "+1", "US" },
	{ "1", "US" },		    { "44", "GB" },
	{ "7", "RU" },		    { "+971", "AE" },
	{ "US", "US" },		    { "USA", "US" },
	{ "U.S.", "US" },	    { "U.S.A.", "US" },
	{ "United States", "US" },  { "The United States of America", "US" },
	{ "UK", "GB" },		    { "U.K.", "GB" },
	{ "Great Britain", "GB" },  { "England", "GB" },
	{ "GBR", "GB" },	    { "UAE", "AE" },
	{ "U.A.E", "AE" },	    { "United Arab Emirates", "AE" },
	{ "Deutschland", "DE" },    { "\u00D6sterreich", "AT" },
	{ "\u65E5\u672C", "JP" },   { "Czech Republic", "CZ" },
	{ "South Korea", "KR" },    { "C\u00F4te d\u2019Ivoire", "CI" },
	{ "Trinidad and Tobago", "TT" }, { "Trinidad & Tobago", "TT" },
	{ "Bosnia and Herzegovina", "BA" }, { "Bosnia & Herzegovina", "BA" },
	{ "Iceland", "IS" },	    { "iceland", "IS" },
	{ "Papua New Guinea", "PG" }, { "The Bahamas", "BS" },
	{ "\uFF29\uFF2E", "IN" },
};

static void countries_are_known_by_code_name_and_calling_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(countries); i++) {
		const char *read = NULL;
		char iso2[COUNTRY_SIZE];

		print_message("# %zu %s\n", i, countries[i].iso2);
		assert_true(country_parse(countries[i].text, iso2));
		assert_string_equal(iso2, countries[i].iso2);
		assert_int_equal(country_read(arena, countries[i].text, &read, &err), 0);
		assert_string_equal(read, countries[i].iso2);
	}
}

static void what_is_no_country_is_refused(void **state)
{
	static const char *const none[] = { "", " ", "XX", "ZZ", "XXX", "Atlantis", "+", "+999",
		"00", "1234", "-", "the", "Indiana Jones", "+800", "\xFF\xFE" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		const char *read = NULL;
		char iso2[COUNTRY_SIZE] = "IN";

		print_message("# %zu\n", i);
		assert_false(country_parse(none[i], iso2));
		assert_string_equal(iso2, "");
		assert_int_equal(country_read(arena, none[i], &read, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, "not a country that is known: write its English "
						 "name or its code, as India or IN");
	}
}

static void every_country_is_known_by_its_own_name(void **state)
{
	int count = 0;

	(void)state;
	for (const char *const *code = uloc_getISOCountries(); *code; code++, count++) {
		char iso2[COUNTRY_SIZE];

		assert_true(country_parse(country_name(arena, *code), iso2));
		assert_string_equal(iso2, *code);
	}
	assert_true(count > 240);
}

static void a_country_has_a_name_and_a_calling_code(void **state)
{
	(void)state;
	assert_string_equal(country_name(arena, "IN"), "India");
	assert_string_equal(country_name(arena, "us"), "United States");
	assert_null(country_name(arena, "XX"));
	assert_null(country_name(arena, ""));
	assert_null(country_name(arena, "IND"));
	assert_int_equal(country_calling_code("IN"), 91);
	assert_int_equal(country_calling_code("US"), 1);
	assert_int_equal(country_calling_code("XX"), 0);
}

static const struct {
	const char *text, *tag;
} languages[] = {
	{ "en", "en" },		 { "EN", "en" },	 { "en-us", "en-US" },
	{ "en_US", "en-US" },	 { "en_IN.UTF-8", "en-IN" }, { "de_DE@euro", "de-DE" },
	{ "zh-hans-cn", "zh-Hans-CN" }, { "ZH_HANT", "zh-Hant" }, { "hin", "hi" },
	{ "Hindi", "hi" },	 { " english ", "en" },	 { "sr-Latn-RS", "sr-Latn-RS" },
	{ "es-419", "es-419" },	 { "pt-BR", "pt-BR" },	 { "fran\u00E7ais", "fr" },
};

static void languages_become_tags(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
		const char *tag = NULL;

		print_message("# %s\n", languages[i].tag);
		if (language_read(arena, languages[i].text, &tag, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(tag, languages[i].tag);
	}
}

static void what_is_no_language_is_refused(void **state)
{
	static const char *const none[] = { "", "x", "xx", "klingonish", "en--US", "en-", "123",
		"en US", "-", "@", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		const char *tag = NULL;

		print_message("# %zu\n", i);
		assert_int_equal(language_read(arena, none[i], &tag, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, "not a language that is known: write its code, "
						 "as en or en-IN");
	}
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
		TEST(countries_are_known_by_code_name_and_calling_code),
		TEST(what_is_no_country_is_refused),
		TEST(every_country_is_known_by_its_own_name),
		TEST(a_country_has_a_name_and_a_calling_code),
		TEST(languages_become_tags),
		TEST(what_is_no_language_is_refused),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
