/* desk.c - one connection at work. Threads: the delivery worker. */
#include "deliver/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deliver/talk.h"

#define CONCURRENCY 4     /* when nobody says otherwise */
#define GROUP_MAX 1000    /* deliveries of one conversation */
#define HOLD_MS 10000     /* a limit that does not say for how long */

int desk_concurrency(const struct desk *desk)
{
	int own = desk->terms->connection->limits.concurrency;
	int theirs = desk->terms->connector->concurrency;

	if (own > 0)
		return own;
	return theirs > 0 ? theirs : CONCURRENCY;
}

int desk_group(const struct desk *desk)
{
	const struct connector *connector = desk->terms->connector;
	int group = connector->batch_max > connector->find_max ? connector->batch_max :
								 connector->find_max;

	if (group < 1)
		group = 1;
	return group < GROUP_MAX ? group : GROUP_MAX;
}

struct state_change {
	struct desk *desk;
	struct connection_state state;
	const char *action;
};

static int write_state(struct tx *tx, void *context, struct error *err)
{
	struct state_change *change = context;
	struct desk *desk = change->desk;
	struct actor actor = { .workspace = desk->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = desk->connection };
	int64_t after_ms = deliverer_config(desk->deliverer)->alert_after_ms;
	const char *silent = arena_printf(tx_arena(tx), "connection-%lld",
					  (long long)desk->connection);
	/* A cause of its own: it may not wait for the other's quarter of an hour. */
	const char *refused = arena_printf(tx_arena(tx), "credentials-%lld",
					 (long long)desk->connection);
	bool is_reauth = desk->circuit.state == CIRCUIT_REAUTH;

	if (connection_state_set(tx, &actor, &change->state, change->action, err) < 0)
		return -1;
	if (desk->circuit.state == CIRCUIT_CLOSED)
		return alert_close(tx, &actor, silent, err) < 0 ?
			       -1 :
			       alert_close(tx, &actor, refused, err);
	if (desk->circuit.state == CIRCUIT_PAUSED)
		return 0;
	/* Refused credentials need a person now; a CRM that does not answer may come
	 * back by itself. */
	return alert_raise(tx, &actor, is_reauth ? refused : silent,
			   is_reauth ? "reauth" : "circuit_open",
			   desk->connection, change->state.reason,
			   is_reauth ? tx_now(tx) : desk->circuit.opened_at + after_ms,
			   err);
}

static const char *state_name(const struct desk *desk)
{
	return desk->circuit.state == CIRCUIT_CLOSED && desk->is_unready ?
		       CONNECTION_UNREADY :
		       circuit_state_name(desk->circuit.state);
}

void desk_store_state(struct desk *desk, const char *action, const char *reason)
{
	const struct circuit *circuit = &desk->circuit;
	struct state_change change = {
		.desk = desk,
		.action = action,
		.state = {
			.connection = desk->connection,
			.state = state_name(desk),
			.reason = reason,
			.failures = circuit->failures,
			.open_until = circuit->hold_until > circuit->open_until ?
					      circuit->hold_until :
					      circuit->open_until,
			.opened_at = circuit->opened_at,
			.probe_ms = circuit->probe_ms,
		},
	};
	struct arena *arena = arena_new();
	struct error err = { 0 };

	change.state.budget = budget_holds(&desk->budget, arena, clock_now());

	log_info(&desk->log, "connection.state",
		 LOG_WORD("state", state_name(desk)));
	if (store_run(deliverer_config(desk->deliverer)->store, URGENCY_OUTCOME,
		      desk->workspace, write_state, &change, &err) < 0)
		log_error(&desk->log, "connection.state_lost");
	arena_free(arena);
}

void unread_drop(struct unread **at)
{
	struct unread *unread = *at;

	*at = unread->next;
	free(unread->object);
	free(unread);
}

void desk_note_unread(struct desk *desk, const char *object, int status)
{
	struct unread **at = &desk->unread;

	while (*at && strcmp((*at)->object, object) != 0)
		at = &(*at)->next;
	if (*at)
		unread_drop(at);
	if (!status)
		return;
	*at = calloc(1, sizeof(**at));
	if (!*at || !((*at)->object = strdup(object)))
		abort();
	(*at)->status = status;
}

int64_t desk_held_until(const struct desk *desk, const char *bucket)
{
	int64_t held = budget_held_until(&desk->budget, bucket);

	return desk->circuit.hold_until > held ? desk->circuit.hold_until : held;
}

int64_t desk_may_call(const struct desk *desk, const char *bucket, int64_t now)
{
	int64_t next = budget_next(&desk->budget, bucket, now);

	return desk->circuit.hold_until > next ? desk->circuit.hold_until : next;
}

/* How long the reply asks to be left alone: the connector knows a quota in a 403, or a day
 * that is spent; a 429 says so by itself, and others with Retry-After. */
static int64_t asked_wait(const struct exchange *x, int64_t now)
{
	const struct http_reply *reply = x->reply;
	int64_t wait = http_retry_after(&reply->headers, now);

	if (reply->failure != HTTP_REPLIED)
		return 0;
	if (x->hold_ms)
		return x->hold_ms;
	if (reply->status == 429)
		return wait ? wait : HOLD_MS;
	return reply->status == 503 || reply->status == 403 ? wait : 0;
}

/* A limit that has a name holds the calls that share it; one without holds them all. */
static void hold(struct desk *desk, const struct exchange *x, int64_t until)
{
	int held = x->held_bucket ? budget_hold(&desk->budget, x->held_bucket, until) : -1;

	if (held < 0)
		held = circuit_hold(&desk->circuit, until);
	else
		desk->circuit.is_probing = false;
	if (held)
		desk_store_state(desk, NULL, "the CRM asked to wait");
}

/* Why it is left alone: the last failure, in words or by its status. */
static void store_silence(struct desk *desk, const struct http_reply *reply)
{
	char reason[256];

	if (reply->failure == HTTP_REPLIED)
		snprintf(reason, sizeof(reason), "the CRM does not answer as it should: %d %s",
			 reply->status, http_reason(reply->status));
	else
		snprintf(reason, sizeof(reason), "the CRM does not answer as it should: %s",
			 reply->why ? reply->why : "no answer");
	desk_store_state(desk, "connection.open", reason);
}

void desk_heard(struct desk *desk, const struct exchange *x, bool is_refused, int64_t now)
{
	const struct http_reply *reply = x->reply;
	int64_t wait = asked_wait(x, now);

	if (wait)
		hold(desk, x, now + wait);
	/* A limit is no failure, however many calls ran into it at once. Whoever answers
	 * 503 fails, whatever it asks for. */
	if (wait && reply->status != 503)
		return;
	if (is_refused) {
		/* The next try reads the secret anew: a person may have given another. */
		if (desk->terms->auth != AUTH_OAUTH2 &&
		    desk->terms->auth != AUTH_CLIENT_CREDENTIALS)
			access_end(&desk->access);
		if (circuit_refused(&desk->circuit, now))
			desk_store_state(desk, "connection.refused",
					 "the CRM refused the credentials: authorise the "
					 "connection again");
		return;
	}
	if (reply_fails_connection(reply)) {
		if (circuit_failed(&desk->circuit, now))
			store_silence(desk, reply);
		return;
	}
	if (reply->status == 403) {
		if (circuit_denied(&desk->circuit, now))
			desk_store_state(desk, "connection.refused",
					 "the CRM denies one call after the other: see the "
					 "calls, then give the credentials the permission");
		return;
	}
	if (circuit_succeeded(&desk->circuit))
		desk_store_state(desk, "connection.closed", NULL);
}
