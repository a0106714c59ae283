/* delivery.c - `fairlead delivery`: leads on their way to connections. Threads: the main
 * thread. */
#include "cli/delivery.h"

#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

const char *delivery_path(struct cli *cli, const char *path)
{
	static const char *const names[] = { "connection", "lead", "code" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		path = client_with(cli->arena, path, names[i], cli_flag(cli, names[i]));
	return path;
}

/* What a person would call the lead. */
static const char *lead_words(struct arena *arena, const json_t *row)
{
	const json_t *fields = json_object_get(json_object_get(row, "lead"), "fields");
	const char *first = json_string_of(fields, "first_name");
	const char *last = json_string_of(fields, "last_name");
	const char *key = json_string_of(fields, "email");

	key = key ? key : json_string_of(fields, "phone");
	if (!fields)
		return json_string_of(row, "lead_id");
	return text_trim(arena, arena_printf(arena, "%s %s %s", first ? first : "",
					     last ? last : "", key ? key : ""));
}

static const char *why_of(struct arena *arena, const json_t *row)
{
	const char *field = json_string_of(row, "field");
	const char *reason = json_string_of(row, "reason");

	return arena_printf(arena, "%s%s%s", field ? field : "", field && reason ? ": " : "",
			    reason ? reason : "");
}

static void add(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "id"), json_string_of(row, "connection"),
			    json_string_of(row, "state"),
			    shown_time(cli->arena, json_string_of(row, "since")),
			    json_string_of(row, "code"), lead_words(cli->arena, row),
			    why_of(cli->arena, row)));
}

int delivery_get_list(struct cli *cli, const char *path, const char *nothing)
{
	const struct answer_list deliveries = {
		TABLE_HEADERS("ID", "CONNECTION", "STATE", "SINCE", "CODE", "LEAD", "WHY"),
		add, nothing,
	};

	return answer_get_list(cli, delivery_path(cli, path), &deliveries);
}

static void print_line(struct cli *cli, const char *name, const char *text)
{
	if (!text_is_empty(text))
		printf("%-12s %s\n", name, shown(cli->arena, text));
}

/* Why it ended so, and what a person gave for it alone. */
static const char *note_of(struct arena *arena, const json_t *attempt)
{
	const json_t *edited = json_object_get(attempt, "edited");
	const char *why = why_of(arena, attempt);

	if (!json_is_array(edited))
		return why;
	return arena_printf(arena, "%s as given by hand, for this write only%s%s",
			    shown_json(arena, edited), *why ? "; " : "", why);
}

static void print_attempts(struct cli *cli, const json_t *attempts)
{
	struct table *table = table_new(cli->arena, TABLE_HEADERS("AT", "ACTION", "OUTCOME",
								  "CALL", "NOTE"));
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)attempts, i, row)
		table_add(table,
			  TABLE_ROW(shown_time(cli->arena, json_string_of(row, "at")),
				    json_string_of(row, "action"),
				    json_string_of(row, "outcome"),
				    json_string_of(row, "call_id"), note_of(cli->arena, row)));
	if (json_array_size(attempts)) {
		puts("\nWhat was tried, newest first:");
		table_print(table);
	}
}

static void print_mapped(struct cli *cli, const json_t *mapped)
{
	struct table *table = table_new(cli->arena, TABLE_HEADERS("FROM", "CRM FIELD", "VALUE",
								  "STATE", "WHY"));
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)mapped, i, row)
		table_add(table,
			  TABLE_ROW(json_string_of(row, "from"), json_string_of(row, "field"),
				    shown_json(cli->arena, json_object_get(row, "wanted")),
				    json_string_of(row, "state"),
				    json_string_of(row, "reason")));
	if (json_array_size(mapped)) {
		puts("\nWhat the mapping makes of the lead:");
		table_print(table);
	}
}

static void print_call(struct cli *cli, const json_t *call)
{
	if (!json_is_object(call))
		return;
	printf("\nThe last call: %s %s\n", shown(cli->arena, json_string_of(call, "method")),
	       shown(cli->arena, json_string_of(call, "url")));
	print_line(cli, "  sent", json_string_of(call, "request"));
	print_line(cli, "  answered",
		   arena_printf(cli->arena, "%lld %s",
				(long long)json_int_of(call, "status", 0),
				json_string_of(call, "failure") ?
					json_string_of(call, "failure") : ""));
	print_line(cli, "", json_string_of(call, "answer"));
}

void delivery_tell(struct cli *cli, const json_t *d)
{
	print_line(cli, "delivery", json_string_of(d, "id"));
	print_line(cli, "lead", lead_words(cli->arena, d));
	print_line(cli, "to", arena_printf(cli->arena, "%s, %s",
					   shown(cli->arena, json_string_of(d, "connection")),
					   shown(cli->arena, json_string_of(d, "object"))));
	print_line(cli, "state", json_string_of(d, "state"));
	print_line(cli, "since", shown_time(cli->arena, json_string_of(d, "since")));
	print_line(cli, "due", shown_time(cli->arena, json_string_of(d, "due_at")));
	print_line(cli, "code", json_string_of(d, "code"));
	print_line(cli, "why", why_of(cli->arena, d));
	print_line(cli, "to do", json_string_of(d, "instruction"));
	print_line(cli, "there as", json_string_of(json_object_get(d, "link"), "remote_id"));
	print_mapped(cli, json_object_get(d, "mapped"));
	print_attempts(cli, json_object_get(d, "attempts"));
	print_call(cli, json_object_get(d, "last_call"));
}

static int list(struct cli *cli)
{
	return delivery_get_list(cli, "/v1/deliveries", "no deliveries");
}

static int show(struct cli *cli)
{
	return answer_get(cli, client_path(cli->arena, "/v1/deliveries/{}", cli->args[0]),
			  delivery_tell);
}

static const struct cli_flag filter_flags[] = { DELIVERY_FILTER_FLAGS, { 0 } };

const struct cli_verb delivery_verbs[] = {
	{ "list", "", "leads on their way to connections, newest first", .flags = filter_flags,
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list },
	{ "show", "ID", "one delivery with all that was tried", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = show },
	{ 0 },
};
