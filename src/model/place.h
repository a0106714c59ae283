/* place.h - a value within an item of the configuration, and what is wrong there.
 * Threads: pure.
 *
 * Reading goes on after a problem, so that a person sees all of them at once; whoever
 * reads looks at problems->count in the end. Problems carry the way to the value that is
 * wrong. */
#ifndef MODEL_PLACE_H
#define MODEL_PLACE_H

#include <jansson.h>
#include <stddef.h>

#include "model/submission.h"

/* One item being read, and where its problems go. */
struct place_reader {
	struct arena *arena;
	const char *title;  /* how messages begin: "sources[0] website" */
	const char *path;   /* where the item stands in the file: "sources[0]", or NULL */
	struct problems *problems;
};

/* A value, and the way to it from the item. On the stack: a place points to its parent,
 * which must outlive it. */
struct place {
	const struct place_reader *reader;
	const struct place *parent; /* NULL: the item itself */
	const char *name;           /* of a member, or NULL: */
	size_t index;               /* an element of a list */
	const json_t *json;         /* NULL when absent or null */
};

struct place place_member(const struct place *parent, const char *name);
struct place place_element(const struct place *parent, size_t index);

/* Records a problem: `field` becomes the path ("sources[0].keys[1]"; without the item's
 * path "keys[1]"; "" for a whole item without), `message` "TITLE: keys[1]: WHAT".
 * `code` is a constant word. */
void place_fault(const struct place *place, const char *code, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The same, followed by `; did you mean "..."?` when `near` is not NULL. */
void place_fault_near(const struct place *place, const char *code, const char *near,
		      const char *format, ...) PRINTF_LIKE(4, 5);

/* Records that the object has a member `name` that is none of the `count` known ones. */
void place_fault_unknown(const struct place *object, const char *name,
			  const char *const *known, size_t count);

/* Records what another reader found in an item: its message begins with members and
 * elements ("fields[2]: policy: ..."), which become the path. */
void place_fault_error(const struct place *place, const struct error *err);

/* Records a problem that another reader found, whose field is the way from the place to
 * the fault ("fields[2].via[0]"), or NULL. */
void place_fault_problem(const struct place *place, const struct problem *problem);

/* `text` as it is quoted in messages: cut when long. */
const char *place_quoted(struct arena *arena, const char *text);

#endif
