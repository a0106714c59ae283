/* text.h - small things about NUL-terminated UTF-8. Threads: pure. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_is_empty(const char *text);          /* NULL or "" */
bool text_starts(const char *text, const char *start);
bool text_ends(const char *text, const char *end);

/* ASCII letters only: header names, units, words of ours. */
bool text_equal_nocase(const char *a, const char *b);
char *text_lower_ascii(struct arena *arena, const char *text);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing over
 * long) without a NUL. */
bool text_is_utf8(const char *bytes, size_t len);

/* Code points of well-formed UTF-8. */
size_t text_length(const char *text);

/* Cuts at blanks of ASCII on both sides. */
char *text_trim(struct arena *arena, const char *text);

/* Reads a whole decimal number: sign, digits, nothing else. */
bool text_int(const char *text, int64_t *number);

/* The word of `words` (`count` of them) that is nearest to `word`, if it is near
 * enough to have been meant, else NULL: "did you mean". */
const char *text_nearest(const char *word, const char *const *words, size_t count);

/* Equal in a time that depends on the lengths only: for secrets. */
bool text_equal_secret(const char *a, const char *b);

#endif
