/* smtp_back.c - mail to the customer: replies, bounces (RFC 3464), complaints (RFC 5965); and
 * the requests that opening a link makes. Threads: under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/mail.h"
#include "sandbox/smtp.h"

#define MESSAGE_MAX (80u << 20)
#define BOUNDARY "=_7c3b0e5d9a41f268"
#define BASE64_LINE 76

/* --- composing --- */

static const char *mail_date(struct sb_call *call, int64_t ms)
{
	char text[HTTP_DATE_SIZE + 4];

	http_date_format(ms, text);
	snprintf(strstr(text, "GMT"), 8, "+0000");
	return arena_strdup(call->arena, text);
}

static void add_header(struct buf *buf, const char *name, const char *value)
{
	if (value)
		buf_addf(buf, "%s: %s\r\n", name, value);
}

/* Lines of text with CR LF. */
static void add_lines(struct buf *buf, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			buf_add(buf, "\r\n");
		else if (*text != '\r')
			buf_addc(buf, *text);
}

static bool is_plain(const char *text)
{
	size_t line = 0;

	for (; *text; text++) {
		line = *text == '\n' ? 0 : line + 1;
		if ((unsigned char)*text >= 0x80 || line > 900)
			return false;
	}
	return true;
}

/* A text part with its headers: as it is, or in base64 where a server might not take it. */
static void add_text(struct buf *buf, const char *text)
{
	const char *letters;

	buf_add(buf, "Content-Type: text/plain; charset=utf-8\r\n");
	if (is_plain(text)) {
		buf_add(buf, "\r\n");
		add_lines(buf, text);
		buf_add(buf, "\r\n");
		return;
	}
	buf_add(buf, "Content-Transfer-Encoding: base64\r\n\r\n");
	letters = base64_encode(buf->arena, text, strlen(text));
	while (*letters) {
		size_t len = strnlen(letters, BASE64_LINE);

		buf_addn(buf, letters, len);
		buf_add(buf, "\r\n");
		letters += len;
	}
}

static void add_report(struct buf *buf, const struct smtp_back *back)
{
	bool is_feedback = text_equal(back->report_type, "feedback-report");

	buf_addf(buf,
		 "Content-Type: multipart/report; report-type=%s; boundary=\"" BOUNDARY "\"\r\n\r\n",
		 back->report_type);
	buf_add(buf, "--" BOUNDARY "\r\n");
	add_text(buf, back->text);
	buf_addf(buf, "--" BOUNDARY "\r\nContent-Type: message/%s\r\n\r\n",
		 is_feedback ? "feedback-report" : "delivery-status");
	add_lines(buf, back->report);
	buf_addf(buf, "\r\n--" BOUNDARY "\r\nContent-Type: %s\r\n\r\n",
		 back->returns_headers ? "text/rfc822-headers" : "message/rfc822");
	buf_add(buf, back->returned);
	buf_add(buf, "\r\n--" BOUNDARY "--\r\n");
}

/* Header values of the customer's messages came unfolded; what came another way, from a
 * control or decoded from a link, could begin a header of its own. */
static bool is_line(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' && *text != '\t')
			return false;
	return true;
}

static bool is_sound(const struct smtp_back *back)
{
	const char *const values[] = { back->mail_from,	  back->mail_to,     back->from,
				       back->subject,	  back->in_reply_to, back->references };

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (!is_line(values[i]))
			return false;
	return *back->mail_to != '\0';
}

static const char *compose(struct sb_call *call, const struct smtp_back *back,
			   const char *message_id)
{
	struct buf buf;

	buf_init(&buf, call->arena, MESSAGE_MAX);
	add_header(&buf, "From", back->from);
	add_header(&buf, "To", arena_printf(call->arena, "<%s>", back->mail_to));
	add_header(&buf, "Subject", back->subject);
	add_header(&buf, "Date", mail_date(call, call->now));
	add_header(&buf, "Message-ID", message_id);
	add_header(&buf, "In-Reply-To", back->in_reply_to);
	add_header(&buf, "References", back->references);
	add_header(&buf, "Auto-Submitted", back->automatic);
	add_header(&buf, "MIME-Version", "1.0");
	if (back->report)
		add_report(&buf, back);
	else
		add_text(&buf, back->text);
	return buf.is_over ? NULL : buf_text(&buf);
}

/* --- where it goes --- */

/* Of several records the newest. */
const char *smtp_place_of(struct sb_call *call, const char *address)
{
	const struct sb_object *inbound = sb_object_find(call->account, "inbound");
	const char *domain = strrchr(address, '@');
	const char *wanted[] = { address, arena_printf(call->arena, "*%s", domain ? domain : ""),
				 "*" };

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		for (size_t n = sb_object_count(inbound); n-- > 0;) {
			const struct sb_record *record = sb_object_record(inbound, n);

			if (record->state == SB_LIVE &&
			    text_equal_nocase(sb_text(call, record, "address"), wanted[i]))
				return sb_text(call, record, "deliver_to");
		}
	return "";
}

static void sent(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		 size_t body_len)
{
	struct sb_record *message = smtp_message_of(call, hook->extra);
	const char *word = status / 100 == 2		   ? "delivered" :
			   hook->state == SB_HOOK_FAILED ? "failed" :
							     "deferred";

	(void)body;
	(void)body_len;
	if (message)
		smtp_became(call, message, 0, word);
}

static void as_request(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		       struct http_request *request)
{
	const json_t *mail = json_array_get(hook->events, 0);

	(void)now;
	(void)attempt;
	request->body = arena_strdup(arena, json_string_of(mail, "message"));
	http_header_add(&request->headers, "Envelope-From",
			arena_printf(arena, "<%s>", json_string_of(mail, "from")));
	http_header_add(&request->headers, "Envelope-To",
			arena_printf(arena, "<%s>", json_string_of(mail, "to")));
}

static const int64_t waits_ms[] = { 30 * CLOCK_SECOND, 5 * CLOCK_MINUTE, 30 * CLOCK_MINUTE, 0 };

/* To an address of http by POST; to one of smtp by mail, where `sign` is not asked. */
static const struct sb_hook_rules rules = {
	.content_type = "message/rfc822",
	.timeout_ms = 20000,
	.waits_ms = waits_ms,
	.batch_max = 1,
	.sign = as_request,
	.replied = sent,
};

static const char *new_message_id(struct sb_call *call)
{
	char letters[25];

	sb_rng_text(&call->rng, SB_HEX, letters, 24);
	return arena_printf(call->arena, "<%s@" SMTP_HOST ">", letters);
}

void smtp_send_back(struct sb_call *call, const struct smtp_back *back)
{
	const char *id = new_message_id(call), *before = call->key, *place, *raw;
	struct smtp *smtp = smtp_of(call->account);
	struct sb_record *message;

	raw = is_sound(back) ? compose(call, back, id) : NULL;
	if (!raw || smtp->held + strlen(raw) > SMTP_HELD_MAX) {
		sb_ledger_add(call, "message", "not_sent_back", "", 0);
		return;
	}
	place = smtp_place_of(call, back->mail_to);
	call->key = id;
	message = sb_record_create(
		call, sb_object_find(call->account, "messages"),
		json_keep(call->arena,
			  json_pack("{ss ss ss s[{ss ss}] ss ss ss ss ss* ss sI ss}", "kind",
				    back->kind, "status", *place ? "queued" : "kept", "mail_from",
				    back->mail_from, "recipients", "address", back->mail_to,
				    "status", *place ? "queued" : "kept", "from", back->from, "to",
				    back->mail_to, "subject",
				    mail_words(call->arena, back->subject), "message_id", id,
				    "in_reply_to", back->in_reply_to, "text", back->text, "size",
				    (json_int_t)strlen(raw), "raw", raw)),
		NULL);
	call->key = before;
	if (!message)
		return;
	smtp->held += strlen(raw);
	sb_ledger_add(call, "message", back->kind, message->id, message->version);
	if (*place)
		sb_hook_queue(call, place, &rules,
			      json_pack("{ss ss ss}", "from", back->mail_from, "to", back->mail_to,
					"message", raw),
			      json_pack("{ss}", "id", message->id));
}

/* --- reports --- */

/* The message as it came, or its headers; "" where it is not UTF-8. */
static const char *returned(struct sb_call *call, const struct sb_record *message,
			    bool only_headers)
{
	size_t len;
	const char *raw = smtp_raw(call, message, &len);

	if (only_headers)
		len = mail_headers_len(raw, len);
	return text_is_utf8(raw, len) ? arena_strndup(call->arena, raw, len) : "";
}

/* RFC 3461: what NOTIFY asks for; without it, failures and delays. */
static bool is_wanted(const char *notify, const char *action)
{
	const char *word = text_equal(action, "failed")	 ? "FAILURE" :
			   text_equal(action, "delayed") ? "DELAY" :
							   "SUCCESS";

	if (!notify)
		return !text_equal(action, "delivered");
	return strcasestr(notify, word) != NULL;
}

static const char *report_of(struct sb_call *call, const struct sb_record *message,
			     const json_t *recipient, const char *action, const char *status,
			     const char *diagnostic)
{
	const char *address = json_string_of(recipient, "address");
	const char *orcpt = json_string_of(recipient, "orcpt");
	const char *envid = sb_text(call, message, "envid");
	struct buf buf;

	buf_init(&buf, call->arena, 8192);
	if (*envid)
		buf_addf(&buf, "Original-Envelope-Id: %s\n", envid);
	buf_addf(&buf, "Reporting-MTA: dns; " SMTP_HOST "\nX-Postfix-Queue-ID: %s\n", message->id);
	buf_addf(&buf, "Arrival-Date: %s\n\n", mail_date(call, message->created_at));
	if (orcpt)
		buf_addf(&buf, "Original-Recipient: %s\n", orcpt);
	buf_addf(&buf, "Final-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n", address, action,
		 status);
	buf_addf(&buf, "Remote-MTA: dns; mx.%s\n", strrchr(address, '@') + 1);
	buf_addf(&buf, "Diagnostic-Code: smtp; %s\n", diagnostic);
	return buf_text(&buf);
}

void smtp_bounce(struct sb_call *call, const struct sb_record *message, size_t i,
		 const char *action, const char *status, const char *diagnostic)
{
	const json_t *recipient = json_keep(call->arena, smtp_recipient(message, i));
	const char *to = sb_text(call, message, "mail_from");
	bool is_failed = text_equal(action, "failed");
	struct smtp_back back = {
		.kind = is_failed ? "bounce" : action,
		.mail_from = "",
		.mail_to = to,
		.from = "Mail Delivery System <MAILER-DAEMON@" SMTP_HOST ">",
		.subject = is_failed			   ? "Undelivered Mail Returned to Sender" :
			   text_equal(action, "delayed") ? "Delayed Mail (still being retried)" :
							     "Successful Mail Delivery Report",
		.automatic = "auto-replied",
		.report_type = "delivery-status",
	};

	/* A null sender is never told: that is how mail does not go round for ever. */
	if (!*to || !is_wanted(json_string_of(recipient, "notify"), action))
		return;
	back.text = arena_printf(call->arena,
				 "This is the mail system at host " SMTP_HOST ".\n\n<%s>: %s\n",
				 json_string_of(recipient, "address"), diagnostic);
	back.report = report_of(call, message, recipient, action, status, diagnostic);
	back.returns_headers = !is_failed || text_equal_nocase(sb_text(call, message, "ret"), "HDRS");
	back.returned = returned(call, message, back.returns_headers);
	smtp_send_back(call, &back);
}

void smtp_complain(struct sb_call *call, const struct sb_record *message, const char *address)
{
	const char *to = sb_text(call, message, "mail_from");
	struct smtp_back back = {
		.kind = "complaint",
		.mail_from = "",
		.mail_to = to,
		.from = "Feedback loop <fbl@" SMTP_HOST ">",
		.subject = arena_printf(call->arena, "FW: %s", sb_text(call, message, "subject")),
		.text = "This is an abuse report for a message that we received.\n",
		.report_type = "feedback-report",
		.returned = returned(call, message, false),
	};

	if (!*to)
		return;
	back.report = arena_printf(call->arena,
				   "Feedback-Type: abuse\nUser-Agent: Fairlead-Sandbox/%s\n"
				   "Version: 1\nOriginal-Mail-From: <%s>\n"
				   "Original-Rcpt-To: <%s>\nArrival-Date: %s\n"
				   "Reported-Domain: %s\n",
				   FAIRLEAD_VERSION, to, address,
				   mail_date(call, message->created_at), strrchr(to, '@') + 1);
	smtp_send_back(call, &back);
}

/* --- links --- */

static void as_get(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		   struct http_request *request)
{
	(void)hook;
	(void)arena;
	(void)now;
	(void)attempt;
	request->method = "GET";
	request->body = NULL;
}

static void as_one_click(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
			 struct http_request *request)
{
	(void)hook;
	(void)arena;
	(void)now;
	(void)attempt;
	request->body = "List-Unsubscribe=One-Click";
}

static const struct sb_hook_rules opening = {
	.timeout_ms = 10000,
	.batch_max = 1,
	.judge = sb_hook_any_answer,
	.sign = as_get,
};

static const struct sb_hook_rules one_click = {
	.content_type = "application/x-www-form-urlencoded",
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = as_one_click,
};

void smtp_open_link(struct sb_call *call, const char *url)
{
	sb_hook_queue(call, url, &opening, json_pack("{ss}", "opens", url), NULL);
}

void smtp_one_click(struct sb_call *call, const char *url)
{
	sb_hook_queue(call, url, &one_click, json_pack("{ss}", "unsubscribes", url), NULL);
}
