/* deliver.c - measures the way through: from a source to the CRM. Threads: the main
 * thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/text.h"
#include "bench/bare.h"
#include "bench/crm.h"

#define RAISED_CALLS 100 /* a second, by the connection and by the sandbox */
#define REAL_CALLS 190   /* in 10 s: what HubSpot lets a private app do */
#define SUSTAINED_PER_S 3000
#define STEADY_PER_S 200
#define LONE_PER_S 10
#define DRAIN_S 60

struct stage {
	struct bench *bench;
	struct crm crm;
	struct target target;
	struct http_load_result *result;
};

static int stage_open(struct stage *stage, struct bench *bench, const char *vendor,
		      const char *name, struct error *err)
{
	struct server_wish wish = { .name = name };

	*stage = (struct stage){ .bench = bench };
	stage->result = arena_alloc(bench->arena, sizeof(*stage->result));
	if (crm_start(bench, vendor, name, &stage->crm, err) < 0)
		return -1;
	wish.crm_port = stage->crm.port;
	return bench_start(bench, &wish, &stage->target, err);
}

static void stage_close(struct stage *stage)
{
	bench_stop(&stage->target);
	crm_stop(&stage->crm);
}

/* Waits until all are there, and looks whether each is there once. What is not there in
 * time is slow, and said; what is not there at all is lost. */
static int wait_there(struct stage *stage, double seconds, int64_t wanted, int64_t *left,
		      struct error *err)
{
	struct bench *bench = stage->bench;
	struct crm_counts counts;

	if (crm_wait_delivered(bench, &stage->target, seconds, left, err) < 0 ||
	    crm_count(bench, &stage->crm, &counts, err) < 0)
		return -1;
	if (*left)
		fprintf(stderr, "fairlead bench: %s: %lld leads were not there in time\n",
			stage->crm.vendor, (long long)*left);
	if (counts.created < wanted - *left || counts.created > wanted || counts.repeated)
		bench_fault(bench, "%s: %lld records for %lld leads, %lld keys twice",
			    stage->crm.vendor, (long long)counts.created, (long long)wanted,
			    (long long)counts.repeated);
	return 0;
}

/* ---- Sustained ---- */

static void tell_sustained(struct bench *bench, int64_t leads, double seconds)
{
	bench_figure(bench, &(struct figure){
				    "deliver.sustained_per_s",
				    arena_printf(bench->arena,
						 "through, e-mail only, at %d calls/s, over %.0f s",
						 RAISED_CALLS, seconds),
				    "leads/s", (double)leads / seconds, WISH_AT_LEAST,
				    SUSTAINED_PER_S });
}

static int run_sustained(struct bench *bench, struct error *err)
{
	struct load_wish wish = { .name = "through, raised", .connections = 64,
				  .seconds = (double)(bench->seconds * 3),
				  .per_s = SUSTAINED_PER_S * 1.05 };
	struct stage stage;
	int64_t began, left = 0, limited = 0;
	int rc = stage_open(&stage, bench, "hubspot", "sustained", err);

	if (rc == 0)
		rc = crm_limit(bench, &stage.crm, RAISED_CALLS, err);
	if (rc == 0)
		rc = crm_connect(bench, &stage.crm, &stage.target, RAISED_CALLS, 1, err);
	/* A look by phone is a search, of which HubSpot allows five a second. */
	stage.target.has_no_phone = true;
	began = clock_mono_us();
	if (rc == 0)
		rc = bench_load(bench, &stage.target, &wish, stage.result, NULL, err);
	if (rc == 0)
		rc = wait_there(&stage, wish.seconds, stage.result->sent, &left, err);
	if (rc == 0)
		tell_sustained(bench, stage.result->sent - left,
			       (double)(clock_mono_us() - began) / 1e6);
	if (rc == 0)
		rc = crm_limited(bench, &stage.crm, &limited, err);
	if (limited)
		bench_fault(bench, "the sandbox answered 429 %lld times",
			    (long long)limited);
	stage_close(&stage);
	return rc;
}

/* ---- From accepted to in the CRM ---- */

struct accepted {
	char lead[ID_TEXT_SIZE];
	int64_t at;
};

struct watch {
	struct accepted *items;
	size_t count, room;
};

static void note_accepted(void *context, int64_t n, int status, const char *body, size_t len)
{
	struct target *target = context;
	struct watch *watch = target->told;
	const char *id = memmem(body, len, "\"lead_id\":\"", 11);

	(void)n;
	if (status / 100 != 2 || !id || watch->count == watch->room ||
	    (size_t)(id - body) + 11 + ID_TEXT_SIZE > len)
		return;
	memcpy(watch->items[watch->count].lead, id + 11, ID_TEXT_SIZE - 1);
	watch->items[watch->count++].at = clock_now();
}

static int compare_lead(const void *a, const void *b)
{
	return strcmp(((const struct accepted *)a)->lead, ((const struct accepted *)b)->lead);
}

/* The sandbox's ledger says when each was written; its key ends with the lead's id. */
static int read_times(struct stage *stage, struct watch *watch, int64_t left,
		      struct histogram *took, struct error *err)
{
	struct bench *bench = stage->bench;
	json_t *answer, *entry;
	size_t i;

	qsort(watch->items, watch->count, sizeof(*watch->items), compare_lead);
	if (bench_ask(bench, "GET",
		      arena_printf(bench->arena,
				   "%s/_sandbox/ledger?object=contacts&verb=created&limit=100000",
				   stage->crm.url),
		      NULL, NULL, &answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "entries"), i, entry) {
		const char *key = json_string_of(entry, "key"), *dash = strrchr(key, '-');
		struct accepted wanted = { 0 }, *found;
		int64_t at;

		snprintf(wanted.lead, sizeof(wanted.lead), "%s", dash ? dash + 1 : key);
		found = bsearch(&wanted, watch->items, watch->count, sizeof(wanted),
				compare_lead);
		if (found && clock_parse(json_string_of(entry, "at"), &at))
			histogram_add(took, at > found->at ? at - found->at : 0);
	}
	if (took->count != (int64_t)watch->count && !left)
		bench_fault(bench, "%zu leads accepted, %lld in the CRM", watch->count,
			    (long long)took->count);
	return 0;
}

struct timing {
	const char *name, *connection;
	double per_s;
	int connections;
	bool is_raised;    /* the budget, beyond HubSpot's own */
	bool has_no_phone; /* one look-up finds that nobody is there */
};

static int timing_open(struct stage *stage, struct bench *bench, const struct timing *timing,
		       struct error *err)
{
	if (stage_open(stage, bench, "hubspot", timing->connection, err) < 0)
		return -1;
	stage->target.has_no_phone = timing->has_no_phone;
	if (!timing->is_raised)
		return crm_connect(bench, &stage->crm, &stage->target, REAL_CALLS, 10, err);
	if (crm_limit(bench, &stage->crm, RAISED_CALLS, err) < 0)
		return -1;
	return crm_connect(bench, &stage->crm, &stage->target, RAISED_CALLS, 1, err);
}

static int run_timed(struct bench *bench, const struct timing *timing,
		     struct histogram *took, struct error *err)
{
	struct load_wish wish = { .name = timing->name, .connections = timing->connections,
				  .seconds = (double)bench->seconds, .per_s = timing->per_s,
				  .reply = note_accepted };
	struct watch watch = { .room = (size_t)(wish.per_s * wish.seconds * 2) + 100 };
	int64_t limited = 0, left;
	struct stage stage;
	int rc = timing_open(&stage, bench, timing, err);

	watch.items = arena_array(bench->arena, watch.room, sizeof(*watch.items));
	stage.target.told = &watch;
	if (rc == 0)
		rc = bench_load(bench, &stage.target, &wish, stage.result, NULL, err);
	if (rc == 0)
		rc = wait_there(&stage, DRAIN_S, stage.result->sent, &left, err);
	if (rc == 0)
		rc = crm_limited(bench, &stage.crm, &limited, err);
	if (rc == 0)
		rc = read_times(&stage, &watch, left, took, err);
	stage_close(&stage);
	if (limited)
		bench_fault(bench, "%s: the sandbox answered 429 %lld times", timing->name,
			    (long long)limited);
	return rc;
}

static int run_latencies(struct bench *bench, struct error *err)
{
	struct histogram *steady = arena_alloc(bench->arena, sizeof(*steady));
	struct histogram *lone = arena_alloc(bench->arena, sizeof(*lone));

	struct timing timings[] = {
		{ "through, real budget", "steady", STEADY_PER_S, .connections = 16 },
		{ "through, a lone lead", "lone", LONE_PER_S, .connections = 1, .is_raised = true,
		  .has_no_phone = true },
	};

	if (run_timed(bench, &timings[0], steady, err) < 0 ||
	    run_timed(bench, &timings[1], lone, err) < 0)
		return -1;
	bench_figure(bench, &(struct figure){ "deliver.p50_ms",
					      "200 leads/s at 190 calls in 10 s: p50 to the CRM",
					      "ms", (double)histogram_at(steady, 0.5), WISH_NONE,
					      0 });
	bench_figure(bench, &(struct figure){ "deliver.p99_ms", "p99 to the CRM", "ms",
					      (double)histogram_at(steady, 0.99), WISH_AT_MOST,
					      300 });
	bench_figure(bench, &(struct figure){ "deliver.lone_ms",
					      "a lone lead (e-mail only), 10 a second: median", "ms",
					      (double)histogram_at(lone, 0.5), WISH_AT_MOST, 50 });
	return 0;
}

int measure_deliver(struct bench *bench, struct error *err)
{
	struct bare bare;

	bench_heading(bench, "Through to the sandbox's HubSpot");
	if (bare_run(bench, "hubspot", BARE_BATCH, &bare, err) < 0)
		return -1;
	bench_figure(bench, &(struct figure){ "deliver.bare_per_s",
					      "baseline: bare batches of 100 to the sandbox",
					      "leads/s", bare.per_s, WISH_NONE, 0 });
	bench_table_head(bench);
	return run_sustained(bench, err) < 0 ? -1 : run_latencies(bench, err);
}

/* ---- Calls per 1,000 leads that are due at once ---- */

#define DUE 1000
#define KNOWN_THERE 300 /* 30 %, under other ids */

/* Takes 1,000 leads while the connection is paused, then lets it go on; how many calls. */
static int run_due(struct stage *stage, int round, int64_t *calls, struct error *err)
{
	struct bench *bench = stage->bench;
	struct load_wish wish = { .name = round ? "due, linked" : "due, unlinked",
				  .connections = 16, .leads = DUE };
	int64_t mark, left;

	stage->target.round = round;
	if (bench_pause(bench, &stage->target, stage->crm.name, true, err) < 0 ||
	    bench_load(bench, &stage->target, &wish, stage->result, NULL, err) < 0 ||
	    crm_mark(bench, &stage->crm, &mark, err) < 0 ||
	    bench_pause(bench, &stage->target, stage->crm.name, false, err) < 0 ||
	    wait_there(stage, DRAIN_S * 2, DUE, &left, err) < 0)
		return -1;
	return crm_calls_since(bench, &stage->crm, mark, calls, err);
}

static int measure_vendor(struct bench *bench, const char *vendor, double unlinked_max,
			  double linked_max, struct error *err)
{
	struct stage stage;
	int64_t unlinked = 0, linked = 0, first = bench->next_lead;
	int rc = stage_open(&stage, bench, vendor, arena_printf(bench->arena, "due-%s", vendor),
			    err);

	for (int64_t i = 0; rc == 0 && i < KNOWN_THERE; i++)
		rc = crm_add_person(bench, &stage.crm, first + i * DUE / KNOWN_THERE, err);
	if (rc == 0)
		rc = crm_connect(bench, &stage.crm, &stage.target, 0, 0, err);
	if (rc == 0)
		rc = run_due(&stage, 0, &unlinked, err);
	if (rc == 0)
		rc = run_due(&stage, 1, &linked, err);
	stage_close(&stage);
	if (rc < 0)
		return error_wrap(err, "%s", vendor);
	bench_figure(bench, &(struct figure){
				    arena_printf(bench->arena, "calls.%s_unlinked", vendor),
				    arena_printf(bench->arena, "%s: 1,000 unlinked, 30 %% there",
						 vendor),
				    "calls", (double)unlinked, WISH_AT_MOST, unlinked_max });
	bench_figure(bench, &(struct figure){
				    arena_printf(bench->arena, "calls.%s_linked", vendor),
				    arena_printf(bench->arena, "%s: 1,000 linked", vendor),
				    "calls", (double)linked, WISH_AT_MOST, linked_max });
	return 0;
}

int measure_calls(struct bench *bench, struct error *err)
{
	bench_heading(bench, "Calls for 1,000 leads due at once");
	bench_table_head(bench);
	if (measure_vendor(bench, "hubspot", 24, 12, err) < 0)
		return -1;
	return measure_vendor(bench, "salesforce", 16, 7, err);
}
