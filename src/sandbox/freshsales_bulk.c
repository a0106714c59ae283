/* freshsales_bulk.c - many contacts in one call, done as a job (5). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"

#define BULK_MAX 100

/* --- jobs --- */

/* What was asked is done at once; the switch says how long that takes to be told. */
static void reply_job(struct sb_call *call, size_t total, int64_t failed)
{
	char id[SB_UUID_SIZE];

	sb_rng_uuid(&call->rng, id);
	json_object_set_new(json_object_get(call->account->extra, "jobs"), id,
			    json_pack("{sI sI sI}", "at", (json_int_t)call->now, "total",
				      (json_int_t)total, "failed", (json_int_t)failed));
	sb_touch(call);
	switch (sb_switch(call->account, "job_key")) {
	case 1:
		sb_reply_json(call, 202, json_pack("{ss}", "id", id));
		break;
	case 2:
		sb_reply_json(call, 202,
			      json_pack("{so}", "job_status_url",
					sb_json_printf("%s%s/job_statuses/%s", sb_base_url(call),
						       sb_switch(call->account, "classic") ?
							       "/api" :
							       "/crm/sales/api",
						       id)));
		break;
	default:
		sb_reply_json(call, 202, json_pack("{ss}", "job_id", id));
	}
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

/* --- bulk upsert --- */

/* What an item is known by: beside its "data", in itself, or named once for all. */
struct key {
	const char *name, *text;
	json_t *value;
};

static bool read_key(struct sb_call *call, const json_t *item, const char *shared,
		     struct key *key)
{
	static const char *const names[] = { "id", "emails", "external_id", "mobile_number" };
	json_t *value;

	*key = (struct key){ NULL, NULL, NULL };
	for (size_t i = 0; !key->text && i < ARRAY_LEN(names); i++) {
		key->name = shared ? shared : names[i];
		value = json_object_get(item, key->name);
		if (!value)
			value = json_object_get(json_object_get(item, "custom_field"), key->name);
		key->value = value;
		key->text = sb_id_text(call->arena, json_is_array(value) ?
							    json_array_get(value, 0) :
							    value);
	}
	return key->text;
}

static bool upsert_item(struct sb_call *call, const json_t *item, const char *shared)
{
	struct sb_object *contacts = sb_object_find(call->account, "contacts");
	const json_t *data = json_object_get(item, "data");
	json_t *whole = json_keep(call->arena, json_copy(data ? (json_t *)data : (json_t *)item));
	struct sb_record *record = NULL;
	const char *sentence;
	struct key key;
	json_t *values;

	if (read_key(call, item, shared, &key)) {
		record = sb_fresh_find(call, contacts, key.name, key.text);
		if (!json_object_get(whole, key.name))
			json_object_set(whole, key.name, key.value);
	}
	values = sb_fresh_values(call, contacts, whole, record, &sentence);
	if (values && record)
		sb_fresh_update(call, record, values);
	return values && (record || sb_fresh_create(call, contacts, values));
}

/* "unique_identifier": "emails", or {"emails": ...}: the sheet is not sure. */
static const char *shared_key(const json_t *body)
{
	json_t *by = json_object_get(body, "unique_identifier");

	return json_is_string(by) ? json_string_value(by) :
				    json_object_iter_key(json_object_iter(by));
}

void sb_fresh_bulk_upsert(struct sb_call *call)
{
	const json_t *body = sb_json(call), *list = json_object_get(body, "contacts");
	const char *shared = body ? shared_key(body) : NULL;
	int64_t failed = 0;
	size_t i;
	json_t *item;

	if (!body)
		return;
	if (!json_array_size(list) || json_array_size(list) > BULK_MAX) {
		sb_fresh_fail(call, 400, "contacts must have 1 to 100 records");
		return;
	}
	if (shared && !sb_fresh_is_identifier(sb_object_find(call->account, "contacts"), shared)) {
		sb_fresh_fail(call, 400, "%.64s is not a unique_identifier", shared);
		return;
	}
	json_array_foreach((json_t *)list, i, item)
		failed += sb_bad_record(call, i) || !upsert_item(call, item, shared);
	reply_job(call, json_array_size(list), failed);
}

/* --- the same done to several --- */

/* The ids, or NULL after refusing. The sheet has no body: "ids" as lists take them, or
 * "selected_ids". */
static const json_t *ids_of(struct sb_call *call)
{
	const json_t *body = sb_json(call), *ids = json_object_get(body, "ids");

	if (!ids)
		ids = json_object_get(body, "selected_ids");
	if (body && (!json_array_size(ids) || json_array_size(ids) > BULK_MAX)) {
		sb_fresh_fail(call, 400, "ids must have 1 to 100 ids");
		return NULL;
	}
	return body ? ids : NULL;
}

static struct sb_record *contact_of(struct sb_call *call, const json_t *id)
{
	return sb_live_find(call->account, "contacts", sb_id_text(call->arena, id));
}

void sb_fresh_bulk_destroy(struct sb_call *call)
{
	const json_t *ids = ids_of(call);
	int64_t failed = 0;
	size_t i;
	json_t *id;

	if (!ids)
		return;
	json_array_foreach((json_t *)ids, i, id) {
		struct sb_record *contact =
			sb_bad_record(call, i) ? NULL : contact_of(call, id);

		if (contact)
			sb_record_delete(call, contact);
		failed += !contact;
	}
	reply_job(call, json_array_size(ids), failed);
}

void sb_fresh_bulk_assign(struct sb_call *call)
{
	const json_t *ids = ids_of(call);
	json_t *owner = json_object_get(call->json, "owner_id"), *id;
	int64_t failed = 0;
	size_t i;

	if (!ids)
		return;
	if (!sb_live_find(call->account, "owners", sb_id_text(call->arena, owner))) {
		sb_fresh_fail(call, 400, "Sales owner is invalid");
		return;
	}
	json_array_foreach((json_t *)ids, i, id) {
		struct sb_record *contact =
			sb_bad_record(call, i) ? NULL : contact_of(call, id);

		if (contact)
			sb_fresh_update(call, contact,
					json_keep(call->arena,
						  json_pack("{sO}", "owner_id", owner)));
		failed += !contact;
	}
	reply_job(call, json_array_size(ids), failed);
}
