/* yaml_write_test.c - what is written reads back as the same. */
#include "../support/check.h"

#include "base/json.h"
#include "cli/yaml.h"
#include "cli/yaml_write.h"

static json_t *json_of(struct arena *arena, const char *text)
{
	struct error err = { 0 };
	json_t *json = json_parse(arena, text, strlen(text), &json_limits_large, &err);

	if (!json)
		fail_msg("%s: %s", text, err.message);
	return json;
}

static const char *written(struct arena *arena, const json_t *json)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	buf_add_yaml(&buf, json, 0);
	return buf_text(&buf);
}

static void check_back(struct arena *arena, const json_t *json)
{
	const char *text = written(arena, json);
	struct error err = { 0 };
	struct yaml *yaml;

	if (yaml_parse(arena, "written", text, strlen(text), &yaml, &err) < 0)
		fail_msg("%s\n%s", err.message, text);
	if (!json_equal(yaml_json(yaml), json))
		fail_msg("%s\nis read as %s", text, json_text(arena, yaml_json(yaml)));
}

static const char *const values[] = {
	"\"plain\"", "\"two words\"", "\"\"", "\" begins\"", "\"ends \"", "\"- item\"",
	"\"a: b\"", "\"a #b\"", "\"#b\"", "\"yes\"", "\"no\"", "\"NO\"", "\"true\"", "\"null\"",
	"\"~\"", "\"007\"", "\"7\"", "\"1e3\"", "\"+49\"", "\"0x1F\"", "\"[x]\"", "\"{x}\"",
	"\"&a\"", "\"*a\"", "\"!t\"", "\"%x\"", "\"@x\"", "\"`x\"", "\"'q'\"", "\"\\\"q\\\"\"",
	"\"line\\nbreak\"", "\"tab\\there\"", "\"M\xC3\xBCnchen\"", "\"\\u0001\"", "\"\xE2\x80\xA8\"",
	"\"https://a.example/x?y=1\"", "\"2026-01-02\"", "\"a, b\"", "\"?\"", "\"-\"", "\"---\"",
	"\"...\"", "\"=\"", "\"<<\"", "\"back\\\\slash\"", "1", "-1", "0", "1.5", "true", "false",
	"null", "[]", "{}", "[1,\"a\",null]", "[[1,2],[3]]", "[{\"a\":1},{\"b\":[{}]}]",
	"{\"a b\":1,\"true\":2,\"1\":3,\"\":4,\"on\":5,\"x: y\":6}",
	"{\"a\":{\"b\":{\"c\":[{\"d\":\"e\"},{\"f\":[]}]}}}",
	"[\"\xF0\x9F\x98\x80 emoji\", \"\xC2\xA0nbsp\"]",
};

static void what_is_written_reads_back(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		json_t *value = json_of(arena, values[i]);

		check_back(arena, json_keep(arena, json_pack("{s:O}", "value", value)));
		check_back(arena, json_keep(arena, json_pack("{s:[O]}", "list", value)));
		check_back(arena, json_keep(arena, json_pack("{s:[{s:O,s:s}, {s:i}]}", "things",
							     "x", value, "y", "z", "n", 1)));
	}
	arena_free(arena);
}

static void long_values_stand_on_their_own_lines(void **state)
{
	struct arena *arena = arena_new();
	json_t *json = json_keep(arena, json_object()), *list = json_array();

	(void)state;
	for (int i = 0; i < 40; i++)
		json_array_append_new(list, json_sprintf("item number %d: of many", i));
	json_object_set_new(json, "list", list);
	json_object_set_new(json, "text", json_sprintf("%0500d", 7));
	check_back(arena, json);
	arena_free(arena);
}

static void a_workspace_looks_as_a_person_writes_it(void **state)
{
	struct arena *arena = arena_new();
	json_t *json = json_of(arena,
			       "{\"mappings\":[{\"connection\":\"crm\",\"fields\":["
			       "{\"to\":\"email\",\"from\":\"email\"},"
			       "{\"via\":[{\"e164\":{}}],\"to\":\"phone\",\"from\":\"phone\"}],"
			       "\"name\":\"contacts\",\"object\":\"contacts\"}],\"version\":1}");

	(void)state;
	assert_string_equal(written(arena, json),
			    "version: 1\n"
			    "mappings:\n"
			    "  - name: contacts\n"
			    "    connection: crm\n"
			    "    object: contacts\n"
			    "    fields:\n"
			    "      - {from: email, to: email}\n"
			    "      - {from: phone, to: phone, via: [{e164: {}}]}\n");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(long_values_stand_on_their_own_lines),
		cmocka_unit_test(a_workspace_looks_as_a_person_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
