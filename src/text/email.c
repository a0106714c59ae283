/* email.c - an e-mail address as somebody wrote it. Threads: pure (after text_init()). */
#include "text/email.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/email_domains.h"
#include "text/idn.h"
#include "text/unicode.h"

#define RAW_MAX 1000

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5322's atext, and RFC 6531's: all that is not ASCII. */
static bool is_atext(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* What copying from pages and mails leaves at both ends: blanks of all widths, marks of
 * direction, byte order marks. */
static const char *const invisible[] = {
	"\u00A0", "\u2000", "\u2001", "\u2002", "\u2003",
	"\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u200B",
	"\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
	"\u202E", "\u202F", "\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\u3000",
	"\uFEFF",
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t invisible_at_start(const char *text)
{
	if ((unsigned char)*text < 0x80)
		return is_blank(*text);
	for (size_t i = 0; i < ARRAY_LEN(invisible); i++)
		if (text_starts(text, invisible[i]))
			return strlen(invisible[i]);
	return 0;
}

static size_t invisible_at_end(const char *text, size_t len)
{
	if (len == 0 || (unsigned char)text[len - 1] < 0x80)
		return len > 0 && is_blank(text[len - 1]);
	for (size_t i = 0; i < ARRAY_LEN(invisible); i++) {
		size_t n = strlen(invisible[i]);

		if (len >= n && memcmp(text + len - n, invisible[i], n) == 0)
			return n;
	}
	return 0;
}

static char *trim(struct arena *arena, const char *text)
{
	size_t len, n;

	while ((n = invisible_at_start(text)) > 0)
		text += n;
	len = strlen(text);
	while ((n = invisible_at_end(text, len)) > 0)
		len -= n;
	return arena_strndup(arena, text, len);
}

/* Full-width @ and dot become plain, in place: they only get shorter. */
static void narrow(char *text)
{
	char *out = text;

	if (text_is_ascii(text))
		return;
	while (*text) {
		if (text_starts(text, "\uFF20") || text_starts(text, "\uFF0E")) {
			*out++ = text_starts(text, "\uFF20") ? '@' : '.';
			text += 3;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* The address without what people and programs put around it. */
static char *unwrap(struct arena *arena, const char *raw)
{
	char *text = trim(arena, raw), *open;
	size_t len = strlen(text);

	narrow(text);
	if (len > 0 && text[len - 1] == '>' && (open = strrchr(text, '<'))) {
		text[len - 1] = '\0';
		text = trim(arena, open + 1);
	}
	if (strncasecmp(text, "mailto:", 7) == 0) {
		text[strcspn(text, "?")] = '\0';
		text = trim(arena, text + 7);
	}
	len = strlen(text);
	while (len > 0 && strchr(".,;", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int refuse(struct error *err, const char *message)
{
	return error_set(err, ERR_INVALID, "%s", message);
}

/* Names the character at `p` in the error, by its code unless it is printable. */
static int refuse_character(struct error *err, char c, const char *where)
{
	if (c == ' ' || c == '\t')
		return error_set(err, ERR_INVALID, "has a blank %s: remove it", where);
	if (c > ' ' && c < 0x7F)
		return error_set(err, ERR_INVALID, "has a %c %s: remove it", c, where);
	return error_set(err, ERR_INVALID, "has the character 0x%02X %s: remove it",
			 (unsigned char)c, where);
}

/* Length of the quoted string at the beginning, with its quotes; 0 if it is none. */
static size_t quoted_len(const char *text)
{
	for (size_t i = 1; text[i]; i++) {
		if (text[i] == '"')
			return i + 1;
		if (text[i] == '\\' && text[i + 1] >= ' ' && text[i + 1] < 0x7F)
			i++;
		else if (text[i] == '\\' || (unsigned char)text[i] < ' ' || text[i] == 0x7F)
			return 0;
	}
	return 0;
}

static int check_dots(const char *local, size_t len, struct error *err)
{
	if (local[0] == '.')
		return refuse(err, "begins with a dot: remove it");
	if (local[len - 1] == '.')
		return refuse(err, "has a dot before the @: remove it");
	for (size_t i = 0; i + 1 < len; i++)
		if (local[i] == '.' && local[i + 1] == '.')
			return refuse(err, "has two dots in a row before the @: remove one");
	return 0;
}

/* Checks the local part of `len` bytes that `text` begins with. */
static int check_local(const char *text, size_t len, struct error *err)
{
	if (len == 0)
		return refuse(err, "has nothing before the @: add the name");
	if (len > EMAIL_LOCAL_MAX)
		return refuse(err, "has more than 64 bytes before the @: no mailbox has");
	if (text[0] == '"')
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!is_atext(text[i]) && text[i] != '.')
			return refuse_character(err, text[i], "before the @");
	return check_dots(text, len, err);
}

static int check_label(const char *label, size_t len, struct error *err)
{
	if (len == 0)
		return refuse(err, "has two dots in a row, or one beside the @: remove it");
	if (len > 63)
		return refuse(err, "has more than 63 characters between two dots of its "
				   "domain: no domain has");
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(label[i]) && label[i] != '-')
			return refuse_character(err, label[i], "in its domain");
	if (label[0] == '-' || label[len - 1] == '-')
		return refuse(err, "has a hyphen at an edge of its domain's parts: remove it");
	return 0;
}

static int check_top_level(const char *label, struct error *err)
{
	if (strspn(label, "0123456789") == strlen(label))
		return refuse(err, "ends in a number: write the domain's name, not its "
				   "IP address");
	if (strlen(label) < 2)
		return refuse(err, "has a domain ending of one letter: complete it");
	return 0;
}

/* Checks a domain in ASCII, lower case. */
static int check_domain(const char *domain, struct error *err)
{
	const char *label = domain, *dot;

	if (!*domain)
		return refuse(err, "has nothing after the @: add the domain");
	if (strlen(domain) > EMAIL_DOMAIN_MAX)
		return refuse(err, "has a domain of more than 253 bytes: no domain has");
	while ((dot = strchr(label, '.'))) {
		if (check_label(label, (size_t)(dot - label), err) < 0)
			return -1;
		label = dot + 1;
	}
	if (check_label(label, strlen(label), err) < 0)
		return -1;
	if (label == domain)
		return refuse(err, "has a domain without a dot: add its ending, as .com");
	return check_top_level(label, err);
}

static bool has_a_label(const char *domain)
{
	return text_starts(domain, "xn--") || strstr(domain, ".xn--");
}

static int read_domain(struct arena *arena, const char *typed, const char **domain,
		       struct error *err)
{
	if (typed[0] == '[')
		return refuse(err, "has an IP address for a domain: write the domain's name");
	if (strchr(typed, '@'))
		return refuse(err, "has two @: give one address a field");
	*domain = text_lower_ascii(arena, typed);
	if (text_is_ascii(*domain) && !has_a_label(*domain))
		return check_domain(*domain, err);
	if (idn_to_ascii(arena, typed, domain, err) < 0)
		return -1;
	return check_domain(*domain, err);
}

/* The local part as a key: lower case, without quotes that it does not need. */
static const char *local_key(struct arena *arena, const char *local)
{
	size_t len = strlen(local);
	char *bare;

	if (local[0] != '"')
		return text_fold(arena, local);
	bare = arena_strndup(arena, local + 1, len - 2);
	if (*bare && check_local(bare, len - 2, NULL) == 0)
		return text_fold(arena, bare);
	return text_fold(arena, local);
}

/* Whether the mailbox is a role's, a tag after + aside. */
static bool is_role(const char *key)
{
	return mailbox_is_role(key, strcspn(key, "+@"));
}

/* Written so, not with arena_printf(): it is on the path of every lead. */
static const char *join(struct arena *arena, const char *local, const char *domain)
{
	size_t len = strlen(local), domain_len = strlen(domain);
	char *text = arena_alloc(arena, len + 1 + domain_len + 1);

	memcpy(text, local, len);
	text[len] = '@';
	memcpy(text + len + 1, domain, domain_len);
	return text;
}

static void fill(struct arena *arena, const char *text, struct email *email)
{
	const char *meant = domain_meant(email->domain);

	email->address = text;
	email->key = join(arena, local_key(arena, email->local), email->domain);
	if (meant)
		email->suggestion = join(arena, email->local, meant);
	email->is_role = is_role(email->key);
	email->is_free = domain_is_free(email->domain);
	email->is_disposable = domain_is_disposable(email->domain);
	email->is_international = !text_is_ascii(email->local);
}

/* What to say of a text that has no @ where one belongs. */
static int refuse_without_at(const char *text, struct error *err)
{
	if (!*text)
		return refuse(err, "is empty: write it as name@domain");
	if (text[0] == '"')
		return refuse(err, "has an odd quote: write it as name@domain");
	return refuse(err, "has no @: write it as name@domain");
}

/* Two addresses in a field are told apart from one with a stray comma. */
static bool holds_two(const char *text)
{
	const char *at = strchr(text, '@'), *gap = at ? strpbrk(at, ",; /") : NULL;

	return gap && strchr(gap, '@');
}

int email_parse(struct arena *arena, const char *raw, struct email *email,
		struct error *err)
{
	char *text;
	size_t len;

	*email = (struct email){ 0 };
	if (strlen(raw) > RAW_MAX)
		return refuse(err, "is longer than 254 bytes: no address is");
	text = unwrap(arena, raw);
	len = text[0] == '"' ? quoted_len(text) : strcspn(text, "@");
	if (text[len] != '@')
		return refuse_without_at(text, err);
	if (text[0] != '"' && holds_two(text))
		return refuse(err, "holds two addresses: give one address a field");
	if (check_local(text, len, err) < 0 ||
	    read_domain(arena, text + len + 1, &email->domain, err) < 0)
		return -1;
	if (len + 1 + strlen(email->domain) > EMAIL_MAX)
		return refuse(err, "is longer than 254 bytes: no address is");
	email->local = arena_strndup(arena, text, len);
	fill(arena, text, email);
	return 0;
}

static const char *without_tag(struct arena *arena, const char *local, char mark)
{
	const char *tag = strchr(local, mark);

	return tag && tag > local ? arena_strndup(arena, local, (size_t)(tag - local)) : local;
}

static const char *without_dots(struct arena *arena, const char *local)
{
	char *out = arena_alloc(arena, strlen(local) + 1), *p = out;

	for (; *local; local++)
		if (*local != '.')
			*p++ = *local;
	return out;
}

const char *email_provider_key(struct arena *arena, const struct email *email)
{
	const char *local = local_key(arena, email->local), *domain = email->domain;

	if (local[0] == '"')
		return email->key;
	switch (domain_rule(domain)) {
	case PROVIDER_NONE:
		return email->key;
	case PROVIDER_GMAIL:
		local = without_dots(arena, without_tag(arena, local, '+'));
		domain = "gmail.com";
		break;
	case PROVIDER_PLUS:
		local = without_tag(arena, local, '+');
		break;
	case PROVIDER_MINUS:
		local = without_tag(arena, local, '-');
		break;
	}
	return join(arena, local, domain);
}

bool email_domain_is_free(const char *domain)
{
	return domain_is_free(domain);
}
