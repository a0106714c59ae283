/* encoding.h - what the bytes of a file or form are, and making them UTF-8.
 * Threads: one at a time. */
#ifndef SOURCES_ENCODING_H
#define SOURCES_ENCODING_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum encoding {
	ENCODING_ASCII, /* so far: decided by the first byte that is none */
	ENCODING_UTF8,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
	ENCODING_WINDOWS_1252,
};

/* For people: "UTF-8". ASCII is called that too, being the same. */
const char *encoding_name(enum encoding encoding);

/* What a file is, by its first bytes: a byte order mark, whose length goes to
 * *mark_len; else NUL bytes at every other place; else well-formed UTF-8; else
 * Windows-1252. */
enum encoding encoding_guess(const char *head, size_t len, size_t *mark_len);

/* Decodes a stream piece by piece. */
struct decoder {
	enum encoding encoding;
	iconv_t convert; /* of UTF-16 and Windows-1252 */
	bool is_open;    /* convert is */
};

/* What a decoder writes for bytes that are no character of the encoding. No UTF-8 has
 * it, so whoever checks the result finds it. */
#define DECODER_BAD '\xFF'

/* ERR_INTERNAL when the C library lacks the conversion. */
int decoder_open(struct decoder *decoder, enum encoding encoding, struct error *err);
void decoder_end(struct decoder *decoder);

/* Decodes up to `len` bytes of `in` into `out`, of which `room` bytes may be written,
 * at least 4. Returns how many bytes of `in` it used; *written says how many it wrote.
 * What is left of `in` (a character cut in two, or no room) is to be given again, with
 * what follows it; `is_last` says that nothing will. UTF-8 is passed on unchecked. */
size_t decoder_run(struct decoder *decoder, const char *in, size_t len, bool is_last,
		   char *out, size_t room, size_t *written);

/* Makes the bytes of a form's value UTF-8. `charset` is a label as HTTP and HTML write
 * it, of any case; NULL is UTF-8. The text is the arena's. ERR_INVALID when the charset
 * is not known, the bytes are none of it, or there is a NUL among them. */
int encoding_convert(struct arena *arena, const char *charset, const char *bytes,
		     size_t len, const char **text, struct error *err);

/* Puts '?' for each byte that is no UTF-8, so that even a broken text can be shown. */
void encoding_make_valid(char *text, size_t len);

#endif
