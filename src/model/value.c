/* value.c - one value of a field, ours or a CRM's. Threads: pure. */
#include "model/value.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

struct value value_text(const char *text)
{
	return (struct value){ text ? VALUE_TEXT : VALUE_ABSENT, text };
}

struct value value_null(void)
{
	return (struct value){ VALUE_NULL, NULL };
}

struct value value_bool(bool is_true)
{
	return (struct value){ VALUE_BOOL, is_true ? "true" : "false" };
}

struct value value_int(struct arena *arena, int64_t number)
{
	return (struct value){ VALUE_NUMBER, arena_printf(arena, "%" PRId64, number) };
}

bool value_is_empty(struct value value)
{
	switch (value.type) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		return true;
	case VALUE_TEXT:
		return !*value.text;
	case VALUE_LIST:
		return strcmp(value.text, "[]") == 0;
	case VALUE_NUMBER:
	case VALUE_BOOL:
		return false;
	}
	return true;
}

bool value_equal(struct value a, struct value b)
{
	return a.type == b.type && text_equal(a.text, b.text);
}

static const char *scalar_text(struct arena *arena, const json_t *json)
{
	if (json_is_string(json))
		return arena_strdup(arena, json_string_value(json));
	if (json_is_boolean(json))
		return json_is_true(json) ? "true" : "false";
	return json_text(arena, json);
}

static int list_from_json(struct arena *arena, const json_t *json, struct value *value,
			  struct error *err)
{
	struct buf buf;
	json_t *item;
	size_t i;

	buf_init(&buf, arena, 64u << 10);
	buf_addc(&buf, '[');
	json_array_foreach((json_t *)json, i, item) {
		if (json_is_object(item) || json_is_array(item))
			return error_set(err, ERR_INVALID,
					 "a list may hold text, numbers and booleans only");
		if (json_is_null(item))
			continue;
		if (buf.len > 1)
			buf_addc(&buf, ',');
		buf_add_json(&buf, scalar_text(arena, item));
	}
	buf_addc(&buf, ']');
	value->type = VALUE_LIST;
	return buf_end(&buf, &value->text, err);
}

int value_from_json(struct arena *arena, const json_t *json, struct value *value,
		    struct error *err)
{
	*value = (struct value){ VALUE_ABSENT, NULL };
	switch (json_typeof(json)) {
	case JSON_NULL:
		*value = value_null();
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*value = value_bool(json_is_true(json));
		return 0;
	case JSON_STRING:
		*value = value_text(scalar_text(arena, json));
		return 0;
	case JSON_INTEGER:
	case JSON_REAL:
		*value = (struct value){ VALUE_NUMBER, scalar_text(arena, json) };
		return 0;
	case JSON_ARRAY:
		return list_from_json(arena, json, value, err);
	case JSON_OBJECT:
		break;
	}
	return error_set(err, ERR_INVALID,
			 "nested objects are not taken; send each member as a field of its own");
}

void buf_add_value(struct buf *buf, struct value value)
{
	switch (value.type) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		buf_addn(buf, "null", 4);
		break;
	case VALUE_TEXT:
		buf_add_json(buf, value.text);
		break;
	case VALUE_NUMBER:
	case VALUE_BOOL:
	case VALUE_LIST:
		buf_add(buf, value.text);
		break;
	}
}

json_t *value_to_json(struct value value)
{
	switch (value.type) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		return json_null();
	case VALUE_TEXT:
		return json_string(value.text);
	case VALUE_BOOL:
		return json_boolean(*value.text == 't');
	case VALUE_NUMBER:
	case VALUE_LIST:
		return json_loads(value.text, JSON_DECODE_ANY, NULL);
	}
	return json_null();
}

size_t value_items(struct arena *arena, struct value value, const char ***items)
{
	json_t *list;
	size_t count;

	*items = NULL;
	if (value_is_empty(value))
		return 0;
	if (value.type != VALUE_LIST) {
		*items = arena_alloc(arena, sizeof(**items));
		(*items)[0] = value.text;
		return 1;
	}
	list = json_keep(arena, json_loads(value.text, 0, NULL));
	count = json_array_size(list);
	*items = arena_array(arena, count, sizeof(**items));
	for (size_t i = 0; i < count; i++)
		(*items)[i] = json_string_value(json_array_get(list, i));
	return count;
}

struct value value_of_items(struct arena *arena, const char *const *items, size_t count)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	buf_addc(&buf, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		buf_add_json(&buf, items[i]);
	}
	buf_addc(&buf, ']');
	return (struct value){ VALUE_LIST, buf_text(&buf) };
}

const char *value_shown(struct arena *arena, struct value value)
{
	const char **items;
	struct buf buf;
	size_t count;

	if (value_is_empty(value))
		return "";
	if (value.type != VALUE_LIST)
		return value.text;
	count = value_items(arena, value, &items);
	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add(&buf, "; ");
		buf_add(&buf, items[i]);
	}
	return buf_text(&buf);
}

const struct field *field_find(const struct field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}
