/* salesforce_collections.c - up to 200 records at a time (fact sheet 5). Threads: under
 * the sandbox's lock.
 *
 * Each row has its own result, in the order sent; the answer is 200 whatever became of
 * them. With allOrNone one bad row takes the others back. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

#define ROWS_MAX 200
#define CHUNKS_MAX 10

struct collection {
	struct sb_call *call;
	struct sf_rows rows;
	const char *type; /* of an upsert, else NULL: each row says its own */
	bool is_all_or_none;
	json_t *results;
	size_t nfailed;
};

static const struct sf_refusal rolled_back = {
	.code = "ALL_OR_NONE_OPERATION_ROLLED_BACK",
	.message = "Record rolled back because not all records were valid and the request was "
		   "using AllOrNone header",
};

/* --- rows --- */

static const char *type_of(const struct collection *collection, const json_t *row)
{
	const char *type = json_string_of(json_object_get(row, "attributes"), "type");

	return type ? type : collection->type;
}

static struct sb_object *object_of_row(const struct collection *collection, const json_t *row,
				       struct sf_refusal *refusal)
{
	const char *type = type_of(collection, row);
	struct sb_object *object = type ? sf_object_find(collection->call->account, type) : NULL;

	if (object && collection->type && !text_equal_nocase(collection->type, type))
		object = NULL;
	if (!object)
		*refusal = (struct sf_refusal){
			.status = 400,
			.code = "INVALID_TYPE",
			.message = arena_printf(collection->call->arena,
						"sObject type '%s' is not supported.",
						type ? type : ""),
		};
	return object;
}

static void refuse(struct sf_refusal *refusal, const char *code, const char *message)
{
	*refusal = (struct sf_refusal){ .status = 400, .code = code, .message = message };
}

static struct sb_record *write_row(struct collection *collection, const json_t *row,
				   bool *is_new, struct sf_refusal *refusal)
{
	struct sb_object *object = object_of_row(collection, row, refusal);

	return object ? sf_row_write(&collection->rows, object, row, is_new, refusal) : NULL;
}

static void add_result(struct collection *collection, const struct sb_record *record,
		       const bool *is_new, const struct sf_refusal *refusal)
{
	json_t *json;

	if (record) {
		json = json_pack("{ss sb s[]}", "id", record->id, "success", 1, "errors");
		if (is_new)
			json_object_set_new(json, "created", json_boolean(*is_new));
	} else {
		json = json_pack("{sb s[o]}", "success", 0, "errors", sf_row_error(refusal));
		collection->nfailed++;
	}
	json_array_append_new(collection->results, json);
}

static void run_row(struct collection *collection, const json_t *row, size_t index)
{
	struct sf_refusal refusal = { 0 };
	struct sb_record *record = NULL;
	bool is_new = false;

	if (sb_bad_record(collection->call, index))
		refuse(&refusal, "FIELD_CUSTOM_VALIDATION_EXCEPTION",
		       "A validation rule refuses this record");
	else
		record = write_row(collection, row, &is_new, &refusal);
	add_result(collection, record, collection->rows.key ? &is_new : NULL, &refusal);
}

/* --- the call --- */

static void roll_back(struct collection *collection)
{
	json_t *row;
	size_t i;

	sb_rollback(collection->call);
	json_array_foreach(collection->results, i, row)
		if (json_is_true(json_object_get(row, "success")))
			json_array_set_new(collection->results, i,
					   json_pack("{sb s[o]}", "success", 0, "errors",
						     sf_row_error(&rolled_back)));
}

static void finish(struct collection *collection)
{
	if (collection->is_all_or_none && collection->nfailed)
		roll_back(collection);
	else
		sb_commit(collection->call);
	sb_reply_json(collection->call, 200, json_incref(collection->results));
}

static bool has_too_many(struct sb_call *call, size_t count)
{
	if (count <= ROWS_MAX)
		return false;
	sf_fail(call, 400, "EXCEEDED_ID_LIMIT",
		"record limit reached. cannot submit more than %d records into this call",
		ROWS_MAX);
	return true;
}

static bool has_too_many_chunks(const struct collection *collection, const json_t *rows)
{
	const char *before = NULL;
	size_t chunks = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *type = type_of(collection, json_array_get(rows, i));

		chunks += !before || !type || !text_equal_nocase(before, type);
		before = type;
	}
	if (chunks <= CHUNKS_MAX)
		return false;
	sf_fail(collection->call, 400, "LIMIT_EXCEEDED",
		"Cannot have more than %d chunks in a single operation. Please rearrange the "
		"data to reduce chunking.", CHUNKS_MAX);
	return true;
}

/* With a switch, a column that is not there refuses the whole call. */
static bool has_unknown_column(const struct collection *collection, const json_t *rows)
{
	json_t *row, *value;
	const char *name;
	size_t i;

	json_array_foreach((json_t *)rows, i, row) {
		const char *type = type_of(collection, row);
		struct sb_object *object =
			type ? sf_object_find(collection->call->account, type) : NULL;

		json_object_foreach(row, name, value) {
			if (!object || strcmp(name, "attributes") == 0 ||
			    sf_field_find(object, text_equal(name, "id") ? "Id" : name))
				continue;
			sf_fail(collection->call, 400, "INVALID_FIELD",
				"No such column '%s' on sobject of type %s", name, type);
			return true;
		}
	}
	return false;
}

static bool key_is_known(struct collection *collection)
{
	struct sb_object *object = sf_object_find(collection->call->account, collection->type);
	const struct sb_field *field = object ? sf_field_find(object, collection->rows.key) : NULL;

	if (field && sf_field_is_external(field))
		return true;
	sf_fail(collection->call, 404, "NOT_FOUND",
		"Provided external ID field does not exist or is not accessible");
	return false;
}

static void run(struct collection *collection)
{
	struct sb_call *call = collection->call;
	const json_t *body = sb_json(call), *rows = json_object_get(body, "records");
	json_t *row;
	size_t i;

	if (!body)
		return;
	if (!json_is_array(rows)) {
		sf_problem(call, SB_PROBLEM_BAD_JSON, 0);
		return;
	}
	if (has_too_many(call, json_array_size(rows)) || has_too_many_chunks(collection, rows) ||
	    (collection->rows.key && !key_is_known(collection)) ||
	    (sb_switch(call->account, "unknown_column_fails") &&
	     has_unknown_column(collection, rows)))
		return;
	collection->is_all_or_none = json_is_true(json_object_get(body, "allOrNone"));
	collection->results = json_keep(call->arena, json_array());
	collection->rows.call = call;
	collection->rows.seen = json_keep(call->arena, json_object());
	sb_begin(call);
	json_array_foreach((json_t *)rows, i, row)
		run_row(collection, row, i);
	finish(collection);
}

void sf_collection_create(struct sb_call *call)
{
	struct collection collection = { .call = call, .rows.operation = SF_INSERT };

	run(&collection);
}

void sf_collection_update(struct sb_call *call)
{
	struct collection collection = { .call = call, .rows.operation = SF_UPDATE };

	run(&collection);
}

void sf_collection_upsert(struct sb_call *call)
{
	struct collection collection = { .call = call,
					 .rows = { .operation = SF_UPSERT,
						   .key = sb_param(call, 1) },
					 .type = sb_param(call, 0) };

	run(&collection);
}

/* --- deleting and reading --- */

static void delete_row(struct collection *collection, const char *id, size_t index)
{
	struct sb_call *call = collection->call;
	struct sf_refusal refusal = { 0 };
	struct sb_object *object = sf_object_of_id(call->account, id);
	struct sb_record *record = NULL;

	if (sb_bad_record(call, index))
		refuse(&refusal, "DELETE_FAILED", "The record cannot be deleted");
	else if (!sf_id(call->arena, id) || !object)
		refuse(&refusal, "MALFORMED_ID", "malformed id");
	else
		record = sf_record_of_id(call, object, id, &refusal);
	if (record && !sf_delete(call, record, &refusal))
		record = NULL;
	add_result(collection, record, NULL, &refusal);
}

void sf_collection_delete(struct sb_call *call)
{
	struct collection collection = { .call = call,
					 .results = json_keep(call->arena, json_array()) };
	const char *ids = sb_query(call, "ids");
	size_t count = 1;

	for (const char *p = ids ? ids : ""; *p; p++)
		count += *p == ',';
	if (has_too_many(call, count))
		return;
	collection.is_all_or_none = text_equal(sb_query(call, "allOrNone"), "true");
	sb_begin(call);
	for (size_t i = 0; ids && *ids; i++) {
		size_t len = strcspn(ids, ",");

		delete_row(&collection, arena_strndup(call->arena, ids, len), i);
		ids += len + (ids[len] == ',');
	}
	finish(&collection);
}

static const char *joined(struct sb_call *call, const json_t *list)
{
	struct buf buf;

	buf_init(&buf, call->arena, 1u << 20);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		buf_addf(&buf, "%s%s", i ? "," : "", text ? text : "");
	}
	return buf_text(&buf);
}

/* A record that is not there is null, at its place. */
void sf_collection_read(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	const json_t *body = object ? sb_json(call) : NULL;
	const json_t *ids = json_object_get(body, "ids");
	struct sf_refusal refusal = { 0 };
	struct sb_field **fields;
	json_t *list;
	size_t count;

	if (!body || has_too_many(call, json_array_size(ids) / 10))
		return;
	fields = sf_fields_of_list(call, object, joined(call, json_object_get(body, "fields")),
				   &count, &refusal);
	if (!fields) {
		sf_refuse(call, &refusal);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		const struct sb_record *record =
			id ? sf_record_of_id(call, object, id, &refusal) : NULL;

		json_array_append_new(list, record ? sf_record(call, record, fields, count) :
						     json_null());
	}
	sb_reply_json(call, 200, list);
}
