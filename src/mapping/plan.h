/* plan.h - what would be written, shown to people. Threads: pure.
 *
 * A plan is made of the same applied mapping that delivering sends (apply.h), so that the
 * two cannot say different things. */
#ifndef MAPPING_PLAN_H
#define MAPPING_PLAN_H

#include "mapping/apply.h"

/* One row per line that is on and writes, in the mapping's order, a new reference:
 * [{"field", "label", "from", "now", "wanted", "verdict", "default", "code", "why",
 * "instruction"}]. Values keep their JSON types; what is empty is null; of lines that write
 * nothing `wanted` is what is there. `verdict` is a word of apply.h, or "clear" of what is
 * written empty. `default` is there when the value is the line's default, `code` and what
 * follows it when there is something to say. */
json_t *plan_rows_json(const struct applied *applied);

/* What the plan stands on and what it says, as 64 hex digits: the mapping and its version,
 * the action, and of every line the verdict, the value wanted and the value seen. A plan
 * that is to be applied is made again, and is out of date when this has changed. */
const char *plan_fingerprint(struct arena *arena, const struct applied *applied);

#endif
