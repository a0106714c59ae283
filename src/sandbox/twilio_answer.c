/* twilio_answer.c - who picks up, who or what it is, and calls to our own numbers (1, 3).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/twilio.h"

/* --- a person or a machine (1) --- */

struct sb_prospect *twilio_person(struct sb_call *call, const struct sb_record *record)
{
	bool is_inbound = text_equal(sb_text(call, record, "direction"), "inbound");

	return sb_prospect_of(call->sandbox, sb_text(call, record, is_inbound ? "from" : "to"));
}

/* How long it would take to know, in ms: a greeting is longer than a "hello". */
static int64_t needed_ms(struct sb_call *call, const struct sb_record *record)
{
	bool is_end = text_equal(sb_text(call, record, "_detection"), "DetectMessageEnd");

	return twilio_person(call, record)->pickup != SB_VOICEMAIL ? 2000 : is_end ? 9000 : 4000;
}

static int64_t timeout_ms(struct sb_call *call, const struct sb_record *record)
{
	return twilio_number_of(call, record, "_detection_timeout") * INT64_C(1000);
}

/* When it is known, or given up. */
static int64_t detected_ms(struct sb_call *call, const struct sb_record *record)
{
	int64_t needed = needed_ms(call, record), most = timeout_ms(call, record);

	return needed < most ? needed : most;
}

static const char *detected(struct sb_call *call, const struct sb_record *record)
{
	static const char *const ends[] = { "machine_end_beep", "machine_end_silence",
					    "machine_end_other" };
	bool is_end = text_equal(sb_text(call, record, "_detection"), "DetectMessageEnd");
	int64_t machine = sb_switch(call->account, "machine");

	if (needed_ms(call, record) > timeout_ms(call, record))
		return "unknown";
	if (twilio_person(call, record)->pickup != SB_VOICEMAIL)
		return "human";
	if (machine < 0 || machine >= (int64_t)ARRAY_LEN(ends))
		return "fax";
	return is_end ? ends[machine] : "machine_start";
}

/* The first instructions: given with the call, or asked for. */
static void begin_instructions(struct sb_call *call, struct sb_record *record)
{
	const char *twiml = sb_text(call, record, "_twiml"), *problem = NULL;
	json_t *verbs;

	if (!*twiml) {
		twilio_fetch(call, record, sb_text(call, record, "_method"),
			     sb_text(call, record, "_url"), json_object());
		return;
	}
	verbs = sb_verbs(call->arena, "Response", twiml, strlen(twiml), &problem);
	if (verbs)
		twilio_run_verbs(call, record, verbs);
	else
		twilio_end(call, record, "completed");
}

/* The call waits until it is known who answered. */
static void step_detected(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);

	if (!record)
		return;
	twilio_put(call, record, "answered_by", detected(call, record));
	begin_instructions(call, record);
}

/* The call has long gone on when it is known: a callback of its own says so. */
static void step_detected_meanwhile(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = sb_live_find(call->account, "Calls",
						json_string_of(doc, "sid"));
	const char *url;

	if (!record || twilio_is_over(call, record))
		return;
	twilio_put(call, record, "answered_by", detected(call, record));
	url = sb_text(call, record, "_amd_callback");
	if (*url)
		twilio_ask(call, sb_text(call, record, "_amd_method"), url,
			   json_pack("{ss ss ss so}", "CallSid", record->id, "AccountSid",
				     twilio_of(call->account)->account_sid, "AnsweredBy",
				     sb_text(call, record, "answered_by"),
				     "MachineDetectionDuration",
				     sb_json_printf("%lld", (long long)detected_ms(call, record))),
			   NULL);
}

static void step_limit(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = sb_live_find(call->account, "Calls",
						json_string_of(doc, "sid"));

	if (record && !twilio_is_over(call, record))
		twilio_end(call, record, "completed");
}

static void begin_recording(struct sb_call *call, struct sb_record *record)
{
	const json_t *wanted = json_keep(call->arena, sb_record_value_of(record, "_record"));
	const struct twilio_recording recording = {
		.source = "OutboundAPI",
		.channels = json_string_of(wanted, "channels"),
		.track = json_string_of(wanted, "track"),
		.callback = json_string_of(wanted, "callback"),
		.method = json_string_of(wanted, "method"),
		.events = json_string_of(wanted, "events"),
	};

	if (wanted)
		twilio_record_begin(call, record, &recording);
}

void twilio_pick_up(struct sb_call *call, struct sb_record *record)
{
	int limit_s = twilio_number_of(call, record, "_limit");

	sb_record_derive(call, record, "start_time", twilio_time(call->now));
	sb_record_derive(call, record, "_start_time", sb_json_time(call->now));
	sb_record_derive(call, record, "_answered_at",
			 sb_json_printf("%lld", (long long)call->now));
	twilio_set_status(call, record, "in-progress");
	twilio_tell(call, record, "answered", "in-progress");
	begin_recording(call, record);
	if (limit_s)
		sb_later(call, limit_s * INT64_C(1000), step_limit,
			 json_pack("{ss}", "sid", record->id));
}

/* --- ringing (1) --- */

static void step_answered(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);
	bool is_detecting, is_async;

	if (!record)
		return;
	is_detecting = *sb_text(call, record, "_detection") != '\0';
	is_async = *sb_text(call, record, "_amd") != '\0';
	twilio_pick_up(call, record);
	if (is_detecting)
		sb_later(call, detected_ms(call, record),
			 is_async ? step_detected_meanwhile : step_detected,
			 twilio_turn(call, record, NULL));
	if (!is_detecting || is_async)
		begin_instructions(call, record);
}

static void step_unanswered(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc);

	if (!record)
		return;
	if (text_equal(json_string_of(doc, "status"), "failed"))
		twilio_put(call, record, "_sip",
			   arena_printf(call->arena, "%lld",
					(long long)sb_switch(call->account, "sip_response")));
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
	timeout = twilio_number_of(call, record, "_timeout") * 1000;
	rings = prospect->rings * SB_RING_MS;
	twilio_set_status(call, record, "ringing");
	twilio_tell(call, record, "ringing", "ringing");
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
	twilio_tell(call, record, "initiated", "initiated");
	if (sb_prospect_of(call->sandbox, sb_text(call, record, "to"))->pickup ==
	    SB_UNREACHABLE)
		plan_unanswered(call, record, 1000, "failed");
	else
		sb_later(call, 500, step_ringing, twilio_turn(call, record, NULL));
}

void twilio_begin(struct sb_call *call, struct sb_record *record)
{
	sb_later(call, 100, step_initiated, twilio_turn(call, record, NULL));
}

/* --- calls to us --- */

/* Nobody has picked up yet: a Reject can still keep it so. */
void twilio_ring_us(struct sb_call *call, struct sb_record *record)
{
	const struct sb_record *number = twilio_own_number(call, sb_text(call, record, "to"));
	const char *method = number ? sb_text(call, number, "voice_method") : "";
	const char *url = number ? sb_text(call, number, "voice_url") : "";

	twilio_put(call, record, "direction", "inbound");
	twilio_put(call, record, "price_unit", "USD");
	twilio_put(call, record, "_turn", "0");
	twilio_put(call, record, "_sequence", "0");
	twilio_put(call, record, "_base",
		   arena_printf(call->arena, "%s/twilio", sb_base_url(call)));
	if (number) {
		twilio_put(call, record, "phone_number_sid", number->id);
		twilio_put(call, record, "_callback", sb_text(call, number, "status_callback"));
	}
	twilio_set_status(call, record, "ringing");
	if (*url)
		twilio_fetch(call, record, method, url, json_object());
	else
		twilio_end(call, record, number ? "no-answer" : "failed");
}
