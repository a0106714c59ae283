/* audit.c - the command `fairlead audit`: has anybody touched the record of changes; and the
 * record itself. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/seal.h"
#include "cli/client.h"
#include "cli/print.h"
#include "serve/audit.h"
#include "serve/folder.h"
#include "serve/serve.h"
#include "store/audit.h"
#include "store/configs.h"

#define WAIT_MS (60 * 60 * 1000) /* of a long chain */

/* ---- Verifying ---- */

static json_t *report_json(struct arena *arena, int64_t workspace, const char *name,
			   const struct audit_report *report)
{
	json_t *json = json_keep(
		arena, json_pack("{s:b, s:I, s:i, s:o, s:o}", "is_intact", report->is_intact,
				 "entries", (json_int_t)report->entries, "heads", report->heads,
				 "bad_seq",
				 report->bad_seq ? json_integer(report->bad_seq) : json_null(),
				 "what",
				 report->is_intact ? json_null() : json_string(report->what)));

	if (name) {
		json_object_set_new(json, "workspace", json_integer(workspace));
		json_object_set_new(json, "name", json_string(name));
	}
	return json;
}

/* Says what a report holds; 0, or CLI_PROBLEMS when somebody meddled. */
static int say(struct cli *cli, const json_t *report)
{
	const char *name = json_string_of(report, "name");
	const char *entries = shown_count(cli->arena, json_int_of(report, "entries", 0));
	long long heads = (long long)json_int_of(report, "heads", 0);

	if (name)
		printf("workspace %s: ", shown(cli->arena, name));
	if (json_is_true(json_object_get(report, "is_intact"))) {
		printf("%s intact: %s entries in one unbroken chain, %lld signed %s compared\n",
		       print_mark(MARK_GOOD), entries, heads, heads == 1 ? "head" : "heads");
		return CLI_DONE;
	}
	printf("%s NOT INTACT: %s\n%s entries before that are sound\n", print_mark(MARK_BAD),
	       shown(cli->arena, json_string_of(report, "what")), entries);
	return CLI_PROBLEMS;
}

struct verifying {
	struct cli *cli;
	json_t *reports;
};

static void add_report(void *context, int64_t workspace, const char *name,
		       const struct audit_report *report)
{
	struct verifying *verifying = context;

	json_array_append(verifying->reports, report_json(verifying->cli->arena, workspace, name,
							  report));
}

int audit_verify_folder(struct cli *cli, const char *folder, const char *heads, json_t *reports,
			struct error *err)
{
	struct verifying verifying = { cli, reports };
	struct arena *arena = cli->arena;
	struct keyring keyring;
	struct store_config config = {
		.uri = arena_printf(arena, "%s/" STORE_FILE, folder),
		.data = folder,
		.keyring = &keyring,
	};
	struct store *store;
	int bad = -1;

	if (keyring_open(&keyring, arena_printf(arena, "%s/" KEY_FILE, folder), 0, err) < 0)
		return -1;
	log_setup(2, LOG_OFF, LOG_LOGFMT); /* the report says it all */
	store = store_open(&config, err);
	if (store) {
		bad = audit_verify_all_workspaces(store,
						  heads ? heads : audit_heads_file(store, arena),
						  add_report, &verifying, err);
		store_close(store);
	}
	keyring_wipe(&keyring);
	return bad;
}

static int verify_folder(struct cli *cli, const char *folder)
{
	json_t *reports = json_keep(cli->arena, json_array());
	struct error err = { 0 };
	const json_t *report;
	int bad = audit_verify_folder(cli, folder, cli_flag(cli, "heads"), reports, &err);
	int rc = CLI_DONE;
	size_t i;

	if (bad < 0)
		return cli_fail_error(cli, &err);
	if (cli->is_json)
		print_json(reports);
	json_array_foreach(reports, i, report)
		if (!cli->is_json && say(cli, report) != CLI_DONE)
			rc = CLI_PROBLEMS;
	return bad > 0 ? CLI_PROBLEMS : rc;
}

static int verify_server(struct cli *cli)
{
	struct client_call call = { .method = "GET", .path = "/v1/audit/verify",
				    .wait_ms = WAIT_MS };
	json_t *answer;
	int rc;

	if (cli_has(cli, "heads"))
		return cli_fail(cli, CLI_USAGE, "--heads is for a store whose server does not "
				"run: give --data DIR");
	rc = client_ask(cli, &call, &answer);
	if (rc)
		return rc;
	if (!cli->is_json)
		return say(cli, answer);
	print_json(answer);
	return json_is_true(json_object_get(answer, "is_intact")) ? CLI_DONE : CLI_PROBLEMS;
}

static int verify(struct cli *cli)
{
	const char *folder = NULL;
	struct error err = { 0 };

	if (!cli_has(cli, "url")) {
		folder = client_data_folder(cli, &err);
		if (!folder)
			return cli_fail_error(cli, &err);
	}
	if (folder && folder_has_store(cli->arena, folder) &&
	    !folder_is_served(cli->arena, folder))
		return verify_folder(cli, folder);
	return verify_server(cli);
}

/* ---- Exporting ---- */

/* One entry a line, oldest last: as the API pages. */
static int export(struct cli *cli)
{
	const char *cursor = NULL;

	do {
		const char *path = client_with(cli->arena, "/v1/audit?limit=1000", "cursor",
					       cursor);
		json_t *answer;
		const json_t *row;
		size_t i;
		int rc = client_get(cli, path, &answer);

		if (rc)
			return rc;
		json_array_foreach(json_object_get(answer, "items"), i, row)
			puts(json_text(cli->arena, row));
		cursor = json_string_of(answer, "next_cursor");
	} while (cursor);
	return CLI_DONE;
}

static const struct cli_flag verify_flags[] = {
	{ "heads", "FILE", "signed heads to compare with: a copy of audit.heads, or a log; for a "
			   "stopped store" },
	{ 0 },
};

const struct cli_verb audit_verbs[] = {
	{ "verify", "", "has anybody touched the record of changes",
	  .more = "Every entry carries a seal over itself and the one before it: an edit, a gap or "
		  "another order shows. A tail that was cut off shows back to the last signed head "
		  "(DIR/audit.heads, and the server's log each minute). With --data DIR, a store "
		  "whose server does not run is verified too, all its workspaces. Exit status 1: "
		  "it is not intact.",
	  .examples = "fairlead audit verify\n"
		      "fairlead audit verify --data /var/lib/fairlead --heads /mnt/safe/audit.heads",
	  .flags = verify_flags, .needs = CLI_SERVER | CLI_JSON, .run = verify },
	{ "export", "", "the record, one JSON entry a line, newest first",
	  .examples = "fairlead audit export > audit.ndjson", .needs = CLI_SERVER | CLI_JSON,
	  .run = export },
	{ 0 },
};
