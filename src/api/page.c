/* page.c - the part of a list that is asked for. Threads: pure. */
#include "api/page.h"

#include <string.h>

#include "base/http_message.h"
#include "base/id.h"
#include "base/text.h"

/* Whether a query has the name, whatever its value: one whose escapes are broken is not
 * taken for one that was left out. */
static bool is_named(const char *query, const char *name)
{
	size_t len = strlen(name);

	while (query && *query) {
		if (strncmp(query, name, len) == 0 && query[len] == '=')
			return true;
		query = strchr(query, '&');
		query += query ? 1 : 0;
	}
	return false;
}

int page_read(struct arena *arena, const char *query, struct page *page, const char **code,
	      struct error *err)
{
	const char *limit = url_query_find(arena, query, "limit");
	const char *cursor = url_query_find(arena, query, "cursor");
	int64_t number = PAGE_USUAL;

	*page = (struct page){ 0 };
	*code = "bad_limit";
	if (is_named(query, "limit") &&
	    (!limit || !text_int(limit, &number) || number < 1 || number > PAGE_MAX))
		return error_set(err, ERR_INVALID, "limit: want a number from 1 to %d", PAGE_MAX);
	*code = "bad_cursor";
	if (is_named(query, "cursor") && (!cursor || !id_parse(cursor, &page->before)))
		return error_set(err, ERR_INVALID,
				 "cursor: want the next_cursor of an earlier answer");
	page->limit = (size_t)number;
	return 0;
}
