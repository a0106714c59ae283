/* identities.c - finds leads by their keys, and writes those keys. Threads: see store.h. */
#include "store/identities.h"

#include <string.h>

/* How many may be unsettled: with more of them, more of those settled together are
 * neighbours; 64 bytes of memory and a row to be read at the start each. */
#define UNSETTLED 65536
#define SETTLED_AT_ONCE 1024 /* not at each commit: see identities_settle_some() */
#define MANY 4096            /* while nothing else waits: about 50 ms */
#define NOT_WORTH_IT 1024    /* rows of the list */
#define LEARNT_AT_ONCE 8192  /* rows of the index: some ms */

static bool is_listed(const struct tx *tx)
{
	return tx->view.recent != NULL;
}

/* ---- Reading ---- */

struct recent *identities_load(struct db *db, struct error *err)
{
	struct recent *recent = recent_new();
	struct db_rows *rows;
	int more;

	if (db_query(db, "SELECT seq, workspace, hash, lead, state FROM identity_recent "
			 "ORDER BY seq",
		     DB_NONE, &rows, err) < 0) {
		recent_free(recent);
		return NULL;
	}
	while ((more = db_next(rows, err)) == 1) {
		struct recent_identity e = {
			.seq = db_column_int(rows, 0),
			.workspace = db_column_int(rows, 1),
			.lead = db_column_int(rows, 3),
			.state = (int)db_column_int(rows, 4),
		};
		struct db_value hash = db->driver->column(rows, 2);

		if (hash.len != sizeof(e.hash.bytes))
			continue;
		memcpy(e.hash.bytes, hash.bytes, hash.len);
		recent_add(recent, &e);
	}
	db_done(rows);
	if (more < 0) {
		recent_free(recent);
		return NULL;
	}
	recent_keep(recent);
	return recent;
}

/* A snapshot reads the list for itself: the writer's is of another time. */
static int find_recent(struct view *view, struct error *err)
{
	if (view->recent || view->db->driver != &db_sqlite)
		return 0;
	view->recent = identities_load(view->db, err);
	view->is_recent_own = true;
	return view->recent ? 0 : -1;
}

/* Puts the lead at its place among those so far; the highest falls out. */
static void insert(int64_t *leads, size_t max, size_t *count, int64_t lead)
{
	size_t at = 0;

	while (at < *count && leads[at] < lead)
		at++;
	if (at == max || (at < *count && leads[at] == lead))
		return;
	if (*count < max)
		(*count)++;
	memmove(&leads[at + 1], &leads[at], (*count - at - 1) * sizeof(*leads));
	leads[at] = lead;
}

static int read_index(struct view *view, int64_t workspace, const struct hash16 *hash,
		      int64_t *leads, size_t max, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	if (view->known && !known_may_have(view->known, hash))
		return 0;
	if (db_query(view->db,
		     "SELECT lead FROM identity WHERE workspace = $1 AND hash = $2 "
		     "ORDER BY lead LIMIT $3",
		     DB_VALUES(db_int(workspace), db_bytes(hash->bytes, HASH16_SIZE),
			       db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		insert(leads, max, count, db_column_int(rows, 0));
	db_done(rows);
	return more;
}

int identity_leads(struct view *view, int64_t workspace, const struct hash16 *hash,
		   int64_t *leads, size_t max, size_t *count, struct error *err)
{
	struct recent_identity *e;

	*count = 0;
	if (find_recent(view, err) < 0 ||
	    read_index(view, workspace, hash, leads, max, count, err) < 0)
		return -1;
	e = view->recent ? recent_newest(view->recent, workspace, hash) : NULL;
	for (; e; e = recent_older(view->recent, e))
		if (!e->is_settled)
			insert(leads, max, count, e->lead);
	return 0;
}

/* ---- Writing ---- */

static int write_index(struct tx *tx, int64_t workspace, const struct hash16 *hash,
		       int64_t lead, int state, struct error *err)
{
	if (tx->view.known)
		known_add(tx->view.known, hash);
	return db_write(tx->view.db,
			"INSERT INTO identity (workspace, hash, lead, state) "
			"VALUES ($1, $2, $3, $4) ON CONFLICT (workspace, hash, lead) "
			"DO UPDATE SET state = excluded.state",
			DB_VALUES(db_int(workspace), db_bytes(hash->bytes, HASH16_SIZE),
				  db_int(lead), db_int(state)),
			err);
}

int identity_add(struct tx *tx, const struct lead *lead, const struct identity *identity,
		 struct error *err)
{
	struct recent_identity e = { .workspace = lead->workspace, .lead = lead->id,
				     .hash = identity->hash, .state = (int)identity->state };

	if (!is_listed(tx))
		return write_index(tx, e.workspace, &e.hash, e.lead, e.state, err);
	e.seq = recent_next_seq(tx->view.recent);
	recent_add(tx->view.recent, &e);
	return db_write(tx->view.db,
			"INSERT INTO identity_recent (seq, workspace, hash, lead, state) "
			"VALUES ($1, $2, $3, $4, $5)",
			DB_VALUES(db_int(e.seq), db_int(e.workspace),
				  db_bytes(e.hash.bytes, HASH16_SIZE), db_int(e.lead),
				  db_int(e.state)),
			err);
}

/* What the list says of a key and lead is out of date, and must not come back with it when
 * the list is read again. */
static int drop_listed(struct tx *tx, const struct lead *lead,
		       const struct identity *identity, struct error *err)
{
	struct recent *recent = tx->view.recent;
	struct recent_identity *e;

	if (!is_listed(tx))
		return 0;
	e = recent_newest(recent, lead->workspace, &identity->hash);
	for (; e; e = recent_older(recent, e)) {
		if (e->lead != lead->id)
			continue;
		recent_settle(recent, e);
		if (db_write(tx->view.db, "DELETE FROM identity_recent WHERE seq = $1",
			     DB_VALUES(db_int(e->seq)), err) < 0)
			return -1;
	}
	return 0;
}

int identity_write(struct tx *tx, const struct lead *lead, const struct identity *identity,
		   struct error *err)
{
	if (drop_listed(tx, lead, identity, err) < 0)
		return -1;
	return write_index(tx, lead->workspace, &identity->hash, lead->id,
			   (int)identity->state, err);
}

int identity_drop(struct tx *tx, const struct lead *lead, const struct identity *identity,
		  struct error *err)
{
	if (drop_listed(tx, lead, identity, err) < 0)
		return -1;
	return db_write(tx->view.db,
			"DELETE FROM identity WHERE workspace = $1 AND hash = $2 AND lead = $3",
			DB_VALUES(db_int(lead->workspace),
				  db_bytes(identity->hash.bytes, HASH16_SIZE),
				  db_int(lead->id)),
			err);
}

/* ---- What is known ---- */

/* What is written meanwhile is added by who writes it, so it does not matter that the pieces
 * are of different times. */
int identities_learn_some(struct db *db, struct known *known, struct known_place *from,
			  struct error *err)
{
	struct db_rows *rows;
	int more, count = 0;

	if (db_query(db,
		     "SELECT workspace, hash FROM identity WHERE (workspace, hash) > ($1, $2) "
		     "ORDER BY workspace, hash LIMIT $3",
		     DB_VALUES(db_int(from->workspace), db_bytes(from->hash.bytes, HASH16_SIZE),
			       db_int(LEARNT_AT_ONCE)),
		     &rows, err) < 0)
		return -1;
	for (; (more = db_next(rows, err)) == 1; count++) {
		struct db_value hash = db->driver->column(rows, 1);

		from->workspace = db_column_int(rows, 0);
		if (hash.len == sizeof(from->hash.bytes)) {
			memcpy(from->hash.bytes, hash.bytes, hash.len);
			known_add(known, &from->hash);
		}
	}
	db_done(rows);
	if (more < 0)
		return -1;
	if (count == LEARNT_AT_ONCE)
		return 1;
	known_complete(known);
	return 0;
}

/* ---- Settling ---- */

static int settle(struct tx *tx, size_t max, struct error *err)
{
	struct recent *recent = tx->view.recent;
	struct recent_identity *e;

	for (size_t i = 0; i < max && (e = recent_sweep(recent)); i++) {
		if (write_index(tx, e->workspace, &e->hash, e->lead, e->state, err) < 0)
			return -1;
		recent_settle(recent, e);
	}
	return 0;
}

static int prune(struct tx *tx, size_t max, struct error *err)
{
	int64_t until = recent_prune(tx->view.recent, max);

	if (!until)
		return 0;
	return db_write(tx->view.db, "DELETE FROM identity_recent WHERE seq <= $1",
			DB_VALUES(db_int(until)), err);
}

/* Many at a time, though not for the sake of the pages: to put a page between others SQLite
 * moves it to a number far away for a moment, and then looks through its whole cache at the
 * commit for pages beyond the end of the file. */
int identities_settle_some(struct tx *tx, struct error *err)
{
	struct recent *recent = tx->view.recent;
	size_t most;

	if (!is_listed(tx) || recent_added(recent) == 0 ||
	    recent_unsettled(recent) < UNSETTLED + SETTLED_AT_ONCE)
		return 0;
	most = 2 * recent_added(recent) + SETTLED_AT_ONCE;
	if (settle(tx, most, err) < 0)
		return -1;
	return prune(tx, 2 * most, err);
}

int identities_settle_many(struct tx *tx, struct error *err)
{
	if (settle(tx, MANY, err) < 0)
		return -1;
	return prune(tx, MANY, err);
}

bool identities_are_many(const struct recent *recent)
{
	return recent && recent_rows(recent) > NOT_WORTH_IT;
}
