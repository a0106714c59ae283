/* exotel_flow.c - Exotel's flows: applets one after the other, and what our addresses tell
 * them. Threads: under the sandbox's lock.
 *
 * A flow is drawn at the vendor's; here it is a record of "Flows" whose applets are an
 * array: {"applet": "greeting", "text" or "url"}, {"applet": "gather", "url"},
 * {"applet": "passthru", "url", "async", "exit_b": [applets]}, {"applet": "connect",
 * "url" or "numbers"}, {"applet": "voicemail"}, {"applet": "hangup"}. Behind the last one
 * the call ends. What is left of it stands in each step's document. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"
#include "sandbox/ledger.h"

#define VOICEMAIL_MS 5000
#define APPLETS_MAX 200   /* of one list */
#define NUMBERS_MAX 16
#define FETCHES_MAX 5     /* of a Connect that asks anew after each attempt */
#define RING_S 30

static const struct json_limits told_limits = { .bytes = 64u << 10, .depth = 8,
						.elements = 1000 };

json_t *exotel_flow_of(struct sb_call *call, const char *id)
{
	const struct sb_record *flow = sb_record_find(sb_object_find(call->account, "Flows"), id);
	json_t *applets = flow && flow->state == SB_LIVE ? sb_record_value_of(flow, "applets") :
							   NULL;

	if (json_is_array(applets))
		return applets;
	json_decref(applets);
	return NULL;
}

/* --- what an applet's address is asked with (2.5) --- */

static void add(json_t *params, const char *name, const char *text)
{
	json_object_set_new(params, name, json_string(text));
}

static json_t *params_of(struct sb_call *call, const struct sb_record *record)
{
	const char *from = exotel_national(call->arena, sb_text(call, record, "from"));
	const char *to = exotel_national(call->arena, sb_text(call, record, "phone"));
	const char *type = sb_text(call, record, "call_type");
	const char *digits = sb_text(call, record, "digits");
	const char *dialled = sb_text(call, record, "dialled");
	const char *recording = exotel_recording(call, record);
	json_t *params = json_object();

	add(params, "CallSid", record->id);
	add(params, "CallFrom", from);
	add(params, "CallTo", to);
	add(params, "CallStatus", "in-progress");
	add(params, "Direction",
	    text_equal(sb_text(call, record, "direction"), "inbound") ? "incoming" :
									"outbound-dial");
	add(params, "Created", exotel_time_text(call, record->created_at));
	add(params, "DialCallDuration",
	    arena_printf(call->arena, "%lld", (long long)exotel_int(record, "talk_s")));
	add(params, "StartTime", exotel_time_text(call, exotel_int(record, "started_at")));
	add(params, "EndTime", EXOTEL_NO_END);
	add(params, "CallType", type);
	if (*dialled)
		add(params, "DialWhomNumber", exotel_national(call->arena, dialled));
	if (recording && !text_equal(type, "call-attempt"))
		add(params, "RecordingUrl", recording);
	if (*sb_text(call, record, "custom"))
		add(params, "CustomField", sb_text(call, record, "custom"));
	if (*digits) /* the quotes are theirs */
		add(params, "digits", arena_printf(call->arena, "\"%s\"", digits));
	add(params, "flow_id", sb_text(call, record, "flow_id"));
	add(params, "tenant_id",
	    arena_printf(call->arena, "%llu", (unsigned long long)call->account->remote_id));
	add(params, "From", from);
	add(params, "To", to);
	add(params, "CurrentTime", exotel_time_text(call, call->now));
	return params;
}

/* --- going on --- */

static void run_applets(struct sb_call *call, struct sb_record *record, json_t *applets);

/* A step's document with what is left behind the first applet. */
static json_t *rest_doc(const struct sb_record *record, const json_t *applets)
{
	json_t *rest = json_array();

	for (size_t i = 1; i < json_array_size(applets); i++)
		json_array_append(rest, json_array_get(applets, i));
	return exotel_doc(record, json_pack("{so sO}", "rest", rest, "applet",
					    json_array_get(applets, 0)));
}

static void step_applets(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);

	if (record)
		run_applets(call, record, json_object_get(doc, "rest"));
}

void exotel_flow_go(struct sb_call *call, struct sb_record *record, int64_t ms, json_t *applets)
{
	if (!applets)
		applets = json_array(); /* the flow was dropped meanwhile */
	sb_later(call, ms, step_applets, exotel_doc(record, json_pack("{so}", "rest", applets)));
}

static void go_on(struct sb_call *call, struct sb_record *record, const json_t *doc, int64_t ms)
{
	exotel_flow_go(call, record, ms, json_incref(json_object_get(doc, "rest")));
}

/* What we were told cannot be used: the flow goes on, and the ledger says so. */
static void note(struct sb_call *call, const struct sb_record *record, const char *what)
{
	sb_ledger_add(call, "call", what, record->id, record->version);
}

/* --- gather --- */

static const char *prompt_of(const json_t *told, const char *name)
{
	const json_t *prompt = json_object_get(told, name);
	const char *text = json_string_of(prompt, "text");

	return text ? text : json_string_of(prompt, "audio_url") ? "" : NULL;
}

/* What is pressed of it, as far as the Gather listens. */
static void take_digits(struct sb_call *call, struct sb_record *record, const json_t *doc,
			const char *pressed)
{
	const json_t *told = json_object_get(doc, "told");
	const char *finish = json_string_of(told, "finish_on_key");
	int64_t most = json_int_of(told, "max_input_digits", 255);
	size_t len = strcspn(pressed, finish ? finish : "#");

	len = most > 0 && len > (size_t)most ? (size_t)most : len;
	exotel_put(call, record, "digits", arena_strndup(call->arena, pressed, len));
	go_on(call, record, doc, 500);
}

/* What the person presses; NULL: nothing. */
static const char *pressed_by(struct sb_call *call, const struct sb_record *record)
{
	int script = exotel_script(call, exotel_called(call, record));
	const struct sb_reaction *reaction;

	if (script != EXOTEL_UNSCRIPTED)
		return exotel_scripted_digits(script);
	reaction = sb_prospect_in_call(
		sb_prospect_of(call->sandbox, sb_text(call, record, "from")));
	return reaction && reaction->deed == SB_PRESSES ? reaction->text : NULL;
}

static bool has_hung_up(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_prospect *prospect =
		sb_prospect_of(call->sandbox, sb_text(call, record, "from"));

	return exotel_script(call, exotel_called(call, record)) == EXOTEL_UNSCRIPTED &&
	       prospect->hangs_up && prospect->used_in_calls >= prospect->nreactions;
}

static void step_heard(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);
	const json_t *told = json_object_get(doc, "told");
	const char *pressed, *again;
	int64_t left;
	json_t *more;

	if (!record)
		return;
	if (has_hung_up(call, record)) {
		exotel_put(call, record, "call_type", "client-hangup");
		exotel_end(call, record, "completed");
		return;
	}
	pressed = pressed_by(call, record);
	if (pressed) {
		take_digits(call, record, doc, pressed);
		return;
	}
	left = json_int_of(doc, "left", 0);
	if (left <= 0) {
		go_on(call, record, doc, json_int_of(told, "input_timeout", 5) * 1000);
		return;
	}
	again = prompt_of(told, "repeat_gather_prompt");
	more = json_deep_copy(doc);
	json_object_set_new(more, "left", json_integer(left - 1));
	sb_later(call,
		 json_int_of(told, "input_timeout", 5) * 1000 +
			 sb_spoken_ms(again ? again : prompt_of(told, "gather_prompt")),
		 step_heard, more);
}

static bool is_within(const json_t *told, const char *name, int64_t most)
{
	const json_t *value = json_object_get(told, name);

	return !value || (json_is_integer(value) && json_integer_value(value) >= 0 &&
			  json_integer_value(value) <= most);
}

static void told_gather(struct sb_call *call, struct sb_record *record, const json_t *doc,
			const json_t *told)
{
	const char *prompt = prompt_of(told, "gather_prompt");
	json_t *more;

	exotel_put(call, record, "digits", NULL);
	if (!prompt || !is_within(told, "max_input_digits", 255) ||
	    !is_within(told, "input_timeout", 60) || !is_within(told, "repeat_menu", 10)) {
		note(call, record, "gather_failed");
		go_on(call, record, doc, 0);
		return;
	}
	more = json_deep_copy(doc);
	json_object_set(more, "told", (json_t *)told);
	json_object_set_new(more, "left", json_integer(json_int_of(told, "repeat_menu", 0)));
	sb_later(call, sb_spoken_ms(prompt), step_heard, more);
}

/* --- connect --- */

static void step_dial(struct sb_call *call, const json_t *doc);

/* Rings the first of the numbers; the rest wait in the document (taken). */
static void dial(struct sb_call *call, struct sb_record *record, json_t *doc)
{
	json_t *numbers = json_object_get(doc, "numbers");
	const char *number = exotel_number(
		call->arena, text_trim(call->arena, json_string_value(json_array_get(numbers, 0))));
	int64_t ring_s = json_int_of(json_object_get(doc, "told"), "max_ringing_duration", RING_S);
	const char *status = "failed";
	int64_t ms = 0;

	json_array_remove(numbers, 0);
	if (number) {
		status = exotel_ring(call, number, false, ring_s * 1000, &ms);
		exotel_put(call, record, "dialled", number);
	}
	json_object_set_new(doc, "status", json_string(status));
	sb_later(call, ms, step_dial, doc);
}

static void ask_applet(struct sb_call *call, struct sb_record *record, json_t *doc);

static void step_connected(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);

	if (!record)
		return;
	exotel_put_int(call, record, "talk_s", json_int_of(doc, "talk_s", 0));
	go_on(call, record, doc, 0);
}

static void talk(struct sb_call *call, struct sb_record *record, const json_t *doc)
{
	const json_t *told = json_object_get(doc, "told");
	int64_t limit_s = json_int_of(told, "max_conversation_duration",
				      exotel_int(record, "limit_s"));
	json_t *more = json_deep_copy(doc);
	int64_t talk_s = exotel_talk_s(limit_s > 0 ? limit_s : 1);

	if (json_is_true(json_object_get(told, "record")))
		exotel_put(call, record, "recording", "true");
	exotel_put(call, record, "call_type", "completed");
	note(call, record, "bridged");
	json_object_set_new(more, "talk_s", json_integer(talk_s));
	sb_later(call, talk_s * 1000, step_connected, more);
}

static void step_dial(struct sb_call *call, const json_t *doc)
{
	struct sb_record *record = exotel_call_of(call, doc);
	const char *status = json_string_of(doc, "status");
	const json_t *told = json_object_get(doc, "told");
	int64_t fetches = json_int_of(doc, "fetches", 1);
	json_t *more;

	if (!record)
		return;
	exotel_put(call, record, "leg2", status);
	if (text_equal(status, "completed")) {
		talk(call, record, doc);
		return;
	}
	exotel_put(call, record, "call_type", "incomplete");
	more = json_deep_copy(doc);
	if (json_is_true(json_object_get(told, "fetch_after_attempt")) && fetches < FETCHES_MAX) {
		json_object_set_new(more, "fetches", json_integer(fetches + 1));
		ask_applet(call, record, more);
	} else if (json_array_size(json_object_get(doc, "numbers"))) {
		dial(call, record, more);
	} else {
		json_decref(more);
		go_on(call, record, doc, 0);
	}
}

/* The numbers of "a, b", or of {"destination": {"numbers": [...]}}; NULL when there are
 * none. New. */
static json_t *numbers_of(struct sb_call *call, const char *text, const json_t *told)
{
	json_t *list = json_object_get(json_object_get(told, "destination"), "numbers");
	json_t *numbers = json_array(), *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (json_is_string(one) && json_array_size(numbers) < NUMBERS_MAX)
			json_array_append(numbers, one);
	for (const char *at = told ? "" : text; *at;) {
		size_t len = strcspn(at, ",");

		if (json_array_size(numbers) < NUMBERS_MAX)
			json_array_append_new(numbers,
					      json_string(arena_strndup(call->arena, at, len)));
		at += len + (at[len] == ',');
	}
	if (json_array_size(numbers))
		return numbers;
	json_decref(numbers);
	return NULL;
}

static void connect(struct sb_call *call, struct sb_record *record, const json_t *doc,
		    json_t *numbers, const json_t *told)
{
	json_t *more;

	if (!numbers) {
		note(call, record, "connect_failed");
		go_on(call, record, doc, 0);
		return;
	}
	more = json_deep_copy(doc);
	json_object_set_new(more, "numbers", numbers);
	if (told)
		json_object_set(more, "told", (json_t *)told);
	dial(call, record, more);
}

/* --- passthru --- */

static void told_passthru(struct sb_call *call, struct sb_record *record, const json_t *doc,
			  int status)
{
	const json_t *applet = json_object_get(doc, "applet");
	json_t *exit_b = json_object_get(applet, "exit_b");

	if (status == 200) {
		go_on(call, record, doc, 0);
	} else if (status == 302) {
		exotel_flow_go(call, record, 0, json_incref(exit_b));
	} else {
		note(call, record, "passthru_failed");
		exotel_end(call, record, "completed");
	}
}

/* --- asking, and what is answered --- */

static bool is_programmable(const char *kind)
{
	return text_equal(kind, "gather") || text_equal(kind, "connect");
}

static void ask_applet(struct sb_call *call, struct sb_record *record, json_t *doc)
{
	const json_t *applet = json_object_get(doc, "applet");

	exotel_ask(call, json_string_of(applet, "url"),
		   is_programmable(json_string_of(applet, "applet")), params_of(call, record), doc);
}

static void told_greeting(struct sb_call *call, struct sb_record *record, const json_t *doc,
			  bool is_plain, const char *body)
{
	if (!is_plain)
		note(call, record, "greeting_failed");
	go_on(call, record, doc, is_plain ? sb_spoken_ms(body) : 0);
}

void exotel_told(struct sb_call *call, const json_t *doc, int status, const char *type,
		 const char *body, size_t body_len)
{
	struct sb_record *record = exotel_call_of(call, doc);
	const json_t *applet = json_object_get(doc, "applet");
	const char *kind = json_string_of(applet, "applet");
	bool is_good = status == 200 && text_is_utf8(body, body_len);
	bool is_plain = is_good && strncasecmp(type, "text/plain", 10) == 0;
	json_t *told = NULL;

	if (!record || json_is_true(json_object_get(applet, "async")))
		return;
	if (is_good && body_len && *body == '{')
		told = json_parse(call->arena, body, body_len, &told_limits, NULL);
	if (text_equal(kind, "passthru"))
		told_passthru(call, record, doc, status);
	else if (text_equal(kind, "greeting"))
		told_greeting(call, record, doc, is_plain, body);
	else if (text_equal(kind, "gather"))
		told_gather(call, record, doc, told);
	else
		connect(call, record, doc,
			is_plain || told ? numbers_of(call, body, told) : NULL, told);
}

/* --- one applet --- */

static void run_known(struct sb_call *call, struct sb_record *record, const char *kind,
		      json_t *doc)
{
	const json_t *applet = json_object_get(doc, "applet");
	const char *text = json_string_of(applet, "text");
	const char *numbers = json_string_of(applet, "numbers");

	if (text_equal(kind, "greeting") && text) {
		go_on(call, record, doc, sb_spoken_ms(text));
	} else if (text_equal(kind, "connect") && numbers) {
		connect(call, record, doc, numbers_of(call, numbers, NULL), NULL);
	} else if (text_equal(kind, "voicemail")) {
		exotel_put(call, record, "call_type", "voicemail");
		exotel_put(call, record, "recording", "true");
		go_on(call, record, doc, VOICEMAIL_MS);
	} else {
		if (json_is_true(json_object_get(applet, "async")))
			go_on(call, record, doc, 0);
		ask_applet(call, record, doc);
		return;
	}
	json_decref(doc);
}

static bool has_address(struct sb_call *call, const json_t *applet)
{
	const char *url = json_string_of(applet, "url");

	return !text_is_empty(url) && exotel_is_url(call, url);
}

static bool is_known(struct sb_call *call, const json_t *applet)
{
	static const char *const asking[] = { "greeting", "gather", "passthru", "connect" };
	const char *kind = json_string_of(applet, "applet");

	if (text_equal(kind, "voicemail") ||
	    (text_equal(kind, "greeting") && json_string_of(applet, "text")) ||
	    (text_equal(kind, "connect") && json_string_of(applet, "numbers")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(asking); i++)
		if (text_equal(kind, asking[i]))
			return has_address(call, applet);
	return false;
}

static void run_applets(struct sb_call *call, struct sb_record *record, json_t *applets)
{
	const json_t *applet = json_array_get(applets, 0);
	const char *kind = json_string_of(applet, "applet");

	if (!applet || text_equal(kind, "hangup") || json_array_size(applets) > APPLETS_MAX) {
		exotel_end(call, record, "completed");
	} else if (!is_known(call, applet)) {
		note(call, record, "applet_unknown");
		exotel_end(call, record, "completed");
	} else {
		run_known(call, record, kind, rest_doc(record, applets));
	}
}
