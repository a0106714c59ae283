/* recent.h - the latest identities, in the order in which they were written, found by their
 * hash. Private to store/. Threads: one at a time.
 *
 * A hash says nothing of when: in an index by hash each new identity lies somewhere else, and
 * two of them for each lead were more than half of all pages that a commit wrote. So a new one
 * is written to the end of a list (`identity_recent`), which is held here too, and later settled
 * into the index (`identity`) in the order of the hashes, where neighbours share their pages. A
 * sweep goes round and round through the hashes; rows are dropped from the front of the list
 * once a whole sweep has passed since they were written.
 *
 * Here is exactly what the list's table holds. What a transaction changed is kept or undone
 * with it. */
#ifndef STORE_RECENT_H
#define STORE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct recent;

struct recent_identity {
	int64_t seq; /* of its row; grows */
	int64_t workspace, lead;
	struct hash16 hash;
	int state;
	bool is_settled; /* it stands in the index, or stands no more */
	uint64_t older;  /* recent.c's */
};

struct recent *recent_new(void);
void recent_free(struct recent *recent); /* NULL does nothing */

/* The number that the next row is to have. */
int64_t recent_next_seq(const struct recent *recent);

/* Adds one behind all others; earlier ones of the same key and lead are settled by it. */
void recent_add(struct recent *recent, const struct recent_identity *identity);

/* Those of a key, newest first, settled ones too; NULL at the end. Valid until recent_add(). */
struct recent_identity *recent_newest(struct recent *recent, int64_t workspace,
				      const struct hash16 *hash);
struct recent_identity *recent_older(struct recent *recent,
				     const struct recent_identity *than);

void recent_settle(struct recent *recent, struct recent_identity *identity);

/* The next that is to be settled, in the order of the hashes; settle it before asking again.
 * NULL when all are. */
struct recent_identity *recent_sweep(struct recent *recent);

/* Drops up to `max` from the front that nobody needs any more, and gives the seq of the last
 * of them: rows up to it can go. 0: none. Nothing is added after it in the transaction. */
int64_t recent_prune(struct recent *recent, size_t max);

size_t recent_rows(const struct recent *recent);
size_t recent_unsettled(const struct recent *recent);
size_t recent_added(const struct recent *recent); /* since it was last kept or undone */

/* What was changed since is kept, or was not. */
void recent_keep(struct recent *recent);
void recent_undo(struct recent *recent);

#endif
