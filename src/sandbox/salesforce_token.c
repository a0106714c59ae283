/* salesforce_token.c - cuts SOQL into tokens. Threads: pure. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "sandbox/salesforce.h"

static struct sf_token bad(void)
{
	return (struct sf_token){ SF_BAD, "" };
}

/* 'O\'Neil': a backslash takes what follows, \n and the like their letter's meaning. */
static struct sf_token text_token(struct arena *arena, const char **at)
{
	static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
	struct buf buf;

	buf_init(&buf, arena, 1u << 17);
	for ((*at)++; **at && **at != '\''; (*at)++) {
		const char *letter;

		if (**at != '\\') {
			buf_addc(&buf, **at);
			continue;
		}
		if (!*++*at)
			return bad();
		letter = strchr(letters, **at);
		buf_addc(&buf, letter ? meant[letter - letters] : **at);
	}
	if (!**at)
		return bad();
	(*at)++;
	return (struct sf_token){ SF_TEXT, buf_text(&buf) };
}

static struct sf_token sign_token(struct arena *arena, const char **at)
{
	static const char *const signs[] = { "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", "," };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t len = strlen(signs[i]);

		if (strncmp(*at, signs[i], len) == 0) {
			*at += len;
			return (struct sf_token){ SF_SIGN, signs[i] };
		}
	}
	(void)arena;
	return bad();
}

struct sf_token sf_token_next(struct arena *arena, const char **at)
{
	size_t len;
	const char *text;

	*at += strspn(*at, " \t\r\n");
	if (!**at)
		return (struct sf_token){ SF_END, "" };
	if (**at == '\'')
		return text_token(arena, at);
	len = strspn(*at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.:+-");
	if (!len)
		return sign_token(arena, at);
	text = arena_strndup(arena, *at, len);
	*at += len;
	return (struct sf_token){ isalpha((unsigned char)*text) ? SF_WORD : SF_LITERAL, text };
}
