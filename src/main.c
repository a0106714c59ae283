/* main.c - the one table of commands: names and help, in the order of the overview. From
 * it, and the tables of verbs that it names, come parsing, --help and completions.
 * Threads: the main thread. */
#include "bench/bench.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "sandbox/sandbox.h"
#include "serve/serve.h"

static const struct cli_command commands[] = {
	{ .help = "To run a server" },
	{ "demo", "a server and a sandbox CRM with something in them", .main = demo_command },
	{ "serve", "run the server", .main = serve_command, .flags = serve_setting_names },
	{ "sandbox", "imitate the CRMs, for trying and testing; steer it", sandbox_verbs,
	  sandbox_command },
	{ "version", "say which version this is", version_verbs },

	{ .help = "What a workspace is" },
	{ "apply", "make a workspace be as a file says, or plan to", apply_verbs },
	{ "export", "print a workspace as such a file", export_verbs },
	{ "map", "which field goes where in a CRM: versions, checks, plans", map_verbs },
	{ "token", "who may speak to the API", token_verbs },

	{ .help = "Leads" },
	{ "lead", "find, explain, join, export and erase leads", lead_verbs },
	{ "duplicate", "leads that may be the same person", duplicate_verbs },
	{ "conflict", "values that no policy decides", conflict_verbs },

	{ .help = "Leads on their way" },
	{ "import", "take the leads of a file, or plan to", import_verbs },
	{ "imports", "files that were imported, and the rows that were refused", imports_verbs },
	{ "connection", "how the CRMs fare; pause and resume them", connection_verbs },
	{ "sync", "which mappings run; run, pause and resume them", sync_verbs },
	{ "drift", "changes in the CRMs' fields that break a mapping", drift_verbs },
	{ "delivery", "leads on their way to a CRM", delivery_verbs },
	{ "dead-letter", "deliveries that need a person", dead_letter_verbs },
	{ "alert", "what people were told needs them", alert_verbs },

	{ .help = "To look after it" },
	{ "doctor", "is all well, and if not, what is to be done", doctor_verbs },
	{ "audit", "who changed what; has anybody touched that record", audit_verbs },
	{ "backup", "a copy of the store, while it works on", backup_verbs },
	{ "restore", "a data folder from such a copy", restore_verbs },
	{ "replay", "make every decision again and compare", .main = replay_command,
	  .flags = serve_setting_names },
	{ "bench", "measure how fast leads are taken and delivered", bench_verbs },
	{ "completions", "let your shell complete commands and flags", completions_verbs },
};

int main(int argc, char **argv)
{
	return cli_run(commands, ARRAY_LEN(commands), argc, argv);
}
