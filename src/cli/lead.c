/* lead.c - `fairlead lead`: finding, showing, joining and erasing leads. Threads: the main
 * thread. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/lead.h"
#include "cli/print.h"
#include "cli/table.h"

const char *lead_name(struct arena *arena, const json_t *lead)
{
	const json_t *fields = json_object_get(lead, "fields");
	const char *first = json_string_of(fields, "first_name");
	const char *last = json_string_of(fields, "last_name");
	const char *name = text_trim(arena, arena_printf(arena, "%s %s", first ? first : "",
							 last ? last : ""));

	if (*name)
		return name;
	name = json_string_of(fields, "email");
	name = name ? name : json_string_of(fields, "phone");
	return name ? name : "(no name)";
}

/* ---- Finding ---- */

static void add(struct cli *cli, struct table *table, const json_t *row)
{
	const json_t *fields = json_object_get(row, "fields");
	bool is_erased = json_is_true(json_object_get(row, "is_erased"));

	table_add(table, TABLE_ROW(json_string_of(row, "id"),
				   shown_time(cli->arena, json_string_of(row, "created_at")),
				   is_erased ? "(erased)" : lead_name(cli->arena, row),
				   json_string_of(fields, "email"),
				   json_string_of(fields, "phone"),
				   json_string_of(fields, "owner")));
}

static int list(struct cli *cli)
{
	static const char *const names[] = { "email", "phone", "source", "since" };
	const struct answer_list leads = {
		TABLE_HEADERS("ID", "CAME IN", "NAME", "EMAIL", "PHONE", "OWNER"), add,
		"no leads",
	};
	const char *path = "/v1/leads";

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		path = client_with(cli->arena, path, names[i], cli_flag(cli, names[i]));
	return answer_get_list(cli, path, &leads);
}

/* ---- Showing ---- */

/* "source website", "a person", "connection crm", "Fairlead". */
static const char *writer_words(struct arena *arena, const json_t *provenance)
{
	const char *writer = json_string_of(provenance, "writer");
	const char *name = json_string_of(provenance, "writer_name");

	if (text_equal(writer, "person"))
		return "a person";
	if (text_equal(writer, "rule"))
		return "Fairlead";
	return arena_printf(arena, "%s %s", writer ? writer : "?", name ? name : "?");
}

static void print_fields(struct cli *cli, const json_t *lead)
{
	const json_t *provenance = json_object_get(lead, "provenance"), *value;
	struct table *table = table_new(cli->arena,
					TABLE_HEADERS("FIELD", "VALUE", "FROM", "AT"));
	const char *name;

	printf("%s%s%s\nlead %s, version %lld, came in %s\n\n", print_bold(),
	       shown(cli->arena, lead_name(cli->arena, lead)), print_plain(),
	       json_string_of(lead, "id"), (long long)json_int_of(lead, "version", 0),
	       shown_time(cli->arena, json_string_of(lead, "created_at")));
	json_object_foreach(json_object_get(lead, "fields"), name, value) {
		const json_t *from = json_object_get(provenance, name);

		table_add(table, TABLE_ROW(name, shown_json(cli->arena, value),
					   writer_words(cli->arena, from),
					   shown_time(cli->arena, json_string_of(from, "at"))));
	}
	table_print(table);
}

static void tell(struct cli *cli, const json_t *lead)
{
	if (json_is_true(json_object_get(lead, "is_erased")))
		printf("lead %s was erased: nothing is kept of the person\n",
		       json_string_of(lead, "id"));
	else
		print_fields(cli, lead);
}

static int show(struct cli *cli)
{
	return answer_get(cli, client_path(cli->arena, "/v1/leads/{}", cli->args[0]), tell);
}

static int why(struct cli *cli)
{
	return answer_get(cli, client_path(cli->arena, "/v1/leads/{}/why", cli->args[0]),
			  lead_tell_why);
}

/* JSON for whoever asked: the person, or their lawyer. */
static int export(struct cli *cli)
{
	json_t *answer;
	int rc = client_get(cli, client_path(cli->arena, "/v1/leads/{}/export", cli->args[0]),
			    &answer);

	if (rc)
		return rc;
	print_json(answer);
	return json_is_true(json_object_get(answer, "is_cut")) ?
		       cli_fail(cli, CLI_PROBLEMS, "this is not all: of a kind, such as submissions, "
				"only the latest 500 are told") :
		       CLI_DONE;
}

/* ---- Erasing ---- */

/* Whether the person at the terminal means it; where there is none, --yes must say so. */
static bool is_meant(struct cli *cli, const char *id)
{
	char line[16] = "";

	if (cli_has(cli, "yes"))
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	printf("Erase lead %s for good? Nobody can bring it back. Type yes: ",
	       shown(cli->arena, id));
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

static void tell_erased(struct cli *cli, const json_t *answer)
{
	const json_t *place;
	size_t i;

	printf("lead %s is erased\n", json_string_of(answer, "lead_id"));
	json_array_foreach(json_object_get(answer, "still_at"), i, place)
		printf("%s the person is still at %s: erase %s %s there\n", print_mark(MARK_WARN),
		       shown(cli->arena, json_string_of(place, "connection")),
		       shown(cli->arena, json_string_of(place, "object")),
		       shown(cli->arena, json_string_of(place, "remote_id")));
}

static int erase(struct cli *cli)
{
	if (!is_meant(cli, cli->args[0]))
		return cli_fail(cli, CLI_PROBLEMS, "nothing was erased; to erase without being "
				"asked, give --yes");
	return answer_post(cli, client_path(cli->arena, "/v1/leads/{}/erase", cli->args[0]),
			   NULL, tell_erased);
}

/* ---- Merging ---- */

static void tell_merged(struct cli *cli, const json_t *answer)
{
	(void)cli;
	printf("merged: both ids are lead %s now\nto undo it: fairlead lead unmerge %s\n",
	       json_string_of(json_object_get(answer, "lead"), "id"),
	       json_string_of(answer, "merge_id"));
}

static int merge(struct cli *cli)
{
	json_t *body = json_keep(cli->arena, json_pack("{s:s}", "other", cli->args[1]));

	return answer_post(cli, client_path(cli->arena, "/v1/leads/{}/merge", cli->args[0]),
			   body, tell_merged);
}

static void tell_unmerged(struct cli *cli, const json_t *answer)
{
	(void)cli;
	(void)answer;
	puts("undone: they are two leads again, and are kept apart");
}

static int unmerge(struct cli *cli)
{
	return answer_post(cli, client_path(cli->arena, "/v1/merges/{}/undo", cli->args[0]), NULL,
			   tell_unmerged);
}

static const struct cli_flag list_flags[] = {
	{ "email", "ADDRESS", "the lead that has this address, now or formerly" },
	{ "phone", "NUMBER", "the lead that has this number" },
	{ "source", "NAME", "leads with an enquiry of this source" },
	{ "since", "TIME", "leads that came in at this time or later" },
	{ 0 },
};

static const struct cli_flag erase_flags[] = {
	{ "yes", NULL, "do not ask" },
	{ 0 },
};

const struct cli_verb lead_verbs[] = {
	{ "list", "", "leads, newest first",
	  .examples = "fairlead lead list --email ada@example.org\n"
		      "fairlead lead list --source website --since 2026-03-01T00:00:00Z",
	  .flags = list_flags, .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list },
	{ "show", "ID", "one lead, and where each value came from", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = show },
	{ "why", "ID", "what was decided about it, and by which rule", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = why },
	{ "export", "ID", "everything that is kept about the person, as JSON",
	  .more = "For a person who asks what is kept about them: values and where they came "
		  "from, what was sent, what was decided, consents, what CRMs were told.",
	  .examples = "fairlead lead export 38HB1MHG40002 > ada.json", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = export },
	{ "erase", "ID", "forget the person, for good",
	  .more = "Every value, submission and message is gone, here and in the leads that were "
		  "merged into it; what the person objected to is remembered as a hash. CRMs are "
		  "not told: the answer says where the person still is.",
	  .flags = erase_flags, .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON,
	  .run = erase },
	{ "merge", "ID OTHER-ID", "two leads are one person; the older id stays", .min = 2,
	  .max = 2, .needs = CLI_SERVER | CLI_JSON, .run = merge },
	{ "unmerge", "MERGE-ID", "take a merge back", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = unmerge },
	{ 0 },
};
