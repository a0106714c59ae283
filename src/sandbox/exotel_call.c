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
#include "sandbox/silence.h"

#define TALK_S 30
#define LIMIT_S 14400
#define RING_S 30
#define CUSTOM_MAX 128

const struct sb_field_spec exotel_call_fields[] = {
	{ "from", "From", SB_PHONE, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "to", "To", SB_PHONE, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "phone", "ExoPhone", SB_PHONE, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
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

static bool is_over(const struct sb_record *record)
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

	return record && record->state == SB_LIVE && !is_over(record) ? record : NULL;
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

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *number_json(struct sb_call *call, const struct sb_record *record,
			   const char *field)
{
	return text_or_null(exotel_national(call->arena, sb_text(call, record, field)));
}

static int64_t seconds_between(int64_t from, int64_t to)
{
	return from && to > from ? (to - from + 999) / 1000 : 0;
}

static json_t *call_json(struct sb_call *call, const struct sb_record *record)
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
		"outbound-api", "AnsweredBy", "ForwardedFrom", "CallerName", "Uri",
		sb_json_printf("/v1/Accounts/%s/Calls/%s", sid, record->id), "RecordingUrl",
		text_or_null(end ? exotel_recording(call, record) : NULL));
}

/* --- what is posted (2.3) --- */

static json_t *leg_json(int64_t seconds, const char *status)
{
	return json_pack("{sI ss}", "OnCallDuration", (json_int_t)seconds, "Status", status);
}

static json_t *legs_of(struct sb_call *call, const struct sb_record *record)
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
	json_t *legs = legs_of(call, record);

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
	json_object_set_new(params, "Direction", json_string("outbound-api"));
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
			   text_or_null(is_terminal ? exotel_recording(call, record) : NULL));
	if (*events)
		add_event(call, record, is_terminal, params);
	exotel_post(call, url, is_json ? EXOTEL_JSON : EXOTEL_MULTIPART, params);
}

static void tell_answered(struct sb_call *call, const struct sb_record *record)
{
	if (!sb_switch(call->account, "shuffle"))
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
	if (was_answered && sb_switch(call->account, "shuffle"))
		tell(call, record, false);
}

/* --- ringing --- */

const char *exotel_ring(struct sb_call *call, const char *number, int64_t timeout_ms,
			int64_t *ms)
{
	const struct sb_prospect *prospect = sb_prospect_of(call->sandbox, number);

	*ms = 1000;
	if (prospect->pickup == SB_UNREACHABLE)
		return "failed";
	if (prospect->pickup == SB_BUSY)
		return "busy";
	*ms = timeout_ms;
	if (prospect->pickup == SB_NO_ANSWER || prospect->rings * SB_RING_MS > timeout_ms)
		return "no-answer";
	*ms = prospect->rings * SB_RING_MS;
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
	status = exotel_ring(call, sb_text(call, record, "to"),
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
	status = exotel_ring(call, sb_text(call, record, "from"),
			     exotel_int(record, "timeout_s") * 1000, &ms);
	sb_later(call, ms, step_first, exotel_doc(record, json_pack("{ss}", "status", status)));
}

/* --- what is asked for (2.1, 2.2) --- */

bool exotel_is_url(struct sb_call *call, const char *text)
{
	struct url parts;

	return text_is_empty(text) ||
	       (url_parse(call->arena, text, &parts) && !strchr(parts.host, '_'));
}

/* A parameter that has a few values. */
static bool is_one_of(struct sb_call *call, const char *name, const char *values)
{
	const char *value = sb_form(call, name);

	if (text_is_empty(value) || sb_has_word(values, value))
		return true;
	exotel_fail(call, 400, "%s must be one of %s", name, values);
	return false;
}

static bool read_seconds(struct sb_call *call, const char *name, int64_t most, int64_t otherwise,
			 int64_t *seconds)
{
	const char *text = sb_form(call, name);

	*seconds = otherwise;
	if (text_is_empty(text) || (text_int(text, seconds) && *seconds >= 1 && *seconds <= most))
		return true;
	exotel_fail(call, 400, "%s must be 1 to %lld seconds", name, (long long)most);
	return false;
}

static bool check_addresses(struct sb_call *call)
{
	static const char *const names[] = { "StatusCallback", "WaitUrl",
					     "StartPlaybackValueNew" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!exotel_is_url(call, sb_form(call, names[i]))) {
			exotel_fail(call, 400, "%s is not a valid URL", names[i]);
			return false;
		}
	return true;
}

static bool check_words(struct sb_call *call)
{
	return is_one_of(call, "CallType", "trans") && is_one_of(call, "Record", "true|false") &&
	       is_one_of(call, "RecordingChannels", "single|dual") &&
	       is_one_of(call, "RecordingFormat", "mp3|mp3-hq") &&
	       is_one_of(call, "StartPlaybackToNew", "Callee|Both") &&
	       is_one_of(call, "StatusCallbackContentType",
			 "multipart/form-data|application/json");
}

/* " answered terminal", or NULL after refusing. They come as StatusCallbackEvents[0],
 * [1], or as [] several times. */
static const char *wanted_events(struct sb_call *call)
{
	static const char *const names[] = { "StatusCallbackEvents[0]", "StatusCallbackEvents[1]",
					     "StatusCallbackEvents[]", "StatusCallbackEvents" };
	const char *values[4], *all = "";

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t count = sb_form_all(call, names[i], values, ARRAY_LEN(values));

		for (size_t j = 0; j < count; j++) {
			if (!text_equal(values[j], "terminal") && !text_equal(values[j], "answered")) {
				exotel_fail(call, 400, "StatusCallbackEvents must be one of "
						       "terminal|answered");
				return NULL;
			}
			all = arena_printf(call->arena, "%s %s", all, values[j]);
		}
	}
	return all;
}

static const char *read_number(struct sb_call *call, const char *name)
{
	const char *text = sb_form(call, name);
	const char *number = text_is_empty(text) ? NULL : exotel_number(call->arena, text);

	if (text_is_empty(text))
		exotel_fail(call, 400, "Mandatory parameter %s is missing", name);
	else if (!number)
		exotel_fail(call, 400, "%s is not a valid phone number", name);
	return number;
}

/* The id of the flow that "http://my.exotel.com/{sid}/exoml/start_voice/{id}" names. */
static const char *flow_id_of(struct sb_call *call, const char *url)
{
	const char *rest = text_starts(url, "http://")	? url + 7 :
			   text_starts(url, "https://") ? url + 8 :
							  "";
	const char *before = arena_printf(call->arena, "my.exotel.com/%s/exoml/start_voice/",
					  exotel_of(call->account)->sid);

	return text_starts(rest, before) ? rest + strlen(before) : "";
}

static bool check_target(struct sb_call *call, const char **to, const char **flow_id)
{
	const char *url = sb_form(call, "Url");
	json_t *applets;

	*to = *flow_id = NULL;
	if (text_is_empty(url)) {
		*to = read_number(call, "To");
		return *to != NULL;
	}
	*flow_id = flow_id_of(call, url);
	applets = exotel_flow_of(call, *flow_id);
	json_decref(applets);
	if (!applets)
		exotel_fail(call, 400, "Url is not a flow of this account");
	return applets != NULL;
}

static bool check_account(struct sb_call *call, const char *caller_id)
{
	const char *custom = sb_form(call, "CustomField");

	if (text_is_empty(caller_id))
		exotel_fail(call, 400, "Mandatory parameter CallerId is missing");
	else if (!exotel_own_number(call, caller_id))
		exotel_fail(call, 400, "CallerId is not an ExoPhone of this account");
	else if (custom && text_length(custom) > CUSTOM_MAX)
		exotel_fail(call, 400, "CustomField is over %d characters", CUSTOM_MAX);
	else
		return true;
	return false;
}

void exotel_connect(struct sb_call *call)
{
	const char *from = read_number(call, "From"), *caller_id = sb_form(call, "CallerId");
	const char *to, *flow_id, *events;
	bool is_recorded = text_equal(sb_form(call, "Record"), "true");
	struct sb_record *record;
	int64_t limit_s, timeout_s;

	if (!from || !check_target(call, &to, &flow_id) || !check_account(call, caller_id) ||
	    !check_words(call) || !check_addresses(call) ||
	    !read_seconds(call, "TimeLimit", LIMIT_S, LIMIT_S, &limit_s) ||
	    !read_seconds(call, "TimeOut", 600, RING_S, &timeout_s))
		return;
	events = wanted_events(call);
	if (!events)
		return;
	call->key = sb_form(call, "CustomField");
	record = sb_record_create(
		call, sb_object_find(call->account, "Calls"),
		json_keep(call->arena,
			  json_pack("{ss ss* ss ss ss* ss* ss* ss ss* ss* ss sI sI ss}", "from",
				    from, "to", to, "phone",
				    sb_text(call, exotel_own_number(call, caller_id), "number"),
				    "status", "in-progress", "flow_id", flow_id, "custom", call->key,
				    "recording", is_recorded ? "true" : NULL, "base",
				    sb_base_url(call), "callback", sb_form(call, "StatusCallback"),
				    "callback_type", sb_form(call, "StatusCallbackContentType"),
				    "events", events, "limit_s", (json_int_t)limit_s, "timeout_s",
				    (json_int_t)timeout_s, "call_type", "call-attempt")),
		NULL);
	if (!record) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 503);
		return;
	}
	sb_later(call, 1000, step_dialled, exotel_doc(record, json_object()));
	exotel_reply(call, 200, json_pack("{so}", "Call", call_json(call, record)));
}

/* --- reading (2.4) --- */

static struct sb_record *call_at(struct sb_call *call, const char *sid)
{
	struct sb_record *record = sb_record_find(sb_object_find(call->account, "Calls"), sid);

	if (record && record->state == SB_LIVE)
		return record;
	exotel_fail(call, 404, "Call %s was not found", sid);
	return NULL;
}

static json_t *details_of(struct sb_call *call, const struct sb_record *record)
{
	json_t *legs = legs_of(call, record), *numbered = json_array(), *leg;
	size_t i;

	json_array_foreach(legs, i, leg)
		json_array_append_new(
			numbered,
			json_pack("{s{si sO}}", "Leg", "Id", (int)i + 1, "OnCallDuration",
				  json_object_get(leg, "OnCallDuration")));
	json_decref(legs);
	return json_pack("{sI so so so}", "ConversationDuration",
			 (json_int_t)exotel_int(record, "talk_s"), "Leg1Status",
			 text_or_null(sb_text(call, record, "leg1")), "Leg2Status",
			 text_or_null(sb_text(call, record, "leg2")), "Legs", numbered);
}

void exotel_show_call(struct sb_call *call)
{
	struct sb_record *record = call_at(call, sb_param(call, 1));
	json_t *json;

	if (!record)
		return;
	json = call_json(call, record);
	if (text_equal(sb_query(call, "details"), "true"))
		json_object_set_new(json, "Details", details_of(call, record));
	exotel_reply(call, 200, json_pack("{so}", "Call", json));
}

void exotel_show_recording(struct sb_call *call)
{
	const char *name = sb_param(call, 1);
	size_t len = strlen(name);
	struct sb_record *record;

	if (text_ends(name, ".mp3"))
		name = arena_strndup(call->arena, name, len - 4);
	record = call_at(call, name);
	if (!record)
		return;
	if (!is_over(record) || !exotel_recording(call, record)) {
		exotel_fail(call, 404, "Call %s has no recording", name);
		return;
	}
	sb_reply_silence(call, SB_SILENCE_MP3);
}
