/* zoho_records.c - inserting, updating, upserting and deleting (fact sheet 5). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho.h"

/* data[] of the body, 1 to 100; NULL after a reply. */
static const json_t *data_of(struct sb_call *call)
{
	const json_t *body = sb_json(call), *data;

	if (!body)
		return NULL;
	data = json_object_get(body, "data");
	if (!json_is_array(data) || !json_array_size(data)) {
		zoho_fail(call, 400, data ? "INVALID_DATA" : "MANDATORY_NOT_FOUND",
			  data ? "invalid data" : "required field not found",
			  json_pack("{ss ss}", "api_name", "data", "json_path", "$.data"));
		return NULL;
	}
	if (json_array_size(data) <= ZOHO_DATA_MAX)
		return data;
	zoho_fail(call, 400, "LIMIT_EXCEEDED", "maximum number of records exceeded",
		  json_pack("{si ss}", "limit", ZOHO_DATA_MAX, "json_path", "$.data"));
	return NULL;
}

static bool is_modified_since(struct zoho_write *write)
{
	const char *header = sb_header(write->call, "If-Unmodified-Since");
	int64_t at;

	if (!header || !sb_time_parse(header, &at) || write->record->updated_at / 1000 <= at / 1000)
		return false;
	zoho_refuse(write->call, &write->refusal, "ALREADY_MODIFIED",
		    "the record has been modified already",
		    json_pack("{ss}", "id", write->record->id));
	write->refusal.status = 412;
	return true;
}

static bool bad_id(struct zoho_write *write, const char *id)
{
	return zoho_refuse(write->call, &write->refusal, "INVALID_DATA",
			   "the id given seems to be invalid",
			   json_pack("{ss ss ss}", "id", id, "api_name", "id", "json_path",
				     zoho_path(write, "id")));
}

/* Writes each of `data` by `write`, and answers for each. */
static void write_all(struct sb_call *call, struct sb_object *object, const json_t *data,
		      bool (*write)(struct zoho_write *write), const char *done, int status)
{
	struct zoho_results results = { 0 };
	const json_t *input;
	size_t i;

	json_array_foreach(data, i, input) {
		struct zoho_write one = {
			.call = call, .object = object, .input = input, .index = i
		};
		bool ok = write(&one);

		zoho_results_add(&results, &one.refusal,
				 ok ? zoho_success(call, one.record, done) : NULL);
	}
	zoho_reply_results(call, "data", &results, status);
}

/* --- insert --- */

static bool insert(struct zoho_write *write)
{
	write->lar_id = json_string_of(write->call->json, "lar_id");
	return zoho_write(write);
}

static void insert_all(struct sb_call *call, struct sb_object *object, const json_t *data)
{
	write_all(call, object, data, insert, "record added", 201);
}

void zoho_insert(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const json_t *data = object ? data_of(call) : NULL;

	if (data)
		insert_all(call, object, data);
}

/* Notes below a record: the parent is the path's. */
void zoho_relate(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const json_t *data = object ? data_of(call) : NULL, *input;
	json_t *whole;
	size_t i;

	if (!data)
		return;
	if (strcmp(sb_param(call, 2), "Notes") != 0) {
		sb_not_imitated(call, "related lists other than Notes");
		return;
	}
	whole = json_keep(call->arena, json_array());
	json_array_foreach(data, i, input) {
		json_t *note = json_is_object(input) ? json_copy((json_t *)input) :
						       json_object();

		json_object_set_new(note, "Parent_Id", json_pack("{ss}", "id", sb_param(call, 1)));
		json_array_append_new(whole, note);
	}
	insert_all(call, sb_object_find(call->account, "Notes"), whole);
}

/* --- update --- */

static bool update(struct zoho_write *write, const char *id)
{
	if (!id)
		return zoho_refuse(write->call, &write->refusal, "MANDATORY_NOT_FOUND",
				   "required field not found",
				   json_pack("{ss ss}", "api_name", "id", "json_path",
					     zoho_path(write, "id")));
	write->record = zoho_record_of(write->call, write->object, id);
	if (!write->record)
		return bad_id(write, id);
	return !is_modified_since(write) && zoho_write(write);
}

static bool update_by_own_id(struct zoho_write *write)
{
	return update(write, json_string_of(write->input, "id"));
}

static bool update_by_path(struct zoho_write *write)
{
	return update(write, sb_param(write->call, 1));
}

void zoho_update_many(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const json_t *data = object ? data_of(call) : NULL;

	if (data)
		write_all(call, object, data, update_by_own_id, "record updated", 200);
}

void zoho_update_one(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const json_t *data = object ? data_of(call) : NULL;

	if (!data)
		return;
	if (!zoho_record_of(call, object, sb_param(call, 1)))
		zoho_fail(call, 400, "INVALID_DATA", "the id given seems to be invalid",
			  json_pack("{si}", "resource_path_index", 1));
	else
		write_all(call, object, data, update_by_path, "record updated", 200);
}

/* --- upsert --- */

struct checks {
	const struct sb_field *fields[32]; /* in the order they are tried */
	size_t count;
};

static void checks_add(struct checks *checks, const struct sb_field *field)
{
	for (size_t i = 0; i < checks->count; i++)
		if (checks->fields[i] == field)
			return;
	if (checks->count < ARRAY_LEN(checks->fields))
		checks->fields[checks->count++] = field;
}

static void checks_add_all(struct checks *checks, const struct sb_object *object, unsigned flag)
{
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (field->flags & flag && !(field->flags & (SB_ARCHIVED | SB_HIDDEN)))
			checks_add(checks, field);
	}
}

/* The system field and then the unique ones; the named ones first, where there are some, and
 * then the system field only if it is named. False after a reply. */
static bool checks_read(struct sb_call *call, const struct sb_object *object,
			struct checks *checks)
{
	const json_t *names = json_object_get(call->json, "duplicate_check_fields"), *name;
	size_t i;

	checks->count = 0;
	if (!json_array_size(names))
		checks_add_all(checks, object, ZOHO_DUPLICATE);
	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		const struct sb_field *field = text ? zoho_field_find(object, text) : NULL;

		if (!field || !(field->flags & (ZOHO_DUPLICATE | SB_UNIQUE))) {
			zoho_fail(call, 400, "INVALID_DATA", "invalid data",
				  json_pack("{ss so}", "api_name", "duplicate_check_fields",
					    "json_path",
					    sb_json_printf("$.duplicate_check_fields[%zu]", i)));
			return false;
		}
		checks_add(checks, field);
	}
	checks_add_all(checks, object, SB_UNIQUE);
	return true;
}

static struct sb_record *match_of(const struct checks *checks, const json_t *input,
				  const struct sb_field **by)
{
	for (size_t i = 0; i < checks->count; i++) {
		const char *text = json_string_of(input, checks->fields[i]->name);
		struct sb_record *record = text ? sb_record_by(checks->fields[i], text) : NULL;

		if (record && !zoho_is_converted(record)) {
			*by = checks->fields[i];
			return record;
		}
	}
	*by = NULL;
	return NULL;
}

static json_t *upserted(const struct zoho_write *write, bool is_new, const struct sb_field *by)
{
	json_t *json = zoho_success(write->call, write->record,
				    is_new ? "record added" : "record updated");

	json_object_set_new(json, "action", json_string(is_new ? "insert" : "update"));
	json_object_set_new(json, "duplicate_field", by ? json_string(by->name) : json_null());
	return json;
}

void zoho_upsert(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const json_t *data = object ? data_of(call) : NULL, *input;
	struct zoho_results results = { 0 };
	struct checks checks;
	size_t i;

	if (!data || !checks_read(call, object, &checks))
		return;
	json_array_foreach(data, i, input) {
		struct zoho_write write = { .call = call,
					    .object = object,
					    .input = input,
					    .index = i,
					    .lar_id = json_string_of(call->json, "lar_id") };
		const struct sb_field *by;
		bool is_new, ok;

		write.record = match_of(&checks, input, &by);
		is_new = !write.record;
		ok = zoho_write(&write);
		zoho_results_add(&results, &write.refusal,
				 ok ? upserted(&write, is_new, by) : NULL);
	}
	zoho_reply_results(call, "data", &results, 200);
}

/* --- delete --- */

static void remove_ids(struct sb_call *call, struct sb_object *object, const char *ids)
{
	struct zoho_results results = { 0 };

	while (*ids) {
		size_t len = strcspn(ids, ",");
		const char *id = arena_strndup(call->arena, ids, len);
		struct sb_record *record = zoho_record_of(call, object, id);
		struct zoho_refusal refusal = { 0 };

		if (record) {
			call->key = record->id;
			sb_record_delete(call, record);
		} else {
			zoho_refuse(call, &refusal, "INVALID_DATA", "record not deleted",
				    json_pack("{ss}", "id", id));
		}
		zoho_results_add(&results, &refusal,
				 record ? json_pack("{ss s{ss} ss ss}", "code", "SUCCESS",
						    "details", "id", record->id, "message",
						    "record deleted", "status", "success") :
					  NULL);
		ids += len + (ids[len] == ',');
	}
	zoho_reply_results(call, "data", &results, 200);
}

void zoho_delete_many(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const char *ids = sb_query(call, "ids");

	if (!object)
		return;
	if (text_is_empty(ids))
		zoho_missing_param(call, "ids");
	else
		remove_ids(call, object, ids);
}

void zoho_delete_one(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);

	if (object)
		remove_ids(call, object, sb_param(call, 1));
}
