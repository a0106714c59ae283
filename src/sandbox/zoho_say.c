/* zoho_say.c - how Zoho words refusals and shows records (fact sheet 1, 5, 9). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho.h"

/* --- refusals --- */

bool zoho_refuse(struct sb_call *call, struct zoho_refusal *refusal, const char *code,
		 const char *message, json_t *details)
{
	*refusal = (struct zoho_refusal){
		.status = 400,
		.code = code,
		.message = message,
		.details = details ? json_keep(call->arena, details) : NULL,
	};
	return false;
}

json_t *zoho_refusal_json(const struct zoho_refusal *refusal)
{
	return json_pack("{ss so ss ss}", "code", refusal->code, "details",
			 refusal->details ? json_incref(refusal->details) : json_object(),
			 "message", refusal->message, "status", "error");
}

void zoho_fail(struct sb_call *call, int status, const char *code, const char *message,
	       json_t *details)
{
	struct zoho_refusal refusal;

	zoho_refuse(call, &refusal, code, message, details);
	sb_reply_json(call, status, zoho_refusal_json(&refusal));
}

void zoho_reply_whole(struct sb_call *call, const char *name, json_t *list)
{
	if (!json_array_size(list))
		sb_reply_empty(call, 204);
	else
		sb_reply_json(call, 200,
			      json_pack("{sO s{si sI si sb}}", name, list, "info", "per_page", 200,
					"count", (json_int_t)json_array_size(list), "page", 1,
					"more_records", 0));
}

void zoho_missing_param(struct sb_call *call, const char *name)
{
	zoho_fail(call, 400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing",
		  json_pack("{ss ss}", "param_name", name, "param", name));
}

void zoho_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		zoho_fail(call, 429, "TOO_MANY_REQUESTS",
			  "You have reached the maximum number of API calls", NULL);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		zoho_fail(call, 401, "INVALID_TOKEN", "invalid oauth token", NULL);
		break;
	case SB_PROBLEM_FORBIDDEN:
		zoho_fail(call, 403, "NO_PERMISSION", "permission denied",
			  json_pack("{s[s]}", "permissions", "Crm_Implied_View_Leads"));
		break;
	case SB_PROBLEM_LOCKED:
		zoho_fail(call, 400, "RECORD_LOCKED", "record is locked", NULL);
		break;
	case SB_PROBLEM_BAD_JSON:
		zoho_fail(call, 400, "INVALID_DATA", "body", NULL);
		break;
	case SB_PROBLEM_SERVER:
		zoho_fail(call, status ? status : 500,
			  status == 504 ? "REQUEST_TIMEOUT" : "INTERNAL_ERROR",
			  "Internal Server Error", NULL);
		break;
	case SB_PROBLEM_FULL:
		zoho_fail(call, 503, "INTERNAL_SERVER_ERROR", "the sandbox is full", NULL);
		break;
	}
}

/* --- values --- */

json_t *zoho_time(const struct sb_account *account, int64_t ms)
{
	int64_t minutes = sb_switch(account, "offset_minutes");
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms + minutes * CLOCK_MINUTE, text);
	return sb_json_printf("%.19s%c%02d:%02d", text, minutes < 0 ? '-' : '+',
			      (int)(minutes < 0 ? -minutes : minutes) / 60,
			      (int)(minutes < 0 ? -minutes : minutes) % 60);
}

json_t *zoho_user_json(const struct sb_record *user)
{
	struct arena *arena = arena_new();
	json_t *json = json_pack("{ss* ss ss*}", "name",
				 sb_record_text_of(user, "full_name", arena), "id", user->id,
				 "email", sb_record_text_of(user, "email", arena));

	arena_free(arena);
	return json;
}

/* The record that a lookup's id names, of any state. */
static const struct sb_record *target_of(const struct sb_record *record,
					 const struct sb_field *field, const char *id)
{
	const struct sb_account *account = sb_object_account(record->object);

	for (size_t i = 0; i < zoho_nmodules; i++) {
		const char *name = zoho_modules[i].name;
		const struct sb_record *target;

		if (!field->refers_to || !strstr(field->refers_to, name))
			continue;
		target = sb_record_find(sb_object_find(account, name), id);
		if (target)
			return target;
	}
	return NULL;
}

static const char *const name_fields[] = { "Full_Name", "Account_Name", "Deal_Name", "Subject",
					   "full_name" };

static json_t *lookup_json(const struct sb_record *record, const struct sb_field *field,
			   const char *id)
{
	const struct sb_record *target = target_of(record, field, id);
	json_t *json;

	if (!target)
		return json_pack("{sn ss}", "name", "id", id);
	if (field->refers_to && strcmp(field->refers_to, "users") == 0)
		return zoho_user_json(target);
	json = json_pack("{ss}", "id", id);
	for (size_t i = 0; i < ARRAY_LEN(name_fields); i++) {
		json_t *name = sb_record_value_of(target, name_fields[i]);

		if (name && !json_object_get(json, "name"))
			json_object_set(json, "name", name);
		json_decref(name);
	}
	if (strcmp(field->name, "Parent_Id") == 0)
		json_object_set_new(json, "module",
				    json_pack("{ss}", "api_name",
					      sb_object_spec(target->object)->name));
	return json;
}

json_t *zoho_value(const struct sb_record *record, const struct sb_field *field)
{
	const struct sb_account *account = sb_object_account(record->object);
	json_t *value, *shown;
	int64_t ms;

	if (field->flags & ZOHO_COMPUTED)
		return zoho_time(account, zoho_column(field->name) == SB_COLUMN_CREATED ?
						  record->created_at :
						  record->updated_at);
	value = sb_record_value(record, field);
	if (!value)
		return field->type == SB_BOOLEAN ? json_false() :
		       field->type == SB_JSON    ? json_array() :
						   json_null();
	if (field->type == SB_REFERENCE && json_is_string(value))
		shown = lookup_json(record, field, json_string_value(value));
	else if (field->type == SB_DATETIME && json_is_string(value) &&
		 sb_time_parse(json_string_value(value), &ms))
		shown = zoho_time(account, ms);
	else
		return value;
	json_decref(value);
	return shown;
}

json_t *zoho_record(const struct sb_record *record, struct sb_field *const *fields, size_t nfields)
{
	json_t *json = json_object();
	size_t count = fields ? nfields : sb_object_nfields(record->object);

	for (size_t i = 0; i < count; i++) {
		const struct sb_field *field =
			fields ? fields[i] : sb_object_field(record->object, i);

		if (!(field->flags & (SB_HIDDEN | SB_ARCHIVED)))
			json_object_set_new(json, field->name, zoho_value(record, field));
	}
	json_object_set_new(json, "id", json_string(record->id));
	return json;
}

struct sb_field **zoho_fields_of(struct sb_call *call, const struct sb_object *object,
				 const char *list, size_t *count)
{
	struct sb_field **fields = arena_array(call->arena, strlen(list) + 1, sizeof(*fields));
	size_t names = 0;

	*count = 0;
	while (*list) {
		size_t len = strcspn(list, ",");
		const char *name = text_trim(call->arena, arena_strndup(call->arena, list, len));
		struct sb_field *field = zoho_field_find(object, name);

		if (field)
			fields[(*count)++] = field;
		names++;
		list += len + (list[len] == ',');
	}
	if (names <= 50)
		return fields;
	zoho_fail(call, 400, "LIMIT_EXCEEDED", "fields: more than allowed",
		  json_pack("{si ss}", "limit", 50, "param_name", "fields"));
	return NULL;
}

/* --- records --- */

bool zoho_is_converted(const struct sb_record *record)
{
	json_t *value = sb_record_value_of(record, "Converted__s");
	bool is_converted = json_is_true(value);

	json_decref(value);
	return is_converted;
}

bool zoho_is_shown(const struct sb_record *record, const char *converted)
{
	if (record->state != SB_LIVE)
		return false;
	if (text_equal(converted, "both"))
		return true;
	return zoho_is_converted(record) == text_equal(converted, "true");
}

struct sb_object *zoho_module_of_path(struct sb_call *call)
{
	struct sb_object *object = zoho_object_find(call->account, sb_param(call, 0));

	if (!object)
		zoho_fail(call, 400, "INVALID_MODULE", "the module name given seems to be invalid",
			  json_pack("{si}", "resource_path_index", 0));
	return object;
}

/* "Leads.External_Id" */
static struct sb_field *external_field(struct sb_call *call, const struct sb_object *object)
{
	const char *header = sb_header(call, "X-EXTERNAL");
	const char *dot = header ? strchr(header, '.') : NULL;
	struct sb_field *field = dot ? zoho_field_find(object, dot + 1) : NULL;

	return field && field->flags & SB_UNIQUE ? field : NULL;
}

struct sb_record *zoho_record_of(struct sb_call *call, struct sb_object *object,
				 const char *text)
{
	const struct sb_field *field = external_field(call, object);
	struct sb_record *record = field ? sb_record_by(field, text) :
					   sb_record_find(object, text);

	return record && record->state == SB_LIVE ? record : NULL;
}
