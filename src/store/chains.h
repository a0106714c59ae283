/* chains.h - deliveries that wait for the record of another: contact, then note. Private to
 * store/. Threads: the committer, but for chain_explain().
 *
 * A delivery whose record is there needs nobody. One that has still to make it waits until
 * its parent, the delivery that `depends_on` names, has a live link. */
#ifndef STORE_CHAINS_H
#define STORE_CHAINS_H

#include "store/deliveries.h"
#include "store/standing.h"

#define PARENT_ABSENT "parent_absent"
#define PARENT_ABSENT_REASON "the record that it belongs to is not in the CRM"

/* Whether a lead has a live record at the connection in one of two roles; 1, 0, -1. */
int chain_is_open(struct tx *tx, int64_t lead, int64_t connection, const char *role,
		  const char *parent_role, struct error *err);

/* Whether what waits for the parent has to wait on; 1, 0, -1. */
int chain_must_wait(struct tx *tx, int64_t workspace, int64_t parent, struct error *err);

/* Lets those go that wait for the parent. With `has_record` those too that had given up,
 * because it was not there. `after` was loaded from the store as it is, and learns of them. */
int chain_release(struct tx *tx, int64_t lead, int64_t parent, bool has_record,
		  struct standing *after, struct error *err);

/* Says in the code, reason and instruction of a waiting delivery what it waits for. */
int chain_explain(struct view *view, struct delivery *delivery, struct error *err);

#endif
