/* url_fuzz.c - any bytes as a URL, as a query, as an escaped text. Threads: one. */
#include <stdlib.h>
#include <string.h>

#include "base/http_message.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* What was cut is put together and cut again: the same. */
static void check_url(struct arena *arena, const char *text)
{
	struct url url, again;

	if (!url_parse(arena, text, &url))
		return;
	if (!url_parse(arena, arena_printf(arena, "%s://%s:%d%s", url.scheme, url.host, url.port,
					   url.target),
		       &again) ||
	    !text_equal(url.scheme, again.scheme) || !text_equal(url.host, again.host) ||
	    !text_equal(url.target, again.target) || url.port != again.port)
		abort();
}

static void check_escapes(struct arena *arena, const char *text, size_t len)
{
	char *decoded = url_decode(arena, text, len, false);
	struct buf buf;

	if (!decoded)
		return;
	buf_init(&buf, arena, len * 3);
	buf_add_url(&buf, decoded);
	if (!text_equal(url_decode(arena, buf_text(&buf), buf.len, false), decoded))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);

	check_url(arena, text);
	check_escapes(arena, text, size);
	url_query_find(arena, text, "a");
	arena_free(arena);
	return 0;
}
