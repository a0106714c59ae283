/* smtp.h - what the files of the sandbox's mail share. Threads: under the sandbox's lock.
 *
 * Mail is a vendor whose requests are the steps of SMTP (smtp_session.h). What came in, and
 * what people send back, are records of the object "messages"; where mail to the customer
 * goes is a record of "inbound" for each address or domain. */
#ifndef SANDBOX_SMTP_H
#define SANDBOX_SMTP_H

#include "sandbox/later.h"
#include "sandbox/prospect.h"
#include "sandbox/records.h"
#include "sandbox/render.h"
#include "sandbox/state.h"
#include "sandbox/webhooks.h"

#define SMTP_HOST "mx.sandbox.example"
#define SMTP_LINKS_MAX 50

/* The account's own things: account->state. */
struct smtp {
	const char *user, *password, *token; /* of AUTH; the token is XOAUTH2's */
	size_t held;                         /* bytes of all messages: SMTP_HELD_MAX at most */
};
struct smtp *smtp_of(const struct sb_account *account);

#define SMTP_HELD_MAX (256u << 20)

/* Answers with a code and a line ("5.1.1 <a@b>: no such mailbox"). */
void smtp_reply(struct sb_call *call, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* --- messages: smtp_message.c --- */

extern const struct sb_field_spec smtp_message_fields[];
extern const size_t smtp_nmessage_fields;

/* The handler of MESSAGE. */
void smtp_take_message(struct sb_call *call);

/* Its bytes as they came; *len may count NULs. */
const char *smtp_raw(const struct sb_call *call, const struct sb_record *message, size_t *len);

/* The message of a document {"id": ...}; NULL when it is gone. */
struct sb_record *smtp_message_of(struct sb_call *call, const json_t *doc);

/* The recipient number `i` of it: {address, notify, orcpt, status}; new, or NULL. */
json_t *smtp_recipient(const struct sb_record *message, size_t i);

/* What became of the message at a recipient: into the record, and the ledger. */
void smtp_became(struct sb_call *call, struct sb_record *message, size_t i, const char *status);

/* --- people: smtp_people.c --- */

/* Refuses a recipient with its reply, or returns false. */
bool smtp_refuses(struct sb_call *call, const char *address);

/* Plans what each recipient does. */
void smtp_plan(struct sb_call *call, struct sb_record *message);

/* Somebody writes by themselves; false when nothing says where mail to `to` goes. */
bool smtp_write(struct sb_call *call, const char *from, const char *to, const char *text);

/* --- what is sent back: smtp_back.c --- */

/* A message to the customer. Texts are the call's arena's or constant; NULL: none. */
struct smtp_back {
	const char *kind;         /* "reply", "bounce", ... : for records and ledger */
	const char *mail_from;    /* the envelope's; "" of bounces */
	const char *mail_to;
	const char *from;         /* the header's */
	const char *subject;      /* may have encoded words */
	const char *in_reply_to, *references;
	const char *automatic;    /* Auto-Submitted */
	const char *text;
	/* A report (RFC 3462): its type, the parts behind the text. */
	const char *report_type;
	const char *report;       /* the lines of the machine's part */
	const char *returned;     /* the message, or its headers */
	bool returns_headers;
};

/* Where mail to an address goes: what the account's "inbound" says of it, of "*@domain" or of
 * "*"; "" when nothing does. */
const char *smtp_place_of(struct sb_call *call, const char *address);

/* Writes it down and sends it to its place; without one it is kept, to be looked at. */
void smtp_send_back(struct sb_call *call, const struct smtp_back *back);

/* The failure of a message at a recipient is reported, if that was wanted. `action` is
 * "failed", "delayed" or "delivered". */
void smtp_bounce(struct sb_call *call, const struct sb_record *message, size_t i,
		 const char *action, const char *status, const char *diagnostic);

/* A report of abuse (RFC 5965). */
void smtp_complain(struct sb_call *call, const struct sb_record *message, const char *address);

/* Opens a link as a person or a filter does, or takes RFC 8058's one click. */
void smtp_open_link(struct sb_call *call, const char *url);
void smtp_one_click(struct sb_call *call, const char *url);

#endif
