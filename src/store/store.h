/* store.h - keeps the model; speaks of leads, not of SQL. Threads: any may submit units
 * and open views; units run in the committer.
 *
 * Every verb knows who acts and in which workspace. Verbs that write take a
 * transaction and are called from units; verbs that read take a view (a transaction
 * has one). A foreign id is answered like an absent one. Verbs that cross workspaces
 * say so in their names. A verb that changes something writes its audit entry in the
 * same transaction, so no caller can forget it. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/log.h"
#include "base/seal.h"

struct store;
struct tx;
struct view;

/* ---- Opening ---- */

#define STORE_FREE_MIN (INT64_C(64) << 20)

struct store_config {
	const char *uri;             /* a folder's "fairlead.db", or postgres://... */
	const char *data;            /* folder for what stands beside the store */
	const struct keyring *keyring; /* kept by reference */
	int readers;                 /* handles for views; default 4 */
	int64_t free_min;            /* bytes of free disk below which accept stops;
					STORE_FREE_MIN; 0: no check (PostgreSQL) */
	int batch_units;             /* units a transaction at most; default 128; 1 for a
					bench without group commit */
	int batch_ms;                /* or this long; default 10 */
	int patience_ms;             /* how long an awaited unit may wait to begin; 5,000 */
	int units_max;               /* that may wait before accept stops; default 20,000 */
};

/* Opens the store, creates or migrates it. Defaults stand for 0, but for free_min. Errors:
 * ERR_CONFLICT when its schema is newer than this program or another process has it,
 * ERR_DENIED when the keyring is not the store's. */
struct store *store_open(const struct store_config *config, struct error *err);

/* Runs what was submitted, then closes. */
void store_close(struct store *store);

struct id_maker *store_ids(struct store *store);
const struct keyring *store_keyring(const struct store *store);
bool store_is_sqlite(const struct store *store);
int64_t store_installation(const struct store *store); /* random, 63-bit, never changes */

/* ---- Who acts ---- */

enum actor_kind { ACTOR_SYSTEM, ACTOR_TOKEN, ACTOR_SOURCE, ACTOR_CONNECTION };

struct actor {
	int64_t workspace;
	enum actor_kind kind;
	int64_t id;          /* of the token, source or connection; 0 for the system */
	int64_t request;     /* id of the request, 0 if none */
};

/* ---- Units ---- */

enum urgency { URGENCY_OUTCOME, URGENCY_INTERACTIVE, URGENCY_BULK };

/* Work for the committer. `run` loads what it decides on through `tx`, so that it sees
 * the units before it in the same transaction; it may be run twice, so it changes
 * nothing but `tx` and its own arena from where it stood (the store rewinds `arena`).
 * A refusal is a result, -1 is for a store that failed. `done` is called once, after
 * commit and sync, or with -1 and `err` when nothing was kept. Threads: run and done
 * in the committer, but for units that are awaited. */
struct unit {
	int (*run)(struct tx *tx, struct unit *unit, struct error *err);
	void (*done)(struct unit *unit, int result, const struct error *err);
	int64_t workspace;   /* whose rows it touches; 0: several, or the installation's */
	bool is_awaited;     /* somebody holds a connection open for it: when it has not begun
				in patience_ms, it never does, and `done` is called with -1
				and ERR_UNAVAILABLE in another thread of the store's */
	struct arena *arena; /* the unit's; rewound before a second run. NULL: one of the
				store's, gone when `done` returns */

	/* The store's own: */
	struct unit *next, *previous;
	enum urgency urgency;
	struct arena_mark mark;
	int result;
	int64_t submitted_us;
};

/* Hands over a unit; it is the store's until `done` was called. Once the store is closing,
 * `done` is called at once, with -1. */
void store_submit(struct store *store, enum urgency urgency, struct unit *unit);

/* Runs one unit from a thread that can wait (not from a unit): submits it and waits for
 * `done`. Returns run's result. What `run` wants to keep it allocates from an arena of the
 * context: the transaction's is gone when this returns. */
int store_run(struct store *store, enum urgency urgency, int64_t workspace,
	      int (*run)(struct tx *tx, void *context, struct error *err), void *context,
	      struct error *err);

/* Whether there is room for more leads: false below free_min, while the store fails,
 * or when more than `units_max` wait. Threads: any; cheap. */
bool store_is_accepting(const struct store *store);

struct store_stats {
	int64_t units, transactions, syncs;
	int64_t waiting;        /* units not yet started */
	int64_t longest_us;     /* of one transaction since the last call */
	int64_t free_bytes;     /* of the disk, -1 unknown */
	int64_t log_bytes;      /* SQLite's write-ahead log */
};
struct store_stats store_stats(struct store *store);

/* Calls wake(context) after a commit whose units called tx_wake() with that topic: a
 * hint that there is something to do. Of units before it was set, nobody is told. */
enum wake_topic { WAKE_DELIVERIES, WAKE_ALERTS, WAKE_TOPICS };
void store_on_wake(struct store *store, enum wake_topic topic,
		   void (*wake)(void *context), void *context);

/* ---- Inside a unit ---- */

struct arena *tx_arena(struct tx *tx);
int64_t tx_now(const struct tx *tx); /* ms since 1970, one per transaction */
int64_t tx_id(struct tx *tx);        /* a new id */
struct view *tx_view(struct tx *tx);
const struct keyring *tx_keyring(struct tx *tx);
void tx_wake(struct tx *tx, enum wake_topic topic);

/* ---- Reading outside units ---- */

/* A snapshot for reading; close it within a second. NULL and `err` on failure. The
 * arena holds what verbs give. Blocks while all readers are taken. */
struct view *view_open(struct store *store, struct arena *arena, struct error *err);
void view_close(struct view *view);
struct arena *view_arena(struct view *view);

/* The key of a workspace's hashes (identities, idempotency). Errors: ERR_NOT_FOUND. */
int workspace_hash_key(struct view *view, int64_t workspace, struct hash_key *key,
		       struct error *err);

/* ---- Copies ---- */

/* Writes a consistent copy of the store to `path` while it works on, in one snapshot,
 * synced; there is nothing at `path` before it is whole. The master key is not in it.
 * Errors: ERR_CONFLICT when `path` is there; on PostgreSQL ERR_INVALID with a hint. */
int store_backup(struct store *store, const char *path, struct error *err);

/* The same of a store that no process has open (its log, if it died, is in the copy too);
 * changes nothing and needs no key. */
int store_backup_stopped(const char *uri, const char *path, struct error *err);

/* Whether a file is a whole copy of a store that this program can open, whatever its key;
 * reads all of it. Errors: ERR_INVALID when it is damaged or something else, ERR_CONFLICT
 * when its schema is newer. */
int store_backup_check(const char *path, struct error *err);

/* What a store that was opened from a copy has to forget before anything is delivered:
 * every connection is paused, what is not at rest is uncertain, each workspace's audit
 * says so. Doing it twice does no harm. */
struct restored {
	int64_t workspaces, connections, uncertain;
};
int store_restored(struct store *store, struct restored *restored, struct error *err);

/* The folder of what stands beside the store, as it was opened with. */
const char *store_data(const struct store *store);

#endif
