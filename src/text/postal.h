/* postal.h - a postal code as somebody wrote it. Threads: pure.
 *
 * The form is checked, not whether anybody lives there. Not every country has postal
 * codes: a source that makes the field mandatory asks postal_is_used() first. The fact
 * sheet "phone and identity", section 2. */
#ifndef TEXT_POSTAL_H
#define TEXT_POSTAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/* What is odd about a code that was taken. */
enum postal_oddity {
	POSTAL_FINE,
	POSTAL_PADDED,         /* a zero in front was lost, probably by a spreadsheet, and
				  was put back */
	POSTAL_OTHER_STATE,    /* India: the code is another state's than the one given */
	POSTAL_UNUSED,         /* the country has no postal codes; kept as it is */
};

struct postal {
	const char *code;     /* as that country writes it: "560001", "SW1A 1AA" */
	const char *circle;   /* India: "Karnataka"; NULL elsewhere and when not known */
	enum postal_oddity oddity;
	const char *warning;  /* the oddity for people, NULL when there is none */
};

/* Reads `raw` as a code of `country` (ISO 3166, "IN"; NULL or "": not known). `region` is
 * the state or province as given, or NULL: it decides on US codes that lost a zero and is
 * compared with India's. Blanks, hyphens, case, full width, digits of other scripts and a
 * country sign in front ("D-10115") do not matter. Of a country that is not known or not
 * in our table, anything short that looks like a code is taken as it is.
 * Fails with ERR_INVALID, saying how that country writes its codes. */
int postal_parse(struct arena *arena, const char *raw, const char *country,
		 const char *region, struct postal *postal, struct error *err);

/* Whether that country has postal codes; true of one that we know nothing about. */
bool postal_is_used(const char *country);

/* "postal_padded", "postal_other_state", "postal_unused"; NULL of POSTAL_FINE. */
const char *postal_oddity_name(enum postal_oddity oddity);

#endif
