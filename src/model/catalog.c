/* catalog.c - what a CRM says its fields are: the cached schema. Threads: pure. */
#include "model/catalog.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const type_names[] = {
	[CATALOG_TEXT] = "text",
	[CATALOG_TEXTAREA] = "textarea",
	[CATALOG_EMAIL] = "email",
	[CATALOG_PHONE] = "phone",
	[CATALOG_URL] = "url",
	[CATALOG_INTEGER] = "integer",
	[CATALOG_NUMBER] = "number",
	[CATALOG_BOOLEAN] = "boolean",
	[CATALOG_DATE] = "date",
	[CATALOG_DATETIME] = "datetime",
	[CATALOG_TIME] = "time",
	[CATALOG_PICKLIST] = "picklist",
	[CATALOG_MULTI_PICKLIST] = "multi_picklist",
	[CATALOG_REFERENCE] = "reference",
	[CATALOG_ANY] = "any",
};

const char *catalog_type_name(enum catalog_type type)
{
	return type_names[type];
}

bool catalog_type_parse(const char *name, enum catalog_type *type)
{
	for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
		if (text_equal(type_names[i], name)) {
			*type = (enum catalog_type)i;
			return true;
		}
	return false;
}

const struct catalog_field *catalog_find(const struct catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->nfields; i++)
		if (strcmp(catalog->fields[i].name, name) == 0)
			return &catalog->fields[i];
	return NULL;
}

static json_t *options_to_json(const struct catalog_field *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s*, s:b}", "value",
						field->options[i].value, "label",
						field->options[i].label, "hidden",
						field->options[i].is_hidden));
	return list;
}

json_t *catalog_to_json(const struct catalog *catalog)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < catalog->nfields; i++) {
		const struct catalog_field *field = &catalog->fields[i];

		json_array_append_new(
			fields,
			json_pack("{s:s, s:s*, s:s, s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:o}",
				  "name", field->name, "label", field->label, "type",
				  catalog_type_name(field->type), "length", field->length,
				  "precision", field->precision, "scale", field->scale,
				  "required", field->is_required, "creatable",
				  field->is_creatable, "updatable", field->is_updatable,
				  "unique", field->is_unique, "key", field->is_key,
				  "write_only", field->is_write_only,
				  "open_options", field->has_open_options, "options",
				  options_to_json(field)));
	}
	return json_pack("{s:s, s:I, s:o}", "object", catalog->object, "read_at",
			 (json_int_t)catalog->read_at, "fields", fields);
}

static const char *copy_of(struct arena *arena, const json_t *object, const char *name)
{
	return arena_strdup(arena, json_string_of(object, name));
}

static bool flag_of(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static void options_from_json(struct arena *arena, const json_t *list,
			      struct catalog_field *field)
{
	size_t count = json_array_size(list);
	struct catalog_option *options = arena_array(arena, count, sizeof(*options));

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);

		options[i].value = copy_of(arena, item, "value");
		options[i].label = copy_of(arena, item, "label");
		options[i].is_hidden = flag_of(item, "hidden");
		if (!options[i].value)
			options[i].value = "";
	}
	field->options = options;
	field->noptions = count;
}

static int field_from_json(struct arena *arena, const json_t *json,
			   struct catalog_field *field, struct error *err)
{
	field->name = copy_of(arena, json, "name");
	if (!field->name)
		return error_set(err, ERR_INVALID, "a field has no name");
	if (!catalog_type_parse(json_string_of(json, "type"), &field->type))
		return error_set(err, ERR_INVALID, "%s: unknown type", field->name);
	field->label = copy_of(arena, json, "label");
	field->length = (int)json_int_of(json, "length", 0);
	field->precision = (int)json_int_of(json, "precision", 0);
	field->scale = (int)json_int_of(json, "scale", 0);
	field->is_required = flag_of(json, "required");
	field->is_creatable = flag_of(json, "creatable");
	field->is_updatable = flag_of(json, "updatable");
	field->is_unique = flag_of(json, "unique");
	field->is_key = flag_of(json, "key");
	field->is_write_only = flag_of(json, "write_only");
	field->has_open_options = flag_of(json, "open_options");
	options_from_json(arena, json_object_get(json, "options"), field);
	return 0;
}

int catalog_from_json(struct arena *arena, const json_t *json, struct catalog *catalog,
		      struct error *err)
{
	const json_t *list = json_object_get(json, "fields");
	size_t count = json_array_size(list);
	struct catalog_field *fields = arena_array(arena, count, sizeof(*fields));

	for (size_t i = 0; i < count; i++)
		if (field_from_json(arena, json_array_get(list, i), &fields[i], err) < 0)
			return error_wrap(err, "field catalog");
	*catalog = (struct catalog){
		.object = copy_of(arena, json, "object"),
		.fields = fields,
		.nfields = count,
		.read_at = json_int_of(json, "read_at", 0),
	};
	return 0;
}
