/* crm.h - the sandbox as the CRM of a measurement: started, limited, asked what it saw.
 * Private to bench/. Threads: the main thread. */
#ifndef BENCH_CRM_H
#define BENCH_CRM_H

#include "bench/measure.h"
#include "sandbox/sandbox.h"

struct crm {
	const char *vendor, *object; /* "hubspot", "contacts" */
	const char *name;            /* of the connection: one of its own in a shared store */
	struct sandbox *sandbox;
	const char *url;             /* of the sandbox; the vendor's is below it */
	const char *token;
	int port;
};

/* Starts a sandbox on loopback, with the vendor's own limits; HubSpot's with the field that
 * holds our key. What else is asked of it needs "hubspot" or "salesforce". */
int crm_start(struct bench *bench, const char *vendor, const char *name, struct crm *crm,
	      struct error *err);
void crm_stop(struct crm *crm);

/* Lets it take so many calls a second, of whatever kind. */
int crm_limit(struct bench *bench, const struct crm *crm, int calls_per_s, struct error *err);

/* Lifts every limit of the vendor's default account. */
int crm_unlimit(struct bench *bench, const struct crm *crm, struct error *err);

/* Applies a workspace that sends leads there through the connection `crm->name`, at most
 * `calls` in `per_s` seconds (0: what the connector keeps to by itself). */
int crm_connect(struct bench *bench, const struct crm *crm, struct target *target,
		int calls, int per_s, struct error *err);

/* Adds a person with lead number `n`'s address, as if the CRM had known it before. */
int crm_add_person(struct bench *bench, const struct crm *crm, int64_t n, struct error *err);

struct crm_counts {
	int64_t created, repeated; /* records; keys under which more than one was created */
};
int crm_count(struct bench *bench, const struct crm *crm, struct crm_counts *counts,
	      struct error *err);

/* The number of the latest request, to count from; and how many data calls (no token, no
 * description) there were since, of the latest 4,096. */
int crm_mark(struct bench *bench, const struct crm *crm, int64_t *mark, struct error *err);
int crm_calls_since(struct bench *bench, const struct crm *crm, int64_t mark, int64_t *calls,
		    struct error *err);

/* How many calls it refused for a limit since it was started. */
int crm_limited(struct bench *bench, const struct crm *crm, int64_t *limited,
		struct error *err);

/* Waits until nothing of the target's is on its way any more, at most `seconds`; *left
 * still are. */
int crm_wait_delivered(struct bench *bench, const struct target *target, double seconds,
		       int64_t *left, struct error *err);

#endif
