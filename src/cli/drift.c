/* drift.c - `fairlead drift`: changes in the CRMs' schemas that break a mapping. Threads: the
 * main thread. */
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/print.h"

static void tell_one(struct cli *cli, const json_t *drift)
{
	bool is_breaking = json_is_true(json_object_get(drift, "is_breaking"));

	printf("%s %s, mapping %s, since %s: %s\n  %s\n",
	       print_mark(is_breaking ? MARK_BAD : MARK_WARN),
	       shown(cli->arena, json_string_of(drift, "connection")),
	       shown(cli->arena, json_string_of(drift, "mapping")),
	       shown_time(cli->arena, json_string_of(drift, "since")),
	       shown(cli->arena, json_string_of(drift, "message")),
	       shown(cli->arena, json_string_of(drift, "instruction")));
}

static void tell(struct cli *cli, const json_t *answer)
{
	const json_t *items = json_object_get(answer, "items"), *item;
	bool is_breaking = false;
	size_t i;

	json_array_foreach((json_t *)items, i, item) {
		tell_one(cli, item);
		is_breaking |= json_is_true(json_object_get(item, "is_breaking"));
	}
	if (json_array_size(items) == 0)
		puts("no drift: the CRMs' fields are what the mappings were made for");
	else if (is_breaking)
		puts("\ndeliveries of a broken mapping wait; they go out when it is mended");
}

static int accept_it(struct cli *cli)
{
	return answer_post(cli, "/v1/drift/accept",
			   json_keep(cli->arena, json_pack("{s:s}", "connection",
							   cli_flag(cli, "accept"))),
			   tell);
}

/* A script sees from the exit status that something is to be mended. */
static int run(struct cli *cli)
{
	json_t *answer;
	int rc;

	if (cli_flag(cli, "accept"))
		return accept_it(cli);
	rc = client_get(cli, "/v1/drift", &answer);
	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		tell(cli, answer);
	return json_array_size(json_object_get(answer, "items")) ? CLI_PROBLEMS : CLI_DONE;
}

static const struct cli_flag flags[] = {
	{ "accept", "CONNECTION", "say that the mappings are good for its fields as they are" },
	{ 0 },
};

const struct cli_verb drift_verbs[] = {
	{ "", "", "how the CRMs' fields have changed under the mappings",
	  .more = "Exit status 1: something has changed that breaks a mapping, or will for some "
		  "leads. What is mended, there or in the mapping, is gone from the list. "
		  "--accept is for changes that need nothing, such as a value that was rightly "
		  "taken from a list; it is refused while a mapping cannot work.",
	  .examples = "fairlead drift\nfairlead drift --accept crm",
	  .flags = flags, .needs = CLI_SERVER | CLI_JSON, .run = run },
	{ 0 },
};
