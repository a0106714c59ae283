/* salesforce_say.c - how Salesforce words refusals and shows records (fact sheet 5, 9).
 * Threads: under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

/* --- refusals --- */

static json_t *error_json(const struct sf_refusal *refusal, const char *code_name)
{
	json_t *json = json_pack("{ss ss}", "message", refusal->message, code_name,
				 refusal->code);

	if (refusal->fields)
		json_object_set(json, "fields", refusal->fields);
	return json;
}

json_t *sf_row_error(const struct sf_refusal *refusal)
{
	json_t *json = error_json(refusal, "statusCode");

	if (!refusal->fields)
		json_object_set_new(json, "fields", json_array());
	return json;
}

void sf_refuse(struct sb_call *call, const struct sf_refusal *refusal)
{
	json_t *json;

	if (refusal->urls) {
		sb_reply_json(call, 300, json_incref(refusal->urls));
		return;
	}
	json = error_json(refusal, "errorCode");
	if (refusal->duplicate)
		json_object_set(json, "duplicateResut", refusal->duplicate);
	sb_reply_json(call, refusal->status, json_pack("[o]", json));
}

void sf_fail(struct sb_call *call, int status, const char *code, const char *format, ...)
{
	struct sf_refusal refusal = { .status = status, .code = code };
	va_list args;

	va_start(args, format);
	refusal.message = arena_vprintf(call->arena, format, args);
	va_end(args);
	sf_refuse(call, &refusal);
}

void sf_not_found(struct sb_call *call)
{
	sf_fail(call, 404, "NOT_FOUND", "The requested resource does not exist");
}

static void say_expired(struct sb_call *call)
{
	if (call->account && sb_switch(call->account, "jwt_tokens"))
		sf_fail(call, 401, "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT");
	else
		sf_fail(call, 401, "INVALID_SESSION_ID", "Session expired or invalid");
}

static void say_server(struct sb_call *call, int status)
{
	if (status == 502 || status == 503 || status == 504)
		sf_fail(call, status, "SERVER_UNAVAILABLE",
			"The server is temporarily unable to service your request");
	else
		sf_fail(call, status, "UNKNOWN_EXCEPTION",
			"An unexpected error occurred. Please include this ErrorId if you "
			"contact support: %llu", (unsigned long long)call->id);
}

void sf_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		sf_fail(call, 403, "REQUEST_LIMIT_EXCEEDED", "%s",
			call->account && sb_switch(call->account, "limit_is_concurrent") ?
				"ConcurrentRequests (Concurrent API Requests) Limit exceeded." :
				"TotalRequests Limit exceeded.");
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		say_expired(call);
		break;
	case SB_PROBLEM_FORBIDDEN:
		sf_fail(call, 403, "INSUFFICIENT_ACCESS", "insufficient access rights");
		break;
	case SB_PROBLEM_LOCKED:
		sf_fail(call, 400, "UNABLE_TO_LOCK_ROW",
			"unable to obtain exclusive access to this record");
		break;
	case SB_PROBLEM_BAD_JSON:
		sf_fail(call, 400, "JSON_PARSER_ERROR",
			"Unexpected character in the request body at [line:1, column:1]");
		break;
	case SB_PROBLEM_SERVER:
		say_server(call, status ? status : 500);
		break;
	case SB_PROBLEM_FULL:
		say_server(call, 503);
		break;
	}
}

/* --- records --- */

json_t *sf_time(int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms - ms % 1000, text);
	return sb_json_printf("%.19s.000+0000", text);
}

/* As far as the version: "/services/data/v66.0". */
const char *sf_base(const struct sb_call *call)
{
	size_t start = strlen("/services/data/");

	if (!text_starts(call->path, "/services/data/v"))
		return "/services/data/v66.0";
	return arena_strndup(call->arena, call->path,
			     start + strcspn(call->path + start, "/"));
}

const char *sf_record_url(const struct sb_call *call, const struct sb_record *record)
{
	return arena_printf(call->arena, "%s/sobjects/%s/%s", sf_base(call),
			    sb_object_spec(record->object)->name, record->id);
}

static json_t *computed(const struct sb_record *record, const char *name)
{
	if (strcmp(name, "Id") == 0)
		return json_string(record->id);
	if (strcmp(name, "IsDeleted") == 0)
		return json_boolean(record->state != SB_LIVE);
	return sf_time(strcmp(name, "CreatedDate") == 0 ? record->created_at :
							  record->updated_at);
}

json_t *sf_value(const struct sb_record *record, const struct sb_field *field)
{
	json_t *value;
	int64_t ms;

	if (field->flags & SF_COMPUTED)
		return computed(record, field->name);
	value = sb_record_value(record, field);
	if (!value)
		return field->type == SB_BOOLEAN ? json_false() : json_null();
	if (field->type == SB_DATETIME && json_is_string(value) &&
	    sb_time_parse(json_string_value(value), &ms)) {
		json_decref(value);
		return sf_time(ms);
	}
	return value;
}

json_t *sf_record(const struct sb_call *call, const struct sb_record *record,
		  struct sb_field *const *fields, size_t nfields)
{
	json_t *json = json_pack("{s{ss ss}}", "attributes", "type",
				 sb_object_spec(record->object)->name, "url",
				 sf_record_url(call, record));
	size_t count = fields ? nfields : sb_object_nfields(record->object);

	for (size_t i = 0; i < count; i++) {
		const struct sb_field *field =
			fields ? fields[i] : sb_object_field(record->object, i);

		if (fields || !(field->flags & (SB_HIDDEN | SB_ARCHIVED)))
			json_object_set_new(json, field->name, sf_value(record, field));
	}
	return json;
}
