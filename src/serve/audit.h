/* audit.h - the audit chains of a store whose server does not run. Threads: the main thread. */
#ifndef SERVE_AUDIT_H
#define SERVE_AUDIT_H

#include <jansson.h>

#include "cli/command.h"

/* Opens the embedded store of a data folder with its master key, verifies the chain of each
 * workspace and adds a report of each to `reports` (an array): {is_intact, entries, heads,
 * bad_seq, what, workspace, name}, as /v1/audit/verify answers. `heads` is a file of signed
 * heads to compare with; NULL: the folder's own. Returns how many are not intact, or -1
 * with err when the store or its key does not open. Turns the log off. */
int audit_verify_folder(struct cli *cli, const char *folder, const char *heads, json_t *reports,
			struct error *err);

#endif
