/* name_words.h - words and letters of names. Private to text/. Threads: pure. */
#ifndef TEXT_NAME_WORDS_H
#define TEXT_NAME_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* A word of a text, not ended by NUL. */
struct word {
	const char *text;
	size_t len;
};

/* Cuts at blanks of all widths into at most `max` words, the last one holding the rest.
 * Returns how many. */
size_t words_cut(const char *text, struct word *words, size_t max);

/* Case folded, letters and digits only, without Latin and Greek diacritics; apostrophes
 * go, all else becomes single blanks. */
const char *words_fold(struct arena *arena, const char *text);

/* Of a word as written, dots and commas aside, in any case: whether it is a title that
 * stands before a name; one that might be a name unless more follows ("CA", "Er"); a
 * suffix behind it; a particle of a last name. */
bool word_is_title(struct word word);
bool word_is_doubtful_title(struct word word);
bool word_is_suffix(struct word word);
bool word_is_particle(struct word word);

/* Of a folded word: whether it says a company's legal form. */
bool word_is_legal_form(struct word word);

/* Whether it begins with a Chinese, Japanese or Korean letter. */
bool word_is_east_asian(struct word word);

#endif
