/* leads.c - /v1/leads: finding, showing, editing, merging and erasing leads. Threads:
 * handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/lead_change.h"
#include "api/shapes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

/* ---- Listing ---- */

int api_key_asked(struct api_call *call, const struct hash16 **key, struct error *err)
{
	static const char *const kinds[] = { "email", "phone" };
	const struct lead nobody = { 0 };
	struct lead_change *change = arena_alloc(call->arena, sizeof(*change));
	json_t *given = json_keep(call->arena, json_object());

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const char *text = api_query(call, kinds[i]);

		if (text)
			json_object_set_new(given, kinds[i], json_string(text));
	}
	*key = NULL;
	if (json_object_size(given) == 0)
		return 0;
	if (json_object_size(given) > 1)
		return error_set(err, ERR_INVALID, "give email or phone, not both");
	lead_change_read(call->arena, api_config(call), &nobody, given, call->now, change);
	if (change->problems.count)
		return error_set(err, ERR_INVALID, "%s: %s",
				 change->problems.items[0].field ?
					 change->problems.items[0].field :
					 "key",
				 change->problems.items[0].message);
	if (change->nidentities == 0)
		return error_set(err, ERR_INVALID, "this is no key that leads are known by");
	*key = &change->identities[0].hash;
	return 0;
}

static int filter_asked(struct api_call *call, struct lead_filter *filter, struct error *err)
{
	const char *source = api_query(call, "source"), *since = api_query(call, "since");
	const struct source *found = source ? config_source(api_config(call), source) : NULL;

	*filter = (struct lead_filter){ .before = call->page.before,
					.max = call->page.limit,
					.source = found ? found->id : 0 };
	if (source && !found && !id_parse(source, &filter->source))
		return error_set(err, ERR_NOT_FOUND, "source: there is none named \"%s\"",
				 source);
	if (since && !clock_parse(since, &filter->since))
		return error_set(err, ERR_INVALID,
				 "since: want a time like 2026-03-02T09:30:00Z");
	return api_key_asked(call, &filter->identity, err);
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct lead_filter filter;
	struct lead *leads;
	size_t count;

	if (filter_asked(call, &filter, err) < 0 ||
	    lead_list(view, &call->actor, &filter, &leads, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, leads[i].id); i++)
		out_lead(out, NULL, api_config(call), &leads[i], LEAD_SHORT);
	return 0;
}

void api_leads_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

/* ---- One ---- */

int api_lead_find(struct api_call *call, struct view *view, struct lead *lead,
		  struct error *err)
{
	int found = lead_find(view, &call->actor, call->id, lead, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such lead");
	return found < 0 ? -1 : 0;
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct lead lead;

	if (api_lead_find(call, view, &lead, err) < 0)
		return -1;
	out_lead(out, NULL, api_config(call), &lead, LEAD_WHOLE);
	return 0;
}

void api_leads_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}

/* ---- Editing ---- */

struct act {
	struct api_call *call;
	const struct lead_change *change;
	int64_t other, merge;
};

static int run_edit(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;
	const struct lead_change *change = act->change;

	return lead_edit(tx, &act->call->actor, api_config(act->call), act->call->id,
			 change->fields, change->nfields, change->identities,
			 change->nidentities, err);
}

/* What the lead is now says how its new values are read; false when it was answered. */
static bool read_change(struct api_call *call, const json_t *body, struct lead_change *change)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	struct lead lead;
	int rc;

	if (!view)
		return false;
	rc = api_lead_find(call, view, &lead, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return false;
	}
	lead_change_read(call->arena, api_config(call), &lead, body, call->now, change);
	if (change->problems.count)
		api_problems(call, &change->problems);
	return change->problems.count == 0;
}

void api_leads_edit(struct api_call *call)
{
	struct lead_change change;
	struct act act = { .call = call, .change = &change };
	json_t *body;

	if (!api_id(call) || !api_config(call))
		return;
	body = api_body(call, NULL);
	if (body && read_change(call, body, &change) && api_write(call, run_edit, &act) >= 0)
		api_read(call, get);
}

/* ---- Merging ---- */

static int run_merge(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return lead_merge(tx, &act->call->actor, api_config(act->call), act->call->id,
			  act->other, &act->merge, err);
}

static int out_merged(struct api_call *call, struct act *act)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	struct lead lead;
	struct out out;
	int rc;

	if (!view)
		return -1;
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_id(&out, "merge_id", act->merge);
	rc = api_lead_find(call, view, &lead, &err);
	if (rc == 0)
		out_lead(&out, "lead", api_config(call), &lead, LEAD_WHOLE);
	view_close(view);
	out_close(&out, '}');
	if (rc < 0)
		api_fail(call, &err);
	else
		api_reply_out(call, 200, &out);
	return rc;
}

void api_leads_merge(struct api_call *call)
{
	struct act act = { .call = call };
	json_t *body;

	if (!api_id(call) || !api_config(call))
		return;
	body = api_body(call, "other");
	if (!body)
		return;
	if (!id_parse(json_string_of(body, "other"), &act.other)) {
		api_problem(call, 422, "invalid",
			    "other: want the id of the lead that is the same person");
		return;
	}
	if (api_write(call, run_merge, &act) >= 0)
		out_merged(call, &act);
}

/* ---- Erasing ---- */

static int run_erase(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return lead_erase(tx, &act->call->actor, act->call->id, err);
}

/* Where the person still is: Fairlead forgets, it does not reach into CRMs. */
static int out_erased(struct api_call *call, struct view *view, struct out *out,
		      struct error *err)
{
	struct delivery_filter filter = { .max = 100 };
	struct delivery *rows;
	struct lead lead;
	size_t count;

	if (api_lead_find(call, view, &lead, err) < 0)
		return -1;
	filter.subject = lead.id;
	if (delivery_list(view, &call->actor, &filter, &rows, &count, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_id(out, "lead_id", lead.id);
	out_bool(out, "is_erased", lead.is_erased);
	out_open(out, "still_at", '[');
	for (size_t i = 0; i < count; i++) {
		struct link link;
		int found = link_find(view, &call->actor, lead.id, rows[i].connection,
				      rows[i].role, &link, err);

		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		out_open(out, NULL, '{');
		out_connection(out, "connection", api_config(call), rows[i].connection);
		out_text(out, "object", link.object);
		out_text(out, "remote_id", link.remote_id);
		out_close(out, '}');
	}
	out_close(out, ']');
	out_close(out, '}');
	return 0;
}

void api_leads_erase(struct api_call *call)
{
	struct act act = { .call = call };

	if (api_id(call) && api_config(call) && api_body_or_none(call, "") &&
	    api_write(call, run_erase, &act) >= 0)
		api_read(call, out_erased);
}
