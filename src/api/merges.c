/* merges.c - /v1/merges: which leads were made one, and taking it back. Threads:
 * handlers. */
#include "api/internal.h"
#include "api/shapes.h"

void out_merge(struct out *out, const struct kept_merge *merge)
{
	out_id(out, "id", merge->id);
	out_id(out, "lead_id", merge->lead);
	out_id(out, "other_id", merge->other);
	out_time(out, "at", merge->at);
	out_time(out, "undone_at", merge->undone_at);
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_merge *rows;
	int64_t lead;
	size_t count;

	if (api_lead_asked(call, view, &lead, err) < 0 ||
	    merge_list(view, &call->actor, lead, call->page.before, call->page.limit, &rows,
		       &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		out_merge(out, &rows[i]);
		out_close(out, '}');
	}
	return 0;
}

void api_merges_list(struct api_call *call)
{
	api_list(call, list);
}

static int run_undo(struct tx *tx, void *context, struct error *err)
{
	struct api_call *call = context;

	return lead_unmerge(tx, &call->actor, api_config(call), call->id, err);
}

void api_merges_undo(struct api_call *call)
{
	char id[ID_TEXT_SIZE];

	if (!api_id(call) || !api_config(call) || !api_body_or_none(call, "") ||
	    api_write(call, run_undo, call) < 0)
		return;
	id_format(call->id, id);
	api_reply(call, 200,
		  arena_printf(call->arena, "{\"merge_id\":\"%s\",\"undone\":true}", id));
}
