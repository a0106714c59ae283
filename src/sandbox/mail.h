/* mail.h - reading a message (RFC 5322, MIME): headers, its text, its links. Threads: pure.
 *
 * The bytes may be anything. What is not UTF-8, or is nested deeper than eight parts, is not
 * there; nothing is an error. Results are the arena's. */
#ifndef SANDBOX_MAIL_H
#define SANDBOX_MAIL_H

#include <stddef.h>

#include "base/arena.h"

/* The first header of a name, unfolded and trimmed; NULL if there is none. */
const char *mail_header(struct arena *arena, const char *bytes, size_t len, const char *name);

/* How long the headers are, the empty line with them. */
size_t mail_headers_len(const char *bytes, size_t len);

/* Encoded words (RFC 2047) of UTF-8 or ASCII put into letters; others stay as they are. */
const char *mail_words(struct arena *arena, const char *text);

/* "a@b" of "Name <a@b>" or "a@b"; NULL when it is none. */
const char *mail_address(struct arena *arena, const char *text);

/* The first text/plain part, decoded; "" when there is none. */
const char *mail_text(struct arena *arena, const char *bytes, size_t len);

/* The http and https addresses of its text and HTML, each once, in order; returns how many
 * of at most `max`. */
size_t mail_links(struct arena *arena, const char *bytes, size_t len, const char **links,
		  size_t max);

#endif
