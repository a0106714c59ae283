/* close_webhooks.c - subscriptions, and what is sent to them, signed (7). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/webhooks.h"

#define WEBHOOKS_MAX 40
#define SILENCE_MS (3 * CLOCK_DAY)

static json_t *webhook_json(struct sb_call *call, const struct sb_record *webhook)
{
	json_t *json = sb_close_flat(call, webhook);

	json_object_set_new(json, "date_created",
			    sb_render_time(call, webhook->created_at, SB_TIME_MICRO));
	json_object_set_new(json, "date_updated",
			    sb_render_time(call, webhook->updated_at, SB_TIME_MICRO));
	return json;
}

/* The key is told once, when it is made. */
static json_t *without_key(struct sb_call *call, const struct sb_record *webhook)
{
	json_t *json = webhook_json(call, webhook);

	json_object_del(json, "signature_key");
	return json;
}

/* --- subscriptions --- */

/* What is wrong with the list of events; false in *is_imitated when it is right but asks
 * for what there is not. */
static const char *wrong_events(const json_t *events, bool *is_imitated)
{
	size_t i;
	json_t *event;

	if (!json_array_size(events))
		return "Value must be a list of {object_type, action}.";
	json_array_foreach((json_t *)events, i, event) {
		const json_t *filter = json_object_get(event, "extra_filter");

		if (!sb_close_is_event(json_string_of(event, "object_type"),
				       json_string_of(event, "action")))
			return "There is no such event.";
		if (filter && !json_is_null(filter))
			*is_imitated = false;
	}
	return NULL;
}

/* Refuses and returns false. */
static bool is_subscription(struct sb_call *call, const json_t *body)
{
	json_t *errors = json_keep(call->arena, json_object());
	const json_t *verify = json_object_get(body, "verify_ssl");
	const char *status = json_string_of(body, "status");
	bool is_imitated = true;
	const char *wrong = wrong_events(json_object_get(body, "events"), &is_imitated);

	if (!sb_hook_is_address(call, json_string_of(body, "url")))
		json_object_set_new(errors, "url", json_string("Value must be a valid URL."));
	if (wrong)
		json_object_set_new(errors, "events", json_string(wrong));
	if (verify && !json_is_boolean(verify))
		json_object_set_new(errors, "verify_ssl", json_string("Value must be a boolean."));
	if (status && !sb_has_word("active|paused", status))
		json_object_set_new(errors, "status",
				    json_string("Value must be one of: active, paused."));
	if (sb_close_refused(call, errors))
		return false;
	if (!is_imitated)
		sb_not_imitated(call, "filters of webhooks (extra_filter)");
	return is_imitated;
}

/* The members of a body that a subscription keeps. */
static json_t *kept_of(struct sb_call *call, const json_t *body)
{
	static const char *const names[] = { "url", "events", "status", "verify_ssl" };
	json_t *values = json_keep(call->arena, json_object());

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_get(body, names[i]))
			json_object_set(values, names[i], json_object_get(body, names[i]));
	return values;
}

void sb_close_add_webhook(struct sb_call *call)
{
	struct sb_object *webhooks = sb_object_find(call->account, "webhook");
	const json_t *body = sb_close_body(call);
	const struct sb_record *webhook;
	char key[65];
	json_t *values;

	if (!body || !is_subscription(call, body))
		return;
	if (sb_object_live(webhooks) >= WEBHOOKS_MAX) {
		sb_close_fail(call, 400, "There can be at most %d webhook subscriptions.",
			      WEBHOOKS_MAX);
		return;
	}
	sb_rng_text(&call->rng, SB_HEX, key, 64);
	values = kept_of(call, body);
	json_object_set_new(values, "status", json_string("active"));
	json_object_set_new(values, "signature_key", json_string(key));
	if (!json_object_get(values, "verify_ssl"))
		json_object_set_new(values, "verify_ssl", json_true());
	webhook = sb_record_create(call, webhooks, values, NULL);
	if (webhook)
		sb_reply_json(call, 201, webhook_json(call, webhook));
	else
		sb_close_problem(call, SB_PROBLEM_FULL, 0);
}

void sb_close_webhooks(struct sb_call *call)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhook");
	json_t *data = json_array();

	for (size_t i = 0; i < sb_object_count(webhooks); i++)
		if (sb_object_record(webhooks, i)->state == SB_LIVE)
			json_array_append_new(data,
					      without_key(call, sb_object_record(webhooks, i)));
	sb_reply_json(call, 200, json_pack("{so sb}", "data", data, "has_more", 0));
}

void sb_close_webhook(struct sb_call *call)
{
	const struct sb_record *webhook = sb_close_live(call, "webhook", sb_param(call, 0));

	if (webhook)
		sb_reply_json(call, 200, without_key(call, webhook));
}

void sb_close_edit_webhook(struct sb_call *call)
{
	struct sb_record *webhook = sb_close_live(call, "webhook", sb_param(call, 0));
	const json_t *body = webhook ? sb_close_body(call) : NULL;
	json_t *whole;

	if (!body)
		return;
	whole = json_keep(call->arena, webhook_json(call, webhook));
	json_object_update(whole, (json_t *)body);
	if (!is_subscription(call, whole))
		return;
	sb_record_update(call, webhook, kept_of(call, body));
	json_object_clear(sb_hook_health(call->account, webhook->id)); /* it starts anew */
	sb_reply_json(call, 200, without_key(call, webhook));
}

void sb_close_delete_webhook(struct sb_call *call)
{
	struct sb_record *webhook = sb_close_live(call, "webhook", sb_param(call, 0));

	if (!webhook)
		return;
	sb_record_delete(call, webhook);
	sb_close_reply_empty(call);
}

/* --- how an address does --- */

static void pause(struct sb_call *call, const char *id)
{
	struct sb_record *webhook = sb_live_find(call->account, "webhook", id);

	if (webhook)
		sb_record_update(call, webhook,
				 json_keep(call->arena, json_pack("{ss}", "status", "paused")));
}

static bool is_active(struct sb_call *call, const char *id)
{
	const struct sb_record *webhook = sb_live_find(call->account, "webhook", id);

	return webhook &&
	       text_equal(sb_record_text_of(webhook, "status", call->arena), "active");
}

/* How many events wait for a subscription; `more` of them now. */
static int64_t count_waiting(struct sb_account *account, const char *id, int more)
{
	json_t *health = sb_hook_health(account, id);
	int64_t waiting = json_int_of(health, "waiting", 0) + more;

	json_object_set_new(health, "waiting", json_integer(waiting > 0 ? waiting : 0));
	return waiting;
}

/* Three days of nothing but failures pause a subscription (7). */
static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	const char *id = json_string_of(hook->extra, "id");
	json_t *health = sb_hook_health(hook->account, id);
	int64_t since = json_int_of(health, "failing_since", 0);

	(void)body;
	(void)body_len;
	if (hook->state == SB_HOOK_DONE || hook->state == SB_HOOK_FAILED)
		count_waiting(hook->account, id, -1);
	if (status / 100 == 2)
		json_object_del(health, "failing_since");
	else if (!since)
		json_object_set_new(health, "failing_since", json_integer(call->now));
	else if (call->now - since >= SILENCE_MS)
		pause(call, id);
	if (!is_active(call, id)) /* what was under way when it was paused */
		sb_hooks_withdraw(call, id);
}

/* Too long a queue pauses it too, and is dropped (7). */
static void check_backlog(struct sb_call *call, const struct sb_record *webhook)
{
	if (count_waiting(call->account, webhook->id, 1) <=
	    sb_switch(call->account, "backlog_max"))
		return;
	pause(call, webhook->id);
	sb_hooks_withdraw(call, webhook->id);
	json_object_del(sb_hook_health(call->account, webhook->id), "waiting");
}

/* --- sending --- */

/* The hex digits of HMAC-SHA-256 over the time and the body, with nothing between them; the
 * key is what its digits stand for. */
static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const char *timestamp = arena_printf(arena, "%lld", (long long)(now / 1000));
	const char *signed_text = arena_printf(arena, "%s%s", timestamp, request->body);
	unsigned char mac[SHA256_SIZE], *key;
	size_t len;

	(void)attempt;
	if (hex_decode(arena, json_string_of(hook->extra, "key"), &key, &len, NULL) < 0)
		len = 0; /* control can write anything there */
	hmac_sha256(key, len, signed_text, strlen(signed_text), mac);
	http_header_add(&request->headers, "close-sig-timestamp", timestamp);
	http_header_add(&request->headers, "close-sig-hash",
			hex_encode(arena, mac, sizeof(mac)));
}

/* Longer and longer up to twenty minutes, for 72 hours in all. */
#define TEN(wait) wait, wait, wait, wait, wait, wait, wait, wait, wait, wait
#define LONGEST (20 * CLOCK_MINUTE)
static const int64_t waits[] = {
	CLOCK_MINUTE, 2 * CLOCK_MINUTE, 4 * CLOCK_MINUTE, 8 * CLOCK_MINUTE, 16 * CLOCK_MINUTE,
	TEN(TEN(LONGEST)), TEN(TEN(LONGEST)), TEN(LONGEST), LONGEST, LONGEST, LONGEST, LONGEST, 0,
};

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.waits_ms = waits,
	.batch_max = 1,
	.sign = sign,
	.replied = replied,
};

static bool is_subscribed(const struct sb_record *webhook, const json_t *event)
{
	json_t *events = sb_record_value_of(webhook, "events"), *wanted;
	bool is_one = false;
	size_t i;

	json_array_foreach(events, i, wanted)
		is_one = is_one || (text_equal(json_string_of(wanted, "object_type"),
					       json_string_of(event, "object_type")) &&
				    text_equal(json_string_of(wanted, "action"),
					       json_string_of(event, "action")));
	json_decref(events);
	return is_one;
}

void sb_close_send(struct sb_call *call, const json_t *event)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhook");

	for (size_t i = 0; i < sb_object_count(webhooks); i++) {
		const struct sb_record *webhook = sb_object_record(webhooks, i);
		const char *url = sb_record_text_of(webhook, "url", call->arena);

		if (webhook->state != SB_LIVE || !url || !is_subscribed(webhook, event) ||
		    !text_equal(sb_record_text_of(webhook, "status", call->arena), "active"))
			continue;
		sb_hook_queue(call, url, &rules,
			      json_pack("{sO ss}", "event", event, "subscription_id", webhook->id),
			      json_pack("{ss ss*}", "id", webhook->id, "key",
					sb_record_text_of(webhook, "signature_key",
							  call->arena)));
		check_backlog(call, webhook);
	}
}
