/* applied.h - applying a mapping to a lead, for tests. */
#ifndef TESTS_MAPPING_APPLIED_H
#define TESTS_MAPPING_APPLIED_H

#include "fixture.h"

#include "mapping/apply.h"

#define TEXT(t) { VALUE_TEXT, t }
#define NUMBER(t) { VALUE_NUMBER, t }
#define NULLED { VALUE_NULL, NULL }
#define NONE { VALUE_ABSENT, NULL }

static inline struct applied applied_to(struct arena *arena, const char *fields,
				 const struct lead_field *lead, enum record_action action,
				 const struct there *there)
{
	struct applied applied;

	mapping_apply(arena, compiled_of(arena, fields, &crm_ground), fixture_value_of,
		      (void *)lead, action, there, &applied);
	return applied;
}

static inline void check_line(const struct applied *applied, size_t at, enum line_verdict verdict,
		       const char *code)
{
	const struct applied_line *line = &applied->lines[at];

	if (line->verdict != verdict)
		fail_msg("line %zu is %s (%s)", at, line_verdict_name(line->verdict),
			 line->reason ? line->reason : "");
	if (code)
		assert_string_equal(line->code, code);
}

#endif
