/* doctor.c - the command `fairlead doctor`: is all well, and if not, what is to be done.
 * Threads: the main thread. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/print.h"
#include "serve/audit.h"
#include "serve/folder.h"
#include "serve/serve.h"

#define WAIT_MS (60 * 60 * 1000) /* of a long audit chain */

struct doctor {
	struct cli *cli;
	json_t *checks; /* as they are answered with --json */
	bool is_bad;
};

static const char *const mark_names[] = { [MARK_GOOD] = "good", [MARK_BAD] = "bad",
					  [MARK_WARN] = "warn", [MARK_NONE] = "none" };

static void say(struct doctor *doctor, enum mark mark, const char *what, const char *format, ...)
	PRINTF_LIKE(4, 5);

static void say(struct doctor *doctor, enum mark mark, const char *what, const char *format, ...)
{
	struct arena *arena = doctor->cli->arena;
	const char *text;
	va_list args;

	va_start(args, format);
	text = shown(arena, arena_vprintf(arena, format, args));
	va_end(args);
	doctor->is_bad = doctor->is_bad || mark == MARK_BAD;
	json_array_append_new(doctor->checks,
			      json_pack("{s:s, s:s, s:s}", "check", what, "mark",
					mark_names[mark], "text", text));
	if (!doctor->cli->is_json)
		printf("%s %s\n", print_mark(mark), text);
	fflush(stdout);
}

/* The answer to a question that every server answers; NULL after saying that it did not. */
static json_t *ask(struct doctor *doctor, const char *method, const char *path,
		   const char *what)
{
	struct client_call call = { .method = method, .path = path, .wait_ms = WAIT_MS };
	struct http_reply *reply;
	json_t *answer = NULL;

	if (text_equal(method, "POST")) {
		call.body = "{}";
		call.body_len = 2;
	}
	if (client_send(doctor->cli, &call, doctor->cli->arena, &reply) == 0 &&
	    reply->status == 200 && client_json(doctor->cli, reply, &answer) == 0)
		return answer;
	say(doctor, MARK_BAD, what, "%s: the server did not answer that", what);
	return NULL;
}

/* ---- A server that runs ---- */

static int check_server(struct doctor *doctor)
{
	struct client_call call = { .method = "GET", .path = "/readyz" };
	struct http_reply *reply;
	json_t *answer;
	int rc = client_send(doctor->cli, &call, doctor->cli->arena, &reply);

	if (rc)
		return rc;
	if (reply->status == 200) {
		say(doctor, MARK_GOOD, "server", "the server runs and takes leads");
		return 0;
	}
	rc = client_json(doctor->cli, reply, &answer);
	if (rc == 0)
		say(doctor, MARK_BAD, "server", "the server runs and takes no leads: %s",
		    json_string_of(answer, "detail") ? json_string_of(answer, "detail") : "?");
	return rc;
}

/* What is wrong with an object that was tested, or NULL. */
static const char *problem_of(struct arena *arena, const json_t *object, const char *name)
{
	const char *problem = json_string_of(object, "problem");
	const char *key = json_string_of(object, "remote_key");

	if (!json_is_true(json_object_get(object, "works")))
		return problem ? problem : "it does not work";
	if (!key || json_is_true(json_object_get(object, "has_remote_key")))
		return NULL;
	return arena_printf(arena,
			    "%s lacks the field %s, and what is to be written to it waits: fairlead "
			    "connection test %s --create-key",
			    json_string_of(object, "object"), key, name);
}

static void check_connection(struct doctor *doctor, const json_t *connection)
{
	struct arena *arena = doctor->cli->arena;
	const char *name = json_string_of(connection, "name");
	const json_t *tested, *object;
	bool is_well = true;
	size_t i;

	if (text_equal(json_string_of(connection, "state"), "paused")) {
		say(doctor, MARK_WARN, "connection",
		    "connection %s is paused: fairlead connection resume %s", name, name);
		return;
	}
	tested = ask(doctor, "POST", client_path(arena, "/v1/connections/{}/test", name), name);
	if (!tested)
		return;
	json_array_foreach(json_object_get(tested, "objects"), i, object) {
		const char *problem = problem_of(arena, object, name);

		if (problem)
			say(doctor, MARK_BAD, "connection", "connection %s: %s", name, problem);
		is_well = is_well && !problem;
	}
	if (is_well)
		say(doctor, MARK_GOOD, "connection", "connection %s: the CRM answers as it should",
		    name);
}

static void check_connections(struct doctor *doctor)
{
	const json_t *answer = ask(doctor, "GET", "/v1/connections", "connections"), *row;
	const json_t *items = json_object_get(answer, "items");
	size_t i;

	if (answer && json_array_size(items) == 0)
		say(doctor, MARK_NONE, "connection",
		    "no connections: leads are taken and stay here (docs/workspace.md)");
	json_array_foreach((json_t *)items, i, row)
		check_connection(doctor, row);
}

static void check_queue(struct doctor *doctor)
{
	const json_t *queue = ask(doctor, "GET", "/v1/stats/queue", "deliveries");
	struct arena *arena = doctor->cli->arena;
	int64_t stuck = json_int_of(queue, "dead", 0) + json_int_of(queue, "uncertain", 0);
	int64_t pending = json_int_of(queue, "pending", 0);

	if (!queue)
		return;
	if (stuck)
		say(doctor, MARK_WARN, "deliveries",
		    "deliveries that need a person: %s: fairlead dead-letter list",
		    shown_count(arena, stuck));
	else
		say(doctor, MARK_GOOD, "deliveries", "no delivery needs a person, %s on the way",
		    shown_count(arena, pending));
}

static void check_alerts(struct doctor *doctor)
{
	const json_t *answer = ask(doctor, "GET", "/v1/alerts?limit=1000", "alerts"), *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "items"), i, row)
		if (!text_equal(json_string_of(row, "state"), "closed"))
			say(doctor, MARK_WARN, "alert", "%s since %s: %s",
			    json_string_of(row, "kind"),
			    shown_time(doctor->cli->arena, json_string_of(row, "first_at")),
			    json_string_of(row, "detail"));
}

static void say_audit(struct doctor *doctor, const json_t *report)
{
	const char *what = json_string_of(report, "what");

	if (!report)
		return;
	if (json_is_true(json_object_get(report, "is_intact")))
		say(doctor, MARK_GOOD, "audit", "the record of changes is intact, %s entries",
		    shown_count(doctor->cli->arena, json_int_of(report, "entries", 0)));
	else
		say(doctor, MARK_BAD, "audit", "the record of changes is NOT INTACT: %s",
		    what ? what : "?");
}

static int check_running(struct doctor *doctor)
{
	int rc = check_server(doctor);

	if (rc)
		return rc;
	check_connections(doctor);
	check_queue(doctor);
	check_alerts(doctor);
	say_audit(doctor, ask(doctor, "GET", "/v1/audit/verify", "audit"));
	return 0;
}

/* ---- A store whose server does not run ---- */

static void check_stopped(struct doctor *doctor, const char *folder)
{
	json_t *reports = json_keep(doctor->cli->arena, json_array()), *report;
	struct error err = { 0 };
	size_t i;

	say(doctor, MARK_WARN, "server", "no server runs on %s: fairlead serve --data %s", folder,
	    folder);
	if (audit_verify_folder(doctor->cli, folder, NULL, reports, &err) < 0) {
		say(doctor, MARK_BAD, "store", "the store does not open: %s", err.message);
		return;
	}
	say(doctor, MARK_GOOD, "store", "the store opens, and the master key is its own");
	json_array_foreach(reports, i, report)
		say_audit(doctor, report);
}

static int run(struct cli *cli)
{
	struct doctor doctor = { cli, json_keep(cli->arena, json_array()), false };
	struct error err = { 0 };
	const char *folder = cli_has(cli, "url") ? NULL : client_data_folder(cli, &err);
	int rc = 0;

	if (folder && folder_has_store(cli->arena, folder) &&
	    !folder_is_served(cli->arena, folder))
		check_stopped(&doctor, folder);
	else
		rc = check_running(&doctor);
	if (rc)
		return rc;
	if (cli->is_json)
		print_json(json_keep(cli->arena, json_pack("{s:b, s:O}", "is_well", !doctor.is_bad,
							   "checks", doctor.checks)));
	return doctor.is_bad ? CLI_PROBLEMS : CLI_DONE;
}

const struct cli_verb doctor_verbs[] = {
	{ "", "", "look whether all is well, and say what to do",
	  .more = "Asks the server whether it takes leads, each CRM whether it answers and has the "
		  "field for our id, whether deliveries need a person, which alerts are open, and "
		  "whether the record of changes is intact. With --data DIR, a store whose server "
		  "does not run is opened and looked at too.\n\n"
		  "Exit status 1: something does not work; what waits for a person is said and is "
		  "no failure.",
	  .examples = "fairlead doctor\nfairlead doctor --data /var/lib/fairlead --json",
	  .needs = CLI_SERVER | CLI_JSON, .run = run },
	{ 0 },
};
