/* postal_fuzz.c - any bytes as a postal code. Threads: pure. The first byte picks the
 * country, what stands before a line break the state. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/postal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const countries[] = { NULL, "IN", "US", "GB", "CA", "AE", "DE", "LV",
						 "NL", "BR", "IE", "XX" };
	struct arena *arena;
	struct postal postal, again;
	const char *country;
	char *text, *end;

	if (size < 1)
		return 0;
	arena = arena_new();
	country = countries[data[0] % ARRAY_LEN(countries)];
	text = arena_strndup(arena, (const char *)data + 1, size - 1);
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	if (postal_parse(arena, end ? end + 1 : text, country, end ? text : NULL, &postal,
			 NULL) == 0) {
		assert(strlen(postal.code) <= 64);
		assert(postal_parse(arena, postal.code, country, NULL, &again, NULL) == 0);
		assert(text_equal(again.code, postal.code));
	}
	arena_free(arena);
	return 0;
}
