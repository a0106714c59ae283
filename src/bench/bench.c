/* bench.c - `fairlead bench`: chooses what is measured, and where. Threads: the main
 * thread, which generates too. */
#include "bench/bench.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bench/measure.h"
#include "cli/print.h"

static const struct section {
	const char *name;
	int (*measure)(struct bench *bench, struct error *err);
} sections[] = {
	{ "baselines", measure_baselines },
	{ "accept", measure_accept },
	{ "deliver", measure_deliver },
	{ "calls", measure_calls },
	{ "import", measure_import },
	{ "sandbox", measure_sandbox },
	{ "start", measure_start },
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* ---- Choosing ---- */

static const struct section *find_section(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (strlen(sections[i].name) == len && strncmp(sections[i].name, name, len) == 0)
			return &sections[i];
	return NULL;
}

/* The first word of `only` that is no section, or NULL. */
static const char *wrong_word(const char *only)
{
	while (only && *only) {
		size_t len = strcspn(only, ",");

		if (!find_section(only, len))
			return only;
		only += len + strspn(only + len, ",");
	}
	return NULL;
}

static bool is_chosen(const char *only, const struct section *section)
{
	if (!only)
		return true;
	while (*only) {
		size_t len = strcspn(only, ",");

		if (find_section(only, len) == section)
			return true;
		only += len + strspn(only + len, ",");
	}
	return false;
}

/* ---- Running ---- */

static double load_average(void)
{
	double load[1] = { 0 };

	return getloadavg(load, 1) == 1 ? load[0] : 0;
}

static int run_sections(struct bench *bench, const char *only, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (is_chosen(only, &sections[i]) && sections[i].measure(bench, err) < 0)
			return error_wrap(err, "%s", sections[i].name);
	return 0;
}

static void report(struct bench *bench, double load_before)
{
	double load = load_average();

	if (!bench->cli->is_json) {
		printf("\n%ld processors; load %.1f before, %.1f after%s\n",
		       sysconf(_SC_NPROCESSORS_ONLN), load_before, load,
		       bench->is_bad ? "; FAILED, as said on standard error" : "");
		return;
	}
	print_json(json_keep(bench->arena,
			     json_pack("{s:O,s:O,s:i,s:f,s:f,s:b}", "runs", bench->runs,
				       "figures", bench->figures, "processors",
				       (int)sysconf(_SC_NPROCESSORS_ONLN), "load_before",
				       load_before, "load_after", load, "is_good",
				       !bench->is_bad)));
}

static int run_in(struct bench *bench, const char *only)
{
	struct http_network network;
	struct http_client_config client = { .allowed = &network, .nallowed = 1,
					     .user_agent = "fairlead-bench" };
	double load = load_average();
	struct error err = { 0 };
	int rc = http_network_parse("127.0.0.1/32", &network, &err);

	bench->client = http_client_new(&client);
	if (rc == 0)
		rc = run_sections(bench, only, &err);
	http_client_free(bench->client);
	if (rc < 0)
		return cli_fail_error(bench->cli, &err);
	report(bench, load);
	return bench->is_bad ? CLI_PROBLEMS : CLI_DONE;
}

static int run(struct cli *cli)
{
	bool is_quick = cli_has(cli, "quick");
	const char *only = cli_flag(cli, "only"), *wrong = wrong_word(only);
	const char *parent = getenv("TMPDIR");
	char *folder = arena_printf(cli->arena, "%s/fairlead-bench-XXXXXX",
				    parent ? parent : "/tmp");
	struct bench bench = {
		.cli = cli, .arena = cli->arena, .folder = folder,
		.store = cli_flag(cli, "store"), .threads = cli_flag(cli, "threads"),
		.runs = json_keep(cli->arena, json_array()),
		.figures = json_keep(cli->arena, json_array()),
		.seconds = is_quick ? 3 : 20, .leads = is_quick ? 20000 : 200000,
		.large = is_quick ? 0 : 1000000, .rows = is_quick ? 20000 : 1000000,
	};
	int rc;

	if (wrong)
		return cli_fail(cli, CLI_USAGE,
				"--only: no such measurement, \"%.40s\"; there are "
				"baselines, accept, deliver, calls, import, sandbox and start",
				wrong);
	if (!cli_number(cli, "leads", 1, 10000000, &bench.leads) ||
	    !cli_number(cli, "large", 0, 100000000, &bench.large) ||
	    !cli_number(cli, "rows", 1, 100000000, &bench.rows) ||
	    !cli_number(cli, "seconds", 1, 3600, &bench.seconds))
		return CLI_USAGE;
	if (!mkdtemp(folder))
		return cli_fail(cli, CLI_PROBLEMS, "%s: %s", folder, strerror(errno));
	log_setup(STDERR_FILENO, LOG_WARN, LOG_LOGFMT);
	allow_descriptors();
	rc = run_in(&bench, only);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return rc;
}

static const struct cli_flag flags[] = {
	{ "quick", NULL, "20,000 leads, none of the large store, 20,000 rows, 3 s a run" },
	{ "only", "WORDS", "measure these: baselines,accept,deliver,calls,import,"
			   "sandbox,start" },
	{ "leads", "N", "leads in the store before accepting is measured (200000)" },
	{ "large", "N", "leads of the large store; 0: leave it out (1000000)" },
	{ "rows", "N", "rows of the file that is imported (1000000)" },
	{ "seconds", "N", "how long a run takes; a sustained one three times that (20)" },
	{ "store", "URI", "measure on this PostgreSQL instead; give an empty database" },
	{ "threads", "N", "threads that receive requests, as serve's" },
	{ 0 },
};

const struct cli_verb bench_verbs[] = {
	{ "", "", "measure how fast this machine takes and delivers leads", .flags = flags,
	  .more = "Runs servers on temporary stores and a sandbox CRM in this process, beside "
		  "baselines: a bare prototype (HTTP, parse, one row, group commit), a server "
		  "that commits each lead alone, bare batches to the sandbox. Fails when a "
		  "request was not answered 2xx or a lead was lost or doubled; a figure that "
		  "falls short is only said.",
	  .examples = "fairlead bench --quick\nfairlead bench --only accept --json\n",
	  .needs = CLI_JSON, .run = run },
	{ 0 },
};
