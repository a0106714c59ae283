/* meta_errors_test.c - tests src/sandbox/meta_errors.c: each code of the Graph API and of
 * WhatsApp's Cloud API (the fact sheets' tables), when a call is refused and when a message fails. */
#include "ask.h"

#define ACCOUNT "/_sandbox/accounts/meta/default"
#define HELLO                                                                                 \
	"{\"messaging_product\":\"whatsapp\",\"to\":\"919876543210\",\"type\":\"template\","    \
	"\"template\":{\"name\":\"hello\",\"language\":{\"code\":\"en\"}}}"

static const int codes[] = {
	1,	2,	3,	4,	10,	17,	32,	33,	100,	102,	190,	200,
	299,	341,	368,	613,	2500,	80000,	80005,	80007,	80014,	130429, 130472, 130497,
	131000, 131005, 131008, 131009, 131016, 131021, 131026, 131030, 131031, 131037, 131042,
	131045, 131047, 131048, 131049, 131050, 131051, 131052, 131053, 131056, 131057, 132000,
	132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069, 133004, 133010,
};

static const char *known(struct asker *asker, const char *name)
{
	struct answer a = ask(asker, "GET", ACCOUNT, NULL);

	return arena_strdup(asker->arena,
			    text_at(&a, arena_printf(asker->arena, "$.credentials.%s", name)));
}

static int setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->base = "/meta/v26.0";
	asker->token = known(asker, "system_user_token");
	return rc;
}

static struct answer leads(struct asker *asker)
{
	return ask(asker, "GET",
		   arena_printf(asker->arena, "/%s/leads", known(asker, "form_ids[0]")), NULL);
}

static struct answer send_message(struct asker *asker, const char *body)
{
	return ask(asker, "POST",
		   arena_printf(asker->arena, "/%s/messages", known(asker, "phone_number_ids[0]")),
		   body);
}

static void each_code_refuses_a_read_and_a_message(void **state)
{
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		int status = codes[i] == 1 || codes[i] == 2 ? 500 : 400;
		struct answer a;

		put_switch(asker, "meta", "refuse_code", codes[i]);
		a = leads(asker);
		assert_status(a, status);
		assert_int_equal(int_at(&a, "$.error.code"), codes[i]);
		assert_string_not_equal(text_at(&a, "$.error.message"), "");
		assert_non_null(json_at(a.json, "$.error.fbtrace_id"));
		assert_int_equal(json_is_true(json_at(a.json, "$.error.is_transient")),
				 status == 500);
		a = send_message(asker, HELLO);
		assert_status(a, status);
		assert_int_equal(int_at(&a, "$.error.code"), codes[i]);
		assert_string_not_equal(text_at(&a, "$.error.error_data.details"),
					"Authentication failed");
	}
}

static void a_code_may_have_a_subcode_and_be_none(void **state)
{
	static const int subcodes[] = { 458, 460, 463, 467 };
	struct asker *asker = *state;
	struct answer a;

	put_switch(asker, "meta", "refuse_code", 190);
	for (size_t i = 0; i < ARRAY_LEN(subcodes); i++) {
		put_switch(asker, "meta", "refuse_subcode", subcodes[i]);
		a = leads(asker);
		assert_int_equal(int_at(&a, "$.error.error_subcode"), subcodes[i]);
		assert_text_at(a, "$.error.type", "OAuthException");
	}
	put_switch(asker, "meta", "refuse_code", -1);
	a = send_message(asker, HELLO);
	assert_status(a, 400);
	assert_int_equal(int_at(&a, "$.error.code"), 0);
	put_switch(asker, "meta", "refuse_code", 0);
	assert_status(leads(asker), 200);
}

static void each_code_fails_a_message_that_was_accepted(void **state)
{
	struct asker *asker = *state;

	ask(asker, "PATCH", ACCOUNT "/settings", "{\"limits\":{\"messages\":1000}}");
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct answer a;
		const char *id;

		pass_time(asker, 10000);
		put_switch(asker, "meta", "fail_code", codes[i]);
		a = send_message(asker, HELLO);
		assert_status(a, 200);
		assert_text_at(a, "$.messages[0].message_status", "accepted");
		id = text_at(&a, "$.messages[0].id");
		pass_time(asker, 5000);
		a = ask(asker, "GET",
			arena_printf(asker->arena, ACCOUNT "/records/messages/%s", id), NULL);
		assert_text_at(a, "$.values.status", "failed");
		assert_int_equal(int_at(&a, "$.values.error"), codes[i]);
	}
}

static void a_message_may_be_held_or_paused(void **state)
{
	static const char *const words[] = { "accepted", "held_for_quality_assessment", "paused" };
	struct asker *asker = *state;

	for (int held = 0; held < 3; held++) {
		struct answer a;
		const char *id;

		put_switch(asker, "meta", "held", held);
		a = send_message(asker, HELLO);
		assert_text_at(a, "$.messages[0].message_status", words[held]);
		id = text_at(&a, "$.messages[0].id");
		pass_time(asker, 5000);
		a = ask(asker, "GET",
			arena_printf(asker->arena, ACCOUNT "/records/messages/%s", id), NULL);
		assert_text_at(a, "$.values.status", held == 2 ? "accepted" : "delivered");
	}
}

static void who_hides_their_number_is_sent_to_by_their_id(void **state)
{
	struct asker *asker = *state;
	struct answer a = send_message(asker,
				       "{\"messaging_product\":\"whatsapp\",\"recipient\":"
				       "\"IN.15919876543210\",\"type\":\"template\",\"template\":{"
				       "\"name\":\"hello\",\"language\":{\"code\":\"en\"}}}");

	assert_status(a, 200);
	assert_text_at(a, "$.contacts[0].input", "IN.15919876543210");
	assert_text_at(a, "$.contacts[0].user_id", "IN.15919876543210");
	assert_null(json_at(a.json, "$.contacts[0].wa_id"));
	a = send_message(asker, "{\"messaging_product\":\"whatsapp\",\"recipient\":\"XX.1\","
				"\"type\":\"text\",\"text\":{\"body\":\"hi\"}}");
	assert_status(a, 400);
	assert_int_equal(int_at(&a, "$.error.code"), 131009);
}

static void templates_are_asked_for_so_often_in_an_hour(void **state)
{
	struct asker *asker = *state;
	const char *path = arena_printf(asker->arena, "/%s/message_templates",
					known(asker, "waba_id"));
	struct answer a;

	ask(asker, "PATCH", ACCOUNT "/settings", "{\"limits\":{\"graph\":2}}");
	assert_status(ask(asker, "GET", path, NULL), 200);
	assert_status(ask(asker, "GET", path, NULL), 200);
	a = ask(asker, "GET", path, NULL);
	assert_status(a, 400);
	assert_int_equal(int_at(&a, "$.error.code"), 80007);
	assert_status(send_message(asker, HELLO), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_code_refuses_a_read_and_a_message),
		TEST(a_code_may_have_a_subcode_and_be_none),
		TEST(each_code_fails_a_message_that_was_accepted),
		TEST(a_message_may_be_held_or_paused),
		TEST(who_hides_their_number_is_sent_to_by_their_id),
		TEST(templates_are_asked_for_so_often_in_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
