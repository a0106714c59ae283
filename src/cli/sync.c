/* sync.c - `fairlead sync`: how each sync fares, running, stopping and starting them.
 * Threads: the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/pause.h"
#include "cli/plan.h"
#include "cli/print.h"
#include "cli/table.h"

static void add(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "mapping"), json_string_of(row, "connection"),
			    json_string_of(row, "object"), json_string_of(row, "mode"),
			    json_string_of(row, "behaviour"), json_string_of(row, "state"),
			    shown_time(cli->arena, json_string_of(row, "paused_at")),
			    json_string_of(row, "reason")));
}

static int list(struct cli *cli)
{
	const struct answer_list syncs = {
		TABLE_HEADERS("MAPPING", "CONNECTION", "OBJECT", "MODE", "BEHAVIOUR", "STATE",
			      "SINCE", "WHY"),
		add, "no syncs",
	};

	return answer_get_list(cli, "/v1/syncs", &syncs);
}

static const char *waiting_words(struct cli *cli, const json_t *sync)
{
	int64_t waiting = json_int_of(sync, "waiting", 0);
	const char *count = waiting == 1 ?
				    "1 delivery" :
				    arena_printf(cli->arena, "%s deliveries",
						 shown_count(cli->arena, waiting));

	return json_is_true(json_object_get(sync, "are_more_waiting")) ?
		       arena_printf(cli->arena, "more than %s", count) :
		       count;
}

static void tell_state(struct cli *cli, const json_t *sync)
{
	const char *connection = json_string_of(sync, "connection_state");
	const char *message = json_string_of(sync, "message");
	const json_t *run = json_object_get(sync, "run");

	printf("%s is %s; %s not at rest\n", shown(cli->arena, json_string_of(sync, "mapping")),
	       shown(cli->arena, json_string_of(sync, "state")), waiting_words(cli, sync));
	if (message)
		printf("%s\n", shown(cli->arena, message));
	if (json_is_object(run) && !json_is_true(json_object_get(run, "is_done")))
		puts("it looks at all leads now; what the CRM does not know goes out");
	if (!text_equal(connection, "active"))
		printf("the connection %s is %s: nothing is sent before it is active\n",
		       shown(cli->arena, json_string_of(sync, "connection")),
		       shown(cli->arena, connection));
}

static int pause_verb(struct cli *cli)
{
	return pause_each(cli, "/v1/syncs/{}/pause", tell_state);
}

static int resume(struct cli *cli)
{
	return answer_post_each(cli, "/v1/syncs/{}/resume", NULL, tell_state);
}

static int run(struct cli *cli)
{
	return answer_post_each(cli, "/v1/syncs/{}/run", NULL, tell_state);
}

static int show(struct cli *cli)
{
	return answer_get(cli, client_path(cli->arena, "/v1/syncs/{}", cli->args[0]), tell_state);
}

static int plan(struct cli *cli)
{
	return plan_of_sync(cli, cli->args[0]);
}

static const struct cli_flag plan_flags[] = { PLAN_FLAGS, { 0 } };

static const struct cli_flag pause_flags[] = { PAUSE_FLAGS, { 0 } };

const struct cli_verb sync_verbs[] = {
	{ "list", "", "how each sync fares", .needs = CLI_SERVER | CLI_JSON, .run = list },
	{ "show", "MAPPING", "how one sync fares, and how much waits", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = show },
	{ "plan", "MAPPING", "what running it would write first, field by field; writes nothing",
	  .more = "For the latest leads, up to 100, that the CRM is not known to have as they are. "
		  "fairlead map apply writes exactly those. Exit status 2: something would be "
		  "written.",
	  .flags = plan_flags, .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = plan },
	{ "run", "MAPPING [MAPPING...]", "tell the CRM now of every lead that it does not know",
	  .more = "Looks at every lead. What waits for the schedule of a batch sync, what a manual "
		  "sync keeps, and leads from before there was the sync go out, in the bulk "
		  "lane. Leads that the CRM has as they are, and deliveries that need a person, "
		  "are left alone.",
	  .min = 1, .max = 100, .needs = CLI_SERVER | CLI_JSON, .run = run },
	{ "pause", "MAPPING [MAPPING...]", "send nothing through the mapping; what is due waits",
	  .flags = pause_flags, .min = 1, .max = 100, .needs = CLI_SERVER | CLI_JSON,
	  .run = pause_verb },
	{ "resume", "MAPPING [MAPPING...]", "send what waited, and go on", .min = 1, .max = 100,
	  .needs = CLI_SERVER | CLI_JSON, .run = resume },
	{ 0 },
};
