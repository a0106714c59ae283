/* desk.h - one connection at work: its terms, circuit, budget, access and the
 * conversations that wait for it. Private to deliver/. Threads: the delivery worker. */
#ifndef DELIVER_DESK_H
#define DELIVER_DESK_H

#include "base/log.h"
#include "connectors/registry.h"
#include "deliver/budget.h"
#include "deliver/circuit.h"
#include "deliver/deliver.h"
#include "mapping/apply.h"
#include "mapping/drift.h"
#include "store/configs.h"
#include "store/deliveries.h"

struct talk;

/* What a connection is at one configuration version: conversations that began under it
 * keep it until they end. */
struct terms {
	int references;
	struct arena *arena;
	struct snapshot *snapshot;
	const struct config *config;
	const struct connection *connection;
	const struct connector *connector;
	enum auth auth;
	const char *base_url;
	struct terms_mapping {
		const struct mapping *mapping;
		const struct sync *sync;
		struct compiled_mapping *compiled; /* NULL until its catalog is there */
		const struct catalog *catalog;     /* NULL: the connector has none */
		const char *problem;               /* why it cannot be used, or NULL */
		const char *pause;                 /* why its sync is paused, or NULL */
		const struct drift *drifts;        /* how the schema has changed since the
						      mapping was found good for it */
		size_t ndrifts;
		const char *hold, *hold_instruction; /* why no value is sure to fit, or NULL */
		/* What the CRM lacks, so that nothing is written: the field for our key, or
		 * that it tells its fields; what to do; the code. NULL: nothing. */
		const char *lack, *lack_instruction, *lack_code;
	} *mappings;
	size_t nmappings;
};

struct access {
	struct secret token;   /* the access token, or the one secret there is */
	int64_t expires_at;    /* ms; 0: never */
	bool is_loaded, is_refreshing;
	bool is_dead;          /* the access token was refused */
	int64_t again_at;      /* no token is fetched before this, ms */
	int refused;           /* refusals since the last success */
};

/* An object whose fields the CRM refused to tell, and how. Malloced. */
struct unread {
	struct unread *next;
	char *object;
	int status;
};

struct desk {
	struct deliverer *deliverer;
	struct desk *next;
	int64_t workspace, connection;
	struct terms *terms;
	struct circuit circuit;
	struct arena *budget_arena;
	struct budget budget;
	struct access access;
	struct talk *waiting, **waiting_end; /* conversations with a request to send */
	int calls;             /* under way */
	int claims;            /* whose deliveries are not all settled */
	int works;             /* deliveries claimed and not yet settled */
	bool is_claiming, has_more;
	bool is_gone;          /* the connection was removed, or its workspace was not read */
	bool is_buried;        /* and what its last calls raised was closed */
	int describing;        /* schemas being read */
	int64_t describe_at;   /* not again before this, ms */
	unsigned renewals;     /* of secrets, schema or configuration; wraps */
	unsigned turn;         /* of the lanes: deliveries claimed so far; wraps */
	bool is_planning;      /* a plan is being made: one at a time */
	int refreshing;        /* schemas being read anew, and nobody waits for them */
	int64_t refresh_at;    /* not again before this, ms */
	int64_t doubted_at;    /* when the CRM last refused a value, ms */
	bool is_drift_noted;   /* what the terms say of it was told */
	char *drift;           /* what was last told of it; malloced, or NULL */
	bool is_releasing;     /* deliveries that waited may go on */
	int64_t release_until; /* at least this long, ms */
	int64_t running;       /* the mapping whose sync was asked to run, or 0 */
	bool is_stepping;      /* a piece of that is under way */
	int64_t step_at;       /* no further piece before this, ms */
	bool is_unready;       /* the CRM lacks the field for our key wherever we would write */
	bool are_keys_noted;   /* what the terms say of that was told */
	char *lacks;           /* what was last told of it; malloced, or NULL */
	struct unread *unread; /* objects whose fields the CRM refuses to tell */
	int64_t keys_at;       /* schemas that lack it are not read before this, ms */
	int64_t next_due;      /* when a delivery falls due; 0: none known */
	int64_t claimed_at, held_until; /* the last claim; when the next may be, ms */
	struct log log;
};

/* How many calls may be under way, and how many deliveries may be claimed. */
int desk_concurrency(const struct desk *desk);
int desk_group(const struct desk *desk); /* deliveries that go through one conversation */

struct terms *terms_new(struct store *store, int64_t workspace, int64_t connection,
			struct error *err);
struct terms *terms_hold(struct terms *terms);
void terms_release(struct terms *terms);
struct terms_mapping *terms_mapping_of(struct terms *terms, int64_t mapping);

/* Notes that the CRM refused, with this status, to tell an object's fields; 0: it told them. */
void desk_note_unread(struct desk *desk, const char *object, int status);
/* Takes one out of a list. */
void unread_drop(struct unread **at);

/* Makes the terms anew, and lets go on what the old ones held back; false when the store
 * fails. */
bool desk_swap_terms(struct desk *desk);

#endif
