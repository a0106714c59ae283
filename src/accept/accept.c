/* accept.c - the way in: decide and commit. Threads: the committer, but for
 * intake_submit(). */
#include "accept/accept.h"

#include <string.h>

#include "base/id.h"
#include "pipeline/pipeline.h"

struct intake_unit {
	struct unit unit; /* first: the store hands back its address */
	struct intake *intake;
	size_t first, count;
};

static void add_warnings(struct buf *buf, const struct problems *warnings)
{
	buf_add(buf, ",\"warnings\":[");
	for (size_t i = 0; i < warnings->count; i++) {
		const struct problem *p = &warnings->items[i];

		buf_add(buf, i > 0 ? ",{\"field\":" : "{\"field\":");
		buf_add_json(buf, p->field);
		buf_add(buf, ",\"code\":");
		buf_add_json(buf, p->code);
		buf_add(buf, ",\"message\":");
		buf_add_json(buf, p->message);
		buf_addc(buf, '}');
	}
	buf_addc(buf, ']');
}

static void add_id(struct buf *buf, const char *name, int64_t id)
{
	char text[ID_TEXT_SIZE];

	id_format(id, text);
	buf_addf(buf, "\"%s\":\"%s\",", name, text);
}

static void answer_decision(struct arena *arena, const struct submission *s,
			    const struct decision *d, struct answer *answer)
{
	struct buf buf;

	buf_init(&buf, arena, 64u << 10);
	buf_addc(&buf, '{');
	add_id(&buf, "id", s->id);
	if (d->lead)
		add_id(&buf, "lead_id", d->lead->id);
	if (d->enquiry)
		add_id(&buf, "enquiry_id", d->enquiry->id);
	buf_addf(&buf, "\"result\":\"%s\"", result_name(d->result));
	if (d->reason)
		buf_addf(&buf, ",\"reason\":\"%s\"", d->reason);
	add_warnings(&buf, &s->warnings);
	buf_addc(&buf, '}');
	answer->status = d->result == RESULT_CREATED ? 201 : 200;
	answer->body = buf_text(&buf);
}

static void answer_in_process(struct arena *arena, const struct decision *d,
			      struct answer *answer)
{
	char id[ID_TEXT_SIZE];

	id_format(d->lead->id, id);
	answer->status = 409;
	answer->body = arena_printf(
		arena,
		"{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,"
		"\"code\":\"duplicate_in_process\",\"detail\":\"this lead is being worked on; "
		"this source rejects leads in process\",\"lead_id\":\"%s\"}",
		id);
}

static void answer_of(struct arena *arena, const struct submission *s,
		      const struct decision *d, struct answer *answer)
{
	switch (d->result) {
	case RESULT_CREATED:
	case RESULT_UPDATED:
	case RESULT_UNCHANGED:
	case RESULT_IGNORED:
		answer_decision(arena, s, d, answer);
		return;
	case RESULT_IN_PROCESS:
		answer_in_process(arena, d, answer);
		return;
	case RESULT_REJECTED:
		answer_problems(arena, &s->errors, answer);
		return;
	}
}

/* 1 when an earlier request answers this one. */
static int replay(struct tx *tx, struct intake *intake, struct intake_item *item,
		  struct error *err)
{
	const struct submission *s = item->submission;
	struct earlier earlier;
	int found = idempotency_find(tx_view(tx), &intake->actor, s, tx_now(tx), &earlier, err);

	if (found != 1)
		return found;
	item->lead = earlier.lead;
	if (earlier.is_erased) {
		answer_problem(tx_arena(tx), 410, "erased",
			       "the lead of this request was erased", &item->answer);
		return 1;
	}
	if (memcmp(earlier.body_hash, s->body_hash, SHA256_SIZE) != 0 && !s->is_short_lived) {
		answer_problem(tx_arena(tx), 422, "idempotency_key_reused",
			       "this Idempotency-Key came with another body before; use a new "
			       "key for a new request",
			       &item->answer);
		return 1;
	}
	item->answer = earlier.answer;
	item->is_replayed = true;
	return 1;
}

/* 1 when the same values were said just before: they are answered as they were. */
static int repeat(struct tx *tx, const struct actor *actor, struct intake_item *item,
		  const struct case_file *file, struct error *err)
{
	struct submission *s = item->submission;
	struct repeated repeated;
	struct lead lead = { 0 };
	struct enquiry enquiry = { 0 };
	struct decision d = { .lead = &lead };
	int found = repeated_find(tx_view(tx), actor, s, file, tx_now(tx), &repeated, err);

	if (found != 1)
		return found;
	s->id = repeated.submission;
	lead.id = item->lead = repeated.lead;
	enquiry.id = repeated.enquiry;
	d.enquiry = enquiry.id ? &enquiry : NULL;
	d.result = item->result = repeated.result;
	d.reason = repeated.reason;
	answer_of(tx_arena(tx), s, &d, &item->answer);
	item->is_replayed = true;
	return 1;
}

static int decide(struct tx *tx, struct intake *intake, struct intake_item *item,
		  struct error *err)
{
	struct submission *s = item->submission;
	struct case_file file = { 0 };
	struct ground ground = {
		.submission = s,
		.file = &file,
		.config = snapshot_config(intake->snapshot),
		.source = item->source,
		.now = tx_now(tx),
		.arena = tx_arena(tx),
	};
	const struct decision *d;
	int found;

	if (s->errors.count == 0) {
		found = case_load(tx_view(tx), &intake->actor, s, &file, err);
		found = found < 0 ? -1 : repeat(tx, &intake->actor, item, &file, err);
		if (found == 0)
			found = pool_positions_load(tx_view(tx), &intake->actor, ground.config,
						    &ground.facts, err);
		if (found)
			return found < 0 ? -1 : 0;
	}
	s->id = tx_id(tx);
	ground.facts.lead_id = tx_id(tx);
	ground.facts.enquiry_id = tx_id(tx);
	d = pipeline_decide(&ground);
	if (s->is_short_lived && d->result > RESULT_UNCHANGED) {
		found = replay(tx, intake, item, err);
		if (found)
			return found < 0 ? -1 : 0;
	}
	item->result = d->result;
	item->lead = d->lead ? d->lead->id : 0;
	answer_of(tx_arena(tx), s, d, &item->answer);
	return decision_add(tx, &intake->actor, &ground, d, &item->answer, err);
}

/* Without a key, and with a lead to belong to, repeat() answers what was said before. */
static bool has_own_key(const struct submission *s)
{
	return s->has_idempotency || s->nidentities == 0;
}

static int run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct intake_unit *part = (struct intake_unit *)unit;

	for (size_t i = part->first; i < part->first + part->count; i++) {
		struct intake_item *item = &part->intake->items[i];
		int found;

		if (!item->submission)
			continue;
		found = has_own_key(item->submission) ? replay(tx, part->intake, item, err) : 0;
		if (found < 0 || (found == 0 && decide(tx, part->intake, item, err) < 0))
			return -1;
	}
	return part->intake->also ?
		       part->intake->also(tx, part->intake, part->first, part->count, err) :
		       0;
}

static void done(struct unit *unit, int result, const struct error *err)
{
	struct intake_unit *part = (struct intake_unit *)unit;
	struct intake *intake = part->intake;

	if (result < 0) {
		intake->failure = *err;
		for (size_t i = part->first; i < part->first + part->count; i++)
			if (intake->items[i].submission)
				intake->items[i].answer = (struct answer){ 0 };
	}
	if (--intake->left > 0)
		return;
	snapshot_release(intake->snapshot);
	intake->snapshot = NULL;
	intake->answered(intake, intake->failure.code ? &intake->failure : NULL);
}

static void free_arena(void *arena)
{
	arena_free(arena);
}

static struct arena *arena_of_part(struct intake *intake, size_t nunits)
{
	struct arena *arena;

	if (nunits == 1)
		return intake->arena;
	arena = arena_new();
	arena_defer(intake->arena, free_arena, arena);
	return arena;
}

void intake_submit(struct intake *intake)
{
	size_t nunits = (intake->nitems + INTAKE_UNIT_MAX - 1) / INTAKE_UNIT_MAX;

	intake->nunits = nunits;
	intake->units = arena_array(intake->arena, nunits, sizeof(*intake->units));
	for (size_t i = 0; i < nunits; i++) {
		struct intake_unit *part = &intake->units[i];
		size_t rest = intake->nitems - i * INTAKE_UNIT_MAX;

		part->intake = intake;
		part->first = i * INTAKE_UNIT_MAX;
		part->count = rest < INTAKE_UNIT_MAX ? rest : INTAKE_UNIT_MAX;
		part->unit = (struct unit){
			.run = run,
			.done = done,
			.workspace = intake->actor.workspace,
			/* Parts of one answer end together, whatever that takes. */
			.is_awaited = intake->is_awaited && nunits == 1,
			/* Its own, so that a second run rewinds nobody else's. */
			.arena = arena_of_part(intake, nunits),
		};
	}
	intake->left = (int)nunits;
	/* The last `done` may free the intake: do not look at it after the last submit. */
	for (size_t i = 0; i < nunits; i++)
		store_submit(intake->store, intake->urgency, &intake->units[i].unit);
}
