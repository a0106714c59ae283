/* json_fuzz.c - any bytes as JSON: what is read can be written and read again as the
 * same. Threads: one. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	json_t *json = json_parse(arena, (const char *)data, size, &json_limits_lead, &err);

	if (json) {
		const char *text = json_canonical(arena, json);
		json_t *again = json_parse(arena, text, strlen(text), &json_limits_large, &err);

		if (!again || !json_equal(json, again) ||
		    strcmp(text, json_canonical(arena, again)) != 0)
			abort();
		json_at(json, "$.a[0].b");
	} else if (err.code != ERR_INVALID && err.code != ERR_LIMIT) {
		abort();
	}
	arena_free(arena);
	return 0;
}
