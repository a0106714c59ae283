/* webhooks.c - the queue of deliveries. Threads: under the sandbox's lock. */
#include "sandbox/webhooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/webhooks_inside.h"

#define HOOKS_KEPT 10000

static void hook_free(struct sb_hook *hook)
{
	free(hook->url);
	json_decref(hook->events);
	json_decref(hook->extra);
	free(hook);
}

static bool is_over(const struct sb_hook *hook)
{
	return hook->state == SB_HOOK_DONE || hook->state == SB_HOOK_FAILED;
}

/* The oldest that are over are forgotten, so that the list is bounded by what waits. */
static void forget_oldest(struct sandbox *sandbox)
{
	while (sandbox->nhooks > HOOKS_KEPT && sandbox->hooks && is_over(sandbox->hooks)) {
		struct sb_hook *hook = sandbox->hooks;

		sandbox->hooks = hook->next;
		if (!sandbox->hooks)
			sandbox->hooks_end = &sandbox->hooks;
		sandbox->nhooks--;
		hook_free(hook);
	}
}

/* A batch is closed by its time, whether the sender has seen it or not: so a journal that is
 * replayed makes the same ones. */
static struct sb_hook *open_batch(const struct sb_call *call, const char *url,
				  const struct sb_hook_rules *rules, const json_t *extra)
{
	for (struct sb_hook *hook = call->sandbox->hooks; hook; hook = hook->next)
		if (hook->state == SB_HOOK_OPEN && hook->next_at > call->now &&
		    hook->account == call->account &&
		    hook->rules == rules && strcmp(hook->url, url) == 0 &&
		    (hook->extra == extra || json_equal(hook->extra, extra)))
			return hook;
	return NULL;
}

static struct sb_hook *hook_new(struct sb_call *call, const char *url,
				const struct sb_hook_rules *rules, json_t *extra)
{
	struct sandbox *sandbox = call->sandbox;
	struct sb_hook *hook = sb_alloc(sizeof(*hook));

	hook->id = ++sandbox->hook_ids;
	hook->account = call->account;
	hook->rules = rules;
	hook->url = sb_copy(url);
	hook->events = json_array();
	hook->extra = extra;
	hook->created_at = call->now;
	hook->next_at = call->now + (rules->batch_max > 1 ? rules->batch_ms : 0);
	hook->state = rules->batch_max > 1 ? SB_HOOK_OPEN : SB_HOOK_DUE;
	*sandbox->hooks_end = hook;
	sandbox->hooks_end = &hook->next;
	sandbox->nhooks++;
	atomic_fetch_add(&sandbox->hooks_waiting, 1);
	forget_oldest(sandbox);
	return hook;
}

void sb_hook_queue(struct sb_call *call, const char *url, const struct sb_hook_rules *rules,
		   json_t *event, json_t *extra)
{
	struct sb_hook *hook = NULL;

	if (!url) {
		json_decref(event);
		json_decref(extra);
		return;
	}
	if (rules->batch_max > 1)
		hook = open_batch(call, url, rules, extra);
	if (hook)
		json_decref(extra);
	else
		hook = hook_new(call, url, rules, extra);
	json_array_append_new(hook->events, event);
	sb_touch(call); /* a journal must queue it again */
	if (json_array_size(hook->events) >= (size_t)rules->batch_max) {
		hook->state = SB_HOOK_DUE;
		hook->next_at = call->now;
	}
}

void sb_hooks_withdraw(struct sb_call *call, const char *subscription)
{
	for (struct sb_hook *hook = call->sandbox->hooks; hook; hook = hook->next) {
		if (hook->account != call->account ||
		    !(hook->state == SB_HOOK_DUE || hook->state == SB_HOOK_OPEN) ||
		    !text_equal(json_string_of(hook->extra, "id"), subscription))
			continue;
		hook->state = SB_HOOK_FAILED;
		atomic_fetch_sub(&call->sandbox->hooks_waiting, 1);
	}
	sb_touch(call);
}

bool sb_hook_is_address(const struct sb_call *call, const char *url)
{
	struct url parts;

	return url && url_parse(call->arena, url, &parts);
}

bool sb_hook_is_secure(const struct sb_call *call, const char *url)
{
	return sb_hook_is_address(call, url) &&
	       (text_starts(url, "https://") || sb_switch(call->account, "webhooks_by_http"));
}

json_t *sb_hook_health(struct sb_account *account, const char *subscription)
{
	json_t *all = json_object_get(account->extra, "webhook_health"), *health;

	if (!all) {
		all = json_object();
		json_object_set_new(account->extra, "webhook_health", all);
	}
	health = json_object_get(all, subscription);
	if (!health) {
		health = json_object();
		json_object_set_new(all, subscription, health);
	}
	return health;
}

enum sb_hook_verdict sb_hook_any_answer(const struct sb_hook *hook, int status,
					const char *body, size_t body_len)
{
	(void)hook;
	(void)body;
	(void)body_len;
	return status ? SB_HOOK_TAKEN : SB_HOOK_AGAIN;
}

void sb_hooks_forget(struct sb_account *account)
{
	struct sandbox *sandbox = account->sandbox;
	struct sb_hook **at = &sandbox->hooks;

	while (*at) {
		struct sb_hook *hook = *at;

		if (hook->account != account) {
			at = &hook->next;
			continue;
		}
		*at = hook->next;
		sandbox->nhooks--;
		if (!is_over(hook))
			atomic_fetch_sub(&sandbox->hooks_waiting, 1);
		hook_free(hook);
	}
	sandbox->hooks_end = at;
}

void sb_hooks_free(struct sandbox *sandbox)
{
	while (sandbox->hooks) {
		struct sb_hook *hook = sandbox->hooks;

		sandbox->hooks = hook->next;
		hook_free(hook);
	}
}

json_t *sb_hooks_json(const struct sandbox *sandbox, const struct sb_account *account)
{
	static const char *const states[] = { "open", "due", "sending", "done", "failed" };
	json_t *list = json_array();

	for (const struct sb_hook *hook = sandbox->hooks; hook; hook = hook->next) {
		if (account && hook->account != account)
			continue;
		json_array_append_new(
			list,
			json_pack("{sI ss ss ss so si si ss so}", "id", (json_int_t)hook->id,
				  "vendor", hook->account->vendor->name, "account",
				  hook->account->name, "url", hook->url, "events",
				  json_deep_copy(hook->events),
				  "attempts", hook->attempt, "last_status", hook->last_status,
				  "state", states[hook->state], "next_at",
				  sb_json_time(hook->next_at)));
	}
	return list;
}
