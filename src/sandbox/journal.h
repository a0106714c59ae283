/* journal.h - a file of the requests that changed something, replayed at start.
 * Threads: under the sandbox's lock.
 *
 * One JSON line for each such request: its number, time, and what was asked. As a
 * request's dice come from its number and its clock from the line, a replay makes the
 * same ids, tokens and times. Between them a line for each answer to a webhook or other
 * question of ours: a replay queues the same deliveries, and gives them these answers. A
 * line cut off by a crash is dropped. Faults and rate windows are not kept: a sandbox
 * starts without faults. */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include <stdint.h>

#include "base/error.h"
#include "sandbox/call.h"

struct sandbox;
struct sb_hook_answer;

/* Replays the file if it is there and opens it for more. Errors: ERR_INVALID with the
 * line's number, ERR_UNAVAILABLE when the file cannot be opened. */
int sb_journal_open(struct sandbox *sandbox, const char *path, struct error *err);

/* Appends a request that was handled. */
void sb_journal_add(const struct sb_call *call);

/* The same for the answer to an attempt of a delivery, before it has any effect. */
void sb_journal_add_answer(struct sandbox *sandbox, uint64_t delivery,
			   const struct sb_hook_answer *answer);
void sb_journal_close(struct sandbox *sandbox);

#endif
