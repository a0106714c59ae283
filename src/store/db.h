/* db.h - the little that SQLite and PostgreSQL share. Private to store/. Threads: one
 * at a time; each handle is a connection of its own.
 *
 * SQL is written once, in the files that know the tables. It is a constant in the
 * program: a handle keeps its prepared statements by the address of the text, and the
 * store's handles refuse what was made at run time.
 * Parameters are $1 to $n, each at least once and none left out: a statement whose
 * parameters are not exactly those is refused when it is prepared. Both databases read
 * ON CONFLICT and RETURNING. Write CAST(x AS BIGINT), never x::bigint. Words of dialect
 * stand in braces: {BYTES} a column of bytes, {KEYED} at the end of a table that is
 * clustered by its key, {ID} the type of a key that is a number, {SKIP_LOCKED} at the end of a claim's SELECT, {FOR_UPDATE} at
 * the end of a SELECT that locks its row, {NOW_MS} the database's clock.
 *
 * A transaction that failed stays failed: until it is rolled back every statement is
 * refused, so that nobody writes half of it. Do not write to a table while a cursor
 * over it is open: whether the cursor sees the change differs. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BYTES };

struct db_value {
	enum db_type type;
	int64_t number;
	const void *bytes; /* text or bytes; copied before the call returns */
	size_t len;
};

struct db_value db_null(void);
struct db_value db_int(int64_t number);
struct db_value db_text(const char *text);                  /* NULL is NULL */
struct db_value db_bytes(const void *bytes, size_t len);    /* NULL is NULL */

struct db;
struct db_rows;

enum db_error {
	DB_OK,
	DB_AGAIN, /* unique violation between units, serialisation, deadlock, busy: roll
		     back and run the unit again */
	DB_FULL,  /* no room on disk: nothing was kept, later may work */
	DB_FATAL, /* a failed sync or a corrupt file: the process must end */
	DB_UNSURE, /* the connection was lost while committing: kept or not, who knows */
	DB_BROKEN, /* anything else */
};

/* A handle; starts what a driver keeps of it. */
struct db {
	const struct db_driver *driver;
	enum db_error failure; /* of the last failure since begin; DB_OK when none */
	bool is_strict;        /* refuses SQL that is no constant; the store's handles are */
};

/* A cursor; starts what a driver keeps of it. */
struct db_rows {
	struct db *db;
};

/* What a driver does. Store's files call the functions below, which see to it that a
 * failed transaction stays failed. Every function that fails sets `failure`. */
struct db_driver {
	const char *name; /* "sqlite", "postgres" */

	/* `uri` is a file's path, or a libpq URI. A reader never writes. */
	int (*open)(struct db **db, const char *uri, bool is_reader, struct error *err);
	void (*close)(struct db *db);

	int (*begin)(struct db *db, struct error *err);
	int (*commit)(struct db *db, struct error *err);
	int (*rollback)(struct db *db, struct error *err);

	/* Runs a statement that gives rows, at once: an INSERT .. RETURNING has been
	 * done even when nobody asks for its rows. Close the cursor with `done`. */
	int (*query)(struct db *db, const char *sql, const struct db_value *values,
		     size_t count, struct db_rows **rows, struct error *err);
	int (*next)(struct db_rows *rows, struct error *err); /* 1 row, 0 end, -1 */
	struct db_value (*column)(struct db_rows *rows, int index); /* valid until next */
	void (*done)(struct db_rows *rows);

	/* Runs a statement whose result nobody waits for; a driver may send it later, and
	 * then its failure comes out of a later query, or of commit, at the latest. */
	int (*write)(struct db *db, const char *sql, const struct db_value *values,
		     size_t count, struct error *err);

	/* Runs a script of several statements without parameters: a migration. */
	int (*script)(struct db *db, const char *sql, struct error *err);

	/* SQLite: moves the log into the file when it holds more than `bytes`; is_urgent
	 * waits up to a second for readers, so that the log surely starts over. Elsewhere
	 * nothing. Not inside a transaction. */
	void (*checkpoint)(struct db *db, int64_t bytes, bool is_urgent);
	int64_t (*log_bytes)(struct db *db); /* SQLite: the log's size; elsewhere 0 */

	/* Writes a consistent copy to `path`, which must not be there, in one snapshot and
	 * syncs it (SQLite), or fails with a hint to pg_dump. */
	int (*backup)(struct db *db, const char *path, struct error *err);
};

extern const struct db_driver db_sqlite, db_postgres;

/* The driver for a URI: "postgres://..." and "postgresql://...", else a file. */
const struct db_driver *db_driver_of(const char *uri);

int db_open(struct db **db, const char *uri, bool is_reader, struct error *err);
void db_close(struct db *db); /* NULL does nothing */

/* A failed begin leaves no transaction. After a failed commit, roll back as well. */
int db_begin(struct db *db, struct error *err);
int db_commit(struct db *db, struct error *err);
void db_rollback(struct db *db);
int db_script(struct db *db, const char *sql, struct error *err);

/* ---- What store/'s files call. `DB_VALUES(...)` makes the list and its length. ---- */

#define DB_VALUES(...)                                                                  \
	((const struct db_value[]){ __VA_ARGS__ }),                                      \
		(sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value))
#define DB_NONE NULL, 0

int db_query(struct db *db, const char *sql, const struct db_value *values, size_t count,
	     struct db_rows **rows, struct error *err);
int db_next(struct db_rows *rows, struct error *err);
void db_done(struct db_rows *rows);
int db_write(struct db *db, const char *sql, const struct db_value *values, size_t count,
	     struct error *err);

/* Columns of the current row, by index from 0. Text and bytes are copied into the
 * arena; NULL is 0, NULL and 0 bytes. */
int64_t db_column_int(struct db_rows *rows, int index);
bool db_column_is_null(struct db_rows *rows, int index);
char *db_column_text(struct db_rows *rows, int index, struct arena *arena);
const void *db_column_bytes(struct db_rows *rows, int index, struct arena *arena,
			    size_t *len);

/* One row with one number: 1 found, 0 no row, -1. */
int db_find_int(struct db *db, const char *sql, const struct db_value *values,
		size_t count, int64_t *number, struct error *err);

#endif
