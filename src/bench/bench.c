/* bench.c - `fairlead bench`: how fast leads are taken, beside a bare prototype and one
 * lead a commit, all in one run and one process. Threads: the main thread generates. */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bench/prototype.h"
#include "cli/print.h"
#include "http/load.h"
#include "serve/serve.h"
#include "store/store.h"

/* What is asked, and of whom. Leads are numbered on from run to run: each is new. */
struct target {
	int port;
	const char *headers;
	struct server *server;       /* or: */
	struct prototype *prototype;
	int64_t first, left;         /* left: requests of this run at most */
};

struct counts {
	int64_t rows, commits, cpu_us;
};

struct bench {
	struct cli *cli;
	struct arena *arena;
	const char *folder;
	json_t *runs;
	int64_t leads, seconds;
	double prototype_per_s, single_per_s, accept_per_s;
	bool is_bad; /* an answer was none or not 2xx */
};

static size_t next_lead(void *context, int64_t n, char *room, size_t size)
{
	struct target *target = context;
	long long number = target->first + n;
	char body[640];
	int len;

	if (n >= target->left)
		return 0;
	len = snprintf(body, sizeof(body),
		       "{\"email\":\"lead%lld@example.org\",\"first_name\":\"Ada\","
		       "\"last_name\":\"Lovelace\",\"phone\":\"+9198%08lld\","
		       "\"company\":\"Acme Ltd\",\"city\":\"Pune\",\"country\":\"IN\","
		       "\"message\":\"please call me back about the offer\","
		       "\"custom\":{\"budget\":50000,\"utm_source\":\"google\"}}",
		       number, number % 100000000);
	return http_load_post(room, size, "/v1/leads", target->headers, body, (size_t)len);
}

static int64_t cpu_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) +
	       used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static struct counts count(const struct target *target)
{
	struct counts counts = { .cpu_us = cpu_us() };
	struct store_stats stats;

	if (target->prototype) {
		counts.rows = prototype_rows(target->prototype);
		counts.commits = prototype_commits(target->prototype);
		return counts;
	}
	stats = store_stats(server_store(target->server));
	counts.rows = stats.units;
	counts.commits = stats.syncs;
	return counts;
}

static int64_t count_good(const struct http_load_result *r)
{
	int64_t good = 0;

	for (int status = 200; status < 300; status++)
		good += r->statuses[status];
	return good;
}

static void report(struct bench *bench, const char *name, int connections,
		   const struct target *target, const struct http_load_result *r,
		   const struct counts *before, const struct counts *after, double per_s)
{
	int64_t units = after->rows - before->rows, syncs = after->commits - before->commits;
	int64_t server_us = after->cpu_us - before->cpu_us - r->cpu_us;
	double a_commit = syncs > 0 ? (double)units / (double)syncs : 0;
	double us = r->took_us > 0 ? (double)r->took_us : 1;
	int64_t bad = r->sent - count_good(r);

	json_array_append_new(
		bench->runs,
		json_pack("{s:s,s:i,s:I,s:f,s:I,s:f,s:f,s:f,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "run",
			  name, "connections", connections, "rows", (json_int_t)target->first,
			  "leads_per_s", per_s, "syncs", (json_int_t)syncs, "units_a_commit",
			  a_commit, "server_cores", (double)server_us / us, "generator_cores",
			  (double)r->cpu_us / us, "p50_us", histogram_at(&r->latency, 0.5),
			  "p90_us", histogram_at(&r->latency, 0.9), "p99_us",
			  histogram_at(&r->latency, 0.99), "p999_us",
			  histogram_at(&r->latency, 0.999), "stall_us",
			  (json_int_t)r->longest_gap_us, "sent", (json_int_t)r->sent, "not_2xx",
			  (json_int_t)bad));
	if (bench->cli->is_json)
		return;
	printf("%-22s %5d %8lld %8.0f %7lld %7.1f %6.2f %6.2f %7.1f %7.1f %7.1f %7.1f %7.1f %5lld\n",
	       name, connections, (long long)target->first, per_s, (long long)syncs, a_commit,
	       (double)server_us / us, (double)r->cpu_us / us,
	       (double)histogram_at(&r->latency, 0.5) / 1e3,
	       (double)histogram_at(&r->latency, 0.9) / 1e3,
	       (double)histogram_at(&r->latency, 0.99) / 1e3,
	       (double)histogram_at(&r->latency, 0.999) / 1e3, (double)r->longest_gap_us / 1e3,
	       (long long)bad);
	fflush(stdout);
}

/* One run; ends after `seconds`, or when `leads` were sent if those are not 0. */
static int run_load(struct bench *bench, const char *name, struct target *target,
		    int connections, int64_t leads, double *per_s, struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));
	struct http_load_config config = {
		.address = "127.0.0.1", .port = target->port, .connections = connections,
		.duration_us = leads ? 0 : bench->seconds * 1000000, .request = next_lead,
		.context = target,
	};
	struct counts before, after;

	target->left = leads ? leads : INT64_MAX;
	before = count(target);
	if (http_load_run(&config, r, err) < 0)
		return error_wrap(err, "%s", name);
	after = count(target);
	target->first += r->sent;
	*per_s = r->took_us > 0 ? (double)r->replied * 1e6 / (double)r->took_us : 0;
	if (count_good(r) != r->sent || r->lost || r->unanswered)
		bench->is_bad = true;
	report(bench, name, connections, target, r, &before, &after, *per_s);
	return 0;
}

static int read_token(struct bench *bench, const char *data, const char **headers,
		      struct error *err)
{
	const char *path = arena_printf(bench->arena, "%s/admin.token", data);
	char token[256];
	FILE *file = fopen(path, "re");

	if (!file)
		return error_errno(err, path);
	if (!fgets(token, sizeof(token), file))
		token[0] = '\0';
	fclose(file);
	token[strcspn(token, "\n")] = '\0';
	*headers = arena_printf(bench->arena,
				"Authorization: Bearer %s\r\nContent-Type: application/json\r\n",
				token);
	return 0;
}

static int start_server(struct bench *bench, const char *name, const char *commit_units,
			struct target *target, struct error *err)
{
	const char *data = arena_printf(bench->arena, "%s/%s", bench->folder, name);
	char *environment[] = { NULL };
	const char *args[] = { "--data", data, "--listen", "127.0.0.1:0", "--token-rate", "0",
			       "--connections", "2000", "--commit-units", commit_units };
	struct serve_settings settings;

	if (serve_settings_read(bench->arena, ARRAY_LEN(args), (char *const *)args, environment,
				&settings, err) < 0)
		return -1;
	*target = (struct target){ .server = server_start(&settings, -1, err) };
	if (!target->server)
		return -1;
	target->port = server_port(target->server);
	return read_token(bench, data, &target->headers, err);
}

static int run_prototype(struct bench *bench, struct error *err)
{
	struct target target = { .headers = "Content-Type: application/json\r\n" };
	int rc;

	target.prototype = prototype_start(
		arena_printf(bench->arena, "%s/prototype.db", bench->folder), err);
	if (!target.prototype)
		return -1;
	target.port = prototype_port(target.prototype);
	rc = run_load(bench, "bare prototype", &target, 64, 0, &bench->prototype_per_s, err);
	prototype_stop(target.prototype);
	return rc;
}

static int run_single(struct bench *bench, struct error *err)
{
	struct target target = { 0 };
	int rc = start_server(bench, "single", "1", &target, err);

	if (rc == 0)
		rc = run_load(bench, "one lead a commit", &target, 64, 0, &bench->single_per_s,
			      err);
	if (target.server)
		server_stop(target.server, 5000);
	return rc;
}

static int64_t resident_bytes(void)
{
	long long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lld %lld", &pages, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

static void report_size(struct bench *bench, json_t *all, int64_t start_us)
{
	struct stat program = { 0 };

	stat("/proc/self/exe", &program);
	json_object_set_new(all, "start_us", json_integer(start_us));
	json_object_set_new(all, "idle_bytes", json_integer(resident_bytes()));
	json_object_set_new(all, "binary_bytes", json_integer(program.st_size));
	if (!bench->cli->is_json)
		printf("first start %.0f ms; idle, after the baselines, %s; binary %s\n",
		       (double)start_us / 1e3, shown_bytes(bench->arena, resident_bytes()),
		       shown_bytes(bench->arena, program.st_size));
}

static int run_accept(struct bench *bench, json_t *all, struct error *err)
{
	int64_t began_us = clock_mono_us();
	struct target target = { 0 };
	double per_s;
	int rc = start_server(bench, "accept", "128", &target, err);

	if (rc == 0) {
		report_size(bench, all, clock_mono_us() - began_us);
		rc = run_load(bench, "accept, filling", &target, 64, bench->leads, &per_s, err);
	}
	if (rc == 0)
		rc = run_load(bench, "accept", &target, 64, 0, &bench->accept_per_s, err);
	if (rc == 0)
		rc = run_load(bench, "accept", &target, 256, 0, &per_s, err);
	if (rc == 0)
		rc = run_load(bench, "accept", &target, 1000, 0, &per_s, err);
	if (target.server)
		server_stop(target.server, 5000);
	return rc;
}

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

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static void report_ratios(struct bench *bench, json_t *all)
{
	double to_prototype = ratio(bench->accept_per_s, bench->prototype_per_s);
	double to_single = ratio(bench->accept_per_s, bench->single_per_s);

	json_object_set_new(all, "of_prototype", json_real(to_prototype));
	json_object_set_new(all, "of_one_a_commit", json_real(to_single));
	json_object_set_new(all, "is_good", json_boolean(!bench->is_bad));
	if (bench->cli->is_json) {
		print_json(all);
		return;
	}
	printf("accept at 64 connections: %.2f of the prototype, %.1f times one lead a commit\n",
	       to_prototype, to_single);
	if (bench->is_bad)
		puts("FAILED: not every request was answered 2xx");
}

static int run_all(struct bench *bench, json_t *all, struct error *err)
{
	if (!bench->cli->is_json)
		printf("%-22s %5s %8s %8s %7s %7s %6s %6s %7s %7s %7s %7s %7s %5s\n", "run",
		       "conns", "rows", "leads/s", "syncs", "a sync", "server", "gen",
		       "p50 ms", "p90", "p99", "p99.9", "stall", "bad");
	if (run_prototype(bench, err) < 0 || run_single(bench, err) < 0 ||
	    run_accept(bench, all, err) < 0)
		return -1;
	report_ratios(bench, all);
	return 0;
}

static int run(struct cli *cli)
{
	bool is_quick = cli_has(cli, "quick");
	struct bench bench = { .cli = cli, .arena = cli->arena, .seconds = is_quick ? 3 : 20,
			       .leads = is_quick ? 20000 : 200000 };
	const char *parent = getenv("TMPDIR");
	char *folder = arena_printf(cli->arena, "%s/fairlead-bench-XXXXXX",
				    parent ? parent : "/tmp");
	struct error err = { 0 };
	json_t *all;
	int rc;

	if (!cli_number(cli, "leads", 1, 10000000, &bench.leads) ||
	    !cli_number(cli, "seconds", 1, 3600, &bench.seconds))
		return CLI_USAGE;
	if (!mkdtemp(folder))
		return cli_fail(cli, CLI_PROBLEMS, "%s: %s", folder, strerror(errno));
	bench.folder = folder;
	log_setup(STDERR_FILENO, LOG_WARN, LOG_LOGFMT);
	allow_descriptors();
	all = json_pack("{s:o}", "runs", bench.runs = json_array());
	rc = run_all(&bench, all, &err);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	json_decref(all);
	if (rc < 0)
		return cli_fail_error(cli, &err);
	return bench.is_bad ? CLI_PROBLEMS : CLI_DONE;
}

static const struct cli_flag flags[] = {
	{ "quick", NULL, "20,000 leads and 3 s a run, for a look" },
	{ "leads", "N", "leads in the store before it is measured (200000)" },
	{ "seconds", "N", "how long a run takes (20)" },
	{ 0 },
};

const struct cli_verb bench_verbs[] = {
	{ "", "", "measure how fast this machine takes leads", .flags = flags,
	  .more = "Runs a server on a temporary store in this process, and beside it a bare "
		  "prototype (HTTP, parse, one row, group commit) and a server that commits each "
		  "lead alone. Fails when any request was not answered 2xx.",
	  .examples = "fairlead bench --quick\nfairlead bench --json\n",
	  .needs = CLI_JSON, .run = run },
	{ 0 },
};
