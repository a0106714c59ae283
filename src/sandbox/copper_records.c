/* copper_records.c - create, read, update, delete, upsert, bulk (5). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"

#define BULK_MAX 10
#define MATCHES_TOLD 30

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

struct sb_record *sb_copper_record_of(struct sb_call *call)
{
	struct sb_record *record =
		sb_live_find(call->account, call->route->tag, sb_param(call, 0));

	if (!record)
		sb_copper_not_found(call);
	return record;
}

/* --- one record --- */

void sb_copper_get(struct sb_call *call)
{
	const struct sb_record *record = sb_copper_record_of(call);

	if (record)
		sb_reply_json(call, 200, sb_copper_json(call, record));
}

/* One that was deleted stays as a stub (6). */
void sb_copper_get_activity(struct sb_call *call)
{
	const struct sb_object *activities = object_of(call);
	const struct sb_record *record = sb_record_find(activities, sb_param(call, 0));

	if (record)
		sb_reply_json(call, 200, sb_copper_json(call, record));
	else
		sb_copper_not_found(call);
}

static void create(struct sb_call *call, const json_t *body)
{
	struct sb_copper_refusal refusal;
	json_t *values = sb_copper_values(call, object_of(call), body, NULL, &refusal);
	const struct sb_record *record;

	if (!values) {
		sb_copper_refuse(call, &refusal);
		return;
	}
	record = sb_copper_create(call, object_of(call), values);
	if (record)
		sb_reply_json(call, 200, sb_copper_json(call, record));
	else
		sb_copper_problem(call, SB_PROBLEM_FULL, 0);
}

static void update(struct sb_call *call, struct sb_record *record, const json_t *body)
{
	struct sb_copper_refusal refusal;
	json_t *values = sb_copper_values(call, record->object, body, record, &refusal);

	if (!values) {
		sb_copper_refuse(call, &refusal);
		return;
	}
	sb_copper_update(call, record, values);
	sb_reply_json(call, 200, sb_copper_json(call, record));
}

void sb_copper_post(struct sb_call *call)
{
	const json_t *body = sb_json(call);

	if (body)
		create(call, body);
}

void sb_copper_put(struct sb_call *call)
{
	struct sb_record *record = sb_copper_record_of(call);
	const json_t *body = record ? sb_json(call) : NULL;

	if (body)
		update(call, record, body);
}

void sb_copper_delete(struct sb_call *call)
{
	struct sb_record *record = sb_copper_record_of(call);

	if (!record)
		return;
	sb_record_delete(call, record);
	sb_reply_json(call, 200, json_pack("{sI sb}", "id", (json_int_t)sb_id_number(record->id),
					   "is_deleted", 1));
}

/* --- upsert --- */

struct match {
	struct sb_call *call;
	const struct sb_field *field;
	const char *text;
	bool is_email;
	struct sb_record *first;
	json_t *ids;
};

static bool email_is(const json_t *value, const char *text)
{
	const char *email = json_string_of(value, "email");
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)value, i, item)
		if (email_is(item, text))
			return true;
	return email && text_equal_nocase(email, text);
}

static bool record_matches(const struct match *match, const struct sb_record *record)
{
	const char *text;
	json_t *value;
	bool is_one;

	if (record->state != SB_LIVE)
		return false;
	if (!match->is_email) {
		text = sb_record_text(record, match->field, match->call->arena);
		return text && text_equal_nocase(text, match->text);
	}
	value = sb_record_value(record, match->field);
	is_one = email_is(value, match->text);
	json_decref(value);
	return is_one;
}

/* Reads "match"; false after refusing it. */
static bool read_match(struct match *match, const json_t *json)
{
	struct sb_call *call = match->call;
	const char *name = json_string_of(json, "field_name");
	const json_t *value = json_object_get(json, "field_value");

	match->text = sb_id_text(call->arena, value);
	if (text_equal(name, "custom")) {
		const char *id = sb_id_text(call->arena,
					    json_object_get(value, "custom_field_definition_id"));

		match->field = id ? sb_field_find(object_of(call), id) : NULL;
		match->text = sb_id_text(call->arena, json_object_get(value, "value"));
		if (match->field && !(match->field->flags & SB_CUSTOM))
			match->field = NULL;
		if (match->field && !json_is_true(json_object_get(match->field->extra,
								  "is_filterable")))
			match->field = NULL;
	} else if (text_equal(name, "email")) {
		match->is_email = true;
		match->field = sb_field_find(object_of(call), "email");
		if (!match->field)
			match->field = sb_field_find(object_of(call), "emails");
	} else if (text_equal(name, "name")) {
		match->field = sb_field_find(object_of(call), "name");
	}
	if (match->field && !text_is_empty(match->text))
		return true;
	sb_copper_fail(call, 422, "Invalid input: Validation errors: Match: Invalid value for "
				  "Match: field_name or field_value");
	return false;
}

static void find_matches(struct match *match)
{
	const struct sb_object *object = object_of(match->call);

	match->ids = json_keep(match->call->arena, json_array());
	for (size_t i = 0; i < sb_object_count(object); i++) {
		struct sb_record *record = sb_object_record(object, i);

		if (!record_matches(match, record))
			continue;
		if (!match->first)
			match->first = record;
		json_array_append_new(match->ids, json_integer(sb_id_number(record->id)));
	}
}

/* More than thirty are not named (5). */
static void say_several(const struct match *match)
{
	bool is_told = json_array_size(match->ids) <= MATCHES_TOLD;
	struct sb_call *call = match->call;

	sb_copper_fail(call, 422, "Multiple records match%s%s", is_told ? ": " : "",
		       is_told ? json_text(call->arena, match->ids) : "");
	if (is_told && !sb_switch(call->account, "upsert_ids_in_text"))
		json_object_set(call->reply_json, "ids", match->ids);
}

/* A new one is written with what it was looked for by. */
static json_t *with_key(const struct match *match, const json_t *properties)
{
	struct arena *arena = match->call->arena;
	json_t *body = json_keep(arena, json_copy((json_t *)properties));
	json_t *list = json_object_get(body, "custom_fields");

	if (!(match->field->flags & SB_CUSTOM))
		return body;
	list = json_is_array(list) ? json_copy(list) : json_array();
	json_array_append_new(list, json_pack("{sI ss}", "custom_field_definition_id",
					      (json_int_t)sb_id_number(match->field->name),
					      "value", match->text));
	json_object_set_new(body, "custom_fields", list);
	return body;
}

void sb_copper_upsert(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const json_t *properties = json_object_get(body, "properties");
	struct match match = { .call = call };

	if (!body || !read_match(&match, json_object_get(body, "match")))
		return;
	find_matches(&match);
	if (!json_is_object(properties))
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Properties: can't "
					  "be blank");
	else if (json_array_size(match.ids) > 1)
		say_several(&match);
	else if (match.first)
		update(call, match.first, properties);
	else
		create(call, with_key(&match, properties));
}

/* --- bulk --- */

static const json_t *bulk_of(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const json_t *list = json_object_get(body, call->route->tag);

	if (!body)
		return NULL;
	if (!json_is_array(list)) {
		sb_copper_fail(call, 422, "Invalid input: Validation errors: %s: must be an array",
			       call->route->tag);
		return NULL;
	}
	if (json_array_size(list) <= BULK_MAX)
		return list;
	sb_reply_json(call, 422, json_pack("{ss}", "error",
					   "Request size too large, limit is 10"));
	return NULL;
}

/* Answers each item of the list with what `each` gives (new): it says whether the item was
 * written, so one bad item stops none of the others. */
static void bulk(struct sb_call *call,
		 json_t *(*each)(struct sb_call *call, const json_t *item, size_t index))
{
	const json_t *list = bulk_of(call);
	json_t *answer, *item;
	size_t i;

	if (!list)
		return;
	answer = json_array();
	json_array_foreach((json_t *)list, i, item)
		json_array_append_new(answer, each(call, item, i));
	sb_reply_json(call, 200, answer);
}

static json_t *create_item(struct sb_call *call, const json_t *item, size_t index)
{
	struct sb_copper_refusal refusal;
	json_t *values = sb_copper_values(call, object_of(call), item, NULL, &refusal);
	const struct sb_record *record = NULL;

	if (sb_bad_record(call, index)) {
		refusal = (struct sb_copper_refusal){ "name", "Name", "invalid" };
		values = NULL;
	}
	if (values)
		record = sb_copper_create(call, object_of(call), values);
	if (values && !record)
		refusal = (struct sb_copper_refusal){ "base", "Base", "full" };
	return record ? sb_copper_json(call, record) : sb_copper_refused_item(&refusal);
}

void sb_copper_bulk_create(struct sb_call *call)
{
	bulk(call, create_item);
}

static json_t *update_item(struct sb_call *call, const json_t *item, size_t index)
{
	const json_t *id = json_object_get(item, "id");
	const char *text = sb_id_text(call->arena, id);
	struct sb_record *record = text ? sb_live_find(call->account, call->route->tag, text) :
					  NULL;
	struct sb_copper_refusal refusal = { "id", "Id", "not found" };
	json_t *values, *answer;

	values = record ? sb_copper_values(call, record->object, item, record, &refusal) : NULL;
	if (sb_bad_record(call, index)) {
		refusal = (struct sb_copper_refusal){ "name", "Name", "invalid" };
		values = NULL;
	}
	if (values) {
		sb_copper_update(call, record, values);
		return sb_copper_json(call, record);
	}
	answer = sb_copper_refused_item(&refusal);
	if (id)
		json_object_set(answer, "id", (json_t *)id);
	return answer;
}

void sb_copper_bulk_update(struct sb_call *call)
{
	bulk(call, update_item);
}
