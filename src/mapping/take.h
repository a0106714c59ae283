/* take.h - what a CRM has changed, and what of it the lead takes over. Threads: pure.
 *
 * A CRM's field has changed only if its value differs from the one last seen there; and a
 * lossy rendering of our own value (cut, rounded, in another form) is no change. */
#ifndef MAPPING_TAKE_H
#define MAPPING_TAKE_H

#include "mapping/apply.h"

enum take_verdict {
	TAKE_UNCHANGED, /* as it was seen before, or our own value in their form */
	TAKE_SET,       /* the lead takes `value` */
	TAKE_CLEAR,     /* the lead's value goes: its owner cleared it */
	TAKE_KEPT,      /* changed there, but by policy the lead keeps its own */
	TAKE_CONFLICT,  /* a person must say */
	TAKE_HELD,      /* their value cannot be read */
};

struct taken {
	const struct mapping_line *line;
	enum take_verdict verdict;
	struct value value;  /* in our form */
	const char *code, *reason, *instruction; /* as of struct applied_line */
};

/* Looks at every line that reads and that `now` (the record as just read) has a field for;
 * returns how many. `before` is what was seen the last time, NULL when never; `changed_at`
 * bounds when the record was changed (ms since 1970, 0 unknown); `value_of` gives the
 * lead's values. The result is the arena's. */
size_t mapping_take(struct arena *arena, const struct compiled_mapping *compiled,
		    mapping_value_of *value_of, void *context, const struct field *now,
		    size_t nnow, const struct field *before, size_t nbefore,
		    int64_t changed_at, struct taken **taken);

/* Whether what the CRM holds is our value in its own form: what the line makes of it, or
 * that again as the CRM's field shows it. A lead without the value is rendered by
 * nothing, or by the line's default. */
bool line_renders(const struct mapping_line *line, struct transform_run *run,
		  struct value seen);

const char *take_verdict_name(enum take_verdict verdict);

#endif
