/* dynamics_hooks.c - webhooks: service endpoints and the steps that send to them, without a
 * signature and with one retry at most (fact sheet 7, Webhooks). Threads: under the sandbox's
 * lock. */
#include <expat.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/render.h"
#include "sandbox/webhooks.h"

#define SIZE_MAX_BYTES (256u * 1024)

/* authtype (column values (unconfirmed)) */
enum { AUTH_KEY = 4, AUTH_HEADER = 5, AUTH_QUERY = 6 };
#define CONTRACT_WEBHOOK 8
#define STAGE_AFTER 40

/* --- settings: <settings><setting name="x" value="y"/></settings> --- */

struct settings {
	XML_Parser parser;
	json_t *pairs; /* name to value */
};

static void add_setting(void *context, const char *element, const char **attributes)
{
	struct settings *settings = context;
	const char *name = NULL, *value = NULL;

	if (strcmp(element, "setting") != 0)
		return;
	for (; attributes[0]; attributes += 2) {
		if (strcmp(attributes[0], "name") == 0)
			name = attributes[1];
		else if (strcmp(attributes[0], "value") == 0)
			value = attributes[1];
	}
	if (name && value)
		json_object_set_new(settings->pairs, name, json_string(value));
}

/* A document type could name entities that name entities. */
static void refuse_doctype(void *context, const char *name, const char *system,
			   const char *public, int has_internal)
{
	struct settings *settings = context;

	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	XML_StopParser(settings->parser, XML_FALSE);
}

/* The pairs of an authvalue; new, NULL when it has none. */
static json_t *read_settings(const char *text)
{
	struct settings settings = { .pairs = json_object() };
	bool is_read;

	settings.parser = XML_ParserCreate("UTF-8");
	XML_SetUserData(settings.parser, &settings);
	XML_SetStartElementHandler(settings.parser, add_setting);
	XML_SetStartDoctypeDeclHandler(settings.parser, refuse_doctype);
	is_read = XML_Parse(settings.parser, text, (int)strlen(text), 1) == XML_STATUS_OK;
	XML_ParserFree(settings.parser);
	if (is_read && json_object_size(settings.pairs))
		return settings.pairs;
	json_decref(settings.pairs);
	return NULL;
}

/* --- what may be registered --- */

static bool invalid(struct dynamics_write *write, const char *message)
{
	return dynamics_refuse(write->call, &write->refusal, 400, "0x80040203", "%s", message);
}

static bool check_endpoint(struct dynamics_write *write)
{
	const char *address = dynamics_text_of(write, "url");
	const char *value = dynamics_text_of(write, "authvalue");
	int64_t type = dynamics_number_of(write, "authtype");
	json_t *pairs;

	if (dynamics_number_of(write, "contract") != CONTRACT_WEBHOOK) {
		sb_not_imitated(write->call, "service endpoints that are no webhooks");
		return false;
	}
	if (!sb_hook_is_address(write->call, address))
		return invalid(write, "url: the address of a webhook is needed.");
	if (type != AUTH_KEY && type != AUTH_HEADER && type != AUTH_QUERY)
		return invalid(write, "authtype: a webhook takes 4 WebhookKey, 5 HttpHeader or 6 "
				      "HttpQueryString.");
	if (text_is_empty(value))
		return invalid(write, "authvalue: is missing.");
	if (type == AUTH_KEY)
		return true;
	pairs = read_settings(value);
	json_decref(pairs);
	return pairs || invalid(write, "authvalue: <settings><setting name=\"\" value=\"\"/>"
				       "</settings> is expected.");
}

static bool check_step(struct dynamics_write *write)
{
	if (!dynamics_text_of(write, "sdkmessageid") ||
	    !dynamics_text_of(write, "sdkmessagefilterid") ||
	    !dynamics_text_of(write, "eventhandler"))
		return invalid(write, "a step needs sdkmessageid, sdkmessagefilterid and "
				      "eventhandler_serviceendpoint.");
	if (dynamics_number_of(write, "mode") == 1 &&
	    dynamics_number_of(write, "stage") == STAGE_AFTER)
		return true;
	sb_not_imitated(write->call, "steps other than asynchronous ones after the operation "
				     "(mode 1, stage 40)");
	return false;
}

bool dynamics_check_hook(struct dynamics_write *write)
{
	const char *set = sb_object_spec(write->object)->name;

	if (strcmp(set, "serviceendpoints") == 0)
		return check_endpoint(write);
	return strcmp(set, "sdkmessageprocessingsteps") != 0 || check_step(write);
}

/* --- messages --- */

static const char *const messages[] = { "Create", "Update", "Delete" };

void dynamics_open_messages(struct sb_call *call)
{
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		const struct sb_record *message = sb_record_add(
			call, "sdkmessages", json_pack("{ss}", "name", messages[i]), NULL);

		for (size_t j = 0; j < dynamics_ntables; j++)
			if (dynamics_tables[j].flags & DYNAMICS_OWNED)
				sb_record_add(call, "sdkmessagefilters",
					      json_pack("{ss ss}", "primaryobjecttypecode",
							dynamics_tables[j].name, "sdkmessageid",
							message->id),
					      NULL);
	}
}

/* NULL for what no step is told of. */
static const char *message_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return messages[0];
	case SB_UPDATED:
		return messages[1];
	case SB_REMOVED: /* what gave its id away was told of when it was deleted */
		return change->record->state == SB_GONE ? NULL : messages[2];
	case SB_JOINED:
		break;
	}
	return NULL;
}

/* --- which columns a write sent --- */

/* Every column that is sent counts, equal or not: so they are kept until the change is told. */
void dynamics_note_sent(struct sb_call *call, const struct sb_record *record,
			const json_t *values)
{
	json_t *extra = call->account->extra, *sent = json_object_get(extra, "sent"), *value;
	json_t *names;
	const char *name;

	if (!sb_object_live(sb_object_find(call->account, "sdkmessageprocessingsteps")))
		return;
	names = json_array();
	if (!sent) {
		sent = json_object();
		json_object_set_new(extra, "sent", sent);
	}
	json_object_foreach((json_t *)values, name, value)
		json_array_append_new(names, json_string(name));
	json_object_set_new(sent,
			    arena_printf(call->arena, "%llu", (unsigned long long)record->change),
			    names);
}

static void add_name(const struct sb_field *field, const json_t *before, void *context)
{
	(void)before;
	json_array_append_new(context, json_string(field->name));
}

/* The columns of a change: those sent, or those that changed when the control wrote; the
 * arena's. */
static json_t *columns_of(struct sb_call *call, const struct sb_change *change)
{
	json_t *sent = json_object_get(call->account->extra, "sent"), *names;
	const char *number =
		arena_printf(call->arena, "%llu", (unsigned long long)change->number);
	const struct sb_delta *delta;

	names = json_object_get(sent, number);
	if (names) {
		json_keep(call->arena, json_incref(names));
		json_object_del(sent, number);
		return names;
	}
	names = json_keep(call->arena, json_array());
	delta = change->kind == SB_UPDATED ? sb_change_delta(change) : NULL;
	if (delta)
		sb_delta_each(delta, add_name, change->record->object, names);
	return names;
}

/* --- the body: a RemoteExecutionContext --- */

#define CONTRACTS "http://schemas.microsoft.com/xrm/2011/Contracts"

static json_t *typed(const char *type, json_t *value)
{
	return json_pack("{so so}", "__type", sb_json_printf("%s:" CONTRACTS, type), "Value", value);
}

static json_t *reference(const char *table, const char *id)
{
	return json_pack("{ss ss ss s[] sn}", "__type", "EntityReference:" CONTRACTS, "LogicalName",
			 table, "Id", id, "KeyAttributes", "Name");
}

static json_t *time_json(int64_t ms)
{
	return sb_json_printf("/Date(%lld)/", (long long)ms);
}

static json_t *attribute_value(struct sb_call *call, const struct sb_record *record,
			       const struct sb_field *field)
{
	json_t *value = sb_record_value(record, field);
	const struct sb_record *target;
	int64_t ms;

	if (!value)
		return json_null();
	json_keep(call->arena, value);
	if (field->type == SB_PICKLIST)
		return typed("OptionSetValue", json_incref(value));
	if (text_equal(field->kind, "Money"))
		return typed("Money", json_incref(value));
	if (field->type == SB_DATETIME && json_is_string(value) &&
	    sb_time_parse(json_string_value(value), &ms))
		return time_json(ms);
	target = field->refers_to ? dynamics_target_row(field, json_string_value(value)) : NULL;
	if (target)
		return reference(dynamics_table_of(target->object)->name, target->id);
	return json_incref(value);
}

static void add_attribute(json_t *list, const char *name, json_t *value)
{
	json_array_append_new(list, json_pack("{ss so}", "key", name, "value", value));
}

static json_t *attributes_of(struct sb_call *call, const struct sb_record *record,
			     const json_t *columns, bool is_new)
{
	json_t *list = json_array();
	const json_t *column;
	size_t i;

	for (i = 0; is_new && i < sb_object_nfields(record->object); i++) {
		const struct sb_field *field = sb_object_field(record->object, i);
		json_t *value = sb_record_value(record, field);

		json_decref(value);
		if (value && !(field->flags & (SB_HIDDEN | SB_ARCHIVED)))
			add_attribute(list, field->name, attribute_value(call, record, field));
	}
	json_array_foreach(columns, i, column) {
		const char *name = json_string_value(column);
		const struct sb_field *field = dynamics_field_find(record->object, name);

		if (!is_new && field)
			add_attribute(list, name, attribute_value(call, record, field));
	}
	add_attribute(list, "modifiedon", time_json(record->updated_at));
	add_attribute(list, dynamics_table_of(record->object)->id, json_string(record->id));
	return list;
}

static json_t *target_json(struct sb_call *call, const struct sb_change *change,
			   const json_t *columns)
{
	const struct sb_record *record = change->record;
	const char *table = dynamics_table_of(record->object)->name;

	if (change->kind == SB_REMOVED)
		return reference(table, record->id);
	return json_pack("{ss ss ss so}", "__type", "Entity:" CONTRACTS, "LogicalName", table, "Id",
			 record->id, "Attributes",
			 attributes_of(call, record, columns, change->kind != SB_UPDATED));
}

static json_t *context_json(struct sb_call *call, const struct sb_change *change,
			    const json_t *columns, const char *correlation)
{
	const struct sb_record *record = change->record;
	const char *user = dynamics_caller(call)->id;
	char operation[SB_UUID_SIZE];

	sb_rng_uuid(&call->rng, operation);
	return json_pack(
		"{ss ss ss ss ss si si si ss ss so s[{ss so}] s[] s[] s[] sn}", "MessageName",
		message_of(change), "PrimaryEntityName", dynamics_table_of(record->object)->name,
		"PrimaryEntityId", record->id, "UserId", user, "InitiatingUserId", user, "Depth", 1,
		"Stage", STAGE_AFTER, "Mode", 1, "CorrelationId", correlation, "OperationId",
		operation, "OperationCreatedOn", time_json(call->now), "InputParameters", "key",
		"Target", "value", target_json(call, change, columns), "OutputParameters",
		"PreEntityImages", "PostEntityImages", "ParentContext");
}

/* --- sending --- */

/* A body over 256 KB loses what is large, and a header says so. */
static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	static const char *const large[] = { "ParentContext", "InputParameters", "PreEntityImages",
					     "PostEntityImages" };
	const json_t *headers = json_object_get(hook->extra, "headers"), *value;
	const char *name;
	json_t *body;

	(void)now;
	(void)attempt;
	json_object_foreach((json_t *)headers, name, value)
		http_header_add(&request->headers, arena_strdup(arena, name),
				arena_strdup(arena, json_string_value(value)));
	if (strlen(request->body) <= SIZE_MAX_BYTES)
		return;
	body = json_keep(arena, json_copy(json_array_get(hook->events, 0)));
	for (size_t i = 0; i < ARRAY_LEN(large); i++)
		json_object_del(body, large[i]);
	request->body = json_text(arena, body);
	http_header_add(&request->headers, "x-ms-dynamics-msg-size-exceeded", "True");
}

static enum sb_hook_verdict judge(const struct sb_hook *hook, int status, const char *body,
				  size_t body_len)
{
	(void)hook;
	(void)body;
	(void)body_len;
	if (status / 100 == 2)
		return SB_HOOK_TAKEN;
	return status == 502 || status == 503 || status == 504 ? SB_HOOK_AGAIN : SB_HOOK_REFUSED;
}

static const int64_t once[] = { 5 * CLOCK_SECOND, 0 };
static const struct sb_hook_rules rules = {
	.content_type = "application/json; charset=utf-8",
	.timeout_ms = 60000,
	.waits_ms = once,
	.batch_max = 1,
	.sign = sign,
	.judge = judge,
};

/* The address with what the endpoint adds to its query. */
static const char *address_of(struct sb_call *call, const char *url, const json_t *pairs)
{
	const json_t *value;
	const char *name;
	struct buf buf;

	buf_init(&buf, call->arena, 1u << 17);
	buf_add(&buf, url);
	json_object_foreach((json_t *)pairs, name, value) {
		buf_add(&buf, strchr(buf_text(&buf), '?') ? "&" : "?");
		buf_add_url(&buf, name);
		buf_add(&buf, "=");
		buf_add_url(&buf, json_string_value(value));
	}
	return buf_text(&buf);
}

static void send(struct sb_call *call, const struct sb_change *change, const json_t *columns,
		 const struct sb_record *endpoint)
{
	const char *url = sb_record_text_of(endpoint, "url", call->arena);
	const char *value = sb_record_text_of(endpoint, "authvalue", call->arena);
	const char *type = sb_record_text_of(endpoint, "authtype", call->arena);
	bool is_key = text_equal(type, "4"), is_header = text_equal(type, "5");
	json_t *pairs = is_key ? json_pack("{ss*}", "code", value) :
			value  ? read_settings(value) :
				 NULL;
	json_t *headers = json_object();
	char correlation[SB_UUID_SIZE];

	sb_rng_uuid(&call->rng, correlation);
	if (pairs)
		json_keep(call->arena, pairs);
	if (is_header && pairs)
		json_object_update(headers, pairs);
	json_object_set_new(headers, "x-ms-dynamics-organization",
			    json_string(call->account->name));
	json_object_set_new(headers, "x-ms-dynamics-entity-name",
			    json_string(dynamics_table_of(change->record->object)->name));
	json_object_set_new(headers, "x-ms-dynamics-request-name",
			    json_string(message_of(change)));
	json_object_set_new(headers, "x-ms-correlation-request-id", json_string(correlation));
	if (url)
		sb_hook_queue(call, address_of(call, url, is_header ? NULL : pairs), &rules,
			      context_json(call, change, columns, correlation),
			      json_pack("{so}", "headers", headers));
	else
		json_decref(headers);
}

/* --- which steps --- */

static bool has_text(struct sb_call *call, const struct sb_record *record, const char *name,
		     const char *text)
{
	return text_equal(sb_record_text_of(record, name, call->arena), text);
}

/* "statuscode,ownerid": an update of none of them is not told. */
static bool passes_filter(struct sb_call *call, const struct sb_record *step,
			  const struct sb_change *change, const json_t *columns)
{
	const char *at = sb_record_text_of(step, "filteringattributes", call->arena);
	const json_t *column;
	size_t i;

	if (change->kind != SB_UPDATED || text_is_empty(at))
		return true;
	while (*at) {
		size_t len = strcspn(at, ",");

		json_array_foreach(columns, i, column)
			if (json_string_length(column) == len &&
			    strncmp(json_string_value(column), at, len) == 0)
				return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static bool is_told(struct sb_call *call, const struct sb_record *step,
		    const struct sb_change *change, const json_t *columns)
{
	const struct sb_account *account = call->account;
	const struct sb_record *message = sb_live_find(
		account, "sdkmessages", sb_record_text_of(step, "sdkmessageid", call->arena));
	const struct sb_record *filter =
		sb_live_find(account, "sdkmessagefilters",
			     sb_record_text_of(step, "sdkmessagefilterid", call->arena));

	return step->state == SB_LIVE && has_text(call, step, "statecode", "0") && message &&
	       filter && has_text(call, message, "name", message_of(change)) &&
	       has_text(call, filter, "primaryobjecttypecode",
			dynamics_table_of(change->record->object)->name) &&
	       passes_filter(call, step, change, columns);
}

void dynamics_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_object *steps = sb_object_find(call->account, "sdkmessageprocessingsteps");
	const json_t *columns = columns_of(call, change);

	if (!message_of(change))
		return;
	for (size_t i = 0; i < sb_object_count(steps); i++) {
		const struct sb_record *step = sb_object_record(steps, i), *endpoint;

		if (!is_told(call, step, change, columns))
			continue;
		endpoint = sb_live_find(call->account, "serviceendpoints",
					sb_record_text_of(step, "eventhandler", call->arena));
		if (endpoint)
			send(call, change, columns, endpoint);
	}
}
