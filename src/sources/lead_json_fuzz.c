/* lead_json_fuzz.c - any bytes as the body of POST /v1/leads: a submission that holds
 * together, or no JSON. Threads: pure. */
#include "sources/fuzz_support.h"
#include "sources/lead_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config *config = fuzz_workspace();
	struct arena *arena = arena_new(), *scratch = arena_new();
	struct lead_json lead = {
		.config = config,
		.source = config_source(config, size % 2 ? "mapped" : "api"),
		.text = (const char *)data,
		.len = size,
		.received_at = FUZZ_NOW,
	};
	struct submission submission;
	struct error err;
	int rc = lead_json_prepare(arena, scratch, &lead, &submission, &err);

	/* Nothing of the submission may be the tree's. */
	arena_free(scratch);
	if (rc == 0)
		fuzz_check(&submission);
	else
		fuzz_check_text(err.message);
	arena_free(arena);
	return 0;
}
