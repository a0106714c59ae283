/* plans.c - plans that may be applied. Threads: see store.h. */
#include "store/plans.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/delivery_rows.h"
#include "store/lead_writes.h"
#include "store/standing.h"

/* ---- Kept ---- */

/* {"mapping":ID,"version":N,"leads":[[ID,VERSION,1,"ground"],...]} */
static const char *doc_of(struct arena *arena, const struct kept_plan *plan)
{
	struct buf buf;

	buf_init(&buf, arena, 64u << 10);
	buf_addf(&buf, "{\"mapping\":%lld,\"version\":%lld,\"leads\":[", (long long)plan->mapping,
		 (long long)plan->mapping_version);
	for (size_t i = 0; i < plan->nleads; i++) {
		const struct kept_plan_lead *lead = &plan->leads[i];

		buf_addf(&buf, "%s[%lld,%lld,%d,", i ? "," : "", (long long)lead->lead,
			 (long long)lead->version, lead->is_written);
		buf_add_json(&buf, lead->ground);
		buf_addc(&buf, ']');
	}
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static void read_doc(struct arena *arena, const char *doc, struct kept_plan *plan)
{
	json_t *json = doc ? json_parse(arena, doc, strlen(doc), &json_limits_large, NULL) :
			     NULL;
	const json_t *leads = json_object_get(json, "leads"), *row;
	size_t i;

	plan->mapping = json_int_of(json, "mapping", 0);
	plan->mapping_version = json_int_of(json, "version", 0);
	plan->nleads = json_array_size(leads);
	plan->leads = arena_array(arena, plan->nleads, sizeof(*plan->leads));
	json_array_foreach((json_t *)leads, i, row) {
		const char *ground = json_string_value(json_array_get(row, 3));

		plan->leads[i] = (struct kept_plan_lead){
			.lead = json_integer_value(json_array_get(row, 0)),
			.version = json_integer_value(json_array_get(row, 1)),
			.is_written = json_integer_value(json_array_get(row, 2)) != 0,
			.ground = ground ? ground : "",
		};
	}
}

int plan_add(struct tx *tx, const struct actor *actor, const struct kept_plan *plan,
	     int64_t *id, struct error *err)
{
	*id = tx_id(tx);
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO plan (id, workspace, ground, doc, created_at) "
		     "VALUES ($1, $2, $3, $4, $5)",
		     DB_VALUES(db_int(*id), db_int(actor->workspace),
			       db_bytes(plan->schema, strlen(plan->schema)),
			       db_text(doc_of(tx_arena(tx), plan)), db_int(tx_now(tx))),
		     err) < 0)
		return error_wrap(err, "plan");
	return audit_add(tx, actor, "plan.made", "plan", *id,
			 arena_printf(tx_arena(tx),
				      "{\"mapping\":%lld,\"version\":%lld,\"leads\":%zu}",
				      (long long)plan->mapping,
				      (long long)plan->mapping_version, plan->nleads),
			 NULL, err);
}

int plan_find(struct view *view, const struct actor *actor, int64_t id,
	      struct kept_plan *plan, struct error *err)
{
	struct db_rows *rows;
	const char *schema;
	size_t len;
	int found;

	*plan = (struct kept_plan){ .id = id };
	if (db_query(view->db,
		     "SELECT ground, doc, created_at, applied_at FROM plan WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1) {
		schema = db_column_bytes(rows, 0, view->arena, &len);
		plan->schema = arena_strndup(view->arena, schema ? schema : "", len);
		read_doc(view->arena, db_column_text(rows, 1, view->arena), plan);
		plan->created_at = db_column_int(rows, 2);
		plan->applied_at = db_column_int(rows, 3);
	}
	db_done(rows);
	return found;
}

int plan_leads_behind(struct view *view, const struct actor *actor,
		      const struct connection *connection, const struct mapping *mapping,
		      size_t max, int64_t **leads, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*leads = arena_array(view->arena, max, sizeof(**leads));
	*count = 0;
	if (db_query(view->db,
		     "SELECT l.id FROM (SELECT id, version FROM lead WHERE workspace = $1 "
		     "AND merged_into = 0 AND erased_at IS NULL ORDER BY id DESC LIMIT $2) l "
		     "LEFT JOIN delivery d ON d.subject = l.id AND d.connection = $3 "
		     "AND d.object = $4 AND d.role = $5 WHERE d.id IS NULL "
		     "OR (d.told < l.version AND d.state NOT IN (3, 4)) "
		     "ORDER BY l.id DESC LIMIT $6",
		     DB_VALUES(db_int(actor->workspace), db_int(PLAN_LOOKS),
			       db_int(connection->id), db_text(mapping->object),
			       db_text(mapping->name), db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		(*leads)[(*count)++] = db_column_int(rows, 0);
	db_done(rows);
	return more;
}

/* ---- Applied ---- */

struct applying {
	struct tx *tx;
	const struct actor *actor;
	const struct config *config;
	const struct mapping *mapping;
	const struct connection *connection;
	struct kept_plan plan;
};

static int check_ground(struct applying *a, struct error *err)
{
	const struct sync *sync;

	if (a->plan.applied_at)
		return error_set(err, ERR_CONFLICT, "this plan was applied before");
	if (a->plan.created_at + PLAN_LIVES_MS <= tx_now(a->tx))
		return error_set(err, ERR_CONFLICT,
				 "this plan is older than a day: make it again");
	a->mapping = config_mapping_by_id(a->config, a->plan.mapping);
	if (!a->mapping || a->mapping->version != a->plan.mapping_version)
		return error_set(err, ERR_CONFLICT,
				 "the mapping has changed since: make the plan again");
	a->connection = config_connection(a->config, a->mapping->connection);
	sync = config_sync(a->config, a->mapping->name);
	if (!sync || sync->is_paused || sync->behaviour == BEHAVIOUR_NONE)
		return error_set(err, ERR_CONFLICT,
				 "%s: add {mapping: %.60s, mode: manual} to the syncs",
				 !sync		   ? "no sync lets this mapping write" :
				 sync->is_paused ? "its sync is paused" :
						   "its sync writes nothing",
				 a->mapping->name);
	return 0;
}

static int find_delivery(struct applying *a, int64_t lead, struct delivery *d,
			 struct error *err)
{
	return delivery_of_mapping(tx_view(a->tx), a->actor, lead, a->connection->id, a->mapping,
				   d, err);
}

/* A lead that came before there was a sync has no delivery yet. */
static int find_or_add_row(struct applying *a, const struct lead *lead, struct delivery *d,
			   struct error *err)
{
	const struct want want = { .lane = LANE_NORMAL };
	int found = find_delivery(a, lead->id, d, err);

	if (found != 0)
		return found;
	if (delivery_want(a->tx, a->actor, a->config, lead, &want, err) < 0)
		return -1;
	return find_delivery(a, lead->id, d, err);
}

static int make_due(struct applying *a, const struct delivery *d, const struct lead *lead,
		    int64_t due_at, struct error *err)
{
	enum delivery_state state = d->state == DELIVERY_WAITING ? DELIVERY_WAITING :
								   DELIVERY_DUE;
	int64_t workspace = a->actor->workspace;
	struct standing before, after;

	if (standing_load(a->tx, workspace, lead->id, &before, err) < 0)
		return -1;
	after = before;
	standing_set(&after, d->id, state);
	if (db_write(tx_view(a->tx)->db,
		     "UPDATE delivery SET state = $1, due_at = $2, since = $3, lane = $4, "
		     "wanted = $5, tries = 0, setbacks = 0, seen_doc = NULL, code = NULL, "
		     "field = NULL, reason = NULL, instruction = NULL WHERE id = $6",
		     DB_VALUES(db_int(state), db_int(due_at), db_int(tx_now(a->tx)),
			       db_int(LANE_NORMAL), db_int(lead->version), db_int(d->id)),
		     err) < 0 ||
	    standing_count(a->tx, workspace, lead->id, &before, &after, 0, err) < 0)
		return -1;
	if (d->state == DELIVERY_DEAD &&
	    alert_dead_letter(a->tx, a->actor, d->connection, d->code, -1, err) < 0)
		return -1;
	return audit_add(a->tx, a->actor, "delivery.planned", "lead", lead->id,
			 arena_printf(tx_arena(a->tx), "{\"delivery\":%lld,\"plan\":%lld}",
				      (long long)d->id, (long long)a->plan.id),
			 NULL, err);
}

static int apply_lead(struct applying *a, size_t at, struct error *err)
{
	const struct kept_plan_lead *planned = &a->plan.leads[at];
	char shown[ID_TEXT_SIZE];
	struct delivery d;
	struct lead lead;
	int found = lead_find(tx_view(a->tx), a->actor, planned->lead, &lead, err);

	id_format(planned->lead, shown);
	if (found < 0)
		return -1;
	if (found == 0 || lead.id != planned->lead || lead.version != planned->version)
		return error_set(err, ERR_CONFLICT,
				 "lead %s has changed since: make the plan again", shown);
	found = find_or_add_row(a, &lead, &d, err);
	if (found < 0)
		return -1;
	if (found == 0 || d.state == DELIVERY_CLAIMED || d.state == DELIVERY_PARKED ||
	    d.is_uncertain)
		return error_set(err, ERR_CONFLICT,
				 "lead %s is on its way already, and it is not known how that "
				 "ends: make the plan again",
				 shown);
	/* Just before now, so that they go out in the order of the plan. */
	return make_due(a, &d, &lead, tx_now(a->tx) - (int64_t)(a->plan.nleads - at), err);
}

int plan_apply(struct tx *tx, const struct actor *actor, const struct config *config,
	       int64_t id, struct error *err)
{
	struct applying a = { .tx = tx, .actor = actor, .config = config };
	int found = plan_find(tx_view(tx), actor, id, &a.plan, err), due = 0;

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such plan");
	if (found < 0 || check_ground(&a, err) < 0)
		return -1;
	for (size_t i = 0; i < a.plan.nleads; i++) {
		if (!a.plan.leads[i].is_written)
			continue;
		if (apply_lead(&a, i, err) < 0)
			return -1;
		due++;
	}
	if (db_write(tx_view(tx)->db,
		     "UPDATE plan SET applied_at = $1 WHERE id = $2 AND workspace = $3",
		     DB_VALUES(db_int(tx_now(tx)), db_int(id), db_int(actor->workspace)),
		     err) < 0)
		return error_wrap(err, "plan");
	tx_wake(tx, WAKE_DELIVERIES);
	return audit_add(tx, actor, "plan.applied", "plan", id,
			 arena_printf(tx_arena(tx), "{\"mapping\":%lld,\"deliveries\":%d}",
				      (long long)a.plan.mapping, due),
			 NULL, err) < 0 ?
		       -1 :
		       due;
}
