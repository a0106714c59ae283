/* history.c - what a record was, and the order in which records changed. Threads: under
 * the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/records_inside.h"

void sb_delta_free(struct sb_delta *delta)
{
	for (unsigned i = 0; i < delta->count; i++)
		sb_value_free(&delta->old[i]);
	free(delta);
}

static void forget_oldest(struct sb_record *record)
{
	struct sb_delta *delta = record->history;

	for (int i = 1; delta && i < SB_HISTORY_MAX; i++)
		delta = delta->before;
	if (!delta || !delta->before)
		return;
	sb_delta_free(delta->before);
	delta->before = NULL;
}

void sb_history_add(struct sb_call *call, struct sb_record *record,
		    const struct sb_value *old, unsigned count)
{
	struct sb_delta *delta = sb_alloc(sizeof(*delta) + count * sizeof(*old));

	delta->at = call->now;
	delta->request = call->id;
	delta->change = record->object->account->changes + 1;
	delta->updated_before = record->updated_at;
	delta->change_before = record->change;
	delta->count = count;
	if (count)
		memcpy(delta->old, old, count * sizeof(*old));
	delta->before = record->history;
	record->history = delta;
	if (!record->object->account->undo_depth) /* undoing needs them all */
		forget_oldest(record);
}

struct sb_delta *sb_history_pop(struct sb_record *record)
{
	struct sb_delta *delta = record->history;

	record->history = delta->before;
	return delta;
}

static const struct sb_value *delta_slot(const struct sb_delta *delta, unsigned slot)
{
	for (unsigned i = 0; i < delta->count; i++)
		if (delta->old[i].slot == slot)
			return &delta->old[i];
	return NULL;
}

json_t *sb_record_value_at(const struct sb_record *record, const struct sb_field *field,
			   int64_t at)
{
	const struct sb_value *value, *old;

	if (!field)
		return NULL;
	value = sb_record_slot(record, field->slot);
	for (const struct sb_delta *delta = record->history; delta && delta->at > at;
	     delta = delta->before) {
		old = delta_slot(delta, field->slot);
		if (old)
			value = old;
	}
	return value ? sb_value_json(value) : NULL;
}

bool sb_record_was_live(const struct sb_record *record, int64_t at)
{
	if (record->created_at > at || record->state == SB_GONE)
		return false;
	return record->state == SB_LIVE || record->deleted_at > at;
}

/* --- change log --- */

/* Entries that were overtaken are only worth keeping while they are few. */
static void compact(struct sb_object *object)
{
	size_t kept = 0;

	if (object->nchanges < 65536 || object->nchanges < 4 * object->nrecords)
		return;
	for (size_t i = 0; i < object->nchanges; i++)
		if (object->changes[i].record->change == object->changes[i].number)
			object->changes[kept++] = object->changes[i];
	object->nchanges = kept;
}

void sb_change_add(struct sb_call *call, struct sb_record *record, enum sb_change_kind kind)
{
	struct sb_object *object = record->object;
	struct sb_account *account = object->account;

	if (!account->undo_depth && object->nchanges == object->changes_room)
		compact(object);
	object->changes = sb_grow(object->changes, object->nchanges, &object->changes_room,
				  sizeof(*object->changes));
	object->changes[object->nchanges++] = (struct sb_change){
		.number = ++account->changes,
		.at = call->now,
		.record = record,
		.kind = kind,
		.request = call->id,
	};
	record->change = account->changes;
	account->sandbox->writes++;
}

static size_t first_after(const struct sb_object *object, uint64_t after)
{
	size_t low = 0, high = object->nchanges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (object->changes[middle].number <= after)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_changes_after(const struct sb_object *object, uint64_t after,
			const struct sb_change **first)
{
	size_t start = first_after(object, after);

	*first = object->nchanges ? object->changes + start : NULL;
	return object->nchanges - start;
}

uint64_t sb_changes_before(const struct sb_object *object, int64_t at)
{
	size_t low = 0, high = object->nchanges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (object->changes[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? object->changes[low - 1].number : 0;
}

const struct sb_delta *sb_change_delta(const struct sb_change *change)
{
	const struct sb_delta *delta = change->record->history;

	while (delta && delta->change != change->number)
		delta = delta->before;
	return delta;
}

void sb_delta_each(const struct sb_delta *delta,
		   void (*visit)(const struct sb_field *field, const json_t *before,
				 void *context),
		   const struct sb_object *object, void *context)
{
	for (unsigned i = 0; i < delta->count; i++) {
		json_t *before = sb_value_json(&delta->old[i]);

		visit(object->fields[delta->old[i].slot], before, context);
		json_decref(before);
	}
}

int64_t sb_delta_at(const struct sb_delta *delta)
{
	return delta->at;
}

uint64_t sb_delta_request(const struct sb_delta *delta)
{
	return delta->request;
}

const struct sb_delta *sb_delta_before(const struct sb_delta *delta)
{
	return delta->before;
}
