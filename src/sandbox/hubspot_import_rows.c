/* hubspot_import_rows.c - writes the rows of an import, and says what was wrong with each
 * (fact sheet 10). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/csv.h"
#include "sandbox/hubspot_imports.h"

#define ERRORS_MAX 10000

struct run {
	struct sb_call *call;
	json_t *import;
	const json_t *page;     /* fileImportPage of the file being read */
	const char *operation;  /* "UPSERT" */
	struct sb_object *object;
	int64_t file_id;
	int64_t line;           /* of the file, from 1 */
	json_t *header;         /* names of columns, once read */
	bool is_cut;            /* a mapped column is not in the file */
};

static void count(const struct run *run, const char *name)
{
	json_t *counters = json_at(run->import, "$.shown.metadata.counters");

	json_object_set_new(counters, name,
			    json_integer(json_int_of(counters, name, 0) + 1));
}

/* --- what was wrong --- */

static const char *error_type(const struct hubspot_refusal *refusal)
{
	static const struct {
		const char *code, *type;
	} types[] = {
		{ "INVALID_EMAIL", "INVALID_EMAIL" },
		{ "INVALID_OPTION", "INVALID_ENUMERATION_OPTION" },
		{ "INVALID_INTEGER", "COULD_NOT_PARSE_NUMBER" },
		{ "INVALID_DATE", "COULD_NOT_PARSE_DATE" },
		{ "INVALID_LONG", "COULD_NOT_PARSE_DATE" },
		{ "PROPERTY_VALUE_TOO_LONG", "COLUMN_TOO_LARGE" },
		{ "REQUIRED_FIELD", "MISSING_REQUIRED_PROPERTY" },
		{ "CONFLICTING_UNIQUE_VALUE", "DUPLICATE_UNIQUE_PROPERTY_VALUE" },
	};
	const char *code = json_string_of(json_array_get(refusal->errors, 0), "code");

	if (refusal->status == 409)
		return "DUPLICATE_UNIQUE_PROPERTY_VALUE";
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (text_equal(types[i].code, code))
			return types[i].type;
	return "UNKNOWN_ERROR";
}

static json_t *row_json(const char *const *cells, size_t count)
{
	json_t *row = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(row, json_string(cells[i]));
	return row;
}

static void add_error(const struct run *run, const char *type, const char *message,
		      const char *const *cells, size_t ncells)
{
	json_t *errors = json_object_get(run->import, "errors");

	count(run, "TOTAL_ERRORS");
	if (json_array_size(errors) == ERRORS_MAX)
		return;
	json_array_append_new(
		errors,
		json_pack("{so sI ss ss ss s{sI sI so s[] sb}}", "id",
			  sb_json_printf("%s-%zu",
					 json_string_value(json_at(run->import, "$.shown.id")),
					 json_array_size(errors) + 1),
			  "createdAt", (json_int_t)run->call->now, "errorType", type,
			  "errorMessage", message, "objectType",
			  hubspot_upper(run->call->arena,
					   hubspot_kind_of(run->object)->noun),
			  "sourceData", "fileId", (json_int_t)run->file_id, "lineNumber",
			  (json_int_t)run->line, "rowData", row_json(cells, ncells),
			  "additionalRowData", "containsEncryptedProperties", 0));
}

/* --- a row --- */

struct row {
	json_t *properties;
	struct sb_record *record; /* what its key names, or NULL */
	bool has_key;
};

/* The cell of a mapping; NULL when the row is shorter, or empty there. */
static const char *cell_of(const struct run *run, const json_t *mapping, size_t place,
			   const char *const *cells, size_t ncells)
{
	json_t *name;
	size_t i;

	if (!run->header)
		return place < ncells && *cells[place] ? cells[place] : NULL;
	json_array_foreach(run->header, i, name)
		if (text_equal(json_string_value(name), json_string_of(mapping, "columnName")))
			return i < ncells && *cells[i] ? cells[i] : NULL;
	return NULL;
}

static void read_row(const struct run *run, const char *const *cells, size_t ncells,
		     struct row *row)
{
	const json_t *mappings = json_object_get(run->page, "columnMappings"), *mapping;
	size_t i;
	bool is_bad;

	*row = (struct row){ .properties = json_keep(run->call->arena, json_object()) };
	json_array_foreach((json_t *)mappings, i, mapping) {
		const char *text = cell_of(run, mapping, i, cells, ncells);
		const char *name = json_string_of(mapping, "propertyName");
		const char *type = json_string_of(mapping, "columnType");
		bool is_id = text_equal(type, "HUBSPOT_OBJECT_ID");

		if (!text)
			continue;
		if (is_id || text_equal(type, "HUBSPOT_ALTERNATE_ID")) {
			row->has_key = true;
			row->record = hubspot_object_find(run->object, text, is_id ? NULL : name,
							  &is_bad);
		}
		if (!is_id)
			json_object_set_new(row->properties, name, json_string(text));
	}
}

static void write_row(const struct run *run, const char *const *cells, size_t ncells)
{
	struct hubspot_refusal refusal = { 0 };
	struct row row;
	bool is_done;

	read_row(run, cells, ncells, &row);
	count(run, "TOTAL_ROWS");
	if (row.record && strcmp(run->operation, "CREATE") == 0) {
		add_error(run, "CREATE_ONLY_IMPORT", "the record is there already", cells, ncells);
		return;
	}
	if (!row.record && (strcmp(run->operation, "UPDATE") == 0)) {
		add_error(run, "UPDATE_ONLY_IMPORT", "there is no such record", cells, ncells);
		return;
	}
	if (row.record)
		is_done = hubspot_update(run->call, row.record, row.properties, &refusal);
	else
		is_done = hubspot_create(run->call, run->object,
					 json_keep(run->call->arena,
						   json_pack("{sO}", "properties", row.properties)),
					 &refusal);
	if (is_done)
		count(run, row.record ? "UPDATED_OBJECTS" : "CREATED_OBJECTS");
	else
		add_error(run, error_type(&refusal), refusal.message, cells, ncells);
}

/* --- a file --- */

/* Whether each mapping's column is in the header. */
static bool has_columns(const struct run *run)
{
	const json_t *mappings = json_object_get(run->page, "columnMappings"), *mapping;
	json_t *name;
	size_t i, j;

	json_array_foreach((json_t *)mappings, i, mapping) {
		bool is_there = false;

		json_array_foreach(run->header, j, name)
			is_there |= text_equal(json_string_value(name),
					       json_string_of(mapping, "columnName"));
		if (!is_there)
			return false;
	}
	return true;
}

static bool take_row(const char *const *cells, size_t ncells, void *context)
{
	struct run *run = context;

	run->line++;
	if (run->line > 1 || !json_is_true(json_object_get(run->page, "hasHeader"))) {
		write_row(run, cells, ncells);
		return true;
	}
	run->header = json_keep(run->call->arena, row_json(cells, ncells));
	run->is_cut = !has_columns(run);
	if (run->is_cut)
		add_error(run, "INVALID_COLUMN_CONFIGURATION", "a mapped column is not in the file",
			  cells, ncells);
	return !run->is_cut;
}

static bool run_file(struct run *run, const json_t *file)
{
	const json_t *mappings, *request = json_at(run->import, "$.shown.importRequestJson");
	const json_t *text = json_object_get(json_object_get(run->import, "files"),
					     json_string_of(file, "fileName"));
	const struct sb_csv csv = { ',', "\n" };
	const char *type;
	bool is_read;

	run->page = json_object_get(file, "fileImportPage");
	mappings = json_object_get(run->page, "columnMappings");
	type = json_string_of(json_array_get(mappings, 0), "columnObjectTypeId");
	run->object = sb_object_find(run->call->account, type);
	run->operation = json_string_of(json_object_get(request, "importOperations"), type);
	run->operation = run->operation ? run->operation : "UPSERT";
	run->header = NULL;
	run->line = 0;
	is_read = sb_csv_read(&csv, json_string_value(text), json_string_length(text), take_row,
			      run);
	if (!is_read && !run->is_cut)
		add_error(run, "COULD_NOT_PARSE_ROW", "a quote stands where it must not", NULL, 0);
	return is_read && !run->is_cut;
}

void hubspot_import_run(struct sb_call *call, json_t *import)
{
	const json_t *files = json_at(import, "$.shown.importRequestJson.files"), *file;
	struct run run = { .call = call, .import = import };
	bool is_done = true;
	size_t i;

	json_array_foreach((json_t *)files, i, file) {
		const char *id = json_string_value(
			json_array_get(json_at(import, "$.shown.metadata.fileIds"), i));

		text_int(id, &run.file_id);
		is_done &= run_file(&run, file);
	}
	hubspot_import_set(call, import, is_done ? "DONE" : "FAILED");
}
