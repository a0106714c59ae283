/* plain_updates.c - the Lead Update endpoint: what a qualification came to, told for an
 * enquiry. Threads: under the sandbox's lock.
 *
 * An update names the enquiry and sets what it carries; each is kept, so that the history
 * of attempts can be read. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/plain.h"

#define LIST_MAX 200

/* What an update may carry, beside the fields that the customer added; the rest of a lead
 * is not its business. */
static const char *const taken[] = { "enquiry_id", "status",  "qualified_at", "callback_at",
				     "channel",	   "attempt", "notes",	      "custom" };

static bool is_taken(struct sb_call *call, const char *name)
{
	const struct sb_field *field = sb_field_find(plain_leads(call), name);

	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(taken[i], name) == 0)
			return true;
	return field && field->flags & SB_CUSTOM;
}

/* In the zone that was agreed on: Z or +00:00, or +05:30. */
static bool is_agreed(int64_t zone, const char *text)
{
	return zone == 0 || (zone == 1 && (text_ends(text, "Z") || text_ends(text, "+00:00"))) ||
	       (zone == 2 && text_ends(text, "+05:30"));
}

static void check_time(struct sb_call *call, const json_t *body, const char *name,
		       struct plain_refusal *refusal)
{
	const char *text = json_string_of(body, name);
	const json_t *value = json_object_get(body, name);
	int64_t ms;

	if (!value || json_is_null(value))
		return;
	if (!text || !clock_parse(text, &ms))
		plain_wrong(call, refusal, 422, "invalid_value", name,
			    "%s: is not a time with its offset", name);
	else if (!is_agreed(sb_switch(call->account, "time_zone"), text))
		plain_wrong(call, refusal, 422, "wrong_time_zone", name,
			    "%s: is not in the agreed time zone", name);
}

static void check(struct sb_call *call, const json_t *body, struct plain_refusal *refusal)
{
	const char *name;
	json_t *value;

	if (!json_is_object(body))
		plain_wrong(call, refusal, 400, "invalid_json", NULL, "an update is an object");
	json_object_foreach((json_t *)body, name, value)
		if (!is_taken(call, name))
			plain_wrong(call, refusal, 422, "unknown_field",
				    arena_strdup(call->arena, name), "%.64s: no such field", name);
	if (text_is_empty(json_string_of(body, "enquiry_id")))
		plain_wrong(call, refusal, 422, "required", "enquiry_id",
			    "enquiry_id: is required");
	if (text_is_empty(json_string_of(body, "status")))
		plain_wrong(call, refusal, 422, "required", "status", "status: is required");
	check_time(call, body, "qualified_at", refusal);
	check_time(call, body, "callback_at", refusal);
}

/* Custom fields are added to those that the lead has. */
static void merge_custom(struct sb_call *call, const struct sb_record *lead, json_t *values)
{
	json_t *before = json_keep(call->arena, sb_record_value_of(lead, "custom"));
	json_t *given = json_object_get(values, "custom"), *all;

	if (!before || !given)
		return;
	all = json_copy(before);
	json_object_update(all, given);
	json_object_set_new(values, "custom", all);
}

/* The lead of the enquiry, written; NULL after setting the refusal. */
static struct sb_record *write(struct sb_call *call, const json_t *body,
			       struct plain_refusal *refusal)
{
	const struct sb_field *key = sb_field_find(plain_leads(call), "enquiry_id");
	const char *enquiry = json_string_of(body, "enquiry_id");
	struct sb_record *lead = key ? sb_record_by(key, enquiry) : NULL;
	json_t *values;

	if (!lead && !sb_switch(call->account, "update_creates")) {
		plain_wrong(call, refusal, 404, "unknown_enquiry", "enquiry_id",
			    "enquiry_id: there is no such enquiry");
		return NULL;
	}
	values = plain_values(call, body, lead, refusal);
	if (!values)
		return NULL;
	if (!lead) {
		lead = sb_record_create(call, plain_leads(call), values, NULL);
		if (!lead)
			plain_wrong(call, refusal, 507, "full", NULL, "the store is full");
		return lead;
	}
	merge_custom(call, lead, values);
	sb_record_update(call, lead, values);
	return lead;
}

void plain_lead_update(struct sb_call *call)
{
	struct plain_refusal refusal = { 0 };
	const json_t *body = sb_json(call);
	const struct sb_record *lead = NULL;
	const char *enquiry = json_string_of(body, "enquiry_id");

	if (!body)
		return;
	check(call, body, &refusal);
	if (!refusal.code)
		lead = write(call, body, &refusal);
	if (!lead) {
		plain_refuse(call, &refusal);
		return;
	}
	sb_record_add(call, "lead_updates",
		      json_pack("{ss ss sO}", "lead_id", lead->id, "enquiry_id", enquiry, "values",
				body),
		      NULL);
	sb_reply_json(call, 200,
		      json_pack("{sb ss ss so}", "ok", 1, "id", lead->id, "enquiry_id", enquiry,
				"updated_at",
				sb_render_time(call, lead->updated_at, SB_TIME_ZULU)));
}

/* The history of an enquiry, oldest first. */
void plain_lead_updates(struct sb_call *call)
{
	const struct sb_object *updates = sb_object_find(call->account, "lead_updates");
	const char *enquiry = sb_query(call, "enquiry_id");
	json_t *items;

	if (text_is_empty(enquiry)) {
		plain_fail(call, 400, "invalid_parameter", "enquiry_id: is required");
		return;
	}
	items = json_array();
	for (size_t i = 0; i < sb_object_count(updates); i++) {
		const struct sb_record *one = sb_object_record(updates, i);
		json_t *values;

		if (one->state != SB_LIVE || json_array_size(items) == LIST_MAX ||
		    !text_equal(sb_record_text_of(one, "enquiry_id", call->arena), enquiry))
			continue;
		values = sb_record_value_of(one, "values");
		json_object_set_new(values, "at",
				    sb_render_time(call, one->created_at, SB_TIME_ZULU));
		json_array_append_new(items, values);
	}
	sb_reply_json(call, 200, json_pack("{so}", "items", items));
}
