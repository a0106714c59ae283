/* reseal.c - seals anew what an older master key sealed. Threads: one at a time; units run
 * in the committer.
 *
 * A value that another unit writes meanwhile is sealed under the first key already: each
 * row is changed only if it still holds what was opened. What is kept does not change, so
 * there is no audit entry. */
#include "store/reseal.h"

#include <string.h>

#include "base/attributes.h"
#include "store/internal.h"

const char *const reseal_columns[] = {
	"secret.sealed",	  "workspace.hash_key",	   "installation.audit_key",
	"installation.heads_key", "installation.key_check", NULL,
};

/* A sealed value and where it stands. */
struct old {
	int64_t workspace, owner; /* of an installation's: its id in `workspace` */
	const char *name, *origins;
	const void *sealed;
	size_t len;
};

struct kind {
	const char *select; /* workspace, owner, name, origins, sealed; $1 head, $2 limit */
	const char *update; /* $1 new, $2 old, $3 workspace, $4 owner, $5 name */
	const char *column; /* of the installation, else NULL */
};

/* In the order in which they are done. */
static const struct kind kinds[] = {
	{ "SELECT workspace, owner, name, origins, sealed FROM secret"
	  " WHERE substr(sealed, 1, 5) <> $1 LIMIT $2",
	  "UPDATE secret SET sealed = $1 WHERE sealed = $2 AND workspace = $3 AND owner = $4"
	  " AND name = $5",
	  NULL },
	{ "SELECT id, 0, '', '', hash_key FROM workspace"
	  " WHERE substr(hash_key, 1, 5) <> $1 LIMIT $2",
	  "UPDATE workspace SET hash_key = $1 WHERE hash_key = $2 AND id = $3"
	  " AND CAST($4 AS BIGINT) = 0 AND CAST($5 AS TEXT) = ''",
	  NULL },
	{ "SELECT id, 0, '', '', audit_key FROM installation"
	  " WHERE substr(audit_key, 1, 5) <> $1 LIMIT $2",
	  "UPDATE installation SET audit_key = $1 WHERE audit_key = $2 AND id = $3"
	  " AND CAST($4 AS BIGINT) = 0 AND CAST($5 AS TEXT) = ''",
	  "audit_key" },
	{ "SELECT id, 0, '', '', heads_key FROM installation"
	  " WHERE substr(heads_key, 1, 5) <> $1 LIMIT $2",
	  "UPDATE installation SET heads_key = $1 WHERE heads_key = $2 AND id = $3"
	  " AND CAST($4 AS BIGINT) = 0 AND CAST($5 AS TEXT) = ''",
	  "heads_key" },
	{ "SELECT id, 0, '', '', key_check FROM installation"
	  " WHERE substr(key_check, 1, 5) <> $1 LIMIT $2",
	  "UPDATE installation SET key_check = $1 WHERE key_check = $2 AND id = $3"
	  " AND CAST($4 AS BIGINT) = 0 AND CAST($5 AS TEXT) = ''",
	  "key_check" },
};

static const char *place_of(struct arena *arena, const struct kind *kind,
			    const struct old *old)
{
	if (kind->column)
		return place_of_installation(arena, old->workspace, kind->column);
	if (*old->name)
		return place_of_secret(arena, old->workspace, old->owner, old->name,
				       old->origins);
	return place_of_hash_key(arena, old->workspace);
}

static int find_old(struct tx *tx, const struct kind *kind, struct old *found, int max,
		    struct error *err)
{
	unsigned char head[SEAL_HEAD_SIZE];
	struct db_rows *rows;
	int count = 0, rc;

	seal_head(tx_keyring(tx), head);
	if (db_query(tx_view(tx)->db, kind->select,
		     DB_VALUES(db_bytes(head, sizeof(head)), db_int(max)), &rows, err) < 0)
		return -1;
	while ((rc = db_next(rows, err)) == 1) {
		struct old *old = &found[count++];

		old->workspace = db_column_int(rows, 0);
		old->owner = db_column_int(rows, 1);
		old->name = db_column_text(rows, 2, tx_arena(tx));
		old->origins = db_column_text(rows, 3, tx_arena(tx));
		old->sealed = db_column_bytes(rows, 4, tx_arena(tx), &old->len);
	}
	db_done(rows);
	return rc < 0 ? -1 : count;
}

static int seal_anew(struct tx *tx, const struct kind *kind, const struct old *old,
		     struct error *err)
{
	const char *place = place_of(tx_arena(tx), kind, old);
	struct secret secret;
	unsigned char *sealed;
	size_t len;

	if (seal_open(tx_keyring(tx), place, old->sealed, old->len, &secret, err) < 0)
		return -1;
	sealed = seal(tx_arena(tx), tx_keyring(tx), place, secret.text, secret.len, &len);
	secret_close(&secret);
	return db_write(tx_view(tx)->db, kind->update,
			DB_VALUES(db_bytes(sealed, len), db_bytes(old->sealed, old->len),
				  db_int(old->workspace), db_int(old->owner),
				  db_text(old->name)),
			err);
}

/* One kind a unit: the next begins only when nothing of this one is left. */
static int reseal_run(struct tx *tx, void *context, struct error *err)
{
	int max = *(const int *)context;
	struct old *found = arena_array(tx_arena(tx), (size_t)max, sizeof(*found));
	int count = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && count == 0; i++) {
		count = find_old(tx, &kinds[i], found, max, err);
		for (int j = 0; j < count; j++)
			if (seal_anew(tx, &kinds[i], &found[j], err) < 0)
				return error_wrap(err, "sealing anew");
	}
	return count;
}

int store_reseal(struct store *store, int max, struct error *err)
{
	return store_run(store, URGENCY_BULK, 0, reseal_run, &max, err);
}

int store_sealed_old(struct view *view, int64_t *count, struct error *err)
{
	unsigned char head[SEAL_HEAD_SIZE];

	seal_head(store_keyring(view->store), head);
	return db_find_int(view->db,
			   "SELECT (SELECT count(*) FROM secret"
			   " WHERE substr(sealed, 1, 5) <> $1)"
			   " + (SELECT count(*) FROM workspace"
			   " WHERE substr(hash_key, 1, 5) <> $1)"
			   " + (SELECT count(*) FROM installation"
			   " WHERE substr(audit_key, 1, 5) <> $1)"
			   " + (SELECT count(*) FROM installation"
			   " WHERE substr(heads_key, 1, 5) <> $1)"
			   " + (SELECT count(*) FROM installation"
			   " WHERE substr(key_check, 1, 5) <> $1)",
			   DB_VALUES(db_bytes(head, sizeof(head))), count, err) < 0 ?
		       -1 :
		       0;
}
