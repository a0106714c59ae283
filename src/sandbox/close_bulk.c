/* close_bulk.c - one change to all that a search finds, or to the contacts or opportunities
 * of the leads that it finds, made a while later (5). Threads: under the sandbox's lock. */
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

static const struct bulk_type {
	const char *name, *object;
	bool is_clearing;
} types[] = {
	{ "set_lead_status", "lead", false },
	{ "set_custom_field", "lead", false },
	{ "clear_custom_field", "lead", true },
	{ "set_contact_custom_field", "contact", false },
	{ "clear_contact_custom_field", "contact", true },
	{ "set_opportunity_custom_field", "opportunity", false },
	{ "clear_opportunity_custom_field", "opportunity", true },
};

/* NULL for a type that there is not. */
static const struct bulk_type *type_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

static void say(json_t *errors, const char *name, const char *why)
{
	json_object_set_new(errors, name, json_string(why));
}

/* "custom.cf_x", "custom.cf_x.add" or "custom.cf_x.remove"; NULL when it is refused. */
static const char *custom_key(struct sb_call *call, const char *object, const json_t *body,
			      json_t *errors)
{
	const char *id = json_string_of(body, "custom_field_id");
	const char *operation = json_string_of(body, "custom_field_operation");
	const struct sb_field *field;

	if (!id)
		id = json_string_of(body, "custom_field_name");
	field = id ? sb_close_custom(call, sb_object_find(call->account, object), id) : NULL;
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

/* The body of a PUT that does the same to one record; what is wrong goes to `errors`. */
static json_t *change_of(struct sb_call *call, const struct bulk_type *type, const json_t *body,
			 json_t *errors)
{
	json_t *change = json_keep(call->arena, json_object());
	json_t *value = json_object_get(body, "custom_field_value");
	const char *key;

	if (strcmp(type->name, "set_lead_status") == 0) {
		value = json_object_get(body, "lead_status_id");
		json_object_set(change, "status_id", value ? value : json_null());
		if (!json_is_string(value))
			say(errors, "lead_status_id", "This field is required.");
		return change;
	}
	key = custom_key(call, type->object, body, errors);
	if (!key)
		return change;
	if (!value)
		value = json_object_get(body, "custom_field_values");
	if (type->is_clearing)
		value = json_null();
	else if (!value)
		say(errors, "custom_field_value", "This field is required.");
	json_object_set(change, key, value ? value : json_null());
	return change;
}

/* What the change would be refused for, of any record. */
static void check_change(struct sb_call *call, const struct bulk_type *type,
			 const json_t *change, json_t *errors)
{
	json_t *wrong = json_keep(call->arena, json_object()), *why;
	const char *key;

	sb_close_values(call, sb_object_find(call->account, type->object), change, NULL, wrong);
	json_object_foreach(wrong, key, why)
		if (json_object_get(change, key))
			json_object_set(errors, key, why);
}

/* --- whom --- */

/* Those that the query finds, or what belongs to the leads that it finds; false after a
 * reply. */
static bool find_all(struct sb_call *call, const struct bulk_type *type, const json_t *query,
		     struct sb_record ***out, size_t *count)
{
	const json_t *tree = json_object_get(query, "query");
	const json_t *sort = json_object_get(query, "sort");
	bool is_direct = text_equal(sb_close_type_in(tree), type->object);
	struct sb_record **leads, **parts;
	size_t nleads, nparts, room;

	if (is_direct || strcmp(type->object, "lead") == 0)
		return sb_close_find(call, type->object, tree, sort, out, count);
	if (!sb_close_find(call, "lead", tree, sort, &leads, &nleads))
		return false;
	room = sb_object_live(sb_object_find(call->account, type->object));
	*out = arena_array(call->arena, room + 1, sizeof(struct sb_record *));
	*count = 0;
	for (size_t i = 0; i < nleads; i++) {
		nparts = sb_close_of_lead(call, type->object, leads[i]->id, &parts);
		for (size_t j = 0; j < nparts && *count < room; j++)
			(*out)[(*count)++] = parts[j];
	}
	return true;
}

/* --- making it --- */

static void apply(struct sb_call *call, struct sb_record *record, const json_t *change)
{
	json_t *errors = json_keep(call->arena, json_object());
	json_t *values = sb_close_values(call, record->object, change, record, errors);

	if (!json_object_size(errors))
		sb_close_update(call, record, values);
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
	const struct bulk_type *type =
		bulk ? type_of(sb_record_text_of(bulk, "type", call->arena)) : NULL;
	struct sb_record **found;
	json_t *query, *change;
	size_t count;

	if (!type)
		return;
	query = json_keep(call->arena, sb_record_value_of(bulk, "s_query"));
	change = json_keep(call->arena, sb_record_value_of(bulk, "values"));
	if (!find_all(call, type, query, &found, &count)) {
		set_status(call, bulk, "error", 0, 0); /* a field went meanwhile */
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (found[i]->state == SB_LIVE)
			apply(call, found[i], change);
	set_status(call, bulk, "done", count, count);
}

/* What is told before: how many were found, and that it is being done. */
static void move_on(struct sb_call *call, const json_t *doc)
{
	struct sb_record *bulk = sb_live_find(call->account, "bulk_edit",
					      json_string_of(doc, "id"));

	if (bulk)
		sb_record_update(call, bulk,
				 json_keep(call->arena,
					   json_pack("{sO}", "status",
						     json_object_get(doc, "status"))));
}

static const char *all_types(struct arena *arena)
{
	const char *text = types[0].name;

	for (size_t i = 1; i < ARRAY_LEN(types); i++)
		text = arena_printf(arena, "%s, %s", text, types[i].name);
	return text;
}

/* NULL after a reply: of activities and custom objects nothing is known but the names. */
static const struct bulk_type *wanted_type(struct sb_call *call, const json_t *body)
{
	static const char others[] = "set_activity_custom_field|clear_activity_custom_field|"
				     "set_global_custom_field|clear_global_custom_field|"
				     "set_custom_object_custom_field|"
				     "clear_custom_object_custom_field";
	const char *name = json_string_of(body, "type");
	const struct bulk_type *type = type_of(name);

	if (!type && sb_has_word(others, name))
		sb_not_imitated(call, "bulk edits of this type");
	else if (!type)
		sb_close_refuse(call, "type", "Value must be one of: %s.",
				all_types(call->arena));
	return type;
}

static void plan(struct sb_call *call, const struct sb_record *bulk)
{
	int64_t third = sb_switch(call->account, "bulk_ms") / 3;

	sb_later(call, third, move_on, json_pack("{ss ss}", "id", bulk->id, "status", "loading"));
	sb_later(call, 2 * third, move_on,
		 json_pack("{ss ss}", "id", bulk->id, "status", "processing"));
	sb_later(call, 3 * third, run, json_pack("{ss}", "id", bulk->id));
}

void sb_close_add_bulk(struct sb_call *call)
{
	const json_t *body = sb_close_body(call), *query;
	const struct bulk_type *type = body ? wanted_type(call, body) : NULL;
	json_t *errors = json_keep(call->arena, json_object()), *change;
	struct sb_record **found;
	const struct sb_record *bulk;
	size_t count;

	if (!type)
		return;
	change = change_of(call, type, body, errors);
	if (!json_object_size(errors))
		check_change(call, type, change, errors);
	query = json_object_get(body, "s_query");
	if (sb_close_refused(call, errors) || !find_all(call, type, query, &found, &count))
		return;
	bulk = sb_close_create(
		call, sb_object_find(call->account, "bulk_edit"),
		json_keep(call->arena,
			  json_pack("{ss ss sO sO sO sI sI}", "type", type->name, "status",
				    "created", "s_query", query, "values", change, "asked", body,
				    "n_objects", (json_int_t)count, "n_objects_processed",
				    (json_int_t)0)));
	if (!bulk)
		return;
	plan(call, bulk);
	sb_reply_json(call, 200, bulk_json(call, bulk));
}

void sb_close_bulk(struct sb_call *call)
{
	const struct sb_record *bulk = sb_close_live(call, "bulk_edit", sb_param(call, 0));

	if (bulk)
		sb_reply_json(call, 200, bulk_json(call, bulk));
}
