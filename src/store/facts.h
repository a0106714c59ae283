/* facts.h - facts that a delivery has still to tell. Private to store/. Threads: the
 * committer.
 *
 * They stand with earlier values (earlier.h), under ids that grow: `wanted` of such a
 * delivery is the last of them, `told` the last that was told. */
#ifndef STORE_FACTS_H
#define STORE_FACTS_H

#include "model/mapping.h"
#include "store/internal.h"

/* Adds the facts that the mapping tells; `wanted` is the delivery's. */
int facts_add(struct tx *tx, const struct mapping *mapping, int64_t workspace,
	      int64_t delivery, int64_t wanted, const struct fact *facts, size_t count,
	      struct error *err);

/* The mapping of a delivery tells no facts, perhaps any more: then what was wanted and told
 * of them is no version of the lead, and begins anew. */
int facts_forget(struct tx *tx, int64_t delivery, int64_t *wanted, int64_t *told,
		 int64_t *earlier, struct error *err);

/* Facts of a lead that was merged away are told of the lead that it became. */
int facts_move(struct tx *tx, int64_t workspace, int64_t from, int64_t to,
	       struct error *err);

/* Brings `wanted` and `earlier` of a lead's deliveries in line with the facts they have. */
int facts_refresh(struct tx *tx, int64_t workspace, int64_t lead, struct error *err);

#endif
