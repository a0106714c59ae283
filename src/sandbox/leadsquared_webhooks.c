/* leadsquared_webhooks.c - webhooks: the handshake, what is posted, how often (7). Threads:
 * under the sandbox's lock.
 *
 * There is no signature: what tells them from anybody's posts are headers of the
 * customer's. Activities of one minute are posted together. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/ledger.h"
#include "sandbox/leadsquared.h"
#include "sandbox/webhooks.h"

#define WAIT_MAX_S 10000000

/* --- sending --- */

static const char *with_query(struct arena *arena, const char *url, const char *kind,
			      const char *id, int64_t event)
{
	return arena_printf(arena, "%s%centityType=%s&entityId=%s&eventType=%lld", url,
			    strchr(url, '?') ? '&' : '?', kind, id, (long long)event);
}

static void add_headers(struct sb_hook *hook, struct arena *arena, struct http_request *request)
{
	size_t i;
	json_t *header;

	json_array_foreach(json_object_get(hook->extra, "headers"), i, header)
		http_header_add(&request->headers,
				arena_strdup(arena, json_string_of(header, "Key")),
				arena_strdup(arena, json_string_of(header, "Value")));
}

static struct sb_record *webhook_of(struct sb_call *call, const struct sb_hook *hook)
{
	return sb_live_find(call->account, "webhooks", json_string_of(hook->extra, "id"));
}

/* What a receiver must answer: 200, and a Status (7). */
static const char *verdict(struct sb_call *call, int status, const char *body, size_t len)
{
	const json_t *json = status == 200 ? json_parse(call->arena, body, len,
							&json_limits_lead, NULL) :
					     NULL;
	const char *said = json_string_of(json, "Status");

	return status != 200		   ? "failed" :
	       text_equal(said, "Success") ? "taken" :
	       text_equal(said, "Error")   ? "refused" :
					     "unclear";
}

static void count_failure(struct sb_call *call, struct sb_record *webhook, bool has_failed)
{
	json_t *failures = json_keep(call->arena, sb_record_value_of(webhook, "Failures"));
	json_int_t count = has_failed ? json_integer_value(failures) + 1 : 0;
	int64_t max = sb_switch(call->account, "webhook_failures_max");

	sb_record_derive(call, webhook, "Failures", json_integer(count));
	if (max && count >= max) {
		sb_record_derive(call, webhook, "IsActive", json_false());
		sb_ledger_add(call, "webhook", "disabled", webhook->id, 0);
	}
	sb_touch(call);
}

static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	struct sb_record *webhook = webhook_of(call, hook);
	const char *said = verdict(call, status, body, body_len);

	if (!webhook)
		return;
	sb_ledger_add(call, "webhook", said, webhook->id, 0);
	if (hook->state == SB_HOOK_DONE || hook->state == SB_HOOK_FAILED)
		count_failure(call, webhook, hook->state == SB_HOOK_FAILED);
}

static void sign_one(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		     struct http_request *request)
{
	(void)now;
	(void)attempt;
	add_headers(hook, arena, request);
}

/* Activities of a minute are an array; a single one is an object. */
static void sign_many(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		      struct http_request *request)
{
	sign_one(hook, arena, now, attempt, request);
	if (json_array_size(hook->events) == 1)
		request->body = json_text(arena, json_array_get(hook->events, 0));
}

/* Nothing but 200 will do, whatever it says. */
static enum sb_hook_verdict judge(const struct sb_hook *hook, int status, const char *body,
				  size_t body_len)
{
	(void)hook;
	(void)body;
	(void)body_len;
	return status == 200 ? SB_HOOK_TAKEN : SB_HOOK_AGAIN;
}

/* Three attempts in all. */
static const int64_t waits[] = { CLOCK_MINUTE, 5 * CLOCK_MINUTE, 0 };

static const struct sb_hook_rules of_leads = {
	.content_type = "application/json",
	.timeout_ms = 20000,
	.waits_ms = waits,
	.batch_max = 1,
	.sign = sign_one,
	.judge = judge,
	.replied = replied,
};

static const struct sb_hook_rules of_activities = {
	.content_type = "application/json",
	.timeout_ms = 20000,
	.waits_ms = waits,
	.batch_max = 100,
	.batch_ms = CLOCK_MINUTE,
	.sign = sign_many,
	.judge = judge,
	.replied = replied,
};

static json_t *extra_of(const struct sb_record *webhook)
{
	return json_pack("{ss so*}", "id", webhook->id, "headers",
			 sb_record_value_of(webhook, "CustomHeaders"));
}

static bool is_active(struct sb_call *call, const struct sb_record *one, int64_t event)
{
	json_t *of = json_keep(call->arena, sb_record_value_of(one, "WebhookEvent"));

	return one->state == SB_LIVE && json_integer_value(of) == event &&
	       text_equal(sb_record_text_of(one, "IsActive", call->arena), "true");
}

static void queue(struct sb_call *call, const struct sb_record *one, const char *kind,
		  int64_t event, json_t *body)
{
	bool is_many = event == LSQ_ACTIVITY_CREATED || event == LSQ_ACTIVITY_UPDATED;
	const char *url = sb_record_text_of(one, "URL", call->arena);

	if (url)
		sb_hook_queue(call, with_query(call->arena, url, kind, one->id, event),
			      is_many && text_equal(kind, "webhook") ? &of_activities : &of_leads,
			      json_incref(body), extra_of(one));
}

/* --- automations (7d): drawn in the browser, so records that only the control makes --- */

/* What set it off, and the lead as it is when its turn comes. */
static void step_automation(struct sb_call *call, const json_t *doc)
{
	const struct sb_record *one = sb_live_find(call->account, "automations",
						   json_string_of(doc, "id"));
	const struct sb_record *lead = sb_live_find(call->account, "leads",
						    json_string_of(doc, "lead"));
	json_t *body;

	if (!one)
		return;
	body = json_keep(call->arena, json_deep_copy(json_object_get(doc, "body")));
	if (lead)
		json_object_set_new(body, "Current", lsq_flat(call, lead, NULL));
	queue(call, one, "automation", json_int_of(doc, "event", 0), body);
}

static void run_automations(struct sb_call *call, int64_t event, const char *lead,
			    const json_t *body)
{
	const struct sb_object *all = sb_object_find(call->account, "automations");

	for (size_t i = 0; i < sb_object_count(all); i++) {
		const struct sb_record *one = sb_object_record(all, i);
		json_t *wait = json_keep(call->arena, sb_record_value_of(one, "WaitSeconds"));
		int64_t wait_s = json_integer_value(wait);

		if (is_active(call, one, event))
			sb_later(call, wait_s > 0 && wait_s < WAIT_MAX_S ? wait_s * 1000 : 0,
				 step_automation,
				 json_pack("{ss ss* sI sO}", "id", one->id, "lead", lead, "event",
					   (json_int_t)event, "body", body));
	}
}

void lsq_tell(struct sb_call *call, enum lsq_event event, const char *lead, json_t *body)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhooks");

	json_keep(call->arena, body);
	for (size_t i = 0; i < sb_object_count(webhooks); i++)
		if (is_active(call, sb_object_record(webhooks, i), event))
			queue(call, sb_object_record(webhooks, i), "webhook", event, body);
	run_automations(call, event, lead, body);
}

/* --- the handshake --- */

static void ask_head(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		     struct http_request *request)
{
	sign_one(hook, arena, now, attempt, request);
	request->method = "HEAD";
	request->body = "";
}

static void ask_empty(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		      struct http_request *request)
{
	sign_one(hook, arena, now, attempt, request);
	request->body = "";
}

static void tested(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		   size_t body_len)
{
	struct sb_record *webhook = webhook_of(call, hook);
	bool is_good = strcmp(verdict(call, status, body, body_len), "taken") == 0;

	if (!webhook)
		return;
	sb_record_derive(call, webhook, "IsActive", json_boolean(is_good));
	sb_ledger_add(call, "webhook", is_good ? "verified" : "unverified", webhook->id, 0);
	sb_touch(call);
}

static const struct sb_hook_rules test_post = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = ask_empty,
	.replied = tested,
};

static void knocked(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	const struct sb_record *webhook = webhook_of(call, hook);

	(void)body;
	(void)body_len;
	if (!webhook)
		return;
	if (status == 200)
		sb_hook_queue(call, hook->url, &test_post, json_null(), extra_of(webhook));
	else
		sb_ledger_add(call, "webhook", "unverified", webhook->id, 0);
}

static const struct sb_hook_rules handshake = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = ask_head,
	.replied = knocked,
};

/* --- making one --- */

static bool are_headers(const json_t *headers)
{
	size_t i;
	json_t *header;

	json_array_foreach((json_t *)headers, i, header) {
		const char *name = json_string_of(header, "Key");
		const char *value = json_string_of(header, "Value");

		if (!name || !value || !http_header_is_valid(name, value))
			return false;
	}
	return !headers || json_is_null(headers) || json_array_size(headers) <= 20;
}

static bool is_imitated(int64_t event)
{
	static const enum lsq_event events[] = {
		LSQ_ACTIVITY_CREATED, LSQ_LEAD_CREATED,	       LSQ_OWNER_CHANGED,
		LSQ_STAGE_CHANGED,    LSQ_LEAD_UPDATED,	       LSQ_TASK_CREATED,
		LSQ_TASK_REMINDER,    LSQ_SCORE_CHANGED,       LSQ_ACTIVITY_UPDATED,
		LSQ_TASK_COMPLETED,   LSQ_TASK_UPDATED,	       LSQ_FIELD_UPDATED,
		LSQ_OPPORTUNITY_CREATED, LSQ_OPPORTUNITY_UPDATED,
	};

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if ((int64_t)events[i] == event)
			return true;
	return false;
}

/* The number of "WebhookEvent"; 0 after a refusal. */
static int64_t event_of(struct sb_call *call, const json_t *body)
{
	const char *text = sb_id_text(call->arena, json_object_get(body, "WebhookEvent"));
	int64_t event;

	if (!text || !text_int(text, &event) || event < 1 || event > 40)
		lsq_fail(call, lsq_invalid, "'WebhookEvent' is invalid");
	else if (!is_imitated(event))
		sb_not_imitated(call, "webhooks of landing pages and of further opportunities' "
				      "events: the sheet does not give their form");
	else
		return event;
	return 0;
}

void lsq_add_webhook(struct sb_call *call)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhooks");
	const json_t *body = lsq_body(call);
	const char *url = json_string_of(body, "URL");
	const char *about = json_string_of(body, "Description");
	bool is_trusted = sb_switch(call->account, "webhook_unverified");
	const struct sb_record *webhook;
	int64_t event = body ? event_of(call, body) : 0;

	if (!event)
		return;
	if (!sb_hook_is_secure(call, url) || !are_headers(json_object_get(body, "CustomHeaders")) ||
	    (json_string_of(body, "Method") &&
	     !text_equal(json_string_of(body, "Method"), "POST"))) {
		lsq_fail(call, lsq_invalid, "'URL', 'Method' or 'CustomHeaders' is invalid");
		return;
	}
	if ((int64_t)sb_object_live(webhooks) >= sb_switch(call->account, "webhooks_max")) {
		lsq_fail(call, lsq_invalid, "The number of webhooks of your plan is reached");
		return;
	}
	webhook = sb_record_add(call, "webhooks",
				json_pack("{ss ss sI sO* sb si}", "URL", url, "Description",
					  about ? about : "", "WebhookEvent", (json_int_t)event,
					  "CustomHeaders", json_object_get(body, "CustomHeaders"),
					  "IsActive", is_trusted, "Failures", 0),
				NULL);
	if (!webhook) {
		lsq_problem(call, SB_PROBLEM_FULL, 0);
		return;
	}
	if (!is_trusted)
		sb_hook_queue(call, with_query(call->arena, url, "webhook", webhook->id, event),
			      &handshake, json_null(), extra_of(webhook));
	lsq_success(call, json_pack("{ss}", "Id", webhook->id));
}
