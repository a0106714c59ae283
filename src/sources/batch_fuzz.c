/* batch_fuzz.c - any bytes as the body of a batch: an array is cut exactly as a parser of
 * the whole would see it. Threads: pure. */
#include "sources/batch.h"
#include "sources/fuzz_support.h"

static const struct json_limits limits = { BATCH_BODY_MAX, 16, 1u << 20 };

/* The items as one array; NULL when one of them is no JSON. */
static json_t *parse_items(struct arena *arena, const struct batch *batch)
{
	json_t *array = json_keep(arena, json_array());
	struct error err;

	for (size_t i = 0; i < batch->nitems; i++) {
		json_t *item = json_parse(arena, batch->items[i].text, batch->items[i].len,
					  &limits, &err);

		if (!item)
			return NULL;
		json_array_append(array, item);
	}
	return array;
}

static void check_array(struct arena *arena, const char *body, size_t len)
{
	json_t *whole, *parts = NULL;
	struct batch batch;
	struct error err;

	whole = json_parse(arena, body, len, &limits, &err);
	if (json_array_size(whole) > BATCH_MAX)
		return;
	if (batch_split(arena, BATCH_ARRAY, body, len, &batch, &err) == 0)
		parts = parse_items(arena, &batch);
	if (json_is_array(whole))
		assert(parts && json_equal(whole, parts));
	else if (parts) /* only what is too deep as a whole may pass in parts */
		assert(!whole && err.code != ERR_NONE);
}

static void check_lines(struct arena *arena, const char *body, size_t len)
{
	struct batch batch;
	struct error err;
	const char *last = body;

	if (batch_split(arena, BATCH_NDJSON, body, len, &batch, &err) < 0)
		return;
	for (size_t i = 0; i < batch.nitems; i++) {
		assert(batch.items[i].len > 0 && batch.items[i].text >= last);
		assert(!memchr(batch.items[i].text, '\n', batch.items[i].len));
		last = batch.items[i].text + batch.items[i].len;
		assert(last <= body + len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	check_array(arena, (const char *)data, size);
	check_lines(arena, (const char *)data, size);
	arena_free(arena);
	return 0;
}
