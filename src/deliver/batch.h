/* batch.h - deliveries of one mapping that go through their conversations together:
 * look, read, compute, write, settle. Private to deliver/. Threads: the delivery worker.
 *
 * Before the first write to a record that Fairlead did not create it is looked for by
 * every key, what it holds is read and kept as the undo value, and policies apply. What
 * was sent and not answered is looked for before it is sent again. */
#ifndef DELIVER_BATCH_H
#define DELIVER_BATCH_H

#include "deliver/talk.h"

struct plan_wish;

/* Takes over claimed deliveries of one connection; `arena` (with the deliveries in it)
 * becomes the batches'. They are cut by mapping. */
void batches_begin(struct desk *desk, struct arena *arena, struct delivery *deliveries,
		   size_t count);

/* Computes what would be written for leads, without writing or settling anything. `done`
 * is called with the results in `planned`, or with an error. */
struct plan_wish {
	struct desk *desk;
	struct terms_mapping *mapping;
	struct claim *claims; /* as for delivering; ids of deliveries may be 0 */
	size_t count;
	struct arena *arena;
	struct planned *planned; /* room for `count` */
	void (*done)(struct plan_wish *wish, const struct error *err);
	void *context;
};
void batch_plan(struct plan_wish *wish);

#endif
