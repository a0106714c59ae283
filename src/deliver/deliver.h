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
	int64_t schema_ms;       /* how old a CRM's schema may get before it is read anew;
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

/* A sync of the connection was paused, resumed or run: what is claimed from now on goes by
 * that. Other servers on the same database notice within a second. */
void deliverer_note_sync(struct deliverer *deliverer, int64_t connection);

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

/* ---- Plans (plan.c) ---- */

#define PLAN_CREATE "create"
#define PLAN_UPDATE "update"
#define PLAN_NONE "none"       /* there is nothing to write */
#define PLAN_REFUSED "refused" /* it would be a dead letter */
#define PLAN_UNKNOWN "unknown" /* the CRM did not say, or it is being sent */

/* What would become of one lead. */
struct planned {
	int64_t lead, version;      /* of the lead as planned; 0: it was not looked at */
	const char *action;         /* one of the words above */
	const char *remote_id;      /* or NULL */
	const char *code, *field, *reason, *instruction; /* why it would not be written, or
					NULL */
	json_t *rows;               /* line by line (mapping/plan.h), or NULL */
	const char *ground;         /* all that this stands on, as hex digits: the same when
				       and only when nothing of it has changed */
};

/* The first request of a conversation that would write: all of it, for batches. */
struct planned_request {
	const char *method, *url, *body; /* the URL as before signing: "/crm/..." */
	size_t body_len;
	const int64_t *leads;
	size_t nleads;
};

struct plan {
	int64_t mapping, mapping_version;
	const char *schema;         /* digest of the CRM's fields that the mapping writes */
	struct planned *leads;      /* in the order in which they were asked for */
	size_t nleads;
	struct planned_request *requests; /* in the order in which they would go */
	size_t nrequests;
};

/* A lead to plan: as the store has it, or as `lead` and `enquiry` say. */
struct plan_lead {
	int64_t id;
	const struct lead *lead;       /* or NULL */
	const struct enquiry *enquiry; /* of `lead`; or NULL */
};

/* What delivering would write for leads through a mapping, without writing: looked for and
 * read at the CRM now, computed by the same code, whatever the mode of its sync, and also
 * when it has none yet. Waits for the CRM as long as a conversation may take (talk_ms), in
 * its budget. No lead may stand twice. Errors: ERR_NOT_FOUND, ERR_INVALID when the mapping
 * cannot work, ERR_CONFLICT when the connection is paused or lacks our key, ERR_UNAVAILABLE
 * while another plan is made for the connection. */
int deliverer_plan(struct deliverer *deliverer, int64_t workspace, const char *mapping,
		   const struct plan_lead *leads, size_t count, struct arena *arena,
		   struct plan *plan, struct error *err);

/* Figures for /metrics. */
struct deliver_stats {
	int64_t calls, records, outcomes[OUTCOME_CONNECTION + 1];
	int64_t talks_open, circuits_open;
	int64_t looks; /* how often it asked the store what people changed: by the second look
			  after a pause none is begun any more */
};
struct deliver_stats deliverer_stats(struct deliverer *deliverer);

#endif
