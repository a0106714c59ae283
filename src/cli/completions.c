/* completions.c - `fairlead completions`: lets a shell complete commands, verbs and flags,
 * from the same tables that read them. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/help.h"

static void print_names(const struct cli_verb *verbs)
{
	for (; verbs->run; verbs++)
		printf("%s%s", verbs->name, verbs[1].run ? " " : "");
}

static void print_flags(const struct cli *cli, const struct cli_verb *verb)
{
	const struct cli_flag *flags = cli_flags_of(cli->arena, verb);

	for (; flags->name; flags++)
		printf("--%s%s", flags->name, flags[1].name ? " " : "");
}

static void print_setting_flags(const struct cli *cli, const struct cli_command *command)
{
	const char *const *names = command->flags ? command->flags(cli->arena) : NULL;

	for (; names && *names; names++) {
		fputs("--", stdout);
		for (const char *p = *names; *p; p++)
			putchar(*p == '_' ? '-' : *p);
		putchar(' ');
	}
	fputs("--help", stdout);
}

/* The words that may follow "fairlead COMMAND", or "fairlead COMMAND VERB". */
static void print_cases(const struct cli *cli)
{
	for (size_t i = 0; i < cli->ncommands; i++) {
		const struct cli_command *command = &cli->commands[i];

		if (!command->name)
			continue;
		if (!command->verbs || !*command->verbs->name) {
			printf("\t%s\\ *) words=\"", command->name);
			if (command->main)
				print_setting_flags(cli, command);
			else
				print_flags(cli, command->verbs);
			fputs("\" ;;\n", stdout);
			continue;
		}
		for (const struct cli_verb *verb = command->verbs; verb->run; verb++) {
			printf("\t%s\\ %s) words=\"", command->name, verb->name);
			print_flags(cli, verb);
			fputs("\" ;;\n", stdout);
		}
		printf("\t%s\\ *) words=\"", command->name);
		print_names(command->verbs);
		fputs("\" ;;\n", stdout);
	}
}

static void print_bash(const struct cli *cli)
{
	fputs("# bash completion of fairlead; load it with:\n"
	      "#   source <(fairlead completions bash)\n"
	      "_fairlead() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"",
	      stdout);
	for (size_t i = 0; i < cli->ncommands; i++)
		if (cli->commands[i].name)
			printf("%s ", cli->commands[i].name);
	fputs("help\" -- \"$word\"))\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n",
	      stdout);
	print_cases(cli);
	fputs("\tesac\n"
	      "\tif [ \"$COMP_CWORD\" -gt 2 ] || [ \"${word#-}\" != \"$word\" ] ||\n"
	      "\t\t[ \"${words#--}\" = \"$words\" ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\tfi\n"
	      "}\n"
	      "complete -o default -F _fairlead fairlead\n",
	      stdout);
}

static int run(struct cli *cli)
{
	bool is_zsh = text_equal(cli->args[0], "zsh");

	if (!is_zsh && !text_equal(cli->args[0], "bash"))
		return cli_fail(cli, CLI_USAGE, "there are none for \"%s\": want bash or zsh",
				cli->args[0]);
	/* zsh reads bash's. */
	if (is_zsh)
		fputs("autoload -U +X bashcompinit && bashcompinit\n", stdout);
	print_bash(cli);
	return CLI_DONE;
}

const struct cli_verb completions_verbs[] = {
	{ "", "bash|zsh", "print a script that lets your shell complete commands and flags",
	  .examples = "source <(fairlead completions bash)\n"
		      "fairlead completions bash > /etc/bash_completion.d/fairlead",
	  .min = 1, .max = 1, .run = run },
	{ 0 },
};
