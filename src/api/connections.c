/* connections.c - /v1/connections: how each fares, and stopping and starting them. Threads:
 * handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/shapes.h"
#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/deliver.h"

/* A connection whose circuit is open until a time that has passed is being probed: what
 * is stored says more than what we could guess, so it is shown as it is. */
static int out_state(struct out *out, struct api_call *call, struct view *view,
		     const struct connection *connection, struct error *err)
{
	struct connection_state state;

	if (connection_state_find(view, call->actor.workspace, connection->id, &state, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_id(out, "id", connection->id);
	out_text(out, "name", connection->name);
	out_text(out, "connector", connection->connector);
	out_text(out, "state", state.state);
	out_text(out, "reason", state.reason);
	out_int(out, "failures", state.failures);
	out_time(out, "opened_at", state.opened_at);
	out_time(out, "next_try_at", state.open_until);
	out_close(out, '}');
	return 0;
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct config *config = api_config(call);

	for (size_t i = 0; i < config->nconnections; i++)
		if (out_state(out, call, view, &config->connections[i], err) < 0)
			return -1;
	return 0;
}

void api_connections_list(struct api_call *call)
{
	if (api_config(call))
		api_list_whole(call, list);
}

static const struct connection *asked(struct api_call *call, struct error *err)
{
	const struct connection *connection = config_connection(api_config(call),
								call->params[0]);

	if (!connection)
		error_set(err, ERR_NOT_FOUND, "there is no connection \"%s\"", call->params[0]);
	return connection;
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct connection *connection = asked(call, err);

	return connection ? out_state(out, call, view, connection, err) : -1;
}

void api_connections_get(struct api_call *call)
{
	if (api_config(call))
		api_read(call, get);
}

/* ---- Stopping and starting ---- */

struct turning {
	struct api_call *call;
	int64_t connection;
	bool is_paused;
	const char *reason;
};

/* A limit of the CRM holds on, whatever a person does; what an open circuit waits for does
 * not: whoever starts the connection anew wants to see. */
static int64_t held_until(const struct connection_state *state)
{
	bool is_open = text_equal(state->state, "open") || text_equal(state->state, "reauth");

	return is_open ? 0 : state->open_until;
}

static int turn_run(struct tx *tx, void *context, struct error *err)
{
	struct turning *turning = context;
	const struct actor *actor = &turning->call->actor;
	static const char *const causes[] = { "connection", "credentials" };
	struct connection_state state;

	if (connection_state_find(tx_view(tx), actor->workspace, turning->connection, &state,
				  err) < 0)
		return -1;
	if (text_equal(state.state, "paused") == turning->is_paused)
		return 0;
	state = (struct connection_state){
		.connection = turning->connection,
		.state = turning->is_paused ? "paused" : "active",
		.reason = turning->reason,
		.open_until = held_until(&state),
		.budget = state.budget,
	};
	if (connection_state_set(tx, actor, &state,
				 turning->is_paused ? "connection.paused" :
						      "connection.resumed",
				 err) < 0)
		return -1;
	/* Whoever starts it anew has seen what was wrong. */
	for (size_t i = 0; !turning->is_paused && i < ARRAY_LEN(causes); i++)
		if (alert_close(tx, actor,
				arena_printf(tx_arena(tx), "%s-%lld", causes[i],
					     (long long)turning->connection),
				err) < 0)
			return -1;
	return 1;
}

static void turn(struct api_call *call, bool is_paused)
{
	struct turning turning = { .call = call, .is_paused = is_paused };
	const struct connection *connection;
	struct error err = { 0 };
	json_t *body;

	if (!api_config(call))
		return;
	body = api_body_or_none(call, is_paused ? "reason" : "");
	if (!body)
		return;
	connection = asked(call, &err);
	if (!connection) {
		api_fail(call, &err);
		return;
	}
	turning.connection = connection->id;
	turning.reason = is_paused ? json_string_of(body, "reason") : NULL;
	if (is_paused && text_is_empty(turning.reason))
		turning.reason = "a person paused it";
	if (turning.reason && strlen(turning.reason) > 500) {
		api_problem(call, 422, "invalid", "reason: at most 500 bytes");
		return;
	}
	if (api_write(call, turn_run, &turning) < 0)
		return;
	if (call->api->config.deliverer)
		deliverer_wake(call->api->config.deliverer);
	api_read(call, get);
}

void api_connections_pause(struct api_call *call)
{
	turn(call, true);
}

void api_connections_resume(struct api_call *call)
{
	turn(call, false);
}
