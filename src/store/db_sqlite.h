/* db_sqlite.h - what the parts of the SQLite driver share. Private to them. Threads: one
 * at a time. */
#ifndef STORE_DB_SQLITE_H
#define STORE_DB_SQLITE_H

#include <sqlite3.h>

#include "store/db.h"
#include "store/db_sql.h"

struct sqlite {
	struct db db;
	sqlite3 *handle;
	struct db_cache cache;
	int64_t log_bytes;
	int64_t urgent_again; /* log size below which not to wait for readers again */
};

/* What a failure means, from SQLite's extended code and the system's errno. */
enum db_error sqlite_class_of(int code, int system);
enum error_code sqlite_error_of(enum db_error class);

/* Keeps the worst failure of the transaction and describes it. */
int sqlite_fail(struct sqlite *sqlite, const char *what, struct error *err);

/* Runs statements without parameters whose rows nobody wants. */
int sqlite_run(struct sqlite *sqlite, const char *sql, struct error *err);

/* Has the log's size noted after each commit. */
void sqlite_watch_log(struct sqlite *sqlite);

/* Moves into the file what the log held when it was opened. */
int sqlite_move_old_log(struct sqlite *sqlite, struct error *err);

/* The driver's, by these names. */
#define SQLITE_BUSY_MS 5000 /* somebody else's program has the file */
void sqlite_checkpoint(struct db *db, int64_t bytes, bool is_urgent);
int64_t sqlite_log_bytes(struct db *db);
int sqlite_backup(struct db *db, const char *path, struct error *err);

#endif
