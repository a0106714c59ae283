/* utf16.c - between our UTF-8 and ICU's UTF-16. Threads: pure. */
#include "text/utf16.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <unicode/ustring.h>

UChar *utf16_of(struct arena *arena, const char *text, int32_t *len)
{
	size_t bytes = strlen(text);
	UErrorCode status = U_ZERO_ERROR;
	UChar *units;

	assert(bytes < INT32_MAX / 4);
	/* No UTF-8 text has more code units in UTF-16 than bytes. */
	units = arena_array(arena, bytes + 1, sizeof(*units));
	u_strFromUTF8WithSub(units, (int32_t)bytes + 1, len, text, (int32_t)bytes, 0xFFFD,
			     NULL, &status);
	assert(U_SUCCESS(status));
	return units;
}

char *utf8_of(struct arena *arena, const UChar *units, int32_t len)
{
	UErrorCode status = U_ZERO_ERROR;
	char *text = arena_alloc(arena, (size_t)len * 3 + 1);

	u_strToUTF8WithSub(text, len * 3 + 1, NULL, units, len, 0xFFFD, NULL, &status);
	assert(U_SUCCESS(status));
	return text;
}
