/* help.c - prints the tables of commands for people. Threads: the main thread. */
#include "cli/help.h"

#include <string.h>

#include "base/text.h"
#include "cli/print.h"

#define NAME_WIDTH 14

void help_print_overview(FILE *out, const struct cli *cli)
{
	fputs("usage: fairlead COMMAND [...]\n", out);
	for (size_t i = 0; i < cli->ncommands; i++) {
		const struct cli_command *command = &cli->commands[i];

		if (command->name)
			fprintf(out, "  %-*s %s\n", NAME_WIDTH, command->name, command->help);
		else
			fprintf(out, "\n%s\n", command->help);
	}
	fputs("\nfairlead COMMAND --help tells more.\n", out);
}

void help_print_command(FILE *out, const struct cli *cli)
{
	const struct cli_verb *verb = cli->command->verbs;

	fprintf(out, "usage: fairlead %s VERB [...]\n\n", cli->command->name);
	for (; verb->run; verb++)
		fprintf(out, "  %s %-*s %s\n", cli->command->name, NAME_WIDTH - 3, verb->name,
			verb->help);
	fprintf(out, "\nfairlead %s VERB --help tells more.\n", cli->command->name);
}

static void print_flag(const struct cli *cli, const struct cli_flag *flag)
{
	char letter[8] = "";

	if (flag->letter)
		snprintf(letter, sizeof(letter), "-%c, ", flag->letter);
	printf("  %s--%s%s%s\n", letter, flag->name, flag->argument ? " " : "",
	       flag->argument ? flag->argument : "");
	print_wrapped(cli->arena, 6, flag->help);
}

static void print_examples(const char *examples)
{
	fputs("\nExamples:\n", stdout);
	while (*examples) {
		size_t len = strcspn(examples, "\n");

		printf("  %.*s\n", (int)len, examples);
		examples += len + (examples[len] != '\0');
	}
}

/* "say what this does" as a sentence. */
static const char *sentence(struct arena *arena, const char *help)
{
	char *text = arena_printf(arena, "%s.", help);

	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	return text;
}

void help_print_verb(const struct cli *cli)
{
	const struct cli_verb *verb = cli->verb;
	const struct cli_flag *flags = cli_flags_of(cli->arena, verb);

	printf("usage: fairlead %s%s%s%s%s [flags]\n\n", cli->command->name,
	       *verb->name ? " " : "", verb->name, *verb->arguments ? " " : "", verb->arguments);
	print_wrapped(cli->arena, 0, sentence(cli->arena, verb->help));
	if (verb->more) {
		fputc('\n', stdout);
		print_wrapped(cli->arena, 0, verb->more);
	}
	fputs("\nFlags:\n", stdout);
	for (; flags->name; flags++)
		print_flag(cli, flags);
	if (verb->examples)
		print_examples(verb->examples);
}
