/* smtp_message.c - a message is taken, and kept. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/mail.h"
#include "sandbox/smtp.h"
#include "sandbox/vendor.h"

const struct sb_field_spec smtp_message_fields[] = {
	{ "kind", "Kind", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "from", "From", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "to", "To", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "subject", "Subject", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "mail_from", "Envelope sender", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "recipients", "Recipients", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	{ "message_id", "Message-ID", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "in_reply_to", "In-Reply-To", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "text", "Text", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "size", "Bytes", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "tls", "By TLS", SB_BOOLEAN, 0, 0, NULL, NULL, NULL, NULL },
	{ "envid", "ENVID", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "ret", "RET", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "raw", "As it came", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "raw_base64", "As it came, where it is not UTF-8", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL,
	  NULL },
};
const size_t smtp_nmessage_fields = ARRAY_LEN(smtp_message_fields);

const char *smtp_raw(const struct sb_call *call, const struct sb_record *message, size_t *len)
{
	const char *text = sb_text(call, message, "raw");
	unsigned char *bytes;

	*len = strlen(text);
	if (*len || base64_decode(call->arena, sb_text(call, message, "raw_base64"), &bytes, len,
				  NULL) < 0)
		return text;
	return (char *)bytes;
}

struct sb_record *smtp_message_of(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = sb_record_find(sb_object_find(call->account, "messages"),
						   json_string_of(doc, "id"));

	return message && message->state == SB_LIVE ? message : NULL;
}

json_t *smtp_recipient(const struct sb_record *message, size_t i)
{
	json_t *all = sb_record_value_of(message, "recipients");
	json_t *one = json_incref(json_array_get(all, i));

	json_decref(all);
	return one;
}

void smtp_became(struct sb_call *call, struct sb_record *message, size_t i, const char *status)
{
	json_t *all = sb_record_value_of(message, "recipients"), *copy = json_deep_copy(all);

	json_decref(all);
	json_object_set_new(json_array_get(copy, i), "status", json_string(status));
	sb_record_update(call, message,
			 json_keep(call->arena,
				   json_pack("{so ss}", "recipients", copy, "status", status)));
	sb_ledger_add(call, "message", status, message->id, message->version);
}

/* --- taking one --- */

static const char *header(struct sb_call *call, const char *name)
{
	const char *value = mail_header(call->arena, call->body, call->body_len, name);

	return value ? mail_words(call->arena, value) : NULL;
}

static json_t *values_of(struct sb_call *call, const json_t *envelope)
{
	bool is_text = text_is_utf8(call->body, call->body_len);
	json_t *to = json_deep_copy(json_object_get(envelope, "to")), *one;
	size_t i;

	json_array_foreach(to, i, one)
		json_object_set_new(one, "status", json_string("queued"));
	return json_pack(
		"{ss ss ss so ss* ss* ss* ss* ss* ss sI sb ss* ss* ss}", "kind", "received",
		"status", "queued", "mail_from", json_string_of(envelope, "from"), "recipients", to,
		"from", header(call, "From"), "to", header(call, "To"), "subject",
		header(call, "Subject"), "message_id", call->key, "in_reply_to",
		header(call, "In-Reply-To"), "text",
		mail_text(call->arena, call->body, call->body_len), "size",
		(json_int_t)call->body_len, "tls", json_is_true(json_object_get(envelope, "tls")),
		"envid", json_string_of(envelope, "envid"), "ret", json_string_of(envelope, "ret"),
		is_text ? "raw" : "raw_base64",
		is_text ? call->body : base64_encode(call->arena, call->body, call->body_len));
}

static bool is_refused(struct sb_call *call, const json_t *envelope)
{
	const struct smtp *smtp = smtp_of(call->account);

	if (!json_array_size(json_object_get(envelope, "to")) || !json_string_of(envelope, "from"))
		smtp_reply(call, 503, "5.5.1 MAIL and RCPT first");
	else if (json_is_true(json_object_get(envelope, "long_lines")) &&
		 !sb_switch(call->account, "long_lines"))
		smtp_reply(call, 554, "5.6.0 A line has more than 998 bytes");
	else if (json_is_true(json_object_get(envelope, "bare_ends")) &&
		 !sb_switch(call->account, "bare_ends"))
		smtp_reply(call, 554, "5.6.0 CR and LF stand only together");
	else if (smtp->held + call->body_len > SMTP_HELD_MAX)
		smtp_reply(call, 452, "4.3.1 The mailboxes are full: reset the account");
	else
		return false;
	return true;
}

void smtp_take_message(struct sb_call *call)
{
	const char *text = sb_header(call, "Smtp-Envelope");
	const json_t *envelope =
		text ? json_parse(call->arena, text, strlen(text), &sb_json_limits, NULL) : NULL;
	struct sb_record *message;

	if (is_refused(call, envelope))
		return;
	call->key = mail_header(call->arena, call->body, call->body_len, "Message-ID");
	message = sb_record_create(call, sb_object_find(call->account, "messages"),
				   json_keep(call->arena, values_of(call, envelope)), NULL);
	if (!message) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 0);
		return;
	}
	smtp_of(call->account)->held += call->body_len;
	smtp_plan(call, message);
	smtp_reply(call, 250, "2.0.0 Ok: queued as %s", message->id);
}
