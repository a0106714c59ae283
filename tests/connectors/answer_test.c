/* answer_test.c - tests src/connectors/answer.c. */
#include "../support/check.h"

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"

static const struct { const char *json, *id; } ids[] = {
	{ "\"51\"", "51" },	     { "51", "51" },	  { "\"rec_1\"", "rec_1" },
	{ "-7", "-7" },	     { "\"\"", NULL },	  { "null", NULL },
	{ "true", NULL },	     { "5.5", NULL },	  { "{\"id\":1}", NULL },
	{ "[\"51\"]", NULL },	     { "\"a\\nb\"", NULL }, { "\"a\\u007fb\"", NULL },
};

static void ids_are_texts_or_whole_numbers(void **state)
{
	struct arena *arena = arena_new();
	char longest[ANSWER_ID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const json_t *json = json_parse(arena, ids[i].json, strlen(ids[i].json),
						&json_limits_lead, NULL);

		assert_non_null(json);
		if (!text_equal(answer_id(arena, json), ids[i].id))
			fail_msg("%s", ids[i].json);
	}
	memset(longest, 'x', sizeof(longest));
	longest[ANSWER_ID_MAX + 1] = '\0';
	assert_null(answer_id(arena, json_keep(arena, json_string(longest))));
	longest[ANSWER_ID_MAX] = '\0';
	assert_non_null(answer_id(arena, json_keep(arena, json_string(longest))));
	assert_null(answer_id(arena, NULL));
	arena_free(arena);
}

static void long_reasons_are_cut_at_a_character(void **state)
{
	struct arena *arena = arena_new();
	char text[2 * ANSWER_TEXT_MAX];
	const char *cut;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + ANSWER_TEXT_MAX - 1, "\xC3\xA9", 2);
	text[ANSWER_TEXT_MAX + 100] = '\0';
	cut = answer_text(arena, json_keep(arena, json_string(text)));
	assert_int_equal(strlen(cut), ANSWER_TEXT_MAX - 1);
	assert_true(text_is_utf8(cut, strlen(cut)));
	assert_string_equal(answer_text(arena, json_keep(arena, json_pack("{s:i}", "a", 1))),
			    "{\"a\":1}");
	assert_null(answer_text(arena, json_null()));
	assert_null(answer_text(arena, json_keep(arena, json_string(""))));
	arena_free(arena);
}

static const struct { const char *sought, *seen; bool is_same; } pairs[] = {
	{ "ada@x.example", "Ada@X.example", true },
	{ "ada@x.example", "bada@x.example", false },
	{ "+4915112345678", "+49 151 12345678", true },
	{ "+14155550102", "(415) 555-0102", true },
	{ "+14155550102", "555-0103", false },
	{ "+14155550102", "0102", false },
	{ "12", "112", false },
	{ "L1", "l1", true },
	{ "L1", "L12", false },
	{ "1234567@x.example", "1234567", false },
};

static void values_are_compared_as_people_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (answer_same_value(pairs[i].sought, pairs[i].seen) != pairs[i].is_same)
			fail_msg("%s and %s", pairs[i].sought, pairs[i].seen);
}

static const struct {
	enum http_failure failure;
	int status;
	const char *type, *body;
	enum outcome outcome;
	bool stops;
} replies[] = {
	{ HTTP_REPLIED, 200, "application/json", "{}", OUTCOME_UNCERTAIN, false },
	{ HTTP_REPLIED, 404, "application/json", "{}", OUTCOME_GONE, false },
	{ HTTP_REPLIED, 404, "text/html; charset=x", "gone", OUTCOME_UNCERTAIN, true },
	{ HTTP_REPLIED, 401, NULL, " \n<html>", OUTCOME_UNCERTAIN, true },
	{ HTTP_REPLIED, 429, "text/html", "<p>slow</p>", OUTCOME_CONNECTION, true },
	{ HTTP_REPLIED, 401, NULL, "", OUTCOME_REAUTH, true },
	{ HTTP_REPLIED, 500, "application/json", "{}", OUTCOME_UNCERTAIN, true },
	{ HTTP_REPLIED, 422, "application/json", "{}", OUTCOME_FIX_DATA, false },
	{ HTTP_LOST, 0, NULL, "", OUTCOME_UNCERTAIN, true },
	{ HTTP_NOT_SENT, 0, NULL, "", OUTCOME_CONNECTION, true },
	{ HTTP_TOO_LARGE, 200, NULL, "", OUTCOME_UNCERTAIN, true },
};

static void pages_are_not_the_vendors(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		struct http_reply reply = {
			.failure = replies[i].failure,
			.status = replies[i].status,
			.body = replies[i].body,
			.body_len = strlen(replies[i].body),
		};
		enum outcome outcome;

		if (replies[i].type)
			http_header_add(&reply.headers, "Content-Type", replies[i].type);
		outcome = answer_outcome(&reply);
		if (outcome != replies[i].outcome ||
		    answer_stops(&reply, outcome) != replies[i].stops)
			fail_msg("reply %zu is %s", i, outcome_name(outcome));
		assert_non_null(answer_lost_reason(arena, &reply));
	}
	arena_free(arena);
}

static void matches_are_bounded(void **state)
{
	struct arena *arena = arena_new();
	struct record record = { .key = "k" };

	(void)state;
	for (int i = 0; i < ANSWER_FOUND_MAX; i++)
		assert_non_null(answer_add_found(arena, &record));
	assert_null(answer_add_found(arena, &record));
	assert_int_equal(record.nfound, ANSWER_FOUND_MAX);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_texts_or_whole_numbers),
		cmocka_unit_test(long_reasons_are_cut_at_a_character),
		cmocka_unit_test(values_are_compared_as_people_write_them),
		cmocka_unit_test(pages_are_not_the_vendors),
		cmocka_unit_test(matches_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
