/* keeper.h - the store's small regular duties. Private to store/. Threads: its own; what
 * it knows is for any. */
#ifndef STORE_KEEPER_H
#define STORE_KEEPER_H

#include "store/store.h"

struct keeper;

/* Each second: how much room the disk of `folder` has. On a shared store, now and then:
 * our node number's lease. Each minute: the heads of the audit chains, and what an older
 * master key sealed. Each hour, when nothing waits: what is kept only for a time. */
struct keeper *keeper_start(struct store *store, const char *folder, struct error *err);
void keeper_stop(struct keeper *keeper); /* NULL does nothing */

/* Free bytes on the disk as of the last second; -1 when it cannot be told. */
int64_t keeper_free_bytes(const struct keeper *keeper);

#endif
