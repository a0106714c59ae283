/* dynamics_keys.c - alternate keys: made, built in the background, looked up, and what clashes
 * with them (fact sheet 3, 5, 9). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

json_t *dynamics_keys(struct sb_account *account)
{
	json_t *keys = json_object_get(account->extra, "keys");

	if (!keys) {
		keys = json_array();
		json_object_set_new(account->extra, "keys", keys);
	}
	return keys;
}

static bool is_active(const json_t *key)
{
	return text_equal(json_string_of(key, "status"), "Active");
}

static bool is_of(const json_t *key, const struct sb_object *object)
{
	return text_equal(json_string_of(key, "table"), sb_object_spec(object)->name);
}

/* Rows are looked up by the first column. */
static void index_first(const struct sb_object *object, const json_t *key)
{
	struct sb_field *field = sb_field_find(
		object, json_string_value(json_array_get(json_object_get(key, "columns"), 0)));

	if (field && !(field->flags & SB_INDEXED))
		sb_field_set_flags(field, SB_INDEXED, 0);
}

json_t *dynamics_key_add(struct sb_account *account, struct sb_object *object,
			 const char *schema_name, const char *label, const char *columns,
			 const char *status)
{
	struct arena *arena = arena_new();
	json_t *keys = dynamics_keys(account), *list = json_array(), *key;

	while (*columns) {
		size_t len = strcspn(columns, ",");

		json_array_append_new(list, json_stringn(columns, len));
		columns += len + (columns[len] == ',');
	}
	key = json_pack("{ss ss ss ss ss so ss}", "id",
			dynamics_meta_id(arena, 'k', dynamics_table_number(object),
					 (unsigned)json_array_size(keys)),
			"table", sb_object_spec(object)->name, "SchemaName", schema_name,
			"LogicalName", text_lower_ascii(arena, schema_name), "label", label,
			"columns", list, "status", status);
	json_array_append_new(keys, key);
	if (is_active(key))
		index_first(object, key);
	arena_free(arena);
	return key;
}

/* The column that a pair names: "ownerid" is asked for as "_ownerid_value". */
static const char *column_of(const struct sb_object *object, const char *name)
{
	const struct sb_field *field = dynamics_field_of_value(object, name);

	return field ? field->name : name;
}

static bool is_over(const json_t *key, const struct sb_object *object,
		    const struct dynamics_key *asked)
{
	const json_t *columns = json_object_get(key, "columns");

	if (json_array_size(columns) != asked->npairs)
		return false;
	for (size_t i = 0; i < asked->npairs; i++) {
		const char *name = column_of(object, asked->pairs[i].name);
		const json_t *column;
		bool is_there = false;
		size_t j;

		json_array_foreach(columns, j, column)
			is_there |= strcmp(json_string_value(column), name) == 0;
		if (!is_there)
			return false;
	}
	return true;
}

const json_t *dynamics_key_find(struct sb_account *account, const struct sb_object *object,
				const struct dynamics_key *asked)
{
	const json_t *key;
	size_t i;

	json_array_foreach(dynamics_keys(account), i, key)
		if (is_of(key, object) && is_active(key) && is_over(key, object, asked))
			return key;
	return NULL;
}

/* --- rows --- */

struct search {
	struct arena *arena;
	const struct sb_object *object;
	const json_t *columns;
	const json_t *values;
	const struct sb_record *base;   /* gives what `values` lack, or NULL */
	const struct sb_record *except;
	struct sb_record *found;
};

/* The text that a column will have; NULL when it will have none. */
static const char *text_of(const struct search *search, const char *column)
{
	const json_t *value = json_object_get(search->values, column);

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		return arena_printf(search->arena, "%lld", (long long)json_integer_value(value));
	return value || !search->base ? NULL :
					sb_record_text_of(search->base, column, search->arena);
}

static bool is_match(struct sb_record *record, void *context)
{
	struct search *search = context;
	const json_t *column;
	size_t i;

	if (record == search->except)
		return true;
	json_array_foreach(search->columns, i, column) {
		const char *name = json_string_value(column);
		const char *has = sb_record_text_of(record, name, search->arena);
		const char *wanted = text_of(search, name);

		if (!has || !wanted || !text_equal_nocase(has, wanted))
			return true;
	}
	search->found = record;
	return false;
}

static struct sb_record *run(struct search *search)
{
	const char *first = json_string_value(json_array_get(search->columns, 0));
	const struct sb_field *field = first ? sb_field_find(search->object, first) : NULL;
	const char *text = field ? text_of(search, first) : NULL;

	if (text)
		sb_record_each(field, text, is_match, search);
	return search->found;
}

struct sb_record *dynamics_key_row(struct arena *arena, struct sb_object *object,
				   const json_t *key, const json_t *values)
{
	struct search search = { .arena = arena,
				 .object = object,
				 .columns = json_object_get(key, "columns"),
				 .values = values };

	return run(&search);
}

const json_t *dynamics_key_clash(struct sb_call *call, struct sb_object *object,
				 const json_t *values, const struct sb_record *record)
{
	const json_t *key;
	size_t i;

	json_array_foreach(dynamics_keys(call->account), i, key) {
		struct search search = { .arena = call->arena,
					 .object = object,
					 .columns = json_object_get(key, "columns"),
					 .values = values,
					 .base = record,
					 .except = record };

		if (is_of(key, object) && is_active(key) && run(&search))
			return key;
	}
	return NULL;
}

/* --- building --- */

static bool has_repeated(struct sb_call *call, struct sb_object *object, const json_t *key)
{
	json_t *none = json_keep(call->arena, json_object());

	for (size_t i = 0; i < sb_object_count(object); i++) {
		struct sb_record *record = sb_object_record(object, i);
		struct search search = { .arena = call->arena,
					 .object = object,
					 .columns = json_object_get(key, "columns"),
					 .values = none,
					 .base = record,
					 .except = record };

		if (record->state == SB_LIVE && run(&search))
			return true;
	}
	return false;
}

/* What is twice there when its index is built fails it for good. The first half of the time
 * it waits for its turn. */
void dynamics_key_build(struct sb_call *call, const json_t *doc)
{
	json_t *key;
	size_t i;

	json_array_foreach(dynamics_keys(call->account), i, key) {
		struct sb_object *object;
		const char *status;

		if (!text_equal(json_string_of(key, "id"), json_string_of(doc, "id")))
			continue;
		status = json_string_of(doc, "to");
		if (text_equal(status, "Active")) {
			object = sb_object_find(call->account, json_string_of(key, "table"));
			index_first(object, key);
			status = has_repeated(call, object, key) ? "Failed" : status;
		}
		json_object_set_new(key, "status", json_string(status));
		sb_touch(call);
		return;
	}
}
