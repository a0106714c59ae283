/* similar.h - whether two leads may be the same person. Threads: pure (after
 * text_init()).
 *
 * The decision ladder of the fact sheet "phone and identity", section 5. Only an equal
 * phone or e-mail makes two leads the same; everything softer is a matter for a person.
 * How good it is on data of others stands in tests/text/similar_test.c. */
#ifndef TEXT_SIMILAR_H
#define TEXT_SIMILAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* What is known of a person, as it stands in the lead. Any of it may be NULL or "". */
struct similar_person {
	const char *first, *last;  /* or the whole name in `first` */
	const char *phone;         /* E.164 */
	const char *email;         /* key: email->key */
	const char *postal;        /* code: postal->code */
	const char *street, *city, *company;
	const char *birth_date;    /* YYYY-MM-DD */
	bool is_phone_shared;      /* then an equal phone says little: a family, an office */
	bool is_email_role;        /* likewise: info@ */
};

/* The same, made comparable once; the arena's. Texts are never NULL. */
struct similar_keys {
	const char *first, *last, *name, *sound; /* name: its words sorted */
	const char *phone, *email, *postal, *street, *city, *company, *birth_date;
	bool is_phone_shared, is_email_role;
};

void similar_prepare(struct arena *arena, const struct similar_person *person,
		     struct similar_keys *keys);

enum similar {
	SIMILAR_DIFFERENT,
	SIMILAR_REVIEW, /* a possible duplicate: for a person to decide */
	SIMILAR_SAME,
};

/* Judges two persons; *why (may be NULL) becomes a constant reason for people, "" for
 * SIMILAR_DIFFERENT.
 *
 *   1. The same phone that is not shared: SAME, but REVIEW if both have names that differ
 *      by more than order, initials, sound or a letter of the last name, and no e-mail in
 *      common: a family's or broker's phone that nobody marked yet.
 *   2. The same e-mail that is no role's: SAME.
 *   3. Phones one digit apart, names with Jaro-Winkler of at least 0.92: REVIEW.
 *   4. Names alike (spelling, sound, initials, swapped) and at least two of place (postal
 *      code or city), street, company, shared phone, role e-mail, birth date, which counts
 *      twice: REVIEW. Is only one of first and last name alike, three of them.
 *   5. Everything else: DIFFERENT. */
enum similar similar_judge(const struct similar_keys *a, const struct similar_keys *b,
			   const char **why);

/* Short texts that similar leads have in common, to find candidates by: a store indexes
 * them (hashed: they are personal), fetches who shares one, and judges those. Two leads
 * that share none are not similar, or not worth the search. Returns how many, at most
 * SIMILAR_BLOCKS_MAX; the arena's. */
#define SIMILAR_BLOCKS_MAX 10
size_t similar_blocks(struct arena *arena, const struct similar_keys *keys,
		      const char *blocks[SIMILAR_BLOCKS_MAX]);

#endif
