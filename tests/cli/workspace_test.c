/* workspace_test.c - docs/workspace.md and the examples are true: what they show can be
 * applied, and what can be written is described. */
#include "../support/check.h"

#include "base/json.h"
#include "base/text.h"
#include "cli/yaml.h"
#include "model/config.h"

static const char *docs(struct arena *arena, const char *name)
{
	const char *folder = getenv("FAIRLEAD_TEST_DATA");

	assert_non_null(folder);
	return arena_printf(arena, "%s/../../docs/%s", folder, name);
}

static struct yaml *read_yaml(struct arena *arena, const char *name)
{
	struct yaml *yaml;
	struct error err;

	if (yaml_read(arena, docs(arena, name), &yaml, &err) < 0)
		fail_msg("%s", err.message);
	return yaml;
}

static char *read_page(struct arena *arena, const char *name)
{
	char *page = arena_alloc(arena, 1u << 20);
	FILE *file = fopen(docs(arena, name), "r");

	assert_non_null(file);
	assert_true(fread(page, 1, (1u << 20) - 1, file) > 1000);
	fclose(file);
	return page;
}

/* Splits and builds; a fault is shown where it stands. */
static void build(struct arena *arena, const struct yaml *yaml, struct config *config)
{
	static const struct hash_key key;
	struct problems problems = { .count = 0 };
	struct config_item *items;
	size_t count;

	if (config_split_all(arena, yaml_json(yaml), &items, &count, &problems) < 0 ||
	    config_build_all(arena, 1, 1, &key, items, count, config, &problems) < 0)
		fail_msg("%s", yaml_message(arena, yaml, problems.items[0].field,
					    problems.items[0].message));
}

static void the_examples_can_be_applied(void **state)
{
	struct arena *arena = arena_new();
	struct config c;

	(void)state;
	build(arena, read_yaml(arena, "examples/ledger-crm.yaml"), &c);
	assert_int_equal(c.nmappings, 1);
	build(arena, read_yaml(arena, "examples/workspace.yaml"), &c);
	assert_int_equal(c.nsources, 4); /* with the built-in one */
	assert_int_equal(c.nmappings, 2);
	assert_int_equal(c.nroutes, 3);
	arena_free(arena);
}

static void words_of_the_example_are_read_as_they_are_meant(void **state)
{
	struct arena *arena = arena_new();
	const struct mapping *m;
	struct config c;

	(void)state;
	build(arena, read_yaml(arena, "examples/workspace.yaml"), &c);
	assert_true(c.settings.wait_for_lookup);
	assert_false(config_source(&c, "website")->reject_in_process);
	assert_true(config_source(&c, "portal")->reject_in_process);
	assert_true(config_source(&c, "portal")->may_clear);
	assert_string_equal(config_source(&c, "fair")->time_zone, "Europe/Berlin");
	assert_string_equal(json_string_of(c.people[0].users, "hubspot"), "41629779");
	m = config_mapping(&c, "hubspot-contacts");
	assert_false(m->fields[4].is_off);
	assert_true(m->fields[5].is_off);
	assert_true(m->fields[6].is_every_value);
	assert_int_equal(config_mapping(&c, "ledger-people")->fields[2].policy,
			 POLICY_FAIRLEAD);
	assert_true(c.syncs[1].is_paused);
	arena_free(arena);
}

/* Below these the names are a connector's, a transform's or the user's own. */
static bool is_others(const char *name)
{
	static const char *const names[] = { "map", "users", "via", "connections.settings" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void check_described(const char *page, const char *section, const json_t *json)
{
	const char *name;
	json_t *child;
	size_t i;

	json_array_foreach((json_t *)json, i, child)
		check_described(page, section, child);
	json_object_foreach((json_t *)json, name, child) {
		char word[80], beginning[80], inside[80], path[160];

		snprintf(word, sizeof(word), "`%s`", name);
		snprintf(beginning, sizeof(beginning), "`%s: ", name); /* `owner: [..]` */
		snprintf(inside, sizeof(inside), "`{%s: ", name);
		snprintf(path, sizeof(path), "%s.%s", section, name);
		if (!strstr(page, word) && !strstr(page, beginning) && !strstr(page, inside))
			fail_msg("docs/workspace.md says nothing of %s", path);
		if (!is_others(name) && !is_others(path))
			check_described(page, name, child);
	}
}

/* The example has every member in use, so what it names is what there is. */
static void every_member_of_the_example_is_described(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	check_described(read_page(arena, "workspace.md"), "file",
			yaml_json(read_yaml(arena, "examples/workspace.yaml")));
	arena_free(arena);
}

/* The page's own snippets: each must be taken, but for items that they refer to. */
static void every_snippet_of_the_page_is_taken(void **state)
{
	struct arena *arena = arena_new();
	char *at = read_page(arena, "workspace.md"), *end;
	size_t count = 0;

	(void)state;
	while ((at = strstr(at, "```yaml\n")) != NULL) {
		struct problems problems = { .count = 0 };
		struct config_item *items;
		struct yaml *yaml;
		struct error err;
		const char *text;
		size_t nitems;

		at += strlen("```yaml\n");
		end = strstr(at, "```");
		assert_non_null(end);
		text = arena_printf(arena, "version: 1\n%.*s", (int)(end - at), at);
		if (yaml_parse(arena, "snippet", text, strlen(text), &yaml, &err) < 0)
			fail_msg("%s", err.message);
		if (config_split_all(arena, yaml_json(yaml), &items, &nitems, &problems) < 0)
			fail_msg("%s", problems.items[0].message);
		assert_true(nitems > 0);
		at = end + 3;
		count++;
	}
	assert_true(count >= 4);
	arena_free(arena);
}

/* The fault that the page shows is what a person sees. */
static void a_fault_is_shown_with_line_and_column(void **state)
{
	static const char text[] = "version: 1\n"
				   "sources:\n"
				   "  - name: website\n"
				   "    kind: form\n"
				   "    keys: [email, fone]\n";
	struct problems problems = { .count = 0 };
	struct arena *arena = arena_new();
	struct config_item *items;
	struct yaml *yaml;
	struct error err;
	size_t count;

	(void)state;
	assert_int_equal(yaml_parse(arena, "workspace.yaml", text, strlen(text), &yaml, &err),
			 0);
	assert_int_equal(config_split_all(arena, yaml_json(yaml), &items, &count, &problems),
			 -1);
	assert_string_equal(
		yaml_message(arena, yaml, problems.items[0].field, problems.items[0].message),
		"workspace.yaml:5:19: sources[0] website: keys[1]: unknown field \"fone\"; did "
		"you mean \"phone\"?");
	arena_free(arena);
}

/* Lists every field that there is. */
static void every_field_of_a_lead_is_described(void **state)
{
	struct arena *arena = arena_new();
	const char *page = read_page(arena, "workspace.md");

	(void)state;
	for (const struct standard_field *f = standard_fields; f->name; f++)
		if (!strstr(page, arena_printf(arena, "`%s`", f->name)))
			fail_msg("docs/workspace.md says nothing of the field %s", f->name);
	for (int op = OP_IS; op <= OP_LESS; op++)
		if (!strstr(page, arena_printf(arena, "\n| `%s` |",
					       condition_op_name((enum condition_op)op))))
			fail_msg("docs/workspace.md says nothing of %s",
				 condition_op_name((enum condition_op)op));
	for (int policy = POLICY_NEWEST; policy <= POLICY_MANUAL; policy++)
		if (!strstr(page, arena_printf(arena, "\n| `%s` |",
					       policy_name((enum policy)policy))))
			fail_msg("docs/workspace.md says nothing of %s",
				 policy_name((enum policy)policy));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_can_be_applied),
		cmocka_unit_test(words_of_the_example_are_read_as_they_are_meant),
		cmocka_unit_test(every_member_of_the_example_is_described),
		cmocka_unit_test(every_snippet_of_the_page_is_taken),
		cmocka_unit_test(a_fault_is_shown_with_line_and_column),
		cmocka_unit_test(every_field_of_a_lead_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
