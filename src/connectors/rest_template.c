/* rest_template.c - fills the placeholders of paths and bodies. Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/rest.h"

#define NAME_MAX_LEN 64

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

/* Reads "{name}" at `text`; returns its length, or 0 when it is not one. */
static size_t placeholder(const char *text, char name[NAME_MAX_LEN])
{
	size_t len = 0;

	if (*text != '{')
		return 0;
	while (is_name_char(text[1 + len]) && len < NAME_MAX_LEN - 1) {
		name[len] = text[1 + len];
		len++;
	}
	name[len] = '\0';
	return len > 0 && text[1 + len] == '}' ? len + 2 : 0;
}

bool rest_each_name(const char *text, bool (*each)(void *context, const char *name),
		    void *context)
{
	char name[NAME_MAX_LEN];

	while ((text = strchr(text, '{'))) {
		size_t len = placeholder(text, name);

		if (len && !each(context, name))
			return false;
		text += len ? len : 1;
	}
	return true;
}

static struct value key_value(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->nkeys; i++)
		if (strcmp(record->keys[i].field, name) == 0)
			return value_text(record->keys[i].value);
	return value_text(NULL);
}

static struct value value_of(const struct rest_values *values, const char *name)
{
	const struct record *record = values->record;
	const struct field *field;

	if (strcmp(name, "object") == 0)
		return value_text(values->x->object);
	if (!record)
		return value_text(NULL);
	if (strcmp(name, "id") == 0)
		return value_text(record->remote_id);
	if (strcmp(name, "key") == 0)
		return value_text(record->key);
	if (strcmp(name, "idempotency_key") == 0)
		return value_text(record->idempotency_key);
	if (values->is_search)
		return key_value(record, name);
	field = field_find(record->fields, record->nfields, name);
	return field ? field->value : value_text(NULL);
}

/* Dots alone would be taken for a way up by whoever normalises the URL. */
static bool fits_path(struct value value)
{
	return !value_is_empty(value) && value.type != VALUE_LIST &&
	       strcmp(value.text, ".") != 0 && strcmp(value.text, "..") != 0;
}

int rest_path(struct arena *arena, const char *path, const struct rest_values *values,
	      const char **url, const char **missing)
{
	char name[NAME_MAX_LEN];
	struct buf buf;

	buf_init(&buf, arena, 8192);
	while (*path) {
		size_t len = placeholder(path, name);
		struct value value;

		if (!len) {
			buf_addc(&buf, *path++);
			continue;
		}
		value = value_of(values, name);
		*missing = arena_strdup(arena, name);
		if (!fits_path(value))
			return -1;
		buf_add_url(&buf, value.text);
		path += len;
	}
	return buf_end(&buf, url, NULL);
}

static void add_member(struct buf *buf, size_t *count, const char *name)
{
	if ((*count)++)
		buf_addc(buf, ',');
	buf_add_json(buf, name);
	buf_addc(buf, ':');
}

/* The object of all fields, with the keys that the CRM is to keep. */
static void add_fields(struct buf *buf, const struct rest_values *values)
{
	const struct record *record = values->record;
	const char *remote_key = connection_setting(values->x->connection, "remote_key");
	size_t count = 0;

	buf_addc(buf, '{');
	for (size_t i = 0; i < record->nfields; i++) {
		add_member(buf, &count, record->fields[i].name);
		buf_add_value(buf, record->fields[i].value);
	}
	if (values->has_key && remote_key &&
	    !field_find(record->fields, record->nfields, remote_key)) {
		add_member(buf, &count, remote_key);
		buf_add_json(buf, record->key);
	}
	if (values->idempotency_member && record->idempotency_key) {
		add_member(buf, &count, values->idempotency_member);
		buf_add_json(buf, record->idempotency_key);
	}
	buf_addc(buf, '}');
}

static void add_records(struct buf *buf, const struct rest_values *values)
{
	struct rest_values one = *values;

	buf_addc(buf, '[');
	for (size_t i = 0; values->part && i < values->part->nrecords; i++) {
		if (i > 0)
			buf_addc(buf, ',');
		one.record = &values->x->records[values->part->records[i]];
		one.part = NULL;
		rest_body(buf, values->item, &one);
	}
	buf_addc(buf, ']');
}

/* Text with placeholders inside. */
static void add_mixed(struct buf *buf, const char *text, const struct rest_values *values)
{
	char name[NAME_MAX_LEN];
	struct buf mixed;

	buf_init(&mixed, buf->arena, buf->max);
	while (*text) {
		size_t len = placeholder(text, name);

		if (!len) {
			buf_addc(&mixed, *text++);
			continue;
		}
		buf_add(&mixed, value_shown(buf->arena, value_of(values, name)));
		text += len;
	}
	if (mixed.is_over)
		buf->is_over = true;
	else
		buf_add_jsonn(buf, mixed.text, mixed.len);
}

/* Whether the whole text is one placeholder: then its value keeps its type. */
static bool is_whole(const char *text, char name[NAME_MAX_LEN])
{
	size_t len = placeholder(text, name);

	return len && !text[len];
}

static void add_text(struct buf *buf, const char *text, const struct rest_values *values)
{
	char name[NAME_MAX_LEN];

	if (strcmp(text, "{{records}}") == 0)
		add_records(buf, values);
	else if (values->record &&
		 (strcmp(text, "{{fields}}") == 0 || strcmp(text, "{{changed}}") == 0))
		add_fields(buf, values);
	else if (is_whole(text, name))
		buf_add_value(buf, value_of(values, name));
	else
		add_mixed(buf, text, values);
}

/* A member that is a placeholder for something absent is left out. */
static bool is_left_out(const json_t *json, const struct rest_values *values)
{
	char name[NAME_MAX_LEN];

	return json_is_string(json) && is_whole(json_string_value(json), name) &&
	       value_of(values, name).type == VALUE_ABSENT;
}

static void add_object(struct buf *buf, const json_t *object,
		       const struct rest_values *values)
{
	const char *name;
	size_t count = 0;
	json_t *member;

	buf_addc(buf, '{');
	json_object_foreach((json_t *)object, name, member) {
		if (is_left_out(member, values))
			continue;
		add_member(buf, &count, name);
		rest_body(buf, member, values);
	}
	buf_addc(buf, '}');
}

void rest_body(struct buf *buf, const json_t *body, const struct rest_values *values)
{
	if (!body) {
		values->part ? add_records(buf, values) : add_fields(buf, values);
		return;
	}
	switch (json_typeof(body)) {
	case JSON_OBJECT:
		add_object(buf, body, values);
		break;
	case JSON_ARRAY:
		buf_addc(buf, '[');
		for (size_t i = 0; i < json_array_size(body); i++) {
			if (i > 0)
				buf_addc(buf, ',');
			rest_body(buf, json_array_get(body, i), values);
		}
		buf_addc(buf, ']');
		break;
	case JSON_STRING:
		add_text(buf, json_string_value(body), values);
		break;
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		buf_add(buf, json_text(buf->arena, body));
		break;
	}
}
