/* close_bulk.c - one change to all leads that a search finds, made a while later (5).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/later.h"

static json_t *bulk_json(struct sb_call *call, const struct sb_record *bulk)
{
	static const char *const names[] = { "lead_status_id", "custom_field_name",
					     "custom_field_value" };
	json_t *json = sb_close_flat(call, bulk), *asked, *query;

	asked = json_keep(call->arena, json_incref(json_object_get(json, "asked")));
	query = json_keep(call->arena, json_incref(json_object_get(json, "s_query")));
	json_object_del(json, "values");
	json_object_del(json, "asked");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *value = json_object_get(asked, names[i]);

		json_object_set(json, names[i], value ? value : json_null());
	}
	json_object_set(json, "n_leads", json_object_get(json, "n_objects"));
	json_object_set(json, "n_leads_processed", json_object_get(json, "n_objects_processed"));
	json_object_set_new(json, "query", json_null());
	json_object_set_new(json, "results_limit", json_null());
	json_object_set_new(json, "sort", json_is_array(json_object_get(query, "sort")) ?
						  json_incref(json_object_get(query, "sort")) :
						  json_array());
	json_object_set_new(json, "send_done_email",
			    json_boolean(!json_is_false(json_object_get(asked,
									"send_done_email"))));
	return json;
}

/* --- what is to be changed --- */

static void say(json_t *errors, const char *name, const char *why)
{
	json_object_set_new(errors, name, json_string(why));
}

/* "custom.cf_x", "custom.cf_x.add" or "custom.cf_x.remove"; NULL when it is refused. */
static const char *custom_key(struct sb_call *call, const json_t *body, json_t *errors)
{
	const char *id = json_string_of(body, "custom_field_id");
	const char *operation = json_string_of(body, "custom_field_operation");
	const struct sb_field *field;

	if (!id)
		id = json_string_of(body, "custom_field_name");
	field = id ? sb_close_custom(call, sb_object_find(call->account, "lead"), id) : NULL;
	if (!field)
		say(errors, "custom_field_id", "The Custom Field does not exist.");
	else if (operation && !sb_has_word("replace|add|remove", operation))
		say(errors, "custom_field_operation",
		    "Value must be one of: replace, add, remove.");
	else
		return operation && strcmp(operation, "replace") != 0 ?
			       arena_printf(call->arena, "%s.%s", field->name, operation) :
			       field->name;
	return NULL;
}

/* The body of a PUT that does the same to one lead; what is wrong goes to `errors`. */
static json_t *change_of(struct sb_call *call, const json_t *body, json_t *errors)
{
	json_t *change = json_keep(call->arena, json_object());
	const char *type = json_string_of(body, "type"), *key;
	json_t *value = json_object_get(body, "custom_field_value");

	if (text_equal(type, "set_lead_status")) {
		value = json_object_get(body, "lead_status_id");
		json_object_set(change, "status_id", value ? value : json_null());
		if (!json_is_string(value))
			say(errors, "lead_status_id", "This field is required.");
		return change;
	}
	key = custom_key(call, body, errors);
	if (!key)
		return change;
	if (!value)
		value = json_object_get(body, "custom_field_values");
	if (text_equal(type, "clear_custom_field"))
		value = json_null();
	else if (!value)
		say(errors, "custom_field_value", "This field is required.");
	json_object_set(change, key, value ? value : json_null());
	return change;
}

/* What the change would be refused for, of any lead. */
static void check_change(struct sb_call *call, const json_t *change, json_t *errors)
{
	json_t *wrong = json_keep(call->arena, json_object()), *why;
	const char *key;

	sb_close_values(call, sb_object_find(call->account, "lead"), change, NULL, wrong);
	json_object_foreach(wrong, key, why)
		if (json_object_get(change, key))
			json_object_set(errors, key, why);
}

/* --- making it --- */

static void apply(struct sb_call *call, struct sb_record *lead, const json_t *change)
{
	json_t *errors = json_keep(call->arena, json_object());
	json_t *values = sb_close_values(call, lead->object, change, lead, errors);

	if (!json_object_size(errors))
		sb_close_update(call, lead, values);
}

static void set_status(struct sb_call *call, struct sb_record *bulk, const char *status,
		       size_t count, size_t processed)
{
	json_t *values = json_pack("{ss sI sI}", "status", status, "n_objects", (json_int_t)count,
				   "n_objects_processed", (json_int_t)processed);

	sb_record_update(call, bulk, json_keep(call->arena, values));
}

/* Finds as a search would, then changes one after the other. */
static void run(struct sb_call *call, const json_t *doc)
{
	struct sb_record *bulk = sb_live_find(call->account, "bulk_edit",
					      json_string_of(doc, "id"));
	struct sb_record **leads;
	json_t *query, *change;
	size_t count;

	if (!bulk)
		return;
	query = json_keep(call->arena, sb_record_value_of(bulk, "s_query"));
	change = json_keep(call->arena, sb_record_value_of(bulk, "values"));
	if (!sb_close_find_leads(call, json_object_get(query, "query"),
				 json_object_get(query, "sort"), &leads, &count)) {
		set_status(call, bulk, "error", 0, 0); /* a field went meanwhile */
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (leads[i]->state == SB_LIVE)
			apply(call, leads[i], change);
	set_status(call, bulk, "done", count, count);
}

void sb_close_add_bulk(struct sb_call *call)
{
	const json_t *body = sb_close_body(call), *query;
	json_t *errors = json_keep(call->arena, json_object()), *change;
	struct sb_record **leads, *bulk;
	size_t count;

	if (!body)
		return;
	if (!sb_has_word("set_lead_status|set_custom_field|clear_custom_field",
			 json_string_of(body, "type"))) {
		sb_close_refuse(call, "type", "Value must be one of: set_lead_status, "
					      "set_custom_field, clear_custom_field.");
		return;
	}
	change = change_of(call, body, errors);
	if (!json_object_size(errors))
		check_change(call, change, errors);
	query = json_object_get(body, "s_query");
	if (sb_close_refused(call, errors) ||
	    !sb_close_find_leads(call, json_object_get(query, "query"),
				 json_object_get(query, "sort"), &leads, &count))
		return;
	bulk = sb_close_create(
		call, sb_object_find(call->account, "bulk_edit"),
		json_keep(call->arena,
			  json_pack("{ss ss sO sO sO sI sI}", "type",
				    json_string_of(body, "type"), "status", "created", "s_query",
				    query, "values", change, "asked", body, "n_objects",
				    (json_int_t)count, "n_objects_processed", (json_int_t)0)));
	if (!bulk)
		return;
	sb_later(call, sb_switch(call->account, "bulk_ms"), run, json_pack("{ss}", "id", bulk->id));
	sb_reply_json(call, 200, bulk_json(call, bulk));
}

void sb_close_bulk(struct sb_call *call)
{
	const struct sb_record *bulk = sb_close_live(call, "bulk_edit", sb_param(call, 0));

	if (bulk)
		sb_reply_json(call, 200, bulk_json(call, bulk));
}
