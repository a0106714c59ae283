/* smtp_test.c - a talk with the sandbox's mail server: what it takes, answers and refuses.
 * Real clients talk to it in tests/e2e/sandbox_smtp_test.py. */
#include "ask.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/text.h"
#include "sandbox/mail.h"
#include "sandbox/smtp_desk.h"

#define BUDGET (8u << 20)
#define ACCOUNT "/_sandbox/accounts/smtp/default"
#define PASSWORD "smtp-password-sandbox-default"

struct talk {
	struct asker *asker;
	struct smtp_session session;
	size_t budget;
};

/* What the server says to these bytes: all of it, "" when nothing. */
static const char *say_bytes(struct talk *talk, const char *bytes, size_t len)
{
	struct smtp_session *s = &talk->session;
	const char *said;
	struct buf buf;

	buf_init(&buf, talk->asker->arena, 1u << 20);
	while (len && s->state != SMTP_OVER && s->state != SMTP_STARTS_TLS) {
		size_t taken = smtp_session_take(s, bytes, len);

		if (!taken)
			break;
		bytes += taken;
		len -= taken;
		buf_addn(&buf, s->out, s->out_len);
		smtp_session_sent(s, s->out_len);
	}
	said = buf_text(&buf);
	return said;
}

static const char *say(struct talk *talk, const char *line)
{
	const char *bytes = arena_printf(talk->asker->arena, "%s\r\n", line);

	return say_bytes(talk, bytes, strlen(bytes));
}

static void assert_said(struct talk *talk, const char *line, const char *wanted)
{
	const char *said = say(talk, line);

	if (!text_starts(said, wanted))
		fail_msg("\"%s\" was answered with \"%s\", not \"%s\"", line, said, wanted);
}

/* A connection; gives the greeting. */
static const char *begin(struct talk *talk, bool is_tls)
{
	struct smtp_session *s = &talk->session;
	const char *said;

	smtp_session_begin(s, smtp_desk_ask, talk->asker->sandbox, is_tls, &talk->budget);
	said = arena_strndup(talk->asker->arena, s->out, s->out_len);
	smtp_session_sent(s, s->out_len);
	return said;
}

static int setup(void **state)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	if (asker_setup((void **)&talk->asker) < 0)
		return -1;
	talk->asker->token = NULL;
	talk->budget = BUDGET;
	begin(talk, true);
	*state = talk;
	return 0;
}

static int teardown(void **state)
{
	struct talk *talk = *state;
	void *asker = talk->asker;

	smtp_session_end(&talk->session);
	assert_int_equal(talk->budget, BUDGET); /* nothing is held any more */
	free(talk);
	return asker_teardown(&asker);
}

/* A new connection in the place of the one that is there. */
static const char *reconnect(struct talk *talk, bool is_tls)
{
	smtp_session_end(&talk->session);
	return begin(talk, is_tls);
}

static const char *plain(struct talk *talk, const char *user, const char *password)
{
	const char *bytes = arena_printf(talk->asker->arena, "%c%s%c%s", 1, user, 1, password);
	char *with_nuls = arena_memdup(talk->asker->arena, bytes, strlen(bytes) + 1);

	for (size_t i = 0; bytes[i]; i++)
		if (with_nuls[i] == 1)
			with_nuls[i] = '\0';
	return base64_encode(talk->asker->arena, with_nuls, strlen(bytes));
}

static void sign_in(struct talk *talk)
{
	say(talk, "EHLO fairlead.example");
	assert_said(talk,
		    arena_printf(talk->asker->arena, "AUTH PLAIN %s",
				 plain(talk, "default@sandbox.example", PASSWORD)),
		    "235 2.7.0");
}

static void begin_mail(struct talk *talk, const char *to)
{
	assert_said(talk, "MAIL FROM:<b+att17@bounce.example>", "250 2.1.0");
	assert_said(talk, arena_printf(talk->asker->arena, "RCPT TO:<%s>", to), "250 2.1.5");
	assert_said(talk, "DATA", "354 ");
}

/* Sends one message; gives it as the mailbox has it. */
static struct answer deliver(struct talk *talk, const char *to, const char *message)
{
	const char *said, *id;

	begin_mail(talk, to);
	said = say_bytes(talk, message, strlen(message));
	if (!text_starts(said, "250 2.0.0 Ok: queued as "))
		fail_msg("the message was answered with %s", said);
	id = arena_strndup(talk->asker->arena, said + 24, 12);
	return ask(talk->asker, "GET",
		   arena_printf(talk->asker->arena, ACCOUNT "/records/messages/%s", id), NULL);
}

#define HEAD "From: Acme <hello@acme.example>\r\nSubject: Hi\r\nMessage-ID: <att17@f.example>\r\n"

/* --- 1: the talk --- */

static void ehlo_offers_what_the_sheet_lists(void **state)
{
	struct talk *talk = *state;

	assert_string_equal(reconnect(talk, true),
			    "220 mx.sandbox.example ESMTP Fairlead sandbox\r\n");
	assert_string_equal(say(talk, "EHLO fairlead.example"),
			    "250-mx.sandbox.example greets you\r\n250-SIZE 52428800\r\n"
			    "250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-PIPELINING\r\n"
			    "250-AUTH PLAIN LOGIN XOAUTH2\r\n250 ENHANCEDSTATUSCODES\r\n");
	reconnect(talk, false);
	assert_non_null(strstr(say(talk, "EHLO x"), "250-STARTTLS\r\n"));
	assert_said(talk, "STARTTLS", "220 2.0.0");
	assert_int_equal(talk->session.state, SMTP_STARTS_TLS);
	smtp_session_secured(&talk->session);
	assert_said(talk, "MAIL FROM:<a@b>", "503 5.5.1 EHLO first");
	assert_null(strstr(say(talk, "EHLO x"), "STARTTLS"));
	assert_said(talk, "STARTTLS", "503 ");
}

static void what_is_offered_is_a_switch(void **state)
{
	static const char *const names[][2] = {
		{ "no_8bitmime", "8BITMIME" }, { "no_smtputf8", "SMTPUTF8" },
		{ "no_dsn", "DSN" },	       { "no_pipelining", "PIPELINING" },
	};
	struct talk *talk = *state;
	const char *said;

	for (size_t i = 0; i < 4; i++)
		put_switch(talk->asker, "smtp", names[i][0], 1);
	put_switch(talk->asker, "smtp", "size_max", 1000);
	said = say(talk, "EHLO x");
	for (size_t i = 0; i < 4; i++)
		assert_null(strstr(said, names[i][1]));
	assert_non_null(strstr(said, "SIZE 1000\r\n"));
	sign_in(talk);
	assert_said(talk, "MAIL FROM:<\xc3\xbc@b>", "553 5.6.7");
	assert_said(talk, "MAIL FROM:<a@b> BODY=8BITMIME", "555 5.5.4");
	assert_said(talk, "MAIL FROM:<a@b> RET=HDRS", "555 5.5.4");
	put_switch(talk->asker, "smtp", "no_starttls", 1);
	reconnect(talk, false);
	assert_null(strstr(say(talk, "EHLO x"), "STARTTLS"));
	assert_said(talk, "STARTTLS", "503 ");
}

static void auth_takes_three_mechanisms(void **state)
{
	struct talk *talk = *state;
	struct arena *arena = talk->asker->arena;
	const char *xoauth2 = "user=a@b\001auth=Bearer smtp-token-sandbox-default\001\001";

	sign_in(talk);
	assert_said(talk, "AUTH PLAIN =", "503 "); /* once is enough */
	reconnect(talk, true);
	say(talk, "EHLO x");
	assert_said(talk, "AUTH PLAIN", "334 ");
	assert_said(talk, plain(talk, "default@sandbox.example", PASSWORD), "235 ");
	reconnect(talk, true);
	say(talk, "EHLO x");
	assert_said(talk, "AUTH LOGIN", "334 VXNlcm5hbWU6");
	assert_said(talk, base64_encode(arena, "Default@sandbox.example", 23), "334 UGFzc3dvcmQ6");
	assert_said(talk, base64_encode(arena, PASSWORD, strlen(PASSWORD)), "235 ");
	reconnect(talk, true);
	say(talk, "EHLO x");
	assert_said(talk,
		    arena_printf(arena, "AUTH XOAUTH2 %s",
				 base64_encode(arena, xoauth2, strlen(xoauth2))),
		    "235 ");
	assert_said(talk, "MAIL FROM:<a@b>", "250 ");
}

static void a_refused_token_is_told_why_first(void **state)
{
	struct talk *talk = *state;
	struct arena *arena = talk->asker->arena;
	const char *bad = "user=a@b\001auth=Bearer nothing\001\001", *said;
	unsigned char *json;
	size_t len;

	say(talk, "EHLO x");
	said = say(talk, arena_printf(arena, "AUTH XOAUTH2 %s",
				      base64_encode(arena, bad, strlen(bad))));
	assert_true(text_starts(said, "334 "));
	assert_int_equal(base64_decode(arena, arena_strndup(arena, said + 4, strlen(said) - 6),
				       &json, &len, NULL),
			 0);
	assert_non_null(strstr((char *)json, "\"status\":\"401\""));
	assert_said(talk, "", "535 5.7.8");
}

static void who_is_not_known_may_not_send(void **state)
{
	struct talk *talk = *state;
	struct arena *arena = talk->asker->arena;

	say(talk, "EHLO x");
	assert_said(talk, "MAIL FROM:<a@b>", "530 5.7.0");
	for (int i = 0; i < 3; i++)
		assert_said(talk,
			    arena_printf(arena, "AUTH PLAIN %s", plain(talk, "default", "x")),
			    "535 5.7.8");
	assert_int_equal(talk->session.state, SMTP_OVER); /* three are enough */
	put_switch(talk->asker, "smtp", "auth_required", 0);
	reconnect(talk, true);
	say(talk, "EHLO x");
	assert_said(talk, "MAIL FROM:<a@b>", "250 ");
}

static void auth_needs_tls(void **state)
{
	struct talk *talk = *state;
	const char *auth = arena_printf(talk->asker->arena, "AUTH PLAIN %s",
					plain(talk, "default@sandbox.example", PASSWORD));

	reconnect(talk, false);
	assert_null(strstr(say(talk, "EHLO x"), "AUTH"));
	assert_said(talk, auth, "538 5.7.11");
	put_switch(talk->asker, "smtp", "tls_required", 0);
	assert_non_null(strstr(say(talk, "EHLO x"), "AUTH PLAIN"));
	assert_said(talk, auth, "235 ");
}

static void bad_auth_is_refused(void **state)
{
	static const char *const lines[] = {
		"AUTH PLAIN not-base64!", "AUTH PLAIN AA==", "AUTH PLAIN YQBi", "AUTH PLAIN =",
		"AUTH XOAUTH2 YQ==",
	};
	struct talk *talk = *state;

	say(talk, "EHLO x");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_said(talk, lines[i], "501 5.5.2");
	assert_said(talk, "AUTH GSSAPI", "504 5.5.4");
	assert_said(talk, "AUTH LOGIN", "334 ");
	assert_said(talk, "*", "501 5.7.0");
	assert_said(talk, "NOOP", "250 ");
}

static void commands_have_an_order(void **state)
{
	struct talk *talk = *state;

	assert_said(talk, "MAIL FROM:<a@b>", "503 5.5.1");
	sign_in(talk);
	assert_said(talk, "RCPT TO:<a@b>", "503 5.5.1");
	assert_said(talk, "DATA", "503 5.5.1");
	assert_said(talk, "MAIL FROM:<a@b>", "250 ");
	assert_said(talk, "MAIL FROM:<a@b>", "503 5.5.1");
	assert_said(talk, "DATA", "554 5.5.1");
	assert_said(talk, "RSET", "250 ");
	assert_said(talk, "RCPT TO:<a@b>", "503 5.5.1");
	assert_said(talk, "VRFY a", "252 ");
	assert_said(talk, "HELP", "214 ");
	assert_said(talk, "EXPN a", "500 5.5.1");
	assert_said(talk, "QUIT", "221 2.0.0");
	assert_int_equal(talk->session.state, SMTP_OVER);
}

static void helo_has_no_extensions(void **state)
{
	struct talk *talk = *state;

	put_switch(talk->asker, "smtp", "auth_required", 0);
	assert_string_equal(say(talk, "HELO x"), "250 mx.sandbox.example greets you\r\n");
	assert_said(talk, "AUTH PLAIN =", "503 ");
	assert_said(talk, "MAIL FROM:<a@b> SIZE=10", "555 ");
	assert_said(talk, "MAIL FROM:<a@b>", "250 ");
}

static void parameters_are_read_strictly(void **state)
{
	static const struct { const char *line, *wanted; } lines[] = {
		{ "MAIL FROM:a@b", "501 5.1.7" },
		{ "MAIL FROM:<a b@c>", "501 5.1.7" },
		{ "MAIL FROM:<@a:b@c>", "501 5.1.7" },
		{ "MAIL FROM:<a>", "501 5.1.7" },
		{ "MAIL TO:<a@b>", "501 5.1.7" },
		{ "MAIL FROM:<a@b>x", "501 5.1.7" },
		{ "MAIL FROM:<a@b> SIZE=x", "501 5.5.4" },
		{ "MAIL FROM:<a@b> SIZE=52428801", "552 5.3.4" },
		{ "MAIL FROM:<a@b> BODY=9BIT", "501 5.5.4" },
		{ "MAIL FROM:<a@b> RET=ALL", "501 5.5.4" },
		{ "MAIL FROM:<a@b> ENVID=a=b", "501 5.5.4" },
		{ "MAIL FROM:<a@b> SIZE=1 SIZE=2", "501 5.5.4" },
		{ "MAIL FROM:<a@b> TIME=2", "555 5.5.4" },
	};
	struct talk *talk = *state;

	sign_in(talk);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_said(talk, lines[i].line, lines[i].wanted);
	assert_said(talk, "MAIL FROM: <a@b> SIZE=10 body=8bitmime RET=HDRS ENVID=a+2Bb SMTPUTF8 "
			  "AUTH=<>",
		    "250 ");
	assert_said(talk, "RCPT TO:<>", "501 5.1.3");
	assert_said(talk, "RCPT TO:<a@b> NOTIFY=NEVER,DELAY", "501 5.5.4");
	assert_said(talk, "RCPT TO:<a@b> NOTIFY=SOON", "501 5.5.4");
	assert_said(talk, "RCPT TO:<a@b> ORCPT=a@b", "501 5.5.4");
	assert_said(talk, "RCPT TO:<a@b> NOTIFY=SUCCESS,failure ORCPT=rfc822;a@b", "250 ");
	assert_said(talk, "RCPT TO:<\"a b\"@c>", "250 ");
	assert_said(talk, "RCPT TO:<\xc3\xbc@c>", "250 ");
}

static void too_much_is_refused(void **state)
{
	struct talk *talk = *state;
	char line[20000];

	sign_in(talk);
	memset(line, 'x', sizeof(line));
	memcpy(line, "NOOP ", 5);
	line[600] = '\0';
	assert_said(talk, line, "500 5.5.2");
	line[600] = 'x';
	line[15000] = '\0';
	assert_said(talk, line, "500 5.5.2");
	assert_said(talk, "NOOP", "250 "); /* the end of the long one was found */
	assert_said(talk, "MAIL FROM:<a@b>", "250 ");
	for (int i = 0; i < 100; i++)
		assert_said(talk, "RCPT TO:<a@b>", "250 ");
	assert_said(talk, "RCPT TO:<a@b>", "452 4.5.3");
	for (int i = 0; i < 17; i++)
		assert_said(talk, "WHAT", "500 ");
	assert_said(talk, "WHAT", "421 4.7.0 Too many errors");
	assert_int_equal(talk->session.state, SMTP_OVER);
}

static void odd_lines_are_refused(void **state)
{
	struct talk *talk = *state;

	assert_string_equal(say_bytes(talk, "NOOP\n", 5),
			    "500 5.5.2 The line is not UTF-8, or CR LF does not end it\r\n");
	assert_true(text_starts(say_bytes(talk, "NO\0OP\r\n", 7), "500 5.5.2"));
	assert_true(text_starts(say_bytes(talk, "NOOP \xff\r\n", 8), "500 5.5.2"));
	assert_true(text_starts(say_bytes(talk, "NOOP \x1b\r\n", 8), "500 5.5.2"));
	assert_said(talk, "noop", "250 ");
}

/* --- the message --- */

static void commands_may_come_all_at_once(void **state)
{
	struct talk *talk = *state;
	static const char all[] = "MAIL FROM:<a@b>\r\nRCPT TO:<nobody@example.in>\r\n"
				  "RCPT TO:<asha@example.in>\r\nDATA\r\n" HEAD "\r\nHi\r\n.\r\n"
				  "MAIL FROM:<c@d>\r\nQUIT\r\n";
	const char *said;

	tell_prospect(talk->asker, "nobody@example.in", "is unknown");
	sign_in(talk);
	said = say_bytes(talk, all, sizeof(all) - 1);
	assert_true(text_starts(said, "250 2.1.0 Ok\r\n550 5.1.1 <nobody@example.in>: Recipient "
				      "address rejected: no such user\r\n250 2.1.5 Ok\r\n354 "));
	assert_non_null(strstr(said, "250 2.0.0 Ok: queued as "));
	assert_true(text_ends(said, "250 2.1.0 Ok\r\n221 2.0.0 Bye\r\n"));
}

static void dots_are_unstuffed_and_only_cr_lf_ends(void **state)
{
	static const char smuggled[] = HEAD "\r\na\n.\nMAIL FROM:<x@y>\r\n.\r\n";
	struct talk *talk = *state;
	struct answer answer;

	sign_in(talk);
	answer = deliver(talk, "asha@example.in",
			 HEAD "\r\n..one\r\n...\r\na.b\r\n.x\r\n.\r\n");
	assert_text_at(answer, "$.values.text", ".one\r\n..\r\na.b\r\nx\r\n");
	/* What others take for an end smuggles a second message past them. */
	begin_mail(talk, "asha@example.in");
	assert_string_equal(say_bytes(talk, smuggled, sizeof(smuggled) - 1),
			    "554 5.6.0 CR and LF stand only together\r\n");
	put_switch(talk->asker, "smtp", "bare_ends", 1);
	answer = deliver(talk, "asha@example.in", HEAD "\r\na\n.\n.\r\rb\r\n.\r\n");
	assert_text_at(answer, "$.values.text", "a\n.\n.\r\rb\r\n");
}

static void a_line_has_998_bytes(void **state)
{
	struct talk *talk = *state;
	char line[1100];

	sign_in(talk);
	snprintf(line, sizeof(line), "%s\r\n%0998d\r\n.\r\n", HEAD, 7);
	deliver(talk, "asha@example.in", line);
	snprintf(line, sizeof(line), "%s\r\n%0999d\r\n.\r\n", HEAD, 7);
	begin_mail(talk, "asha@example.in");
	assert_string_equal(say_bytes(talk, line, strlen(line)),
			    "554 5.6.0 A line has more than 998 bytes\r\n");
	put_switch(talk->asker, "smtp", "long_lines", 1);
	deliver(talk, "asha@example.in", line);
}

static void a_message_has_a_size(void **state)
{
	struct talk *talk = *state;
	char line[1100];

	put_switch(talk->asker, "smtp", "size_max", 1000);
	sign_in(talk);
	assert_said(talk, "MAIL FROM:<a@b> SIZE=1001", "552 5.3.4");
	begin_mail(talk, "asha@example.in");
	snprintf(line, sizeof(line), "%s\r\n%0990d\r\n.\r\n", HEAD, 7);
	assert_string_equal(say_bytes(talk, line, strlen(line)),
			    "552 5.3.4 The message is too large\r\n");
	assert_said(talk, "NOOP", "250 ");
	put_switch(talk->asker, "smtp", "size_max", 52428800);
	say(talk, "EHLO x");
	talk->budget -= BUDGET - 2000; /* others hold the rest */
	begin_mail(talk, "asha@example.in");
	assert_string_equal(say_bytes(talk, line, strlen(line)),
			    "452 4.3.1 There is no room for it now\r\n");
	talk->budget += BUDGET - 2000;
}

static void the_mailbox_can_be_read(void **state)
{
	struct talk *talk = *state;
	struct answer answer;

	sign_in(talk);
	answer = deliver(talk, "asha@example.in",
			 "From: =?utf-8?q?J=C3=BCrgen?= <j@acme.example>\r\n"
			 "Subject: =?UTF-8?B?R3LDvMOf?= =?utf-8?Q?e_an_alle?=\r\n"
			 "Message-ID: <att17@f.example>\r\nIn-Reply-To:\r\n <a@b>\r\n"
			 "Content-Type: multipart/alternative;\r\n boundary=\"x\"\r\n\r\n"
			 "--x\r\nContent-Type: text/plain; charset=utf-8\r\n"
			 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
			 "Gr=C3=BC=\r\n=C3=9Fe\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n"
			 "--x--\r\n.\r\n");
	assert_text_at(answer, "$.values.from", "J\xc3\xbcrgen <j@acme.example>");
	assert_text_at(answer, "$.values.subject", "Gr\xc3\xbc\xc3\x9f" "e an alle");
	assert_text_at(answer, "$.values.text", "Gr\xc3\xbc\xc3\x9f" "e");
	assert_text_at(answer, "$.values.in_reply_to", "<a@b>");
	assert_text_at(answer, "$.values.message_id", "<att17@f.example>");
	assert_text_at(answer, "$.values.mail_from", "b+att17@bounce.example");
	assert_text_at(answer, "$.values.recipients[0].address", "asha@example.in");
	assert_text_at(answer, "$.values.kind", "received");
	answer = deliver(talk, "asha@example.in", HEAD "\r\n\xff\xfe\r\n.\r\n");
	assert_null(json_at(answer.json, "$.values.raw"));
	text_at(&answer, "$.values.raw_base64");
	/* The key of the ledger is the Message-ID: what was sent twice shows. */
	answer = ask(talk->asker, "GET", "/_sandbox/ledger/summary?vendor=smtp", NULL);
	assert_non_null(strstr(answer.text, "<att17@f.example>"));
}

static void links_are_found_once_each(void **state)
{
	static const char message[] =
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"
		"Yes: https://f.example/y?a=1 no (http://f.example/n)\r\n--x\r\n"
		"Content-Type: text/html\r\n\r\n<a href=\"https://f.example/y?a=1\">y</a>"
		"<a href='https://f.example/z?a=1&amp;b=2'>z</a> http:// https\r\n--x--\r\n";
	struct talk *talk = *state;
	const char *links[8];

	assert_int_equal(mail_links(talk->asker->arena, message, sizeof(message) - 1, links, 8),
			 3);
	assert_string_equal(links[0], "https://f.example/y?a=1");
	assert_string_equal(links[1], "http://f.example/n");
	assert_string_equal(links[2], "https://f.example/z?a=1&b=2");
}

/* --- 8, 9: people --- */

static void recipients_are_refused_for_reasons(void **state)
{
	static const struct { const char *script, *wanted; } ways[] = {
		{ "is unknown", "550 5.1.1 <asha@example.in>" },
		{ "is full", "552 5.2.2 <asha@example.in>" },
		{ "has opted out", "550 5.7.1 <asha@example.in>" },
	};
	struct talk *talk = *state;

	sign_in(talk);
	say(talk, "MAIL FROM:<a@b>");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		tell_prospect(talk->asker, "asha@example.in", ways[i].script);
		assert_said(talk, "RCPT TO:<asha@example.in>", ways[i].wanted);
	}
	put_switch(talk->asker, "smtp", "bounces_later", 1);
	assert_said(talk, "RCPT TO:<asha@example.in>", "250 ");
}

/* The newest message of a kind. */
static struct answer newest(struct talk *talk)
{
	struct answer answer = ask(talk->asker, "GET", ACCOUNT "/records/messages?limit=1", NULL);

	assert_int_equal(count_at(&answer, "$.records"), 1);
	return answer;
}

static void a_message_is_read_and_answered(void **state)
{
	struct talk *talk = *state;
	struct answer answer;

	tell_prospect(talk->asker, "asha@example.in", "reads, replies Yes please after 30 s");
	sign_in(talk);
	deliver(talk, "asha@example.in",
		HEAD "References: <a@b>\r\nReply-To: r+att17@in.f.example\r\n\r\n2 bhk?\r\n.\r\n");
	pass_time(talk->asker, 600);
	answer = newest(talk);
	assert_text_at(answer, "$.records[0].values.status", "delivered");
	pass_time(talk->asker, 60000);
	answer = newest(talk);
	assert_text_at(answer, "$.records[0].values.kind", "reply");
	assert_text_at(answer, "$.records[0].values.to", "r+att17@in.f.example");
	assert_text_at(answer, "$.records[0].values.from", "asha@example.in");
	assert_text_at(answer, "$.records[0].values.subject", "Re: Hi");
	assert_text_at(answer, "$.records[0].values.in_reply_to", "<att17@f.example>");
	assert_non_null(strstr(text_at(&answer, "$.records[0].values.raw"),
			       "References: <a@b> <att17@f.example>\r\n"));
	assert_non_null(strstr(text_at(&answer, "$.records[0].values.raw"), "\r\n> 2 bhk?\r\n"));
	answer = ask(talk->asker, "GET", "/_sandbox/ledger?vendor=smtp&verb=read", NULL);
	assert_int_equal(count_at(&answer, "$.entries"), 1);
}

static void notify_says_which_reports_come(void **state)
{
	static const struct { const char *notify, *kind; } ways[] = {
		{ "", "bounce" },		  { " NOTIFY=FAILURE", "bounce" },
		{ " NOTIFY=NEVER", "received" }, { " NOTIFY=SUCCESS,DELAY", "received" },
	};
	struct talk *talk = *state;
	struct answer answer;

	put_switch(talk->asker, "smtp", "bounces_later", 1);
	tell_prospect(talk->asker, "asha@example.in", "is unknown");
	sign_in(talk);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		say(talk, "MAIL FROM:<b@bounce.example> RET=HDRS ENVID=att17");
		say(talk, arena_printf(talk->asker->arena, "RCPT TO:<asha@example.in>%s",
				       ways[i].notify));
		say(talk, "DATA");
		say(talk, HEAD "\r\nHi\r\n.");
		pass_time(talk->asker, 1000);
		answer = newest(talk);
		assert_text_at(answer, "$.records[0].values.kind", ways[i].kind);
	}
	/* A bounce is not answered with a bounce. */
	say(talk, "MAIL FROM:<>");
	say(talk, "RCPT TO:<asha@example.in>");
	say(talk, "DATA");
	say(talk, HEAD "\r\nHi\r\n.");
	pass_time(talk->asker, 1000);
	answer = newest(talk);
	assert_text_at(answer, "$.records[0].values.kind", "received");
	assert_text_at(answer, "$.records[0].values.status", "bounced");
}

static void success_is_reported_when_wanted(void **state)
{
	struct talk *talk = *state;
	struct answer answer;

	sign_in(talk);
	say(talk, "MAIL FROM:<b@bounce.example>");
	say(talk, "RCPT TO:<asha@example.in> NOTIFY=SUCCESS ORCPT=rfc822;asha@example.in");
	say(talk, "DATA");
	say(talk, HEAD "\r\nHi\r\n.");
	pass_time(talk->asker, 1000);
	answer = newest(talk);
	assert_text_at(answer, "$.records[0].values.kind", "delivered");
	assert_non_null(strstr(text_at(&answer, "$.records[0].values.raw"),
			       "Action: delivered\r\nStatus: 2.0.0\r\n"));
}

static void who_cannot_be_reached_is_late_and_then_given_up(void **state)
{
	struct talk *talk = *state;
	struct answer answer;

	tell_prospect(talk->asker, "asha@example.in", "cannot be reached");
	sign_in(talk);
	deliver(talk, "asha@example.in", HEAD "\r\nHi\r\n.\r\n");
	pass_time(talk->asker, 3601000);
	answer = newest(talk);
	assert_text_at(answer, "$.records[0].values.kind", "delayed");
	assert_non_null(strstr(text_at(&answer, "$.records[0].values.raw"), "Status: 4.4.1\r\n"));
	pass_time(talk->asker, 24 * 3600000);
	answer = newest(talk);
	assert_text_at(answer, "$.records[0].values.kind", "bounce");
	assert_non_null(strstr(text_at(&answer, "$.records[0].values.raw"), "Status: 5.4.7\r\n"));
}

/* --- faults at each step --- */

static void each_step_can_be_refused(void **state)
{
	static const struct { const char *method, *line; } steps[] = {
		{ "MAIL", "MAIL FROM:<a@b>" }, { "RCPT", "RCPT TO:<asha@example.in>" },
		{ "DATA", "DATA" },	       { "MESSAGE", HEAD "\r\nHi\r\n." },
	};
	struct talk *talk = *state;
	struct answer answer;

	sign_in(talk);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_status(ask(talk->asker, "POST", "/_sandbox/faults",
				  arena_printf(talk->asker->arena,
					       "{\"fault\":\"status\",\"status\":451,\"vendor\":"
					       "\"smtp\",\"method\":\"%s\",\"count\":1}",
					       steps[i].method)),
			      201);
		assert_said(talk, steps[i].line, "451 4.3.0");
		if (i == 3) { /* the transaction is over; the sender begins anew */
			assert_said(talk, steps[0].line, "250 ");
			assert_said(talk, steps[1].line, "250 ");
			assert_said(talk, steps[2].line, "354 ");
		}
		assert_said(talk, steps[i].line, i == 2 ? "354" : "250 ");
	}
	answer = ask(talk->asker, "GET", ACCOUNT "/records/messages", NULL);
	assert_int_equal(count_at(&answer, "$.records"), 1);
}

/* "defer@" of the sheet: 451 twice, then 250; by recipient. */
static void a_recipient_can_be_greylisted(void **state)
{
	struct talk *talk = *state;

	assert_status(ask(talk->asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"status\",\"status\":450,\"vendor\":\"smtp\",\"path\":"
			  "\"/recipients/defer@*\",\"count\":2}"),
		      201);
	sign_in(talk);
	say(talk, "MAIL FROM:<a@b>");
	assert_said(talk, "RCPT TO:<asha@example.in>", "250 ");
	assert_said(talk, "RCPT TO:<defer@example.in>", "450 4.2.0 Greylisted");
	assert_said(talk, "RCPT TO:<defer@example.in>", "450 4.2.0 Greylisted");
	assert_said(talk, "RCPT TO:<defer@example.in>", "250 ");
}

static void the_connection_can_be_refused(void **state)
{
	struct talk *talk = *state;

	assert_status(ask(talk->asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"rate_limit\",\"vendor\":\"smtp\",\"method\":\"CONNECT\","
			  "\"count\":1}"),
		      201);
	assert_true(text_starts(reconnect(talk, true), "421 4.7.1"));
	assert_int_equal(talk->session.state, SMTP_OVER);
}

static void faults_of_the_wire_are_the_owners(void **state)
{
	static const struct { const char *fault; enum smtp_trouble trouble; } ways[] = {
		{ "\"fault\":\"slow\",\"ms\":70", SMTP_SLOW },
		{ "\"fault\":\"hang\",\"ms\":70", SMTP_HANG },
		{ "\"fault\":\"drip\",\"ms\":70", SMTP_DRIP },
		{ "\"fault\":\"truncated\"", SMTP_TRUNCATED },
		{ "\"fault\":\"close\",\"when\":\"after\"", SMTP_CLOSE },
		{ "\"fault\":\"reset\"", SMTP_RESET },
	};
	struct talk *talk = *state;

	sign_in(talk);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_status(ask(talk->asker, "POST", "/_sandbox/faults",
				  arena_printf(talk->asker->arena,
					       "{%s,\"vendor\":\"smtp\",\"count\":1}",
					       ways[i].fault)),
			      201);
		say(talk, "MAIL FROM:<a@b>");
		assert_int_equal(talk->session.trouble, ways[i].trouble);
		talk->session.trouble = SMTP_FINE;
		say(talk, "RSET");
	}
}

static void the_messages_of_a_minute_are_limited(void **state)
{
	struct talk *talk = *state;

	assert_status(ask(talk->asker, "PATCH", ACCOUNT "/settings",
			  "{\"limits\":{\"messages\":2}}"),
		      200);
	sign_in(talk);
	for (int i = 0; i < 2; i++) {
		assert_said(talk, "MAIL FROM:<a@b>", "250 ");
		assert_said(talk, "RSET", "250 ");
	}
	assert_said(talk, "MAIL FROM:<a@b>", "450 4.7.1");
	pass_time(talk->asker, 61000);
	assert_said(talk, "MAIL FROM:<a@b>", "250 ");
}

static void http_is_told_where_the_mail_is(void **state)
{
	struct talk *talk = *state;
	struct answer answer = ask(talk->asker, "GET", "/smtp/messages", NULL);

	assert_status(answer, 501);
	assert_non_null(strstr(answer.text, "--smtp-listen"));
}

/* --- sockets: who keeps it waiting is told so and let go --- */

static int dial(struct sandbox *sandbox)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)sandbox_smtp_port(sandbox,
										     false)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Reads until the server closes, at most 20 s. */
static void read_all(int fd, char *text, size_t size)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < size && poll(&one, 1, 20000) == 1) {
		n = read(fd, text + len, size - len - 1);
		len += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(n, 0);
	text[len] = '\0';
	close(fd);
}

static void assert_let_go(const struct smtp_waits *waits, const char *said)
{
	const struct sandbox_config config = { .smtp_address = "127.0.0.1", .smtp_waits = *waits };
	struct sandbox *sandbox = sandbox_start(&config, NULL);
	struct arena *arena = arena_new();
	struct http_request settings = { .method = "PATCH", .url = ACCOUNT "/settings",
					 .body = "{\"switches\":{\"auth_required\":0}}" };
	char text[2000];
	int fd;

	settings.body_len = strlen(settings.body);
	assert_int_equal(sandbox_handle(sandbox, arena, &settings)->status, 200);
	fd = dial(sandbox);
	assert_int_equal(write(fd, said, strlen(said)), (ssize_t)strlen(said));
	read_all(fd, text, sizeof(text));
	assert_true(text_ends(text, "421 4.4.2 Timeout exceeded\r\n"));
	sandbox_stop(sandbox);
	arena_free(arena);
}

static void who_does_not_sign_in_is_let_go(void **state)
{
	const struct smtp_waits waits = { .sign_in_ms = 50 };

	(void)state;
	assert_let_go(&waits, "");
}

static void who_does_not_end_a_line_is_let_go(void **state)
{
	const struct smtp_waits waits = { .line_ms = 50 };

	(void)state;
	assert_let_go(&waits, "NOOP");
}

static void who_does_not_end_a_message_is_let_go(void **state)
{
	const struct smtp_waits waits = { .message_ms = 50 };

	(void)state;
	assert_let_go(&waits, "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHello\r\n");
}

static void an_address_that_is_taken_is_refused_in_words(void **state)
{
	const struct sandbox_config first = { .smtp_address = "127.0.0.1" };
	struct sandbox *sandbox = sandbox_start(&first, NULL);
	struct sandbox_config second = { .smtp_address = "127.0.0.1" };
	struct error err = { 0 };

	(void)state;
	second.smtp_port = sandbox_smtp_port(sandbox, false);
	assert_null(sandbox_start(&second, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.message, "Address already in use"));
	second.smtp_address = "localhost.example";
	assert_null(sandbox_start(&second, &err));
	assert_int_equal(err.code, ERR_INVALID);
	sandbox_stop(sandbox);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ehlo_offers_what_the_sheet_lists),
		TEST(what_is_offered_is_a_switch),
		TEST(auth_takes_three_mechanisms),
		TEST(a_refused_token_is_told_why_first),
		TEST(who_is_not_known_may_not_send),
		TEST(auth_needs_tls),
		TEST(bad_auth_is_refused),
		TEST(commands_have_an_order),
		TEST(helo_has_no_extensions),
		TEST(parameters_are_read_strictly),
		TEST(too_much_is_refused),
		TEST(odd_lines_are_refused),
		TEST(commands_may_come_all_at_once),
		TEST(dots_are_unstuffed_and_only_cr_lf_ends),
		TEST(a_line_has_998_bytes),
		TEST(a_message_has_a_size),
		TEST(the_mailbox_can_be_read),
		TEST(links_are_found_once_each),
		TEST(recipients_are_refused_for_reasons),
		TEST(a_message_is_read_and_answered),
		TEST(notify_says_which_reports_come),
		TEST(success_is_reported_when_wanted),
		TEST(who_cannot_be_reached_is_late_and_then_given_up),
		TEST(each_step_can_be_refused),
		TEST(a_recipient_can_be_greylisted),
		TEST(the_connection_can_be_refused),
		TEST(faults_of_the_wire_are_the_owners),
		TEST(the_messages_of_a_minute_are_limited),
		TEST(http_is_told_where_the_mail_is),
		cmocka_unit_test(who_does_not_sign_in_is_let_go),
		cmocka_unit_test(who_does_not_end_a_line_is_let_go),
		cmocka_unit_test(who_does_not_end_a_message_is_let_go),
		cmocka_unit_test(an_address_that_is_taken_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
