/* budget.h - how often a connection may be called. Threads: the delivery worker.
 *
 * Each rule of the connector is a rolling window, exact: a call may go when the call
 * `calls` before it is `per_ms` ago. The CRM counts a call when it arrives, which is some
 * time between sending it and hearing the answer: the window of a call begins with its
 * answer, or a quarter of the window after it was sent when the answer takes longer. What a
 * restart cannot know counts as spent. */
#ifndef DELIVER_BUDGET_H
#define DELIVER_BUDGET_H

#include <stdbool.h>

#include "model/connector.h"

#define BUDGET_CALLS_MAX 1000 /* of one window that are remembered one by one */

struct bucket {
	const char *name;
	int calls;
	int64_t per_ms;
	int64_t *times; /* a ring of `calls` times, when each was counted at the latest, ms;
			   0: never */
	int64_t taken;  /* the number of the next call; its place is `taken % calls` */
	int64_t held_until; /* the CRM said that this limit is used up, ms; 0: it did not */
};

struct budget {
	struct bucket *buckets;
	size_t count;
};

/* The connector's rules, with the connection's own limit in place of the first.
 * `spent_until` (ms since 1970, or 0): nothing may go before. */
void budget_init(struct budget *budget, struct arena *arena,
		 const struct connector *connector, const struct connection *connection,
		 int64_t spent_until);

/* When a call of the bucket (NULL: the first) may go: `now` or before if at once. */
int64_t budget_next(const struct budget *budget, const char *bucket, int64_t now);

/* Counts a call that goes now; returns its number, for budget_answered(). */
int64_t budget_take(struct budget *budget, const char *bucket, int64_t now);

/* The answer of a call is here, or it failed: the CRM counted it by now. */
void budget_answered(struct budget *budget, const char *bucket, int64_t call, int64_t now);

/* The CRM says that a bucket's limit is used up: none of its calls goes before `until`.
 * Returns 1 when that is later than was known, 0 when not, -1 when there is no such
 * bucket. */
int budget_hold(struct budget *budget, const char *bucket, int64_t until);

/* Until when a bucket (NULL: the first) is held, ms; 0: it never was. */
int64_t budget_held_until(const struct budget *budget, const char *bucket);

/* Calls counted and holds of the same buckets go on in `budget`, which is new. */
void budget_carry(struct budget *budget, const struct budget *old);

/* The holds that are not over, as JSON to be kept ({"search": 1764480000000}), or NULL;
 * and read back. */
const char *budget_holds(const struct budget *budget, struct arena *arena, int64_t now);
void budget_set_holds(struct budget *budget, struct arena *arena, const char *json);

/* How far apart calls should be, ms, so that what is left of the windows lasts: 0 while less
 * than a quarter of each is used, INT64_MAX when one is used up. Calls that carry little are
 * then better joined. */
int64_t budget_pace(const struct budget *budget, int64_t now);

#endif
