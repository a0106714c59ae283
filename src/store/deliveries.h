/* deliveries.h - subjects on their way to connections. Threads: see store.h.
 *
 * One row per (subject, connection, object, role). Delivering closes the gap between
 * the version wanted and the one told. A claim is the intent to send: it is committed
 * before sending, under a lease and with a fencing number that grows with every claim;
 * what is recorded with another number is refused. */
#ifndef STORE_DELIVERIES_H
#define STORE_DELIVERIES_H

#include "model/config.h"
#include "model/exchange.h"
#include "store/store.h"

enum delivery_state {
	DELIVERY_DUE,
	DELIVERY_WAITING, /* for a parent, or a gate */
	DELIVERY_CLAIMED,
	DELIVERY_PARKED,  /* its outcome is unknown and looking cannot tell: a person */
	DELIVERY_DEAD,    /* needs a person */
	DELIVERY_AT_REST,
};

struct delivery {
	int64_t id, workspace, subject, connection;
	const char *object, *role;  /* role: "lead" */
	int64_t mapping;            /* id */
	enum lane lane;
	enum delivery_state state;
	int64_t due_at, since;      /* since: when it last became due */
	int64_t wanted, told;       /* lead versions */
	int64_t earlier;            /* the first version whose values are told before newer
				       ones, or 0: there is none */
	int tries;
	int setbacks;               /* unknown outcomes in a row: they cost no try */
	bool is_uncertain;          /* sent and not settled: find first */
	bool is_forced;             /* a person said "send again" */
	int64_t depends_on;         /* the delivery whose record must be there first, or 0 */
	int64_t fence, lease_until;
	int64_t open_submissions;
	const char *code, *field, *reason, *instruction; /* of a dead letter */
	const char *told_doc, *seen_doc, *undo_doc, *held_doc, *edit_doc; /* JSON or NULL */
	const char *intent_doc;     /* what was about to be written, until it is settled */
};

const char *delivery_state_name(enum delivery_state state);

/* What a change of a lead asks of its deliveries. */
struct want {
	enum lane lane;
	bool is_new_lead;    /* there are no rows yet */
	bool is_new_enquiry; /* makes a record again that was deleted there */
	const struct lead *before; /* the lead as it was: which values it replaces; NULL when
				      it is new, or its versions do not follow each other */
	const struct fact *facts;  /* that are told as records of their own */
	size_t nfacts;
	int submissions;     /* that this change stands for: 0 or 1 */
};

/* Wants the lead's version at every active sync's connection; called by whatever
 * changes a lead. Counts the submissions into the queue: pending if there is something
 * to send, else at rest. A dead letter that data could mend is due again. */
int delivery_want(struct tx *tx, const struct actor *actor, const struct config *config,
		  const struct lead *lead, const struct want *want, struct error *err);

/* ---- The worker ---- */

struct link {
	int64_t id, subject;
	const char *object, *remote_id, *remote_version, *state; /* "live", "gone" */
	const char *role; /* the mapping's name */
	bool is_ours; /* Fairlead created it */
};

/* Values that a lead had at an older version, and has to be told with first; or, with its
 * id for a version, what a fact says (model/fact.h). */
struct earlier_values {
	int64_t version;
	const struct lead_field *fields;
	size_t nfields;
};

/* A delivery that was claimed, with what is needed to send it. */
struct claim {
	struct delivery delivery;
	struct lead lead;        /* as it is when loaded: at least the version wanted */
	struct earlier_values *earlier; /* NULL: the lead is told as it is */
	struct enquiry *enquiry; /* the latest, or NULL */
	struct link *link;       /* NULL when none */
	struct link *parent;     /* of depends_on, NULL when it has no live record */
	bool is_parent_at_rest;  /* then it will not have one either */
	struct link *links;      /* all that the lead has at the connection, if it depends */
	size_t nlinks;
	bool is_awaited;         /* not linked, and a decision may wait for the look-up */
};

struct claim_wish {
	int64_t workspace, connection;
	int64_t worker;          /* the server's; see deliver.h */
	int64_t lease_ms;        /* outlasts the whole conversation */
	int64_t lag_ms;          /* how late a find may see a write */
	int max;
	unsigned turn;           /* how many were claimed before; wraps */
};

/* Claims up to wish->max deliveries of the connection that are due: hot, normal and
 * bulk lanes each have a share, over claims of any size when `turn` goes on, and what one
 * does not use the others get. Claims whose
 * lease ran out become due and uncertain first, after the lag. Returns how many;
 * *deliveries is the unit's arena's. *more tells whether others are due. */
int delivery_claim(struct tx *tx, const struct claim_wish *wish,
		   struct delivery **deliveries, bool *more, struct error *err);

/* Loads what claimed deliveries need; `claims` holds `count` of them, their `delivery`
 * set. */
int claim_load(struct view *view, struct claim *claims, size_t count, struct error *err);

/* Loads the lead of a claim anew, and its earlier values: another has changed it. */
int claim_renew(struct view *view, struct claim *claim, struct error *err);

/* Makes a worker's claims of a connection due and uncertain, after the lag: when it has
 * just started, and what holds them is its earlier life. */
int delivery_release(struct tx *tx, int64_t connection, int64_t worker, int64_t lag_ms,
		     struct error *err);

/* A record of the CRM stands for one lead: what was found for another is for a person. */
#define REMOTE_TAKEN "remote_taken"
#define REMOTE_TAKEN_REASON "another lead is linked to this record of the CRM"
#define REMOTE_TAKEN_INSTRUCTION                                                       \
	"decide whether the two leads are one: merge them, or keep them apart and discard this"

/* What is about to be written to a delivery's record, and what is known by now to have
 * been told to it before (JSON {field: value}; told_doc NULL: as kept). */
struct intent {
	const struct delivery *delivery;
	const char *doc, *told_doc;
	const struct link *link; /* a record that was found, and stands for the lead from now
				    on; NULL: it is linked, or there is none yet */
	bool is_refused; /* out: claimed by another meanwhile; it must not be sent */
	bool is_taken;   /* out: the record stands for another lead; it must not be sent */
};

/* Keeps intents, and the leases, immediately before they are sent: should the answer be
 * lost, they tell our own values from others'. Found records are linked by it, so that of
 * two leads that found the same one only one writes to it. */
int delivery_intend(struct tx *tx, struct intent *intents, size_t count,
		    int64_t lease_until, struct error *err);

/* One HTTP exchange, as recorded before signing. */
struct kept_call {
	int64_t id, connection, at;
	const char *verb, *method, *url;
	const char *request, *answer;   /* bodies without credentials */
	size_t request_len, answer_len;
	int status, failure, records;
	int64_t took_ms, mapping_version;
	int64_t batch;                  /* the first call of the same batch, or 0 */
};

int call_add(struct tx *tx, const struct actor *actor, const struct kept_call *call,
	     struct error *err);

/* How a claimed delivery goes on. */
struct settlement {
	const struct delivery *delivery; /* as claimed: id and fence count */
	enum delivery_state state;       /* DUE, WAITING, PARKED, DEAD, AT_REST */
	int64_t due_at;
	int64_t told;                    /* version that the CRM now has, 0: unchanged */
	int tries, setbacks;
	bool is_uncertain;
	const char *parent;              /* of WAITING: the mapping whose record it needs */
	const char *code, *field, *reason, *instruction;
	const char *told_doc, *seen_doc, *undo_doc, *held_doc; /* NULL: unchanged */
	/* The link to write, when link_id is there: */
	const char *link_object, *link_id, *link_version, *link_state;
	bool link_is_ours;
	/* The attempt to log, when outcome is there: */
	int64_t call;
	const char *outcome, *action, *changed;
	const char *edited; /* JSON: names of fields that a person gave for this write only */
};

/* Records outcomes: links, attempts, states, queue counters, dead letters, and the
 * deliveries that waited for these. WAITING becomes DUE when what it waits for has come. A
 * settlement whose fence is not the delivery's any more is refused alone: its `refused` is
 * set. A remote record that another lead is
 * linked to is not linked: the delivery is dead with code "remote_taken". When the lead
 * has moved on meanwhile, or an earlier version was told, AT_REST becomes DUE. */
int delivery_settle(struct tx *tx, const struct actor *actor,
		    struct settlement *settlements, size_t count, bool *refused,
		    struct error *err);

/* When the earliest due delivery of the connection falls due, or a lease runs out, ms
 * since 1970; 0 when none is. A connection's id belongs to one workspace. */
int delivery_next_due(struct view *view, int64_t connection, int64_t *next,
		      struct error *err);

/* ---- What people do with them ---- */

struct delivery_filter {
	int64_t connection;      /* 0: any */
	int64_t subject;         /* 0: any */
	const char *code;        /* of dead letters, NULL: any */
	bool is_dead_only;       /* dead and parked */
	int64_t before;          /* id; 0: from the newest */
	size_t max;
};

int delivery_list(struct view *view, const struct actor *actor,
		  const struct delivery_filter *filter, struct delivery **rows,
		  size_t *count, struct error *err);
int delivery_find(struct view *view, const struct actor *actor, int64_t id,
		  struct delivery *delivery, struct error *err);
int link_find(struct view *view, const struct actor *actor, int64_t subject,
	      int64_t connection, const char *role, struct link *link, struct error *err);

/* The links of a lead at a connection, one a role. */
int link_list(struct view *view, const struct actor *actor, int64_t subject,
	      int64_t connection, struct link **links, size_t *count, struct error *err);

struct kept_attempt {
	int64_t id, delivery, call, version, at;
	const char *outcome, *action, *field, *reason, *changed;
	const char *edited; /* names of fields that a person gave for this write only, or NULL */
};
int attempt_list(struct view *view, const struct actor *actor, int64_t delivery,
		 struct kept_attempt **rows, size_t *count, struct error *err);
int call_find(struct view *view, const struct actor *actor, int64_t id,
	      struct kept_call *call, struct error *err);
/* Calls of a connection (0: of all) with id < `before` (0: from the newest), newest first. */
int call_list(struct view *view, const struct actor *actor, int64_t connection,
	      int64_t before, size_t max, struct kept_call **rows, size_t *count,
	      struct error *err);

/* Makes a dead or parked letter due again. `edit_doc` (JSON {field: value} in the CRM's
 * names, or NULL) changes this write only. `is_forced` sends without looking first:
 * "send again". -1 with ERR_CONFLICT when it is not dead or parked. */
int delivery_retry(struct tx *tx, const struct actor *actor, int64_t id,
		   const char *edit_doc, bool is_forced, struct error *err);
int delivery_discard(struct tx *tx, const struct actor *actor, int64_t id,
		     const char *reason, struct error *err);
/* "It is there": links the delivery's subject to a remote record and looks again. */
int delivery_point(struct tx *tx, const struct actor *actor, int64_t id,
		   const char *remote_id, struct error *err);
/* Retries all dead letters of the filter; returns how many. */
int delivery_retry_all(struct tx *tx, const struct actor *actor,
		       const struct delivery_filter *filter, struct error *err);

/* Dead letters that failed for this mapping's fields revive by themselves when the
 * mapping or the schema changes; returns how many. `field` NULL: any. */
int delivery_revive(struct tx *tx, const struct actor *actor, int64_t connection,
		    const char *field, struct error *err);

/* ---- Connections at run time ---- */

struct connection_state {
	int64_t connection;
	const char *state;  /* "active", "paused", "open" (circuit), "reauth" */
	const char *reason; /* why, in words for people */
	int failures;
	int64_t open_until, opened_at, probe_ms;
	const char *budget; /* JSON: {"bucket": [window start, used]} */
};

int connection_state_find(struct view *view, int64_t workspace, int64_t connection,
			  struct connection_state *state, struct error *err);
int connection_state_set(struct tx *tx, const struct actor *actor,
			 const struct connection_state *state, const char *action,
			 struct error *err);

/* The schema of an object as it was last read. */
int catalog_find_kept(struct view *view, int64_t workspace, int64_t connection,
		      const char *object, struct catalog *catalog, struct error *err);
/* The one that the mappings were last found good for: 1 found, 0 when that is the same.
 * *changed_at: since when it is another. */
int catalog_find_ground(struct view *view, int64_t workspace, int64_t connection,
			const char *object, struct catalog *ground, int64_t *changed_at,
			struct error *err);
/* Keeps a schema that was just read. Returns 1 when it is another than before, and then the
 * ground is what it was, 0 when it is the same. */
int catalog_keep(struct tx *tx, const struct actor *actor, int64_t connection,
		 const struct catalog *catalog, struct error *err);
/* The mappings are good for the schema as it is; 1 done, 0 that was the ground already. */
int catalog_accept(struct tx *tx, const struct actor *actor, int64_t connection,
		   const char *object, struct error *err);

/* ---- Secrets of connections ---- */

/* Seals and keeps a secret, with the origins ("https://api.hubapi.com") that it may be
 * sent to. */
int secret_keep(struct tx *tx, const struct actor *actor, int64_t owner, const char *name,
		const char *text, const char *origins, struct error *err);
/* Opens one; close with secret_close(). Only deliver/ calls this. 1 found, 0 not. */
int secret_open(struct view *view, int64_t workspace, int64_t owner, const char *name,
		struct secret *secret, const char **origins, struct error *err);
/* Drops those of an owner's secrets that were given for other origins than these. */
int secret_drop_other_origins(struct tx *tx, const struct actor *actor, int64_t owner,
			      const char *origins, struct error *err);
int secret_drop(struct tx *tx, const struct actor *actor, int64_t owner, const char *name,
		struct error *err);

/* The secret that alerts are signed with, given for the origin of the webhook's address. The
 * one before it signs beside it for a day; giving the same one again changes nothing. */
int webhook_secret_keep(struct tx *tx, const struct actor *actor, const char *text,
			const char *origin, struct error *err);
/* Drops those that were given for another origin ("": all). */
int webhook_secret_drop_other_origin(struct tx *tx, const struct actor *actor,
				     const char *origin, struct error *err);
/* Opens them, the newest first, for deliver/; returns how many. Close each with
 * secret_close(). */
#define WEBHOOK_SECRETS_MAX 2
int webhook_secrets_open(struct view *view, int64_t workspace, int64_t now,
			 struct secret secrets[WEBHOOK_SECRETS_MAX], const char **origin,
			 struct error *err);

/* ---- Alerts: one per cause ---- */

struct kept_alert {
	int64_t id, workspace, subject, count, first_at, last_at, send_at;
	const char *cause, *kind, *detail;
	const char *state; /* "waiting", "sent", "failed": nobody took it, "closed" */
	int tries;
};

/* Raises an alert, or counts one more of a cause that is open. It is sent once, not
 * before `send_at`. `detail` holds ids and words, no person's data. */
int alert_raise(struct tx *tx, const struct actor *actor, const char *cause,
		const char *kind, int64_t subject, const char *detail, int64_t send_at,
		struct error *err);
int alert_close(struct tx *tx, const struct actor *actor, const char *cause,
		struct error *err);
/* Closes all that is open about a connection, which was removed: nobody can do anything about it
 * any more. The reason stands before what each said. */
int alert_close_removed(struct tx *tx, const struct actor *actor, int64_t connection,
			const char *name, struct error *err);
/* The alert of a cause that is looked at again and again, of which there are `count` now: it
 * is raised with the first, told once, and closed with none. */
int alert_keep(struct tx *tx, const struct actor *actor, const char *cause, const char *kind,
	       int64_t subject, int64_t count, const char *detail, struct error *err);
int alert_list(struct view *view, const struct actor *actor, int64_t before, size_t max,
	       struct kept_alert **rows, size_t *count, struct error *err);
/* Of each workspace the alert that has been due for longest; up to `max`, by that order. */
int alert_due_any_workspace(struct view *view, int64_t now, size_t max,
			    struct kept_alert **alerts, size_t *count, struct error *err);
/* What became of sending one: it was taken, is to be tried again at `next_at`, or is given up
 * (0). */
int alert_sent(struct tx *tx, const struct actor *actor, int64_t id, bool is_sent,
	       int64_t next_at, struct error *err);

/* A dead letter came (1) or went (-1): one alert for each connection and code, which counts
 * those that are there and is closed when none is left. It is sent after a moment, so that
 * it tells of many at once. Called by whatever changes a delivery's state. */
int alert_dead_letter(struct tx *tx, const struct actor *actor, int64_t connection,
		      const char *code, int change, struct error *err);
/* Counts the workspace's anew, after a change to many deliveries at once. */
int alert_count_dead_letters(struct tx *tx, const struct actor *actor, struct error *err);

/* Brings to rest what connections that were removed have left, at most `max`; nobody sends it,
 * and it would stand in the queue's counts for ever. What is being sent waits for its
 * worker. Returns how many. */
int delivery_rest_removed(struct tx *tx, const struct actor *actor, int max,
			  struct error *err);

/* ---- Figures ---- */

struct queue_counts {
	int64_t received, at_rest, pending, dead, uncertain, rejected, erased;
};
int queue_counts(struct view *view, int64_t workspace, struct queue_counts *counts,
		 struct error *err);

#endif
