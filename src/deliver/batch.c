/* batch.c - deliveries that go through their conversations together. Threads: the delivery
 * worker, but for settle_run() and settle_done(). */
#include "deliver/batch.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/gates.h"
#include "deliver/inbox.h"
#include "deliver/work.h"
#include "store/leads.h"

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

/* A part of a batch that is in one conversation. */
struct part {
	struct batch *batch;
	struct talk talk;
	struct work **works;
	struct record *records;
	size_t count;
};

static void advance(struct batch *batch);

static struct work_ground ground_of(struct batch *batch)
{
	return (struct work_ground){
		.store = deliverer_config(batch->desk->deliverer)->store,
		.arena = batch->arena,
		.now = clock_now(),
		.dice = (double)randombytes_uniform(1000) / 1000,
	};
}

/* ---- Settling ---- */

struct settle {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct batch *batch;
	struct actor actor;
	struct settlement *settlements;
	struct work **works;
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

static void batch_end_if_done(struct batch *batch);

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
static void settle_works(struct batch *batch, struct kept_call *calls, size_t ncalls)
{
	struct settle *settle = arena_alloc(batch->arena, sizeof(*settle));

	settle->works = arena_array(batch->arena, batch->count, sizeof(*settle->works));
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

static void home_release(struct batch_home *home)
{
	if (--home->batches > 0)
		return;
	home->desk->claims--;
	arena_free(home->arena);
}

static void batch_end_if_done(struct batch *batch)
{
	struct deliverer *deliverer = batch->desk->deliverer;

	if (batch->talks || batch->settles || batch->answers)
		return;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->works[i].need != NEED_NOTHING || batch->works[i].has_settlement)
			return;
	terms_release(batch->terms);
	home_release(batch->home);
	deliverer_wake(deliverer);
}

/* ---- Answers: what was looked for may have been waited for ---- */

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
	struct actor actor = { .workspace = batch->desk->workspace };
	struct error err = { 0 };
	struct view *view = view_open(deliverer_config(batch->desk->deliverer)->store,
				      batch->arena, &err);

	for (size_t i = 0; view && i < answering->count; i++) {
		struct lead lead;

		if (answering->answers[i].is_passed &&
		    lead_find(view, &actor, answering->answers[i].lead, &lead, &err) == 1)
			work_renew_lead(answering->works[i], &lead, batch->arena);
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
		advance(batch);
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
static bool answer_gates(struct batch *batch)
{
	struct answering *answering = NULL;

	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];

		if (!work->claim->is_awaited || work->look == LOOK_NONE)
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

/* ---- Intents: kept immediately before sending ---- */

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
	advance(batch);
}

static void intend_done(struct unit *unit, int result, const struct error *err)
{
	struct intend *intend = (struct intend *)unit;

	(void)err;
	intend->result = result;
	intend->mail.open = intended;
	deliverer_post(intend->batch->desk->deliverer, &intend->mail);
}

static void intend_writes(struct batch *batch)
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

/* ---- Conversations ---- */

static void talked(struct talk *talk)
{
	struct part *part = talk->context;
	struct batch *batch = part->batch;
	struct work_ground ground = ground_of(batch);

	batch->talks--;
	for (size_t i = 0; i < part->count; i++) {
		struct work *work = part->works[i];

		work->record = part->records[i];
		if (work->record.outcome == OUTCOME_REAUTH)
			batch->is_refused = true;
		if (work->need == NEED_FIND)
			work_found(work, &ground);
		else if (work->need == NEED_READ)
			work_read(work, &ground);
		else
			work_written(work, &ground);
	}
	if (batch->is_refused && circuit_refused(&batch->desk->circuit, ground.now))
		desk_store_state(batch->desk, "connection.refused",
				 "the CRM refused the credentials or a permission: see the "
				 "call, then authorise the connection again");
	if (!batch->plan)
		settle_works(batch, talk->calls, talk->ncalls);
	advance(batch);
}

static void start_part(struct batch *batch, enum need need, struct work **works,
		       size_t count)
{
	static const char *const verbs[] = { [NEED_FIND] = "find", [NEED_READ] = "read",
					     [NEED_WRITE] = "write" };
	struct part *part = arena_alloc(batch->arena, sizeof(*part));
	const struct connector *connector = batch->terms->connector;
	struct work_ground ground = ground_of(batch);
	size_t nnames;

	part->batch = batch;
	part->count = count;
	part->works = arena_memdup(batch->arena, works, count * sizeof(*works));
	part->records = arena_array(batch->arena, count, sizeof(*part->records));
	for (size_t i = 0; i < count; i++) {
		if (need == NEED_READ)
			work_ask_read(works[i], &ground);
		else if (need == NEED_WRITE)
			work_ask_write(works[i], &ground);
		part->records[i] = works[i]->record;
	}
	part->talk = (struct talk){
		.desk = batch->desk,
		.terms = batch->terms,
		.arena = batch->arena,
		.verb = verbs[need],
		.turn = need == NEED_FIND ? connector->find :
			need == NEED_READ ? connector->read :
					    connector->write,
		.mapping_version = batch->m->mapping->version,
		.until = batch->until,
		.done = talked,
		.context = part,
		.x = {
			.object = batch->m->mapping->object,
			.records = part->records,
			.nrecords = count,
		},
	};
	part->talk.x.names = work_names(batch->terms, batch->m, batch->arena, &nnames);
	part->talk.x.nnames = nnames;
	batch->talks++;
	talk_start(&part->talk);
}

static size_t size_of_part(const struct connector *connector, enum need need)
{
	int size = need == NEED_FIND ? connector->find_max :
		   need == NEED_READ ? connector->read_max :
				       connector->batch_max;

	return size > 0 ? (size_t)size : 1;
}

/* Cuts the works that have a need (and, to write, one action) into conversations. */
static void start_parts(struct batch *batch, enum need need, int action)
{
	struct work **works = arena_array(batch->arena, batch->count, sizeof(*works));
	size_t size = size_of_part(batch->terms->connector, need), n = 0;

	struct work_ground ground = ground_of(batch);

	for (size_t i = 0; need == NEED_FIND && i < batch->count; i++)
		if (batch->works[i].need == NEED_FIND)
			work_ask_find(&batch->works[i], &ground);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->works[i].need == need &&
		    (need != NEED_WRITE || (int)batch->works[i].action == action))
			works[n++] = &batch->works[i];
	/* Held by `talks`, the batch cannot end while parts are being started. */
	batch->talks++;
	for (size_t i = 0; i < n; i += size)
		start_part(batch, need, &works[i], n - i < size ? n - i : size);
	batch->talks--;
}

static bool any(const struct batch *batch, enum need need)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->works[i].need == need)
			return true;
	return false;
}

static void compute(struct batch *batch)
{
	struct work_ground ground = ground_of(batch);

	for (size_t i = 0; i < batch->count; i++)
		if (batch->works[i].need == NEED_COMPUTE)
			work_compute(&batch->works[i], &ground);
}

static void plan_end(struct batch *batch);

/* Looks are finished before anything is written: the writes of a whole claim fill their
 * batches. Called when a conversation ended; does nothing while others of the same
 * kind are under way. */
static void advance(struct batch *batch)
{
	if (batch->talks)
		return;
	if (any(batch, NEED_FIND)) {
		start_parts(batch, NEED_FIND, 0);
		if (batch->talks)
			return;
	}
	if (!batch->plan && !batch->is_answered) {
		batch->is_answered = true;
		if (answer_gates(batch))
			return;
	}
	compute(batch);
	if (any(batch, NEED_READ)) {
		start_parts(batch, NEED_READ, 0);
		if (batch->talks)
			return;
		compute(batch);
	}
	if (batch->plan) {
		plan_end(batch);
		return;
	}
	if (any(batch, NEED_WRITE) && !batch->is_intended) {
		settle_works(batch, NULL, 0);
		intend_writes(batch);
		return;
	}
	if (any(batch, NEED_WRITE)) {
		start_parts(batch, NEED_WRITE, RECORD_UPDATE);
		start_parts(batch, NEED_WRITE, RECORD_CREATE);
	}
	settle_works(batch, NULL, 0);
	batch_end_if_done(batch);
}

/* ---- Beginning ---- */

static struct batch *batch_new(struct desk *desk, struct batch_home *home,
			       struct terms_mapping *m, size_t room)
{
	struct batch *batch = arena_alloc(home->arena, sizeof(*batch));

	*batch = (struct batch){
		.desk = desk,
		.terms = terms_hold(desk->terms),
		.m = m,
		.arena = home->arena,
		.home = home,
		.works = arena_array(home->arena, room, sizeof(*batch->works)),
		.until = clock_now() + deliverer_config(desk->deliverer)->talk_ms,
	};
	home->batches++;
	return batch;
}

static void add_work(struct batch *batch, const struct claim *claim,
		     const struct work_ground *ground)
{
	struct work *work = &batch->works[batch->count++];

	work->claim = claim;
	work->terms = batch->terms;
	work->m = batch->m;
	work_begin(work, ground);
}

static int load(struct desk *desk, struct arena *arena, struct claim *claims, size_t count)
{
	struct error err = { 0 };
	struct view *view =
		view_open(deliverer_config(desk->deliverer)->store, arena, &err);
	int rc = -1;

	if (view) {
		rc = claim_load(view, claims, count, &err);
		view_close(view);
	}
	if (rc < 0)
		log_error(&desk->log, "claim.unread");
	return rc;
}

static void cut_by_mapping(struct desk *desk, struct batch_home *home, struct claim *claims,
			   size_t count)
{
	size_t group = (size_t)desk_group(desk);
	bool *taken = arena_array(home->arena, count, sizeof(*taken));

	for (size_t i = 0; i < count; i++) {
		struct terms_mapping *m;
		struct work_ground ground;
		struct batch *batch;

		if (taken[i])
			continue;
		m = terms_mapping_of(desk->terms, claims[i].delivery.mapping);
		batch = batch_new(desk, home, m, group);
		ground = ground_of(batch);
		for (size_t j = i; j < count && batch->count < group; j++) {
			if (taken[j] || claims[j].delivery.mapping != claims[i].delivery.mapping)
				continue;
			taken[j] = true;
			add_work(batch, &claims[j], &ground);
		}
		advance(batch);
	}
}

void batches_begin(struct desk *desk, struct arena *arena, struct delivery *deliveries,
		   size_t count)
{
	struct claim *claims = arena_array(arena, count, sizeof(*claims));
	struct batch_home *home = arena_alloc(arena, sizeof(*home));

	*home = (struct batch_home){ .desk = desk, .arena = arena, .batches = 1 };
	desk->claims++;
	for (size_t i = 0; i < count; i++)
		claims[i].delivery = deliveries[i];
	desk->works += (int)count;
	if (load(desk, arena, claims, count) < 0)
		/* The leases run out and the deliveries are claimed again. */
		desk->works -= (int)count;
	else
		cut_by_mapping(desk, home, claims, count);
	home_release(home);
}

/* ---- Planning ---- */

static json_t *plan_lines(const struct work *work, struct arena *arena)
{
	json_t *lines = json_keep(arena, json_array());

	for (size_t i = 0; i < work->applied.nlines; i++) {
		const struct applied_line *line = &work->applied.lines[i];

		json_array_append_new(
			lines,
			json_pack("{s:s, s:s*, s:o, s:o, s:o, s:s, s:s*, s:s*}", "field",
				  line->line->field->to, "from", line->line->field->from,
				  "current", value_to_json(line->seen), "given",
				  value_to_json(line->given), "wanted",
				  value_to_json(line->wanted), "state",
				  line_verdict_name(line->verdict), "reason", line->reason,
				  "instruction", line->instruction));
	}
	return lines;
}

/* The request that a write of this lead alone would send: the connector's own words. */
static const char *plan_request(struct batch *batch, struct work *work)
{
	struct work_ground ground = ground_of(batch);
	struct exchange x = {
		.connection = batch->terms->connection,
		.object = batch->m->mapping->object,
		.records = &work->record,
		.nrecords = 1,
		.now = ground.now,
		.arena = batch->arena,
	};

	work_ask_write(work, &ground);
	if (batch->terms->connector->write(&x) != TURN_SEND)
		return NULL;
	return arena_printf(batch->arena, "%s %s\n%s", x.request.method, x.request.url,
			    x.request.body ? x.request.body : "");
}

static void plan_one(struct batch *batch, struct work *work, struct planned *planned)
{
	*planned = (struct planned){
		.lead = work->claim->lead.id,
		.remote_id = work->remote_id,
		.action = "none",
		.code = work->s.code,
		.reason = work->s.reason,
		.fields = plan_lines(work, batch->arena),
	};
	if (work->need == NEED_WRITE) {
		planned->action = work->action == RECORD_CREATE ? "create" : "update";
		planned->request = plan_request(batch, work);
	} else if (work->s.state == DELIVERY_DEAD) {
		planned->action = "refused";
	} else if (work->s.state != DELIVERY_AT_REST) {
		planned->action = "held";
	}
}

static void plan_end(struct batch *batch)
{
	struct plan_wish *wish = batch->plan;

	for (size_t i = 0; i < batch->count; i++)
		plan_one(batch, &batch->works[i], &wish->planned[i]);
	terms_release(batch->terms);
	wish->done(wish, NULL);
}

void batch_plan(struct plan_wish *wish)
{
	struct batch_home *home = arena_alloc(wish->arena, sizeof(*home));
	struct batch *batch;
	struct work_ground ground;

	*home = (struct batch_home){ .arena = wish->arena };
	batch = batch_new(wish->desk, home, wish->mapping, wish->count);
	batch->plan = wish;
	ground = ground_of(batch);
	for (size_t i = 0; i < wish->count; i++)
		add_work(batch, &wish->claims[i], &ground);
	advance(batch);
}
