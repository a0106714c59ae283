/* undo.c - all or nothing: the way back from everything an account was written since
 * sb_begin(). Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/records_inside.h"

enum undo_kind {
	UNDO_MARK,
	UNDO_CREATE,
	UNDO_UPDATE,
	UNDO_STATE,
	UNDO_DERIVE,
	UNDO_LINK_ADD,
	UNDO_LINK_REMOVE,
	UNDO_ALIAS,
};

struct sb_undo {
	struct sb_undo *before;
	enum undo_kind kind;
	struct sb_record *record, *to;
	int type;                     /* of a link */
	struct sb_value old;          /* of a derived value */
	struct sb_record was;         /* of a state: shallow */
	size_t ledger;                /* of a mark */
	uint64_t changes;
	struct sb_link_change *linked;
};

static struct sb_undo *push(struct sb_account *account, enum undo_kind kind,
			    struct sb_record *record)
{
	struct sb_undo *undo = sb_alloc(sizeof(*undo));

	undo->kind = kind;
	undo->record = record;
	undo->before = account->undo;
	account->undo = undo;
	return undo;
}

static struct sb_account *account_of(const struct sb_record *record)
{
	return record->object->account;
}

void sb_undo_create(struct sb_record *record)
{
	if (account_of(record)->undo_depth)
		push(account_of(record), UNDO_CREATE, record);
}

void sb_undo_update(struct sb_record *record)
{
	if (account_of(record)->undo_depth)
		push(account_of(record), UNDO_UPDATE, record);
}

void sb_undo_state(struct sb_record *record)
{
	if (account_of(record)->undo_depth)
		push(account_of(record), UNDO_STATE, record)->was = *record;
}

void sb_undo_derive(struct sb_record *record, struct sb_value old)
{
	if (account_of(record)->undo_depth)
		push(account_of(record), UNDO_DERIVE, record)->old = old;
	else
		sb_value_free(&old);
}

void sb_undo_link(struct sb_record *from, struct sb_record *to, int type, bool is_added)
{
	struct sb_undo *undo;

	if (!account_of(from)->undo_depth)
		return;
	undo = push(account_of(from), is_added ? UNDO_LINK_ADD : UNDO_LINK_REMOVE, from);
	undo->to = to;
	undo->type = type;
}

void sb_undo_alias(struct sb_record *record)
{
	if (account_of(record)->undo_depth)
		push(account_of(record), UNDO_ALIAS, record);
}

static void undo_create(struct sb_record *record)
{
	struct sb_object *object = record->object;

	sb_record_unindex(record);
	sb_ids_remove(&object->ids, record);
	/* Undone in reverse: it is the last one. */
	object->nrecords--;
	object->nlive--;
	object->account->nrecords--;
	object->account->sandbox->nrecords--;
	sb_record_free(record);
}

static void undo_update(struct sb_record *record)
{
	struct sb_delta *delta = sb_history_pop(record);

	for (unsigned i = delta->count; i-- > 0;) {
		struct sb_value replaced = sb_record_put(record, delta->old[i]);

		sb_value_free(&replaced);
	}
	record->updated_at = delta->updated_before;
	record->change = delta->change_before;
	record->version--;
	free(delta); /* its values went back into the record */
}

static void undo_state(struct sb_record *record, const struct sb_record *was)
{
	if (record->state == SB_GONE && was->state != SB_GONE)
		sb_ids_add(&record->object->ids, record);
	if (record->state != SB_LIVE && was->state == SB_LIVE) {
		record->state = SB_LIVE;
		sb_record_index(record);
		record->object->nlive++;
	}
	record->state = was->state;
	record->merged_into = was->merged_into;
	record->deleted_at = was->deleted_at;
	record->updated_at = was->updated_at;
	record->version = was->version;
	record->change = was->change;
}

static void undo_alias(struct sb_record *record)
{
	struct sb_alias *alias = record->aliases;

	if (record->state == SB_LIVE)
		sb_keys_remove(&record->object->keys, alias->field, alias->text, record);
	record->aliases = alias->next;
	free(alias);
}

static void undo_mark(struct sb_account *account, const struct sb_undo *mark)
{
	account->sandbox->ledger.count = mark->ledger;
	account->changes = mark->changes;
	for (size_t i = 0; i < account->nobjects; i++) {
		struct sb_object *object = account->objects[i];

		while (object->nchanges &&
		       object->changes[object->nchanges - 1].number > mark->changes)
			object->nchanges--;
	}
}

static void step_back(struct sb_account *account, struct sb_undo *undo)
{
	struct sb_value replaced;

	switch (undo->kind) {
	case UNDO_MARK:
		undo_mark(account, undo);
		break;
	case UNDO_CREATE:
		undo_create(undo->record);
		break;
	case UNDO_UPDATE:
		undo_update(undo->record);
		break;
	case UNDO_STATE:
		undo_state(undo->record, &undo->was);
		break;
	case UNDO_DERIVE:
		replaced = sb_record_put(undo->record, undo->old);
		sb_value_free(&replaced);
		break;
	case UNDO_LINK_ADD:
		sb_link_take(undo->record, undo->to, undo->type);
		break;
	case UNDO_LINK_REMOVE:
		sb_link_put(undo->record, undo->to, undo->type);
		break;
	case UNDO_ALIAS:
		undo_alias(undo->record);
		break;
	}
}

static void drop(struct sb_undo *undo)
{
	if (undo->kind == UNDO_DERIVE)
		sb_value_free(&undo->old);
	free(undo);
}

void sb_undo_free(struct sb_account *account)
{
	while (account->undo) {
		struct sb_undo *undo = account->undo;

		account->undo = undo->before;
		drop(undo);
	}
}

void sb_begin(struct sb_call *call)
{
	struct sb_account *account = call->account;
	struct sb_undo *mark = push(account, UNDO_MARK, NULL);

	mark->ledger = account->sandbox->ledger.count;
	mark->changes = account->changes;
	mark->linked = call->linked;
	account->undo_depth++;
}

/* The steps of an inner block stay, without its mark: the outer one may still want
 * them back. */
void sb_commit(struct sb_call *call)
{
	struct sb_account *account = call->account;
	struct sb_undo **at = &account->undo, *mark;

	if (--account->undo_depth == 0) {
		sb_undo_free(account);
		return;
	}
	while ((*at)->kind != UNDO_MARK)
		at = &(*at)->before;
	mark = *at;
	*at = mark->before;
	free(mark);
}

void sb_rollback(struct sb_call *call)
{
	struct sb_account *account = call->account;
	bool is_mark = false;

	while (account->undo && !is_mark) {
		struct sb_undo *undo = account->undo;

		account->undo = undo->before;
		is_mark = undo->kind == UNDO_MARK;
		if (is_mark)
			call->linked = undo->linked;
		step_back(account, undo);
		free(undo);
	}
	account->undo_depth--;
}
