/* connection.c - `fairlead connection`: how each fares, stopping and starting them.
 * Threads: the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

static void add(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "name"), json_string_of(row, "connector"),
			    json_string_of(row, "state"),
			    shown_time(cli->arena, json_string_of(row, "opened_at")),
			    shown_time(cli->arena, json_string_of(row, "next_try_at")),
			    json_string_of(row, "reason")));
}

static int list(struct cli *cli)
{
	const struct answer_list connections = {
		TABLE_HEADERS("NAME", "CONNECTOR", "STATE", "SINCE", "NEXT TRY", "WHY"),
		add, "no connections",
	};

	return answer_get_list(cli, "/v1/connections", &connections);
}

static void tell_state(struct cli *cli, const json_t *connection)
{
	printf("%s is %s\n", shown(cli->arena, json_string_of(connection, "name")),
	       shown(cli->arena, json_string_of(connection, "state")));
}

static int turn(struct cli *cli, const char *verb, const json_t *body)
{
	int rc = CLI_DONE;

	for (size_t i = 0; i < cli->nargs && rc == CLI_DONE; i++)
		rc = answer_post(cli,
				 client_path(cli->arena, "/v1/connections/{}/{}", cli->args[i],
					     verb),
				 body, tell_state);
	return rc;
}

static int pause_verb(struct cli *cli)
{
	json_t *body = json_keep(cli->arena, json_object());

	if (cli_has(cli, "reason"))
		json_object_set_new(body, "reason", json_string(cli_flag(cli, "reason")));
	return turn(cli, "pause", body);
}

static int resume(struct cli *cli)
{
	return turn(cli, "resume", NULL);
}

static const struct cli_flag pause_flags[] = {
	{ "reason", "TEXT", "why; shown beside its state" },
	{ 0 },
};

const struct cli_verb connection_verbs[] = {
	{ "list", "", "how each connection fares", .needs = CLI_SERVER | CLI_JSON, .run = list },
	{ "pause", "NAME [NAME...]", "send nothing over it; what is due waits",
	  .flags = pause_flags, .min = 1, .max = 100, .needs = CLI_SERVER | CLI_JSON,
	  .run = pause_verb },
	{ "resume", "NAME [NAME...]", "send over it again", .min = 1, .max = 100,
	  .needs = CLI_SERVER | CLI_JSON, .run = resume },
	{ 0 },
};
