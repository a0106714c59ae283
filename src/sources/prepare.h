/* prepare.h - from what a source sent to a submission: the one way. Threads: pure (after
 * text_init()).
 *
 * Every source ends here: the API's JSON, forms, files, vendors' webhooks. Names become
 * our fields, values their normal form, keys identities. Nothing is decided about the
 * lead and no store is asked. */
#ifndef SOURCES_PREPARE_H
#define SOURCES_PREPARE_H

#include "model/config.h"
#include "model/submission.h"
#include "sources/naming.h"

/* One value as it was sent. */
struct given {
	const char *name;   /* the sender's, shown in problems */
	const char *target; /* what naming_target() said of it; NULL: not asked yet */
	struct value value;
};

struct given_lead {
	const struct config *config;
	const struct source *source;
	enum naming naming;
	const struct given *items;
	size_t nitems;
	const struct consent *consents;   /* `at` 0: when the lead occurred */
	size_t nconsents;
	const struct problems *errors;    /* found while reading, or NULL */
	const struct problems *warnings;  /* likewise */
	int64_t received_at;              /* ms since 1970 */
	const char *raw;                  /* the bytes as they came; never NULL */
	size_t raw_len;
	const char *content_type;         /* or NULL */
	const char *key;                  /* the Idempotency-Key, or NULL */
	bool is_test;                     /* the sender said so */
};

/* Fills *submission, all but its id; everything in it is the arena's, constant, the
 * configuration's or given->raw. Never fails: what is wrong is in its errors (it is to be
 * refused) and warnings (it is to be taken).
 *
 * Values. Texts lose ASCII blanks around them and nothing else. What says nothing
 * (placeholder.h) counts as not sent. An explicit null clears when the source may, else
 * it is a warning. `name` is split when neither first_name nor last_name is sent. A name
 * that comes again keeps its first value; the others become custom fields. A second
 * number in a phone field becomes custom.phone_2, its extension custom.phone_extension.
 *
 * A bad value is an error when its field is mandatory or it leaves the lead without an
 * identity; otherwise a warning, and the value stays in the raw submission only. With
 * NAMING_STRICT wrong types, control characters, lengths and times are always errors, as
 * are unknown names.
 *
 * Phones are read for the source's country, else the lead's, else the workspace's. What is
 * possible is taken, valid or not ("phone_suspect"). Dummy numbers and role addresses are
 * weak identities. Times without offset are the source's zone's; one in the future counts
 * as received_at.
 *
 * Idempotency. A key counts for workspace and source. Without one the source's enquiry id
 * and the body count together: the same again is a repetition, another body with that id
 * is news of the same enquiry. Without either the normalised values count, without
 * occurred_at, and only for a short while (is_short_lived). */
void prepare_submission(struct arena *arena, const struct given_lead *given,
			struct submission *submission);

#endif
