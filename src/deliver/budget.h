/* budget.h - how often a connection may be called. Threads: the delivery worker.
 *
 * Each rule of the connector is a rolling window, exact: a call may go when the call
 * `calls` before it is `per_ms` ago. What a restart cannot know counts as spent. */
#ifndef DELIVER_BUDGET_H
#define DELIVER_BUDGET_H

#include "model/connector.h"

#define BUDGET_CALLS_MAX 1000 /* of one window that are remembered one by one */

struct bucket {
	const char *name;
	int calls;
	int64_t per_ms;
	int64_t *times; /* a ring of `calls` times, ms; 0: never */
	int next;
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

/* Counts a call that goes now. */
void budget_take(struct budget *budget, const char *bucket, int64_t now);

#endif
