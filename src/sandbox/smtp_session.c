/* smtp_session.c - one SMTP connection's talk. Threads: one at a time. */
#include "sandbox/smtp_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

#define COMMAND_MAX 512
#define PATH_COMMAND_MAX 2048  /* MAIL and RCPT, with parameters and their addresses */
#define AUTH_MAX 12288
#define TEXT_LINE_MAX 998
#define MISTAKES_MAX 20
#define REFUSALS_MAX 3
#define ADDRESS_MAX 254
#define LOCAL_MAX 64
#define OUT_MAX (64u << 10)
#define SIZE_WITHOUT_OFFER (50u << 20)

/* Where the reader of a message stands in a line. */
enum line_at { LINE_START, LINE_DOT, LINE_DOT_CR, LINE_INSIDE, LINE_CR };

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

static void reply(struct smtp_session *s, int code, const char *text)
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
	reply(s, 421, why);
}

/* A command that is none, or not now. Whoever makes many is no client. */
static void mistake(struct smtp_session *s, int code, const char *text)
{
	if (++s->mistakes >= MISTAKES_MAX)
		smtp_session_close(s, "4.7.0 Too many errors");
	else
		reply(s, code, text);
}

/* --- asking --- */

/* False when there is nothing to say any more: the connection breaks. */
static bool ask_for(struct smtp_session *s, struct smtp_step *step, struct smtp_answer *answer)
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

/* Asks for a step, says the answer, and returns its code; 0 when the connection breaks. */
static int step_with(struct smtp_session *s, struct smtp_step *step)
{
	struct smtp_answer answer;

	step->authorization = s->authorization;
	if (!ask_for(s, step, &answer))
		return 0;
	if (strcmp(step->method, "EHLO") == 0 && answer.code == 250)
		snprintf(s->offered, sizeof(s->offered), "%s\n", answer.text);
	else
		reply(s, answer.code, answer.text);
	return answer.code;
}

static int step(struct smtp_session *s, const char *method, const char *target)
{
	struct smtp_step one = { .method = method, .target = target };

	return step_with(s, &one);
}

/* Whether the answer to EHLO had a line that begins so; in *rest what is behind it. */
static bool was_offered(const struct smtp_session *s, const char *word, const char **rest)
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

static size_t size_max(const struct smtp_session *s)
{
	const char *rest;
	long long size;

	if (!was_offered(s, "SIZE", &rest))
		return SIZE_WITHOUT_OFFER;
	size = atoll(rest);
	return size > 0 && size < SMTP_MESSAGE_MAX ? (size_t)size : SMTP_MESSAGE_MAX;
}

/* --- what a session forgets --- */

static void message_drop(struct smtp_session *s)
{
	*s->budget += s->room;
	free(s->text);
	s->text = NULL;
	s->len = s->room = s->line_len = 0;
	s->at = LINE_START;
	s->is_too_large = s->is_over_budget = s->has_long_line = s->has_bare_end = false;
}

static void envelope_drop(struct smtp_session *s)
{
	json_decref(s->envelope);
	s->envelope = NULL;
	message_drop(s);
}

void smtp_session_begin(struct smtp_session *s, smtp_ask *ask, void *context, bool is_tls,
			size_t *budget)
{
	*s = (struct smtp_session){ .ask = ask, .context = context, .is_tls = is_tls,
				    .budget = budget };
	s->arena = arena_new();
	s->step = arena_new();
	if (step(s, "CONNECT", "/smtp/session") != 220)
		s->state = SMTP_OVER;
}

void smtp_session_end(struct smtp_session *s)
{
	envelope_drop(s);
	arena_free(s->arena);
	arena_free(s->step);
	free(s->out);
}

void smtp_session_secured(struct smtp_session *s)
{
	envelope_drop(s);
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
		mistake(s, 501, "5.5.4 EHLO needs your name");
		return;
	}
	envelope_drop(s);
	if (step(s, "EHLO", "/smtp/session") != 250)
		return;
	s->has_greeted = true;
	s->is_extended = is_extended;
	all = arena_printf(s->step, "mx.sandbox.example greets you%s%s", is_extended ? "\n" : "",
			   is_extended ? s->offered : "");
	reply(s, 250, all);
}

static void start_tls(struct smtp_session *s, const char *rest)
{
	if (*rest) {
		mistake(s, 501, "5.5.4 STARTTLS has no parameters");
	} else if (s->is_tls || !was_offered(s, "STARTTLS", NULL)) {
		mistake(s, 503, "5.5.1 TLS is not offered");
	} else {
		reply(s, 220, "2.0.0 Ready to start TLS");
		s->state = SMTP_STARTS_TLS;
	}
}

/* --- AUTH (RFC 4954) --- */

static void auth_refused(struct smtp_session *s)
{
	s->authorization = NULL;
	if (++s->refusals >= REFUSALS_MAX && s->state != SMTP_OVER)
		s->state = SMTP_OVER;
}

static void auth_with(struct smtp_session *s, const char *authorization)
{
	s->state = SMTP_COMMANDS;
	s->authorization = authorization;
	if (step(s, "AUTH", "/smtp/session") != 235)
		auth_refused(s);
}

static void auth_basic(struct smtp_session *s, const char *user, const char *password)
{
	const char *pair = arena_printf(s->arena, "%s:%s", user, password);

	auth_with(s, arena_printf(s->arena, "Basic %s",
				  base64_encode(s->arena, pair, strlen(pair))));
}

/* The bytes of a line of base64, or NULL after refusing. */
static const char *auth_text(struct smtp_session *s, const char *line, size_t *len)
{
	unsigned char *bytes;

	if (strcmp(line, "*") == 0) {
		s->state = SMTP_COMMANDS;
		mistake(s, 501, "5.7.0 Authentication was given up");
	} else if (base64_decode(s->arena, line, &bytes, len, NULL) < 0) {
		s->state = SMTP_COMMANDS;
		mistake(s, 501, "5.5.2 That is not base64");
	} else {
		return (const char *)bytes;
	}
	return NULL;
}

static bool is_clean(const char *text, size_t len)
{
	return strlen(text) == len && text_is_utf8(text, len) && !strchr(text, ':') && len <= 512;
}

/* authzid NUL user NUL password. */
static void auth_plain(struct smtp_session *s, const char *line)
{
	size_t len, user_len;
	const char *text = auth_text(s, line, &len), *user, *password;

	if (!text)
		return;
	s->state = SMTP_COMMANDS;
	user = memchr(text, '\0', len) ? text + strlen(text) + 1 : text + len;
	if (user >= text + len || !memchr(user, '\0', (size_t)(text + len - user))) {
		mistake(s, 501, "5.5.2 That is not PLAIN");
		return;
	}
	user_len = strlen(user);
	password = user + user_len + 1;
	if (!is_clean(user, user_len) ||
	    strlen(password) != (size_t)(text + len - password) ||
	    !text_is_utf8(password, strlen(password)))
		mistake(s, 501, "5.5.2 That is not PLAIN");
	else
		auth_basic(s, user, password);
}

static void auth_user(struct smtp_session *s, const char *line)
{
	size_t len;
	const char *text = auth_text(s, line, &len);

	if (!text)
		return;
	s->user = text;
	if (!is_clean(text, len)) {
		s->state = SMTP_COMMANDS;
		mistake(s, 501, "5.5.2 That is no user name");
		return;
	}
	s->state = SMTP_AUTH_PASSWORD;
	reply(s, 334, "UGFzc3dvcmQ6");
}

static void auth_password(struct smtp_session *s, const char *line)
{
	size_t len;
	const char *text = auth_text(s, line, &len);

	if (!text)
		return;
	s->state = SMTP_COMMANDS;
	if (strlen(text) != len || !text_is_utf8(text, len))
		mistake(s, 501, "5.5.2 That is no password");
	else
		auth_basic(s, s->user, text);
}

/* "user=a@b^Aauth=Bearer token^A^A". What is wrong is told in JSON first. */
static void auth_xoauth2(struct smtp_session *s, const char *line)
{
	static const char sorry[] =
		"{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"https://mail.sandbox.example/\"}";
	size_t len, token_len;
	const char *text = auth_text(s, line, &len), *token;
	struct smtp_step one = { .method = "AUTH", .target = "/smtp/session" };
	struct smtp_answer answer;

	if (!text)
		return;
	s->state = SMTP_COMMANDS;
	token = strstr(text, "\001auth=Bearer ");
	token = token ? token + 13 : "";
	token_len = strcspn(token, "\001");
	if (strlen(text) != len || !text_starts(text, "user=") || !token_len ||
	    strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") !=
		    token_len) {
		mistake(s, 501, "5.5.2 That is not XOAUTH2");
		return;
	}
	one.authorization = arena_printf(s->arena, "Bearer %.*s", (int)token_len, token);
	if (!ask_for(s, &one, &answer))
		return;
	if (answer.code == 535) {
		s->state = SMTP_AUTH_SORRY;
		reply(s, 334, base64_encode(s->step, sorry, strlen(sorry)));
		return;
	}
	reply(s, answer.code, answer.text);
	if (answer.code == 235)
		s->authorization = one.authorization;
	else
		auth_refused(s);
}

static const struct {
	const char *word;
	enum smtp_state state;
	const char *prompt;
	void (*read)(struct smtp_session *s, const char *line);
} mechanisms[] = {
	{ "PLAIN", SMTP_AUTH_PLAIN, "", auth_plain },
	{ "LOGIN", SMTP_AUTH_USER, "VXNlcm5hbWU6", auth_user },
	{ "XOAUTH2", SMTP_AUTH_XOAUTH2, "", auth_xoauth2 },
};

static void auth(struct smtp_session *s, const char *rest)
{
	size_t len = strcspn(rest, " ");
	const char *word = arena_strndup(s->step, rest, len);
	const char *initial = rest[len] ? rest + len + 1 : NULL;

	if (!s->is_extended || s->authorization || s->envelope) {
		mistake(s, 503, "5.5.1 Not now");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (!text_equal_nocase(word, mechanisms[i].word))
			continue;
		s->state = mechanisms[i].state;
		if (initial)
			mechanisms[i].read(s, strcmp(initial, "=") == 0 ? "" : initial);
		else
			reply(s, 334, mechanisms[i].prompt);
		return;
	}
	mistake(s, 504, "5.5.4 PLAIN, LOGIN or XOAUTH2");
}

/* --- MAIL and RCPT --- */

static bool has_high(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return true;
	return false;
}

/* local@domain; a quoted local part may hold blanks. */
static bool is_address(const char *text)
{
	const char *at = strrchr(text, '@');
	bool is_quoted = *text == '"';

	if (!at || at == text || !at[1] || at - text > LOCAL_MAX || strlen(text) > ADDRESS_MAX ||
	    (is_quoted && (at - text < 3 || at[-1] != '"')))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127 || strchr("<>", *c) ||
		    (*c == ' ' && !(is_quoted && c < at)) ||
		    (!is_quoted && c < at && strchr("()[]:;,\"\\@", *c)))
			return false;
	return at[1] != '.' && !strstr(at, "..");
}

/* "FROM:<a@b> SIZE=1": the address (the step's), and what is behind it; NULL when it is no
 * path. */
static const char *read_path(struct smtp_session *s, const char *text, const char *word,
			     const char **rest)
{
	size_t len = strlen(word), path_len;
	const char *end;

	if (strncasecmp(text, word, len) != 0)
		return NULL;
	text += len + strspn(text + len, " ");
	end = *text == '<' ? strchr(text, '>') : NULL;
	if (!end || (end[1] && end[1] != ' '))
		return NULL;
	path_len = (size_t)(end - text - 1);
	*rest = end + 1 + strspn(end + 1, " ");
	return arena_strndup(s->step, text + 1, path_len);
}

struct parameter {
	const char *name, *needs; /* what must have been offered */
	const char *member;       /* where it goes */
};

static const struct parameter mail_parameters[] = {
	{ "SIZE", "SIZE", "size" },   { "BODY", "8BITMIME", "body" },
	{ "RET", "DSN", "ret" },      { "ENVID", "DSN", "envid" },
	{ "AUTH", "AUTH", "auth" },   { "SMTPUTF8", "SMTPUTF8", "smtputf8" },
};

static const struct parameter rcpt_parameters[] = {
	{ "NOTIFY", "DSN", "notify" }, { "ORCPT", "DSN", "orcpt" },
};

static bool auth_or_offered(const struct smtp_session *s, const char *word)
{
	return strcmp(word, "AUTH") == 0 || was_offered(s, word, NULL);
}

/* Reads "NAME=value NAME" into the object; false after refusing. */
static bool read_parameters(struct smtp_session *s, const char *text,
			    const struct parameter *known, size_t nknown, json_t *out)
{
	while (*text) {
		size_t len = strcspn(text, " "), name_len = strcspn(text, " =");
		const char *name = arena_strndup(s->step, text, name_len);
		const char *value = name_len < len ? arena_strndup(s->step, text + name_len + 1,
								   len - name_len - 1) :
						     "";
		size_t i = 0;

		while (i < nknown && !text_equal_nocase(known[i].name, name))
			i++;
		if (i == nknown || !s->is_extended || !auth_or_offered(s, known[i].needs)) {
			mistake(s, 555, "5.5.4 A parameter is not known");
			return false;
		}
		if (json_object_get(out, known[i].member)) {
			mistake(s, 501, "5.5.4 A parameter came twice");
			return false;
		}
		json_object_set_new(out, known[i].member, json_string(value));
		text += len + strspn(text + len, " ");
	}
	return true;
}

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (text_equal_nocase(*words, value))
			return true;
	return false;
}

/* NEVER, or some of the others. */
static bool is_notify(struct arena *arena, const char *value)
{
	static const char *const words[] = { "SUCCESS", "FAILURE", "DELAY", NULL };

	if (text_equal_nocase(value, "NEVER"))
		return true;
	for (const char *at = value;; at++) {
		size_t len = strcspn(at, ",");

		if (!is_one_of(arena_strndup(arena, at, len), words))
			return false;
		at += len;
		if (!*at)
			return true;
	}
}

/* xtext (RFC 3461): printable, '+' and '=' as +HH. */
static bool is_xtext(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || *text == '=')
			return false;
		if (*text == '+' && (strspn(text + 1, "0123456789ABCDEF") < 2))
			return false;
	}
	return true;
}

/* What is wrong with the values, or NULL. */
static const char *bad_value(struct smtp_session *s, const json_t *given)
{
	static const char *const bodies[] = { "7BIT", "8BITMIME", NULL };
	static const char *const returns[] = { "FULL", "HDRS", NULL };
	const char *body = json_string_of(given, "body"), *ret = json_string_of(given, "ret");
	const char *size = json_string_of(given, "size"), *envid = json_string_of(given, "envid");
	const char *notify = json_string_of(given, "notify");
	const char *orcpt = json_string_of(given, "orcpt"), *semicolon;
	int64_t number;

	if (body && !is_one_of(body, bodies))
		return "5.5.4 BODY is 7BIT or 8BITMIME";
	if (ret && !is_one_of(ret, returns))
		return "5.5.4 RET is FULL or HDRS";
	if (size && (!text_int(size, &number) || number < 0))
		return "5.5.4 SIZE is a number";
	if (envid && (!is_xtext(envid) || !*envid || strlen(envid) > 100))
		return "5.5.4 ENVID is not xtext";
	if (notify && !is_notify(s->step, notify))
		return "5.5.4 NOTIFY is NEVER, or of SUCCESS, FAILURE, DELAY";
	semicolon = orcpt ? strchr(orcpt, ';') : NULL;
	if (orcpt && (!semicolon || semicolon == orcpt || !is_xtext(semicolon + 1)))
		return "5.5.4 ORCPT is not type;xtext";
	return NULL;
}

/* Unreserved letters and "@+=" stay, so that a fault's path can be read. */
static const char *encoded(struct arena *arena, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~@+=";
	struct buf buf;

	buf_init(&buf, arena, 4 * ADDRESS_MAX);
	for (; *text; text++)
		if (strchr(plain, *text))
			buf_addc(&buf, *text);
		else
			buf_addf(&buf, "%%%02X", (unsigned char)*text);
	return buf_text(&buf);
}

static bool check_size(struct smtp_session *s, const json_t *given)
{
	const char *size = json_string_of(given, "size");
	int64_t number;

	if (!size || !text_int(size, &number) || (uint64_t)number <= size_max(s))
		return true;
	reply(s, 552, "5.3.4 The message is too large");
	return false;
}

static void mail(struct smtp_session *s, const char *text)
{
	const char *rest = "", *from = read_path(s, text, "FROM:", &rest), *problem;
	json_t *envelope = json_keep(s->step, json_object());

	if (!s->has_greeted || s->envelope) {
		mistake(s, 503, s->envelope ? "5.5.1 There is a MAIL already" :
					      "5.5.1 EHLO first");
		return;
	}
	if (!from || (*from && !is_address(from))) {
		mistake(s, 501, "5.1.7 That is no MAIL FROM:<address>");
		return;
	}
	if (!read_parameters(s, rest, mail_parameters, ARRAY_LEN(mail_parameters), envelope))
		return;
	problem = bad_value(s, envelope);
	if (problem) {
		mistake(s, 501, problem);
		return;
	}
	if (has_high(from) && !json_object_get(envelope, "smtputf8")) {
		reply(s, 553, "5.6.7 Such an address needs SMTPUTF8");
		return;
	}
	if (!check_size(s, envelope))
		return;
	if (step(s, "MAIL", arena_printf(s->step, "/smtp/session?from=%s",
					 encoded(s->step, from))) != 250)
		return;
	json_object_set_new(envelope, "from", json_string(from));
	json_object_set_new(envelope, "to", json_array());
	s->envelope = json_deep_copy(envelope);
	s->has_mailed = true;
}

static void rcpt(struct smtp_session *s, const char *text)
{
	const char *rest = "", *to = read_path(s, text, "TO:", &rest), *problem;
	json_t *recipient = json_keep(s->step, json_object());

	if (!s->envelope) {
		mistake(s, 503, "5.5.1 MAIL first");
		return;
	}
	if (!to || !is_address(to)) {
		mistake(s, 501, "5.1.3 That is no RCPT TO:<address>");
		return;
	}
	if (!read_parameters(s, rest, rcpt_parameters, ARRAY_LEN(rcpt_parameters), recipient))
		return;
	problem = bad_value(s, recipient);
	if (problem) {
		mistake(s, 501, problem);
		return;
	}
	if (has_high(to) && !json_object_get(s->envelope, "smtputf8")) {
		reply(s, 553, "5.6.7 Such an address needs SMTPUTF8");
		return;
	}
	if (json_array_size(json_object_get(s->envelope, "to")) >= SMTP_RECIPIENTS_MAX) {
		reply(s, 452, "4.5.3 Too many recipients");
		return;
	}
	if (step(s, "RCPT", arena_printf(s->step, "/smtp/recipients/%s",
					 encoded(s->step, to))) != 250)
		return;
	json_object_set_new(recipient, "address", json_string(to));
	json_array_append_new(json_object_get(s->envelope, "to"), json_deep_copy(recipient));
}

/* --- DATA --- */

static void data(struct smtp_session *s, const char *rest)
{
	if (*rest)
		mistake(s, 501, "5.5.4 DATA has no parameters");
	else if (!s->envelope)
		mistake(s, 503, "5.5.1 MAIL first");
	else if (!json_array_size(json_object_get(s->envelope, "to")))
		mistake(s, 554, "5.5.1 There are no valid recipients");
	else if (step(s, "DATA", "/smtp/messages") == 354)
		s->state = SMTP_DATA;
}

static void text_grow(struct smtp_session *s, size_t len)
{
	size_t room = s->room ? s->room : 4096;

	while (room < s->len + len + 1)
		room *= 2;
	if (room == s->room)
		return;
	if (room - s->room > *s->budget) {
		s->is_over_budget = true;
		return;
	}
	*s->budget -= room - s->room;
	s->text = realloc(s->text, room);
	if (!s->text)
		abort();
	s->room = room;
}

static void text_add(struct smtp_session *s, const char *bytes, size_t len)
{
	if (s->is_too_large || s->is_over_budget)
		return;
	if (s->len + len > size_max(s)) {
		s->is_too_large = true;
		return;
	}
	text_grow(s, len);
	if (s->is_over_budget)
		return;
	memcpy(s->text + s->len, bytes, len);
	s->len += len;
	s->text[s->len] = '\0';
}

static void letter(struct smtp_session *s, char c)
{
	if (c == '\n')
		s->has_bare_end = true;
	s->line_len += c != '\r';
	s->has_long_line |= s->line_len > TEXT_LINE_MAX;
	s->at = c == '\r' ? LINE_CR : LINE_INSIDE;
	if (c != '\r')
		text_add(s, &c, 1);
}

/* As many plain letters as come in a row: what most of a message is. */
static size_t letters(struct smtp_session *s, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\r', len), *bare;

	len = end ? (size_t)(end - bytes) : len;
	bare = memchr(bytes, '\n', len);
	len = bare ? (size_t)(bare - bytes) : len;
	s->line_len += len;
	s->has_long_line |= s->line_len > TEXT_LINE_MAX;
	text_add(s, bytes, len);
	return len;
}

/* Takes one byte; true when the message is whole. Only CR LF ends a line, so that nothing
 * that others take for an end does here. */
static bool take_byte(struct smtp_session *s, char c)
{
	switch (s->at) {
	case LINE_START:
		if (c == '.') {
			s->at = LINE_DOT;
			return false;
		}
		break;
	case LINE_DOT:
		if (c == '\r') {
			s->at = LINE_DOT_CR;
			return false;
		}
		break; /* the dot was stuffing */
	case LINE_DOT_CR:
		if (c == '\n')
			return true;
		s->has_bare_end = true;
		text_add(s, "\r", 1);
		break;
	case LINE_CR:
		if (c == '\n') {
			text_add(s, "\r\n", 2);
			s->line_len = 0;
			s->at = LINE_START;
			return false;
		}
		s->has_bare_end = true;
		text_add(s, "\r", 1);
		break;
	}
	letter(s, c);
	return false;
}

static void message_whole(struct smtp_session *s)
{
	struct smtp_step one = { .method = "MESSAGE", .target = "/smtp/messages",
				 .body = s->text ? s->text : "", .body_len = s->len };

	s->state = SMTP_COMMANDS;
	json_object_set_new(s->envelope, "tls", json_boolean(s->is_tls));
	json_object_set_new(s->envelope, "long_lines", json_boolean(s->has_long_line));
	json_object_set_new(s->envelope, "bare_ends", json_boolean(s->has_bare_end));
	one.envelope = json_text(s->step, s->envelope);
	if (s->is_too_large)
		reply(s, 552, "5.3.4 The message is too large");
	else if (s->is_over_budget)
		reply(s, 452, "4.3.1 There is no room for it now");
	else
		step_with(s, &one);
	envelope_drop(s);
}

static size_t take_data(struct smtp_session *s, const char *bytes, size_t len)
{
	size_t taken = 0;

	if (s->cuts_data) {
		s->trouble = SMTP_CLOSE;
		s->state = SMTP_OVER;
		return len;
	}
	while (taken < len) {
		if (s->at == LINE_INSIDE) {
			taken += letters(s, bytes + taken, len - taken);
			if (taken == len)
				break;
		}
		if (take_byte(s, bytes[taken++])) {
			message_whole(s);
			break;
		}
	}
	return taken;
}

/* --- the other commands --- */

static void rset(struct smtp_session *s, const char *rest)
{
	(void)rest;
	envelope_drop(s);
	reply(s, 250, "2.0.0 Ok");
}

static void noop(struct smtp_session *s, const char *rest)
{
	(void)rest;
	reply(s, 250, "2.0.0 Ok");
}

static void quit(struct smtp_session *s, const char *rest)
{
	(void)rest;
	reply(s, 221, "2.0.0 Bye");
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
	reply(s, 252, "2.1.5 Send to it and see");
}

static void help(struct smtp_session *s, const char *rest)
{
	(void)rest;
	reply(s, 214, "2.0.0 EHLO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY QUIT");
}

static const struct {
	const char *verb;
	size_t max;
	void (*run)(struct smtp_session *s, const char *rest);
} commands[] = {
	{ "EHLO", COMMAND_MAX, ehlo },	      { "HELO", COMMAND_MAX, helo },
	{ "STARTTLS", COMMAND_MAX, start_tls }, { "AUTH", AUTH_MAX, auth },
	{ "MAIL", PATH_COMMAND_MAX, mail },   { "RCPT", PATH_COMMAND_MAX, rcpt },
	{ "DATA", COMMAND_MAX, data },	      { "RSET", COMMAND_MAX, rset },
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
			mistake(s, 500, "5.5.2 The line is too long");
		else
			commands[i].run(s, rest);
		return;
	}
	mistake(s, 500, "5.5.1 That is no command");
}

static void run_line(struct smtp_session *s, const char *line)
{
	switch (s->state) {
	case SMTP_AUTH_PLAIN:
		auth_plain(s, line);
		return;
	case SMTP_AUTH_USER:
		auth_user(s, line);
		return;
	case SMTP_AUTH_PASSWORD:
		auth_password(s, line);
		return;
	case SMTP_AUTH_XOAUTH2:
		auth_xoauth2(s, line);
		return;
	case SMTP_AUTH_SORRY:
		s->state = SMTP_COMMANDS;
		reply(s, 535, "5.7.8 Authentication failed");
		auth_refused(s);
		return;
	default:
		run_command(s, line);
	}
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
		mistake(s, 500, "5.5.2 The line is too long");
	} else if (!is_line(bytes, line_len)) {
		s->state = SMTP_COMMANDS;
		mistake(s, 500, "5.5.2 The line is not UTF-8, or CR LF does not end it");
	} else {
		run_line(s, arena_strndup(s->step, bytes, line_len - 1));
	}
	return line_len + 1;
}

size_t smtp_session_take(struct smtp_session *s, const char *bytes, size_t len)
{
	size_t taken;

	if (s->state == SMTP_DATA)
		taken = take_data(s, bytes, len);
	else
		taken = take_line(s, bytes, len);
	arena_free(s->step);
	s->step = arena_new();
	return taken;
}
