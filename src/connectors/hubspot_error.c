/* hubspot_error.c - what HubSpot's errors mean (fact sheet, sections 8 and 9).
 * Threads: pure. */
#include <ctype.h>
#include <string.h>

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/hubspot.h"

static const struct {
	const char *category;
	enum outcome outcome;
} categories[] = {
	{ "INVALID_AUTHENTICATION", OUTCOME_REAUTH },
	{ "EXPIRED_AUTHENTICATION", OUTCOME_REAUTH },
	{ "MISSING_SCOPES", OUTCOME_REAUTH },
	{ "VALIDATION_ERROR", OUTCOME_FIX_DATA },
	{ "OBJECT_NOT_FOUND", OUTCOME_GONE },
	{ "CONFLICT", OUTCOME_DUPLICATE },
	{ "RATE_LIMITS", OUTCOME_CONNECTION },
};

static const struct {
	int status;
	enum outcome outcome;
	int64_t wait_ms;
} statuses[] = {
	{ 404, OUTCOME_GONE, 0 },
	{ 409, OUTCOME_DUPLICATE, 0 },
	{ 414, OUTCOME_FIX_DATA, 0 },
	{ 423, OUTCOME_RETRY, 2000 },      /* locked: "wait 2 s" */
	{ 429, OUTCOME_CONNECTION, 10000 },
	{ 477, OUTCOME_CONNECTION, 60000 }, /* the account is moving, all of it */
};

/* Retry-After is not promised: how long each kind of limit lasts (section 8). The day
 * ends at midnight of the account's time zone, which we do not know: ask each hour. */
static const struct {
	const char *policy;
	int64_t wait_ms;
	const char *bucket; /* whose calls it limits; NULL: all */
} policies[] = {
	{ "TEN_SECONDLY_ROLLING", 10000, "api" },
	{ "SECONDLY", 1000, "search" },
	{ "DAILY", 3600000, NULL },
};

static void outcome_of_error(const json_t *json, int status, struct hubspot_error *error)
{
	const char *category = json_string_of(json, "category");
	const struct http_reply said = { .failure = HTTP_REPLIED, .status = status };

	error->outcome = outcome_of_reply(&said);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].status == status) {
			error->outcome = statuses[i].outcome;
			error->wait_ms = statuses[i].wait_ms;
		}
	if (status >= 500 || status == 429 || status == 423 || status == 477)
		return;
	for (size_t i = 0; i < ARRAY_LEN(categories); i++)
		if (text_equal(categories[i].category, category))
			error->outcome = categories[i].outcome;
}

static void wait_of_policy(const json_t *json, struct hubspot_error *error)
{
	const char *policy = json_string_of(json, "policyName");

	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		if (text_equal(policies[i].policy, policy)) {
			error->wait_ms = policies[i].wait_ms;
			error->held_bucket = policies[i].bucket;
		}
}

/* "Existing ID: 6001", "6001 already has that value". */
static const char *existing_id(struct arena *arena, const char *message)
{
	const char *at = strstr(message, "Existing ID:"), *end;

	if (at) {
		at += strlen("Existing ID:");
		at += strspn(at, " ");
		end = at + strspn(at, "0123456789");
	} else {
		end = strstr(message, " already has that value");
		for (at = end; at && at > message && isdigit((unsigned char)at[-1]);)
			at--;
	}
	return at && end > at && end - at <= 20 ?
		       arena_strndup(arena, at, (size_t)(end - at)) : NULL;
}

static const char *const schema_errors[] = { "PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE" };

/* "Property values were not valid: [{...}]": JSON inside text. */
static void read_inner(struct arena *arena, const char *message, struct hubspot_error *error)
{
	const char *start = strchr(message, '['), *end = strrchr(message, ']');
	const json_t *list = NULL, *first;

	if (text_starts(message, "Property values were not valid") && start && end > start)
		list = json_parse(arena, start, (size_t)(end - start) + 1, &json_limits_lead,
				  NULL);
	first = json_array_get(list, 0);
	if (!first)
		return;
	error->field = answer_id(arena, json_object_get(first, "name"));
	if (answer_text(arena, json_object_get(first, "message")))
		error->reason = answer_text(arena, json_object_get(first, "message"));
	for (size_t i = 0; i < ARRAY_LEN(schema_errors); i++)
		if (text_equal(json_string_of(first, "error"), schema_errors[i]))
			error->is_schema = true;
	if (error->existing)
		error->field = NULL;
}

static const char *first_text(const json_t *json)
{
	return json_string_value(json_is_array(json) ? json_array_get(json, 0) : json);
}

/* errors[] of a single answer: the missing property, the missing scopes. */
static void read_details(struct arena *arena, const json_t *json, struct hubspot_error *error)
{
	const json_t *detail = json_array_get(json_object_get(json, "errors"), 0);
	const json_t *context = json_object_get(detail, "context");
	const json_t *scopes = json_object_get(context, "requiredGranularScopes");
	const char *name = first_text(json_object_get(context, "propertyName"));

	if (!name)
		name = json_string_of(detail, "in");
	if (!error->field && error->outcome == OUTCOME_FIX_DATA && name)
		error->field = arena_strdup(arena, name);
	if (!scopes)
		scopes = json_object_get(json_object_get(json, "context"),
					 "requiredGranularScopes");
	if (error->outcome == OUTCOME_REAUTH && json_array_size(scopes))
		error->reason = arena_printf(arena, "missing scopes: %s",
					     answer_text(arena, scopes));
}

bool hubspot_error_read(struct arena *arena, const json_t *json, int status,
			const struct connection *connection, struct hubspot_error *error)
{
	const char *message = json_string_of(json, "message");

	*error = (struct hubspot_error){ .outcome = OUTCOME_UNCERTAIN };
	if (!message || (!json_object_get(json, "status") && !json_object_get(json, "category")))
		return false;
	error->reason = answer_text(arena, json_object_get(json, "message"));
	outcome_of_error(json, status, error);
	wait_of_policy(json, error);
	if (status < 500)
		error->existing = existing_id(arena, message);
	if (error->existing && error->outcome == OUTCOME_FIX_DATA)
		error->outcome = OUTCOME_DUPLICATE;
	read_inner(arena, message, error);
	read_details(arena, json, error);
	/* An OAuth token may have been replaced meanwhile; a service key was not. */
	error->wants_token = error->outcome == OUTCOME_REAUTH && status == 401 &&
			     (text_equal(json_string_of(json, "category"),
					 "EXPIRED_AUTHENTICATION") ||
			      (connection->has_auth && connection->auth == AUTH_OAUTH2));
	return true;
}

void hubspot_reply_error(struct exchange *x, struct hubspot_error *error)
{
	const struct http_reply *reply = x->reply;
	int64_t asked = http_retry_after(&reply->headers, x->now);
	const json_t *json = exchange_json(x);

	*error = (struct hubspot_error){
		.outcome = OUTCOME_UNCERTAIN,
		.reason = answer_lost_reason(x->arena, reply),
	};
	if (reply->failure != HTTP_REPLIED)
		error->outcome = outcome_of_reply(reply);
	else if (reply->status / 100 != 2 && !answer_is_page(reply) &&
		 !hubspot_error_read(x->arena, json, reply->status, x->connection, error) &&
		 (reply->status == 401 || reply->status == 403))
		error->outcome = OUTCOME_REAUTH; /* some are refused in plain text */
	if (reply->failure == HTTP_REPLIED && reply->status == 429) {
		error->outcome = OUTCOME_CONNECTION;
		error->wait_ms = error->wait_ms ? error->wait_ms : 10000;
	}
	if (!error->reason)
		error->reason = answer_lost_reason(x->arena, reply);
	if (asked)
		error->wait_ms = asked;
	if (error->outcome == OUTCOME_CONNECTION) {
		x->hold_ms = error->wait_ms;
		x->held_bucket = error->held_bucket;
	}
	x->wants_token = error->wants_token;
}

const char *hubspot_error_trace(const json_t *error)
{
	return first_text(json_object_get(json_object_get(error, "context"),
					  "objectWriteTraceId"));
}

const char *hubspot_error_id(const json_t *error)
{
	const json_t *context = json_object_get(error, "context");
	const char *id = first_text(json_object_get(context, "ids"));

	return id ? id : first_text(json_object_get(context, "id"));
}

void hubspot_settle_error(struct record *record, const struct hubspot_error *error)
{
	record->outcome = error->outcome;
	record->field = error->field;
	record->reason = error->reason;
	record->retry_after_ms = error->wait_ms;
	if (error->outcome == OUTCOME_DUPLICATE && error->existing)
		record->remote_id = error->existing;
}

bool hubspot_part_failed(struct exchange *x, struct parts *parts,
			 const struct hubspot_error *error)
{
	const struct part *part = parts_now(parts);

	for (size_t i = 0; i < part->nrecords; i++)
		hubspot_settle_error(&x->records[part->records[i]], error);
	return answer_stops(x->reply, error->outcome);
}

const char *hubspot_path(struct exchange *x, const char *rest)
{
	struct buf buf;

	buf_init(&buf, x->arena, 4096);
	buf_add(&buf, HUBSPOT_OBJECTS);
	buf_add_url(&buf, x->object);
	buf_add(&buf, rest);
	return buf_text(&buf);
}

const json_t *hubspot_batch(struct exchange *x)
{
	const json_t *json;

	if (x->reply->failure != HTTP_REPLIED || x->reply->status / 100 != 2 ||
	    answer_is_page(x->reply))
		return NULL;
	json = exchange_json(x);
	return json_is_array(json_object_get(json, "results")) ? json : NULL;
}

const char *hubspot_property(const json_t *row, const char *name)
{
	return json_string_of(json_object_get(row, "properties"), name);
}
