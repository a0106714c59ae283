/* letters.h - upper and lower case, and cutting text without breaking a letter.
 * Threads: pure (after text_init()). */
#ifndef TEXT_LETTERS_H
#define TEXT_LETTERS_H

#include <stddef.h>

#include "base/arena.h"

/* In lower or upper case, by Unicode's rules for all languages: "STRASSE" of "Straße". The
 * text itself when it is so already. */
const char *text_lower(struct arena *arena, const char *text);
const char *text_upper(struct arena *arena, const char *text);

/* Names written all in small or all in capital letters, as people write them: "Ada
 * O'Neil-Byron" of "ADA O'NEIL-BYRON", "John McDonald" of "john mcdonald". Words that mix
 * case stay as they are; so do words of capitals among words that are not ("IBM Germany"). */
const char *text_title(struct arena *arena, const char *text);

/* The beginning of a text, at most `max` code points and never ending inside what a reader
 * takes for one letter: an accent, an emoji of several. The text itself when it is no
 * longer; "" when not even the first letter fits. */
const char *text_cut(struct arena *arena, const char *text, size_t max);

#endif
