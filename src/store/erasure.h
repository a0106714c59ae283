/* erasure.h - which columns erasing a lead empties. Private to store/, and to the test that
 * holds it against columns.c. Threads: one at a time. */
#ifndef STORE_ERASURE_H
#define STORE_ERASURE_H

#include "store/internal.h"
#include "store/leads.h"

/* What is being erased: one lead, or one that was merged into it. */
struct erasing {
	struct tx *tx;
	const struct actor *actor;
	const struct lead *lead;  /* as it was, with its keys */
	int64_t submissions, calls; /* how many were emptied */
};

/* One table: every column of it that columns.c calls personal stands in `columns`, and `run`
 * empties them, or drops the rows. */
struct erasure {
	const char *table;
	const char *columns; /* "raw salt decision" */
	int (*run)(struct erasing *e, struct error *err);
};

extern const struct erasure store_erasures[];
extern const size_t store_nerasures;

#endif
