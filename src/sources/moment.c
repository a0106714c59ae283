/* moment.c - when something happened, as senders write it. Threads: pure. */
#include "sources/moment.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "text/zone.h"

#define LONGEST 64 /* bytes of a time */

/* "iso" also takes a blank for the T and leaves out what follows the day. */
static const char *const patterns[] = {
	"iso", "YYYY-MM-DD hh:mm:ss A", "YYYY-MM-DD hh:mm A",
	"D-M-YYYY", "D-M-YYYY H:mm:ss", "D-M-YYYY H:mm", "D-M-YYYY h:mm:ss A",
	"D-M-YYYY h:mm A",
	"D.M.YYYY", "D.M.YYYY H:mm:ss", "D.M.YYYY H:mm", "D.M.YYYY, H:mm:ss",
	"D.M.YYYY, H:mm",
	"YYYY/M/D", "YYYY/M/D H:mm:ss", "YYYY/M/D H:mm",
	"D MMM YYYY", "D MMM YYYY H:mm:ss", "D MMM YYYY H:mm", "D MMM YYYY h:mm A",
	"D-MMM-YYYY", "D-MMM-YYYY H:mm:ss", "D-MMM-YYYY H:mm", "D-MMM-YYYY h:mm A",
	"MMM D, YYYY", "MMM D, YYYY H:mm:ss", "MMM D, YYYY h:mm A", "MMMM D, YYYY",
	"D MMMM YYYY",
};

static const char *const day_first[] = {
	"D/M/YYYY", "D/M/YYYY H:mm:ss", "D/M/YYYY H:mm", "D/M/YYYY h:mm:ss A",
	"D/M/YYYY h:mm A", "D/M/YYYY, H:mm:ss", "D/M/YYYY, H:mm",
};

static const char *const month_first[] = {
	"M/D/YYYY", "M/D/YYYY H:mm:ss", "M/D/YYYY H:mm", "M/D/YYYY h:mm:ss A",
	"M/D/YYYY h:mm A", "M/D/YYYY, h:mm:ss A", "M/D/YYYY, h:mm A",
};

static int refuse(struct error *err)
{
	return error_set(err, ERR_INVALID,
			 "not a time; write it like 2026-03-02T09:14:07+05:30");
}

/* Whether the text begins with two numbers and a slash behind each. */
static bool slashes(const char *text, long *first, long *second)
{
	char *end;

	*first = strtol(text, &end, 10);
	if (end == text || end - text > 2 || *end != '/')
		return false;
	text = end + 1;
	*second = strtol(text, &end, 10);
	return end > text && end - text <= 2 && *end == '/';
}

static int read_on_the_wall(struct arena *arena, const char *text, const char *time_zone,
			    int64_t *ms, struct error *err)
{
	long first, second;
	struct zone *zone;

	if (zone_open(arena, time_zone ? time_zone : "UTC", &zone, err) < 0)
		return error_wrap(err, "the source's time zone");
	if (!slashes(text, &first, &second)) {
		if (zone_parse_any(zone, text, patterns, ARRAY_LEN(patterns), ms, NULL) < 0)
			return refuse(err);
		return 0;
	}
	if (first <= 12 && second <= 12 && first != second)
		return error_set(err, ERR_INVALID, "the day and the month cannot be told "
				 "apart; write it like 2026-03-02T09:14:07+05:30");
	if (zone_parse_any(zone, text, first > 12 ? day_first : month_first,
			   ARRAY_LEN(day_first), ms, NULL) < 0)
		return refuse(err);
	return 0;
}

/* 10 digits are seconds, 13 are ms: both from 2001 to 2286. */
static bool is_epoch(const char *text, int64_t *ms)
{
	size_t len = strlen(text);

	if ((len != 10 && len != 13) || strspn(text, "0123456789") != len ||
	    !text_int(text, ms))
		return false;
	if (len == 10)
		*ms *= CLOCK_SECOND;
	return true;
}

int moment_read(struct arena *arena, const char *text, const char *time_zone, int64_t *ms,
		struct error *err)
{
	if (strlen(text) > LONGEST)
		return refuse(err);
	if (!clock_parse(text, ms) && !is_epoch(text, ms) &&
	    read_on_the_wall(arena, text, time_zone, ms, err) < 0)
		return -1;
	return *ms < 0 ? refuse(err) : 0;
}
