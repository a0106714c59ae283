/* token.c - `fairlead token`: who may speak to the API. Threads: the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

/* Alone, so that a script can keep it: token=$(fairlead token create ...). */
static void tell_token(struct cli *cli, const json_t *answer)
{
	puts(shown(cli->arena, json_string_of(answer, "token")));
}

static int create(struct cli *cli)
{
	const char *name = cli_flag(cli, "name"), *scopes = cli_flag(cli, "scope");
	const char *source = cli_flag(cli, "source"), *expires = cli_flag(cli, "expires");
	json_t *body = json_keep(cli->arena, json_object());

	if (!name)
		return cli_fail(cli, CLI_USAGE, "what shall it be called? give --name");
	if (!scopes)
		return cli_fail(cli, CLI_USAGE,
				"what may it do? give --scope ingest, read, admin, or several "
				"with commas between");
	json_object_set_new(body, "name", json_string(name));
	json_object_set_new(body, "scopes", json_string(scopes));
	if (source)
		json_object_set_new(body, "source", json_string(source));
	if (expires)
		json_object_set_new(body, "expires_at", json_string(expires));
	return answer_post(cli, "/v1/tokens", body, tell_token);
}

static void add(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "id"), json_string_of(row, "name"),
			    json_string_of(row, "scopes"), json_string_of(row, "source"),
			    shown_time(cli->arena, json_string_of(row, "created_at")),
			    shown_time(cli->arena, json_string_of(row, "expires_at")),
			    shown_time(cli->arena, json_string_of(row, "revoked_at"))));
}

static int list(struct cli *cli)
{
	const struct answer_list tokens = {
		TABLE_HEADERS("ID", "NAME", "SCOPES", "SOURCE", "CREATED", "EXPIRES",
			      "REVOKED"),
		add, "no tokens",
	};

	return answer_get_list(cli, "/v1/tokens", &tokens);
}

static void tell_revoked(struct cli *cli, const json_t *answer)
{
	(void)cli;
	(void)answer;
	puts("revoked; no server takes it any more within a second");
}

static int revoke(struct cli *cli)
{
	return answer_delete(cli, client_path(cli->arena, "/v1/tokens/{}", cli->args[0]),
			     tell_revoked);
}

static const struct cli_flag create_flags[] = {
	{ "name", "NAME", "how people call it: who or what uses it" },
	{ "scope", "SCOPES", "ingest, read and admin, with commas between" },
	{ "source", "NAME", "the source that its leads come from unless they say" },
	{ "expires", "TIME", "when it ends, 2027-01-31T00:00:00Z; without, when it is revoked" },
	{ 0 },
};

const struct cli_verb token_verbs[] = {
	{ "create", "--name NAME --scope SCOPES", "make a token and print it, once",
	  .more = "The token is the only thing on standard output, and nothing keeps it in "
		  "clear: who loses it makes another.",
	  .examples = "fairlead token create --name website --scope ingest --source website\n"
		      "fairlead token create --name reports --scope read > reports.token",
	  .flags = create_flags, .needs = CLI_SERVER | CLI_JSON, .run = create },
	{ "list", "", "who may speak to the API", .needs = CLI_SERVER | CLI_JSON, .run = list },
	{ "revoke", "ID", "have a token work no more", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = revoke },
	{ 0 },
};
