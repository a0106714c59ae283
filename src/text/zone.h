/* zone.h - times in named time zones: local and back, written and read. Threads: a
 * zone is used by one at a time; all else is pure.
 *
 * Between UTC and local stands ICU with the tz database; the Gregorian calendar counts
 * for all times. Years 1 to 9999. A zone is opened (3 us) for a unit of work and used for
 * as many times as it has (0.4 us each); it must not be shared between threads. */
#ifndef TEXT_ZONE_H
#define TEXT_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct zone;

/* A time on the wall. */
struct zone_time {
	int year, month, day;     /* 2026, 1 to 12, 1 to 31 */
	int hour, minute, second; /* 0 to 23, 0 to 59, 0 to 59 */
	int ms;                   /* 0 to 999 */
	int weekday;              /* 1 Monday to 7 Sunday; not looked at in zone_utc() */
	int offset_s;             /* seconds east of UTC; not looked at in zone_utc() */
};

/* What became of a time on the wall. */
enum zone_fit {
	ZONE_EXACT,
	ZONE_GAP,     /* clocks jump over it: moved on by as much as they jump */
	ZONE_OVERLAP, /* clocks show it twice: the first was taken */
};

/* Opens a zone by its full name: "Asia/Kolkata", "UTC". The arena's, closed with it.
 * Fails with ERR_INVALID for a name that is not in the tz database, saying which was
 * perhaps meant. Abbreviations ("IST") are refused: they mean several zones. */
int zone_open(struct arena *arena, const char *name, struct zone **zone,
	      struct error *err);

/* The same check alone: 0, or -1 with ERR_INVALID. */
int zone_check(const char *name, struct error *err);

/* As it was given to zone_open(). */
const char *zone_name(const struct zone *zone);

/* From ms since 1970 UTC to the wall. Times before year 1 and after 9999 count as the
 * first and the last that there are. */
void zone_local(struct zone *zone, int64_t ms, struct zone_time *local);

/* From the wall to ms since 1970 UTC; *fit (may be NULL) says whether it was on the
 * clock once. Fields out of range are ERR_INVALID. */
int zone_utc(struct zone *zone, const struct zone_time *local, int64_t *ms,
	     enum zone_fit *fit, struct error *err);

/* Patterns, in the letters that people know from spreadsheets and other programs:
 *
 *   YYYY yyyy 2026    YY yy 26        MM 03  M 3  MMM Mar  MMMM March
 *   DD dd 02  D d 2   EEE Mon  EEEE Monday
 *   HH 09  H 9 (0-23) hh 09  h 9 (1-12, with A or a: AM or am)
 *   mm 14  m 14       ss 07  s 7      SSS 213
 *   Z +05:30          ZZ +0530        XXX +05:30, or Z in UTC
 *   [words] or 'words' and T stand for themselves, as does all that is no letter
 *
 * Whole patterns with a name: "iso" (YYYY-MM-DDTHH:mm:ssXXX), "iso_ms" (with .SSS),
 * "date" (YYYY-MM-DD), "epoch_s", "epoch_ms" (numbers, zone of no matter). Months and
 * days have their English names. */

enum zone_use { ZONE_WRITE, ZONE_READ };

/* Whether a pattern can be used so: to be asked when a mapping is saved. ERR_INVALID
 * names the part that means nothing. A pattern for reading needs year, month and day. */
int zone_pattern_check(const char *pattern, enum zone_use use, struct error *err);

/* Writes a time in the zone; fails like zone_pattern_check(). */
int zone_format(struct arena *arena, struct zone *zone, int64_t ms, const char *pattern,
		const char **text, struct error *err);

/* Reads all of `text` by the pattern; a time without offset is the zone's, what the
 * pattern does not have is 0. Numbers may lack their leading zero where something
 * stands between them; blanks may be several; names and AM/PM are read without case;
 * YY is 1970 to 2069. "iso" also takes a blank for the T, no offset, no seconds and no
 * time at all. ERR_INVALID says what did not fit, without the value. */
int zone_parse(struct zone *zone, const char *text, const char *pattern, int64_t *ms,
	       struct error *err);

/* The first of the patterns that fits; the error is about the first one. */
int zone_parse_any(struct zone *zone, const char *text, const char *const *patterns,
		   size_t count, int64_t *ms, struct error *err);

#endif
