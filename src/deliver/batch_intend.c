/* batch_intend.c - keeps what is about to be written, immediately before it is sent.
 * Threads: the delivery worker, but for intend_run() and intend_done(). */
#include "base/clock.h"
#include "deliver/batch_inside.h"
#include "deliver/inbox.h"

struct intend {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct batch *batch;
	struct work **works;
	struct intent *intents;
	size_t count;
	int64_t lease_until;
	int result;
};

static int intend_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct intend *intend = (struct intend *)unit;

	return delivery_intend(tx, intend->intents, intend->count, intend->lease_until, err);
}

static void intended(struct mail *mail)
{
	struct intend *intend = (struct intend *)((char *)mail - offsetof(struct intend, mail));
	struct batch *batch = intend->batch;

	/* What could not be kept, or is another's by now, is not sent: its lease runs out. */
	for (size_t i = 0; i < intend->count; i++) {
		if (intend->result >= 0 && intend->intents[i].is_taken) {
			work_taken(intend->works[i]);
			continue;
		}
		if (intend->result >= 0 && !intend->intents[i].is_refused)
			continue;
		intend->works[i]->need = NEED_NOTHING;
		batch->desk->works--;
		log_warn(&batch->desk->log, "intent.refused",
			 LOG_ID("delivery", intend->intents[i].delivery->id));
	}
	batch->settles--;
	batch->is_intended = true;
	arena_free(intend->unit.arena);
	batch_advance(batch);
}

static void intend_done(struct unit *unit, int result, const struct error *err)
{
	struct intend *intend = (struct intend *)unit;

	(void)err;
	intend->result = result;
	intend->mail.open = intended;
	deliverer_post(intend->batch->desk->deliverer, &intend->mail);
}

void batch_intend(struct batch *batch)
{
	const struct deliver_config *config = deliverer_config(batch->desk->deliverer);
	struct intend *intend = arena_alloc(batch->arena, sizeof(*intend));

	intend->batch = batch;
	intend->works = arena_array(batch->arena, batch->count, sizeof(*intend->works));
	intend->intents = arena_array(batch->arena, batch->count, sizeof(*intend->intents));
	intend->lease_until = clock_now() + config->lease_ms;
	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];

		if (work->need != NEED_WRITE)
			continue;
		intend->works[intend->count] = work;
		intend->intents[intend->count++] = work_intent(work, batch->arena);
	}
	intend->unit = (struct unit){
		.run = intend_run,
		.done = intend_done,
		.workspace = batch->desk->workspace,
		.arena = arena_new(),
	};
	batch->settles++;
	store_submit(config->store, URGENCY_OUTCOME, &intend->unit);
}
