/* qualify.c - what was found out by asking? A new enquiry of a known lead reopens it.
 * Campaigns will set the qualification's fields; a lead that nobody asked has none.
 * Threads: pure. */
#include "pipeline/pipeline.h"

void stage_qualify(const struct ground *ground, struct decision *decision)
{
	static const char *const asked[] = { "qualification_status", "qualification_at",
					     "qualification_channel",
					     "qualification_attempt" };
	struct value before;

	(void)ground;
	if (!decision->is_new_enquiry || decision->is_new_lead)
		return;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		before = lead_value(decision->lead, asked[i]);
		if (value_is_empty(before))
			continue;
		decision_set(decision, ground->arena, &(struct lead_field){ .name = asked[i] });
		decision_change(decision, asked[i], CHANGE_CLEARED, before, value_null());
		decision_note(decision, "qualify", "reopened", "a new enquiry asks again");
	}
}
