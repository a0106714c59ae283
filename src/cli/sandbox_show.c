/* sandbox_show.c - what a sandbox answered, in words for people. Threads: the main
 * thread. */
#include "cli/sandbox_show.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/print.h"

#define COLUMNS_MAX 12

/* A list of an answer, and which members of its rows are shown. */
struct listing {
	const char *list;		      /* "entries" */
	const char *nothing;		      /* what is said when it is empty */
	const char *headers[COLUMNS_MAX + 1]; /* as table_new() takes them */
	const char *members[COLUMNS_MAX + 1]; /* one for each; NULL ends */
};

static const char *cell(struct cli *cli, const json_t *row, const char *member)
{
	const json_t *value = json_object_get(row, member);

	return text_equal(member, "at") || text_ends(member, "_at")
		       ? shown_time(cli->arena, json_string_value(value))
		       : shown_json(cli->arena, value);
}

static void add_row(struct cli *cli, struct table *table, const json_t *row,
		    const struct listing *listing)
{
	const char **cells = arena_array(cli->arena, COLUMNS_MAX, sizeof(*cells));

	for (size_t i = 0; listing->members[i]; i++)
		cells[i] = cell(cli, row, listing->members[i]);
	table_add(table, cells);
}

static void show_list(struct cli *cli, const json_t *answer, const struct listing *listing)
{
	const json_t *rows = json_object_get(answer, listing->list), *row;
	struct table *table = table_new(cli->arena, listing->headers);
	size_t i;

	if (json_array_size(rows) == 0) {
		puts(listing->nothing);
		return;
	}
	json_array_foreach((json_t *)rows, i, row) add_row(cli, table, row, listing);
	table_print(table);
}

/* One row of a listing, as a table of its own. */
static void show_one(struct cli *cli, const json_t *row, const struct listing *listing)
{
	struct table *table = table_new(cli->arena, listing->headers);

	add_row(cli, table, row, listing);
	table_print(table);
}

/* " name value" for each member of an object that is not empty. */
static void show_members(struct cli *cli, const json_t *object)
{
	struct table *table = table_new(cli->arena, TABLE_HEADERS("  NAME", "VALUE"));
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
		table_add(table, TABLE_ROW(arena_printf(cli->arena, "  %s", name),
					   shown_json(cli->arena, value)));
	table_print(table);
}

/* ---- Accounts ---- */

static const char *records_of(struct cli *cli, const json_t *account)
{
	const char *text = "", *name;
	json_t *count;

	json_object_foreach(json_object_get(account, "records"), name,
			    count) if (json_integer_value(count) > 0) text =
		arena_printf(cli->arena, "%s%s%s %s", text, *text ? ", " : "",
			     shown_count(cli->arena, json_integer_value(count)), name);
	return text;
}

void show_accounts(struct cli *cli, const json_t *answer)
{
	struct table *table =
		table_new(cli->arena, TABLE_HEADERS("VENDOR", "ACCOUNT", "RECORDS"));
	json_t *account;
	size_t i;

	json_array_foreach(json_object_get(answer, "accounts"), i, account)
		table_add(table,
			  TABLE_ROW(json_string_of(account, "vendor"),
				    json_string_of(account, "name"), records_of(cli, account)));
	table_print(table);
	puts("fairlead sandbox account VENDOR shows credentials.");
}

void show_account(struct cli *cli, const json_t *answer)
{
	const char *records = records_of(cli, answer);

	printf("%s account \"%s\"%s%s\n", shown(cli->arena, json_string_of(answer, "title")),
	       shown(cli->arena, json_string_of(answer, "name")), *records ? ", " : ", empty",
	       shown(cli->arena, records));
	show_members(cli, json_object_get(answer, "credentials"));
}

void show_settings(struct cli *cli, const json_t *answer)
{
	struct table *table =
		table_new(cli->arena, TABLE_HEADERS("NAME", ">VALUE", "WHAT IT DOES"));
	const char *name;
	json_t *value;

	table_add(table, TABLE_ROW("search_lag_ms", cell(cli, answer, "search_lag_ms"),
				   "what is written is found so much later"));
	table_add(table, TABLE_ROW("clock_skew_ms", cell(cli, answer, "clock_skew_ms"),
				   "its clock is so much ahead"));
	json_object_foreach(json_object_get(answer, "limits"), name, value)
		table_add(table, TABLE_ROW(arena_printf(cli->arena, "limit.%s", name),
					   cell(cli, value, "max"),
					   arena_printf(cli->arena, "in %s ms; %s are left",
							cell(cli, value, "length_ms"),
							cell(cli, value, "remaining"))));
	json_object_foreach(json_object_get(answer, "switches"), name, value)
		table_add(table,
			  TABLE_ROW(name, cell(cli, value, "value"), cell(cli, value, "help")));
	table_print(table);
}

/* ---- Records and their schema ---- */

void show_objects(struct cli *cli, const json_t *answer)
{
	static const struct listing listing = {
		"objects",
		"no objects",
		{ "OBJECT", ">RECORDS", ">EVER", ">FIELDS" },
		{ "name", "live", "ever", "fields" },
	};

	show_list(cli, answer, &listing);
}

void show_records(struct cli *cli, const json_t *answer)
{
	struct table *table =
		table_new(cli->arena, TABLE_HEADERS("ID", "STATE", "UPDATED", "VALUES"));
	json_t *record;
	size_t i;

	if (json_array_size(json_object_get(answer, "records")) == 0)
		puts("no records");
	json_array_foreach(json_object_get(answer, "records"), i, record)
	{
		const char *text = "", *name;
		json_t *value;

		json_object_foreach(json_object_get(record, "values"), name, value) text =
			arena_printf(cli->arena, "%s%s%s=%s", text, *text ? "; " : "", name,
				     shown_json(cli->arena, value));
		table_add(table, TABLE_ROW(cell(cli, record, "id"), cell(cli, record, "state"),
					   cell(cli, record, "updated_at"), text));
	}
	table_print(table);
}

void show_record(struct cli *cli, const json_t *answer)
{
	json_t *change;
	size_t i;

	printf("%s, %s, version %s of %s\n", cell(cli, answer, "id"),
	       cell(cli, answer, "state"), cell(cli, answer, "version"),
	       cell(cli, answer, "updated_at"));
	show_members(cli, json_object_get(answer, "values"));
	json_array_foreach(json_object_get(answer, "history"), i, change)
	{
		printf("before request %s of %s:\n", cell(cli, change, "request"),
		       cell(cli, change, "at"));
		show_members(cli, json_object_get(change, "before"));
	}
}

static const struct listing fields = {
	"fields",
	"no fields",
	{ "FIELD", "LABEL", "TYPE", ">LENGTH", "FLAGS", "OPTIONS" },
	{ "name", "label", "type", "max_len", "flags", "options" },
};

void show_schema(struct cli *cli, const json_t *answer)
{
	show_list(cli, answer, &fields);
}

void show_field(struct cli *cli, const json_t *answer)
{
	show_one(cli, answer, &fields);
}

/* ---- What it saw ---- */

void show_ledger(struct cli *cli, const json_t *answer)
{
	static const struct listing listing = {
		"entries",
		"nothing was changed yet",
		{ ">NUMBER", "AT", ">REQUEST", "VENDOR", "ACCOUNT", "OBJECT", "VERB", "ID",
		  "KEY" },
		{ "number", "at", "request", "vendor", "account", "object", "verb", "id",
		  "key" },
	};

	show_list(cli, answer, &listing);
}

void show_summary(struct cli *cli, const json_t *answer)
{
	const json_t *repeated = json_object_get(answer, "repeated");
	json_t *key;
	size_t i;

	show_members(cli, json_object_get(answer, "counts"));
	printf("%s; %zu of them created more than one record\n",
	       shown_number_of(cli->arena, json_int_of(answer, "keys", 0), "key"),
	       json_array_size(repeated));
	json_array_foreach((json_t *)repeated, i, key)
		printf("  %s\n", shown_json(cli->arena, key));
}

void show_requests(struct cli *cli, const json_t *answer)
{
	static const struct listing listing = {
		"requests",
		"nothing was asked yet",
		{ ">REQUEST", "AT", ">STATUS", "FAULT", ">MICROSECONDS", "ACCOUNT", "METHOD",
		  "TARGET" },
		{ "request", "at", "status", "fault", "took_us", "account", "method",
		  "target" },
	};
	const char *status;
	json_t *count;

	show_list(cli, answer, &listing);
	printf("since the start: %s",
	       shown_number_of(cli->arena, json_int_of(answer, "total", 0), "request"));
	json_object_foreach(json_object_get(answer, "by_status"), status, count)
		printf(", %s %s", shown_count(cli->arena, json_integer_value(count)),
		       text_equal(status, "0") ? "broken" : status);
	putchar('\n');
}

void show_webhooks(struct cli *cli, const json_t *answer)
{
	static const struct listing listing = {
		"webhooks",
		"no webhooks",
		{ ">ID", "VENDOR", "ACCOUNT", "STATE", ">TRIES", ">STATUS", "NEXT", "URL" },
		{ "id", "vendor", "account", "state", "attempts", "last_status", "next_at",
		  "url" },
	};

	show_list(cli, answer, &listing);
}

/* ---- Trouble, time, people ---- */

static const struct listing troubles = {
	"faults",
	"no faults: all is well",
	{ ">ID", "FAULT", "WHEN", "VENDOR", "ACCOUNT", "METHOD", "PATH", ">CHANCE", ">COUNT",
	  ">STRUCK" },
	{ "id", "fault", "when", "vendor", "account", "method", "path", "probability", "count",
	  "fired" },
};

void show_faults(struct cli *cli, const json_t *answer)
{
	show_list(cli, answer, &troubles);
}

void show_fault(struct cli *cli, const json_t *answer)
{
	show_one(cli, answer, &troubles);
}

void show_clock(struct cli *cli, const json_t *answer)
{
	printf("%s%s, %s s ahead\n", shown_time(cli->arena, json_string_of(answer, "now")),
	       json_is_true(json_object_get(answer, "frozen")) ? ", standing still" : "",
	       shown_count(cli->arena, json_int_of(answer, "ahead_ms", 0) / 1000));
}

static const struct listing people = {
	"prospects",
	"nobody was told what to do",
	{ "ADDRESS", "SCRIPT", ">REACTIONS", ">SPENT" },
	{ "address", "script", "reactions", "spent" },
};

void show_prospects(struct cli *cli, const json_t *answer)
{
	show_list(cli, answer, &people);
}

void show_prospect(struct cli *cli, const json_t *answer)
{
	show_one(cli, answer, &people);
}

void show_written(struct cli *cli, const json_t *answer)
{
	printf("%s written\n",
	       shown_number_of(cli->arena, json_int_of(answer, "written", 0), "record"));
}

void show_changed(struct cli *cli, const json_t *answer)
{
	printf("%s changed\n",
	       shown_number_of(cli->arena, json_int_of(answer, "changed", 0), "token"));
}

void show_done(struct cli *cli, const json_t *answer)
{
	(void)cli;
	(void)answer;
	puts("done");
}
