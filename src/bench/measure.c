/* measure.c - what the measurements share. Threads: the main thread. */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "bench/prototype.h"
#include "cli/print.h"
#include "store/configs.h"
#include "store/deliveries.h"

#define REQUEST_MAX (16u << 10)

/* ---- Figures ---- */

static const char *verdict_of(const struct figure *figure)
{
	switch (figure->wish) {
	case WISH_NONE:
		return "";
	case WISH_AT_LEAST:
		return figure->value >= figure->wanted ? "met" : "SHORT";
	case WISH_AT_MOST:
		return figure->value <= figure->wanted ? "met" : "SHORT";
	}
	return "";
}

void bench_figure(struct bench *bench, const struct figure *figure)
{
	static const char *const words[] = { [WISH_NONE] = "", [WISH_AT_LEAST] = "at least",
					     [WISH_AT_MOST] = "at most" };
	json_t *json = json_pack("{s:s,s:f,s:s}", "figure", figure->name, "value",
				 figure->value, "unit", figure->unit);

	if (figure->wish != WISH_NONE)
		json_object_update_new(json, json_pack("{s:s,s:f,s:s}", "wish",
						       words[figure->wish], "wanted",
						       figure->wanted, "verdict",
						       verdict_of(figure)));
	json_array_append_new(bench->figures, json);
	if (bench->cli->is_json)
		return;
	printf("  %-58s %10.*f %-8s", figure->text, figure->value < 100 ? 2 : 0,
	       figure->value, figure->unit);
	if (figure->wish != WISH_NONE)
		printf(" wanted %s %g: %s", words[figure->wish], figure->wanted,
		       verdict_of(figure));
	putchar('\n');
	fflush(stdout);
}

void bench_fault(struct bench *bench, const char *format, ...)
{
	va_list args;

	bench->is_bad = true;
	va_start(args, format);
	fputs("fairlead bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

void bench_heading(struct bench *bench, const char *text)
{
	if (!bench->cli->is_json)
		printf("\n%s\n", text);
}

/* ---- Asking ---- */

static void add_headers(struct http_request *request, struct arena *arena, const char *lines)
{
	while (lines && *lines) {
		size_t len = strcspn(lines, "\r");
		char *line = arena_strndup(arena, lines, len);
		char *colon = strchr(line, ':');

		if (!colon)
			return;
		*colon = '\0';
		http_header_add(&request->headers, line, colon + 2);
		lines += len + strspn(lines + len, "\r\n");
	}
}

int bench_ask(struct bench *bench, const char *method, const char *url, const char *headers,
	      const char *body, json_t **answer, struct error *err)
{
	static const struct json_limits limits = { 64u << 20, 16, 4000000 };
	struct http_request request = { .method = method, .url = url, .body = body,
					.body_len = body ? strlen(body) : 0 };
	struct http_reply *reply;

	add_headers(&request, bench->arena, headers);
	reply = http_client_fetch(bench->client, &request,
				  &(struct http_limits){ .body_max = limits.bytes,
							 .total_ms = 60000 },
				  bench->arena);
	if (reply->failure != HTTP_REPLIED || reply->status / 100 != 2)
		return error_set(err, ERR_UNAVAILABLE, "%s %s: %d %.120s", method, url,
				 reply->status, reply->body ? reply->body : "");
	if (!answer)
		return 0;
	*answer = json_parse(bench->arena, reply->body, reply->body_len, &limits, err);
	return *answer ? 0 : -1;
}

/* ---- Servers ---- */

static int read_token(struct bench *bench, struct target *target, struct error *err)
{
	const char *path = arena_printf(bench->arena, "%s/admin.token", target->data);
	char token[256];
	FILE *file = fopen(path, "re");

	if (!file)
		return error_errno(err, path);
	if (!fgets(token, sizeof(token), file))
		token[0] = '\0';
	fclose(file);
	token[strcspn(token, "\n")] = '\0';
	target->headers = arena_printf(bench->arena,
				       "Authorization: Bearer %s\r\n"
				       "Content-Type: application/json\r\n",
				       token);
	return 0;
}

int bench_start(struct bench *bench, const struct server_wish *wish, struct target *target,
		struct error *err)
{
	/* The master key is of the store: one folder where there is one store. */
	const char *data = arena_printf(bench->arena, "%s/%s", bench->folder,
					bench->store ? "server" : wish->name);
	char *environment[] = { NULL };
	const char *args[16] = { "--data", data, "--listen", "127.0.0.1:0", "--token-rate", "0",
				 "--connections", "2000" };
	int nargs = 8;
	struct serve_settings settings;

	if (wish->commit_units) {
		args[nargs++] = "--commit-units";
		args[nargs++] = wish->commit_units;
	}
	if (wish->crm_port) {
		args[nargs++] = "--allow-networks";
		args[nargs++] = arena_printf(bench->arena, "127.0.0.1/32:%d", wish->crm_port);
	}
	if (bench->store) {
		args[nargs++] = "--store";
		args[nargs++] = bench->store;
	}
	if (bench->threads) {
		args[nargs++] = "--threads";
		args[nargs++] = bench->threads;
	}
	if (serve_settings_read(bench->arena, nargs, (char *const *)args, environment,
				&settings, err) < 0)
		return -1;
	*target = (struct target){ .server = server_start(&settings, -1, err), .data = data };
	if (!target->server)
		return -1;
	target->port = server_port(target->server);
	return read_token(bench, target, err);
}

void bench_stop(struct target *target)
{
	if (target->server)
		server_stop(target->server, 5000);
	target->server = NULL;
}

int bench_apply(struct bench *bench, const struct target *target, const char *body,
		struct error *err)
{
	return bench_ask(bench, "POST",
			 arena_printf(bench->arena, "http://127.0.0.1:%d/v1/apply", target->port),
			 target->headers, body, NULL, err);
}

/* ---- Pausing ---- */

struct pausing {
	int64_t connection;
	bool is_paused;
};

static int pause_run(struct tx *tx, void *context, struct error *err)
{
	const struct pausing *pausing = context;
	struct actor actor = { .workspace = 1, .kind = ACTOR_CONNECTION,
			       .id = pausing->connection };
	struct connection_state state = { .connection = pausing->connection,
					  .state = pausing->is_paused ? "paused" : "active",
					  .reason = "a measurement" };

	tx_wake(tx, WAKE_DELIVERIES);
	return connection_state_set(tx, &actor, &state,
				    pausing->is_paused ? "connection.pause" : "connection.resume",
				    err);
}

static int read_looks(struct bench *bench, const struct target *target, int64_t *looks,
		      struct error *err)
{
	static const char name[] = "\nfairlead_deliverer_looks_total ";
	const char *url = arena_printf(bench->arena, "http://127.0.0.1:%d/metrics", target->port);
	struct http_request request = { .method = "GET", .url = url };
	struct http_reply *reply;
	const char *at;

	add_headers(&request, bench->arena, target->headers);
	reply = http_client_fetch(bench->client, &request,
				  &(struct http_limits){ .body_max = 1u << 20, .total_ms = 10000 },
				  bench->arena);
	at = reply->status == 200 ? strstr(reply->body, name) : NULL;
	if (!at)
		return error_set(err, ERR_UNAVAILABLE, "metrics: no deliverer_looks_total");
	*looks = strtoll(at + strlen(name), NULL, 10);
	return 0;
}

/* Delivering sees a pause when it next looks, a quarter of a second later at most: the look
 * that is under way may have been too early, the next is not. */
static int wait_until_seen(struct bench *bench, const struct target *target, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	int64_t first, now = 0;

	if (read_looks(bench, target, &first, err) < 0)
		return -1;
	while (now < first + 2) {
		nanosleep(&pause, NULL);
		if (read_looks(bench, target, &now, err) < 0)
			return -1;
	}
	return 0;
}

int bench_pause(struct bench *bench, const struct target *target, const char *name,
		bool is_paused, struct error *err)
{
	struct store *store = server_store(target->server);
	struct snapshot *snapshot = snapshot_get(store, 1, err);
	const struct connection *connection;
	struct pausing pausing = { .is_paused = is_paused };

	if (!snapshot)
		return -1;
	connection = config_connection(snapshot_config(snapshot), name);
	pausing.connection = connection ? connection->id : 0;
	snapshot_release(snapshot);
	if (store_run(store, URGENCY_INTERACTIVE, 1, pause_run, &pausing, err) < 0)
		return -1;
	return is_paused ? wait_until_seen(bench, target, err) : 0;
}

/* ---- Runs ---- */

struct counts {
	int64_t rows, commits, cpu_us, written;
};

int64_t bench_cpu_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) +
	       used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/* Bytes that the process gave to disks; 0 where the kernel does not count them. */
static int64_t written_bytes(void)
{
	FILE *file = fopen("/proc/self/io", "re");
	char line[128];
	long long bytes = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "write_bytes: %lld", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return bytes;
}

static struct counts count(const struct target *target)
{
	struct counts counts = { .cpu_us = bench_cpu_us(), .written = written_bytes() };
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

static size_t next_lead(void *context, int64_t n, char *room, size_t size)
{
	struct target *target = context;
	long long number = target->first + n;
	char body[640], phone[32] = "";
	int len;

	if (n >= target->left)
		return 0;
	if (!target->has_no_phone)
		snprintf(phone, sizeof(phone), "\"phone\":\"+9198%08lld\",", number % 100000000);
	len = snprintf(body, sizeof(body),
		       "{\"email\":\"lead%lld@example.org\",\"first_name\":\"Ada\","
		       "\"last_name\":\"Lovelace\",%s"
		       "\"company\":\"Acme %d Ltd\",\"city\":\"Pune\",\"country\":\"IN\","
		       "\"message\":\"please call me back about the offer\","
		       "\"custom\":{\"budget\":50000,\"utm_source\":\"google\"}}",
		       number, phone, target->round);
	return http_load_post(room, size, "/v1/leads", target->headers, body, (size_t)len);
}

static int64_t count_good(const struct http_load_result *r)
{
	int64_t good = 0;

	for (int status = 200; status < 300; status++)
		good += r->statuses[status];
	return good;
}

void bench_table_head(struct bench *bench)
{
	if (!bench->cli->is_json)
		printf("  %-22s %5s %8s %8s %7s %7s %6s %6s %6s %7s %7s %7s %7s %7s %5s\n", "run",
		       "conns", "rows", "leads/s", "syncs", "a sync", "server", "gen", "kB",
		       "p50 ms", "p90", "p99", "p99.9", "stall", "bad");
}

struct line {
	const char *name;
	int connections;
	int64_t rows, syncs, bad;
	double per_s, a_sync, server_cores, generator_cores, kb;
	const struct http_load_result *r;
};

static void keep_line(struct bench *bench, const struct line *line)
{
	const struct http_load_result *r = line->r;

	json_array_append_new(
		bench->runs,
		json_pack("{s:s,s:i,s:I,s:f,s:I,s:f,s:f,s:f,s:f,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			  "run", line->name, "connections", line->connections, "rows",
			  (json_int_t)line->rows, "leads_per_s", line->per_s, "syncs",
			  (json_int_t)line->syncs, "units_a_commit", line->a_sync,
			  "server_cores", line->server_cores, "generator_cores",
			  line->generator_cores, "written_kb_a_lead", line->kb, "p50_us",
			  histogram_at(&r->latency, 0.5), "p90_us",
			  histogram_at(&r->latency, 0.9), "p99_us",
			  histogram_at(&r->latency, 0.99), "p999_us",
			  histogram_at(&r->latency, 0.999), "stall_us",
			  (json_int_t)r->longest_gap_us, "sent", (json_int_t)r->sent, "not_2xx",
			  (json_int_t)line->bad));
}

static double ms_at(const struct http_load_result *r, double share)
{
	return (double)histogram_at(&r->latency, share) / 1e3;
}

static void print_line(const struct line *line)
{
	const struct http_load_result *r = line->r;

	printf("  %-22s %5d %8lld %8.0f %7lld %7.1f %6.2f %6.2f %6.1f %7.1f %7.1f %7.1f %7.1f "
	       "%7.1f %5lld\n",
	       line->name, line->connections, (long long)line->rows, line->per_s,
	       (long long)line->syncs, line->a_sync, line->server_cores, line->generator_cores,
	       line->kb, ms_at(r, 0.5), ms_at(r, 0.9), ms_at(r, 0.99), ms_at(r, 0.999),
	       (double)r->longest_gap_us / 1e3, (long long)line->bad);
	fflush(stdout);
}

static void report(struct bench *bench, const struct target *target,
		   const struct load_wish *wish, const struct http_load_result *r,
		   const struct counts *before, const struct counts *after)
{
	int64_t units = after->rows - before->rows;
	double us = r->took_us > 0 ? (double)r->took_us : 1;
	struct line line = {
		.name = wish->name,
		.connections = wish->connections,
		.rows = target->rows,
		.syncs = after->commits - before->commits,
		.bad = r->sent - count_good(r),
		.per_s = (double)r->replied * 1e6 / us,
		.server_cores = (double)(after->cpu_us - before->cpu_us - r->cpu_us) / us,
		.generator_cores = (double)r->cpu_us / us,
		.r = r,
	};

	line.a_sync = line.syncs > 0 ? (double)units / (double)line.syncs : 0;
	line.kb = r->sent ? (double)(after->written - before->written) / (double)r->sent / 1e3 : 0;
	keep_line(bench, &line);
	if (!bench->cli->is_json)
		print_line(&line);
}

int bench_load(struct bench *bench, struct target *target, const struct load_wish *wish,
	       struct http_load_result *r, double *per_s, struct error *err)
{
	struct http_load_config config = {
		.address = "127.0.0.1", .port = target->port, .connections = wish->connections,
		.duration_us = (int64_t)(wish->seconds * 1e6), .per_s = wish->per_s,
		.request_max = REQUEST_MAX, .request = next_lead, .reply = wish->reply,
		.context = target,
	};
	struct counts before = count(target), after;

	target->left = wish->leads ? wish->leads : INT64_MAX;
	if (!target->round)
		target->first = bench->next_lead;
	if (http_load_run(&config, r, err) < 0)
		return error_wrap(err, "%s", wish->name);
	after = count(target);
	if (!target->round) {
		bench->next_lead += r->sent;
		target->rows += r->sent;
	}
	if (per_s)
		*per_s = r->took_us > 0 ? (double)r->replied * 1e6 / (double)r->took_us : 0;
	if (count_good(r) != r->sent || r->lost || r->unanswered)
		bench_fault(bench, "%s: %lld of %lld requests were not answered 2xx", wish->name,
			    (long long)(r->sent - count_good(r)), (long long)r->sent);
	report(bench, target, wish, r, &before, &after);
	return 0;
}
