/* recent.c - a ring of identities with chains by hash. Threads: see recent.h.
 *
 * Places count up for ever; an identity lies at its place modulo the ring's size. A chain
 * begins at the newest of its hashes and ends where a place is no longer in the ring, so
 * nothing needs to be unlinked at the front. Links are places + 1; 0 is none. */
#include "store/recent.h"

#include <stdlib.h>
#include <string.h>

#define CHAINS 65536 /* by the first two bytes of the hash: in the order of the index */
#define ROOM_AT_FIRST 1024

struct state {
	uint64_t first, end;  /* places in the ring */
	uint64_t sweep_began; /* `end` when the running sweep began */
	uint64_t swept;       /* all before it are settled */
	size_t chain;         /* where the sweep is */
	size_t unsettled;
};

struct recent {
	struct recent_identity *ring;
	size_t room; /* a power of two, or 0 */
	uint64_t *newest; /* by chain; NULL while there is no ring */
	struct state now, kept;
	int64_t last_seq, kept_seq;

	/* Settled since it was last kept. */
	uint64_t *settled;
	size_t nsettled, settled_room;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct recent *recent_new(void)
{
	return must(calloc(1, sizeof(struct recent)));
}

void recent_free(struct recent *recent)
{
	if (!recent)
		return;
	free(recent->ring);
	free(recent->newest);
	free(recent->settled);
	free(recent);
}

static struct recent_identity *at(const struct recent *recent, uint64_t place)
{
	return &recent->ring[place & (recent->room - 1)];
}

static size_t chain_of(const struct hash16 *hash)
{
	return (size_t)hash->bytes[0] << 8 | hash->bytes[1];
}

static struct recent_identity *linked(struct recent *recent, uint64_t link)
{
	return link > recent->now.first ? at(recent, link - 1) : NULL;
}

/* ---- Adding ---- */

static void make_room(struct recent *recent)
{
	size_t room = recent->room ? recent->room * 2 : ROOM_AT_FIRST;
	struct recent_identity *ring;

	if (recent->now.end - recent->now.first < recent->room)
		return;
	ring = must(calloc(room, sizeof(*ring)));
	for (uint64_t place = recent->now.first; place < recent->now.end; place++)
		ring[place & (room - 1)] = *at(recent, place);
	free(recent->ring);
	recent->ring = ring;
	recent->room = room;
	if (!recent->newest)
		recent->newest = must(calloc(CHAINS, sizeof(*recent->newest)));
}

int64_t recent_next_seq(const struct recent *recent)
{
	return recent->last_seq + 1;
}

void recent_add(struct recent *recent, const struct recent_identity *identity)
{
	uint64_t *newest, place = recent->now.end;
	struct recent_identity *e;

	make_room(recent);
	for (e = recent_newest(recent, identity->workspace, &identity->hash); e;
	     e = recent_older(recent, e))
		if (e->lead == identity->lead)
			recent_settle(recent, e);
	newest = &recent->newest[chain_of(&identity->hash)];
	e = at(recent, place);
	*e = *identity;
	e->is_settled = false;
	e->older = *newest;
	*newest = place + 1;
	recent->last_seq = identity->seq;
	recent->now.end++;
	recent->now.unsettled++;
}

/* ---- Finding ---- */

static bool is_of_key(const struct recent_identity *e, int64_t workspace,
		      const struct hash16 *hash)
{
	return e->workspace == workspace &&
	       memcmp(e->hash.bytes, hash->bytes, sizeof(hash->bytes)) == 0;
}

static struct recent_identity *first_of_key(struct recent *recent, uint64_t link,
					    int64_t workspace, const struct hash16 *hash)
{
	struct recent_identity *e = linked(recent, link);

	while (e && !is_of_key(e, workspace, hash))
		e = linked(recent, e->older);
	return e;
}

struct recent_identity *recent_newest(struct recent *recent, int64_t workspace,
				      const struct hash16 *hash)
{
	if (!recent->newest)
		return NULL;
	return first_of_key(recent, recent->newest[chain_of(hash)], workspace, hash);
}

struct recent_identity *recent_older(struct recent *recent, const struct recent_identity *than)
{
	return first_of_key(recent, than->older, than->workspace, &than->hash);
}

/* ---- Settling ---- */

static uint64_t place_of(const struct recent *recent, const struct recent_identity *e)
{
	uint64_t offset = (uint64_t)(e - recent->ring);

	return recent->now.first + ((offset - recent->now.first) & (recent->room - 1));
}

void recent_settle(struct recent *recent, struct recent_identity *e)
{
	if (e->is_settled)
		return;
	if (recent->nsettled == recent->settled_room) {
		recent->settled_room = recent->settled_room ? recent->settled_room * 2 : 64;
		recent->settled = must(realloc(recent->settled, recent->settled_room *
							  sizeof(*recent->settled)));
	}
	recent->settled[recent->nsettled++] = place_of(recent, e);
	e->is_settled = true;
	recent->now.unsettled--;
}

static struct recent_identity *unsettled_of(struct recent *recent, size_t chain)
{
	struct recent_identity *e = linked(recent, recent->newest[chain]);

	while (e && e->is_settled)
		e = linked(recent, e->older);
	return e;
}

struct recent_identity *recent_sweep(struct recent *recent)
{
	struct state *now = &recent->now;

	if (now->unsettled == 0)
		return NULL;
	for (;;) {
		struct recent_identity *e = unsettled_of(recent, now->chain);

		if (now->chain == 0)
			now->sweep_began = now->end;
		if (e)
			return e;
		if (++now->chain < CHAINS)
			continue;
		now->chain = 0;
		now->swept = now->sweep_began;
	}
}

int64_t recent_prune(struct recent *recent, size_t max)
{
	struct state *now = &recent->now;
	uint64_t until = now->unsettled ? now->swept : now->end;

	if (until <= now->first)
		return 0;
	if (until - now->first > max)
		until = now->first + max;
	now->first = until;
	return at(recent, until - 1)->seq;
}

/* ---- How many ---- */

size_t recent_rows(const struct recent *recent)
{
	return (size_t)(recent->now.end - recent->now.first);
}

size_t recent_unsettled(const struct recent *recent)
{
	return recent->now.unsettled;
}

size_t recent_added(const struct recent *recent)
{
	return (size_t)(recent->now.end - recent->kept.end);
}

/* ---- With the transaction ---- */

void recent_keep(struct recent *recent)
{
	if (recent->ring && recent_rows(recent) == 0) {
		free(recent->ring);
		free(recent->newest);
		recent->ring = NULL;
		recent->newest = NULL;
		recent->room = 0;
	}
	recent->kept = recent->now;
	recent->kept_seq = recent->last_seq;
	recent->nsettled = 0;
}

void recent_undo(struct recent *recent)
{
	uint64_t end = recent->now.end;

	while (end > recent->kept.end) {
		const struct recent_identity *e = at(recent, --end);

		recent->newest[chain_of(&e->hash)] = e->older;
	}
	for (size_t i = 0; i < recent->nsettled; i++)
		if (recent->settled[i] < end)
			at(recent, recent->settled[i])->is_settled = false;
	recent->now = recent->kept;
	recent->last_seq = recent->kept_seq;
	recent->nsettled = 0;
}
