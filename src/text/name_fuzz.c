/* name_fuzz.c - any bytes as a name: its pieces are its own bytes, and its keys are like
 * themselves. Threads: pure. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "text/edits.h"
#include "text/name.h"
#include "text/similar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pieces(struct arena *arena, const char *full)
{
	struct name name;

	name_split(arena, full, &name);
	if (strchr(full, ','))
		return; /* a blank may have been put behind it */
	assert(strstr(full, name.title) && strstr(full, name.first));
	assert(strstr(full, name.last) && strstr(full, name.suffix));
	assert(name_join(arena, name.first, name.last));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *full = arena_strndup(arena, (const char *)data, size), *key;
	const struct similar_person person = { .first = full, .street = full, .city = full,
					       .company = full, .postal = "1" };
	const char *blocks[SIMILAR_BLOCKS_MAX];
	struct similar_keys keys;

	check_pieces(arena, full);
	key = name_key(arena, full);
	assert(!*key || name_is_alike(key, key));
	assert(!*key || name_initials_match(key, key));
	assert(edits_jaro_winkler(full, key) <= 1);
	similar_prepare(arena, &person, &keys);
	assert(similar_blocks(arena, &keys, blocks) <= SIMILAR_BLOCKS_MAX);
	similar_judge(&keys, &keys, NULL);
	arena_free(arena);
	return 0;
}
