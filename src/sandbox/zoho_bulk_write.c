/* zoho_bulk_write.c - bulk jobs that write the rows of a file (fact sheet 10). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho_bulk.h"

#define COLUMNS_MAX 200
#define RESOURCES_MAX 5

enum operation { BULK_INSERT, BULK_UPDATE, BULK_UPSERT };

/* --- what is asked for --- */

/* Where a field's values come from. */
struct column {
	const struct sb_field *field; /* NULL: the record's id */
	int index;                    /* -1: always `value` */
	const json_t *value;
};

/* One file and what becomes of it. */
struct part {
	struct sb_call *call;
	struct sb_object *object;
	const json_t *csv;
	enum operation operation;
	bool ignores_empty;
	const struct sb_field *find_by; /* NULL: the id */
	bool has_find_by;
	struct column columns[COLUMNS_MAX];
	size_t ncolumns, width; /* width: columns of the file */
};

static bool refuse(struct part *part, const char *code, const char *message)
{
	zoho_fail(part->call, 400, code, message, NULL);
	return false;
}

static bool missing_key(struct part *part, const char *key)
{
	return refuse(part, "MISSING_REQUIRED_KEY",
		      arena_printf(part->call->arena,
				   "required key %s is not found in request body.", key));
}

static bool parse_operation(const char *text, enum operation *operation)
{
	static const char *const names[] = { [BULK_INSERT] = "insert", [BULK_UPDATE] = "update",
					     [BULK_UPSERT] = "upsert" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!text_equal(text, names[i]))
			continue;
		*operation = (enum operation)i;
		return true;
	}
	return false;
}

/* What a file may be refused for before any of its rows is written. */
struct header {
	struct arena *arena;
	const char **names;
	size_t count;
	int64_t rows;
};

static bool look_at_row(const char *const *cells, size_t count, void *context)
{
	struct header *header = context;

	if (header->rows++)
		return true;
	header->count = count;
	header->names = arena_array(header->arena, count + 1, sizeof(*header->names));
	for (size_t i = 0; i < count; i++)
		header->names[i] = text_trim(header->arena, cells[i]);
	return true;
}

static bool read_header(struct part *part, struct header *header)
{
	int64_t rows_max = sb_switch(part->call->account, "bulk_rows");

	*header = (struct header){ .arena = part->call->arena };
	if (!sb_csv_read(&zoho_csv, json_string_value(part->csv),
			 json_string_length(part->csv), look_at_row, header))
		return refuse(part, "INVALID_FORMAT", "the file is no CSV");
	part->width = header->count;
	if (header->count > COLUMNS_MAX)
		return refuse(part, "HEADER_LIMIT_EXCEEDED", "the file has too many columns");
	if (header->rows - 1 > rows_max) {
		zoho_fail(part->call, 400, "LIMIT_EXCEEDED", "the file has too many rows",
			  json_pack("{sI}", "limit", (json_int_t)rows_max));
		return false;
	}
	return true;
}

/* --- the mapping --- */

static bool add_column(struct part *part, const char *name, int index, const json_t *value)
{
	struct column column = { .index = index, .value = value };

	if (part->ncolumns == COLUMNS_MAX)
		return refuse(part, "HEADER_LIMIT_EXCEEDED", "too many fields are mapped");
	if (strcmp(name, "id") != 0) {
		column.field = zoho_field_find(part->object, name);
		if (!column.field)
			return refuse(part, "INVALID_FIELD",
				      arena_printf(part->call->arena,
						   "invalid mapping. invalid api_name %s.", name));
	}
	part->columns[part->ncolumns++] = column;
	return true;
}

/* {api_name, index} or {api_name, default_value: {value}} */
static bool add_mapping(struct part *part, const json_t *mapping)
{
	const char *name = json_string_of(mapping, "api_name");
	const json_t *value = json_object_get(json_object_get(mapping, "default_value"), "value");
	int64_t index = json_int_of(mapping, "index", -1);

	if (!name)
		return missing_key(part, "api_name");
	if (json_object_get(mapping, "format") || json_object_get(mapping, "find_by") ||
	    json_object_get(mapping, "parent_column_index")) {
		sb_not_imitated(part->call, "formats, lookups by other fields and subforms in the "
					    "mapping of a bulk write");
		return false;
	}
	if (index < 0 && !value)
		return missing_key(part, arena_printf(part->call->arena, "index for field %s", name));
	if (index >= (int64_t)part->width) {
		zoho_fail(part->call, 400, "COLUMN_INDEX_NOT_FOUND",
			  "the file has no column of this index",
			  json_pack("{ss sI}", "api_name", name, "index", (json_int_t)index));
		return false;
	}
	return add_column(part, name, (int)index, value);
}

/* Without a mapping the header's names are the fields'; what is none is passed over. */
static bool map_by_header(struct part *part, const struct header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if ((strcmp(header->names[i], "id") == 0 ||
		     zoho_field_find(part->object, header->names[i])) &&
		    !add_column(part, header->names[i], (int)i, NULL))
			return false;
	return true;
}

static bool is_mapped(const struct part *part, const struct sb_field *field)
{
	for (size_t i = 0; i < part->ncolumns; i++)
		if (part->columns[i].field == field)
			return true;
	return false;
}

static bool maps_mandatory(struct part *part)
{
	for (size_t i = 0; part->operation != BULK_UPDATE && i < sb_object_nfields(part->object);
	     i++) {
		const struct sb_field *field = sb_object_field(part->object, i);

		if (field->flags & SB_REQUIRED && !(field->flags & (SB_ARCHIVED | SB_HIDDEN)) &&
		    !is_mapped(part, field))
			return refuse(part, "MANDATORY_FIELDS_NOT_MAPPED",
				      "All mandatory fields are not mapped for the layout");
	}
	return true;
}

/* By which field a row's record is found: one that has no value twice. */
static bool read_find_by(struct part *part, const char *name)
{
	part->has_find_by = name != NULL;
	if (!name)
		return part->operation == BULK_INSERT || missing_key(part, "find_by");
	if (strcmp(name, "id") != 0) {
		part->find_by = zoho_field_find(part->object, name);
		if (!part->find_by || !(part->find_by->flags & (SB_UNIQUE | ZOHO_DUPLICATE)))
			return refuse(part, "INVALID_FIELD_NAME",
				      "find_by names no field that tells records apart");
	}
	return is_mapped(part, part->find_by) ||
	       refuse(part, "INVALID_FIELD_NAME", "find_by names a field that is not mapped");
}

/* Declared as a number, given as a text: both are taken. */
static const char *file_of(const struct part *part, const json_t *resource)
{
	const json_t *id = json_object_get(resource, "file_id");

	return json_is_integer(id) ? arena_printf(part->call->arena, "%lld",
						  (long long)json_integer_value(id)) :
				     json_string_value(id);
}

static bool read_resource(struct part *part, const json_t *resource)
{
	struct sb_call *call = part->call;
	const char *module = json_string_of(json_object_get(resource, "module"), "api_name");
	const json_t *mappings = json_object_get(resource, "field_mappings"), *mapping;
	struct header header;
	size_t i;

	if (!text_equal(json_string_of(resource, "type"), "data"))
		return missing_key(part, "type");
	part->object = module ? zoho_object_find(call->account, module) : NULL;
	if (!part->object)
		return refuse(part, "MODULE_NOT_AVAILABLE",
			      arena_printf(call->arena, "Requested module '%s' is not available.",
					   module ? module : ""));
	part->csv = json_object_get(zoho_bulk_find(call->account, "file", file_of(part, resource)),
				    "csv");
	if (!part->csv) {
		zoho_fail(call, 404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.",
			  NULL);
		return false;
	}
	part->ignores_empty |= json_is_true(json_object_get(resource, "ignore_empty"));
	if (!read_header(part, &header))
		return false;
	json_array_foreach(mappings, i, mapping)
		if (!add_mapping(part, mapping))
			return false;
	if (!json_array_size(mappings) && !map_by_header(part, &header))
		return false;
	return read_find_by(part, json_string_of(resource, "find_by")) && maps_mandatory(part);
}

/* --- one row --- */

struct writing {
	struct part *part;
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

static const char *cell_of(const struct column *column, const char *const *cells, size_t count)
{
	if (column->index < 0)
		return json_string_value(column->value);
	return (size_t)column->index < count ? cells[column->index] : "";
}

/* The row's fields; *id becomes the text that its record is found by, or "". */
static json_t *input_of(const struct part *part, const char *const *cells, size_t count,
			const char **id)
{
	json_t *input = json_keep(part->call->arena, json_object());

	*id = "";
	for (size_t i = 0; i < part->ncolumns; i++) {
		const struct column *column = &part->columns[i];
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

static struct sb_record *record_of(const struct part *part, const char *id)
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
	struct part *part = writing->part;
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
	struct part *part = arena_alloc(call->arena, sizeof(*part));
	struct writing writing = { .part = part, .out = out };
	json_t *file;

	part->call = call;
	part->ignores_empty = json_is_true(json_object_get(job, "ignore_empty"));
	parse_operation(json_string_of(job, "operation"), &part->operation);
	if (!read_resource(part, resource)) {
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
static json_t *check_resources(struct sb_call *call, const json_t *body, enum operation operation)
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
		struct part *part = arena_alloc(call->arena, sizeof(*part));
		json_t *copy;

		part->call = call;
		part->operation = operation;
		if (!read_resource(part, resource))
			return NULL;
		copy = json_deep_copy(resource);
		json_object_set_new(copy, "file_id", json_string(file_of(part, resource)));
		set_status(copy, "ADDED");
		json_array_append_new(kept, copy);
	}
	return kept;
}

void zoho_bulk_write(struct sb_call *call)
{
	const json_t *body = sb_json(call), *job;
	const char *encoding = json_string_of(body, "character_encoding");
	enum operation operation;
	json_t *resources, *about;

	if (!body || !zoho_bulk_check_callback(call, body))
		return;
	if (encoding && !text_equal_nocase(encoding, "UTF-8")) {
		sb_not_imitated(call, "files that are not UTF-8");
		return;
	}
	if (!parse_operation(json_string_of(body, "operation"), &operation)) {
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
