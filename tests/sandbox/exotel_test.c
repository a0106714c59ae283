/* exotel_test.c - Exotel's voice and SMS API as its sheet says: what it takes, answers and
 * refuses. What it posts and asks over the wire is in tests/e2e/sandbox_exotel_test.py. */
#include "ask.h"

#include "base/encode.h"
#include "base/text.h"

#define CONNECT "/Calls/connect.json"
#define SEND "/Sms/send.json"
#define AGENT "%2B918030752400"
#define ASHA "%2B919876543210"
#define BRIDGE "From=" AGENT "&To=" ASHA "&CallerId=08047180000"
#define LISTEN "&StatusCallback=http%3A%2F%2F127.0.0.1%3A1%2Fx"
#define BOTH "&StatusCallbackEvents%5B0%5D=terminal&StatusCallbackEvents%5B1%5D=answered"
#define SMS "From=LEADCO&To=" ASHA "&Body=Hi&DltEntityId=1101"

static const char *const good = "e807e15a11dbe0c4a3f6d9528b7c1e40:"
				"70ce5a11dbe0c4a3f6d9528b7c1e40f2";

static int setup(void **state)
{
	struct asker *asker;

	if (asker_setup(state) < 0)
		return -1;
	asker = *state;
	asker->base = "/v1/Accounts/sandbox1";
	return 0;
}

/* `host` NULL: by the sandbox's own address. */
static struct answer call_as(struct asker *asker, const char *host, const char *who,
			     const char *method, const char *path, const char *form)
{
	struct http_request request = { .method = method, .body = form };

	request.url = arena_printf(asker->arena, "%s%s%s", host ? "" : "/exotel", asker->base,
				   path);
	request.body_len = form ? strlen(form) : 0;
	http_header_add(&request.headers, "Host", host ? host : "127.0.0.1:8090");
	if (form)
		http_header_add(&request.headers, "Content-Type",
				"application/x-www-form-urlencoded");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, who, strlen(who))));
	return send_request(asker, &request);
}

static struct answer call(struct asker *asker, const char *method, const char *path,
			  const char *form)
{
	return call_as(asker, NULL, good, method, path, form);
}

static struct answer posted(struct asker *asker)
{
	return ask(asker, "GET", "/_sandbox/webhooks?vendor=exotel", NULL);
}

/* A call from beginning to end; gives its details. */
static struct answer call_through(struct asker *asker, const char *form)
{
	struct answer made = call(asker, "POST", CONNECT, form);
	const char *path;

	assert_status(made, 200);
	path = arena_printf(asker->arena, "/Calls/%s.json?details=true",
			    text_at(&made, "$.Call.Sid"));
	pass_time(asker, 300000);
	made = call(asker, "GET", path, NULL);
	assert_status(made, 200);
	return made;
}

static void assert_refused(struct answer answer, int status, const char *code)
{
	assert_status(answer, status);
	assert_int_equal(int_at(&answer, "$.RestException.Status"), status);
	assert_text_at(answer, "$.RestException.Code", code);
	text_at(&answer, "$.RestException.Message");
}

/* --- 2: hosts, credentials, JSON and XML --- */

static void the_key_and_token_open_the_account_of_the_path(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "POST", CONNECT, BRIDGE), 200);
	assert_refused(call_as(asker, NULL, "key:wrong", "POST", CONNECT, BRIDGE), 401,
		       "UNAUTHORIZED");
	asker->base = "/v1/Accounts/acme1";
	assert_refused(call(asker, "POST", CONNECT, BRIDGE), 401, "UNAUTHORIZED");
}

static void an_account_lives_in_one_cluster(void **state)
{
	struct asker *asker = *state;

	assert_status(call_as(asker, "api.in.exotel.com", good, "POST", CONNECT, BRIDGE), 200);
	assert_refused(call_as(asker, "api.exotel.com", good, "POST", CONNECT, BRIDGE), 401,
		       "UNAUTHORIZED");
	put_switch(asker, "exotel", "cluster", 1);
	assert_status(call_as(asker, "api.exotel.com", good, "POST", CONNECT, BRIDGE), 200);
	assert_status(call_as(asker, "api.in.exotel.com", good, "POST", CONNECT, BRIDGE), 401);
	put_switch(asker, "exotel", "cluster", 2);
	assert_status(call_as(asker, "api.in.exotel.com", good, "POST", CONNECT, BRIDGE), 200);
}

static void without_json_in_the_path_the_answer_is_xml(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call(asker, "POST", "/Calls/connect", BRIDGE);

	assert_status(answer, 200);
	assert_string_equal(http_header_find(&answer.headers, "Content-Type"), "application/xml");
	assert_non_null(strstr(answer.text, "<TwilioResponse><Call><Sid>"));
	assert_non_null(strstr(answer.text, "<EndTime/>"));
	answer = call(asker, "POST", "/Calls/connect", "From=" AGENT "&To=%3C");
	assert_status(answer, 400);
	assert_non_null(strstr(answer.text, "<RestException><Status>400</Status>"));
}

/* --- 2.1, 2.2: connecting --- */

static void a_call_is_in_progress_at_once(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call(asker, "POST", CONNECT, BRIDGE);

	assert_status(answer, 200);
	assert_int_equal(count_at(&answer, "$.Call"), 19);
	assert_text_at(answer, "$.Call.Status", "in-progress");
	assert_text_at(answer, "$.Call.Direction", "outbound-api");
	assert_text_at(answer, "$.Call.AccountSid", "sandbox1");
	assert_int_equal(strlen(text_at(&answer, "$.Call.Sid")), 32);
	assert_true(json_is_null(json_at(answer.json, "$.Call.EndTime")));
	assert_true(json_is_null(json_at(answer.json, "$.Call.RecordingUrl")));
	assert_string_equal(text_at(&answer, "$.Call.Uri"),
			    arena_printf(asker->arena, "/v1/Accounts/sandbox1/Calls/%s",
					 text_at(&answer, "$.Call.Sid")));
}

static void numbers_come_back_with_a_leading_zero(void **state)
{
	struct asker *asker = *state;
	static const char *const ways[] = { "%2B919876543210", "09876543210", "9876543210",
					    "919876543210" };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct answer answer =
			call(asker, "POST", CONNECT,
			     arena_printf(asker->arena, "From=08030752400&CallerId=08047180000"
							"&To=%s", ways[i]));

		assert_status(answer, 200);
		assert_text_at(answer, "$.Call.To", "09876543210");
		assert_text_at(answer, "$.Call.From", "08030752400");
		assert_text_at(answer, "$.Call.PhoneNumberSid", "08047180000");
	}
}

static void times_are_indias_and_say_no_zone(void **state)
{
	struct asker *asker = *state;
	struct answer clock, answer;

	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  "{\"set\":\"2099-11-21T05:00:00Z\",\"freeze\":true}"),
		      200);
	answer = call(asker, "POST", CONNECT, BRIDGE);
	assert_text_at(answer, "$.Call.DateCreated", "2099-11-21 10:30:00");
	put_switch(asker, "exotel", "utc", 1);
	answer = call(asker, "POST", CONNECT, BRIDGE);
	assert_text_at(answer, "$.Call.DateCreated", "2099-11-21 05:00:00");
	clock = ask(asker, "GET", "/_sandbox/clock", NULL);
	assert_text_at(clock, "$.now", "2099-11-21T05:00:00.000Z");
}

static void what_is_missing_or_wrong_is_refused(void **state)
{
	static const char *const forms[] = {
		"To=" ASHA "&CallerId=08047180000",
		"From=" AGENT "&CallerId=08047180000",
		"From=" AGENT "&To=" ASHA,
		"From=" AGENT "&To=123&CallerId=08047180000",
		"From=" AGENT "&To=" ASHA "&CallerId=08099999999",
		BRIDGE "&CallType=promo",
		BRIDGE "&TimeLimit=14401",
		BRIDGE "&TimeLimit=soon",
		BRIDGE "&TimeOut=0",
		BRIDGE "&Record=yes",
		BRIDGE "&RecordingChannels=triple",
		BRIDGE "&RecordingFormat=wav",
		BRIDGE "&StartPlaybackToNew=Caller",
		BRIDGE "&StartPlaybackValueNew=notice",
		BRIDGE "&WaitUrl=ftp%3A%2F%2Fx.example%2Fa.wav",
		BRIDGE "&StatusCallback=nowhere",
		BRIDGE "&StatusCallbackContentType=text/xml",
		BRIDGE "&StatusCallbackEvents%5B0%5D=ringing",
		BRIDGE "&StatusCallbackEvents%5B%5D=terminal&StatusCallbackEvents%5B%5D=ringing",
		"From=" AGENT "&CallerId=08047180000&Url=http%3A%2F%2Fmy.exotel.com%2Fsandbox1"
		"%2Fexoml%2Fstart_voice%2F9",
		"From=" AGENT "&CallerId=08047180000&Url=http%3A%2F%2Fmy.exotel.com%2Facme1"
		"%2Fexoml%2Fstart_voice%2F1001",
	};
	struct asker *asker = *state;
	char custom[400];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_refused(call(asker, "POST", CONNECT, forms[i]), 400, "BAD_REQUEST");
	snprintf(custom, sizeof(custom), "%s&CustomField=%0128d", BRIDGE, 1);
	assert_status(call(asker, "POST", CONNECT, custom), 200);
	strcat(custom, "2");
	assert_refused(call(asker, "POST", CONNECT, custom), 400, "BAD_REQUEST");
}

static void a_number_is_connected_to_a_flow(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call_through(
		asker, "From=" ASHA "&CallerId=08047180000&Url=http%3A%2F%2Fmy.exotel.com"
		       "%2Fsandbox1%2Fexoml%2Fstart_voice%2F1001");

	assert_text_at(answer, "$.Call.From", "09876543210");
	assert_text_at(answer, "$.Call.To", "08047180000");
	assert_text_at(answer, "$.Call.Status", "completed");
}

/* --- 2.3, 2.4: how calls end --- */

static void a_call_that_both_take_is_completed_with_a_conversation(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call_through(asker, BRIDGE);

	assert_text_at(answer, "$.Call.Status", "completed");
	assert_int_equal(int_at(&answer, "$.Call.Details.ConversationDuration"), 30);
	assert_text_at(answer, "$.Call.Details.Leg1Status", "completed");
	assert_text_at(answer, "$.Call.Details.Leg2Status", "completed");
	assert_int_equal(int_at(&answer, "$.Call.Details.Legs[0].Leg.OnCallDuration"), 36);
	assert_int_equal(int_at(&answer, "$.Call.Details.Legs[1].Leg.OnCallDuration"), 30);
	assert_int_equal(int_at(&answer, "$.Call.Duration"), 42);
	text_at(&answer, "$.Call.EndTime");
}

static void a_prospect_who_is_not_there_makes_a_completed_call_of_0_s(void **state)
{
	static const char *const ways[][2] = { { "is busy", "busy" },
					       { "never", "no-answer" },
					       { "answers on the fifth ring", "completed" },
					       { "cannot be reached", "failed" } };
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct answer answer;

		tell_prospect(asker, "+919876543210", ways[i][0]);
		answer = call_through(asker, BRIDGE);
		assert_text_at(answer, "$.Call.Status", "completed");
		assert_text_at(answer, "$.Call.Details.Leg2Status", ways[i][1]);
		assert_int_equal(int_at(&answer, "$.Call.Details.ConversationDuration"),
				 i == 2 ? 30 : 0);
	}
}

static void an_agent_who_is_not_there_ends_the_call(void **state)
{
	static const char *const ways[][2] = { { "is busy", "busy" },
					       { "never", "no-answer" },
					       { "answers on the second ring", "no-answer" },
					       { "cannot be reached", "failed" } };
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct answer answer;

		tell_prospect(asker, "+918030752400", ways[i][0]);
		answer = call_through(asker, BRIDGE "&TimeOut=10");
		assert_text_at(answer, "$.Call.Status", ways[i][1]);
		assert_text_at(answer, "$.Call.Details.Leg1Status", ways[i][1]);
		assert_true(json_is_null(json_at(answer.json, "$.Call.Details.Leg2Status")));
	}
}

static void a_time_limit_ends_a_conversation(void **state)
{
	struct answer answer = call_through(*state, BRIDGE "&TimeLimit=7");

	assert_int_equal(int_at(&answer, "$.Call.Details.ConversationDuration"), 7);
}

static void a_recording_can_be_fetched_when_the_call_is_over(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call_through(asker, BRIDGE);

	assert_true(json_is_null(json_at(answer.json, "$.Call.RecordingUrl")));
	answer = call_through(asker, BRIDGE "&Record=true&RecordingChannels=dual&RecordingFormat="
					    "mp3-hq");
	assert_true(text_starts(text_at(&answer, "$.Call.RecordingUrl"),
				"http://127.0.0.1:8090/exotel/recordings/sandbox1/"));
	asker->base = "";
	answer = call(asker, "GET", strstr(text_at(&answer, "$.Call.RecordingUrl"), "/recordings/"),
		      NULL);
	assert_status(answer, 200);
	assert_string_equal(http_header_find(&answer.headers, "Content-Type"), "audio/mpeg");
	assert_memory_equal(answer.text, "\xff\xfb", 2);
}

static void a_call_that_there_is_not_is_404(void **state)
{
	assert_refused(call(*state, "GET", "/Calls/abc.json", NULL), 404, "NOT_FOUND");
}

/* --- 2.3: what is posted --- */

static void without_events_a_status_says_little(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	call_through(asker, BRIDGE LISTEN "&CustomField=att_17");
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 1);
	assert_int_equal(count_at(&answer, "$.webhooks[0].events[0]"), 4);
	assert_text_at(answer, "$.webhooks[0].events[0].Status", "completed");
	text_at(&answer, "$.webhooks[0].events[0].CallSid");
	text_at(&answer, "$.webhooks[0].events[0].DateUpdated");
}

static void subscribed_events_say_all(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	call_through(asker, BRIDGE LISTEN BOTH "&CustomField=att_17");
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 2);
	assert_text_at(answer, "$.webhooks[0].events[0].EventType", "answered");
	assert_text_at(answer, "$.webhooks[0].events[0].Status", "in-progress");
	assert_null(json_at(answer.json, "$.webhooks[0].events[0].CustomField"));
	assert_int_equal(count_at(&answer, "$.webhooks[0].events[0].Legs"), 1);
	assert_text_at(answer, "$.webhooks[1].events[0].EventType", "terminal");
	assert_text_at(answer, "$.webhooks[1].events[0].CustomField", "att_17");
	assert_text_at(answer, "$.webhooks[1].events[0].To", "09876543210");
	assert_int_equal(int_at(&answer, "$.webhooks[1].events[0].ConversationDuration"), 30);
	assert_text_at(answer, "$.webhooks[1].events[0].Legs[1].Status", "completed");
}

static void one_event_can_be_subscribed(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	call_through(asker, BRIDGE LISTEN "&StatusCallbackEvents%5B%5D=terminal");
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 1);
	assert_text_at(answer, "$.webhooks[0].events[0].EventType", "terminal");
}

/* The doubts of the sheet, and the scripts of its section 7, by switches. */
static void switches_decide_doubts_the_other_way(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	tell_prospect(asker, "+919876543210", "is busy");
	put_switch(asker, "exotel", "answered_by_both", 1);
	put_switch(asker, "exotel", "legs_as_json", 1);
	call_through(asker, BRIDGE LISTEN BOTH);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 1);
	assert_text_at(answer, "$.webhooks[0].events[0].EventType", "terminal");
	assert_non_null(strstr(text_at(&answer, "$.webhooks[0].events[0].Legs"), "\"busy\""));
	put_switch(asker, "exotel", "code_numbers", 1);
	answer = call(asker, "POST", CONNECT, "");
	assert_int_equal(int_at(&answer, "$.RestException.Code"), 400);
}

static void statuses_come_twice_reversed_or_not_at_all(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	put_switch(asker, "exotel", "answer_twice", 1);
	put_switch(asker, "exotel", "shuffle", 1);
	call_through(asker, BRIDGE LISTEN BOTH);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 4);
	assert_text_at(answer, "$.webhooks[0].events[0].EventType", "terminal");
	assert_text_at(answer, "$.webhooks[1].events[0].EventType", "terminal");
	assert_text_at(answer, "$.webhooks[2].events[0].EventType", "answered");
	put_switch(asker, "exotel", "callbacks_lost", 1);
	call_through(asker, BRIDGE LISTEN BOTH);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 4);
}

/* --- 3: text messages --- */

static struct answer text_through(struct asker *asker, const char *form)
{
	struct answer answer = call(asker, "POST", SEND, form);
	const char *sid;

	assert_status(answer, 200);
	sid = text_at(&answer, "$.SMSMessage.Sid");
	pass_time(asker, 10000);
	return ask(asker, "GET",
		   arena_printf(asker->arena, "/_sandbox/accounts/exotel/default/records/Messages/%s",
				sid),
		   NULL);
}

static void a_message_is_queued_and_then_delivered(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call(asker, "POST", SEND, SMS LISTEN "&CustomField=att_18");

	assert_status(answer, 200);
	assert_text_at(answer, "$.SMSMessage.Status", "queued");
	assert_int_equal(int_at(&answer, "$.SMSMessage.DetailedStatusCode"), 21010);
	assert_int_equal(int_at(&answer, "$.SMSMessage.SmsUnits"), 1);
	assert_text_at(answer, "$.SMSMessage.To", "09876543210");
	assert_true(json_is_null(json_at(answer.json, "$.SMSMessage.DateSent")));
	pass_time(asker, 10000);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 1);
	assert_text_at(answer, "$.webhooks[0].events[0].Status", "delivered");
	assert_int_equal(int_at(&answer, "$.webhooks[0].events[0].DetailedStatusCode"), 20005);
	assert_text_at(answer, "$.webhooks[0].events[0].CustomField", "att_18");
	text_at(&answer, "$.webhooks[0].events[0].DateSent");
	answer = ask(asker, "GET", "/_sandbox/ledger?vendor=exotel&object=message", NULL);
	assert_int_equal(count_at(&answer, "$.entries"), 4); /* sending submitted sent delivered */
}

static void messages_fail_for_reasons(void **state)
{
	static const struct { const char *script, *form, *status; int code; } ways[] = {
		{ "is unknown", SMS, "failed", 23010 },
		{ "has opted out", SMS, "failed", 23005 },
		{ "cannot be reached", SMS, "undelivered", 20006 },
		{ "reads", "From=LEADCO&To=" ASHA "&Body=Hi", "failed", 23081 },
		{ "reads", "From=nobody7&To=" ASHA "&Body=Hi&DltEntityId=1", "failed", 23072 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct answer answer;

		tell_prospect(asker, "+919876543210", ways[i].script);
		answer = text_through(asker, ways[i].form);
		assert_text_at(answer, "$.values.status", ways[i].status);
		assert_int_equal(int_at(&answer, "$.values.code"), ways[i].code);
	}
}

/* Every code of the sheet; what has no cause here is asked for. */
static void messages_come_to_whatever_end_is_asked_for(void **state)
{
	static const struct { int code; const char *status, *detail; } ways[] = {
		{ 20005, "delivered", "DELIVERED_TO_HANDSET" },
		{ 20006, "undelivered", "DELIVERED_TO_OPERATOR" },
		{ 21020, "expired", "EXPIRED" },
		{ 23005, "failed", "FAILED_DND" },
		{ 23010, "failed", "FAILED_INVALID_NUMBER" },
		{ 23015, "failed", "FAILED_SPAM" },
		{ 23020, "failed", "FAILED_BLACKLISTED" },
		{ 23072, "failed", "FAILED_INVALID_SENDER" },
		{ 23080, "failed", "FAILED_DLT_SCRUB" },
		{ 23081, "failed", "FAILED_DLT_ENTITY" },
		{ 23082, "failed", "FAILED_DLT_TEMPLATE" },
		{ 23083, "failed", "FAILED_DLT_CONSENT" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct answer answer;

		put_switch(asker, "exotel", "sms_ends_with", ways[i].code);
		answer = text_through(asker, SMS);
		assert_text_at(answer, "$.values.status", ways[i].status);
		assert_text_at(answer, "$.values.detail", ways[i].detail);
		assert_int_equal(int_at(&answer, "$.values.code"), ways[i].code);
	}
}

static void messages_are_counted_in_units(void **state)
{
	struct asker *asker = *state;
	struct answer answer;
	char body[300];

	snprintf(body, sizeof(body), "From=LEADCO&To=09876543210&Body=%0161d", 1);
	answer = call(asker, "POST", SEND, body);
	assert_int_equal(int_at(&answer, "$.SMSMessage.SmsUnits"), 2);
	snprintf(body, sizeof(body), "From=LEADCO&To=09876543210&Body=%%E0%%A4%%85%070d", 1);
	answer = call(asker, "POST", SEND, body);
	assert_int_equal(int_at(&answer, "$.SMSMessage.SmsUnits"), 2);
}

static void bad_messages_are_refused(void **state)
{
	static const char *const forms[] = {
		"To=" ASHA "&Body=Hi",	      "From=LEADCO&Body=Hi",
		"From=LEADCO&To=" ASHA,	      "From=LEADCO&To=12&Body=Hi",
		SMS "&EncodingType=utf8",     SMS "&Priority=soon",
		SMS "&SmsType=spam",	      SMS "&StatusCallback=x",
		"From=LEADCO&To=" ASHA "&Body=%E0%A4%85&EncodingType=plain",
	};
	struct asker *asker = *state;
	char body[2200];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_refused(call(asker, "POST", SEND, forms[i]), 400, "BAD_REQUEST");
	snprintf(body, sizeof(body), "From=LEADCO&To=09876543210&Body=%02001d", 1);
	assert_refused(call(asker, "POST", SEND, body), 400, "BAD_REQUEST");
	put_switch(*state, "exotel", "dlt_at_once", 1);
	assert_refused(call(asker, "POST", SEND, "From=LEADCO&To=" ASHA "&Body=Hi"), 400,
		       "BAD_REQUEST");
}

static void the_vendors_other_page_has_other_codes(void **state)
{
	struct asker *asker = *state;
	struct answer answer;

	put_switch(asker, "exotel", "sms_other_codes", 1);
	answer = text_through(asker, SMS);
	assert_int_equal(int_at(&answer, "$.values.code"), 20000);
	answer = text_through(asker, "From=LEADCO&To=" ASHA "&Body=Hi");
	assert_int_equal(int_at(&answer, "$.values.code"), 30001);
}

/* --- 4: errors and limits --- */

static void two_hundred_a_minute(void **state)
{
	struct asker *asker = *state;

	for (int i = 0; i < 200; i++)
		assert_status(call(asker, "GET", "/Calls/none.json", NULL), 404);
	assert_refused(call(asker, "GET", "/Calls/none.json", NULL), 429, "TOO_MANY_REQUESTS");
	pass_time(asker, 61000);
	assert_status(call(asker, "GET", "/Calls/none.json", NULL), 404);
}

static void the_account_can_be_without_balance_or_suspended(void **state)
{
	struct asker *asker = *state;

	put_switch(asker, "exotel", "balance_spent", 1);
	assert_refused(call(asker, "POST", CONNECT, BRIDGE), 402, "PAYMENT_REQUIRED");
	assert_refused(call(asker, "POST", SEND, SMS), 402, "PAYMENT_REQUIRED");
	assert_refused(call(asker, "GET", "/Calls/none.json", NULL), 404, "NOT_FOUND");
	put_switch(asker, "exotel", "suspended", 1);
	assert_refused(call(asker, "GET", "/Calls/none.json", NULL), 403, "FORBIDDEN");
}

static void faults_speak_as_exotel_does(void **state)
{
	static const struct { const char *fault, *code; int status; } ways[] = {
		{ "\"fault\":\"rate_limit\"", "TOO_MANY_REQUESTS", 429 },
		{ "\"fault\":\"status\",\"status\":500", "INTERNAL_SERVER_ERROR", 500 },
		{ "\"fault\":\"status\",\"status\":502", "BAD_GATEWAY", 502 },
		{ "\"fault\":\"status\",\"status\":503,\"when\":\"after\"", "SERVICE_UNAVAILABLE",
		  503 },
		{ "\"fault\":\"forbidden\"", "FORBIDDEN", 403 },
		{ "\"fault\":\"locked\"", "CONFLICT", 409 },
		{ "\"fault\":\"expired_token\"", "UNAUTHORIZED", 401 },
	};
	struct asker *asker = *state;
	struct answer answer;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_status(ask(asker, "POST", "/_sandbox/faults",
				  arena_printf(asker->arena, "{%s,\"vendor\":\"exotel\","
							     "\"count\":1}",
					       ways[i].fault)),
			      201);
		assert_refused(call(asker, "POST", CONNECT, BRIDGE), ways[i].status, ways[i].code);
	}
	/* Only the one that struck after the effect made a call. */
	answer = ask(asker, "GET", "/_sandbox/accounts/exotel/default/objects", NULL);
	assert_non_null(strstr(answer.text, "\"Calls\""));
	answer = ask(asker, "GET", "/_sandbox/accounts/exotel/default/records/Calls", NULL);
	assert_int_equal(count_at(&answer, "$.records"), 1);
}

/* --- 1, rule 4: a call whose answer was lost is looked for --- */

static void calls_are_found_by_what_they_were_given(void **state)
{
	static const struct { const char *query; int total; } rows[] = {
		{ "", 3 },
		{ "?To=09876543210", 2 },
		{ "?From=%2B918030752400&To=%2B919876543211", 1 },
		{ "?CustomField=att_17", 1 },
		{ "?CustomField=att_99", 0 },
		{ "?Status=completed", 1 },
		{ "?Direction=outbound-api&PhoneNumber=08047180000", 3 },
		{ "?DateCreated=gte:2099-11-21+10:30:00;lte:2099-11-21+10:30:00", 1 },
		{ "?DateCreated=gte:2099-11-21+10:30:01", 2 },
		{ "?StartTime=lte:2099-11-21+10:31:01", 2 },
	};
	static const char *const wrong[] = { "?DateCreated=yesterday", "?PageSize=101",
					     "?Page=x", "?SortBy=Price:asc",
					     "?StartTime=gte:2099-11-21" };
	struct asker *asker = *state;
	struct answer answer;

	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  "{\"set\":\"2099-11-21T05:00:00Z\",\"freeze\":true}"),
		      200);
	assert_status(call(asker, "POST", CONNECT, BRIDGE "&CustomField=att_17"), 200);
	assert_status(ask(asker, "POST", "/_sandbox/clock", "{\"set\":\"2099-11-21T05:01:00Z\"}"),
		      200);
	assert_status(call(asker, "POST", CONNECT, BRIDGE "&CustomField=att_18"), 200);
	assert_status(ask(asker, "POST", "/_sandbox/clock", "{\"set\":\"2099-11-21T05:01:30Z\"}"),
		      200);
	assert_status(call(asker, "POST", CONNECT, "From=" AGENT "&To=%2B919876543211&CallerId="
						   "08047180000"),
		      200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = call(asker, "GET",
			      arena_printf(asker->arena, "/Calls.json%s", rows[i].query), NULL);
		assert_status(answer, 200);
		if (int_at(&answer, "$.Metadata.Total") != rows[i].total)
			fail_msg("%s: %s", rows[i].query, answer.text);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refused(call(asker, "GET",
				    arena_printf(asker->arena, "/Calls.json%s", wrong[i]), NULL),
			       400, "BAD_REQUEST");
}

static void calls_are_listed_page_by_page(void **state)
{
	struct asker *asker = *state;
	struct answer answer;
	const char *next;

	for (int i = 0; i < 3; i++) {
		assert_status(call(asker, "POST", CONNECT,
				   arena_printf(asker->arena, "%s&CustomField=%d", BRIDGE, i)),
			      200);
		pass_time(asker, 1000);
	}
	answer = call(asker, "GET", "/Calls.json?PageSize=2&SortBy=DateCreated:asc", NULL);
	assert_int_equal(count_at(&answer, "$.Calls"), 2);
	assert_int_equal(int_at(&answer, "$.Metadata.Total"), 3);
	assert_true(json_is_null(json_at(answer.json, "$.Metadata.PrevPageUri")));
	assert_true(strcmp(text_at(&answer, "$.Calls[0].DateCreated"),
			   text_at(&answer, "$.Calls[1].DateCreated")) < 0);
	next = text_at(&answer, "$.Metadata.NextPageUri");
	next = strstr(next, "/Calls");
	answer = call(asker, "GET", next, NULL);
	assert_int_equal(count_at(&answer, "$.Calls"), 1);
	assert_true(json_is_null(json_at(answer.json, "$.Metadata.NextPageUri")));
	text_at(&answer, "$.Metadata.PrevPageUri");
	answer = call(asker, "GET", "/Calls.json", NULL); /* the newest first */
	assert_true(strcmp(text_at(&answer, "$.Calls[0].DateCreated"),
			   text_at(&answer, "$.Calls[1].DateCreated")) > 0);
	answer = call(asker, "GET", "/Calls", NULL); /* XML */
	assert_non_null(strstr(answer.text, "<Metadata><Total>3</Total>"));
}

/* --- 2.5: calls to us --- */

static const char *ring_us(struct asker *asker, const char *phone)
{
	struct answer answer =
		ask(asker, "POST", "/_sandbox/accounts/exotel/default/records/Calls",
		    arena_printf(asker->arena, "{\"from\":\"+919876543210\",\"phone\":\"%s\"}",
				 phone));

	assert_status(answer, 201);
	pass_time(asker, 60000);
	return text_at(&answer, "$.id");
}

static void a_call_to_our_number_runs_its_flow(void **state)
{
	static const char phones[] = "/_sandbox/accounts/exotel/default/records/ExoPhones/1";
	struct asker *asker = *state;
	struct answer answer;

	answer = call(asker, "GET",
		      arena_printf(asker->arena, "/Calls/%s.json", ring_us(asker, "08047180000")),
		      NULL);
	assert_text_at(answer, "$.Call.Status", "failed"); /* no flow is there yet */
	assert_status(ask(asker, "PATCH", phones, "{\"flow_id\":\"1001\"}"), 200);
	answer = call(asker, "GET",
		      arena_printf(asker->arena, "/Calls/%s.json", ring_us(asker, "08047180000")),
		      NULL);
	assert_text_at(answer, "$.Call.Status", "completed");
	assert_text_at(answer, "$.Call.Direction", "inbound");
	assert_text_at(answer, "$.Call.From", "09876543210");
	assert_text_at(answer, "$.Call.To", "08047180000");
}

static void an_applet_hears_that_a_call_is_incoming(void **state)
{
	struct asker *asker = *state;
	struct answer answer = ask(
		asker, "POST", "/_sandbox/accounts/exotel/default/records/Flows",
		"{\"name\":\"in\",\"applets\":[{\"applet\":\"passthru\",\"async\":true,\"url\":"
		"\"http://127.0.0.1:1/p\"}]}");

	assert_status(ask(asker, "PATCH",
			  "/_sandbox/accounts/exotel/default/records/ExoPhones/2",
			  arena_printf(asker->arena, "{\"flow_id\":\"%s\"}",
				       text_at(&answer, "$.id"))),
		      200);
	ring_us(asker, "+918047180001");
	answer = posted(asker);
	assert_text_at(answer, "$.webhooks[0].events[0].Direction", "incoming");
	assert_text_at(answer, "$.webhooks[0].events[0].CallFrom", "09876543210");
	assert_text_at(answer, "$.webhooks[0].events[0].CallTo", "08047180001");
	assert_text_at(answer, "$.webhooks[0].events[0].EndTime", "1970-01-01 05:30:00");
}

/* --- 2.6: ExoML --- */

#define PHONE "/_sandbox/accounts/exotel/default/records/ExoPhones/1"
#define LEGS "/_sandbox/accounts/exotel/default/records/Legs"

static const char *begin_leg(struct asker *asker)
{
	struct answer answer = ask(asker, "POST", LEGS,
				   "{\"contact_uri\":\"+919876543210\",\"exophone\":"
				   "\"08047180000\"}");

	assert_status(answer, 201);
	asker->base = "/v2/accounts/sandbox1";
	return text_at(&answer, "$.id");
}

static struct answer act(struct asker *asker, const char *leg, const char *json)
{
	struct http_request request = { .method = "POST", .body = json, .body_len = strlen(json) };

	request.url = arena_printf(asker->arena, "/v2/accounts/sandbox1/legs/%s/actions", leg);
	http_header_add(&request.headers, "Host", "cpaas-api.in.exotel.com");
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, good, strlen(good))));
	return send_request(asker, &request);
}

#define FLOW(actions) "{\"exoml\":\"<Flow>" actions "</Flow>\"}"

static void a_leg_tells_what_happens_and_is_told_what_to_do(void **state)
{
	static const char *const names[] = { "leg_answered", "say_completed", "gather_completed",
					     "gather_completed", "leg_completed" };
	struct asker *asker = *state;
	struct answer answer, first;
	const char *leg;

	tell_prospect(asker, "+919876543210", "answers and presses 12#, stays silent");
	assert_status(ask(asker, "PATCH", PHONE, "{\"event_url\":\"http://127.0.0.1:1/e\"}"), 200);
	leg = begin_leg(asker);
	pass_time(asker, 2000);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 1);
	assert_text_at(answer, "$.webhooks[0].events[0].data.state", "answered");
	first = act(asker, leg,
		    "{\"exoml\":\"<Flow><StartSay>Hi Asha</StartSay><Gather numDigits='1'/></Flow>\","
		    "\"action_custom_parameter\":\"att_17\"}");
	assert_status(first, 200);
	assert_status(act(asker, leg, FLOW("<Gather timeout='6'><StartSay>Two?</StartSay></Gather>"
					   "<Hangup/>")),
		      200);
	pass_time(asker, 60000);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 5);
	for (int i = 0; i < 5; i++)
		assert_string_equal(text_at(&answer, arena_printf(asker->arena,
								  "$.webhooks[%d].events[0].event_name",
								  i)),
				    names[i]);
	assert_string_equal(text_at(&answer, "$.webhooks[1].events[0].action_sid"),
			    text_at(&first, "$.action_sid"));
	assert_text_at(answer, "$.webhooks[1].events[0].action_custom_parameter", "att_17");
	assert_text_at(answer, "$.webhooks[2].events[0].data.DigitsPressed", "1");
	assert_text_at(answer, "$.webhooks[3].events[0].data.DigitsPressed", "");
	assert_true(json_is_null(json_at(answer.json,
					 "$.webhooks[3].events[0].action_custom_parameter")));
	assert_text_at(answer, "$.webhooks[4].events[0].data.leg_sid", leg);
	text_at(&answer, "$.webhooks[4].events[0].data.end_time");
	assert_refused(act(asker, leg, FLOW("<Hangup/>")), 409, "CONFLICT");
}

static void a_leg_is_told_nothing_that_it_cannot_do(void **state)
{
	static const char *const wrong[] = {
		"{}", "{\"exoml\":7}", "{\"exoml\":\"hello\"}", "[]",
		"{\"exoml\":\"<Response><Hangup/></Response>\"}", FLOW("<Dance/>"), FLOW(""), "{",
	};
	struct asker *asker = *state;
	const char *leg;
	struct answer answer;

	leg = begin_leg(asker);
	answer = ask(asker, "GET", arena_printf(asker->arena, LEGS "/%s", leg), NULL);
	assert_text_at(answer, "$.values.state", "failed"); /* its events would go nowhere */
	assert_status(ask(asker, "PATCH", PHONE, "{\"event_url\":\"http://127.0.0.1:1/e\"}"), 200);
	leg = begin_leg(asker);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refused(act(asker, leg, wrong[i]), 400, "BAD_REQUEST");
	assert_refused(act(asker, "none", FLOW("<Hangup/>")), 404, "NOT_FOUND");
}

/* --- 7: scripts by the last two digits --- */

#define CALL_TO(digits) "From=" AGENT "&CallerId=08047180000&To=%2B9198765432" digits

static void the_last_two_digits_make_a_script(void **state)
{
	static const struct { const char *form, *second; int talk_s; } rows[] = {
		{ CALL_TO("00"), "completed", 30 }, { CALL_TO("02"), "completed", 30 },
		{ CALL_TO("03"), "busy", 0 },	    { CALL_TO("04"), "no-answer", 0 },
		{ CALL_TO("05"), "failed", 0 },	    { CALL_TO("06"), "completed", 30 },
		{ CALL_TO("11"), "no-answer", 0 },  { CALL_TO("12"), "completed", 30 },
	};
	struct asker *asker = *state;
	struct answer answer;

	put_switch(asker, "exotel", "by_digits", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = call_through(asker, rows[i].form);
		assert_text_at(answer, "$.Call.Status", "completed");
		assert_text_at(answer, "$.Call.Details.Leg2Status", rows[i].second);
		assert_int_equal(int_at(&answer, "$.Call.Details.ConversationDuration"),
				 rows[i].talk_s);
	}
	/* 07 is made all the same, 10 is not. */
	assert_refused(call(asker, "POST", CONNECT, CALL_TO("07") "&CustomField=seven"), 500,
		       "INTERNAL_SERVER_ERROR");
	assert_refused(call(asker, "POST", CONNECT, CALL_TO("10") "&CustomField=ten"), 429,
		       "TOO_MANY_REQUESTS");
	answer = call(asker, "GET", "/Calls.json?CustomField=seven", NULL);
	assert_int_equal(int_at(&answer, "$.Metadata.Total"), 1);
	answer = call(asker, "GET", "/Calls.json?CustomField=ten", NULL);
	assert_int_equal(int_at(&answer, "$.Metadata.Total"), 0);
	call_through(asker, CALL_TO("08") LISTEN BOTH);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 0);
	call_through(asker, CALL_TO("09") LISTEN BOTH);
	answer = posted(asker);
	assert_int_equal(count_at(&answer, "$.webhooks"), 4);
	assert_text_at(answer, "$.webhooks[0].events[0].EventType", "terminal");
	assert_text_at(answer, "$.webhooks[3].events[0].EventType", "answered");
}

/* --- 3: many messages --- */

#define MANY "/Sms/bulksend.json"
#define ONE_OF(i, to, body)                                                                   \
	"&Messages%5B" i "%5D%5BTo%5D=" to "&Messages%5B" i "%5D%5BBody%5D=" body

static void messages_are_sent_in_bulk(void **state)
{
	struct asker *asker = *state;
	struct answer answer = call(asker, "POST", MANY,
				    "From=LEADCO&DltEntityId=1101" ONE_OF("0", ASHA, "Hi")
					    ONE_OF("1", "09876543211", "Ho")
				    "&Messages%5B1%5D%5BCustomField%5D=att_18");

	assert_status(answer, 200);
	assert_int_equal(count_at(&answer, "$.SMSMessage"), 2);
	assert_text_at(answer, "$.SMSMessage[0].Body", "Hi");
	assert_text_at(answer, "$.SMSMessage[1].To", "09876543211");
	pass_time(asker, 10000);
	answer = call(asker, "GET",
		      arena_printf(asker->arena, "/SMS/Messages/%s.json",
				   text_at(&answer, "$.SMSMessage[1].Sid")),
		      NULL);
	assert_text_at(answer, "$.SMSMessage.Status", "delivered");
	assert_refused(call(asker, "GET", "/SMS/Messages/none.json", NULL), 404, "NOT_FOUND");
	answer = ask(asker, "GET", "/_sandbox/ledger?vendor=exotel&key=att_18", NULL);
	assert_int_equal(count_at(&answer, "$.entries"), 1);
}

/* Which of them is wrong is said, and none is sent. */
static void one_bad_message_of_a_bulk_refuses_all(void **state)
{
	static const char *const forms[] = {
		"From=LEADCO", "From=LEADCO&Messages=x",
		"From=LEADCO" ONE_OF("0", ASHA, "Hi") ONE_OF("1", "12", "Hi"),
		"From=LEADCO" ONE_OF("0", ASHA, "Hi") "&Messages%5B1%5D%5BTo%5D=" ASHA,
	};
	struct asker *asker = *state;
	struct answer answer;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		answer = call(asker, "POST", MANY, forms[i]);
		assert_refused(answer, 400, "BAD_REQUEST");
		assert_non_null(strstr(answer.text, i < 2 ? "Messages must be" : "Messages[1]: "));
	}
	answer = ask(asker, "GET", "/_sandbox/accounts/exotel/default/records/Messages", NULL);
	assert_int_equal(count_at(&answer, "$.records"), 0);
}

static void what_is_not_imitated_says_so(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "GET", "/Campaigns.json", NULL), 501);
	asker->base = "";
	assert_status(call(asker, "GET", "/v3/accounts/sandbox1/calls/x", NULL), 501);
	assert_status(call(asker, "POST", "/v2/accounts/sandbox1/legs", ""), 501);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_key_and_token_open_the_account_of_the_path),
		TEST(an_account_lives_in_one_cluster),
		TEST(without_json_in_the_path_the_answer_is_xml),
		TEST(a_call_is_in_progress_at_once),
		TEST(numbers_come_back_with_a_leading_zero),
		TEST(times_are_indias_and_say_no_zone),
		TEST(what_is_missing_or_wrong_is_refused),
		TEST(a_number_is_connected_to_a_flow),
		TEST(a_call_that_both_take_is_completed_with_a_conversation),
		TEST(a_prospect_who_is_not_there_makes_a_completed_call_of_0_s),
		TEST(an_agent_who_is_not_there_ends_the_call),
		TEST(a_time_limit_ends_a_conversation),
		TEST(a_recording_can_be_fetched_when_the_call_is_over),
		TEST(a_call_that_there_is_not_is_404),
		TEST(without_events_a_status_says_little),
		TEST(subscribed_events_say_all),
		TEST(one_event_can_be_subscribed),
		TEST(switches_decide_doubts_the_other_way),
		TEST(statuses_come_twice_reversed_or_not_at_all),
		TEST(a_message_is_queued_and_then_delivered),
		TEST(messages_fail_for_reasons),
		TEST(messages_come_to_whatever_end_is_asked_for),
		TEST(messages_are_counted_in_units),
		TEST(bad_messages_are_refused),
		TEST(the_vendors_other_page_has_other_codes),
		TEST(two_hundred_a_minute),
		TEST(the_account_can_be_without_balance_or_suspended),
		TEST(faults_speak_as_exotel_does),
		TEST(calls_are_found_by_what_they_were_given),
		TEST(calls_are_listed_page_by_page),
		TEST(a_call_to_our_number_runs_its_flow),
		TEST(an_applet_hears_that_a_call_is_incoming),
		TEST(a_leg_tells_what_happens_and_is_told_what_to_do),
		TEST(a_leg_is_told_nothing_that_it_cannot_do),
		TEST(the_last_two_digits_make_a_script),
		TEST(messages_are_sent_in_bulk),
		TEST(one_bad_message_of_a_bulk_refuses_all),
		TEST(what_is_not_imitated_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
