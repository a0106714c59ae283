/* objects.c - the objects of an account and the lists of their records. Threads: under
 * the sandbox's lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/records_inside.h"

struct sb_object *sb_object_add(struct sb_account *account, const struct sb_object_spec *spec)
{
	struct sb_object *object = sb_alloc(sizeof(*object));

	if (account->nobjects == SB_OBJECTS_MAX)
		abort(); /* a vendor's table is our own */
	object->account = account;
	object->spec = *spec;
	object->spec.name = arena_strdup(account->arena, spec->name);
	object->spec.label = arena_strdup(account->arena, spec->label);
	object->spec.prefix = arena_strdup(account->arena, spec->prefix);
	object->next_number = spec->first ? spec->first : 1;
	account->objects[account->nobjects++] = object;
	return object;
}

struct sb_object *sb_object_find(const struct sb_account *account, const char *name)
{
	for (size_t i = 0; i < account->nobjects; i++) {
		const struct sb_object_spec *spec = &account->objects[i]->spec;

		if (strcmp(spec->name, name) == 0 || text_equal(spec->prefix, name) ||
		    (spec->ignores_case && text_equal_nocase(spec->name, name)))
			return account->objects[i];
	}
	return NULL;
}

const struct sb_object_spec *sb_object_spec(const struct sb_object *object)
{
	return &object->spec;
}

struct sb_account *sb_object_account(const struct sb_object *object)
{
	return object->account;
}

size_t sb_object_nfields(const struct sb_object *object)
{
	return object->nfields;
}

struct sb_field *sb_object_field(const struct sb_object *object, size_t index)
{
	return object->fields[index];
}

size_t sb_object_live(const struct sb_object *object)
{
	return object->nlive;
}

size_t sb_object_count(const struct sb_object *object)
{
	return object->nrecords;
}

struct sb_record *sb_object_record(const struct sb_object *object, size_t index)
{
	return object->records[index];
}

struct sb_record *sb_object_after(const struct sb_object *object, uint64_t after)
{
	size_t low = 0, high = object->nrecords;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (object->records[middle]->number <= after)
			low = middle + 1;
		else
			high = middle;
	}
	return low < object->nrecords ? object->records[low] : NULL;
}

void sb_record_free(struct sb_record *record)
{
	for (unsigned i = 0; i < record->nvalues; i++)
		sb_value_free(&record->values[i]);
	free(record->values);
	while (record->history)
		sb_delta_free(sb_history_pop(record));
	while (record->aliases) {
		struct sb_alias *alias = record->aliases;

		record->aliases = alias->next;
		free(alias);
	}
	sb_links_free(record);
	free((char *)record->id);
	free(record);
}

static void object_free(struct sb_object *object)
{
	for (size_t i = 0; i < object->nfields; i++) {
		json_decref(object->fields[i]->extra);
		free(object->fields[i]->options);
		free(object->fields[i]);
	}
	for (size_t i = 0; i < object->nrecords; i++)
		sb_record_free(object->records[i]);
	sb_keys_free(&object->keys);
	free(object->ids.chains);
	free(object->fields);
	free(object->records);
	free(object->changes);
	free(object);
}

void sb_objects_free(struct sb_account *account)
{
	sb_undo_free(account);
	for (size_t i = 0; i < account->nobjects; i++)
		object_free(account->objects[i]);
	account->nobjects = 0;
	account->sandbox->nrecords -= account->nrecords;
	account->nrecords = 0;
}
