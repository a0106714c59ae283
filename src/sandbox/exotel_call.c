/* exotel_call.c - Exotel's calls: who is rung first, who then, and what is posted of it.
 * Threads: under the sandbox's lock.
 *
 * `From` is rung first and `To` (or the flow) comes when it has picked up. So the call's
 * status is of the first leg: "completed" with a conversation of 0 s is a call whose second
 * leg was not there. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"
#include "sandbox/ledger.h"

#define TALK_S 30
#define LIMIT_S 14400

const struct sb_field_spec exotel_call_fields[] = {
	{ "from", "From", SB_PHONE, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "to", "To", SB_PHONE, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "phone", "ExoPhone", SB_PHONE, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "direction", "Direction", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "flow_id", "Flow", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "custom", "CustomField", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "started_at", "Start, ms", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "answered_at", "First leg answered, ms", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "ended_at", "End, ms", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "leg1", "First leg", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "leg2", "Second leg", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "talk_s", "Conversation, s", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "call_type", "Call type", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "dialled", "Dialled by Connect", SB_PHONE, 0, 0, NULL, NULL, NULL, NULL },
	{ "digits", "Pressed", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "recording", "Recorded", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "base", "Address of the API", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "callback", "StatusCallback", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "callback_type", "StatusCallbackContentType", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "events", "StatusCallbackEvents", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "timeout_s", "TimeOut", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "limit_s", "TimeLimit", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t exotel_ncall_fields = ARRAY_LEN(exotel_call_fields);

bool exotel_is_over(const struct sb_record *record)
{
	return exotel_int(record, "ended_at") != 0;
}

static bool is_flow(struct sb_call *call, const struct sb_record *record)
{
	return *sb_text(call, record, "flow_id") != '\0';
}

json_t *exotel_doc(const struct sb_record *record, json_t *more)
{
	json_object_set_new(more, "sid", json_string(record->id));
	return more;
}

struct sb_record *exotel_call_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, "Calls"), json_string_of(doc, "sid"));

	return record && record->state == SB_LIVE && !exotel_is_over(record) ? record : NULL;
}

const char *exotel_recording(struct sb_call *call, const struct sb_record *record)
{
	if (!*sb_text(call, record, "recording") || !exotel_int(record, "answered_at"))
		return NULL;
	return arena_printf(call->arena, "%s/recordings/%s/%s.mp3",
			    sb_text(call, record, "base"), exotel_of(call->account)->sid,
			    record->id);
}

/* --- how it is shown --- */

json_t *exotel_text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *number_json(struct sb_call *call, const struct sb_record *record,
			   const char *field)
{
	return exotel_text_or_null(exotel_national(call->arena, sb_text(call, record, field)));
}

static int64_t seconds_between(int64_t from, int64_t to)
{
	return from && to > from ? (to - from + 999) / 1000 : 0;
}

json_t *exotel_call_json(struct sb_call *call, const struct sb_record *record)
{
	const char *sid = exotel_of(call->account)->sid;
	int64_t start = exotel_int(record, "started_at"), end = exotel_int(record, "ended_at");

	return json_pack(
		"{ss sn so so ss so so so ss so so so sn ss sn sn sn so so}", "Sid", record->id,
		"ParentCallSid", "DateCreated", exotel_time(call, record->created_at),
		"DateUpdated", exotel_time(call, record->updated_at), "AccountSid", sid, "To",
		number_json(call, record, is_flow(call, record) ? "phone" : "to"), "From",
		number_json(call, record, "from"), "PhoneNumberSid",
		number_json(call, record, "phone"), "Status", sb_text(call, record, "status"),
		"StartTime", exotel_time(call, start ? start : record->created_at), "EndTime",
		exotel_time(call, end), "Duration",
		end ? json_integer(seconds_between(start, end)) : json_null(), "Price", "Direction",
		sb_text(call, record, "direction"), "AnsweredBy", "ForwardedFrom", "CallerName",
		"Uri",
		sb_json_printf("/v1/Accounts/%s/Calls/%s", sid, record->id), "RecordingUrl",
		exotel_text_or_null(end ? exotel_recording(call, record) : NULL));
}

/* --- what is posted (2.3) --- */

static json_t *leg_json(int64_t seconds, const char *status)
{
	return json_pack("{sI ss}", "OnCallDuration", (json_int_t)seconds, "Status", status);
}

json_t *exotel_legs_of(struct sb_call *call, const struct sb_record *record)
{
	const char *first = sb_text(call, record, "leg1");
	const char *second = sb_text(call, record, "leg2");
	json_t *legs = json_array();

	if (*first)
		json_array_append_new(legs, leg_json(seconds_between(exotel_int(record, "answered_at"),
								     exotel_int(record, "ended_at")),
						     first));
	if (*second)
		json_array_append_new(legs, leg_json(exotel_int(record, "talk_s"), second));
	return legs;
}

static void add_event(struct sb_call *call, const struct sb_record *record, bool is_terminal,
		      json_t *params)
{
	json_t *legs = exotel_legs_of(call, record);

	json_object_set_new(params, "EventType", json_string(is_terminal ? "terminal" : "answered"));
	json_object_set_new(params, "DateCreated", exotel_time(call, record->created_at));
	json_object_set_new(params, "To",
			    number_json(call, record, is_flow(call, record) ? "phone" : "to"));
	json_object_set_new(params, "From", number_json(call, record, "from"));
	json_object_set_new(params, "PhoneNumberSid", number_json(call, record, "phone"));
	json_object_set_new(params, "StartTime",
			    exotel_time(call, exotel_int(record, "started_at")));
	json_object_set_new(params, "EndTime",
			    is_terminal ? exotel_time(call, exotel_int(record, "ended_at")) :
					  json_null());
	json_object_set_new(params, "Direction",
			    json_string(sb_text(call, record, "direction")));
	json_object_set_new(params, "ConversationDuration",
			    json_integer(exotel_int(record, "talk_s")));
	if (is_terminal)
		json_object_set_new(params, "CustomField",
				    json_string(sb_text(call, record, "custom")));
	if (sb_switch(call->account, "legs_as_json")) {
		json_object_set_new(params, "Legs", json_string(json_text(call->arena, legs)));
		json_decref(legs);
	} else {
		json_object_set_new(params, "Legs", legs);
	}
}

/* Without subscribed events there is the terminal one, and it says little. */
static void tell(struct sb_call *call, const struct sb_record *record, bool is_terminal)
{
	const char *url = sb_text(call, record, "callback");
	const char *events = sb_text(call, record, "events");
	bool is_json = text_equal(sb_text(call, record, "callback_type"), "application/json");
	json_t *params;

	if (!*url || !(*events ? strstr(events, is_terminal ? "terminal" : "answered") != NULL :
				 is_terminal))
		return;
	params = json_pack("{ss so ss so}", "CallSid", record->id, "DateUpdated",
			   exotel_time(call, call->now), "Status",
			   is_terminal ? sb_text(call, record, "status") : "in-progress",
			   "RecordingUrl",
			   exotel_text_or_null(is_terminal ? exotel_recording(call, record) :
							     NULL));
	if (*events)
		add_event(call, record, is_terminal, params);
	exotel_post(call, url, is_json ? EXOTEL_JSON : EXOTEL_MULTIPART,
		    exotel_copies(call, exotel_called(call, record)), params);
}

/* The terminal status comes first, and the answered one behind it. */
static bool is_reversed(struct sb_call *call, const struct sb_record *record)
{
	return sb_switch(call->account, "shuffle") ||
	       exotel_script(call, exotel_called(call, record)) == EXOTEL_REVERSED;
}

static void tell_answered(struct sb_call *call, const struct sb_record *record)
{
	if (!is_reversed(call, record))
		tell(call, record, false);
}

void exotel_end(struct sb_call *call, struct sb_record *record, const char *status)
{
	bool was_answered = exotel_int(record, "answered_at") != 0;

	exotel_put_int(call, record, "ended_at", call->now);
	sb_record_update(call, record,
			 json_keep(call->arena, json_pack("{ss}", "status", status)));
	sb_ledger_add(call, "call", status, record->id, record->version);
	tell(call, record, true);
	if (was_answered && is_reversed(call, record))
		tell(call, record, false);
}

/* --- ringing --- */

const char *exotel_called(struct sb_call *call, const struct sb_record *record)
{
	return sb_text(call, record, is_flow(call, record) ? "from" : "to");
}

const char *exotel_ring(struct sb_call *call, const char *number, bool is_called,
			int64_t timeout_ms, int64_t *ms)
{
	const struct sb_prospect *prospect = sb_prospect_of(call->sandbox, number);
	int script = is_called ? exotel_script(call, number) : EXOTEL_UNSCRIPTED;
	enum sb_pickup pickup = exotel_scripted_pickup(script, prospect->pickup);
	int rings = script == EXOTEL_UNSCRIPTED ? prospect->rings : 1;

	*ms = 1000;
	if (pickup == SB_UNREACHABLE)
		return "failed";
	if (pickup == SB_BUSY)
		return "busy";
	*ms = timeout_ms;
	if (pickup == SB_NO_ANSWER || rings * SB_RING_MS > timeout_ms)
		return "no-answer";
	*ms = rings * SB_RING_MS;
	return "completed";
}

int64_t exotel_talk_s(int64_t limit_s)
{
	return limit_s < TALK_S ? limit_s : TALK_S;
}

static void step_talked(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);

	if (!record)
		return;
	exotel_put_int(call, record, "talk_s", json_int_of(doc, "talk_s", 0));
	exotel_end(call, record, "completed");
}

/* The second leg picked up, or did not: then the call ends, and is "completed". */
static void step_second(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);
	const char *status = json_string_of(doc, "status");
	int64_t talk_s;

	if (!record)
		return;
	exotel_put(call, record, "leg2", status);
	if (!text_equal(status, "completed")) {
		exotel_end(call, record, "completed");
		return;
	}
	sb_ledger_add(call, "call", "bridged", record->id, record->version);
	if (sb_switch(call->account, "answered_by_both"))
		tell_answered(call, record);
	talk_s = exotel_talk_s(exotel_int(record, "limit_s"));
	sb_later(call, talk_s * 1000, step_talked,
		 exotel_doc(record, json_pack("{sI}", "talk_s", (json_int_t)talk_s)));
}

static void step_first(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);
	const char *status = json_string_of(doc, "status");
	int64_t ms;

	if (!record)
		return;
	exotel_put(call, record, "leg1", status);
	if (!text_equal(status, "completed")) {
		exotel_end(call, record, status);
		return;
	}
	exotel_put_int(call, record, "answered_at", call->now);
	sb_ledger_add(call, "call", "answered", record->id, record->version);
	if (is_flow(call, record) || !sb_switch(call->account, "answered_by_both"))
		tell_answered(call, record);
	if (is_flow(call, record)) {
		exotel_flow_go(call, record, 0,
			       exotel_flow_of(call, sb_text(call, record, "flow_id")));
		return;
	}
	status = exotel_ring(call, sb_text(call, record, "to"), true,
			     exotel_int(record, "timeout_s") * 1000, &ms);
	sb_later(call, ms, step_second, exotel_doc(record, json_pack("{ss}", "status", status)));
}

static void step_dialled(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);
	const char *status;
	int64_t ms;

	if (!record)
		return;
	exotel_put_int(call, record, "started_at", call->now);
	status = exotel_ring(call, sb_text(call, record, "from"), is_flow(call, record),
			     exotel_int(record, "timeout_s") * 1000, &ms);
	sb_later(call, ms, step_first, exotel_doc(record, json_pack("{ss}", "status", status)));
}

void exotel_begin(struct sb_call *call, struct sb_record *record)
{
	sb_later(call, 1000, step_dialled, exotel_doc(record, json_object()));
}

/* --- calls to us (2.5: Direction "incoming") --- */

/* The vendor picks up at once, and the number's flow begins. */
static void step_incoming(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);
	json_t *applets;

	if (!record)
		return;
	exotel_put_int(call, record, "started_at", call->now);
	applets = exotel_flow_of(call, sb_text(call, record, "flow_id"));
	if (!applets) {
		exotel_end(call, record, "failed");
		return;
	}
	exotel_put_int(call, record, "answered_at", call->now);
	exotel_put(call, record, "leg1", "completed");
	sb_ledger_add(call, "call", "answered", record->id, record->version);
	exotel_flow_go(call, record, 0, applets);
}

void exotel_ring_us(struct sb_call *call, struct sb_record *record)
{
	const struct sb_record *phone = exotel_own_number(call, sb_text(call, record, "phone"));
	const char *from = exotel_number(call->arena, sb_text(call, record, "from"));

	exotel_put(call, record, "direction", "inbound");
	exotel_put(call, record, "status", "in-progress");
	exotel_put(call, record, "call_type", "call-attempt");
	exotel_put(call, record, "base", arena_printf(call->arena, "%s/exotel", sb_base_url(call)));
	exotel_put_int(call, record, "limit_s", LIMIT_S);
	if (from)
		exotel_put(call, record, "from", from);
	if (phone) {
		exotel_put(call, record, "phone", sb_text(call, phone, "number"));
		exotel_put(call, record, "flow_id", sb_text(call, phone, "flow_id"));
	}
	sb_later(call, 1000, step_incoming, exotel_doc(record, json_object()));
}
