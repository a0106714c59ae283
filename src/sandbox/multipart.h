/* multipart.h - bodies made of parts (RFC 2046): forms and batches. Threads: pure. */
#ifndef SANDBOX_MULTIPART_H
#define SANDBOX_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/http_message.h"

struct multipart {
	const char *boundary; /* "--" and the boundary */
	const char *at, *end; /* what is left */
	bool is_closed;       /* the last boundary was met */
};

struct multipart_part {
	struct http_headers headers; /* the arena's */
	const char *body;            /* in the bytes given; not NUL-terminated */
	size_t len;
};

/* Begins with the bytes of a body whose Content-Type is `type`. False when that is not
 * multipart, or has no boundary, or the body never shows it. */
bool multipart_begin(struct multipart *multipart, struct arena *arena, const char *type,
		     const char *body, size_t len);

/* The next part: 1 found, 0 at the end, -1 when the bytes are cut short or a header is
 * none. Lines end with CR LF, as the vendors insist. */
int multipart_next(struct multipart *multipart, struct arena *arena,
		   struct multipart_part *part);

/* The value of a parameter (`boundary`, `name`) of a header's value, or NULL. */
const char *multipart_parameter(struct arena *arena, const char *value, const char *name);

#endif
