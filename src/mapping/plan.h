/* plan.h - what would be written, shown to people. Threads: pure.
 *
 * A plan is made of the same applied mapping that delivering sends (apply.h), so that the
 * two cannot say different things. */
#ifndef MAPPING_PLAN_H
#define MAPPING_PLAN_H

#include "mapping/apply.h"

/* One row per line that is on and writes, in the mapping's order, a new reference:
 * [{"field", "label", "from", "state", "given", "current", "wanted", "default", "code",
 * "reason", "instruction"}]. `given` is the lead's value, `current` what is there, `wanted`
 * what the mapping makes of it, written or not; values keep their JSON types, and what is
 * empty or not known is null. `state` is a word of apply.h, or "clear" of what is written
 * empty. `default` is there when the value is the line's default, `code` and what follows it
 * when there is something to say. */
json_t *plan_rows_json(const struct applied *applied);

/* What the plan stands on and what it says, as 64 hex digits: the mapping and its version,
 * the action, and of every line the verdict, the value wanted and the value seen. A plan
 * that is to be applied is made again, and is out of date when this has changed. */
const char *plan_fingerprint(struct arena *arena, const struct applied *applied);

#endif
