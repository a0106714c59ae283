/* desks.c - the desks of all connections: opened, kept up to date, closed. Threads: the
 * delivery worker, but for deliverer_renew() and deliverer_note_sync(). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "deliver/deliver_inside.h"
#include "deliver/talk.h"
#include "store/syncs.h"

static struct desk *find_desk(struct deliverer *deliverer, int64_t connection)
{
	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		if (desk->connection == connection)
			return desk;
	return NULL;
}

static int find_state(struct desk *desk, struct arena *arena,
		      struct connection_state *state, struct error *err)
{
	struct view *view = view_open(desk->deliverer->config.store, arena, err);
	int found = -1;

	if (view) {
		found = connection_state_find(view, desk->workspace, desk->connection, state,
					      err);
		view_close(view);
	}
	return found;
}

/* What a restart knows of the connection: whether it was open, held, or paused. */
static int load_state(struct desk *desk, struct error *err)
{
	struct arena *arena = arena_new();
	struct connection_state state;
	int found = find_state(desk, arena, &state, err);

	if (found >= 0) {
		desk->circuit.state = circuit_state_parse(state.state);
		desk->is_unready = text_equal(state.state, CONNECTION_UNREADY);
		desk->circuit.failures = state.failures;
		desk->circuit.open_until = state.open_until;
		desk->circuit.opened_at = state.opened_at;
		desk->circuit.probe_ms = state.probe_ms;
		if (desk->circuit.state == CIRCUIT_CLOSED)
			desk->circuit.hold_until = state.open_until;
	}
	arena_free(arena);
	return found < 0 ? -1 : 0;
}

static int64_t last_call_of(struct desk *desk)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct actor actor = { .workspace = desk->workspace };
	struct view *view = view_open(desk->deliverer->config.store, arena, &err);
	struct kept_call *calls;
	size_t count = 0;
	int64_t at = 0;

	if (view) {
		if (call_list(view, &actor, desk->connection, 0, 1, &calls, &count, &err) == 0 &&
		    count)
			at = calls[0].at;
		view_close(view);
	}
	arena_free(arena);
	return at;
}

/* The window that an earlier process may have used up counts as spent. */
static void start_budget(struct desk *desk)
{
	const struct connector *connector = desk->terms->connector;
	const struct connection *connection = desk->terms->connection;
	int64_t last = last_call_of(desk), per_ms;
	struct connection_state state;
	struct error err = { 0 };

	desk->budget_arena = arena_new();
	budget_init(&desk->budget, desk->budget_arena, connector, connection, 0);
	per_ms = desk->budget.count ? desk->budget.buckets[0].per_ms : 0;
	if (last && last + per_ms > clock_now())
		budget_init(&desk->budget, desk->budget_arena, connector, connection,
			    last + per_ms);
	if (find_state(desk, desk->budget_arena, &state, &err) == 1)
		budget_set_holds(&desk->budget, desk->budget_arena, state.budget);
}

/* The limits may be others now; what was used of them is not forgotten. */
static void renew_budget(struct desk *desk)
{
	struct arena *arena = arena_new();
	struct budget budget;

	budget_init(&budget, arena, desk->terms->connector, desk->terms->connection, 0);
	budget_carry(&budget, &desk->budget);
	arena_free(desk->budget_arena);
	desk->budget_arena = arena;
	desk->budget = budget;
}

static int release_run(struct tx *tx, void *context, struct error *err)
{
	const struct desk *desk = context;

	return delivery_release(tx, desk->connection, desk->deliverer->config.worker,
				desk->terms->connector->index_lag_ms, err);
}

/* Claims of this server's earlier life: sent or not, nobody knows. */
static int release_claims(struct desk *desk, struct error *err)
{
	struct deliverer *deliverer = desk->deliverer;

	return store_run(deliverer->config.store, URGENCY_OUTCOME, desk->workspace,
			 release_run, desk, err);
}

/* Lets go on what other terms held back. A conversation that began under them, or a server
 * that has not heard of it, may put a delivery to wait until then. */
static void desk_release(struct desk *desk)
{
	desk->is_releasing = true;
	desk->release_until =
		clock_now() + desk->deliverer->config.talk_ms + 5 * CLOCK_SECOND;
}

static struct desk *add_desk(struct deliverer *deliverer, int64_t workspace,
			     int64_t connection)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	struct error err = { 0 };

	if (!desk)
		abort();
	desk->deliverer = deliverer;
	desk->workspace = workspace;
	desk->connection = connection;
	desk->waiting_end = &desk->waiting;
	desk->log = log_with(NULL, LOG_ID("connection", connection));
	desk->terms = terms_new(deliverer->config.store, workspace, connection, &err);
	if (!desk->terms || load_state(desk, &err) < 0 || release_claims(desk, &err) < 0) {
		log_error(&desk->log, "connection.unusable");
		terms_release(desk->terms);
		free(desk);
		return NULL;
	}
	start_budget(desk);
	desk_release(desk); /* an earlier process may not have come to an end */
	desk->next = deliverer->desks;
	deliverer->desks = desk;
	return desk;
}

struct desk *deliverer_desk(struct deliverer *deliverer, int64_t workspace,
			    const char *name)
{
	struct snapshot *snapshot = snapshot_get(deliverer->config.store, workspace, NULL);
	const struct connection *connection;
	struct desk *desk = NULL;

	if (!snapshot)
		return NULL;
	connection = config_connection(snapshot_config(snapshot), name);
	if (connection) {
		desk = find_desk(deliverer, connection->id);
		if (!desk)
			desk = add_desk(deliverer, workspace, connection->id);
	}
	snapshot_release(snapshot);
	return desk;
}

void desk_end(struct desk *desk)
{
	terms_release(desk->terms);
	access_end(&desk->access);
	arena_free(desk->budget_arena);
	free(desk->drift);
	free(desk->lacks);
	while (desk->unread)
		unread_drop(&desk->unread);
	free(desk);
}

static void sign_in_again(struct desk *desk)
{
	access_end(&desk->access);
	desk->access.expires_at = desk->access.again_at = 0;
	desk->access.is_dead = false;
	desk->describe_at = desk->keys_at = 0;
	desk->renewals++;
	if (desk->circuit.state == CIRCUIT_REAUTH)
		desk->circuit.open_until = 0;
}

/* Whether deliveries that wait under the old terms may go under the new ones. */
static bool frees(struct terms *old, struct terms *fresh)
{
	for (size_t i = 0; i < old->nmappings; i++) {
		const struct terms_mapping *was = &old->mappings[i];
		const struct terms_mapping *is = terms_mapping_of(fresh, was->mapping->id);

		if (!is || (was->pause && !is->pause) || (was->lack && !is->lack) ||
		    (was->hold && !is->hold) || (was->ndrifts && !is->ndrifts))
			return true;
	}
	return false;
}

/* What the CRM refuses to tell is known here, not in the store: it is asked again. */
static void mark_unread(const struct desk *desk, struct terms *terms)
{
	for (size_t i = 0; i < terms->nmappings; i++) {
		struct terms_mapping *m = &terms->mappings[i];
		const struct unread *unread = desk->unread;

		while (unread && !text_equal(unread->object, m->mapping->object))
			unread = unread->next;
		if (!unread || m->catalog)
			continue;
		m->lack_code = SYNC_SCHEMA;
		m->lack = arena_printf(terms->arena, "the CRM does not tell the fields of %s: %d %s",
				       m->mapping->object, unread->status,
				       http_reason(unread->status));
		m->lack_instruction =
			arena_printf(terms->arena,
				     "give the credentials the permission to read them (fairlead "
				     "connection test %s says what is wrong), or remove the mapping",
				     m->mapping->connection);
	}
}

bool desk_swap_terms(struct desk *desk)
{
	struct error err = { 0 };
	struct terms *terms = terms_new(desk->deliverer->config.store, desk->workspace,
					desk->connection, &err);

	if (!terms)
		return false;
	mark_unread(desk, terms);
	if (frees(desk->terms, terms))
		desk_release(desk);
	terms_release(desk->terms);
	desk->terms = terms;
	desk->is_drift_noted = desk->are_keys_noted = false;
	return true;
}

static void reload_terms(struct desk *desk)
{
	/* Credentials may have come with the change. */
	if (desk_swap_terms(desk))
		sign_in_again(desk);
}

struct renewal {
	struct mail mail; /* first: it is freed by its address */
	struct deliverer *deliverer;
	int64_t connection;
	void (*renew)(struct desk *desk);
};

static void open_renewal(struct mail *mail)
{
	struct renewal *renewal = (struct renewal *)mail;
	struct desk *desk = find_desk(renewal->deliverer, renewal->connection);

	if (desk)
		renewal->renew(desk);
	free(renewal);
}

static void post_renewal(struct deliverer *deliverer, int64_t connection,
			 void (*renew)(struct desk *desk))
{
	struct renewal *renewal = calloc(1, sizeof(*renewal));

	if (!renewal)
		abort();
	renewal->mail.open = open_renewal;
	renewal->deliverer = deliverer;
	renewal->connection = connection;
	renewal->renew = renew;
	deliverer_post(deliverer, &renewal->mail);
}

void deliverer_renew(struct deliverer *deliverer, int64_t connection)
{
	post_renewal(deliverer, connection, reload_terms);
}

static void look_anew(struct desk *desk)
{
	desk_swap_terms(desk);
	deliverer_wake(desk->deliverer);
}

void deliverer_note_sync(struct deliverer *deliverer, int64_t connection)
{
	post_renewal(deliverer, connection, look_anew);
}

/* Terms follow the configuration; conversations under way keep theirs. */
void desk_renew_terms(struct desk *desk, const struct config *config)
{
	if (desk->terms->config->version == config->version)
		return;
	reload_terms(desk);
	renew_budget(desk);
}

void desk_catch_up(struct desk *desk)
{
	struct snapshot *snapshot =
		snapshot_get(desk->deliverer->config.store, desk->workspace, NULL);

	if (!snapshot)
		return;
	desk_renew_terms(desk, snapshot_config(snapshot));
	snapshot_release(snapshot);
}

static void reload_state(struct desk *desk)
{
	struct error err = { 0 };
	enum circuit_state before = desk->circuit.state;
	struct circuit now = desk->circuit;
	bool is_unready = desk->is_unready;

	/* A person pauses and resumes through the store. */
	if (load_state(desk, &err) < 0)
		return;
	if (before == CIRCUIT_PAUSED || desk->circuit.state == CIRCUIT_PAUSED)
		return;
	desk->circuit = now;
	desk->is_unready = is_unready;
}

/* What people did to the workspace's syncs; none when the store fails. */
static size_t load_syncs(struct deliverer *deliverer, struct arena *arena, int64_t workspace,
			 struct sync_state **states)
{
	struct actor actor = { .workspace = workspace };
	struct error err = { 0 };
	struct view *view = view_open(deliverer->config.store, arena, &err);
	size_t count = 0;

	if (view) {
		if (sync_state_list(view, &actor, states, &count, &err) < 0)
			count = 0;
		view_close(view);
	}
	return count;
}

static void look_at_workspace(struct deliverer *deliverer, struct arena *arena,
			      int64_t workspace)
{
	struct error err = { 0 };
	struct snapshot *snapshot = snapshot_get(deliverer->config.store, workspace, &err);
	const struct config *config;
	struct sync_state *syncs;
	size_t nsyncs;

	if (!snapshot)
		return;
	nsyncs = load_syncs(deliverer, arena, workspace, &syncs);
	config = snapshot_config(snapshot);
	for (size_t i = 0; i < config->nconnections; i++) {
		struct desk *desk = find_desk(deliverer, config->connections[i].id);

		if (!desk)
			desk = add_desk(deliverer, workspace, config->connections[i].id);
		if (!desk)
			continue;
		desk->is_gone = false;
		desk_renew_terms(desk, config);
		if (desk_note_syncs(desk, syncs, nsyncs))
			desk_swap_terms(desk);
		reload_state(desk);
	}
	snapshot_release(snapshot);
}

static int bury_run(struct tx *tx, void *context, struct error *err)
{
	const struct desk *desk = context;
	struct actor actor = { .workspace = desk->workspace, .kind = ACTOR_SYSTEM };
	struct config *config = arena_alloc(tx_arena(tx), sizeof(*config));

	if (config_current(tx_view(tx), desk->workspace, tx_arena(tx), config, err) < 0)
		return -1;
	if (config_connection_by_id(config, desk->connection))
		return 0;
	return alert_close_removed(tx, &actor, desk->connection, desk->terms->connection->name,
				   err);
}

/* Its last calls may have raised an alert after it was removed. */
static void bury(struct desk *desk)
{
	struct error err = { 0 };

	if (desk->is_buried || desk->works || desk->calls || desk->is_claiming)
		return;
	desk->is_buried = store_run(desk->deliverer->config.store, URGENCY_OUTCOME,
				    desk->workspace, bury_run, desk, &err) == 0;
	desk->deliverer->are_removed_done = false;
}

#define REMOVED_AT_ONCE 50     /* deliveries of one transaction: others wait meanwhile */
#define REMOVED_PART_US 50000  /* of each look: a fifth of the time */

static int rest_removed_run(struct tx *tx, void *context, struct error *err)
{
	const int64_t *workspace = context;
	struct actor actor = { .workspace = *workspace, .kind = ACTOR_SYSTEM };

	return delivery_rest_removed(tx, &actor, REMOVED_AT_ONCE, err);
}

/* A part of what removed connections left, also those that an earlier process served. */
static void rest_removed(struct deliverer *deliverer, int64_t *workspaces, size_t count)
{
	int64_t until = clock_mono_us() + REMOVED_PART_US;
	struct error err = { 0 };
	bool is_done = true;

	for (size_t i = 0; !deliverer->are_removed_done && i < count; i++) {
		int rc = 1;

		while (rc > 0 && clock_mono_us() < until)
			rc = store_run(deliverer->config.store, URGENCY_OUTCOME, workspaces[i],
				       rest_removed_run, &workspaces[i], &err);
		if (rc != 0)
			is_done = false;
	}
	deliverer->are_removed_done = is_done;
}

void desks_look(struct deliverer *deliverer)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct view *view = view_open(deliverer->config.store, arena, &err);
	int64_t *workspaces = NULL;
	size_t count = 0;

	if (view) {
		if (workspace_list_any_workspace(view, &workspaces, &count, &err) < 0)
			count = 0;
		view_close(view);
	}
	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		desk->is_gone = true;
	for (size_t i = 0; i < count; i++)
		look_at_workspace(deliverer, arena, workspaces[i]);
	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		if (desk->is_gone)
			bury(desk);
		else
			desk->is_buried = false;
	rest_removed(deliverer, workspaces, count);
	arena_free(arena);
}
