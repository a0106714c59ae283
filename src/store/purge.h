/* purge.h - what is kept only for a time is forgotten. Private to store/. Threads: one at a
 * time; it waits for the committer.
 *
 * What goes, by the workspace's settings: of submissions the raw bytes and the record of
 * the decision (raw_days; rejected_days for those that were refused or ignored), of calls
 * and attempts what was sent and answered (body_days, or while their dead letter is open),
 * errors of imports (rejected_days), plans (after a day), and idempotency keys that ran out.
 * The rows stay, with their ids, times and outcomes; audit entries stay and hold. */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "store/store.h"

struct purge;

struct purge *purge_new(struct store *store);
void purge_free(struct purge *purge); /* NULL does nothing */

/* Walks one stride on, as of `now`, ms since 1970. 1 there is more, 0 a whole pass is done
 * (the next call begins another), -1 (the next call tries the stride again). */
int purge_step(struct purge *purge, int64_t now, struct error *err);

/* What the passes so far have forgotten. */
struct purged {
	int64_t submissions, calls, attempts, import_errors, plans, keys;
};
struct purged purge_total(const struct purge *purge);

#endif
