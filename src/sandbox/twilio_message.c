/* twilio_message.c - Twilio's messages: SMS and WhatsApp, out and in. Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/twilio.h"
#include "sandbox/ledger.h"

#define BODY_MAX 1600
#define MEDIA_MAX 10
#define WINDOW_MS (24 * CLOCK_HOUR)

const struct sb_field_spec twilio_message_fields[] = {
	{ "to", "To", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "from", "From", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "messaging_service_sid", "Service", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "body", "Text", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "direction", "Direction", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "num_segments", "Segments", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "num_media", "Media", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "error_code", "Error", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "error_message", "Error", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "date_sent", "Sent", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "price", "Price", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "price_unit", "Currency", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_date_sent", "Sent", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_callback", "Status callback", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "_template", "Is a template", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_discard", "Text goes when it is sent", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t twilio_nmessage_fields = ARRAY_LEN(twilio_message_fields);

/* --- who has opted out, and whose window is open --- */

const char *twilio_pair(struct sb_call *call, const char *from, const char *to)
{
	return arena_printf(call->arena, "%s %s", from, to);
}

static json_t *table_of(struct sb_call *call, const char *name)
{
	return json_object_get(call->account->extra, name);
}

bool twilio_has_opted_out(struct sb_call *call, const char *from, const char *to)
{
	return json_object_get(table_of(call, "opted_out"), twilio_pair(call, from, to)) ||
	       sb_prospect_of(call->sandbox, to)->blocks;
}

bool twilio_is_whatsapp(const char *address)
{
	return text_starts(address, "whatsapp:");
}

static bool window_is_open(struct sb_call *call, const char *from, const char *to)
{
	return json_int_of(table_of(call, "whatsapp_until"), twilio_pair(call, from, to), 0) >
	       call->now;
}

/* --- sending --- */

/* Numbers with which Twilio's own test account always refuses. */
static const struct { const char *to; int code; } refused[] = {
	{ "+15005550001", 21211 }, { "+15005550002", 21612 }, { "+15005550003", 21408 },
	{ "+15005550004", 21610 }, { "+15005550009", 21614 },
};

/* A person without a number is "IN.<id>" on WhatsApp (7). */
static bool is_bsuid(const char *text)
{
	return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' &&
	       text[2] == '.' && text[3] && !text[3 + strspn(text + 3, "0123456789"
							      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							      "abcdefghijklmnopqrstuvwxyz")];
}

static bool is_short_code(const char *text)
{
	size_t len = strlen(text);

	return len >= 4 && len <= 6 && strspn(text, "0123456789") == len;
}

/* True when the recipient is one who can be sent to; else it has been refused. */
static bool check_to(struct sb_call *call, const char *from, const char *to)
{
	const char *plain = twilio_is_whatsapp(to) ? to + 9 : to;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (text_equal(refused[i].to, plain)) {
			twilio_refuse(call, refused[i].code, to);
			return false;
		}
	if (!twilio_is_whatsapp(to) && is_short_code(plain)) {
		twilio_refuse(call, 21265, to);
		return false;
	}
	if (!twilio_is_number(plain) && !(twilio_is_whatsapp(to) && is_bsuid(plain))) {
		twilio_refuse(call, 21211, to);
		return false;
	}
	if (from && sb_switch(call->account, "geo_off") && strncmp(from, to, 3) != 0) {
		twilio_refuse(call, 21408, to);
		return false;
	}
	if (!twilio_is_whatsapp(to) && twilio_has_opted_out(call, from ? from : "", to)) {
		twilio_refuse(call, 21610, to);
		return false;
	}
	return true;
}

/* The sender, or NULL after refusing. With a service it is the account's first number. */
static const char *check_from(struct sb_call *call, const char *to)
{
	const char *from = sb_form(call, "From"), *service = sb_form(call, "MessagingServiceSid");

	if (text_is_empty(from) && text_equal(service, twilio_of(call->account)->service_sid))
		return "+15005550006";
	if (text_is_empty(from)) {
		if (text_is_empty(service))
			twilio_fail(call, 400, 21603, "A 'From' phone number is required.");
		else
			twilio_fail(call, 404, 20404, "The messaging service %s was not found",
				    service);
		return NULL;
	}
	if (twilio_is_whatsapp(from) != twilio_is_whatsapp(to))
		twilio_fail(call, 400, 21910, "'From' and 'To' are not of the same channel");
	else if (!twilio_is_number(twilio_is_whatsapp(from) ? from + 9 : from))
		twilio_fail(call, 400, 21212, "The 'From' number %s is not a valid phone number, "
					      "shortcode, or alphanumeric sender ID.",
			    from);
	else if (!twilio_own_number(call, from))
		twilio_fail(call, 400, 21606, "The 'From' phone number %s is not a valid, "
					      "message-capable phone number for this account.",
			    from);
	else
		return from;
	return NULL;
}

static bool check_body(struct sb_call *call, const char *body)
{
	if (!body && !sb_form(call, "MediaUrl") && !sb_form(call, "ContentSid")) {
		twilio_fail(call, 400, 21602, "Message body is required.");
		return false;
	}
	if (body && text_length(body) > BODY_MAX) {
		twilio_refuse(call, 21617, NULL);
		return false;
	}
	return true;
}

/* At most ten media, an object of variables, seconds of validity. */
static bool check_values(struct sb_call *call)
{
	const char *media[MEDIA_MAX + 1], *variables = sb_form(call, "ContentVariables");
	const char *validity = sb_form(call, "ValidityPeriod");
	size_t count = sb_form_all(call, "MediaUrl", media, ARRAY_LEN(media));
	int64_t seconds = 1;

	for (size_t i = 0; i < count; i++)
		if (!twilio_is_url(call, media[i])) {
			twilio_fail(call, 400, 21620, "Invalid media URL(s)");
			return false;
		}
	if (count > MEDIA_MAX)
		twilio_fail(call, 400, 21623, "Number of media files exceeds allowed limit");
	else if (variables && !json_is_object(json_parse(call->arena, variables, strlen(variables),
							 &json_limits_lead, NULL)))
		twilio_fail(call, 400, 21656, "The ContentVariables parameter is invalid.");
	else if (validity && (!text_int(validity, &seconds) || seconds < 1 || seconds > 36000))
		twilio_fail(call, 400, 20001, "ValidityPeriod must be 1 to 36000 seconds");
	else
		return true;
	return false;
}

static bool check_callback(struct sb_call *call, const char *url)
{
	if (text_is_empty(url) || twilio_is_url(call, url))
		return true;
	twilio_fail(call, 400, 21609, "The 'StatusCallback' URL %s is not a valid URL.", url);
	return false;
}

/* --- what becomes of it --- */

static json_t *callback_params(struct sb_call *call, const struct sb_record *m)
{
	const char *status = sb_text(call, m, "status");
	const char *service = sb_text(call, m, "messaging_service_sid");
	const char *error = sb_text(call, m, "error_code");
	json_t *params = json_pack("{ss ss ss ss ss ss ss ss}", "MessageSid", m->id, "SmsSid",
				   m->id, "MessageStatus", status, "SmsStatus", status, "To",
				   sb_text(call, m, "to"), "From",
				   sb_text(call, m, "from"), "AccountSid",
				   twilio_of(call->account)->account_sid, "ApiVersion",
				   "2010-04-01");

	if (*service)
		json_object_set_new(params, "MessagingServiceSid", json_string(service));
	if (*error)
		json_object_set_new(params, "ErrorCode", json_string(error));
	if (twilio_is_whatsapp(sb_text(call, m, "to")))
		json_object_set_new(params, "ChannelPrefix", json_string("whatsapp"));
	if (twilio_is_whatsapp(sb_text(call, m, "to")) && *error)
		json_object_set_new(params, "ChannelStatusMessage",
				    json_string(sb_text(call, m, "error_message")));
	if (text_equal(status, "read"))
		json_object_set_new(params, "EventType", json_string("READ"));
	if (text_equal(status, "delivered") || text_equal(status, "undelivered")) {
		char text[CLOCK_TEXT_SIZE];

		clock_format(call->now, text); /* 2611210500: the operator's receipt */
		json_object_set_new(params, "RawDlrDoneDate",
				    sb_json_printf("%.2s%.2s%.2s%.2s%.2s", text + 2, text + 5,
						   text + 8, text + 11, text + 14));
	}
	return params;
}

static void tell(struct sb_call *call, const struct sb_record *message)
{
	const char *url = sb_text(call, message, "_callback");

	for (int64_t i = 0; *url && i <= sb_switch(call->account, "answer_twice"); i++)
		twilio_ask(call, "POST", url, callback_params(call, message), NULL);
}

static void set_status(struct sb_call *call, struct sb_record *message, const char *status,
		       int error)
{
	json_t *values = json_pack("{ss}", "status", status);

	if (error) {
		json_object_set_new(values, "error_code", json_integer(error));
		json_object_set_new(values, "error_message", json_string(twilio_words(error)));
	}
	sb_record_update(call, message, json_keep(call->arena, values));
	sb_ledger_add(call, "message", status, message->id, message->version);
}

/* The last of several, in the order that the account's switch says. */
static int64_t order(struct sb_call *call, int64_t ms)
{
	return sb_switch(call->account, "shuffle") ? 3000 - ms : ms;
}

static struct sb_record *message_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message =
		sb_record_find(sb_object_find(call->account, "Messages"),
			       json_string_of(doc, "sid"));

	return message && message->state == SB_LIVE ? message : NULL;
}

static void step_tell(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);

	if (!message || text_equal(sb_text(call, message, "status"), "canceled"))
		return;
	if (text_equal(json_string_of(doc, "status"), "sent")) {
		sb_record_derive(call, message, "date_sent", twilio_time(call->now));
		sb_record_derive(call, message, "_date_sent", sb_json_time(call->now));
		if (*sb_text(call, message, "_discard"))
			twilio_put(call, message, "body", "");
	}
	set_status(call, message, json_string_of(doc, "status"),
		   (int)json_int_of(doc, "error", 0));
	tell(call, message);
}

static void step_reply(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);

	if (message)
		twilio_receive(call, &(struct twilio_written){
					     .from = sb_text(call, message, "to"),
					     .to = sb_text(call, message, "from"),
					     .text = json_string_of(doc, "text"),
					     .opt_out = json_string_of(doc, "opt_out"),
					     .button = json_string_of(doc, "button"),
					     .answers = message->id });
}

static void plan(struct sb_call *call, const struct sb_record *message, int64_t ms,
		 const char *status, int error)
{
	sb_later(call, ms, step_tell,
		 json_pack("{ss ss si}", "sid", message->id, "status", status, "error", error));
}

static void plan_reply(struct sb_call *call, const struct sb_record *message,
		       struct sb_prospect *prospect)
{
	const struct sb_reaction *reaction = sb_prospect_to_message(prospect);
	bool is_tap = reaction && reaction->deed == SB_TAPS;

	if (prospect->opts_out) {
		prospect->opts_out = false;
		sb_later(call, 3000, step_reply,
			 json_pack("{ss ss ss}", "sid", message->id, "text", "STOP", "opt_out",
				   "STOP"));
		return;
	}
	if (reaction)
		sb_later(call, 2000 + sb_reaction_wait(reaction, call->now), step_reply,
			 json_pack("{ss ss ss*}", "sid", message->id, "text", reaction->text,
				   "button", is_tap ? reaction->text : NULL));
}

/* The error that a message will come to; 0: it is delivered. */
static int error_of(struct sb_call *call, const struct sb_record *message,
		    const struct sb_prospect *prospect)
{
	const char *to = sb_text(call, message, "to");
	bool is_chat = twilio_is_whatsapp(to);
	int64_t wanted = sb_switch(call->account, "fail_with");

	if (wanted)
		return (int)wanted;
	if (is_chat && !*sb_text(call, message, "_template") &&
	    !window_is_open(call, sb_text(call, message, "from"), to))
		return 63016;
	if (prospect->is_unknown)
		return is_chat ? 63003 : 30005;
	if (is_chat && prospect->blocks)
		return 63014;
	return prospect->pickup == SB_UNREACHABLE ? 30003 : 0;
}

void twilio_plan_fate(struct sb_call *call, const struct sb_record *message)
{
	const char *to = sb_text(call, message, "to");
	struct sb_prospect *prospect = sb_prospect_of(call->sandbox, to);
	bool is_chat = twilio_is_whatsapp(to);
	int error = error_of(call, message, prospect);

	plan(call, message, order(call, 500), "sent", 0);
	if (error) {
		plan(call, message, order(call, 1500), is_chat ? "failed" : "undelivered", error);
		return;
	}
	plan(call, message, order(call, 1500), "delivered", 0);
	if (is_chat && prospect->reads)
		plan(call, message, order(call, 2500), "read", 0);
	plan_reply(call, message, prospect);
}

static void step_send(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);

	if (!message || text_equal(sb_text(call, message, "status"), "canceled"))
		return;
	set_status(call, message, "queued", 0);
	tell(call, message);
	twilio_plan_fate(call, message);
}

/* ms from now that it is to be sent, 0 at once, -1 after refusing. */
static int64_t schedule(struct sb_call *call)
{
	const char *type = sb_form(call, "ScheduleType"), *when = sb_form(call, "SendAt");
	int64_t at;

	if (!type && !when)
		return 0;
	if (!text_equal(type, "fixed") || !when || !sb_form(call, "MessagingServiceSid") ||
	    !sb_time_parse(when, &at))
		twilio_fail(call, 400, 35114, "A scheduled message needs ScheduleType=fixed, "
					      "SendAt and a MessagingServiceSid");
	else if (at < call->now + 15 * CLOCK_MINUTE || at > call->now + 35 * CLOCK_DAY)
		twilio_fail(call, 400, 35118, "SendAt must be 15 minutes to 35 days ahead");
	else
		return at - call->now;
	return -1;
}

/* By the name's end; what says nothing is a picture. */
static const char *type_of(const char *url)
{
	static const char *const types[][2] = {
		{ ".png", "image/png" },   { ".gif", "image/gif" },  { ".pdf", "application/pdf" },
		{ ".mp4", "video/mp4" },   { ".mp3", "audio/mpeg" }, { ".ogg", "audio/ogg" },
		{ ".vcf", "text/vcard" },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (text_ends(url, types[i][0]))
			return types[i][1];
	return "image/jpeg";
}

struct sb_record *twilio_send(struct sb_call *call, json_t *values, const char *const *media,
			      size_t nmedia)
{
	struct sb_record *message;

	json_object_set_new(values, "num_segments",
			    sb_json_printf("%d", twilio_segments(json_string_of(values, "body"))));
	json_object_set_new(values, "num_media", sb_json_printf("%zu", nmedia));
	json_object_set_new(values, "price_unit", json_string("USD"));
	message = sb_record_create(call, sb_object_find(call->account, "Messages"), values, NULL);
	for (size_t i = 0; message && i < nmedia; i++)
		sb_record_add(call, "Media",
			      json_pack("{ss ss ss}", "parent_sid", message->id, "content_type",
					type_of(media[i]), "_url", media[i]),
			      NULL);
	return message;
}

void twilio_add_message(struct sb_call *call)
{
	const char *to = sb_form(call, "To"), *body = sb_form(call, "Body"), *from;
	const char *media[MEDIA_MAX], *service = sb_form(call, "MessagingServiceSid");
	bool is_discarded = text_equal(sb_form(call, "ContentRetention"), "discard");
	struct sb_record *message;
	int64_t wait;

	if (twilio_is_refused(call))
		return;
	if (text_is_empty(to)) {
		twilio_refuse(call, 21604, NULL);
		return;
	}
	from = check_from(call, to);
	if (!from || !check_body(call, body) || !check_to(call, from, to) || !check_values(call) ||
	    !check_callback(call, sb_form(call, "StatusCallback")))
		return;
	wait = schedule(call);
	if (wait < 0)
		return;
	message = twilio_send(
		call,
		json_keep(call->arena,
			  json_pack("{ss ss* ss* ss ss ss ss* ss* ss*}", "to", to, "from",
				    service ? NULL : from, "messaging_service_sid", service,
				    "body", body ? body : "", "status",
				    wait ? "scheduled" : service ? "accepted" : "queued",
				    "direction", "outbound-api", "_callback",
				    sb_form(call, "StatusCallback"), "_template",
				    sb_form(call, "ContentSid"), "_discard",
				    is_discarded ? "true" : NULL)),
		media, sb_form_all(call, "MediaUrl", media, ARRAY_LEN(media)));
	if (!message) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 503);
		return;
	}
	twilio_reply_record(call, 201, message);
	twilio_put(call, message, "from", from);
	if (wait || service)
		sb_later(call, wait ? wait : 100, step_send,
			 json_pack("{ss}", "sid", message->id));
	else
		twilio_plan_fate(call, message);
}

void twilio_change_message(struct sb_call *call)
{
	struct sb_record *message = twilio_record(call, "Messages");
	const char *status = sb_form(call, "Status"), *body = sb_form(call, "Body");

	if (!message)
		return;
	if (text_equal(status, "canceled")) {
		if (!text_equal(sb_text(call, message, "status"), "scheduled")) {
			twilio_fail(call, 409, 30409, "Only a scheduled message can be canceled");
			return;
		}
		set_status(call, message, "canceled", 0);
	} else if (body && !*body) {
		sb_record_update(call, message,
				 json_keep(call->arena, json_pack("{ss}", "body", "")));
	} else {
		twilio_fail(call, 400, 20001, "Only Status=canceled, or an empty Body, can be "
					      "written to a message");
		return;
	}
	twilio_reply_record(call, 200, message);
}
