/* later.c - what a vendor does by itself after a while. Threads: under the sandbox's lock. */
#include "sandbox/later.h"

#include <stdlib.h>

#include "sandbox/state.h"

struct sb_planned {
	struct sb_planned *next; /* in the order of time */
	struct sb_account *account;
	uint64_t number;
	int64_t at;
	sb_step *step;
	json_t *doc;
};

static void planned_free(struct sb_planned *planned)
{
	json_decref(planned->doc);
	free(planned);
}

void sb_later(struct sb_call *call, int64_t ms, sb_step *step, json_t *doc)
{
	struct sandbox *sandbox = call->sandbox;
	struct sb_planned *planned = sb_alloc(sizeof(*planned)), **at = &sandbox->planned;

	planned->account = call->account;
	planned->number = ++sandbox->step_ids;
	planned->at = call->now + ms;
	planned->step = step;
	planned->doc = doc;
	while (*at && (*at)->at <= planned->at)
		at = &(*at)->next;
	planned->next = *at;
	*at = planned;
	atomic_fetch_add(&sandbox->steps_waiting, 1);
}

void sb_call_by_itself(struct sb_call *call, struct sb_account *account, struct arena *arena,
		       int64_t now, uint64_t dice)
{
	static const struct http_headers none;

	*call = (struct sb_call){
		.sandbox = account->sandbox,
		.arena = arena,
		.vendor = account->vendor,
		.account = account,
		.now = now,
		.rng = sb_rng_of(account->sandbox->seed ^ 0x5354455053, dice),
		.method = "",
		.target = "",
		.path = "",
		.prefix = "",
		.headers = &none,
		.body = "",
		.bad_record = -1,
	};
}

static void run_step(struct sandbox *sandbox, struct sb_planned *planned)
{
	struct arena *arena = arena_new();
	uint64_t before = planned->account->changes;
	struct sb_call call;

	sb_call_by_itself(&call, planned->account, arena, planned->at, planned->number);
	planned->step(&call, planned->doc);
	sb_tell_changes(&call, planned->account, before);
	atomic_fetch_sub(&sandbox->steps_waiting, 1);
	planned_free(planned);
	arena_free(arena);
}

void sb_later_run(struct sandbox *sandbox, int64_t now, int *wait_ms)
{
	while (sandbox->planned && sandbox->planned->at <= now) {
		struct sb_planned *planned = sandbox->planned;

		sandbox->planned = planned->next;
		run_step(sandbox, planned);
	}
	if (wait_ms && sandbox->planned && sandbox->planned->at - now < *wait_ms)
		*wait_ms = (int)(sandbox->planned->at - now);
}

void sb_later_forget(struct sb_account *account)
{
	struct sb_planned **at = &account->sandbox->planned;

	while (*at) {
		struct sb_planned *planned = *at;

		if (planned->account != account) {
			at = &planned->next;
			continue;
		}
		*at = planned->next;
		atomic_fetch_sub(&account->sandbox->steps_waiting, 1);
		planned_free(planned);
	}
}
