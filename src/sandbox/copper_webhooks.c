/* copper_webhooks.c - subscriptions (7). Threads: under the sandbox's lock. */
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

/* Activities are named on one page of the vendor's and missing on the other. */
bool sb_copper_is_told_of(struct sb_call *call, const char *type)
{
	if (text_equal(type, "activity_log"))
		return sb_switch(call->account, "activity_log");
	return sb_copper_object_of_type(call, type) && strcmp(type, "activity") != 0;
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
	else if (!sb_copper_is_told_of(call, type))
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
