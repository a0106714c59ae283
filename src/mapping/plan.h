/* plan.h - what would be written, shown to people. Threads: pure.
 *
 * A plan is made of the same applied mapping that delivering sends (apply.h), so that the
 * two cannot say different things. */
#ifndef MAPPING_PLAN_H
#define MAPPING_PLAN_H

#include "mapping/apply.h"

/* One line of a plan; texts as a person reads them, never NULL but for `why` and what
 * follows it. */
struct plan_row {
	const char *field, *label; /* the CRM's field, and what people call it */
	const char *from;          /* the lead's field, "" if none */
	const char *now;           /* what is there; "" when empty or not known */
	const char *wanted;        /* what would be there: of lines that write nothing, as it
				      is */
	const char *verdict;       /* "write", "same", "held"... (apply.h), and "clear" of what
				      is written empty */
	const char *code, *why, *instruction;
	bool is_change;            /* it would be written or cleared */
	bool is_default;
};

/* One row per line that is on and writes, in the mapping's order; returns how many. */
size_t plan_rows(struct arena *arena, const struct applied *applied, struct plan_row **rows);

/* {"action":"update","verdict":"write","mapping":NAME,"version":N,"fingerprint":HEX,
 *  "rows":[{"field":...,"now":...,"wanted":...,"verdict":...}]}, a new reference. Values
 * keep their JSON types; what is empty is null. */
json_t *plan_json(struct arena *arena, const struct applied *applied);

/* A table for a terminal, one row a line, widest columns cut at 40 characters. */
const char *plan_text(struct arena *arena, const struct applied *applied);

/* What the plan stands on and what it says, as 64 hex digits: the mapping and its version,
 * the action, and of every line the verdict, the value wanted and the value seen. A plan
 * that is to be applied is made again, and is out of date when this has changed. */
const char *plan_fingerprint(struct arena *arena, const struct applied *applied);

#endif
