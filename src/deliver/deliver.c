/* deliver.c - the delivery worker: its thread, its inbox, its desks. Threads: the worker
 * owns all but the inbox, which is shared under its lock. */
#include "deliver/deliver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "deliver/alerts.h"
#include "deliver/ask.h"
#include "deliver/batch.h"
#include "deliver/gates.h"
#include "deliver/inbox.h"

#define LEASE_MS 120000
#define TALK_MS 60000
#define CALL_MS 20000
#define ALERT_AFTER_MS (15 * CLOCK_MINUTE)
#define LOOK_MS 1000     /* how often the store is asked without a hint */
#define LOOK_WOKEN_MS 250
#define HOLD_MS 200      /* how long a claim waits for more when nobody says otherwise */

struct deliverer {
	struct deliver_config config;
	struct http_client_config client_config;
	struct http_client *client;
	pthread_t thread;
	struct desk *desks;
	struct alerter *alerter;
	struct deliver_stats stats;
	int64_t looked_at;

	pthread_mutex_t lock; /* of the inbox */
	struct mail *inbox, **inbox_end;
	struct mail *later;   /* the worker's own: not yet due */
	_Atomic bool is_woken, is_stopping;
};

struct http_client *deliverer_client(struct deliverer *deliverer)
{
	return deliverer->client;
}

const struct deliver_config *deliverer_config(struct deliverer *deliverer)
{
	return &deliverer->config;
}

struct deliver_stats *deliverer_count(struct deliverer *deliverer)
{
	return &deliverer->stats;
}

/* ---- The inbox ---- */

void deliverer_post(struct deliverer *deliverer, struct mail *mail)
{
	mail->next = NULL;
	mail->at = 0;
	pthread_mutex_lock(&deliverer->lock);
	*deliverer->inbox_end = mail;
	deliverer->inbox_end = &mail->next;
	pthread_mutex_unlock(&deliverer->lock);
	http_client_wake(deliverer->client);
}

void deliverer_post_later(struct deliverer *deliverer, struct mail *mail, int64_t at)
{
	mail->at = at;
	mail->next = deliverer->later;
	deliverer->later = mail;
}

static void open_mail(struct deliverer *deliverer, int64_t now)
{
	struct mail *mail, *later = deliverer->later;

	deliverer->later = NULL;
	while (later) {
		struct mail *next = later->next;

		if (later->at <= now)
			deliverer_post(deliverer, later);
		else
			deliverer_post_later(deliverer, later, later->at);
		later = next;
	}
	pthread_mutex_lock(&deliverer->lock);
	mail = deliverer->inbox;
	deliverer->inbox = NULL;
	deliverer->inbox_end = &deliverer->inbox;
	pthread_mutex_unlock(&deliverer->lock);
	while (mail) {
		struct mail *next = mail->next;

		mail->open(mail);
		mail = next;
	}
}

void deliverer_wake(struct deliverer *deliverer)
{
	atomic_store(&deliverer->is_woken, true);
	http_client_wake(deliverer->client);
}

/* ---- Desks ---- */

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

static void end_desk(struct desk *desk)
{
	terms_release(desk->terms);
	access_end(&desk->access);
	arena_free(desk->budget_arena);
	free(desk);
}

static void sign_in_again(struct desk *desk)
{
	access_end(&desk->access);
	desk->access.expires_at = desk->access.again_at = 0;
	desk->access.is_dead = false;
	desk->describe_at = 0;
	desk->renewals++;
	if (desk->circuit.state == CIRCUIT_REAUTH)
		desk->circuit.open_until = 0;
}

static void reload_terms(struct desk *desk)
{
	struct error err = { 0 };
	struct terms *terms = terms_new(desk->deliverer->config.store, desk->workspace,
					desk->connection, &err);

	if (!terms)
		return;
	terms_release(desk->terms);
	desk->terms = terms;
	/* Credentials may have come with the change. */
	sign_in_again(desk);
}

struct renewal {
	struct mail mail; /* first: it is freed by its address */
	struct deliverer *deliverer;
	int64_t connection;
};

static void open_renewal(struct mail *mail)
{
	struct renewal *renewal = (struct renewal *)mail;
	struct desk *desk = find_desk(renewal->deliverer, renewal->connection);

	if (desk)
		reload_terms(desk);
	free(renewal);
}

void deliverer_renew(struct deliverer *deliverer, int64_t connection)
{
	struct renewal *renewal = calloc(1, sizeof(*renewal));

	if (!renewal)
		abort();
	renewal->mail.open = open_renewal;
	renewal->deliverer = deliverer;
	renewal->connection = connection;
	deliverer_post(deliverer, &renewal->mail);
}

/* Terms follow the configuration; conversations under way keep theirs. */
static void renew_terms(struct desk *desk, const struct config *config)
{
	if (desk->terms->config->version == config->version)
		return;
	reload_terms(desk);
	renew_budget(desk);
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

static void look_at_workspace(struct deliverer *deliverer, int64_t workspace)
{
	struct error err = { 0 };
	struct snapshot *snapshot = snapshot_get(deliverer->config.store, workspace, &err);
	const struct config *config;

	if (!snapshot)
		return;
	config = snapshot_config(snapshot);
	for (size_t i = 0; i < config->nconnections; i++) {
		struct desk *desk = find_desk(deliverer, config->connections[i].id);

		if (!desk)
			desk = add_desk(deliverer, workspace, config->connections[i].id);
		if (!desk)
			continue;
		desk->is_gone = false;
		renew_terms(desk, config);
		reload_state(desk);
	}
	snapshot_release(snapshot);
}

static void look_at_all(struct deliverer *deliverer)
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
		look_at_workspace(deliverer, workspaces[i]);
	arena_free(arena);
}

/* ---- Claiming ---- */

struct claiming {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct desk *desk;
	struct claim_wish wish;
	struct delivery *deliveries;
	int count;
	bool more;
};

static int claim_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct claiming *claiming = (struct claiming *)unit;

	claiming->count = delivery_claim(tx, &claiming->wish, &claiming->deliveries,
					 &claiming->more, err);
	return claiming->count;
}

/* What was claimed may have been decided under a configuration that the last look at the
 * store did not see: it is delivered under that one or a newer, never an older. */
static void catch_up(struct desk *desk)
{
	struct snapshot *snapshot =
		snapshot_get(desk->deliverer->config.store, desk->workspace, NULL);

	if (!snapshot)
		return;
	renew_terms(desk, snapshot_config(snapshot));
	snapshot_release(snapshot);
}

static void claimed(struct mail *mail)
{
	struct claiming *claiming =
		(struct claiming *)((char *)mail - offsetof(struct claiming, mail));
	struct desk *desk = claiming->desk;
	struct arena *arena = claiming->unit.arena;

	desk->is_claiming = false;
	desk->has_more = claiming->more && claiming->count > 0;
	if (claiming->count > 0) {
		desk->turn += (unsigned)claiming->count;
		catch_up(desk);
		batches_begin(desk, arena, claiming->deliveries, (size_t)claiming->count);
		return;
	}
	if (claiming->count == 0 && desk->circuit.is_probing && desk->works == 0)
		desk->circuit.is_probing = false;
	arena_free(arena);
}

static void claim_done(struct unit *unit, int result, const struct error *err)
{
	struct claiming *claiming = (struct claiming *)unit;

	(void)err;
	claiming->count = result;
	claiming->mail.open = claimed;
	deliverer_post(claiming->desk->deliverer, &claiming->mail);
}

static void claim(struct desk *desk, int max)
{
	struct arena *arena = arena_new();
	struct claiming *claiming = arena_alloc(arena, sizeof(*claiming));
	struct deliverer *deliverer = desk->deliverer;

	claiming->desk = desk;
	claiming->wish = (struct claim_wish){
		.workspace = desk->workspace,
		.connection = desk->connection,
		.worker = deliverer->config.worker,
		.lease_ms = deliverer->config.lease_ms,
		.lag_ms = desk->terms->connector->index_lag_ms,
		.max = max,
		.turn = desk->turn,
	};
	claiming->unit = (struct unit){
		.run = claim_run,
		.done = claim_done,
		.workspace = desk->workspace,
		.arena = arena,
	};
	desk->is_claiming = true;
	desk->claimed_at = clock_now();
	store_submit(deliverer->config.store, URGENCY_OUTCOME, &claiming->unit);
}

/* How many deliveries may be taken on now: what the calls that may be under way can
 * carry, and one while the circuit is being probed. What is claimed has its batch for
 * good, so no more claims than calls: what stays in the store fills the next one. */
static int room_of(struct desk *desk, int64_t now)
{
	int room = desk_group(desk) * desk_concurrency(desk) - desk->works;

	if (desk->is_gone || desk->is_claiming || !circuit_allows(&desk->circuit, now) ||
	    desk->claims >= desk_concurrency(desk))
		return 0;
	if (desk->circuit.state != CIRCUIT_CLOSED)
		return desk->works == 0 ? 1 : 0;
	if (room > 1000)
		room = 1000;
	return room;
}

/* Asks the store when something falls due: an index look-up, no claim. */
static int64_t next_due(struct desk *desk)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct view *view = view_open(desk->deliverer->config.store, arena, &err);
	int64_t next = 0;

	if (view) {
		if (delivery_next_due(view, desk->connection, &next, &err) < 0)
			next = 0;
		view_close(view);
	}
	arena_free(arena);
	return next;
}

/* Until when a claim waits for more to come: not at all while calls are plenty, or when
 * the last one left some behind. */
static int64_t held_until(const struct desk *desk, int64_t now)
{
	int64_t hold_ms = desk->terms->connection->limits.hold_ms;

	if (desk->terms->connector->batch_max <= 1 || desk->has_more ||
	    !budget_is_tight(&desk->budget, now))
		return 0;
	return desk->claimed_at + (hold_ms > 0 ? hold_ms : HOLD_MS);
}

static void serve_desk(struct desk *desk, int64_t now)
{
	int room = room_of(desk, now);

	if (room <= 0)
		return;
	if (ask_needs_schema(desk, now))
		return;
	desk->held_until = held_until(desk, now);
	if (desk->held_until > now)
		return;
	if (!desk->has_more) {
		desk->next_due = next_due(desk);
		if (!desk->next_due || desk->next_due > now)
			return;
	}
	if (desk->circuit.state != CIRCUIT_CLOSED)
		desk->circuit.is_probing = true;
	claim(desk, room);
}

/* ---- The loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static int64_t serve_all(struct deliverer *deliverer, int64_t now, bool is_stopping)
{
	int64_t next = now + LOOK_MS;

	for (struct desk *desk = deliverer->desks; desk; desk = desk->next) {
		next = earlier(next, desk_pump(desk, now));
		if (!is_stopping)
			serve_desk(desk, now);
		next = earlier(next, desk_pump(desk, now));
		next = earlier(next, circuit_next(&desk->circuit, now));
		if (desk->held_until > now)
			next = earlier(next, desk->held_until);
		if (desk->next_due > now)
			next = earlier(next, desk->next_due);
	}
	for (struct mail *mail = deliverer->later; mail; mail = mail->next)
		next = earlier(next, mail->at);
	return next;
}

static bool is_idle(struct deliverer *deliverer)
{
	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		if (desk->works || desk->is_claiming || desk->calls || desk->waiting)
			return false;
	return deliverer->later == NULL;
}

static void *work_thread(void *context)
{
	struct deliverer *deliverer = context;

	for (;;) {
		bool is_stopping = atomic_load(&deliverer->is_stopping);
		int64_t now = clock_now(), next, look_at;

		open_mail(deliverer, now);
		if (is_stopping && is_idle(deliverer))
			return NULL;
		/* Under load a wake-up comes with each commit: then once in a while is enough. */
		look_at = deliverer->looked_at +
			  (atomic_load(&deliverer->is_woken) ? LOOK_WOKEN_MS : LOOK_MS);
		if (now >= look_at) {
			atomic_store(&deliverer->is_woken, false);
			look_at_all(deliverer);
			gates_look(deliverer, now);
			alerter_look(deliverer->alerter, now);
			deliverer->looked_at = now;
			look_at = now + LOOK_MS;
		}
		next = earlier(look_at, serve_all(deliverer, now, is_stopping));
		http_client_poll(deliverer->client, next > now ? (int)(next - now) : 0);
	}
}

static void wake_from_store(void *context)
{
	deliverer_wake(context);
}

struct deliverer *deliverer_start(const struct deliver_config *config, struct error *err)
{
	struct deliverer *deliverer = calloc(1, sizeof(*deliverer));

	if (!deliverer)
		abort();
	deliverer->config = *config;
	if (!deliverer->config.lease_ms)
		deliverer->config.lease_ms = LEASE_MS;
	if (!deliverer->config.talk_ms)
		deliverer->config.talk_ms = TALK_MS;
	if (!deliverer->config.call_ms)
		deliverer->config.call_ms = CALL_MS;
	if (!deliverer->config.alert_after_ms)
		deliverer->config.alert_after_ms = ALERT_AFTER_MS;
	deliverer->client_config = (struct http_client_config){
		.allowed = config->allowed,
		.nallowed = config->nallowed,
		.user_agent = "Fairlead/" FAIRLEAD_VERSION,
		.ca_file = config->ca_file,
	};
	deliverer->client = http_client_new(&deliverer->client_config);
	deliverer->inbox_end = &deliverer->inbox;
	deliverer->alerter = alerter_new(deliverer);
	pthread_mutex_init(&deliverer->lock, NULL);
	store_on_wake(config->store, WAKE_DELIVERIES, wake_from_store, deliverer);
	store_on_wake(config->store, WAKE_ALERTS, wake_from_store, deliverer);
	if (pthread_create(&deliverer->thread, NULL, work_thread, deliverer) != 0) {
		http_client_free(deliverer->client);
		free(deliverer);
		error_set(err, ERR_INTERNAL, "the delivery worker did not start");
		return NULL;
	}
	return deliverer;
}

void deliverer_stop(struct deliverer *deliverer, int wait_ms)
{
	(void)wait_ms; /* every conversation has a hard end of its own */
	atomic_store(&deliverer->is_stopping, true);
	deliverer_wake(deliverer);
	pthread_join(deliverer->thread, NULL);
	http_client_free(deliverer->client);
	while (deliverer->desks) {
		struct desk *desk = deliverer->desks;

		deliverer->desks = desk->next;
		end_desk(desk);
	}
	alerter_free(deliverer->alerter);
	pthread_mutex_destroy(&deliverer->lock);
	free(deliverer);
}

struct deliver_stats deliverer_stats(struct deliverer *deliverer)
{
	struct deliver_stats stats = deliverer->stats;

	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		stats.circuits_open += desk->circuit.state == CIRCUIT_OPEN ||
				       desk->circuit.state == CIRCUIT_REAUTH;
	return stats;
}
