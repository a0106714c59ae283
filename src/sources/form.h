/* form.h - what web forms and simple senders post. Threads: pure.
 *
 * Reading only: names and values as sent, in UTF-8. What they mean is prepare.h's. */
#ifndef SOURCES_FORM_H
#define SOURCES_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/source.h"
#include "model/value.h"

#define FORM_BODY_MAX (64u << 10) /* bytes */
#define FORM_FIELDS_MAX 300

enum form_type {
	FORM_NONE,       /* none of ours: 415 */
	FORM_URLENCODED, /* application/x-www-form-urlencoded, and query strings */
	FORM_MULTIPART,  /* multipart/form-data, text parts only */
	FORM_JSON,       /* application/json; text/plain, as navigator.sendBeacon() sends */
};

/* By the Content-Type's media type; NULL is FORM_NONE. Parameters do not matter here. */
enum form_type form_type_of(const char *content_type);

struct form_post {
	const struct field *fields; /* in the order sent; names as sent, but "x[]" is "x";
				       values are text or, when a name comes several times,
				       a list. From JSON also the other kinds */
	size_t nfields;
	bool is_trapped;            /* the honeypot was filled: a robot's post */
};

/* Reads a post's body. `form` names the honeypot, which is not among the fields.
 *
 * JSON is one object; an object in it gives names like "address[city]", and what is
 * nested otherwise stays as its JSON text. The charset is the field `_charset_`, else
 * the part's or the post's own, else UTF-8.
 *
 * Errors: ERR_INVALID for what cannot be read (an escape, the charset, a file part, JSON,
 * FORM_NONE), ERR_LIMIT for more than FORM_BODY_MAX or FORM_FIELDS_MAX. Messages quote
 * no values. Everything is the arena's. */
int form_post_read(struct arena *arena, const char *content_type, const char *body, size_t len,
	      const struct form *form, struct form_post *post, struct error *err);

#endif
