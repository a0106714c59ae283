/* transform.h - what a mapping does to a value on its way: the chains of `via`.
 * Threads: pure; a compiled chain may be used by many at once.
 *
 * A chain is compiled once, when the configuration is read, and then run for every lead
 * without looking at JSON again. Every transform works out, from ours to the CRM's; most
 * also work in, back to ours; some lose too much for that (a name cut in two). What each
 * does stands in docs/mapping.md, with examples that are tests. */
#ifndef MAPPING_TRANSFORM_H
#define MAPPING_TRANSFORM_H

#include "model/lead.h"
#include "model/submission.h"

#define CHAIN_MAX 16 /* transforms of one line */

/* What is known of a value before any is seen. */
enum shape {
	SHAPE_ANY,
	SHAPE_TEXT,
	SHAPE_NUMBER,
	SHAPE_BOOL,
	SHAPE_DATE, /* YYYY-MM-DD */
	SHAPE_TIME, /* RFC 3339 */
};

/* How a CRM's value comes back through a transform. */
enum reading {
	READING_AS_IS, /* unchanged: what a person wrote there stays what they wrote */
	READING_BACK,  /* turned back: a lookup, a date in a zone */
	READING_NOT,   /* not at all: join, template, split_name */
};

enum option_type {
	OPTION_TEXT,
	OPTION_WORD,   /* one of `choices`, "first|last" */
	OPTION_COUNT,  /* a whole number, `least` to `most` */
	OPTION_FLAG,
	OPTION_FIELDS, /* a list of lead fields */
	OPTION_WORDS,  /* a text, or a list of them */
	OPTION_TABLE,  /* an object */
};

/* One thing that a transform is told. */
struct transform_option {
	const char *name; /* NULL ends the list */
	enum option_type type;
	bool is_required;
	int64_t least, most;
	const char *choices;
	const char *help; /* one sentence for people */
};

struct transform;

/* All of them, in the order of the documentation; `transforms_count` of them. */
extern const struct transform *const transforms[];
extern const size_t transforms_count;
const struct transform *transform_find(const char *name);
const char *transform_name(const struct transform *transform);
const char *transform_help(const struct transform *transform);
enum reading transform_reading(const struct transform *transform);
const struct transform_option *transform_options(const struct transform *transform);
/* The option that {name: x} sets, or NULL. */
const char *transform_main_option(const struct transform *transform);

struct step;

/* A line's transforms, compiled. No steps: the value as it is. */
struct chain {
	const struct step *steps;
	size_t nsteps;
};

/* Compiles `via`: a list of names or {name: {options}} (or {name: x} for the main option),
 * or NULL. What is wrong goes to `problems`, each under its place below `path`
 * ("fields[2]" gives "fields[2].via[0].truncate"), and -1 is returned. With `reads_back`
 * the chain must also work in. Strings are copied; `via` may go. */
int chain_compile(struct arena *arena, const json_t *via, const char *path, bool reads_back,
		  struct chain *chain, struct problems *problems);

/* What comes out when `shape` goes in. */
enum shape chain_shape(const struct chain *chain, enum shape shape);
/* Whether the chain makes its value of other fields (join, template): `from` is not
 * needed. */
bool chain_makes_value(const struct chain *chain);
/* Whether a lookup says which values come out. */
bool chain_has_lookup(const struct chain *chain);

/* Gives the lead's field of that name with its provenance; value absent when there is
 * none. */
typedef struct lead_field mapping_value_of(void *context, const char *name);

struct zone;

/* What a chain may look at while it runs. One serves many chains, in one thread. */
struct transform_run {
	struct arena *arena;
	struct zone *zones[4];      /* opened so far; zeroed by the caller */
	mapping_value_of *value_of; /* NULL on the way in */
	void *context;
	struct lead_field newest;   /* out: the newest field that join or template read */
};

/* Runs the chain out or in. Nothing in gives nothing out, unless the chain makes its value.
 * Returns 0, or -1 with *why set but for its field. */
int chain_out(const struct chain *chain, struct transform_run *run, struct value given,
	      struct value *out, struct problem *why);
int chain_in(const struct chain *chain, struct transform_run *run, struct value theirs,
	     struct value *ours, struct problem *why);

/* Calls `each` with every value that a lookup of the chain may write, run through the
 * transforms behind it: for checking a picklist when a mapping is saved. `source` is our
 * value, or "otherwise". A value that fails on its way is given with *why. */
typedef void chain_each(void *context, const char *source, struct value written,
			const struct problem *why);
void chain_written_values(const struct chain *chain, struct arena *arena, chain_each *each,
			  void *context);

#endif
