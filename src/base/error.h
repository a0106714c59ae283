/* error.h - what went wrong, said once and carried up. Threads: pure. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/attributes.h"

enum error_code {
	ERR_NONE,
	ERR_INVALID,     /* what we were given is wrong */
	ERR_NOT_FOUND,   /* it is not there, or not for this actor */
	ERR_CONFLICT,    /* it is there already, or has changed meanwhile */
	ERR_DENIED,      /* the actor may not */
	ERR_LIMIT,       /* too large, too many, too deep */
	ERR_UNAVAILABLE, /* not now; later may work */
	ERR_INTERNAL,    /* our bug, or the machine's */
};

struct error {
	enum error_code code;
	char message[256]; /* for people; lower case, no full stop; UTF-8 */
};

/* Each returns -1. error_set() describes a failure; error_errno() takes code and
 * text from errno; error_wrap() puts "context: " before the message it finds.
 * `err` may be NULL when nobody wants to know. Messages that are too long are cut
 * at a character. */
int error_set(struct error *err, enum error_code code, const char *format, ...)
	PRINTF_LIKE(3, 4);
int error_errno(struct error *err, const char *what);
int error_wrap(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The code's name as it stands in answers and logs: "invalid", "not_found"... */
const char *error_code_name(enum error_code code);

#endif
