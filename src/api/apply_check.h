/* apply_check.h - what is wrong with a workspace file, and what will wait. Private to api/.
 * Threads: handlers; both may ask a CRM for its fields, 30 s at most for each. */
#ifndef API_APPLY_CHECK_H
#define API_APPLY_CHECK_H

#include "api/internal.h"

/* The items of a file that is to be applied. */
struct apply_file {
	const struct config_item *items;
	size_t count;
	bool is_prune;
	bool *is_fresh; /* by item: its CRM's fields were read for this call */
};

/* Adds all that is wrong with the workspace as the file would make it: form, references,
 * connections' settings, and mappings that cannot work with their CRM's fields, which are read
 * anew when those that are kept refuse one. `problems` may hold some already; none stands
 * twice. -1 after answering that the store failed. */
int apply_check(struct api_call *call, struct apply_file *file, struct problems *problems);

/* Adds what does not stop the file and waits for a person: of mappings that the last change
 * brought, those whose CRM lacks the field for our key, or does not tell its fields. -1 when
 * that could not be found out. */
int apply_warn(struct api_call *call, struct apply_file *file, struct problems *warnings);

#endif
