/* clock.h - the time, and times as text. Threads: pure, but for the two that look.
 *
 * Only workers and servers call clock_now(); what decides takes the time as an
 * argument. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND INT64_C(1000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR (60 * CLOCK_MINUTE)
#define CLOCK_DAY (24 * CLOCK_HOUR)

/* ms since 1970-01-01 UTC. */
int64_t clock_now(void);

/* Microseconds of a clock that never goes back; only differences mean anything. */
int64_t clock_mono_us(void);

/* A time of that clock, for pthread_cond_timedwait() on what clock_cond_init() made. */
struct timespec clock_mono_at(int64_t us);

/* Makes a condition whose timed waits are by that clock; end it by pthread_cond_destroy(). */
void clock_cond_init(pthread_cond_t *condition);

/* "2026-03-02T09:14:07.213Z" (RFC 3339, UTC, ms) into `text`. Times
 * before the year 0 or after 9999 are shown as the first or last there is. */
#define CLOCK_TEXT_SIZE 25
void clock_format(int64_t ms, char text[CLOCK_TEXT_SIZE]);

/* Reads an RFC 3339 time with its offset into *ms. Accepts a blank for the T, no
 * fraction or 1 to 9 digits of it (cut to ms), Z or +hh:mm or +hhmm. A leap second
 * counts as the next second. Returns whether it was one. */
bool clock_parse(const char *text, int64_t *ms);

/* Days since 1970-01-01 of a Gregorian date, and back. */
int64_t clock_days_of_date(int year, int month, int day);
void clock_date_of_days(int64_t days, int *year, int *month, int *day);

#endif
