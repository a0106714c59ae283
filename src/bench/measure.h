/* measure.h - what the measurements share: servers, loads, and how figures are told.
 * Private to bench/. Threads: the main thread. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "cli/command.h"
#include "http/client.h"
#include "http/load.h"
#include "serve/serve.h"

struct prototype;

struct bench {
	struct cli *cli;
	struct arena *arena;
	struct http_client *client;
	const char *folder; /* for stores; thrown away at the end */
	const char *store;  /* PostgreSQL's URI, one for all servers; NULL: SQLite, each its own */
	const char *threads; /* of each server; NULL: its default */
	json_t *runs, *figures;
	int64_t leads, large, seconds, rows;
	int64_t next_lead;  /* numbers go on from run to run, so that each lead is new */
	double prototype_per_s, single_per_s; /* the baselines; 0: not measured */
	bool is_bad;        /* an answer was none or not 2xx, or a lead was lost or doubled */
};

/* ---- A figure, with what is wanted of it ---- */

enum wish { WISH_NONE, WISH_AT_LEAST, WISH_AT_MOST };

struct figure {
	const char *name; /* "start.empty": stands in --json, never changes */
	const char *text, *unit;
	double value;
	enum wish wish;
	double wanted;
};

void bench_figure(struct bench *bench, const struct figure *figure);

/* Says that something is wrong with the run, not only slow: the exit code will be 1. */
void bench_fault(struct bench *bench, const char *format, ...) PRINTF_LIKE(2, 3);

/* A heading of people's output. */
void bench_heading(struct bench *bench, const char *text);

/* ---- Who is asked ---- */

struct target {
	int port;
	const char *headers;         /* whole lines */
	const char *data;            /* the server's folder */
	struct server *server;       /* or: */
	struct prototype *prototype;
	int64_t rows;                /* requests taken so far: leads in its store */
	/* The leads of the next run. */
	int64_t first, left;         /* the number of its first; how many at most */
	int round;                   /* 1, 2...: the same people with another company */
	bool has_no_phone;
	void *told;                  /* for http_load_reply, whose context is the target */
};

struct server_wish {
	const char *name;         /* of its folder */
	const char *commit_units; /* NULL: the default */
	int crm_port;             /* on loopback, may be reached; 0: none */
};

/* Starts a server on a free port of loopback, without limits of rate. */
int bench_start(struct bench *bench, const struct server_wish *wish, struct target *target,
		struct error *err);
void bench_stop(struct target *target);

/* Asks `url` and wants 2xx; *answer (or NULL) is its JSON. `headers` are whole lines, as
 * a target's. */
int bench_ask(struct bench *bench, const char *method, const char *url, const char *headers,
	      const char *body, json_t **answer, struct error *err);

/* Applies a workspace file to a server; `body` is that of POST /v1/apply. */
int bench_apply(struct bench *bench, const struct target *target, const char *body,
		struct error *err);

/* Pauses a connection, as a person would, and waits until nothing is begun for it any more;
 * or lets it go on. */
int bench_pause(struct bench *bench, const struct target *target, const char *connection,
		bool is_paused, struct error *err);

/* ---- A run ---- */

struct load_wish {
	const char *name;
	int connections;
	int64_t leads;          /* 0: as many as fit into the time */
	double seconds;         /* 0: until `leads` are sent */
	double per_s;           /* 0: as fast as they are answered */
	http_load_reply *reply; /* is told of each answer, with the target; or NULL */
};

/* Sends new leads (with target->round, the same again) and prints a line of the table.
 * *per_s, or NULL, is answers a second. A bad answer is a fault of the bench. */
int bench_load(struct bench *bench, struct target *target, const struct load_wish *wish,
	       struct http_load_result *result, double *per_s, struct error *err);
void bench_table_head(struct bench *bench);

/* Processor time of this process so far, all its threads, us. */
int64_t bench_cpu_us(void);

/* ---- The measurements; each 0, or -1 when it could not be made ---- */

int measure_baselines(struct bench *bench, struct error *err);
int measure_accept(struct bench *bench, struct error *err);
int measure_deliver(struct bench *bench, struct error *err);
int measure_calls(struct bench *bench, struct error *err);
int measure_import(struct bench *bench, struct error *err);
int measure_sandbox(struct bench *bench, struct error *err);
int measure_start(struct bench *bench, struct error *err);

/* Starts the program on a folder as a process of its own, and tells how long it took to
 * be ready and what memory it then holds. */
int measure_process(struct bench *bench, const char *data, double *start_ms,
		    int64_t *resident_bytes, struct error *err);

#endif
