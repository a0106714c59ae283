/* twilio_verbs.c - what a call is told to do (2): TwiML's verbs, one after the other, and
 * what the person does meanwhile. Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/twilio.h"

#define WORD_MS 400       /* how long a word is spoken */
#define DIAL_TALK_MS 30000
#define VERBS_MAX 200     /* of one call in a row without time passing */

static const char *attr(const json_t *verb, const char *name, const char *otherwise)
{
	const char *text = json_string_of(json_object_get(verb, "attrs"), name);

	return text ? text : otherwise;
}

static int64_t spoken_ms(const char *text)
{
	int64_t words = 1;

	for (; *text; text++)
		words += *text == ' ';
	return words * WORD_MS;
}

static int64_t said_ms(const json_t *verb)
{
	const char *name = json_string_of(verb, "verb");

	if (text_equal(name, "Pause"))
		return atoi(attr(verb, "length", "1")) * 1000;
	return text_equal(name, "Say") ? spoken_ms(json_string_of(verb, "text")) : 1000;
}

static const char *url_of(struct sb_call *call, const struct sb_record *record, const char *url)
{
	const char *base = sb_text(call, record, "_url");
	struct url parts;

	if (!url || !*url)
		return base;
	if (text_starts(url, "http://") || text_starts(url, "https://") ||
	    !url_parse(call->arena, base, &parts))
		return url;
	return arena_printf(call->arena, "%s://%s:%d%s%s", parts.scheme, parts.host, parts.port,
			    *url == '/' ? "" : "/", url);
}

/* What the person presses, as far as the Gather listens; NULL when it hears nothing. */
static const char *heard_digits(struct sb_call *call, const json_t *verb, const char *pressed)
{
	const char *finish = attr(verb, "finishOnKey", "#");
	int most = atoi(attr(verb, "numDigits", "0"));
	size_t len = strcspn(pressed, finish);

	if (most > 0 && len > (size_t)most)
		len = (size_t)most;
	return len ? arena_strndup(call->arena, pressed, len) : NULL;
}

static json_t *heard(struct sb_call *call, const struct sb_record *record, const json_t *verb)
{
	struct sb_prospect *prospect =
		sb_prospect_of(call->sandbox, sb_text(call, record, "to"));
	const struct sb_reaction *reaction = sb_prospect_in_call(prospect);
	const char *input = attr(verb, "input", "dtmf"), *digits;

	if (reaction && reaction->deed == SB_PRESSES && strstr(input, "dtmf")) {
		digits = heard_digits(call, verb, reaction->text);
		return digits ? json_pack("{ss ss}", "Digits", digits, "FinishedOnKey", "") :
				NULL;
	}
	if (reaction && reaction->deed == SB_SAYS && strstr(input, "speech"))
		return json_pack("{ss ss}", "SpeechResult", reaction->text, "Confidence",
				 "0.9");
	return NULL;
}

static bool is_leaving(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_prospect *prospect =
		sb_prospect_of(call->sandbox, sb_text(call, record, "to"));

	return prospect->hangs_up && prospect->used_in_calls >= prospect->nreactions;
}

static void step_heard(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);
	const json_t *verb;
	json_t *answer;

	if (!record)
		return;
	if (is_leaving(call, record)) {
		twilio_end(call, record, "completed");
		return;
	}
	verb = json_array_get(json_object_get(doc, "verbs"), 0);
	answer = heard(call, record, verb);
	if (!answer && text_equal(attr(verb, "actionOnEmptyResult", "false"), "true"))
		answer = json_pack("{ss}", "Digits", "");
	if (answer) {
		const char *url = url_of(call, record, attr(verb, "action", NULL));

		twilio_put(call, record, "_url", url);
		twilio_fetch(call, record, url, answer);
		return;
	}
	/* Nothing was heard: the next verb, after the time of waiting. */
	twilio_go_on(call, record, json_object_get(doc, "verbs"),
		     atoi(attr(verb, "timeout", "5")) * 1000);
}

static void gather(struct sb_call *call, struct sb_record *record, const json_t *verbs)
{
	const json_t *inside = json_object_get(json_array_get(verbs, 0), "inside"), *one;
	int64_t ms = 500;
	size_t i;

	json_array_foreach((json_t *)inside, i, one)
		ms += said_ms(one);
	sb_later(call, ms, step_heard, twilio_turn(call, record, json_deep_copy(verbs)));
}

/* Another person is called and talks for half a minute. */
static void dial(struct sb_call *call, struct sb_record *record, const json_t *verbs)
{
	const json_t *verb = json_array_get(verbs, 0);
	const json_t *number = json_array_get(json_object_get(verb, "inside"), 0);
	const char *to = json_string_of(number ? number : verb, "text");
	const struct sb_prospect *other =
		sb_prospect_of(call->sandbox, text_trim(call->arena, to));
	static const char *const words[] = { "completed", "no-answer", "busy", "failed",
					     "completed" };
	bool is_talking = other->pickup == SB_ANSWERS || other->pickup == SB_VOICEMAIL;
	int64_t ms = is_talking ? other->rings * SB_RING_MS + DIAL_TALK_MS : SB_RING_MS;
	const char *action = attr(verb, "action", NULL);

	if (!action) {
		twilio_go_on(call, record, verbs, ms);
		return;
	}
	action = url_of(call, record, action);
	twilio_put(call, record, "_url", action);
	twilio_fetch(call, record, action,
		     json_pack("{ss ss so}", "DialCallStatus", words[other->pickup],
			       "DialCallSid", record->id, "DialCallDuration",
			       sb_json_printf("%d", is_talking ? DIAL_TALK_MS / 1000 : 0)));
}

void twilio_run_verbs(struct sb_call *call, struct sb_record *record, const json_t *verbs)
{
	const json_t *verb = json_array_get(verbs, 0);
	const char *name = json_string_of(verb, "verb");

	if (!verb || text_equal(name, "Hangup") || json_array_size(verbs) > VERBS_MAX) {
		twilio_end(call, record, "completed");
	} else if (text_equal(name, "Reject")) {
		twilio_end(call, record,
			   text_equal(attr(verb, "reason", "rejected"), "busy") ? "busy" :
										  "no-answer");
	} else if (text_equal(name, "Redirect")) {
		const char *url =
			url_of(call, record,
			       text_trim(call->arena, json_string_of(verb, "text")));

		twilio_put(call, record, "_url", url);
		twilio_fetch(call, record, url, json_object());
	} else if (text_equal(name, "Gather")) {
		gather(call, record, verbs);
	} else if (text_equal(name, "Dial")) {
		dial(call, record, verbs);
	} else {
		/* Say, Play, Pause, Record and what is not imitated takes its time. */
		twilio_go_on(call, record, verbs, said_ms(verb));
	}
}
