/* zoho_settings.c - modules, fields, layouts, assignment rules, users, the org (fact sheet 3,
 * 6). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/zoho.h"

/* The module of ?module=; NULL after a reply. */
static struct sb_object *module_of_query(struct sb_call *call)
{
	const char *name = sb_query(call, "module");
	struct sb_object *object;

	if (text_is_empty(name)) {
		zoho_missing_param(call, "module");
		return NULL;
	}
	object = zoho_object_find(call->account, name);
	if (!object)
		zoho_fail(call, 400, "INVALID_MODULE", "the module name given seems to be invalid",
			  json_pack("{ss}", "param_name", "module"));
	return object;
}

/* --- describing --- */

static const char *wire_type(const struct sb_field *field)
{
	switch (field->type) {
	case SB_INTEGER:
		return "integer";
	case SB_NUMBER:
		return "double";
	case SB_BOOLEAN:
		return "boolean";
	case SB_REFERENCE:
		return "jsonobject";
	case SB_MULTI:
	case SB_JSON:
		return "jsonarray";
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
	return "string";
}

static json_t *options_json(struct sb_call *call, const struct sb_field *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions; i++) {
		const struct sb_option *option = &field->options[i];

		json_array_append_new(
			list, json_pack("{ss ss ss si ss sn}", "id",
					zoho_meta_id(call->arena, call->account,
						     200 + field->slot, (unsigned)i + 1),
					"display_value", option->label, "actual_value",
					option->value, "sequence_number", (int)i + 1, "type",
					option->is_hidden ? "unused" : "used", "colour_code"));
	}
	return list;
}

static json_t *lookup_json(struct sb_call *call, const struct sb_field *field)
{
	size_t len = field->refers_to ? strcspn(field->refers_to, "|") : 0;
	const char *name = len ? arena_strndup(call->arena, field->refers_to, len) : "";

	if (field->type != SB_REFERENCE || strcmp(name, "users") == 0)
		return json_object();
	return json_pack("{s{ss ss} ss}", "module", "api_name", name, "id",
			 zoho_meta_id(call->arena, call->account, 92, 1), "display_label", name);
}

static json_t *field_json(struct sb_call *call, const struct sb_field *field)
{
	bool is_read_only = field->flags & (SB_READ_ONLY | SB_CALCULATED);
	bool is_unique = field->flags & SB_UNIQUE;
	json_t *json = json_pack(
		"{ss ss ss ss ss ss si sb sb sb sb sb sb sb}", "id",
		zoho_field_id(call->arena, field), "api_name", field->name, "field_label",
		field->label, "display_label", field->label, "data_type",
		field->kind ? field->kind : "text", "json_type", wire_type(field), "length",
		field->max_len, "custom_field", (field->flags & SB_CUSTOM) != 0, "read_only",
		is_read_only, "field_read_only", is_read_only, "system_mandatory",
		(field->flags & SB_REQUIRED) != 0, "visible", 1, "searchable", 1, "filterable",
		field->type != SB_LONG_TEXT);

	json_object_set_new(json, "sortable", json_boolean(field->type != SB_LONG_TEXT));
	json_object_set_new(json, "operation_type",
			    json_pack("{sb sb sb sb}", "web_update", !is_read_only, "api_create",
				      !is_read_only, "web_create", !is_read_only, "api_update",
				      !is_read_only));
	json_object_set_new(json, "unique",
			    is_unique ? json_pack("{ss}", "casesensitive", "false") :
					json_object());
	json_object_set_new(json, "external",
			    is_unique ? json_pack("{ss sb}", "type", "org", "show", 0) :
					json_null());
	json_object_set_new(json, "lookup", lookup_json(call, field));
	json_object_set_new(json, "default_value", json_null());
	json_object_set_new(json, "decimal_place",
			    field->type == SB_NUMBER ? json_integer(2) : json_null());
	json_object_set_new(json, "pick_list_values", options_json(call, field));
	json_object_set_new(json, "view_type",
			    json_pack("{sb sb sb sb}", "view", 1, "edit", !is_read_only,
				      "quick_create", 0, "create", !is_read_only));
	return json;
}

static bool is_described(const struct sb_field *field)
{
	return !(field->flags & (SB_HIDDEN | SB_ARCHIVED));
}

static json_t *fields_json(struct sb_call *call, const struct sb_object *object)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_nfields(object); i++)
		if (is_described(sb_object_field(object, i)))
			json_array_append_new(list, field_json(call, sb_object_field(object, i)));
	return list;
}

void zoho_fields_list(struct sb_call *call)
{
	struct sb_object *object = module_of_query(call);
	const char *type = sb_query(call, "type");

	if (!object)
		return;
	if (text_equal(type, "unused"))
		sb_reply_empty(call, 204);
	else
		sb_reply_json(call, 200, json_pack("{so}", "fields", fields_json(call, object)));
}

void zoho_field_get(struct sb_call *call)
{
	struct sb_object *object = module_of_query(call);

	for (size_t i = 0; object && i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (!is_described(field) ||
		    strcmp(zoho_field_id(call->arena, field), sb_param(call, 0)) != 0)
			continue;
		sb_reply_json(call, 200, json_pack("{s[o]}", "fields", field_json(call, field)));
		return;
	}
	if (object)
		sb_reply_empty(call, 204);
}

void zoho_modules_list(struct sb_call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; i < zoho_nmodules; i++) {
		const struct zoho_module *module = &zoho_modules[i];

		if (!module->is_hidden)
			json_array_append_new(
				list, json_pack("{ss ss ss ss ss ss sb sb sb sb}", "id",
						zoho_meta_id(call->arena, call->account, 93,
							     (unsigned)i),
						"api_name", module->name, "module_name",
						module->name, "singular_label", module->singular,
						"plural_label", module->name, "generated_type",
						"default", "api_supported", 1, "creatable", 1,
						"editable", 1, "deletable", 1));
	}
	sb_reply_json(call, 200, json_pack("{so}", "modules", list));
}

static json_t *section_fields_json(struct sb_call *call, const struct sb_object *object)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (is_described(field))
			json_array_append_new(
				list, json_pack("{ss ss sb si}", "id",
						zoho_field_id(call->arena, field), "api_name",
						field->name, "required",
						(field->flags & (SB_REQUIRED | ZOHO_LAYOUT)) != 0,
						"sequence_number", (int)i + 1));
	}
	return list;
}

void zoho_layouts(struct sb_call *call)
{
	struct sb_object *object = module_of_query(call);
	json_t *section;

	if (!object)
		return;
	section = json_pack("{ss ss si so}", "display_label", "Information", "name", "Information",
			    "sequence_number", 1, "fields", section_fields_json(call, object));
	sb_reply_json(call, 200,
		      json_pack("{s[{ss ss ss ss sb s[o]}]}", "layouts", "id",
				zoho_layout_id(call->arena, object), "name", "Standard",
				"display_label", "Standard", "status", "active", "visible", 1,
				"sections", section));
}

void zoho_rules(struct sb_call *call)
{
	struct sb_object *object = module_of_query(call);
	const char *name = object ? sb_object_spec(object)->name : "";

	if (!object)
		return;
	if (strcmp(name, "Leads") != 0) {
		sb_reply_empty(call, 204);
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{s[{ss ss sn s{ss ss}}]}", "assignment_rules", "id",
				zoho_rule_id(call->arena, call->account), "name", "Web leads",
				"description", "module", "api_name", name, "id",
				zoho_meta_id(call->arena, call->account, 93, 1)));
}

/* --- creating fields --- */

static const struct {
	const char *name;
	enum sb_type type;
	int len;
} kinds[] = {
	{ "text", SB_TEXT, 255 },	      { "textarea", SB_LONG_TEXT, 32000 },
	{ "email", SB_EMAIL, 100 },	      { "phone", SB_PHONE, 30 },
	{ "picklist", SB_PICKLIST, 120 },     { "multiselectpicklist", SB_MULTI, 120 },
	{ "integer", SB_INTEGER, 9 },	      { "bigint", SB_INTEGER, 18 },
	{ "double", SB_NUMBER, 16 },	      { "decimal", SB_NUMBER, 16 },
	{ "currency", SB_NUMBER, 16 },	      { "percent", SB_NUMBER, 5 },
	{ "boolean", SB_BOOLEAN, 5 },	      { "date", SB_DATE, 20 },
	{ "datetime", SB_DATETIME, 120 },     { "website", SB_URL, 255 },
};

/* Types that Zoho has besides (3), and that cannot be created here. */
static bool is_known_kind(const char *kind)
{
	return sb_has_word("lookup|ownerlookup|userlookup|autonumber|formula|rollup_summary|"
			   "fileupload|imageupload|subform|multiselectlookup",
			   kind);
}

struct creation {
	struct sb_call *call;
	struct sb_object *object;
	size_t index;
	struct zoho_refusal refusal;
};

static bool refuse(struct creation *creation, const char *code, const char *message,
		   const char *name)
{
	return zoho_refuse(creation->call, &creation->refusal, code, message,
			   json_pack("{ss so}", "api_name", name, "json_path",
				     sb_json_printf("$.fields[%zu].%s", creation->index, name)));
}

/* "Fairlead Score" is Fairlead_Score. */
static const char *name_of(struct creation *creation, const char *label)
{
	char *name = arena_strdup(creation->call->arena, label);

	if (!*label || !isalpha((unsigned char)*label))
		return NULL;
	for (char *at = name; *at; at++) {
		if (*at == ' ')
			*at = '_';
		else if (!isalnum((unsigned char)*at) && *at != '_')
			return NULL;
	}
	return name;
}

static void add_options(struct sb_field *field, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *label = json_string_of(item, "display_value");
		const char *value = json_string_of(item, "actual_value");

		if (label || value)
			sb_field_add_option(field, value ? value : label, label ? label : value,
					    (int)i + 1, false);
	}
}

static const struct sb_field *create_field(struct creation *creation, const json_t *input)
{
	const char *label = json_string_of(input, "field_label");
	const char *kind = json_string_of(input, "data_type"), *name;
	struct sb_field_spec spec = { .label = label, .kind = kind, .flags = SB_CUSTOM };
	struct sb_field *field;
	size_t i = 0;

	if (!label || !kind)
		return refuse(creation, "MANDATORY_NOT_FOUND", "required field not found",
			      label ? "data_type" : "field_label"), NULL;
	name = name_of(creation, label);
	if (!name)
		return refuse(creation, "PATTERN_NOT_MATCHED",
			      "please check whether the input values are correct",
			      "field_label"), NULL;
	while (i < ARRAY_LEN(kinds) && strcmp(kinds[i].name, kind) != 0)
		i++;
	if (i == ARRAY_LEN(kinds))
		return refuse(creation, "INVALID_DATA", "invalid data", "data_type"), NULL;
	if (sb_field_find_any(creation->object, name))
		return refuse(creation, "DUPLICATE_DATA", "duplicate data", "field_label"), NULL;
	spec.name = name;
	spec.type = kinds[i].type;
	spec.max_len = (int)json_int_of(input, "length", kinds[i].len);
	if (spec.max_len < 1 || spec.max_len > kinds[i].len)
		return refuse(creation, "INVALID_DATA", "invalid data", "length"), NULL;
	if (json_is_object(json_object_get(input, "unique")))
		spec.flags |= SB_UNIQUE;
	field = sb_field_add(creation->object, &spec);
	add_options(field, json_object_get(input, "pick_list_values"));
	sb_touch(creation->call);
	return field;
}

void zoho_fields_create(struct sb_call *call)
{
	struct creation creation = { .call = call, .object = module_of_query(call) };
	const json_t *body = creation.object ? sb_json(call) : NULL, *list, *input;
	struct zoho_results results = { 0 };
	int64_t most;
	size_t i;

	if (!body)
		return;
	list = json_object_get(body, "fields");
	most = sb_switch(call->account, "fields_per_call");
	if (!json_array_size(list) || json_array_size(list) > (size_t)most) {
		zoho_fail(call, 400, json_array_size(list) ? "LIMIT_EXCEEDED" : "INVALID_DATA",
			  "invalid data", json_pack("{ss sI}", "api_name", "fields", "limit",
						    (json_int_t)most));
		return;
	}
	json_array_foreach(list, i, input)
		if (is_known_kind(json_string_of(input, "data_type"))) {
			sb_not_imitated(call, "new fields that are looked up, computed or files");
			return;
		}
	json_array_foreach(list, i, input) {
		const struct sb_field *field;

		creation.index = i;
		field = create_field(&creation, input);
		zoho_results_add(&results, &creation.refusal,
				 field ? json_pack("{ss s{ss} ss ss}", "code", "SUCCESS",
						   "details", "id",
						   zoho_field_id(call->arena, field), "message",
						   "field created", "status", "success") :
					 NULL);
	}
	zoho_reply_results(call, "fields", &results, 201);
}

/* --- users and the org --- */

static json_t *user_json(struct sb_call *call, const struct sb_record *user)
{
	json_t *json = zoho_record(user, NULL, 0);

	json_object_set_new(json, "role",
			    json_pack("{ss ss}", "name", "CEO", "id",
				      zoho_meta_id(call->arena, call->account, 94, 1)));
	json_object_set_new(json, "profile",
			    json_pack("{ss ss}", "name", "Administrator", "id",
				      zoho_meta_id(call->arena, call->account, 95, 1)));
	return json;
}

static bool is_asked_for(struct sb_call *call, const struct sb_record *user, const char *type)
{
	const char *status = sb_record_text_of(user, "status", call->arena);

	if (!type || strcmp(type, "AllUsers") == 0)
		return true;
	if (strcmp(type, "CurrentUser") == 0)
		return user == zoho_user(call->account);
	return text_equal(status, "active") == (strncmp(type, "Active", 6) == 0);
}

void zoho_users(struct sb_call *call)
{
	const struct sb_object *users = sb_object_find(call->account, "users");
	const char *type = sb_query(call, "type");
	json_t *list = json_keep(call->arena, json_array());

	for (size_t i = 0; i < sb_object_count(users); i++)
		if (is_asked_for(call, sb_object_record(users, i), type))
			json_array_append_new(list, user_json(call, sb_object_record(users, i)));
	if (text_equal(sb_query(call, "page"), "2"))
		sb_reply_empty(call, 204);
	else
		zoho_reply_whole(call, "users", list);
}

void zoho_org(struct sb_call *call)
{
	sb_reply_json(call, 200,
		      json_pack("{s[{ss ss ss ss ss ss}]}", "org", "id",
				zoho_meta_id(call->arena, call->account, 96, 1), "company_name",
				"Acme", "country_code", "IE", "iso_code", "EUR", "time_zone",
				"Etc/UTC", "zgid",
				arena_printf(call->arena, "%llu",
					     (unsigned long long)call->account->remote_id)));
}
