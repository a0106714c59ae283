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

static const char *place_of_check(struct arena *arena, int64_t installation)
{
	return arena_printf(arena, "0|installation|%lld|key_check|", (long long)installation);
}

static int add(struct db *db, struct arena *arena, const struct keyring *keyring, int64_t now,
	       int64_t *installation, struct error *err)
{
	unsigned char *sealed;
	size_t len;

	*installation = random_id();
	sealed = seal(arena, keyring, place_of_check(arena, *installation), CHECK, strlen(CHECK),
		      &len);
	return db_write(db,
			"INSERT INTO installation (id, created_at, key_check)"
			" VALUES ($1, $2, $3)",
			DB_VALUES(db_int(*installation), db_int(now), db_bytes(sealed, len)), err);
}

/* 1 found and the keyring is its own, 0 there is none yet, -1. */
static int find(struct db *db, struct arena *arena, const struct keyring *keyring,
		int64_t *installation, struct error *err)
{
	struct secret secret;
	struct db_rows *rows;
	const void *sealed = NULL;
	size_t len = 0;
	int rc;

	if (db_query(db, "SELECT id, key_check FROM installation", DB_NONE, &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1) {
		*installation = db_column_int(rows, 0);
		sealed = db_column_bytes(rows, 1, arena, &len);
	}
	db_done(rows);
	if (rc != 1)
		return rc;
	if (seal_open(keyring, place_of_check(arena, *installation), sealed, len, &secret, NULL) <
	    0)
		return error_set(err, ERR_DENIED,
				 "the master key is not the one this store was made with: give it "
				 "the master.key that belongs to it");
	secret_close(&secret);
	return 1;
}

/* Who adds the first workspace adds the installation: of two processes that open a
 * shared store at once, the other waits for the workspace's row. */
static int open_in_transaction(struct db *db, struct arena *arena,
			       const struct keyring *keyring, int64_t now,
			       int64_t *installation, struct error *err)
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
		      int64_t *installation, struct error *err)
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
