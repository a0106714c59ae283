/* twilio_test.c - Twilio as its sheet says, where its own client does not look. */
#include "ask.h"

#include "base/encode.h"
#include "sandbox/twilio.h"

#define MESSAGES "/Messages.json"

static const char *sid, *secret;

/* A client with the account's SID and token. */
static int setup(void **state)
{
	struct asker *asker;
	struct answer account;

	if (asker_setup(state) < 0)
		return -1;
	asker = *state;
	account = ask(asker, "GET", "/_sandbox/accounts/twilio/default", NULL);
	sid = text_at(&account, "$.credentials.account_sid");
	secret = text_at(&account, "$.credentials.auth_token");
	asker->token = NULL;
	asker->base = arena_printf(asker->arena, "/twilio/2010-04-01/Accounts/%s", sid);
	return 0;
}

static struct answer call(struct asker *asker, const char *method, const char *path,
			  const char *form)
{
	struct http_request request = { .method = method, .body = form };
	const char *who = arena_printf(asker->arena, "%s:%s", sid, secret);

	request.url = arena_printf(asker->arena, "%s%s", asker->base, path);
	request.body_len = form ? strlen(form) : 0;
	http_header_add(&request.headers, "Host", "api.example");
	http_header_add(&request.headers, "Content-Type", "application/x-www-form-urlencoded");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, who, strlen(who))));
	return send_request(asker, &request);
}

/* The values are those that the vendor's own library gives. */
static void signatures_are_twilios(void **state)
{
	struct asker *asker = *state;
	json_t *params = json_keep(
		asker->arena,
		json_pack("{ss ss ss ss ss}", "CallSid", "CA1234567890ABCDE", "Caller",
			  "+14158675309", "Digits", "1234", "From", "+14158675309", "To",
			  "+18005551212"));

	assert_string_equal(twilio_signature(asker->arena, "12345",
					     "https://mycompany.com/myapp.php?foo=1&bar=2",
					     params),
			    "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

#define SEND                                                                                  \
	"To=%2B919876543210&From=%2B15005550006&Body=Hi&StatusCallback=http%3A%2F%2F127.0.0.1" \
	"%3A1%2Fx"

static void callbacks_can_come_twice_and_turned_around(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	put_switch(asker, "twilio", "answer_twice", 1);
	put_switch(asker, "twilio", "shuffle", 1);
	assert_status(call(asker, "POST", MESSAGES, SEND), 201);
	pass_time(asker, 10000);
	answer = ask(asker, "GET", "/_sandbox/webhooks?vendor=twilio", NULL);
	assert_int_equal(count_at(&answer, "$.webhooks"), 4);
	assert_text_at(answer, "$.webhooks[0].events[0].MessageStatus", "delivered");
	assert_text_at(answer, "$.webhooks[1].events[0].MessageStatus", "delivered");
	assert_text_at(answer, "$.webhooks[2].events[0].MessageStatus", "sent");
}

/* Several messages: what one step leaves in memory is written over by the next. */
static void the_ledger_keeps_what_became_of_messages(void **state)
{
	struct asker *asker = *state;
	struct answer sent, delivered;

	for (int i = 0; i < 8; i++)
		assert_status(call(asker, "POST", MESSAGES, SEND), 201);
	pass_time(asker, 10000);
	sent = ask(asker, "GET", "/_sandbox/ledger?object=message&verb=sent", NULL);
	delivered = ask(asker, "GET", "/_sandbox/ledger?object=message&verb=delivered", NULL);
	assert_int_equal(count_at(&sent, "$.entries"), 8);
	assert_int_equal(count_at(&delivered, "$.entries"), 8);
}

static void a_country_can_be_closed(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	put_switch(asker, "twilio", "geo_off", 1);
	answer = call(asker, "POST", MESSAGES, SEND);
	assert_status(answer, 400);
	assert_int_equal(int_at(&answer, "$.code"), 21408);
	answer = call(asker, "POST", "/Calls.json",
		      "To=%2B919876543210&From=%2B15005550006&Twiml=%3CResponse/%3E");
	assert_int_equal(int_at(&answer, "$.code"), 21215);
}

static void somebody_writes_by_themselves(void **state)
{
	static const char form[] = "{\"from\":\"+919876543210\",\"to\":\"+15005550006\","
				   "\"text\":\"2 bhk?\"}";
	struct asker *asker = *state;
	struct answer answer;

	assert_status(ask(asker, "POST", "/_sandbox/accounts/twilio/default/inbound", form), 204);
	answer = call(asker, "GET", MESSAGES "?To=%2B15005550006", NULL);
	assert_int_equal(count_at(&answer, "$.messages"), 1);
	assert_text_at(answer, "$.messages[0].direction", "inbound");
	assert_text_at(answer, "$.messages[0].body", "2 bhk?");
	assert_status(ask(asker, "POST", "/_sandbox/accounts/twilio/default/inbound",
			  "{\"from\":\"+1\",\"to\":\"+19995550000\",\"text\":\"x\"}"),
		      404);
	assert_status(ask(asker, "POST", "/_sandbox/accounts/hubspot/default/inbound", form), 400);
}

static void what_is_not_imitated_says_so(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "GET", "/Conferences.json", NULL), 501);
}

static const char *twiml_problem(struct arena *arena, const char *text)
{
	const char *problem = NULL;

	assert_null(twilio_twiml(arena, text, strlen(text), &problem));
	assert_non_null(problem);
	return problem;
}

static void instructions_are_read_strictly(void **state)
{
	struct asker *asker = *state;
	const char *problem;
	json_t *verbs = twilio_twiml(asker->arena, "<Response><Say>a &amp; b</Say></Response>", 41,
				     &problem);

	assert_int_equal(json_array_size(verbs), 1);
	assert_string_equal(json_string_of(json_array_get(verbs, 0), "text"), "a & b");
	twiml_problem(asker->arena, "");
	twiml_problem(asker->arena, "<Say>x</Say>");
	twiml_problem(asker->arena, "<Response><Say></Response>");
	assert_string_equal(twiml_problem(asker->arena,
					  "<!DOCTYPE Response [<!ENTITY a \"b\">]>"
					  "<Response>&a;</Response>"),
			    "a document type is not taken");
	assert_string_equal(twiml_problem(asker->arena,
					  "<Response><a><a><a><a><a><a><a><a/></a></a></a></a>"
					  "</a></a></a></Response>"),
			    "verbs are nested too deep");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signatures_are_twilios),
		TEST(callbacks_can_come_twice_and_turned_around),
		TEST(the_ledger_keeps_what_became_of_messages),
		TEST(a_country_can_be_closed),
		TEST(somebody_writes_by_themselves),
		TEST(what_is_not_imitated_says_so),
		TEST(instructions_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
