/* zone.c - times in named time zones: local and back, and writing them. Threads: a
 * zone is used by one at a time. */
#include "text/zone.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "text/utf16.h"
#include "text/zone_pattern.h"

struct zone {
	const char *name;
	UCalendar *calendar;
};

/* 0001-01-01 and the last ms of 9999-12-31, in UTC; a day inside, so that every zone's
 * local time is in range, too. */
#define FIRST_MS (INT64_C(-62135596800000) + CLOCK_DAY)
#define LAST_MS (INT64_C(253402300799999) - CLOCK_DAY)

static const struct {
	const char *word, *zone;
} abbreviations[] = {
	{ "BST", "Europe/London" },    { "CET", "Europe/Berlin" },
	{ "CST", "America/Chicago" },  { "EET", "Europe/Helsinki" },
	{ "EST", "America/New_York" }, { "GST", "Asia/Dubai" },
	{ "IST", "Asia/Kolkata" },     { "JST", "Asia/Tokyo" },
	{ "MST", "America/Denver" },   { "PST", "America/Los_Angeles" },
	{ "SGT", "Asia/Singapore" },   { "WET", "Europe/Lisbon" },
};

#define NAMES_MAX 1000

/* The name of the tz database that is nearest to `name`, or NULL. */
static const char *nearest(struct arena *arena, const char *name)
{
	const char **names = arena_array(arena, NAMES_MAX, sizeof(*names));
	UErrorCode status = U_ZERO_ERROR;
	UEnumeration *all = ucal_openTimeZones(&status);
	const char *next;
	size_t count = 0;

	while (U_SUCCESS(status) && count < NAMES_MAX &&
	       (next = uenum_next(all, NULL, &status)))
		if (strchr(next, '/'))
			names[count++] = arena_strdup(arena, next);
	uenum_close(all);
	return text_nearest(name, names, count);
}

static int refuse(struct arena *arena, const char *name, struct error *err)
{
	const char *meant = NULL;

	for (size_t i = 0; i < ARRAY_LEN(abbreviations); i++)
		if (text_equal_nocase(abbreviations[i].word, name))
			meant = abbreviations[i].zone;
	if (meant)
		return error_set(err, ERR_INVALID,
				 "time zone %s: means several: write it as %s", name, meant);
	meant = nearest(arena, name);
	if (meant)
		return error_set(err, ERR_INVALID,
				 "time zone %.60s: not known: did you mean %s?", name, meant);
	return error_set(err, ERR_INVALID,
			 "time zone %.60s: not known: write it as Asia/Kolkata", name);
}

static bool is_known(struct arena *arena, const char *name)
{
	UErrorCode status = U_ZERO_ERROR;
	UBool is_system = false;
	UChar canonical[128], *id;
	int32_t len;

	if (text_equal(name, "UTC") || text_equal(name, "GMT"))
		return true;
	if (!strchr(name, '/') || strlen(name) > 60)
		return false;
	id = utf16_of(arena, name, &len);
	ucal_getCanonicalTimeZoneID(id, len, canonical, ARRAY_LEN(canonical), &is_system,
				    &status);
	return U_SUCCESS(status) && is_system;
}

int zone_check(const char *name, struct error *err)
{
	struct arena *arena = arena_new();
	int rc = is_known(arena, name) ? 0 : refuse(arena, name, err);

	arena_free(arena);
	return rc;
}

static void close_calendar(void *calendar)
{
	ucal_close(calendar);
}

int zone_open(struct arena *arena, const char *name, struct zone **zone,
	      struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t len;
	UChar *id;

	if (!is_known(arena, name))
		return refuse(arena, name, err);
	*zone = arena_alloc(arena, sizeof(**zone));
	(*zone)->name = arena_strdup(arena, name);
	id = utf16_of(arena, name, &len);
	(*zone)->calendar = ucal_open(id, len, "", UCAL_GREGORIAN, &status);
	if (U_FAILURE(status))
		return error_set(err, ERR_INTERNAL, "ICU: %s", u_errorName(status));
	arena_defer(arena, close_calendar, (*zone)->calendar);
	return 0;
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

static int64_t offset_at(struct zone *zone, int64_t ms)
{
	UErrorCode status = U_ZERO_ERROR;

	ucal_setMillis(zone->calendar, (UDate)ms, &status);
	return ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &status) +
	       ucal_get(zone->calendar, UCAL_DST_OFFSET, &status);
}

static int64_t clamp(int64_t ms)
{
	return ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
}

/* Days and the rest of the day, also before 1970. */
static int64_t day_of(int64_t ms)
{
	return (ms >= 0 ? ms : ms - (CLOCK_DAY - 1)) / CLOCK_DAY;
}

void zone_local(struct zone *zone, int64_t ms, struct zone_time *local)
{
	int64_t offset, days;
	int rest;

	ms = clamp(ms);
	offset = offset_at(zone, ms);
	days = day_of(ms + offset);
	rest = (int)(ms + offset - days * CLOCK_DAY);
	clock_date_of_days(days, &local->year, &local->month, &local->day);
	local->hour = rest / 3600000;
	local->minute = rest / 60000 % 60;
	local->second = rest / 1000 % 60;
	local->ms = rest % 1000;
	local->weekday = (int)((days % 7 + 10) % 7) + 1; /* 1970-01-01 was a Thursday */
	local->offset_s = (int)(offset / 1000);
}

static int days_in_month(int year, int month)
{
	int64_t first = clock_days_of_date(year, month, 1);

	return (int)((month == 12 ? clock_days_of_date(year + 1, 1, 1) :
				    clock_days_of_date(year, month + 1, 1)) -
		     first);
}

static int check_range(const struct zone_time *t, struct error *err)
{
	const struct {
		const char *what;
		int value, from, to;
	} ranges[] = {
		{ "year", t->year, 1, 9999 }, { "month", t->month, 1, 12 },
		{ "hour", t->hour, 0, 23 },   { "minute", t->minute, 0, 59 },
		{ "second", t->second, 0, 59 }, { "millisecond", t->ms, 0, 999 },
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (ranges[i].value < ranges[i].from || ranges[i].value > ranges[i].to)
			return error_set(err, ERR_INVALID, "there is no %s %d",
					 ranges[i].what, ranges[i].value);
	if (t->day < 1 || t->day > days_in_month(t->year, t->month))
		return error_set(err, ERR_INVALID, "month %d has no day %d", t->month, t->day);
	return 0;
}

/* The offsets some days before and after are those of both sides of a change near by:
 * what is right with either, with none or with both tells the three fits apart. */
static int64_t to_utc(struct zone *zone, int64_t wall, enum zone_fit *fit)
{
	int64_t before = wall - offset_at(zone, wall - 2 * CLOCK_DAY);
	int64_t after = wall - offset_at(zone, wall + 2 * CLOCK_DAY);
	bool is_before = before + offset_at(zone, before) == wall;
	bool is_after = after + offset_at(zone, after) == wall;

	*fit = ZONE_EXACT;
	if (is_before && is_after && before != after)
		*fit = ZONE_OVERLAP;
	if (is_before)
		return before < after || !is_after ? before : after;
	if (is_after)
		return after;
	*fit = ZONE_GAP;
	return before;
}

int zone_utc(struct zone *zone, const struct zone_time *local, int64_t *ms,
	     enum zone_fit *fit, struct error *err)
{
	enum zone_fit unwanted;
	int64_t wall;

	if (check_range(local, err) < 0)
		return -1;
	wall = clock_days_of_date(local->year, local->month, local->day) * CLOCK_DAY +
	       local->hour * CLOCK_HOUR + local->minute * CLOCK_MINUTE +
	       local->second * CLOCK_SECOND + local->ms;
	*ms = clamp(to_utc(zone, wall, fit ? fit : &unwanted));
	return 0;
}

static void add_offset(struct buf *buf, int offset_s, const char *between)
{
	int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;

	buf_addf(buf, "%c%02d%s%02d", offset_s < 0 ? '-' : '+', minutes / 60, between,
		 minutes % 60);
}

static void add_piece(struct buf *buf, const struct zone_piece *piece,
		      const struct zone_time *t, int64_t ms)
{
	int hour_12 = t->hour % 12 ? t->hour % 12 : 12;

	switch (piece->kind) {
	case PIECE_LITERAL:
		buf_addn(buf, piece->text, piece->len);
		break;
	case PIECE_YEAR:
		buf_addf(buf, "%04d", t->year);
		break;
	case PIECE_YEAR_SHORT:
		buf_addf(buf, "%02d", t->year % 100);
		break;
	case PIECE_MONTH:
		buf_addf(buf, "%0*d", piece->width, t->month);
		break;
	case PIECE_MONTH_SHORT:
		buf_addn(buf, zone_months[t->month - 1], 3);
		break;
	case PIECE_MONTH_NAME:
		buf_add(buf, zone_months[t->month - 1]);
		break;
	case PIECE_DAY:
		buf_addf(buf, "%0*d", piece->width, t->day);
		break;
	case PIECE_WEEKDAY_SHORT:
		buf_addn(buf, zone_weekdays[t->weekday - 1], 3);
		break;
	case PIECE_WEEKDAY_NAME:
		buf_add(buf, zone_weekdays[t->weekday - 1]);
		break;
	case PIECE_HOUR:
		buf_addf(buf, "%0*d", piece->width, t->hour);
		break;
	case PIECE_HOUR_12:
		buf_addf(buf, "%0*d", piece->width, hour_12);
		break;
	case PIECE_MINUTE:
		buf_addf(buf, "%0*d", piece->width, t->minute);
		break;
	case PIECE_SECOND:
		buf_addf(buf, "%0*d", piece->width, t->second);
		break;
	case PIECE_MS:
		buf_addf(buf, "%03d", t->ms);
		break;
	case PIECE_HALF_UPPER:
		buf_add(buf, t->hour < 12 ? "AM" : "PM");
		break;
	case PIECE_HALF_LOWER:
		buf_add(buf, t->hour < 12 ? "am" : "pm");
		break;
	case PIECE_OFFSET:
		add_offset(buf, t->offset_s, ":");
		break;
	case PIECE_OFFSET_BARE:
		add_offset(buf, t->offset_s, "");
		break;
	case PIECE_OFFSET_OR_Z:
		if (t->offset_s)
			add_offset(buf, t->offset_s, ":");
		else
			buf_addc(buf, 'Z');
		break;
	case PIECE_EPOCH_S:
		buf_add_int(buf, (ms - (ms % 1000 + 1000) % 1000) / 1000);
		break;
	case PIECE_EPOCH_MS:
		buf_add_int(buf, ms);
		break;
	}
}

int zone_format(struct arena *arena, struct zone *zone, int64_t ms, const char *pattern,
		const char **text, struct error *err)
{
	struct zone_pattern cut;
	struct zone_time local;
	struct buf buf;

	if (zone_pattern_for(pattern, ZONE_WRITE, &cut, err) < 0)
		return -1;
	zone_local(zone, ms, &local);
	buf_init(&buf, arena, 1024);
	for (size_t i = 0; i < cut.count; i++)
		add_piece(&buf, &cut.pieces[i], &local, ms);
	return buf_end(&buf, text, err);
}
