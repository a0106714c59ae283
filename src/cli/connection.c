/* connection.c - `fairlead connection`: how each fares, asking the CRM itself, stopping and
 * starting them. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/pause.h"
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

static int pause_verb(struct cli *cli)
{
	return pause_each(cli, "/v1/connections/{}/pause", tell_state);
}

static int resume(struct cli *cli)
{
	return answer_post_each(cli, "/v1/connections/{}/resume", NULL, tell_state);
}

/* ---- Asking the CRM ---- */

/* False when the CRM did not say. */
static bool tell_calls(struct cli *cli, const json_t *answer)
{
	int64_t left = json_int_of(answer, "calls_left", -1);
	int64_t max = json_int_of(answer, "calls_max", -1);

	if (left >= 0 && max >= 0)
		printf("%s of %s calls are left\n", shown_count(cli->arena, left),
		       shown_count(cli->arena, max));
	else if (left >= 0)
		printf("%s are left\n", shown_number_of(cli->arena, left, "call"));
	return left >= 0;
}

static void tell_object(struct cli *cli, const json_t *object)
{
	const char *name = shown(cli->arena, json_string_of(object, "object"));
	const char *key = json_string_of(object, "remote_key");
	bool works = json_is_true(json_object_get(object, "works"));
	const char *problem = works ? NULL : json_string_of(object, "problem");
	bool has_key = json_is_true(json_object_get(object, "has_remote_key"));

	printf("%s %s%s%s\n", print_mark(works ? MARK_GOOD : MARK_BAD), name, problem ? ": " : "",
	       shown(cli->arena, problem));
	if (!works || !key)
		return;
	printf("%s %s: %s\n", print_mark(has_key ? MARK_GOOD : MARK_BAD),
	       shown(cli->arena, key),
	       json_is_true(json_object_get(object, "created")) ? "was made" :
	       has_key ? "is there" :
			 "the field for our id is missing; --create-key makes it");
}

static void tell_tested(struct cli *cli, const json_t *answer)
{
	const char *account = json_string_of(answer, "account_name");
	const json_t *object;
	size_t i;

	account = account ? account : json_string_of(answer, "account");
	if (account)
		printf("%s: signed in to %s\n", shown(cli->arena, cli->args[0]),
		       shown(cli->arena, account));
	json_array_foreach(json_object_get(answer, "objects"), i, object)
		tell_object(cli, object);
	tell_calls(cli, answer);
}

#define TEST_WAIT_MS (16 * 60 * 1000) /* 16 objects, each looked at and made ready: 30 s each */

static int test(struct cli *cli)
{
	const char *body = cli_has(cli, "create-key") ? "{\"create_key\":true}" : "{}";
	struct client_call call = {
		.method = "POST",
		.path = client_path(cli->arena, "/v1/connections/{}/test", cli->args[0]),
		.body = body,
		.body_len = strlen(body),
		.wait_ms = TEST_WAIT_MS,
	};
	json_t *answer;
	int rc = client_ask(cli, &call, &answer);

	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		tell_tested(cli, answer);
	return json_is_true(json_object_get(answer, "is_ok")) ? CLI_DONE : CLI_PROBLEMS;
}

static const char *options_words(struct arena *arena, const json_t *field)
{
	const json_t *options = json_object_get(field, "options"), *option;
	const char *words = "";
	size_t i;

	json_array_foreach((json_t *)options, i, option)
		if (i < 8)
			words = arena_printf(arena, "%s%s%s", words, i ? ", " : "",
					     json_string_of(option, "value"));
	return i > 8 ? arena_printf(arena, "%s and %zu more", words, i - 8) : words;
}

static const char *use_words(struct arena *arena, const json_t *field)
{
	bool may_create = json_is_true(json_object_get(field, "creatable"));
	bool may_update = json_is_true(json_object_get(field, "updatable"));

	return arena_printf(arena, "%s%s%s",
			    json_is_true(json_object_get(field, "required")) ? "required, " : "",
			    json_is_true(json_object_get(field, "unique")) ? "unique, " : "",
			    may_create && may_update ? "writable" :
			    may_create		     ? "writable when new" :
			    may_update		     ? "writable later" :
						       "read only");
}

static void tell_schema(struct cli *cli, const json_t *answer)
{
	const json_t *schema = json_object_get(answer, "schema"), *field;
	struct table *table = table_new(cli->arena, TABLE_HEADERS("FIELD", "LABEL", "TYPE",
								  ">LENGTH", "USE", "OPTIONS"));
	size_t i;

	json_array_foreach(json_object_get(schema, "fields"), i, field) {
		int64_t length = json_int_of(field, "length", 0);

		table_add(table,
			  TABLE_ROW(json_string_of(field, "name"), json_string_of(field, "label"),
				    json_string_of(field, "type"),
				    length ? shown_count(cli->arena, length) : "",
				    use_words(cli->arena, field),
				    options_words(cli->arena, field)));
	}
	printf("%s, as read at %s\n\n", shown(cli->arena, json_string_of(schema, "object")),
	       shown_time(cli->arena, json_string_of(answer, "read_at")));
	table_print(table);
}

static int schema(struct cli *cli)
{
	const char *path = client_path(cli->arena, "/v1/connections/{}/schema", cli->args[0]);

	path = client_with(cli->arena, path, "object", cli_flag(cli, "object"));
	path = client_with(cli->arena, path, "refresh", cli_has(cli, "refresh") ? "true" : NULL);
	return answer_get(cli, path, tell_schema);
}

static void tell_limits(struct cli *cli, const json_t *answer)
{
	const char *problem = json_string_of(answer, "problem");

	if (problem)
		printf("%s %s\n", print_mark(MARK_BAD), shown(cli->arena, problem));
	else if (!tell_calls(cli, answer))
		puts("the CRM does not say how many calls are left");
}

static int limits(struct cli *cli)
{
	return answer_get(cli,
			  client_path(cli->arena, "/v1/connections/{}/limits", cli->args[0]),
			  tell_limits);
}

static const struct cli_flag test_flags[] = {
	{ "create-key", NULL, "make the field that holds our id, where it is missing" },
	{ 0 },
};

static const struct cli_flag schema_flags[] = {
	{ "object", "NAME", "of this object; without, of the first that is written to" },
	{ "refresh", NULL, "ask the CRM now, instead of showing what was read last" },
	{ 0 },
};

static const struct cli_flag pause_flags[] = { PAUSE_FLAGS, { 0 } };

const struct cli_verb connection_verbs[] = {
	{ "list", "", "how each connection fares", .needs = CLI_SERVER | CLI_JSON, .run = list },
	{ "test", "NAME", "ask the CRM whether all works that leads need",
	  .more = "Signs in, looks at each object that a mapping writes, and whether the field "
		  "for our id is there. Exit status 1: something does not work.",
	  .examples = "fairlead connection test crm --create-key",
	  .flags = test_flags, .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = test },
	{ "schema", "NAME", "the fields of an object in the CRM", .flags = schema_flags,
	  .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = schema },
	{ "limits", "NAME", "how many calls the CRM lets us make, and how many are left",
	  .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = limits },
	{ "pause", "NAME [NAME...]", "send nothing over it; what is due waits",
	  .flags = pause_flags, .min = 1, .max = 100, .needs = CLI_SERVER | CLI_JSON,
	  .run = pause_verb },
	{ "resume", "NAME [NAME...]", "send over it again", .min = 1, .max = 100,
	  .needs = CLI_SERVER | CLI_JSON, .run = resume },
	{ 0 },
};
