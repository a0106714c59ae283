/* exotel_sms.c - Exotel's text messages, with what India's registry (DLT) asks of them.
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"
#include "sandbox/ledger.h"

#define BODY_MAX_LEN 2000
#define CUSTOM_MAX 128

const struct sb_field_spec exotel_sms_fields[] = {
	{ "from", "From", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "to", "To", SB_PHONE, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "body", "Body", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "detail", "DetailedStatus", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "code", "DetailedStatusCode", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "units", "SmsUnits", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "sent_at", "Sent, ms", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "custom", "CustomField", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "callback", "StatusCallback", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "entity", "DltEntityId", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "template", "DltTemplateId", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t exotel_nsms_fields = ARRAY_LEN(exotel_sms_fields);

/* --- what becomes of one --- */

struct fate {
	const char *status, *detail;
	int code;
	int other_code; /* of the vendor's other page */
};

static const struct fate on_its_way[] = {
	{ "sending", "SENDING_TO_OPERATOR", 21015, 21015 },
	{ "submitted", "SUBMITTED_TO_OPERATOR", 21020, 21020 },
	{ "sent", "SUBMITTED_TO_OPERATOR", 21020, 21020 },
};
static const struct fate queued = { "queued", "PENDING_TO_OPERATOR", 21010, 21010 };
static const struct fate delivered = { "delivered", "DELIVERED_TO_HANDSET", 20005, 20000 };
static const struct fate unreachable = { "undelivered", "DELIVERED_TO_OPERATOR", 20006, 20006 };
static const struct fate barred = { "failed", "FAILED_DND", 23005, 23005 };
static const struct fate invalid = { "failed", "FAILED_INVALID_NUMBER", 23010, 23010 };
static const struct fate bad_sender = { "failed", "FAILED_INVALID_SENDER", 23072, 30002 };
static const struct fate no_entity = { "failed", "FAILED_DLT_ENTITY", 23081, 30001 };

/* A header registered with the operators: six letters. */
static bool is_header(const char *from)
{
	return strlen(from) == 6 &&
	       strspn(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == 6;
}

static const struct fate *fate_of(struct sb_call *call, const struct sb_record *message)
{
	const char *to = sb_text(call, message, "to");
	const char *from = sb_text(call, message, "from");
	const struct sb_prospect *prospect = sb_prospect_of(call->sandbox, to);

	if (!is_header(from) && !exotel_own_number(call, from))
		return &bad_sender;
	if (text_starts(to, "+91") && !*sb_text(call, message, "entity"))
		return &no_entity;
	if (prospect->is_unknown)
		return &invalid;
	if (prospect->blocks)
		return &barred;
	return prospect->pickup == SB_UNREACHABLE ? &unreachable : &delivered;
}

static int code_of(struct sb_call *call, const struct fate *fate)
{
	return sb_switch(call->account, "sms_other_codes") ? fate->other_code : fate->code;
}

static json_t *fate_values(struct sb_call *call, const struct fate *fate)
{
	return json_keep(call->arena,
			 json_pack("{ss ss si}", "status", fate->status, "detail", fate->detail,
				   "code", code_of(call, fate)));
}

static struct sb_record *message_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = sb_record_find(sb_object_find(call->account, "Messages"),
						   json_string_of(doc, "sid"));

	return message && message->state == SB_LIVE ? message : NULL;
}

static void tell(struct sb_call *call, const struct sb_record *message)
{
	const char *url = sb_text(call, message, "callback");

	if (!*url)
		return;
	exotel_post(call, url, EXOTEL_FORM,
		    json_pack("{ss ss ss ss sI sI so ss}", "SmsSid", message->id, "To",
			      exotel_national(call->arena, sb_text(call, message, "to")),
			      "Status", sb_text(call, message, "status"), "DetailedStatus",
			      sb_text(call, message, "detail"), "DetailedStatusCode",
			      (json_int_t)exotel_int(message, "code"), "SmsUnits",
			      (json_int_t)exotel_int(message, "units"), "DateSent",
			      exotel_time(call, exotel_int(message, "sent_at")), "CustomField",
			      sb_text(call, message, "custom")));
}

static void take(struct sb_call *call, struct sb_record *message, const struct fate *fate)
{
	if (text_equal(fate->status, "sent"))
		exotel_put_int(call, message, "sent_at", call->now);
	sb_record_update(call, message, fate_values(call, fate));
	sb_ledger_add(call, "message", fate->status, message->id, message->version);
}

static void step_settled(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);

	if (!message)
		return;
	take(call, message, fate_of(call, message));
	tell(call, message);
}

static void step_sent(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);
	size_t stage = (size_t)json_int_of(doc, "stage", 0);

	if (!message)
		return;
	take(call, message, &on_its_way[stage]);
	stage++;
	sb_later(call, 500, stage < ARRAY_LEN(on_its_way) ? step_sent : step_settled,
		 json_pack("{ss sI}", "sid", message->id, "stage", (json_int_t)stage));
}

/* --- what is asked for --- */

static int64_t units_of(const char *body, bool is_unicode)
{
	size_t len = text_length(body), one = is_unicode ? 70 : 160, many = is_unicode ? 67 : 153;

	return len <= one ? 1 : (int64_t)((len + many - 1) / many);
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static bool has_value(struct sb_call *call, const char *name, const char *const *values)
{
	const char *value = sb_form(call, name);
	const char *const *at = values;

	if (text_is_empty(value))
		return true;
	while (*at && !text_equal(*at, value))
		at++;
	if (!*at)
		exotel_fail(call, 400, "%s is invalid: %s", name, value);
	return *at != NULL;
}

static bool check_words(struct sb_call *call)
{
	static const char *const encodings[] = { "plain", "unicode", NULL };
	static const char *const priorities[] = { "normal", "high", NULL };
	static const char *const types[] = { "transactional", "transactional_opt_in",
					     "promotional", NULL };

	return has_value(call, "EncodingType", encodings) &&
	       has_value(call, "Priority", priorities) && has_value(call, "SmsType", types);
}

static bool check_given(struct sb_call *call)
{
	static const char *const needed[] = { "From", "To", "Body" };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (text_is_empty(sb_form(call, needed[i]))) {
			exotel_fail(call, 400, "Mandatory parameter %s is missing", needed[i]);
			return false;
		}
	return true;
}

static bool check(struct sb_call *call, const char *to)
{
	const char *body = sb_form(call, "Body"), *custom = sb_form(call, "CustomField");
	bool is_plain = text_equal(sb_form(call, "EncodingType"), "plain");

	if (!to)
		exotel_fail(call, 400, "To is not a valid phone number");
	else if (text_length(body) > BODY_MAX_LEN)
		exotel_fail(call, 400, "Body is over %d characters", BODY_MAX_LEN);
	else if (is_plain && !is_ascii(body))
		exotel_fail(call, 400, "Body has characters that EncodingType=plain has not");
	else if (custom && text_length(custom) > CUSTOM_MAX)
		exotel_fail(call, 400, "CustomField is over %d characters", CUSTOM_MAX);
	else if (!exotel_is_url(call, sb_form(call, "StatusCallback")))
		exotel_fail(call, 400, "StatusCallback is not a valid URL");
	else if (sb_switch(call->account, "dlt_at_once") && text_starts(to, "+91") &&
		 text_is_empty(sb_form(call, "DltEntityId")))
		exotel_fail(call, 400, "Mandatory parameter DltEntityId is missing");
	else
		return true;
	return false;
}

static json_t *message_json(struct sb_call *call, const struct sb_record *m)
{
	const char *sid = exotel_of(call->account)->sid;
	const char *from = sb_text(call, m, "from");
	const struct sb_record *own = exotel_own_number(call, from);

	return json_pack(
		"{ss ss ss ss ss so so so ss sI ss sI ss sn so}", "Sid", m->id, "AccountSid", sid,
		"From",
		own ? exotel_national(call->arena, sb_text(call, own, "number")) : from, "To",
		exotel_national(call->arena, sb_text(call, m, "to")), "Body",
		sb_text(call, m, "body"), "DateCreated", exotel_time(call, m->created_at),
		"DateUpdated", exotel_time(call, m->updated_at), "DateSent",
		exotel_time(call, exotel_int(m, "sent_at")), "Status",
		sb_text(call, m, "status"), "SmsUnits", (json_int_t)exotel_int(m, "units"),
		"DetailedStatus", sb_text(call, m, "detail"), "DetailedStatusCode",
		(json_int_t)exotel_int(m, "code"), "Direction", "outbound-api", "Price", "Uri",
		sb_json_printf("/v1/Accounts/%s/SMS/Messages/%s", sid, m->id));
}

void exotel_send_sms(struct sb_call *call)
{
	const char *to = sb_form(call, "To"), *body = sb_form(call, "Body");
	struct sb_record *message;
	bool is_unicode;

	if (!check_given(call) || !check_words(call))
		return;
	to = exotel_number(call->arena, to);
	if (!check(call, to))
		return;
	is_unicode = !is_ascii(body) || text_equal(sb_form(call, "EncodingType"), "unicode");
	call->key = sb_form(call, "CustomField");
	message = sb_record_create(
		call, sb_object_find(call->account, "Messages"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss si sI ss* ss* ss* ss*}", "from",
				    sb_form(call, "From"), "to", to, "body", body, "status",
				    queued.status, "detail", queued.detail, "code", queued.code,
				    "units", (json_int_t)units_of(body, is_unicode), "custom",
				    call->key, "callback", sb_form(call, "StatusCallback"),
				    "entity", sb_form(call, "DltEntityId"), "template",
				    sb_form(call, "DltTemplateId"))),
		NULL);
	if (!message) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 503);
		return;
	}
	sb_later(call, 500, step_sent, json_pack("{ss sI}", "sid", message->id, "stage",
						 (json_int_t)0));
	exotel_reply(call, 200, json_pack("{so}", "SMSMessage", message_json(call, message)));
}
