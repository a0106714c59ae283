/* dynamics_find.c - finds columns, navigation properties, tables and rows by the names that
 * Dataverse gives them (fact sheet 1, 3, 4). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/render.h"

/* --- GUIDs --- */

/* Each number once in 2^32, and not in a row. */
static uint32_t spread(uint64_t number)
{
	return (uint32_t)number * 2654435769u;
}

void dynamics_make_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "%08x-0d87-e711-80e5-%04x%08x", spread(number),
		 dynamics_table_number(object), 0x155d0000u + sb_object_account(object)->number);
}

const char *dynamics_meta_id(struct arena *arena, char kind, unsigned table, unsigned number)
{
	return arena_printf(arena, "%08x-0d87-e711-80e6-%04x%08x", spread(number + 1), table,
			    0x155d0000u + (unsigned char)kind);
}

const char *dynamics_field_id(struct arena *arena, const struct sb_field *field)
{
	return dynamics_meta_id(arena, 'c', dynamics_table_number(field->object), field->slot);
}

const char *dynamics_guid(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len == 38 && text[0] == '{' && text[37] == '}')
		text = arena_strndup(arena, text + 1, 36);
	else if (len != 36)
		return NULL;
	for (size_t i = 0; i < 36; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return NULL;
	}
	return text_lower_ascii(arena, text);
}

/* --- columns --- */

static const char *number_kind(const struct sb_field *field)
{
	return field->kind && field->type == SB_NUMBER ? field->kind : "Decimal";
}

/* A changed type outweighs the word that the column began with. */
const char *dynamics_kind(const struct sb_field *field)
{
	switch (field->type) {
	case SB_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
		return "String";
	case SB_LONG_TEXT:
		return "Memo";
	case SB_INTEGER:
		return "Integer";
	case SB_NUMBER:
		return number_kind(field);
	case SB_BOOLEAN:
		return "Boolean";
	case SB_DATE:
	case SB_DATETIME:
		return "DateTime";
	case SB_PICKLIST:
		return text_equal(field->kind, "State") || text_equal(field->kind, "Status") ?
			       field->kind :
			       "Picklist";
	case SB_MULTI:
		return "Virtual";
	case SB_REFERENCE:
		return field->kind ? field->kind : "Lookup";
	case SB_JSON:
		break;
	}
	return "PartyList";
}

static bool is_shown(const struct sb_field *field)
{
	return field && !(field->flags & (SB_HIDDEN | SB_ARCHIVED));
}

struct sb_field *dynamics_field_find(const struct sb_object *object, const char *name)
{
	struct sb_field *field = sb_field_find(object, name);

	return is_shown(field) ? field : NULL;
}

struct sb_field *dynamics_field_of_value(const struct sb_object *object, const char *name)
{
	size_t len = strlen(name);

	if (len > 7 && name[0] == '_' && text_ends(name, "_value"))
		for (size_t i = 0; i < sb_object_nfields(object); i++) {
			struct sb_field *field = sb_object_field(object, i);

			if (is_shown(field) && field->refers_to &&
			    strlen(field->name) == len - 7 &&
			    strncmp(field->name, name + 1, len - 7) == 0)
				return field;
		}
	return NULL;
}

/* --- navigation properties --- */

/* The i-th of "a|b", as a copy; NULL behind the last. */
static const char *item(struct arena *arena, const char *list, size_t i)
{
	while (list && i--) {
		list = strchr(list, '|');
		list += list ? 1 : 0;
	}
	return list ? arena_strndup(arena, list, strcspn(list, "|")) : NULL;
}

struct sb_object *dynamics_target(const struct sb_field *field, size_t i)
{
	struct arena *arena = arena_new();
	const char *name = item(arena, field->refers_to, i);
	struct sb_object *object =
		name ? sb_object_find(sb_object_account(field->object), name) : NULL;

	arena_free(arena);
	return object;
}

struct sb_record *dynamics_target_row(const struct sb_field *field, const char *id)
{
	struct sb_object *object;

	for (size_t i = 0; id && (object = dynamics_target(field, i)); i++) {
		struct sb_record *record = sb_record_find(object, id);

		if (record && record->state == SB_LIVE)
			return record;
	}
	return NULL;
}

/* The place of a navigation property among a lookup's; -1 when it is none. */
static int place_of(const struct sb_field *field, const char *name)
{
	const char *at = field->group;

	for (int i = 0; at; i++) {
		size_t len = strcspn(at, "|");

		if (strlen(name) == len && strncmp(at, name, len) == 0)
			return i;
		at = at[len] ? at + len + 1 : NULL;
	}
	return -1;
}

struct sb_field *dynamics_field_of_link(const struct sb_object *object, const char *name,
					struct sb_object **target)
{
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		struct sb_field *field = sb_object_field(object, i);
		int place = is_shown(field) && field->refers_to ? place_of(field, name) : -1;

		if (place < 0)
			continue;
		*target = strcmp(name, "ownerid") == 0 ? NULL :
							 dynamics_target(field, (size_t)place);
		return field;
	}
	return NULL;
}

const char *dynamics_link_of(struct arena *arena, const struct sb_field *field,
			     const struct sb_object *target)
{
	struct sb_object *object;

	for (size_t i = 0; (object = dynamics_target(field, i)); i++)
		if (object == target)
			return item(arena, field->group, i);
	return field->name;
}

/* --- rows --- */

bool dynamics_key_values(const struct sb_object *object, const struct dynamics_key *key,
			 json_t *values)
{
	for (size_t i = 0; i < key->npairs; i++) {
		const char *value = key->pairs[i].value;
		const struct sb_field *field = dynamics_field_find(object, key->pairs[i].name);
		int64_t number;

		if (!field)
			field = dynamics_field_of_value(object, key->pairs[i].name);
		if (!field)
			return false;
		if (field->type != SB_INTEGER && field->type != SB_PICKLIST)
			json_object_set_new(values, field->name, json_string(value));
		else if (text_int(value, &number))
			json_object_set_new(values, field->name, json_integer(number));
		else
			return false;
	}
	return true;
}

static struct sb_record *by_alternate_key(struct sb_call *call, struct sb_object *object,
					  const struct dynamics_key *key,
					  struct dynamics_refusal *refusal)
{
	const char *name = dynamics_table_of(object)->name;
	const json_t *known = dynamics_key_find(call->account, object, key);
	json_t *values = json_keep(call->arena, json_object());
	struct sb_record *record;

	if (!known || !dynamics_key_values(object, key, values)) {
		dynamics_refuse(call, refusal, 400, "0x80060888",
				"The key in the request URI is not valid for resource "
				"'" DYNAMICS_TYPE "%s'. Ensure that the names and number of key "
				"properties match the declared or alternate key properties for "
				"the resource '" DYNAMICS_TYPE "%s'.",
				name, name);
		return NULL;
	}
	record = dynamics_key_row(call->arena, object, known, values);
	if (!record)
		dynamics_refuse(call, refusal, 404, "0x80060891",
				"A record with the specified key values does not exist in %s "
				"entity",
				name);
	return record;
}

struct sb_record *dynamics_find(struct sb_call *call, struct sb_object *object,
				const struct dynamics_key *key,
				struct dynamics_refusal *refusal)
{
	struct sb_record *record;

	if (!key->id)
		return by_alternate_key(call, object, key, refusal);
	record = sb_record_find(object, key->id);
	if (record && record->state == SB_LIVE)
		return record;
	dynamics_refuse(call, refusal, 404, dynamics_sample_code(call, "0x80040217"),
			"%s With Id = %s Does Not Exist", dynamics_table_of(object)->name,
			key->id);
	return NULL;
}
