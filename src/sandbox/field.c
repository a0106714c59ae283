/* field.c - the metadata of fields. Threads: under the sandbox's lock. */
#include "sandbox/field.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/records_inside.h"

static const char *const type_names[] = {
	[SB_TEXT] = "text",	    [SB_LONG_TEXT] = "long_text", [SB_EMAIL] = "email",
	[SB_PHONE] = "phone",	    [SB_URL] = "url",		  [SB_INTEGER] = "integer",
	[SB_NUMBER] = "number",	    [SB_BOOLEAN] = "boolean",	  [SB_DATE] = "date",
	[SB_DATETIME] = "datetime", [SB_PICKLIST] = "picklist",	  [SB_MULTI] = "multi",
	[SB_REFERENCE] = "reference", [SB_JSON] = "json",
};

const char *sb_type_name(enum sb_type type)
{
	return type_names[type];
}

bool sb_type_parse(const char *name, enum sb_type *type)
{
	for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
		if (strcmp(type_names[i], name) != 0)
			continue;
		*type = (enum sb_type)i;
		return true;
	}
	return false;
}

static struct arena *arena_of(const struct sb_object *object)
{
	return object->account->arena;
}

struct sb_field *sb_field_add(struct sb_object *object, const struct sb_field_spec *spec)
{
	struct sb_field *field = sb_alloc(sizeof(*field));
	struct arena *arena = arena_of(object);

	field->name = arena_strdup(arena, spec->name);
	field->label = arena_strdup(arena, spec->label ? spec->label : spec->name);
	field->type = spec->type;
	field->kind = arena_strdup(arena, spec->kind);
	field->group = arena_strdup(arena, spec->group);
	field->refers_to = arena_strdup(arena, spec->refers_to);
	field->flags = spec->flags | (spec->flags & SB_UNIQUE ? SB_INDEXED : 0);
	field->max_len = spec->max_len;
	field->slot = (unsigned)object->nfields;
	field->object = object;
	field->created_at = field->updated_at = sb_vclock_now(&object->account->sandbox->clock);
	object->fields = sb_grow(object->fields, object->nfields, &object->fields_room,
				 sizeof(struct sb_field *));
	object->fields[object->nfields++] = field;
	if (spec->options)
		sb_field_set_options(field, spec->options);
	object->account->sandbox->writes++;
	return field;
}

void sb_fields_add(struct sb_object *object, const struct sb_field_spec *specs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sb_field_add(object, &specs[i]);
}

struct sb_field *sb_field_find_any(const struct sb_object *object, const char *name)
{
	for (size_t i = 0; i < object->nfields; i++) {
		struct sb_field *field = object->fields[i];

		if (object->spec.ignores_case ? text_equal_nocase(field->name, name) :
						strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

struct sb_field *sb_field_find(const struct sb_object *object, const char *name)
{
	struct sb_field *field = sb_field_find_any(object, name);

	return field && !(field->flags & SB_ARCHIVED) ? field : NULL;
}

static void touch(struct sb_field *field)
{
	struct sandbox *sandbox = field->object->account->sandbox;

	field->updated_at = sb_vclock_now(&sandbox->clock);
	sandbox->writes++;
}

bool sb_field_rename(struct sb_field *field, const char *name)
{
	struct sb_field *other = sb_field_find_any(field->object, name);

	if (other && other != field)
		return false;
	field->name = arena_strdup(arena_of(field->object), name);
	touch(field);
	return true;
}

void sb_field_retype(struct sb_field *field, enum sb_type type)
{
	field->type = type;
	touch(field);
}

void sb_field_add_option(struct sb_field *field, const char *value, const char *label,
			 int number, bool is_hidden)
{
	struct arena *arena = arena_of(field->object);

	field->options = reallocarray(field->options, field->noptions + 1,
				      sizeof(*field->options));
	if (!field->options)
		abort();
	field->options[field->noptions++] = (struct sb_option){
		.value = arena_strdup(arena, value),
		.label = arena_strdup(arena, label),
		.number = number,
		.is_hidden = is_hidden,
	};
	touch(field);
}

bool sb_has_word(const char *words, const char *word)
{
	size_t want = word ? strlen(word) : 0;

	while (word && words && *words) {
		size_t len = strcspn(words, "|");

		if (len == want && strncmp(words, word, len) == 0)
			return true;
		words += len + (words[len] == '|');
	}
	return false;
}

void sb_field_set_options(struct sb_field *field, const char *options)
{
	struct arena *arena = arena_new();

	field->noptions = 0;
	while (*options) {
		size_t len = strcspn(options, "|");
		char *value = arena_strndup(arena, options, len), *label = strchr(value, '=');

		if (label)
			*label++ = '\0';
		sb_field_add_option(field, value, label ? label : value,
				    (int)field->noptions, false);
		options += len + (options[len] == '|');
	}
	touch(field);
	arena_free(arena);
}

static void build_index(struct sb_field *field)
{
	struct sb_object *object = field->object;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < object->nrecords; i++) {
		const struct sb_record *record = object->records[i];
		const char *text = record->state == SB_LIVE ?
					   sb_record_text(record, field, arena) :
					   NULL;

		if (text)
			sb_keys_add(&object->keys, field, text, object->records[i]);
	}
	arena_free(arena);
}

void sb_field_set_flags(struct sb_field *field, unsigned set, unsigned clear)
{
	bool was_indexed = field->flags & SB_INDEXED;

	field->flags = (field->flags & ~clear) | set;
	if (field->flags & SB_UNIQUE)
		field->flags |= SB_INDEXED;
	if (!was_indexed && field->flags & SB_INDEXED)
		build_index(field);
	if (was_indexed && !(field->flags & SB_INDEXED))
		sb_keys_remove_field(&field->object->keys, field);
	touch(field);
}

const struct sb_option *sb_field_option(const struct sb_field *field, const char *value)
{
	for (size_t i = 0; i < field->noptions; i++)
		if (strcmp(field->options[i].value, value) == 0)
			return &field->options[i];
	return NULL;
}
