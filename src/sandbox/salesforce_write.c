/* salesforce_write.c - whether Salesforce takes a value, and writing it (fact sheet 4, 5,
 * 9). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

struct check {
	struct sb_call *call;
	struct sb_object *object;
	const struct sb_record *record; /* NULL: a new one */
	json_t *values;                 /* to store */
	struct sf_refusal *refusal;
};

static json_t *field_list(struct sb_call *call, const char *name)
{
	return json_keep(call->arena, json_pack("[s]", name));
}

static bool refuse(struct check *check, const struct sb_field *field, const char *code,
		   const char *message)
{
	*check->refusal = (struct sf_refusal){
		.status = 400,
		.code = code,
		.message = message,
		.fields = field ? field_list(check->call, field->name) : NULL,
	};
	return false;
}

/* --- one value --- */

static bool refuse_misfit(struct check *check, const struct sb_field *field, const char *text,
			  enum sb_misfit misfit)
{
	struct arena *arena = check->call->arena;

	switch (misfit) {
	case SB_NOT_EMAIL:
		return refuse(check, field, "INVALID_EMAIL_ADDRESS",
			      arena_printf(arena, "%s: invalid email address: %s", field->label,
					   text));
	case SB_NOT_OPTION:
		return refuse(check, field, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
			      arena_printf(arena,
					   "%s: bad value for restricted picklist field: %s",
					   field->label, text));
	case SB_TOO_LONG:
		return refuse(check, field, "STRING_TOO_LONG",
			      arena_printf(arena, "%s: data value too large: %s (max length=%d)",
					   field->label, text, field->max_len));
	case SB_FITS:
	case SB_NOT_TEXT:
	case SB_NOT_NUMBER:
	case SB_NOT_INTEGER:
	case SB_NOT_BOOLEAN:
	case SB_NOT_DATE:
	case SB_NOT_DATETIME:
		break;
	}
	return refuse(check, NULL, "JSON_PARSER_ERROR",
		      arena_printf(arena, "Cannot deserialize the value of %s at [line:1, "
					  "column:2]", field->name));
}

static bool check_reference(struct check *check, const struct sb_field *field,
			    const json_t *value)
{
	const char *text = json_string_value(value), *id;
	struct sb_object *object;
	const struct sb_record *record;

	id = text ? sf_id(check->call->arena, text) : NULL;
	object = id ? sf_object_of_id(check->call->account, id) : NULL;
	if (!object || !sb_has_word(field->refers_to, sb_object_spec(object)->name))
		return refuse(check, field, "MALFORMED_ID",
			      arena_printf(check->call->arena,
					   "%s: id value of incorrect type: %s", field->label,
					   text ? text : ""));
	if (sb_switch(check->call->account, "access") == 3)
		return refuse(check, NULL, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
			      arena_printf(check->call->arena,
					   "insufficient access rights on cross-reference id: %s",
					   id));
	record = sb_record_find(object, id);
	if (!record || record->state != SB_LIVE)
		return refuse(check, field, "INVALID_CROSS_REFERENCE_KEY",
			      "invalid cross reference id");
	if (strncmp(id, "005", 3) == 0 &&
	    text_equal(sb_record_text_of(record, "IsActive", check->call->arena), "false"))
		return refuse(check, field, "INACTIVE_OWNER_OR_USER",
			      arena_printf(check->call->arena,
					   "operation performed with inactive user [%s] as "
					   "owner of %s", id,
					   sb_object_spec(check->object)->name));
	json_object_set_new(check->values, field->name, json_string(id));
	return true;
}

static bool is_empty(const json_t *value)
{
	const char *text = json_string_value(value);

	return !value || json_is_null(value) || (text && !*text);
}

static bool check_value(struct check *check, const struct sb_field *field, json_t *value)
{
	const char *text = json_string_value(value);
	enum sb_misfit misfit;

	if (is_empty(value)) {
		json_object_set_new(check->values, field->name, json_null());
		return true;
	}
	if (field->type == SB_REFERENCE)
		return check_reference(check, field, value);
	if (field->type == SB_PICKLIST && !text)
		misfit = SB_NOT_TEXT;
	else
		misfit = sb_field_check(field, value, SB_WIRE_JSON);
	if (misfit != SB_FITS)
		return refuse_misfit(check, field, text ? text : "", misfit);
	json_object_set(check->values, field->name, value);
	return true;
}

static bool check_member(struct check *check, const char *name, json_t *value)
{
	struct sb_field *field;

	if (strcmp(name, "attributes") == 0 || text_equal_nocase(name, "Id"))
		return true;
	field = sf_field_find(check->object, name);
	if (!field)
		return refuse(check, NULL, "INVALID_FIELD",
			      arena_printf(check->call->arena,
					   "No such column '%s' on sobject of type %s", name,
					   sb_object_spec(check->object)->name));
	if (field->flags & (SB_READ_ONLY | SB_CALCULATED))
		return refuse(check, field, "INVALID_FIELD_FOR_INSERT_UPDATE",
			      arena_printf(check->call->arena,
					   "Unable to create/update fields: %s. Please check "
					   "the security settings of this field and verify that "
					   "it is read/write for your profile or permission set.",
					   field->name));
	return check_value(check, field, value);
}

/* --- the whole record --- */

static bool is_lacking(const struct check *check, const struct sb_field *field)
{
	const json_t *value = json_object_get(check->values, field->name);

	if (!(field->flags & SB_REQUIRED) || field->flags & (SB_ARCHIVED | SB_HIDDEN))
		return false;
	if (check->record)
		return value && is_empty(value);
	return is_empty(value) && !(field->flags & SB_DEFAULTED);
}

static bool has_required(struct check *check)
{
	json_t *names = json_keep(check->call->arena, json_array());
	struct buf list;

	buf_init(&list, check->call->arena, 1u << 16);
	for (size_t i = 0; i < sb_object_nfields(check->object); i++) {
		const struct sb_field *field = sb_object_field(check->object, i);

		if (!is_lacking(check, field))
			continue;
		buf_addf(&list, "%s%s", list.len ? ", " : "", field->name);
		json_array_append_new(names, json_string(field->name));
	}
	if (!list.len)
		return true;
	refuse(check, NULL, "REQUIRED_FIELD_MISSING",
	       arena_printf(check->call->arena, "Required fields are missing: [%s]",
			    buf_text(&list)));
	check->refusal->fields = names;
	return false;
}

static bool is_unique(struct check *check)
{
	struct sb_field *field;
	const struct sb_record *other =
		sb_record_clash(check->object, check->values, check->record, &field);

	if (!other)
		return true;
	refuse(check, NULL, "DUPLICATE_VALUE",
	       arena_printf(check->call->arena,
			    "duplicate value found: %s duplicates value on record with id: %s",
			    field->name, other->id));
	check->refusal->fields = json_keep(check->call->arena, json_array());
	return false;
}

/* The org's own rules, as its switches say. */
static bool passes_rules(struct check *check)
{
	const struct sb_account *account = check->call->account;
	const char *phone = json_string_of(check->values, "Phone");

	if (sb_switch(account, "validation_rule") && phone &&
	    !phone[strcspn(phone, "0123456789")])
		return refuse(check, sb_field_find(check->object, "Phone"),
			      "FIELD_CUSTOM_VALIDATION_EXCEPTION",
			      "Phone: give a number that can be called");
	if (sb_switch(account, "automation_fails") == 1)
		return refuse(check, NULL, "CANNOT_EXECUTE_FLOW_TRIGGER",
			      "We can't save this record because the \"Enrich\" process failed.");
	if (sb_switch(account, "automation_fails") == 2)
		return refuse(check, NULL, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
			      "Enrich: execution of BeforeInsert caused by: "
			      "System.NullPointerException");
	return true;
}

static bool may_write(struct check *check)
{
	static const char *const codes[] = { [1] = "INSUFFICIENT_ACCESS_OR_READONLY",
					     [2] = "INSUFFICIENT_ACCESS",
					     [4] = "FUNCTIONALITY_NOT_ENABLED" };
	int64_t access = sb_switch(check->call->account, "access");

	if (sf_kind_of(check->object)->is_read_only)
		access = 1;
	if (access > 0 && (size_t)access < ARRAY_LEN(codes) && codes[access]) {
		refuse(check, NULL, codes[access],
		       access == 4 ? "this feature is not currently enabled for this user" :
				     "insufficient access rights on object id");
		check->refusal->status = 403;
		return false;
	}
	if (!check->record && sb_switch(check->call->account, "storage_full")) {
		refuse(check, NULL, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded");
		check->refusal->status = 403;
		return false;
	}
	return true;
}

static bool check_all(struct check *check, const json_t *input)
{
	const char *name;
	json_t *value;

	check->values = json_keep(check->call->arena, json_object());
	if (!may_write(check))
		return false;
	json_object_foreach((json_t *)input, name, value)
		if (!check_member(check, name, value))
			return false;
	return has_required(check) && is_unique(check) && passes_rules(check) &&
	       !sf_is_held(check->call, check->object, check->values, check->record,
			   check->refusal);
}

/* --- writing --- */

static const char *text_of(const struct check *check, const char *name)
{
	const json_t *value = json_object_get(check->values, name);

	if (value || !check->record)
		return json_string_value(value);
	return sb_record_text_of(check->record, name, check->call->arena);
}

/* Name is made of first and last name where it is not written itself. */
static void set_name(struct check *check)
{
	const struct sb_field *field = sb_field_find(check->object, "Name");
	const char *first = text_of(check, "FirstName"), *last = text_of(check, "LastName");

	if (!field || !(field->flags & SB_READ_ONLY) || !last)
		return;
	json_object_set_new(check->values, "Name",
			    sb_json_printf("%s%s%s", first ? first : "", first ? " " : "", last));
}

static void set_default(struct check *check, const char *name, const char *value)
{
	if (sb_field_find(check->object, name) &&
	    is_empty(json_object_get(check->values, name)))
		json_object_set_new(check->values, name, json_string(value));
}

/* The active lead assignment rule runs on a new lead unless its header says FALSE, and
 * puts it into the queue. */
static void assign(struct check *check)
{
	const char *header = sb_header(check->call, "Sforce-Auto-Assign");
	const struct sb_object *groups = sb_object_find(check->call->account, "Group");

	if (sb_switch(check->call->account, "assignment_rule") &&
	    strcmp(sb_object_spec(check->object)->name, "Lead") == 0 &&
	    !(header && text_equal_nocase(header, "FALSE")))
		json_object_set_new(check->values, "OwnerId",
				    json_string(sb_object_record(groups, 0)->id));
}

static void set_defaults(struct check *check)
{
	const struct sb_record *user =
		sb_object_record(sb_object_find(check->call->account, "User"), 0);
	const char *object = sb_object_spec(check->object)->name;

	set_default(check, "OwnerId", user->id);
	set_default(check, "CreatedById", user->id);
	set_default(check, "LastModifiedById", user->id);
	set_default(check, "Status", strcmp(object, "Task") == 0 ? "Not Started" :
								   "Open - Not Contacted");
	set_default(check, "Priority", "Normal");
}

/* For the ledger: the customer's own key, else the e-mail address. */
static const char *key_of(const struct check *check)
{
	const char *key = json_string_of(check->values, "Fairlead_Id__c");

	return key ? key : json_string_of(check->values, "Email");
}

struct sb_record *sf_create(struct sb_call *call, struct sb_object *object,
			    const json_t *input, struct sf_refusal *refusal)
{
	struct check check = { .call = call, .object = object, .refusal = refusal };
	struct sb_record *record;

	if (!check_all(&check, input))
		return NULL;
	assign(&check);
	set_defaults(&check);
	set_name(&check);
	call->key = key_of(&check);
	record = sb_record_create(call, object, check.values, NULL);
	if (!record)
		*refusal = (struct sf_refusal){ .status = 503,
						.code = "SERVER_UNAVAILABLE",
						.message = "The sandbox is full" };
	return record;
}

bool sf_update(struct sb_call *call, struct sb_record *record, const json_t *input,
	       struct sf_refusal *refusal)
{
	struct check check = {
		.call = call, .object = record->object, .record = record, .refusal = refusal
	};

	if (text_equal(sb_record_text_of(record, "IsConverted", call->arena), "true") &&
	    strcmp(sb_object_spec(record->object)->name, "Lead") == 0)
		return refuse(&check, NULL, "CANNOT_UPDATE_CONVERTED_LEAD",
			      "cannot reference converted lead");
	if (!check_all(&check, input))
		return false;
	set_name(&check);
	call->key = key_of(&check);
	if (!call->key)
		call->key = sb_record_text_of(record, "Fairlead_Id__c", call->arena);
	if (!call->key)
		call->key = record->id;
	sb_record_update(call, record, check.values);
	return true;
}

bool sf_delete(struct sb_call *call, struct sb_record *record, struct sf_refusal *refusal)
{
	struct check check = {
		.call = call, .object = record->object, .record = record, .refusal = refusal
	};

	if (!may_write(&check))
		return false;
	call->key = record->id;
	sb_record_delete(call, record);
	return true;
}
