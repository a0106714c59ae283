/* example_test.c - the shipped examples of the rest connector, held together. */
#include "../support/check.h"

#include "base/json.h"
#include "cli/yaml.h"
#include "connectors/registry.h"
#include "model/config.h"

static const char *example(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/../../docs/examples/%s", getenv("FAIRLEAD_TEST_DATA"),
			    name);
}

static const json_t *read_yaml(struct arena *arena, const char *name)
{
	struct error err = { ERR_NONE, "" };
	struct yaml *yaml;

	if (yaml_read(arena, example(arena, name), &yaml, &err) < 0)
		fail_msg("%s", err.message);
	return yaml_json(yaml);
}

static void build(struct arena *arena, const json_t *file, struct config *config)
{
	static const struct hash_key key = { { 1 } };
	struct error err = { ERR_NONE, "" };
	struct config_item *items;
	size_t count;

	if (config_split(arena, file, &items, &count, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < count; i++)
		items[i].id = 100 + (int64_t)i;
	if (config_build(arena, 1, 1, &key, items, count, config, &err) < 0)
		fail_msg("%s", err.message);
}

/* The case files read the JSON; people read the YAML. */
static void ledger_example_says_the_same_twice(void **state)
{
	struct arena *arena = arena_new();
	const json_t *json = json_keep(arena, json_load_file(example(arena, "ledger-crm.json"), 0,
							     NULL));

	(void)state;
	assert_non_null(json);
	assert_string_equal(json_canonical(arena, read_yaml(arena, "ledger-crm.yaml")),
			    json_canonical(arena, json));
	arena_free(arena);
}

static void every_connection_of_the_examples_is_taken(void **state)
{
	static const char *const names[] = { "ledger-crm.yaml", "workspace.yaml" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct error err = { ERR_NONE, "" };
		struct config config;

		build(arena, read_yaml(arena, names[i]), &config);
		assert_true(config.nconnections > 0);
		for (size_t j = 0; j < config.nconnections; j++)
			if (connector_check(&config.connections[j], &err) < 0)
				fail_msg("%s: %s: %s", names[i], config.connections[j].name,
					 err.message);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ledger_example_says_the_same_twice),
		cmocka_unit_test(every_connection_of_the_examples_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
