/* command.c - reads a command line by its table. Threads: the main thread. */
#include "cli/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/help.h"

#define FLAGS_MAX 32

struct cli_value {
	const char *name, *text;
	struct cli_value *next;
};

static const struct cli_flag server_flags[] = {
	{ "url", "URL", "the server's address (FAIRLEAD_URL)" },
	{ "token-file", "FILE", "file that holds the token (FAIRLEAD_TOKEN_FILE, or the "
				"token itself in FAIRLEAD_TOKEN)" },
	{ "data", "DIR", "data folder of a server on this machine: its address and admin "
			 "token are read there (FAIRLEAD_DATA)" },
	{ "ca-file", "FILE", "authorities (PEM) that vouch for the server, instead of the "
			     "system's (FAIRLEAD_CA_FILE)" },
	{ 0 },
};
static const struct cli_flag page_flags[] = {
	{ "limit", "N", "at most so many rows (50)" },
	{ "all", NULL, "all rows" },
	{ 0 },
};
static const struct cli_flag json_flags[] = {
	{ "json", NULL, "print JSON, as the server's API gives it" },
	{ 0 },
};
static const struct cli_flag sandbox_flags[] = {
	{ "sandbox", "URL", "the sandbox's address (FAIRLEAD_SANDBOX, or " SANDBOX_URL ")" },
	{ 0 },
};
static const struct cli_flag help_flags[] = {
	{ "help", NULL, "say what this does", 'h' },
	{ 0 },
};

static size_t add_flags(struct cli_flag *all, size_t count, const struct cli_flag *flags)
{
	for (; flags && flags->name && count < FLAGS_MAX; flags++)
		all[count++] = *flags;
	return count;
}

const struct cli_flag *cli_flags_of(struct arena *arena, const struct cli_verb *verb)
{
	struct cli_flag *all = arena_array(arena, FLAGS_MAX + 1, sizeof(*all));
	size_t count = add_flags(all, 0, verb->flags);

	if (verb->needs & CLI_PAGES)
		count = add_flags(all, count, page_flags);
	if (verb->needs & CLI_JSON)
		count = add_flags(all, count, json_flags);
	if (verb->needs & CLI_SERVER)
		count = add_flags(all, count, server_flags);
	if (verb->needs & CLI_SANDBOX)
		count = add_flags(all, count, sandbox_flags);
	add_flags(all, count, help_flags);
	return all;
}

/* ---- Failing ---- */

int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
	bool has_verb = cli->verb && *cli->verb->name;
	va_list args;

	fflush(stdout);
	fprintf(stderr, "fairlead%s%s%s%s: ", cli->command ? " " : "",
		cli->command ? cli->command->name : "", has_verb ? " " : "",
		has_verb ? cli->verb->name : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}

/* The one table from failures to exit codes. */
static const enum cli_exit exits[] = {
	[ERR_NONE] = CLI_PROBLEMS,        [ERR_INVALID] = CLI_PROBLEMS,
	[ERR_NOT_FOUND] = CLI_PROBLEMS,   [ERR_CONFLICT] = CLI_PROBLEMS,
	[ERR_DENIED] = CLI_DENIED,        [ERR_LIMIT] = CLI_PROBLEMS,
	[ERR_UNAVAILABLE] = CLI_UNREACHABLE, [ERR_INTERNAL] = CLI_PROBLEMS,
};

int cli_fail_error(const struct cli *cli, const struct error *err)
{
	return cli_fail(cli, exits[err->code], "%s", err->message);
}

/* ---- Flags ---- */

const char *cli_flag(const struct cli *cli, const char *name)
{
	for (const struct cli_value *value = cli->values; value; value = value->next)
		if (strcmp(value->name, name) == 0)
			return value->text;
	return NULL;
}

const char *cli_flag_next(const struct cli *cli, const char *name, const char *before)
{
	bool is_next = !before;

	for (const struct cli_value *value = cli->values; value; value = value->next) {
		if (strcmp(value->name, name) != 0)
			continue;
		if (is_next)
			return value->text;
		is_next = value->text == before;
	}
	return NULL;
}

bool cli_has(const struct cli *cli, const char *name)
{
	return cli_flag(cli, name) != NULL;
}

bool cli_number(const struct cli *cli, const char *name, int64_t min, int64_t max,
		int64_t *number)
{
	const char *text = cli_flag(cli, name);
	int64_t value;

	if (!text)
		return true;
	if (!text_int(text, &value) || value < min || value > max) {
		cli_fail(cli, CLI_USAGE,
			 "--%s: \"%s\" is not a whole number from %" PRId64 " to %" PRId64, name,
			 text, min, max);
		return false;
	}
	*number = value;
	return true;
}

static const struct cli_flag *find_flag(const struct cli_flag *flags, const char *name,
					size_t len, char letter)
{
	for (; flags->name; flags++)
		if ((letter && flags->letter == letter) ||
		    (!letter && strlen(flags->name) == len && strncmp(flags->name, name, len) == 0))
			return flags;
	return NULL;
}

static int unknown_flag(const struct cli *cli, const struct cli_flag *flags, const char *arg)
{
	const char *names[FLAGS_MAX], *near = NULL;
	size_t count = 0;

	for (; flags->name; flags++)
		names[count++] = flags->name;
	if (text_starts(arg, "--"))
		near = text_nearest(arena_strndup(cli->arena, arg + 2, strcspn(arg + 2, "=")),
				    names, count);
	return cli_fail(cli, CLI_USAGE, "there is no flag %.*s%s%s%s",
			(int)strcspn(arg, "="), arg, near ? "; did you mean --" : "; see --help",
			near ? near : "", near ? "?" : "");
}

static void give(struct cli *cli, const char *name, const char *text)
{
	struct cli_value *value = arena_alloc(cli->arena, sizeof(*value)), **end;

	value->name = name;
	value->text = arena_strdup(cli->arena, text); /* an address of its own */
	for (end = &cli->values; *end; end = &(*end)->next)
		;
	*end = value;
}

/* Takes the flag at args[*at], and its value; 0 or an exit code. */
static int take_flag(struct cli *cli, const struct cli_flag *flags, int argc, char **argv,
		     int *at)
{
	const char *arg = argv[*at], *value = strchr(arg, '=');
	bool is_long = text_starts(arg, "--");
	size_t len = is_long ? strcspn(arg + 2, "=") : 0;
	const struct cli_flag *flag;

	if (!is_long && arg[2])
		return unknown_flag(cli, flags, arg);
	flag = find_flag(flags, arg + 2, len, is_long ? '\0' : arg[1]);
	if (!flag)
		return unknown_flag(cli, flags, arg);
	if (!flag->argument) {
		if (is_long && value)
			return cli_fail(cli, CLI_USAGE, "--%s takes no value", flag->name);
		give(cli, flag->name, "");
		return 0;
	}
	if (is_long && value) {
		give(cli, flag->name, value + 1);
		return 0;
	}
	if (*at + 1 >= argc)
		return cli_fail(cli, CLI_USAGE, "%s needs a value: %s %s", arg, arg,
				flag->argument);
	give(cli, flag->name, argv[++*at]);
	return 0;
}

static int check_count(const struct cli *cli)
{
	const struct cli_verb *verb = cli->verb;

	if (cli->nargs < (size_t)verb->min)
		return cli_fail(cli, CLI_USAGE, "want %s; see --help", verb->arguments);
	if (cli->nargs <= (size_t)verb->max)
		return 0;
	return cli_fail(cli, CLI_USAGE, "\"%s\" is one too many: want %s; see --help",
			cli->args[verb->max], *verb->arguments ? verb->arguments : "no arguments");
}

static int read_arguments(struct cli *cli, int argc, char **argv)
{
	const struct cli_flag *flags = cli_flags_of(cli->arena, cli->verb);
	bool is_rest = false;

	cli->args = arena_array(cli->arena, (size_t)argc + 1, sizeof(*cli->args));
	for (int i = 0; i < argc; i++) {
		int rc = 0;

		if (!text_is_utf8(argv[i], strlen(argv[i])))
			return cli_fail(cli, CLI_USAGE, "argument %d is not UTF-8", i + 1);
		if (!is_rest && strcmp(argv[i], "--") == 0)
			is_rest = true;
		else if (!is_rest && argv[i][0] == '-' && argv[i][1])
			rc = take_flag(cli, flags, argc, argv, &i);
		else
			cli->args[cli->nargs++] = argv[i];
		if (rc)
			return rc;
	}
	cli->is_json = cli_has(cli, "json");
	return 0;
}

/* ---- Verbs and commands ---- */

static int unknown_verb(const struct cli *cli, const char *name)
{
	const struct cli_verb *verbs = cli->command->verbs;
	const char *names[FLAGS_MAX], *near;
	size_t count = 0;

	for (; verbs[count].run && count < FLAGS_MAX; count++)
		names[count] = verbs[count].name;
	near = text_nearest(name, names, count);
	return cli_fail(cli, CLI_USAGE, "there is no \"%s\"%s%s%s", name,
			near ? "; did you mean \"" : "; see --help", near ? near : "",
			near ? "\"?" : "");
}

static bool is_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0 || strcmp(arg, "help") == 0;
}

static int run_verb(struct cli *cli, const struct cli_verb *verb, int argc, char **argv)
{
	int rc;

	cli->verb = verb;
	rc = read_arguments(cli, argc, argv);
	if (cli_has(cli, "help")) {
		help_print_verb(cli);
		return CLI_DONE;
	}
	rc = rc ? rc : check_count(cli);
	rc = rc ? rc : verb->run(cli);
	client_close(cli);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return rc;
	return cli_fail(cli, CLI_PROBLEMS, "could not write all of the output");
}

static int run_command(struct cli *cli, int argc, char **argv)
{
	const struct cli_verb *verbs = cli->command->verbs;

	if (cli->command->main && (!verbs || argc < 2 || *argv[1] == '-'))
		return cli->command->main(argc, argv);
	if (!*verbs->name)
		return run_verb(cli, verbs, argc - 1, argv + 1);
	if (argc < 2) {
		help_print_command(stderr, cli);
		return CLI_USAGE;
	}
	if (is_help(argv[1])) {
		help_print_command(stdout, cli);
		return CLI_DONE;
	}
	for (; verbs->run; verbs++)
		if (strcmp(verbs->name, argv[1]) == 0)
			return run_verb(cli, verbs, argc - 2, argv + 2);
	return unknown_verb(cli, argv[1]);
}

static int unknown_command(const struct cli *cli, const char *name)
{
	const char **names = arena_array(cli->arena, cli->ncommands, sizeof(*names)), *near;

	for (size_t i = 0; i < cli->ncommands; i++)
		names[i] = cli->commands[i].name;
	near = text_nearest(name, names, cli->ncommands);
	return cli_fail(cli, CLI_USAGE, "there is no command \"%s\"%s%s%s", name,
			near ? "; did you mean \"" : "; see fairlead help", near ? near : "",
			near ? "\"?" : "");
}

static const struct cli_command *find_command(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->ncommands; i++)
		if (cli->commands[i].name && strcmp(cli->commands[i].name, name) == 0)
			return &cli->commands[i];
	return NULL;
}

static int run_named(struct cli *cli, int argc, char **argv)
{
	/* "fairlead help lead why" is "fairlead lead why --help". */
	if (argc > 2 && strcmp(argv[1], "help") == 0) {
		char **turned = arena_array(cli->arena, (size_t)argc + 1, sizeof(*turned));

		turned[0] = argv[0];
		memcpy(turned + 1, argv + 2, (size_t)(argc - 2) * sizeof(*turned));
		turned[argc - 1] = (char *)"--help";
		argv = turned;
	} else if (argc > 1 && is_help(argv[1])) {
		help_print_overview(stdout, cli);
		return CLI_DONE;
	} else if (argc < 2) {
		help_print_overview(stderr, cli);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = (char *)"version";
	cli->command = find_command(cli, argv[1]);
	return cli->command ? run_command(cli, argc - 1, argv + 1) :
			      unknown_command(cli, argv[1]);
}

int cli_run(const struct cli_command *commands, size_t count, int argc, char **argv)
{
	struct cli cli = { .arena = arena_new(), .commands = commands, .ncommands = count };
	int rc = run_named(&cli, argc, argv);

	arena_free(cli.arena);
	return rc;
}
