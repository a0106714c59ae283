/* prospect_test.c - what prospects are told to do, in words. */
#include "ask.h"

#include "sandbox/prospect.h"

static struct sb_prospect read_script(struct arena *arena, const char *script)
{
	struct sb_prospect prospect;
	const char *problem = sb_prospect_parse(arena, script, &prospect);

	if (problem)
		fail_msg("%s: %s", script, problem);
	return prospect;
}

static void a_script_says_what_becomes_of_a_call(void **state)
{
	static const struct { const char *script; enum sb_pickup pickup; int rings; } scripts[] = {
		{ "answers", SB_ANSWERS, 1 },
		{ "answers on the second ring and presses 1", SB_ANSWERS, 2 },
		{ "answers on the fifth ring", SB_ANSWERS, 5 },
		{ "never", SB_NO_ANSWER, 1 },
		{ "does not answer", SB_NO_ANSWER, 1 },
		{ "is busy", SB_BUSY, 1 },
		{ "cannot be reached", SB_UNREACHABLE, 1 },
		{ "has a machine", SB_VOICEMAIL, 1 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		struct sb_prospect p = read_script(asker->arena, scripts[i].script);

		assert_int_equal(p.pickup, scripts[i].pickup);
		assert_int_equal(p.rings, scripts[i].rings);
	}
}

static void a_script_says_what_becomes_of_a_message(void **state)
{
	struct asker *asker = *state;
	struct sb_prospect p = read_script(asker->arena, "is unknown, is full, is away");

	assert_true(p.is_unknown && p.is_full && p.is_away);
	assert_false(p.complains || p.is_scanned || p.reads || p.opts_out || p.blocks);
	p = read_script(asker->arena, "is scanned, reads, complains and opts out");
	assert_true(p.is_scanned && p.reads && p.complains && p.opts_out);
	p = read_script(asker->arena, "has opted out");
	assert_true(p.blocks);
}

static void reactions_come_in_the_order_written(void **state)
{
	struct asker *asker = *state;
	struct sb_prospect p = read_script(asker->arena, "answers, presses 2, replies 2 bhk, stays "
							 "silent then says hello there and taps Yes");
	const struct sb_reaction *r;

	assert_int_equal(p.nreactions, 5);
	r = sb_prospect_in_call(&p);
	assert_int_equal(r->deed, SB_PRESSES);
	assert_string_equal(r->text, "2");
	assert_int_equal(sb_prospect_in_call(&p)->deed, SB_SILENT);
	r = sb_prospect_in_call(&p);
	assert_int_equal(r->deed, SB_SAYS);
	assert_string_equal(r->text, "hello there");
	assert_null(sb_prospect_in_call(&p));
	assert_string_equal(sb_prospect_to_message(&p)->text, "2 bhk");
	r = sb_prospect_to_message(&p);
	assert_int_equal(r->deed, SB_TAPS);
	assert_string_equal(r->text, "Yes");
	assert_null(sb_prospect_to_message(&p));
}

static void a_reply_has_its_time(void **state)
{
	static const struct { const char *script, *text; int64_t from, wait; } replies[] = {
		{ "replies LATER", "LATER", 0, 2000 },
		{ "replies LATER at 18:00", "LATER", 17 * 3600000, 3600000 },
		{ "replies LATER at 18:00", "LATER", 18 * 3600000, 24 * 3600000 },
		{ "replies yes after 30 s", "yes", 5, 30000 },
		{ "replies look at this after 5 minutes", "look at this", 5, 300000 },
		{ "replies call at noon", "call at noon", 5, 2000 },
		{ "taps 2 after 1 hour", "2", 5, 3600000 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		struct sb_prospect p = read_script(asker->arena, replies[i].script);
		const struct sb_reaction *r = sb_prospect_to_message(&p);

		assert_string_equal(r->text, replies[i].text);
		assert_int_equal(sb_reaction_wait(r, replies[i].from), replies[i].wait);
	}
}

static void what_is_no_script_is_refused_with_what_would_be(void **state)
{
	static const struct { const char *script, *says; } scripts[] = {
		{ "", "the script is empty" },
		{ "dances", "\"dances\" is nothing that a prospect does" },
		{ "answers on the tenth ring", "answers when?" },
		{ "presses", "presses what?" },
		{ "presses one", "presses what?" },
		{ "answers, replies", "replies what?" },
		{ "answers and", "answers when?" },
	};
	struct asker *asker = *state;
	struct sb_prospect p;

	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		const char *problem = sb_prospect_parse(asker->arena, scripts[i].script, &p);

		assert_non_null(problem);
		assert_non_null(strstr(problem, scripts[i].says));
	}
}

static void they_are_told_of_listed_and_forgotten(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	answer = ask(asker, "POST", "/_sandbox/prospects",
		     "{\"address\":\"+919876543210\",\"script\":\"is busy\"}");
	assert_status(answer, 201);
	answer = ask(asker, "POST", "/_sandbox/prospects",
		     "{\"address\":\"919876543210\",\"script\":\"never\"}");
	assert_status(answer, 201);
	assert_text_at(answer, "$.address", "+919876543210");
	answer = ask(asker, "GET", "/_sandbox/prospects", NULL);
	assert_int_equal(count_at(&answer, "$.prospects"), 1);
	assert_text_at(answer, "$.prospects[0].script", "never");
	answer = ask(asker, "POST", "/_sandbox/prospects",
		     "{\"address\":\"ada@example.org\",\"script\":\"sings\"}");
	assert_status(answer, 400);
	assert_status(ask(asker, "DELETE", "/_sandbox/prospects/%2B919876543210", NULL), 204);
	assert_status(ask(asker, "DELETE", "/_sandbox/prospects/%2B919876543210", NULL), 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_script_says_what_becomes_of_a_call),
		TEST(a_script_says_what_becomes_of_a_message),
		TEST(reactions_come_in_the_order_written),
		TEST(a_reply_has_its_time),
		TEST(what_is_no_script_is_refused_with_what_would_be),
		TEST(they_are_told_of_listed_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
