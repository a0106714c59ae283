/* alert.c - `fairlead alert`: what people were told needs them. Threads: the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

static void print_rows(struct cli *cli, const json_t *list)
{
	struct table *table = table_new(cli->arena,
					TABLE_HEADERS("STATE", "KIND", "CONNECTION", ">COUNT",
						      "FIRST", "LAST", "DETAIL"));
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)json_object_get(list, "items"), i, row)
		table_add(table,
			  TABLE_ROW(json_string_of(row, "state"), json_string_of(row, "kind"),
				    json_string_of(row, "connection"),
				    shown_count(cli->arena, json_int_of(row, "count", 0)),
				    shown_time(cli->arena, json_string_of(row, "first_at")),
				    shown_time(cli->arena, json_string_of(row, "last_at")),
				    json_string_of(row, "detail")));
	table_print(table);
	client_say_more(cli, list);
}

static int list(struct cli *cli)
{
	json_t *answer;
	int rc = client_list(cli, "/v1/alerts", &answer);

	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else if (json_array_size(json_object_get(answer, "items")) == 0)
		puts("no alerts");
	else
		print_rows(cli, answer);
	return CLI_DONE;
}

const struct cli_verb alert_verbs[] = {
	{ "list", "", "what needed a person, newest first; closed ones too",
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list },
	{ 0 },
};
