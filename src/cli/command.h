/* command.h - what a command of the program is: its verbs, flags and help, and how its
 * arguments are read. Threads: the main thread.
 *
 * A command is a table row in main.c and a table of verbs in its own file. Whoever reads
 * the table knows everything: parsing, --help, "did you mean" and shell completions come
 * from it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* What commands end with. Documented in docs/operations.md. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_PROBLEMS = 1,     /* refused, or looked and found problems */
	CLI_USAGE = 2,        /* the command line is wrong; nothing was done */
	CLI_WOULD_CHANGE = 2, /* a plan verb: something would change */
	CLI_UNREACHABLE = 3,  /* no server answers, or it is not ready */
	CLI_DENIED = 4,       /* the token is missing, unknown or may not */
};

struct cli_flag {
	const char *name;     /* "limit" for --limit; NULL ends a list */
	const char *argument; /* how help calls its value: "N"; NULL: it takes none */
	const char *help;     /* one line, lower case, no full stop */
	char letter;          /* 'f': it may also be -f; 0: no */
};

/* What a verb takes besides its own flags. */
enum cli_needs {
	CLI_SERVER = 1, /* --url, --token-file, --data, --ca-file: speaks to a server */
	CLI_JSON = 2,   /* --json */
	CLI_PAGES = 4,  /* --limit, --all: lists */
	CLI_SANDBOX = 8, /* --sandbox: speaks to a sandbox */
};

struct cli;

struct cli_verb {
	const char *name;      /* "list"; "" for the only one of its command */
	const char *arguments; /* "ID [ID...]"; "" for none */
	const char *help;      /* one line, lower case, no full stop */
	const char *more;      /* paragraphs below the usage line; NULL none */
	const char *examples;  /* lines as they are typed; NULL none */
	const struct cli_flag *flags; /* NULL none */
	int min, max;          /* arguments that are no flags */
	unsigned needs;        /* of enum cli_needs */
	int (*run)(struct cli *cli); /* returns an exit code; NULL ends the table */
};

struct cli_command {
	const char *name;             /* NULL: only `help`, a heading of the overview */
	const char *help;
	const struct cli_verb *verbs; /* or, or what it is when no verb is named: */
	int (*main)(int argc, char **argv); /* reads its arguments itself; argv[0] is its name */
	const char *const *(*flags)(struct arena *arena); /* of those, for completions; may
					be NULL; names with '_' for '-' */
};

/* A command line, read. */
struct cli {
	struct arena *arena;          /* lives until the command ends */
	const struct cli_command *commands, *command;
	size_t ncommands;
	const struct cli_verb *verb;
	const char **args;            /* those that are no flags; NULL after the last */
	size_t nargs;
	bool is_json;                 /* --json */
	struct cli_value *values;     /* the command's own */
	struct client *client;        /* client.h's */
};

/* Runs what the arguments name and returns the exit code. */
int cli_run(const struct cli_command *commands, size_t count, int argc, char **argv);

/* The value of a flag, NULL when it was not given ("" for one that takes none). A flag
 * may stand several times only where cli_flag_next() is asked: it gives the value after
 * `before`, NULL at the end. */
const char *cli_flag(const struct cli *cli, const char *name);
const char *cli_flag_next(const struct cli *cli, const char *name, const char *before);
bool cli_has(const struct cli *cli, const char *name);

/* A flag's value as a whole number from min to max; *number keeps what it holds when the
 * flag was not given. False, after saying so, when it is none. */
bool cli_number(const struct cli *cli, const char *name, int64_t min, int64_t max,
		int64_t *number);

/* "fairlead lead show: MESSAGE" on standard error; returns `code`. */
int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The same for a failure of ours; the exit code is the one table's for error codes. */
int cli_fail_error(const struct cli *cli, const struct error *err);

/* All flags that a verb takes, its own first; ended by a NULL name. */
const struct cli_flag *cli_flags_of(struct arena *arena, const struct cli_verb *verb);

#endif
