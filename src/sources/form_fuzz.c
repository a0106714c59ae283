/* form_fuzz.c - any bytes as a form's post; the first one says in which type.
 * Threads: pure. */
#include "sources/form_lead.h"
#include "sources/fuzz_support.h"

static const char *const content_types[] = {
	"application/x-www-form-urlencoded",
	"application/x-www-form-urlencoded; charset=windows-1252",
	"multipart/form-data; boundary=x",
	"multipart/form-data; boundary=\"x\"; charset=shift_jis",
	"application/json",
	"text/plain",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config *config = fuzz_workspace();
	struct arena *arena = arena_new();
	struct form_lead lead = {
		.config = config,
		.source = config_source(config, "form"),
		.received_at = FUZZ_NOW,
	};
	struct submission submission;
	struct error err;

	if (size > 0) {
		lead.content_type = content_types[data[0] % ARRAY_LEN(content_types)];
		lead.body = (const char *)data + 1;
		lead.len = size - 1;
		if (form_lead_prepare(arena, &lead, &submission, &err) == 0)
			fuzz_check(&submission);
		else
			fuzz_check_text(err.message);
	}
	arena_free(arena);
	return 0;
}
