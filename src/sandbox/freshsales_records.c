/* freshsales_records.c - create, read, update, delete, upsert (5). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

static json_t *answer_of(struct sb_call *call, const struct sb_record *record)
{
	return json_pack("{so}", sb_fresh_kind_of(record->object)->one,
			 sb_fresh_json(call, record));
}

/* The member of the wrapper; NULL after refusing. */
static const json_t *wrapped(struct sb_call *call)
{
	const char *one = sb_fresh_kind_of(object_of(call))->one;
	const json_t *body = sb_json(call), *inner = json_object_get(body, one);

	if (body && !json_is_object(inner))
		sb_fresh_fail(call, 400, "%s is missing", one);
	return json_is_object(inner) ? inner : NULL;
}

static void create_or_refuse(struct sb_call *call, const json_t *body)
{
	const char *sentence;
	json_t *values = sb_fresh_values(call, object_of(call), body, NULL, &sentence);
	const struct sb_record *record =
		values ? sb_fresh_create(call, object_of(call), values) : NULL;

	if (record)
		sb_reply_json(call, sb_switch(call->account, "created_200") ? 200 : 201,
			      answer_of(call, record));
	else if (values)
		sb_fresh_problem(call, SB_PROBLEM_FULL, 0);
	else
		sb_fresh_fail(call, 400, "%s", sentence);
}

static void update_or_refuse(struct sb_call *call, struct sb_record *record, const json_t *body)
{
	const char *sentence;
	json_t *values = sb_fresh_values(call, record->object, body, record, &sentence);

	if (!values) {
		sb_fresh_fail(call, 400, "%s", sentence);
		return;
	}
	sb_fresh_update(call, record, values);
	sb_reply_json(call, 200, answer_of(call, record));
}

struct sb_record *sb_fresh_record_of(struct sb_call *call)
{
	struct sb_record *record = sb_live_find(call->account, call->route->tag,
						sb_param(call, 0));

	if (!record)
		sb_fresh_not_found(call);
	return record;
}

void sb_fresh_post(struct sb_call *call)
{
	const json_t *body = wrapped(call);

	if (body)
		create_or_refuse(call, body);
}

void sb_fresh_get(struct sb_call *call)
{
	const struct sb_record *record = sb_fresh_record_of(call);
	json_t *answer;

	if (!record)
		return;
	answer = json_keep(call->arena, answer_of(call, record));
	if (sb_fresh_include(call, record, answer))
		sb_reply_json(call, 200, json_incref(answer));
}

void sb_fresh_put(struct sb_call *call)
{
	struct sb_record *record = sb_fresh_record_of(call);
	const json_t *body = record ? wrapped(call) : NULL;

	if (body)
		update_or_refuse(call, record, body);
}

/* A deletion that a person can take back in the product; it stands in a view of its own. */
void sb_fresh_delete(struct sb_call *call)
{
	struct sb_record *record = sb_fresh_record_of(call);

	if (!record)
		return;
	sb_record_delete(call, record);
	sb_reply_json(call, 200, json_true());
}

/* For good, of what was deleted before too. */
void sb_fresh_forget(struct sb_call *call)
{
	struct sb_record *record = sb_record_find(object_of(call), sb_param(call, 0));

	if (!record || record->state == SB_MERGED) {
		sb_fresh_not_found(call);
		return;
	}
	sb_record_purge(call, record);
	sb_reply_json(call, 200, json_true());
}

/* --- upsert: what it was looked for by is written on create --- */

bool sb_fresh_is_identifier(const struct sb_object *object, const char *field)
{
	const struct sb_field *of = sb_field_find(object, field);

	if (strcmp(field, "id") == 0 || (of && of->flags & SB_UNIQUE))
		return true;
	return sb_fresh_is_person(object) ?
		       sb_has_word("emails|mobile_number|external_id", field) :
		       strcmp(field, "name") == 0;
}

static bool is_custom(const struct sb_object *object, const char *name)
{
	const struct sb_field *field = sb_field_find(object, name);

	return field && field->flags & SB_CUSTOM;
}

/* `body` with the value that it was looked for by, where it belongs. */
static json_t *with_key(struct sb_call *call, const json_t *body, const char *name,
			json_t *value)
{
	json_t *whole = json_keep(call->arena, json_copy((json_t *)body)), *custom;

	if (strcmp(name, "id") == 0)
		return whole;
	if (!is_custom(object_of(call), name)) {
		if (!json_object_get(whole, name))
			json_object_set(whole, name, value);
		return whole;
	}
	custom = json_object_get(whole, "custom_field");
	custom = json_is_object(custom) ? json_copy(custom) : json_object();
	if (!json_object_get(custom, name))
		json_object_set(custom, name, value);
	json_object_set_new(whole, "custom_field", custom);
	return whole;
}

void sb_fresh_upsert(struct sb_call *call)
{
	const json_t *body = wrapped(call);
	json_t *by = json_object_get(call->json, "unique_identifier"), *value;
	const char *name = json_object_iter_key(json_object_iter(by)), *text;
	struct sb_record *record;

	if (!body)
		return;
	value = name ? json_object_get(by, name) : NULL;
	text = sb_id_text(call->arena, value);
	if (text_is_empty(text)) {
		sb_fresh_fail(call, 400, "unique_identifier is missing");
		return;
	}
	if (!sb_fresh_is_identifier(object_of(call), name)) {
		sb_fresh_fail(call, 400, "%.64s is not a unique_identifier", name);
		return;
	}
	record = sb_fresh_find(call, object_of(call), name, text);
	if (record)
		update_or_refuse(call, record, body);
	else
		create_or_refuse(call, with_key(call, body, name, value));
}
