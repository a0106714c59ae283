/* standing.c - which count of the queue a lead's submissions stand in. Threads: the
 * committer. */
#include "store/standing.h"

#include <string.h>

int standing_load(struct tx *tx, int64_t workspace, int64_t lead, struct standing *standing,
		  struct error *err)
{
	struct db_rows *rows;
	int more;

	*standing = (struct standing){ 0 };
	if (db_query(tx_view(tx)->db,
		     "SELECT id, state, open_submissions, depends_on FROM delivery WHERE subject = $1 "
		     "AND workspace = $2 LIMIT 32",
		     DB_VALUES(db_int(lead), db_int(workspace)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		standing->rows[standing->count].id = db_column_int(rows, 0);
		standing->rows[standing->count].depends_on = db_column_int(rows, 3);
		standing->rows[standing->count++].state =
			(enum delivery_state)db_column_int(rows, 1);
		if (db_column_int(rows, 2) > standing->open)
			standing->open = db_column_int(rows, 2);
	}
	db_done(rows);
	return more;
}

void standing_set(struct standing *standing, int64_t id, enum delivery_state state)
{
	for (size_t i = 0; i < standing->count; i++)
		if (standing->rows[i].id == id) {
			standing->rows[i].state = state;
			return;
		}
	if (standing->count < DELIVERIES_OF_LEAD_MAX) {
		standing->rows[standing->count].id = id;
		standing->rows[standing->count++].state = state;
	}
}

/* uncertain, then dead, then pending, then at rest */
static int badness(enum delivery_state state)
{
	switch (state) {
	case DELIVERY_PARKED:
		return 3;
	case DELIVERY_DEAD:
		return 2;
	case DELIVERY_DUE:
	case DELIVERY_WAITING:
	case DELIVERY_CLAIMED:
		return 1;
	case DELIVERY_AT_REST:
		return 0;
	}
	return 0;
}

static int worst(const struct standing *standing)
{
	int bad = 0;

	for (size_t i = 0; i < standing->count; i++)
		if (badness(standing->rows[i].state) > bad)
			bad = badness(standing->rows[i].state);
	return bad;
}

static const char *const counters[] = { "queue.at_rest", "queue.pending", "queue.dead",
					"queue.uncertain" };

int standing_count(struct tx *tx, int64_t workspace, int64_t lead,
		   const struct standing *before, struct standing *after, int more,
		   struct error *err)
{
	int from = worst(before), to = worst(after);
	int64_t open = before->open + more;

	if (from != to && before->open) {
		tx_count(tx, workspace, counters[from], -before->open);
		tx_count(tx, workspace, counters[to], before->open);
	}
	if (more)
		tx_count(tx, workspace, counters[to], more);
	if (open == 0 && to != 0) {
		/* Due again from rest: its latest submission is on its way once more. */
		tx_count(tx, workspace, counters[0], -1);
		tx_count(tx, workspace, counters[to], 1);
		open = 1;
	}
	after->open = to == 0 ? 0 : open;
	if (after->open == before->open)
		return 0;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET open_submissions = $1 WHERE subject = $2 "
			"AND workspace = $3",
			DB_VALUES(db_int(after->open), db_int(lead), db_int(workspace)), err);
}

void standing_count_new(struct tx *tx, int64_t workspace, const struct standing *after,
			int submissions)
{
	if (submissions)
		tx_count(tx, workspace, counters[worst(after)], submissions);
}

void standing_count_erased(struct tx *tx, int64_t workspace, const struct standing *before,
			   int64_t total)
{
	if (before->open)
		tx_count(tx, workspace, counters[worst(before)], -before->open);
	if (total > before->open)
		tx_count(tx, workspace, "queue.at_rest", before->open - total);
	tx_count(tx, workspace, "queue.erased", total > before->open ? total : before->open);
}

int standing_join(struct tx *tx, int64_t workspace, const struct standing *gone, int64_t lead,
		  struct error *err)
{
	struct standing now;

	if (gone->open == 0)
		return 0;
	if (standing_load(tx, workspace, lead, &now, err) < 0)
		return -1;
	tx_count(tx, workspace, counters[worst(gone)], -gone->open);
	tx_count(tx, workspace, counters[worst(&now)], gone->open);
	if (worst(&now) == 0)
		return 0;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET open_submissions = $1 WHERE subject = $2 "
			"AND workspace = $3",
			DB_VALUES(db_int(now.open + gone->open), db_int(lead),
				  db_int(workspace)),
			err);
}

int queue_counts(struct view *view, int64_t workspace, struct queue_counts *counts,
		 struct error *err)
{
	struct db_rows *rows;
	int more;

	*counts = (struct queue_counts){ 0 };
	if (db_query(view->db,
		     "SELECT name, value FROM counter WHERE workspace = $1 "
		     "AND name >= 'queue.' AND name < 'queue/'",
		     DB_VALUES(db_int(workspace)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		const struct {
			const char *name;
			int64_t *count;
		} known[] = {
			{ "queue.received", &counts->received },
			{ "queue.at_rest", &counts->at_rest },
			{ "queue.pending", &counts->pending },
			{ "queue.dead", &counts->dead },
			{ "queue.uncertain", &counts->uncertain },
			{ "queue.rejected", &counts->rejected },
			{ "queue.erased", &counts->erased },
		};
		const char *name = db_column_text(rows, 0, view->arena);

		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			if (strcmp(known[i].name, name) == 0)
				*known[i].count = db_column_int(rows, 1);
	}
	db_done(rows);
	return more;
}
