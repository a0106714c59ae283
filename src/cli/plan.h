/* plan.h - how plans are shown. Private to cli/. Threads: the main thread. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include <jansson.h>

#include "cli/command.h"

/* The flags of verbs that make a plan. */
#define PLAN_FLAGS                                                                     \
	{ "lines", NULL, "show every line of the mapping, also those that write nothing" }, \
	{ "requests", NULL, "show what would be sent, word for word" }

/* Posts what a plan is asked or applied by, and waits as long as the server may for the CRM.
 * `type` NULL: JSON. Returns 0 with the answer, or an exit code after saying why not. */
int plan_ask(struct cli *cli, const char *path, const char *body, size_t len,
	     const char *type, json_t **answer);

/* Plans what the sync of a mapping has still to tell, and shows it. */
int plan_of_sync(struct cli *cli, const char *mapping);

/* Shows a plan, as JSON or lead by lead, and returns the exit code: 2 when something would
 * be written. */
int plan_show(struct cli *cli, const json_t *plan);

#endif
