/* twilio_place.c - placing a call (1): what is refused, what is kept of it, and what it can be
 * told while it lasts. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/twilio.h"

bool twilio_is_url(struct sb_call *call, const char *text)
{
	struct url parts;

	return url_parse(call->arena, text, &parts) && !strchr(parts.host, '_');
}

/* A number, or somebody at the other end of a SIP trunk or of a client in a browser. */
static bool is_callee(const char *to)
{
	return twilio_is_number(to) || (text_starts(to, "client:") && to[7]) ||
	       (text_starts(to, "sip:") && strchr(to, '@'));
}

static bool check_who(struct sb_call *call, const char *to, const char *from)
{
	const char *url = sb_form(call, "Url"), *twiml = sb_form(call, "Twiml");

	if (text_is_empty(to))
		twilio_fail(call, 400, 21201, "No 'To' number is specified");
	else if (!is_callee(to) || text_equal(to, "+15005550001"))
		twilio_fail(call, 400, 21217, "Phone number does not appear to be valid: %s", to);
	else if (text_equal(to, "+15005550002"))
		twilio_fail(call, 400, 21214, "'To' phone number cannot be reached: %s", to);
	else if (text_equal(to, "+15005550003") ||
		 (sb_switch(call->account, "geo_off") && from && strncmp(from, to, 3) != 0))
		twilio_fail(call, 400, 21215, "Account not authorized to call %s. Perhaps you need "
					      "to enable some international permissions",
			    to);
	else if (text_equal(to, "+15005550004"))
		twilio_fail(call, 400, 21216, "Account not allowed to call %s", to);
	else if (text_is_empty(from))
		twilio_fail(call, 400, 21213, "'From' phone number is required");
	else if (!twilio_is_number(from) || !twilio_own_number(call, from))
		twilio_fail(call, 400, 21210, "'From' phone number not verified: %s", from);
	else if (!url && !twiml)
		twilio_fail(call, 400, 21205, "Url parameter is required.");
	else if (url && !twilio_is_url(call, url))
		twilio_fail(call, 400, 21205, "Url is not a valid URL: %s", url);
	else if (!url && twiml && strlen(twiml) > 4000)
		twilio_fail(call, 400, 21218, "Twiml is over 4000 characters");
	else
		return true;
	return false;
}

/* Every other address that a call can be given. */
static bool check_addresses(struct sb_call *call)
{
	static const struct { const char *name; int code; } all[] = {
		{ "StatusCallback", 21609 },
		{ "FallbackUrl", 21205 },
		{ "RecordingStatusCallback", 21609 },
		{ "AsyncAmdStatusCallback", 21609 },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const char *url = sb_form(call, all[i].name);

		if (text_is_empty(url) || twilio_is_url(call, url))
			continue;
		twilio_fail(call, 400, all[i].code, "The '%s' URL %s is not a valid URL.",
			    all[i].name, url);
		return false;
	}
	return true;
}

/* Parameters that have a range, and those that have a few words (1). */
static const struct { const char *name; int64_t least, most; } ranges[] = {
	{ "Timeout", 1, 600 },
	{ "TimeLimit", 1, 14400 },
	{ "MachineDetectionTimeout", 3, 59 },
	{ "MachineDetectionSpeechThreshold", 1000, 6000 },
	{ "MachineDetectionSpeechEndThreshold", 500, 5000 },
	{ "MachineDetectionSilenceTimeout", 2000, 10000 },
};
static const struct { const char *name, *words; } words[] = {
	{ "MachineDetection", "Enable|DetectMessageEnd" },
	{ "Record", "true|false" },
	{ "AsyncAmd", "true|false" },
	{ "RecordingChannels", "mono|dual" },
	{ "RecordingTrack", "inbound|outbound|both" },
	{ "Trim", "trim-silence|do-not-trim" },
	{ "Method", "GET|POST" },
	{ "FallbackMethod", "GET|POST" },
	{ "StatusCallbackMethod", "GET|POST" },
	{ "RecordingStatusCallbackMethod", "GET|POST" },
	{ "AsyncAmdStatusCallbackMethod", "GET|POST" },
};

static bool check_values(struct sb_call *call)
{
	int64_t number;

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		const char *text = sb_form(call, ranges[i].name);

		if (text_is_empty(text) || (text_int(text, &number) &&
					    number >= ranges[i].least && number <= ranges[i].most))
			continue;
		twilio_fail(call, 400, 20001, "%s must be %lld to %lld", ranges[i].name,
			    (long long)ranges[i].least, (long long)ranges[i].most);
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *text = sb_form(call, words[i].name);

		if (text_is_empty(text) || sb_has_word(words[i].words, text))
			continue;
		twilio_fail(call, 400, 20001, "%s must be one of %s", words[i].name,
			    words[i].words);
		return false;
	}
	return true;
}

static const char *wanted_events(struct sb_call *call, const char *name)
{
	const char *events[8], *all = "";
	size_t count = sb_form_all(call, name, events, ARRAY_LEN(events));

	for (size_t i = 0; i < count; i++)
		all = arena_printf(call->arena, "%s %s", all, events[i]);
	return all;
}

/* What is recorded of the whole call, and whom that is told; NULL: nothing. New. */
static json_t *recording_of(struct sb_call *call)
{
	if (!text_equal(sb_form(call, "Record"), "true"))
		return NULL;
	return json_pack("{ss* ss* ss* ss* ss}", "channels", sb_form(call, "RecordingChannels"),
			 "track", sb_form(call, "RecordingTrack"), "callback",
			 sb_form(call, "RecordingStatusCallback"), "method",
			 sb_form(call, "RecordingStatusCallbackMethod"), "events",
			 wanted_events(call, "RecordingStatusCallbackEvent"));
}

static const char *or_else(const char *text, const char *otherwise)
{
	return text_is_empty(text) ? otherwise : text;
}

/* The call as it is kept: what is the API's, and what it was told to do. */
static json_t *values_of(struct sb_call *call, const char *to, const char *from)
{
	const char *url = sb_form(call, "Url"), *digits = sb_form(call, "SendDigits");
	/* Tones would be heard by whatever listens for a machine: it does not listen. */
	const char *detection = text_is_empty(digits) ? sb_form(call, "MachineDetection") : NULL;
	bool is_async = text_equal(sb_form(call, "AsyncAmd"), "true");
	json_t *values = json_pack(
		"{ss ss ss ss ss ss ss ss ss ss ss ss}", "to", to, "from", from, "to_formatted", to,
		"from_formatted", from, "status", "queued", "direction", "outbound-api",
		"price_unit", "USD", "queue_time", "0", "_turn", "0", "_sequence", "0", "_base",
		sb_base_url(call), "_timeout", or_else(sb_form(call, "Timeout"), "60"));

	json_object_update_new(
		values,
		json_pack("{ss* ss* ss* ss* ss* ss* ss* ss so*}", "_url", url, "_method",
			  sb_form(call, "Method"), "_twiml", url ? NULL : sb_form(call, "Twiml"),
			  "_fallback", sb_form(call, "FallbackUrl"), "_fallback_method",
			  sb_form(call, "FallbackMethod"), "_callback",
			  sb_form(call, "StatusCallback"), "_callback_method",
			  sb_form(call, "StatusCallbackMethod"), "_events",
			  wanted_events(call, "StatusCallbackEvent"), "_record",
			  recording_of(call)));
	json_object_update_new(
		values,
		json_pack("{ss* ss ss* ss* ss* ss*}", "_detection", detection,
			  "_detection_timeout",
			  or_else(sb_form(call, "MachineDetectionTimeout"), "30"), "_amd",
			  is_async ? "true" : NULL, "_amd_callback",
			  sb_form(call, "AsyncAmdStatusCallback"), "_amd_method",
			  sb_form(call, "AsyncAmdStatusCallbackMethod"), "_limit",
			  sb_form(call, "TimeLimit")));
	return json_keep(call->arena, values);
}

void twilio_add_call(struct sb_call *call)
{
	const char *to = sb_form(call, "To"), *from = sb_form(call, "From");
	struct sb_record *record;

	if (!text_is_empty(sb_form(call, "ApplicationSid"))) {
		sb_not_imitated(call, "applications: give a call its Url or Twiml");
		return;
	}
	if (twilio_is_refused(call) || !check_who(call, to, from) || !check_addresses(call) ||
	    !check_values(call))
		return;
	record = sb_record_create(call, sb_object_find(call->account, "Calls"),
				  values_of(call, to, from), NULL);
	if (!record) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 503);
		return;
	}
	twilio_put(call, record, "phone_number_sid", twilio_own_number(call, from)->id);
	twilio_begin(call, record);
	twilio_reply_record(call, 201, record);
}

void twilio_change_call(struct sb_call *call)
{
	struct sb_record *record = twilio_record(call, "Calls");
	const char *status = sb_form(call, "Status"), *url = sb_form(call, "Url");
	const char *twiml = sb_form(call, "Twiml"), *problem = NULL, *now;
	json_t *verbs;

	if (!record)
		return;
	now = sb_text(call, record, "status");
	if (twilio_is_over(call, record)) {
		twilio_fail(call, 400, 21220, "Invalid call state: the call is %s", now);
		return;
	}
	twilio_put_number(call, record, "_turn", twilio_number_of(call, record, "_turn") + 1);
	if (text_equal(status, "canceled") && !text_equal(now, "in-progress")) {
		twilio_end(call, record, "canceled");
	} else if (text_equal(status, "completed")) {
		twilio_end(call, record, text_equal(now, "in-progress") ? "completed" : "canceled");
	} else if (url && twilio_is_url(call, url) && text_equal(now, "in-progress")) {
		twilio_fetch(call, record, sb_form(call, "Method"), url, json_object());
	} else if (twiml && text_equal(now, "in-progress") &&
		   (verbs = sb_verbs(call->arena, "Response", twiml, strlen(twiml), &problem))) {
		twilio_run_verbs(call, record, verbs);
	} else {
		twilio_put_number(call, record, "_turn",
				  twilio_number_of(call, record, "_turn") - 1);
		twilio_fail(call, 400, 21220, "Unable to update the call: it is %s%s%s", now,
			    problem ? "; Twiml: " : "", problem ? problem : "");
		return;
	}
	twilio_reply_record(call, 200, record);
}
