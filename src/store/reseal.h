/* reseal.h - seals anew what an older master key sealed. Private to store/. Threads: one at
 * a time; it waits for the committer. */
#ifndef STORE_RESEAL_H
#define STORE_RESEAL_H

#include "store/store.h"

/* Seals anew, under the ring's first key, up to `max` values that another key of the ring
 * sealed. Returns how many; 0: all are. The installation's own come last, so that a store
 * whose old key was taken away too early does not open, instead of opening halfway. */
int store_reseal(struct store *store, int max, struct error *err);

/* How many values are sealed under another key than the first. */
int store_sealed_old(struct view *view, int64_t *count, struct error *err);

/* The columns that hold sealed values, "table.column", ended by NULL: for a test that none
 * is forgotten. */
extern const char *const reseal_columns[];

#endif
