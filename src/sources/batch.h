/* batch.h - the items of a batch, as text. Threads: pure.
 *
 * Cuts the body of POST /v1/leads/batch into its items without building a tree of it:
 * each is then parsed by itself, under the limits of one lead. */
#ifndef SOURCES_BATCH_H
#define SOURCES_BATCH_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define BATCH_MAX 1000              /* items */
#define BATCH_BODY_MAX (4u << 20)   /* bytes */

enum batch_form {
	BATCH_NONE,   /* none of ours: 415 */
	BATCH_ARRAY,  /* application/json: one array */
	BATCH_NDJSON, /* application/x-ndjson: one JSON text a line */
};

/* By the Content-Type's media type; NULL is BATCH_NONE. */
enum batch_form batch_form_of(const char *content_type);

struct batch_item {
	const char *text; /* in the body; not ended by a NUL; not checked to be JSON */
	size_t len;
	size_t line;      /* of the body, from 1 */
};

struct batch {
	struct batch_item *items; /* the arena's; the text is the body's */
	size_t nitems;
};

/* Errors: ERR_INVALID when an array is not one (no bracket, a comma too many, something
 * behind it), with its line; ERR_LIMIT for too many items or bytes. Brackets are paired
 * without regard to their kind and words are not looked at: an item of an array that
 * json_parse() then refuses means that the whole array is no JSON. Blank lines between
 * NDJSON items are passed over; each other line is an item, whatever is in it. */
int batch_split(struct arena *arena, enum batch_form form, const char *body, size_t len,
		struct batch *batch, struct error *err);

#endif
