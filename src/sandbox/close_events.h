/* close_events.h - what is kept of an event: {seq, at, updated_at, event}. Threads: under the
 * sandbox's lock. */
#ifndef SANDBOX_CLOSE_EVENTS_H
#define SANDBOX_CLOSE_EVENTS_H

#include "sandbox/close.h"

/* In the order in which they began: `seq` grows by one. */
json_t *sb_close_events_of(struct sb_account *account);

json_t *sb_close_event_in(const json_t *kept);
int64_t sb_close_updated_at(const json_t *kept); /* ms */
int64_t sb_close_seq_of(const json_t *kept);

/* As it is shown: with its times. New. */
json_t *sb_close_event_json(struct sb_call *call, const json_t *kept);

#endif
