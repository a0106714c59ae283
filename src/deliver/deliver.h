/* deliver.h - the way out: claim what is due, look, send, classify, record. Threads: the
 * delivery worker owns everything here; the functions below may be called from any.
 *
 * One thread serves all connections. It claims through the store (a claim is the
 * committed intent to send), holds conversations through the HTTP client, and hands
 * outcomes back to the store. A wake-up is a hint: what there is to do is in the store. */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include "http/client.h"
#include "model/exchange.h"
#include "store/store.h"

struct deliverer;

struct deliver_config {
	struct store *store;
	const struct http_network *allowed; /* private networks that may be reached */
	size_t nallowed;
	const char *ca_file;     /* NULL: the system's */
	int64_t lease_ms;        /* of a claim; default 120,000; outlasts talk_ms */
	int64_t talk_ms;         /* no request of a conversation starts after this; default
				    60,000 */
	int64_t call_ms;         /* hard limit of one exchange; default 20,000 */
	int64_t alert_after_ms;  /* how long a CRM may not answer before a person is told;
				    default 15 minutes */
	int64_t worker;          /* this server's, the same after a restart and no other's:
				    claims of an earlier run are taken over at once */
};

struct deliverer *deliverer_start(const struct deliver_config *config, struct error *err);

/* Lets what is under way finish for up to `wait_ms`, then ends the thread and frees. */
void deliverer_stop(struct deliverer *deliverer, int wait_ms);

/* There may be something to do. */
void deliverer_wake(struct deliverer *deliverer);

/* The secrets of a connection were given anew, or its schema was kept: both are used from
 * the next call on, and a connection that waits for a person tries at once. Other servers
 * on the same database notice with their next probe. */
void deliverer_renew(struct deliverer *deliverer, int64_t connection);

/* Asks the CRM behind a connection, waiting for the answer: whether it works (with what
 * `object` needs), what its limits are, what fields an object has (kept in the store as
 * well). Results are `arena`'s. Errors: ERR_NOT_FOUND, ERR_UNAVAILABLE with what the CRM
 * said, ERR_INVALID when the connector cannot. */
int deliverer_check(struct deliverer *deliverer, int64_t workspace, const char *connection,
		    const char *object, struct arena *arena, struct check_report *report,
		    struct error *err);
int deliverer_limits(struct deliverer *deliverer, int64_t workspace,
		     const char *connection, struct arena *arena,
		     struct check_report *report, struct error *err);
/* Makes the field that holds our key on an object. */
int deliverer_create_key(struct deliverer *deliverer, int64_t workspace,
			 const char *connection, const char *object, struct arena *arena,
			 struct check_report *report, struct error *err);
int deliverer_describe(struct deliverer *deliverer, int64_t workspace,
		       const char *connection, const char *object, struct arena *arena,
		       struct catalog *catalog, struct error *err);

/* What delivering would write for leads through a mapping, without writing: found and
 * read at the CRM, computed by the same code. */
struct planned {
	int64_t lead;
	const char *action;      /* "create", "update", "none", "held", "refused" */
	const char *remote_id;   /* or NULL */
	const char *code, *reason; /* why it would not be written, or NULL */
	json_t *fields;          /* [{field, from, current, wanted, state, reason}] */
	const char *request;     /* the body that a write of this lead alone would send */
};
int deliverer_plan(struct deliverer *deliverer, int64_t workspace, const char *mapping,
		   const int64_t *leads, size_t count, struct arena *arena,
		   struct planned **planned, struct error *err);

/* Figures for /metrics. */
struct deliver_stats {
	int64_t calls, records, outcomes[OUTCOME_CONNECTION + 1];
	int64_t talks_open, circuits_open;
};
struct deliver_stats deliverer_stats(struct deliverer *deliverer);

#endif
