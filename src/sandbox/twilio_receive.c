/* twilio_receive.c - messages that people write (5, 6), and what we answer them with.
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/twilio.h"

#define WINDOW_MS (24 * CLOCK_HOUR)
#define ANSWERS_MAX 10
#define MEDIA_MAX 10

/* --- words that opt out, and in again (6) --- */

static const char *opt_word(struct sb_call *call, const char *text)
{
	static const struct { const char *word, *type; bool is_new; } words[] = {
		{ "STOP", "STOP", false },   { "STOPALL", "STOP", false },
		{ "UNSUBSCRIBE", "STOP", false }, { "CANCEL", "STOP", false },
		{ "END", "STOP", false },    { "QUIT", "STOP", false },
		{ "REVOKE", "STOP", true },  { "OPTOUT", "STOP", true },
		{ "START", "START", false }, { "YES", "START", false },
		{ "UNSTOP", "START", false }, { "HELP", "HELP", false },
		{ "INFO", "HELP", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_equal_nocase(words[i].word, text) &&
		    (!words[i].is_new || sb_switch(call->account, "optout_words_2025")))
			return words[i].type;
	return NULL;
}

static void remember(struct sb_call *call, const char *from, const char *to, const char *word)
{
	json_t *opted_out = json_object_get(call->account->extra, "opted_out");
	json_t *until = json_object_get(call->account->extra, "whatsapp_until");
	const char *pair = twilio_pair(call, to, from);

	if (twilio_is_whatsapp(from))
		json_object_set_new(until, pair, json_integer(call->now + WINDOW_MS));
	else if (text_equal(word, "STOP"))
		json_object_set_new(opted_out, pair, json_true());
	else if (text_equal(word, "START"))
		json_object_del(opted_out, pair);
	sb_touch(call);
}

/* --- what they wrote --- */

static json_t *params_of(struct sb_call *call, const struct sb_record *message, const char *word,
			 const struct twilio_written *written)
{
	const char *from = sb_text(call, message, "from");
	json_t *params = json_pack(
		"{ss ss ss ss ss ss ss ss ss ss}", "MessageSid", message->id, "SmsSid", message->id,
		"SmsMessageSid", message->id, "AccountSid", twilio_of(call->account)->account_sid,
		"From", from, "To", sb_text(call, message, "to"), "Body",
		sb_text(call, message, "body"), "NumMedia", "0", "NumSegments",
		sb_text(call, message, "num_segments"), "ApiVersion", "2010-04-01");

	if (word && !twilio_is_whatsapp(from) && sb_switch(call->account, "optout_in_webhook"))
		json_object_set_new(params, "OptOutType", json_string(word));
	if (twilio_is_whatsapp(from)) {
		if (from[9] == '+') /* else they have no number to show */
			json_object_set_new(params, "WaId", json_string(from + 10));
		json_object_set_new(params, "ProfileName", json_string("Prospect"));
	}
	if (written->button) {
		json_object_set_new(params, "ButtonText", json_string(written->button));
		json_object_set_new(params, "ButtonPayload", json_string(written->button));
	}
	if (written->answers && twilio_is_whatsapp(from))
		json_object_set_new(params, "OriginalRepliedMessageSid",
				    json_string(written->answers));
	return params;
}

void twilio_receive(struct sb_call *call, const struct twilio_written *written)
{
	const char *from = written->from, *to = written->to, *text = written->text;
	struct sb_record *number = twilio_own_number(call, to), *message;
	const char *word = written->opt_out ? written->opt_out : opt_word(call, text);
	const char *url = number ? sb_text(call, number, "sms_url") : "";

	remember(call, from, to, word);
	message = sb_record_create(
		call, sb_object_find(call->account, "Messages"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss so ss}", "to", to, "from", from, "body", text,
				    "status", "received", "direction", "inbound", "num_segments",
				    sb_json_printf("%d", twilio_segments(text)), "num_media", "0")),
		NULL);
	if (message && *url)
		twilio_ask(call, sb_text(call, number, "sms_method"), url,
			   params_of(call, message, word, written),
			   json_pack("{ss ss}", "message", message->id, "url", url));
}

/* --- what we answer: TwiML's Message (5) --- */

/* The text of a Message: its own, or its Body's. */
static const char *text_of(const json_t *verb)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(verb, "inside"), i, one)
		if (text_equal(json_string_of(one, "verb"), "Body"))
			return json_string_of(one, "text");
	return json_string_of(verb, "text");
}

static size_t media_of(struct sb_call *call, const json_t *verb, const char *media[MEDIA_MAX])
{
	const json_t *one;
	size_t i, count = 0;

	json_array_foreach(json_object_get(verb, "inside"), i, one)
		if (text_equal(json_string_of(one, "verb"), "Media") && count < MEDIA_MAX)
			media[count++] = text_trim(call->arena, json_string_of(one, "text"));
	return count;
}

static void answer(struct sb_call *call, const struct sb_record *received, const json_t *verb)
{
	const char *to = twilio_attr(verb, "to", sb_text(call, received, "from"));
	const char *from = twilio_attr(verb, "from", sb_text(call, received, "to"));
	const char *media[MEDIA_MAX];
	struct sb_record *message;

	/* 21610 is told to nobody here: the message is just not there. */
	if (!twilio_is_whatsapp(to) && twilio_has_opted_out(call, from, to)) {
		sb_ledger_add(call, "message", "reply_refused", received->id, received->version);
		return;
	}
	message = twilio_send(
		call,
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss ss*}", "to", to, "from", from, "body",
				    text_trim(call->arena, text_of(verb)), "status", "queued",
				    "direction", "outbound-reply", "_callback",
				    twilio_attr(verb, "statusCallback",
						twilio_attr(verb, "action", NULL)))),
		media, media_of(call, verb, media));
	if (message)
		twilio_plan_fate(call, message);
}

void twilio_answered(struct sb_call *call, const json_t *doc, int status, const char *body,
		     size_t body_len)
{
	const struct sb_record *received =
		sb_live_find(call->account, "Messages", json_string_of(doc, "message"));
	const char *problem = NULL;
	const json_t *verbs = NULL, *verb;
	size_t i;

	if (!received || (status / 100 == 2 && !body_len))
		return;
	if (status / 100 == 2)
		verbs = sb_verbs(call->arena, "Response", body, body_len, &problem);
	if (!verbs) { /* 11200, or 12100 for what is no TwiML */
		sb_ledger_add(call, "message", "instructions_failed", received->id,
			      received->version);
		return;
	}
	json_array_foreach((json_t *)verbs, i, verb)
		if (i < ANSWERS_MAX && text_equal(json_string_of(verb, "verb"), "Message"))
			answer(call, received, verb);
}
