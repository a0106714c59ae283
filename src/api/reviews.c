/* reviews.c - /v1/duplicates and /v1/conflicts: what a person decides. Threads:
 * handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/lead_change.h"
#include "api/shapes.h"
#include "base/json.h"
#include "base/text.h"

/* "open" unless the query asks for another state, or for all. */
static int review_asked(struct api_call *call, struct view *view, struct review_filter *filter,
			struct error *err)
{
	const char *state = api_query(call, "state");

	*filter = (struct review_filter){
		.state = !state ? "open" : text_equal(state, "all") ? NULL : state,
		.before = call->page.before,
		.max = call->page.limit,
	};
	return api_lead_asked(call, view, &filter->lead, err);
}

/* ---- Possible duplicates ---- */

static int out_one_lead(struct out *out, struct api_call *call, struct view *view,
			const char *name, int64_t id, struct error *err)
{
	struct lead lead;
	int found = lead_find(view, &call->actor, id, &lead, err);

	if (found == 1)
		out_lead(out, name, api_config(call), &lead, LEAD_SHORT);
	return found < 0 ? -1 : 0;
}

void out_duplicate(struct out *out, const struct kept_duplicate *d)
{
	out_id(out, "id", d->id);
	out_id(out, "lead_id", d->lead);
	out_id(out, "other_id", d->other);
	out_text(out, "reason", d->reason);
	out_text(out, "state", d->state);
	out_time(out, "created_at", d->created_at);
	out_time(out, "decided_at", d->decided_at);
}

static int list_duplicates(struct api_call *call, struct view *view, struct out *out,
			   struct error *err)
{
	struct review_filter filter;
	struct kept_duplicate *rows;
	size_t count;

	if (review_asked(call, view, &filter, err) < 0 ||
	    duplicate_list(view, &call->actor, &filter, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		out_duplicate(out, &rows[i]);
		if (out_one_lead(out, call, view, "lead", rows[i].lead, err) < 0 ||
		    out_one_lead(out, call, view, "other", rows[i].other, err) < 0)
			return -1;
		out_close(out, '}');
	}
	return 0;
}

void api_duplicates_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list_duplicates);
}

struct act {
	struct api_call *call;
	bool is_same;
	int64_t merge;
	const struct conflict_choice *choice; /* NULL: ours */
};

static int run_duplicate(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return duplicate_decide(tx, &act->call->actor, api_config(act->call), act->call->id,
				act->is_same, &act->merge, err);
}

/* The word that a body's one member holds, `yes` or `no`: 1 or 0; -1 when it was
 * answered. */
static int choice_of(struct api_call *call, const char *member, const char *yes,
		     const char *no)
{
	json_t *body = api_body(call, member);
	const char *word = body ? json_string_of(body, member) : NULL;

	if (!body)
		return -1;
	if (text_equal(word, yes) || text_equal(word, no))
		return text_equal(word, yes);
	api_problem(call, 422, "invalid", "%s: want \"%s\" or \"%s\"", member, yes, no);
	return -1;
}

void api_duplicates_decide(struct api_call *call)
{
	struct act act = { .call = call };
	struct out out;
	int is_same;

	if (!api_id(call) || !api_config(call))
		return;
	is_same = choice_of(call, "decision", "same", "apart");
	act.is_same = is_same == 1;
	if (is_same < 0 || api_write(call, run_duplicate, &act) < 0)
		return;
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_id(&out, "id", call->id);
	out_text(&out, "state", act.is_same ? "merged" : "apart");
	out_id(&out, "merge_id", act.merge);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}

/* ---- Conflicts ---- */

void out_conflict(struct out *out, const struct config *config,
		  const struct kept_conflict *c)
{
	enum writer writer;

	out_id(out, "id", c->id);
	out_id(out, "lead_id", c->lead);
	out_text(out, "field", c->field);
	out_value(out, "ours", c->ours);
	out_value(out, "theirs", c->theirs);
	out_text(out, "writer", c->writer);
	if (writer_parse(c->writer, &writer) && writer == WRITER_CONNECTION)
		out_connection(out, "writer_name", config, c->writer_id);
	else
		out_source(out, "writer_name", config, c->writer_id);
	out_text(out, "state", c->state);
	out_time(out, "created_at", c->created_at);
	out_time(out, "decided_at", c->decided_at);
}

static int list_conflicts(struct api_call *call, struct view *view, struct out *out,
			  struct error *err)
{
	struct review_filter filter;
	struct kept_conflict *rows;
	size_t count;

	if (review_asked(call, view, &filter, err) < 0 ||
	    conflict_list(view, &call->actor, &filter, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		out_conflict(out, api_config(call), &rows[i]);
		out_close(out, '}');
	}
	return 0;
}

void api_conflicts_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list_conflicts);
}

static int run_conflict(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return conflict_decide(tx, &act->call->actor, api_config(act->call), act->call->id,
			       act->choice, err);
}

/* Their value as an edit of the lead: false when it was answered. */
static bool read_theirs(struct api_call *call, struct conflict_choice *choice)
{
	struct lead_change *change = arena_alloc(call->arena, sizeof(*change));
	json_t *given = json_keep(call->arena, json_object());
	struct view *view = api_view(call);
	struct kept_conflict conflict;
	struct error err = { 0 };
	struct lead lead = { 0 };
	int found;

	if (!view)
		return false;
	found = conflict_find(view, &call->actor, call->id, &conflict, &err);
	if (found == 1 && lead_find(view, &call->actor, conflict.lead, &lead, &err) < 0)
		found = -1;
	view_close(view);
	if (found == 0)
		error_set(&err, ERR_NOT_FOUND, "no such conflict");
	if (found != 1) {
		api_fail(call, &err);
		return false;
	}
	json_object_set_new(given, conflict.field, value_to_json(conflict.theirs));
	lead_change_read(call->arena, api_config(call), &lead, given, call->now, change);
	if (change->problems.count) {
		api_problems(call, &change->problems);
		return false;
	}
	*choice = (struct conflict_choice){ change->fields, change->identities,
					    change->nidentities };
	return true;
}

void api_conflicts_resolve(struct api_call *call)
{
	struct conflict_choice choice;
	struct act act = { .call = call };
	int is_theirs;
	char id[ID_TEXT_SIZE];

	if (!api_id(call) || !api_config(call))
		return;
	is_theirs = choice_of(call, "take", "theirs", "ours");
	if (is_theirs < 0 || (is_theirs && !read_theirs(call, &choice)))
		return;
	act.choice = is_theirs ? &choice : NULL;
	if (api_write(call, run_conflict, &act) < 0)
		return;
	id_format(call->id, id);
	api_reply(call, 200, arena_printf(call->arena, "{\"id\":\"%s\",\"state\":\"%s\"}", id,
					  is_theirs ? "theirs" : "ours"));
}
