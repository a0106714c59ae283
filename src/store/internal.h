/* internal.h - what store/'s files share. Private to store/. Threads: one at a time. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/db.h"
#include "store/store.h"

struct known;
struct recent;

struct view {
	struct db *db;
	struct arena *arena;
	struct store *store;
	struct recent *recent; /* SQLite: of the writer, or read when first asked for */
	bool is_recent_own;
	struct known *known; /* SQLite: of the writer; NULL in a snapshot */
	int64_t opened_us;
};

/* How far the clock of a node that makes ids may be from another's or the database's, at
 * most, ms: whoever looks for rows of a time by their ids begins that much before it. */
#define ID_SKEW_MS INT64_C(3600000)

/* Sums of a transaction's changes to counters, written once before commit. */
#define TX_COUNTERS_MAX 64

struct tx_counter {
	int64_t workspace;
	const char *name; /* a constant */
	int64_t change;
};

/* Head of a workspace's audit chain, read at first use, written before commit. */
struct tx_chain {
	int64_t workspace, seq;
	unsigned char head[32];
	bool is_changed;
};
#define TX_CHAINS_MAX 8

struct tx {
	struct view view;        /* view.arena is the running unit's */
	struct store *store;
	int64_t now;
	struct tx_counter counters[TX_COUNTERS_MAX];
	size_t ncounters;
	int counters_rc; /* -1 once writing them has failed; said by tx_flush */
	struct tx_chain chains[TX_CHAINS_MAX];
	size_t nchains;
	bool wakes[WAKE_TOPICS];
};

const char *store_uri(const struct store *store);
struct node *store_node(struct store *store);
struct readers *store_readers(struct store *store);
struct recent *store_recent(struct store *store); /* the writer's; NULL: not SQLite */
struct known *store_known(struct store *store);   /* the same */
int64_t store_waiting(const struct store *store); /* units not yet started */

struct hash_keys *store_hash_keys(struct store *store);
struct hash_keys *hash_keys_new(void);
void hash_keys_free(struct hash_keys *keys);

/* Adds `change` to a counter of the workspace ("queue.pending"). */
void tx_count(struct tx *tx, int64_t workspace, const char *name, int64_t change);

/* A counter as it was last written; 0 when it was never counted. Inside a transaction
 * its own changes are not yet in it. */
int counter_get(struct view *view, int64_t workspace, const char *name, int64_t *value,
		struct error *err);

/* Makes *tx anew and begins. On a shared database it then holds the workspace's head row
 * (if there is that workspace) and takes its time from the database. A schema that is
 * newer than this program is DB_FATAL: another node has migrated. */
int tx_begin(struct tx *tx, struct store *store, struct db *db, int64_t workspace,
	     struct error *err);

/* Writes what is collected in tx: counters and chain heads. Called before commit. */
int tx_flush(struct tx *tx, struct error *err);

/* What is kept in memory beside the tables goes with them: after the commit, or after the
 * transaction was rolled back. */
void tx_kept(struct tx *tx);
void tx_undone(struct tx *tx);

int tx_flush_counters(struct tx *tx, struct error *err);
int tx_flush_chains(struct tx *tx, struct error *err);

/* The chain of a workspace, read and locked at first use. NULL and ERR_NOT_FOUND when
 * there is no such workspace. */
struct tx_chain *tx_chain(struct tx *tx, int64_t workspace, struct error *err);

/* The migrations, in order; the texts are the files under migrations/, built in. */
struct migration {
	int number;
	const char *name, *sql;
};
extern const struct migration store_migrations[];
extern const size_t store_nmigrations;

/* Does every migration that the store has no record of, in a transaction of its own, and
 * records it in schema_migration (number, name, at). Errors: ERR_CONFLICT when the store
 * is newer than the program. */
int store_migrate(struct db *db, int64_t now, struct error *err);

/* What an installation is, once it was opened. */
struct installation {
	int64_t id;
	struct hash_key audit_key, heads_key; /* of the chains, and of their signed heads */
};

/* Finds or makes the installation and workspace 1, "default". Errors: ERR_DENIED when
 * the keyring is not the one the store was made with, or lacks the key that it is sealed
 * under. */
int installation_open(struct db *db, const struct keyring *keyring, int64_t now,
		      struct installation *installation, struct error *err);

/* Where sealed values stand: what each is bound to. */
const char *place_of_installation(struct arena *arena, int64_t installation,
				  const char *column);
const char *place_of_hash_key(struct arena *arena, int64_t workspace);
const char *place_of_secret(struct arena *arena, int64_t workspace, int64_t owner,
			    const char *name, const char *origins);

/* Adds a workspace with a new hash key, sealed; 1 added, 0 it is there. */
int workspace_add(struct db *db, const struct keyring *keyring, int64_t id,
		  const char *name, int64_t now, struct error *err);

#endif
