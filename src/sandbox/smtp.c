/* smtp.c - a mail server as a vendor: the steps of SMTP, its accounts and its doubts. Threads:
 * under the sandbox's lock. */
#include "sandbox/smtp.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/smtp_server.h"
#include "sandbox/vendor.h"

struct smtp *smtp_of(const struct sb_account *account)
{
	return account->state;
}

void smtp_reply(struct sb_call *call, int code, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = arena_vprintf(call->arena, format, args);
	va_end(args);
	sb_reply_text(call, code, "text/plain", text, strlen(text));
}

/* --- whose it is --- */

/* What is said before AUTH is said by the default account. */
static struct sb_account *account_before_auth(struct sb_call *call)
{
	return sb_account_find(call->sandbox, call->vendor, "default");
}

static struct sb_account *account_by_password(struct sb_call *call, const char *user,
					      const char *password)
{
	for (struct sb_account *a = call->sandbox->accounts; a; a = a->next)
		if (a->vendor == call->vendor && text_equal_nocase(smtp_of(a)->user, user) &&
		    text_equal(smtp_of(a)->password, password))
			return a;
	return NULL;
}

/* Sets the account of what AUTH told. */
static bool know(struct sb_call *call)
{
	const char *user, *password, *token = sb_authorization(call, "Bearer");

	if (token)
		return sb_token_check(call, token) == SB_TOKEN_OK;
	if (sb_basic(call, &user, &password))
		call->account = account_by_password(call, user, password);
	return call->account != NULL;
}

static bool authenticate(struct sb_call *call)
{
	struct sb_account *open = account_before_auth(call);

	if (know(call))
		return true;
	call->account = NULL;
	if (!sb_header(call, "Authorization") && open && !sb_switch(open, "auth_required")) {
		call->account = open;
		return true;
	}
	smtp_reply(call, 530, "5.7.0 Authentication required");
	return false;
}

/* --- steps --- */

static void connected(struct sb_call *call)
{
	call->account = account_before_auth(call);
	if (call->account)
		smtp_reply(call, 220, SMTP_HOST " ESMTP Fairlead sandbox");
	else
		smtp_reply(call, 421, "4.3.2 There is no account \"default\"");
}

static bool has_tls(const struct sb_call *call)
{
	return sb_header(call, "Smtp-Tls") != NULL;
}

static bool may_auth(const struct sb_call *call)
{
	return has_tls(call) || !sb_switch(call->account, "tls_required");
}

static void ehlo(struct sb_call *call)
{
	static const struct { const char *word, *without; } words[] = {
		{ "8BITMIME", "no_8bitmime" }, { "SMTPUTF8", "no_smtputf8" }, { "DSN", "no_dsn" },
		{ "PIPELINING", "no_pipelining" },
	};
	struct buf buf;

	call->account = account_before_auth(call);
	if (!call->account) {
		smtp_reply(call, 421, "4.3.2 There is no account \"default\"");
		return;
	}
	buf_init(&buf, call->arena, 512);
	if (!has_tls(call) && !sb_switch(call->account, "no_starttls"))
		buf_add(&buf, "STARTTLS\n");
	buf_addf(&buf, "SIZE %lld\n", (long long)sb_switch(call->account, "size_max"));
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!sb_switch(call->account, words[i].without))
			buf_addf(&buf, "%s\n", words[i].word);
	if (may_auth(call))
		buf_add(&buf, "AUTH PLAIN LOGIN XOAUTH2\n");
	buf_add(&buf, "ENHANCEDSTATUSCODES");
	smtp_reply(call, 250, "%s", buf_text(&buf));
}

static void auth(struct sb_call *call)
{
	call->account = account_before_auth(call);
	if (call->account && !may_auth(call)) {
		smtp_reply(call, 538, "5.7.11 Encryption is required: STARTTLS first");
		return;
	}
	call->account = NULL;
	if (know(call))
		smtp_reply(call, 235, "2.7.0 Authentication successful");
	else
		smtp_reply(call, 535, "5.7.8 Authentication failed");
}

static void mail(struct sb_call *call)
{
	smtp_reply(call, 250, "2.1.0 Ok");
}

static void rcpt(struct sb_call *call)
{
	if (!smtp_refuses(call, sb_param(call, 0)))
		smtp_reply(call, 250, "2.1.5 Ok");
}

static void data(struct sb_call *call)
{
	smtp_reply(call, 354, "End data with <CR><LF>.<CR><LF>");
}

static const struct sb_route routes[] = {
	{ "CONNECT", "/session", connected, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "EHLO", "/session", ehlo, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "AUTH", "/session", auth, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "MAIL", "/session", mail, 0, NULL, 0 },
	{ "RCPT", "/recipients/{address}", rcpt, SB_UNLIMITED, NULL, 0 },
	{ "DATA", "/messages", data, SB_UNLIMITED, NULL, 0 },
	{ "MESSAGE", "/messages", smtp_take_message, SB_UNLIMITED, NULL, 0 },
	{ "*", "/{*}", NULL, SB_PUBLIC | SB_UNLIMITED,
	  "it speaks SMTP: start the sandbox with --smtp-listen", 0 },
};

static const struct sb_switch_spec switches[] = {
	{ "tls_required", 1, "0: AUTH is taken without TLS" },
	{ "auth_required", 1, "0: whoever comes may send, for the account \"default\"" },
	{ "size_max", 52428800, "bytes of a message" },
	{ "bounces_later", 0, "1: a recipient who cannot be written to is accepted, and a bounce "
			      "comes later" },
	{ "long_lines", 0, "1: lines over 998 bytes are taken" },
	{ "bare_ends", 0, "1: CR and LF that stand alone are taken" },
	{ "no_starttls", 0, "1: STARTTLS is not offered" },
	{ "no_8bitmime", 0, "1: 8BITMIME is not offered" },
	{ "no_smtputf8", 0, "1: SMTPUTF8 is not offered" },
	{ "no_dsn", 0, "1: DSN is not offered" },
	{ "no_pipelining", 0, "1: PIPELINING is not offered" },
};

/* --- problems --- */

static const struct { int code; const char *text; } words[] = {
	{ 421, "4.3.2 Service not available, closing the transmission channel" },
	{ 450, "4.2.0 Greylisted: try again later" },
	{ 451, "4.3.0 Local error in processing: try again later" },
	{ 452, "4.3.1 Insufficient system storage" },
	{ 454, "4.7.0 TLS is not available now" },
	{ 530, "5.7.0 Authentication required" },
	{ 534, "5.7.9 The mechanism is too weak" },
	{ 535, "5.7.8 Authentication failed" },
	{ 538, "5.7.11 Encryption is required" },
	{ 550, "5.7.1 Rejected by policy" },
	{ 552, "5.2.2 The mailbox is full" },
	{ 553, "5.1.3 The mailbox name is not allowed" },
	{ 554, "5.7.1 Rejected as spam" },
};

static const char *words_of(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].code == code)
			return words[i].text;
	return code < 500 ? "4.3.0 Try again later" : "5.3.0 It cannot be done";
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	bool is_early = text_equal(call->method, "CONNECT");

	switch (problem) {
	case SB_PROBLEM_RATE:
		smtp_reply(call, is_early ? 421 : 450, "4.7.1 Too many messages: slow down");
		return;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		smtp_reply(call, 535, "5.7.8 Authentication failed");
		return;
	case SB_PROBLEM_FORBIDDEN:
		smtp_reply(call, 550, "5.7.1 Rejected by policy");
		return;
	case SB_PROBLEM_LOCKED:
		smtp_reply(call, 450, "4.2.1 The mailbox is busy");
		return;
	case SB_PROBLEM_BAD_JSON:
		smtp_reply(call, 501, "5.5.2 That cannot be read");
		return;
	case SB_PROBLEM_FULL:
		smtp_reply(call, 452, "4.3.1 Insufficient system storage");
		return;
	case SB_PROBLEM_SERVER:
		status = status ? status : 451;
		smtp_reply(call, status, "%s", words_of(status));
		return;
	}
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, "messages", 1);
}

/* --- accounts --- */

static void queue_id(const struct sb_object *object, uint64_t number, char id[64])
{
	struct sb_rng rng = sb_rng_of(sb_object_account(object)->remote_id ^ 0x534d5450, number);

	sb_rng_text(&rng, "0123456789ABCDEF", id, 12);
}

static const struct sb_field_spec inbound_fields[] = {
	{ "address", "Address, *@domain or *", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "deliver_to", "smtp://HOST:PORT, or http://...", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
};

static void open(struct sb_account *account)
{
	const struct sb_object_spec messages = { .name = "messages", .label = "Messages",
						 .first = 1, .make_id = queue_id };
	const struct sb_object_spec inbound = { .name = "inbound", .label = "Where mail goes",
						.first = 1 };
	struct smtp *smtp = arena_alloc(account->arena, sizeof(*smtp));
	const char *mark = sb_opening_mark(account);

	account->state = smtp;
	smtp->user = arena_printf(account->arena, "%s@sandbox.example", account->name);
	smtp->password = arena_printf(account->arena, "smtp-password-sandbox-%s", mark);
	smtp->token = arena_printf(account->arena, "smtp-token-sandbox-%s", mark);
	sb_opening_token(account, "xoauth2_token", smtp->token);
	sb_fields_add(sb_object_add(account, &messages), smtp_message_fields,
		      smtp_nmessage_fields);
	sb_fields_add(sb_object_add(account, &inbound), inbound_fields, ARRAY_LEN(inbound_fields));
	sb_window_open(account, "messages", SB_ROLLING, CLOCK_MINUTE, 6000);
}

static void credentials(struct sb_account *account, json_t *out)
{
	const struct smtp *smtp = smtp_of(account);
	const struct smtp_server *server = account->sandbox->smtp;

	json_object_set_new(out, "user", json_string(smtp->user));
	json_object_set_new(out, "password", json_string(smtp->password));
	sb_opening_credentials(account, NULL, out);
	if (!server)
		return;
	json_object_set_new(out, "port", json_integer(smtp_server_port(server, false)));
	json_object_set_new(out, "tls_port", json_integer(smtp_server_port(server, true)));
	json_object_set_new(out, "certificate", json_string(smtp_server_certificate(server)));
}

const struct sb_vendor sb_smtp = {
	.name = "smtp",
	.title = "E-mail (SMTP)",
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open,
	.authenticate = authenticate,
	.admit = admit,
	.problem = problem,
	.write = smtp_write,
	.credentials = credentials,
};
