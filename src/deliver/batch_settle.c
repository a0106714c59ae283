/* batch_settle.c - hands the outcomes of a batch to the store. Threads: the delivery
 * worker, but for settle_run() and settle_done(). */
#include <string.h>

#include "base/clock.h"
#include "deliver/batch_inside.h"
#include "deliver/inbox.h"

struct settle {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct batch *batch;
	struct actor actor;
	struct settlement *settlements;
	size_t count;
	struct kept_call *calls;
	size_t ncalls;
	bool *refused;
	int result;
	int64_t again_at;
};

static int settle_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct settle *settle = (struct settle *)unit;
	struct settlement *copy = arena_memdup(tx_arena(tx), settle->settlements,
					       settle->count * sizeof(*copy));

	for (size_t i = 0; i < settle->ncalls; i++)
		if (call_add(tx, &settle->actor, &settle->calls[i], err) < 0)
			return -1;
	return delivery_settle(tx, &settle->actor, copy, settle->count, settle->refused, err);
}

static void settle_finished(struct mail *mail);

static void settle_done(struct unit *unit, int result, const struct error *err)
{
	struct settle *settle = (struct settle *)unit;

	(void)err;
	settle->result = result;
	settle->mail.open = settle_finished;
	deliverer_post(settle->batch->desk->deliverer, &settle->mail);
}

static void submit(struct mail *mail)
{
	struct settle *settle = (struct settle *)((char *)mail - offsetof(struct settle, mail));

	store_submit(deliverer_config(settle->batch->desk->deliverer)->store, URGENCY_OUTCOME,
		     &settle->unit);
}

static void settle_finished(struct mail *mail)
{
	struct settle *settle = (struct settle *)((char *)mail - offsetof(struct settle, mail));
	struct batch *batch = settle->batch;

	if (settle->result < 0) {
		/* What the CRM did is known here and nowhere else: say it until it is kept. */
		log_error(&batch->desk->log, "settle.failed",
			  LOG_INT("records", (int64_t)settle->count));
		settle->mail.open = submit;
		deliverer_post_later(batch->desk->deliverer, &settle->mail,
				     clock_now() + CLOCK_SECOND);
		return;
	}
	for (size_t i = 0; i < settle->count; i++)
		if (settle->refused[i])
			log_warn(&batch->desk->log, "settle.refused",
				 LOG_ID("delivery", settle->settlements[i].delivery->id),
				 LOG_INT("fence", settle->settlements[i].delivery->fence));
	batch->desk->works -= (int)settle->count;
	batch->settles--;
	arena_free(settle->unit.arena);
	batch_end_if_done(batch);
}

static void note_outcome(struct batch *batch, const struct settlement *s)
{
	struct deliver_stats *stats = deliverer_count(batch->desk->deliverer);
	enum outcome outcome;

	stats->records++;
	if (s->outcome && outcome_parse(s->outcome, &outcome))
		stats->outcomes[outcome]++;
	log_info(&batch->desk->log, "attempt.done", LOG_ID("lead", s->delivery->subject),
		 LOG_ID("delivery", s->delivery->id),
		 LOG_WORD("outcome", s->outcome ? s->outcome : "none"),
		 LOG_WORD("action", s->action ? s->action : "none"),
		 LOG_WORD("state", delivery_state_name(s->state)));
}

/* Hands what has a settlement, and the calls that led to it, to the store. */
void batch_settle(struct batch *batch, struct kept_call *calls, size_t ncalls)
{
	struct settle *settle = arena_alloc(batch->arena, sizeof(*settle));

	settle->settlements =
		arena_array(batch->arena, batch->count, sizeof(*settle->settlements));
	settle->refused = arena_array(batch->arena, batch->count, sizeof(*settle->refused));
	/* Erasing a lead must find all that was said of it, the looking too. */
	if (!batch->first_call && ncalls)
		batch->first_call = calls[0].id;
	for (size_t i = 0; i < ncalls; i++)
		calls[i].batch = batch->first_call;
	if (ncalls)
		batch->last_call = calls[ncalls - 1].id;
	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];

		if (!work->has_settlement)
			continue;
		work->has_settlement = false;
		if (!work->s.call)
			work->s.call = batch->last_call;
		note_outcome(batch, &work->s);
		settle->settlements[settle->count++] = work->s;
	}
	if (settle->count == 0 && ncalls == 0)
		return;
	settle->batch = batch;
	settle->calls = calls;
	settle->ncalls = ncalls;
	settle->actor = (struct actor){ .workspace = batch->desk->workspace,
					.kind = ACTOR_CONNECTION,
					.id = batch->desk->connection };
	settle->unit = (struct unit){
		.run = settle_run,
		.done = settle_done,
		.workspace = batch->desk->workspace,
		.arena = arena_new(),
	};
	batch->settles++;
	submit(&settle->mail);
}

void batch_home_release(struct batch_home *home)
{
	if (--home->batches > 0)
		return;
	home->desk->claims--;
	arena_free(home->arena);
}

void batch_end_if_done(struct batch *batch)
{
	struct deliverer *deliverer = batch->desk->deliverer;

	if (batch->talks || batch->settles || batch->answers)
		return;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->works[i].need != NEED_NOTHING || batch->works[i].has_settlement)
			return;
	terms_release(batch->terms);
	batch_home_release(batch->home);
	deliverer_wake(deliverer);
}
