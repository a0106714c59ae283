/* pipedrive_webhooks.c - subscriptions and what is sent to them (7). Threads: under the
 * sandbox's lock.
 *
 * Nothing is signed: a receiver knows us by the basic credentials that it registered. How
 * an address did is kept in account->extra: ten first attempts that failed ban it for
 * half an hour, three days without a success end the subscription. */
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/pipedrive.h"
#include "sandbox/webhooks.h"

#define WEBHOOKS_MAX 40
#define BAN_FAILURES 10
#define BAN_MS (30 * 60000)
#define SILENCE_MS (3 * 86400000LL)

/* --- subscriptions --- */

static json_t *webhook_json(struct sb_call *call, const struct sb_record *webhook)
{
	json_t *json = sb_pipedrive_json(call, webhook);
	const json_t *health = json_object_get(
		json_object_get(call->account->extra, "webhook_health"), webhook->id);
	json_t *status = json_object_get(health, "status");

	json_object_set_new(json, "company_id",
			    json_integer((json_int_t)call->account->remote_id));
	json_object_set_new(json, "is_active", json_integer(webhook->state == SB_LIVE));
	json_object_set_new(json, "add_time", sb_json_time(webhook->created_at));
	json_object_set_new(json, "remove_time", json_null());
	json_object_set_new(json, "type", json_string("general"));
	json_object_set_new(json, "last_delivery_time", json_null());
	json_object_set(json, "last_http_status", status ? status : json_null());
	json_object_set(json, "admin_id", json_object_get(json, "owner_id"));
	json_object_del(json, "update_time");
	return json;
}

static void refuse(struct sb_call *call, int status, const char *field, const char *message)
{
	sb_reply_json(call, status, json_pack("{ss sb s{s[s]}}", "status", "error", "success", 0,
					      "errors", field, message));
}

static bool is_subscription(struct sb_call *call, const json_t *body)
{
	static const char objects[] = "*|person|organization|deal|lead|activity|note|user|"
				      "pipeline|stage|product";
	const char *version = json_string_of(body, "version");

	if (!sb_hook_is_secure(call, json_string_of(body, "subscription_url")))
		refuse(call, 400, "subscription_url", "invalid or non-reachable URL");
	else if (!sb_has_word("*|create|change|delete", json_string_of(body, "event_action")))
		refuse(call, 400, "event_action", "invalid value");
	else if (!sb_has_word(objects, json_string_of(body, "event_object")))
		refuse(call, 400, "event_object", "invalid value");
	else if (text_is_empty(json_string_of(body, "name")))
		refuse(call, 400, "name", "is required");
	else if (version && strcmp(version, "2.0") != 0)
		refuse(call, 400, "version", "only 2.0 is imitated");
	else
		return true;
	return false;
}

void sb_pipedrive_add_webhook(struct sb_call *call)
{
	struct sb_object *webhooks = sb_object_find(call->account, "webhooks");
	const json_t *body = sb_json(call);
	struct sb_record *webhook;
	json_t *values;

	if (!body || !is_subscription(call, body))
		return;
	if (sb_object_live(webhooks) >= WEBHOOKS_MAX) {
		refuse(call, 422, "webhooks", "limit of 40 webhooks per user is reached");
		return;
	}
	values = json_pack("{ss sI sI}", "version", "2.0", "user_id",
			   json_int_of(body, "user_id", sb_id_number(PIPEDRIVE_USER)),
			   "owner_id", (json_int_t)sb_id_number(PIPEDRIVE_USER));
	json_object_update_missing(values, (json_t *)body);
	webhook = sb_record_create(call, webhooks, json_keep(call->arena, values), NULL);
	if (!webhook) {
		sb_pipedrive_problem(call, SB_PROBLEM_FULL, 0);
		return;
	}
	sb_reply_json(call, 201, json_pack("{ss sb so}", "status", "ok", "success", 1, "data",
					   webhook_json(call, webhook)));
}

void sb_pipedrive_webhooks(struct sb_call *call)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhooks");
	json_t *data = json_array();

	for (size_t i = 0; i < sb_object_count(webhooks); i++)
		if (sb_object_record(webhooks, i)->state == SB_LIVE)
			json_array_append_new(data, webhook_json(call, sb_object_record(webhooks,
											i)));
	sb_reply_json(call, 200,
		      json_pack("{ss sb so}", "status", "ok", "success", 1, "data", data));
}

void sb_pipedrive_delete_webhook(struct sb_call *call)
{
	struct sb_record *webhook = sb_live_find(call->account, "webhooks", sb_param(call, 0));

	if (!webhook) {
		sb_pipedrive_not_found(call);
		return;
	}
	sb_record_delete(call, webhook);
	sb_reply_json(call, 200, json_pack("{ss sb}", "status", "ok", "success", 1));
}

/* --- how an address does --- */

static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	json_t *health = sb_hook_health(hook->account, json_string_of(hook->extra, "id"));
	int64_t failures = json_int_of(health, "failures", 0);

	(void)body;
	(void)body_len;
	json_object_set_new(health, "status", json_integer(status));
	if (status / 100 == 2) {
		json_object_set_new(health, "failures", json_integer(0));
		json_object_set_new(health, "succeeded_at", json_integer(call->now));
		return;
	}
	if (hook->attempt != 1)
		return;
	json_object_set_new(health, "failures", json_integer(failures + 1));
	if (failures + 1 < BAN_FAILURES)
		return;
	json_object_set_new(health, "failures", json_integer(0));
	json_object_set_new(health, "banned_until", json_integer(call->now + BAN_MS));
}

/* Ends a subscription that had nothing but failures for three days. */
static bool is_open(struct sb_call *call, struct sb_record *webhook)
{
	const json_t *health = sb_hook_health(call->account, webhook->id);
	int64_t since = json_int_of(health, "succeeded_at", webhook->created_at);
	int64_t status = json_int_of(health, "status", 200);

	if (status / 100 != 2 && call->now - since > SILENCE_MS) {
		sb_record_delete(call, webhook);
		return false;
	}
	return json_int_of(health, "banned_until", 0) <= call->now;
}

/* --- sending --- */

/* The attempt stands in the body, from 1. */
static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const char *user = json_string_of(hook->extra, "user");
	const char *password = json_string_of(hook->extra, "password");
	json_t *event = json_array_get(hook->events, 0);
	const char *pair;

	(void)now;
	json_object_set_new(json_object_get(event, "meta"), "attempt", json_integer(attempt + 1));
	request->body = json_text(arena, event);
	if (!user)
		return;
	pair = arena_printf(arena, "%s:%s", user, password ? password : "");
	http_header_add(&request->headers, "Authorization",
			arena_printf(arena, "Basic %s",
				     base64_encode(arena, pair, strlen(pair))));
}

static const int64_t waits[] = { 3000, 30000, 150000, 0 };

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.waits_ms = waits,
	.batch_max = 1,
	.sign = sign,
	.replied = replied,
};

static const char *action_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return "create";
	case SB_REMOVED:
	case SB_JOINED:
		return "delete";
	case SB_UPDATED:
		break;
	}
	return "change";
}

static void add_before(const struct sb_field *field, const json_t *before, void *context)
{
	json_object_set(context, field->name, before ? (json_t *)before : json_null());
}

/* What changed, custom fields apart as they are in `data`. */
static json_t *previous_of(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_delta *delta = sb_change_delta(change);
	json_t *flat = json_keep(call->arena, json_object()), *previous = json_object();
	const char *name;
	json_t *value;

	if (delta)
		sb_delta_each(delta, add_before, change->record->object, flat);
	json_object_foreach(flat, name, value) {
		const struct sb_field *field = sb_field_find(change->record->object, name);
		json_t *custom = json_object_get(previous, "custom_fields");

		if (!field || !(field->flags & SB_CUSTOM)) {
			json_object_set(previous, name, value);
			continue;
		}
		if (!custom) {
			custom = json_object();
			json_object_set_new(previous, "custom_fields", custom);
		}
		json_object_set(custom, name, value);
	}
	return previous;
}

/* {"hash": {"type": ..., "value": ...}} where the switch says so (7). */
static void type_custom_fields(const struct sb_record *record, json_t *data)
{
	json_t *custom = json_object_get(data, "custom_fields"), *typed = json_object(), *value;
	const char *name;

	json_object_foreach(custom, name, value) {
		const struct sb_field *field = sb_field_find(record->object, name);

		json_object_set_new(typed, name,
				    json_pack("{ss? sO}", "type", field ? field->kind : NULL,
					      "value", value));
	}
	json_object_set_new(data, "custom_fields", typed);
}

static json_t *state_of(struct sb_call *call, const struct sb_record *record)
{
	json_t *data = sb_pipedrive_json(call, record);

	if (sb_switch(call->account, "webhook_typed_custom") &&
	    json_object_get(data, "custom_fields"))
		type_custom_fields(record, data);
	return data;
}

static json_t *meta_of(struct sb_call *call, const struct sb_change *change,
		       const struct sb_record *webhook)
{
	const struct sb_record *record = change->record;
	char id[2][SB_UUID_SIZE];
	json_t *meta;

	sb_rng_uuid(&call->rng, id[0]);
	sb_rng_uuid(&call->rng, id[1]);
	meta = json_pack(
		"{ss ss so sI sI sI sI ss ss so ss ss ss sb si ss s[I]}", "action",
		action_of(change), "entity", sb_pipedrive_kind_of(record->object)->entity,
		"entity_id", sb_pipedrive_id(record), "company_id",
		(json_int_t)call->account->remote_id, "user_id",
		(json_int_t)sb_id_number(PIPEDRIVE_USER), "webhook_id",
		(json_int_t)sb_id_number(webhook->id), "webhook_owner_id",
		(json_int_t)sb_id_number(PIPEDRIVE_USER), "id", id[0], "correlation_id", id[1],
		"timestamp", sb_json_time(change->at), "version", "2.0", "type", "general",
		"change_source", call->token ? "api" : "app", "is_bulk_edit", 0, "attempt", 1,
		"host", "sandbox.pipedrive.com", "permitted_user_ids",
		(json_int_t)sb_id_number(PIPEDRIVE_USER));
	if (change->kind == SB_JOINED && record->merged_into)
		json_object_set_new(meta, "merged_to_id", sb_pipedrive_id(record->merged_into));
	if (change->kind == SB_UPDATED && call->route &&
	    call->route->handle == sb_pipedrive_merge)
		json_object_set_new(meta, "merged_from_id",
				    json_integer((json_int_t)sb_id_number(sb_param(call, 0))));
	return meta;
}

static json_t *event_of(struct sb_call *call, const struct sb_change *change,
			const struct sb_record *webhook)
{
	const char *action = action_of(change);
	json_t *data = json_null(), *previous = json_null();

	if (strcmp(action, "delete") == 0)
		previous = state_of(call, change->record);
	else
		data = state_of(call, change->record);
	if (strcmp(action, "change") == 0)
		previous = previous_of(call, change);
	return json_pack("{so so so}", "meta", meta_of(call, change, webhook), "data", data,
			 "previous", previous);
}

static bool is_subscribed(struct sb_call *call, const struct sb_record *webhook,
			  const struct sb_change *change)
{
	const char *object = sb_record_text_of(webhook, "event_object", call->arena);
	const char *action = sb_record_text_of(webhook, "event_action", call->arena);

	return (text_equal(object, "*") ||
		text_equal(object, sb_pipedrive_kind_of(change->record->object)->entity)) &&
	       (text_equal(action, "*") || text_equal(action, action_of(change)));
}

/* Of what people see; not of webhooks, types and labels. */
static bool is_told(const struct sb_change *change)
{
	const char *name = sb_object_spec(change->record->object)->name;

	return strcmp(name, "webhooks") != 0 && strcmp(name, "activityTypes") != 0 &&
	       strcmp(name, "leadLabels") != 0;
}

void sb_pipedrive_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhooks");

	if (!is_told(change))
		return;
	for (size_t i = 0; i < sb_object_count(webhooks); i++) {
		struct sb_record *webhook = sb_object_record(webhooks, i);
		const char *url;

		if (webhook->state != SB_LIVE || !is_subscribed(call, webhook, change) ||
		    !is_open(call, webhook))
			continue;
		url = sb_record_text_of(webhook, "subscription_url", call->arena);
		sb_hook_queue(call, url, &rules, event_of(call, change, webhook),
			      json_pack("{ss ss* ss*}", "id", webhook->id, "user",
					sb_record_text_of(webhook, "http_auth_user", call->arena),
					"password",
					sb_record_text_of(webhook, "http_auth_password",
							  call->arena)));
	}
}
