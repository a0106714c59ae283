/* hubspot_say.c - how HubSpot words refusals and renders records (fact sheet 5, 8, 9).
 * Threads: under the sandbox's lock. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/links.h"
#include "sandbox/oauth.h"

/* --- refusals --- */

static json_t *error_body(struct sb_call *call, const char *category, const char *message)
{
	char id[SB_UUID_SIZE];

	sb_rng_uuid(&call->rng, id);
	return json_pack("{ss ss ss ss}", "status", "error", "message", message, "correlationId",
			 id, "category", category);
}

void hubspot_refuse(struct sb_call *call, const struct hubspot_refusal *refusal)
{
	json_t *body = error_body(call, refusal->category, refusal->message);

	if (refusal->errors)
		json_object_set(body, "errors", refusal->errors);
	if (refusal->context)
		json_object_set(body, "context", refusal->context);
	sb_reply_json(call, refusal->status, body);
}

void hubspot_fail(struct sb_call *call, int status, const char *category, const char *format,
		  ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = arena_vprintf(call->arena, format, args);
	va_end(args);
	sb_reply_json(call, status, error_body(call, category, message));
}

void hubspot_not_found(struct sb_call *call)
{
	hubspot_fail(call, 404, "OBJECT_NOT_FOUND", "resource not found");
}

json_t *hubspot_error_item(const struct hubspot_refusal *refusal, const char *trace)
{
	json_t *context = refusal->context ? json_copy(refusal->context) : json_object();

	if (trace)
		json_object_set_new(context, "objectWriteTraceId", json_pack("[s]", trace));
	return json_pack("{ss ss ss so so s{}}", "status", "error", "category",
			 refusal->category, "message", refusal->message, "context", context,
			 "errors", refusal->errors ? json_incref(refusal->errors) : json_array(),
			 "links");
}

/* --- problems of the core --- */

static void say_rate(struct sb_call *call, const char *policy)
{
	json_t *body = error_body(call, "RATE_LIMITS",
				  strcmp(policy, "DAILY") == 0 ?
					  "You have reached your daily limit." :
				  strcmp(policy, "SECONDLY") == 0 ?
					  "You have reached your secondly limit." :
					  "You have reached your ten_secondly_rolling limit.");

	json_object_set_new(body, "errorType", json_string("RATE_LIMIT"));
	json_object_set_new(body, "policyName", json_string(policy));
	sb_reply_json(call, 429, body);
}

static void say_expired(struct sb_call *call)
{
	int64_t ended = call->token && call->token->expires_at ? call->token->expires_at :
								 call->now - 75000;
	json_t *body;

	hubspot_fail(call, 401, "EXPIRED_AUTHENTICATION",
		     "The OAuth token used to make this call expired %lld second(s) ago.",
		     (long long)((call->now - ended) / 1000));
	body = json_pack("{s[o]}", "expire time", sb_json_time(ended));
	json_object_set_new(call->reply_json, "context", body);
}

/* The older sentence names neither category nor errors. */
static void say_permissions(struct sb_call *call, const char *scope)
{
	json_t *body = error_body(call, "",
				  arena_printf(call->arena,
					       "This oauth-token does not have proper permissions! "
					       "(requires any of [%s])", scope));

	json_object_del(body, "category");
	sb_reply_json(call, 403, body);
}

static void say_missing_scope(struct sb_call *call, const char *scope)
{
	const struct hubspot_refusal refusal = {
		.status = 403,
		.category = "MISSING_SCOPES",
		.message = "This app hasn't been granted all required scopes to make this call. "
			   "Read more about required scopes here: "
			   "https://developers.hubspot.com/scopes.",
		.errors = json_keep(
			call->arena,
			json_pack("[{ss s{s[s]}}]", "message",
				  "One or more of the following scopes are required.", "context",
				  "requiredGranularScopes", scope)),
	};

	if (call->account && sb_switch(call->account, "scopes_in_words")) {
		say_permissions(call, scope);
		return;
	}
	hubspot_refuse(call, &refusal);
}

static const struct {
	int status;
	const char *category, *message;
} server_words[] = {
	{ 423, "LOCKED", "The resource is locked. Try again in 2 seconds." },
	{ 477, "MIGRATION_IN_PROGRESS", "The account is being moved to another data center." },
	{ 502, "BAD_GATEWAY", "Bad gateway" },
	{ 503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable" },
	{ 504, "GATEWAY_TIMEOUT", "Gateway timeout" },
};

static void say_status(struct sb_call *call, int status)
{
	if (status == 477)
		sb_reply_header(call, "Retry-After", "5");
	for (size_t i = 0; i < ARRAY_LEN(server_words); i++) {
		if (server_words[i].status != status)
			continue;
		hubspot_fail(call, status, server_words[i].category, "%s",
			     server_words[i].message);
		return;
	}
	hubspot_fail(call, status, "INTERNAL_ERROR", "internal error");
}

void hubspot_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		say_rate(call, call->route && call->route->flags & HUBSPOT_SEARCH ?
				       "SECONDLY" :
			       status ? "DAILY" :
					"TEN_SECONDLY_ROLLING");
		break;
	case SB_PROBLEM_EXPIRED:
		say_expired(call);
		break;
	case SB_PROBLEM_REVOKED:
		hubspot_fail(call, 401, "INVALID_AUTHENTICATION",
			     "Authentication credentials not found. This API supports OAuth 2.0 "
			     "authentication and you can find more details at "
			     "https://developers.hubspot.com/docs/methods/auth/oauth-overview");
		break;
	case SB_PROBLEM_FORBIDDEN:
		say_missing_scope(call, "crm.objects.contacts.write");
		break;
	case SB_PROBLEM_LOCKED:
		say_status(call, 423);
		break;
	case SB_PROBLEM_BAD_JSON:
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "Invalid input JSON: the request body could not be read");
		break;
	case SB_PROBLEM_FULL:
		say_status(call, 503);
		break;
	case SB_PROBLEM_SERVER:
		say_status(call, status);
		break;
	}
}

const char *hubspot_upper(struct arena *arena, const char *noun)
{
	char *copy = arena_strdup(arena, noun);

	for (char *at = copy; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	return copy;
}

bool hubspot_may_scope(struct sb_call *call, const char *scope)
{
	if (sb_token_may(call->token, scope))
		return true;
	say_missing_scope(call, scope);
	return false;
}

bool hubspot_may(struct sb_call *call, const struct sb_object *object, const char *verb)
{
	const char *scope = hubspot_kind_of(object)->scope;

	return hubspot_may_scope(call, strchr(scope, '.') ?
					       arena_printf(call->arena, "%s.%s", scope, verb) :
					       scope);
}

/* --- which properties --- */

static void add_names(struct sb_call *call, const char *text, const char ***names, size_t *count)
{
	while (text && *text) {
		size_t len = strcspn(text, ",");
		char *name = text_trim(call->arena, arena_strndup(call->arena, text, len));

		if (*name && *count < 1000)
			(*names)[(*count)++] = name;
		text += len + (text[len] == ',');
	}
}

/* "properties=a,b&properties=c". */
static size_t query_names(struct sb_call *call, const char *key, const char ***names)
{
	const char *query = call->query;
	size_t count = 0, key_len = strlen(key);

	*names = NULL;
	while (query && *query) {
		size_t len = strcspn(query, "&");

		if (strncmp(query, key, key_len) == 0 && query[key_len] == '=') {
			if (!*names)
				*names = arena_array(call->arena, 1001, sizeof(**names));
			add_names(call,
				  url_decode(call->arena, query + key_len + 1,
					     len - key_len - 1, true),
				  names, &count);
		}
		query += len + (query[len] == '&');
	}
	return count;
}

struct hubspot_shape hubspot_shape_of_query(struct sb_call *call)
{
	struct hubspot_shape shape = { 0 };

	shape.count = query_names(call, "properties", &shape.names);
	shape.nhistory = query_names(call, "propertiesWithHistory", &shape.history);
	shape.is_default = !shape.count;
	return shape;
}

static size_t array_names(struct sb_call *call, const json_t *array, const char ***names)
{
	size_t i, count = 0;
	json_t *name;

	*names = arena_array(call->arena, json_array_size(array) + 1, sizeof(**names));
	json_array_foreach((json_t *)array, i, name)
		if (json_is_string(name))
			(*names)[count++] = json_string_value(name);
	return count;
}

struct hubspot_shape hubspot_shape_of_body(struct sb_call *call, const json_t *body)
{
	struct hubspot_shape shape = { 0 };

	shape.count = array_names(call, json_object_get(body, "properties"), &shape.names);
	shape.nhistory = array_names(call, json_object_get(body, "propertiesWithHistory"),
				     &shape.history);
	shape.is_default = !shape.count;
	return shape;
}

struct hubspot_shape hubspot_shape_of_written(struct sb_call *call, const json_t *properties)
{
	struct hubspot_shape shape = { 0 };
	const char *name;
	json_t *value;

	shape.names = arena_array(call->arena, json_object_size(properties) + 1,
				  sizeof(*shape.names));
	json_object_foreach((json_t *)properties, name, value)
		shape.names[shape.count++] = name;
	return shape;
}

/* --- records --- */

static const char *time_text(const struct sb_call *call, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms + call->account->skew_ms, text);
	return arena_strdup(call->arena, text);
}

/* The value of a property as text, computed ones too; NULL if it has none. */
static const char *property_text(const struct sb_call *call, const struct sb_record *record,
				 const char *property)
{
	const struct hubspot_kind *kind = hubspot_kind_of(record->object);
	const struct sb_field *field;

	if (strcmp(property, "hs_object_id") == 0)
		return record->id;
	if (strcmp(property, kind->created) == 0)
		return time_text(call, record->created_at);
	if (strcmp(property, kind->modified) == 0)
		return time_text(call, record->updated_at);
	field = sb_field_find(record->object, property);
	if (!field || field->flags & SB_HIDDEN)
		return NULL;
	return sb_record_text(record, field, call->arena);
}

static bool is_known(const struct sb_record *record, const char *property)
{
	const struct sb_field *field = sb_field_find(record->object, property);

	return field && !(field->flags & SB_HIDDEN);
}

static void set_property(const struct sb_call *call, const struct sb_record *record,
			 const char *name, int64_t as_of, json_t *properties)
{
	const struct sb_field *field = as_of ? sb_field_find(record->object, name) : NULL;
	const char *text;
	json_t *old;

	if (!is_known(record, name))
		return; /* unknown names in a read are ignored (13) */
	if (field && record->updated_at > as_of && !(field->flags & SB_READ_ONLY)) {
		old = sb_record_value_at(record, field, as_of);
		json_object_set_new(properties, name, old ? old : json_null());
		return;
	}
	text = property_text(call, record, name);
	json_object_set_new(properties, name, text ? json_string(text) : json_null());
}

static json_t *properties_json(const struct sb_call *call, const struct sb_record *record,
			       const struct hubspot_shape *shape)
{
	const struct hubspot_kind *kind = hubspot_kind_of(record->object);
	json_t *properties = json_object();

	for (size_t i = 0; shape->is_default && kind->defaults[i]; i++)
		set_property(call, record, kind->defaults[i], shape->as_of, properties);
	for (size_t i = 0; i < shape->count; i++)
		set_property(call, record, shape->names[i], shape->as_of, properties);
	set_property(call, record, kind->created, 0, properties);
	set_property(call, record, kind->modified, 0, properties);
	set_property(call, record, "hs_object_id", 0, properties);
	return properties;
}

struct versions {
	const char *name;
	json_t *list;
	int64_t at;
};

static json_t *version_json(int64_t at, json_t *value)
{
	return json_pack("{so so ss ss}", "value", value ? value : json_string(""), "timestamp",
			 sb_json_time(at), "sourceType", "INTEGRATION", "sourceId", "sandbox");
}

static void add_version(const struct sb_field *field, const json_t *before, void *context)
{
	struct versions *versions = context;

	if (strcmp(field->name, versions->name) == 0 && before)
		json_array_append_new(versions->list,
				      version_json(versions->at, json_incref((json_t *)before)));
}

/* Newest first: the value now, then what each write replaced. */
static json_t *versions_json(const struct sb_record *record, const struct sb_field *field)
{
	struct versions versions = { .name = field->name, .list = json_array() };
	json_t *now = sb_record_value(record, field);

	if (now)
		json_array_append_new(versions.list, version_json(record->updated_at, now));
	for (const struct sb_delta *delta = record->history;
	     delta; delta = sb_delta_before(delta)) {
		const struct sb_delta *before = sb_delta_before(delta);

		versions.at = before ? sb_delta_at(before) : record->created_at;
		sb_delta_each(delta, add_version, record->object, &versions);
	}
	return versions.list;
}

static json_t *history_json(const struct sb_record *record, const struct hubspot_shape *shape)
{
	json_t *history = json_object();

	for (size_t i = 0; i < shape->nhistory; i++) {
		const struct sb_field *field = sb_field_find(record->object, shape->history[i]);

		if (field)
			json_object_set_new(history, field->name, versions_json(record, field));
	}
	return history;
}

json_t *hubspot_object(const struct sb_call *call, const struct sb_record *record,
		       const struct hubspot_shape *shape)
{
	json_t *json = json_object();
	bool is_archived = record->state != SB_LIVE;

	json_object_set_new(json, "id", json_string(record->id));
	json_object_set_new(json, "properties", properties_json(call, record, shape));
	if (shape->nhistory)
		json_object_set_new(json, "propertiesWithHistory", history_json(record, shape));
	json_object_set_new(json, "createdAt", json_string(time_text(call, record->created_at)));
	json_object_set_new(json, "updatedAt", json_string(time_text(call, record->updated_at)));
	json_object_set_new(json, "archived", json_boolean(is_archived));
	if (is_archived)
		json_object_set_new(json, "archivedAt",
				    json_string(time_text(call, record->deleted_at)));
	json_object_set_new(json, "url",
			    sb_json_printf("https://app.hubspot.com/contacts/%llu/record/%s/%s",
					   (unsigned long long)call->account->remote_id,
					   hubspot_kind_of(record->object)->id, record->id));
	return json;
}
