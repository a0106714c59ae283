/* installation.c - what a new store holds: who it is, and its first workspace. Threads:
 * one at a time. */
#include <sodium.h>
#include <string.h>

#include "store/internal.h"

#define CHECK "fairlead"

static int64_t random_id(void)
{
	int64_t id;

	randombytes_buf(&id, sizeof(id));
	return (id & INT64_MAX) | 1;
}

const char *place_of_installation(struct arena *arena, int64_t installation,
				  const char *column)
{
	return arena_printf(arena, "0|installation|%lld|%s|", (long long)installation, column);
}

/* ---- Keys of its own ---- */

struct sealed {
	const void *bytes;
	size_t len;
};

static struct sealed seal_key(struct arena *arena, const struct keyring *keyring,
			      const struct installation *installation, const char *column,
			      const struct hash_key *key)
{
	struct sealed sealed;

	sealed.bytes = seal(arena, keyring,
			    place_of_installation(arena, installation->id, column), key->bytes,
			    sizeof(key->bytes), &sealed.len);
	return sealed;
}

static int open_key(struct arena *arena, const struct keyring *keyring,
		    const struct installation *installation, const char *column,
		    struct sealed sealed, struct hash_key *key, struct error *err)
{
	struct secret secret;
	int rc = 0;

	if (seal_open(keyring, place_of_installation(arena, installation->id, column),
		      sealed.bytes, sealed.len, &secret, err) < 0)
		return error_wrap(err, "%s", column);
	if (secret.len == sizeof(key->bytes))
		memcpy(key->bytes, secret.text, sizeof(key->bytes));
	else
		rc = error_set(err, ERR_INTERNAL, "%s has another length", column);
	secret_close(&secret);
	return rc;
}

/* A store from before it had keys of its own signed with keys derived from its oldest
 * master key: those become its own. */
static int adopt_keys(struct db *db, struct arena *arena, const struct keyring *keyring,
		      struct installation *installation, struct error *err)
{
	struct sealed audit, heads;

	keyring_derive(keyring, "audit", &installation->audit_key);
	keyring_derive(keyring, "heads", &installation->heads_key);
	audit = seal_key(arena, keyring, installation, "audit_key", &installation->audit_key);
	heads = seal_key(arena, keyring, installation, "heads_key", &installation->heads_key);
	return db_write(db, "UPDATE installation SET audit_key = $1, heads_key = $2",
			DB_VALUES(db_bytes(audit.bytes, audit.len),
				  db_bytes(heads.bytes, heads.len)),
			err);
}

static int add(struct db *db, struct arena *arena, const struct keyring *keyring, int64_t now,
	       struct installation *installation, struct error *err)
{
	struct sealed check, audit, heads;

	installation->id = random_id();
	installation->audit_key = hash_key_new();
	installation->heads_key = hash_key_new();
	check.bytes = seal(arena, keyring,
			   place_of_installation(arena, installation->id, "key_check"), CHECK,
			   strlen(CHECK), &check.len);
	audit = seal_key(arena, keyring, installation, "audit_key", &installation->audit_key);
	heads = seal_key(arena, keyring, installation, "heads_key", &installation->heads_key);
	return db_write(db,
			"INSERT INTO installation (id, created_at, key_check, audit_key,"
			" heads_key) VALUES ($1, $2, $3, $4, $5)",
			DB_VALUES(db_int(installation->id), db_int(now),
				  db_bytes(check.bytes, check.len),
				  db_bytes(audit.bytes, audit.len),
				  db_bytes(heads.bytes, heads.len)),
			err);
}

/* ---- Finding it ---- */

struct row {
	struct sealed check, audit, heads;
};

static struct sealed sealed_column(struct db_rows *rows, int index, struct arena *arena)
{
	struct sealed sealed = { NULL, 0 };

	if (!db_column_is_null(rows, index))
		sealed.bytes = db_column_bytes(rows, index, arena, &sealed.len);
	return sealed;
}

static int read_row(struct db *db, struct arena *arena, struct installation *installation,
		    struct row *row, struct error *err)
{
	struct db_rows *rows;
	int rc;

	if (db_query(db, "SELECT id, key_check, audit_key, heads_key FROM installation", DB_NONE,
		     &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1) {
		installation->id = db_column_int(rows, 0);
		row->check = sealed_column(rows, 1, arena);
		row->audit = sealed_column(rows, 2, arena);
		row->heads = sealed_column(rows, 3, arena);
	}
	db_done(rows);
	return rc;
}

/* Another key of the same number does not open it; a number that is not there was taken
 * out of the file too early, or belongs to another store. */
static int check_key(struct arena *arena, const struct keyring *keyring,
		     const struct installation *installation, struct sealed check,
		     struct error *err)
{
	const char *place = place_of_installation(arena, installation->id, "key_check");
	uint32_t id = seal_key_id(check.bytes, check.len);
	struct secret secret;

	if (seal_open(keyring, place, check.bytes, check.len, &secret, NULL) == 0) {
		secret_close(&secret);
		return 0;
	}
	for (size_t i = 0; i < keyring->count; i++)
		if (keyring->keys[i].id == id)
			return error_set(err, ERR_DENIED,
					 "the master key is not the one this store was made "
					 "with: give it the master.key that belongs to it");
	return error_set(err, ERR_DENIED,
			 "the store is sealed under master key %lu, which is not in master.key: "
			 "put its line back, below the new one, or give the store its own file",
			 (unsigned long)id);
}

/* 1 found and the keyring is its own, 0 there is none yet, -1. */
static int find(struct db *db, struct arena *arena, const struct keyring *keyring,
		struct installation *installation, struct error *err)
{
	struct row row;
	int rc = read_row(db, arena, installation, &row, err);

	if (rc != 1)
		return rc;
	if (check_key(arena, keyring, installation, row.check, err) < 0)
		return -1;
	if (!row.audit.bytes || !row.heads.bytes)
		return adopt_keys(db, arena, keyring, installation, err) < 0 ? -1 : 1;
	if (open_key(arena, keyring, installation, "audit_key", row.audit,
		     &installation->audit_key, err) < 0 ||
	    open_key(arena, keyring, installation, "heads_key", row.heads,
		     &installation->heads_key, err) < 0)
		return -1;
	return 1;
}

/* Who adds the first workspace adds the installation: of two processes that open a
 * shared store at once, the other waits for the workspace's row. */
static int open_in_transaction(struct db *db, struct arena *arena,
			       const struct keyring *keyring, int64_t now,
			       struct installation *installation, struct error *err)
{
	int rc = find(db, arena, keyring, installation, err);

	if (rc != 0)
		return rc;
	rc = workspace_add(db, keyring, 1, "default", now, err);
	if (rc < 0)
		return -1;
	if (rc == 1)
		return add(db, arena, keyring, now, installation, err);
	rc = find(db, arena, keyring, installation, err);
	if (rc == 0)
		return error_set(err, ERR_INTERNAL, "the store has no installation row");
	return rc;
}

int installation_open(struct db *db, const struct keyring *keyring, int64_t now,
		      struct installation *installation, struct error *err)
{
	struct arena *arena = arena_new();
	int rc = -1;

	if (db_begin(db, err) < 0)
		goto out;
	rc = open_in_transaction(db, arena, keyring, now, installation, err);
	if (rc >= 0)
		rc = db_commit(db, err);
	if (rc < 0)
		db_rollback(db);
out:
	arena_free(arena);
	return rc < 0 ? -1 : 0;
}
