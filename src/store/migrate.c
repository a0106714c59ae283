/* migrate.c - brings the schema to what this program knows. Threads: one at a time.
 *
 * A migration and its record are one transaction, so a process that dies in between
 * starts it again. Each is recorded by itself: which are missing is asked, not which is the
 * newest, for of two that were written side by side the lower number may come later. Two processes that open a shared store at once meet at the record:
 * the second waits for it, is told that it is there, and looks again. */
#include "base/clock.h"
#include "store/internal.h"

#define TRIES 20

static int newest_of_store(struct db *db, int64_t *number, struct error *err)
{
	*number = 0;
	return db_find_int(db, "SELECT coalesce(max(number), 0) FROM schema_migration", DB_NONE,
			   number, err);
}

static int record(struct db *db, const struct migration *migration, int64_t now,
		  struct error *err)
{
	struct db_rows *rows;

	/* A query, not a write: whether we are the one must be known before the script. */
	if (db_query(db,
		     "INSERT INTO schema_migration (number, name, at) VALUES ($1, $2, $3)"
		     " RETURNING number",
		     DB_VALUES(db_int(migration->number), db_text(migration->name),
			       db_int(now)),
		     &rows, err) < 0)
		return -1;
	db_done(rows);
	return 0;
}

static int create_record(struct db *db, struct error *err)
{
	return db_script(db,
			 "CREATE TABLE IF NOT EXISTS schema_migration ("
			 " number BIGINT PRIMARY KEY, name TEXT NOT NULL, at BIGINT NOT NULL)",
			 err);
}

static int check_not_newer(struct db *db, struct error *err)
{
	int newest = store_migrations[store_nmigrations - 1].number;
	int64_t number;

	if (newest_of_store(db, &number, err) < 0)
		return -1;
	if (number > newest)
		return error_set(err, ERR_CONFLICT,
				 "the store has schema %lld, this program knows %d: use the newer "
				 "program that it was last opened with",
				 (long long)number, newest);
	return 0;
}

static int is_done(struct db *db, const struct migration *migration, struct error *err)
{
	int64_t number;

	return db_find_int(db, "SELECT number FROM schema_migration WHERE number = $1",
			   DB_VALUES(db_int(migration->number)), &number, err);
}

/* Does the first migration that is not there yet; 1 done, 0 none is missing, -1. */
static int migrate_one(struct db *db, int64_t now, struct error *err)
{
	if (create_record(db, err) < 0 || check_not_newer(db, err) < 0)
		return -1;
	for (size_t i = 0; i < store_nmigrations; i++) {
		const struct migration *migration = &store_migrations[i];
		int done = is_done(db, migration, err);

		if (done < 0)
			return -1;
		if (done)
			continue;
		if (record(db, migration, now, err) < 0 ||
		    db_script(db, migration->sql, err) < 0)
			return error_wrap(err, "migration %s", migration->name);
		return 1;
	}
	return 0;
}

int store_migrate(struct db *db, int64_t now, struct error *err)
{
	int tries = 0, rc;

	do {
		if (db_begin(db, err) < 0)
			return -1;
		rc = migrate_one(db, now, err);
		if (rc >= 0 && db_commit(db, err) < 0)
			rc = -1;
		if (rc < 0)
			db_rollback(db);
		if (rc < 0 && db->failure == DB_AGAIN && tries++ < TRIES)
			rc = 1;
	} while (rc > 0);
	return rc;
}
