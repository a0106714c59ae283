/* lex.h - cuts the query languages of vendors into words and signs. Threads: pure.
 *
 * SOQL, COQL and OData's $filter differ in how a quote is written inside quotes; the rest
 * is the same. */
#ifndef SANDBOX_LEX_H
#define SANDBOX_LEX_H

#include "base/arena.h"

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

#endif
