/* salesforce_error.c - what Salesforce's errors mean (fact sheet, sections 8 and 9).
 * Threads: pure. */
#include <ctype.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/salesforce.h"

/* What a code means for a record whose row carries it, and for a whole call. What only a
 * person can put right stops the connection when the call fails, and the record alone when
 * a row does. */
static const struct {
	const char *code;
	enum outcome row, call;
	int64_t wait_ms;
} codes[] = {
	{ "INVALID_SESSION_ID", OUTCOME_RETRY, OUTCOME_REAUTH, 0 },
	{ "INVALID_AUTH_HEADER", OUTCOME_RETRY, OUTCOME_REAUTH, 0 },
	{ "INSUFFICIENT_ACCESS", OUTCOME_FIX_DATA, OUTCOME_REAUTH, 0 },
	{ "INSUFFICIENT_ACCESS_OR_READONLY", OUTCOME_FIX_DATA, OUTCOME_REAUTH, 0 },
	{ "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", OUTCOME_FIX_DATA, OUTCOME_FIX_DATA,
	  0 },
	{ "API_DISABLED_FOR_ORG", OUTCOME_FIX_DATA, OUTCOME_REAUTH, 0 },
	{ "FUNCTIONALITY_NOT_ENABLED", OUTCOME_FIX_DATA, OUTCOME_REAUTH, 0 },
	{ "UNSUPPORTED_API_VERSION", OUTCOME_FIX_DATA, OUTCOME_REAUTH, 0 },
	{ "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
	{ "CANNOT_EXECUTE_FLOW_TRIGGER", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
	{ "JSON_PARSER_ERROR", OUTCOME_PERMANENT, OUTCOME_PERMANENT, 0 },
	{ "MALFORMED_QUERY", OUTCOME_PERMANENT, OUTCOME_PERMANENT, 0 },
	{ "INVALID_TYPE", OUTCOME_PERMANENT, OUTCOME_PERMANENT, 0 },
	{ "NOT_FOUND", OUTCOME_GONE, OUTCOME_GONE, 0 },
	{ "ENTITY_IS_DELETED", OUTCOME_GONE, OUTCOME_GONE, 0 },
	{ "CANNOT_UPDATE_CONVERTED_LEAD", OUTCOME_GONE, OUTCOME_GONE, 0 },
	{ "DUPLICATES_DETECTED", OUTCOME_DUPLICATE, OUTCOME_DUPLICATE, 0 },
	{ "DUPLICATE_VALUE", OUTCOME_DUPLICATE, OUTCOME_DUPLICATE, 0 },
	{ "DUPLICATE_EXTERNAL_ID", OUTCOME_DUPLICATE, OUTCOME_DUPLICATE, 0 },
	{ "UNABLE_TO_LOCK_ROW", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
	{ "REQUEST_LIMIT_EXCEEDED", OUTCOME_RETRY, OUTCOME_CONNECTION, CLOCK_HOUR },
	{ "STORAGE_LIMIT_EXCEEDED", OUTCOME_RETRY, OUTCOME_CONNECTION, CLOCK_HOUR },
	{ "QUERY_TIMEOUT", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
	{ "OPERATION_TOO_LARGE", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
	{ "UNKNOWN_EXCEPTION", OUTCOME_RETRY, OUTCOME_UNCERTAIN, 0 },
	{ "SERVER_UNAVAILABLE", OUTCOME_RETRY, OUTCOME_UNCERTAIN, 0 },
	{ "ALL_OR_NONE_OPERATION_ROLLED_BACK", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
	{ "PROCESSING_HALTED", OUTCOME_RETRY, OUTCOME_RETRY, 0 },
};

/* Any other code is a value that was refused. */
static void outcome_of_code(struct salesforce_error *error, bool is_row)
{
	error->outcome = OUTCOME_FIX_DATA;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(codes[i].code, error->code) == 0) {
			error->outcome = is_row ? codes[i].row : codes[i].call;
			error->wait_ms = codes[i].wait_ms;
		}
	/* Too many long requests at once is over soon; a spent day is not. */
	if (error->wait_ms && error->reason && strstr(error->reason, "Concurrent"))
		error->wait_ms = 30 * CLOCK_SECOND;
	/* A trigger that only lost a race for a lock. */
	if (error->reason && strstr(error->reason, "UNABLE_TO_LOCK_ROW"))
		error->outcome = OUTCOME_RETRY;
}

static bool is_id_text(const char *text, size_t len)
{
	if (len < 15 || len > 18)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]))
			return false;
	return true;
}

const char *salesforce_id(struct arena *arena, const json_t *json)
{
	const char *text = json_string_value(json);

	return text && is_id_text(text, strlen(text)) ? arena_strdup(arena, text) : NULL;
}

bool salesforce_same_id(const char *a, const char *b)
{
	return a && b && strlen(a) >= 15 && strlen(b) >= 15 && strncmp(a, b, 15) == 0;
}

const char *salesforce_object_of(const char *id, const char *otherwise)
{
	if (text_starts(id, "00Q"))
		return "Lead";
	if (text_starts(id, "00T"))
		return SALESFORCE_TASK;
	return text_starts(id, "003") ? "Contact" : otherwise;
}

/* "... record with id: 00Q..." */
static const char *id_in_message(struct arena *arena, const char *message)
{
	const char *at = strstr(message, "record with id: ");
	size_t len;

	if (!at)
		return NULL;
	at += strlen("record with id: ");
	for (len = 0; isalnum((unsigned char)at[len]); len++)
		;
	return is_id_text(at, len) ? arena_strndup(arena, at, len) : NULL;
}

/* The first record that a duplicate rule matched. The key is really spelled
 * "duplicateResut". */
static const char *matched_id(struct arena *arena, const json_t *json)
{
	const json_t *result = json_object_get(json, "duplicateResut");

	if (!result)
		result = json_object_get(json, "duplicateResult");
	return salesforce_id(arena, json_at(result,
					    "$.matchResults[0].matchRecords[0].record.Id"));
}

/* "No such column 'X' on sobject of type Lead" */
static const char *column_in_message(struct arena *arena, const char *message)
{
	const char *at = strstr(message, "No such column '"), *end;

	if (!at)
		return NULL;
	at += strlen("No such column '");
	end = strchr(at, '\'');
	return end && end > at ? arena_strndup(arena, at, (size_t)(end - at)) : NULL;
}

static bool read_error(struct arena *arena, const json_t *json, bool is_row,
		       struct salesforce_error *error)
{
	const char *code = json_string_of(json, "errorCode");
	const char *message = json_string_of(json, "message");

	*error = (struct salesforce_error){ .outcome = OUTCOME_UNCERTAIN };
	if (!code)
		code = json_string_of(json, "statusCode");
	if (text_is_empty(code))
		return false;
	error->code = code;
	error->reason = message && *message ?
				answer_text(arena, json_object_get(json, "message")) : code;
	error->field = answer_id(arena, json_array_get(json_object_get(json, "fields"), 0));
	outcome_of_code(error, is_row);
	if (error->outcome == OUTCOME_DUPLICATE) {
		error->existing = matched_id(arena, json);
		if (!error->existing && message)
			error->existing = id_in_message(arena, message);
	}
	if (message && strcmp(code, "INVALID_FIELD") == 0)
		error->column = column_in_message(arena, message);
	if (!error->field)
		error->field = error->column;
	return true;
}

bool salesforce_row_error(struct arena *arena, const json_t *json,
			  struct salesforce_error *error)
{
	return read_error(arena, json, true, error);
}

/* The field that holds our id is not there: nothing can be written until it is. */
static bool lacks_key_field(const struct salesforce_error *error)
{
	return strcmp(error->code, "NOT_FOUND") == 0 &&
	       strstr(error->reason, "external ID field does not exist");
}

bool salesforce_call_error(struct arena *arena, const json_t *json, int status,
			   struct salesforce_error *error)
{
	if (!read_error(arena, json_is_array(json) ? json_array_get(json, 0) : json, false,
			error))
		return false;
	if (status >= 500)
		error->outcome = OUTCOME_UNCERTAIN;
	if (status == 410 || lacks_key_field(error))
		error->outcome = OUTCOME_REAUTH;
	/* A barred session stays barred with a fresh token. */
	error->wants_token = error->outcome == OUTCOME_REAUTH && status == 401 &&
			     !strstr(error->reason, "not valid for use with the REST API");
	return true;
}

void salesforce_reply_error(struct exchange *x, struct salesforce_error *error)
{
	const struct http_reply *reply = x->reply;
	int64_t asked = http_retry_after(&reply->headers, x->now);

	*error = (struct salesforce_error){ .outcome = OUTCOME_UNCERTAIN };
	if (reply->failure != HTTP_REPLIED)
		error->outcome = outcome_of_reply(reply);
	else if (reply->status / 100 != 2 && !answer_is_page(reply) &&
		 !salesforce_call_error(x->arena, exchange_json(x), reply->status, error) &&
		 reply->status == 401) {
		error->outcome = OUTCOME_REAUTH;
		error->wants_token = true;
	}
	if (reply->failure == HTTP_REPLIED && reply->status == 300 &&
	    json_is_array(exchange_json(x))) {
		error->outcome = OUTCOME_FIX_DATA;
		error->reason = "several records have this external id";
	}
	if (reply->failure == HTTP_REPLIED && reply->status == 429)
		error->outcome = OUTCOME_CONNECTION; /* not theirs: something in between */
	if (!error->reason)
		error->reason = answer_lost_reason(x->arena, reply);
	if (asked)
		error->wait_ms = asked;
	if (error->outcome == OUTCOME_CONNECTION)
		x->hold_ms = error->wait_ms;
	x->wants_token = error->wants_token;
}
