/* twilio_say.c - how Twilio answers: errors, and records as its resources. Threads: under the
 * sandbox's lock. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/twilio.h"

void twilio_fail(struct sb_call *call, int status, int code, const char *format, ...)
{
	va_list args;
	json_t *message;

	va_start(args, format);
	message = sb_json_vprintf(format, args);
	va_end(args);
	sb_reply_json(call, status,
		      json_pack("{si so so si}", "code", code, "message",
				message, "more_info",
				sb_json_printf("https://www.twilio.com/docs/errors/%d", code),
				"status", status));
}

/* --- the error catalogue (8) --- */

static const struct { int code, status; const char *words; } codes[] = {
	{ 13223, 400, "Dial: Invalid phone number format" },
	{ 13224, 400, "Dial: Invalid phone number" },
	{ 20003, 401, "Authenticate" },
	{ 20005, 403, "Account is not active" },
	{ 20008, 403, "Resource not accessible with Test Account Credentials" },
	{ 20429, 429, "Too Many Requests" },
	{ 20500, 500, "An internal server error has occurred" },
	{ 20503, 503, "Service unavailable" },
	{ 21205, 400, "Url is not a valid URL" },
	{ 21211, 400, "The 'To' number %s is not a valid phone number." },
	{ 21212, 400, "The 'From' number is not a valid phone number, shortcode, or alphanumeric "
		      "sender ID." },
	{ 21214, 400, "'To' phone number cannot be reached: %s" },
	{ 21215, 400, "Account not authorized to call %s. Perhaps you need to enable some "
		      "international permissions" },
	{ 21216, 400, "Account not allowed to call %s" },
	{ 21217, 400, "Phone number does not appear to be valid: %s" },
	{ 21265, 400, "'To' number cannot be a Short Code: %s" },
	{ 21408, 400, "Permission to send an SMS has not been enabled for the region indicated by "
		      "the 'To' number: %s." },
	{ 21602, 400, "Message body is required." },
	{ 21603, 400, "A 'From' phone number is required." },
	{ 21604, 400, "A 'To' phone number is required." },
	{ 21606, 400, "The 'From' phone number is not a valid, message-capable phone number for "
		      "this account." },
	{ 21609, 400, "The 'StatusCallback' URL is not a valid URL." },
	{ 21610, 400, "Attempt to send to unsubscribed recipient %s" },
	{ 21612, 400, "The message from/to number pair is not currently reachable: %s" },
	{ 21614, 400, "'To' number is not a valid mobile number: %s" },
	{ 21617, 400, "The concatenated message body exceeds the 1600 character limit" },
	{ 21635, 400, "'To' number cannot be a landline: %s" },
	{ 21901, 400, "Invalid DLT template id" },
	{ 30001, 0, "Queue overflow" },
	{ 30002, 0, "Account suspended" },
	{ 30003, 0, "Unreachable destination handset" },
	{ 30004, 0, "Message blocked" },
	{ 30005, 0, "Unknown destination handset" },
	{ 30006, 0, "Landline or unreachable carrier" },
	{ 30007, 0, "Message filtered" },
	{ 30008, 0, "Unknown error" },
	{ 30017, 0, "Carrier network congestion" },
	{ 30032, 0, "Toll-Free Number Has Not Been Verified" },
	{ 30034, 0, "Message from an Unregistered Number" },
	{ 63003, 0, "Channel could not find To address" },
	{ 63014, 0, "Message failed to send because the user blocked it" },
	{ 63016, 0, "Failed to send freeform message because it is outside the allowed window" },
	{ 63018, 0, "Rate limit exceeded for Channel" },
	{ 63024, 0, "Invalid message recipient" },
	{ 63032, 0, "User limitations" },
	{ 63038, 0, "Account exceeded the daily messages limit" },
};

const char *twilio_words(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			return codes[i].words;
	return "Refused";
}

void twilio_refuse(struct sb_call *call, int code, const char *to)
{
	const char *words = twilio_words(code), *mark = strstr(words, "%s");
	int status = 400;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code && codes[i].status)
			status = codes[i].status;
	if (mark)
		twilio_fail(call, status, code, "%.*s%s%s", (int)(mark - words), words,
			    to ? to : "", mark + 2);
	else
		twilio_fail(call, status, code, "%s", words);
}

bool twilio_is_refused(struct sb_call *call)
{
	int64_t code = sb_switch(call->account, "refuse_with");

	if (code)
		twilio_refuse(call, (int)code, sb_form(call, "To"));
	return code != 0;
}

/* --- times and fields --- */

json_t *twilio_time(int64_t ms)
{
	char text[HTTP_DATE_SIZE + 4];

	http_date_format(ms, text);
	snprintf(strstr(text, "GMT"), 8, "+0000");
	return json_string(text);
}

void twilio_put(struct sb_call *call, struct sb_record *record, const char *field,
		const char *text)
{
	sb_record_derive(call, record, field, text ? json_string(text) : NULL);
}

static const char *uri_of(struct sb_call *call, const struct sb_record *record)
{
	if (text_equal(sb_object_spec(record->object)->name, "Media"))
		return arena_printf(call->arena,
				    TWILIO_API "/Accounts/%s/Messages/%s/Media/%s.json",
				    twilio_of(call->account)->account_sid,
				    sb_text(call, record, "parent_sid"), record->id);
	return arena_printf(call->arena, TWILIO_API "/Accounts/%s/%s/%s.json",
			    twilio_of(call->account)->account_sid,
			    sb_object_spec(record->object)->name, record->id);
}

static const char *const call_subresources[] = { "recordings", "notifications", "feedback",
						 "events", "payments", "siprec", "streams",
						 "transcriptions", NULL };
static const char *const message_subresources[] = { "media", "feedback", NULL };
static const char *const recording_subresources[] = { "transcriptions", NULL };

/* NULL for what has nothing below it. */
static const char *const *names_below(const struct sb_record *record)
{
	const char *object = sb_object_spec(record->object)->name;

	return text_equal(object, "Calls")	? call_subresources :
	       text_equal(object, "Messages")	? message_subresources :
	       text_equal(object, "Recordings") ? recording_subresources :
						  NULL;
}

static json_t *subresources(struct sb_call *call, const struct sb_record *record,
			    const char *const *names)
{
	const char *uri = uri_of(call, record);
	json_t *all = json_object();

	for (; *names; names++) {
		char *path = arena_printf(call->arena, "%.*s/%s.json", (int)strlen(uri) - 5, uri,
					  *names);

		/* "/recordings.json" is "/Recordings.json" in the address. */
		path[strlen(uri) - 5 + 1] = (char)toupper((unsigned char)**names);
		json_object_set_new(all, *names, json_string(path));
	}
	return all;
}

json_t *twilio_json(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_object *object = record->object;
	json_t *json = json_object();

	json_object_set_new(json, "sid", json_string(record->id));
	json_object_set_new(json, "account_sid",
			    json_string(twilio_of(call->account)->account_sid));
	json_object_set_new(json, "date_created", twilio_time(record->created_at));
	json_object_set_new(json, "date_updated", twilio_time(record->updated_at));
	json_object_set_new(json, "api_version", json_string("2010-04-01"));
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		json_t *value = sb_record_value(record, field);

		if (*field->name == '_')
			json_decref(value);
		else
			json_object_set_new(json, field->name, value ? value : json_null());
	}
	json_object_set_new(json, "uri", json_string(uri_of(call, record)));
	if (names_below(record))
		json_object_set_new(json, "subresource_uris",
				    subresources(call, record, names_below(record)));
	return json;
}

void twilio_reply_record(struct sb_call *call, int status, const struct sb_record *record)
{
	sb_reply_json(call, status, twilio_json(call, record));
}

struct sb_record *twilio_record(struct sb_call *call, const char *object)
{
	const char *sid = sb_param(call, call->nparams - 1);
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, object), sid);

	if (!record || record->state != SB_LIVE) {
		twilio_fail(call, 404, 20404, "The requested resource %s was not found",
			    call->path);
		return NULL;
	}
	return record;
}
