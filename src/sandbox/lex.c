/* lex.c - cuts the query languages of vendors into words and signs. Threads: pure. */
#include "sandbox/lex.h"

#include <ctype.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/text.h"

/* --- cutting --- */

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

/* --- reading --- */

void sb_lexer_advance(struct sb_lexer *lexer)
{
	lexer->before = lexer->at;
	lexer->token = sb_lex_next(lexer->arena, &lexer->at, lexer->quote);
}

void sb_lexer_start(struct sb_lexer *lexer, struct arena *arena, const char *text,
		    enum sb_lex_quote quote)
{
	*lexer = (struct sb_lexer){ .arena = arena, .quote = quote, .at = text };
	sb_lexer_advance(lexer);
}

bool sb_lexer_is_word(const struct sb_lexer *lexer, const char *word)
{
	return lexer->token.kind == SB_LEX_WORD && text_equal_nocase(lexer->token.text, word);
}

bool sb_lexer_take_word(struct sb_lexer *lexer, const char *word)
{
	if (!sb_lexer_is_word(lexer, word))
		return false;
	sb_lexer_advance(lexer);
	return true;
}

bool sb_lexer_take_sign(struct sb_lexer *lexer, const char *sign)
{
	if (lexer->token.kind != SB_LEX_SIGN || strcmp(lexer->token.text, sign) != 0)
		return false;
	sb_lexer_advance(lexer);
	return true;
}

bool sb_lexer_take_number(struct sb_lexer *lexer, int64_t *number)
{
	if (lexer->token.kind != SB_LEX_LITERAL || !text_int(lexer->token.text, number) ||
	    *number < 0)
		return false;
	sb_lexer_advance(lexer);
	return true;
}

bool sb_lexer_take_comparison(struct sb_lexer *lexer, enum sb_op *op)
{
	static const struct {
		const char *sign;
		enum sb_op op;
	} signs[] = {
		{ "=", SB_EQ },	 { "!=", SB_NE }, { "<>", SB_NE }, { "<", SB_LT },
		{ "<=", SB_LE }, { ">", SB_GT },  { ">=", SB_GE },
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!sb_lexer_take_sign(lexer, signs[i].sign))
			continue;
		*op = signs[i].op;
		return true;
	}
	return false;
}
