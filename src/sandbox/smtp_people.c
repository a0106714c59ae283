/* smtp_people.c - what becomes of a message where it goes, and what people do with it.
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/mail.h"
#include "sandbox/smtp.h"

#define ARRIVES_MS 500
#define SCANNED_MS 1000
#define READ_MS 2000
#define AWAY_MS 3000
#define DELAYED_MS CLOCK_HOUR
#define GIVEN_UP_MS (24 * CLOCK_HOUR)

/* Why a message does not arrive. */
struct fate {
	int code;
	const char *status, *words;
};

static const struct fate no_mailbox = { 550, "5.1.1", "Recipient address rejected: no such user" };
static const struct fate no_room = { 552, "5.2.2", "The mailbox is full" };
static const struct fate barred = { 550, "5.7.1", "The recipient refuses mail from you" };

static const struct fate *fate_of(const struct sb_prospect *prospect)
{
	return prospect->is_unknown ? &no_mailbox :
	       prospect->is_full    ? &no_room :
	       prospect->blocks	    ? &barred :
				      NULL;
}

bool smtp_refuses(struct sb_call *call, const char *address)
{
	const struct fate *fate = fate_of(sb_prospect_of(call->sandbox, address));

	if (!fate || sb_switch(call->account, "bounces_later"))
		return false;
	smtp_reply(call, fate->code, "%s <%s>: %s", fate->status, address, fate->words);
	return true;
}

/* --- steps --- */

/* What a step is about: {"id", "i", ...}. */
struct at {
	struct sb_record *message;
	size_t i;
	const char *address;
	struct sb_prospect *prospect;
};

static bool find(struct sb_call *call, const json_t *doc, struct at *at)
{
	json_t *recipient;

	at->message = smtp_message_of(call, doc);
	if (!at->message)
		return false;
	at->i = (size_t)json_int_of(doc, "i", 0);
	recipient = json_keep(call->arena, smtp_recipient(at->message, at->i));
	at->address = json_string_of(recipient, "address");
	if (!at->address)
		return false;
	at->prospect = sb_prospect_of(call->sandbox, at->address);
	return true;
}

static void plan(struct sb_call *call, const struct at *at, int64_t ms, sb_step *step,
		 const char *text)
{
	sb_later(call, ms, step,
		 json_pack("{ss sI ss*}", "id", at->message->id, "i", (json_int_t)at->i, "text",
			   text));
}

static const char *header(struct sb_call *call, const struct at *at, const char *name)
{
	size_t len;
	const char *raw = smtp_raw(call, at->message, &len);

	return mail_header(call->arena, raw, len, name);
}

/* "Re: " once. */
static const char *answer_subject(struct sb_call *call, const struct at *at, const char *word)
{
	const char *subject = header(call, at, "Subject");

	if (!subject)
		subject = "your message";
	if (text_equal(word, "Re") && strncasecmp(subject, "Re:", 3) == 0)
		return subject;
	return arena_printf(call->arena, "%s: %s", word, subject);
}

/* The whole thread, and the message last. */
static const char *references(struct sb_call *call, const struct at *at)
{
	const char *before = header(call, at, "References");
	const char *id = header(call, at, "Message-ID");

	if (!id)
		return NULL;
	return before ? arena_printf(call->arena, "%s %s", before, id) : id;
}

static const char *quoted(struct sb_call *call, const struct at *at, const char *text)
{
	const char *line = sb_text(call, at->message, "text");
	char date[HTTP_DATE_SIZE];
	struct buf buf;

	buf_init(&buf, call->arena, 2u << 20);
	http_date_format(at->message->created_at, date);
	buf_addf(&buf, "%s\n\nOn %s, %s wrote:\n", text, date,
		 sb_text(call, at->message, "from"));
	while (*line) {
		size_t len = strcspn(line, "\r\n");

		buf_add(&buf, "> ");
		buf_addn(&buf, line, len);
		buf_addc(&buf, '\n');
		line += len;
		line += strspn(line, "\r");
		line += *line == '\n';
	}
	return buf.is_over ? text : buf_text(&buf);
}

static void answer(struct sb_call *call, const struct at *at, const char *text)
{
	const char *reply_to = header(call, at, "Reply-To");
	const char *to = mail_address(call->arena, reply_to ? reply_to : header(call, at, "From"));
	const struct smtp_back back = {
		.kind = "reply",
		.mail_from = at->address,
		.mail_to = to ? to : sb_text(call, at->message, "mail_from"),
		.from = at->address,
		.subject = answer_subject(call, at, "Re"),
		.in_reply_to = header(call, at, "Message-ID"),
		.references = references(call, at),
		.text = quoted(call, at, text),
	};

	smtp_send_back(call, &back);
}

static void step_answer(struct sb_call *call, const json_t *doc)
{
	struct at at;

	if (!find(call, doc, &at))
		return;
	smtp_became(call, at.message, at.i, "replied");
	answer(call, &at, json_string_of(doc, "text"));
}

/* RFC 3834: to where bounces go, and not of a person. */
static void step_away(struct sb_call *call, const json_t *doc)
{
	struct smtp_back back = { .kind = "away", .mail_from = "", .automatic = "auto-replied",
				  .text = "I am out of the office and back on Monday." };
	struct at at;

	if (!find(call, doc, &at))
		return;
	back.mail_to = sb_text(call, at.message, "mail_from");
	back.from = at.address;
	back.subject = answer_subject(call, &at, "Out of office");
	back.in_reply_to = header(call, &at, "Message-ID");
	back.references = references(call, &at);
	if (*back.mail_to)
		smtp_send_back(call, &back);
}

/* --- links --- */

static size_t links_of(struct sb_call *call, const struct at *at, const char **links)
{
	size_t len;
	const char *raw = smtp_raw(call, at->message, &len);

	return mail_links(call->arena, raw, len, links, SMTP_LINKS_MAX);
}

static void step_scanned(struct sb_call *call, const json_t *doc)
{
	const char *links[SMTP_LINKS_MAX];
	struct at at;
	size_t count;

	if (!find(call, doc, &at))
		return;
	count = links_of(call, &at, links);
	for (size_t i = 0; i < count; i++)
		smtp_open_link(call, links[i]);
}

/* A link by its number from 1, or the first with these letters in it. */
static void step_tapped(struct sb_call *call, const json_t *doc)
{
	const char *links[SMTP_LINKS_MAX], *wanted = json_string_of(doc, "text");
	struct at at;
	size_t count;
	int64_t number;

	if (!find(call, doc, &at))
		return;
	count = links_of(call, &at, links);
	if (!text_int(wanted, &number))
		for (number = 1; (size_t)number <= count && !strstr(links[number - 1], wanted);)
			number++;
	if (number < 1 || (size_t)number > count) {
		sb_ledger_add(call, "message", "no_such_link", at.message->id,
			      at.message->version);
		return;
	}
	smtp_became(call, at.message, at.i, "clicked");
	smtp_open_link(call, links[number - 1]);
}

/* The first <uri> of a header that begins so; NULL if there is none. */
static const char *uri_of(struct sb_call *call, const char *header, const char *scheme)
{
	const char *at = header;

	while (at && (at = strchr(at, '<'))) {
		size_t len = strcspn(++at, ">");

		if (strncasecmp(at, scheme, strlen(scheme)) == 0 && at[len] == '>')
			return arena_strndup(call->arena, at, len);
	}
	return NULL;
}

static void mail_to_uri(struct sb_call *call, const struct at *at, const char *uri)
{
	const char *to = url_decode(call->arena, uri + 7, strcspn(uri + 7, "?"), false);
	const char *query = strchr(uri, '?');
	const char *subject = query ? url_query_find(call->arena, query + 1, "subject") : NULL;
	const struct smtp_back back = {
		.kind = "unsubscribe",
		.mail_from = at->address,
		.mail_to = to ? to : "",
		.from = at->address,
		.subject = subject && !strpbrk(subject, "\r\n") ? subject : "unsubscribe",
		.text = "unsubscribe",
	};

	smtp_send_back(call, &back);
}

/* RFC 8058 where the message offers it, else by mail (RFC 2369), else in words. */
static void step_opt_out(struct sb_call *call, const json_t *doc)
{
	const char *list, *post, *web, *mail;
	struct at at;

	if (!find(call, doc, &at))
		return;
	list = header(call, &at, "List-Unsubscribe");
	post = header(call, &at, "List-Unsubscribe-Post");
	web = post && text_equal_nocase(post, "List-Unsubscribe=One-Click") ?
		      uri_of(call, list, "http") :
		      NULL;
	mail = uri_of(call, list, "mailto:");
	smtp_became(call, at.message, at.i, "unsubscribed");
	if (web)
		smtp_one_click(call, web);
	else if (mail)
		mail_to_uri(call, &at, mail);
	else
		answer(call, &at, "STOP");
}

static void step_complain(struct sb_call *call, const json_t *doc)
{
	struct at at;

	if (!find(call, doc, &at))
		return;
	smtp_became(call, at.message, at.i, "complained");
	smtp_complain(call, at.message, at.address);
}

/* --- arriving, or not --- */

static void step_read(struct sb_call *call, const json_t *doc)
{
	struct at at;

	if (find(call, doc, &at))
		smtp_became(call, at.message, at.i, "read");
}

/* What they do with a message that has arrived, once each. */
static void plan_deeds(struct sb_call *call, const struct at *at)
{
	struct sb_prospect *prospect = at->prospect;
	const struct sb_reaction *reaction;

	if (prospect->is_scanned)
		plan(call, at, SCANNED_MS, step_scanned, NULL);
	if (prospect->is_away) {
		plan(call, at, AWAY_MS, step_away, NULL);
		return;
	}
	if (prospect->reads)
		plan(call, at, READ_MS, step_read, NULL);
	if (prospect->complains || prospect->opts_out) {
		plan(call, at, READ_MS + 1000, prospect->complains ? step_complain : step_opt_out,
		     NULL);
		prospect->complains = prospect->opts_out = false;
		return;
	}
	reaction = sb_prospect_to_message(prospect);
	if (reaction)
		plan(call, at, READ_MS + sb_reaction_wait(reaction, call->now),
		     reaction->deed == SB_TAPS ? step_tapped : step_answer, reaction->text);
}

static void step_given_up(struct sb_call *call, const json_t *doc)
{
	struct at at;

	if (!find(call, doc, &at))
		return;
	smtp_became(call, at.message, at.i, "bounced");
	smtp_bounce(call, at.message, at.i, "failed", "5.4.7",
		    "451 4.4.1 No answer from host: given up");
}

static void step_delayed(struct sb_call *call, const json_t *doc)
{
	struct at at;

	if (!find(call, doc, &at))
		return;
	smtp_became(call, at.message, at.i, "delayed");
	smtp_bounce(call, at.message, at.i, "delayed", "4.4.1", "451 4.4.1 No answer from host");
}

static void step_arrived(struct sb_call *call, const json_t *doc)
{
	const struct fate *fate;
	struct at at;

	if (!find(call, doc, &at))
		return;
	fate = fate_of(at.prospect);
	if (fate) {
		smtp_became(call, at.message, at.i, "bounced");
		smtp_bounce(call, at.message, at.i, "failed", fate->status,
			    arena_printf(call->arena, "%d %s <%s>: %s", fate->code, fate->status,
					 at.address, fate->words));
		return;
	}
	smtp_became(call, at.message, at.i, "delivered");
	smtp_bounce(call, at.message, at.i, "delivered", "2.0.0", "250 2.0.0 Ok");
	plan_deeds(call, &at);
}

void smtp_plan(struct sb_call *call, struct sb_record *message)
{
	json_t *all = json_keep(call->arena, sb_record_value_of(message, "recipients")), *one;
	struct at at = { .message = message };

	json_array_foreach(all, at.i, one) {
		const struct sb_prospect *prospect =
			sb_prospect_of(call->sandbox, json_string_of(one, "address"));

		if (prospect->pickup == SB_UNREACHABLE) {
			plan(call, &at, DELAYED_MS, step_delayed, NULL);
			plan(call, &at, GIVEN_UP_MS, step_given_up, NULL);
		} else {
			plan(call, &at, ARRIVES_MS, step_arrived, NULL);
		}
	}
}

bool smtp_write(struct sb_call *call, const char *from, const char *to, const char *text)
{
	const struct smtp_back back = {
		.kind = "written",
		.mail_from = from,
		.mail_to = to,
		.from = from,
		.subject = "A question",
		.text = text,
	};

	if (!*smtp_place_of(call, to) || !mail_address(call->arena, from) ||
	    strpbrk(from, "\r\n") || strpbrk(to, "\r\n"))
		return false;
	smtp_send_back(call, &back);
	return true;
}
