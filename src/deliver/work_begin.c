/* work_begin.c - what a claim is told as, and what is needed for it first. Threads: pure. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "deliver/work_inside.h"
#include "store/syncs.h"

/* The text that stands for a lead at vendors: installation, workspace and lead. */
static const char *remote_key_of(struct store *store, struct arena *arena,
				 const struct lead *lead)
{
	char installation[ID_TEXT_SIZE], id[ID_TEXT_SIZE];

	id_format(store_installation(store), installation);
	id_format(lead->id, id);
	return arena_printf(arena, "%s-%lld-%s", installation, (long long)lead->workspace, id);
}

/* Why there is nothing to deliver any more, or not now, if so. */
static bool is_over(struct work *work)
{
	const struct claim *claim = work->claim;

	if (claim->lead.is_erased) {
		work_settle(work, DELIVERY_AT_REST, "erased", "the lead was erased");
		return true;
	}
	if (claim->lead.id != claim->delivery.subject) {
		work_settle(work, DELIVERY_AT_REST, "merged",
			    "the lead is part of another, which is delivered in its place");
		return true;
	}
	if (!work->m || !work->m->sync) {
		work_settle(work, DELIVERY_AT_REST, "unmapped",
			    "no mapping delivers it to this connection any more");
		return true;
	}
	if (work->m->sync->behaviour == BEHAVIOUR_NONE) {
		work_settle(work, DELIVERY_AT_REST, "behaviour_none", "its sync writes nothing");
		return true;
	}
	if (work->m->pause) {
		work_settle_waiting(work, SYNC_PAUSED, work->m->pause,
				    "resume the sync; it is then sent");
		return true;
	}
	if (work->m->lack) {
		work_settle_waiting(work, work->m->lack_code, work->m->lack,
				    work->m->lack_instruction);
		return true;
	}
	if (work->m->hold) {
		work_settle_waiting(work, SYNC_DRIFT, work->m->hold, work->m->hold_instruction);
		return true;
	}
	if (work->m->problem) {
		work_settle_dead(work, "mapping", NULL, work->m->problem,
				 "mend the mapping; it is then sent again");
		return true;
	}
	return false;
}

/* The claim with the lead as it was when it had its earlier values: they are told before
 * newer ones. */
static const struct claim *as_of_earlier(const struct work *work, const struct claim *claim,
					 struct arena *arena)
{
	struct claim *told;

	if (!claim->earlier || !work->m)
		return claim;
	told = arena_memdup(arena, claim, sizeof(*told));
	told->lead = lead_as_told(arena, work->m->mapping, &claim->lead, claim->earlier);
	return told;
}

/* A record that belongs to another is not made before that one is there. */
static bool is_waiting(struct work *work, const struct claim *claim, struct arena *arena)
{
	const char *parent = work->m->mapping->depends_on;

	if (work->is_linked || !parent || claim->parent)
		return false;
	if (claim->delivery.depends_on && claim->is_parent_at_rest)
		work_settle(work, DELIVERY_AT_REST, "parent_absent",
			    "the record that it belongs to is not in the CRM");
	else
		work_settle(work, DELIVERY_WAITING, "parent",
			    arena_printf(arena, "waits for the record of \"%s\"", parent));
	work->s.parent = parent;
	work->s.told = 0; /* nothing was */
	work->s.is_uncertain = claim->delivery.is_uncertain;
	return true;
}

/* A fact becomes a record of its own, which nobody else makes: it is looked for by our key,
 * and only if it may have been sent. */
static void begin_fact(struct work *work, const struct work_ground *ground)
{
	const struct claim *claim = work->claim;
	const struct delivery *d = &claim->delivery;
	char fact[ID_TEXT_SIZE];

	if (is_waiting(work, claim, ground->arena))
		return;
	if (!claim->earlier) {
		work_settle(work, DELIVERY_AT_REST, NULL, NULL);
		work->s.told = 0;
		return;
	}
	id_format(claim->earlier->version, fact);
	work->key = arena_printf(ground->arena, "%s-%s", work->key, fact);
	work->action = RECORD_CREATE;
	work->need = d->is_uncertain && !d->is_forced ? NEED_FIND : NEED_COMPUTE;
}

void work_begin(struct work *work, const struct work_ground *ground)
{
	const struct claim *claim = as_of_earlier(work, work->claim, ground->arena);
	const struct delivery *d = &claim->delivery;
	const struct link *link = claim->link;
	const struct connector *connector = work->terms->connector;

	work->claim = claim;
	if (is_over(work))
		return;
	work->key = remote_key_of(ground->store, ground->arena, &claim->lead);
	if (work->m->mapping->activities) {
		begin_fact(work, ground);
		return;
	}
	work->ntold = doc_fields(ground->arena, d->told_doc, &work->told);
	work->nintent = doc_fields(ground->arena, d->intent_doc, &work->intent);
	work->nseen = doc_fields(ground->arena, d->seen_doc, &work->seen);
	work->has_seen = d->seen_doc != NULL;
	work->is_linked = link && !text_equal(link->state, "gone");
	work->is_unconfirmed = work->is_linked && text_equal(link->state, "unconfirmed");
	if (is_waiting(work, claim, ground->arena))
		return;
	if (!work->is_linked) {
		work->has_seen = false;
		/* What was told to a record that is gone says nothing of another. */
		if (link)
			work->ntold = 0;
		work->nseen = 0;
		work->need = connector->find && !d->is_forced ? NEED_FIND : NEED_COMPUTE;
		if (work->need == NEED_COMPUTE)
			work->look = LOOK_ABSENT; /* as far as anybody can tell */
		return;
	}
	if (!text_equal(link->object, work->m->mapping->object)) {
		work_settle(work, DELIVERY_AT_REST, "elsewhere",
			    arena_printf(ground->arena, "this person is %s %s in the CRM",
					 link->object, link->remote_id));
		return;
	}
	work->remote_id = link->remote_id;
	work->remote_version = link->remote_version;
	work->is_ours = link->is_ours;
	work->action = RECORD_UPDATE;
	work->need = connector->read &&
				     (work->is_unconfirmed || d->is_uncertain || !work->has_seen) ?
			     NEED_READ :
			     NEED_COMPUTE;
}

void work_renew(struct work *work, const struct claim *claim, struct arena *arena)
{
	work->claim = as_of_earlier(work, claim, arena);
	if (work->has_settlement) {
		work->s.delivery = &work->claim->delivery;
		if (work->s.told)
			work->s.told = work->claim->lead.version;
	}
}
