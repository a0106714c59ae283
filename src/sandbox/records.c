/* records.c - writing records. Threads: under the sandbox's lock. */
#include "sandbox/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/records_inside.h"

static struct sb_record *record_new(struct sb_call *call, struct sb_object *object,
				    const char *id)
{
	struct sb_record *record = sb_alloc(sizeof(*record));
	char text[64];

	record->object = object;
	record->number = object->next_number++;
	if (id)
		snprintf(text, sizeof(text), "%s", id);
	else if (object->spec.make_id)
		object->spec.make_id(object, record->number, text);
	else
		snprintf(text, sizeof(text), "%llu", (unsigned long long)record->number);
	record->id = sb_copy(text);
	record->created_at = record->updated_at = call->now;
	record->version = 1;
	record->state = SB_LIVE;
	return record;
}

static void enlist(struct sb_object *object, struct sb_record *record)
{
	object->records = sb_grow(object->records, object->nrecords, &object->records_room,
				  sizeof(struct sb_record *));
	object->records[object->nrecords++] = record;
	object->nlive++;
	object->account->nrecords++;
	object->account->sandbox->nrecords++;
	sb_ids_add(&object->ids, record);
	sb_undo_create(record);
}

static void note(struct sb_call *call, struct sb_record *record, enum sb_change_kind kind,
		 const char *verb)
{
	sb_change_add(call, record, kind);
	sb_ledger_add(call, record->object->spec.name, verb, record->id, record->version);
}

struct sb_record *sb_record_create(struct sb_call *call, struct sb_object *object,
				   const json_t *values, const char *id)
{
	struct sandbox *sandbox = object->account->sandbox;
	struct sb_record *record;
	const char *name;
	json_t *member;

	if (sandbox->nrecords >= sandbox->records_max || (id && sb_ids_find(&object->ids, id)))
		return NULL;
	record = record_new(call, object, id);
	enlist(object, record);
	json_object_foreach((json_t *)values, name, member) {
		struct sb_field *field = sb_field_find(object, name);

		if (field)
			sb_record_put(record, sb_value_of(field->slot, member));
	}
	note(call, record, SB_CREATED, "created");
	return record;
}

int sb_record_update(struct sb_call *call, struct sb_record *record, const json_t *values)
{
	struct sb_object *object = record->object;
	struct sb_value *old = arena_array(call->arena, json_object_size(values), sizeof(*old));
	unsigned changed = 0;
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)values, name, member) {
		struct sb_field *field = sb_field_find(object, name);
		struct sb_value value, none = { .slot = 0 };
		const struct sb_value *now;

		if (!field)
			continue;
		value = sb_value_of(field->slot, member);
		now = sb_record_slot(record, field->slot);
		if (sb_value_equal(now ? now : &none, &value))
			sb_value_free(&value);
		else
			old[changed++] = sb_record_put(record, value);
	}
	sb_history_add(call, record, old, changed);
	record->updated_at = call->now;
	record->version++;
	sb_undo_update(record);
	note(call, record, SB_UPDATED, "updated");
	return (int)changed;
}

void sb_record_derive(struct sb_call *call, struct sb_record *record, const char *field,
		      json_t *value)
{
	struct sb_field *found = sb_field_find_any(record->object, field);

	(void)call;
	if (found)
		sb_undo_derive(record, sb_record_put(record, value ?
						     sb_value_of(found->slot, value) :
						     (struct sb_value){ .slot = found->slot }));
	json_decref(value);
}

/* Leaves the living: no longer found by value, and out of the count. */
static void bury(struct sb_call *call, struct sb_record *record, enum sb_state state)
{
	sb_undo_state(record);
	if (record->state == SB_LIVE) {
		sb_record_unindex(record);
		record->object->nlive--;
		record->deleted_at = call->now;
	}
	record->state = state;
	record->version++;
	record->updated_at = call->now;
}

void sb_record_delete(struct sb_call *call, struct sb_record *record)
{
	bury(call, record, SB_DELETED);
	note(call, record, SB_REMOVED, "deleted");
}

void sb_record_purge(struct sb_call *call, struct sb_record *record)
{
	bury(call, record, SB_GONE);
	sb_ids_remove(&record->object->ids, record);
	note(call, record, SB_REMOVED, "purged");
}

static void alias_values(struct sb_call *call, struct sb_record *winner,
			 const struct sb_record *loser)
{
	for (unsigned i = 0; i < loser->nvalues; i++) {
		const struct sb_field *field = loser->object->fields[loser->values[i].slot];

		if (field->flags & SB_UNIQUE)
			sb_record_alias(call, winner, field,
					sb_value_text(&loser->values[i], call->arena));
	}
	for (const struct sb_alias *alias = loser->aliases; alias; alias = alias->next)
		sb_record_alias(call, winner, alias->field, alias->text);
}

static void move_links(struct sb_record *winner, struct sb_record *loser)
{
	while (loser->links) {
		struct sb_record *to = loser->links->to;
		int type = loser->links->type;
		/* The other end knows us by a link of its own: take all of them over. */
		const struct sb_link *back = to->links;

		sb_link_take(loser, to, type);
		sb_undo_link(loser, to, type, false);
		if (to != winner && sb_link_put(winner, to, type))
			sb_undo_link(winner, to, type, true);
		while (back) {
			const struct sb_link *next = back->next;
			int back_type = back->type;

			if (back->to == loser) {
				sb_link_take(to, loser, back_type);
				sb_undo_link(to, loser, back_type, false);
				if (to != winner && sb_link_put(to, winner, back_type))
					sb_undo_link(to, winner, back_type, true);
			}
			back = next;
		}
	}
}

void sb_record_merge(struct sb_call *call, struct sb_record *winner, struct sb_record *loser)
{
	bury(call, loser, SB_MERGED);
	loser->merged_into = winner;
	alias_values(call, winner, loser);
	move_links(winner, loser);
	note(call, loser, SB_JOINED, "merged");
}

void sb_record_alias(struct sb_call *call, struct sb_record *record,
		     const struct sb_field *field, const char *text)
{
	size_t size = strlen(text) + 1;
	struct sb_alias *alias = record->aliases;

	(void)call;
	while (alias && !(alias->field == field && text_equal_nocase(alias->text, text)))
		alias = alias->next;
	if (alias)
		return;
	alias = sb_alloc(sizeof(*alias) + size);
	alias->field = field;
	memcpy(alias->text, text, size);
	alias->next = record->aliases;
	record->aliases = alias;
	if (record->state == SB_LIVE)
		sb_keys_add(&record->object->keys, field, text, record);
	sb_undo_alias(record);
}
