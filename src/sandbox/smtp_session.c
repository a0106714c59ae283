/* smtp_session.c - one SMTP connection's talk: lines, replies, and the commands that need
 * few words. Threads: one at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/smtp_inside.h"

#define COMMAND_MAX 512
#define PATH_COMMAND_MAX 2048  /* MAIL and RCPT, with parameters and their addresses */
#define AUTH_MAX 12288
#define MISTAKES_MAX 20
#define OUT_MAX (64u << 10)
#define SIZE_WITHOUT_OFFER (50u << 20)

/* --- replies --- */

static void out_add(struct smtp_session *s, const char *bytes, size_t len)
{
	if (s->out_len + len > OUT_MAX)
		return; /* one reply at a time: cannot be reached */
	if (s->out_len + len > s->out_room) {
		s->out_room = s->out_len + len + 512;
		s->out = realloc(s->out, s->out_room);
		if (!s->out)
			abort();
	}
	memcpy(s->out + s->out_len, bytes, len);
	s->out_len += len;
}

void smtp_say(struct smtp_session *s, int code, const char *text)
{
	char head[8];

	for (;;) {
		size_t len = strcspn(text, "\n");
		bool is_last = !text[len] || !text[len + 1];

		snprintf(head, sizeof(head), "%03d%c", code, is_last ? ' ' : '-');
		out_add(s, head, 4);
		out_add(s, text, len);
		out_add(s, "\r\n", 2);
		if (is_last)
			break;
		text += len + 1;
	}
	if (code == 421)
		s->state = SMTP_OVER;
}

void smtp_session_close(struct smtp_session *s, const char *why)
{
	smtp_say(s, 421, why);
}

void smtp_mistake(struct smtp_session *s, int code, const char *text)
{
	if (++s->mistakes >= MISTAKES_MAX)
		smtp_session_close(s, "4.7.0 Too many errors");
	else
		smtp_say(s, code, text);
}

/* --- asking --- */

bool smtp_ask_for(struct smtp_session *s, struct smtp_step *step, struct smtp_answer *answer)
{
	*answer = (struct smtp_answer){ .code = 451, .text = "4.3.0 No answer" };
	step->is_tls = s->is_tls;
	if (!step->body)
		step->body = "";
	s->ask(s->context, s->step, step, answer);
	if (answer->is_raw) {
		out_add(s, answer->text, strlen(answer->text));
		s->state = SMTP_OVER;
		return false;
	}
	if (answer->trouble == SMTP_TRUNCATED && strcmp(step->method, "DATA") == 0) {
		s->cuts_data = true;
		return true;
	}
	s->trouble = answer->trouble;
	s->trouble_ms = answer->ms;
	return answer->trouble != SMTP_CLOSE && answer->trouble != SMTP_RESET &&
	       answer->trouble != SMTP_HANG;
}

int smtp_step_with(struct smtp_session *s, struct smtp_step *step)
{
	struct smtp_answer answer;

	step->authorization = s->authorization;
	if (!smtp_ask_for(s, step, &answer))
		return 0;
	if (strcmp(step->method, "EHLO") == 0 && answer.code == 250)
		snprintf(s->offered, sizeof(s->offered), "%s\n", answer.text);
	else
		smtp_say(s, answer.code, answer.text);
	return answer.code;
}

int smtp_step_ask(struct smtp_session *s, const char *method, const char *target)
{
	struct smtp_step one = { .method = method, .target = target };

	return smtp_step_with(s, &one);
}

bool smtp_was_offered(const struct smtp_session *s, const char *word, const char **rest)
{
	size_t len = strlen(word);

	for (const char *at = s->offered; *at; at += strcspn(at, "\n") + 1) {
		if (strncmp(at, word, len) != 0 || !strchr(" \n", at[len]))
			continue;
		if (rest)
			*rest = at + len;
		return true;
	}
	return false;
}

size_t smtp_size_max(const struct smtp_session *s)
{
	const char *rest;
	long long size;

	if (!smtp_was_offered(s, "SIZE", &rest))
		return SIZE_WITHOUT_OFFER;
	size = atoll(rest);
	return size > 0 && size < SMTP_MESSAGE_MAX ? (size_t)size : SMTP_MESSAGE_MAX;
}

/* --- what a session forgets --- */

void smtp_envelope_drop(struct smtp_session *s)
{
	json_decref(s->envelope);
	s->envelope = NULL;
	smtp_message_drop(s);
}

void smtp_session_begin(struct smtp_session *s, smtp_ask *ask, void *context, bool is_tls,
			size_t *budget)
{
	*s = (struct smtp_session){ .ask = ask, .context = context, .is_tls = is_tls,
				    .budget = budget };
	s->arena = arena_new();
	s->step = arena_new();
	if (smtp_step_ask(s, "CONNECT", "/smtp/session") != 220)
		s->state = SMTP_OVER;
}

void smtp_session_end(struct smtp_session *s)
{
	smtp_envelope_drop(s);
	arena_free(s->arena);
	arena_free(s->step);
	free(s->out);
}

void smtp_session_secured(struct smtp_session *s)
{
	smtp_envelope_drop(s);
	arena_free(s->arena);
	s->arena = arena_new();
	s->user = s->authorization = NULL;
	s->offered[0] = '\0';
	s->has_greeted = s->is_extended = false;
	s->is_tls = true;
	s->state = SMTP_COMMANDS;
}

void smtp_session_sent(struct smtp_session *s, size_t len)
{
	memmove(s->out, s->out + len, s->out_len - len);
	s->out_len -= len;
}

/* --- EHLO --- */

static void greet(struct smtp_session *s, const char *domain, bool is_extended)
{
	const char *all;

	if (!*domain || strcspn(domain, " \t") != strlen(domain)) {
		smtp_mistake(s, 501, "5.5.4 EHLO needs your name");
		return;
	}
	smtp_envelope_drop(s);
	if (smtp_step_ask(s, "EHLO", "/smtp/session") != 250)
		return;
	s->has_greeted = true;
	s->is_extended = is_extended;
	all = arena_printf(s->step, "mx.sandbox.example greets you%s%s", is_extended ? "\n" : "",
			   is_extended ? s->offered : "");
	smtp_say(s, 250, all);
}

static void start_tls(struct smtp_session *s, const char *rest)
{
	if (*rest) {
		smtp_mistake(s, 501, "5.5.4 STARTTLS has no parameters");
	} else if (s->is_tls || !smtp_was_offered(s, "STARTTLS", NULL)) {
		smtp_mistake(s, 503, "5.5.1 TLS is not offered");
	} else {
		smtp_say(s, 220, "2.0.0 Ready to start TLS");
		s->state = SMTP_STARTS_TLS;
	}
}

/* --- the other commands --- */

static void rset(struct smtp_session *s, const char *rest)
{
	(void)rest;
	smtp_envelope_drop(s);
	smtp_say(s, 250, "2.0.0 Ok");
}

static void noop(struct smtp_session *s, const char *rest)
{
	(void)rest;
	smtp_say(s, 250, "2.0.0 Ok");
}

static void quit(struct smtp_session *s, const char *rest)
{
	(void)rest;
	smtp_say(s, 221, "2.0.0 Bye");
	s->state = SMTP_OVER;
}

static void ehlo(struct smtp_session *s, const char *rest)
{
	greet(s, rest, true);
}

static void helo(struct smtp_session *s, const char *rest)
{
	greet(s, rest, false);
}

static void vrfy(struct smtp_session *s, const char *rest)
{
	(void)rest;
	smtp_say(s, 252, "2.1.5 Send to it and see");
}

static void help(struct smtp_session *s, const char *rest)
{
	(void)rest;
	smtp_say(s, 214, "2.0.0 EHLO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY QUIT");
}

static const struct {
	const char *verb;
	size_t max;
	void (*run)(struct smtp_session *s, const char *rest);
} commands[] = {
	{ "EHLO", COMMAND_MAX, ehlo },	      { "HELO", COMMAND_MAX, helo },
	{ "STARTTLS", COMMAND_MAX, start_tls }, { "AUTH", AUTH_MAX, smtp_auth },
	{ "MAIL", PATH_COMMAND_MAX, smtp_mail },   { "RCPT", PATH_COMMAND_MAX, smtp_rcpt },
	{ "DATA", COMMAND_MAX, smtp_data },	      { "RSET", COMMAND_MAX, rset },
	{ "NOOP", COMMAND_MAX, noop },	      { "QUIT", COMMAND_MAX, quit },
	{ "VRFY", COMMAND_MAX, vrfy },	      { "HELP", COMMAND_MAX, help },
};

static void run_command(struct smtp_session *s, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *verb = arena_strndup(s->step, line, len);
	const char *rest = line + len + strspn(line + len, " ");

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!text_equal_nocase(verb, commands[i].verb))
			continue;
		if (strlen(line) + 2 > commands[i].max)
			smtp_mistake(s, 500, "5.5.2 The line is too long");
		else
			commands[i].run(s, rest);
		return;
	}
	smtp_mistake(s, 500, "5.5.1 That is no command");
}

static void run_line(struct smtp_session *s, const char *line)
{
	if (s->state == SMTP_COMMANDS)
		run_command(s, line);
	else
		smtp_auth_line(s, line);
}

/* A line of printable UTF-8 that CR LF ends. */
static bool is_line(const char *bytes, size_t len)
{
	if (len == 0 || bytes[len - 1] != '\r' || !text_is_utf8(bytes, len - 1))
		return false;
	for (size_t i = 0; i + 1 < len; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 127)
			return false;
	return true;
}

static size_t take_line(struct smtp_session *s, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\n', len);
	size_t line_len = end ? (size_t)(end - bytes) : len;
	bool is_skipped = s->skips_line;

	if (!end && len < AUTH_MAX)
		return 0;
	s->skips_line = !end;
	if (!end)
		return len; /* dropped, and answered when its end has come */
	if (is_skipped || line_len + 1 > AUTH_MAX) {
		s->state = SMTP_COMMANDS;
		smtp_mistake(s, 500, "5.5.2 The line is too long");
	} else if (!is_line(bytes, line_len)) {
		s->state = SMTP_COMMANDS;
		smtp_mistake(s, 500, "5.5.2 The line is not UTF-8, or CR LF does not end it");
	} else {
		run_line(s, arena_strndup(s->step, bytes, line_len - 1));
	}
	return line_len + 1;
}

size_t smtp_session_take(struct smtp_session *s, const char *bytes, size_t len)
{
	size_t taken;

	if (s->state == SMTP_DATA)
		taken = smtp_take_data(s, bytes, len);
	else
		taken = take_line(s, bytes, len);
	arena_free(s->step);
	s->step = arena_new();
	return taken;
}
