/* page_fuzz.c - any bytes as the query of a list. Threads: one. */
#include <stdlib.h>
#include <string.h>

#include "api/page.h"
#include "base/id.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* The page after a row is asked for by that row's id: it reads as what it was written from,
 * and never as a place that no row can have. */
static void check_cursor(struct arena *arena, const struct page *page)
{
	char text[ID_TEXT_SIZE];
	const char *code;
	struct page again;

	if (page->before == 0)
		return;
	id_format(page->before, text);
	if (page->before < 0 ||
	    page_read(arena, arena_printf(arena, "cursor=%s&limit=%zu", text, page->limit), &again,
		      &code, NULL) < 0 ||
	    again.before != page->before || again.limit != page->limit)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *query = arena_strndup(arena, (const char *)data, size), *code;
	struct error err = { 0 };
	struct page page;
	int rc = page_read(arena, query, &page, &code, &err);

	if (rc < 0 && (!*err.message || !*code))
		abort();
	if (rc == 0 && (page.limit < 1 || page.limit > PAGE_MAX || page.count || page.last))
		abort();
	if (rc == 0)
		check_cursor(arena, &page);
	arena_free(arena);
	return 0;
}
