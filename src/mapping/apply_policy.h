/* apply_policy.h - whose value it is: whether a line may overwrite what is there. Private
 * to mapping/. Threads: pure. */
#ifndef MAPPING_APPLY_POLICY_H
#define MAPPING_APPLY_POLICY_H

#include "mapping/apply.h"

/* A mapping being applied. */
struct applying {
	struct transform_run run;
	struct applied *applied;
	const struct there *there;
	const struct connection *connection; /* or NULL */
	struct lead_field *origins;          /* per line: where its value comes from */
};

/* Goes over the lines that have LINE_WRITE and gives those that may not another verdict. */
void policy_apply(struct applying *a);

void applied_say(struct applied_line *line, enum line_verdict verdict, const char *code,
		 const char *reason, const char *instruction);

#endif
