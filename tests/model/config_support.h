/* config_support.h - what the tests of the configuration share. */
#ifndef TESTS_MODEL_CONFIG_SUPPORT_H
#define TESTS_MODEL_CONFIG_SUPPORT_H

#include "../support/check.h"

#include "base/json.h"
#include "base/text.h"
#include "model/config.h"

/* JSON with ' for ", so that tests can be read. */
static inline json_t *quoted_json(struct arena *arena, const char *text)
{
	char *json = arena_strdup(arena, text);
	struct error err;
	json_t *tree;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	tree = json_parse(arena, json, strlen(json), &json_limits_large, &err);
	if (!tree)
		fail_msg("%s: %s", text, err.message);
	return tree;
}

static const struct hash_key test_key = { { 7 } };

/* Splits and builds a whole file; items get ids from 100 on and version 5. */
static inline int build_file(struct arena *arena, const char *text, struct config *config,
			     struct problems *problems)
{
	struct config_item *items;
	size_t count;

	problems->count = 0;
	if (config_split_all(arena, quoted_json(arena, text), &items, &count, problems) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		items[i].id = 100 + (int64_t)i;
		items[i].version = 5;
	}
	return config_build_all(arena, 1, 5, &test_key, items, count, config, problems);
}

static inline void build_well(struct arena *arena, const char *text, struct config *config)
{
	struct problems problems;

	if (build_file(arena, text, config, &problems) < 0)
		fail_msg("%s: %s", problems.items[0].field, problems.items[0].message);
}

#endif
