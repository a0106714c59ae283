/* moment.h - when something happened, as senders write it. Threads: pure. */
#ifndef SOURCES_MOMENT_H
#define SOURCES_MOMENT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Reads a time into ms since 1970 UTC. Takes RFC 3339 (also "+0000"); the same without
 * offset, seconds or time of day, day-month-year with - or . and year/month/day, with a
 * time or without, as on the wall in `time_zone` (IANA; NULL is UTC); "2 Mar 2026"; and
 * whole seconds or ms since 1970. Of 1/2/2026 nobody knows which is the month: that is
 * taken only when one of the two is over 12.
 *
 * ERR_INVALID, saying what to write, for anything else, and for years before 1970. */
int moment_read(struct arena *arena, const char *text, const char *time_zone, int64_t *ms,
		struct error *err);

#endif
