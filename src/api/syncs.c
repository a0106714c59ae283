/* syncs.c - /v1/syncs: how each fares, running, stopping and starting them. A sync has the
 * name of its mapping. Threads: handlers. */
#include "store/syncs.h"

#include <string.h>

#include "api/internal.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/deliver.h"

#define WAITING_MAX 10000 /* counted; more are not worth the time */
#define REASON_MAX 500    /* bytes */

struct asked {
	const struct sync *sync;
	const struct mapping *mapping;
	const struct connection *connection;
};

static const char paused_means[] =
	"nothing is sent through this mapping. What leads ask for is kept, waits, and is sent "
	"when the sync is resumed: nothing is lost";

static bool complete(const struct config *config, const struct sync *sync, struct asked *asked)
{
	asked->sync = sync;
	asked->mapping = config_mapping(config, sync->mapping);
	asked->connection =
		asked->mapping ? config_connection(config, asked->mapping->connection) : NULL;
	return asked->connection != NULL;
}

static int find(struct api_call *call, struct asked *asked, struct error *err)
{
	const struct config *config = api_config(call);
	const struct sync *sync = config_sync(config, call->params[0]);

	if (sync && complete(config, sync, asked))
		return 0;
	return error_set(err, ERR_NOT_FOUND, "there is no sync of a mapping \"%s\"",
			 call->params[0]);
}

/* ---- Showing ---- */

static void out_run(struct out *out, const struct sync_state *state)
{
	if (!state->run_at) {
		out_json(out, "run", NULL);
		return;
	}
	out_open(out, "run", '{');
	out_time(out, "began_at", state->run_at);
	out_bool(out, "is_done", state->run_after >= state->run_until);
	out_int(out, "due", state->run_due);
	out_close(out, '}');
}

/* The members of a sync, without brackets. */
static int out_members(struct out *out, struct api_call *call, struct view *view,
		       const struct asked *asked, struct error *err)
{
	struct connection_state connection;
	struct sync_state state;
	bool is_paused;

	if (sync_state_find(view, &call->actor, asked->mapping->id, &state, err) < 0 ||
	    connection_state_find(view, call->actor.workspace, asked->connection->id,
				  &connection, err) < 0)
		return -1;
	is_paused = asked->sync->is_paused || state.paused_at;
	out_text(out, "mapping", asked->mapping->name);
	out_text(out, "connection", asked->connection->name);
	out_text(out, "object", asked->mapping->object);
	out_text(out, "mode", sync_mode_name(asked->sync->mode));
	out_text(out, "behaviour", behaviour_name(asked->sync->behaviour));
	out_text(out, "state", is_paused ? "paused" : "active");
	out_text(out, "paused_by", asked->sync->is_paused ? "file" :
				   is_paused		  ? "person" :
							    NULL);
	out_time(out, "paused_at", state.paused_at);
	out_text(out, "reason", state.reason);
	out_run(out, &state);
	out_text(out, "connection_state", connection.state);
	out_text(out, "message", is_paused ? paused_means : NULL);
	return 0;
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct config *config = api_config(call);
	struct asked asked;

	for (size_t i = 0; i < config->nsyncs; i++) {
		if (!complete(config, &config->syncs[i], &asked))
			continue;
		out_open(out, NULL, '{');
		if (out_members(out, call, view, &asked, err) < 0)
			return -1;
		out_close(out, '}');
	}
	return 0;
}

void api_syncs_list(struct api_call *call)
{
	if (api_config(call))
		api_list_whole(call, list);
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct asked asked;
	int64_t waiting;

	if (find(call, &asked, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	if (out_members(out, call, view, &asked, err) < 0 ||
	    sync_waiting(view, &call->actor, asked.connection->id, asked.mapping->id,
			 WAITING_MAX + 1, &waiting, err) < 0)
		return -1;
	out_int(out, "waiting", waiting > WAITING_MAX ? WAITING_MAX : waiting);
	out_bool(out, "are_more_waiting", waiting > WAITING_MAX);
	out_close(out, '}');
	return 0;
}

void api_syncs_get(struct api_call *call)
{
	if (api_config(call))
		api_read(call, get);
}

/* ---- Acting ---- */

struct act {
	struct api_call *call;
	struct asked asked;
	const char *reason;
};

/* Finds the sync and reads the body; answers and returns false when one is wrong. */
static bool begin(struct api_call *call, const char *known, struct act *act)
{
	struct error err = { 0 };
	json_t *body;

	*act = (struct act){ .call = call };
	if (!api_config(call))
		return false;
	body = api_body_or_none(call, known);
	if (!body)
		return false;
	if (find(call, &act->asked, &err) < 0) {
		api_fail(call, &err);
		return false;
	}
	act->reason = json_string_of(body, "reason");
	if (act->reason && strlen(act->reason) > REASON_MAX) {
		api_problem(call, 422, "invalid", "reason: at most %d bytes", REASON_MAX);
		return false;
	}
	return true;
}

static void finish(struct act *act, api_run *run)
{
	struct api_call *call = act->call;

	if (api_write(call, run, act) < 0)
		return;
	if (call->api->config.deliverer)
		deliverer_note_sync(call->api->config.deliverer, act->asked.connection->id);
	api_read(call, get);
}

static int pause_run(struct tx *tx, void *context, struct error *err)
{
	const struct act *act = context;

	return sync_pause(tx, &act->call->actor, act->asked.mapping->id,
			  text_is_empty(act->reason) ? "a person paused it" : act->reason, err);
}

void api_syncs_pause(struct api_call *call)
{
	struct act act;

	if (begin(call, "reason", &act))
		finish(&act, pause_run);
}

static int resume_run(struct tx *tx, void *context, struct error *err)
{
	const struct act *act = context;

	return sync_resume(tx, &act->call->actor, act->asked.mapping->id, err);
}

void api_syncs_resume(struct api_call *call)
{
	struct act act;

	if (!begin(call, "", &act))
		return;
	if (act.asked.sync->is_paused) {
		api_problem(call, 409, "paused_by_file",
			    "the workspace file pauses this sync: take \"paused: yes\" out of it "
			    "and apply it");
		return;
	}
	finish(&act, resume_run);
}

/* Why a run would send nothing, or NULL. */
static const char *idle_because(const struct act *act, const struct sync_state *state)
{
	const struct sync *sync = act->asked.sync;

	if (sync->mode == SYNC_SHADOW)
		return "a sync in shadow mode writes nothing: see what it would write with a plan";
	if (sync->behaviour == BEHAVIOUR_NONE)
		return "the behaviour of this sync is none: it sends nothing";
	if (sync->is_paused)
		return "the workspace file pauses this sync";
	return state->paused_at ? "this sync is paused: resume it, and what waits is sent" : NULL;
}

static int run_run(struct tx *tx, void *context, struct error *err)
{
	const struct act *act = context;
	const struct actor *actor = &act->call->actor;
	struct sync_state state;
	const char *idle;

	if (sync_state_find(tx_view(tx), actor, act->asked.mapping->id, &state, err) < 0)
		return -1;
	idle = idle_because(act, &state);
	if (idle)
		return error_set(err, ERR_CONFLICT, "%s", idle);
	return sync_run(tx, actor, act->asked.mapping->id, err);
}

void api_syncs_run(struct api_call *call)
{
	struct act act;

	if (begin(call, "", &act))
		finish(&act, run_run);
}
