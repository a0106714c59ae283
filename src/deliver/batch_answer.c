/* batch_answer.c - what was looked for may have been waited for: tells the gates.
 * Threads: the delivery worker, but for answering_run() and answering_done(). */
#include "deliver/batch_inside.h"
#include "deliver/gates.h"
#include "deliver/inbox.h"

struct answering {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct batch *batch;
	struct work *works[GATE_ANSWERS_MAX];
	struct gate_answer answers[GATE_ANSWERS_MAX];
	size_t count;
	int result;
};

static int answering_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct answering *answering = (struct answering *)unit;
	const struct terms *terms = answering->batch->terms;

	return gates_answer(tx, terms->config, terms->connection, answering->answers,
			    answering->count, err);
}

/* Reads the leads again that a decision has changed. What cannot be read goes on as it is:
 * the newer version is wanted of the delivery, and follows. */
static void renew_leads(struct answering *answering)
{
	struct batch *batch = answering->batch;
	struct error err = { 0 };
	struct view *view = view_open(deliverer_config(batch->desk->deliverer)->store,
				      batch->arena, &err);

	for (size_t i = 0; view && i < answering->count; i++) {
		struct work *work = answering->works[i];
		struct claim *claim = arena_memdup(batch->arena, work->claim, sizeof(*claim));

		if (answering->answers[i].is_passed && claim_renew(view, claim, &err) == 0)
			work_renew(work, claim, batch->arena);
	}
	if (view)
		view_close(view);
}

static void answered(struct mail *mail)
{
	struct answering *answering =
		(struct answering *)((char *)mail - offsetof(struct answering, mail));
	struct batch *batch = answering->batch;

	if (answering->result >= 0)
		renew_leads(answering);
	else
		log_warn(&batch->desk->log, "gate.failed",
			 LOG_INT("leads", (int64_t)answering->count));
	arena_free(answering->unit.arena);
	if (--batch->answers == 0)
		batch_advance(batch);
}

static void answering_done(struct unit *unit, int result, const struct error *err)
{
	struct answering *answering = (struct answering *)unit;

	(void)err;
	answering->result = result;
	answering->mail.open = answered;
	deliverer_post(answering->batch->desk->deliverer, &answering->mail);
}

static struct answering *answering_new(struct batch *batch)
{
	struct arena *arena = arena_new();
	struct answering *answering = arena_alloc(arena, sizeof(*answering));

	answering->batch = batch;
	answering->unit = (struct unit){
		.run = answering_run,
		.done = answering_done,
		.workspace = batch->desk->workspace,
		.arena = arena,
	};
	return answering;
}

static void submit_answers(struct answering *answering)
{
	struct batch *batch = answering->batch;

	batch->answers++;
	store_submit(deliverer_config(batch->desk->deliverer)->store, URGENCY_INTERACTIVE,
		     &answering->unit);
}

/* Tells what the look found of leads that may wait for it; true when it has to be waited
 * for. */
bool batch_answer_gates(struct batch *batch)
{
	struct answering *answering = NULL;

	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];

		/* A deal that is not there says nothing of the person. */
		if (!work->claim->is_awaited || work->look == LOOK_NONE ||
		    work->m->mapping->depends_on)
			continue;
		if (!answering)
			answering = answering_new(batch);
		answering->works[answering->count] = work;
		answering->answers[answering->count++] = (struct gate_answer){
			.lead = work->claim->lead.id,
			.is_found = work->look == LOOK_FOUND,
			.remote_owner = work->remote_owner,
		};
		if (answering->count < GATE_ANSWERS_MAX)
			continue;
		submit_answers(answering);
		answering = NULL;
	}
	if (answering)
		submit_answers(answering);
	return batch->answers > 0;
}
