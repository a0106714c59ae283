/* meta_hooks.c - Meta's webhooks: the handshake, subscriptions, signed posts (sources 1.1,
 * 1.2). Threads: under the sandbox's lock. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/meta.h"

#define EVENTS_MAX 50
#define OPEN_MS 300

/* At once, then less and less often, for 36 hours. */
static const int64_t waits[] = { 1000, CLOCK_MINUTE, 5 * CLOCK_MINUTE, 30 * CLOCK_MINUTE,
				 2 * CLOCK_HOUR, 6 * CLOCK_HOUR, 12 * CLOCK_HOUR,
				 15 * CLOCK_HOUR, 0 };

static json_t *subscriptions(struct sb_call *call)
{
	return json_object_get(call->account->extra, "subscriptions");
}

/* --- posting --- */

/* The nodes that changed, each with its changes. */
static json_t *entries_of(const json_t *events, int64_t now)
{
	json_t *entries = json_array(), *event, *entry;
	size_t i, j;

	json_array_foreach((json_t *)events, i, event) {
		const char *node = json_string_of(event, "node");
		json_t *changes = NULL;

		json_array_foreach(entries, j, entry)
			if (text_equal(json_string_of(entry, "id"), node))
				changes = json_object_get(entry, "changes");
		if (!changes) {
			entry = json_pack("{ss sI s[]}", "id", node, "time",
					  (json_int_t)(now / 1000), "changes");
			json_array_append_new(entries, entry);
			changes = json_object_get(entry, "changes");
		}
		json_array_append_new(changes, json_pack("{ss sO}", "field",
							 json_string_of(event, "field"), "value",
							 json_object_get(event, "value")));
	}
	return entries;
}

static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	json_t *body = json_keep(arena, json_pack("{ss so}", "object",
						  json_string_of(hook->extra, "object"), "entry",
						  entries_of(hook->events, now)));
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len;
	char *text = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);

	(void)attempt;
	request->body = arena_strdup(arena, text);
	free(text);
	hmac_sha256(META_APP_SECRET, strlen(META_APP_SECRET), request->body,
		    strlen(request->body), mac);
	http_header_add(&request->headers, "X-Hub-Signature-256",
			arena_printf(arena, "sha256=%s", hex_encode(arena, mac, SHA256_SIZE)));
	HMAC(EVP_sha1(), META_APP_SECRET, (int)strlen(META_APP_SECRET),
	     (const unsigned char *)request->body, strlen(request->body), mac, &len);
	http_header_add(&request->headers, "X-Hub-Signature",
			arena_printf(arena, "sha1=%s", hex_encode(arena, mac, len)));
}

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 20000,
	.waits_ms = waits,
	.batch_max = EVENTS_MAX,
	.batch_ms = OPEN_MS,
	.sign = sign,
};

void meta_tell(struct sb_call *call, const char *object, const char *node, const char *field,
	       json_t *value)
{
	const json_t *app = json_object_get(subscriptions(call), object);
	const char *fields = json_string_of(
		json_object_get(call->account->extra, "subscribed"), node);
	int64_t times = 1 + sb_switch(call->account, "webhook_repeat");

	json_keep(call->arena, value);
	if (!json_is_true(json_object_get(app, "active")) || !fields || !strstr(fields, field) ||
	    !strstr(json_string_of(app, "fields"), field))
		return;
	while (times-- > 0)
		sb_hook_queue(call, json_string_of(app, "callback_url"), &rules,
			      json_pack("{ss ss sO}", "node", node, "field", field, "value", value),
			      json_pack("{ss sI}", "object", object, "time", (json_int_t)times));
}

/* --- the handshake --- */

static void ask(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		struct http_request *request)
{
	const char *url = hook->url;

	(void)now;
	(void)attempt;
	request->method = "GET";
	request->url = arena_printf(arena, "%s%chub.mode=subscribe&hub.challenge=%s"
					   "&hub.verify_token=%s",
				    url, strchr(url, '?') ? '&' : '?',
				    json_string_of(hook->extra, "challenge"),
				    json_string_of(hook->extra, "verify_token"));
	request->body = "";
}

static void asked(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		  size_t body_len)
{
	const char *object = json_string_of(hook->extra, "object");
	json_t *app = json_object_get(subscriptions(call), object);
	bool fits = status == 200 && body_len < 64 &&
		    text_equal(body, json_string_of(hook->extra, "challenge"));

	if (!app || !text_equal(json_string_of(app, "callback_url"), hook->url))
		return;
	json_object_set_new(app, "active", json_boolean(fits));
	sb_ledger_add(call, "subscription", fits ? "verified" : "refused", object, 0);
	sb_touch(call);
}

static const struct sb_hook_rules handshake = {
	.content_type = "text/plain",
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = ask,
	.replied = asked,
};

/* Plain letters of a token need no escape in an address; others are refused. */
static bool is_plain(const char *text)
{
	return *text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-._~") == strlen(text);
}

static bool is_app(struct sb_call *call)
{
	if (text_equal(sb_param(call, 0), META_APP))
		return true;
	meta_fail(call, 400, 100, 33, "Unsupported request. Object with ID '%s' does not exist",
		  sb_param(call, 0));
	return false;
}

void meta_subscribe_app(struct sb_call *call)
{
	const char *object = meta_text(call, "object"), *url = meta_text(call, "callback_url");
	const char *fields = meta_text(call, "fields"), *token = meta_text(call, "verify_token");
	char challenge[11];

	if (!is_app(call))
		return;
	if (!text_equal(object, "page") && !text_equal(object, "whatsapp_business_account")) {
		meta_fail(call, 400, 100, 0, "(#100) Param object must be one of {page, "
					     "whatsapp_business_account}");
		return;
	}
	if (text_is_empty(fields) || !sb_hook_is_address(call, url) || !token || !is_plain(token)) {
		meta_fail(call, 400, 2200, 0, "(#2200) callback verification failed: a valid "
					      "callback_url, fields and verify_token are needed");
		return;
	}
	sb_rng_text(&call->rng, "123456789", challenge, 10);
	json_object_set_new(subscriptions(call), object,
			    json_pack("{ss ss sb}", "callback_url", url, "fields", fields, "active",
				      0));
	sb_hook_queue(call, url, &handshake, json_string(object),
		      json_pack("{ss ss ss}", "object", object, "challenge", challenge,
				"verify_token", token));
	sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
}

void meta_list_subscriptions(struct sb_call *call)
{
	json_t *list = json_array(), *app;
	const char *object;

	if (!is_app(call)) {
		json_decref(list);
		return;
	}
	json_object_foreach(subscriptions(call), object, app)
		json_array_append_new(
			list, json_pack("{ss sO sO s[{ssss}]}", "object", object, "callback_url",
					json_object_get(app, "callback_url"), "active",
					json_object_get(app, "active"), "fields", "name",
					json_string_of(app, "fields"), "version", "v26.0"));
	sb_reply_json(call, 200, json_pack("{so}", "data", list));
}

void meta_drop_subscription(struct sb_call *call)
{
	const char *object = meta_text(call, "object");

	if (!is_app(call))
		return;
	if (object)
		json_object_del(subscriptions(call), object);
	else
		json_object_clear(subscriptions(call));
	sb_touch(call);
	sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
}

/* --- nodes --- */

static bool is_node(struct sb_call *call)
{
	const char *id = sb_param(call, 0);

	if (meta_record(call, "pages") ||
	    text_equal(id, arena_printf(call->arena, "20900%llu",
					(unsigned long long)call->account->remote_id)))
		return true;
	meta_fail(call, 400, 100, 33, "Unsupported request. Object with ID '%s' does not exist", id);
	return false;
}

void meta_subscribe_node(struct sb_call *call)
{
	const char *fields = meta_text(call, "subscribed_fields");
	bool is_page = meta_record(call, "pages") != NULL;

	if (!is_node(call))
		return;
	if (is_page && text_is_empty(fields)) {
		meta_fail(call, 400, 100, 0, "(#100) The parameter subscribed_fields is required.");
		return;
	}
	/* A WABA is subscribed to all that the app's subscription names. */
	json_object_set_new(json_object_get(call->account->extra, "subscribed"),
			    sb_param(call, 0),
			    json_string(is_page ? fields : "messages user_preferences "
							   "message_template_status_update"));
	sb_touch(call);
	sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
}

void meta_list_subscribed(struct sb_call *call)
{
	const char *fields;

	if (!is_node(call))
		return;
	fields = json_string_of(json_object_get(call->account->extra, "subscribed"),
				sb_param(call, 0));
	if (fields)
		sb_reply_json(call, 200,
			      json_pack("{s[{ss ss s[s]}]}", "data", "id", META_APP, "name",
					"Fairlead", "subscribed_fields", fields));
	else
		sb_reply_json(call, 200, json_pack("{s[]}", "data"));
}

void meta_unsubscribe_node(struct sb_call *call)
{
	if (!is_node(call))
		return;
	json_object_del(json_object_get(call->account->extra, "subscribed"), sb_param(call, 0));
	sb_touch(call);
	sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
}
