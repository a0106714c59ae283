/* dead_letter_acts.c - what a person does with a dead letter: retry it as it is or mended,
 * send it again, say where it is, or let it go. Threads: handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/lead_change.h"
#include "api/shapes.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/lead_values.h"
#include "mapping/check.h"

struct act {
	struct api_call *call;
	const char *edit_doc;       /* fields of this write only, or NULL */
	const struct lead_change *change; /* of the lead, or NULL */
	int64_t lead;
	bool is_forced;
	const char *text;           /* reason, or remote id */
	struct delivery_filter filter;
};

/* ---- What it shall be mended with ---- */

static int find_letter(struct api_call *call, struct view *view, struct delivery *d,
		       struct catalog *catalog, bool *has_catalog, struct error *err)
{
	int found;

	if (api_delivery_find(call, view, d, err) < 0)
		return -1;
	found = catalog_find_kept(view, call->actor.workspace, d->connection, d->object,
				  catalog, err);
	*has_catalog = found == 1;
	return found < 0 ? -1 : 0;
}

/* A value for this write only is held against the CRM's schema like any other. */
static void check_edit(struct api_call *call, const struct catalog *catalog,
		       struct field *field, struct problems *problems)
{
	const struct catalog_field *target = catalog_find(catalog, field->name);
	struct problem why;

	if (!target)
		problem_add(problems, field->name, "unknown_field",
			    "the CRM has no field of that name",
			    "use a name that the connection's schema lists");
	else if (check_value(call->arena, target, field->value, &field->value, &why) < 0)
		problem_add(problems, field->name, why.code, why.message, why.instruction);
}

static bool read_edit(struct api_call *call, const json_t *json, const struct catalog *catalog,
		      struct act *act)
{
	struct field *fields = arena_array(call->arena, json_object_size(json), sizeof(*fields));
	struct problems problems = { 0 };
	struct error err = { 0 };
	const char *name;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)json, name, value) {
		fields[n].name = name;
		if (value_from_json(call->arena, value, &fields[n].value, &err) < 0)
			problem_add(&problems, name, "not_a_value",
				    arena_strdup(call->arena, err.message),
				    "send text, a number, true, false, null or a list of those");
		else if (catalog)
			check_edit(call, catalog, &fields[n], &problems);
		n++;
	}
	if (n == 0)
		problem_add(&problems, "fields", "empty", "no fields are given",
			    "send {\"fields\": {\"the CRM's field\": value}}");
	if (problems.count) {
		api_problems(call, &problems);
		return false;
	}
	act->edit_doc = doc_of_fields(call->arena, fields, n);
	return true;
}

static bool read_lead(struct api_call *call, const json_t *json, const struct lead *lead,
		      struct act *act)
{
	struct lead_change *change = arena_alloc(call->arena, sizeof(*change));

	lead_change_read(call->arena, api_config(call), lead, json, call->now, change);
	if (change->problems.count) {
		api_problems(call, &change->problems);
		return false;
	}
	act->change = change;
	act->lead = lead->id;
	return true;
}

/* {"fields": {...}} or {"lead": {...}} or nothing; false when it was answered. */
static bool read_mending(struct api_call *call, const json_t *body, struct act *act)
{
	const json_t *fields = json_object_get(body, "fields");
	const json_t *lead_json = json_object_get(body, "lead");
	struct catalog catalog;
	struct delivery d;
	struct lead lead = { 0 };
	struct error err = { 0 };
	struct view *view;
	bool has_catalog;
	int rc;

	if ((fields && !json_is_object(fields)) || (lead_json && !json_is_object(lead_json)) ||
	    (fields && lead_json)) {
		api_problem(call, 422, "invalid",
			    "send {\"fields\": {...}} for this write only, or {\"lead\": {...}} "
			    "to mend the lead, or neither");
		return false;
	}
	view = api_view(call);
	if (!view)
		return false;
	rc = find_letter(call, view, &d, &catalog, &has_catalog, &err);
	if (rc == 0 && lead_json)
		rc = lead_find(view, &call->actor, d.subject, &lead, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return false;
	}
	if (fields)
		return read_edit(call, fields, has_catalog ? &catalog : NULL, act);
	return !lead_json || read_lead(call, lead_json, &lead, act);
}

/* ---- Acting ---- */

static int run_retry(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;
	struct api_call *call = act->call;
	struct delivery d;
	int found;

	if (act->change &&
	    lead_edit(tx, &call->actor, api_config(call), act->lead, act->change->fields,
		      act->change->nfields, act->change->identities, act->change->nidentities,
		      err) < 0)
		return -1;
	/* What was edited may have made it due already. */
	found = act->change ? delivery_find(tx_view(tx), &call->actor, call->id, &d, err) : 0;
	if (found == 1 && d.state == DELIVERY_DUE)
		return 0;
	if (found < 0)
		return -1;
	return delivery_retry(tx, &call->actor, call->id, act->edit_doc, act->is_forced, err);
}

static int run_discard(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return delivery_discard(tx, &act->call->actor, act->call->id, act->text, err);
}

static int run_point(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return delivery_point(tx, &act->call->actor, act->call->id, act->text, err);
}

static int run_retry_all(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return delivery_retry_all(tx, &act->call->actor, &act->filter, err);
}

static int out_state(struct api_call *call, struct view *view, struct out *out,
		     struct error *err)
{
	struct delivery d;

	if (api_delivery_find(call, view, &d, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_delivery_members(out, api_config(call), &d);
	out_close(out, '}');
	return 0;
}

/* Does it and answers with the delivery as it is then. */
static void act_and_show(struct act *act, api_run *run)
{
	if (api_write(act->call, run, act) >= 0)
		api_read(act->call, out_state);
}

void api_dead_letters_retry(struct api_call *call)
{
	json_t *body;
	struct act act = { .call = call };

	if (!api_id(call) || !api_config(call))
		return;
	body = api_body_or_none(call, "fields lead");
	if (body && read_mending(call, body, &act))
		act_and_show(&act, run_retry);
}

void api_dead_letters_send_again(struct api_call *call)
{
	struct act act = { .call = call, .is_forced = true };

	if (api_id(call) && api_config(call) && api_body_or_none(call, ""))
		act_and_show(&act, run_retry);
}

/* The text of the body's one member, 1 to `max` bytes; NULL when it was answered. */
static const char *text_of(struct api_call *call, const char *member, size_t max)
{
	json_t *body = api_body(call, member);
	const char *text = body ? json_string_of(body, member) : NULL;

	if (body && (text_is_empty(text) || strlen(text) > max)) {
		api_problem(call, 422, "invalid", "%s: want text of 1 to %zu bytes", member,
			    max);
		return NULL;
	}
	return text;
}

void api_dead_letters_discard(struct api_call *call)
{
	struct act act = { .call = call };

	if (!api_id(call) || !api_config(call))
		return;
	act.text = text_of(call, "reason", 500);
	if (act.text)
		act_and_show(&act, run_discard);
}

void api_dead_letters_point(struct api_call *call)
{
	struct act act = { .call = call };

	if (!api_id(call) || !api_config(call))
		return;
	act.text = text_of(call, "remote_id", 200);
	if (act.text)
		act_and_show(&act, run_point);
}

/* Every dead letter of a filter, at most 1,000 a request: those whose outcome is unknown
 * are looked for first, as always. */
void api_dead_letters_retry_all(struct api_call *call)
{
	struct act act = { .call = call };
	struct error err = { 0 };
	int count;

	if (!api_config(call) || !api_body_or_none(call, ""))
		return;
	if (api_delivery_filter(call, &act.filter, &err) < 0) {
		api_fail(call, &err);
		return;
	}
	act.filter.max = 1000;
	count = api_write(call, run_retry_all, &act);
	if (count >= 0)
		api_reply(call, 200, arena_printf(call->arena, "{\"retried\":%d}", count));
}
