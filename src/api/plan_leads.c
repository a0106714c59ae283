/* plan_leads.c - which leads a plan is for. Threads: handlers. */
#include "api/plan_leads.h"

#include <string.h>
#include <strings.h>

#include "api/imports.h"
#include "base/json.h"
#include "base/text.h"

#define SAMPLE 10

static void chosen_init(struct api_call *call, struct chosen *chosen)
{
	*chosen = (struct chosen){
		.leads = arena_array(call->arena, PLAN_LEADS_MAX, sizeof(*chosen->leads)),
		.as = arena_array(call->arena, PLAN_LEADS_MAX, sizeof(*chosen->as)),
		.lines = arena_array(call->arena, PLAN_LEADS_MAX, sizeof(*chosen->lines)),
		.new = arena_array(call->arena, PLAN_LEADS_MAX, sizeof(*chosen->new)),
	};
}

static bool is_chosen(const struct chosen *chosen, int64_t id)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (chosen->leads[i].id == id)
			return true;
	return false;
}

static void choose(struct chosen *chosen, const struct lead *lead)
{
	if (is_chosen(chosen, lead->id) || chosen->count == PLAN_LEADS_MAX)
		return;
	chosen->leads[chosen->count].id = lead->id;
	chosen->as[chosen->count++] = lead;
}

/* ---- By id ---- */

static int choose_one(struct api_call *call, struct view *view, const json_t *item, size_t at,
		      struct chosen *chosen, struct problems *problems, struct error *err)
{
	struct lead *lead = arena_alloc(call->arena, sizeof(*lead));
	const char *text = json_string_value(item);
	int64_t id;
	int found = 0;

	if (text && id_parse(text, &id))
		found = lead_find(view, &call->actor, id, lead, err);
	if (found == 1)
		choose(chosen, lead);
	if (found == 0)
		problem_add(problems, arena_printf(call->arena, "leads[%zu]", at), "not_found",
			    "there is no such lead", "send the ids that /v1/leads shows");
	return found < 0 ? -1 : 0;
}

static bool choose_by_id(struct api_call *call, const json_t *ids, struct chosen *chosen)
{
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct view *view;
	const json_t *item;
	size_t i;
	int rc = 0;

	if (json_array_size(ids) == 0 || json_array_size(ids) > PLAN_LEADS_MAX) {
		api_problem(call, 422, "invalid", "leads: want 1 to %d ids", PLAN_LEADS_MAX);
		return false;
	}
	view = api_view(call);
	if (!view)
		return false;
	json_array_foreach((json_t *)ids, i, item)
		if (rc == 0)
			rc = choose_one(call, view, item, i, chosen, &problems, &err);
	view_close(view);
	if (rc < 0)
		api_fail(call, &err);
	else if (problems.count)
		api_problems(call, &problems);
	return rc == 0 && problems.count == 0;
}

/* ---- The latest ---- */

static bool choose_latest(struct api_call *call, const json_t *wanted, struct chosen *chosen)
{
	json_int_t number = wanted ? json_integer_value(wanted) : SAMPLE;
	struct lead_filter filter = { 0 };
	struct error err = { 0 };
	struct lead *leads;
	struct view *view;
	size_t count = 0;
	int rc;

	if (number < 1 || number > PLAN_LEADS_MAX) {
		api_problem(call, 422, "invalid", "sample: want a number from 1 to %d",
			    PLAN_LEADS_MAX);
		return false;
	}
	filter.max = (size_t)number;
	view = api_view(call);
	if (!view)
		return false;
	rc = lead_list(view, &call->actor, &filter, &leads, &count, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!leads[i].is_erased)
			choose(chosen, &leads[i]);
	return true;
}

/* ---- Those that the CRM does not know ---- */

static int choose_behind(struct api_call *call, struct view *view,
			 const struct mapping *mapping, struct chosen *chosen,
			 struct error *err)
{
	const struct connection *connection =
		config_connection(api_config(call), mapping->connection);
	int64_t *ids;
	size_t count;

	if (!connection)
		return error_set(err, ERR_NOT_FOUND, "no connection \"%s\"",
				 mapping->connection);
	if (plan_leads_behind(view, &call->actor, connection, mapping, PLAN_LEADS_MAX, &ids,
			      &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct lead *lead = arena_alloc(call->arena, sizeof(*lead));
		int found = lead_find(view, &call->actor, ids[i], lead, err);

		if (found < 0)
			return -1;
		if (found == 1)
			choose(chosen, lead);
	}
	return 0;
}

bool api_plan_leads_behind(struct api_call *call, const struct mapping *mapping,
			   struct chosen *chosen)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	int rc;

	if (!view)
		return false;
	chosen_init(call, chosen);
	rc = choose_behind(call, view, mapping, chosen, &err);
	view_close(view);
	if (rc < 0)
		api_fail(call, &err);
	return rc == 0;
}

/* ---- Of a file ---- */

struct reading {
	struct api_call *call;
	struct chosen *chosen;
};

/* A row that would make or change a lead is planned as the lead would be then. Of several
 * rows of one person the first counts. */
static void take_row(void *context, int64_t line, const struct intake_item *item)
{
	struct reading *reading = context;
	struct chosen *chosen = reading->chosen;
	struct arena *arena = reading->call->arena;
	const struct decision *d = item->decision;
	size_t at = chosen->count;
	struct lead *lead;

	if (!d || !d->lead || at == PLAN_LEADS_MAX ||
	    (item->result != RESULT_CREATED && item->result != RESULT_UPDATED) ||
	    (item->result == RESULT_UPDATED && d->is_new_lead))
		return;
	lead = lead_copy(arena, d->lead);
	if (d->is_new_lead)
		lead->id = id_next(store_ids(reading->call->store), reading->call->now);
	choose(chosen, lead);
	if (chosen->count == at)
		return;
	chosen->leads[at].lead = lead;
	chosen->leads[at].enquiry = d->enquiry ? enquiry_copy(arena, d->enquiry) : NULL;
	chosen->lines[at] = line;
	chosen->new[at] = d->is_new_lead;
}

static bool choose_of_file(struct api_call *call, struct chosen *chosen)
{
	struct import_config config = { .store = call->store, .actor = call->actor,
					.is_plan = true };
	struct reading reading = { call, chosen };
	struct import_progress progress;
	struct error err = { 0 };
	struct import *import;
	bool is_read;

	config.source = api_config(call) ? api_file_source(call, api_config(call)) : NULL;
	if (!config.source)
		return false;
	config.snapshot = call->snapshot;
	import = import_new(&config);
	import_on_row(import, take_row, &reading);
	is_read = import_take(import, call->http->body, call->http->body_len, &err) == 0 &&
		  import_finish(import, &err) == 0;
	progress = import_progress(import);
	chosen->is_file = true;
	chosen->rows = progress.rows;
	chosen->failed = progress.counts.failed;
	import_free(import);
	if (!is_read && err.code == ERR_INVALID)
		api_problem(call, 422, "unreadable_file", "%s", err.message);
	else if (!is_read)
		api_fail(call, &err);
	return is_read;
}

static bool is_csv(const struct api_call *call)
{
	const char *type = http_header_find(&call->http->headers, "Content-Type");

	return type && strncasecmp(type, "text/csv", 8) == 0;
}

bool api_plan_leads(struct api_call *call, struct chosen *chosen)
{
	const json_t *ids, *sample;
	json_t *body;

	chosen_init(call, chosen);
	if (is_csv(call))
		return choose_of_file(call, chosen);
	body = api_body_or_none(call, "leads sample");
	if (!body)
		return false;
	ids = json_object_get(body, "leads");
	sample = json_object_get(body, "sample");
	if (ids && sample) {
		api_problem(call, 422, "invalid", "give leads or a sample, not both");
		return false;
	}
	return ids ? choose_by_id(call, ids, chosen) : choose_latest(call, sample, chosen);
}
