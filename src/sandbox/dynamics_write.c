/* dynamics_write.c - writing a row: its members, states, keys, duplicates (fact sheet 4, 5,
 * 9). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

/* --- who writes --- */

const struct sb_record *dynamics_impersonated(const struct sb_call *call)
{
	const struct sb_object *users = sb_object_find(call->account, "systemusers");
	const struct sb_field *field = sb_field_find(users, "azureactivedirectoryobjectid");
	const char *text = sb_header(call, "CallerObjectId");
	const char *id = text ? dynamics_guid(call->arena, text) : NULL;

	return field && id ? sb_record_by(field, id) : NULL;
}

/* Else the integration's own user. */
const struct sb_record *dynamics_caller(const struct sb_call *call)
{
	const struct sb_record *user = dynamics_impersonated(call);

	return user ? user :
		      sb_object_record(sb_object_find(call->account, "systemusers"), 0);
}

bool dynamics_may_write(struct sb_call *call, const struct sb_object *object,
			const char *verb, struct dynamics_refusal *refusal)
{
	const struct dynamics_table *table = dynamics_table_of(object);
	int64_t privilege = sb_switch(call->account, "privilege");

	if (table->flags & DYNAMICS_CLOSED) {
		sb_not_imitated(call, "writing this table: see /_sandbox records");
		return false;
	}
	if (privilege == 2)
		return dynamics_refuse(call, refusal, 403, "0x80048306",
				       "Principal with id %s does not have %sAccess right(s) for "
				       "record of entity %s.",
				       dynamics_caller(call)->id, verb, table->name);
	if (privilege)
		return dynamics_refuse(call, refusal, 403, "0x80040220",
				       "Principal user (Id=%s, type=8) is missing prv%s%s privilege "
				       "(Id=%s)",
				       dynamics_caller(call)->id, verb, table->label,
				       dynamics_meta_id(call->arena, 'p',
							dynamics_table_number(object), 1));
	if (sb_switch(call->account, "plugin_fails") &&
	    !text_equal_nocase(sb_header(call, "MSCRM.BypassCustomPluginExecution"), "true"))
		return dynamics_refuse(call, refusal, 400, "0x80040265",
				       "Sales does not accept %s rows today.", table->name);
	return true;
}

/* --- the members of a body --- */

static bool unknown_property(struct dynamics_write *write, const char *name)
{
	const char *code =
		sb_switch(write->call->account, "unknown_property_0x0") ? "0x0" : "0x80048d19";

	return dynamics_refuse(write->call, &write->refusal, 400, code,
			       "Error identified in Payload provided by the user for Entity :'%s'  "
			       "---->  InnerException : Invalid property '%s' was found in entity "
			       "'" DYNAMICS_TYPE "%s'. ---> Microsoft.OData.ODataException: Does "
			       "not support untyped value in non-open type.",
			       sb_object_spec(write->object)->name, name,
			       dynamics_table_of(write->object)->name);
}

static bool is_set_elsewhere(const struct dynamics_write *write, const struct sb_field *field)
{
	unsigned barred = SB_READ_ONLY | (write->record ? DYNAMICS_CREATE_ONLY : 0) |
			  (write->record ? 0 : DYNAMICS_UPDATE_ONLY);

	return field->flags & barred;
}

/* Columns that are not valid for what is done are passed over. */
static bool passes_over(struct dynamics_write *write, const struct sb_field *field,
			const json_t *value)
{
	if (strcmp(field->name, "statecode") == 0 && !write->record &&
	    json_integer_value(value) &&
	    sb_switch(write->call->account, "create_state_fails"))
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80048408",
				       "%lld is not a valid state for a new %s.",
				       (long long)json_integer_value(value),
				       dynamics_table_of(write->object)->name);
	return true;
}

static bool take_created(struct dynamics_write *write, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text && sb_time_parse(text, &write->created_at) &&
	    write->created_at <= write->call->now)
		return true;
	write->created_at = 0;
	return json_is_null(value) ||
	       dynamics_refuse(write->call, &write->refusal, 400, "0x80044240",
			       "overriddencreatedon is a time that is past.");
}

static bool take_id(struct dynamics_write *write, const json_t *value)
{
	const char *text = json_string_value(value);
	const char *id = text ? dynamics_guid(write->call->arena, text) : NULL;

	if (write->record || write->id)
		return true; /* it is in the address */
	if (!id)
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80048d19",
				       "Cannot convert the literal to the expected type "
				       "'Edm.Guid'.");
	write->id = id;
	return true;
}

static bool take_annotation(struct dynamics_write *write, const char *name, const json_t *value)
{
	const char *type = json_string_value(value);

	if (text_ends(name, "@odata.bind"))
		return dynamics_bind(write,
				     arena_strndup(write->call->arena, name,
						   strlen(name) - strlen("@odata.bind")),
				     value);
	if (strcmp(name, "@odata.type") != 0 || !type)
		return true;
	type += *type == '#';
	if (text_starts(type, DYNAMICS_TYPE) &&
	    strcmp(type + strlen(DYNAMICS_TYPE), dynamics_table_of(write->object)->name) == 0)
		return true;
	return dynamics_refuse(write->call, &write->refusal, 400, "0x80048d19",
			       "A type named '%s' could not be resolved by the model.", type);
}

/* {"parentcontactid": {"lastname": "Lee"}}: the row is made first, and then linked to. */
static bool nest(struct dynamics_write *write, const struct sb_field *field,
		 struct sb_object *target, const json_t *value)
{
	struct dynamics_write inner = { .call = write->call, .object = target, .input = value };

	if (write->record || !target) {
		sb_not_imitated(write->call, "a row made within one that is there, or as an owner");
		return false;
	}
	if (!dynamics_write(&inner)) {
		write->refusal = inner.refusal;
		return false;
	}
	json_object_set_new(write->values, field->name, json_string(inner.record->id));
	return true;
}

static bool take_member(struct dynamics_write *write, const char *name, json_t *value)
{
	const struct sb_field *field;
	struct sb_object *target;

	if (strchr(name, '@'))
		return take_annotation(write, name, value);
	if (strcmp(name, dynamics_table_of(write->object)->id) == 0)
		return take_id(write, value);
	if (dynamics_field_of_value(write->object, name))
		return true; /* what a lookup is read by */
	field = dynamics_field_of_link(write->object, name, &target);
	if (field && !json_is_null(value)) {
		if (json_is_object(value))
			return nest(write, field, target, value);
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80048d19",
				       "A lookup is written as '%s@odata.bind'.", name);
	}
	if (field)
		return dynamics_bind(write, name, value);
	field = dynamics_field_find(write->object, name);
	if (!field && json_is_array(value)) {
		sb_not_imitated(write->call, "rows made below another, in a collection");
		return false;
	}
	if (!field)
		return unknown_property(write, name);
	if (strcmp(name, "overriddencreatedon") == 0 && !write->record)
		return take_created(write, value);
	return is_set_elsewhere(write, field) ? passes_over(write, field, value) :
						dynamics_check_value(write, field, value);
}

/* --- states (4) --- */

int64_t dynamics_state_of(const struct sb_object *object, int64_t status)
{
	const struct sb_field *field = sb_field_find(object, "statuscode");
	int64_t number, state;

	for (size_t i = 0; field && i < field->noptions; i++) {
		const char *mark = strchr(field->options[i].label, '@');

		if (text_int(field->options[i].value, &number) && number == status)
			return mark && text_int(mark + 1, &state) ? state : 0;
	}
	return -1;
}

int64_t dynamics_first_status(const struct sb_object *object, int64_t state)
{
	const struct sb_field *field = sb_field_find(object, "statuscode");
	int64_t number;

	for (size_t i = 0; field && i < field->noptions; i++)
		if (text_int(field->options[i].value, &number) &&
		    dynamics_state_of(object, number) == state)
			return number;
	return -1;
}

int64_t dynamics_number_of(const struct dynamics_write *write, const char *name)
{
	const json_t *value = json_object_get(write->values, name);
	const char *text;
	int64_t number;

	if (json_is_integer(value))
		return json_integer_value(value);
	text = write->record ? sb_record_text_of(write->record, name, write->call->arena) : NULL;
	return text && text_int(text, &number) ? number : 0;
}

/* A state without a status gets the first that is its own. */
static bool check_state(struct dynamics_write *write)
{
	bool has_status = json_is_integer(json_object_get(write->values, "statuscode"));
	int64_t state, status;

	if (!sb_field_find(write->object, "statuscode"))
		return true;
	state = dynamics_number_of(write, "statecode");
	if (!has_status && (!write->record || json_object_get(write->values, "statecode")))
		json_object_set_new(write->values, "statuscode",
				    json_integer(dynamics_first_status(write->object, state)));
	if (!write->record)
		json_object_set_new(write->values, "statecode", json_integer(state));
	status = dynamics_number_of(write, "statuscode");
	if (dynamics_state_of(write->object, status) == state)
		return true;
	return dynamics_refuse(write->call, &write->refusal, 400, "0x80048408",
			       "%lld is not a valid status code for state code %lld on %s with Id "
			       "%s.",
			       (long long)status, (long long)state,
			       dynamics_table_of(write->object)->name,
			       write->record ? write->record->id : "00000000-0000-0000-0000-"
								   "000000000000");
}

/* A qualified or disqualified lead is opened again before anything else (4). */
static bool is_open(struct dynamics_write *write)
{
	const json_t *state = json_object_get(write->values, "statecode");
	const char *text;

	if (!write->record || strcmp(sb_object_spec(write->object)->name, "leads") != 0 ||
	    !json_object_size(write->input)) /* what the service itself sets */
		return true;
	text = sb_record_text_of(write->record, "statecode", write->call->arena);
	if (!text || strcmp(text, "0") == 0 || json_is_integer(state))
		return true;
	return dynamics_refuse(write->call, &write->refusal, 400, "0x80040265",
			       "This lead is qualified or disqualified and read-only: reactivate it "
			       "first.");
}

/* --- keys and duplicates (5) --- */

static bool breaks_no_key(struct dynamics_write *write)
{
	const json_t *key = dynamics_key_clash(write->call, write->object, write->values,
					       write->record);
	struct buf buf;
	const json_t *column;
	size_t i;

	if (!key)
		return true;
	buf_init(&buf, write->call->arena, 4096);
	json_array_foreach(json_object_get(key, "columns"), i, column)
		buf_addf(&buf, "%s%s", i ? "," : "", json_string_value(column));
	return dynamics_refuse(write->call, &write->refusal, 412, "0x80060892",
			       "Entity Key %s violated. A record with the same value for %s already "
			       "exists. A duplicate record cannot be created. Select one or more "
			       "unique values and try again.",
			       json_string_of(key, "label"), buf_text(&buf));
}

struct duplicate {
	const struct sb_record *self;
	bool is_found;
};

static bool look_at(struct sb_record *record, void *context)
{
	struct duplicate *duplicate = context;

	duplicate->is_found |= record != duplicate->self;
	return !duplicate->is_found;
}

/* The published rules: the same address in the same table; only when asked for. */
static bool is_no_duplicate(struct dynamics_write *write)
{
	const char *header = sb_header(write->call, "MSCRM.SuppressDuplicateDetection");
	const struct sb_field *field = sb_field_find(write->object, "emailaddress1");
	const char *email = json_string_of(write->values, "emailaddress1");
	struct duplicate duplicate = { .self = write->record };

	if (!field || !email || !text_equal_nocase(header, "false"))
		return true;
	sb_record_each(field, email, look_at, &duplicate);
	if (!duplicate.is_found)
		return true;
	return dynamics_refuse(write->call, &write->refusal,
			       sb_switch(write->call->account, "duplicate_500") ? 500 : 412,
			       "0x80040333",
			       "A record was not created or updated because a duplicate of the "
			       "current record already exists.");
}

/* Only what is SystemRequired is enforced (3). */
static bool has_required(struct dynamics_write *write)
{
	for (size_t i = 0; i < sb_object_nfields(write->object); i++) {
		const struct sb_field *field = sb_object_field(write->object, i);
		const json_t *value = json_object_get(write->values, field->name);
		bool is_given = value && !json_is_null(value);

		if (!(field->flags & SB_REQUIRED) || field->flags & (SB_HIDDEN | SB_ARCHIVED))
			continue;
		if (write->record ? !value || is_given : is_given)
			continue;
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80040203",
				       "The '%s' attribute of the '%s' entity cannot be null.",
				       field->name, dynamics_table_of(write->object)->name);
	}
	return true;
}

/* --- writing --- */

static void set_default(struct dynamics_write *write, const char *name, json_t *value)
{
	if (sb_field_find(write->object, name) && !json_object_get(write->values, name))
		json_object_set(write->values, name, value);
	json_decref(value);
}

static void set_defaults(struct dynamics_write *write)
{
	const char *user = dynamics_caller(write->call)->id;

	if (write->record) {
		if (sb_field_find(write->object, "modifiedby"))
			json_object_set_new(write->values, "modifiedby", json_string(user));
		return;
	}
	set_default(write, "ownerid", json_string(user));
	set_default(write, "createdby", json_string(user));
	set_default(write, "modifiedby", json_string(user));
	set_default(write, "prioritycode", json_integer(1));
	for (size_t i = 0; i < sb_object_nfields(write->object); i++) {
		const struct sb_field *field = sb_object_field(write->object, i);

		if (field->flags & SB_DEFAULTED)
			set_default(write, field->name, json_false());
	}
	if (write->created_at)
		set_default(write, "overriddencreatedon", sb_json_time(write->call->now));
}

const char *dynamics_text_of(const struct dynamics_write *write, const char *name)
{
	const json_t *value = json_object_get(write->values, name);

	if (value || !write->record)
		return json_string_value(value);
	return sb_record_text_of(write->record, name, write->call->arena);
}

static void set_full_name(struct dynamics_write *write)
{
	const char *first = dynamics_text_of(write, "firstname"), *last = dynamics_text_of(write, "lastname");

	if (!sb_field_find(write->object, "firstname"))
		return;
	json_object_set_new(write->values, "fullname",
			    first || last ? sb_json_printf("%s%s%s", first ? first : "",
							   first && last ? " " : "",
							   last ? last : "") :
					    json_null());
}

/* For the ledger: the customer's own key, else the address. */
static const char *key_of(const struct dynamics_write *write)
{
	const char *key = dynamics_text_of(write, "new_fairleadid");

	if (!key)
		key = json_string_of(write->values, "emailaddress1");
	return !key && write->record ? write->record->id : key;
}

/* Ids of what was deleted may be taken again. */
static bool frees_id(struct dynamics_write *write)
{
	struct sb_record *old = write->id ? sb_record_find(write->object, write->id) : NULL;

	if (old && old->state == SB_LIVE)
		return dynamics_refuse(write->call, &write->refusal, 412, "0x80040237",
				       "A record with matching key values already exists.");
	if (old)
		sb_record_purge(write->call, old);
	return true;
}

static bool create(struct dynamics_write *write)
{
	if (!frees_id(write))
		return false;
	write->record = sb_record_create(write->call, write->object, write->values, write->id);
	if (!write->record)
		return dynamics_refuse(write->call, &write->refusal, 503, "0x80040216",
				       "The sandbox is full.");
	if (write->created_at)
		write->record->created_at = write->created_at;
	return true;
}

static bool write_row(struct dynamics_write *write)
{
	const char *name;
	json_t *value;

	if (!write->values)
		write->values = json_keep(write->call->arena, json_object());
	if (!dynamics_may_write(write->call, write->object, write->record ? "Write" : "Create",
				&write->refusal))
		return false;
	if (!json_is_object(write->input))
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80048d19",
				       "Error identified in Payload provided by the user for Entity "
				       ":'%s'.",
				       sb_object_spec(write->object)->name);
	json_object_foreach((json_t *)write->input, name, value)
		if (!take_member(write, name, value))
			return false;
	set_defaults(write);
	if (!is_open(write) || !check_state(write) || !has_required(write) ||
	    !dynamics_check_hook(write) || !breaks_no_key(write) || !is_no_duplicate(write))
		return false;
	set_full_name(write);
	write->call->key = key_of(write);
	if (!write->record)
		return create(write);
	sb_record_update(write->call, write->record, write->values);
	dynamics_note_sent(write->call, write->record, write->values);
	return true;
}

static bool has_nested(const struct dynamics_write *write)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)write->input, name, value)
		if (json_is_object(value))
			return true;
	return false;
}

/* A row and those that are made within it are there together, or none is. */
bool dynamics_write(struct dynamics_write *write)
{
	bool is_written;

	if (!has_nested(write))
		return write_row(write);
	sb_begin(write->call);
	is_written = write_row(write);
	if (is_written)
		sb_commit(write->call);
	else
		sb_rollback(write->call);
	return is_written;
}

bool dynamics_delete(struct sb_call *call, struct sb_record *record,
		     struct dynamics_refusal *refusal)
{
	if (!dynamics_may_write(call, record->object, "Delete", refusal))
		return false;
	call->key = record->id;
	sb_record_delete(call, record);
	return true;
}
