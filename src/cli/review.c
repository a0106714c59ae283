/* review.c - `fairlead conflict` and `fairlead duplicate`: what a person decides. Threads:
 * the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/lead.h"
#include "cli/print.h"
#include "cli/table.h"

static const char *filtered(struct cli *cli, const char *path)
{
	path = client_with(cli->arena, path, "lead", cli_flag(cli, "lead"));
	return client_with(cli->arena, path, "state", cli_flag(cli, "state"));
}

static void tell_decided(struct cli *cli, const json_t *answer)
{
	const char *merge = json_string_of(answer, "merge_id");

	printf("%s is decided: %s\n", shown(cli->arena, json_string_of(answer, "id")),
	       shown(cli->arena, json_string_of(answer, "state")));
	if (merge)
		printf("to undo it: fairlead lead unmerge %s\n", shown(cli->arena, merge));
}

/* What a person decides: {member: the second argument}. */
static int act(struct cli *cli, const char *pattern, const char *member)
{
	json_t *body = json_keep(cli->arena, json_pack("{s:s}", member, cli->args[1]));

	return answer_post(cli, client_path(cli->arena, pattern, cli->args[0]), body,
			   tell_decided);
}

/* ---- Conflicts ---- */

static void add_conflict(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "id"), json_string_of(row, "lead_id"),
			    shown_time(cli->arena, json_string_of(row, "created_at")),
			    json_string_of(row, "field"),
			    shown_json(cli->arena, json_object_get(row, "ours")),
			    shown_json(cli->arena, json_object_get(row, "theirs")),
			    json_string_of(row, "writer_name"), json_string_of(row, "state")));
}

static int list_conflicts(struct cli *cli)
{
	const struct answer_list conflicts = {
		TABLE_HEADERS("ID", "LEAD", "SINCE", "FIELD", "OURS", "THEIRS", "WHO", "STATE"),
		add_conflict, "no conflicts: nothing needs you",
	};

	return answer_get_list(cli, filtered(cli, "/v1/conflicts"), &conflicts);
}

static int resolve(struct cli *cli)
{
	return act(cli, "/v1/conflicts/{}/resolve", "take");
}

/* ---- Possible duplicates ---- */

static void add_duplicate(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "id"),
			    shown_time(cli->arena, json_string_of(row, "created_at")),
			    json_string_of(row, "lead_id"),
			    lead_name(cli->arena, json_object_get(row, "lead")),
			    json_string_of(row, "other_id"),
			    lead_name(cli->arena, json_object_get(row, "other")),
			    json_string_of(row, "reason"), json_string_of(row, "state")));
}

static int list_duplicates(struct cli *cli)
{
	const struct answer_list duplicates = {
		TABLE_HEADERS("ID", "SINCE", "LEAD", "NAME", "OTHER", "NAME", "REASON", "STATE"),
		add_duplicate, "no possible duplicates: nothing needs you",
	};

	return answer_get_list(cli, filtered(cli, "/v1/duplicates"), &duplicates);
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
