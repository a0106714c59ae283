/* batch.c - deliveries that go through their conversations together. Threads: the delivery
 * worker. */
#include "deliver/batch.h"

#include <sodium.h>

#include "base/clock.h"
#include "deliver/batch_inside.h"

/* A part of a batch that is in one conversation. */
struct part {
	struct batch *batch;
	struct talk talk;
	struct work **works;
	struct record *records;
	size_t count;
};

struct work_ground batch_ground(struct batch *batch)
{
	return (struct work_ground){
		.store = deliverer_config(batch->desk->deliverer)->store,
		.arena = batch->arena,
		.now = clock_now(),
		.dice = (double)randombytes_uniform(1000) / 1000,
	};
}

/* ---- Conversations ---- */

static void talked(struct talk *talk)
{
	struct part *part = talk->context;
	struct batch *batch = part->batch;
	struct work_ground ground = batch_ground(batch);

	batch->talks--;
	for (size_t i = 0; i < part->count; i++) {
		struct work *work = part->works[i];

		work->record = part->records[i];
		if (work->record.outcome == OUTCOME_REAUTH)
			batch->is_refused = true;
		/* It fitted the schema that we know: that may have changed. */
		if (work->record.outcome == OUTCOME_FIX_DATA)
			batch->desk->doubted_at = ground.now;
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
		batch_settle(batch, talk->calls, talk->ncalls);
	batch_advance(batch);
}

static void start_part(struct batch *batch, enum need need, struct work **works,
		       size_t count)
{
	static const char *const verbs[] = { [NEED_FIND] = "find", [NEED_READ] = "read",
					     [NEED_WRITE] = "write" };
	struct part *part = arena_alloc(batch->arena, sizeof(*part));
	const struct connector *connector = batch->terms->connector;
	struct work_ground ground = batch_ground(batch);
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
	if (batch->plan && need == NEED_WRITE) {
		batch->plan->would_send(batch->plan, &part->talk, part->works, count);
		return;
	}
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

	struct work_ground ground = batch_ground(batch);

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
	struct work_ground ground = batch_ground(batch);

	for (size_t i = 0; i < batch->count; i++)
		if (batch->works[i].need == NEED_COMPUTE)
			work_compute(&batch->works[i], &ground);
}

/* All is computed, and nothing is written: those who asked are told, and with that the
 * batch, which is theirs, is gone. */
static void end_plan(struct batch *batch)
{
	struct terms *terms = batch->terms;

	start_parts(batch, NEED_WRITE, RECORD_UPDATE);
	start_parts(batch, NEED_WRITE, RECORD_CREATE);
	batch->plan->done(batch->plan, batch->works);
	terms_release(terms);
}

/* Looks are finished before anything is written: the writes of a whole claim fill their
 * batches. Called when a conversation ended; does nothing while others of the same
 * kind are under way. */
void batch_advance(struct batch *batch)
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
		if (batch_answer_gates(batch))
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
		end_plan(batch);
		return;
	}
	if (any(batch, NEED_WRITE) && !batch->is_intended) {
		batch_settle(batch, NULL, 0);
		batch_intend(batch);
		return;
	}
	if (any(batch, NEED_WRITE)) {
		start_parts(batch, NEED_WRITE, RECORD_UPDATE);
		start_parts(batch, NEED_WRITE, RECORD_CREATE);
	}
	batch_settle(batch, NULL, 0);
	batch_end_if_done(batch);
}

/* ---- Beginning ---- */

struct batch *batch_new(struct desk *desk, struct batch_home *home,
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

void batch_add(struct batch *batch, const struct claim *claim,
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
		ground = batch_ground(batch);
		for (size_t j = i; j < count && batch->count < group; j++) {
			if (taken[j] || claims[j].delivery.mapping != claims[i].delivery.mapping)
				continue;
			taken[j] = true;
			batch_add(batch, &claims[j], &ground);
		}
		batch_advance(batch);
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
	batch_home_release(home);
}

void batch_plan(struct plan_wish *wish)
{
	struct batch_home *home = arena_alloc(wish->arena, sizeof(*home));
	struct batch *batch;
	struct work_ground ground;

	*home = (struct batch_home){ .arena = wish->arena };
	batch = batch_new(wish->desk, home, wish->mapping, wish->count);
	batch->plan = wish;
	ground = batch_ground(batch);
	for (size_t i = 0; i < wish->count; i++)
		batch_add(batch, &wish->claims[i], &ground);
	batch_advance(batch);
}
