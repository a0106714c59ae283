/* unmerge.c - takes a merge back; merges.c says what a snapshot holds. Threads: the
 * committer. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/earlier.h"
#include "store/facts.h"
#include "store/identities.h"
#include "store/lead_writes.h"
#include "store/standing.h"

struct unmerging {
	struct tx *tx;
	const struct actor *actor;
	const struct config *config;
	int64_t merge;
	struct lead lead, other;     /* as they are now */
	struct lead before, after;   /* the survivor around the merge */
	json_t *snapshot;
};

/* ---- What was ---- */

static int merge_get(struct unmerging *u, int64_t *lead, int64_t *other, struct error *err)
{
	static const struct json_limits limits = { 4u << 20, 16, 400000 };
	const char *snapshot = NULL;
	struct db_rows *rows;
	bool is_undone = false;
	int found;

	if (db_query(tx_view(u->tx)->db,
		     "SELECT lead, other, undone_at, snapshot FROM merge WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(u->merge), db_int(u->actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1) {
		*lead = db_column_int(rows, 0);
		*other = db_column_int(rows, 1);
		is_undone = !db_column_is_null(rows, 2);
		snapshot = db_column_text(rows, 3, tx_arena(u->tx));
	}
	db_done(rows);
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such merge");
	if (found < 0)
		return -1;
	if (is_undone)
		return error_set(err, ERR_CONFLICT, "this merge was undone before");
	if (!snapshot)
		return error_set(err, ERR_CONFLICT, "this lead was erased");
	u->snapshot = json_parse(tx_arena(u->tx), snapshot, strlen(snapshot), &limits, err);
	return u->snapshot ? 0 : error_wrap(err, "stored merge");
}

static int load(struct unmerging *u, struct error *err)
{
	struct view *view = tx_view(u->tx);
	struct arena *arena = tx_arena(u->tx);
	int64_t lead = 0, other = 0;
	int found;

	if (merge_get(u, &lead, &other, err) < 0 ||
	    lead_get(view, u->actor, lead, &u->lead, err) < 0)
		return -1;
	if (u->lead.id != lead)
		return error_set(err, ERR_CONFLICT, "the lead was itself merged into another "
				 "since: undo that first");
	found = lead_find_unfollowed(view, u->actor, other, &u->other, err);
	if (found != 1)
		return found < 0 ? -1 : error_set(err, ERR_NOT_FOUND, "no such merge");
	if (lead_get_still(u->tx, u->actor, &u->lead, err) < 0 ||
	    lead_fields_from_json(arena, json_object_get(u->snapshot, "before"), &u->before,
				  err) < 0 ||
	    lead_fields_from_json(arena, json_object_get(u->snapshot, "after"), &u->after,
				  err) < 0)
		return -1;
	return 0;
}

/* ---- Values and keys ---- */

static bool is_same_field(const struct lead_field *a, const struct lead_field *b)
{
	if (!a || !b)
		return a == b;
	return value_equal(a->value, b->value) && a->writer == b->writer &&
	       a->writer_id == b->writer_id && a->at == b->at;
}

static void restore_fields(struct unmerging *u)
{
	for (size_t i = 0; i < u->after.nfields; i++) {
		const struct lead_field *after = &u->after.fields[i];
		const struct lead_field *before = lead_field_find(&u->before, after->name);

		if (is_same_field(before, after) ||
		    !is_same_field(lead_field_find(&u->lead, after->name), after))
			continue;
		lead_put(tx_arena(u->tx), &u->lead,
			 before ? before : &(struct lead_field){ .name = after->name });
	}
	if (json_int_of(u->snapshot, "owner", 0) == 0 &&
	    u->lead.owner_rep == u->other.owner_rep)
		u->lead.owner_rep = 0;
}

static void drop_identity(struct lead *lead, const struct identity *identity)
{
	size_t at = (size_t)(identity - lead->identities);

	memmove(&lead->identities[at], &lead->identities[at + 1],
		(lead->nidentities - at - 1) * sizeof(*lead->identities));
	lead->nidentities--;
}

static int restore_identities(struct unmerging *u, struct error *err)
{
	for (size_t i = 0; i < u->after.nidentities; i++) {
		const struct identity *after = &u->after.identities[i];
		const struct identity *before = lead_identity_find(&u->before, after);
		struct identity *now = lead_identity_find(&u->lead, after);

		if (!now)
			continue;
		if (before) {
			if (now->state == after->state)
				now->state = before->state;
			if (identity_write(u->tx, &u->lead, now, err) < 0)
				return -1;
			continue;
		}
		if (identity_drop(u->tx, &u->lead, now, err) < 0)
			return -1;
		drop_identity(&u->lead, now);
	}
	for (size_t i = 0; i < u->other.nidentities; i++)
		if (identity_write(u->tx, &u->other, &u->other.identities[i], err) < 0)
			return -1;
	return 0;
}

/* ---- Rows ---- */

/* Runs a statement for each id of a list: $1 the id, $2 where it goes, $3 where it is. */
static int for_each(struct unmerging *u, const char *name, const char *sql, struct error *err)
{
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(u->snapshot, name), i, id)
		if (db_write(tx_view(u->tx)->db, sql,
			     DB_VALUES(db_int(json_integer_value(id)), db_int(u->other.id),
				       db_int(u->lead.id)),
			     err) < 0)
			return -1;
	return 0;
}

static int move_back(struct unmerging *u, struct error *err)
{
	if (for_each(u, "enquiries",
		     "UPDATE enquiry SET lead = $2 WHERE id = $1 AND lead = $3", err) < 0 ||
	    for_each(u, "submissions",
		     "UPDATE submission SET lead = $2 WHERE id = $1 AND lead = $3", err) < 0 ||
	    for_each(u, "consents",
		     "UPDATE consent SET lead = $2 WHERE id = $1 AND lead = $3", err) < 0 ||
	    for_each(u, "added",
		     "DELETE FROM consent WHERE id = $1 AND lead IN ($2, $3)", err) < 0)
		return -1;
	return 0;
}

/* Deliveries that come back are due as soon as the lead is wanted; what is open stays
 * counted where it is. */
static int give_ways_back(struct unmerging *u, struct error *err)
{
	int64_t workspace = u->actor->workspace;
	struct standing before, after;

	if (earlier_drop_all(u->tx, workspace, u->lead.id, EARLIER_VALUES, err) < 0 ||
	    standing_load(u->tx, workspace, u->lead.id, &before, err) < 0 ||
	    for_each(u, "links",
		     "UPDATE link SET subject = $2 WHERE id = $1 AND subject = $3", err) < 0 ||
	    for_each(u, "resting_links",
		     "UPDATE link SET state = 'live' WHERE id = $1 AND state = 'merged' "
		     "AND subject IN ($2, $3)", err) < 0 ||
	    for_each(u, "deliveries",
		     "UPDATE delivery SET subject = $2, wanted = 0, told = 0, "
		     "open_submissions = 0 WHERE id = $1 "
		     "AND subject = $3", err) < 0 ||
	    for_each(u, "resting",
		     "UPDATE delivery SET code = NULL WHERE id = $1 AND code = 'merged' "
		     "AND subject IN ($2, $3)", err) < 0 ||
	    for_each(u, "taught",
		     "UPDATE delivery SET told = 0, told_doc = NULL, seen_doc = NULL "
		     "WHERE id = $1 AND subject IN ($2, $3)", err) < 0 ||
	    standing_load(u->tx, workspace, u->lead.id, &after, err) < 0)
		return -1;
	if (facts_refresh(u->tx, workspace, u->lead.id, err) < 0 ||
	    facts_refresh(u->tx, workspace, u->other.id, err) < 0)
		return -1;
	after.open = before.open;
	return standing_count(u->tx, workspace, u->lead.id, &before, &after, 0, err);
}

static int write_leads(struct unmerging *u, struct error *err)
{
	const struct want want = { .lane = LANE_NORMAL };

	u->lead.version++;
	u->other.version++;
	u->lead.updated_at = u->other.updated_at = tx_now(u->tx);
	u->other.merged_into = 0;
	if (lead_write(u->tx, &u->lead, err) < 0 || lead_write(u->tx, &u->other, err) < 0 ||
	    delivery_want(u->tx, u->actor, u->config, &u->lead, &want, err) < 0)
		return -1;
	return delivery_want(u->tx, u->actor, u->config, &u->other, &want, err);
}

static int write_unmerge(struct unmerging *u, struct error *err)
{
	int64_t workspace = u->actor->workspace;

	if (db_write(tx_view(u->tx)->db,
		     "UPDATE merge SET undone_at = $1, snapshot = NULL WHERE id = $2 "
		     "AND workspace = $3",
		     DB_VALUES(db_int(tx_now(u->tx)), db_int(u->merge), db_int(workspace)),
		     err) < 0 ||
	    duplicate_raise(u->tx, workspace, u->lead.id, u->other.id, "unmerged", err) < 0 ||
	    db_write(tx_view(u->tx)->db,
		     "UPDATE possible_duplicate SET state = 'apart', decided_at = $1 "
		     "WHERE workspace = $2 AND ((lead = $3 AND other = $4) "
		     "OR (lead = $4 AND other = $3))",
		     DB_VALUES(db_int(tx_now(u->tx)), db_int(workspace), db_int(u->lead.id),
			       db_int(u->other.id)),
		     err) < 0)
		return -1;
	return audit_add(u->tx, u->actor, "lead.unmerged", "lead", u->lead.id,
			 arena_printf(tx_arena(u->tx),
				      "{\"merge\":%lld,\"other\":%lld,\"version\":%lld}",
				      (long long)u->merge, (long long)u->other.id,
				      (long long)u->lead.version),
			 NULL, err);
}

int lead_unmerge(struct tx *tx, const struct actor *actor, const struct config *config,
		 int64_t merge, struct error *err)
{
	struct unmerging u = { .tx = tx, .actor = actor, .config = config, .merge = merge };

	if (load(&u, err) < 0)
		return -1;
	restore_fields(&u);
	if (restore_identities(&u, err) < 0 || move_back(&u, err) < 0 ||
	    give_ways_back(&u, err) < 0 || write_leads(&u, err) < 0 ||
	    write_unmerge(&u, err) < 0)
		return error_wrap(err, "unmerge");
	return 0;
}
