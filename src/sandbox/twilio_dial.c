/* twilio_dial.c - Dial (2): a call that is connected to others. Threads: under the sandbox's
 * lock.
 *
 * Each number that is rung is a call of its own, a child of the one that rings it. All ring
 * together; who picks up first talks for half a minute, and the others stop ringing. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/twilio.h"

#define TALK_S 30
#define NUMBERS_MAX 10
#define LIMIT_S 14400

/* What became of a number: "completed" when it picked up; *ms: after how long. */
static const char *ring(struct sb_call *call, const char *number, int64_t timeout_ms, int64_t *ms)
{
	const struct sb_prospect *prospect;

	*ms = 1000;
	if (!twilio_is_number(number)) /* 13223, 13224 */
		return "failed";
	prospect = sb_prospect_of(call->sandbox, number);
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

/* The call of one number, as it rings; NULL when the sandbox is full. */
static struct sb_record *begin_child(struct sb_call *call, const struct sb_record *parent,
				     const json_t *dial, const json_t *number, const char *to)
{
	const char *from = twilio_attr(dial, "callerId", sb_text(call, parent, "from"));
	struct sb_record *child = sb_record_add(
		call, "Calls",
		json_pack("{ss ss ss ss ss ss ss ss ss ss ss ss}", "to", to, "from", from,
			  "to_formatted", to, "from_formatted", from, "status", "queued",
			  "direction", "outbound-dial", "price_unit", "USD", "parent_call_sid",
			  parent->id, "_turn", "0", "_sequence", "0", "_base",
			  sb_text(call, parent, "_base"), "_events",
			  twilio_attr(number, "statusCallbackEvent", "")),
		NULL);

	if (!child)
		return NULL;
	twilio_put(call, child, "_callback", twilio_attr(number, "statusCallback", NULL));
	twilio_put(call, child, "_callback_method",
		   twilio_attr(number, "statusCallbackMethod", NULL));
	twilio_tell(call, child, "initiated", "initiated");
	twilio_set_status(call, child, "ringing");
	twilio_tell(call, child, "ringing", "ringing");
	return child;
}

/* The numbers of a Dial: its Number nouns, or its text. */
static json_t *numbers_of(struct sb_call *call, const json_t *dial)
{
	const char *text = text_trim(call->arena, json_string_of(dial, "text"));
	json_t *numbers = json_keep(call->arena, json_array());
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(dial, "inside"), i, one)
		if (text_equal(json_string_of(one, "verb"), "Number") &&
		    json_array_size(numbers) < NUMBERS_MAX)
			json_array_append(numbers, (json_t *)one);
	if (!json_array_size(numbers) && *text)
		json_array_append_new(numbers, json_pack("{ss ss s{}}", "verb", "Number", "text",
							 text, "attrs"));
	return numbers;
}

/* --- how it ends --- */

/* Goes on behind the Dial, or asks its address what now. */
static void go_on(struct sb_call *call, struct sb_record *record, const json_t *doc,
		  const struct sb_record *child)
{
	const json_t *verbs = json_object_get(doc, "verbs"), *verb = json_array_get(verbs, 0);
	const char *action = twilio_attr(verb, "action", NULL);
	json_t *more;

	if (!action) {
		twilio_go_on(call, record, verbs, 0);
		return;
	}
	more = json_pack("{ss}", "DialCallStatus", json_string_of(doc, "status"));
	if (child) {
		json_object_set_new(more, "DialCallSid", json_string(child->id));
		json_object_set_new(more, "DialCallDuration",
				    json_string(sb_text(call, child, "duration")));
		twilio_add_recording(call, child, more);
	}
	twilio_fetch(call, record, twilio_attr(verb, "method", NULL),
		     twilio_url_of(call, record, action), more);
}

static struct sb_record *child_of(struct sb_call *call, const json_t *doc)
{
	return sb_live_find(call->account, "Calls", json_string_of(doc, "child"));
}

/* The talk is over; the caller is still there. */
static void step_over(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc), *child = child_of(call, doc);

	if (!record)
		return;
	if (child && !twilio_is_over(call, child))
		twilio_end(call, child, "completed");
	go_on(call, record, doc, child);
}

static bool end_other(struct sb_record *other, void *context)
{
	struct sb_call *call = context;

	if (text_equal(sb_text(call, other, "status"), "ringing"))
		twilio_end(call, other, "no-answer");
	return true;
}

static void record_talk(struct sb_call *call, const struct sb_record *child, const json_t *dial)
{
	const struct twilio_recording wanted = {
		.source = "DialVerb",
		.channels = strstr(twilio_attr(dial, "record", ""), "dual") ? "dual" : "mono",
		.callback = twilio_attr(dial, "recordingStatusCallback", NULL),
		.method = twilio_attr(dial, "recordingStatusCallbackMethod", NULL),
		.events = twilio_attr(dial, "recordingStatusCallbackEvent", NULL),
	};

	if (text_starts(twilio_attr(dial, "record", ""), "record-from") ||
	    text_equal(twilio_attr(dial, "record", ""), "true"))
		twilio_record_begin(call, child, &wanted);
}

/* Ringing is over: somebody picked up, or nobody did. */
static void step_rung(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = twilio_call_of(call, doc), *child = child_of(call, doc);
	const json_t *dial = json_array_get(json_object_get(doc, "verbs"), 0);
	int64_t limit_s = atoll(twilio_attr(dial, "timeLimit", "14400"));

	if (!record)
		return;
	if (!child || !text_equal(json_string_of(doc, "status"), "completed")) {
		if (child)
			twilio_end(call, child, json_string_of(doc, "status"));
		go_on(call, record, doc, child);
	} else {
		twilio_pick_up(call, child);
		record_talk(call, child, dial);
		if (limit_s < 1 || limit_s > TALK_S)
			limit_s = TALK_S;
		sb_later(call, limit_s * 1000, step_over, json_deep_copy(doc));
	}
	sb_record_each(sb_field_find(record->object, "parent_call_sid"), record->id, end_other,
		       call);
}

/* --- ringing --- */

/* True when this number's fate is the Dial's rather than the one before's: who picks up
 * first, else the one that rings longest. */
static bool is_better(const char *status, int64_t ms, const char *than, int64_t than_ms)
{
	bool picks_up = text_equal(status, "completed");

	if (!than || picks_up != text_equal(than, "completed"))
		return !than || picks_up;
	return picks_up ? ms < than_ms : ms > than_ms;
}

void twilio_dial(struct sb_call *call, struct sb_record *record, const json_t *verbs)
{
	const json_t *dial = json_array_get(verbs, 0), *numbers = numbers_of(call, dial), *one;
	int64_t timeout_ms = atoll(twilio_attr(dial, "timeout", "30")) * 1000, best_ms = 0, ms;
	const char *best = NULL, *best_sid = "", *status;
	json_t *doc;
	size_t i;

	if (timeout_ms < 1000 || timeout_ms > 600000)
		timeout_ms = 30000;
	json_array_foreach(numbers, i, one) {
		const char *to = text_trim(call->arena, json_string_of(one, "text"));
		const struct sb_record *child = begin_child(call, record, dial, one, to);

		status = ring(call, to, timeout_ms, &ms);
		if (child && is_better(status, ms, best, best_ms)) {
			best = status;
			best_ms = ms;
			best_sid = child->id;
		}
	}
	if (!best)
		sb_ledger_add(call, "call", "dial_failed", record->id, record->version);
	doc = twilio_turn(call, record, json_deep_copy(verbs));
	json_object_set_new(doc, "status", json_string(best ? best : "failed"));
	json_object_set_new(doc, "child", json_string(best_sid));
	sb_later(call, best_ms, step_rung, doc);
}
