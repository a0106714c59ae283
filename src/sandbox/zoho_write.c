/* zoho_write.c - whether Zoho takes a value, and writing it (fact sheet 3, 5, 9). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho.h"

const char *zoho_path(const struct zoho_write *write, const char *name)
{
	return arena_printf(write->call->arena, "$.data[%zu].%s", write->index, name);
}

static bool refuse(struct zoho_write *write, const char *code, const char *message,
		   const char *name, const char *more, json_t *value)
{
	json_t *details = json_pack("{ss ss}", "api_name", name, "json_path",
				    zoho_path(write, name));

	if (more)
		json_object_set_new(details, more, value);
	return zoho_refuse(write->call, &write->refusal, code, message, details);
}

bool zoho_refuse_value(struct zoho_write *write, const char *name, const char *more,
		       json_t *value)
{
	return refuse(write, "INVALID_DATA", "invalid data", name, more, value);
}

static bool refuse_type(struct zoho_write *write, const struct sb_field *field)
{
	return refuse(write, "INVALID_DATA", "invalid data", field->name, "expected_data_type",
		      json_string(field->kind ? field->kind : "text"));
}

/* --- one value --- */

static json_t *options_json(const struct sb_field *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(list, json_string(field->options[i].value));
	return list;
}

static bool check_picklist(struct zoho_write *write, const struct sb_field *field,
			   const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		return refuse_type(write, field);
	if (text_length(text) > (size_t)field->max_len && field->max_len)
		return refuse(write, "INVALID_DATA", "invalid data", field->name,
			      "maximum_length", json_integer(field->max_len));
	if (field->flags & SB_OPEN || sb_field_option(field, text) ||
	    sb_switch(write->call->account, "picklists_open"))
		return true;
	return refuse(write, "INVALID_DATA", "invalid data", field->name, "supported_values",
		      options_json(field));
}

static bool check_multi(struct zoho_write *write, const struct sb_field *field,
			const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return refuse(write, "INVALID_DATA", "invalid data", field->name,
			      "expected_data_type", json_string("jsonarray"));
	json_array_foreach(value, i, item)
		if (!check_picklist(write, field, item))
			return false;
	return true;
}

static bool is_target(const struct sb_record *record)
{
	json_t *status;
	bool is_active;

	if (!record || record->state != SB_LIVE)
		return false;
	status = sb_record_value_of(record, "status");
	is_active = !status || strcmp(json_string_value(status), "active") == 0;
	json_decref(status);
	return is_active;
}

/* A lookup's id among the modules it may name; users must be active. */
static bool finds_target(struct zoho_write *write, const struct sb_field *field, const char *id)
{
	const char *module = json_string_of(write->input, "$se_module");

	for (size_t i = 0; i < zoho_nmodules; i++) {
		const char *name = zoho_modules[i].name;

		if (!field->refers_to || !strstr(field->refers_to, name))
			continue;
		if (strcmp(field->name, "What_Id") == 0 && !text_equal(module, name))
			continue;
		if (is_target(sb_record_find(sb_object_find(write->call->account, name), id)))
			return true;
	}
	return false;
}

/* {"id": ".."}, or the id alone; of a user the e-mail address will do. */
static const char *lookup_id(struct zoho_write *write, const struct sb_field *field,
			     const json_t *value)
{
	const char *id = json_is_object(value) ? json_string_of(value, "id") :
						 json_string_value(value);
	const char *email = json_string_of(value, "email");
	const struct sb_record *user;

	if (id && email) {
		zoho_refuse(write->call, &write->refusal, "AMBIGUITY_DURING_PROCESSING",
			    "ambiguity while processing the request",
			    json_pack("{s[{ss ss}{ss ss}]}", "ambiguity_due_to", "api_name", "id",
				      "json_path",
				      arena_printf(write->call->arena, "%s.id",
						   zoho_path(write, field->name)),
				      "api_name", "email", "json_path",
				      arena_printf(write->call->arena, "%s.email",
						   zoho_path(write, field->name))));
		return NULL;
	}
	if (email && text_equal(field->refers_to, "users")) {
		user = sb_record_by(sb_field_find(sb_object_find(write->call->account, "users"),
						  "email"), email);
		return user ? user->id : "";
	}
	if (!id && json_is_object(value))
		zoho_refuse(write->call, &write->refusal, "EXPECTED_FIELD_MISSING",
			    "expected field missing",
			    json_pack("{s[{ss ss}]}", "expected_fields", "api_name", "id",
				      "json_path",
				      arena_printf(write->call->arena, "%s.id",
						   zoho_path(write, field->name))));
	else if (!id)
		refuse(write, "INVALID_DATA", "invalid data", field->name, "expected_data_type",
		       json_string("jsonobject"));
	return id;
}

static bool check_lookup(struct zoho_write *write, const struct sb_field *field,
			 const json_t *value)
{
	const char *id;

	if (strcmp(field->name, "What_Id") == 0 && !json_object_get(write->input, "$se_module"))
		return refuse(write, "DEPENDENT_FIELD_MISSING", "dependent field missing",
			      "$se_module", "dependee",
			      json_pack("{ss ss}", "api_name", field->name, "json_path",
					zoho_path(write, field->name)));
	id = lookup_id(write, field, value);
	if (!id)
		return false;
	if (!finds_target(write, field, id))
		return refuse(write, "INVALID_DATA", "the id given seems to be invalid",
			      field->name, "id", json_string(id));
	json_object_set_new(write->values, field->name, json_string(id));
	return true;
}

static bool has_offset(const char *text)
{
	const char *time = strchr(text, 'T');

	return time && strpbrk(time, "+-Zz");
}

static bool check_scalar(struct zoho_write *write, const struct sb_field *field,
			 const json_t *value)
{
	const char *text = json_string_value(value);

	switch (sb_field_check(field, value, SB_WIRE_JSON)) {
	case SB_FITS:
		break;
	case SB_TOO_LONG:
		return refuse(write, "INVALID_DATA", "invalid data", field->name,
			      "maximum_length", json_integer(field->max_len));
	case SB_NOT_TEXT:
	case SB_NOT_NUMBER:
	case SB_NOT_INTEGER:
	case SB_NOT_BOOLEAN:
	case SB_NOT_DATE:
	case SB_NOT_DATETIME:
	case SB_NOT_EMAIL:
	case SB_NOT_OPTION:
		return refuse_type(write, field);
	}
	if (field->type == SB_DATETIME && (!text || !has_offset(text)))
		return refuse_type(write, field);
	if (field->type == SB_DATE && (!text || strlen(text) != 10))
		return refuse_type(write, field);
	if (field->type == SB_PHONE && text && !text[strcspn(text, "0123456789")])
		return refuse_type(write, field);
	return true;
}

static bool is_empty(const json_t *value)
{
	const char *text = json_string_value(value);

	return !value || json_is_null(value) || (text && !*text);
}

static bool check_value(struct zoho_write *write, const struct sb_field *field, json_t *value)
{
	bool fits;

	if (is_empty(value)) {
		json_object_set_new(write->values, field->name, json_null());
		return true;
	}
	if (field->type == SB_REFERENCE)
		return check_lookup(write, field, value);
	if (field->type == SB_JSON)
		return zoho_check_tags(write, field, value);
	if (field->type == SB_PICKLIST)
		fits = check_picklist(write, field, value);
	else if (field->type == SB_MULTI)
		fits = check_multi(write, field, value);
	else
		fits = check_scalar(write, field, value);
	if (fits)
		json_object_set(write->values, field->name, value);
	return fits;
}

/* What is no field, or not for writing, is passed over, unless the switch says otherwise:
 * the sheet is silent. */
static bool check_member(struct zoho_write *write, const char *name, json_t *value)
{
	struct sb_field *field = zoho_field_find(write->object, name);

	if (strcmp(name, "id") == 0 || name[0] == '$' || strcmp(name, "Layout") == 0)
		return true;
	if (!field || field->flags & (SB_READ_ONLY | SB_CALCULATED))
		return !sb_switch(write->call->account, "unwritable_fails") ||
		       refuse(write, "INVALID_DATA", "invalid data", name, NULL, NULL);
	return check_value(write, field, value);
}

/* --- the whole record --- */

static bool has_required(struct zoho_write *write)
{
	bool has_layout = json_is_object(json_object_get(write->input, "Layout"));

	for (size_t i = 0; i < sb_object_nfields(write->object); i++) {
		const struct sb_field *field = sb_object_field(write->object, i);
		const json_t *value = json_object_get(write->values, field->name);
		bool is_required = field->flags & SB_REQUIRED ||
				   (has_layout && field->flags & ZOHO_LAYOUT);

		if (!is_required || field->flags & (SB_ARCHIVED | SB_HIDDEN))
			continue;
		if (write->record ? (value && is_empty(value)) : is_empty(value))
			return refuse(write, "MANDATORY_NOT_FOUND", "required field not found",
				      field->name, NULL, NULL);
	}
	return true;
}

static json_t *duplicate_json(struct zoho_write *write, const struct sb_record *other)
{
	const char *owner = sb_record_text_of(other, "Owner", write->call->arena);

	return json_pack("{ss s{ss*} s{ss}}", "id", other->id, "Owner", "id", owner, "module",
			 "api_name", sb_object_spec(other->object)->name);
}

static bool is_unique(struct zoho_write *write)
{
	struct sb_field *field;
	const struct sb_record *other =
		sb_record_clash(write->object, write->values, write->record, &field);

	if (!other)
		return true;
	if (sb_switch(write->call->account, "duplicate_shape"))
		return refuse(write, "DUPLICATE_DATA", "duplicate data", field->name, "id",
			      json_string(other->id));
	return refuse(write, "DUPLICATE_DATA", "duplicate data", field->name, "duplicate_record",
		      duplicate_json(write, other));
}

static const char *text_of(const struct zoho_write *write, const char *name)
{
	const json_t *value = json_object_get(write->values, name);

	if (value || !write->record)
		return json_string_value(value);
	return sb_record_text_of(write->record, name, write->call->arena);
}

/* A pipeline has the stages of the field; "Prospecting" is of another one (9). */
static bool stage_fits(struct zoho_write *write)
{
	const char *stage = text_of(write, "Stage"), *pipeline = text_of(write, "Pipeline");
	bool is_lost = sb_switch(write->call->account, "pipeline_lacks_lost");

	if (!pipeline || !stage || !is_lost || strcmp(stage, "Closed Lost") != 0)
		return true;
	return refuse(write, "MAPPING_MISMATCH", "Pipeline doesn't contain the Stage", "Stage",
		      "mapped_field",
		      json_pack("{ss ss}", "api_name", "Pipeline", "json_path",
				zoho_path(write, "Pipeline")));
}

static const struct {
	const char *code, *message;
} states[] = {
	{ "RECORD_LOCKED", "record is locked" },
	{ "NOT_APPROVED", "record not approved" },
	{ "RECORD_IN_BLUEPRINT", "The record is in blue print" },
	{ "CANNOT_PROCESS", "cannot process the record" },
	{ "ALREADY_USED", "record already used" },
};

static bool may_write(struct zoho_write *write)
{
	const struct sb_account *account = write->call->account;
	int64_t state = sb_switch(account, "record_state");

	if (sb_bad_record(write->call, write->index))
		return refuse(write, "INVALID_DATA", "invalid data", "Last_Name",
			      "expected_data_type", json_string("text"));
	if (write->record && zoho_is_converted(write->record))
		return zoho_refuse(write->call, &write->refusal, "CONVERTED_RECORD",
				   "can't update the converted record",
				   json_pack("{ss}", "id", write->record->id));
	if (write->record && state > 0 && (size_t)state <= ARRAY_LEN(states))
		return zoho_refuse(write->call, &write->refusal, states[state - 1].code,
				   states[state - 1].message,
				   json_pack("{ss}", "id", write->record->id));
	if (!write->record && sb_switch(account, "storage_full"))
		return zoho_refuse(write->call, &write->refusal, "STORAGE_SPACE_EXCEEDED",
				   "storage space exceeded", NULL);
	return true;
}

static void set_new(struct zoho_write *write, const char *name, const char *value)
{
	if (value && is_empty(json_object_get(write->values, name)))
		json_object_set_new(write->values, name, json_string(value));
}

/* The rule of the org gives leads to the second user (4). */
static bool assign(struct zoho_write *write)
{
	const struct sb_account *account = write->call->account;
	const struct sb_object *users = sb_object_find(account, "users");

	if (!write->lar_id)
		return true;
	if (strcmp(write->lar_id, zoho_rule_id(write->call->arena, account)) != 0)
		return zoho_refuse(write->call, &write->refusal, "INVALID_DATA", "invalid data",
				   json_pack("{ss ss}", "api_name", "lar_id", "json_path",
					     "$.lar_id"));
	json_object_set_new(write->values, "Owner", json_string(sb_object_record(users, 1)->id));
	return true;
}

static void set_derived(struct zoho_write *write)
{
	const char *first = text_of(write, "First_Name"), *last = text_of(write, "Last_Name");
	const char *user = zoho_user(write->call->account)->id;

	if (zoho_field_find(write->object, "Full_Name") && last)
		json_object_set_new(write->values, "Full_Name",
				    sb_json_printf("%s%s%s", first ? first : "",
						   first ? " " : "", last));
	json_object_set_new(write->values, "Modified_By", json_string(user));
	if (write->record)
		return;
	set_new(write, "Owner", user);
	json_object_set_new(write->values, "Created_By", json_string(user));
}

static bool check_all(struct zoho_write *write)
{
	const char *name;
	json_t *value;

	write->values = json_keep(write->call->arena, json_object());
	if (!json_is_object(write->input))
		return zoho_refuse(write->call, &write->refusal, "INVALID_DATA", "invalid data",
				   json_pack("{ss}", "expected_data_type", "jsonobject"));
	if (!may_write(write))
		return false;
	json_object_foreach((json_t *)write->input, name, value)
		if (!check_member(write, name, value))
			return false;
	return has_required(write) && is_unique(write) && stage_fits(write) && assign(write);
}

/* For the ledger: a unique field's value, else the e-mail address, else the id. */
static const char *key_of(const struct zoho_write *write)
{
	for (size_t i = 0; i < sb_object_nfields(write->object); i++) {
		const struct sb_field *field = sb_object_field(write->object, i);
		const char *text = json_string_of(write->values, field->name);

		if (field->flags & SB_UNIQUE && text)
			return text;
	}
	if (json_string_of(write->values, "Email"))
		return json_string_of(write->values, "Email");
	return write->record ? write->record->id : NULL;
}

/* Tags that change alone do not move Modified_Time: a trap of reading by it (7). */
static bool writes_tags_alone(const struct zoho_write *write)
{
	return write->record && json_object_size(write->values) == 1 &&
	       json_object_get(write->values, "Tag") &&
	       !sb_switch(write->call->account, "tags_modify");
}

bool zoho_write(struct zoho_write *write)
{
	if (!check_all(write))
		return false;
	if (writes_tags_alone(write)) {
		sb_record_derive(write->call, write->record, "Tag",
				 json_incref(json_object_get(write->values, "Tag")));
		return true;
	}
	set_derived(write);
	write->call->key = key_of(write);
	if (write->record)
		sb_record_update(write->call, write->record, write->values);
	else
		write->record = sb_record_create(write->call, write->object, write->values, NULL);
	if (write->record)
		return true;
	zoho_refuse(write->call, &write->refusal, "INTERNAL_SERVER_ERROR", "the sandbox is full",
		    NULL);
	write->refusal.status = 503;
	return false;
}

/* --- results --- */

json_t *zoho_success(struct sb_call *call, const struct sb_record *record, const char *message)
{
	json_t *user = zoho_user_json(zoho_user(call->account)), *details;

	json_object_del(user, "email");
	details = json_pack("{so sO so ss so}", "Modified_Time",
			    zoho_time(call->account, record->updated_at), "Modified_By", user,
			    "Created_Time", zoho_time(call->account, record->created_at), "id",
			    record->id, "Created_By", user);
	return json_pack("{ss so ss ss}", "code", "SUCCESS", "details", details, "message", message,
			 "status", "success");
}

void zoho_results_add(struct zoho_results *results, const struct zoho_refusal *refusal,
		      json_t *success)
{
	if (!results->data)
		results->data = json_array();
	if (success) {
		results->ok++;
		json_array_append_new(results->data, success);
		return;
	}
	results->failed++;
	results->failed_status = refusal->status;
	json_array_append_new(results->data, zoho_refusal_json(refusal));
}

/* All went well, some did, none of several did, the only one did not (5). */
void zoho_reply_results(struct sb_call *call, const char *name, struct zoho_results *results,
			int ok_status)
{
	int status = ok_status;

	if (results->failed && results->ok)
		status = 207;
	else if (results->failed > 1 || (results->failed && sb_switch(call->account,
								      "failed_alone_202")))
		status = 202;
	else if (results->failed)
		status = results->failed_status;
	sb_reply_json(call, status, json_pack("{so}", name, results->data));
}
