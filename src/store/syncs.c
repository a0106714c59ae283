/* syncs.c - syncs at run time: paused, and asked to run. Threads: see store.h. */
#include "store/syncs.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/chains.h"
#include "store/delivery_rows.h"
#include "store/standing.h"

/* ---- What people did ---- */

#define STATE_COLUMNS "mapping, paused_at, reason, run_at, run_after, run_until, run_due"

static void state_from_row(struct db_rows *rows, struct arena *arena, struct sync_state *state)
{
	*state = (struct sync_state){
		.mapping = db_column_int(rows, 0),
		.paused_at = db_column_int(rows, 1),
		.reason = db_column_text(rows, 2, arena),
		.run_at = db_column_int(rows, 3),
		.run_after = db_column_int(rows, 4),
		.run_until = db_column_int(rows, 5),
		.run_due = db_column_int(rows, 6),
	};
}

int sync_state_find(struct view *view, const struct actor *actor, int64_t mapping,
		    struct sync_state *state, struct error *err)
{
	struct db_rows *rows;
	int found;

	*state = (struct sync_state){ .mapping = mapping };
	if (db_query(view->db,
		     "SELECT " STATE_COLUMNS " FROM sync_state WHERE workspace = $1 "
		     "AND mapping = $2",
		     DB_VALUES(db_int(actor->workspace), db_int(mapping)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		state_from_row(rows, view->arena, state);
	db_done(rows);
	return found;
}

int sync_state_list(struct view *view, const struct actor *actor, struct sync_state **states,
		    size_t *count, struct error *err)
{
	enum { SYNCS_MAX = 1000 };
	struct db_rows *rows;
	int more;

	*states = arena_array(view->arena, SYNCS_MAX, sizeof(**states));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " STATE_COLUMNS " FROM sync_state WHERE workspace = $1 LIMIT $2",
		     DB_VALUES(db_int(actor->workspace), db_int(SYNCS_MAX)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		state_from_row(rows, view->arena, &(*states)[(*count)++]);
	db_done(rows);
	return more;
}

static int write_state(struct tx *tx, const struct actor *actor,
		       const struct sync_state *state, struct error *err)
{
	tx_wake(tx, WAKE_DELIVERIES);
	return db_write(tx_view(tx)->db,
			"INSERT INTO sync_state (workspace, mapping, paused_at, reason, run_at, "
			"run_after, run_until, run_due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
			"ON CONFLICT (workspace, mapping) DO UPDATE SET "
			"paused_at = excluded.paused_at, reason = excluded.reason, "
			"run_at = excluded.run_at, run_after = excluded.run_after, "
			"run_until = excluded.run_until, run_due = excluded.run_due",
			DB_VALUES(db_int(actor->workspace), db_int(state->mapping),
				  db_int(state->paused_at), db_text(state->reason),
				  db_int(state->run_at), db_int(state->run_after),
				  db_int(state->run_until), db_int(state->run_due)),
			err);
}

static int turn(struct tx *tx, const struct actor *actor, int64_t mapping, bool is_paused,
		const char *reason, struct error *err)
{
	struct sync_state state;

	if (sync_state_find(tx_view(tx), actor, mapping, &state, err) < 0)
		return -1;
	if ((state.paused_at != 0) == is_paused)
		return 0;
	state.paused_at = is_paused ? tx_now(tx) : 0;
	state.reason = reason;
	if (write_state(tx, actor, &state, err) < 0 ||
	    audit_add(tx, actor, is_paused ? "sync.paused" : "sync.resumed", "mapping", mapping,
		      NULL, NULL, err) < 0)
		return -1;
	return 1;
}

int sync_pause(struct tx *tx, const struct actor *actor, int64_t mapping, const char *reason,
	       struct error *err)
{
	return turn(tx, actor, mapping, true, reason, err);
}

int sync_resume(struct tx *tx, const struct actor *actor, int64_t mapping, struct error *err)
{
	return turn(tx, actor, mapping, false, NULL, err);
}

/* Waiting or due, a delivery counts as pending: nothing is to be counted anew. How long it
 * may be late counts from now on. */
#define RELEASE                                                                          \
	"UPDATE delivery SET state = 0, due_at = $1, since = $1, code = NULL, field = NULL, " \
	"reason = NULL, instruction = NULL WHERE id IN (SELECT id FROM delivery "

static int count_released(struct tx *tx, struct db_rows *rows, struct error *err)
{
	int released = 0, more;

	while ((more = db_next(rows, err)) == 1)
		released++;
	db_done(rows);
	if (released)
		tx_wake(tx, WAKE_DELIVERIES);
	return more < 0 ? -1 : released;
}

int sync_release(struct tx *tx, const struct actor *actor, int64_t mapping, const char *code,
		 int max, struct error *err)
{
	struct db_rows *rows;

	if (db_query(tx_view(tx)->db,
		     RELEASE "WHERE state = 1 AND workspace = $2 AND mapping = $3 AND code = $4 "
			     "LIMIT $5) RETURNING id",
		     DB_VALUES(db_int(tx_now(tx)), db_int(actor->workspace), db_int(mapping),
			       db_text(code), db_int(max)),
		     &rows, err) < 0)
		return -1;
	return count_released(tx, rows, err);
}

int sync_release_gone(struct tx *tx, const struct actor *actor, int64_t connection, int max,
		      struct error *err)
{
	struct db_rows *rows;

	if (db_query(tx_view(tx)->db,
		     RELEASE "WHERE state = 1 AND workspace = $2 AND connection = $3 AND code IN ('"
		     SYNC_PAUSED "', '" SYNC_KEY "', '" SYNC_SCHEMA "', '" SYNC_DRIFT "', '" SYNC_DRIFT_VALUE
			     "') AND NOT EXISTS "
			     "(SELECT 1 FROM config_item c WHERE c.workspace = $2 "
			     "AND c.kind = 'mapping' AND c.id = delivery.mapping "
			     "AND c.version_to IS NULL) LIMIT $4) RETURNING id",
		     DB_VALUES(db_int(tx_now(tx)), db_int(actor->workspace), db_int(connection),
			       db_int(max)),
		     &rows, err) < 0)
		return -1;
	return count_released(tx, rows, err);
}

int sync_waiting(struct view *view, const struct actor *actor, int64_t connection,
		 int64_t mapping, int64_t max, int64_t *count, struct error *err)
{
	*count = 0;
	return db_find_int(view->db,
			   "SELECT count(*) FROM (SELECT id FROM delivery WHERE connection = $1 "
			   "AND workspace = $2 AND mapping = $3 AND state = 0 UNION ALL "
			   "SELECT id FROM delivery WHERE state = 1 AND workspace = $2 "
			   "AND mapping = $3 LIMIT $4) waiting",
			   DB_VALUES(db_int(connection), db_int(actor->workspace),
				     db_int(mapping), db_int(max)),
			   count, err) < 0 ?
		       -1 :
		       0;
}

/* ---- Running ---- */

int sync_run(struct tx *tx, const struct actor *actor, int64_t mapping, struct error *err)
{
	struct sync_state state;

	if (sync_state_find(tx_view(tx), actor, mapping, &state, err) < 0)
		return -1;
	state.run_at = tx_now(tx);
	state.run_after = state.run_due = 0;
	state.run_until = tx_id(tx); /* leads that come later are wanted as they come */
	if (write_state(tx, actor, &state, err) < 0)
		return -1;
	return audit_add(tx, actor, "sync.run", "mapping", mapping, NULL, NULL, err);
}

/* What a run is about. */
struct running {
	struct tx *tx;
	const struct actor *actor;
	struct config only; /* with this sync, and those of what its records depend on */
	const struct mapping *mapping;
	int64_t connection;
	struct sync_state state;
};

static bool is_in_chain(const struct config *config, const struct mapping *mapping,
			const char *name)
{
	for (size_t i = 0; mapping && i < config->nmappings; i++) {
		if (text_equal(mapping->name, name))
			return true;
		mapping = mapping->depends_on ? config_mapping(config, mapping->depends_on) : NULL;
	}
	return false;
}

static void keep_chain(struct running *r, const struct config *config)
{
	struct sync *syncs = arena_array(tx_arena(r->tx), config->nsyncs, sizeof(*syncs));

	r->only = *config;
	r->only.syncs = syncs;
	r->only.nsyncs = 0;
	for (size_t i = 0; i < config->nsyncs; i++)
		if (is_in_chain(config, r->mapping, config->syncs[i].mapping))
			syncs[r->only.nsyncs++] = config->syncs[i];
}

/* Whether the CRM is to be told of a delivery at rest. What a person let go, or what is gone
 * there, stays so. */
static bool is_untold(const struct delivery *d, int64_t version)
{
	if (text_equal(d->code, "unmapped"))
		return true;
	return d->told < version && !text_equal(d->code, "gone") &&
	       !text_equal(d->code, "discarded") && !text_equal(d->code, "erased") &&
	       !text_equal(d->code, "merged");
}

/* Waits for its sync's schedule and for nothing else. */
static bool is_scheduled(const struct delivery *d, int64_t now)
{
	return d->state == DELIVERY_DUE && d->due_at > now && !d->tries && !d->setbacks &&
	       !d->is_uncertain;
}

static int make_due(struct running *r, const struct delivery *d, int64_t version,
		    struct error *err)
{
	struct standing before, after;

	if (standing_load(r->tx, r->actor->workspace, d->subject, &before, err) < 0)
		return -1;
	after = before;
	standing_set(&after, d->id, DELIVERY_DUE);
	r->state.run_due++;
	tx_wake(r->tx, WAKE_DELIVERIES);
	if (db_write(tx_view(r->tx)->db,
		     "UPDATE delivery SET state = 0, due_at = $1, since = $1, wanted = $2, "
		     "lane = $3, code = NULL, field = NULL, reason = NULL, instruction = NULL "
		     "WHERE id = $4",
		     DB_VALUES(db_int(tx_now(r->tx)), db_int(version), db_int(LANE_BULK),
			       db_int(d->id)),
		     err) < 0)
		return -1;
	return standing_count(r->tx, r->actor->workspace, d->subject, &before, &after, 0, err);
}

static int find_delivery(struct running *r, int64_t lead, struct delivery *d,
			 struct error *err)
{
	return delivery_of_mapping(tx_view(r->tx), r->actor, lead, r->connection, r->mapping, d,
				   err);
}

static int run_lead(struct running *r, int64_t id, int64_t version, struct error *err)
{
	const struct want want = { .lane = LANE_BULK };
	const struct lead lead = { .id = id, .workspace = r->actor->workspace,
				   .version = version };
	struct delivery d;
	int found = find_delivery(r, id, &d, err), must_wait = 1;
	bool is_new = found == 0;

	/* Facts are told as they happen: of those that it was never asked to tell there is no
	 * record, and what it wants is counted in facts. */
	if (r->mapping->activities && found != 1)
		return found;
	if (r->mapping->activities)
		version = d.wanted;
	if (is_new && delivery_want(r->tx, r->actor, &r->only, &lead, &want, err) < 0)
		return -1;
	if (is_new)
		found = find_delivery(r, id, &d, err);
	if (found != 1)
		return found;
	if (d.state == DELIVERY_WAITING && (!d.code || text_starts(d.code, "parent")))
		must_wait = chain_must_wait(r->tx, r->actor->workspace, d.depends_on, err);
	if (must_wait < 0)
		return -1;
	if ((d.state == DELIVERY_AT_REST && is_untold(&d, version)) || !must_wait ||
	    is_scheduled(&d, tx_now(r->tx)))
		return make_due(r, &d, version, err);
	r->state.run_due += is_new && d.state != DELIVERY_AT_REST;
	return 0;
}

struct lead_at {
	int64_t id, version;
};

static int next_leads(struct running *r, int max, struct lead_at *leads, size_t *count,
		      struct error *err)
{
	struct db_rows *rows;
	int more;

	*count = 0;
	if (db_query(tx_view(r->tx)->db,
		     "SELECT id, version FROM lead WHERE id > $1 AND id <= $2 "
		     "AND workspace = $3 AND merged_into = 0 AND erased_at IS NULL "
		     "ORDER BY id LIMIT $4",
		     DB_VALUES(db_int(r->state.run_after), db_int(r->state.run_until),
			       db_int(r->actor->workspace), db_int(max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		leads[(*count)++] = (struct lead_at){ db_column_int(rows, 0),
						      db_column_int(rows, 1) };
	db_done(rows);
	return more;
}

int sync_run_step(struct tx *tx, const struct actor *actor, const struct config *config,
		  const struct mapping *mapping, int max, struct error *err)
{
	const struct connection *connection = config_connection(config, mapping->connection);
	struct running r = { .tx = tx, .actor = actor, .mapping = mapping };
	struct lead_at *leads = arena_array(tx_arena(tx), (size_t)max, sizeof(*leads));
	int found = sync_state_find(tx_view(tx), actor, mapping->id, &r.state, err);
	size_t count;

	if (found != 1 || r.state.run_after >= r.state.run_until)
		return found < 0 ? -1 : 0;
	if (next_leads(&r, max, leads, &count, err) < 0)
		return -1;
	r.connection = connection ? connection->id : 0;
	keep_chain(&r, config);
	for (size_t i = 0; r.connection && config_sync(config, mapping->name) && i < count; i++)
		if (run_lead(&r, leads[i].id, leads[i].version, err) < 0)
			return error_wrap(err, "sync");
	r.state.run_after = count == (size_t)max ? leads[count - 1].id : r.state.run_until;
	if (write_state(tx, actor, &r.state, err) < 0)
		return -1;
	return r.state.run_after < r.state.run_until;
}
