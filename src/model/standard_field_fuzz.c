/* standard_field_fuzz.c - any text as the header of a file. Threads: pure. */
#include <assert.h>

#include "base/text.h"
#include "model/lead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const struct standard_field *field;

	if (text_is_utf8((const char *)data, size)) {
		field = standard_field_guess(arena_strndup(arena, (const char *)data, size));
		assert(!field || field->is_given);
	}
	arena_free(arena);
	return 0;
}
