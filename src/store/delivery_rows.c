/* delivery_rows.c - reads deliveries, links, attempts and calls. Threads: see store.h. */
#include "store/delivery_rows.h"

#include "base/text.h"
#include "store/chains.h"
#include "store/earlier.h"
#include "store/gates.h"

static const char *const state_names[] = {
	[DELIVERY_DUE] = "due",       [DELIVERY_WAITING] = "waiting",
	[DELIVERY_CLAIMED] = "claimed", [DELIVERY_PARKED] = "parked",
	[DELIVERY_DEAD] = "dead",     [DELIVERY_AT_REST] = "at_rest",
};

const char *delivery_state_name(enum delivery_state state)
{
	return state_names[state];
}

void delivery_from_row(struct db_rows *rows, struct arena *arena, struct delivery *d)
{
	*d = (struct delivery){
		.id = db_column_int(rows, 0),
		.workspace = db_column_int(rows, 1),
		.subject = db_column_int(rows, 2),
		.connection = db_column_int(rows, 3),
		.object = db_column_text(rows, 4, arena),
		.role = db_column_text(rows, 5, arena),
		.mapping = db_column_int(rows, 6),
		.lane = (enum lane)db_column_int(rows, 7),
		.state = (enum delivery_state)db_column_int(rows, 8),
		.due_at = db_column_int(rows, 9),
		.since = db_column_int(rows, 10),
		.wanted = db_column_int(rows, 11),
		.told = db_column_int(rows, 12),
		.tries = (int)db_column_int(rows, 13),
		.is_uncertain = db_column_int(rows, 14) != 0,
		.is_forced = db_column_int(rows, 15) != 0,
		.depends_on = db_column_int(rows, 16),
		.fence = db_column_int(rows, 17),
		.lease_until = db_column_int(rows, 18),
		.open_submissions = db_column_int(rows, 19),
		.code = db_column_text(rows, 20, arena),
		.field = db_column_text(rows, 21, arena),
		.reason = db_column_text(rows, 22, arena),
		.instruction = db_column_text(rows, 23, arena),
		.told_doc = db_column_text(rows, 24, arena),
		.seen_doc = db_column_text(rows, 25, arena),
		.undo_doc = db_column_text(rows, 26, arena),
		.held_doc = db_column_text(rows, 27, arena),
		.edit_doc = db_column_text(rows, 28, arena),
		.intent_doc = db_column_text(rows, 29, arena),
		.setbacks = (int)db_column_int(rows, 30),
		.earlier = db_column_int(rows, 31),
	};
}

int delivery_find(struct view *view, const struct actor *actor, int64_t id,
		  struct delivery *delivery, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		delivery_from_row(rows, view->arena, delivery);
	db_done(rows);
	if (found == 1 && chain_explain(view, delivery, err) < 0)
		return -1;
	return found;
}

int delivery_of_mapping(struct view *view, const struct actor *actor, int64_t lead,
			int64_t connection, const struct mapping *mapping,
			struct delivery *delivery, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE subject = $1 "
		     "AND connection = $2 AND object = $3 AND role = $4 AND workspace = $5",
		     DB_VALUES(db_int(lead), db_int(connection), db_text(mapping->object),
			       db_text(mapping->name), db_int(actor->workspace)),
		     &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		delivery_from_row(rows, view->arena, delivery);
	db_done(rows);
	return found;
}

static int64_t before_of(int64_t before)
{
	return before ? before : INT64_MAX;
}

int delivery_list(struct view *view, const struct actor *actor,
		  const struct delivery_filter *filter, struct delivery **found,
		  size_t *count, struct error *err)
{
	/* Dead letters have an index of their own; the rest is found by subject, or read
	 * in the order of ids. */
	static const char dead[] =
		"SELECT " DELIVERY_COLUMNS " FROM delivery WHERE workspace = $1 "
		"AND state IN (3, 4) AND id < $2 AND (CAST($3 AS BIGINT) = 0 OR connection = $3) "
		"AND (CAST($4 AS BIGINT) = 0 OR subject = $4) AND ($5 = '' OR code = $5) "
		"ORDER BY id DESC LIMIT $6";
	static const char all[] =
		"SELECT " DELIVERY_COLUMNS " FROM delivery WHERE workspace = $1 "
		"AND id < $2 AND (CAST($3 AS BIGINT) = 0 OR connection = $3) "
		"AND (CAST($4 AS BIGINT) = 0 OR subject = $4) AND ($5 = '' OR code = $5) "
		"ORDER BY id DESC LIMIT $6";
	static const char of_subject[] =
		"SELECT " DELIVERY_COLUMNS " FROM delivery WHERE workspace = $1 "
		"AND id < $2 AND (CAST($3 AS BIGINT) = 0 OR connection = $3) "
		"AND subject = $4 AND ($5 = '' OR code = $5) ORDER BY id DESC LIMIT $6";
	const char *sql = filter->is_dead_only ? dead : filter->subject ? of_subject : all;
	struct db_rows *rows;
	int more;

	*found = arena_array(view->arena, filter->max, sizeof(**found));
	*count = 0;
	if (db_query(view->db, sql,
		     DB_VALUES(db_int(actor->workspace), db_int(before_of(filter->before)),
			       db_int(filter->connection), db_int(filter->subject),
			       db_text(filter->code ? filter->code : ""),
			       db_int((int64_t)filter->max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		delivery_from_row(rows, view->arena, &(*found)[(*count)++]);
	db_done(rows);
	for (size_t i = 0; more == 0 && i < *count; i++)
		if (chain_explain(view, &(*found)[i], err) < 0)
			return -1;
	return more;
}

#define LINK_COLUMNS "id, subject, object, remote_id, remote_version, state, is_ours, role"

static void link_from_row(struct db_rows *rows, struct arena *arena, struct link *link)
{
	*link = (struct link){
		.id = db_column_int(rows, 0),
		.subject = db_column_int(rows, 1),
		.object = db_column_text(rows, 2, arena),
		.remote_id = db_column_text(rows, 3, arena),
		.remote_version = db_column_text(rows, 4, arena),
		.state = db_column_text(rows, 5, arena),
		.is_ours = db_column_int(rows, 6) != 0,
		.role = db_column_text(rows, 7, arena),
	};
}

int link_list(struct view *view, const struct actor *actor, int64_t subject,
	      int64_t connection, struct link **links, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*links = arena_array(view->arena, DELIVERIES_OF_LEAD_MAX, sizeof(**links));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " LINK_COLUMNS " FROM link WHERE subject = $1 AND connection = $2 "
		     "AND workspace = $3 ORDER BY id LIMIT 32",
		     DB_VALUES(db_int(subject), db_int(connection), db_int(actor->workspace)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		link_from_row(rows, view->arena, &(*links)[(*count)++]);
	db_done(rows);
	return more;
}

int link_find(struct view *view, const struct actor *actor, int64_t subject,
	      int64_t connection, const char *role, struct link *link, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " LINK_COLUMNS " FROM link WHERE subject = $1 AND connection = $2 AND role = $3 "
		     "AND workspace = $4",
		     DB_VALUES(db_int(subject), db_int(connection), db_text(role),
			       db_int(actor->workspace)),
		     &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		link_from_row(rows, view->arena, link);
	db_done(rows);
	return found;
}

int attempt_list(struct view *view, const struct actor *actor, int64_t delivery,
		 struct kept_attempt **attempts, size_t *count, struct error *err)
{
	enum { ATTEMPTS_SHOWN = 100 };
	struct db_rows *rows;
	int more;

	*attempts = arena_array(view->arena, ATTEMPTS_SHOWN, sizeof(**attempts));
	*count = 0;
	if (db_query(view->db,
		     "SELECT id, delivery, call, version, at, outcome, action, field, reason, "
		     "changed, edited FROM attempt WHERE delivery = $1 AND workspace = $2 "
		     "ORDER BY id DESC LIMIT 100",
		     DB_VALUES(db_int(delivery), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		(*attempts)[(*count)++] = (struct kept_attempt){
			.id = db_column_int(rows, 0),
			.delivery = db_column_int(rows, 1),
			.call = db_column_int(rows, 2),
			.version = db_column_int(rows, 3),
			.at = db_column_int(rows, 4),
			.outcome = db_column_text(rows, 5, view->arena),
			.action = db_column_text(rows, 6, view->arena),
			.field = db_column_text(rows, 7, view->arena),
			.reason = db_column_text(rows, 8, view->arena),
			.changed = db_column_text(rows, 9, view->arena),
			.edited = db_column_text(rows, 10, view->arena),
		};
	db_done(rows);
	return more;
}

static void call_from_row(struct db_rows *rows, struct arena *arena, struct kept_call *call)
{
	*call = (struct kept_call){
		.id = db_column_int(rows, 0),
		.connection = db_column_int(rows, 1),
		.at = db_column_int(rows, 2),
		.verb = db_column_text(rows, 3, arena),
		.method = db_column_text(rows, 4, arena),
		.url = db_column_text(rows, 5, arena),
		.status = (int)db_column_int(rows, 8),
		.failure = (int)db_column_int(rows, 9),
		.records = (int)db_column_int(rows, 10),
		.took_ms = db_column_int(rows, 11),
		.mapping_version = db_column_int(rows, 12),
	};
	call->request = db_column_bytes(rows, 6, arena, &call->request_len);
	call->answer = db_column_bytes(rows, 7, arena, &call->answer_len);
}

#define CALL_COLUMNS                                                                    \
	"id, connection, at, verb, method, url, request, answer, status, failure, "      \
	"records, took_ms, mapping_version"

int call_find(struct view *view, const struct actor *actor, int64_t id,
	      struct kept_call *call, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " CALL_COLUMNS " FROM call WHERE id = $1 AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		call_from_row(rows, view->arena, call);
	db_done(rows);
	return found;
}

int call_list(struct view *view, const struct actor *actor, int64_t connection,
	      int64_t before, size_t max, struct kept_call **calls, size_t *count,
	      struct error *err)
{
	/* Calls of a connection have an index; all of them are read in the order of ids. */
	static const char of_connection[] =
		"SELECT " CALL_COLUMNS " FROM call WHERE connection = $1 "
		"AND workspace = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
	static const char all[] =
		"SELECT " CALL_COLUMNS " FROM call WHERE $1 = 0 "
		"AND workspace = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
	struct db_rows *rows;
	int more;

	*calls = arena_array(view->arena, max, sizeof(**calls));
	*count = 0;
	if (db_query(view->db, connection ? of_connection : all,
		     DB_VALUES(db_int(connection), db_int(actor->workspace),
			       db_int(before_of(before)), db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		call_from_row(rows, view->arena, &(*calls)[(*count)++]);
	db_done(rows);
	return more;
}

/* The lead, and then what it was: a value that it replaced is there if the newer one is. */
static int load_lead(struct view *view, struct claim *claim, struct error *err)
{
	const struct delivery *d = &claim->delivery;
	struct actor actor = { .workspace = d->workspace };
	struct earlier_values values;
	int found = lead_find(view, &actor, d->subject, &claim->lead, err);

	claim->earlier = NULL;
	/* Without a newer version than was wanted when it was claimed, the claim says it. */
	if (found == 1 && (d->earlier || claim->lead.version > d->wanted))
		found = earlier_find(view, d, &values, err);
	else if (found == 1)
		return 0;
	if (found == 1)
		claim->earlier = arena_memdup(view->arena, &values, sizeof(values));
	return found < 0 ? -1 : 0;
}

int claim_renew(struct view *view, struct claim *claim, struct error *err)
{
	return load_lead(view, claim, err);
}

static int load_claim(struct view *view, struct claim *claim, struct error *err)
{
	const struct delivery *d = &claim->delivery;
	struct actor actor = { .workspace = d->workspace };
	struct kept_gate gate;
	struct link link;
	size_t count;
	int found = load_lead(view, claim, err);

	if (found < 0 ||
	    lead_enquiries(view, &actor, d->subject, &claim->enquiry, &count, 1, err) < 0)
		return -1;
	if (count == 0)
		claim->enquiry = NULL;
	found = link_find(view, &actor, d->subject, d->connection, d->role, &link, err);
	if (found == 1)
		claim->link = arena_memdup(view->arena, &link, sizeof(link));
	if (found == 0)
		found = gate_find(view, &actor, d->subject, &gate, err);
	claim->is_awaited = !claim->link && found == 1;
	return found < 0 ? -1 : 0;
}

/* What the lead has at the connection besides, for a record that names it. */
static int load_chain(struct view *view, struct claim *claim, struct error *err)
{
	const struct delivery *d = &claim->delivery;
	struct actor actor = { .workspace = d->workspace };
	struct delivery parent;
	int found;

	if (!d->depends_on)
		return 0;
	found = delivery_find(view, &actor, d->depends_on, &parent, err);
	if (found < 0 || link_list(view, &actor, d->subject, d->connection, &claim->links,
				   &claim->nlinks, err) < 0)
		return -1;
	claim->is_parent_at_rest = found == 0 || parent.state == DELIVERY_AT_REST;
	for (size_t i = 0; found == 1 && i < claim->nlinks; i++)
		if (text_equal(claim->links[i].role, parent.role) &&
		    text_equal(claim->links[i].state, "live"))
			claim->parent = &claim->links[i];
	return 0;
}

int claim_load(struct view *view, struct claim *claims, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (load_claim(view, &claims[i], err) < 0 ||
		    load_chain(view, &claims[i], err) < 0)
			return error_wrap(err, "claim");
	return 0;
}

/* A claim whose lease runs out is taken over by whoever claims next. */
static int next_lease_end(struct view *view, int64_t connection, int64_t *next,
			  struct error *err)
{
	int64_t at;
	int found = db_find_int(view->db,
				"SELECT lease_until FROM delivery WHERE connection = $1 "
				"AND state = 2 AND lease_until > 0 ORDER BY lease_until "
				"LIMIT 1",
				DB_VALUES(db_int(connection)), &at, err);

	*next = found == 1 ? at + 1 : 0;
	return found < 0 ? -1 : 0;
}

int delivery_next_due(struct view *view, int64_t connection, int64_t *next,
		      struct error *err)
{
	if (next_lease_end(view, connection, next, err) < 0)
		return -1;
	for (int lane = LANE_HOT; lane <= LANE_BULK; lane++) {
		int64_t at;
		int found = db_find_int(view->db,
					"SELECT due_at FROM delivery WHERE connection = $1 "
					"AND lane = $2 AND state = 0 ORDER BY due_at LIMIT 1",
					DB_VALUES(db_int(connection), db_int(lane)), &at, err);

		if (found < 0)
			return -1;
		if (found == 1 && (*next == 0 || at < *next))
			*next = at;
	}
	return 0;
}
