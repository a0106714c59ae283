/* suppressions.h - channels and purposes that people took back, by the keys that they are known
 * by. Threads: see store.h.
 *
 * A suppression is kept under the keyed hash of an e-mail or phone and outlives the lead, so
 * that a file or another source does not bring the person back to what they left. */
#ifndef STORE_SUPPRESSIONS_H
#define STORE_SUPPRESSIONS_H

#include "model/lead.h"
#include "store/store.h"

struct suppression {
	const char *channel; /* "email", "sms", "whatsapp", "voice", "all" */
	const char *purpose; /* "marketing", "qualification", "transactional", "all" */
	const char *reason;  /* "withdrawn" */
	int64_t at;          /* when the person said so, ms */
};

#define SUPPRESSIONS_OF_KEY 24 /* channels times purposes, and some room */

/* Keeps it for every key of the lead, with an audit entry when that is new. Returns 1 added,
 * 0 it was there. The lead's identities are hashed. */
int suppression_add(struct tx *tx, const struct actor *actor, const struct lead *lead,
		    const struct suppression *what, struct error *err);

/* Lifts what was taken back up to what->at, for every key of the lead: the person agreed
 * again. Returns 1 lifted, 0 there was none. */
int suppression_lift(struct tx *tx, const struct actor *actor, const struct lead *lead,
		     const struct suppression *what, struct error *err);

/* Has what the lead's person took back count for all keys of the lead, those that it has gained
 * since too. What stands under a key that other leads have as well is only theirs to say, unless
 * this lead said so itself. To be called, within the same transaction, when a lead has gained a
 * key. Returns 1 when that is new for a key, 0 when not. */
int suppression_spread(struct tx *tx, const struct actor *actor, const struct lead *lead,
		       struct error *err);

/* Those of one key, and those of any key of a lead, each channel and purpose once. */
int suppression_of_key(struct view *view, const struct actor *actor, const struct hash16 *hash,
		       struct suppression **rows, size_t *count, struct error *err);
int suppression_of_lead(struct view *view, const struct actor *actor, const struct lead *lead,
			struct suppression **rows, size_t *count, struct error *err);

#endif
