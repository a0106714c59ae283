/* salesforce_tooling.c - a new custom field and the grant that makes it seen (fact sheet 3).
 * Threads: under the sandbox's lock.
 *
 * How a definition is refused is not in the sheet: it is the commonest reading. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

#define TEXT_MAX 255
#define LONG_TEXT_MAX 131072
#define FIELDS_MAX 800

/* The words of the Metadata API that are imitated. */
static const struct kind {
	const char *name;
	enum sb_type type;
	const char *shown; /* describe's type where it is not that of `type` */
	int len;           /* 0: `length` says */
} kinds[] = {
	{ "Text", SB_TEXT, NULL, 0 },
	{ "TextArea", SB_LONG_TEXT, NULL, TEXT_MAX },
	{ "LongTextArea", SB_LONG_TEXT, NULL, 0 },
	{ "Html", SB_LONG_TEXT, NULL, 0 },
	{ "Email", SB_EMAIL, NULL, 80 },
	{ "Phone", SB_PHONE, NULL, 40 },
	{ "Url", SB_URL, NULL, TEXT_MAX },
	{ "Number", SB_NUMBER, NULL, -1 },
	{ "Currency", SB_NUMBER, "currency", -1 },
	{ "Percent", SB_NUMBER, "percent", -1 },
	{ "Checkbox", SB_BOOLEAN, NULL, -1 },
	{ "Date", SB_DATE, NULL, -1 },
	{ "DateTime", SB_DATETIME, NULL, -1 },
	{ "Picklist", SB_PICKLIST, NULL, TEXT_MAX },
	{ "MultiselectPicklist", SB_MULTI, NULL, 4099 },
};

static bool refuse(struct sb_call *call, const char *message)
{
	sf_fail(call, 400, "FIELD_INTEGRITY_EXCEPTION", "%s", message);
	return false;
}

static const struct kind *kind_of(struct sb_call *call, const char *name)
{
	static const char *const others[] = { "Lookup",	 "MasterDetail", "AutoNumber",
					      "Summary", "Location",	 "EncryptedText",
					      "Time" };

	for (size_t i = 0; name && i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	for (size_t i = 0; name && i < ARRAY_LEN(others); i++) {
		if (strcmp(others[i], name) != 0)
			continue;
		sb_not_imitated(call, "custom fields of this type");
		return NULL;
	}
	refuse(call, "type: not a type of field");
	return NULL;
}

/* "Lead.Fairlead_Id__c": its object, and in *name what follows; NULL after a reply. A task's
 * fields are made on Activity, which is no object of its own, and granted on Task: not in
 * the sheet, and as the vendor's own set-up pages have it. */
static struct sb_object *object_of_name(struct sb_call *call, const char *full,
					const char *activity, const char **name)
{
	size_t len = full ? strcspn(full, ".") : 0;
	const char *home = len ? arena_strndup(call->arena, full, len) : "";
	bool is_activity = text_equal_nocase(home, activity);
	struct sb_object *object =
		is_activity ? sf_object_find(call->account, "Task") :
		text_equal_nocase(home, "Task") ? NULL :
						  sf_object_find(call->account, home);

	*name = full && full[len] ? full + len + 1 : "";
	if (object && !sf_kind_of(object)->is_read_only)
		return object;
	sf_fail(call, 400, "INVALID_TYPE", "sObject type '%s' is not supported.",
		full ? full : "");
	return NULL;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len < 4 || len > 43 || !text_ends(name, "__c") || !isalpha((unsigned char)*name))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

/* --- a definition --- */

/* "A|B" of valueSet; NULL after a reply. */
static const char *options_of(struct sb_call *call, const json_t *metadata)
{
	const json_t *values = json_object_get(
		json_object_get(json_object_get(metadata, "valueSet"), "valueSetDefinition"),
		"value");
	struct buf buf;
	json_t *value;
	size_t i;

	buf_init(&buf, call->arena, 1u << 16);
	json_array_foreach((json_t *)values, i, value) {
		const char *name = json_string_of(value, "fullName");
		const char *label = json_string_of(value, "label");

		if (text_is_empty(name) || strpbrk(name, "|=")) {
			refuse(call, "valueSet: a value without fullName");
			return NULL;
		}
		buf_addf(&buf, "%s%s=%s", i ? "|" : "", name, label ? label : name);
	}
	if (buf.len && !buf.is_over)
		return buf_text(&buf);
	refuse(call, "valueSet: a picklist needs values");
	return NULL;
}

static unsigned flags_of(const json_t *metadata)
{
	const json_t *set = json_object_get(metadata, "valueSet");
	unsigned flags = SB_CUSTOM | SB_HIDDEN;

	if (json_is_true(json_object_get(metadata, "externalId")))
		flags |= SB_INDEXED;
	if (json_is_true(json_object_get(metadata, "unique")))
		flags |= SB_UNIQUE;
	if (json_is_true(json_object_get(metadata, "required")))
		flags |= SB_REQUIRED;
	if (!json_is_true(json_object_get(set, "restricted")))
		flags |= SB_OPEN;
	return flags;
}

/* Fills *spec; false after a reply. */
static bool read_definition(struct sb_call *call, const json_t *metadata,
			    struct sb_field_spec *spec)
{
	const struct kind *kind;
	int64_t len = json_int_of(metadata, "length", 0);

	spec->label = json_string_of(metadata, "label");
	if (text_is_empty(spec->label))
		return refuse(call, "label: a field needs one");
	kind = kind_of(call, json_string_of(metadata, "type"));
	if (!kind)
		return false;
	if (kind->len == 0 && (len < 1 || len > (kind->type == SB_TEXT ? TEXT_MAX : LONG_TEXT_MAX)))
		return refuse(call, "length: this type needs one");
	if (kind->type == SB_NUMBER && (!json_is_integer(json_object_get(metadata, "precision")) ||
					!json_is_integer(json_object_get(metadata, "scale"))))
		return refuse(call, "precision, scale: this type needs both");
	spec->type = kind->type;
	spec->kind = kind->shown;
	spec->max_len = kind->len < 0 ? 0 : kind->len ? kind->len : (int)len;
	spec->flags = flags_of(metadata);
	if (kind->type != SB_PICKLIST && kind->type != SB_MULTI)
		return true;
	spec->options = options_of(call, metadata);
	return spec->options != NULL;
}

static void reply_made(struct sb_call *call, const char *prefix)
{
	int64_t number = json_int_of(call->account->extra, "metadata_made", 0) + 1;
	const char *id = arena_printf(call->arena, "%s5g%010lld", prefix, (long long)number);

	json_object_set_new(call->account->extra, "metadata_made", json_integer(number));
	sb_touch(call);
	sb_reply_json(call, 201, json_pack("{ss sb s[] s[] s[]}", "id", sf_id(call->arena, id),
					   "success", 1, "errors", "warnings", "infos"));
}

void sf_add_field(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	struct sb_field_spec spec = { 0 };
	struct sb_object *object;

	if (!body)
		return;
	object = object_of_name(call, json_string_of(body, "FullName"), "Activity", &spec.name);
	if (!object)
		return;
	if (!is_name(spec.name)) {
		refuse(call, "FullName: a field's name is letters, digits and '_', and ends in __c");
		return;
	}
	if (sb_field_find_any(object, spec.name)) {
		sf_fail(call, 400, "DUPLICATE_DEVELOPER_NAME",
			"There is already a field named %s on %s.", spec.name,
			sb_object_spec(object)->name);
		return;
	}
	if (sb_object_nfields(object) >= FIELDS_MAX) {
		sf_fail(call, 400, "LIMIT_EXCEEDED", "The object has all the fields it may have.");
		return;
	}
	if (!read_definition(call, json_object_get(body, "Metadata"), &spec))
		return;
	sb_field_add(object, &spec);
	reply_made(call, "00N");
}

/* --- the grant --- */

static bool is_permission_set(struct sb_call *call, const char *text)
{
	const char *id = text ? sf_id(call->arena, text) : NULL;

	return id && sb_record_find(sb_object_find(call->account, "PermissionSet"), id);
}

/* Every user of the sandbox has every permission set. */
void sf_grant_field(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	struct sb_object *object;
	struct sb_field *field;
	const char *name;
	bool may_edit;

	if (!body)
		return;
	if (!is_permission_set(call, json_string_of(body, "ParentId"))) {
		sf_fail(call, 400, "INVALID_CROSS_REFERENCE_KEY",
			"ParentId: not the id of a permission set");
		return;
	}
	object = object_of_name(call, json_string_of(body, "Field"), "Task", &name);
	if (!object)
		return;
	field = sb_field_find(object, name);
	if (!field || !(field->flags & SB_CUSTOM)) {
		sf_fail(call, 400, "INVALID_FIELD", "Field: no custom field '%s'", name);
		return;
	}
	may_edit = json_is_true(json_object_get(body, "PermissionsEdit"));
	if (json_is_true(json_object_get(body, "PermissionsRead")) || may_edit)
		sb_field_set_flags(field, may_edit ? 0 : SB_READ_ONLY,
				   SB_HIDDEN | (may_edit ? SB_READ_ONLY : 0));
	reply_made(call, "01k");
}
