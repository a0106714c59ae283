/* http_date_fuzz.c - any bytes as a time, in HTTP's form, in RFC 3339's, as
 * Retry-After. Threads: one. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/http_message.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);
	struct http_headers headers = { .items = { { "Retry-After", text } }, .count = 1 };
	char again[HTTP_DATE_SIZE], iso[CLOCK_TEXT_SIZE];
	int64_t ms, ms_again, wait = http_retry_after(&headers, 0);

	if (wait < 0 || wait > CLOCK_DAY)
		abort();
	if (http_date_parse(text, &ms)) {
		http_date_format(ms, again);
		if (!http_date_parse(again, &ms_again) ||
		    (ms_again != ms && ms < INT64_C(253402300800000)))
			abort();
	}
	if (clock_parse(text, &ms)) {
		clock_format(ms, iso);
		if (!clock_parse(iso, &ms_again))
			abort();
	}
	arena_free(arena);
	return 0;
}
