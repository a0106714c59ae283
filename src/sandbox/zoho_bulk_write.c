/* zoho_bulk_write.c - bulk jobs that write the rows of a file (fact sheet 10). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho_bulk.h"

#define RESOURCES_MAX 5

/* --- one row --- */

struct writing {
	struct zoho_bulk_part *part;
	struct buf *out;     /* the result */
	int64_t row;         /* 0 is the header */
	int64_t added, updated, skipped;
};

/* The parts of "a;b": as texts, or as tags. */
static json_t *parts_of(const char *text, bool are_tags)
{
	json_t *list = json_array();

	while (*text) {
		size_t len = strcspn(text, ";");
		json_t *part = json_stringn(text, len);

		json_array_append_new(list, are_tags ? json_pack("{so}", "name", part) : part);
		text += len + (text[len] == ';');
	}
	return list;
}

/* A cell as the REST API would be sent it; what does not fit is refused there. */
static json_t *value_of(const struct sb_field *field, const char *text)
{
	double number;
	int64_t whole;

	switch (field->type) {
	case SB_INTEGER:
	case SB_NUMBER:
		if (text_int(text, &whole))
			return json_integer(whole);
		return sb_is_number(text, &number) ? json_real(number) : json_string(text);
	case SB_BOOLEAN:
		return text_equal_nocase(text, "true")  ? json_true() :
		       text_equal_nocase(text, "false") ? json_false() :
							  json_string(text);
	case SB_MULTI:
	case SB_JSON:
		return parts_of(text, field->type == SB_JSON);
	case SB_REFERENCE:
		return json_pack("{ss}", "id", text);
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_DATE:
	case SB_DATETIME:
	case SB_PICKLIST:
		break;
	}
	return json_string(text);
}

static const char *cell_of(const struct zoho_bulk_column *column, const char *const *cells,
			   size_t count)
{
	if (column->index < 0)
		return json_string_value(column->value);
	return (size_t)column->index < count ? cells[column->index] : "";
}

/* The row's fields; *id becomes the text that its record is found by, or "". */
static json_t *input_of(const struct zoho_bulk_part *part, const char *const *cells, size_t count,
			const char **id)
{
	json_t *input = json_keep(part->call->arena, json_object());

	*id = "";
	for (size_t i = 0; i < part->ncolumns; i++) {
		const struct zoho_bulk_column *column = &part->columns[i];
		const char *text = cell_of(column, cells, count);

		if (column->field == part->find_by && part->has_find_by && text)
			*id = text;
		if (!column->field)
			continue;
		if (!text) /* a default that is no text */
			json_object_set(input, column->field->name, (json_t *)column->value);
		else if (*text)
			json_object_set_new(input, column->field->name,
					    value_of(column->field, text));
		else if (!part->ignores_empty)
			json_object_set_new(input, column->field->name, json_null());
	}
	return input;
}

static struct sb_record *record_of(const struct zoho_bulk_part *part, const char *id)
{
	struct sb_record *record;

	if (part->operation == BULK_INSERT || !*id)
		return NULL;
	record = part->find_by ? sb_record_by(part->find_by, id) :
				 sb_record_find(part->object, id);
	return record && record->state == SB_LIVE && !zoho_is_converted(record) ? record : NULL;
}

static void add_result(struct writing *writing, const char *const *cells, size_t count,
		       const char *status, const char *id, const char *errors)
{
	for (size_t i = 0; i < writing->part->width; i++)
		sb_csv_add(&zoho_csv, writing->out, i < count ? cells[i] : "", i == 0);
	sb_csv_add(&zoho_csv, writing->out, status, false);
	sb_csv_add(&zoho_csv, writing->out, errors, false);
	sb_csv_add(&zoho_csv, writing->out, id, false);
	buf_add(writing->out, zoho_csv.line_end);
}

/* "INVALID_DATA:Email" */
static const char *errors_of(const struct zoho_write *write)
{
	const char *name = json_string_of(write->refusal.details, "api_name");

	return arena_printf(write->call->arena, "%s%s%s", write->refusal.code, name ? ":" : "",
			    name ? name : "");
}

static void write_row(struct writing *writing, const char *const *cells, size_t count)
{
	struct zoho_bulk_part *part = writing->part;
	struct zoho_write write = { .call = part->call,
				    .object = part->object,
				    .index = (size_t)writing->row - 1 };
	const char *id;
	bool is_new;

	write.input = input_of(part, cells, count, &id);
	write.record = record_of(part, id);
	is_new = !write.record;
	if (is_new && part->operation == BULK_UPDATE) {
		writing->skipped++;
		add_result(writing, cells, count, "SKIPPED", "", "NOT_FOUND");
	} else if (!zoho_write(&write)) {
		writing->skipped++;
		add_result(writing, cells, count, "SKIPPED", "", errors_of(&write));
	} else {
		writing->added += is_new;
		writing->updated += !is_new;
		add_result(writing, cells, count, is_new ? "ADDED" : "UPDATED", write.record->id,
			   "");
	}
}

static bool do_row(const char *const *cells, size_t count, void *context)
{
	static const char *const names[] = { "STATUS", "ERRORS", "RECORD_ID" };
	struct writing *writing = context;
	struct arena *whole = writing->part->call->arena, *arena;

	if (!writing->row++) {
		for (size_t i = 0; i < count; i++)
			sb_csv_add(&zoho_csv, writing->out, cells[i], i == 0);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			sb_csv_add(&zoho_csv, writing->out, names[i], false);
		buf_add(writing->out, zoho_csv.line_end);
		return true;
	}
	arena = arena_new();
	writing->part->call->arena = arena;
	write_row(writing, cells, count);
	writing->part->call->arena = whole;
	writing->part->call->key = NULL;
	arena_free(arena);
	return !writing->out->is_over;
}

/* --- the job --- */

static json_t *job_json(struct sb_call *call, const json_t *job)
{
	json_t *json = json_pack("{sO ss so sO sO sO}", "status", json_object_get(job, "status"),
				 "character_encoding", "UTF-8", "resource",
				 json_deep_copy(json_object_get(job, "resource")), "id",
				 json_object_get(job, "id"), "operation",
				 json_object_get(job, "operation"), "created_time",
				 json_object_get(job, "created_time"));

	json_object_set_new(json, "created_by", zoho_bulk_user(call->account));
	if (json_object_get(job, "callback"))
		json_object_set(json, "callback", json_object_get(job, "callback"));
	if (json_object_get(job, "result"))
		json_object_set_new(json, "result",
				    json_pack("{so}", "download_url",
					      sb_json_printf("%s/crm/bulk/v8/write/%s/result",
							     json_string_of(job, "base"),
							     json_string_of(job, "id"))));
	return json;
}

static void set_status(json_t *resource, const char *status)
{
	json_object_set_new(resource, "status", json_string(status));
}

/* A resource of a job, as it was when the job was made, made out anew: fields may be gone. */
static void run_resource(struct sb_call *call, const json_t *job, json_t *resource, struct buf *out)
{
	struct zoho_bulk_part *part = arena_alloc(call->arena, sizeof(*part));
	struct writing writing = { .part = part, .out = out };
	json_t *file;

	part->call = call;
	part->ignores_empty = json_is_true(json_object_get(job, "ignore_empty"));
	zoho_bulk_operation_parse(json_string_of(job, "operation"), &part->operation);
	if (!zoho_bulk_part_read(part, resource)) {
		set_status(resource, "FAILED");
		json_object_set_new(resource, "code",
				    json_string(json_string_of(call->reply_json, "code")));
		return;
	}
	sb_csv_read(&zoho_csv, json_string_value(part->csv), json_string_length(part->csv), do_row,
		    &writing);
	set_status(resource, writing.row > 1 ? "COMPLETED" : "SKIPPED");
	file = json_pack("{sO sO sI sI sI sI}", "status", json_object_get(resource, "status"), "name",
			 json_object_get(zoho_bulk_find(call->account, "file",
							json_string_of(resource, "file_id")),
					 "name"),
			 "added_count", (json_int_t)writing.added, "updated_count",
			 (json_int_t)writing.updated, "skipped_count", (json_int_t)writing.skipped,
			 "total_count", (json_int_t)(writing.row - 1));
	json_object_set_new(resource, "file", file);
}

static void run_all(struct sb_call *call, json_t *job)
{
	bool is_failed = true;
	json_t *resource;
	struct buf out;
	size_t i;

	buf_init(&out, call->arena, ZOHO_CSV_MAX);
	json_array_foreach(json_object_get(job, "resource"), i, resource) {
		run_resource(call, job, resource, &out);
		is_failed &= text_equal(json_string_of(resource, "status"), "FAILED");
	}
	json_object_set_new(job, "status", json_string(is_failed ? "FAILED" : "COMPLETED"));
	if (!is_failed)
		json_object_set_new(job, "result", json_stringn(buf_text(&out), out.len));
	zoho_bulk_call_back(call, job, job_json(call, job));
}

/* Nothing when the job had to make room for others. */
static void step(struct sb_call *call, const json_t *doc)
{
	json_t *job = zoho_bulk_find(call->account, "write", json_string_of(doc, "id"));
	const char *to = json_string_of(doc, "to");

	if (!job)
		return;
	if (text_equal(to, "COMPLETED"))
		run_all(call, job);
	else
		json_object_set_new(job, "status", json_string(to));
	sb_touch(call);
}

/* Whether each resource can be written; gives them as they are kept, NULL after a reply. */
static json_t *check_resources(struct sb_call *call, const json_t *body,
			       enum zoho_bulk_operation operation)
{
	const json_t *list = json_object_get(body, "resource"), *resource;
	json_t *kept = json_keep(call->arena, json_array());
	size_t i;

	if (!json_array_size(list) || json_array_size(list) > RESOURCES_MAX) {
		zoho_fail(call, 400, "MISSING_REQUIRED_KEY",
			  "required key resource is not found in request body.", NULL);
		return NULL;
	}
	json_array_foreach(list, i, resource) {
		struct zoho_bulk_part *part = arena_alloc(call->arena, sizeof(*part));
		json_t *copy;

		part->call = call;
		part->operation = operation;
		if (!zoho_bulk_part_read(part, resource))
			return NULL;
		copy = json_deep_copy(resource);
		json_object_set_new(copy, "file_id", json_string(zoho_bulk_file_of(part, resource)));
		set_status(copy, "ADDED");
		json_array_append_new(kept, copy);
	}
	return kept;
}

void zoho_bulk_write(struct sb_call *call)
{
	const json_t *body = sb_json(call), *job;
	const char *encoding = json_string_of(body, "character_encoding");
	enum zoho_bulk_operation operation;
	json_t *resources, *about;

	if (!body || !zoho_bulk_check_callback(call, body))
		return;
	if (encoding && !text_equal_nocase(encoding, "UTF-8")) {
		sb_not_imitated(call, "files that are not UTF-8");
		return;
	}
	if (!zoho_bulk_operation_parse(json_string_of(body, "operation"), &operation)) {
		zoho_fail(call, 400, "MISSING_REQUIRED_KEY",
			  "required key operation is not found in request body.", NULL);
		return;
	}
	resources = check_resources(call, body, operation);
	if (!resources)
		return;
	about = json_pack("{ss sO sO sb ss}", "status", "ADDED", "operation",
			  json_object_get(body, "operation"), "resource", resources, "ignore_empty",
			  json_is_true(json_object_get(body, "ignore_empty")), "base",
			  sb_base_url(call));
	if (json_object_get(body, "callback"))
		json_object_set(about, "callback", json_object_get(body, "callback"));
	job = zoho_bulk_add(call, "write", about);
	zoho_bulk_plan(call, job, step);
	sb_reply_json(call, 201,
		      json_pack("{ss ss ss s{sO so}}", "status", "success", "code", "SUCCESS",
				"message", "success", "details", "id", json_object_get(job, "id"),
				"created_by", zoho_bulk_user(call->account)));
}

void zoho_bulk_write_get(struct sb_call *call)
{
	const json_t *job = zoho_bulk_of_path(call, "write");

	if (job)
		sb_reply_json(call, 200, job_json(call, job));
}

void zoho_bulk_write_result(struct sb_call *call)
{
	zoho_bulk_download(call, "write");
}
