/* batch.h - deliveries of one mapping that go through their conversations together:
 * look, read, compute, write, settle. Private to deliver/. Threads: the delivery worker.
 *
 * Before the first write to a record that Fairlead did not create it is looked for by
 * every key, what it holds is read and kept as the undo value, and policies apply. What
 * was sent and not answered is looked for before it is sent again. */
#ifndef DELIVER_BATCH_H
#define DELIVER_BATCH_H

#include "deliver/talk.h"
#include "deliver/work.h"

struct plan_wish;

/* Takes over claimed deliveries of one connection; `arena` (with the deliveries in it)
 * becomes the batches'. They are cut by mapping. */
void batches_begin(struct desk *desk, struct arena *arena, struct delivery *deliveries,
		   size_t count);

/* Computes what would be written for leads, by the same steps, without writing, settling or
 * recording anything. */
struct plan_wish {
	struct desk *desk;
	struct terms_mapping *mapping;
	struct claim *claims; /* as for delivering; ids of deliveries may be 0 */
	size_t count;
	struct arena *arena;
	/* The conversation that would write a part, ready and not begun. Its terms are held
	 * until `done` returns. */
	void (*would_send)(struct plan_wish *wish, struct talk *talk, struct work **works,
			   size_t count);
	/* works[i] is claims[i]'s; those that would be written need NEED_WRITE. */
	void (*done)(struct plan_wish *wish, struct work *works);
	void *context;
};
void batch_plan(struct plan_wish *wish);

#endif
