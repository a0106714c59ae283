/* name.h - names of people and companies: split, joined, and keys to compare them by.
 * Threads: pure (after text_init()).
 *
 * Splitting never changes a byte of a name: it says which piece is which. Keys are for
 * comparing only and never shown. The fact sheet "phone and identity", section 4. */
#ifndef TEXT_NAME_H
#define TEXT_NAME_H

#include <stdbool.h>

#include "base/arena.h"

/* Pieces of the full name as they stand in it; never NULL, "" when there is none. */
struct name {
	const char *title;  /* "Dr.", "Smt" */
	const char *first;  /* "Anne-Marie", "Venkata Rama": with middle names */
	const char *last;   /* "van der Berg" */
	const char *suffix; /* "Jr.", "MBA" */
};

/* Splits a full name: "Dr. Ludwig van Beethoven", "Lovelace, Ada", "A. P. J. Abdul Kalam".
 *   - A name of one word is a first name. Titles and suffixes are cut off unless nothing
 *     else is left.
 *   - The last word is the last name, with the particles before it ("van der", "de la",
 *     "bin"). What stands before a comma is the last name.
 *   - Two words in Chinese, Japanese or Korean letters: the first is the last name. One
 *     word in them is not cut: where it would have to be cannot be told. */
void name_split(struct arena *arena, const char *full, struct name *name);

/* "Ada Lovelace"; "山田 太郎" of first 太郎 and last 山田. Either may be NULL or "". */
const char *name_join(struct arena *arena, const char *first, const char *last);

/* The name's key: NFKC, case folded, without titles, suffixes, Latin and Greek
 * diacritics and apostrophes, other punctuation as blanks, single blanks. "" when
 * nothing is left: then there is nothing to compare. */
const char *name_key(struct arena *arena, const char *name);

/* The words of a key in order of the alphabet: "lovelace ada" and "ada lovelace" are
 * one. */
const char *name_key_sorted(struct arena *arena, const char *key);

/* The sorted words of a key as they sound, after the ways in which Indian names are
 * spelt: "Deepak Choudhary" and "Dipak Chaudhari". Words that are not Latin stay. */
const char *name_key_sound(struct arena *arena, const char *key);

/* Whether one key can be the other with initials or fewer words: "r kumar" and
 * "kumar rajesh". At least one whole word of two letters must be the same. Equal keys
 * match, empty ones do not. */
bool name_initials_match(const char *a, const char *b);

/* Whether two keys may be one name: each word of the shorter one is in the other, equal,
 * misspelt (Jaro-Winkler of at least 0.85) or as an initial; one pair at least is no
 * initial. So "kumar rajesh" is like "rajseh kumar" and "r kumar", not "suresh kumar".
 * Empty keys are like nothing. */
bool name_is_alike(const char *a, const char *b);

/* A company's key: as name_key(), and without the words that say its legal form
 * ("Pvt. Ltd.", "L.L.C.", "GmbH"), "the", "and", "&", "M/s"; if nothing else is left,
 * with them. */
const char *company_key(struct arena *arena, const char *company);

#endif
