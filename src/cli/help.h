/* help.h - what --help says, made from the tables. Threads: the main thread. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void help_print_overview(FILE *out, const struct cli *cli); /* all commands */
void help_print_command(FILE *out, const struct cli *cli);  /* all verbs of one */
void help_print_verb(const struct cli *cli);

/* `fairlead completions SHELL`: a script for the shell. */
extern const struct cli_verb completions_verbs[];

#endif
