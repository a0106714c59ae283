/* plan.h - how plans are shown. Private to cli/. Threads: the main thread. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include <jansson.h>

#include "cli/command.h"

/* The flags of verbs that make a plan. */
#define PLAN_FLAGS                                                                     \
	{ "lines", NULL, "show every line of the mapping, also those that write nothing" }, \
	{ "requests", NULL, "show what would be sent, word for word" }

/* Shows a plan, as JSON or lead by lead, and returns the exit code: 2 when something would
 * be written. */
int plan_show(struct cli *cli, const json_t *plan);

#endif
