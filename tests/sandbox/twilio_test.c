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

static void assert_refused(struct answer answer, int status, int code)
{
	assert_status(answer, status);
	assert_int_equal(int_at(&answer, "$.code"), code);
	assert_int_equal(int_at(&answer, "$.status"), status);
	assert_true(*text_at(&answer, "$.message"));
}

/* The catalogue row by row (8): what the sandbox's trouble causes... */
static void faults_speak_as_twilio_does(void **state)
{
	static const struct { const char *fault; int status, code; } ways[] = {
		{ "\"fault\":\"rate_limit\"", 429, 20429 },
		{ "\"fault\":\"locked\"", 429, 20429 },
		{ "\"fault\":\"status\",\"status\":500", 500, 20500 },
		{ "\"fault\":\"status\",\"status\":503", 503, 20503 },
		{ "\"fault\":\"expired_token\"", 401, 20003 },
		{ "\"fault\":\"forbidden\"", 403, 20005 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_status(ask(asker, "POST", "/_sandbox/faults",
				  arena_printf(asker->arena,
					       "{%s,\"vendor\":\"twilio\",\"count\":1}",
					       ways[i].fault)),
			      201);
		assert_refused(call(asker, "POST", MESSAGES, SEND), ways[i].status, ways[i].code);
	}
}

/* ... what is refused at once, of messages and of calls... */
static void every_code_can_be_refused_with(void **state)
{
	static const struct { int code, status; } rows[] = {
		{ 13223, 400 }, { 13224, 400 }, { 20003, 401 }, { 20005, 403 }, { 20008, 403 },
		{ 20429, 429 }, { 20500, 500 }, { 20503, 503 }, { 21205, 400 }, { 21211, 400 },
		{ 21212, 400 }, { 21214, 400 }, { 21215, 400 }, { 21216, 400 }, { 21217, 400 },
		{ 21265, 400 }, { 21408, 400 }, { 21602, 400 }, { 21603, 400 }, { 21604, 400 },
		{ 21606, 400 }, { 21609, 400 }, { 21610, 400 }, { 21612, 400 }, { 21614, 400 },
		{ 21617, 400 }, { 21635, 400 }, { 21901, 400 },
	};
	struct asker *asker = *state;
	struct answer answer;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_switch(asker, "twilio", "refuse_with", rows[i].code);
		assert_refused(call(asker, "POST", MESSAGES, SEND), rows[i].status, rows[i].code);
		assert_refused(call(asker, "POST", "/Calls.json",
				    "To=%2B919876543210&From=%2B15005550006&Url=http%3A%2F%2Fx"),
			       rows[i].status, rows[i].code);
	}
	put_switch(asker, "twilio", "refuse_with", 0);
	answer = call(asker, "GET", MESSAGES, NULL);
	assert_int_equal(count_at(&answer, "$.messages"), 0);
}

/* ... and what a message comes to that was taken. */
static void every_code_can_be_failed_with(void **state)
{
	static const int codes[] = { 30001, 30002, 30003, 30004, 30005, 30006, 30007, 30008, 30017,
				     30032, 30034, 63003, 63014, 63016, 63018, 63024, 63032, 63038 };
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct answer answer;

		put_switch(asker, "twilio", "fail_with", codes[i]);
		answer = call(asker, "POST", MESSAGES, SEND);
		assert_status(answer, 201);
		pass_time(asker, 10000);
		answer = call(asker, "GET",
			      arena_printf(asker->arena, "/Messages/%s.json",
					   text_at(&answer, "$.sid")),
			      NULL);
		assert_text_at(answer, "$.status", "undelivered");
		assert_int_equal(int_at(&answer, "$.error_code"), codes[i]);
		assert_string_not_equal(text_at(&answer, "$.error_message"), "Refused");
		answer = ask(asker, "GET", "/_sandbox/webhooks?vendor=twilio", NULL);
		assert_string_equal(text_at(&answer, arena_printf(asker->arena,
								  "$.webhooks[%zu].events[0].ErrorCode",
								  2 * i + 1)),
				    arena_printf(asker->arena, "%d", codes[i]));
	}
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

static void write_to_us(struct asker *asker, const char *text)
{
	assert_status(ask(asker, "POST", "/_sandbox/accounts/twilio/default/inbound",
			  arena_printf(asker->arena, "{\"from\":\"+919876543210\",\"to\":"
						     "\"+15005550006\",\"text\":\"%s\"}",
				       text)),
		      204);
}

/* What is sent is refused with 21610 while the pair is blocked. */
static void words_block_a_pair_and_unblock_it(void **state)
{
	static const char *const blocking[] = { "stop", "StopAll", "UNSUBSCRIBE", "cancel", "END",
						"quit" };
	static const char *const unblocking[] = { "start", "yes", "UNSTOP" };
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(blocking) / sizeof(blocking[0]); i++) {
		struct answer answer;

		write_to_us(asker, blocking[i]);
		answer = call(asker, "POST", MESSAGES, SEND);
		assert_status(answer, 400);
		assert_int_equal(int_at(&answer, "$.code"), 21610);
		write_to_us(asker, unblocking[i % 3]);
		assert_status(call(asker, "POST", MESSAGES, SEND), 201);
	}
	write_to_us(asker, "revoke");
	assert_status(call(asker, "POST", MESSAGES, SEND), 201);
	put_switch(asker, "twilio", "optout_words_2025", 1);
	write_to_us(asker, "revoke");
	assert_status(call(asker, "POST", MESSAGES, SEND), 400);
}

/* Without Advanced Opt-Out the webhook does not say what it took a word for. */
static void the_word_that_opts_out_can_be_left_unsaid(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call(asker, "GET", "/IncomingPhoneNumbers.json?PhoneNumber="
						  "%2B15005550006", NULL);

	assert_status(call(asker, "POST",
			   arena_printf(asker->arena, "/IncomingPhoneNumbers/%s.json",
					text_at(&answer, "$.incoming_phone_numbers[0].sid")),
			   "SmsUrl=http%3A%2F%2F127.0.0.1%3A1%2Fin"),
		      200);
	write_to_us(asker, "STOP");
	put_switch(asker, "twilio", "optout_in_webhook", 0);
	write_to_us(asker, "STOP");
	answer = ask(asker, "GET", "/_sandbox/webhooks?vendor=twilio", NULL);
	assert_text_at(answer, "$.webhooks[0].events[0].OptOutType", "STOP");
	assert_null(json_at(answer.json, "$.webhooks[1].events[0].OptOutType"));
}

static void the_text_of_a_message_can_go_when_it_is_sent(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call(asker, "POST", MESSAGES, SEND "&ContentRetention=discard");

	assert_text_at(answer, "$.body", "Hi");
	pass_time(asker, 10000);
	answer = call(asker, "GET",
		      arena_printf(asker->arena, "/Messages/%s.json", text_at(&answer, "$.sid")),
		      NULL);
	assert_text_at(answer, "$.body", "");
	assert_text_at(answer, "$.status", "delivered");
	answer = ask(asker, "GET", "/_sandbox/webhooks?vendor=twilio", NULL);
	assert_int_equal(strlen(text_at(&answer, "$.webhooks[1].events[0].RawDlrDoneDate")), 10);
}

/* A verb that is none, and a Gather around one that cannot be in it, are passed over. */
static void verbs_that_are_none_are_noted(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	assert_status(call(asker, "POST", "/Calls.json",
			   "To=%2B919876543210&From=%2B15005550006&Twiml=%3CResponse%3E%3CEnqueue/"
			   "%3E%3CGather%3E%3CDial/%3E%3C/Gather%3E%3C/Response%3E"),
		      201);
	pass_time(asker, 60000);
	answer = ask(asker, "GET", "/_sandbox/ledger?object=call&verb=verb_unknown", NULL);
	assert_int_equal(count_at(&answer, "$.entries"), 2);
	answer = call(asker, "GET", "/Calls.json", NULL);
	assert_text_at(answer, "$.calls[0].status", "completed");
}

/* Whoever is still being rung, or talks, is hung up with the call that rang them. */
static void who_was_connected_is_hung_up_too(void **state)
{
	static const struct { int64_t after_ms; const char *status; } ways[] = {
		{ 9000, "canceled" }, { 20000, "completed" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct answer made = call(asker, "POST", "/Calls.json",
					  "To=%2B919876543210&From=%2B15005550006&Twiml=%3CResponse"
					  "%3E%3CDial%3E%2B14155550123%3C/Dial%3E%3C/Response%3E");
		const char *one = text_at(&made, "$.sid");
		struct answer children;

		pass_time(asker, ways[i].after_ms);
		assert_status(call(asker, "POST",
				   arena_printf(asker->arena, "/Calls/%s.json", one),
				   "Status=completed"),
			      200);
		children = call(asker, "GET",
				arena_printf(asker->arena, "/Calls.json?ParentCallSid=%s", one),
				NULL);
		assert_int_equal(count_at(&children, "$.calls"), 1);
		assert_text_at(children, "$.calls[0].status", ways[i].status);
		pass_time(asker, 100000);
	}
}

static void a_region_is_known_by_its_host(void **state)
{
	struct asker *asker = *state;
	struct http_request request = { .method = "GET" };
	const char *who = arena_printf(asker->arena, "%s:%s", sid, secret);
	struct answer answer;

	request.url = arena_printf(asker->arena, "/2010-04-01/Accounts/%s.json", sid);
	http_header_add(&request.headers, "Host", "api.dublin.ie1.twilio.com");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, who, strlen(who))));
	answer = send_request(asker, &request);
	assert_status(answer, 200);
	assert_text_at(answer, "$.status", "active");
}

static void what_is_not_imitated_says_so(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "GET", "/Conferences.json", NULL), 501);
	assert_status(call(asker, "POST", "/Calls.json",
			   "To=%2B919876543210&From=%2B15005550006&ApplicationSid=AP1"),
		      501);
}

static const char *twiml_problem(struct arena *arena, const char *text)
{
	const char *problem = NULL;

	assert_null(sb_verbs(arena, "Response", text, strlen(text), &problem));
	assert_non_null(problem);
	return problem;
}

static void instructions_are_read_strictly(void **state)
{
	struct asker *asker = *state;
	const char *problem;
	json_t *verbs = sb_verbs(asker->arena, "Response", "<Response><Say>a &amp; b</Say></Response>", 41,
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
		TEST(faults_speak_as_twilio_does),
		TEST(every_code_can_be_refused_with),
		TEST(every_code_can_be_failed_with),
		TEST(somebody_writes_by_themselves),
		TEST(words_block_a_pair_and_unblock_it),
		TEST(the_word_that_opts_out_can_be_left_unsaid),
		TEST(the_text_of_a_message_can_go_when_it_is_sent),
		TEST(verbs_that_are_none_are_noted),
		TEST(who_was_connected_is_hung_up_too),
		TEST(a_region_is_known_by_its_host),
		TEST(what_is_not_imitated_says_so),
		TEST(instructions_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
