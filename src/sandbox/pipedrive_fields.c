/* pipedrive_fields.c - the catalogue of fields, and custom ones (3). Threads: under the
 * sandbox's lock.
 *
 * Leads have no fields of their own: they take the custom fields of deals, so that each
 * of those is kept in both objects. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/pipedrive.h"

#define NAME_MAX_LEN 255
#define OPTIONS_MAX 1000

static const struct {
	const char *kind;
	enum sb_type type;
	int max_len;
} types[] = {
	{ "varchar", SB_TEXT, 255 },   { "varchar_auto", SB_TEXT, 255 },
	{ "text", SB_LONG_TEXT, 65000 }, { "double", SB_NUMBER, 0 },
	{ "monetary", SB_JSON, 0 },    { "enum", SB_INTEGER, 0 },
	{ "set", SB_JSON, 0 },         { "phone", SB_TEXT, 255 },
	{ "date", SB_DATE, 0 },        { "daterange", SB_JSON, 0 },
	{ "time", SB_JSON, 0 },        { "timerange", SB_JSON, 0 },
	{ "address", SB_JSON, 0 },     { "user", SB_REFERENCE, 0 },
	{ "org", SB_REFERENCE, 0 },    { "people", SB_REFERENCE, 0 },
};

static const char *refers_to(const char *kind)
{
	if (strcmp(kind, "user") == 0)
		return "users";
	if (strcmp(kind, "org") == 0)
		return "organizations";
	return strcmp(kind, "people") == 0 ? "persons" : NULL;
}

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

static struct sb_field *field_of(struct sb_call *call)
{
	struct sb_field *field = sb_field_find(object_of(call), sb_param(call, 0));

	if (field && !(field->flags & SB_HIDDEN))
		return field;
	sb_pipedrive_not_found(call);
	return NULL;
}

/* The same field of leads, when the field is a deal's. */
static struct sb_field *twin_of(struct sb_call *call, const struct sb_field *field)
{
	if (strcmp(call->route->tag, "deals") != 0)
		return NULL;
	return sb_field_find(sb_object_find(call->account, "leads"), field->name);
}

/* --- showing --- */

static json_t *options_json(const struct sb_field *field, int from)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		if (field->options[i].number >= from)
			json_array_append_new(list, json_pack("{si ss}", "id",
							      field->options[i].number, "label",
							      field->options[i].label));
	return list;
}

static bool asks_for(struct sb_call *call, const char *what)
{
	const char *names = sb_query(call, "include_fields");

	return names && strstr(names, what);
}

static json_t *field_json(struct sb_call *call, const struct sb_field *field)
{
	json_t *json = json_pack(
		"{ss ss sO? ss so sn sb sb}", "field_name", field->label, "field_code",
		field->name, "description",
		field->extra ? json_object_get(field->extra, "description") : NULL, "field_type",
		field->kind ? field->kind : "varchar", "options",
		field->noptions ? options_json(field, 0) : json_null(), "subfields",
		"is_custom_field", (field->flags & SB_CUSTOM) != 0, "is_optional_response_field",
		0);

	if (asks_for(call, "required_fields"))
		json_object_set_new(json, "required_fields", json_pack("{sb}", "enabled", 0));
	if (asks_for(call, "ui_visibility"))
		json_object_set_new(json, "ui_visibility",
				    json_pack("{sb}", "add_visible_flag", 1));
	return json;
}

void sb_pipedrive_fields(struct sb_call *call)
{
	const struct sb_object *object = object_of(call);
	const char *cursor = sb_query(call, "cursor");
	json_t *data, *next = NULL;
	int64_t limit, at = 0;

	if (!sb_page_number(sb_query(call, "limit"), 100, 1, 500, &limit) ||
	    (cursor && *cursor &&
	     !sb_cursor_read(call->arena, cursor, "fields", &at, 1))) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: limit or cursor");
		return;
	}
	data = json_array();
	for (size_t i = (size_t)at; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (field->flags & (SB_ARCHIVED | SB_HIDDEN))
			continue;
		at = (int64_t)i;
		if (json_array_size(data) == (size_t)limit) {
			next = json_string(sb_cursor_make(call->arena, "fields", &at, 1));
			break;
		}
		json_array_append_new(data, field_json(call, field));
	}
	sb_pipedrive_data(call, 200, data,
			  json_pack("{so}", "next_cursor", next ? next : json_null()));
}

void sb_pipedrive_field(struct sb_call *call)
{
	const struct sb_field *field = field_of(call);

	if (field)
		sb_pipedrive_data(call, 200, field_json(call, field), NULL);
}

/* v1: what a lead has, with the custom fields of deals (3). */
void sb_pipedrive_v1_fields(struct sb_call *call)
{
	const struct sb_object *object = sb_object_find(call->account, call->route->tag);
	json_t *data = json_array();

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		json_t *json;

		if (field->flags & (SB_ARCHIVED | SB_HIDDEN))
			continue;
		json = json_pack("{si ss ss ss sb sb sb sb}", "id", (int)i + 1, "key",
				 field->name, "name", field->label, "field_type",
				 field->kind ? field->kind : "varchar", "mandatory_flag",
				 (field->flags & SB_REQUIRED) != 0, "edit_flag",
				 (field->flags & SB_CUSTOM) != 0, "bulk_edit_allowed",
				 !(field->flags & SB_READ_ONLY), "searchable_flag",
				 field->type == SB_TEXT);
		if (field->noptions)
			json_object_set_new(json, "options", options_json(field, 0));
		json_array_append_new(data, json);
	}
	sb_pipedrive_data(call, 200, data,
			  sb_pipedrive_pagination(0, 500, json_array_size(data)));
}

/* --- creating --- */

/* The first label that is no label; NULL when all are (at least one). */
static const char *bad_labels(const json_t *list)
{
	size_t i;
	json_t *item;

	if (!json_array_size(list) || json_array_size(list) > OPTIONS_MAX)
		return "Expected at least one option";
	json_array_foreach((json_t *)list, i, item)
		if (text_is_empty(json_string_of(item, "label")))
			return "Expected {label}";
	return NULL;
}

static int next_option(const struct sb_field *field)
{
	int number = 0;

	for (size_t i = 0; i < field->noptions; i++)
		if (field->options[i].number > number)
			number = field->options[i].number;
	return number + 1;
}

static void add_options(struct sb_call *call, struct sb_field *field, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item) {
		int number = next_option(field);

		sb_field_add_option(field, arena_printf(call->arena, "%d", number),
				    json_string_of(item, "label"), number, false);
	}
}

static const char *bad_field(const json_t *body, size_t *type)
{
	const char *name = json_string_of(body, "field_name");
	const char *kind = json_string_of(body, "field_type");

	*type = 0;
	if (text_is_empty(name) || text_length(name) > NAME_MAX_LEN)
		return "field_name: Required, 255 characters at most";
	while (kind && *type < ARRAY_LEN(types) && strcmp(types[*type].kind, kind) != 0)
		++*type;
	if (!kind || *type == ARRAY_LEN(types))
		return "field_type: Invalid enum value";
	if (strcmp(kind, "enum") == 0 || strcmp(kind, "set") == 0)
		return bad_labels(json_object_get(body, "options")) ? "options: Required" : NULL;
	return NULL;
}

static struct sb_field *add_field(struct sb_call *call, struct sb_object *object,
				  const json_t *body, size_t type, const char *code)
{
	const char *description = json_string_of(body, "description");
	const struct sb_field_spec spec = {
		.name = code,
		.label = json_string_of(body, "field_name"),
		.type = types[type].type,
		.flags = SB_CUSTOM,
		.max_len = types[type].max_len,
		.kind = types[type].kind,
		.refers_to = refers_to(types[type].kind),
	};
	struct sb_field *field = sb_field_add(object, &spec);

	if (description)
		field->extra = json_pack("{ss}", "description", description);
	add_options(call, field, json_object_get(body, "options"));
	return field;
}

void sb_pipedrive_add_field(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const struct sb_field *field;
	const char *wrong;
	char code[41];
	size_t type;
	json_t *json;

	if (!body)
		return;
	wrong = bad_field(body, &type);
	if (wrong) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: %s", wrong);
		return;
	}
	sb_rng_text(&call->rng, SB_HEX, code, 40);
	field = add_field(call, object_of(call), body, type, code);
	if (strcmp(call->route->tag, "deals") == 0)
		add_field(call, sb_object_find(call->account, "leads"), body, type, code);
	json = field_json(call, field);
	json_object_set_new(json, "required_fields", json_pack("{sb}", "enabled", 0));
	sb_pipedrive_data(call, 200, json, NULL);
}

/* --- changing --- */

static struct sb_field *custom_field_of(struct sb_call *call)
{
	struct sb_field *field = field_of(call);

	if (!field || field->flags & SB_CUSTOM)
		return field;
	sb_pipedrive_fail(call, 400, NULL, "%s is not a custom field", field->name);
	return NULL;
}

static void relabel(struct sb_call *call, struct sb_field *field, const char *label)
{
	field->label = arena_strdup(call->account->arena, label);
	field->updated_at = call->now;
	sb_touch(call);
}

void sb_pipedrive_edit_field(struct sb_call *call)
{
	struct sb_field *field = custom_field_of(call), *twin;
	const json_t *body = field ? sb_json(call) : NULL;
	const char *label = json_string_of(body, "field_name");

	if (!body)
		return;
	if (label && (!*label || text_length(label) > NAME_MAX_LEN)) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: field_name");
		return;
	}
	twin = twin_of(call, field);
	if (label)
		relabel(call, field, label);
	if (label && twin)
		relabel(call, twin, label);
	sb_pipedrive_data(call, 200, field_json(call, field), NULL);
}

void sb_pipedrive_delete_field(struct sb_call *call)
{
	struct sb_field *field = custom_field_of(call), *twin;

	if (!field)
		return;
	twin = twin_of(call, field);
	if (twin)
		sb_field_set_flags(twin, SB_ARCHIVED, 0);
	sb_field_set_flags(field, SB_ARCHIVED, 0);
	sb_pipedrive_data(call, 200, field_json(call, field), NULL);
}

/* All or nothing; the answer has the new ones only (3). */
void sb_pipedrive_add_options(struct sb_call *call)
{
	struct sb_field *field = custom_field_of(call), *twin;
	const json_t *body = field ? sb_json(call) : NULL;
	const char *wrong;
	int first;

	if (!body)
		return;
	wrong = field->noptions ? bad_labels(body) : "The field has no options";
	if (wrong) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: %s", wrong);
		return;
	}
	first = next_option(field);
	twin = twin_of(call, field);
	add_options(call, field, body);
	if (twin)
		add_options(call, twin, body);
	sb_pipedrive_data(call, 200, options_json(field, first), NULL);
}
