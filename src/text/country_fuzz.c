/* country_fuzz.c - any bytes as a country, a language and a line of text. Threads:
 * pure. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "text/country.h"
#include "text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size), *out, *again;
	char iso2[COUNTRY_SIZE];

	if (country_parse(text, iso2))
		assert(country_name(arena, iso2));
	if (language_read(arena, text, &out, NULL) == 0) {
		assert(language_read(arena, out, &again, NULL) == 0);
		assert(text_equal(out, again));
	}
	if (text_clean(arena, text, TEXT_LINE, 0, &out, NULL) == 0)
		assert(strstr(text, out));
	assert(text_fold(arena, text) && text_nfkc(arena, text));
	arena_free(arena);
	return 0;
}
