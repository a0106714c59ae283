/* naming.h - what a sender's name of a field means to us. Threads: pure.
 *
 * The names of our fields are those of model/lead.h ("email", "custom.budget") and, in
 * preparing only, "consent.granted", "consent.channel", "consent.purpose",
 * "consent.wording", "consent.at", "consent.evidence" and "is_test". */
#ifndef SOURCES_NAMING_H
#define SOURCES_NAMING_H

#include "base/arena.h"
#include "model/source.h"

enum naming {
	NAMING_STRICT,  /* our names and the source's map, nothing else: the API */
	NAMING_LENIENT, /* also what forms and files call things; the rest is custom */
};

/* Characters of a custom field's name that we made from a sender's. */
#define NAMING_DERIVED_MAX 64

/* The field that `sent` means: ours, "" for one that is not taken (the source's ignored
 * ones, a page's own like a captcha's answer), NULL when there is none: a name that is
 * unknown (strict), or one without a letter (lenient). A constant or the arena's.
 *
 * First counts the source's map. Lenient then takes the sides of "custom[Budget]",
 * "custom__Budget" and "custom.Budget" as they stand, looks into wrappers ("form_fields
 * [email]", "data__email"), keeps utm_... and click ids as custom, and guesses by the
 * words people use. All else becomes custom under its own name in lower case with _ for
 * what is no letter or digit, cut at NAMING_DERIVED_MAX: "Which flat size?" is
 * "custom.which_flat_size"; or under the spelling that the source's keys, unique or
 * mandatory fields have for it. */
const char *naming_target(struct arena *arena, const struct source *source,
			  enum naming naming, const char *sent);

/* "custom.which_flat_size" of "Which flat size?"; NULL when nothing remains. */
const char *naming_custom(struct arena *arena, const char *sent);

/* What an unknown name was perhaps meant to be, or NULL. */
const char *naming_nearest(const char *sent);

/* A sender's name as a message may hold it: valid, and not long. */
const char *naming_shown(struct arena *arena, const char *sent);

#endif
