#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "text/unicode.h"
#include "text/zone.h"

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

static struct zone *open_zone(const char *name)
{
	struct zone *zone = NULL;

	if (zone_open(arena, name, &zone, &err) < 0)
		fail_msg("%s", err.message);
	return zone;
}

static int64_t utc(const char *text)
{
	int64_t ms = 0;

	assert_true(clock_parse(text, &ms));
	return ms;
}

static const struct {
	const char *zone, *utc, *local;
} walls[] = {
	{ "UTC", "2026-03-02T09:14:07.213Z", "2026-03-02 09:14:07.213 Mon +00:00" },
	{ "Asia/Kolkata", "2026-03-02T09:14:07.213Z", "2026-03-02 14:44:07.213 Mon +05:30" },
	{ "Asia/Calcutta", "2026-03-02T20:00:00Z", "2026-03-03 01:30:00.000 Tue +05:30" },
	{ "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01 05:45:00.000 Thu +05:45" },
	{ "America/New_York", "2026-01-01T00:00:00Z", "2025-12-31 19:00:00.000 Wed -05:00" },
	{ "America/New_York", "2026-07-01T00:00:00Z", "2026-06-30 20:00:00.000 Tue -04:00" },
	{ "America/St_Johns", "2026-01-01T00:00:00Z", "2025-12-31 20:30:00.000 Wed -03:30" },
	{ "Europe/Berlin", "2026-03-29T00:59:59.999Z", "2026-03-29 01:59:59.999 Sun +01:00" },
	{ "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00.000 Sun +02:00" },
	{ "Pacific/Kiritimati", "2026-01-01T00:00:00Z", "2026-01-01 14:00:00.000 Thu +14:00" },
	{ "Asia/Kolkata", "1969-12-31T18:29:59.999Z", "1969-12-31 23:59:59.999 Wed +05:30" },
	{ "UTC", "1900-03-01T00:00:00Z", "1900-03-01 00:00:00.000 Thu +00:00" },
	/* The Gregorian calendar counts before 1582, too. */
	{ "UTC", "1500-03-01T00:00:00Z", "1500-03-01 00:00:00.000 Thu +00:00" },
	{ "UTC", "9999-12-30T00:00:00Z", "9999-12-30 00:00:00.000 Thu +00:00" },
};

static void a_moment_has_a_local_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walls); i++) {
		const char *text = NULL;

		assert_int_equal(zone_format(arena, open_zone(walls[i].zone),
					     utc(walls[i].utc),
					     "YYYY-MM-DD HH:mm:ss.SSS EEE Z", &text, &err), 0);
		assert_string_equal(text, walls[i].local);
	}
}

static void local_times_lead_back_to_their_moment(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walls); i++) {
		struct zone *zone = open_zone(walls[i].zone);
		struct zone_time local;
		enum zone_fit fit;
		int64_t ms;

		zone_local(zone, utc(walls[i].utc), &local);
		assert_int_equal(zone_utc(zone, &local, &ms, &fit, &err), 0);
		assert_int_equal(ms, utc(walls[i].utc));
		assert_int_equal(fit, ZONE_EXACT);
	}
}

/* Every hour of some years, in zones that change by an hour, by half an hour, at
 * midnight, and in one that left out a day. */
static void every_hour_survives_there_and_back(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "Australia/Lord_Howe",
		"America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		struct zone *zone = open_zone(zones[i]);
		int64_t first = utc("2011-06-01T00:30:00Z"), again = 0;

		for (int64_t ms = first; ms < first + 900 * CLOCK_DAY; ms += CLOCK_HOUR) {
			struct zone_time local;
			enum zone_fit fit;
			int64_t back;

			zone_local(zone, ms, &local);
			assert_int_equal(zone_utc(zone, &local, &back, &fit, &err), 0);
			assert_int_not_equal(fit, ZONE_GAP);
			if (back == ms)
				continue;
			assert_int_equal(fit, ZONE_OVERLAP);
			assert_true(back < ms && ms - back <= CLOCK_HOUR);
			again++;
		}
		assert_true(again <= 6);
	}
}

static const struct {
	const char *zone;
	struct zone_time local;
	const char *utc;
	enum zone_fit fit;
} odd[] = {
	{ "Europe/Berlin", { 2026, 3, 29, 2, 30, 0, 0, 0, 0 }, "2026-03-29T01:30:00.000Z",
	  ZONE_GAP },
	{ "Europe/Berlin", { 2026, 3, 29, 2, 0, 0, 0, 0, 0 }, "2026-03-29T01:00:00.000Z",
	  ZONE_GAP },
	{ "Europe/Berlin", { 2026, 3, 29, 3, 0, 0, 0, 0, 0 }, "2026-03-29T01:00:00.000Z",
	  ZONE_EXACT },
	{ "Europe/Berlin", { 2026, 10, 25, 2, 30, 0, 0, 0, 0 }, "2026-10-25T00:30:00.000Z",
	  ZONE_OVERLAP },
	{ "Europe/Berlin", { 2026, 10, 25, 3, 0, 0, 0, 0, 0 }, "2026-10-25T02:00:00.000Z",
	  ZONE_EXACT },
	{ "America/New_York", { 2026, 3, 8, 2, 30, 0, 0, 0, 0 }, "2026-03-08T07:30:00.000Z",
	  ZONE_GAP },
	{ "America/New_York", { 2026, 11, 1, 1, 30, 0, 0, 0, 0 }, "2026-11-01T05:30:00.000Z",
	  ZONE_OVERLAP },
	{ "Australia/Lord_Howe", { 2026, 10, 4, 2, 15, 0, 0, 0, 0 },
	  "2026-10-03T15:45:00.000Z", ZONE_GAP },
	/* Samoa had no 30 December 2011. */
	{ "Pacific/Apia", { 2011, 12, 30, 12, 0, 0, 0, 0, 0 }, "2011-12-30T22:00:00.000Z",
	  ZONE_GAP },
};

static void gaps_move_on_and_overlaps_take_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		char text[CLOCK_TEXT_SIZE];
		enum zone_fit fit;
		int64_t ms;

		assert_int_equal(zone_utc(open_zone(odd[i].zone), &odd[i].local, &ms, &fit,
					  &err), 0);
		clock_format(ms, text);
		assert_string_equal(text, odd[i].utc);
		assert_int_equal(fit, odd[i].fit);
		assert_int_equal(zone_utc(open_zone(odd[i].zone), &odd[i].local, &ms, NULL,
					  &err), 0);
	}
}

static const struct {
	struct zone_time local;
	const char *message;
} impossible[] = {
	{ { 0, 1, 1, 0, 0, 0, 0, 0, 0 }, "there is no year 0" },
	{ { 10000, 1, 1, 0, 0, 0, 0, 0, 0 }, "there is no year 10000" },
	{ { 2026, 13, 1, 0, 0, 0, 0, 0, 0 }, "there is no month 13" },
	{ { 2026, 2, 29, 0, 0, 0, 0, 0, 0 }, "month 2 has no day 29" },
	{ { 2026, 1, 0, 0, 0, 0, 0, 0, 0 }, "month 1 has no day 0" },
	{ { 2026, 12, 32, 0, 0, 0, 0, 0, 0 }, "month 12 has no day 32" },
	{ { 2026, 1, 1, 24, 0, 0, 0, 0, 0 }, "there is no hour 24" },
	{ { 2026, 1, 1, 0, 60, 0, 0, 0, 0 }, "there is no minute 60" },
	{ { 2026, 1, 1, 0, 0, 60, 0, 0, 0 }, "there is no second 60" },
	{ { 2026, 1, 1, 0, 0, 0, -1, 0, 0 }, "there is no millisecond -1" },
};

static void what_no_calendar_has_is_refused(void **state)
{
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(impossible); i++) {
		assert_int_equal(zone_utc(open_zone("UTC"), &impossible[i].local, &ms, NULL,
					  &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, impossible[i].message);
	}
}

static void the_ends_of_time_do_no_harm(void **state)
{
	static const int64_t ends[] = { INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX };
	struct zone *zone = open_zone("Asia/Kolkata");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *text = NULL;
		struct zone_time local;

		zone_local(zone, ends[i], &local);
		assert_in_range(local.year, 1, 9999);
		assert_in_range(local.weekday, 1, 7);
		assert_int_equal(zone_format(arena, zone, ends[i], "iso_ms", &text, &err), 0);
	}
}

static const struct {
	const char *name, *message;
} unknown[] = {
	{ "IST", "time zone IST: means several: write it as Asia/Kolkata" },
	{ "pst", "time zone pst: means several: write it as America/Los_Angeles" },
	{ "Asia/Kolkatta", "time zone Asia/Kolkatta: not known: did you mean Asia/Kolkata?" },
	{ "asia/kolkata", "time zone asia/kolkata: not known: did you mean Asia/Kolkata?" },
	{ "Europe/Berlinn", "time zone Europe/Berlinn: not known: did you mean Europe/Berlin?" },
	{ "", "time zone : not known: write it as Asia/Kolkata" },
	{ "GMT+5", "time zone GMT+5: not known: write it as Asia/Kolkata" },
	{ "+05:30", "time zone +05:30: not known: write it as Asia/Kolkata" },
	{ "Mars/Olympus_Mons_And_More",
	  "time zone Mars/Olympus_Mons_And_More: not known: write it as Asia/Kolkata" },
};

static void zones_are_known_by_their_full_name_only(void **state)
{
	static const char *const known[] = { "UTC", "GMT", "Asia/Kolkata", "Asia/Calcutta",
		"America/Argentina/Buenos_Aires", "Etc/GMT+5", "Etc/UTC", "US/Eastern" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		assert_int_equal(zone_check(known[i], &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		struct zone *zone;

		assert_int_equal(zone_check(unknown[i].name, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, unknown[i].message);
		assert_int_equal(zone_open(arena, unknown[i].name, &zone, &err), -1);
	}
	assert_string_equal(zone_name(open_zone("Asia/Kolkata")), "Asia/Kolkata");
}

/* 2026-03-02T09:04:07.213Z, a Monday, in Asia/Kolkata. */
static const struct {
	const char *pattern, *text;
} written[] = {
	{ "iso", "2026-03-02T14:34:07+05:30" },
	{ "iso_ms", "2026-03-02T14:34:07.213+05:30" },
	{ "date", "2026-03-02" },
	{ "epoch_s", "1772442247" },
	{ "epoch_ms", "1772442247213" },
	{ "YYYY-MM-DD", "2026-03-02" },
	{ "yyyy-MM-dd'T'HH:mm:ssXXX", "2026-03-02T14:34:07+05:30" },
	{ "DD-MM-YYYY HH:mm:ss", "02-03-2026 14:34:07" },
	{ "D/M/YY h:mm A", "2/3/26 2:34 PM" },
	{ "hh:mm a", "02:34 pm" },
	{ "EEEE, D MMMM YYYY", "Monday, 2 March 2026" },
	{ "EEE D MMM", "Mon 2 Mar" },
	{ "YYYYMMDDHHmmssSSS", "20260302143407213" },
	{ "YYYY-MM-DDTHH:mm:ssZZ", "2026-03-02T14:34:07+0530" },
	{ "H [o'clock and] m [minutes]", "14 o'clock and 34 minutes" },
	{ "s\u00B7SSS", "7\u00B7213" },
	{ "[]", "" },
};

static void times_are_written_by_a_pattern(void **state)
{
	struct zone *zone = open_zone("Asia/Kolkata");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(written); i++) {
		const char *text = NULL;

		print_message("# %s\n", written[i].pattern);
		assert_int_equal(zone_pattern_check(written[i].pattern, ZONE_WRITE, &err), 0);
		assert_int_equal(zone_format(arena, zone, utc("2026-03-02T09:04:07.213Z"),
					     written[i].pattern, &text, &err), 0);
		assert_string_equal(text, written[i].text);
	}
}

static void utc_and_the_west_have_offsets_too(void **state)
{
	const char *text = NULL;

	(void)state;
	assert_int_equal(zone_format(arena, open_zone("UTC"), 0, "iso", &text, &err), 0);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	assert_int_equal(zone_format(arena, open_zone("UTC"), 0, "HH Z", &text, &err), 0);
	assert_string_equal(text, "00 +00:00");
	assert_int_equal(zone_format(arena, open_zone("America/St_Johns"), 0, "ZZ Z", &text,
				     &err), 0);
	assert_string_equal(text, "-0330 -03:30");
	assert_int_equal(zone_format(arena, open_zone("UTC"), -1, "epoch_s", &text, &err), 0);
	assert_string_equal(text, "-1");
	assert_int_equal(zone_format(arena, open_zone("UTC"), 0, "h A, hh a", &text, &err), 0);
	assert_string_equal(text, "12 AM, 12 am");
}

static const struct {
	const char *pattern;
	enum zone_use use;
	const char *message;
} senseless[] = {
	{ "", ZONE_WRITE, "pattern: empty" },
	{ "YYYY-QQ", ZONE_WRITE, "pattern: \"QQ\" means nothing: put words in [brackets]" },
	{ "YYYYY", ZONE_WRITE, "pattern: \"YYYYY\" means nothing: put words in [brackets]" },
	{ "DD at HH", ZONE_WRITE, "pattern: \"t\" means nothing: put words in [brackets]" },
	{ "DD [at HH", ZONE_WRITE, "pattern: a [ is not closed" },
	{ "DD 'at HH", ZONE_WRITE, "pattern: a ' is not closed" },
	{ "hh:mm", ZONE_WRITE,
	  "pattern: hh is half a day: add A for AM or PM, or use HH" },
	{ "HH:mm", ZONE_READ, "pattern: needs year, month and day to be read" },
	{ "YYYY-MM", ZONE_READ, "pattern: needs year, month and day to be read" },
	{ "-------------------------------------------------", ZONE_WRITE,
	  "pattern: has more than 48 parts" },
};

static void senseless_patterns_are_refused_when_saved(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(senseless); i++) {
		const char *text;
		int64_t ms;

		print_message("# %s\n", senseless[i].pattern);
		assert_int_equal(zone_pattern_check(senseless[i].pattern, senseless[i].use,
						    &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, senseless[i].message);
		if (senseless[i].use == ZONE_WRITE)
			assert_int_equal(zone_format(arena, open_zone("UTC"), 0,
						     senseless[i].pattern, &text, &err), -1);
		assert_int_equal(zone_parse(open_zone("UTC"), "x", senseless[i].pattern, &ms,
					    &err), -1);
	}
}

static const struct {
	const char *pattern, *text, *utc;
} readable[] = {
	{ "DD-MM-YYYY HH:mm:ss", "02-03-2026 14:34:07", "2026-03-02T09:04:07.000Z" },
	{ "DD-MM-YYYY HH:mm:ss", " 2-3-2026  4:3:7 ", "2026-03-01T22:33:07.000Z" },
	{ "DD/MM/YYYY", "31/12/2025", "2025-12-30T18:30:00.000Z" },
	{ "MM/DD/YY", "12/31/25", "2025-12-30T18:30:00.000Z" },
	{ "DD/MM/YY", "01/01/70", "1969-12-31T18:30:00.000Z" },
	{ "D MMM YYYY", "2 mar 2026", "2026-03-01T18:30:00.000Z" },
	{ "D MMM YYYY", "2 March 2026", "2026-03-01T18:30:00.000Z" },
	{ "MMMM D, YYYY h:mm a", "March 2, 2026 2:34 PM", "2026-03-02T09:04:00.000Z" },
	{ "DD-MM-YYYY hh:mm A", "02-03-2026 12:00 am", "2026-03-01T18:30:00.000Z" },
	{ "DD-MM-YYYY hh:mm A", "02-03-2026 12:00 PM", "2026-03-02T06:30:00.000Z" },
	{ "EEE, DD MMM YYYY", "Mon, 02 Mar 2026", "2026-03-01T18:30:00.000Z" },
	{ "YYYYMMDDHHmmssSSS", "20260302143407213", "2026-03-02T09:04:07.213Z" },
	{ "YYYY-MM-DDTHH:mm:ss.SSS", "2026-03-02T14:34:07.2139", "2026-03-02T09:04:07.213Z" },
	{ "iso", "2026-03-02T14:34:07+05:30", "2026-03-02T09:04:07.000Z" },
	{ "iso", "2026-03-02T09:04:07Z", "2026-03-02T09:04:07.000Z" },
	{ "iso", "2026-03-02T09:04:07.213Z", "2026-03-02T09:04:07.213Z" },
	{ "iso", "2026-03-02T14:34:07", "2026-03-02T09:04:07.000Z" },
	{ "iso", "2026-03-02T14:34", "2026-03-02T09:04:00.000Z" },
	{ "iso", "2026-03-02 14:34:07", "2026-03-02T09:04:07.000Z" },
	{ "iso", "2026-03-02 04:04:07-0500", "2026-03-02T09:04:07.000Z" },
	{ "iso", "2026-03-02", "2026-03-01T18:30:00.000Z" },
	{ "epoch_s", "1772442247", "2026-03-02T09:04:07.000Z" },
	{ "epoch_ms", "1772442247213", "2026-03-02T09:04:07.213Z" },
	{ "YYYY-MM-DD HH:mm XXX", "2026-03-02 09:04 Z", "2026-03-02T09:04:00.000Z" },
	{ "YYYY-MM-DD HH:mm ZZ", "2026-03-02 09:04 +00", "2026-03-02T09:04:00.000Z" },
};

static void times_are_read_by_a_pattern(void **state)
{
	struct zone *zone = open_zone("Asia/Kolkata");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
		char text[CLOCK_TEXT_SIZE];
		int64_t ms;

		print_message("# readable %zu\n", i);
		if (zone_parse(zone, readable[i].text, readable[i].pattern, &ms, &err) < 0)
			fail_msg("%s", err.message);
		clock_format(ms, text);
		assert_string_equal(text, readable[i].utc);
	}
}

static const struct {
	const char *pattern, *text, *message;
} unreadable[] = {
	{ "DD-MM-YYYY", "02/03/2026", "not a time of the form DD-MM-YYYY: no - where it belongs" },
	{ "DD-MM-YYYY", "", "not a time of the form DD-MM-YYYY: no DD where it belongs" },
	{ "DD-MM-YYYY", "02-03-26", "not a time of the form DD-MM-YYYY: no YYYY where it belongs" },
	{ "DD-MM-YYYY", "31-02-2026", "not a time of the form DD-MM-YYYY: month 2 has no day 31" },
	{ "DD-MM-YYYY", "02-13-2026", "not a time of the form DD-MM-YYYY: there is no month 13" },
	{ "DD-MM-YYYY", "02-03-2026 10:00",
	  "not a time of the form DD-MM-YYYY: more follows" },
	{ "D MMM YYYY", "2 Foo 2026", "not a time of the form D MMM YYYY: no MMM where it belongs" },
	{ "YYYY-MM-DD hh A", "2026-03-02 13 PM",
	  "not a time of the form YYYY-MM-DD hh A: there is no hour 13 in half a day" },
	{ "YYYY-MM-DD hh A", "2026-03-02 0 AM",
	  "not a time of the form YYYY-MM-DD hh A: there is no hour 0 in half a day" },
	{ "YYYYMMDD", "2026032", "not a time of the form YYYYMMDD: no DD where it belongs" },
	{ "iso", "yesterday", "not a time of the form iso: no YYYY where it belongs" },
	{ "iso", "2026-03-02T14:34:07+25:00", "not a time of the form iso: no XXX where it belongs" },
	{ "epoch_s", "9223372036854775807",
	  "not a time of the form epoch_s: no epoch_s where it belongs" },
	{ "epoch_ms", "99999999999999999999999999999",
	  "not a time of the form epoch_ms: no epoch_ms where it belongs" },
	{ "epoch_ms", "1-1", "not a time of the form epoch_ms: no epoch_ms where it belongs" },
	{ "epoch_ms", "x", "not a time of the form epoch_ms: no epoch_ms where it belongs" },
};

static void what_does_not_fit_is_refused_without_the_value(void **state)
{
	struct zone *zone = open_zone("Asia/Kolkata");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
		int64_t ms;

		print_message("# unreadable %zu\n", i);
		assert_int_equal(zone_parse(zone, unreadable[i].text, unreadable[i].pattern, &ms,
					    &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, unreadable[i].message);
	}
}

static void the_first_pattern_that_fits_is_taken(void **state)
{
	static const char *const patterns[] = { "DD-MM-YYYY", "YYYY-MM-DD", "iso" };
	struct zone *zone = open_zone("UTC");
	int64_t ms;

	(void)state;
	assert_int_equal(zone_parse_any(zone, "2026-03-02", patterns, 3, &ms, &err), 0);
	assert_int_equal(ms, utc("2026-03-02T00:00:00Z"));
	assert_int_equal(zone_parse_any(zone, "2 March", patterns, 3, &ms, &err), -1);
	assert_string_equal(err.message,
			    "not a time of the form DD-MM-YYYY: no - where it belongs");
	assert_int_equal(zone_parse_any(zone, "2 March", patterns, 0, &ms, &err), -1);
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
		TEST(a_moment_has_a_local_time),
		TEST(local_times_lead_back_to_their_moment),
		TEST(every_hour_survives_there_and_back),
		TEST(gaps_move_on_and_overlaps_take_the_first),
		TEST(what_no_calendar_has_is_refused),
		TEST(the_ends_of_time_do_no_harm),
		TEST(zones_are_known_by_their_full_name_only),
		TEST(times_are_written_by_a_pattern),
		TEST(utc_and_the_west_have_offsets_too),
		TEST(senseless_patterns_are_refused_when_saved),
		TEST(times_are_read_by_a_pattern),
		TEST(what_does_not_fit_is_refused_without_the_value),
		TEST(the_first_pattern_that_fits_is_taken),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
