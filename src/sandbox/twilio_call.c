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

#define LATE_MS 45000 /* of a callback that is overtaken */

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
	{ "parent_call_sid", "Parent", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
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
	{ "_method", "How it is asked", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_fallback_method", "How the fallback is", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_twiml", "TwiML", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_callback", "Status callback", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_callback_method", "How it is told", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_events", "Events", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_detection", "Machine detection", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_detection_timeout", "Its timeout", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_amd", "Asynchronous", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_amd_callback", "Its callback", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_amd_method", "How that is told", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_record", "Recorded", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	{ "_base", "Address of the API", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_timeout", "Ring timeout", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_limit", "Time limit, s", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_turn", "Turn", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_sequence", "Callbacks", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_sip", "SIP answer", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t twilio_ncall_fields = ARRAY_LEN(twilio_call_fields);

int twilio_number_of(struct sb_call *call, const struct sb_record *record, const char *field)
{
	return atoi(sb_text(call, record, field));
}

void twilio_put_number(struct sb_call *call, struct sb_record *record, const char *field,
		       int number)
{
	sb_record_derive(call, record, field, sb_json_printf("%d", number));
}

bool twilio_is_over(struct sb_call *call, const struct sb_record *record)
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
	if (*sb_text(call, record, "parent_call_sid"))
		json_object_set_new(params, "ParentCallSid",
				    json_string(sb_text(call, record, "parent_call_sid")));
	return params;
}

static bool is_wanted(struct sb_call *call, const struct sb_record *record, const char *event)
{
	const char *events = sb_text(call, record, "_events");

	return *events ? strstr(events, event) != NULL : text_equal(event, "completed");
}

static void add_end(struct sb_call *call, const struct sb_record *record, json_t *params)
{
	int seconds = twilio_number_of(call, record, "duration");

	json_object_set_new(params, "CallDuration", sb_json_printf("%d", seconds));
	json_object_set_new(params, "Duration", sb_json_printf("%d", (seconds + 59) / 60));
	if (*sb_text(call, record, "_sip"))
		json_object_set_new(params, "SipResponseCode",
				    json_string(sb_text(call, record, "_sip")));
	twilio_add_recording(call, record, params);
}

static void step_post(struct sb_call *call, const json_t *doc)
{
	twilio_ask(call, json_string_of(doc, "method"), json_string_of(doc, "url"),
		   json_incref(json_object_get(doc, "params")), NULL);
}

/* Where they come in another order, the early ones are late. Takes the parameters. */
static void post_status(struct sb_call *call, bool is_early, const char *method, const char *url,
			json_t *params)
{
	bool is_late = is_early && sb_switch(call->account, "shuffle");

	for (int64_t i = 0; i <= sb_switch(call->account, "answer_twice"); i++)
		if (is_late)
			sb_later(call, LATE_MS, step_post,
				 json_pack("{ss ss sO}", "method", method, "url", url, "params",
					   params));
		else
			twilio_ask(call, method, url, json_incref(params), NULL);
	json_decref(params);
}

/* `status` is the word of the callback: "initiated" is of no other place. */
void twilio_tell(struct sb_call *call, struct sb_record *record, const char *event,
		 const char *status)
{
	const char *url = sb_text(call, record, "_callback");
	const char *method = sb_text(call, record, "_callback_method");
	int sequence = twilio_number_of(call, record, "_sequence");
	json_t *params;

	if (!*url || !is_wanted(call, record, event))
		return;
	twilio_put_number(call, record, "_sequence", sequence + 1);
	params = params_of(call, record);
	json_object_set_new(params, "CallStatus", json_string(status));
	json_object_set_new(params, "CallbackSource", json_string("call-progress-events"));
	json_object_set_new(params, "SequenceNumber", sb_json_printf("%d", sequence));
	json_object_set_new(params, "Timestamp", twilio_time(call->now));
	if (text_equal(event, "completed"))
		add_end(call, record, params);
	post_status(call, text_equal(event, "initiated") || text_equal(event, "ringing"), method,
		    url, params);
}

void twilio_set_status(struct sb_call *call, struct sb_record *record, const char *status)
{
	sb_record_update(call, record, json_keep(call->arena, json_pack("{ss}", "status",
									status)));
	sb_ledger_add(call, "call", status, record->id, record->version);
}

/* One that the call was connected to ends with it. */
static bool end_child(struct sb_record *child, void *context)
{
	struct sb_call *call = context;

	if (!twilio_is_over(call, child))
		twilio_end(call, child,
			   text_equal(sb_text(call, child, "status"), "in-progress") ?
				   "completed" :
				   "canceled");
	return true;
}

void twilio_end(struct sb_call *call, struct sb_record *record, const char *status)
{
	int64_t answered = atoll(sb_text(call, record, "_answered_at"));
	int64_t ms = answered ? call->now - answered : 0;

	sb_record_derive(call, record, "end_time", twilio_time(call->now));
	sb_record_derive(call, record, "_end_time", sb_json_time(call->now));
	twilio_put_number(call, record, "duration", (int)((ms + 999) / 1000));
	twilio_put_number(call, record, "_turn", twilio_number_of(call, record, "_turn") + 1);
	twilio_record_end(call, record);
	twilio_set_status(call, record, status);
	twilio_tell(call, record, "completed", status);
	sb_record_each(sb_field_find(record->object, "parent_call_sid"), record->id, end_child,
		       call);
}

/* --- turns --- */

json_t *twilio_turn(struct sb_call *call, const struct sb_record *record, json_t *verbs)
{
	return json_pack("{ss si so*}", "sid", record->id, "turn",
			 twilio_number_of(call, record, "_turn"), "verbs", verbs);
}

/* The call that a document is about, if it is still its turn. */
struct sb_record *twilio_call_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, "Calls"),
			       json_string_of(doc, "sid"));

	if (!record || record->state != SB_LIVE || twilio_is_over(call, record) ||
	    json_int_of(doc, "turn", -1) != twilio_number_of(call, record, "_turn"))
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
void twilio_fetch(struct sb_call *call, struct sb_record *record, const char *method,
		  const char *url, json_t *more)
{
	json_t *params = params_of(call, record);

	json_object_update(params, more);
	json_decref(more);
	twilio_put(call, record, "_url", url);
	twilio_ask(call, method ? method : "POST", url, params, twilio_turn(call, record, NULL));
}

/* 11200 and its family: the fallback is asked once, then the call ends. */
static void instructions_failed(struct sb_call *call, struct sb_record *record, int status,
				bool is_twiml)
{
	const char *fallback = sb_text(call, record, "_fallback");
	const char *code = !is_twiml ? "12100" : status ? "11200" : "11205";
	const char *failed = sb_text(call, record, "_url");

	sb_ledger_add(call, "call", "instructions_failed", record->id, record->version);
	if (!*fallback) {
		twilio_end(call, record, "completed");
		return;
	}
	twilio_put(call, record, "_fallback", NULL);
	twilio_fetch(call, record, sb_text(call, record, "_fallback_method"), fallback,
		     json_pack("{ss ss}", "ErrorCode", code, "ErrorUrl", failed));
}

/* A call to us is picked up by whatever it is told but to go away. */
static bool is_waiting(struct sb_call *call, const struct sb_record *record)
{
	return text_equal(sb_text(call, record, "direction"), "inbound") &&
	       text_equal(sb_text(call, record, "status"), "ringing");
}

static bool is_reject(const json_t *verbs)
{
	return text_equal(json_string_of(json_array_get(verbs, 0), "verb"), "Reject");
}

void twilio_instructed(struct sb_call *call, const json_t *doc, int status, const char *body,
		       size_t body_len)
{
	struct sb_record *record = twilio_call_of(call, doc);
	const char *problem = NULL;
	json_t *verbs = NULL;

	if (!record)
		return;
	if (status / 100 == 2)
		verbs = body_len ? sb_verbs(call->arena, "Response", body, body_len, &problem) :
				   json_keep(call->arena, json_array());
	if (!verbs) {
		instructions_failed(call, record, status, !problem);
		return;
	}
	if (is_waiting(call, record) && !is_reject(verbs))
		twilio_pick_up(call, record);
	twilio_run_verbs(call, record, verbs);
}
