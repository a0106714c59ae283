/* encode.h - hex and base64. Threads: pure. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Lower-case hex; base64 with padding; base64url without. */
char *hex_encode(struct arena *arena, const void *bytes, size_t len);
char *base64_encode(struct arena *arena, const void *bytes, size_t len);
char *base64url_encode(struct arena *arena, const void *bytes, size_t len);

/* Decode strictly; the length goes to *len. ERR_INVALID when it is not that. The
 * bytes are followed by a NUL that does not count. */
int hex_decode(struct arena *arena, const char *text, unsigned char **bytes, size_t *len,
	       struct error *err);
int base64_decode(struct arena *arena, const char *text, unsigned char **bytes,
		  size_t *len, struct error *err);
int base64url_decode(struct arena *arena, const char *text, unsigned char **bytes,
		     size_t *len, struct error *err);

#endif
