/* dynamics_customize.c - new columns, new alternate keys, change tracking switched on (fact
 * sheet 3, 7). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/later.h"

#define NAME_MAX_LEN 41
#define KEY_COLUMNS_MAX 16
#define FIRST_OPTION 100000000 /* of options that come without a number */

static bool may_customize(struct sb_call *call)
{
	if (!sb_switch(call->account, "no_customizer"))
		return true;
	dynamics_fail(call, 403, "0x80040220",
		      "Principal user is missing prvCreateAttribute privilege");
	return false;
}

static void invalid(struct sb_call *call, const char *message)
{
	dynamics_fail(call, 400, "0x80048d19",
		      "Error identified in Payload provided by the user: %s", message);
}

static const char *label_of(const json_t *body, const char *name)
{
	return json_string_of(json_at(json_object_get(body, name), "LocalizedLabels[0]"), "Label");
}

static void reply_made(struct sb_call *call, const struct sb_object *object, const char *part,
		       const char *id)
{
	sb_touch(call);
	sb_reply_empty(call, 204);
	sb_reply_header(call, "OData-EntityId",
			arena_printf(call->arena, "%s/EntityDefinitions(%s)/%s(%s)",
				     dynamics_base(call),
				     dynamics_meta_id(call->arena, 't',
						      dynamics_table_number(object), 0),
				     part, id));
}

/* A publisher's prefix, then the name: "new_FairleadId". */
static bool is_schema_name(const char *name)
{
	const char *mark = name ? strchr(name, '_') : NULL;
	size_t len = name ? strlen(name) : 0;

	if (!mark || mark - name < 2 || mark - name > 8 || !mark[1] || len > NAME_MAX_LEN ||
	    !isalpha((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

/* --- columns --- */

static const struct {
	const char *metadata;
	enum sb_type type;
	const char *kind;
	int max_len; /* where the body says none */
} kinds[] = {
	{ "String", SB_TEXT, NULL, 100 },	{ "Memo", SB_LONG_TEXT, NULL, 2000 },
	{ "Integer", SB_INTEGER, NULL, 0 },	{ "Decimal", SB_NUMBER, "Decimal", 0 },
	{ "Double", SB_NUMBER, "Double", 0 },	{ "Money", SB_NUMBER, "Money", 0 },
	{ "Boolean", SB_BOOLEAN, NULL, 0 },	{ "DateTime", SB_DATETIME, NULL, 0 },
	{ "Picklist", SB_PICKLIST, NULL, 0 },	{ "MultiSelectPicklist", SB_MULTI, NULL, 0 },
};

/* "#Microsoft.Dynamics.CRM.StringAttributeMetadata" */
static bool kind_of(struct arena *arena, const json_t *body, size_t *kind)
{
	const char *type = json_string_of(body, "@odata.type");

	if (!type)
		return false;
	type += *type == '#';
	for (*kind = 0; *kind < ARRAY_LEN(kinds); ++*kind)
		if (strcmp(type, arena_printf(arena, DYNAMICS_TYPE "%sAttributeMetadata",
					      kinds[*kind].metadata)) == 0)
			return true;
	return false;
}

static enum sb_type text_type(const json_t *body)
{
	const char *format = json_string_of(json_object_get(body, "FormatName"), "Value");

	if (text_equal(format, "Email"))
		return SB_EMAIL;
	if (text_equal(format, "Phone"))
		return SB_PHONE;
	return text_equal(format, "Url") ? SB_URL : SB_TEXT;
}

static void add_options(struct sb_call *call, struct sb_field *field, const json_t *body)
{
	const json_t *option;
	size_t i;

	json_array_foreach(json_at(body, "OptionSet.Options"), i, option) {
		int64_t number = json_int_of(option, "Value", FIRST_OPTION + (int64_t)i);
		const char *value = arena_printf(call->arena, "%lld", (long long)number);
		const char *label = label_of(option, "Label");

		sb_field_add_option(field, value, label ? label : value, (int)i, false);
	}
}

static struct sb_field *add_column(struct sb_call *call, struct sb_object *object,
				   const json_t *body, size_t kind)
{
	const char *schema_name = json_string_of(body, "SchemaName");
	const char *label = label_of(body, "DisplayName");
	const char *level = json_string_of(json_object_get(body, "RequiredLevel"), "Value");
	struct sb_field_spec spec = {
		.name = text_lower_ascii(call->arena, schema_name),
		.label = label ? label : schema_name,
		.type = kinds[kind].type == SB_TEXT ? text_type(body) : kinds[kind].type,
		.flags = SB_CUSTOM | (text_equal(level, "ApplicationRequired") ? DYNAMICS_FORM : 0),
		.max_len = (int)json_int_of(body, "MaxLength", kinds[kind].max_len),
		.kind = kinds[kind].kind,
	};
	struct sb_field *field = sb_field_add(object, &spec);

	field->extra = json_pack("{ss}", "SchemaName", schema_name);
	add_options(call, field, body);
	return field;
}

void dynamics_add_column(struct sb_call *call, struct sb_object *object)
{
	const json_t *body = sb_json(call);
	const char *name = json_string_of(body, "SchemaName");
	int64_t len = json_int_of(body, "MaxLength", 1);
	size_t kind;

	if (!body || !may_customize(call))
		return;
	if (text_ends(json_string_of(body, "@odata.type") ? json_string_of(body, "@odata.type") : "",
		      "LookupAttributeMetadata"))
		sb_not_imitated(call, "new lookups");
	else if (json_object_get(body, "GlobalOptionSet@odata.bind"))
		sb_not_imitated(call, "new columns of a global choice");
	else if (!kind_of(call->arena, body, &kind))
		invalid(call, "'@odata.type' is no type of columns.");
	else if (!is_schema_name(name))
		invalid(call, "'SchemaName' is a publisher's prefix, '_' and letters and digits.");
	else if (len < 1 || len > 1048576)
		invalid(call, "'MaxLength' is out of its range.");
	else if (sb_field_find_any(object, text_lower_ascii(call->arena, name)))
		dynamics_fail(call, 400, "0x80047013",
			      "An attribute with the specified name %s already exists", name);
	else
		reply_made(call, object, "Attributes",
			   dynamics_field_id(call->arena, add_column(call, object, body, kind)));
}

/* --- alternate keys --- */

static bool may_be_key(const struct sb_field *field)
{
	switch (dynamics_kind(field)[0]) {
	case 'S': /* String; State and Status are none */
		return field->type != SB_PICKLIST;
	case 'I':
	case 'D':
	case 'L':
	case 'P':
		return field->type != SB_JSON;
	default:
		return false;
	}
}

/* "a,b" of KeyAttributes; NULL after a reply. */
static const char *key_columns(struct sb_call *call, const struct sb_object *object,
			       const json_t *body)
{
	const json_t *list = json_object_get(body, "KeyAttributes"), *item;
	struct buf buf;
	size_t i;

	buf_init(&buf, call->arena, 4096);
	json_array_foreach(list, i, item) {
		const char *name = json_string_value(item);
		const struct sb_field *field = name ? dynamics_field_find(object, name) : NULL;

		if (!field || !may_be_key(field) || i == KEY_COLUMNS_MAX) {
			invalid(call, "'KeyAttributes' names up to 16 columns of text, numbers, "
				      "times or lookups.");
			return NULL;
		}
		buf_addf(&buf, "%s%s", i ? "," : "", name);
	}
	if (buf.len)
		return buf_text(&buf);
	invalid(call, "'KeyAttributes' is missing.");
	return NULL;
}

static bool is_key_there(const struct sb_call *call, const struct sb_object *object,
			 const char *name)
{
	const json_t *key;
	size_t i;

	json_array_foreach(dynamics_keys(call->account), i, key)
		if (text_equal(json_string_of(key, "table"), sb_object_spec(object)->name) &&
		    text_equal_nocase(json_string_of(key, "SchemaName"), name))
			return true;
	return false;
}

/* The index is built in the background: Pending, InProgress, then Active or Failed. */
void dynamics_add_key(struct sb_call *call, struct sb_object *object)
{
	const json_t *body = sb_json(call), *key;
	const char *name = json_string_of(body, "SchemaName"), *columns, *label;
	int64_t wait;

	if (!body || !may_customize(call))
		return;
	if (!is_schema_name(name) || is_key_there(call, object, name)) {
		invalid(call, "'SchemaName' is a publisher's prefix, '_' and letters and digits, and "
			      "new.");
		return;
	}
	columns = key_columns(call, object, body);
	if (!columns)
		return;
	label = label_of(body, "DisplayName");
	key = dynamics_key_add(call->account, object, name, label ? label : name, columns,
			       "Pending");
	wait = sb_switch(call->account, "key_build_ms");
	sb_later(call, wait / 2, dynamics_key_build,
		 json_pack("{sO ss}", "id", json_object_get(key, "id"), "to", "InProgress"));
	sb_later(call, wait, dynamics_key_build,
		 json_pack("{sO ss}", "id", json_object_get(key, "id"), "to", "Active"));
	reply_made(call, object, "Keys", json_string_of(key, "id"));
}

/* --- tables --- */

void dynamics_change_table(struct sb_call *call, struct sb_object *object)
{
	const json_t *body = sb_json(call), *tracked;

	if (!body || !may_customize(call))
		return;
	tracked = json_object_get(body, "ChangeTrackingEnabled");
	if (!json_is_boolean(tracked)) {
		sb_not_imitated(call, "changes of a table other than ChangeTrackingEnabled");
		return;
	}
	if (json_is_false(tracked) && dynamics_is_tracked(object)) {
		invalid(call, "change tracking cannot be disabled again.");
		return;
	}
	if (json_is_true(tracked))
		dynamics_track_table(object);
	sb_touch(call);
	sb_reply_empty(call, 204);
}
