/* connection.c - `fairlead connection`: how each fares, stopping and starting them.
 * Threads: the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

static int list(struct cli *cli)
{
	struct table *table = table_new(cli->arena, TABLE_HEADERS("NAME", "CONNECTOR", "STATE",
								  "SINCE", "NEXT TRY", "WHY"));
	json_t *answer, *row;
	size_t i;
	int rc = client_get(cli, "/v1/connections", &answer);

	if (rc)
		return rc;
	if (cli->is_json) {
		print_json(answer);
		return CLI_DONE;
	}
	json_array_foreach(json_object_get(answer, "items"), i, row)
		table_add(table,
			  TABLE_ROW(json_string_of(row, "name"),
				    json_string_of(row, "connector"),
				    json_string_of(row, "state"),
				    shown_time(cli->arena, json_string_of(row, "opened_at")),
				    shown_time(cli->arena,
					       json_string_of(row, "next_try_at")),
				    json_string_of(row, "reason")));
	if (json_array_size(json_object_get(answer, "items")) == 0)
		puts("no connections");
	table_print(table);
	return CLI_DONE;
}

static int turn(struct cli *cli, const char *verb, const json_t *body)
{
	json_t *answer;
	int rc;

	for (size_t i = 0; i < cli->nargs; i++) {
		rc = client_post(cli,
				 client_path(cli->arena, "/v1/connections/{}/{}", cli->args[i],
					     verb),
				 body, &answer);
		if (rc)
			return rc;
		if (cli->is_json)
			print_json(answer);
		else
			printf("%s is %s\n", shown(cli->arena, cli->args[i]),
			       shown(cli->arena, json_string_of(answer, "state")));
	}
	return CLI_DONE;
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
