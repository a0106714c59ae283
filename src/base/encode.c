/* encode.c - hex and base64. Threads: pure. */
#include "base/encode.h"

#include <sodium.h>
#include <string.h>

char *hex_encode(struct arena *arena, const void *bytes, size_t len)
{
	char *text = arena_alloc(arena, len * 2 + 1);

	sodium_bin2hex(text, len * 2 + 1, bytes, len);
	return text;
}

static char *encode(struct arena *arena, const void *bytes, size_t len, int variant)
{
	size_t size = sodium_base64_encoded_len(len, variant);
	char *text = arena_alloc(arena, size);

	sodium_bin2base64(text, size, bytes, len, variant);
	return text;
}

char *base64_encode(struct arena *arena, const void *bytes, size_t len)
{
	return encode(arena, bytes, len, sodium_base64_VARIANT_ORIGINAL);
}

char *base64url_encode(struct arena *arena, const void *bytes, size_t len)
{
	return encode(arena, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int hex_decode(struct arena *arena, const char *text, unsigned char **bytes, size_t *len,
	       struct error *err)
{
	size_t size = strlen(text);
	const char *end;

	*bytes = arena_alloc(arena, size / 2 + 1);
	if (sodium_hex2bin(*bytes, size / 2 + 1, text, size, NULL, len, &end) != 0 || *end)
		return error_set(err, ERR_INVALID, "not hexadecimal");
	return 0;
}

static int decode(struct arena *arena, const char *text, unsigned char **bytes, size_t *len,
		  int variant, struct error *err)
{
	size_t size = strlen(text);
	const char *end;

	*bytes = arena_alloc(arena, size / 4 * 3 + 4);
	if (sodium_base642bin(*bytes, size / 4 * 3 + 3, text, size, NULL, len, &end,
			      variant) != 0 ||
	    *end)
		return error_set(err, ERR_INVALID, "not base64");
	return 0;
}

int base64_decode(struct arena *arena, const char *text, unsigned char **bytes, size_t *len,
		  struct error *err)
{
	return decode(arena, text, bytes, len, sodium_base64_VARIANT_ORIGINAL, err);
}

int base64url_decode(struct arena *arena, const char *text, unsigned char **bytes,
		     size_t *len, struct error *err)
{
	return decode(arena, text, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING, err);
}
