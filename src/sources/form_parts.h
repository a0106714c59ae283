/* form_parts.h - the pairs of name and value in a form's body, in whatever charset.
 * Private to form*.c. Threads: pure. */
#ifndef SOURCES_FORM_PARTS_H
#define SOURCES_FORM_PARTS_H

#include <stddef.h>

#include "sources/form.h"

/* Bytes of the arena or of the body. */
struct form_part {
	const char *name, *bytes;
	size_t name_len, len;
	const char *charset; /* of this part, or NULL */
};

struct form_parts {
	struct form_part items[FORM_FIELDS_MAX];
	size_t count;
};

/* Errors: ERR_INVALID, ERR_LIMIT. */
int form_parts_of_urlencoded(struct arena *arena, const char *body, size_t len,
			     struct form_parts *parts, struct error *err);
int form_parts_of_multipart(struct arena *arena, const char *content_type,
			    const char *body, size_t len, struct form_parts *parts,
			    struct error *err);

/* The parameter of a header's value ('form-data; name="a"'), unquoted, the arena's; NULL
 * if there is none or it is malformed. Names are compared without case. */
char *header_parameter(struct arena *arena, const char *value, const char *name);

int form_parts_add(struct form_parts *parts, const struct form_part *part,
		   struct error *err);

#endif
