/* exotel_connect.c - connecting two numbers, or one to a flow (2.1, 2.2): what is asked for.
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"

#define LIMIT_S 14400
#define RING_S 30

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
	else if (custom && text_length(custom) > EXOTEL_CUSTOM_MAX)
		exotel_fail(call, 400, "CustomField is over %d characters", EXOTEL_CUSTOM_MAX);
	else
		return true;
	return false;
}

void exotel_connect(struct sb_call *call)
{
	const char *from = read_number(call, "From"), *caller_id = sb_form(call, "CallerId");
	const char *to, *flow_id, *events;
	const char *called = sb_form(call, text_is_empty(sb_form(call, "Url")) ? "To" : "From");
	bool is_recorded = text_equal(sb_form(call, "Record"), "true");
	struct sb_record *record;
	int64_t limit_s, timeout_s;

	if (called && exotel_script(call, called) == EXOTEL_TOO_MANY) {
		exotel_fail(call, 429, "Too many requests");
		return;
	}
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
			  json_pack("{ss ss* ss ss ss ss* ss* ss* ss ss* ss* ss sI sI ss}", "from",
				    from, "to", to, "phone",
				    sb_text(call, exotel_own_number(call, caller_id), "number"),
				    "status", "in-progress", "direction", "outbound-api",
				    "flow_id", flow_id, "custom", call->key,
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
	exotel_begin(call, record);
	if (exotel_script(call, exotel_called(call, record)) == EXOTEL_BREAKS)
		exotel_fail(call, 500, "The server failed: try again later"); /* and it rings */
	else
		exotel_reply(call, 200,
			     json_pack("{so}", "Call", exotel_call_json(call, record)));
}
