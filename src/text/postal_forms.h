/* postal_forms.h - how countries write their postal codes. Private to text/.
 * Threads: pure. */
#ifndef TEXT_POSTAL_FORMS_H
#define TEXT_POSTAL_FORMS_H

#include <stdbool.h>
#include <stddef.h>

/* Forms are written with N for a digit, A for a letter, X for either, small letters for
 * letters that stand in every code, | between alternatives; all else stands for itself. */
struct postal_form {
	char country[3];
	const char *forms;    /* "" where there are no postal codes */
	bool may_begin_with_0; /* so a digit too few may be a lost zero */
};

/* NULL when we know nothing of the country. */
const struct postal_form *postal_form_find(const char *country);

/* Matches bare upper-case letters and digits with one of the forms; true with the code as
 * it is written in `out`. */
bool postal_form_match(const char *forms, const char *bare, char *out, size_t room);

/* A code for people to see: "1234 AB" of "NNNN AA". */
void postal_form_example(const char *forms, char *out, size_t room);

/* The United Kingdom's codes, by area and letters, of bare text. */
bool postal_is_british(const char *bare);
/* Canada's, which leave out some letters. */
bool postal_is_canadian(const char *bare);

/* The postal circle of an Indian code, or NULL; and whether a state (as given, folded)
 * is one that we know and has no such codes. */
const char *postal_circle(const char *bare);
bool postal_is_other_state(const char *bare, const char *state);

/* Whether a US state or territory (as given, folded) has codes with a zero in front. */
bool postal_state_has_zero(const char *state);

#endif
