/* copper_webhooks.c - subscriptions and notifications (7). Threads: under the sandbox's
 * lock.
 *
 * Not signed, sent once, never retried; the body has ids and, on update, what changed. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"
#include "sandbox/webhooks.h"

#define WEBHOOKS_MAX 100

static json_t *webhook_json(struct sb_call *call, const struct sb_record *webhook)
{
	json_t *json = sb_copper_json(call, webhook);

	json_object_set_new(json, "created_at", json_integer(webhook->created_at / 1000));
	return json;
}

static struct sb_record *webhook_of(struct sb_call *call)
{
	struct sb_record *webhook = sb_live_find(call->account, "webhooks", sb_param(call, 0));

	if (!webhook)
		sb_copper_not_found(call);
	return webhook;
}

static bool is_object_of_texts(const json_t *json)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)json, name, value)
		if (!json_is_string(value))
			return false;
	return !json || json_is_object(json) || json_is_null(json);
}

static bool is_subscription(struct sb_call *call, const json_t *body)
{
	static const char *const events[] = { "new", "update", "delete" };
	const char *event = json_string_of(body, "event"), *type = json_string_of(body, "type");
	const char *wrong = NULL;
	size_t i = 0;

	while (event && i < ARRAY_LEN(events) && strcmp(events[i], event) != 0)
		i++;
	if (!sb_hook_is_secure(call, json_string_of(body, "target")))
		wrong = "Target";
	else if (!sb_copper_object_of_type(call, type) || strcmp(type, "activity") == 0)
		wrong = "Type";
	else if (!event || i == ARRAY_LEN(events))
		wrong = "Event";
	else if (!is_object_of_texts(json_object_get(body, "secret")))
		wrong = "Secret";
	else if (!is_object_of_texts(json_object_get(body, "headers")))
		wrong = "Headers";
	if (wrong)
		sb_copper_fail(call, 422, "Invalid input: Validation errors: %s: Invalid value "
					  "for %s",
			       wrong, wrong);
	return !wrong;
}

void sb_copper_add_webhook(struct sb_call *call)
{
	struct sb_object *webhooks = sb_object_find(call->account, "webhooks");
	const json_t *body = sb_json(call);
	const struct sb_record *webhook;

	if (!body || !is_subscription(call, body))
		return;
	if (sb_object_live(webhooks) >= WEBHOOKS_MAX) {
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Base: too many "
					  "subscriptions");
		return;
	}
	webhook = sb_record_create(call, webhooks, body, NULL);
	if (webhook)
		sb_reply_json(call, 200, webhook_json(call, webhook));
	else
		sb_copper_problem(call, SB_PROBLEM_FULL, 0);
}

void sb_copper_webhook(struct sb_call *call)
{
	const struct sb_record *webhook = webhook_of(call);

	if (webhook)
		sb_reply_json(call, 200, webhook_json(call, webhook));
}

void sb_copper_edit_webhook(struct sb_call *call)
{
	struct sb_record *webhook = webhook_of(call);
	const json_t *body = webhook ? sb_json(call) : NULL;
	json_t *whole;

	if (!body)
		return;
	whole = json_keep(call->arena, webhook_json(call, webhook));
	json_object_update(whole, (json_t *)body);
	if (!is_subscription(call, whole))
		return;
	sb_record_update(call, webhook, whole);
	sb_reply_json(call, 200, webhook_json(call, webhook));
}

void sb_copper_delete_webhook(struct sb_call *call)
{
	struct sb_record *webhook = webhook_of(call);

	if (!webhook)
		return;
	sb_record_delete(call, webhook);
	sb_reply_json(call, 200, json_pack("{sI sb}", "id",
					   (json_int_t)sb_id_number(webhook->id), "is_deleted",
					   1));
}

/* --- sending --- */

static void add_headers(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
			struct http_request *request)
{
	const char *name;
	json_t *value;

	(void)now;
	(void)attempt;
	json_object_foreach(hook->extra, name, value)
		if (http_header_is_valid(name, json_string_value(value)))
			http_header_add(&request->headers, arena_strdup(arena, name),
					arena_strdup(arena, json_string_value(value)));
}

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = add_headers,
};

static const char *event_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return "new";
	case SB_UPDATED:
		return "update";
	case SB_REMOVED:
		return "delete";
	case SB_JOINED:
		break;
	}
	return NULL;
}

struct changed {
	const struct sb_record *record;
	json_t *attributes;
};

/* [old, new]; custom fields by number below "custom_fields". */
static void add_attribute(const struct sb_field *field, const json_t *before, void *context)
{
	struct changed *changed = context;
	json_t *into = changed->attributes, *now = sb_record_value(changed->record, field);
	json_t *pair = json_pack("[o o]", before ? json_incref((json_t *)before) : json_null(),
				 now ? now : json_null());

	if (field->flags & SB_CUSTOM) {
		into = json_object_get(changed->attributes, "custom_fields");
		if (!into) {
			into = json_object();
			json_object_set_new(changed->attributes, "custom_fields", into);
		}
	}
	json_object_set_new(into, field->name, pair);
}

static void add_secrets(struct sb_call *call, const struct sb_record *webhook, json_t *body)
{
	json_t *secrets = sb_record_value_of(webhook, "secret"), *value;
	const char *name;

	json_object_foreach(secrets, name, value)
		json_object_set(body,
				sb_switch(call->account, "secret_prefix") ?
					arena_printf(call->arena, "secret_field_%s", name) :
					name,
				value);
	json_decref(secrets);
}

static json_t *body_of(struct sb_call *call, const struct sb_change *change,
		       const struct sb_record *webhook, const char *event)
{
	json_t *body = json_pack("{s[I] ss ss sI so}", "ids",
				 (json_int_t)sb_id_number(change->record->id), "type",
				 sb_copper_kind_of(change->record->object)->type, "event", event,
				 "subscription_id", (json_int_t)sb_id_number(webhook->id),
				 "timestamp", sb_json_time(change->at));
	const struct sb_delta *delta = sb_change_delta(change);
	struct changed changed = { .record = change->record };

	add_secrets(call, webhook, body);
	if (strcmp(event, "update") != 0)
		return body;
	changed.attributes = json_object();
	if (delta)
		sb_delta_each(delta, add_attribute, change->record->object, &changed);
	json_object_set_new(body, "updated_attributes", changed.attributes);
	return body;
}

void sb_copper_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhooks");
	const char *type = sb_copper_kind_of(change->record->object)->type;
	const char *event = event_of(change);

	for (size_t i = 0; type && event && i < sb_object_count(webhooks); i++) {
		const struct sb_record *webhook = sb_object_record(webhooks, i);

		if (webhook->state == SB_LIVE &&
		    text_equal(sb_record_text_of(webhook, "type", call->arena), type) &&
		    text_equal(sb_record_text_of(webhook, "event", call->arena), event))
			sb_hook_queue(call, sb_record_text_of(webhook, "target", call->arena),
				      &rules, body_of(call, change, webhook, event),
				      sb_record_value_of(webhook, "headers"));
	}
}
