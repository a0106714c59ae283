/* chains.c - deliveries that wait for the record of another. Threads: the committer, but for
 * chain_explain(). */
#include "store/chains.h"

#include "base/text.h"
#include "store/internal.h"

int chain_is_open(struct tx *tx, int64_t lead, int64_t connection, const char *role,
		  const char *parent_role, struct error *err)
{
	int64_t id;

	return db_find_int(tx_view(tx)->db,
			   "SELECT id FROM link WHERE subject = $1 AND connection = $2 "
			   "AND role IN ($3, $4) AND state = 'live' LIMIT 1",
			   DB_VALUES(db_int(lead), db_int(connection), db_text(role),
				     db_text(parent_role)),
			   &id, err);
}

int chain_must_wait(struct tx *tx, int64_t workspace, int64_t parent, struct error *err)
{
	int64_t id;

	/* What rests, and has no record, will not have one: that is for the worker to say. */
	return db_find_int(tx_view(tx)->db,
			   "SELECT p.id FROM delivery p WHERE p.id = $1 AND p.workspace = $2 "
			   "AND p.state <> 5 AND NOT EXISTS (SELECT 1 FROM link l "
			   "WHERE l.subject = p.subject AND l.connection = p.connection "
			   "AND l.role = p.role AND l.state = 'live')",
			   DB_VALUES(db_int(parent), db_int(workspace)), &id, err);
}

/* Whether any may wait for it: of very many deliveries not all are known here. */
static bool may_have_children(const struct standing *standing, int64_t parent)
{
	if (standing->count == DELIVERIES_OF_LEAD_MAX)
		return true;
	for (size_t i = 0; i < standing->count; i++)
		if (standing->rows[i].depends_on == parent)
			return true;
	return false;
}

int chain_release(struct tx *tx, int64_t lead, int64_t parent, bool has_record,
		  struct standing *after, struct error *err)
{
	struct db_rows *rows;
	int more;

	if (!may_have_children(after, parent))
		return 0;
	if (db_query(tx_view(tx)->db,
		     "UPDATE delivery SET state = 0, due_at = $1, since = $1, code = NULL, "
		     "reason = NULL WHERE subject = $2 AND depends_on = $3 AND (state = 1 "
		     "OR (CAST($4 AS BIGINT) = 1 AND state = 5 AND code = '" PARENT_ABSENT "')) "
		     "RETURNING id",
		     DB_VALUES(db_int(tx_now(tx)), db_int(lead), db_int(parent),
			       db_int(has_record)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		standing_set(after, db_column_int(rows, 0), DELIVERY_DUE);
		tx_wake(tx, WAKE_DELIVERIES);
	}
	db_done(rows);
	return more;
}

/* ---- For people ---- */

struct ancestor {
	int64_t depends_on;
	enum delivery_state state;
	const char *role, *reason;
};

static int find_ancestor(struct view *view, int64_t workspace, int64_t id,
			 struct ancestor *ancestor, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT depends_on, state, role, reason FROM delivery WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*ancestor = (struct ancestor){
			.depends_on = db_column_int(rows, 0),
			.state = (enum delivery_state)db_column_int(rows, 1),
			.role = db_column_text(rows, 2, view->arena),
			.reason = db_column_text(rows, 3, view->arena),
		};
	db_done(rows);
	return found;
}

static void explain(struct arena *arena, const struct ancestor *ancestor,
		    struct delivery *delivery)
{
	const char *what = ancestor->state == DELIVERY_WAITING ? "it waits" : "it is on its way";

	delivery->code = "parent";
	delivery->instruction = NULL;
	if (ancestor->state == DELIVERY_DEAD || ancestor->state == DELIVERY_PARKED) {
		bool is_dead = ancestor->state == DELIVERY_DEAD;

		delivery->code = is_dead ? "parent_dead" : "parent_uncertain";
		what = is_dead ? "it is a dead letter" : "nobody knows whether it arrived";
		delivery->instruction = arena_printf(
			arena, "mend the delivery of \"%s\"; this one follows by itself",
			ancestor->role);
	}
	delivery->reason = arena_printf(arena, "waits for the record of \"%s\": %s%s%s",
					ancestor->role, what, ancestor->reason ? ": " : "",
					ancestor->reason ? ancestor->reason : "");
}

int chain_explain(struct view *view, struct delivery *delivery, struct error *err)
{
	int64_t parent = delivery->depends_on;

	/* One that waits for its sync, or the CRM's schema, says so itself. */
	if (delivery->state != DELIVERY_WAITING ||
	    (delivery->code && !text_starts(delivery->code, "parent")))
		return 0;
	/* The first that does not wait for another itself; a chain has no more links than a
	 * lead has deliveries. */
	for (int i = 0; parent && i < DELIVERIES_OF_LEAD_MAX; i++) {
		struct ancestor ancestor = { 0 };
		int found = find_ancestor(view, delivery->workspace, parent, &ancestor, err);

		if (found <= 0)
			return found;
		if (ancestor.state != DELIVERY_WAITING || !ancestor.depends_on) {
			explain(view->arena, &ancestor, delivery);
			return 0;
		}
		parent = ancestor.depends_on;
	}
	return 0;
}
