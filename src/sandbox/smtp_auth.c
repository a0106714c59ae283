/* smtp_auth.c - AUTH and its dialogues (RFC 4954). Threads: one at a time. */
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "sandbox/smtp_inside.h"

#define REFUSALS_MAX 3

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
	if (smtp_step_ask(s, "AUTH", "/smtp/session") != 235)
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
		smtp_mistake(s, 501, "5.7.0 Authentication was given up");
	} else if (base64_decode(s->arena, line, &bytes, len, NULL) < 0) {
		s->state = SMTP_COMMANDS;
		smtp_mistake(s, 501, "5.5.2 That is not base64");
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
		smtp_mistake(s, 501, "5.5.2 That is not PLAIN");
		return;
	}
	user_len = strlen(user);
	password = user + user_len + 1;
	if (!is_clean(user, user_len) ||
	    strlen(password) != (size_t)(text + len - password) ||
	    !text_is_utf8(password, strlen(password)))
		smtp_mistake(s, 501, "5.5.2 That is not PLAIN");
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
		smtp_mistake(s, 501, "5.5.2 That is no user name");
		return;
	}
	s->state = SMTP_AUTH_PASSWORD;
	smtp_say(s, 334, "UGFzc3dvcmQ6");
}

static void auth_password(struct smtp_session *s, const char *line)
{
	size_t len;
	const char *text = auth_text(s, line, &len);

	if (!text)
		return;
	s->state = SMTP_COMMANDS;
	if (strlen(text) != len || !text_is_utf8(text, len))
		smtp_mistake(s, 501, "5.5.2 That is no password");
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
		smtp_mistake(s, 501, "5.5.2 That is not XOAUTH2");
		return;
	}
	one.authorization = arena_printf(s->arena, "Bearer %.*s", (int)token_len, token);
	if (!smtp_ask_for(s, &one, &answer))
		return;
	if (answer.code == 535) {
		s->state = SMTP_AUTH_SORRY;
		smtp_say(s, 334, base64_encode(s->step, sorry, strlen(sorry)));
		return;
	}
	smtp_say(s, answer.code, answer.text);
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

void smtp_auth(struct smtp_session *s, const char *rest)
{
	size_t len = strcspn(rest, " ");
	const char *word = arena_strndup(s->step, rest, len);
	const char *initial = rest[len] ? rest + len + 1 : NULL;

	if (!s->is_extended || s->authorization || s->envelope) {
		smtp_mistake(s, 503, "5.5.1 Not now");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (!text_equal_nocase(word, mechanisms[i].word))
			continue;
		s->state = mechanisms[i].state;
		if (initial)
			mechanisms[i].read(s, strcmp(initial, "=") == 0 ? "" : initial);
		else
			smtp_say(s, 334, mechanisms[i].prompt);
		return;
	}
	smtp_mistake(s, 504, "5.5.4 PLAIN, LOGIN or XOAUTH2");
}

void smtp_auth_line(struct smtp_session *s, const char *line)
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
	default: /* SMTP_AUTH_SORRY: whatever it says now */
		s->state = SMTP_COMMANDS;
		smtp_say(s, 535, "5.7.8 Authentication failed");
		auth_refused(s);
	}
}
