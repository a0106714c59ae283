/* control_schema.c - /_sandbox/: a CRM's administrator changes the schema. Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/control_inside.h"

static const struct {
	const char *name;
	unsigned flag;
} flags[] = {
	{ "required", SB_REQUIRED }, { "read_only", SB_READ_ONLY }, { "unique", SB_UNIQUE },
	{ "indexed", SB_INDEXED },   { "custom", SB_CUSTOM },	    { "open", SB_OPEN },
	{ "hidden", SB_HIDDEN },     { "calculated", SB_CALCULATED }, { "archived", SB_ARCHIVED },
	{ "defaulted", SB_DEFAULTED },
};

static json_t *field_json(const struct sb_field *field)
{
	json_t *options = json_array(), *set = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(options, json_string(field->options[i].value));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (field->flags & flags[i].flag)
			json_array_append_new(set, json_string(flags[i].name));
	return json_pack("{ss ss ss si so so}", "name", field->name, "label", field->label,
			 "type", sb_type_name(field->type), "max_len", field->max_len, "flags",
			 set, "options", options);
}

static struct sb_object *object_of(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	struct sb_object *object = account ? sb_object_find(account, sb_param(call, 2)) : NULL;

	if (account && !object)
		sb_control_refuse(call, 404, "no object \"%s\"", sb_param(call, 2));
	return object;
}

void sb_control_schema(struct sb_call *call)
{
	const struct sb_object *object = object_of(call);
	json_t *list;

	if (!object)
		return;
	list = json_array();
	for (size_t i = 0; i < sb_object_nfields(object); i++)
		json_array_append_new(list, field_json(sb_object_field(object, i)));
	sb_reply_json(call, 200, json_pack("{so}", "fields", list));
}

/* Each returns what is wrong with `to`, or NULL when it is done. */
typedef const char *schema_change(struct sb_field *field, const json_t *to);

static const char *rename_field(struct sb_field *field, const json_t *to)
{
	const char *name = json_string_value(to);

	if (text_is_empty(name) || strlen(name) > 100)
		return "to: the new name";
	return sb_field_rename(field, name) ? NULL : "to: that name is taken";
}

static const char *retype_field(struct sb_field *field, const json_t *to)
{
	enum sb_type type;

	if (!json_is_string(to) || !sb_type_parse(json_string_value(to), &type))
		return "to: text, long_text, email, phone, url, integer, number, boolean, date, "
		       "datetime, picklist, multi, reference or json";
	sb_field_retype(field, type);
	return NULL;
}

static const char *set_length(struct sb_field *field, const json_t *to)
{
	if (!json_is_integer(to) || json_integer_value(to) < 0 ||
	    json_integer_value(to) > 1000000)
		return "to: characters, 0 to 1000000";
	field->max_len = (int)json_integer_value(to);
	return NULL;
}

static const char *set_options(struct sb_field *field, const json_t *to)
{
	size_t i;
	json_t *option;

	if (!json_is_array(to) || json_array_size(to) > 1000)
		return "to: an array of values, at most 1000";
	json_array_foreach((json_t *)to, i, option)
		if (!json_is_string(option))
			return "to: an array of values, at most 1000";
	field->noptions = 0;
	json_array_foreach((json_t *)to, i, option)
		sb_field_add_option(field, json_string_value(option), json_string_value(option),
				    (int)i, false);
	return NULL;
}

static const char *set_flag(struct sb_field *field, const json_t *to, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (strcmp(flags[i].name, name) != 0)
			continue;
		if (!json_is_boolean(to))
			return "to: true or false";
		sb_field_set_flags(field, json_is_true(to) ? flags[i].flag : 0,
				   json_is_true(to) ? 0 : flags[i].flag);
		return NULL;
	}
	return "change: rename, retype, length, options, add, or a flag (required, read_only, "
	       "unique, hidden, archived, open)";
}

static const struct {
	const char *name;
	schema_change *change;
} changes[] = {
	{ "rename", rename_field },
	{ "retype", retype_field },
	{ "length", set_length },
	{ "options", set_options },
};

static const char *change_field(struct sb_field *field, const char *change, const json_t *to)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (strcmp(changes[i].name, change) == 0)
			return changes[i].change(field, to);
	return set_flag(field, to, change);
}

static void add_field(struct sb_call *call, struct sb_object *object, const char *name,
		      const json_t *to)
{
	struct sb_field_spec spec = { .name = name, .flags = SB_CUSTOM };

	if (strlen(name) > 100 || sb_field_find_any(object, name))
		sb_control_refuse(call, 409, "field: that name is taken, or over 100 bytes");
	else if (!json_is_string(to) || !sb_type_parse(json_string_value(to), &spec.type))
		sb_control_refuse(call, 400, "to: the type of the new field");
	else
		sb_reply_json(call, 201, field_json(sb_field_add(object, &spec)));
}

void sb_control_change_schema(struct sb_call *call)
{
	struct sb_object *object = object_of(call);
	const json_t *body = object ? sb_control_body(call) : NULL;
	const char *name = json_string_of(body, "field"), *wrong;
	const char *change = json_string_of(body, "change");
	const json_t *to = json_object_get(body, "to");
	struct sb_field *field;

	if (!body)
		return;
	if (text_is_empty(name) || !change) {
		sb_control_refuse(call, 400, "field and change are needed");
		return;
	}
	if (strcmp(change, "add") == 0) {
		add_field(call, object, name, to);
		return;
	}
	field = sb_field_find_any(object, name);
	if (!field) {
		sb_control_refuse(call, 404, "no field \"%s\"", name);
		return;
	}
	wrong = change_field(field, change, to);
	call->sandbox->writes++;
	if (wrong)
		sb_control_refuse(call, 400, "%s", wrong);
	else
		sb_reply_json(call, 200, field_json(field));
}
