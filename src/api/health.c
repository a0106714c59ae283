/* health.c - is it alive, is it ready, and how is the queue? Threads: handlers. */
#include "api/api.h"

#include "base/text.h"

void api_healthz(struct api_call *call)
{
	api_reply(call, 200, "{\"status\":\"ok\"}");
}

void api_readyz(struct api_call *call)
{
	if (store_is_accepting(call->store))
		api_reply(call, 200, "{\"status\":\"ready\"}");
	else
		api_problem(call, 503, "not_accepting",
			    "the disk is full or the store is not keeping up");
}

/* Numbers only: from loopback nobody needs to be known. */
static bool may_read_queue(struct api_call *call)
{
	struct error err = { 0 };
	const char *value = http_header_find(&call->http->headers, "Authorization");

	if (value && text_starts(value, "Bearer ") &&
	    api_identify(call, value + 7, &err) == 1)
		return true;
	if (text_equal(call->http->peer, "127.0.0.1") || text_equal(call->http->peer, "::1")) {
		call->actor.workspace = 1;
		return true;
	}
	api_problem(call, 401, "unauthenticated", "send a token; none is needed from loopback");
	return false;
}

void api_stats_queue(struct api_call *call)
{
	struct queue_counts counts;
	struct error err = { 0 };
	struct view *view;
	int rc;

	if (!may_read_queue(call))
		return;
	view = api_view(call);
	if (!view)
		return;
	rc = queue_counts(view, call->actor.workspace, &counts, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return;
	}
	api_reply(call, 200,
		  arena_printf(call->arena,
			       "{\"received\":%lld,\"at_rest\":%lld,\"pending\":%lld,"
			       "\"dead\":%lld,\"uncertain\":%lld,\"rejected\":%lld,"
			       "\"erased\":%lld}",
			       (long long)counts.received, (long long)counts.at_rest,
			       (long long)counts.pending, (long long)counts.dead,
			       (long long)counts.uncertain, (long long)counts.rejected,
			       (long long)counts.erased));
}
