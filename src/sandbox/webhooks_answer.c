/* webhooks_answer.c - what becomes of a delivery when its receiver answered, or did not.
 * Threads: under the sandbox's lock. */
#include "sandbox/journal.h"
#include "sandbox/later.h"
#include "sandbox/webhooks_inside.h"

static struct sb_hook *hook_find(struct sandbox *sandbox, uint64_t id)
{
	struct sb_hook *hook = sandbox->hooks;

	while (hook && hook->id != id)
		hook = hook->next;
	return hook;
}

static int64_t wait_before_retry(const struct sb_hook *hook)
{
	const int64_t *wait = hook->rules->waits_ms;

	for (int i = 1; wait && *wait && i < hook->attempt; i++)
		wait++;
	return wait ? *wait : 0;
}

static enum sb_hook_verdict judge(const struct sb_hook *hook, const struct sb_hook_answer *answer)
{
	if (hook->rules->judge)
		return hook->rules->judge(hook, answer->status, answer->body, answer->body_len);
	return answer->status / 100 == 2 ? SB_HOOK_TAKEN : SB_HOOK_AGAIN;
}

static void record(struct sandbox *sandbox, struct sb_hook *hook,
		   const struct sb_hook_answer *answer, int64_t now)
{
	enum sb_hook_verdict verdict = judge(hook, answer);
	int64_t wait;

	hook->last_status = answer->status;
	hook->attempt++;
	wait = wait_before_retry(hook);
	if (verdict == SB_HOOK_TAKEN) {
		hook->state = SB_HOOK_DONE;
	} else if (verdict == SB_HOOK_AGAIN && wait) {
		hook->state = SB_HOOK_DUE;
		hook->next_at = now + wait;
		return;
	} else {
		hook->state = SB_HOOK_FAILED;
	}
	atomic_fetch_sub(&sandbox->hooks_waiting, 1);
}

static void tell_vendor(struct sb_hook *hook, const struct sb_hook_answer *answer, int64_t now)
{
	uint64_t before = hook->account->changes;
	struct arena *arena;
	struct sb_call call;

	if (!hook->rules->replied)
		return;
	hook->reply_type = answer->type;
	arena = arena_new();
	sb_call_by_itself(&call, hook->account, arena, now,
			  hook->id << 8 | (unsigned)hook->attempt);
	hook->rules->replied(&call, hook, answer->status, answer->body, answer->body_len);
	sb_tell_changes(&call, call.account, before);
	arena_free(arena);
}

/* What was planned for before now comes first, as before a request: so a journal that is
 * replayed has the same order. */
void sb_hook_answered(struct sandbox *sandbox, uint64_t id, const struct sb_hook_answer *answer)
{
	int64_t now = sb_clock_pin(sandbox);
	struct sb_hook *hook;

	sb_later_run(sandbox, now, NULL);
	hook = hook_find(sandbox, id);
	if (hook) {
		if (!sandbox->is_replaying)
			sb_journal_add_answer(sandbox, id, answer);
		record(sandbox, hook, answer, now);
		tell_vendor(hook, answer, now);
	}
	sb_clock_unpin(sandbox);
}
