/* version.c - `fairlead version`. Threads: the main thread. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/print.h"

static int run(struct cli *cli)
{
	json_t *json;

	if (!cli->is_json) {
		puts("fairlead " FAIRLEAD_VERSION);
		return CLI_DONE;
	}
	json = json_pack("{s:s}", "version", FAIRLEAD_VERSION);
	print_json(json);
	json_decref(json);
	return CLI_DONE;
}

const struct cli_verb version_verbs[] = {
	{ "", "", "say which version this is", .needs = CLI_JSON, .run = run },
	{ 0 },
};
