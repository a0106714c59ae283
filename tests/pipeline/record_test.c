#include "ground.h"

static const char *record_of(struct stage_test *test, const struct decision *decision)
{
	struct buf buf;

	buf_init(&buf, test->arena, 1u << 20);
	buf_add_decision(&buf, &test->ground, decision);
	return buf_text(&buf);
}

static void check_again(struct stage_test *test, const struct decision *decision)
{
	const char *record = record_of(test, decision), *again;
	struct error err = { 0 };
	json_t *json = json_parse(test->arena, record, strlen(record), &json_limits_large, &err);

	if (!json)
		fail_msg("%s", err.message);
	if (ground_from_json(test->arena, json, &test->config, &test->ground, &err) < 0)
		fail_msg("%s", err.message);
	again = record_of(test, pipeline_decide(&test->ground));
	assert_string_equal(again, record);
}

static void a_decision_is_the_same_when_made_again(void **state)
{
	static const char *const leads[] = {
		"{\"email\":\"a@x.org\",\"name\":\"Zo\xc3\xab \\\"Q\\\" O'Neil\",\"phone\":\"+919876543210\"}",
		"{\"email\":\"b@x.org\",\"phone\":\"+919876543210\",\"name\":\"Vikram Rao\"}",
		"{\"email\":\"a@x.org\",\"company\":\"<b>\\u0009x\",\"custom\":{\"n\":1.10,\"big\":1234567890123456789,"
		"\"list\":[\"a\",1,true],\"yes\":true}}",
		"{\"email\":\"bad\",\"fone\":1}",
		"{\"email\":\"a@x.org\",\"enquiry_id\":\"e9\",\"message\":\"two\\nlines\","
		"\"consent\":{\"channel\":\"email\",\"purpose\":\"marketing\",\"granted\":true}}",
	};
	struct stage_test test;

	(void)state;
	begin(&test, "{\"version\":1}");
	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		struct decision *d = decide(&test, "api", leads[i]);

		check_again(&test, d);
		if (d->lead)
			keep(&test, d);
	}
	end(&test);
}

static void another_engine_is_refused(void **state)
{
	struct stage_test test;
	struct error err = { 0 };
	json_t *json;

	(void)state;
	begin(&test, "{\"version\":1}");
	json = json_keep(test.arena, json_pack("{s:i, s:i}", "engine", ENGINE_VERSION + 1, "config", 1));
	assert_int_equal(ground_from_json(test.arena, json, &test.config, &test.ground, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	end(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_is_the_same_when_made_again),
		cmocka_unit_test(another_engine_is_refused),
	};

	text_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
