/* buf.h - text and bytes built up piece by piece. Threads: one at a time. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/error.h"

/* Grows in its arena up to `max` bytes. What does not fit is dropped and
 * remembered, so that building reads straight through and is checked once, by
 * buf_end(). Always NUL-terminated. */
struct buf {
	struct arena *arena;
	char *text;
	size_t len; /* bytes, without the NUL */
	size_t room;
	size_t max;
	bool is_over;
};

void buf_init(struct buf *buf, struct arena *arena, size_t max);

void buf_add(struct buf *buf, const char *text); /* NULL adds nothing */
void buf_addn(struct buf *buf, const void *bytes, size_t len);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_add_int(struct buf *buf, int64_t number);

/* Adds `text` as a JSON string with its quotes, or null when it is NULL. */
void buf_add_json(struct buf *buf, const char *text);
void buf_add_jsonn(struct buf *buf, const char *text, size_t len);

/* Percent-encodes all but RFC 3986 unreserved characters. */
void buf_add_url(struct buf *buf, const char *text);

/* Empties the buffer and keeps its memory. */
void buf_reset(struct buf *buf);

/* Gives the text in *text (the arena's). Fails with ERR_LIMIT when it did not fit. */
int buf_end(struct buf *buf, const char **text, struct error *err);

/* The text of a buffer whose maximum is our own and cannot be reached: an overflow
 * is our bug and ends the process. */
char *buf_text(struct buf *buf);

#endif
