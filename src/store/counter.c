/* counter.c - numbers kept in each transaction instead of counted when asked. Threads:
 * counting in the committer; reading with a view of one's own. */
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"

void tx_count(struct tx *tx, int64_t workspace, const char *name, int64_t change)
{
	struct tx_counter *counter;

	for (size_t i = 0; i < tx->ncounters; i++) {
		counter = &tx->counters[i];
		if (counter->workspace == workspace && strcmp(counter->name, name) == 0) {
			counter->change += change;
			return;
		}
	}
	if (tx->ncounters == TX_COUNTERS_MAX)
		tx->counters_rc |= tx_flush_counters(tx, NULL);
	if (tx->ncounters < TX_COUNTERS_MAX)
		tx->counters[tx->ncounters++] =
			(struct tx_counter){ .workspace = workspace, .name = name, .change = change };
}

static int compare(const void *a, const void *b)
{
	const struct tx_counter *left = a, *right = b;

	if (left->workspace != right->workspace)
		return left->workspace < right->workspace ? -1 : 1;
	return strcmp(left->name, right->name);
}

int tx_flush_counters(struct tx *tx, struct error *err)
{
	/* One order for all, so that two nodes do not wait for each other. */
	qsort(tx->counters, tx->ncounters, sizeof(tx->counters[0]), compare);
	for (size_t i = 0; i < tx->ncounters; i++) {
		const struct tx_counter *counter = &tx->counters[i];

		if (counter->change == 0)
			continue;
		if (db_write(tx->view.db,
			     "INSERT INTO counter (workspace, name, value) VALUES ($1, $2, $3)"
			     " ON CONFLICT (workspace, name)"
			     " DO UPDATE SET value = counter.value + excluded.value",
			     DB_VALUES(db_int(counter->workspace), db_text(counter->name),
				       db_int(counter->change)),
			     err) < 0)
			return -1;
	}
	tx->ncounters = 0;
	return 0;
}

int counter_get(struct view *view, int64_t workspace, const char *name, int64_t *value,
		struct error *err)
{
	*value = 0;
	return db_find_int(view->db,
			   "SELECT value FROM counter WHERE workspace = $1 AND name = $2",
			   DB_VALUES(db_int(workspace), db_text(name)), value, err) < 0 ?
		       -1 :
		       0;
}
