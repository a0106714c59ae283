/* internal.h - what store/'s files share. Private to store/. Threads: one at a time. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/db.h"
#include "store/store.h"

struct view {
	struct db *db;
	struct arena *arena;
	struct store *store;
};

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
	struct tx_chain chains[TX_CHAINS_MAX];
	size_t nchains;
	bool wakes[8];
};

/* Adds `change` to a counter of the workspace ("queue.pending"). */
void tx_count(struct tx *tx, int64_t workspace, const char *name, int64_t change);

/* Writes what is collected in tx: counters and chain heads. Called before commit. */
int tx_flush(struct tx *tx, struct error *err);

/* The migrations, in order; the texts are the files under migrations/, built in. */
struct migration {
	int number;
	const char *name, *sql;
};
extern const struct migration store_migrations[];
extern const size_t store_nmigrations;

/* Brings the schema to the newest number; each migration in a transaction of its own,
 * recorded in schema_migration (number, name, at). Errors: ERR_CONFLICT when the store
 * is newer than the program. */
int store_migrate(struct db *db, int64_t now, struct error *err);

#endif
