/* lex.h - cuts the query languages of vendors into words and signs, and reads them one
 * after the other. Threads: pure.
 *
 * SOQL, COQL and OData's $filter differ in how a quote is written inside quotes; the rest
 * is the same.
 *
 *     sb_lexer_start(&lexer, arena, "select id from Leads", SB_LEX_BACKSLASH);
 *     if (!sb_lexer_take_word(&lexer, "SELECT") || lexer.token.kind != SB_LEX_WORD)
 *             return refuse(...); */
#ifndef SANDBOX_LEX_H
#define SANDBOX_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "sandbox/query.h"

enum sb_lex_kind { SB_LEX_END, SB_LEX_WORD, SB_LEX_TEXT, SB_LEX_LITERAL, SB_LEX_SIGN, SB_LEX_BAD };

/* How 'O'Neil' is quoted: 'O\'Neil' or 'O''Neil'. */
enum sb_lex_quote { SB_LEX_BACKSLASH, SB_LEX_DOUBLED };

struct sb_lex {
	enum sb_lex_kind kind;
	const char *text; /* of SB_LEX_TEXT unquoted; of SB_LEX_SIGN "=", "!=", "(", "," ... */
};

/* The token at *at, which moves behind it. A word begins with a letter; what begins with a
 * digit or a sign of a number (times too) is a literal. Texts are the arena's. */
struct sb_lex sb_lex_next(struct arena *arena, const char **at, enum sb_lex_quote quote);

/* A query that is being read: one token is looked at before it is taken. */
struct sb_lexer {
	struct arena *arena;
	enum sb_lex_quote quote;
	const char *at;      /* behind the token */
	const char *before;  /* where it was looked for: blanks before it come first */
	struct sb_lex token; /* the one being looked at */
};

/* Looks at the first token of `text`, which must outlive *lexer. */
void sb_lexer_start(struct sb_lexer *lexer, struct arena *arena, const char *text,
		    enum sb_lex_quote quote);

/* Looks at the next token; SB_LEX_END stays. */
void sb_lexer_advance(struct sb_lexer *lexer);

/* Whether the token is a word, in any case of its letters. */
bool sb_lexer_is_word(const struct sb_lexer *lexer, const char *word);

/* Each advances when the token is what it asks for (a word in any case, a sign, an integer
 * of at least 0, "=" "!=" "<>" "<" "<=" ">" ">="), else it returns false and leaves the
 * token. */
bool sb_lexer_take_word(struct sb_lexer *lexer, const char *word);
bool sb_lexer_take_sign(struct sb_lexer *lexer, const char *sign);
bool sb_lexer_take_number(struct sb_lexer *lexer, int64_t *number);
bool sb_lexer_take_comparison(struct sb_lexer *lexer, enum sb_op *op);

#endif
