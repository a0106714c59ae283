/* review.c - `fairlead conflict` and `fairlead duplicate`: what a person decides. Threads:
 * the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/lead.h"
#include "cli/print.h"
#include "cli/table.h"

static int get_list(struct cli *cli, const char *path, json_t **answer)
{
	path = client_with(cli->arena, path, "lead", cli_flag(cli, "lead"));
	path = client_with(cli->arena, path, "state", cli_flag(cli, "state"));
	return client_list(cli, path, answer);
}

/* ---- Conflicts ---- */

static int list_conflicts(struct cli *cli)
{
	struct table *table = table_new(cli->arena,
					TABLE_HEADERS("ID", "LEAD", "SINCE", "FIELD", "OURS",
						      "THEIRS", "WHO", "STATE"));
	json_t *answer;
	const json_t *row;
	size_t i;
	int rc = get_list(cli, "/v1/conflicts", &answer);

	if (rc)
		return rc;
	if (cli->is_json) {
		print_json(answer);
		return CLI_DONE;
	}
	json_array_foreach(json_object_get(answer, "items"), i, row)
		table_add(table,
			  TABLE_ROW(json_string_of(row, "id"), json_string_of(row, "lead_id"),
				    shown_time(cli->arena, json_string_of(row, "created_at")),
				    json_string_of(row, "field"),
				    shown_json(cli->arena, json_object_get(row, "ours")),
				    shown_json(cli->arena, json_object_get(row, "theirs")),
				    json_string_of(row, "writer_name"),
				    json_string_of(row, "state")));
	table_print(table);
	if (i == 0)
		puts("no conflicts: nothing needs you");
	client_say_more(cli, answer);
	return CLI_DONE;
}

static int act(struct cli *cli, const char *pattern, const char *member)
{
	json_t *body = json_keep(cli->arena, json_pack("{s:s}", member, cli->args[1]));
	json_t *answer;
	int rc = client_post(cli, client_path(cli->arena, pattern, cli->args[0]), body, &answer);

	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		printf("%s is decided: %s\n", json_string_of(answer, "id"),
		       json_string_of(answer, "state"));
	if (!cli->is_json && json_string_of(answer, "merge_id"))
		printf("to undo it: fairlead lead unmerge %s\n",
		       json_string_of(answer, "merge_id"));
	return CLI_DONE;
}

static int resolve(struct cli *cli)
{
	return act(cli, "/v1/conflicts/{}/resolve", "take");
}

/* ---- Possible duplicates ---- */

static int list_duplicates(struct cli *cli)
{
	struct table *table = table_new(cli->arena,
					TABLE_HEADERS("ID", "SINCE", "LEAD", "NAME", "OTHER",
						      "NAME", "REASON", "STATE"));
	json_t *answer;
	const json_t *row;
	size_t i;
	int rc = get_list(cli, "/v1/duplicates", &answer);

	if (rc)
		return rc;
	if (cli->is_json) {
		print_json(answer);
		return CLI_DONE;
	}
	json_array_foreach(json_object_get(answer, "items"), i, row)
		table_add(table,
			  TABLE_ROW(json_string_of(row, "id"),
				    shown_time(cli->arena, json_string_of(row, "created_at")),
				    json_string_of(row, "lead_id"),
				    lead_name(cli->arena, json_object_get(row, "lead")),
				    json_string_of(row, "other_id"),
				    lead_name(cli->arena, json_object_get(row, "other")),
				    json_string_of(row, "reason"),
				    json_string_of(row, "state")));
	table_print(table);
	if (i == 0)
		puts("no possible duplicates: nothing needs you");
	client_say_more(cli, answer);
	return CLI_DONE;
}

static int decide(struct cli *cli)
{
	return act(cli, "/v1/duplicates/{}/decide", "decision");
}

static const struct cli_flag conflict_flags[] = {
	{ "lead", "ID", "of this lead" },
	{ "state", "STATE", "open (when you say nothing), ours, theirs, erased or all" },
	{ 0 },
};

const struct cli_verb conflict_verbs[] = {
	{ "list", "", "values that no policy decides", .flags = conflict_flags,
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list_conflicts },
	{ "resolve", "ID ours|theirs", "say which value counts", .min = 2, .max = 2,
	  .examples = "fairlead conflict resolve 38HB1MHG40002 theirs",
	  .needs = CLI_SERVER | CLI_JSON, .run = resolve },
	{ 0 },
};

static const struct cli_flag duplicate_flags[] = {
	{ "lead", "ID", "of this lead" },
	{ "state", "STATE", "open (when you say nothing), merged, apart or all" },
	{ 0 },
};

const struct cli_verb duplicate_verbs[] = {
	{ "list", "", "leads that may be the same person", .flags = duplicate_flags,
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list_duplicates },
	{ "decide", "ID same|apart", "merge them, or keep them apart", .min = 2, .max = 2,
	  .examples = "fairlead duplicate decide 38HB1MHG40002 same",
	  .needs = CLI_SERVER | CLI_JSON, .run = decide },
	{ 0 },
};
