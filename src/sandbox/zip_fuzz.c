/* zip_fuzz.c - any bytes as an archive: no crash, no more unpacked than was allowed, and what
 * was unpacked comes back when it is packed again. Threads: one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/zip.h"

#define UNPACKED_MAX (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *name, *text, *text_again;
	size_t len, packed_len, len_again;
	const void *packed;

	if (zip_read(arena, data, size, UNPACKED_MAX, &name, &text, &len) == ZIP_READ) {
		packed = zip_write(arena, "again.csv", text, len, &packed_len);
		if (len > UNPACKED_MAX || !packed ||
		    zip_read(arena, packed, packed_len, len, &name, &text_again, &len_again) !=
			    ZIP_READ ||
		    len_again != len || memcmp(text, text_again, len) != 0)
			abort();
	}
	arena_free(arena);
	return 0;
}
