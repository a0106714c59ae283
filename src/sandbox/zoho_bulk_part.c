/* zoho_bulk_part.c - what a bulk write asks for: module, file, which column is which field
 * (fact sheet 10). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho_bulk.h"

static bool refuse(struct zoho_bulk_part *part, const char *code, const char *message)
{
	zoho_fail(part->call, 400, code, message, NULL);
	return false;
}

static bool missing_key(struct zoho_bulk_part *part, const char *key)
{
	return refuse(part, "MISSING_REQUIRED_KEY",
		      arena_printf(part->call->arena,
				   "required key %s is not found in request body.", key));
}

bool zoho_bulk_operation_parse(const char *text, enum zoho_bulk_operation *operation)
{
	static const char *const names[] = { [BULK_INSERT] = "insert", [BULK_UPDATE] = "update",
					     [BULK_UPSERT] = "upsert" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!text_equal(text, names[i]))
			continue;
		*operation = (enum zoho_bulk_operation)i;
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

static bool read_header(struct zoho_bulk_part *part, struct header *header)
{
	int64_t rows_max = sb_switch(part->call->account, "bulk_rows");

	*header = (struct header){ .arena = part->call->arena };
	if (!sb_csv_read(&zoho_csv, json_string_value(part->csv),
			 json_string_length(part->csv), look_at_row, header))
		return refuse(part, "INVALID_FORMAT", "the file is no CSV");
	part->width = header->count;
	if (header->count > ZOHO_COLUMNS_MAX)
		return refuse(part, "HEADER_LIMIT_EXCEEDED", "the file has too many columns");
	if (header->rows - 1 > rows_max) {
		zoho_fail(part->call, 400, "LIMIT_EXCEEDED", "the file has too many rows",
			  json_pack("{sI}", "limit", (json_int_t)rows_max));
		return false;
	}
	return true;
}

/* --- the mapping --- */

static bool add_column(struct zoho_bulk_part *part, const char *name, int index, const json_t *value)
{
	struct zoho_bulk_column column = { .index = index, .value = value };

	if (part->ncolumns == ZOHO_COLUMNS_MAX)
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
static bool add_mapping(struct zoho_bulk_part *part, const json_t *mapping)
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
static bool map_by_header(struct zoho_bulk_part *part, const struct header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if ((strcmp(header->names[i], "id") == 0 ||
		     zoho_field_find(part->object, header->names[i])) &&
		    !add_column(part, header->names[i], (int)i, NULL))
			return false;
	return true;
}

static bool is_mapped(const struct zoho_bulk_part *part, const struct sb_field *field)
{
	for (size_t i = 0; i < part->ncolumns; i++)
		if (part->columns[i].field == field)
			return true;
	return false;
}

static bool maps_mandatory(struct zoho_bulk_part *part)
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
static bool read_find_by(struct zoho_bulk_part *part, const char *name)
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
const char *zoho_bulk_file_of(const struct zoho_bulk_part *part, const json_t *resource)
{
	const json_t *id = json_object_get(resource, "file_id");

	return json_is_integer(id) ? arena_printf(part->call->arena, "%lld",
						  (long long)json_integer_value(id)) :
				     json_string_value(id);
}

bool zoho_bulk_part_read(struct zoho_bulk_part *part, const json_t *resource)
{
	struct sb_call *call = part->call;
	const char *module = json_string_of(json_object_get(resource, "module"), "api_name");
	const json_t *mappings = json_object_get(resource, "field_mappings"), *mapping;
	const json_t *file;
	struct header header;
	size_t i;

	if (!text_equal(json_string_of(resource, "type"), "data"))
		return missing_key(part, "type");
	part->object = module ? zoho_object_find(call->account, module) : NULL;
	if (!part->object)
		return refuse(part, "MODULE_NOT_AVAILABLE",
			      arena_printf(call->arena, "Requested module '%s' is not available.",
					   module ? module : ""));
	file = zoho_bulk_find(call->account, "file", zoho_bulk_file_of(part, resource));
	part->csv = json_object_get(file, "csv");
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
