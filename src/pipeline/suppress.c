/* suppress.c - how may this person be reached? Marks channels and purposes over all
 * identities and never refuses a lead: who opted out of SMS may still ask for a call.
 * Threads: pure. */
#include "pipeline/pipeline.h"

void stage_suppress(const struct ground *ground, struct decision *decision)
{
	const struct case_file *file = ground->file;

	for (size_t i = 0; i < file->nobjections; i++)
		decision_note(decision, "suppress", file->objections[i].channel,
			      arena_printf(ground->arena, "no %s for %s: %s",
					   file->objections[i].channel,
					   file->objections[i].purpose,
					   file->objections[i].reason));
	for (size_t i = 0; i < ground->submission->nconsents; i++) {
		const struct consent *consent = &ground->submission->consents[i];

		/* A public source may withdraw, and may grant what was never withdrawn. */
		decision_note(decision, "suppress",
			      consent->is_granted ? "consent" : "withdrawn",
			      arena_printf(ground->arena, "%s for %s", consent->channel,
					   consent->purpose));
	}
}
