/* twilio_call.c - Twilio's calls: a person who picks up or not, and what is posted of it.
 * Threads: under the sandbox's lock.
 *
 * A call goes on in steps of the sandbox's time. What it does next stands in a document: the
 * verbs that are left, and the `turn` it belongs to; when the call is told something else
 * meanwhile (hung up, sent to another address) its turn grows, and what was planned before is
 * passed over. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/twilio.h"

const struct sb_field_spec twilio_call_fields[] = {
	{ "to", "To", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "from", "From", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "to_formatted", "To", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "from_formatted", "From", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "direction", "Direction", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "answered_by", "Answered by", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "start_time", "Start", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "end_time", "End", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "duration", "Seconds", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "price", "Price", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "price_unit", "Currency", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "parent_call_sid", "Parent", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "phone_number_sid", "Number", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "forwarded_from", "Forwarded", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "caller_name", "Caller", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "group_sid", "Group", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "queue_time", "Waited", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "trunk_sid", "Trunk", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_start_time", "Start", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_end_time", "End", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_answered_at", "Answered", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_url", "Instructions", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_fallback", "Fallback", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_twiml", "TwiML", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_callback", "Status callback", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_events", "Events", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_detection", "Machine detection", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_timeout", "Ring timeout", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_turn", "Turn", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_sequence", "Callbacks", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_sip", "SIP answer", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t twilio_ncall_fields = ARRAY_LEN(twilio_call_fields);

static int number_of(struct sb_call *call, const struct sb_record *record, const char *field)
{
	return atoi(sb_text(call, record, field));
}

static void put_number(struct sb_call *call, struct sb_record *record, const char *field,
		       int number)
{
	sb_record_derive(call, record, field, sb_json_printf("%d", number));
}

static bool is_over(struct sb_call *call, const struct sb_record *record)
{
	static const char *const over[] = { "completed", "busy", "no-answer", "failed",
					    "canceled" };

	for (size_t i = 0; i < ARRAY_LEN(over); i++)
		if (text_equal(sb_text(call, record, "status"), over[i]))
			return true;
	return false;
}

/* --- what is posted (3) --- */

static json_t *params_of(struct sb_call *call, const struct sb_record *record)
{
	const char *by = sb_text(call, record, "answered_by");
	json_t *params = json_pack("{ss ss ss ss ss ss ss ss ss}", "CallSid", record->id,
				   "AccountSid", twilio_of(call->account)->account_sid, "From",
				   sb_text(call, record, "from"), "To",
				   sb_text(call, record, "to"), "Caller",
				   sb_text(call, record, "from"), "Called",
				   sb_text(call, record, "to"), "CallStatus",
				   sb_text(call, record, "status"), "ApiVersion",
				   "2010-04-01", "Direction",
				   sb_text(call, record, "direction"));

	if (*by)
		json_object_set_new(params, "AnsweredBy", json_string(by));
	return params;
}

static bool is_wanted(struct sb_call *call, const struct sb_record *record, const char *event)
{
	const char *events = sb_text(call, record, "_events");

	return *events ? strstr(events, event) != NULL : text_equal(event, "completed");
}

/* `status` is the word of the callback: "initiated" is of no other place. */
static void tell(struct sb_call *call, struct sb_record *record, const char *event,
		 const char *status)
{
	const char *url = sb_text(call, record, "_callback");
	int sequence = number_of(call, record, "_sequence");
	json_t *params;

	if (!*url || !is_wanted(call, record, event))
		return;
	put_number(call, record, "_sequence", sequence + 1);
	params = params_of(call, record);
	json_object_set_new(params, "CallStatus", json_string(status));
	json_object_set_new(params, "CallbackSource", json_string("call-progress-events"));
	json_object_set_new(params, "SequenceNumber", sb_json_printf("%d", sequence));
	json_object_set_new(params, "Timestamp", twilio_time(call->now));
	if (text_equal(event, "completed")) {
		json_object_set_new(params, "CallDuration",
				    json_string(sb_text(call, record, "duration")));
		json_object_set_new(params, "Duration",
				    sb_json_printf("%d",
						   (number_of(call, record, "duration") + 59) /
							   60));
		if (*sb_text(call, record, "_sip"))
			json_object_set_new(params, "SipResponseCode",
					    json_string(sb_text(call, record, "_sip")));
	}
	for (int64_t i = 0; i < sb_switch(call->account, "answer_twice"); i++)
		twilio_post(call, url, json_incref(params), NULL);
	twilio_post(call, url, params, NULL);
}

static void set_status(struct sb_call *call, struct sb_record *record, const char *status)
{
	sb_record_update(call, record, json_keep(call->arena, json_pack("{ss}", "status",
									status)));
	sb_ledger_add(call, "call", status, record->id, record->version);
}

void twilio_end(struct sb_call *call, struct sb_record *record, const char *status)
{
	int64_t answered = atoll(sb_text(call, record, "_answered_at"));
	int64_t ms = answered ? call->now - answered : 0;

	sb_record_derive(call, record, "end_time", twilio_time(call->now));
	sb_record_derive(call, record, "_end_time", sb_json_time(call->now));
	put_number(call, record, "duration", (int)((ms + 999) / 1000));
	put_number(call, record, "_turn", number_of(call, record, "_turn") + 1);
	set_status(call, record, status);
	tell(call, record, "completed", status);
}

/* --- turns --- */

json_t *twilio_turn(struct sb_call *call, const struct sb_record *record, json_t *verbs)
{
	return json_pack("{ss si so*}", "sid", record->id, "turn",
			 number_of(call, record, "_turn"), "verbs", verbs);
}

/* The call that a document is about, if it is still its turn. */
struct sb_record *twilio_call_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, "Calls"),
			       json_string_of(doc, "sid"));

	if (!record || record->state != SB_LIVE || is_over(call, record) ||
	    json_int_of(doc, "turn", -1) != number_of(call, record, "_turn"))
		return NULL;
	return record;
}

static void step_verbs(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);

	if (record)
		twilio_run_verbs(call, record, json_object_get(doc, "verbs"));
}

/* Goes on with what is left behind the first verb, after a while. */
void twilio_go_on(struct sb_call *call, const struct sb_record *record, const json_t *verbs,
		  int64_t ms)
{
	json_t *rest = json_array();

	for (size_t i = 1; i < json_array_size(verbs); i++)
		json_array_append(rest, json_array_get(verbs, i));
	sb_later(call, ms, step_verbs, twilio_turn(call, record, rest));
}

/* Asks an address for what to do. */
void twilio_fetch(struct sb_call *call, struct sb_record *record, const char *url,
		  json_t *more)
{
	json_t *params = params_of(call, record);

	json_object_update(params, more);
	json_decref(more);
	twilio_post(call, url, params, twilio_turn(call, record, NULL));
}

void twilio_instructed(struct sb_call *call, const json_t *doc, int status, const char *body,
		       size_t body_len)
{
	struct sb_record *record = twilio_call_of(call, doc);
	const char *problem = NULL, *fallback;
	json_t *verbs = NULL;

	if (!record)
		return;
	if (status / 100 == 2)
		verbs = body_len ? twilio_twiml(call->arena, body, body_len, &problem) :
				   json_keep(call->arena, json_array());
	if (verbs) {
		twilio_run_verbs(call, record, verbs);
		return;
	}
	/* 11200 and its family: the fallback is asked once, then the call ends. */
	sb_ledger_add(call, "call", "instructions_failed", record->id, record->version);
	fallback = sb_text(call, record, "_fallback");
	if (*fallback) {
		twilio_put(call, record, "_fallback", NULL);
		twilio_fetch(call, record, fallback,
			     json_pack("{ss ss}", "ErrorCode", status ? "11200" : "11205",
				       "ErrorUrl", sb_text(call, record, "_url")));
		return;
	}
	twilio_end(call, record, "completed");
}

/* --- ringing (1) --- */

static const char *machine_word(struct sb_call *call, const struct sb_record *record,
				const struct sb_prospect *prospect)
{
	const char *detection = sb_text(call, record, "_detection");

	if (!*detection)
		return NULL;
	if (prospect->pickup != SB_VOICEMAIL)
		return "human";
	return text_equal(detection, "DetectMessageEnd") ? "machine_end_beep" : "machine_start";
}

static void step_answered(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);
	const char *twiml, *problem = NULL;
	json_t *verbs;

	if (!record)
		return;
	sb_record_derive(call, record, "start_time", twilio_time(call->now));
	sb_record_derive(call, record, "_start_time", sb_json_time(call->now));
	sb_record_derive(call, record, "_answered_at",
			 sb_json_printf("%lld", (long long)call->now));
	twilio_put(call, record, "answered_by",
		   machine_word(call, record,
				sb_prospect_of(call->sandbox,
					       sb_text(call, record, "to"))));
	set_status(call, record, "in-progress");
	tell(call, record, "answered", "in-progress");
	twiml = sb_text(call, record, "_twiml");
	if (!*twiml) {
		twilio_fetch(call, record, sb_text(call, record, "_url"), json_object());
		return;
	}
	verbs = twilio_twiml(call->arena, twiml, strlen(twiml), &problem);
	if (verbs)
		twilio_run_verbs(call, record, verbs);
	else
		twilio_end(call, record, "completed");
}

static void step_unanswered(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);

	if (!record)
		return;
	if (text_equal(json_string_of(doc, "status"), "failed"))
		twilio_put(call, record, "_sip", "404");
	twilio_end(call, record, json_string_of(doc, "status"));
}

static void plan_unanswered(struct sb_call *call, const struct sb_record *record, int64_t ms,
			    const char *status)
{
	json_t *doc = twilio_turn(call, record, NULL);

	json_object_set_new(doc, "status", json_string(status));
	sb_later(call, ms, step_unanswered, doc);
}

static void step_ringing(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);
	const struct sb_prospect *prospect;
	int64_t rings, timeout;

	if (!record)
		return;
	prospect = sb_prospect_of(call->sandbox, sb_text(call, record, "to"));
	timeout = number_of(call, record, "_timeout") * 1000;
	rings = prospect->rings * SB_RING_MS;
	set_status(call, record, "ringing");
	tell(call, record, "ringing", "ringing");
	if (prospect->pickup == SB_BUSY)
		plan_unanswered(call, record, 1000, "busy");
	else if (prospect->pickup == SB_NO_ANSWER || rings > timeout)
		plan_unanswered(call, record, timeout, "no-answer");
	else
		sb_later(call, rings, step_answered, twilio_turn(call, record, NULL));
}

static void step_initiated(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);

	if (!record)
		return;
	/* One call a second: the others stay queued. */
	if (!sb_window_take(sb_window_find(call->account, "calls_per_second"), call->now, 1)) {
		sb_later(call, 250, step_initiated, twilio_turn(call, record, NULL));
		return;
	}
	tell(call, record, "initiated", "initiated");
	if (sb_prospect_of(call->sandbox, sb_text(call, record, "to"))->pickup ==
	    SB_UNREACHABLE)
		plan_unanswered(call, record, 1000, "failed");
	else
		sb_later(call, 500, step_ringing, twilio_turn(call, record, NULL));
}

/* --- the resource --- */

static bool is_url(struct sb_call *call, const char *text)
{
	struct url parts;

	return url_parse(call->arena, text, &parts) && !strchr(parts.host, '_');
}

static bool check(struct sb_call *call, const char *to, const char *from)
{
	const char *url = sb_form(call, "Url"), *twiml = sb_form(call, "Twiml");
	const char *callback = sb_form(call, "StatusCallback");

	if (text_is_empty(to))
		twilio_fail(call, 400, 21201, "No 'To' number is specified");
	else if (!twilio_is_number(to) || text_equal(to, "+15005550001"))
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
	else if (!url && !twiml && !sb_form(call, "ApplicationSid"))
		twilio_fail(call, 400, 21205, "Url parameter is required.");
	else if (url && !is_url(call, url))
		twilio_fail(call, 400, 21205, "Url is not a valid URL: %s", url);
	else if (!url && twiml && strlen(twiml) > 4000)
		twilio_fail(call, 400, 21218, "Twiml is over 4000 characters");
	else if (callback && *callback && !is_url(call, callback))
		twilio_fail(call, 400, 21609, "The 'StatusCallback' URL %s is not a valid URL.",
			    callback);
	else
		return true;
	return false;
}

static const char *wanted_events(struct sb_call *call)
{
	const char *events[8], *all = "";
	size_t count = sb_form_all(call, "StatusCallbackEvent", events, ARRAY_LEN(events));

	for (size_t i = 0; i < count; i++)
		all = arena_printf(call->arena, "%s %s", all, events[i]);
	return all;
}

void twilio_add_call(struct sb_call *call)
{
	const char *to = sb_form(call, "To"), *from = sb_form(call, "From");
	const char *url = sb_form(call, "Url"), *timeout = sb_form(call, "Timeout");
	struct sb_record *record;
	int64_t seconds = 60;

	if (!check(call, to, from))
		return;
	if (timeout && (!text_int(timeout, &seconds) || seconds < 1 || seconds > 600)) {
		twilio_fail(call, 400, 13224, "Timeout must be 1 to 600 seconds");
		return;
	}
	record = sb_record_create(
		call, sb_object_find(call->account, "Calls"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss ss ss ss ss* ss* ss* ss* ss ss* so ss ss}",
				    "to", to, "from", from, "to_formatted", to, "from_formatted",
				    from, "status", "queued", "direction", "outbound-api",
				    "price_unit", "USD", "queue_time", "0", "_url", url,
				    "_fallback", sb_form(call, "FallbackUrl"), "_twiml",
				    url ? NULL : sb_form(call, "Twiml"), "_callback",
				    sb_form(call, "StatusCallback"), "_events",
				    wanted_events(call), "_detection",
				    sb_form(call, "MachineDetection"), "_timeout",
				    sb_json_printf("%lld", (long long)seconds), "_turn", "0",
				    "_sequence", "0")),
		NULL);
	if (!record) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 503);
		return;
	}
	twilio_put(call, record, "phone_number_sid", twilio_own_number(call, from)->id);
	sb_later(call, 100, step_initiated, twilio_turn(call, record, NULL));
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
	if (is_over(call, record)) {
		twilio_fail(call, 400, 21220, "Invalid call state: the call is %s", now);
		return;
	}
	put_number(call, record, "_turn", number_of(call, record, "_turn") + 1);
	if (text_equal(status, "canceled") && !text_equal(now, "in-progress")) {
		twilio_end(call, record, "canceled");
	} else if (text_equal(status, "completed")) {
		twilio_end(call, record, text_equal(now, "in-progress") ? "completed" : "canceled");
	} else if (url && is_url(call, url) && text_equal(now, "in-progress")) {
		twilio_put(call, record, "_url", url);
		twilio_fetch(call, record, url, json_object());
	} else if (twiml && text_equal(now, "in-progress") &&
		   (verbs = twilio_twiml(call->arena, twiml, strlen(twiml), &problem))) {
		twilio_run_verbs(call, record, verbs);
	} else {
		put_number(call, record, "_turn", number_of(call, record, "_turn") - 1);
		twilio_fail(call, 400, 21220, "Unable to update the call: it is %s%s%s", now,
			    problem ? "; Twiml: " : "", problem ? problem : "");
		return;
	}
	twilio_reply_record(call, 200, record);
}
