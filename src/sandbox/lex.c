/* lex.c - cuts the query languages of vendors into words and signs. Threads: pure. */
#include "sandbox/lex.h"

#include <ctype.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"

static struct sb_lex bad(void)
{
	return (struct sb_lex){ SB_LEX_BAD, "" };
}

/* 'O\'Neil': a backslash takes what follows, \n and the like their letter's meaning. */
static void add_escaped(struct buf *buf, const char **at)
{
	static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
	const char *letter = strchr(letters, **at);

	buf_addc(buf, **at && letter ? meant[letter - letters] : **at);
}

static struct sb_lex text_token(struct arena *arena, const char **at, enum sb_lex_quote quote)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 17);
	for ((*at)++; **at; (*at)++) {
		if (**at == '\'' && (quote != SB_LEX_DOUBLED || (*at)[1] != '\''))
			break;
		if (**at == '\'') {
			(*at)++;
			buf_addc(&buf, '\'');
		} else if (**at != '\\' || quote != SB_LEX_BACKSLASH) {
			buf_addc(&buf, **at);
		} else if (*++*at) {
			add_escaped(&buf, at);
		} else {
			return bad();
		}
	}
	if (!**at || buf.is_over)
		return bad();
	(*at)++;
	return (struct sb_lex){ SB_LEX_TEXT, buf_text(&buf) };
}

static struct sb_lex sign_token(const char **at)
{
	static const char *const signs[] = { "!=", "<>", "<=", ">=", "=", "<", ">",
					     "(",  ")",	 ",",  "[",  "]", "*" };

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		size_t len = strlen(signs[i]);

		if (strncmp(*at, signs[i], len) == 0) {
			*at += len;
			return (struct sb_lex){ SB_LEX_SIGN, signs[i] };
		}
	}
	return bad();
}

struct sb_lex sb_lex_next(struct arena *arena, const char **at, enum sb_lex_quote quote)
{
	size_t len;
	const char *text;

	*at += strspn(*at, " \t\r\n");
	if (!**at)
		return (struct sb_lex){ SB_LEX_END, "" };
	if (**at == '\'')
		return text_token(arena, at, quote);
	len = strspn(*at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.:+-$");
	if (!len)
		return sign_token(at);
	text = arena_strndup(arena, *at, len);
	*at += len;
	return (struct sb_lex){ isalpha((unsigned char)*text) || *text == '_' ? SB_LEX_WORD :
										SB_LEX_LITERAL,
				text };
}
