/* calls.c - /v1/calls: what was said to CRMs and what they answered. Threads: handlers. */
#include "api/internal.h"
#include "api/shapes.h"
#include "base/id.h"

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_call *calls;
	int64_t connection;
	size_t count;

	if (api_connection_asked(call, &connection, err) < 0 ||
	    call_list(view, &call->actor, connection, call->page.before, call->page.limit,
		      &calls, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, calls[i].id); i++)
		out_call(out, NULL, api_config(call), &calls[i], false);
	return 0;
}

void api_calls_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_call kept;
	int found = call_find(view, &call->actor, call->id, &kept, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such call");
	if (found == 1)
		out_call(out, NULL, api_config(call), &kept, true);
	return found < 0 ? -1 : 0;
}

void api_calls_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}
