#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "sources/batch.h"

static const char *shown(struct arena *arena, enum batch_form form, const char *body,
			 size_t len)
{
	struct error err = { 0 };
	struct batch batch;
	struct buf buf;

	if (batch_split(arena, form, body, len, &batch, &err) < 0)
		return arena_printf(arena, "%s: %s", error_code_name(err.code), err.message);
	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < batch.nitems; i++)
		buf_addf(&buf, "%zu(%.*s)", batch.items[i].line, (int)batch.items[i].len,
			 batch.items[i].text);
	return buf_text(&buf);
}

static const struct {
	enum batch_form form;
	const char *body, *seen;
} bodies[] = {
	{ BATCH_ARRAY, "[]", "" },
	{ BATCH_ARRAY, " [ ]\n", "" },
	{ BATCH_ARRAY, "[{}]", "1({})" },
	{ BATCH_ARRAY, "[1,\n{\"a\":[1,{\"b\":2}]} ,\n\"x,]\" ]",
	  "1(1)2({\"a\":[1,{\"b\":2}]})3(\"x,]\")" },
	{ BATCH_ARRAY, "[\"\\\"],\",\"\\\\\"]", "1(\"\\\"],\")1(\"\\\\\")" },
	{ BATCH_ARRAY, "[{]},1]", "invalid: line 1: a } that nothing opened" },
	{ BATCH_ARRAY, "[{\"a\":[}}]", "1({\"a\":[}})" }, /* for json_parse() to refuse */
	{ BATCH_ARRAY, "[tru e]", "1(tru e)" },
	{ BATCH_ARRAY, "", "invalid: line 1: the body must be a JSON array; for one JSON text "
	  "a line, say Content-Type: application/x-ndjson" },
	{ BATCH_ARRAY, "\n{}", "invalid: line 2: the body must be a JSON array; for one JSON "
	  "text a line, say Content-Type: application/x-ndjson" },
	{ BATCH_ARRAY, "[", "invalid: line 1: the array does not end" },
	{ BATCH_ARRAY, "[1", "invalid: line 1: the array does not end" },
	{ BATCH_ARRAY, "[1,", "invalid: line 1: the array does not end" },
	{ BATCH_ARRAY, "[{\"a\":1}", "invalid: line 1: the array does not end" },
	{ BATCH_ARRAY, "[\"a", "invalid: line 1: the array does not end" },
	{ BATCH_ARRAY, "[\"a\\", "invalid: line 1: the array does not end" },
	{ BATCH_ARRAY, "[1,]", "invalid: line 1: a comma with nothing before or behind it" },
	{ BATCH_ARRAY, "[,1]", "invalid: line 1: a comma with nothing before or behind it" },
	{ BATCH_ARRAY, "[1,\n,2]",
	  "invalid: line 2: a comma with nothing before or behind it" },
	{ BATCH_ARRAY, "[1}", "invalid: line 1: a } that nothing opened" },
	{ BATCH_ARRAY, "[1] 2", "invalid: line 1: something stands behind the array" },
	{ BATCH_ARRAY, "[1]]", "invalid: line 1: something stands behind the array" },
	{ BATCH_NDJSON, "", "" },
	{ BATCH_NDJSON, "{}\n{\"a\":1}\r\n\n  \n x \n[", "1({})2({\"a\":1})5(x)6([)" },
	{ BATCH_NDJSON, "\n\n{}", "3({})" },
	{ BATCH_NONE, "[]", "invalid: content type: not one a batch can have" },
};

static void bodies_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct arena *arena = arena_new();
		const char *seen = shown(arena, bodies[i].form, bodies[i].body,
					 strlen(bodies[i].body));

		if (strcmp(seen, bodies[i].seen) != 0)
			fail_msg("%s\ngot    %s\nwanted %s", bodies[i].body, seen,
				 bodies[i].seen);
		arena_free(arena);
	}
}

static void bodies_are_bounded(void **state)
{
	struct arena *arena = arena_new();
	size_t len = BATCH_BODY_MAX;
	char *body = arena_alloc(arena, len + 1);
	struct buf array, lines;

	(void)state;
	buf_init(&array, arena, 100000);
	buf_init(&lines, arena, 100000);
	buf_add(&array, "[0");
	for (int i = 0; i < BATCH_MAX; i++) {
		buf_add(&array, ",{}");
		buf_add(&lines, "{}\n");
	}
	assert_int_equal(strlen(shown(arena, BATCH_NDJSON, buf_text(&lines), lines.len)),
			 9 * 5 + 90 * 6 + 900 * 7 + 8);
	buf_add(&array, "]");
	buf_add(&lines, "{}");
	assert_string_equal(shown(arena, BATCH_ARRAY, buf_text(&array), array.len),
			    "limit: more than 1000 items; send several batches");
	assert_string_equal(shown(arena, BATCH_NDJSON, buf_text(&lines), lines.len),
			    "limit: more than 1000 items; send several batches");

	/* The largest and deepest body costs no more than a look at each byte. */
	memset(body, '[', len + 1);
	assert_string_equal(shown(arena, BATCH_ARRAY, body, len),
			    "invalid: line 1: the array does not end");
	assert_string_equal(shown(arena, BATCH_ARRAY, body, len + 1),
			    "limit: larger than 4194304 bytes");
	arena_free(arena);
}

static void forms_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(batch_form_of("Application/JSON; charset=utf-8"), BATCH_ARRAY);
	assert_int_equal(batch_form_of("application/x-ndjson"), BATCH_NDJSON);
	assert_int_equal(batch_form_of("application/jsonl"), BATCH_NDJSON);
	assert_int_equal(batch_form_of("text/csv"), BATCH_NONE);
	assert_int_equal(batch_form_of(NULL), BATCH_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_split),
		cmocka_unit_test(bodies_are_bounded),
		cmocka_unit_test(forms_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
