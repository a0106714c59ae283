/* plan.c - shows plans: lead by lead, line by line. Threads: the main thread. */
#include "cli/plan.h"

#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/lead.h"
#include "cli/print.h"
#include "cli/table.h"

static bool writes_nothing(const char *state)
{
	return text_equal(state, "same") || text_equal(state, "nothing");
}

static const char *what_of(struct arena *arena, const json_t *row)
{
	const char *why = json_string_of(row, "reason");
	const char *todo = json_string_of(row, "instruction");

	return arena_printf(arena, "%s%s%s%s%s", json_string_of(row, "state"),
			    why ? ": " : "", why ? why : "", todo ? "; " : "", todo ? todo : "");
}

/* What would stand there then: what is not written stays. */
static const json_t *then_of(const json_t *row)
{
	const char *state = json_string_of(row, "state");
	bool is_written = text_equal(state, "write") || text_equal(state, "clear");

	return json_object_get(row, is_written ? "wanted" : "current");
}

static void print_lines(struct cli *cli, const json_t *rows)
{
	struct table *table = table_new(cli->arena, TABLE_HEADERS("  FIELD", "NOW", "WOULD BE",
								  "WHAT"));
	bool has_all = cli_has(cli, "lines");
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row) {
		if (!has_all && writes_nothing(json_string_of(row, "state")))
			continue;
		table_add(table,
			  TABLE_ROW(arena_printf(cli->arena, "  %s", json_string_of(row, "field")),
				    shown_json(cli->arena, json_object_get(row, "current")),
				    shown_json(cli->arena, then_of(row)),
				    what_of(cli->arena, row)));
	}
	table_print(table);
}

static enum mark mark_of(const char *action)
{
	if (text_equal(action, "create") || text_equal(action, "update"))
		return MARK_GOOD;
	return text_equal(action, "none") ? MARK_NONE : MARK_BAD;
}

static void print_lead(struct cli *cli, const json_t *lead)
{
	const char *action = json_string_of(lead, "action");
	const char *id = json_string_of(lead, "lead_id");
	const char *remote = json_string_of(lead, "remote_id");
	const char *reason = json_string_of(lead, "reason");
	const char *todo = json_string_of(lead, "instruction");
	int64_t line = json_int_of(lead, "line", 0); /* of a file */

	printf("\n%s %s%-7s%s %s", print_mark(mark_of(action)), print_bold(),
	       shown(cli->arena, action), print_plain(),
	       shown(cli->arena, lead_name(cli->arena, json_object_get(lead, "lead"))));
	if (line)
		printf("  line %lld", (long long)line);
	if (id)
		printf("  %s", shown(cli->arena, id));
	if (remote)
		printf("  (there: %s)", shown(cli->arena, remote));
	putchar('\n');
	if (reason)
		printf("  %s%s%s\n", shown(cli->arena, reason), todo ? "; " : "",
		       shown(cli->arena, todo));
	print_lines(cli, json_object_get(lead, "rows"));
}

static void print_requests(struct cli *cli, const json_t *requests)
{
	const json_t *request;
	size_t i;

	json_array_foreach((json_t *)requests, i, request)
		printf("\n%s %s\n%s\n", shown(cli->arena, json_string_of(request, "method")),
		       shown(cli->arena, json_string_of(request, "url")),
		       shown(cli->arena, json_string_of(request, "body")));
}

static const struct { const char *action, *words; } classes[] = {
	{ "create", "would be created" },
	{ "update", "would be changed" },
	{ "none", "nothing to write" },
	{ "refused", "would be dead letters" },
	{ "unknown", "nobody can say now" },
};

static int64_t count_of(const json_t *plan, const char *action)
{
	return json_int_of(json_object_get(plan, "counts"), action, 0);
}

static void print_end(struct cli *cli, const json_t *plan)
{
	const char *id = json_string_of(plan, "id");

	putchar('\n');
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		int64_t count = count_of(plan, classes[i].action);

		if (count)
			printf("%6s  %s\n", shown_count(cli->arena, count), classes[i].words);
	}
	if (json_object_get(plan, "rows"))
		printf("%s of the file; %s refused, see fairlead import --plan\n",
		       shown_number_of(cli->arena, json_int_of(plan, "rows", 0), "row"),
		       shown_count(cli->arena, json_int_of(plan, "failed", 0)));
	if (json_array_size(json_object_get(plan, "leads")) == 0)
		puts("no leads: there is nothing to plan");
	if (!id || !(count_of(plan, "create") + count_of(plan, "update")))
		return;
	printf("\nNothing was written. To write exactly this, until %s:\n"
	       "  fairlead map apply %s\n",
	       shown_time(cli->arena, json_string_of(plan, "expires_at")),
	       shown(cli->arena, id));
}

int plan_show(struct cli *cli, const json_t *plan)
{
	const json_t *lead;
	size_t i;

	if (cli->is_json) {
		print_json(plan);
	} else {
		printf("%s, version %lld, to %s of %s\n",
		       shown(cli->arena, json_string_of(plan, "mapping")),
		       (long long)json_int_of(plan, "version", 0),
		       shown(cli->arena, json_string_of(plan, "object")),
		       shown(cli->arena, json_string_of(plan, "connection")));
		json_array_foreach(json_object_get(plan, "leads"), i, lead)
			print_lead(cli, lead);
		if (cli_has(cli, "requests"))
			print_requests(cli, json_object_get(plan, "requests"));
		print_end(cli, plan);
	}
	return count_of(plan, "create") + count_of(plan, "update") ? CLI_WOULD_CHANGE : CLI_DONE;
}

/* ---- Asking ---- */

#define PLAN_WAIT_MS 180000 /* the server waits for the CRM, a schema included */

int plan_ask(struct cli *cli, const char *path, const char *body, size_t len,
	     const char *type, json_t **answer)
{
	struct client_call call = { .method = "POST", .path = path, .content_type = type,
				    .body = body, .body_len = len, .wait_ms = PLAN_WAIT_MS };

	return client_ask(cli, &call, answer);
}

int plan_of_sync(struct cli *cli, const char *mapping)
{
	json_t *answer;
	int rc = plan_ask(cli, client_path(cli->arena, "/v1/syncs/{}/plan", mapping), "", 0, NULL,
			  &answer);

	return rc ? rc : plan_show(cli, answer);
}
