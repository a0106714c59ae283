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
	return arena_printf(call->arena, TWILIO_API "/Accounts/%s/%s/%s.json",
			    twilio_of(call->account)->account_sid,
			    sb_object_spec(record->object)->name, record->id);
}

static const char *const call_subresources[] = { "recordings", "notifications", "feedback",
						 "events", "payments", "siprec", "streams",
						 "transcriptions", NULL };
static const char *const message_subresources[] = { "media", "feedback", NULL };

static json_t *subresources(struct sb_call *call, const struct sb_record *record)
{
	const char *const *names =
		text_equal(sb_object_spec(record->object)->name, "Calls") ? call_subresources :
									    message_subresources;
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
	if (!text_equal(sb_object_spec(object)->name, "IncomingPhoneNumbers"))
		json_object_set_new(json, "subresource_uris", subresources(call, record));
	return json;
}

void twilio_reply_record(struct sb_call *call, int status, const struct sb_record *record)
{
	sb_reply_json(call, status, twilio_json(call, record));
}

struct sb_record *twilio_record(struct sb_call *call, const char *object)
{
	const char *sid = sb_param(call, 1);
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, object), sid);

	if (!record || record->state != SB_LIVE) {
		twilio_fail(call, 404, 20404, "The requested resource %s was not found",
			    call->path);
		return NULL;
	}
	return record;
}
