/* batch_inside.h - what the files behind batch.h share. Threads: the delivery worker. */
#ifndef DELIVER_BATCH_INSIDE_H
#define DELIVER_BATCH_INSIDE_H

#include "deliver/batch.h"
#include "deliver/work.h"

struct batch {
	struct desk *desk;
	struct terms *terms;
	struct terms_mapping *m;
	struct arena *arena;
	struct batch_home *home;
	struct work *works;
	size_t count;
	int talks;     /* under way */
	int settles;   /* units under way */
	int answers;   /* units under way that have to be waited for */
	int64_t until;
	int64_t first_call, last_call; /* of those that are recorded; 0: none yet */
	bool is_refused;
	bool is_answered; /* decisions that waited for the look have gone on */
	bool is_intended; /* what is to be written is on disk: it may be sent */
	struct plan_wish *plan; /* computing only; NULL: delivering */
};

/* What the batches of one claim share: they are freed together. */
struct batch_home {
	struct desk *desk; /* NULL: nothing is claimed, this is a plan */
	struct arena *arena;
	int batches;
};

struct work_ground batch_ground(struct batch *batch);

/* Takes up a batch with room for so many works. */
struct batch *batch_new(struct desk *desk, struct batch_home *home, struct terms_mapping *m,
			size_t room);
void batch_add(struct batch *batch, const struct claim *claim,
	       const struct work_ground *ground);

/* Goes on with what the works need next; called when a conversation or a unit ended, does
 * nothing while others of the same kind are under way. */
void batch_advance(struct batch *batch);

/* Hands what has a settlement, and the calls that led to it, to the store. */
void batch_settle(struct batch *batch, struct kept_call *calls, size_t ncalls);
void batch_end_if_done(struct batch *batch);
void batch_home_release(struct batch_home *home);

/* Tells what the look found of leads that may wait for it; true when it has to be waited
 * for. */
bool batch_answer_gates(struct batch *batch);

/* Keeps what is about to be written; the batch advances when it is on disk. */
void batch_intend(struct batch *batch);

#endif
