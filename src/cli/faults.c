/* faults.c - what is wrong with a workspace file, at its place. Threads: the main thread. */
#include "cli/faults.h"

#include <stdio.h>

#include "cli/print.h"

void fault_say(struct cli *cli, const struct yaml *yaml, const char *path,
	       const char *message)
{
	fprintf(stderr, "%s\n",
		shown(cli->arena, yaml_message(cli->arena, yaml, path ? path : "", message)));
}

int faults_say(struct cli *cli, const struct yaml *yaml, const struct problems *problems,
	       const char *so)
{
	for (size_t i = 0; i < problems->count; i++)
		fault_say(cli, yaml, problems->items[i].field, problems->items[i].message);
	return cli_fail(cli, CLI_PROBLEMS, "%s has %s; %s", yaml_file(yaml),
			shown_number_of(cli->arena, (int64_t)problems->count, "problem"), so);
}
