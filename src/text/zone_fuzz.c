/* zone_fuzz.c - any bytes as a pattern and a time, on two lines. Threads: pure. The
 * first byte picks the zone. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "text/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the first line off; the rest stays at *text. */
static char *line(char **text)
{
	char *start = *text, *end = strchr(start, '\n');

	if (end)
		*end = '\0';
	*text = end ? end + 1 : start + strlen(start);
	return start;
}

static void check(struct arena *arena, const char *zone_name, char *text)
{
	const char *pattern = line(&text), *written;
	struct zone_time local;
	struct zone *zone;
	int64_t ms;

	assert(zone_open(arena, zone_name, &zone, NULL) == 0);
	if (zone_parse(zone, text, pattern, &ms, NULL) < 0)
		return;
	zone_local(zone, ms, &local);
	assert(local.year >= 1 && local.year <= 9999);
	assert(zone_format(arena, zone, ms, pattern, &written, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const zones[] = { "UTC", "Asia/Kolkata", "Europe/Berlin",
					     "Pacific/Apia" };
	struct arena *arena;
	char *text;

	if (size < 1)
		return 0;
	arena = arena_new();
	text = arena_strndup(arena, (const char *)data + 1, size - 1);
	check(arena, zones[data[0] % ARRAY_LEN(zones)], text);
	arena_free(arena);
	return 0;
}
