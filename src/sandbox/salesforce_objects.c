/* salesforce_objects.c - one record at a time (fact sheet 5). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

struct sb_object *sf_object_of_path(struct sb_call *call, size_t param)
{
	struct sb_object *object = sf_object_find(call->account, sb_param(call, param));

	if (!object)
		sf_not_found(call);
	return object;
}

static const struct sf_refusal absent = {
	.status = 404,
	.code = "NOT_FOUND",
	.message = "The requested resource does not exist",
};
static const struct sf_refusal deleted = {
	.status = 404,
	.code = "ENTITY_IS_DELETED",
	.message = "entity is deleted",
};

struct sb_record *sf_record_of_id(struct sb_call *call, struct sb_object *object,
				  const char *text, struct sf_refusal *refusal)
{
	const char *id = sf_id(call->arena, text);
	struct sb_record *record = id ? sb_record_find(object, id) : NULL;

	if (record && record->state == SB_LIVE)
		return record;
	*refusal = record ? deleted : absent;
	if (record)
		refusal->status = (int)sb_switch(call->account, "deleted_status");
	return NULL;
}

/* --- external ids --- */

struct matches {
	struct sb_call *call;
	struct sb_record *first;
	json_t *urls;
};

static bool add_match(struct sb_record *record, void *context)
{
	struct matches *matches = context;

	if (!matches->first)
		matches->first = record;
	json_array_append_new(matches->urls, json_string(sf_record_url(matches->call, record)));
	return true;
}

struct sb_record *sf_record_of_key(struct sb_call *call, struct sb_object *object,
				   const char *name, const char *value,
				   struct sf_refusal *refusal)
{
	struct sb_field *field = sf_field_find(object, name);
	struct matches matches = { .call = call,
				   .urls = json_keep(call->arena, json_array()) };

	if (!field || !sf_field_identifies(field)) {
		*refusal = (struct sf_refusal){
			.status = 404,
			.code = "NOT_FOUND",
			.message = "Provided external ID field does not exist or is not accessible",
		};
		return NULL;
	}
	sb_record_each(field, value, add_match, &matches);
	if (json_array_size(matches.urls) < 2)
		return matches.first;
	*refusal = (struct sf_refusal){
		.status = 300,
		.code = "DUPLICATE_EXTERNAL_ID",
		.message = arena_printf(call->arena, "%s: more than one record found for external "
						     "id field: %s", name, value),
		.urls = matches.urls,
	};
	return NULL;
}

/* The record of "/{object}/{field}/{value}"; NULL after a reply. */
static struct sb_record *record_by_path(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	struct sf_refusal refusal = { 0 };
	struct sb_record *record;

	if (!object)
		return NULL;
	record = sf_record_of_key(call, object, sb_param(call, 1), sb_param(call, 2), &refusal);
	if (!record)
		sf_refuse(call, refusal.status ? &refusal : &absent);
	return record;
}

static struct sb_record *record_of_path(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	struct sf_refusal refusal = { 0 };
	struct sb_record *record;

	if (!object)
		return NULL;
	record = sf_record_of_id(call, object, sb_param(call, 1), &refusal);
	if (!record)
		sf_refuse(call, &refusal);
	return record;
}

/* --- reading --- */

static struct sf_refusal no_column(struct sb_call *call, const struct sb_object *object,
				   const char *name)
{
	return (struct sf_refusal){
		.status = 400,
		.code = "INVALID_FIELD",
		.message = arena_printf(call->arena, "No such column '%s' on sobject of type %s",
					name, sb_object_spec(object)->name),
	};
}

struct sb_field **sf_fields_of_list(struct sb_call *call, struct sb_object *object,
				    const char *list, size_t *count, struct sf_refusal *refusal)
{
	struct sb_field **fields = arena_array(call->arena, strlen(list) + 1, sizeof(*fields));

	*count = 0;
	while (*list) {
		size_t len = strcspn(list, ",");
		const char *name = text_trim(call->arena, arena_strndup(call->arena, list, len));
		struct sb_field *field = sf_field_find(object, name);

		if (!field) {
			*refusal = no_column(call, object, name);
			return NULL;
		}
		fields[(*count)++] = field;
		list += len + (list[len] == ',');
	}
	return fields;
}

static void show(struct sb_call *call, struct sb_record *record)
{
	const char *list = sb_query(call, "fields");
	struct sf_refusal refusal = { 0 };
	struct sb_field **fields = NULL;
	size_t count = 0;

	if (list)
		fields = sf_fields_of_list(call, record->object, list, &count, &refusal);
	if (refusal.status)
		sf_refuse(call, &refusal);
	else
		sb_reply_json(call, 200, sf_record(call, record, fields, count));
}

void sf_get(struct sb_call *call)
{
	struct sb_record *record = record_of_path(call);

	if (record)
		show(call, record);
}

void sf_get_by_key(struct sb_call *call)
{
	struct sb_record *record = record_by_path(call);

	if (record)
		show(call, record);
}

/* --- writing --- */

/* The body as an object; NULL after a reply. */
static const json_t *input_of(struct sb_call *call)
{
	const json_t *body = sb_json(call);

	if (body && !json_is_object(body)) {
		sf_problem(call, SB_PROBLEM_BAD_JSON, 0);
		return NULL;
	}
	return body;
}

static json_t *saved(const struct sb_record *record)
{
	return json_pack("{ss sb s[]}", "id", record->id, "success", 1, "errors");
}

static void create(struct sb_call *call, struct sb_object *object, const json_t *input,
		   bool is_upsert)
{
	struct sf_refusal refusal = { 0 };
	struct sb_record *record = sf_create(call, object, input, &refusal);
	json_t *json;

	if (!record) {
		sf_refuse(call, &refusal);
		return;
	}
	json = saved(record);
	if (is_upsert)
		json_object_set_new(json, "created", json_true());
	sb_reply_header(call, "Location", sf_record_url(call, record));
	sb_reply_json(call, 201, json);
}

void sf_post(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	const json_t *input = object ? input_of(call) : NULL;

	if (input)
		create(call, object, input, false);
}

void sf_patch(struct sb_call *call)
{
	struct sf_refusal refusal = { 0 };
	struct sb_record *record = record_of_path(call);
	const json_t *input = record ? input_of(call) : NULL;

	if (!input)
		return;
	if (sf_update(call, record, input, &refusal))
		sb_reply_empty(call, 204);
	else
		sf_refuse(call, &refusal);
}

static json_t *with_key(struct sb_call *call, const struct sb_field *field, const json_t *input)
{
	json_t *whole = json_keep(call->arena, json_copy((json_t *)input));

	json_object_set_new(whole, field->name, json_string(sb_param(call, 2)));
	return whole;
}

void sf_upsert(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	const json_t *input = object ? input_of(call) : NULL;
	struct sf_refusal refusal = { 0 };
	struct sb_record *record;
	json_t *json;

	if (!input)
		return;
	record = sf_record_of_key(call, object, sb_param(call, 1), sb_param(call, 2), &refusal);
	if (!refusal.status && json_object_get(input, sb_param(call, 1)))
		sf_fail(call, 400, "INVALID_FIELD",
			"The %s field should not be specified in the sobject data.",
			sb_param(call, 1));
	else if (refusal.status || (record && !sf_update(call, record, input, &refusal)))
		sf_refuse(call, &refusal);
	else if (!record)
		create(call, object,
		       with_key(call, sf_field_find(object, sb_param(call, 1)), input), true);
	else if (sb_switch(call->account, "upsert_says_204")) {
		sb_reply_empty(call, 204);
	} else {
		json = saved(record);
		json_object_set_new(json, "created", json_false());
		sb_reply_json(call, 200, json);
	}
}

static void remove_record(struct sb_call *call, struct sb_record *record)
{
	struct sf_refusal refusal = { 0 };

	if (!record)
		return;
	if (sf_delete(call, record, &refusal))
		sb_reply_empty(call, 204);
	else
		sf_refuse(call, &refusal);
}

void sf_remove(struct sb_call *call)
{
	remove_record(call, record_of_path(call));
}

void sf_remove_by_key(struct sb_call *call)
{
	remove_record(call, record_by_path(call));
}
