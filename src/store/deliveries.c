/* deliveries.c - what is wanted of each connection, claims and outcomes. Threads: the
 * committer. */
#include "store/deliveries.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/delivery_rows.h"
#include "store/standing.h"

/* ---- Wanting ---- */

struct wanted_row {
	int64_t id, wanted;
	enum delivery_state state;
	const char *code;
};

static int find_row(struct tx *tx, const struct lead *lead, const struct mapping *mapping,
		    const struct connection *connection, struct wanted_row *row,
		    struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(tx_view(tx)->db,
		     "SELECT id, wanted, state, code FROM delivery WHERE subject = $1 "
		     "AND connection = $2 AND object = $3 AND role = $4",
		     DB_VALUES(db_int(lead->id), db_int(connection->id),
			       db_text(mapping->object), db_text(mapping->name)),
		     &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*row = (struct wanted_row){
			.id = db_column_int(rows, 0),
			.wanted = db_column_int(rows, 1),
			.state = (enum delivery_state)db_column_int(rows, 2),
			.code = db_column_text(rows, 3, tx_arena(tx)),
		};
	db_done(rows);
	return found;
}

/* The state that a row takes when a newer version is wanted. Unknown outcomes stay a
 * person's; what rests because it was deleted there is made again only for a new
 * enquiry; a dead letter that data could mend is tried with the new data. */
static enum delivery_state state_when_wanted(const struct wanted_row *row,
					     const struct want *want)
{
	switch (row->state) {
	case DELIVERY_DUE:
	case DELIVERY_WAITING:
	case DELIVERY_CLAIMED:
	case DELIVERY_PARKED:
		return row->state;
	case DELIVERY_DEAD:
		return text_equal(row->code, "permanent") ||
				       text_equal(row->code, "remote_taken") ?
			       DELIVERY_DEAD :
			       DELIVERY_DUE;
	case DELIVERY_AT_REST:
		return text_equal(row->code, "gone") && !want->is_new_enquiry ?
			       DELIVERY_AT_REST :
			       DELIVERY_DUE;
	}
	return row->state;
}

static int raise_row(struct tx *tx, const struct lead *lead, const struct wanted_row *row,
		     const struct want *want, struct standing *after, struct error *err)
{
	enum delivery_state state = state_when_wanted(row, want);

	if (row->wanted >= lead->version)
		return 0;
	standing_set(after, row->id, state);
	if (state == row->state)
		return db_write(tx_view(tx)->db,
				"UPDATE delivery SET wanted = $1 WHERE id = $2",
				DB_VALUES(db_int(lead->version), db_int(row->id)), err);
	tx_wake(tx, WAKE_DELIVERIES);
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET wanted = $1, state = $2, due_at = $3, since = $3, "
			"tries = 0, setbacks = 0, lane = $4, code = NULL, field = NULL, reason = NULL, "
			"instruction = NULL WHERE id = $5",
			DB_VALUES(db_int(lead->version), db_int(state), db_int(tx_now(tx)),
				  db_int(want->lane), db_int(row->id)),
			err);
}

/* A record that must be there first: its delivery, or 0. */
static int64_t parent_of(const struct mapping *mapping, const struct config *config,
			 const int64_t *ids)
{
	for (size_t i = 0; mapping->after && i < config->nmappings; i++)
		if (text_equal(config->mappings[i].name, mapping->after))
			return ids[i];
	return 0;
}

static int64_t due_at_of(const struct sync *sync, int64_t now)
{
	return sync->mode == SYNC_BATCH ? (now / CLOCK_HOUR + 1) * CLOCK_HOUR : now;
}

static int add_row(struct tx *tx, const struct lead *lead, const struct sync *sync,
		   const struct mapping *mapping, const struct connection *connection,
		   const struct want *want, int64_t parent, int64_t *id,
		   struct standing *after, struct error *err)
{
	enum delivery_state state = parent ? DELIVERY_WAITING : DELIVERY_DUE;

	if (sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW)
		state = DELIVERY_AT_REST;
	*id = tx_id(tx);
	standing_set(after, *id, state);
	tx_wake(tx, WAKE_DELIVERIES);
	return db_write(tx_view(tx)->db,
			"INSERT INTO delivery (id, workspace, subject, connection, object, "
			"role, mapping, lane, state, due_at, since, wanted, told, tries, "
			"setbacks, is_uncertain, is_forced, depends_on, fence, worker, lease_until, "
			"open_submissions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
			"$11, $12, 0, 0, 0, 0, 0, $13, 0, 0, 0, $14)",
			DB_VALUES(db_int(*id), db_int(lead->workspace), db_int(lead->id),
				  db_int(connection->id), db_text(mapping->object),
				  db_text(mapping->name), db_int(mapping->id),
				  db_int(want->lane), db_int(state),
				  db_int(due_at_of(sync, tx_now(tx))), db_int(tx_now(tx)),
				  db_int(lead->version), db_int(parent),
				  db_int(want->is_new_lead && state != DELIVERY_AT_REST ?
						 want->submissions :
						 0)),
			err);
}

static size_t index_of_mapping(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nmappings; i++)
		if (text_equal(config->mappings[i].name, name))
			return i;
	return config->nmappings;
}

static int want_sync(struct tx *tx, const struct config *config, const struct lead *lead,
		     const struct sync *sync, const struct want *want, int64_t *ids,
		     struct standing *after, struct error *err)
{
	size_t at = index_of_mapping(config, sync->mapping);
	const struct mapping *mapping = &config->mappings[at];
	const struct connection *connection;
	struct wanted_row row = { 0 };
	int found = 0;

	if (at == config->nmappings || sync->is_paused || sync->behaviour == BEHAVIOUR_NONE)
		return 0;
	connection = config_connection(config, mapping->connection);
	if (!connection)
		return 0;
	if (!want->is_new_lead)
		found = find_row(tx, lead, mapping, connection, &row, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return add_row(tx, lead, sync, mapping, connection, want,
			       parent_of(mapping, config, ids), &ids[at], after, err);
	ids[at] = row.id;
	if (sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW)
		return 0;
	return raise_row(tx, lead, &row, want, after, err);
}

int delivery_want(struct tx *tx, const struct actor *actor, const struct config *config,
		  const struct lead *lead, const struct want *want, struct error *err)
{
	struct standing before = { 0 }, after;
	int64_t *ids = arena_array(tx_arena(tx), config->nmappings + 1, sizeof(*ids));

	(void)actor; /* the decision that wants it is audited */
	if (!want->is_new_lead &&
	    standing_load(tx, lead->workspace, lead->id, &before, err) < 0)
		return -1;
	after = before;
	for (size_t i = 0; i < config->nsyncs; i++)
		if (want_sync(tx, config, lead, &config->syncs[i], want, ids, &after, err) < 0)
			return error_wrap(err, "delivery");
	if (want->is_new_lead) {
		standing_count_new(tx, lead->workspace, &after, want->submissions);
		return 0;
	}
	return standing_count(tx, lead->workspace, lead->id, &before, &after,
			      want->submissions, err);
}

/* ---- Claiming ---- */

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
	int64_t id;
	int found = db_find_int(tx_view(tx)->db,
				"UPDATE delivery SET intent_doc = $1, "
				"told_doc = COALESCE($2, told_doc), lease_until = $3 "
				"WHERE id = $4 AND fence = $5 AND state = 2 RETURNING id",
				DB_VALUES(db_text(intent->doc), db_text(intent->told_doc),
					  db_int(lease_until), db_int(d->id),
					  db_int(d->fence)),
				&id, err);

	intent->is_refused = found == 0;
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

/* ---- Settling ---- */

struct fenced {
	int64_t fence, wanted;
	enum delivery_state state;
};

static int load_fenced(struct tx *tx, const struct actor *actor, int64_t id,
		       struct fenced *row, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(tx_view(tx)->db,
		     "SELECT fence, state, wanted FROM delivery WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*row = (struct fenced){
			.fence = db_column_int(rows, 0),
			.state = (enum delivery_state)db_column_int(rows, 1),
			.wanted = db_column_int(rows, 2),
		};
	db_done(rows);
	return found;
}

/* Whether another lead is linked to the remote record. */
static int is_taken(struct tx *tx, const struct settlement *s, struct error *err)
{
	const struct delivery *d = s->delivery;
	int64_t subject;
	int found = db_find_int(tx_view(tx)->db,
				"SELECT subject FROM link WHERE workspace = $1 "
				"AND connection = $2 AND object = $3 AND remote_id = $4",
				DB_VALUES(db_int(d->workspace), db_int(d->connection),
					  db_text(s->link_object), db_text(s->link_id)),
				&subject, err);

	return found == 1 ? subject != d->subject : found;
}

static int write_link(struct tx *tx, const struct settlement *s, struct error *err)
{
	const struct delivery *d = s->delivery;

	return db_write(
		tx_view(tx)->db,
		"INSERT INTO link (id, workspace, subject, connection, role, object, "
		"remote_id, remote_version, state, is_ours, created_at, updated_at) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) "
		"ON CONFLICT (subject, connection, role) DO UPDATE SET "
		"object = excluded.object, remote_id = excluded.remote_id, "
		"remote_version = excluded.remote_version, state = excluded.state, "
		"updated_at = excluded.updated_at",
		DB_VALUES(db_int(tx_id(tx)), db_int(d->workspace), db_int(d->subject),
			  db_int(d->connection), db_text(d->role), db_text(s->link_object),
			  db_text(s->link_id), db_text(s->link_version),
			  db_text(s->link_state ? s->link_state : "live"),
			  db_int(s->link_is_ours), db_int(tx_now(tx))),
		err);
}

static int write_attempt(struct tx *tx, const struct settlement *s,
			 const struct audit_salt *salt, struct error *err)
{
	const struct delivery *d = s->delivery;

	if (!s->outcome)
		return 0;
	return db_write(tx_view(tx)->db,
			"INSERT INTO attempt (id, workspace, delivery, call, version, outcome, "
			"action, field, reason, changed, salt, at) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			DB_VALUES(db_int(tx_id(tx)), db_int(d->workspace), db_int(d->id),
				  db_int(s->call), db_int(s->told ? s->told : d->wanted),
				  db_text(s->outcome),
				  db_text(s->action ? s->action : "none"),
				  db_text(s->field), db_text(s->reason),
				  db_text(s->changed),
				  db_bytes(salt->bytes, sizeof(salt->bytes)),
				  db_int(tx_now(tx))),
			err);
}

static int write_state(struct tx *tx, const struct settlement *s, struct error *err)
{
	return db_write(
		tx_view(tx)->db,
		"UPDATE delivery SET state = $1, due_at = $2, "
		"told = CASE WHEN CAST($3 AS BIGINT) > 0 THEN $3 ELSE told END, tries = $4, setbacks = $15, "
		"is_uncertain = $5, is_forced = 0, code = $6, field = $7, reason = $8, "
		"instruction = $9, told_doc = COALESCE($10, told_doc), "
		"seen_doc = COALESCE($11, seen_doc), undo_doc = COALESCE(undo_doc, $12), "
		"held_doc = $13, "
		"intent_doc = CASE WHEN CAST($5 AS BIGINT) = 1 THEN intent_doc ELSE NULL END, "
		"edit_doc = CASE WHEN CAST($1 AS BIGINT) = 5 THEN NULL ELSE edit_doc END WHERE id = $14",
		DB_VALUES(db_int(s->state), db_int(s->due_at), db_int(s->told),
			  db_int(s->tries), db_int(s->is_uncertain), db_text(s->code),
			  db_text(s->field), db_text(s->reason), db_text(s->instruction),
			  db_text(s->told_doc), db_text(s->seen_doc), db_text(s->undo_doc),
			  db_text(s->held_doc), db_int(s->delivery->id), db_int(s->setbacks)),
		err);
}

static int audit_settlement(struct tx *tx, const struct actor *actor,
			    const struct settlement *s, const struct audit_salt *salt,
			    struct error *err)
{
	struct audit_content content = { s->told_doc, s->told_doc ? strlen(s->told_doc) : 0,
					 *salt };
	struct buf detail;

	if (!s->outcome)
		return 0;
	buf_init(&detail, tx_arena(tx), 64u << 10);
	buf_addf(&detail,
		 "{\"delivery\":%lld,\"connection\":%lld,\"call\":%lld,\"mapping\":%lld,"
		 "\"version\":%lld,\"outcome\":\"%s\",\"fields\":",
		 (long long)s->delivery->id, (long long)s->delivery->connection,
		 (long long)s->call, (long long)s->delivery->mapping,
		 (long long)(s->told ? s->told : s->delivery->wanted), s->outcome);
	buf_add(&detail, s->changed ? s->changed : "[]");
	buf_add(&detail, "}");
	return audit_add(tx, actor, "delivery.settled", "lead", s->delivery->subject,
			 buf_text(&detail), s->told_doc ? &content : NULL, err);
}

/* Deliveries that waited for this one may go. */
static int release_children(struct tx *tx, const struct settlement *s,
			    struct standing *after, struct error *err)
{
	struct db_rows *rows;
	int more;

	if (s->state != DELIVERY_AT_REST || after->count < 2)
		return 0;
	if (db_query(tx_view(tx)->db,
		     "UPDATE delivery SET state = 0, due_at = $1 WHERE depends_on = $2 "
		     "AND state = 1 RETURNING id",
		     DB_VALUES(db_int(tx_now(tx)), db_int(s->delivery->id)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		standing_set(after, db_column_int(rows, 0), DELIVERY_DUE);
		tx_wake(tx, WAKE_DELIVERIES);
	}
	db_done(rows);
	return more;
}

static int settle_one(struct tx *tx, const struct actor *actor, struct settlement *s,
		      bool *refused, struct error *err)
{
	struct audit_salt salt = audit_salt_new();
	struct standing before, after;
	struct fenced row;
	int found = load_fenced(tx, actor, s->delivery->id, &row, err), taken = 0;

	*refused = found != 1 || row.fence != s->delivery->fence ||
		   row.state != DELIVERY_CLAIMED;
	if (found < 0 || *refused)
		return found < 0 ? -1 : 0;
	if (s->link_id && *s->link_id)
		taken = is_taken(tx, s, err);
	if (taken == 1) {
		s->state = DELIVERY_DEAD;
		s->code = "remote_taken";
		s->reason = "another lead is linked to this record of the CRM";
		s->instruction = "decide whether the two leads are one: merge them, or keep "
				 "them apart and discard this";
	} else if (taken == 0 && s->link_id && *s->link_id) {
		taken = write_link(tx, s, err);
	}
	/* The lead moved on while this was on its way: there is more to tell. */
	if (s->state == DELIVERY_AT_REST && s->told && row.wanted > s->told) {
		s->state = DELIVERY_DUE;
		s->due_at = tx_now(tx);
		tx_wake(tx, WAKE_DELIVERIES);
	}
	if (taken < 0 ||
	    standing_load(tx, actor->workspace, s->delivery->subject, &before, err) < 0)
		return -1;
	after = before;
	standing_set(&after, s->delivery->id, s->state);
	if (write_state(tx, s, err) < 0 || write_attempt(tx, s, &salt, err) < 0 ||
	    audit_settlement(tx, actor, s, &salt, err) < 0 ||
	    release_children(tx, s, &after, err) < 0)
		return -1;
	return standing_count(tx, actor->workspace, s->delivery->subject, &before, &after, 0,
			      err);
}

int delivery_settle(struct tx *tx, const struct actor *actor,
		    struct settlement *settlements, size_t count, bool *refused,
		    struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (settle_one(tx, actor, &settlements[i], &refused[i], err) < 0)
			return error_wrap(err, "settle");
	return 0;
}
