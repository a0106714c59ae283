/* yaml_fuzz.c - any bytes as a YAML file. What is read must be JSON, and every path must
 * have a position. Threads: pure. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct error err = { .code = ERR_NONE };
	struct yaml *yaml;
	const char *text;

	if (yaml_parse(arena, "f", (const char *)data, size, &yaml, &err) < 0) {
		assert(err.code != ERR_NONE && strncmp(err.message, "f: ", 2) == 0);
		assert(text_is_utf8(err.message, strlen(err.message)));
	} else {
		text = json_text(arena, yaml_json(yaml));
		assert(text_is_utf8(text, strlen(text)));
		assert(yaml_position(yaml, "sources[0].keys[1]").line > 0);
		assert(yaml_position(yaml, "").column > 0);
	}
	arena_free(arena);
	return 0;
}
