/* earlier.h - values that a newer one must not overtake: of fields whose every value is
 * told. Private to store/. Threads: the committer, but for earlier_find().
 *
 * A lead keeps its newest values only. When one of them replaces a value that a delivery
 * has still to tell, the older one is kept with the delivery, under the last version that
 * had it. The delivery then tells the lead as of that version first, and is due again. */
#ifndef STORE_EARLIER_H
#define STORE_EARLIER_H

#include "store/deliveries.h"
#include "store/internal.h"

/* What is known of a delivery whose lead changes. */
struct overtaken {
	int64_t delivery;
	int64_t told, earlier;
	enum delivery_state state;
	const char *field; /* of a dead letter: the CRM's field at fault, or NULL */
};

/* Keeps the values of `before` that `after` replaces and the delivery has to tell. A value
 * that was refused is mended by the one that comes: it is told no more. */
int earlier_keep(struct tx *tx, const struct mapping *mapping, const struct overtaken *row,
		 const struct lead *before, const struct lead *after, struct error *err);

/* Those up to `version` were told, or shall not be. */
int earlier_drop(struct tx *tx, int64_t delivery, int64_t version, struct error *err);

/* Drops values of all a lead's deliveries, whose versions are counted anew; or facts too,
 * and all is forgotten. */
enum earlier_what { EARLIER_VALUES, EARLIER_VALUES_AND_FACTS };
int earlier_drop_all(struct tx *tx, int64_t workspace, int64_t lead, enum earlier_what what,
		     struct error *err);

/* The first value that is newer than what was told, or fact; 1 found, 0 none. */
int earlier_find(struct view *view, const struct delivery *delivery,
		 struct earlier_values *values, struct error *err);

#endif
