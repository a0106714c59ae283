/* db.c - the little that SQLite and PostgreSQL share. Threads: one at a time. */
#include "store/db.h"

#include <string.h>

#include "base/text.h"

struct db_value db_null(void)
{
	return (struct db_value){ .type = DB_NULL };
}

struct db_value db_int(int64_t number)
{
	return (struct db_value){ .type = DB_INT, .number = number };
}

struct db_value db_text(const char *text)
{
	if (!text)
		return db_null();
	return (struct db_value){ .type = DB_TEXT, .bytes = text, .len = strlen(text) };
}

struct db_value db_bytes(const void *bytes, size_t len)
{
	if (!bytes)
		return db_null();
	return (struct db_value){ .type = DB_BYTES, .bytes = bytes, .len = len };
}

const struct db_driver *db_driver_of(const char *uri)
{
	if (text_starts(uri, "postgres://") || text_starts(uri, "postgresql://"))
		return &db_postgres;
	return &db_sqlite;
}

int db_open(struct db **db, const char *uri, bool is_reader, struct error *err)
{
	return db_driver_of(uri)->open(db, uri, is_reader, err);
}

void db_close(struct db *db)
{
	if (db)
		db->driver->close(db);
}

int db_begin(struct db *db, struct error *err)
{
	db->failure = DB_OK;
	return db->driver->begin(db, err);
}

static int refuse_failed(const struct db *db, struct error *err)
{
	if (db->failure == DB_OK)
		return 0;
	return error_set(err, ERR_UNAVAILABLE, "the transaction has failed before");
}

int db_commit(struct db *db, struct error *err)
{
	if (refuse_failed(db, err) < 0)
		return -1;
	return db->driver->commit(db, err);
}

void db_rollback(struct db *db)
{
	enum db_error failure = db->failure;

	/* What made the caller roll back says more than a rollback that fails after it;
	 * a handle that could not roll back finds out at begin. */
	if (db->driver->rollback(db, NULL) == 0 || failure != DB_OK)
		db->failure = failure;
}

int db_script(struct db *db, const char *sql, struct error *err)
{
	if (refuse_failed(db, err) < 0)
		return -1;
	return db->driver->script(db, sql, err);
}

extern const char __executable_start[], _end[]; /* the linker's: where the program lies */

/* Another text at the address of one that was kept would run the statement of that. */
static int refuse_made(struct db *db, const char *sql, struct error *err)
{
	uintptr_t at = (uintptr_t)sql;

	if (!db->is_strict || (at >= (uintptr_t)__executable_start && at < (uintptr_t)_end))
		return 0;
	db->failure = DB_BROKEN;
	return error_set(err, ERR_INTERNAL, "sql: made at run time: %.80s", sql);
}

int db_query(struct db *db, const char *sql, const struct db_value *values, size_t count,
	     struct db_rows **rows, struct error *err)
{
	*rows = NULL;
	if (refuse_failed(db, err) < 0 || refuse_made(db, sql, err) < 0)
		return -1;
	return db->driver->query(db, sql, values, count, rows, err);
}

int db_next(struct db_rows *rows, struct error *err)
{
	return rows->db->driver->next(rows, err);
}

void db_done(struct db_rows *rows)
{
	if (rows)
		rows->db->driver->done(rows);
}

int db_write(struct db *db, const char *sql, const struct db_value *values, size_t count,
	     struct error *err)
{
	if (refuse_failed(db, err) < 0 || refuse_made(db, sql, err) < 0)
		return -1;
	return db->driver->write(db, sql, values, count, err);
}

static struct db_value column(struct db_rows *rows, int index)
{
	return rows->db->driver->column(rows, index);
}

int64_t db_column_int(struct db_rows *rows, int index)
{
	return column(rows, index).number;
}

bool db_column_is_null(struct db_rows *rows, int index)
{
	return column(rows, index).type == DB_NULL;
}

char *db_column_text(struct db_rows *rows, int index, struct arena *arena)
{
	struct db_value value = column(rows, index);

	return value.type == DB_NULL ? NULL : arena_strndup(arena, value.bytes, value.len);
}

const void *db_column_bytes(struct db_rows *rows, int index, struct arena *arena,
			    size_t *len)
{
	struct db_value value = column(rows, index);

	*len = value.len;
	return value.type == DB_NULL ? NULL : arena_strndup(arena, value.bytes, value.len);
}

int db_find_int(struct db *db, const char *sql, const struct db_value *values,
		size_t count, int64_t *number, struct error *err)
{
	struct db_rows *rows;
	int rc;

	if (db_query(db, sql, values, count, &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1)
		*number = db_column_int(rows, 0);
	db_done(rows);
	return rc;
}
