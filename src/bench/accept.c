/* accept.c - measures the way in: how fast leads are taken, beside a bare prototype and
 * one lead a commit. Threads: the main thread. */
#include <stdio.h>

#include "base/clock.h"
#include "bench/measure.h"
#include "bench/prototype.h"
#include "cli/print.h"

#define STORE "accept" /* its folder */
#define CONNECTIONS 64
#define FEW_LEADS 20000 /* what a large store is compared with */

/* Leads are wanted at a CRM too, as in real life: a delivery is part of each decision.
 * The connection is paused, so that nothing else runs. */
static const char workspace[] =
	"{\"workspace\":{\"version\":1,"
	"\"people\":[{\"name\":\"operations\",\"email\":\"operations@example.org\"}],"
	"\"connections\":[{\"name\":\"waiting\",\"connector\":\"hubspot\",\"auth\":\"bearer\","
	"\"settings\":{\"base_url\":\"http://127.0.0.1:1\"}}],"
	"\"mappings\":[{\"name\":\"contacts\",\"owner\":\"operations\","
	"\"connection\":\"waiting\",\"object\":\"contacts\","
	"\"fields\":[{\"from\":\"email\",\"to\":\"email\"}]}],"
	"\"syncs\":[{\"mapping\":\"contacts\",\"mode\":\"real_time\","
	"\"behaviour\":\"capture\"}]},"
	"\"secrets\":{\"waiting\":{\"secret\":\"none\"}}}";

static int start(struct bench *bench, const char *name, const char *commit_units,
		 struct target *target, struct error *err)
{
	struct server_wish wish = { .name = name, .commit_units = commit_units, .crm_port = 1 };

	if (bench_start(bench, &wish, target, err) < 0)
		return -1;
	if (bench_apply(bench, target, workspace, err) < 0)
		return -1;
	return bench_pause(bench, target, "waiting", true, err);
}

static int run(struct bench *bench, struct target *target, const char *name, int connections,
	       double seconds, int64_t leads, struct http_load_result *r, double *per_s,
	       struct error *err)
{
	struct load_wish wish = { .name = name, .connections = connections,
				  .seconds = seconds, .leads = leads };

	return bench_load(bench, target, &wish, r, per_s, err);
}

/* ---- Baselines ---- */

static int run_prototype(struct bench *bench, struct http_load_result *r, struct error *err)
{
	struct target target = { .headers = "Content-Type: application/json\r\n" };
	int rc;

	target.prototype = prototype_start(
		arena_printf(bench->arena, "%s/prototype.db", bench->folder), err);
	if (!target.prototype)
		return -1;
	target.port = prototype_port(target.prototype);
	rc = run(bench, &target, "bare prototype", CONNECTIONS, (double)bench->seconds, 0, r,
		 &bench->prototype_per_s, err);
	prototype_stop(target.prototype);
	return rc;
}

int measure_baselines(struct bench *bench, struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));

	bench_heading(bench, "The way in");
	bench_table_head(bench);
	return run_prototype(bench, r, err);
}

/* ---- Into how many ---- */

static int fill(struct bench *bench, struct target *target, int64_t leads,
		struct http_load_result *r, struct error *err)
{
	if (target->rows >= leads)
		return 0;
	return run(bench, target, "accept, filling", CONNECTIONS, 0, leads - target->rows, r,
		   NULL, err);
}

/* A server on the store of the last one. */
static int start_again(struct bench *bench, const char *commit_units, struct target *target,
		       struct error *err)
{
	int64_t rows = target->rows;
	int rc;

	bench_stop(target);
	rc = start(bench, STORE, commit_units, target, err);
	target->rows = rows;
	return rc;
}

/* What groups are held against is measured in the same store, which is as large. */
static int run_single(struct bench *bench, struct target *target, struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));
	double seconds = bench->seconds > 5 ? 5 : (double)bench->seconds;

	if (start_again(bench, "1", target, err) < 0 ||
	    run(bench, target, "one lead a commit", CONNECTIONS, seconds, 0, r,
		&bench->single_per_s, err) < 0)
		return -1;
	return start_again(bench, NULL, target, err);
}

/* p99 of the run at `leads`, for the figures. */
static int run_at(struct bench *bench, struct target *target, int64_t *p99_us,
		  double *per_s, struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));
	double seconds = (double)bench->seconds, other;

	if (fill(bench, target, bench->leads, r, err) < 0 ||
	    run_single(bench, target, err) < 0 ||
	    run(bench, target, "accept", CONNECTIONS, seconds, 0, r, per_s, err) < 0)
		return -1;
	*p99_us = histogram_at(&r->latency, 0.99);
	if (run(bench, target, "accept", 256, seconds, 0, r, &other, err) < 0)
		return -1;
	return run(bench, target, "accept", 1000, seconds, 0, r, &other, err);
}

static int64_t few_of(const struct bench *bench)
{
	return bench->leads < FEW_LEADS ? bench->leads : FEW_LEADS;
}

static int run_few(struct bench *bench, struct target *target, double *per_s,
		   struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));

	if (fill(bench, target, few_of(bench), r, err) < 0)
		return -1;
	return run(bench, target, "accept", CONNECTIONS, 0, few_of(bench), r, per_s, err);
}

static int run_large(struct bench *bench, struct target *target, double *per_s,
		     struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));

	if (!bench->large)
		return 0;
	if (fill(bench, target, bench->large, r, err) < 0)
		return -1;
	return run(bench, target, "accept", CONNECTIONS, 0, few_of(bench), r, per_s, err);
}

static void tell(struct bench *bench, double few_per_s, double per_s, double large_per_s,
		 int64_t p99_us)
{
	double third = bench->prototype_per_s * 0.3;

	bench_figure(bench, &(struct figure){ "accept.per_s",
					      "accept, 64 connections", "leads/s", per_s,
					      WISH_AT_LEAST, third < 8000 ? third : 8000 });
	bench_figure(bench, &(struct figure){ "accept.p99_ms", "its p99", "ms",
					      (double)p99_us / 1e3, WISH_AT_MOST, 50 });
	if (bench->prototype_per_s > 0)
		bench_figure(bench, &(struct figure){
					    "accept.of_prototype", "of the bare prototype's rate",
					    "", per_s / bench->prototype_per_s, WISH_NONE, 0 });
	if (bench->single_per_s > 0)
		bench_figure(bench, &(struct figure){
					    "accept.of_single", "group commit, of one lead a commit",
					    "times", per_s / bench->single_per_s, WISH_AT_LEAST,
					    5 });
	if (bench->large && few_per_s > 0)
		bench_figure(bench,
			     &(struct figure){ "accept.large_of_few",
					       arena_printf(bench->arena, "at %s leads, of the rate at %s",
							    shown_count(bench->arena, bench->large),
							    shown_count(bench->arena, few_of(bench))),
					       "", large_per_s / few_per_s, WISH_AT_LEAST, 0.6 });
}

/* A server of its own process, as users start it, on the store that has all these leads
 * and as many deliveries waiting. */
static int tell_start(struct bench *bench, const char *data, int64_t rows, struct error *err)
{
	double start_ms;
	int64_t resident;

	if (measure_process(bench, data, &start_ms, &resident, err) < 0)
		return -1;
	bench_figure(bench, &(struct figure){
				    "start.waiting_ms",
				    arena_printf(bench->arena, "start with %s deliveries waiting",
						 shown_count(bench->arena, rows)),
				    "ms", start_ms, WISH_AT_MOST, 5000 });
	bench_figure(bench, &(struct figure){ "start.waiting_mib", "memory after it", "MiB",
					      (double)resident / (1 << 20), WISH_NONE, 0 });
	return 0;
}

int measure_accept(struct bench *bench, struct error *err)
{
	struct target target = { 0 };
	double few = 0, per_s = 0, large = 0;
	int64_t p99_us = 0;
	int rc = start(bench, STORE, NULL, &target, err);

	if (rc == 0 && (run_few(bench, &target, &few, err) < 0 ||
			run_at(bench, &target, &p99_us, &per_s, err) < 0 ||
			run_large(bench, &target, &large, err) < 0))
		rc = -1;
	bench_stop(&target);
	if (rc < 0)
		return -1;
	tell(bench, few, per_s, large, p99_us);
	return tell_start(bench, target.data, target.rows, err);
}
