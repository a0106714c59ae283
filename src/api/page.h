/* page.h - the part of a list that is asked for. Private to api/. Threads: pure. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define PAGE_MAX 1000
#define PAGE_USUAL 50

/* A cursor is the id of the last row given. */
struct page {
	size_t limit, count;
	int64_t before, last; /* ids; 0: from the newest */
	bool is_cut;          /* the answer became large enough before its limit */
};

/* Reads `limit` (1 to PAGE_MAX) and `cursor` of a query ("limit=5&cursor=...", as it came).
 * Returns 0, or -1 with what is wrong and its code, "bad_limit" or "bad_cursor". */
int page_read(struct arena *arena, const char *query, struct page *page, const char **code,
	      struct error *err);

#endif
