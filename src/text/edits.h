/* edits.h - how far two words are from one another. Threads: pure. */
#ifndef TEXT_EDITS_H
#define TEXT_EDITS_H

#include <stdbool.h>

/* Whether one edit makes `a` into `b`: a byte inserted, deleted or replaced, or two
 * neighbours swapped. Equal words are no edit apart: false. For ASCII. */
bool edits_is_one(const char *a, const char *b);

/* Whether they are of one length and differ in exactly one byte: a digit mistyped. */
bool edits_is_one_replaced(const char *a, const char *b);

/* The similarity of Jaro and Winkler over code points, 0 to 1: window max/2 - 1, prefix
 * of at most 4 at a scale of 0.1. Two empty texts are 1 alike. Only the first 64 code
 * points of each count. */
double edits_jaro_winkler(const char *a, const char *b);

#endif
