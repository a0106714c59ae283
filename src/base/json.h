/* json.h - JSON in and out, by Jansson, with our limits. Threads: pure.
 *
 * Trees belong to an arena: do not json_decref() what came from json_parse(). Trees
 * made with json_object() and the like are given to an arena with json_keep(). */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

struct json_limits {
	size_t bytes;    /* of the text */
	int depth;       /* of nested arrays and objects */
	size_t elements; /* commas, colons and brackets: bounds the tree's memory */
};

/* 64 KiB, depth 16, 4,096 elements: one lead. */
extern const struct json_limits json_limits_lead;
/* 4 MiB, depth 16, 400,000 elements: the answer of a CRM, a batch. */
extern const struct json_limits json_limits_large;

/* Parses RFC 8259 text, strictly: UTF-8, no duplicate keys, no NUL in strings,
 * nothing after the value; numbers must fit 64 bits or a double. Any value may stand
 * at the top. Errors: ERR_INVALID with line and column, ERR_LIMIT. */
json_t *json_parse(struct arena *arena, const char *text, size_t len,
		   const struct json_limits *limits, struct error *err);

/* Hands one reference to the arena and returns the tree. */
json_t *json_keep(struct arena *arena, json_t *json);

/* The text of a tree, compact, keys as they stand; reals with 15 digits or as many more
 * as one of them needs. json_canonical() sorts the keys: equal trees, equal bytes. */
const char *json_text(struct arena *arena, const json_t *json);
const char *json_canonical(struct arena *arena, const json_t *json);

/* Members of an object by name; NULL, 0 or the default when absent or of another
 * type. The string is the tree's. */
const char *json_string_of(const json_t *object, const char *name);
int64_t json_int_of(const json_t *object, const char *name, int64_t otherwise);

/* Follows "$.a.b[0].c" (or the same without "$.") down a tree; NULL if the way ends. */
json_t *json_at(const json_t *json, const char *path);

#endif
