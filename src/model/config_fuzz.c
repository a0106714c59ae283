/* config_fuzz.c - any JSON as a workspace file. What splits and builds must build again
 * to the same; what does not must say so in sentences that can be shown. Threads: pure. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "model/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		assert(p->field && text_is_utf8(p->field, strlen(p->field)));
		assert(text_is_utf8(p->message, strlen(p->message)));
		assert(p->code && *p->code);
	}
}

static void try_file(struct arena *arena, const json_t *file)
{
	static const struct hash_key key;
	struct problems problems = { .count = 0 };
	struct config config, again;
	struct config_item *items;
	struct error err;
	size_t count;

	if (config_split_all(arena, file, &items, &count, &problems) < 0) {
		assert(problems.count > 0);
		check_problems(&problems);
		return;
	}
	if (config_build_all(arena, 1, 1, &key, items, count, &config, &problems) < 0) {
		check_problems(&problems);
		return;
	}
	assert(config_source(&config, "api"));
	assert(config_build(arena, 1, 1, &key, items, count, &again, &err) == 0);
	assert(again.nsources == config.nsources && again.nmappings == config.nmappings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct error err;
	json_t *file = json_parse(arena, (const char *)data, size, &json_limits_lead, &err);

	if (file)
		try_file(arena, file);
	arena_free(arena);
	return 0;
}
