/* docs_test.c - runs the examples of docs/mapping.md: its tables and its mapping. */
#include "fixture.h"

#include "cli/yaml.h"
#include "mapping/apply.h"
#include "text/unicode.h"

#define CELLS 4

static const char *read_page(struct arena *arena)
{
	const char *path = arena_printf(arena, "%s/../../docs/mapping.md",
					getenv("FAIRLEAD_TEST_DATA"));
	FILE *file = fopen(path, "rb");
	struct buf buf;
	char chunk[4096];
	size_t len;

	if (!file)
		fail_msg("%s is not there", path);
	buf_init(&buf, arena, 1u << 20);
	while ((len = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_addn(&buf, chunk, len);
	fclose(file);
	return buf_text(&buf);
}

/* Cuts "| a | b | c | d |" at bars that no backslash hides. */
static bool cut_row(struct arena *arena, const char *line, const char *cells[CELLS])
{
	int count = 0;

	if (!text_starts(line, "| `"))
		return false;
	for (const char *p = line + 1; *p && count < CELLS; count++) {
		struct buf buf;

		buf_init(&buf, arena, 4096);
		for (; *p && *p != '|'; p++) {
			if (*p == '\\' && p[1] == '|')
				p++;
			buf_addc(&buf, *p);
		}
		if (*p)
			p++;
		cells[count] = text_trim(arena, buf_text(&buf));
	}
	return count == CELLS;
}

/* What stands between backticks, as YAML. */
static const json_t *yaml_of(struct arena *arena, const char *cell)
{
	struct error err = { 0 };
	struct yaml *yaml;

	if (!text_starts(cell, "`") || !text_ends(cell, "`"))
		fail_msg("%s is no example", cell);
	cell = arena_strndup(arena, cell + 1, strlen(cell) - 2);
	if (yaml_parse(arena, "page", cell, strlen(cell), &yaml, &err) < 0)
		fail_msg("%s: %s", cell, err.message);
	return yaml_json(yaml);
}

static struct value value_of_cell(struct arena *arena, const char *cell)
{
	struct value value;

	if (value_from_json(arena, yaml_of(arena, cell), &value, NULL) < 0)
		fail_msg("%s is no value", cell);
	return value;
}

static struct lead_field object_value(void *context, const char *name)
{
	const json_t *member = json_object_get(context, name);

	return (struct lead_field){ .name = name,
				    .value = value_text(json_string_value(member)) };
}

static void expect(const char *row, const char *cell, struct arena *arena, int rc,
		   struct value value)
{
	if (text_equal(cell, "held")) {
		if (rc == 0)
			fail_msg("%s: not held, but \"%s\"", row, value.text);
		return;
	}
	if (rc < 0)
		fail_msg("%s: held", row);
	if (text_equal(cell, "nothing")) {
		if (!value_is_empty(value))
			fail_msg("%s: \"%s\"", row, value.text);
		return;
	}
	if (!value_equal(value, value_of_cell(arena, cell)))
		fail_msg("%s: \"%s\" of type %d", row, value.text, value.type);
}

static void check_back(struct arena *arena, const char *row, const char *cell,
		       const json_t *via, struct value written)
{
	struct transform_run run = { .arena = arena };
	struct problems problems = { 0 };
	struct problem why;
	struct chain chain;
	struct value back;
	int rc = chain_compile(arena, via, "f", true, &chain, &problems);

	if (text_equal(cell, ""))
		return;
	if (text_equal(cell, "no")) {
		assert_int_equal(rc, -1);
		assert_string_equal(problems.items[0].code, "one_way");
		return;
	}
	if (rc < 0)
		fail_msg("%s: %s", row, problems.items[0].message);
	rc = chain_in(&chain, &run, written, &back, &why);
	if (text_equal(cell, "as it is"))
		assert_true(rc == 0 && value_equal(back, written));
	else
		expect(row, cell, arena, rc, back);
}

static void check_row(struct arena *arena, const char *row, const char *cells[CELLS])
{
	const json_t *given = yaml_of(arena, cells[1]);
	json_t *via = json_keep(arena, json_array());
	struct transform_run run = { .arena = arena, .value_of = object_value,
				     .context = (void *)given };
	struct value value = { VALUE_ABSENT, NULL }, written;
	struct problems problems = { 0 };
	struct problem why;
	struct chain chain;
	int rc;

	json_array_append(via, (json_t *)yaml_of(arena, cells[0]));
	if (chain_compile(arena, via, "f", false, &chain, &problems) < 0)
		fail_msg("%s: %s", row, problems.items[0].message);
	if (!json_is_object(given))
		value = value_of_cell(arena, cells[1]);
	rc = chain_out(&chain, &run, value, &written, &why);
	expect(row, cells[2], arena, rc, written);
	check_back(arena, row, cells[3], via, rc < 0 ? value : written);
}

static void every_row_of_the_page_is_true(void **state)
{
	static const char *const all[] = { "trim", "lower", "upper", "title_case", "truncate",
					   "html", "split_name", "join", "template", "e164", "national",
					   "date", "datetime", "lookup", "number", "boolean",
					   "multi_select" };
	struct arena *arena = arena_new();
	const char *page = read_page(arena), *line, *end, *cells[CELLS];
	bool is_shown[ARRAY_LEN(all)] = { false };

	(void)state;
	for (line = page; line; line = *end ? end + 1 : NULL) {
		const char *row;

		end = line + strcspn(line, "\n");
		row = arena_strndup(arena, line, (size_t)(end - line));
		if (!cut_row(arena, row, cells))
			continue;
		check_row(arena, row, cells);
		for (size_t i = 0; i < ARRAY_LEN(all); i++)
			is_shown[i] |= strncmp(cells[0] + 1 + (cells[0][1] == '{'), all[i],
					       strlen(all[i])) == 0;
	}
	assert_int_equal(transforms_count, ARRAY_LEN(all));
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!is_shown[i] || !transform_find(all[i]))
			fail_msg("%s has no example", all[i]);
	arena_free(arena);
}

/* The page's options are those that there are. */
static void every_option_is_on_the_page(void **state)
{
	struct arena *arena = arena_new();
	const char *page = read_page(arena);

	(void)state;
	for (size_t i = 0; i < transforms_count; i++)
		for (const struct transform_option *o = transform_options(transforms[i]);
		     o && o->name; o++)
			if (!strstr(page, o->name))
				fail_msg("%s of %s is not on the page", o->name,
					 transform_name(transforms[i]));
	arena_free(arena);
}

/* Every word of a plan stands in its table. */
static void every_verdict_is_on_the_page(void **state)
{
	struct arena *arena = arena_new();
	const char *page = read_page(arena);

	(void)state;
	for (int v = LINE_WRITE; v <= LINE_UNREAD; v++)
		if (v != LINE_OFF &&
		    !strstr(page, arena_printf(arena, "| `%s` |",
					       line_verdict_name((enum line_verdict)v))))
			fail_msg("%s", line_verdict_name((enum line_verdict)v));
	arena_free(arena);
}

static void the_example_compiles(void **state)
{
	struct arena *arena = arena_new();
	const char *page = read_page(arena), *start = strstr(page, "```yaml\n") + 8;
	const char *text = arena_strndup(arena, start, (size_t)(strstr(start, "```") - start));
	static struct catalog_option options[] = {
		{ "NEW", "New", false }, { "OPEN", "Open", false },
		{ "UNQUALIFIED", "Unqualified", false }, { "CALLED", "Called", true },
	};
	struct catalog_field fields[ARRAY_LEN(crm_fields)];
	struct catalog catalog = { "Lead", fields, ARRAY_LEN(fields), 0 };
	struct mapping_ground ground = { &catalog, &crm, &crm_connection };
	struct problems errors = { 0 }, warnings = { 0 };
	struct compiled_mapping compiled;
	struct mapping mapping;
	struct error err = { 0 };
	struct yaml *yaml;

	(void)state;
	memcpy(fields, crm_fields, sizeof(fields));
	fields[5].options = options;
	assert_int_equal(yaml_parse(arena, "page", text, strlen(text), &yaml, &err), 0);
	if (mapping_from_json(arena, json_at(yaml_json(yaml), "$.mappings[0]"), &mapping,
			      &err) < 0)
		fail_msg("%s", err.message);
	if (mapping_compile(arena, &mapping, &ground, &compiled, &errors, &warnings) < 0)
		fail_msg("%s: %s", errors.items[0].field, errors.items[0].message);
	assert_int_equal(mapping.nfields, 10);
	/* An e-mail may be longer than 80, an interest none of the list. */
	assert_int_equal(warnings.count, 2);
	arena_free(arena);
}

static int start(void **state)
{
	struct error err;

	(void)state;
	return text_init(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_page_is_true),
		cmocka_unit_test(every_option_is_on_the_page),
		cmocka_unit_test(every_verdict_is_on_the_page),
		cmocka_unit_test(the_example_compiles),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
