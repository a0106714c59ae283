/* value.h - one value of a field, ours or a CRM's. Threads: pure.
 *
 * Values keep the form they came in: a number keeps its digits, text its bytes. */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum value_type {
	VALUE_ABSENT, /* zero: nothing was said */
	VALUE_NULL,   /* said to be empty */
	VALUE_TEXT,
	VALUE_NUMBER, /* text is a JSON number */
	VALUE_BOOL,   /* text is "true" or "false" */
	VALUE_LIST,   /* text is a JSON array of strings, compact */
};

struct value {
	enum value_type type;
	const char *text; /* NULL for absent and null */
};

/* A named value: what a CRM's record is made of. */
struct field {
	const char *name;
	struct value value;
};

struct value value_text(const char *text); /* absent when NULL */
struct value value_null(void);
struct value value_bool(bool is_true);
struct value value_int(struct arena *arena, int64_t number);

/* Absent, null, "" and [] hold nothing. */
bool value_is_empty(struct value value);
bool value_equal(struct value a, struct value b);

/* From JSON: text, number, bool, null and arrays of those (as strings). Objects and
 * nested arrays are ERR_INVALID. */
int value_from_json(struct arena *arena, const json_t *json, struct value *value,
		    struct error *err);

/* Adds the value as JSON; absent is null. */
void buf_add_value(struct buf *buf, struct value value);
json_t *value_to_json(struct value value); /* a new reference; absent is null */

/* The items of a list (one item for a text, number or bool; none when empty), as
 * NUL-terminated texts of the arena. */
size_t value_items(struct arena *arena, struct value value, const char ***items);
struct value value_of_items(struct arena *arena, const char *const *items, size_t count);

/* As a person reads it: text as it is, lists joined with "; ", "" when empty. */
const char *value_shown(struct arena *arena, struct value value);

/* The field of that name, or NULL. */
const struct field *field_find(const struct field *fields, size_t count, const char *name);

#endif
