/* json.c - JSON in and out, by Jansson, with our limits. Threads: pure. */
#include "base/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct json_limits json_limits_lead = { 64u << 10, 16, 4096 };
const struct json_limits json_limits_large = { 4u << 20, 16, 400000 };

/* Jansson's own depth limit is 2,048 and its trees are large: look before parsing. */
static int check_limits(const char *text, size_t len, const struct json_limits *limits,
			struct error *err)
{
	size_t elements = 0;
	bool in_string = false;
	int depth = 0;

	if (len > limits->bytes)
		return error_set(err, ERR_LIMIT, "larger than %zu bytes", limits->bytes);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		switch (c) {
		case '"':
			in_string = true;
			break;
		case '[':
		case '{':
			elements++;
			if (++depth > limits->depth)
				return error_set(err, ERR_LIMIT,
						 "nested deeper than %d levels",
						 limits->depth);
			break;
		case ']':
		case '}':
			depth--;
			break;
		case ',':
		case ':':
			elements++;
			break;
		}
	}
	if (elements > limits->elements)
		return error_set(err, ERR_LIMIT, "more than %zu elements", limits->elements);
	return 0;
}

static void decref(void *json)
{
	json_decref(json);
}

json_t *json_keep(struct arena *arena, json_t *json)
{
	if (json)
		arena_defer(arena, decref, json);
	return json;
}

json_t *json_parse(struct arena *arena, const char *text, size_t len,
		   const struct json_limits *limits, struct error *err)
{
	json_error_t why;
	json_t *json;

	if (check_limits(text, len, limits, err) < 0)
		return NULL;
	/* Jansson takes a NUL behind a number for the end of the text. */
	if (memchr(text, '\0', len)) {
		error_set(err, ERR_INVALID, "a NUL in the text");
		return NULL;
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!json) {
		/* Jansson quotes what it met ("near ..."): that may be personal. */
		char *near = strstr(why.text, " near '");

		if (near)
			*near = '\0';
		error_set(err, ERR_INVALID, "line %d, column %d: %s",
			  why.line > 0 ? why.line : 1, why.column > 0 ? why.column : 1,
			  why.text);
		return NULL;
	}
	return json_keep(arena, json);
}

/* The fewest digits, at least `at_least`, with which every number of the tree is read
 * back as it is. Jansson would always write 17: 0.1 as 0.10000000000000001. */
static int digits_needed(const json_t *json, int at_least)
{
	char text[32];
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(json))
		json_array_foreach(json, i, member)
			at_least = digits_needed(member, at_least);
	if (json_is_object(json))
		json_object_foreach((json_t *)json, key, member)
			at_least = digits_needed(member, at_least);
	if (!json_is_real(json))
		return at_least;
	for (; at_least < 17; at_least++) {
		snprintf(text, sizeof(text), "%.*g", at_least, json_real_value(json));
		if (strtod(text, NULL) == json_real_value(json))
			break;
	}
	return at_least;
}

static const char *dump(struct arena *arena, const json_t *json, size_t flags)
{
	size_t size;
	char *text;

	flags |= JSON_REAL_PRECISION(digits_needed(json, 15));
	size = json_dumpb(json, NULL, 0, flags);
	text = arena_alloc(arena, size + 1);
	json_dumpb(json, text, size, flags);
	return text;
}

const char *json_text(struct arena *arena, const json_t *json)
{
	return dump(arena, json, JSON_COMPACT | JSON_ENCODE_ANY);
}

const char *json_canonical(struct arena *arena, const json_t *json)
{
	return dump(arena, json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

const char *json_string_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

int64_t json_int_of(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *member = json_object_get(object, name);

	return json_is_integer(member) ? json_integer_value(member) : otherwise;
}

json_t *json_at(const json_t *json, const char *path)
{
	const json_t *at = json;

	if (*path == '$')
		path++;
	while (at && *path) {
		char name[128];
		size_t len;

		if (*path == '[') {
			char *end;
			unsigned long index = strtoul(path + 1, &end, 10);

			if (end == path + 1 || *end != ']')
				return NULL;
			at = json_array_get(at, index);
			path = end + 1;
			continue;
		}
		if (*path == '.')
			path++;
		len = strcspn(path, ".[");
		if (len == 0 || len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		at = json_object_get(at, name);
		path += len;
	}
	return (json_t *)at;
}
