/* copper_fields.c - custom field definitions and the fixed lists (2, 3, 6). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"

static const struct {
	const char *kind;
	enum sb_type type;
	int max_len;
	size_t options_min;
} types[] = {
	{ "String", SB_TEXT, 255, 0 },	{ "Text", SB_LONG_TEXT, 0, 0 },
	{ "Dropdown", SB_INTEGER, 0, 1 }, { "MultiSelect", SB_JSON, 0, 2 },
	{ "Date", SB_INTEGER, 0, 0 },	{ "Checkbox", SB_BOOLEAN, 0, 0 },
	{ "Float", SB_NUMBER, 0, 0 },	{ "URL", SB_TEXT, 255, 0 },
	{ "Percentage", SB_NUMBER, 0, 0 }, { "Currency", SB_NUMBER, 0, 0 },
};

static json_t *definitions_of(struct sb_call *call)
{
	return json_object_get(call->account->extra, "definitions");
}

static json_t *definition_of(struct sb_call *call)
{
	json_t *definition = json_object_get(definitions_of(call), sb_param(call, 0));

	if (!definition)
		sb_copper_not_found(call);
	return definition;
}

void sb_copper_definitions(struct sb_call *call)
{
	json_t *list = json_array(), *definition;
	const char *id;

	json_object_foreach(definitions_of(call), id, definition)
		json_array_append_new(list, json_deep_copy(definition));
	sb_reply_json(call, 200, list);
}

void sb_copper_definition(struct sb_call *call)
{
	json_t *definition = definition_of(call);

	if (definition)
		sb_reply_json(call, 200, json_deep_copy(definition));
}

/* Gives options that have none an id and a rank; false when one has no name. */
static bool number_options(struct sb_call *call, json_t *options)
{
	size_t i;
	json_t *option;

	json_array_foreach(options, i, option) {
		int64_t id = json_int_of(call->account->extra, "option_id", 167777);

		if (text_is_empty(json_string_of(option, "name")))
			return false;
		json_object_set_new(option, "rank", json_integer((json_int_t)i));
		if (json_is_integer(json_object_get(option, "id")))
			continue;
		json_object_set_new(option, "id", json_integer(id));
		json_object_set_new(call->account->extra, "option_id", json_integer(id + 1));
	}
	return true;
}

static void set_options(struct sb_call *call, struct sb_field *field, const json_t *options)
{
	size_t i;
	json_t *option;

	field->noptions = 0;
	json_array_foreach((json_t *)options, i, option) {
		int id = (int)json_int_of(option, "id", 0);

		sb_field_add_option(field, arena_printf(call->arena, "%d", id),
				    json_string_of(option, "name"), id, false);
	}
}

static bool are_types(struct sb_call *call, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!sb_copper_object_of_type(call, json_string_value(item)))
			return false;
	return json_array_size(list) > 0;
}

/* The place in `types`, or -1 after refusing. */
static int type_of(struct sb_call *call, const json_t *body)
{
	const char *kind = json_string_of(body, "data_type");
	size_t i = 0;

	while (kind && i < ARRAY_LEN(types) && strcmp(types[i].kind, kind) != 0)
		i++;
	if (text_is_empty(json_string_of(body, "name")))
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Name: can't be "
					  "blank");
	else if (!kind || i == ARRAY_LEN(types))
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Data Type: Invalid "
					  "value for Data Type");
	else if (!are_types(call, json_object_get(body, "available_on")))
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Available On: "
					  "Invalid value for Available On");
	else if (json_array_size(json_object_get(body, "options")) < types[i].options_min)
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Options: too few");
	else
		return (int)i;
	return -1;
}

static void add_fields(struct sb_call *call, const json_t *definition, int type, const char *id)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(definition, "available_on"), i, item) {
		const struct sb_field_spec spec = { .name = id,
						    .label = json_string_of(definition, "name"),
						    .type = types[type].type,
						    .flags = SB_CUSTOM,
						    .max_len = types[type].max_len,
						    .kind = types[type].kind };
		struct sb_object *object =
			sb_copper_object_of_type(call, json_string_value(item));
		struct sb_field *field;

		if (sb_field_find_any(object, id))
			continue; /* the type is named twice */
		field = sb_field_add(object, &spec);
		field->extra = json_pack("{sO*}", "is_filterable",
					 json_object_get(definition, "is_filterable"));
		set_options(call, field, json_object_get(definition, "options"));
	}
}

/* "Fairlead id" is fairlead_id; new. */
static json_t *canonical(const char *name)
{
	char text[64];
	size_t i;

	for (i = 0; name[i] && i < sizeof(text) - 1; i++) {
		char c = name[i];

		text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') :
			  (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c :
									      '_';
	}
	text[i] = '\0';
	return json_string(text);
}

static json_t *shown(const json_t *body, int64_t id)
{
	static const char *const keys[] = { "name", "canonical_name", "data_type", "available_on",
					    "is_filterable", "currency", "options" };
	json_t *definition = json_pack("{sI}", "id", (json_int_t)id);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		json_t *value = json_object_get(body, keys[i]);

		if (value)
			json_object_set_new(definition, keys[i], json_deep_copy(value));
	}
	if (!json_object_get(definition, "canonical_name"))
		json_object_set_new(definition, "canonical_name",
				    canonical(json_string_of(body, "name")));
	if (!json_object_get(definition, "is_filterable"))
		json_object_set_new(definition, "is_filterable", json_false());
	return definition;
}

void sb_copper_add_definition(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	int64_t id = json_int_of(call->account->extra, "definition_id", 126241);
	const char *name;
	json_t *definition;
	int type;

	if (!body)
		return;
	type = type_of(call, body);
	if (type < 0)
		return;
	definition = json_keep(call->arena, shown(body, id));
	if (!number_options(call, json_object_get(definition, "options"))) {
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Options: Invalid "
					  "value for Options");
		return;
	}
	json_object_set_new(call->account->extra, "definition_id", json_integer(id + 1));
	name = arena_printf(call->arena, "%lld", (long long)id);
	add_fields(call, definition, type, name);
	json_object_set(definitions_of(call), name, definition);
	sb_touch(call);
	sb_reply_json(call, 200, json_deep_copy(definition));
}

/* The list of options that is given replaces the old one (3). */
void sb_copper_edit_definition(struct sb_call *call)
{
	json_t *definition = definition_of(call), *options, *item;
	const json_t *body = definition ? sb_json(call) : NULL;
	const char *name = json_string_of(body, "name");
	size_t i;

	if (!body)
		return;
	options = json_keep(call->arena, json_deep_copy(json_object_get(body, "options")));
	if (options && !number_options(call, options)) {
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Options: Invalid "
					  "value for Options");
		return;
	}
	if (!text_is_empty(name))
		json_object_set_new(definition, "name", json_string(name));
	if (options)
		json_object_set(definition, "options", options);
	json_array_foreach(json_object_get(definition, "available_on"), i, item) {
		struct sb_object *object =
			sb_copper_object_of_type(call, json_string_value(item));
		struct sb_field *field = sb_field_find(object, sb_param(call, 0));

		if (field && options)
			set_options(call, field, options);
	}
	sb_touch(call);
	sb_reply_json(call, 200, json_deep_copy(definition));
}

/* --- the account and its lists --- */

void sb_copper_account(struct sb_call *call)
{
	sb_reply_json(call, 200, json_pack("{sI ss ss}", "id",
					   (json_int_t)call->account->remote_id, "name",
					   "Acme CRM", "primary_timezone", "Europe/London"));
}

void sb_copper_me(struct sb_call *call)
{
	const struct sb_object *users = sb_object_find(call->account, "users");

	sb_reply_json(call, 200, sb_copper_json(call, sb_object_record(users, 0)));
}

void sb_copper_list(struct sb_call *call)
{
	const struct sb_object *object = sb_object_find(call->account, call->route->tag);
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(object); i++)
		if (sb_object_record(object, i)->state == SB_LIVE)
			json_array_append_new(list,
					      sb_copper_json(call, sb_object_record(object, i)));
	sb_reply_json(call, 200, list);
}

static json_t *stages_of(struct sb_call *call, const struct sb_record *pipeline)
{
	const struct sb_object *stages = sb_object_find(call->account, "pipeline_stages");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(stages); i++) {
		const struct sb_record *stage = sb_object_record(stages, i);
		json_t *json;

		if (stage->state != SB_LIVE ||
		    !text_equal(sb_record_text_of(stage, "pipeline_id", call->arena),
				pipeline->id))
			continue;
		json = sb_copper_json(call, stage);
		json_object_del(json, "pipeline_id");
		json_array_append_new(list, json);
	}
	return list;
}

void sb_copper_pipelines(struct sb_call *call)
{
	const struct sb_object *pipelines = sb_object_find(call->account, "pipelines");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(pipelines); i++) {
		const struct sb_record *pipeline = sb_object_record(pipelines, i);
		json_t *json;

		if (pipeline->state != SB_LIVE)
			continue;
		json = sb_copper_json(call, pipeline);
		json_object_set_new(json, "stages", stages_of(call, pipeline));
		json_array_append_new(list, json);
	}
	sb_reply_json(call, 200, list);
}

void sb_copper_activity_types(struct sb_call *call)
{
	static const struct {
		const char *list, *name;
		int id;
	} all[] = {
		{ "user", "Note", 0 },		       { "user", "Phone Call", 190711 },
		{ "user", "Meeting", 190712 },	       { "system", "Property Changed", 1 },
		{ "system", "Pipeline Stage Changed", 3 },
	};
	json_t *json = json_pack("{s[] s[]}", "user", "system");

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		json_array_append_new(json_object_get(json, all[i].list),
				      json_pack("{si ss ss sb sb}", "id", all[i].id, "category",
						all[i].list, "name", all[i].name, "is_disabled",
						0, "count_as_interaction", all[i].id > 100));
	sb_reply_json(call, 200, json);
}
