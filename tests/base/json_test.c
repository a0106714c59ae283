#include "../support/check.h"

#include "base/json.h"
#include "base/text.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static json_t *parse(struct arena *arena, const char *text, struct error *err)
{
	return json_parse(arena, text, strlen(text), &json_limits_lead, err);
}

static void values_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *written; /* NULL: as it came */
	} cases[] = {
		{ "{}", NULL },
		{ "[]", NULL },
		{ "null", NULL },
		{ "true", NULL },
		{ "-0", "0" },
		{ "\"\"", NULL },
		{ "{\"b\":1,\"a\":[true,false,null]}", NULL },
		{ " { \"a\" : 1 } ", "{\"a\":1}" },
		{ "9223372036854775807", NULL },
		{ "-9223372036854775808", NULL },
		{ "1.5", NULL },
		{ "0.1", NULL },
		{ "19.99", NULL },
		{ "[0.1,123456.789,5e-324]", "[0.1,123456.789,4.94065645841247e-324]" },
		{ "0.30000000000000004", NULL },
		{ "1.0", NULL },
		{ "1e2", "100.0" },
		{ "1e300", NULL },
		{ "1.7976931348623157e308", NULL },
		{ "2.2250738585072014e-308", NULL },
		{ "\"\\u00e4\\ud83d\\ude00\\n\\/\"", "\"\xc3\xa4\xf0\x9f\x98\x80\\n/\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = { 0 };
		json_t *json = parse(*state, cases[i].text, &err);

		if (!json)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(json_text(*state, json),
				    cases[i].written ? cases[i].written : cases[i].text);
	}
}

static void numbers_come_back_as_they_were(void **state)
{
	uint64_t bits = 88172645463325252ull;

	for (int i = 0; i < 20000; i++) {
		double value;
		json_t *json;
		const char *text;

		bits ^= bits << 13; /* xorshift: the same numbers in each run */
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof(value));
		if (value != value || value - value != 0)
			continue;
		json = json_keep(*state, json_pack("[f]", value));
		text = json_text(*state, json);
		json = parse(*state, text, NULL);
		if (!json || json_real_value(json_array_get(json, 0)) != value)
			fail_msg("%a became %s", value, text);
	}
}

static const struct {
	const char *text;
	enum error_code code;
	const char *message;
} refusals[] = {
	{ "", ERR_INVALID, "line 1, column 1: unexpected token near end of file" },
	{ "{", ERR_INVALID, "line 1, column 1: string or '}' expected near end of file" },
	{ "{\"a\":1,\"a\":2}", ERR_INVALID, "line 1, column 10: duplicate object key" },
	{ "{\"a\":1,\"\\u0061\":2}", ERR_INVALID, "line 1, column 15: duplicate object key" },
	{ "{} {}", ERR_INVALID, "line 1, column 4: end of file expected" },
	{ "[1,]", ERR_INVALID, NULL },
	{ "{\"a\":1,}", ERR_INVALID, NULL },
	{ "{a:1}", ERR_INVALID, NULL },
	{ "{'a':1}", ERR_INVALID, NULL },
	{ "[01]", ERR_INVALID, NULL },
	{ "[+1]", ERR_INVALID, NULL },
	{ "[.5]", ERR_INVALID, NULL },
	{ "[1.]", ERR_INVALID, NULL },
	{ "[0x1]", ERR_INVALID, NULL },
	{ "[NaN]", ERR_INVALID, NULL },
	{ "[Infinity]", ERR_INVALID, NULL },
	{ "[9223372036854775808]", ERR_INVALID, NULL },
	{ "[1e999]", ERR_INVALID, NULL },
	{ "[\"a\n\"]", ERR_INVALID, NULL },
	{ "[\"\\x\"]", ERR_INVALID, NULL },
	{ "[\"\\u00\"]", ERR_INVALID, NULL },
	{ "[\"\\ud800\"]", ERR_INVALID, NULL },
	{ "[\"\\ude00\\ud83d\"]", ERR_INVALID, NULL },
	{ "[\"\\u0000\"]", ERR_INVALID, NULL },
	{ "[\"\xff\"]", ERR_INVALID, NULL },
	{ "[\"\xc0\x80\"]", ERR_INVALID, NULL },
	{ "[\"\xed\xa0\x80\"]", ERR_INVALID, NULL },
	{ "\xef\xbb\xbf[]", ERR_INVALID, NULL },
	{ "[] // comment", ERR_INVALID, NULL },
	{ "[\n\n  ada@example.org]", ERR_INVALID, "line 3, column 5: invalid token" },
	{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", ERR_LIMIT, "nested deeper than 16 levels" },
	{ "{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":{\"\":"
	  "{\"\":{\"\":{\"\":1}}}}}}}}}}}}}}}}}",
	  ERR_LIMIT, "nested deeper than 16 levels" },
};

static void what_is_no_json_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct error err = { 0 };

		if (parse(*state, refusals[i].text, &err))
			fail_msg("%s was read", refusals[i].text);
		if (err.code != refusals[i].code ||
		    (refusals[i].message && !text_equal(err.message, refusals[i].message)))
			fail_msg("%s: %s", refusals[i].text, err.message);
		assert_null(strstr(err.message, "ada@example.org"));
	}
}

static void nothing_hides_behind_a_nul(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = { { "1\0", 2 }, { "[1]\0", 4 }, { "\0", 1 }, { "[\"a\0b\"]", 7 },
		      { "{}\0{}", 5 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = { 0 };

		assert_null(json_parse(*state, cases[i].bytes, cases[i].len, &json_limits_lead,
				       &err));
		assert_int_equal(err.code, ERR_INVALID);
	}
}

static void text_needs_no_nul(void **state)
{
	char *text = malloc(7);
	json_t *json;

	memcpy(text, "[1,2,3]", 7);
	json = json_parse(*state, text, 7, &json_limits_lead, NULL);
	free(text);
	assert_int_equal(json_array_size(json), 3);
}

static void limits_are_exact(void **state)
{
	const struct json_limits limits = { 20, 2, 4 };
	static const struct {
		const char *text;
		const char *message; /* NULL: it passes */
	} cases[] = {
		{ "\"123456789012345678\"", NULL },
		{ "\"1234567890123456789\"", "larger than 20 bytes" },
		{ "[[]]", NULL },
		{ "[[[]]]", "nested deeper than 2 levels" },
		{ "[1,2,3,4]", NULL },
		{ "[1,2,3,4,5]", "more than 4 elements" },
		{ "{\"a\":1,\"b\":2}", NULL },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "more than 4 elements" },
		{ "[\"[[[{{{,,,:::\"]", NULL },
		{ "[\"\\\"[[[,,,,\\\\\"]", NULL },
		{ "[\"\\\\\",[],1,2,3]", "more than 4 elements" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = { 0 };
		json_t *json = json_parse(*state, cases[i].text, strlen(cases[i].text), &limits,
					  &err);

		if (!json != (cases[i].message != NULL))
			fail_msg("%s: %s", cases[i].text, err.message);
		if (!json) {
			assert_int_equal(err.code, ERR_LIMIT);
			assert_string_equal(err.message, cases[i].message);
		}
	}
}

static void canonical_text_sorts_keys(void **state)
{
	json_t *a = parse(*state, "{\"b\":[{\"y\":1,\"x\":2}],\"a\":0.1}", NULL);
	json_t *b = parse(*state, "{\"a\":0.1,\"b\":[{\"x\":2,\"y\":1}]}", NULL);

	assert_string_equal(json_canonical(*state, a), json_canonical(*state, b));
	assert_string_equal(json_canonical(*state, a), "{\"a\":0.1,\"b\":[{\"x\":2,\"y\":1}]}");
	assert_string_equal(json_text(*state, a), "{\"b\":[{\"y\":1,\"x\":2}],\"a\":0.1}");
}

static void members_are_found(void **state)
{
	json_t *json = parse(*state,
			     "{\"s\":\"x\",\"n\":7,\"a\":[{\"b\":[1,2]},5],\"\":9,\"r\":1.5}", NULL);

	assert_string_equal(json_string_of(json, "s"), "x");
	assert_null(json_string_of(json, "n"));
	assert_null(json_string_of(json, "none"));
	assert_null(json_string_of(NULL, "s"));
	assert_int_equal(json_int_of(json, "n", -1), 7);
	assert_int_equal(json_int_of(json, "s", -1), -1);
	assert_int_equal(json_int_of(json, "r", -1), -1);
	assert_int_equal(json_int_of(NULL, "n", -1), -1);
}

static void paths_lead_down_a_tree(void **state)
{
	static const struct {
		const char *path, *text; /* NULL: nowhere */
	} cases[] = {
		{ "$", "{\"a\":[{\"b\":[1,2]},5],\"c\":{\"d\":6}}" },
		{ "", "{\"a\":[{\"b\":[1,2]},5],\"c\":{\"d\":6}}" },
		{ "$.c.d", "6" },
		{ "c.d", "6" },
		{ "$.a[1]", "5" },
		{ "a[0].b[1]", "2" },
		{ "a[0].b", "[1,2]" },
		{ "$.a[2]", NULL },
		{ "$.a[-1]", NULL },
		{ "$.a[]", NULL },
		{ "$.a[1", NULL },
		{ "$.a[x]", NULL },
		{ "$.a[99999999999999999999]", NULL },
		{ "$.x", NULL },
		{ "$.c.d.e", NULL },
		{ "$..c", NULL },
		{ "$.c.", NULL },
		{ "$.", NULL },
		{ "$[0]", NULL },
		{ "c[0]", NULL },
	};
	json_t *json = parse(*state, "{\"a\":[{\"b\":[1,2]},5],\"c\":{\"d\":6}}", NULL);
	char long_name[300];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *at = json_at(json, cases[i].path);

		if (!text_equal(at ? json_text(*state, at) : NULL, cases[i].text))
			fail_msg("%s: %s", cases[i].path, at ? json_text(*state, at) : "nowhere");
	}
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_null(json_at(json, long_name));
	assert_null(json_at(NULL, "$.a"));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(values_are_read_and_written),
		WITH_ARENA(numbers_come_back_as_they_were),
		WITH_ARENA(what_is_no_json_is_refused),
		WITH_ARENA(nothing_hides_behind_a_nul),
		WITH_ARENA(text_needs_no_nul),
		WITH_ARENA(limits_are_exact),
		WITH_ARENA(canonical_text_sorts_keys),
		WITH_ARENA(members_are_found),
		WITH_ARENA(paths_lead_down_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
