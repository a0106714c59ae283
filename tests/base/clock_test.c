#include "../support/check.h"

#include <time.h>

#include "base/attributes.h"
#include "base/clock.h"

static const struct {
	int64_t ms;
	const char *text;
} times[] = {
	{ 0, "1970-01-01T00:00:00.000Z" },
	{ 1, "1970-01-01T00:00:00.001Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ -CLOCK_DAY, "1969-12-31T00:00:00.000Z" },
	{ -CLOCK_DAY - 1, "1969-12-30T23:59:59.999Z" },
	{ INT64_C(951782399999), "2000-02-28T23:59:59.999Z" },
	{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
	{ INT64_C(951868800000), "2000-03-01T00:00:00.000Z" },
	{ INT64_C(1772442847213), "2026-03-02T09:14:07.213Z" },
	{ INT64_C(4107542400000), "2100-03-01T00:00:00.000Z" },
	{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
	{ INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z" },
};

static void times_are_written_and_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		char text[CLOCK_TEXT_SIZE];
		int64_t ms;

		clock_format(times[i].ms, text);
		assert_string_equal(text, times[i].text);
		assert_true(clock_parse(text, &ms));
		assert_int_equal(ms, times[i].ms);
	}
}

static void times_past_all_years_are_the_last(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	clock_format(INT64_C(253402300800000), text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	clock_format(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	clock_format(INT64_C(-62167219200001), text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static const struct {
	const char *text;
	int64_t ms;
} readings[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01 00:00:00z", 0 },
	{ "1970-01-01t00:00:00.5Z", 500 },
	{ "1970-01-01T00:00:00.123456789Z", 123 },
	{ "1970-01-01T00:00:00.9999Z", 999 },
	{ "1970-01-01T00:00:00.01Z", 10 },
	{ "1970-01-01T01:00:00+01:00", 0 },
	{ "1970-01-01T05:30:00+0530", 0 },
	{ "1969-12-31T19:00:00-05:00", 0 },
	{ "1970-01-01T00:00:00-00:00", 0 },
	{ "1970-01-01T23:59:00+23:59", 0 },
	{ "2016-12-31T23:59:60Z", INT64_C(1483228800000) },
	{ "2000-02-29T00:00:00Z", INT64_C(951782400000) },
};

static void offsets_and_fractions_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(readings); i++) {
		int64_t ms = -1;

		if (!clock_parse(readings[i].text, &ms) || ms != readings[i].ms)
			fail_msg("%s: %lld", readings[i].text, (long long)ms);
	}
}

static void what_is_no_time_is_not_read(void **state)
{
	static const char *const texts[] = {
		"",
		"1970",
		"1970-01-01",
		"1970-01-01T00:00Z",
		"1970-01-01T00:00:00",
		"1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00.1234567890Z",
		"1970-01-01T00:00:00,5Z",
		"1970-01-01T00:00:00Zx",
		" 1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00 Z",
		"1970-1-01T00:00:00Z",
		"197O-01-01T00:00:00Z",
		"-970-01-01T00:00:00Z",
		"+1970-01-01T00:00:00Z",
		"1970-00-01T00:00:00Z",
		"1970-13-01T00:00:00Z",
		"1970-01-00T00:00:00Z",
		"1970-01-32T00:00:00Z",
		"1970-04-31T00:00:00Z",
		"1970-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z",
		"1970-01-01T00:00:61Z",
		"1970-01-01T-1:00:00Z",
		"1970-01-01T00:00:00+",
		"1970-01-01T00:00:00+1",
		"1970-01-01T00:00:00+01",
		"1970-01-01T00:00:00+01:",
		"1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00+00:60",
		"1970-01-01T00:00:00+-1:00",
		"1970/01/01T00:00:00Z",
		"19700101T000000Z",
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (clock_parse(texts[i], &ms))
			fail_msg("%s was read", texts[i]);
}

static void days_agree_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t days = -200000; days < 200000; days += 7) {
		time_t seconds = days * 86400;
		int year, month, day;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		clock_date_of_days(days, &year, &month, &day);
		assert_int_equal(year, tm.tm_year + 1900);
		assert_int_equal(month, tm.tm_mon + 1);
		assert_int_equal(day, tm.tm_mday);
		assert_int_equal(clock_days_of_date(year, month, day), days);
	}
}

static void clocks_go_on(void **state)
{
	int64_t mono = clock_mono_us(), now = clock_now();

	(void)state;
	assert_true(now > INT64_C(1700000000000));
	assert_true(clock_mono_us() >= mono);
	assert_true(clock_mono_us() - mono < 60 * INT64_C(1000000));
	assert_in_range(now / 1000, (uint64_t)time(NULL) - 60, (uint64_t)time(NULL) + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_and_read_back),
		cmocka_unit_test(times_past_all_years_are_the_last),
		cmocka_unit_test(offsets_and_fractions_are_read),
		cmocka_unit_test(what_is_no_time_is_not_read),
		cmocka_unit_test(days_agree_with_the_c_library),
		cmocka_unit_test(clocks_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
