/* audit.c - /v1/audit: who changed what, and whether anybody touched the record of it.
 * Threads: handlers. */
#include "api/internal.h"
#include "api/shapes.h"
#include "store/audit.h"

static const char *actor_name(enum actor_kind kind)
{
	switch (kind) {
	case ACTOR_SYSTEM:
		return "system";
	case ACTOR_TOKEN:
		return "token";
	case ACTOR_SOURCE:
		return "source";
	case ACTOR_CONNECTION:
		return "connection";
	}
	return NULL;
}

void out_audit_members(struct out *out, const struct config *config,
		       const struct audit_entry *entry)
{
	out_int(out, "seq", entry->seq);
	out_time(out, "at", entry->at);
	out_text(out, "action", entry->action);
	out_text(out, "object_kind", entry->object_kind);
	out_id(out, "object_id", entry->object);
	out_text(out, "actor", actor_name(entry->actor_kind));
	out_id(out, "actor_id", entry->actor);
	if (entry->actor_kind == ACTOR_SOURCE)
		out_source(out, "actor_name", config, entry->actor);
	else if (entry->actor_kind == ACTOR_CONNECTION)
		out_connection(out, "actor_name", config, entry->actor);
	else
		out_text(out, "actor_name", NULL);
	out_id(out, "request_id", entry->request);
	out_raw(out, "detail", entry->detail);
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct audit_entry *entries;
	int count = audit_list(view, &call->actor, call->page.before, (int)call->page.limit,
			       &entries, err);

	for (int i = 0; i < count && api_row(call, out, entries[i].seq); i++) {
		out_open(out, NULL, '{');
		out_audit_members(out, api_config(call), &entries[i]);
		out_close(out, '}');
	}
	return count < 0 ? -1 : 0;
}

void api_audit_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

/* Not in a view of its own: it may be long, and opens many short ones. */
void api_audit_verify(struct api_call *call)
{
	struct audit_report report;
	struct error err = { 0 };
	struct out out;

	if (audit_verify(call->store, call->actor.workspace,
			 audit_heads_file(call->store, call->arena), &report, &err) < 0) {
		api_fail(call, &err);
		return;
	}
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_bool(&out, "is_intact", report.is_intact);
	out_int(&out, "entries", report.entries);
	out_int(&out, "heads", report.heads);
	if (report.bad_seq)
		out_int(&out, "bad_seq", report.bad_seq);
	else
		out_raw(&out, "bad_seq", NULL);
	out_text(&out, "what", report.is_intact ? NULL : report.what);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}
