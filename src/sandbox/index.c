/* index.c - finding records by id and by the values of indexed fields. Threads: under
 * the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/records_inside.h"

#define FIRST_CHAINS 64

static uint64_t key_hash(const struct sb_field *field, const char *text)
{
	return sb_hash(text) ^ (field->slot * UINT64_C(0x9e3779b97f4a7c15));
}

static void grow_keys(struct sb_keys *keys)
{
	size_t nchains = keys->nchains ? keys->nchains * 2 : FIRST_CHAINS;
	struct sb_key **chains = sb_alloc(nchains * sizeof(struct sb_key *));

	for (size_t i = 0; i < keys->nchains; i++) {
		struct sb_key *next;

		for (struct sb_key *key = keys->chains[i]; key; key = next) {
			next = key->next;
			key->next = chains[key->hash & (nchains - 1)];
			chains[key->hash & (nchains - 1)] = key;
		}
	}
	free(keys->chains);
	keys->chains = chains;
	keys->nchains = nchains;
}

void sb_keys_add(struct sb_keys *keys, const struct sb_field *field, const char *text,
		 struct sb_record *record)
{
	size_t size = strlen(text) + 1;
	struct sb_key *key = sb_alloc(sizeof(*key) + size);

	if (keys->count >= keys->nchains)
		grow_keys(keys);
	key->hash = key_hash(field, text);
	key->field = field;
	key->record = record;
	memcpy(key->text, text, size);
	key->next = keys->chains[key->hash & (keys->nchains - 1)];
	keys->chains[key->hash & (keys->nchains - 1)] = key;
	keys->count++;
}

void sb_keys_remove(struct sb_keys *keys, const struct sb_field *field, const char *text,
		    struct sb_record *record)
{
	uint64_t hash = key_hash(field, text);
	struct sb_key **at = keys->nchains ? &keys->chains[hash & (keys->nchains - 1)] : NULL;

	for (; at && *at; at = &(*at)->next) {
		struct sb_key *key = *at;

		if (key->hash != hash || key->record != record || key->field != field ||
		    !text_equal_nocase(key->text, text))
			continue;
		*at = key->next;
		free(key);
		keys->count--;
		return;
	}
}

void sb_keys_remove_field(struct sb_keys *keys, const struct sb_field *field)
{
	for (size_t i = 0; i < keys->nchains; i++) {
		struct sb_key **at = &keys->chains[i];

		while (*at) {
			struct sb_key *key = *at;

			if (key->field != field) {
				at = &key->next;
				continue;
			}
			*at = key->next;
			free(key);
			keys->count--;
		}
	}
}

void sb_keys_free(struct sb_keys *keys)
{
	for (size_t i = 0; i < keys->nchains; i++) {
		struct sb_key *next;

		for (struct sb_key *key = keys->chains[i]; key; key = next) {
			next = key->next;
			free(key);
		}
	}
	free(keys->chains);
	*keys = (struct sb_keys){ 0 };
}

/* --- ids: exact, for some vendors' differ by case only --- */

static void grow_ids(struct sb_ids *ids)
{
	size_t nchains = ids->nchains ? ids->nchains * 2 : FIRST_CHAINS;
	struct sb_record **chains = sb_alloc(nchains * sizeof(struct sb_record *));

	for (size_t i = 0; i < ids->nchains; i++) {
		struct sb_record *next;

		for (struct sb_record *record = ids->chains[i]; record; record = next) {
			size_t chain = sb_hash(record->id) & (nchains - 1);

			next = record->next_of_id;
			record->next_of_id = chains[chain];
			chains[chain] = record;
		}
	}
	free(ids->chains);
	ids->chains = chains;
	ids->nchains = nchains;
}

void sb_ids_add(struct sb_ids *ids, struct sb_record *record)
{
	struct sb_record **chain;

	if (ids->count >= ids->nchains)
		grow_ids(ids);
	chain = &ids->chains[sb_hash(record->id) & (ids->nchains - 1)];
	record->next_of_id = *chain;
	*chain = record;
	ids->count++;
}

void sb_ids_remove(struct sb_ids *ids, struct sb_record *record)
{
	struct sb_record **at = &ids->chains[sb_hash(record->id) & (ids->nchains - 1)];

	for (; *at; at = &(*at)->next_of_id) {
		if (*at != record)
			continue;
		*at = record->next_of_id;
		ids->count--;
		return;
	}
}

struct sb_record *sb_ids_find(const struct sb_ids *ids, const char *id)
{
	struct sb_record *record;

	if (!ids->nchains)
		return NULL;
	record = ids->chains[sb_hash(id) & (ids->nchains - 1)];
	while (record && strcmp(record->id, id) != 0)
		record = record->next_of_id;
	return record;
}

/* --- records as a whole --- */

void sb_record_index(struct sb_record *record)
{
	struct sb_object *object = record->object;
	struct arena *arena = arena_new();

	for (unsigned i = 0; i < record->nvalues; i++) {
		const struct sb_field *field = object->fields[record->values[i].slot];

		if (field->flags & SB_INDEXED)
			sb_keys_add(&object->keys, field,
				    sb_value_text(&record->values[i], arena), record);
	}
	for (struct sb_alias *alias = record->aliases; alias; alias = alias->next)
		sb_keys_add(&object->keys, alias->field, alias->text, record);
	arena_free(arena);
}

void sb_record_unindex(struct sb_record *record)
{
	struct sb_object *object = record->object;
	struct arena *arena = arena_new();

	for (unsigned i = 0; i < record->nvalues; i++) {
		const struct sb_field *field = object->fields[record->values[i].slot];

		if (field->flags & SB_INDEXED)
			sb_keys_remove(&object->keys, field,
				       sb_value_text(&record->values[i], arena), record);
	}
	for (struct sb_alias *alias = record->aliases; alias; alias = alias->next)
		sb_keys_remove(&object->keys, alias->field, alias->text, record);
	arena_free(arena);
}

struct sb_record *sb_record_find(const struct sb_object *object, const char *id)
{
	return sb_ids_find(&object->ids, id);
}

void sb_record_each(const struct sb_field *field, const char *text,
		    bool (*visit)(struct sb_record *record, void *context), void *context)
{
	const struct sb_keys *keys;
	struct sb_key *key;
	uint64_t hash;

	if (!field)
		return; /* an administrator renamed it */
	keys = &field->object->keys;
	hash = key_hash(field, text);
	key = keys->nchains ? keys->chains[hash & (keys->nchains - 1)] : NULL;
	for (; key; key = key->next)
		if (key->hash == hash && key->field == field &&
		    text_equal_nocase(key->text, text) && !visit(key->record, context))
			return;
}

static bool keep_oldest(struct sb_record *record, void *context)
{
	struct sb_record **oldest = context;

	if (!*oldest || record->number < (*oldest)->number)
		*oldest = record;
	return true;
}

struct sb_record *sb_record_by(const struct sb_field *field, const char *text)
{
	struct sb_record *oldest = NULL;

	sb_record_each(field, text, keep_oldest, &oldest);
	return oldest;
}

struct search {
	const struct sb_record *except;
	struct sb_record *found;
};

static bool keep_other(struct sb_record *record, void *context)
{
	struct search *search = context;

	if (record != search->except)
		search->found = record;
	return !search->found;
}

struct sb_record *sb_record_clash(struct sb_object *object, const json_t *values,
				  const struct sb_record *except, struct sb_field **field)
{
	struct arena *arena = arena_new();
	struct search search = { .except = except };
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)values, name, member) {
		struct sb_value value;
		const char *text;

		*field = sb_field_find(object, name);
		if (!*field || !((*field)->flags & SB_UNIQUE))
			continue;
		value = sb_value_of(0, member);
		text = sb_value_text(&value, arena);
		if (text && *text)
			sb_record_each(*field, text, keep_other, &search);
		sb_value_free(&value);
		if (search.found)
			break;
	}
	arena_free(arena);
	return search.found;
}
