/* syncs.c - lets go on what waited for a sync, and runs what was asked to run, piece by piece.
 * Threads: the delivery worker, but for step_run() and step_done(). */
#include "store/syncs.h"

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "deliver/deliver_inside.h"

#define RELEASED_AT_ONCE 1000 /* deliveries of one transaction */
#define LEADS_AT_ONCE 200
#define AGAIN_MS 1000

struct step {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct desk *desk;
	struct terms *terms;
	const struct mapping *run; /* the mapping whose sync runs; NULL: releasing */
	int result;
};

static struct actor actor_of(const struct desk *desk)
{
	return (struct actor){ .workspace = desk->workspace, .kind = ACTOR_SYSTEM };
}

static int release(struct tx *tx, const struct step *step, struct error *err)
{
	struct actor actor = actor_of(step->desk);
	int released = 0, gone;

	for (size_t i = 0; i < step->terms->nmappings; i++) {
		const struct terms_mapping *m = &step->terms->mappings[i];
		const struct { const char *code; bool is_held; } codes[] = {
			{ SYNC_PAUSED, m->pause != NULL },
			{ SYNC_KEY, text_equal(m->lack_code, SYNC_KEY) },
			{ SYNC_SCHEMA, text_equal(m->lack_code, SYNC_SCHEMA) },
			{ SYNC_DRIFT, m->hold != NULL },
			{ SYNC_DRIFT_VALUE, m->ndrifts > 0 },
		};

		for (size_t j = 0; j < ARRAY_LEN(codes); j++) {
			int n = codes[j].is_held ? 0 :
						   sync_release(tx, &actor, m->mapping->id,
								codes[j].code,
								RELEASED_AT_ONCE, err);

			if (n < 0)
				return -1;
			released += n;
		}
	}
	gone = sync_release_gone(tx, &actor, step->desk->connection, RELEASED_AT_ONCE, err);
	return gone < 0 ? -1 : released + gone > 0;
}

static int step_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct step *step = (struct step *)unit;
	struct actor actor = actor_of(step->desk);

	if (!step->run)
		return release(tx, step, err);
	return sync_run_step(tx, &actor, step->terms->config, step->run, LEADS_AT_ONCE, err);
}

static void stepped(struct mail *mail)
{
	struct step *step = (struct step *)((char *)mail - offsetof(struct step, mail));
	struct desk *desk = step->desk;
	int64_t now = clock_now();

	desk->is_stepping = false;
	desk->step_at = 0;
	if (step->result < 0) {
		log_warn(&desk->log, "sync.step_failed");
		desk->step_at = now + CLOCK_SECOND;
	} else if (step->result == 0 && step->run) {
		desk->running = 0;
	} else if (step->result == 0 && now > desk->release_until) {
		desk->is_releasing = false;
	} else if (step->result == 0) {
		desk->step_at = now + AGAIN_MS;
	}
	terms_release(step->terms);
	arena_free(step->unit.arena);
}

static void step_done(struct unit *unit, int result, const struct error *err)
{
	struct step *step = (struct step *)unit;

	(void)err;
	step->result = result;
	step->mail.open = stepped;
	deliverer_post(step->desk->deliverer, &step->mail);
}

void desk_step(struct desk *desk, int64_t now)
{
	struct terms_mapping *running =
		desk->running ? terms_mapping_of(desk->terms, desk->running) : NULL;
	struct arena *arena;
	struct step *step;

	if (!running)
		desk->running = 0;
	if (desk->is_gone || desk->is_stepping || desk->step_at > now ||
	    (!desk->is_releasing && !running))
		return;
	arena = arena_new();
	step = arena_alloc(arena, sizeof(*step));
	step->desk = desk;
	step->terms = terms_hold(desk->terms);
	step->run = running ? running->mapping : NULL;
	step->unit = (struct unit){
		.run = step_run,
		.done = step_done,
		.workspace = desk->workspace,
		.arena = arena,
	};
	desk->is_stepping = true;
	store_submit(desk->deliverer->config.store, URGENCY_BULK, &step->unit);
}

/* ---- What people did ---- */

static const struct sync_state *state_of(const struct sync_state *states, size_t count,
					 int64_t mapping)
{
	for (size_t i = 0; i < count; i++)
		if (states[i].mapping == mapping)
			return &states[i];
	return NULL;
}

bool desk_note_syncs(struct desk *desk, const struct sync_state *states, size_t count)
{
	bool is_changed = false;

	for (size_t i = 0; i < desk->terms->nmappings; i++) {
		const struct terms_mapping *m = &desk->terms->mappings[i];
		const struct sync_state *state = state_of(states, count, m->mapping->id);
		bool is_paused = state && state->paused_at;

		if (m->sync && !m->sync->is_paused && is_paused != (m->pause != NULL))
			is_changed = true;
		if (state && state->run_after < state->run_until)
			desk->running = m->mapping->id;
	}
	return is_changed;
}
