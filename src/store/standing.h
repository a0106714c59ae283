/* standing.h - which count of the queue a lead's submissions stand in. Private to store/.
 * Threads: the committer.
 *
 * received = at_rest + pending + dead + uncertain + rejected + erased. A lead's open
 * submissions stand where the worst of its deliveries stands, and at rest when all
 * are; how many are open is kept, alike, in each of the lead's deliveries. */
#ifndef STORE_STANDING_H
#define STORE_STANDING_H

#include "store/deliveries.h"
#include "store/internal.h"

#define DELIVERIES_OF_LEAD_MAX 32

/* The deliveries of a lead, as far as counting and waiting go. */
struct standing {
	struct {
		int64_t id;
		int64_t depends_on; /* 0: of none, or just added by standing_set() */
		enum delivery_state state;
	} rows[DELIVERIES_OF_LEAD_MAX];
	size_t count;
	int64_t open; /* submissions */
};

int standing_load(struct tx *tx, int64_t workspace, int64_t lead, struct standing *standing,
		  struct error *err);

/* Notes a row's state; a row that is not there is added. */
void standing_set(struct standing *standing, int64_t id, enum delivery_state state);

/* Moves what is open from where `before` stood to where `after` stands, with `more` new
 * submissions, and writes the open count into the lead's deliveries when it changed. When
 * nothing was open and something is to be sent again (a person edited the lead, a sync was
 * run), the lead's latest submission is open again. */
int standing_count(struct tx *tx, int64_t workspace, int64_t lead,
		   const struct standing *before, struct standing *after, int more,
		   struct error *err);

/* The same for a lead whose deliveries were just written with their open count. */
void standing_count_new(struct tx *tx, int64_t workspace, const struct standing *after,
			int submissions);

/* Counts a lead's submissions, `total` with those at rest, as erased. */
void standing_count_erased(struct tx *tx, int64_t workspace, const struct standing *before,
			   int64_t total);

/* What is open of a lead that was merged away joins what is open of the lead that it became,
 * whose deliveries are as they stand now. */
int standing_join(struct tx *tx, int64_t workspace, const struct standing *gone, int64_t lead,
		  struct error *err);

#endif
