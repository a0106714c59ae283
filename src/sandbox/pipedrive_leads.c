/* pipedrive_leads.c - v1 leads, and how one becomes a deal (4, 5, 7). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/pipedrive.h"
#include "sandbox/query.h"

#define PARTS_MAX 8

static struct sb_object *leads_of(struct sb_call *call)
{
	return sb_object_find(call->account, "leads");
}

/* Leads that were deleted or converted are gone for good. */
static struct sb_record *lead_of(struct sb_call *call)
{
	struct sb_record *lead = sb_live_find(call->account, "leads", sb_param(call, 0));

	if (!lead)
		sb_pipedrive_fail(call, 404, "Object was not found.", "requested lead not found");
	return lead;
}

/* --- lists --- */

/* "update_time ASC"; several are separated by commas, of which the first counts here. */
static bool read_sort(struct sb_call *call, struct sb_sort *sort)
{
	const char *text = sb_query(call, "sort");
	size_t len = text ? strcspn(text, " ,") : 0;

	*sort = (struct sb_sort){ .column = SB_COLUMN_FIELD };
	if (!text)
		return true;
	sort->is_descending = strstr(text, "DESC") || strstr(text, "desc");
	if (len == 11 && strncmp(text, "update_time", len) == 0)
		sort->column = SB_COLUMN_UPDATED;
	else if (len == 8 && strncmp(text, "add_time", len) == 0)
		sort->column = SB_COLUMN_CREATED;
	else if (len == 2 && strncmp(text, "id", len) == 0)
		sort->column = SB_COLUMN_ID;
	else
		sort->field = sb_field_find(leads_of(call),
					    arena_strndup(call->arena, text, len));
	if (sort->column != SB_COLUMN_FIELD || sort->field)
		return true;
	sb_pipedrive_fail(call, 400, NULL, "Bad request: sort names an unknown field");
	return false;
}

static const struct sb_condition *conditions(struct sb_call *call, bool is_archived)
{
	const struct sb_object *leads = leads_of(call);
	const struct sb_pipedrive_kind *kind = sb_pipedrive_kind_of(leads);
	const struct sb_condition **parts = arena_array(call->arena, PARTS_MAX, sizeof(*parts));
	const char *since = sb_query(call, "updated_since");
	size_t count = 0;

	parts[count++] = sb_where(call->arena, SB_EQ, sb_field_find(leads, "is_archived"),
				  is_archived ? "true" : "false");
	for (size_t i = 0; kind->filters[i]; i++) {
		const char *text = sb_query(call, kind->filters[i]);

		if (text)
			parts[count++] = sb_where(call->arena, SB_EQ,
						  sb_field_find(leads, kind->filters[i]), text);
	}
	if (since)
		parts[count++] = sb_where_column(call->arena, SB_GE, SB_COLUMN_UPDATED, since);
	return sb_where_all(call->arena, SB_AND, parts, count);
}

static void list(struct sb_call *call, bool is_archived)
{
	struct sb_query query = { .where = conditions(call, is_archived) };
	const char *since = sb_query(call, "updated_since");
	struct sb_record **found;
	struct sb_sort sort;
	int64_t start, limit, ms;
	json_t *data;
	size_t total;

	if (since && !sb_time_parse(since, &ms)) {
		sb_pipedrive_fail(call, 400, NULL, "Bad request: updated_since is not a time");
		return;
	}
	if (!sb_pipedrive_offset(call, &start, &limit) || !read_sort(call, &sort))
		return;
	query.sorts = &sort;
	query.nsorts = sort.column != SB_COLUMN_FIELD || sort.field ? 1 : 0;
	total = sb_query_run(leads_of(call), &query, call->arena, &found);
	data = json_array();
	for (size_t i = (size_t)start; i < total && i < (size_t)(start + limit); i++)
		json_array_append_new(data, sb_pipedrive_json(call, found[i]));
	sb_pipedrive_data(call, 200, data, sb_pipedrive_pagination(start, limit, total));
}

void sb_pipedrive_leads(struct sb_call *call)
{
	list(call, false);
}

void sb_pipedrive_archived_leads(struct sb_call *call)
{
	list(call, true);
}

/* --- one lead --- */

void sb_pipedrive_lead(struct sb_call *call)
{
	const struct sb_record *lead = lead_of(call);

	if (lead)
		sb_pipedrive_data(call, 200, sb_pipedrive_json(call, lead), NULL);
}

static bool is_enabled(struct sb_call *call)
{
	if (!sb_switch(call->account, "leads_off"))
		return true;
	sb_pipedrive_problem(call, SB_PROBLEM_SERVER, 415);
	return false;
}

void sb_pipedrive_add_lead(struct sb_call *call)
{
	const json_t *body = is_enabled(call) ? sb_json(call) : NULL;
	struct sb_record *lead;
	json_t *values;

	if (!body)
		return;
	values = sb_pipedrive_values(call, leads_of(call), body, NULL);
	if (!values)
		return;
	if (!json_is_integer(json_object_get(values, "person_id")) &&
	    !json_is_integer(json_object_get(values, "organization_id"))) {
		sb_pipedrive_fail(call, 400, NULL,
				  "A lead must be linked to a person or an organization");
		return;
	}
	lead = sb_pipedrive_create(call, leads_of(call), values);
	if (lead)
		sb_pipedrive_data(call, 201, sb_pipedrive_json(call, lead), NULL);
}

void sb_pipedrive_edit_lead(struct sb_call *call)
{
	struct sb_record *lead = lead_of(call);
	const json_t *body = lead ? sb_json(call) : NULL;
	json_t *values = body ? sb_pipedrive_values(call, lead->object, body, lead) : NULL;

	if (!values)
		return;
	json_object_del(values, "origin_id"); /* create only (4) */
	sb_record_update(call, lead, values);
	sb_pipedrive_data(call, 200, sb_pipedrive_json(call, lead), NULL);
}

void sb_pipedrive_delete_lead(struct sb_call *call)
{
	struct sb_record *lead = lead_of(call);

	if (!lead)
		return;
	sb_record_delete(call, lead);
	sb_pipedrive_data(call, 200, json_pack("{ss}", "id", lead->id), NULL);
}

/* --- lead to deal --- */

static void copy(json_t *values, const char *to, const struct sb_record *lead, const char *from)
{
	json_t *value = sb_record_value_of(lead, from);

	if (value)
		json_object_set_new(values, to, value);
}

static struct sb_record *deal_of(struct sb_call *call, const struct sb_record *lead,
				 const json_t *body)
{
	json_t *values = json_keep(call->arena, json_object());
	json_t *value = sb_record_value_of(lead, "value");

	copy(values, "title", lead, "title");
	copy(values, "owner_id", lead, "owner_id");
	copy(values, "person_id", lead, "person_id");
	copy(values, "org_id", lead, "organization_id");
	copy(values, "expected_close_date", lead, "expected_close_date");
	copy(values, "origin_id", lead, "origin_id");
	if (value) {
		json_object_set(values, "value", json_object_get(value, "amount"));
		json_object_set(values, "currency", json_object_get(value, "currency"));
		json_decref(value);
	}
	json_object_set_new(values, "source_lead_id", json_string(lead->id));
	if (json_object_get(body, "stage_id"))
		json_object_set(values, "stage_id", json_object_get(body, "stage_id"));
	for (size_t i = 0; i < sb_object_nfields(lead->object); i++) {
		const struct sb_field *field = sb_object_field(lead->object, i);

		if (field->flags & SB_CUSTOM)
			copy(values, field->name, lead, field->name);
	}
	return sb_pipedrive_create(call, sb_object_find(call->account, "deals"), values);
}

/* Notes and activities of the lead go over to the deal. */
static void move_children(struct sb_call *call, const char *object, const struct sb_record *lead,
			  const struct sb_record *deal)
{
	struct sb_object *of = sb_object_find(call->account, object);
	json_t *change = json_keep(call->arena, json_pack("{sn so}", "lead_id", "deal_id",
							  sb_pipedrive_id(deal)));

	for (size_t i = 0; i < sb_object_count(of); i++) {
		struct sb_record *record = sb_object_record(of, i);

		if (record->state == SB_LIVE &&
		    text_equal(sb_record_text_of(record, "lead_id", call->arena), lead->id))
			sb_record_update(call, record, change);
	}
}

/* The job is done at once; that it takes a while is told by its status alone. */
void sb_pipedrive_convert(struct sb_call *call)
{
	struct sb_record *lead = lead_of(call), *deal = NULL;
	json_t *jobs = json_object_get(call->account->extra, "conversions");
	const json_t *body = lead && call->body_len ? sb_json(call) : NULL;
	const json_t *stage = json_object_get(body, "stage_id");
	char id[SB_UUID_SIZE];

	if (!lead || (call->body_len && !body))
		return;
	if (stage && !sb_live_find(call->account, "stages", sb_id_text(call->arena, stage))) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: stage_id: not found");
		return;
	}
	if (!sb_switch(call->account, "conversion_outcome")) {
		deal = deal_of(call, lead, body);
		if (!deal)
			return;
		move_children(call, "notes", lead, deal);
		move_children(call, "activities", lead, deal);
		sb_record_delete(call, lead);
	}
	sb_rng_uuid(&call->rng, id);
	json_object_set_new(jobs, id,
			    json_pack("{ss sI so}", "lead", lead->id, "at",
				      (json_int_t)call->now, "deal_id",
				      deal ? sb_pipedrive_id(deal) : json_null()));
	sb_touch(call);
	sb_pipedrive_data(call, 200, json_pack("{ss}", "conversion_id", id), json_null());
}

void sb_pipedrive_conversion(struct sb_call *call)
{
	const json_t *jobs = json_object_get(call->account->extra, "conversions");
	const json_t *job = json_object_get(jobs, sb_param(call, 1));
	int64_t outcome = sb_switch(call->account, "conversion_outcome");
	const char *status = outcome == 1 ? "failed" : outcome == 2 ? "rejected" : "completed";
	json_t *data;

	if (!job || !text_equal(json_string_of(job, "lead"), sb_param(call, 0))) {
		sb_pipedrive_not_found(call);
		return;
	}
	if (call->now < json_int_of(job, "at", 0) + sb_switch(call->account, "conversion_ms"))
		status = "running";
	data = json_pack("{ss ss}", "conversion_id", sb_param(call, 1), "status", status);
	if (strcmp(status, "completed") == 0)
		json_object_set(data, "deal_id", json_object_get(job, "deal_id"));
	sb_pipedrive_data(call, 200, data, json_null());
}
