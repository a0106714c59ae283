#include "prepare_support.h"

#include "base/attributes.h"
#include "base/text.h"
#include "sources/moment.h"

/* What is read, in UTC; NULL: refused. Where no zone is named it is Asia/Kolkata. */
static const struct { const char *text, *zone, *utc; } times[] = {
	{ "2026-03-02T09:14:07Z", NULL, "2026-03-02T09:14:07.000Z" },
	{ "2026-03-02T09:14:07.5+05:30", NULL, "2026-03-02T03:44:07.500Z" },
	{ "2026-11-21T04:39:50+0000", NULL, "2026-11-21T04:39:50.000Z" },
	{ "2026-03-02T09:14:07", NULL, "2026-03-02T03:44:07.000Z" },
	{ "2026-03-02 09:14", NULL, "2026-03-02T03:44:00.000Z" },
	{ "2026-03-02", NULL, "2026-03-01T18:30:00.000Z" },
	{ "2026-03-02", "UTC", "2026-03-02T00:00:00.000Z" },
	{ "2026-07-02 12:00", "Europe/Berlin", "2026-07-02T10:00:00.000Z" },
	{ "02-03-2026 09:14:07", NULL, "2026-03-02T03:44:07.000Z" },
	{ "2-3-2026", NULL, "2026-03-01T18:30:00.000Z" },
	{ "02.03.2026 09:14", NULL, "2026-03-02T03:44:00.000Z" },
	{ "2026/03/02 09:14", NULL, "2026-03-02T03:44:00.000Z" },
	{ "2 Mar 2026", NULL, "2026-03-01T18:30:00.000Z" },
	{ "02-Mar-2026 03:14 PM", NULL, "2026-03-02T09:44:00.000Z" },
	{ "Mar 2, 2026 3:14 PM", NULL, "2026-03-02T09:44:00.000Z" },
	{ "21/03/2026", NULL, "2026-03-20T18:30:00.000Z" },
	{ "3/21/2026 3:14 PM", NULL, "2026-03-21T09:44:00.000Z" },
	{ "3/3/2026", NULL, "2026-03-02T18:30:00.000Z" },
	{ "1772442847", NULL, "2026-03-02T09:14:07.000Z" },
	{ "1772442847213", NULL, "2026-03-02T09:14:07.213Z" },
	{ "1/2/2026", NULL, NULL },
	{ "13/13/2026", NULL, NULL },
	{ "32-01-2026", NULL, NULL },
	{ "2026-02-30", NULL, NULL },
	{ "46083.385", NULL, NULL },
	{ "1969-12-31", NULL, NULL },
	{ "yesterday", NULL, NULL },
	{ "", NULL, NULL },
	{ "2026-03-02T09:14:07Z and so on, for longer than any time that there is anywhere",
	  NULL, NULL },
};

static void times_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const char *zone = times[i].zone ? times[i].zone : "Asia/Kolkata";
		struct arena *arena = arena_new();
		char text[CLOCK_TEXT_SIZE];
		struct error err;
		int64_t ms;
		int rc = moment_read(arena, times[i].text, zone, &ms, &err);

		if (rc < 0) {
			if (times[i].utc)
				fail_msg("%s: %s", times[i].text, err.message);
			assert_int_equal(err.code, ERR_INVALID);
			assert_true(text_ends(err.message, "write it like "
							   "2026-03-02T09:14:07+05:30"));
		} else {
			clock_format(ms, text);
			if (!text_equal(text, times[i].utc))
				fail_msg("%s: %s", times[i].text, text);
		}
		arena_free(arena);
	}
}

static void no_zone_is_utc(void **state)
{
	struct arena *arena = arena_new();
	struct error err;
	int64_t ms;

	(void)state;
	assert_int_equal(moment_read(arena, "1970-01-02", NULL, &ms, &err), 0);
	assert_int_equal(ms, CLOCK_DAY);
	assert_int_equal(moment_read(arena, "1970-01-02", "Mars/Olympus", &ms, &err), -1);
	assert_true(text_starts(err.message, "the source's time zone: "));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(no_zone_is_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
