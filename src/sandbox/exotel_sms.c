/* exotel_sms.c - Exotel's text messages, with what India's registry (DLT) asks of them.
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"
#include "sandbox/ledger.h"

#define BODY_MAX_LEN 2000
#define MANY_MAX 100 /* messages of one bulk: the sheet names no limit */

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

/* What a message can come to; the first is the usual one. The sheet has no code of an
 * expired one: it keeps its last. */
static const struct fate ends[] = {
	{ "delivered", "DELIVERED_TO_HANDSET", 20005, 20000 },
	{ "undelivered", "DELIVERED_TO_OPERATOR", 20006, 20006 },
	{ "expired", "EXPIRED", 21020, 21020 },
	{ "failed", "FAILED_DND", 23005, 23005 },
	{ "failed", "FAILED_INVALID_NUMBER", 23010, 23010 },
	{ "failed", "FAILED_SPAM", 23015, 23015 },
	{ "failed", "FAILED_BLACKLISTED", 23020, 23020 },
	{ "failed", "FAILED_INVALID_SENDER", 23072, 30002 },
	{ "failed", "FAILED_DLT_SCRUB", 23080, 30003 },
	{ "failed", "FAILED_DLT_ENTITY", 23081, 30001 },
	{ "failed", "FAILED_DLT_TEMPLATE", 23082, 30004 },
	{ "failed", "FAILED_DLT_CONSENT", 23083, 30005 },
};

static const struct fate *end_of(int64_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (ends[i].code == code)
			return &ends[i];
	return &ends[0];
}

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
	int64_t wanted = sb_switch(call->account, "sms_ends_with");

	if (wanted)
		return end_of(wanted);
	if (!is_header(from) && !exotel_own_number(call, from))
		return end_of(23072);
	if (text_starts(to, "+91") && !*sb_text(call, message, "entity"))
		return end_of(23081);
	if (prospect->is_unknown)
		return end_of(23010);
	if (prospect->blocks)
		return end_of(23005);
	return end_of(prospect->pickup == SB_UNREACHABLE ? 20006 : 20005);
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
	exotel_post(call, url, EXOTEL_FORM, exotel_copies(call, NULL),
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

/* One message of a request: of a bulk its own parameters, Messages[2][To], before those of
 * all. */
struct asked {
	struct sb_call *call;
	int index; /* -1: the only one */
};

static const char *param(const struct asked *one, const char *name)
{
	const char *own = one->index < 0 ? NULL :
					   sb_form(one->call, arena_printf(one->call->arena,
									   "Messages[%d][%s]",
									   one->index, name));

	return own ? own : sb_form(one->call, name);
}

static void refuse(const struct asked *one, const char *what)
{
	if (one->index < 0)
		exotel_fail(one->call, 400, "%s", what);
	else
		exotel_fail(one->call, 400, "Messages[%d]: %s", one->index, what);
}

static bool has_words(const struct asked *one)
{
	static const char *const allowed[][2] = {
		{ "EncodingType", "plain|unicode" },
		{ "Priority", "normal|high" },
		{ "SmsType", "transactional|transactional_opt_in|promotional" },
		{ "ShortenUrl", "true|false" },
	};

	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		const char *value = param(one, allowed[i][0]);

		if (text_is_empty(value) || sb_has_word(allowed[i][1], value))
			continue;
		refuse(one, arena_printf(one->call->arena, "%s is invalid: %s", allowed[i][0],
					 value));
		return false;
	}
	return true;
}

static bool has_given(const struct asked *one)
{
	static const char *const needed[] = { "From", "To", "Body" };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (text_is_empty(param(one, needed[i]))) {
			refuse(one, arena_printf(one->call->arena,
						 "Mandatory parameter %s is missing", needed[i]));
			return false;
		}
	return true;
}

static bool check(const struct asked *one)
{
	struct sb_call *call = one->call;
	const char *body = param(one, "Body"), *custom = param(one, "CustomField"), *to;
	bool is_plain = text_equal(param(one, "EncodingType"), "plain");

	if (!has_given(one) || !has_words(one))
		return false;
	to = exotel_number(call->arena, param(one, "To"));
	if (!to)
		refuse(one, "To is not a valid phone number");
	else if (text_length(body) > BODY_MAX_LEN)
		refuse(one, "Body is over 2000 characters");
	else if (is_plain && !is_ascii(body))
		refuse(one, "Body has characters that EncodingType=plain has not");
	else if (custom && text_length(custom) > EXOTEL_CUSTOM_MAX)
		refuse(one, "CustomField is over 128 characters");
	else if (!exotel_is_url(call, param(one, "StatusCallback")))
		refuse(one, "StatusCallback is not a valid URL");
	else if (sb_switch(call->account, "dlt_at_once") && text_starts(to, "+91") &&
		 text_is_empty(param(one, "DltEntityId")))
		refuse(one, "Mandatory parameter DltEntityId is missing");
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

/* A message that has been checked is on its way; NULL when the sandbox is full. */
static struct sb_record *send_one(const struct asked *one)
{
	struct sb_call *call = one->call;
	const char *body = param(one, "Body");
	bool is_unicode = !is_ascii(body) || text_equal(param(one, "EncodingType"), "unicode");
	struct sb_record *message;

	call->key = param(one, "CustomField");
	message = sb_record_add(
		call, "Messages",
		json_pack("{ss ss ss ss ss si sI ss* ss* ss* ss*}", "from", param(one, "From"),
			  "to", exotel_number(call->arena, param(one, "To")), "body", body,
			  "status", queued.status, "detail", queued.detail, "code", queued.code,
			  "units", (json_int_t)units_of(body, is_unicode), "custom", call->key,
			  "callback", param(one, "StatusCallback"), "entity",
			  param(one, "DltEntityId"), "template", param(one, "DltTemplateId")),
		NULL);
	if (message)
		sb_later(call, 500, step_sent,
			 json_pack("{ss sI}", "sid", message->id, "stage", (json_int_t)0));
	return message;
}

void exotel_send_sms(struct sb_call *call)
{
	const struct asked one = { call, -1 };
	struct sb_record *message;

	if (!check(&one))
		return;
	message = send_one(&one);
	if (message)
		exotel_reply(call, 200,
			     json_pack("{so}", "SMSMessage", message_json(call, message)));
	else
		call->vendor->problem(call, SB_PROBLEM_FULL, 503);
}

static bool has_message(struct sb_call *call, int index)
{
	return sb_form(call, arena_printf(call->arena, "Messages[%d][To]", index)) ||
	       sb_form(call, arena_printf(call->arena, "Messages[%d][Body]", index));
}

/* All of them, or none when one is wrong. */
void exotel_send_many(struct sb_call *call)
{
	struct asked one = { call, 0 };
	json_t *list;

	for (; one.index < MANY_MAX && has_message(call, one.index); one.index++)
		if (!check(&one))
			return;
	if (!one.index || has_message(call, one.index)) {
		exotel_fail(call, 400, "Messages must be 1 to %d messages: Messages[0][To], "
				       "Messages[0][Body]",
			    MANY_MAX);
		return;
	}
	list = json_array();
	for (int count = one.index, i = 0; i < count; i++) {
		const struct sb_record *message;

		one.index = i;
		message = send_one(&one);
		if (!message) {
			json_decref(list);
			call->vendor->problem(call, SB_PROBLEM_FULL, 503);
			return;
		}
		json_array_append_new(list, message_json(call, message));
	}
	exotel_reply(call, 200, json_pack("{so}", "SMSMessage", list));
}

/* What the Uri of a message names. */
void exotel_show_sms(struct sb_call *call)
{
	const struct sb_record *message =
		sb_live_find(call->account, "Messages", sb_param(call, 1));

	if (message)
		exotel_reply(call, 200,
			     json_pack("{so}", "SMSMessage", message_json(call, message)));
	else
		exotel_fail(call, 404, "Message %s was not found", sb_param(call, 1));
}
