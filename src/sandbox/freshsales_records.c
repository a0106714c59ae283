/* freshsales_records.c - what Freshsales takes, and create, read, update, delete, upsert
 * (5, 9). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"

#define BULK_MAX 100

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

/* --- checking --- */

struct check {
	struct sb_call *call;
	struct sb_object *object;
	json_t *values;
	const char *sentence;
};

static void refuse(struct check *check, const struct sb_field *field, const char *what)
{
	if (!check->sentence)
		check->sentence = arena_printf(check->call->arena, "%s %s", field->label, what);
}

/* A text, or a list of texts of which the first is the address. */
static void take_emails(struct check *check, const json_t *value)
{
	const json_t *first = json_is_array(value) ? json_array_get(value, 0) : value;
	const char *email = json_is_object(first) ? json_string_of(first, "value") :
						    json_string_value(first);

	if (email && sb_is_email(email))
		json_object_set_new(check->values, "email", json_string(email));
	else
		refuse(check, sb_field_find(check->object, "email"), "is invalid");
}

/* [{"id": 1}]: plain ids are the mistake that users make (11). */
static void take_accounts(struct check *check, json_t *value)
{
	size_t i;
	json_t *item;
	bool fits = json_is_array(value);

	json_array_foreach(value, i, item)
		fits = fits && sb_live_find(check->call->account, "sales_accounts",
					    sb_id_text(check->call->arena,
						       json_object_get(item, "id")));
	if (fits)
		json_object_set(check->values, "sales_accounts", value);
	else if (!check->sentence)
		check->sentence = "The type for sales_accounts is invalid.";
}

static void take(struct check *check, const struct sb_field *field, json_t *value)
{
	bool is_blank = json_is_null(value) || text_equal(json_string_value(value), "");

	if (is_blank && field->flags & SB_REQUIRED)
		refuse(check, field, "can't be blank");
	else if (is_blank)
		json_object_set_new(check->values, field->name, json_null());
	else if (field->type == SB_REFERENCE &&
		 !sb_live_find(check->call->account, field->refers_to,
			       sb_id_text(check->call->arena, value)))
		refuse(check, field, "is invalid");
	else if (sb_field_check(field, value, SB_WIRE_JSON) == SB_TOO_LONG)
		refuse(check, field, "is too long (maximum is 255 characters)");
	else if (sb_field_check(field, value, SB_WIRE_JSON) != SB_FITS)
		refuse(check, field, "is invalid");
	else
		json_object_set(check->values, field->name, value);
}

static void take_custom(struct check *check, json_t *custom)
{
	const char *name;
	json_t *value;

	json_object_foreach(custom, name, value) {
		const struct sb_field *field = sb_field_find(check->object, name);

		if (field && field->flags & SB_CUSTOM && !(field->flags & SB_HIDDEN))
			take(check, field, value);
		else if (!check->sentence)
			check->sentence = arena_printf(check->call->arena,
						       "%.64s is not a valid field", name);
	}
}

static void check_uniques(struct check *check, const struct sb_record *except)
{
	const char *const *names = sb_fresh_kind_of(check->object)->uniques;

	for (; *names; names++) {
		const char *text = json_string_of(check->values, *names);
		const struct sb_record *other =
			text ? sb_fresh_find(check->call, check->object, *names, text) : NULL;

		if (other && other != except)
			refuse(check, sb_field_find(check->object, *names),
			       "has already been taken");
	}
}

/* One of address, phone and external id is needed of a new contact (4). */
static void check_new(struct check *check)
{
	for (size_t i = 0; i < sb_object_nfields(check->object); i++) {
		const struct sb_field *field = sb_object_field(check->object, i);

		if (field->flags & SB_REQUIRED && !json_object_get(check->values, field->name))
			refuse(check, field, "can't be blank");
	}
	if (strcmp(sb_object_spec(check->object)->name, "contacts") == 0 &&
	    sb_switch(check->call->account, "needs_identifier") &&
	    !json_object_get(check->values, "email") &&
	    !json_object_get(check->values, "mobile_number") &&
	    !json_object_get(check->values, "work_number") &&
	    !json_object_get(check->values, "external_id") && !check->sentence)
		check->sentence = "Email, phone number or external id can't be blank";
}

static void check_target(struct check *check)
{
	const json_t *id = json_object_get(check->values, "targetable_id");
	struct sb_object *object = sb_fresh_object_of_model(
		check->call, json_string_of(check->values, "targetable_type"));
	const struct sb_record *record =
		object && id ? sb_record_find(object, sb_id_text(check->call->arena, id)) : NULL;

	if (id && (!record || record->state != SB_LIVE) && !check->sentence)
		check->sentence = "Targetable is invalid";
}

/* What is to be stored of `body` (the arena's), or NULL and the sentence. `except` is the
 * record being updated, NULL for a new one. */
static json_t *values_of(struct sb_call *call, struct sb_object *object, const json_t *body,
			const struct sb_record *except, const char **sentence)
{
	struct check check = { .call = call, .object = object };
	bool is_contact = strcmp(sb_object_spec(object)->name, "contacts") == 0;
	const char *name;
	json_t *value;

	check.values = json_keep(call->arena, json_object());
	json_object_foreach((json_t *)body, name, value) {
		const struct sb_field *field = sb_field_find(object, name);

		if (strcmp(name, "custom_field") == 0)
			take_custom(&check, value);
		else if (is_contact && strcmp(name, "emails") == 0)
			take_emails(&check, value);
		else if (is_contact && strcmp(name, "sales_accounts") == 0)
			take_accounts(&check, value);
		else if (field && !(field->flags & (SB_READ_ONLY | SB_HIDDEN | SB_CUSTOM)))
			take(&check, field, value);
	}
	if (!except)
		check_new(&check);
	check_target(&check);
	check_uniques(&check, except);
	*sentence = check.sentence;
	return check.sentence ? NULL : check.values;
}

struct sb_record *sb_fresh_find(struct sb_call *call, struct sb_object *object,
				const char *field, const char *text)
{
	const struct sb_field *of;

	if (strcmp(field, "id") == 0)
		return sb_live_find(call->account, sb_object_spec(object)->name, text);
	of = sb_field_find(object, strcmp(field, "emails") == 0 ? "email" : field);
	return of && of->flags & SB_INDEXED ? sb_record_by(of, text) : NULL;
}

/* --- one record --- */

static void reply(struct sb_call *call, int status, const struct sb_record *record)
{
	sb_reply_json(call, status,
		      json_pack("{so}", sb_fresh_kind_of(record->object)->one,
				sb_fresh_json(call, record)));
}

static struct sb_record *create(struct sb_call *call, json_t *values)
{
	struct sb_object *object = object_of(call);

	if (strcmp(call->route->tag, "contacts") == 0) {
		json_object_set_new(values, "lead_score", json_integer(0));
		if (!json_object_get(values, "lifecycle_stage_id"))
			json_object_set_new(values, "lifecycle_stage_id",
					    json_integer(16002001));
		if (!json_object_get(values, "contact_status_id"))
			json_object_set_new(values, "contact_status_id",
					    json_integer(16003001));
	}
	return sb_record_create(call, object, values, NULL);
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
	json_t *values = values_of(call, object_of(call), body, NULL, &sentence);
	const struct sb_record *record = values ? create(call, values) : NULL;

	if (record)
		reply(call, sb_switch(call->account, "created_200") ? 200 : 201, record);
	else if (values)
		sb_fresh_problem(call, SB_PROBLEM_FULL, 0);
	else
		sb_fresh_fail(call, 400, "%s", sentence);
}

static void update_or_refuse(struct sb_call *call, struct sb_record *record, const json_t *body)
{
	const char *sentence;
	json_t *values = values_of(call, record->object, body, record, &sentence);

	if (!values) {
		sb_fresh_fail(call, 400, "%s", sentence);
		return;
	}
	sb_record_update(call, record, values);
	reply(call, 200, record);
}

static struct sb_record *record_of(struct sb_call *call)
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
	const struct sb_record *record = record_of(call);

	if (record)
		reply(call, 200, record);
}

void sb_fresh_put(struct sb_call *call)
{
	struct sb_record *record = record_of(call);
	const json_t *body = record ? wrapped(call) : NULL;

	if (body)
		update_or_refuse(call, record, body);
}

void sb_fresh_delete(struct sb_call *call)
{
	struct sb_record *record = record_of(call);

	if (!record)
		return;
	sb_record_delete(call, record);
	sb_reply_json(call, 200, json_true());
}

/* --- upsert: what it was looked for by is written on create --- */

void sb_fresh_upsert(struct sb_call *call)
{
	const json_t *body = wrapped(call);
	json_t *by = json_object_get(call->json, "unique_identifier"), *value, *whole;
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
	record = sb_fresh_find(call, object_of(call), name, text);
	if (record) {
		update_or_refuse(call, record, body);
		return;
	}
	whole = json_keep(call->arena, json_copy((json_t *)body));
	if (strcmp(name, "id") != 0 && !json_object_get(whole, name))
		json_object_set(whole, name, value);
	create_or_refuse(call, whole);
}

/* An item has its identifier beside "data", or is flat (the sheet is not sure). */
static bool upsert_item(struct sb_call *call, const json_t *item)
{
	const json_t *data = json_object_get(item, "data");
	json_t *whole = json_keep(call->arena, json_copy(data ? (json_t *)data : (json_t *)item));
	const json_t *email = json_object_get(item, "emails");
	const char *text = json_string_value(json_is_array(email) ? json_array_get(email, 0) :
								    email);
	struct sb_record *record = text ? sb_fresh_find(call, object_of(call), "email", text) :
					  NULL;
	const char *sentence;
	json_t *values;

	if (email)
		json_object_set(whole, "emails", (json_t *)email);
	values = values_of(call, object_of(call), whole, record, &sentence);
	if (values && record)
		sb_record_update(call, record, values);
	return values && (record || create(call, values));
}

void sb_fresh_bulk_upsert(struct sb_call *call)
{
	const json_t *list = json_object_get(sb_json(call), "contacts");
	int64_t failed = 0;
	char id[SB_UUID_SIZE];
	size_t i;
	json_t *item;

	if (!call->json)
		return;
	if (!json_array_size(list) || json_array_size(list) > BULK_MAX) {
		sb_fresh_fail(call, 400, "contacts must have 1 to 100 records");
		return;
	}
	json_array_foreach((json_t *)list, i, item)
		failed += sb_bad_record(call, i) || !upsert_item(call, item);
	sb_rng_uuid(&call->rng, id);
	json_object_set_new(json_object_get(call->account->extra, "jobs"), id,
			    json_pack("{sI sI sI}", "at", (json_int_t)call->now, "total",
				      (json_int_t)json_array_size(list), "failed",
				      (json_int_t)failed));
	sb_touch(call);
	sb_reply_json(call, 202, json_pack("{ss}", "job_id", id));
}

void sb_fresh_job(struct sb_call *call)
{
	const json_t *job = json_object_get(json_object_get(call->account->extra, "jobs"),
					    sb_param(call, 0));
	bool is_over;

	if (!job) {
		sb_fresh_not_found(call);
		return;
	}
	is_over = call->now >= json_int_of(job, "at", 0) + sb_switch(call->account, "job_ms");
	sb_reply_json(call, 200,
		      json_pack("{ss ss sO sO}", "id", sb_param(call, 0), "status",
				is_over ? "completed" : "in_progress", "total",
				json_object_get(job, "total"), "failed",
				json_object_get(job, "failed")));
}
