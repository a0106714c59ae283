/* map.c - `fairlead map`: mappings as they are and were, whether they work, what they would
 * write. Threads: the main thread. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/faults.h"
#include "cli/plan.h"
#include "cli/print.h"
#include "cli/yaml_write.h"
#include "model/config.h"

#define FILE_MAX (4u << 20)

/* ---- All of them ---- */

static const char *state_words(struct arena *arena, const json_t *row)
{
	size_t errors = json_array_size(json_object_get(row, "errors"));
	size_t warnings = json_array_size(json_object_get(row, "warnings"));

	if (errors)
		return shown_number_of(arena, (int64_t)errors, "problem");
	return warnings ? shown_number_of(arena, (int64_t)warnings, "warning") : "works";
}

static void add_mapping(struct cli *cli, struct table *table, const json_t *row)
{
	const json_t *sync = json_object_get(row, "sync");

	table_add(table,
		  TABLE_ROW(json_string_of(row, "name"), json_string_of(row, "connection"),
			    json_string_of(row, "object"),
			    shown_count(cli->arena, json_int_of(row, "lines", 0)),
			    shown_count(cli->arena, json_int_of(row, "version", 0)),
			    json_string_of(row, "owner"),
			    json_is_object(sync) ? json_string_of(sync, "mode") : "no sync",
			    state_words(cli->arena, row)));
}

static int list(struct cli *cli)
{
	const struct answer_list mappings = {
		TABLE_HEADERS("NAME", "CONNECTION", "OBJECT", ">LINES", ">VERSION", "OWNER",
			      "SYNC", "STATE"),
		add_mapping, "no mappings",
	};

	return answer_get_list(cli, "/v1/mappings", &mappings);
}

/* ---- One ---- */

static const char *flow(struct arena *arena, const json_t *json)
{
	struct buf buf;

	if (!json)
		return "";
	buf_init(&buf, arena, 1u << 20);
	buf_add_yaml_flow(&buf, json);
	return buf_text(&buf);
}

/* What a line says besides where from and where to. */
static const char *rest_of(struct arena *arena, const json_t *line)
{
	json_t *rest = json_keep(arena, json_copy((json_t *)line));

	json_object_del(rest, "from");
	json_object_del(rest, "to");
	json_object_del(rest, "via");
	return json_object_size(rest) ? flow(arena, rest) : "";
}

static void print_problems(struct cli *cli, const json_t *problems, enum mark mark)
{
	const json_t *problem;
	size_t i;

	json_array_foreach((json_t *)problems, i, problem)
		printf("%s %s: %s; %s\n", print_mark(mark),
		       shown(cli->arena, json_string_of(problem, "field")),
		       shown(cli->arena, json_string_of(problem, "message")),
		       shown(cli->arena, json_string_of(problem, "instruction")));
}

static void tell_mapping(struct cli *cli, const json_t *answer)
{
	const json_t *lines = json_object_get(json_object_get(answer, "mapping"), "fields"), *line;
	const json_t *sync = json_object_get(answer, "sync");
	struct table *table = table_new(cli->arena, TABLE_HEADERS("FROM", "TO", "VIA", "ALSO"));
	const char *owner = json_string_of(answer, "owner");
	size_t i;

	printf("%s, version %lld of %s%s: to %s of %s\n",
	       shown(cli->arena, json_string_of(answer, "name")),
	       (long long)json_int_of(answer, "version", 0),
	       shown_time(cli->arena, json_string_of(answer, "at")),
	       json_is_true(json_object_get(answer, "is_current")) ? "" : " (not the current one)",
	       shown(cli->arena, json_string_of(answer, "object")),
	       shown(cli->arena, json_string_of(answer, "connection")));
	printf("answered for by %s; %s\n\n", owner ? shown(cli->arena, owner) : "nobody",
	       json_is_object(sync) ?
		       arena_printf(cli->arena, "its sync is %s, %s",
				    json_string_of(sync, "mode"),
				    json_string_of(sync, "behaviour")) :
		       "no sync lets it write");
	json_array_foreach((json_t *)lines, i, line)
		table_add(table,
			  TABLE_ROW(json_string_of(line, "from"), json_string_of(line, "to"),
				    flow(cli->arena, json_object_get(line, "via")),
				    rest_of(cli->arena, line)));
	table_print(table);
	print_problems(cli, json_object_get(answer, "errors"), MARK_BAD);
	print_problems(cli, json_object_get(answer, "warnings"), MARK_WARN);
}

static int show(struct cli *cli)
{
	const char *path = client_path(cli->arena, "/v1/mappings/{}", cli->args[0]);

	return answer_get(cli, client_with(cli->arena, path, "version", cli_flag(cli, "version")),
			  tell_mapping);
}

/* ---- Versions ---- */

/* On one line; of a first version how long it was. */
static const char *changes_words(struct arena *arena, const json_t *changes)
{
	const char *words = "";
	size_t added = 0, i;
	const json_t *change;

	json_array_foreach((json_t *)changes, i, change) {
		added += text_equal(json_string_of(change, "change"), "added");
		words = arena_printf(arena, "%s%s%s", words, i ? "; " : "",
				     json_string_of(change, "text"));
	}
	return added > 1 && added == json_array_size(changes) ?
		       arena_printf(arena, "%zu lines added", added) :
		       words;
}

static void add_version(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(shown_count(cli->arena, json_int_of(row, "version", 0)),
			    shown_time(cli->arena, json_string_of(row, "at")),
			    json_string_of(row, "owner"),
			    changes_words(cli->arena, json_object_get(row, "changes"))));
}

static int versions(struct cli *cli)
{
	const struct answer_list list_of = {
		TABLE_HEADERS(">VERSION", "SINCE", "OWNER", "CHANGED"), add_version, "no versions",
	};

	return answer_get_list(cli,
			       client_path(cli->arena, "/v1/mappings/{}/versions", cli->args[0]),
			       &list_of);
}

static void tell_diff(struct cli *cli, const json_t *answer)
{
	const json_t *change;
	size_t i;

	json_array_foreach(json_object_get(answer, "changes"), i, change)
		puts(shown(cli->arena, json_string_of(change, "text")));
	if (i == 0)
		puts("the two are alike");
}

static int diff(struct cli *cli)
{
	const char *path = client_path(cli->arena, "/v1/mappings/{}/diff", cli->args[0]);

	if (cli->nargs > 1)
		path = client_with(cli->arena, path, "from", cli->args[1]);
	if (cli->nargs > 2)
		path = client_with(cli->arena, path, "to", cli->args[2]);
	return answer_get(cli, path, tell_diff);
}

/* ---- Can it work? ---- */

/* Asks about one; `mapping` NULL: as it is kept. Adds how many errors there are. */
static int ask(struct cli *cli, const char *name, json_t *mapping, json_t **answer,
	       size_t *errors)
{
	json_t *body = mapping ? json_keep(cli->arena, json_pack("{s:O}", "mapping", mapping)) :
				 NULL;
	int rc = client_post(cli, client_path(cli->arena, "/v1/mappings/{}/validate", name), body,
			     answer);

	if (rc == 0)
		*errors += json_array_size(json_object_get(*answer, "errors"));
	return rc;
}

static void say_in_file(struct cli *cli, const struct yaml *yaml, const char *path,
			const json_t *problems, const char *kind)
{
	const json_t *problem;
	size_t i;

	json_array_foreach((json_t *)problems, i, problem)
		fault_say(cli, yaml,
			  arena_printf(cli->arena, "%s.%s", path, json_string_of(problem, "field")),
			  arena_printf(cli->arena, "%s%s; %s", kind,
				       json_string_of(problem, "message"),
				       json_string_of(problem, "instruction")));
}

/* The mappings of a file that is not applied yet. */
static int validate_file(struct cli *cli, const char *file, json_t *all, size_t *errors,
			 size_t *count)
{
	struct problems problems = { .count = 0 };
	struct error err = { 0 };
	struct config_item *items;
	struct yaml *yaml;
	size_t nitems;

	if (yaml_read(cli->arena, file, &yaml, &err) < 0)
		return cli_fail_error(cli, &err);
	if (config_split_all(cli->arena, yaml_json(yaml), &items, &nitems, &problems) < 0)
		return faults_say(cli, yaml, &problems, "mend these first");
	for (size_t i = 0; i < nitems; i++) {
		json_t *answer;
		int rc;

		if (!text_equal(items[i].kind, "mapping"))
			continue;
		rc = ask(cli, items[i].name, (json_t *)items[i].spec, &answer, errors);
		if (rc)
			return rc;
		++*count;
		json_array_append(all, answer);
		if (cli->is_json)
			continue;
		say_in_file(cli, yaml, items[i].path, json_object_get(answer, "errors"), "");
		say_in_file(cli, yaml, items[i].path, json_object_get(answer, "warnings"),
			    "warning: ");
	}
	return CLI_DONE;
}

static int validate_kept(struct cli *cli, const char *name, json_t *all, size_t *errors)
{
	json_t *answer;
	int rc = ask(cli, name, NULL, &answer, errors);

	if (rc)
		return rc;
	json_array_append(all, answer);
	if (cli->is_json)
		return CLI_DONE;
	printf("%s %s\n",
	       print_mark(json_is_true(json_object_get(answer, "is_valid")) ? MARK_GOOD : MARK_BAD),
	       shown(cli->arena, name));
	print_problems(cli, json_object_get(answer, "errors"), MARK_BAD);
	print_problems(cli, json_object_get(answer, "warnings"), MARK_WARN);
	return CLI_DONE;
}

static int validate(struct cli *cli)
{
	json_t *all = json_keep(cli->arena, json_array());
	const char *file = cli_flag(cli, "file");
	size_t errors = 0, count = cli->nargs;
	int rc = CLI_DONE;

	if (!file == !cli->nargs)
		return cli_fail(cli, CLI_USAGE, "which mappings? give their names, or -f FILE");
	if (file)
		rc = validate_file(cli, file, all, &errors, &count);
	for (size_t i = 0; i < cli->nargs && rc == CLI_DONE; i++)
		rc = validate_kept(cli, cli->args[i], all, &errors);
	if (rc)
		return rc;
	if (cli->is_json)
		print_json(json_keep(cli->arena, json_pack("{s:O}", "items", all)));
	else if (file && !errors)
		printf("%s can work\n",
		       shown_number_of(cli->arena, (int64_t)count, "mapping"));
	return errors ? CLI_PROBLEMS : CLI_DONE;
}

/* ---- Plans ---- */

/* A file is sent whole, by who runs the command. */
static int plan_file(struct cli *cli, const char *path, const char *file, json_t **answer)
{
	char *bytes = arena_alloc(cli->arena, FILE_MAX + 1);
	FILE *in = text_equal(file, "-") ? stdin : fopen(file, "rb");
	size_t len;
	bool is_bad;

	if (!cli_flag(cli, "source"))
		return cli_fail(cli, CLI_USAGE,
				"which source do these leads come from? give --source NAME");
	if (!in)
		return cli_fail(cli, CLI_PROBLEMS, "%s: %s", file, strerror(errno));
	len = fread(bytes, 1, FILE_MAX + 1, in);
	is_bad = ferror(in) != 0;
	if (in != stdin)
		fclose(in);
	if (is_bad)
		return cli_fail(cli, CLI_PROBLEMS, "%s cannot be read", file);
	if (len > FILE_MAX)
		return cli_fail(cli, CLI_PROBLEMS,
				"%s is larger than 4 MiB; a plan is for 100 leads: give its first "
				"lines, head -200 %s | fairlead map plan ... --file -",
				file, file);
	path = client_with(cli->arena, path, "source", cli_flag(cli, "source"));
	return plan_ask(cli, path, bytes, len, "text/csv", answer);
}

static int plan(struct cli *cli)
{
	const char *path = client_path(cli->arena, "/v1/mappings/{}/plan", cli->args[0]), *text;
	json_t *body = json_keep(cli->arena, json_object()), *ids = NULL, *answer;
	const char *file = cli_flag(cli, "file");
	int64_t sample = 0;
	int rc;

	if (!cli_number(cli, "sample", 1, 100, &sample))
		return CLI_USAGE;
	if ((sample != 0) + (cli->nargs > 1) + (file != NULL) + cli_has(cli, "behind") > 1)
		return cli_fail(cli, CLI_USAGE,
				"give leads, --sample, --behind or --file, one of them");
	if (cli_has(cli, "behind"))
		return plan_of_sync(cli, cli->args[0]);
	if (file) {
		rc = plan_file(cli, path, file, &answer);
		return rc ? rc : plan_show(cli, answer);
	}
	for (size_t i = 1; i < cli->nargs; i++) {
		if (!ids) {
			ids = json_array();
			json_object_set_new(body, "leads", ids);
		}
		json_array_append_new(ids, json_string(cli->args[i]));
	}
	if (sample)
		json_object_set_new(body, "sample", json_integer(sample));
	text = json_text(cli->arena, body);
	rc = plan_ask(cli, path, text, strlen(text), NULL, &answer);
	return rc ? rc : plan_show(cli, answer);
}

static int apply(struct cli *cli)
{
	json_t *answer;
	int rc = plan_ask(cli, client_path(cli->arena, "/v1/plans/{}/apply", cli->args[0]), "", 0,
		      NULL, &answer);

	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		printf("%s on their way; fairlead delivery list shows how they fare\n",
		       shown_number_of(cli->arena, json_int_of(answer, "deliveries", 0), "lead"));
	return CLI_DONE;
}

static const struct cli_flag show_flags[] = {
	{ "version", "N", "as it was in this version" },
	{ 0 },
};

static const struct cli_flag validate_flags[] = {
	{ "file", "FILE", "the mappings of this workspace file, which need not be applied; - reads "
			  "standard input", 'f' },
	{ 0 },
};

static const struct cli_flag plan_flags[] = {
	{ "sample", "N", "for the latest N leads, up to 100 (10)" },
	{ "behind", NULL, "for the latest leads, up to 100, that the CRM does not have as they are" },
	{ "file", "FILE", "for the first 100 leads that importing this file would make or change; - "
			  "reads standard input" },
	{ "source", "NAME", "of --file: the source that they come from, of the kind file" },
	PLAN_FLAGS,
	{ 0 },
};

const struct cli_verb map_verbs[] = {
	{ "list", "", "all mappings, and whether they can work", .needs = CLI_SERVER | CLI_JSON,
	  .run = list },
	{ "show", "NAME", "one mapping, line by line", .flags = show_flags, .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = show },
	{ "versions", "NAME", "its versions, and what each changed", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = versions },
	{ "diff", "NAME [FROM [TO]]", "what lies between two versions",
	  .more = "Without numbers, what the latest version changed.", .min = 1, .max = 3,
	  .needs = CLI_SERVER | CLI_JSON, .run = diff },
	{ "validate", "NAME...|-f FILE", "can they work, as far as the CRM's fields are known",
	  .more = "Problems of a file are said at their place in it, FILE:LINE:COLUMN. Exit status "
		  "1: there are some.",
	  .examples = "fairlead map validate -f workspace.yaml\nfairlead map validate contacts",
	  .flags = validate_flags, .max = 100, .needs = CLI_SERVER | CLI_JSON, .run = validate },
	{ "plan", "NAME [LEAD...]", "what would be written, field by field; writes nothing",
	  .more = "The CRM is searched and read now, and the same code computes that delivers, "
		  "whatever the mode of the sync. Exit status 2: something would be written.",
	  .examples = "fairlead map plan contacts --sample 20\n"
		      "fairlead map plan contacts 38HB1MHG40002 --lines\n"
		      "fairlead map plan contacts --file leads.csv --source spreadsheet",
	  .flags = plan_flags, .min = 1, .max = 101, .needs = CLI_SERVER | CLI_JSON, .run = plan },
	{ "apply", "PLAN", "write exactly what a plan says",
	  .more = "Refused when the lead, the CRM's record, its fields or the mapping are not as "
		  "they were when it was made: then nothing is written.",
	  .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = apply },
	{ 0 },
};
