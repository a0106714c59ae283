/* webhooks_inside.h - the core's side of webhooks.h. Threads: under the sandbox's lock
 * where nothing else is said. */
#ifndef SANDBOX_WEBHOOKS_INSIDE_H
#define SANDBOX_WEBHOOKS_INSIDE_H

#include "sandbox/state.h"

/* Starts and ends the sending thread. Threads: the one that starts the sandbox. */
struct sb_sender *sb_sender_start(struct sandbox *sandbox);
void sb_sender_stop(struct sb_sender *sender);

/* Something may have become due. Threads: any, without the lock. */
void sb_sender_wake(struct sandbox *sandbox);

/* What a receiver said to an attempt. */
struct sb_hook_answer {
	int status;       /* 0: nothing, or not in time */
	const char *type; /* of the body; "" if none */
	const char *body;
	size_t body_len;
};

/* Settles an attempt of delivery `id`: it is over, or waits for the next one, and the vendor
 * is told. One that was forgotten, as its account was reset, is passed over. */
void sb_hook_answered(struct sandbox *sandbox, uint64_t id, const struct sb_hook_answer *answer);

/* Forgets the deliveries of an account; those under way are not recorded. */
void sb_hooks_forget(struct sb_account *account);
void sb_hooks_free(struct sandbox *sandbox);

/* Newest last: id, url, events, attempts, status, state; new. */
json_t *sb_hooks_json(const struct sandbox *sandbox, const struct sb_account *account);

#endif
