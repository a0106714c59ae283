/* exotel_exoml.c - ExoML (2.6): a leg tells what happens in it and is told what to do, one
 * action after the other. Threads: under the sandbox's lock.
 *
 * How a leg is placed the sheet does not say: here one begins when a prospect calls a number
 * whose events go to an address. What it has been told and not done is kept with the leg. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"
#include "sandbox/ledger.h"
#include "sandbox/verbs.h"

#define VERBS_MAX 50
#define GATHER_MAX_S 60

const struct sb_field_spec exotel_leg_fields[] = {
	{ "contact_uri", "Who", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "exophone", "Number", SB_PHONE, 0, 0, NULL, NULL, NULL, NULL },
	{ "state", "State", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "start_time", "Start, ms", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "end_time", "End, ms", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "event_url", "Where its events go", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "event_auth", "user:password of that", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "verbs", "What is left to do", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	{ "is_busy", "Does something", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t exotel_nleg_fields = ARRAY_LEN(exotel_leg_fields);

static struct sb_record *leg_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *leg = sb_live_find(call->account, "Legs", json_string_of(doc, "sid"));

	return leg && !exotel_int(leg, "end_time") ? leg : NULL;
}

/* --- what is told (2.6) --- */

static json_t *data_of(struct sb_call *call, const struct sb_record *leg)
{
	int64_t start = exotel_int(leg, "start_time"), end = exotel_int(leg, "end_time");

	return json_pack("{ss ss ss ss so so}", "leg_sid", leg->id, "contact_uri",
			 sb_text(call, leg, "contact_uri"), "exophone",
			 sb_text(call, leg, "exophone"), "state", sb_text(call, leg, "state"),
			 "start_time", start ? sb_json_time(start) : json_null(), "end_time",
			 end ? sb_json_time(end) : json_null());
}

/* `verb` is what was done, NULL for what happens by itself; `digits` may be NULL. */
static void tell(struct sb_call *call, const struct sb_record *leg, const char *name,
		 const json_t *verb, const char *digits)
{
	json_t *data = data_of(call, leg);
	char sid[33] = "";

	sb_rng_text(&call->rng, SB_HEX, sid, 32);
	if (digits)
		json_object_set_new(data, "DigitsPressed", json_string(digits));
	exotel_post_event(
		call, sb_text(call, leg, "event_url"), sb_text(call, leg, "event_auth"),
		json_pack("{ss ss ss so so so so}", "event_sid", sid, "event_type",
			  verb ? "action" : "leg", "event_name", name, "event_timestamp",
			  sb_json_time(call->now), "action_sid",
			  exotel_text_or_null(json_string_of(verb, "action_sid")),
			  "action_custom_parameter",
			  exotel_text_or_null(json_string_of(verb, "custom")), "data", data));
}

static void set_state(struct sb_call *call, struct sb_record *leg, const char *state)
{
	sb_record_update(call, leg, json_keep(call->arena, json_pack("{ss}", "state", state)));
	sb_ledger_add(call, "leg", state, leg->id, leg->version);
}

static void end_leg(struct sb_call *call, struct sb_record *leg, const char *state)
{
	exotel_put_int(call, leg, "end_time", call->now);
	set_state(call, leg, state);
	tell(call, leg, "leg_completed", NULL, NULL);
}

/* --- what is done --- */

static void step_next(struct sb_call *call, const json_t *doc);

static const char *attr(const json_t *verb, const char *name, const char *otherwise)
{
	const char *text = json_string_of(json_object_get(verb, "attrs"), name);

	return text ? text : otherwise;
}

/* Takes the first of what is left; NULL when nothing is. The call's. */
static json_t *take_verb(struct sb_call *call, struct sb_record *leg)
{
	json_t *verbs = sb_record_value_of(leg, "verbs"), *first;

	if (!json_array_size(verbs)) {
		json_decref(verbs);
		return NULL;
	}
	first = json_keep(call->arena, json_incref(json_array_get(verbs, 0)));
	json_array_remove(verbs, 0);
	sb_record_derive(call, leg, "verbs", verbs);
	return first;
}

static void go_on(struct sb_call *call, const struct sb_record *leg)
{
	sb_later(call, 0, step_next, exotel_doc(leg, json_object()));
}

static void step_said(struct sb_call *call, const json_t *doc)
{
	struct sb_record *leg = leg_of(call, doc);

	if (!leg)
		return;
	tell(call, leg, "say_completed", json_object_get(doc, "verb"), NULL);
	go_on(call, leg);
}

static void step_timed_out(struct sb_call *call, const json_t *doc)
{
	struct sb_record *leg = leg_of(call, doc);

	if (!leg)
		return;
	tell(call, leg, "gather_completed", json_object_get(doc, "verb"), "");
	go_on(call, leg);
}

static int64_t timeout_ms(const json_t *verb)
{
	int seconds = atoi(attr(verb, "timeout", "5"));

	return (seconds < 0 ? 0 : seconds > GATHER_MAX_S ? GATHER_MAX_S : seconds) * INT64_C(1000);
}

/* What was said is over, and the Gather listens. */
static void step_listens(struct sb_call *call, const json_t *doc)
{
	struct sb_record *leg = leg_of(call, doc);
	const json_t *verb = json_object_get(doc, "verb");
	struct sb_prospect *prospect;
	const struct sb_reaction *reaction;
	size_t len, most;

	if (!leg)
		return;
	prospect = sb_prospect_of(call->sandbox, sb_text(call, leg, "contact_uri"));
	if (prospect->hangs_up && prospect->used_in_calls >= prospect->nreactions) {
		end_leg(call, leg, "completed");
		return;
	}
	reaction = sb_prospect_in_call(prospect);
	if (!reaction || reaction->deed != SB_PRESSES) {
		sb_later(call, timeout_ms(verb), step_timed_out, json_deep_copy(doc));
		return;
	}
	most = (size_t)atoi(attr(verb, "numDigits", "0"));
	len = strcspn(reaction->text, attr(verb, "finishOnKey", "#"));
	tell(call, leg, "gather_completed", verb,
	     arena_strndup(call->arena, reaction->text, most && len > most ? most : len));
	go_on(call, leg);
}

static int64_t said_inside_ms(const json_t *verb)
{
	const json_t *one;
	int64_t ms = 500;
	size_t i;

	json_array_foreach(json_object_get(verb, "inside"), i, one)
		ms += sb_spoken_ms(json_string_of(one, "text"));
	return ms;
}

static void step_next(struct sb_call *call, const json_t *doc)
{
	struct sb_record *leg = leg_of(call, doc);
	json_t *verb = leg ? take_verb(call, leg) : NULL, *more;
	const char *name = json_string_of(verb, "verb");

	if (!leg)
		return;
	if (!verb) {
		exotel_put(call, leg, "is_busy", NULL);
		return;
	}
	more = exotel_doc(leg, json_pack("{sO}", "verb", verb));
	if (text_equal(name, "StartSay")) {
		sb_later(call, sb_spoken_ms(json_string_of(verb, "text")), step_said, more);
	} else if (text_equal(name, "Gather")) {
		sb_later(call, said_inside_ms(verb), step_listens, more);
	} else {
		json_decref(more);
		end_leg(call, leg, "completed");
	}
}

/* --- what a leg is told --- */

/* The verbs of a Flow, or NULL after refusing. */
static json_t *read_flow(struct sb_call *call, const json_t *body)
{
	const char *exoml = json_string_of(body, "exoml"), *problem = NULL;
	json_t *verbs, *verb;
	size_t i;

	if (text_is_empty(exoml)) {
		exotel_fail(call, 400, "exoml is missing");
		return NULL;
	}
	verbs = sb_verbs(call->arena, "Flow", exoml, strlen(exoml), &problem);
	if (!verbs) {
		exotel_fail(call, 400, "exoml is invalid: %s", problem ? problem : "empty");
		return NULL;
	}
	if (!json_array_size(verbs) || json_array_size(verbs) > VERBS_MAX) {
		exotel_fail(call, 400, "exoml must have 1 to %d actions", VERBS_MAX);
		return NULL;
	}
	json_array_foreach(verbs, i, verb)
		if (!sb_has_word("StartSay|Gather|Hangup", json_string_of(verb, "verb"))) {
			exotel_fail(call, 400, "exoml is invalid: <%s> is no action",
				    json_string_of(verb, "verb"));
			return NULL;
		}
	return verbs;
}

/* Behind what the leg was told before; `sid` is the action's. */
static void add_verbs(struct sb_call *call, struct sb_record *leg, json_t *verbs,
		      const char *sid, const char *custom)
{
	json_t *all = sb_record_value_of(leg, "verbs"), *verb;
	size_t i;

	if (!all)
		all = json_array();
	json_array_foreach(verbs, i, verb) {
		json_object_set_new(verb, "action_sid", json_string(sid));
		if (custom)
			json_object_set_new(verb, "custom", json_string(custom));
		json_array_append(all, verb);
	}
	sb_record_derive(call, leg, "verbs", all);
	sb_touch(call);
}

void exotel_act(struct sb_call *call)
{
	struct sb_record *leg = sb_live_find(call->account, "Legs", sb_param(call, 1));
	const json_t *body = leg ? sb_json(call) : NULL, *left;
	char sid[33] = "";
	json_t *verbs;

	if (!leg) {
		exotel_fail(call, 404, "Leg %s was not found", sb_param(call, 1));
		return;
	}
	if (!body)
		return;
	verbs = read_flow(call, body);
	if (!verbs)
		return;
	left = json_keep(call->arena, sb_record_value_of(leg, "verbs"));
	if (exotel_int(leg, "end_time") ||
	    json_array_size(left) + json_array_size(verbs) > VERBS_MAX) {
		exotel_fail(call, 409, "The leg is over, or has too much to do");
		return;
	}
	sb_rng_text(&call->rng, SB_HEX, sid, 32);
	add_verbs(call, leg, verbs, sid, json_string_of(body, "action_custom_parameter"));
	if (!*sb_text(call, leg, "is_busy")) {
		exotel_put(call, leg, "is_busy", "true");
		go_on(call, leg);
	}
	sb_reply_json(call, 200, json_pack("{ss ss}", "action_sid", sid, "leg_sid", leg->id));
}

/* --- a leg begins --- */

static void step_answered(struct sb_call *call, const json_t *doc)
{
	struct sb_record *leg = leg_of(call, doc);

	if (!leg)
		return;
	exotel_put_int(call, leg, "start_time", call->now);
	set_state(call, leg, "answered");
	tell(call, leg, "leg_answered", NULL, NULL);
}

void exotel_begin_leg(struct sb_call *call, struct sb_record *leg)
{
	const struct sb_record *phone = exotel_own_number(call, sb_text(call, leg, "exophone"));
	const char *who = exotel_number(call->arena, sb_text(call, leg, "contact_uri"));

	exotel_put(call, leg, "state", "ringing");
	if (who)
		exotel_put(call, leg, "contact_uri", who);
	if (phone) {
		exotel_put(call, leg, "exophone", sb_text(call, phone, "number"));
		exotel_put(call, leg, "event_url", sb_text(call, phone, "event_url"));
		exotel_put(call, leg, "event_auth", sb_text(call, phone, "event_auth"));
	}
	if (*sb_text(call, leg, "event_url")) {
		sb_later(call, 1000, step_answered, exotel_doc(leg, json_object()));
	} else {
		exotel_put_int(call, leg, "end_time", call->now);
		set_state(call, leg, "failed");
	}
}
