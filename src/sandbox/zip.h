/* zip.h - archives of one file, as bulk APIs take and give them. Threads: pure. */
#ifndef SANDBOX_ZIP_H
#define SANDBOX_ZIP_H

#include <stddef.h>

#include "base/arena.h"

enum zip_verdict {
	ZIP_READ,
	ZIP_IS_NONE,   /* no archive, or a broken one */
	ZIP_NOT_ALONE, /* it holds no file, or several */
	ZIP_TOO_LARGE, /* the file is over the maximum */
};

/* Unpacks the only file of an archive: *text (the arena's, NUL behind it), and its name
 * without folders. However small the archive, no more than `max` bytes are unpacked. */
enum zip_verdict zip_read(struct arena *arena, const void *bytes, size_t len, size_t max,
			  const char **name, const char **text, size_t *text_len);

/* An archive with one file; the arena's. NULL when it is too large to make. */
const void *zip_write(struct arena *arena, const char *name, const void *text, size_t text_len,
		      size_t *len);

#endif
