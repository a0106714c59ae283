/* transform_kinds.h - the inside of a transform: what each file of them fills in.
 * Private to mapping/. Threads: pure. */
#ifndef MAPPING_TRANSFORM_KINDS_H
#define MAPPING_TRANSFORM_KINDS_H

#include "mapping/transform.h"

#define OPTIONS_MAX 6 /* of one transform */

/* An option as given; absent ones are zero. */
struct option {
	bool is_set;
	const char *text;   /* OPTION_TEXT, OPTION_WORD */
	int64_t number;     /* OPTION_COUNT; of OPTION_WORD the place among its choices */
	bool flag;
	const char **words; /* OPTION_FIELDS, OPTION_WORDS */
	size_t nwords;
	const json_t *table; /* lives as long as compiling does */
};

/* A transform with its options, ready to run. */
struct step {
	const struct transform *transform;
	struct option options[OPTIONS_MAX]; /* in the order of the transform's list */
	const void *state;                  /* what `prepare` made of them, or NULL */
};

/* What a chain is compiled with. */
struct preparing {
	struct arena *arena;
	struct problems *problems;
	const char *path; /* of the step: "fields[2].via[0].lookup" */
	bool reads_back;
};

typedef int transform_run_function(const struct step *step, struct transform_run *run,
				   struct value given, struct value *out,
				   struct problem *why);

struct transform {
	const char *name, *help;
	const struct transform_option *options;
	const char *main;
	enum reading reading;
	bool makes_value; /* looks at other fields, and runs when nothing comes in */
	bool by_item;     /* of a list, each item goes through alone */
	bool forgets;     /* what comes out has nothing of the shape that went in */
	enum shape gives; /* SHAPE_ANY: what went in, or anything if it forgets */
	enum shape (*shape)(const struct step *step); /* instead of `gives`, or NULL */
	int (*prepare)(struct preparing *p, struct step *step); /* or NULL */
	transform_run_function *out;
	transform_run_function *in; /* of READING_BACK */
};

/* Adds a problem at the step (`option` NULL) or one of its options. Returns -1. */
int prepare_fails(struct preparing *p, const char *option, const char *code,
		  const char *instruction, const char *format, ...) PRINTF_LIKE(5, 6);
/* Adds a problem if it is no field that a lead can have. */
int prepare_field_name(struct preparing *p, const char *option, const char *name);
/* Reads what stands behind a transform's name into step->options. */
int prepare_options(struct preparing *p, const json_t *json, struct step *step);

/* Describes why a value cannot go through. Returns -1. */
int transform_fails(struct problem *why, const char *code, const char *message,
		    const char *instruction);

extern const struct transform transform_trim, transform_lower, transform_upper,
	transform_title_case, transform_truncate, transform_html, transform_split_name, transform_join,
	transform_template, transform_e164, transform_national, transform_date,
	transform_datetime, transform_lookup, transform_number, transform_boolean,
	transform_multi_select;

/* The values of a lookup's table, for chain_written_values(). */
size_t lookup_written(const struct step *step, const char *const **sources,
		      const struct value **values);

#endif
