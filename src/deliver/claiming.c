/* claiming.c - takes on what is due, as far as calls may carry it. Threads: the delivery
 * worker, but for claim_run() and claim_done(). */
#include "base/clock.h"
#include "deliver/ask.h"
#include "deliver/batch.h"
#include "deliver/deliver_inside.h"

#define HOLD_MS 200      /* how long a claim waits at most when nobody says otherwise */

struct claiming {
	struct unit unit; /* first: the store hands back its address */
	struct mail mail;
	struct desk *desk;
	struct claim_wish wish;
	struct delivery *deliveries;
	int count;
	bool more;
};

static int claim_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct claiming *claiming = (struct claiming *)unit;

	claiming->count = delivery_claim(tx, &claiming->wish, &claiming->deliveries,
					 &claiming->more, err);
	return claiming->count;
}

static void claimed(struct mail *mail)
{
	struct claiming *claiming =
		(struct claiming *)((char *)mail - offsetof(struct claiming, mail));
	struct desk *desk = claiming->desk;
	struct arena *arena = claiming->unit.arena;

	desk->is_claiming = false;
	desk->has_more = claiming->more && claiming->count > 0;
	if (claiming->count > 0) {
		desk->turn += (unsigned)claiming->count;
		desk_catch_up(desk);
		batches_begin(desk, arena, claiming->deliveries, (size_t)claiming->count);
		return;
	}
	if (claiming->count == 0 && desk->circuit.is_probing && desk->works == 0)
		desk->circuit.is_probing = false;
	arena_free(arena);
}

static void claim_done(struct unit *unit, int result, const struct error *err)
{
	struct claiming *claiming = (struct claiming *)unit;

	(void)err;
	claiming->count = result;
	claiming->mail.open = claimed;
	deliverer_post(claiming->desk->deliverer, &claiming->mail);
}

static void claim(struct desk *desk, int max)
{
	struct arena *arena = arena_new();
	struct claiming *claiming = arena_alloc(arena, sizeof(*claiming));
	struct deliverer *deliverer = desk->deliverer;

	claiming->desk = desk;
	claiming->wish = (struct claim_wish){
		.workspace = desk->workspace,
		.connection = desk->connection,
		.worker = deliverer->config.worker,
		.lease_ms = deliverer->config.lease_ms,
		.lag_ms = desk->terms->connector->index_lag_ms,
		.max = max,
		.turn = desk->turn,
	};
	claiming->unit = (struct unit){
		.run = claim_run,
		.done = claim_done,
		.workspace = desk->workspace,
		.arena = arena,
	};
	desk->is_claiming = true;
	desk->claimed_at = clock_now();
	store_submit(deliverer->config.store, URGENCY_OUTCOME, &claiming->unit);
}

/* How many deliveries may be taken on now: what the calls that may be under way can
 * carry, and one while the circuit is being probed. What is claimed has its batch for
 * good, so no more claims than calls: what stays in the store fills the next one. */
static int room_of(struct desk *desk, int64_t now)
{
	int room = desk_group(desk) * desk_concurrency(desk) - desk->works;

	if (desk->is_gone || desk->is_claiming || !circuit_allows(&desk->circuit, now) ||
	    desk->claims >= desk_concurrency(desk))
		return 0;
	if (desk->circuit.state != CIRCUIT_CLOSED)
		return desk->works == 0 ? 1 : 0;
	if (room > 1000)
		room = 1000;
	return room;
}

/* Asks the store when something falls due: an index look-up, no claim. */
static int64_t next_due(struct desk *desk)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct view *view = view_open(desk->deliverer->config.store, arena, &err);
	int64_t next = 0;

	if (view) {
		if (delivery_next_due(view, desk->connection, &next, &err) < 0)
			next = 0;
		view_close(view);
	}
	arena_free(arena);
	return next;
}

/* Until when a claim waits for more to come: not at all while calls are plenty, or when
 * the last one left some behind; then the longer, the fewer calls are left. */
static int64_t held_until(const struct desk *desk, int64_t now)
{
	int64_t most = desk->terms->connection->limits.hold_ms;
	int64_t pace;

	if (desk->terms->connector->batch_max <= 1 || desk->has_more)
		return 0;
	pace = budget_pace(&desk->budget, now);
	if (most <= 0)
		most = HOLD_MS;
	return pace ? desk->claimed_at + (pace < most ? pace : most) : 0;
}

void desk_serve(struct desk *desk, int64_t now)
{
	int room = room_of(desk, now);

	if (room <= 0)
		return;
	if (ask_needs_schema(desk, now))
		return;
	desk->held_until = held_until(desk, now);
	if (desk->held_until > now)
		return;
	if (!desk->has_more) {
		desk->next_due = next_due(desk);
		if (!desk->next_due || desk->next_due > now)
			return;
	}
	if (desk->circuit.state != CIRCUIT_CLOSED)
		desk->circuit.is_probing = true;
	claim(desk, room);
}
