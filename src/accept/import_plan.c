/* import_plan.c - what would become of rows, without writing. Threads: one at a time. */
#include "accept/import_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/pipeline.h"

#define FIRST_ROOM 1024
#define ROOM_MAX (1u << 22) /* identities that are remembered: 64 MiB of them */

struct import_plan {
	struct store *store;
	struct snapshot *snapshot; /* the import's */
	struct actor actor;
	struct hash16 *seen;       /* of rows that would be new leads: open addressing */
	size_t room, count;
};

struct import_plan *import_plan_new(struct store *store, struct snapshot *snapshot,
				    const struct actor *actor)
{
	struct import_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		abort();
	*plan = (struct import_plan){ .store = store, .snapshot = snapshot, .actor = *actor };
	return plan;
}

void import_plan_free(struct import_plan *plan)
{
	if (!plan)
		return;
	free(plan->seen);
	free(plan);
}

/* Where a hash stands or would stand. An empty place is all zeros. */
static struct hash16 *place_of(const struct import_plan *plan, const struct hash16 *hash)
{
	static const struct hash16 none;
	uint64_t at;

	memcpy(&at, hash->bytes, sizeof(at));
	for (;; at++) {
		struct hash16 *place = &plan->seen[at & (plan->room - 1)];

		if (memcmp(place, &none, sizeof(none)) == 0 ||
		    memcmp(place, hash, sizeof(*hash)) == 0)
			return place;
	}
}

static bool is_seen(const struct import_plan *plan, const struct hash16 *hash)
{
	return plan->room && memcmp(place_of(plan, hash), hash, sizeof(*hash)) == 0;
}

static void grow(struct import_plan *plan)
{
	struct import_plan more = { .room = plan->room ? 2 * plan->room : FIRST_ROOM };
	static const struct hash16 none;

	more.seen = calloc(more.room, sizeof(*more.seen));
	if (!more.seen)
		abort();
	for (size_t i = 0; i < plan->room; i++)
		if (memcmp(&plan->seen[i], &none, sizeof(none)) != 0)
			*place_of(&more, &plan->seen[i]) = plan->seen[i];
	free(plan->seen);
	plan->seen = more.seen;
	plan->room = more.room;
}

static void remember(struct import_plan *plan, const struct submission *s)
{
	for (size_t i = 0; i < s->nidentities; i++) {
		if (s->identities[i].is_weak || is_seen(plan, &s->identities[i].hash))
			continue;
		if (2 * plan->count >= plan->room) {
			if (plan->room >= ROOM_MAX)
				return;
			grow(plan);
		}
		*place_of(plan, &s->identities[i].hash) = s->identities[i].hash;
		plan->count++;
	}
}

static bool joins_a_row(const struct import_plan *plan, const struct submission *s)
{
	for (size_t i = 0; i < s->nidentities; i++)
		if (!s->identities[i].is_weak && is_seen(plan, &s->identities[i].hash))
			return true;
	return false;
}

static int decide(struct import_plan *plan, struct view *view, struct intake_item *item,
		  struct error *err)
{
	struct submission *s = item->submission;
	struct case_file file = { 0 };
	struct ground ground = {
		.submission = s,
		.file = &file,
		.config = snapshot_config(plan->snapshot),
		.source = item->source,
		.facts = { .lead_id = 1, .enquiry_id = 1 },
		.now = clock_now(),
		.arena = view_arena(view),
	};

	if (s->errors.count == 0 &&
	    (case_load(view, &plan->actor, s, &file, err) < 0 ||
	     pool_positions_load(view, &plan->actor, ground.config, &ground.facts, err) < 0))
		return -1;
	item->decision = pipeline_decide(&ground);
	item->result = item->decision->result;
	if (item->result != RESULT_CREATED)
		return 0;
	if (joins_a_row(plan, s))
		item->result = RESULT_UPDATED;
	else
		remember(plan, s);
	return 0;
}

int import_plan_decide(struct import_plan *plan, struct arena *arena,
		       struct intake_item *items, size_t count, struct error *err)
{
	struct view *view = view_open(plan->store, arena, err);
	int rc = view ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = decide(plan, view, &items[i], err);
	if (view)
		view_close(view);
	return rc;
}
