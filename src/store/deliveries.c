/* deliveries.c - claims, and what is kept before and while sending. Threads: the
 * committer. */
#include "store/deliveries.h"

#include "store/delivery_rows.h"
#include "store/links.h"

/* What makes a database read the index of the leases that run: for those who ask for all
 * of a connection's. One delivery is found by its id, and so does not say this. */
#define IS_LEASED "state = 2 AND lease_until > 0 "

static int expire_leases(struct tx *tx, const struct claim_wish *wish, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET state = 0, is_uncertain = 1, due_at = $1 "
			"WHERE " IS_LEASED "AND lease_until < $2 AND connection = $3 "
			"AND workspace = $4",
			DB_VALUES(db_int(tx_now(tx) + wish->lag_ms), db_int(tx_now(tx)),
				  db_int(wish->connection), db_int(wish->workspace)),
			err);
}

int delivery_release(struct tx *tx, int64_t connection, int64_t worker, int64_t lag_ms,
		     struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET state = 0, is_uncertain = 1, due_at = $1 "
			"WHERE " IS_LEASED "AND connection = $2 AND worker = $3",
			DB_VALUES(db_int(tx_now(tx) + lag_ms), db_int(connection),
				  db_int(worker)),
			err);
}

static int find_due(struct tx *tx, const struct claim_wish *wish, enum lane lane, int max,
		    struct delivery *found, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*count = 0;
	if (max == 0)
		return 0;
	if (db_query(tx_view(tx)->db,
		     "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE connection = $1 "
		     "AND workspace = $5 AND lane = $2 AND state = 0 AND due_at <= $3 "
		     "ORDER BY due_at LIMIT $4 {SKIP_LOCKED}",
		     DB_VALUES(db_int(wish->connection), db_int(lane), db_int(tx_now(tx)),
			       db_int(max), db_int(wish->workspace)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		delivery_from_row(rows, tx_arena(tx), &found[(*count)++]);
	db_done(rows);
	return more;
}

/* Whose turn it is: of twenty, twelve hot, five normal and three bulk, mixed so that a
 * claim of few has its share of each in the long run. */
static const unsigned char turns[] = {
	LANE_HOT, LANE_NORMAL, LANE_HOT, LANE_HOT, LANE_BULK, LANE_HOT, LANE_NORMAL,
	LANE_HOT, LANE_HOT, LANE_NORMAL, LANE_HOT, LANE_HOT, LANE_BULK, LANE_HOT,
	LANE_NORMAL, LANE_HOT, LANE_HOT, LANE_NORMAL, LANE_HOT, LANE_BULK,
};

/* The lane that takes this turn: a turn that its lane does not use goes to the hottest
 * one that does; -1 when nothing is left. */
static int lane_of(unsigned turn, const size_t taken[], const size_t due[])
{
	int lane = turns[turn % ARRAY_LEN(turns)];

	if (taken[lane] < due[lane])
		return lane;
	for (lane = LANE_HOT; lane <= LANE_BULK; lane++)
		if (taken[lane] < due[lane])
			return lane;
	return -1;
}

/* Fills `chosen`, hot ones first: they go out first. */
static size_t choose(const struct claim_wish *wish, struct delivery *const lanes[],
		     const size_t due[], struct delivery *chosen)
{
	size_t taken[] = { 0, 0, 0 }, count = 0;

	for (int i = 0; i < wish->max; i++) {
		int lane = lane_of(wish->turn + (unsigned)i, taken, due);

		if (lane < 0)
			break;
		taken[lane]++;
	}
	for (int lane = LANE_HOT; lane <= LANE_BULK; lane++)
		for (size_t i = 0; i < taken[lane]; i++)
			chosen[count++] = lanes[lane][i];
	return count;
}

static int lease(struct tx *tx, const struct claim_wish *wish, struct delivery *d,
		 struct error *err)
{
	d->fence++;
	d->state = DELIVERY_CLAIMED;
	d->lease_until = tx_now(tx) + wish->lease_ms;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET state = 2, fence = $1, worker = $2, "
			"lease_until = $3 WHERE id = $4",
			DB_VALUES(db_int(d->fence), db_int(wish->worker),
				  db_int(d->lease_until), db_int(d->id)),
			err);
}

int delivery_claim(struct tx *tx, const struct claim_wish *wish,
		   struct delivery **deliveries, bool *more, struct error *err)
{
	struct delivery *lanes[3];
	size_t due[3], count, total = 0;

	if (expire_leases(tx, wish, err) < 0)
		return -1;
	for (int lane = LANE_HOT; lane <= LANE_BULK; lane++) {
		lanes[lane] = arena_array(tx_arena(tx), (size_t)wish->max, sizeof(**lanes));
		if (find_due(tx, wish, (enum lane)lane, wish->max, lanes[lane], &due[lane],
			     err) < 0)
			return error_wrap(err, "claim");
		total += due[lane];
	}
	*deliveries = arena_array(tx_arena(tx), (size_t)wish->max, sizeof(**deliveries));
	count = choose(wish, lanes, due, *deliveries);
	*more = total > count || count == (size_t)wish->max;
	for (size_t i = 0; i < count; i++)
		if (lease(tx, wish, &(*deliveries)[i], err) < 0)
			return error_wrap(err, "claim");
	return (int)count;
}

static int intend_one(struct tx *tx, struct intent *intent, int64_t lease_until,
		      struct error *err)
{
	const struct delivery *d = intent->delivery;
	int taken = intent->link ? link_is_taken(tx, d, intent->link, err) : 0, found;
	int64_t id;

	intent->is_taken = taken == 1;
	if (taken)
		return taken < 0 ? -1 : 0;
	found = db_find_int(tx_view(tx)->db,
			    "UPDATE delivery SET intent_doc = $1, "
			    "told_doc = COALESCE($2, told_doc), lease_until = $3 "
			    "WHERE id = $4 AND fence = $5 AND state = 2 RETURNING id",
			    DB_VALUES(db_text(intent->doc), db_text(intent->told_doc),
				      db_int(lease_until), db_int(d->id), db_int(d->fence)),
			    &id, err);

	intent->is_refused = found == 0;
	if (found == 1 && intent->link)
		return link_write(tx, d, intent->link, err);
	return found < 0 ? -1 : 0;
}

int delivery_intend(struct tx *tx, struct intent *intents, size_t count,
		    int64_t lease_until, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (intend_one(tx, &intents[i], lease_until, err) < 0)
			return error_wrap(err, "intent");
	return 0;
}

int call_add(struct tx *tx, const struct actor *actor, const struct kept_call *call,
	     struct error *err)
{
	return db_write(tx_view(tx)->db,
			"INSERT INTO call (id, workspace, connection, verb, method, url, "
			"request, status, failure, answer, took_ms, records, mapping_version, "
			"at, batch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
			"$13, $14, $15)",
			DB_VALUES(db_int(call->id), db_int(actor->workspace),
				  db_int(call->connection), db_text(call->verb),
				  db_text(call->method), db_text(call->url),
				  db_bytes(call->request, call->request_len),
				  db_int(call->status), db_int(call->failure),
				  db_bytes(call->answer, call->answer_len),
				  db_int(call->took_ms), db_int(call->records),
				  db_int(call->mapping_version), db_int(call->at),
				  db_int(call->batch)),
			err);
}
