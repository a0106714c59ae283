/* import_plan.h - what would become of rows, without writing. Private to accept/. Threads:
 * one at a time.
 *
 * Decided by the same engine on the store as it is. Rows of one file that are the same
 * person are known by their identities: the second is said to join the first. */
#ifndef ACCEPT_IMPORT_PLAN_H
#define ACCEPT_IMPORT_PLAN_H

#include "accept/accept.h"

struct import_plan;

struct import_plan *import_plan_new(struct store *store, struct snapshot *snapshot,
				    const struct actor *actor);
void import_plan_free(struct import_plan *plan); /* may be NULL */

/* Sets result and decision of each item; the decisions, and what they refer to, are the
 * arena's and the submissions'. */
int import_plan_decide(struct import_plan *plan, struct arena *arena,
		       struct intake_item *items, size_t count, struct error *err);

#endif
