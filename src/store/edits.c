/* edits.c - what a person changes in a lead. Threads: the committer. */
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/identities.h"
#include "store/lead_writes.h"
#include "store/suppressions.h"

#define DOUBTED_MAX 8

struct edit {
	struct tx *tx;
	const struct actor *actor;
	struct lead *lead;
	const char **names; /* of the fields that changed */
	size_t count;
};

static void set_field(struct edit *edit, const struct field *given)
{
	struct value before = lead_value(edit->lead, given->name);
	struct arena *arena = tx_arena(edit->tx);

	if (value_equal(before, given->value) ||
	    (value_is_empty(before) && value_is_empty(given->value)))
		return;
	lead_put(arena, edit->lead,
		 &(struct lead_field){
			 .name = given->name,
			 .value = given->value,
			 .writer = WRITER_PERSON,
			 .writer_id = edit->actor->id,
			 .at = tx_now(edit->tx),
			 .learned_at = tx_now(edit->tx),
		 });
	edit->names[edit->count++] = given->name;
}

static bool is_changed(const struct edit *edit, const char *name)
{
	for (size_t i = 0; i < edit->count; i++)
		if (text_equal(edit->names[i], name))
			return true;
	return false;
}

/* The keys of the values that were replaced: still the lead's, no longer what it is known
 * by. */
static int retire_keys(struct edit *edit, struct error *err)
{
	struct lead *lead = edit->lead;

	for (size_t i = 0; i < lead->nidentities; i++) {
		struct identity *identity = &lead->identities[i];

		if (identity->state != IDENTITY_CURRENT || !is_changed(edit, identity->kind))
			continue;
		identity->state = IDENTITY_FORMER;
		if (identity_write(edit->tx, lead, identity, err) < 0)
			return -1;
	}
	return 0;
}

/* Another lead may have the key already: then a person decides whether the two are one. */
static int doubt_others(struct edit *edit, const struct identity *identity,
			struct error *err)
{
	int64_t leads[DOUBTED_MAX + 1]; /* it is one of them */
	size_t count;

	if (identity_leads(tx_view(edit->tx), edit->lead->workspace, &identity->hash, leads,
			   ARRAY_LEN(leads), &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (leads[i] != edit->lead->id &&
		    duplicate_raise(edit->tx, edit->lead->workspace, edit->lead->id, leads[i],
				    "edited_key", err) < 0)
			return -1;
	return 0;
}

static int take_keys(struct edit *edit, const struct identity *identities, size_t count,
		     struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct identity identity = identities[i];

		if (!is_changed(edit, identity.kind))
			continue;
		identity.state = IDENTITY_CURRENT;
		lead_put_identity(tx_arena(edit->tx), edit->lead, &identity);
		if (identity_write(edit->tx, edit->lead, &identity, err) < 0 ||
		    doubt_others(edit, &identity, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < edit->lead->nidentities; i++)
		if (edit->lead->identities[i].state == IDENTITY_CURRENT)
			return 0;
	return error_set(err, ERR_INVALID,
			 "a lead needs something it is known by: an e-mail address or a phone "
			 "number");
}

static int audit_edit(const struct edit *edit, struct error *err)
{
	struct buf detail;

	buf_init(&detail, tx_arena(edit->tx), 64u << 10);
	buf_addf(&detail, "{\"version\":%lld,\"fields\":[", (long long)edit->lead->version);
	for (size_t i = 0; i < edit->count; i++) {
		if (i > 0)
			buf_addc(&detail, ',');
		buf_add_json(&detail, edit->names[i]);
	}
	buf_add(&detail, "]}");
	return audit_add(edit->tx, edit->actor, "lead.edited", "lead", edit->lead->id,
			 buf_text(&detail), NULL, err);
}

int lead_edit(struct tx *tx, const struct actor *actor, const struct config *config,
	      int64_t id, const struct field *fields, size_t count,
	      const struct identity *identities, size_t nidentities, struct error *err)
{
	struct lead *lead = arena_alloc(tx_arena(tx), sizeof(*lead));
	struct edit edit = { tx, actor, lead, NULL, 0 };
	struct lead before;
	struct fact facts[FACTS_MAX];
	struct want want = { .lane = LANE_NORMAL, .before = &before, .facts = facts };
	size_t nkeys;

	if (lead_get(tx_view(tx), actor, id, lead, err) < 0)
		return -1;
	nkeys = lead->nidentities;
	before = *lead;
	before.fields = arena_memdup(tx_arena(tx), lead->fields,
				     lead->nfields * sizeof(*lead->fields));
	edit.names = arena_array(tx_arena(tx), count, sizeof(*edit.names));
	for (size_t i = 0; i < count; i++)
		set_field(&edit, &fields[i]);
	if (edit.count == 0)
		return 0;
	if (retire_keys(&edit, err) < 0 ||
	    take_keys(&edit, identities, nidentities, err) < 0 ||
	    (lead->nidentities > nkeys && suppression_spread(tx, actor, lead, err) < 0))
		return -1;
	lead->version++;
	lead->updated_at = tx_now(tx);
	want.nfacts = facts_of_change(tx_arena(tx), &before, lead, tx_now(tx), facts, 0);
	if (lead_write(tx, lead, err) < 0 || audit_edit(&edit, err) < 0 ||
	    delivery_want(tx, actor, config, lead, &want, err) < 0)
		return error_wrap(err, "edit");
	return 1;
}
