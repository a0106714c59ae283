/* yaml_test.c - YAML as JSON, strictly, with positions. */
#include "../support/check.h"

#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/yaml.h"

static int parse(struct arena *arena, const char *text, struct yaml **yaml,
		 struct error *err)
{
	return yaml_parse(arena, "w.yaml", text, strlen(text), yaml, err);
}

static const struct { const char *yaml, *json; } documents[] = {
	{ "a: 1", "{\"a\":1}" },
	{ "- a\n- b", "[\"a\",\"b\"]" },
	{ "x", "\"x\"" },
	{ "---\na: b\n...\n", "{\"a\":\"b\"}" },
	{ "# nothing else\na: b # here", "{\"a\":\"b\"}" },
	{ "{a: [1, {b: c}], \"d\": 'e'}", "{\"a\":[1,{\"b\":\"c\"}],\"d\":\"e\"}" },
	{ "a:\n  - b: 1\n    c: 2\n  -\n    - x\n", "{\"a\":[{\"b\":1,\"c\":2},[\"x\"]]}" },
	{ "a: |\n  one\n  two\nb: >\n  one\n  two\n",
	  "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\\n\"}" },
	{ "a:\r\n  b: c\r\n", "{\"a\":{\"b\":\"c\"}}" },
	{ "\xEF\xBB\xBF" "a: \xE2\x82\xAC", "{\"a\":\"\xE2\x82\xAC\"}" },
	{ "on: yes", "{\"on\":\"yes\"}" },
	{ "{}", "{}" },
	{ "[]", "[]" },
	{ "a: {}\nb: []\n", "{\"a\":{},\"b\":[]}" },
};

static void a_document_becomes_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		struct arena *arena = arena_new();
		struct yaml *yaml;
		struct error err;

		if (parse(arena, documents[i].yaml, &yaml, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(json_text(arena, yaml_json(yaml)), documents[i].json);
		arena_free(arena);
	}
}

static const struct { const char *yaml, *json; } scalars[] = {
	{ "true", "true" },
	{ "false", "false" },
	{ "yes", "\"yes\"" },
	{ "no", "\"no\"" },
	{ "NO", "\"NO\"" }, /* Norway */
	{ "on", "\"on\"" },
	{ "off", "\"off\"" },
	{ "True", "\"True\"" },
	{ "n", "\"n\"" },
	{ "null", "null" },
	{ "~", "null" },
	{ "", "null" },
	{ "Null", "\"Null\"" },
	{ "'null'", "\"null\"" },
	{ "\"true\"", "\"true\"" },
	{ "\"\"", "\"\"" },
	{ "0", "0" },
	{ "-17", "-17" },
	{ "9223372036854775807", "9223372036854775807" },
	{ "9223372036854775808", "\"9223372036854775808\"" },
	{ "12345678901234567890123", "\"12345678901234567890123\"" },
	{ "0.5", "0.5" },
	{ "-2.5e3", "-2500.0" },
	{ "1e400", "\"1e400\"" },
	{ "'5'", "\"5\"" },
	{ "+91", "\"+91\"" },
	{ "+919876543210", "\"+919876543210\"" },
	{ "007", "\"007\"" },
	{ "-01", "\"-01\"" },
	{ "0x1F", "\"0x1F\"" },
	{ "1_000", "\"1_000\"" },
	{ ".5", "\".5\"" },
	{ "5.", "\"5.\"" },
	{ "1e", "\"1e\"" },
	{ "1e+", "\"1e+\"" },
	{ "-", NULL },
	{ ".inf", "\".inf\"" },
	{ ".nan", "\".nan\"" },
	{ "12:30", "\"12:30\"" },
	{ "2026-01-02", "\"2026-01-02\"" },
	{ "72h", "\"72h\"" },
	{ "<<", "\"<<\"" },
	{ "=", "\"=\"" },
};

static void a_scalar_is_what_it_looks_like_in_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
		struct arena *arena = arena_new();
		struct yaml *yaml;
		struct error err;

		if (parse(arena, arena_printf(arena, "a: %s\n", scalars[i].yaml), &yaml,
			  &err) < 0) {
			if (scalars[i].json)
				fail_msg("%s", err.message);
		} else {
			assert_non_null(scalars[i].json);
			assert_string_equal(
				json_text(arena, json_object_get(yaml_json(yaml), "a")),
				scalars[i].json);
		}
		arena_free(arena);
	}
}

static const struct { const char *yaml, *message; } faults[] = {
	{ "", "w.yaml: is empty" },
	{ "# only a comment\n", "w.yaml: is empty" },
	{ "a: 1\n---\nb: 2\n", "w.yaml:2:1: a second document: a file holds one" },
	{ "a: &x 1\nb: 2\n",
	  "w.yaml:1:4: anchors and aliases (&, *) are not taken: write it out, or put the text "
	  "in quotes" },
	{ "a: 1\nb: *x\n",
	  "w.yaml:2:4: anchors and aliases (&, *) are not taken: write it out, or put the text "
	  "in quotes" },
	{ "a: &x [1]\n",
	  "w.yaml:1:4: anchors and aliases (&, *) are not taken: write it out, or put the text "
	  "in quotes" },
	{ "a: &x {b: 1}\n",
	  "w.yaml:1:4: anchors and aliases (&, *) are not taken: write it out, or put the text "
	  "in quotes" },
	{ "&k a: 1\n",
	  "w.yaml:1:1: anchors and aliases (&, *) are not taken: write it out, or put the text "
	  "in quotes" },
	{ "*k : 1\n",
	  "w.yaml:1:1: anchors and aliases (&, *) are not taken: write it out, or put the text "
	  "in quotes" },
	{ "a: !!str 1\n", "w.yaml:1:4: tags (!) are not taken; put the text in quotes" },
	{ "a: !x {}\n", "w.yaml:1:4: tags (!) are not taken; put the text in quotes" },
	{ "a: ! x\n", "w.yaml:1:4: tags (!) are not taken; put the text in quotes" },
	{ "!!set a: 1\n", "w.yaml:1:1: tags (!) are not taken; put the text in quotes" },
	{ "a: 1\nb:\n  c: 1\n  c: 2\n", "w.yaml:4:3: \"c\" stands there twice" },
	{ "a: 1\n\"a\": 2\n", "w.yaml:2:1: \"a\" stands there twice" },
	{ "1: x\n", "w.yaml:1:1: a name must be text: put 1 in quotes" },
	{ "true: x\n", "w.yaml:1:1: a name must be text: put true in quotes" },
	{ "a: {~: x}\n", "w.yaml:1:5: a name must be text: put ~ in quotes" },
	{ "? \n: x\n", "w.yaml:1:2: a name must be text: put it in quotes" },
	{ "{: x}\n", "w.yaml:1:2: did not find expected node content while parsing a flow "
		     "node" },
	{ "[a]: x\n", "w.yaml:1:1: a name must be text" },
	{ "? {a: b}\n: x\n", "w.yaml:1:3: a name must be text" },
	{ "a: \"x\\0y\"\n", "w.yaml:1:4: holds a NUL" },
	{ "a: 1\n\tb: 2\n", "w.yaml:2:1: a tab cannot indent: use blanks" },
	{ "\ta: 1\n", "w.yaml:1:1: a tab cannot indent: use blanks" },
	{ "\xE2\x82\xAC:\n\t- b\n", "w.yaml:2:1: a tab cannot indent: use blanks" },
	{ "a:\n  \xE2\x82\xAC: 1\n\tb: 2\n", "w.yaml:3:1: a tab cannot indent: use blanks" },
	{ "a: [1, 2\nb: 3\n",
	  "w.yaml:2:2: did not find expected ',' or ']' while parsing a flow sequence" },
	{ "a: 1\n b: 2\n", "w.yaml:2:3: mapping values are not allowed in this context" },
	{ "a: 'x\n", "w.yaml:2:1: found unexpected end of stream while scanning a quoted "
		     "scalar" },
	{ "a: @x\n", "w.yaml:1:4: found character that cannot start any token while scanning "
		     "for the next token" },
	{ "a: \xFF\n", "w.yaml: byte 3: invalid leading UTF-8 octet" },
	{ "a: \x01\n", "w.yaml: byte 3: control characters are not allowed" },
};

static void a_fault_is_named_with_line_and_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct arena *arena = arena_new();
		struct error err;
		struct yaml *yaml;

		assert_int_equal(parse(arena, faults[i].yaml, &yaml, &err), -1);
		assert_string_equal(err.message, faults[i].message);
		assert_int_equal(err.code, ERR_INVALID);
		assert_null(yaml);
		arena_free(arena);
	}
}

static const char *nested(struct arena *arena, int depth)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	for (int i = 0; i < depth; i++)
		buf_addc(&buf, '[');
	for (int i = 0; i < depth; i++)
		buf_addc(&buf, ']');
	return buf_text(&buf);
}

static void depth_size_and_count_are_limited(void **state)
{
	struct arena *arena = arena_new();
	struct yaml *yaml;
	struct error err;
	struct buf buf;
	char *large;

	(void)state;
	assert_int_equal(parse(arena, nested(arena, YAML_DEPTH_MAX), &yaml, &err), 0);
	assert_int_equal(parse(arena, nested(arena, YAML_DEPTH_MAX + 1), &yaml, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "w.yaml:1:33: nested deeper than 32 levels");

	buf_init(&buf, arena, 4u << 20);
	buf_add(&buf, "[");
	for (int i = 0; i < YAML_ELEMENTS_MAX - 1; i++)
		buf_add(&buf, "1,\n");
	assert_int_equal(parse(arena, arena_printf(arena, "%s]", buf_text(&buf)), &yaml, &err),
			 0);
	assert_int_equal(json_array_size(yaml_json(yaml)), YAML_ELEMENTS_MAX - 1);
	buf_add(&buf, "1]");
	assert_int_equal(parse(arena, buf_text(&buf), &yaml, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "w.yaml:100000:1: more than 100000 values");

	large = arena_alloc(arena, YAML_BYTES_MAX + 2);
	memset(large, '#', YAML_BYTES_MAX + 1);
	assert_int_equal(parse(arena, large, &yaml, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "w.yaml: larger than 4194304 bytes");
	arena_free(arena);
}

static const char workspace[] = "version: 1\n"
				"sources:\n"
				"  - name: website\n"
				"    keys: [email, fone]\n"
				"    map: {\"Your \xE2\x82\xAC\": phone, a.b: x}\n"
				"  - name: fair\n"
				"    keys:\n"
				"      - email\n"
				"      - phone\n"
				"keysize: 5\n";

static const struct { const char *path; size_t line, column; } positions[] = {
	{ "", 1, 1 },
	{ "version", 1, 1 },
	{ "sources", 2, 1 },
	{ "sources[0]", 3, 5 },
	{ "sources[0].name", 3, 5 },
	{ "sources[0].keys", 4, 5 },
	{ "sources[0].keys[0]", 4, 12 },
	{ "sources[0].keys[1]", 4, 19 },
	{ "sources[0].map.Your \xE2\x82\xAC", 5, 11 },
	{ "sources[0].map.a.b", 5, 28 },
	{ "sources[1].keys[1]", 9, 9 },
	/* what is not there: the nearest around it */
	{ "sources[0].kind", 3, 5 },
	{ "sources[0].keys[2]", 4, 5 },
	{ "sources[0].keysize", 3, 5 },
	{ "sources[7].keys[1]", 2, 1 },
	{ "sources[1].keys[1].x.y", 9, 9 },
	{ "settings.keep", 1, 1 },
	{ "keys", 1, 1 },
};

static void a_path_has_its_line_and_column(void **state)
{
	struct arena *arena = arena_new();
	struct yaml *yaml;
	struct error err;

	(void)state;
	assert_int_equal(parse(arena, workspace, &yaml, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(positions); i++) {
		struct yaml_position at = yaml_position(yaml, positions[i].path);

		if (at.line != positions[i].line || at.column != positions[i].column)
			fail_msg("%s: %zu:%zu", positions[i].path, at.line, at.column);
	}
	assert_string_equal(yaml_message(arena, yaml, "sources[0].keys[1]", "unknown field"),
			    "w.yaml:4:19: unknown field");
	arena_free(arena);
}

static void a_file_is_read_and_named(void **state)
{
	char path[] = P_tmpdir "/yaml_test_XXXXXX";
	struct arena *arena = arena_new();
	int fd = mkstemp(path);
	struct yaml *yaml;
	struct error err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, workspace, strlen(workspace)), strlen(workspace));
	close(fd);
	assert_int_equal(yaml_read(arena, path, &yaml, &err), 0);
	assert_string_equal(yaml_file(yaml), path);
	assert_int_equal(json_int_of(yaml_json(yaml), "keysize", 0), 5);
	unlink(path);
	assert_int_equal(yaml_read(arena, path, &yaml, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_true(text_starts(err.message, path));
	assert_int_equal(yaml_read(arena, "/", &yaml, &err), -1); /* a folder */
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_becomes_json),
		cmocka_unit_test(a_scalar_is_what_it_looks_like_in_json),
		cmocka_unit_test(a_fault_is_named_with_line_and_column),
		cmocka_unit_test(depth_size_and_count_are_limited),
		cmocka_unit_test(a_path_has_its_line_and_column),
		cmocka_unit_test(a_file_is_read_and_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
