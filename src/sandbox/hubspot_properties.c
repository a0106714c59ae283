/* hubspot_properties.c - describing and adding properties (fact sheet 3). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/oauth.h"

#define UNIQUE_MAX 10   /* custom properties with hasUniqueValue, per object */
#define OPTIONS_MAX 5000
#define BATCH_MAX 100

/* --- describing --- */

static const char *const wire_types[] = {
	[SB_TEXT] = "string",	   [SB_LONG_TEXT] = "string",	   [SB_EMAIL] = "string",
	[SB_PHONE] = "string",	   [SB_URL] = "string",		   [SB_INTEGER] = "number",
	[SB_NUMBER] = "number",	   [SB_BOOLEAN] = "bool",	   [SB_DATE] = "date",
	[SB_DATETIME] = "datetime", [SB_PICKLIST] = "enumeration", [SB_MULTI] = "enumeration",
	[SB_REFERENCE] = "enumeration", [SB_JSON] = "json",
};

static const char *const usual_kinds[] = {
	[SB_TEXT] = "text",	[SB_LONG_TEXT] = "textarea", [SB_EMAIL] = "text",
	[SB_PHONE] = "phonenumber", [SB_URL] = "text",	     [SB_INTEGER] = "number",
	[SB_NUMBER] = "number", [SB_BOOLEAN] = "booleancheckbox", [SB_DATE] = "date",
	[SB_DATETIME] = "date", [SB_PICKLIST] = "select",    [SB_MULTI] = "checkbox",
	[SB_REFERENCE] = "select", [SB_JSON] = "text",
};

/* External ones show an empty list, whatever they take. */
static json_t *options_json(const struct sb_field *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions && !(field->flags & HUBSPOT_EXTERNAL); i++) {
		const struct sb_option *option = &field->options[i];

		json_array_append_new(list, json_pack("{ss ss si sb}", "label", option->label,
						      "value", option->value, "displayOrder",
						      option->number, "hidden",
						      option->is_hidden));
	}
	return list;
}

static bool is_archivable(const struct sb_field *field)
{
	return !(field->flags & (SB_READ_ONLY | SB_CALCULATED)) && field->type != SB_EMAIL;
}

static json_t *property_json(const struct sb_field *field)
{
	bool is_custom = field->flags & SB_CUSTOM;
	bool is_read_only = field->flags & (SB_READ_ONLY | SB_CALCULATED);
	const char *description = json_string_of(field->extra, "description");
	json_t *json = json_pack(
		"{ss ss ss ss ss ss so sb sb sb sb sb sb sb si ss so so}", "name", field->name,
		"label", field->label, "type", wire_types[field->type], "fieldType",
		field->kind ? field->kind : usual_kinds[field->type], "groupName",
		field->group ? field->group : "", "description", description ? description : "",
		"options", options_json(field), "hasUniqueValue",
		(field->flags & SB_UNIQUE) != 0 && is_custom, "calculated",
		(field->flags & SB_CALCULATED) != 0, "externalOptions",
		(field->flags & HUBSPOT_EXTERNAL) != 0, "hidden",
		json_is_true(json_object_get(field->extra, "hidden")), "hubspotDefined",
		!is_custom, "formField", (field->flags & HUBSPOT_FORM) != 0, "archived",
		(field->flags & SB_ARCHIVED) != 0, "displayOrder", -1, "dataSensitivity",
		"non_sensitive", "createdAt", sb_json_time(field->created_at), "updatedAt",
		sb_json_time(field->updated_at));

	if (text_equal(field->refers_to, "owners"))
		json_object_set_new(json, "referencedObjectType", json_string("OWNER"));
	json_object_set_new(json, "modificationMetadata",
			    json_pack("{sb sb sb sb}", "archivable", is_archivable(field),
				      "readOnlyDefinition", !is_custom, "readOnlyOptions",
				      !is_custom && (is_read_only || !field->noptions),
				      "readOnlyValue", is_read_only));
	return json;
}

static bool is_shown(const struct sb_field *field, bool is_archived)
{
	return !(field->flags & SB_HIDDEN) &&
	       ((field->flags & SB_ARCHIVED) != 0) == is_archived;
}

void hubspot_properties(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "read");
	bool is_archived = text_equal(sb_query(call, "archived"), "true");
	const char *sensitivity = sb_query(call, "dataSensitivity");
	json_t *list;

	if (!object)
		return;
	list = json_array();
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (is_shown(field, is_archived) &&
		    (!sensitivity || strcmp(sensitivity, "non_sensitive") == 0))
			json_array_append_new(list, property_json(field));
	}
	sb_reply_json(call, 200, json_pack("{so}", "results", list));
}

static struct sb_field *property_of(struct sb_call *call, struct sb_object *object)
{
	bool is_archived = text_equal(sb_query(call, "archived"), "true");
	struct sb_field *field = sb_field_find_any(object, sb_param(call, 1));

	if (field && is_shown(field, is_archived))
		return field;
	hubspot_not_found(call);
	return NULL;
}

void hubspot_property_read(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "read");
	const struct sb_field *field = object ? property_of(call, object) : NULL;

	if (field)
		sb_reply_json(call, 200, property_json(field));
}

/* --- adding and editing --- */

static const struct {
	const char *type, *kind; /* kind NULL: any */
	enum sb_type is;
} types[] = {
	{ "string", "textarea", SB_LONG_TEXT },
	{ "string", "html", SB_LONG_TEXT },
	{ "string", "phonenumber", SB_PHONE },
	{ "string", "text", SB_TEXT },
	{ "string", "file", SB_TEXT },
	{ "string", "calculation_equation", SB_TEXT },
	{ "phone_number", "phonenumber", SB_PHONE },
	{ "number", "number", SB_NUMBER },
	{ "number", "calculation_equation", SB_NUMBER },
	{ "date", "date", SB_DATE },
	{ "datetime", "date", SB_DATETIME },
	{ "enumeration", "checkbox", SB_MULTI },
	{ "enumeration", "select", SB_PICKLIST },
	{ "enumeration", "radio", SB_PICKLIST },
	{ "enumeration", "booleancheckbox", SB_BOOLEAN },
	{ "bool", "booleancheckbox", SB_BOOLEAN },
	{ "bool", "select", SB_BOOLEAN },
	{ "bool", "radio", SB_BOOLEAN },
	{ "json", NULL, SB_JSON },
	{ "object_coordinates", NULL, SB_TEXT },
};

static bool type_of(const char *type, const char *kind, enum sb_type *out)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (!text_equal(types[i].type, type) ||
		    (types[i].kind && !text_equal(types[i].kind, kind)))
			continue;
		*out = types[i].is;
		return true;
	}
	return false;
}

static void invalid(struct sb_call *call, struct hubspot_refusal *refusal, const char *format,
		    const char *what)
{
	*refusal = (struct hubspot_refusal){
		.status = 400,
		.category = "VALIDATION_ERROR",
		.message = arena_printf(call->arena, "Invalid input JSON: %s",
					arena_printf(call->arena, format, what)),
	};
}

static size_t count_unique(const struct sb_object *object)
{
	size_t count = 0;

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		unsigned flags = sb_object_field(object, i)->flags;

		count += flags & SB_CUSTOM && flags & SB_UNIQUE && !(flags & SB_ARCHIVED);
	}
	return count;
}

static bool options_fit(const json_t *options)
{
	size_t i;
	json_t *option;

	if (!json_is_array(options) || json_array_size(options) > OPTIONS_MAX)
		return false;
	json_array_foreach((json_t *)options, i, option)
		if (text_is_empty(json_string_of(option, "value")) ||
		    text_is_empty(json_string_of(option, "label")))
			return false;
	return true;
}

static void set_options(struct sb_field *field, const json_t *options)
{
	size_t i;
	json_t *option;

	field->noptions = 0;
	json_array_foreach((json_t *)options, i, option)
		sb_field_add_option(field, json_string_of(option, "value"),
				    json_string_of(option, "label"),
				    (int)json_int_of(option, "displayOrder", (int64_t)i),
				    json_is_true(json_object_get(option, "hidden")));
}

/* Returns whether a property can be made of `body`; else *refusal says why not. */
static bool may_add(struct sb_call *call, struct sb_object *object, const json_t *body,
		    enum sb_type *type, struct hubspot_refusal *refusal)
{
	const char *name = json_string_of(body, "name"), *group = json_string_of(body, "groupName");
	const json_t *options = json_object_get(body, "options");

	if (!hubspot_is_name(name))
		invalid(call, refusal, "%s", "name: a-z, 0-9 and _, beginning with a letter");
	else if (text_is_empty(json_string_of(body, "label")))
		invalid(call, refusal, "Some required fields were not set: [%s]", "label");
	else if (!type_of(json_string_of(body, "type"), json_string_of(body, "fieldType"), type))
		invalid(call, refusal, "%s", "type and fieldType do not go together");
	else if (!group || !hubspot_group_find(call, object, group))
		invalid(call, refusal, "group \"%s\" does not exist", group ? group : "");
	else if ((*type == SB_PICKLIST || *type == SB_MULTI || options) && !options_fit(options))
		invalid(call, refusal, "%s", "options: each needs a label and a value");
	else if (json_is_true(json_object_get(body, "hasUniqueValue")) &&
		 count_unique(object) >= UNIQUE_MAX)
		invalid(call, refusal, "%s", "there are 10 unique properties already");
	else if (sb_field_find(object, name))
		*refusal = (struct hubspot_refusal){
			.status = 409,
			.category = "CONFLICT",
			.message = arena_printf(call->arena,
						"A property named '%s' already exists.", name),
		};
	else
		return true;
	return false;
}

static void set_extra(struct sb_field *field, const json_t *body)
{
	static const char *const names[] = { "description", "hidden" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *value = json_object_get(body, names[i]);

		if (!value)
			continue;
		if (!field->extra)
			field->extra = json_object();
		json_object_set(field->extra, names[i], value);
	}
}

static struct sb_field *add(struct sb_call *call, struct sb_object *object, const json_t *body,
			    struct hubspot_refusal *refusal)
{
	const char *name = json_string_of(body, "name");
	bool is_unique = json_is_true(json_object_get(body, "hasUniqueValue"));
	bool is_form = json_is_true(json_object_get(body, "formField"));
	struct sb_field_spec spec = { .name = name };
	struct sb_field *field;

	if (!may_add(call, object, body, &spec.type, refusal))
		return NULL;
	spec.label = json_string_of(body, "label");
	spec.kind = json_string_of(body, "fieldType");
	spec.group = json_string_of(body, "groupName");
	spec.flags = SB_CUSTOM | (is_unique ? SB_UNIQUE : 0) | (is_form ? HUBSPOT_FORM : 0);
	if (text_equal(spec.kind, "calculation_equation"))
		spec.flags |= SB_CALCULATED;
	field = sb_field_find_any(object, name);
	if (field) /* the name of an archived one is taken up again */
		sb_field_rename(field, arena_printf(call->account->arena, "%s__%lld", name,
						    (long long)call->now));
	field = sb_field_add(object, &spec);
	field->created_at = field->updated_at = call->now;
	set_options(field, json_object_get(body, "options"));
	set_extra(field, body);
	return field;
}

void hubspot_add_property(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "write");
	const json_t *body = object ? sb_json(call) : NULL;
	struct hubspot_refusal refusal = { 0 };
	const struct sb_field *field;

	if (!body)
		return;
	field = add(call, object, body, &refusal);
	if (field)
		sb_reply_json(call, 201, property_json(field));
	else
		hubspot_refuse(call, &refusal);
}

static const char *wrong_edit(struct sb_call *call, const struct sb_field *field,
			      const json_t *body)
{
	const json_t *unique = json_object_get(body, "hasUniqueValue");
	const char *group = json_string_of(body, "groupName");
	bool is_unique = field->flags & SB_UNIQUE;

	if (unique && json_is_true(unique) != is_unique)
		return "hasUniqueValue cannot be changed";
	if (group && !hubspot_group_find(call, field->object, group))
		return "group does not exist";
	if (json_object_get(body, "options") && !options_fit(json_object_get(body, "options")))
		return "options: each needs a label and a value";
	if (!(field->flags & SB_CUSTOM) &&
	    (json_object_get(body, "type") || json_object_get(body, "label")))
		return "the definition of this property is read only";
	return NULL;
}

void hubspot_edit_property(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "write");
	const json_t *body = object ? sb_json(call) : NULL;
	struct sb_field *field = body ? property_of(call, object) : NULL;
	struct arena *arena = call->account->arena;
	const char *wrong, *label, *group;

	if (!field)
		return;
	wrong = wrong_edit(call, field, body);
	if (wrong) {
		hubspot_fail(call, 400, "VALIDATION_ERROR", "Invalid input JSON: %s", wrong);
		return;
	}
	label = json_string_of(body, "label");
	group = json_string_of(body, "groupName");
	if (label)
		field->label = arena_strdup(arena, label);
	if (group)
		field->group = arena_strdup(arena, group);
	if (json_object_get(body, "options"))
		set_options(field, json_object_get(body, "options"));
	set_extra(field, body);
	field->updated_at = call->now;
	sb_touch(call);
	sb_reply_json(call, 200, property_json(field));
}

void hubspot_archive_property(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "write");
	struct sb_field *field = object ? property_of(call, object) : NULL;

	if (!field)
		return;
	if (!is_archivable(field)) {
		hubspot_fail(call, 400, "VALIDATION_ERROR", "Property %s cannot be archived",
			     field->name);
		return;
	}
	sb_field_set_flags(field, SB_ARCHIVED, 0);
	sb_touch(call);
	sb_reply_empty(call, 204);
}

/* --- batches --- */

static const json_t *inputs_of(struct sb_call *call)
{
	const json_t *body = sb_json(call), *inputs = json_object_get(body, "inputs");
	size_t count = json_array_size(inputs);

	if (!body || (count && count <= BATCH_MAX))
		return inputs;
	hubspot_fail(call, 400, "VALIDATION_ERROR", "inputs: 1 to %d", BATCH_MAX);
	return NULL;
}

static void reply_batch(struct sb_call *call, int status, json_t *results, json_t *errors)
{
	json_t *body = json_pack("{ss so so so}", "status", "COMPLETE", "results", results,
				 "startedAt", sb_json_time(call->now), "completedAt",
				 sb_json_time(call->now));
	size_t count = json_array_size(errors);

	if (count) {
		json_object_set_new(body, "numErrors", json_integer((json_int_t)count));
		json_object_set(body, "errors", errors);
	}
	sb_reply_json(call, count ? 207 : status, body);
}

void hubspot_batch_read_properties(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "read");
	const json_t *inputs = object ? inputs_of(call) : NULL;
	json_t *results, *errors, *input;
	size_t i;

	if (!inputs)
		return;
	results = json_array();
	errors = json_keep(call->arena, json_array());
	json_array_foreach((json_t *)inputs, i, input) {
		const char *name = json_string_of(input, "name");
		const struct sb_field *field = name ? sb_field_find(object, name) : NULL;
		const struct hubspot_refusal missing = { .status = 404,
							 .category = "OBJECT_NOT_FOUND",
							 .message = "resource not found" };

		if (field && is_shown(field, false))
			json_array_append_new(results, property_json(field));
		else
			json_array_append_new(errors, hubspot_error_item(&missing, NULL));
	}
	reply_batch(call, 200, results, errors);
}

void hubspot_batch_create_properties(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "write");
	const json_t *inputs = object ? inputs_of(call) : NULL;
	json_t *results, *errors, *input;
	size_t i;

	if (!inputs)
		return;
	results = json_array();
	errors = json_keep(call->arena, json_array());
	json_array_foreach((json_t *)inputs, i, input) {
		struct hubspot_refusal refusal = { 0 };
		const struct sb_field *field = add(call, object, input, &refusal);

		if (field)
			json_array_append_new(results, property_json(field));
		else
			json_array_append_new(errors, hubspot_error_item(&refusal, NULL));
	}
	reply_batch(call, 201, results, errors);
}

void hubspot_batch_archive_properties(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "write");
	const json_t *inputs = object ? inputs_of(call) : NULL;
	json_t *input;
	size_t i;

	if (!inputs)
		return;
	json_array_foreach((json_t *)inputs, i, input) {
		const char *name = json_string_of(input, "name");
		struct sb_field *field = name ? sb_field_find(object, name) : NULL;

		if (field && is_archivable(field))
			sb_field_set_flags(field, SB_ARCHIVED, 0);
	}
	sb_touch(call);
	sb_reply_empty(call, 204);
}
