/* tx.c - what a unit sees of its transaction. Threads: the committer. */
#include <string.h>

#include "base/clock.h"
#include "store/identities.h"
#include "store/node.h"

struct arena *tx_arena(struct tx *tx)
{
	return tx->view.arena;
}

int64_t tx_now(const struct tx *tx)
{
	return tx->now;
}

int64_t tx_id(struct tx *tx)
{
	return id_next(store_ids(tx->store), tx->now);
}

struct view *tx_view(struct tx *tx)
{
	return &tx->view;
}

const struct keyring *tx_keyring(struct tx *tx)
{
	return store_keyring(tx->store);
}

void tx_wake(struct tx *tx, enum wake_topic topic)
{
	tx->wakes[topic] = true;
}

static int stop_if_newer(struct tx *tx, int64_t schema, struct error *err)
{
	if (schema <= store_migrations[store_nmigrations - 1].number)
		return 0;
	tx->view.db->failure = DB_FATAL;
	return error_set(err, ERR_CONFLICT, "another node has migrated the store to schema %lld",
			 (long long)schema);
}

static void read_chain(struct tx_chain *chain, int64_t workspace, struct db_rows *rows)
{
	struct db_value head = rows->db->driver->column(rows, 1);

	*chain = (struct tx_chain){ .workspace = workspace, .seq = db_column_int(rows, 0) };
	if (head.len == sizeof(chain->head))
		memcpy(chain->head, head.bytes, sizeof(chain->head));
}

/* Gives units of one workspace one order among all nodes, and spares the first audit
 * entry its look at the chain. 1 locked, 0 no such workspace, -1. */
static int lock_workspace(struct tx *tx, int64_t workspace, struct error *err)
{
	struct db_rows *rows;
	int rc;

	if (db_query(tx->view.db,
		     "SELECT w.audit_seq, w.audit_head, {NOW_MS},"
		     " (SELECT max(number) FROM schema_migration)"
		     " FROM workspace w WHERE w.id = $1 {FOR_UPDATE}",
		     DB_VALUES(db_int(workspace)), &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1) {
		read_chain(&tx->chains[tx->nchains++], workspace, rows);
		tx->now = db_column_int(rows, 2);
		rc = stop_if_newer(tx, db_column_int(rows, 3), err) < 0 ? -1 : 1;
	}
	db_done(rows);
	return rc;
}

static int ask_time(struct tx *tx, struct error *err)
{
	return db_find_int(tx->view.db, "SELECT {NOW_MS}", DB_NONE, &tx->now, err);
}

int tx_begin(struct tx *tx, struct store *store, struct db *db, int64_t workspace,
	     struct error *err)
{
	int rc;

	*tx = (struct tx){
		.view = { .db = db, .store = store, .recent = store_recent(store),
			  .known = store_known(store) },
		.store = store,
	};
	if (node_keep(db, store_node(store), err) < 0)
		return -1;
	if (db_begin(db, err) < 0)
		return -1;
	if (db->driver == &db_sqlite) {
		tx->now = clock_now();
		return 0;
	}
	rc = workspace ? lock_workspace(tx, workspace, err) : 0;
	if (rc == 0)
		rc = ask_time(tx, err);
	return rc < 0 ? -1 : 0;
}

int tx_flush(struct tx *tx, struct error *err)
{
	if (tx->counters_rc < 0 || tx_flush_counters(tx, err) < 0 ||
	    identities_settle_some(tx, err) < 0)
		return -1;
	return tx_flush_chains(tx, err);
}

void tx_kept(struct tx *tx)
{
	if (tx->view.recent)
		recent_keep(tx->view.recent);
}

void tx_undone(struct tx *tx)
{
	if (tx->view.recent)
		recent_undo(tx->view.recent);
}

/* ---- Heads of audit chains ---- */

static int find_chain(struct tx *tx, struct tx_chain *chain, int64_t workspace,
		      struct error *err)
{
	struct db_rows *rows;
	int rc;

	if (db_query(tx->view.db,
		     "SELECT audit_seq, audit_head FROM workspace WHERE id = $1 {FOR_UPDATE}",
		     DB_VALUES(db_int(workspace)), &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1)
		read_chain(chain, workspace, rows);
	db_done(rows);
	if (rc == 0)
		error_set(err, ERR_NOT_FOUND, "no such workspace");
	return rc == 1 ? 0 : -1;
}

struct tx_chain *tx_chain(struct tx *tx, int64_t workspace, struct error *err)
{
	struct tx_chain *chain;

	for (size_t i = 0; i < tx->nchains; i++)
		if (tx->chains[i].workspace == workspace)
			return &tx->chains[i];
	if (tx->nchains == TX_CHAINS_MAX) {
		if (tx_flush_chains(tx, err) < 0)
			return NULL;
		tx->nchains = 0;
	}
	chain = &tx->chains[tx->nchains];
	if (find_chain(tx, chain, workspace, err) < 0)
		return NULL;
	tx->nchains++;
	return chain;
}

int tx_flush_chains(struct tx *tx, struct error *err)
{
	for (size_t i = 0; i < tx->nchains; i++) {
		struct tx_chain *chain = &tx->chains[i];

		if (!chain->is_changed)
			continue;
		if (db_write(tx->view.db,
			     "UPDATE workspace SET audit_seq = $2, audit_head = $3 WHERE id = $1",
			     DB_VALUES(db_int(chain->workspace), db_int(chain->seq),
				       db_bytes(chain->head, sizeof(chain->head))),
			     err) < 0)
			return -1;
		chain->is_changed = false;
	}
	return 0;
}
