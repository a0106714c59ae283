/* smtp_path.c - MAIL and RCPT: addresses and parameters (RFC 5321, 3461). Threads: one at a
 * time. */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/smtp_inside.h"

#define ADDRESS_MAX 254
#define LOCAL_MAX 64

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
	return strcmp(word, "AUTH") == 0 || smtp_was_offered(s, word, NULL);
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
			smtp_mistake(s, 555, "5.5.4 A parameter is not known");
			return false;
		}
		if (json_object_get(out, known[i].member)) {
			smtp_mistake(s, 501, "5.5.4 A parameter came twice");
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

	if (!size || !text_int(size, &number) || (uint64_t)number <= smtp_size_max(s))
		return true;
	smtp_say(s, 552, "5.3.4 The message is too large");
	return false;
}

void smtp_mail(struct smtp_session *s, const char *text)
{
	const char *rest = "", *from = read_path(s, text, "FROM:", &rest), *problem;
	json_t *envelope = json_keep(s->step, json_object());

	if (!s->has_greeted || s->envelope) {
		smtp_mistake(s, 503, s->envelope ? "5.5.1 There is a MAIL already" :
					      "5.5.1 EHLO first");
		return;
	}
	if (!from || (*from && !is_address(from))) {
		smtp_mistake(s, 501, "5.1.7 That is no MAIL FROM:<address>");
		return;
	}
	if (!read_parameters(s, rest, mail_parameters, ARRAY_LEN(mail_parameters), envelope))
		return;
	problem = bad_value(s, envelope);
	if (problem) {
		smtp_mistake(s, 501, problem);
		return;
	}
	if (has_high(from) && !json_object_get(envelope, "smtputf8")) {
		smtp_say(s, 553, "5.6.7 Such an address needs SMTPUTF8");
		return;
	}
	if (!check_size(s, envelope))
		return;
	if (smtp_step_ask(s, "MAIL", arena_printf(s->step, "/smtp/session?from=%s",
					 encoded(s->step, from))) != 250)
		return;
	json_object_set_new(envelope, "from", json_string(from));
	json_object_set_new(envelope, "to", json_array());
	s->envelope = json_deep_copy(envelope);
	s->has_mailed = true;
}

void smtp_rcpt(struct smtp_session *s, const char *text)
{
	const char *rest = "", *to = read_path(s, text, "TO:", &rest), *problem;
	json_t *recipient = json_keep(s->step, json_object());

	if (!s->envelope) {
		smtp_mistake(s, 503, "5.5.1 MAIL first");
		return;
	}
	if (!to || !is_address(to)) {
		smtp_mistake(s, 501, "5.1.3 That is no RCPT TO:<address>");
		return;
	}
	if (!read_parameters(s, rest, rcpt_parameters, ARRAY_LEN(rcpt_parameters), recipient))
		return;
	problem = bad_value(s, recipient);
	if (problem) {
		smtp_mistake(s, 501, problem);
		return;
	}
	if (has_high(to) && !json_object_get(s->envelope, "smtputf8")) {
		smtp_say(s, 553, "5.6.7 Such an address needs SMTPUTF8");
		return;
	}
	if (json_array_size(json_object_get(s->envelope, "to")) >= SMTP_RECIPIENTS_MAX) {
		smtp_say(s, 452, "4.5.3 Too many recipients");
		return;
	}
	if (smtp_step_ask(s, "RCPT", arena_printf(s->step, "/smtp/recipients/%s",
					 encoded(s->step, to))) != 250)
		return;
	json_object_set_new(recipient, "address", json_string(to));
	json_array_append_new(json_object_get(s->envelope, "to"), json_deep_copy(recipient));
}
