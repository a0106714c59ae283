/* hubspot_imports.h - between the files of imports (fact sheet 10). Threads: under the
 * sandbox's lock.
 *
 * An import is an object in the account's extra: "shown" is what a caller sees, "request"
 * the importRequest, "files" the texts by name until they were read, "errors" its list. */
#ifndef SANDBOX_HUBSPOT_IMPORTS_H
#define SANDBOX_HUBSPOT_IMPORTS_H

#include "sandbox/hubspot.h"

/* One that is going on, by its id; NULL when it is over, was canceled or is none. */
json_t *hubspot_import_find(const struct sb_account *account, const char *id);

void hubspot_import_set(struct sb_call *call, json_t *import, const char *state);

/* Writes the rows of all files, and DONE or FAILED. */
void hubspot_import_run(struct sb_call *call, json_t *import);

#endif
