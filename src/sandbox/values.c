/* values.c - a record's values, compact. Threads: under the sandbox's lock. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/records_inside.h"

struct sb_value sb_value_of(unsigned slot, const json_t *json)
{
	struct sb_value value = { .slot = slot };

	switch (json_typeof(json)) {
	case JSON_NULL:
		break;
	case JSON_STRING:
		value.kind = SB_STRING;
		value.text = sb_copy(json_string_value(json));
		break;
	case JSON_INTEGER:
		value.kind = SB_WHOLE;
		value.whole = json_integer_value(json);
		break;
	case JSON_REAL:
		value.kind = SB_REAL;
		value.real = json_real_value(json);
		break;
	case JSON_TRUE:
		value.kind = SB_YES;
		break;
	case JSON_FALSE:
		value.kind = SB_FALSE;
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		value.kind = SB_TREE;
		value.text = json_dumps(json, JSON_COMPACT);
		break;
	}
	return value;
}

json_t *sb_value_json(const struct sb_value *value)
{
	switch (value->kind) {
	case SB_NONE:
		return NULL;
	case SB_STRING:
		return json_string_nocheck(value->text);
	case SB_WHOLE:
		return json_integer(value->whole);
	case SB_REAL:
		return json_real(value->real);
	case SB_FALSE:
		return json_false();
	case SB_YES:
		return json_true();
	case SB_TREE:
		return json_loads(value->text, 0, NULL);
	}
	return NULL;
}

static const char *real_text(double real, struct arena *arena)
{
	const char *text = arena_printf(arena, "%.15g", real);

	return strtod(text, NULL) == real ? text : arena_printf(arena, "%.17g", real);
}

const char *sb_value_text(const struct sb_value *value, struct arena *arena)
{
	switch (value->kind) {
	case SB_NONE:
		return NULL;
	case SB_STRING:
	case SB_TREE:
		return value->text;
	case SB_WHOLE:
		return arena_printf(arena, "%lld", (long long)value->whole);
	case SB_REAL:
		return real_text(value->real, arena);
	case SB_FALSE:
		return "false";
	case SB_YES:
		return "true";
	}
	return NULL;
}

bool sb_value_equal(const struct sb_value *a, const struct sb_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SB_STRING:
	case SB_TREE:
		return strcmp(a->text, b->text) == 0;
	case SB_WHOLE:
		return a->whole == b->whole;
	case SB_REAL:
		return !(a->real < b->real) && !(a->real > b->real);
	case SB_NONE:
	case SB_FALSE:
	case SB_YES:
		return true;
	}
	return true;
}

void sb_value_free(struct sb_value *value)
{
	if (value->kind == SB_STRING || value->kind == SB_TREE)
		free(value->text);
	value->kind = SB_NONE;
}

/* Values stand in the order of their slots. Returns where `slot` is or belongs. */
static unsigned place_of(const struct sb_record *record, unsigned slot)
{
	unsigned low = 0, high = record->nvalues;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (record->values[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sb_value *sb_record_slot(const struct sb_record *record, unsigned slot)
{
	unsigned place = place_of(record, slot);

	return place < record->nvalues && record->values[place].slot == slot ?
		       &record->values[place] :
		       NULL;
}

static void make_room(struct sb_record *record, unsigned place)
{
	size_t room = record->values_room;

	record->values = sb_grow(record->values, record->nvalues, &room,
				 sizeof(*record->values));
	record->values_room = (unsigned)room;
	memmove(record->values + place + 1, record->values + place,
		(record->nvalues - place) * sizeof(*record->values));
	record->nvalues++;
}

static void index_text(struct sb_record *record, const struct sb_value *value, bool is_added)
{
	struct sb_object *object = record->object;
	const struct sb_field *field = object->fields[value->slot];
	struct arena *arena;
	const char *text;

	if (record->state != SB_LIVE || !(field->flags & SB_INDEXED) || value->kind == SB_NONE)
		return;
	arena = arena_new();
	text = sb_value_text(value, arena);
	if (is_added)
		sb_keys_add(&object->keys, field, text, record);
	else
		sb_keys_remove(&object->keys, field, text, record);
	arena_free(arena);
}

struct sb_value sb_record_put(struct sb_record *record, struct sb_value value)
{
	unsigned place = place_of(record, value.slot);
	bool is_there = place < record->nvalues && record->values[place].slot == value.slot;
	struct sb_value old = { .slot = value.slot };

	if (is_there) {
		old = record->values[place];
		index_text(record, &old, false);
	}
	if (value.kind == SB_NONE && is_there) {
		record->nvalues--;
		memmove(record->values + place, record->values + place + 1,
			(record->nvalues - place) * sizeof(*record->values));
		return old;
	}
	if (value.kind == SB_NONE)
		return old;
	if (!is_there)
		make_room(record, place);
	record->values[place] = value;
	index_text(record, &value, true);
	return old;
}

/* --- reading --- */

const char *sb_record_text(const struct sb_record *record, const struct sb_field *field,
			   struct arena *arena)
{
	const struct sb_value *value = field ? sb_record_slot(record, field->slot) : NULL;

	return value ? sb_value_text(value, arena) : NULL;
}

const char *sb_record_text_of(const struct sb_record *record, const char *field,
			      struct arena *arena)
{
	return sb_record_text(record, sb_field_find_any(record->object, field), arena);
}

json_t *sb_record_value(const struct sb_record *record, const struct sb_field *field)
{
	const struct sb_value *value = field ? sb_record_slot(record, field->slot) : NULL;

	return value ? sb_value_json(value) : NULL;
}

json_t *sb_record_value_of(const struct sb_record *record, const char *field)
{
	return sb_record_value(record, sb_field_find_any(record->object, field));
}
