/* later.h - what a vendor does by itself after a while: a phone rings, a message is read.
 * Threads: under the sandbox's lock; steps are run by whoever comes next, the thread of
 * webhooks at the latest.
 *
 * A step runs at its own time: the call that it is given says when it was due, whenever it
 * is run, and its dice are its own. So a journal that is replayed, and a clock that is
 * stepped over many of them, come to the same end. */
#ifndef SANDBOX_LATER_H
#define SANDBOX_LATER_H

#include <jansson.h>
#include <stdint.h>

#include "sandbox/call.h"

struct sb_account;

/* `call` is no request: it has account, vendor, time, dice and an arena. A step may write
 * records, queue deliveries and plan further steps. */
typedef void sb_step(struct sb_call *call, const json_t *doc);

/* Plans a step for `ms` (sandbox time, at least 0) after call->now. Takes the reference to
 * `doc`. Steps that are due at one time run in the order they were planned. */
void sb_later(struct sb_call *call, int64_t ms, sb_step *step, json_t *doc);

/* --- the core's --- */

/* Runs what is due at `now`; *wait_ms becomes the time to the next step if that is less. */
void sb_later_run(struct sandbox *sandbox, int64_t now, int *wait_ms);

/* Forgets the steps of an account. */
void sb_later_forget(struct sb_account *account);

/* Fills *call for something that the sandbox does by itself. */
void sb_call_by_itself(struct sb_call *call, struct sb_account *account, struct arena *arena,
		       int64_t now, uint64_t dice);

#endif
