/* lead_writes.c - changing a lead outside of decisions. Threads: the committer. */
#include "store/lead_writes.h"

#include <string.h>

#include "base/text.h"
#include "store/rows.h"

static void remove_field(struct lead *lead, size_t at)
{
	memmove(&lead->fields[at], &lead->fields[at + 1],
		(lead->nfields - at - 1) * sizeof(*lead->fields));
	lead->nfields--;
}

void lead_put(struct arena *arena, struct lead *lead, const struct lead_field *field)
{
	struct lead_field *more;
	size_t i;

	for (i = 0; i < lead->nfields; i++)
		if (text_equal(lead->fields[i].name, field->name))
			break;
	if (i < lead->nfields && value_is_empty(field->value))
		remove_field(lead, i);
	else if (i < lead->nfields)
		lead->fields[i] = *field;
	if (i < lead->nfields || value_is_empty(field->value))
		return;
	more = arena_array(arena, lead->nfields + 1, sizeof(*more));
	if (lead->nfields)
		memcpy(more, lead->fields, lead->nfields * sizeof(*more));
	more[lead->nfields++] = *field;
	lead->fields = more;
}

struct identity *lead_identity_find(struct lead *lead, const struct identity *wanted)
{
	for (size_t i = 0; i < lead->nidentities; i++)
		if (text_equal(lead->identities[i].kind, wanted->kind) &&
		    text_equal(lead->identities[i].key, wanted->key))
			return &lead->identities[i];
	return NULL;
}

void lead_put_identity(struct arena *arena, struct lead *lead,
		       const struct identity *identity)
{
	struct identity *known = lead_identity_find(lead, identity), *more;

	if (known) {
		known->state = identity->state;
		return;
	}
	more = arena_array(arena, lead->nidentities + 1, sizeof(*more));
	if (lead->nidentities)
		memcpy(more, lead->identities, lead->nidentities * sizeof(*more));
	more[lead->nidentities++] = *identity;
	lead->identities = more;
}

int lead_write(struct tx *tx, const struct lead *lead, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE lead SET version = $1, updated_at = $2, owner_rep = $3, "
			"is_test = $4, merged_into = $5, doc = $6 "
			"WHERE id = $7 AND workspace = $8",
			DB_VALUES(db_int(lead->version), db_int(lead->updated_at),
				  db_int(lead->owner_rep), db_int(lead->is_test),
				  db_int(lead->merged_into),
				  db_text(lead_doc(tx_arena(tx), lead)), db_int(lead->id),
				  db_int(lead->workspace)),
			err);
}

int duplicate_raise(struct tx *tx, int64_t workspace, int64_t lead, int64_t other,
		    const char *reason, struct error *err)
{
	int64_t id;
	int found = db_find_int(tx_view(tx)->db,
				"SELECT id FROM possible_duplicate WHERE lead = $1 "
				"AND other = $2 AND workspace = $3",
				DB_VALUES(db_int(lead), db_int(other), db_int(workspace)), &id,
				err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	return db_write(tx_view(tx)->db,
			"INSERT INTO possible_duplicate (id, workspace, lead, other, reason, "
			"state, created_at) VALUES ($1, $2, $3, $4, $5, 'open', $6)",
			DB_VALUES(db_int(tx_id(tx)), db_int(workspace), db_int(lead),
				  db_int(other), db_text(reason), db_int(tx_now(tx))),
			err);
}

int lead_get(struct view *view, const struct actor *actor, int64_t id, struct lead *lead,
	     struct error *err)
{
	int found = lead_find(view, actor, id, lead, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such lead");
	if (lead->is_erased)
		return error_set(err, ERR_CONFLICT, "this lead was erased");
	return 0;
}

int lead_get_still(struct tx *tx, const struct actor *actor, const struct lead *lead,
		   struct error *err)
{
	int64_t id;
	int found = db_find_int(tx_view(tx)->db,
				"SELECT id FROM delivery WHERE subject = $1 "
				"AND workspace = $2 AND state = 2 LIMIT 1",
				DB_VALUES(db_int(lead->id), db_int(actor->workspace)), &id, err);

	if (found == 1)
		return error_set(err, ERR_CONFLICT, "this lead is being sent to a CRM at this "
				 "moment; try again in a few seconds");
	return found;
}
