/* twilio_verbs.c - what a call is told to do (2): TwiML's verbs, one after the other, and
 * what the person does meanwhile. Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/twilio.h"

#define LOOPS_MAX 1000
#define PAUSE_MAX_S 86400
#define RECORD_MAX_S 3600
#define SPEECH_S 5        /* how long somebody speaks to a recorder */
#define VERBS_MAX 200     /* of one call in a row without time passing */

const char *twilio_attr(const json_t *verb, const char *name, const char *otherwise)
{
	const char *text = json_string_of(json_object_get(verb, "attrs"), name);

	return text ? text : otherwise;
}

static int64_t bounded(int64_t number, int64_t most)
{
	return number < 0 ? 0 : number > most ? most : number;
}

static int64_t said_ms(const json_t *verb)
{
	const char *name = json_string_of(verb, "verb");

	int64_t loop = bounded(atoi(twilio_attr(verb, "loop", "1")), LOOPS_MAX);

	if (text_equal(name, "Pause"))
		return bounded(atoi(twilio_attr(verb, "length", "1")), PAUSE_MAX_S) * 1000;
	return (loop ? loop : LOOPS_MAX) * /* 0: without end, until the person hangs up */
	       (text_equal(name, "Say") ? sb_spoken_ms(json_string_of(verb, "text")) : 1000);
}

const char *twilio_url_of(struct sb_call *call, const struct sb_record *record, const char *url)
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
	const char *finish = twilio_attr(verb, "finishOnKey", "#");
	int most = atoi(twilio_attr(verb, "numDigits", "0"));
	size_t len = strcspn(pressed, finish);

	if (most > 0 && len > (size_t)most)
		len = (size_t)most;
	return len ? arena_strndup(call->arena, pressed, len) : NULL;
}

static json_t *heard(struct sb_call *call, const struct sb_record *record, const json_t *verb)
{
	const struct sb_reaction *reaction = sb_prospect_in_call(twilio_person(call, record));
	const char *input = twilio_attr(verb, "input", "dtmf"), *digits;

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
	const struct sb_prospect *prospect = twilio_person(call, record);

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
	if (!answer && text_equal(twilio_attr(verb, "actionOnEmptyResult", "false"), "true"))
		answer = json_pack("{ss}", "Digits", "");
	if (answer) {
		twilio_fetch(call, record, twilio_attr(verb, "method", NULL),
			     twilio_url_of(call, record, twilio_attr(verb, "action", NULL)),
			     answer);
		return;
	}
	/* Nothing was heard: the next verb, after the time of waiting. */
	twilio_go_on(call, record, json_object_get(doc, "verbs"),
		     atoi(twilio_attr(verb, "timeout", "5")) * 1000);
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

/* Only what is heard may stand inside a Gather (2). */
static bool is_gather(const json_t *verb)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(verb, "inside"), i, one)
		if (!sb_has_word("Say|Play|Pause", json_string_of(one, "verb")))
			return false;
	return text_equal(json_string_of(verb, "verb"), "Gather");
}

/* --- Record --- */

/* They have spoken: the recording ends and the address of the verb is told of it. */
static void step_spoken(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);
	const json_t *verb = json_array_get(json_object_get(doc, "verbs"), 0);
	json_t *more;

	if (!record)
		return;
	twilio_record_end(call, record);
	more = json_pack("{ss}", "Digits", is_leaving(call, record) ? "hangup" : "");
	twilio_add_recording(call, record, more);
	twilio_fetch(call, record, twilio_attr(verb, "method", NULL),
		     twilio_url_of(call, record, twilio_attr(verb, "action", NULL)), more);
}

/* Who says nothing leaves no recording, and the next verb is done. */
static void record_speech(struct sb_call *call, struct sb_record *record, const json_t *verbs)
{
	const json_t *verb = json_array_get(verbs, 0);
	const struct sb_reaction *reaction = sb_prospect_in_call(twilio_person(call, record));
	int64_t most_s = bounded(atoi(twilio_attr(verb, "maxLength", "3600")), RECORD_MAX_S);
	const struct twilio_recording wanted = {
		.source = "RecordVerb",
		.callback = twilio_attr(verb, "recordingStatusCallback", NULL),
		.method = twilio_attr(verb, "recordingStatusCallbackMethod", NULL),
		.events = twilio_attr(verb, "recordingStatusCallbackEvent", NULL),
	};

	if (!reaction || reaction->deed != SB_SAYS) {
		twilio_go_on(call, record, verbs,
			     bounded(atoi(twilio_attr(verb, "timeout", "5")), RECORD_MAX_S) * 1000);
		return;
	}
	twilio_record_begin(call, record, &wanted);
	sb_later(call, (most_s < SPEECH_S ? most_s : SPEECH_S) * 1000, step_spoken,
		 twilio_turn(call, record, json_deep_copy(verbs)));
}

/* --- one verb --- */

void twilio_run_verbs(struct sb_call *call, struct sb_record *record, const json_t *verbs)
{
	const json_t *verb = json_array_get(verbs, 0);
	const char *name = json_string_of(verb, "verb");

	if (!verb || text_equal(name, "Hangup") || json_array_size(verbs) > VERBS_MAX) {
		twilio_end(call, record, "completed");
	} else if (text_equal(name, "Reject")) {
		twilio_end(call, record,
			   text_equal(twilio_attr(verb, "reason", "rejected"), "busy") ? "busy" :
										  "no-answer");
	} else if (text_equal(name, "Redirect")) {
		const char *url =
			twilio_url_of(call, record,
			       text_trim(call->arena, json_string_of(verb, "text")));

		twilio_fetch(call, record, twilio_attr(verb, "method", NULL), url, json_object());
	} else if (is_gather(verb)) {
		gather(call, record, verbs);
	} else if (text_equal(name, "Dial")) {
		twilio_dial(call, record, verbs);
	} else if (text_equal(name, "Record")) {
		record_speech(call, record, verbs);
	} else if (sb_has_word("Say|Play|Pause", name)) {
		twilio_go_on(call, record, verbs, said_ms(verb));
	} else {
		/* None that is imitated, or a Gather around what cannot be in it. */
		sb_ledger_add(call, "call", "verb_unknown", record->id, record->version);
		twilio_go_on(call, record, verbs, 0);
	}
}
