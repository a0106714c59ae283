/* page.h - cursors that a client cannot make up. Threads: pure.
 *
 * A cursor holds a few numbers and a mark of what it belongs to; read back, it is
 * refused unless it belongs there. Vendors with plain offsets do not need this. */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define SB_CURSOR_NUMBERS 4

/* `what` names the list ("persons?sort=id"): the same must be given to read it back. */
char *sb_cursor_make(struct arena *arena, const char *what, const int64_t *numbers, size_t count);
bool sb_cursor_read(struct arena *arena, const char *cursor, const char *what, int64_t *numbers,
		    size_t count);

/* "limit" and the like: the number of `text`, or `otherwise` when text is NULL; false
 * when it is not a number within low..high. */
bool sb_page_number(const char *text, int64_t otherwise, int64_t low, int64_t high,
		    int64_t *number);

#endif
