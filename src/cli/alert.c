/* alert.c - `fairlead alert`: what people were told needs them. Threads: the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

static void add(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "state"), json_string_of(row, "kind"),
			    json_string_of(row, "connection"),
			    json_string_of(row, "notify"),
			    shown_count(cli->arena, json_int_of(row, "count", 0)),
			    shown_time(cli->arena, json_string_of(row, "first_at")),
			    shown_time(cli->arena, json_string_of(row, "last_at")),
			    json_string_of(row, "detail")));
}

static int list(struct cli *cli)
{
	const struct answer_list alerts = {
		TABLE_HEADERS("STATE", "KIND", "CONNECTION", "NOTIFY", ">COUNT", "FIRST", "LAST",
			      "DETAIL"),
		add, "no alerts",
	};

	return answer_get_list(cli, "/v1/alerts", &alerts);
}

const struct cli_verb alert_verbs[] = {
	{ "list", "", "what needed a person, newest first; closed ones too",
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list },
	{ 0 },
};
