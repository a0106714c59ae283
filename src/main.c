/* main.c - the one table of commands: names, help. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "serve/serve.h"

static int version_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("fairlead " FAIRLEAD_VERSION);
	return 0;
}

static const struct command {
	const char *name, *help;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
} commands[] = {
	{ "serve", "run the server", serve_command },
	{ "replay", "make every decision again and compare", replay_command },
	{ "version", "say which version this is", version_command },
};

static int help(FILE *out)
{
	fputs("usage: fairlead COMMAND [...]; fairlead COMMAND --help tells more\n\n", out);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
	return out == stdout ? 0 : 2;
}

static int unknown(const char *name)
{
	const char *names[ARRAY_LEN(commands)], *near;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	near = text_nearest(name, names, ARRAY_LEN(names));
	fprintf(stderr, "fairlead: there is no command \"%s\"%s%s%s\n", name,
		near ? "; did you mean \"" : "; see fairlead help", near ? near : "",
		near ? "\"?" : "");
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (text_equal(argv[1], "help") || text_equal(argv[1], "--help") ||
	    text_equal(argv[1], "-h"))
		return help(stdout);
	if (text_equal(argv[1], "--version"))
		return version_command(0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (text_equal(commands[i].name, argv[1]))
			return commands[i].run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
