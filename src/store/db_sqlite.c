/* db_sqlite.c - SQLite beneath db.h: WAL, synced at each commit. Threads: one at a time.
 *
 * One writer a file, which alone checkpoints: SQLite before 3.51.3 can lose a commit
 * when one connection restarts the log while another checkpoints it. Readers open the
 * file read-only and never checkpoint, not even when they close. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/db_sqlite.h"

struct statement {
	struct db_rows rows; /* the cursor, while is_busy */
	sqlite3_stmt *prepared;
	int count;
	int index[DB_PARAMETERS_MAX]; /* SQLite's number of $1, $2... */
	bool is_busy, is_temporary, is_at_row, was_given;
};

static const struct db_word words[] = {
	{ "BYTES", "BLOB" },
	{ "KEYED", "WITHOUT ROWID" },
	{ "ID", "INTEGER" }, /* or the key would be an index beside the rows */
	{ "SKIP_LOCKED", "" },
	{ "FOR_UPDATE", "" },
	{ "NOW_MS", "CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT)" },
	{ NULL, NULL },
};

static struct sqlite *sqlite_of(struct db *db)
{
	return (struct sqlite *)db;
}

static bool is_no_room(int system)
{
	return system == ENOSPC || system == EDQUOT || system == EFBIG;
}

enum db_error sqlite_class_of(int code, int system)
{
	switch (code) {
	case SQLITE_IOERR_FSYNC:
	case SQLITE_IOERR_DIR_FSYNC:
	case SQLITE_IOERR_CORRUPTFS:
		return DB_FATAL;
	case SQLITE_IOERR_WRITE:
	case SQLITE_IOERR_TRUNCATE:
		return is_no_room(system) ? DB_FULL : DB_BROKEN;
	case SQLITE_IOERR_SHMSIZE: /* the index of the log could not grow */
		return DB_FULL;
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return DB_AGAIN;
	}
	switch (code & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DB_AGAIN;
	case SQLITE_FULL:
		return DB_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return DB_FATAL;
	default:
		return DB_BROKEN;
	}
}

enum error_code sqlite_error_of(enum db_error class)
{
	return class == DB_AGAIN || class == DB_FULL ? ERR_UNAVAILABLE : ERR_INTERNAL;
}

int sqlite_fail(struct sqlite *sqlite, const char *what, struct error *err)
{
	int code = sqlite3_extended_errcode(sqlite->handle);
	enum db_error class = sqlite_class_of(code, sqlite3_system_errno(sqlite->handle));

	if (sqlite->db.failure != DB_FATAL)
		sqlite->db.failure = class;
	return error_set(err, sqlite_error_of(class), "sqlite: %s: %s (%d)", what,
			 sqlite3_errmsg(sqlite->handle), code);
}

/* ---- Opening ---- */

int sqlite_run(struct sqlite *sqlite, const char *sql, struct error *err)
{
	if (sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(sqlite, sql, err);
	return 0;
}

/* SQLite would create the file readable to all; the log takes over its mode. */
static int create_private(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_errno(err, path);
	close(fd);
	return 0;
}

static int set_up_writer(struct sqlite *sqlite, struct error *err)
{
	if (sqlite_run(sqlite,
		"PRAGMA page_size = 4096;"
		"PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL;"
		"PRAGMA cache_size = -65536;"
		"PRAGMA secure_delete = ON;"
		"PRAGMA journal_size_limit = 268435456;",
		err) < 0)
		return -1;
	sqlite_watch_log(sqlite);
	return sqlite_move_old_log(sqlite, err);
}

static int set_up(struct sqlite *sqlite, bool is_reader, struct error *err)
{
	sqlite3_busy_timeout(sqlite->handle, SQLITE_BUSY_MS);
	sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_reader, NULL);
	if (sqlite_run(sqlite,
		"PRAGMA wal_autocheckpoint = 0;"
		"PRAGMA foreign_keys = OFF;"
		"PRAGMA trusted_schema = OFF;"
		"PRAGMA temp_store = MEMORY;",
		err) < 0)
		return -1;
	if (is_reader)
		return sqlite_run(sqlite, "PRAGMA query_only = ON; PRAGMA cache_size = -8192;", err);
	return set_up_writer(sqlite, err);
}

static void free_statement(void *memory)
{
	struct statement *statement = memory;

	sqlite3_finalize(statement->prepared);
	free(statement);
}

static void sqlite_close(struct db *db)
{
	struct sqlite *sqlite = sqlite_of(db);

	db_cache_end(&sqlite->cache, free_statement);
	sqlite3_close_v2(sqlite->handle);
	free(sqlite);
}

/* Statistics of memory are counted under one lock at each allocation; nobody reads them. */
static void count_no_memory(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int sqlite_open(struct db **db, const char *uri, bool is_reader, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
	struct sqlite *sqlite;

	pthread_once(&once, count_no_memory);
	if (!is_reader && create_private(uri, err) < 0)
		return -1;
	sqlite = calloc(1, sizeof(*sqlite));
	if (!sqlite)
		abort();
	sqlite->db.driver = &db_sqlite;
	flags |= is_reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	if (sqlite3_open_v2(uri, &sqlite->handle, flags, NULL) != SQLITE_OK) {
		sqlite_fail(sqlite, uri, err);
		sqlite_close(&sqlite->db);
		return -1;
	}
	if (set_up(sqlite, is_reader, err) < 0) {
		error_wrap(err, "%s", uri);
		sqlite_close(&sqlite->db);
		return -1;
	}
	*db = &sqlite->db;
	return 0;
}

/* ---- Transactions ---- */

static int sqlite_begin(struct db *db, struct error *err)
{
	struct sqlite *sqlite = sqlite_of(db);
	bool is_reader = sqlite3_db_readonly(sqlite->handle, NULL);

	return sqlite_run(sqlite, is_reader ? "BEGIN" : "BEGIN IMMEDIATE", err);
}

static int sqlite_commit(struct db *db, struct error *err)
{
	return sqlite_run(sqlite_of(db), "COMMIT", err);
}

static int sqlite_rollback(struct db *db, struct error *err)
{
	struct sqlite *sqlite = sqlite_of(db);

	/* On a full disk SQLite has rolled back by itself. */
	if (sqlite3_get_autocommit(sqlite->handle))
		return 0;
	return sqlite_run(sqlite, "ROLLBACK", err);
}

/* ---- Statements ---- */

static int resolve_parameters(struct statement *statement, const char *sql, struct error *err)
{
	char name[8];

	if (sqlite3_bind_parameter_count(statement->prepared) != statement->count)
		return error_set(err, ERR_INTERNAL, "sql: want $1 to $%d: %.80s",
				 statement->count, sql);
	for (int i = 0; i < statement->count; i++) {
		sqlite3_snprintf(sizeof(name), name, "$%d", i + 1);
		statement->index[i] = sqlite3_bind_parameter_index(statement->prepared, name);
		if (statement->index[i] == 0)
			return error_set(err, ERR_INTERNAL, "sql: $%d is missing: %.80s", i + 1,
					 sql);
	}
	return 0;
}

static struct statement *prepare(struct sqlite *sqlite, const char *sql, struct error *err)
{
	struct statement *statement = calloc(1, sizeof(*statement));
	const char *rest = NULL;
	char *text;

	if (!statement)
		abort();
	statement->rows.db = &sqlite->db;
	text = db_sql_translate(sql, words, &statement->count, err);
	if (!text)
		goto failed;
	if (sqlite3_prepare_v3(sqlite->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
			       &statement->prepared, &rest) != SQLITE_OK) {
		sqlite_fail(sqlite, "prepare", err);
		error_wrap(err, "%.60s", sql);
		goto failed;
	}
	if (!statement->prepared || *rest) {
		error_set(err, ERR_INTERNAL, "sql: not one statement: %.80s", sql);
		goto failed;
	}
	if (resolve_parameters(statement, sql, err) < 0)
		goto failed;
	free(text);
	return statement;
failed:
	if (sqlite->db.failure == DB_OK)
		sqlite->db.failure = DB_BROKEN;
	free(text);
	free_statement(statement);
	return NULL;
}

/* The statement of that text, ready to run. One whose cursor is open somewhere above
 * us is not disturbed: then a second one is prepared and thrown away after use. */
static struct statement *take(struct sqlite *sqlite, const char *sql, struct error *err)
{
	struct statement *statement = db_cache_find(&sqlite->cache, sql);
	bool is_temporary = statement && statement->is_busy;

	if (!statement || is_temporary) {
		statement = prepare(sqlite, sql, err);
		if (!statement)
			return NULL;
		statement->is_temporary = is_temporary;
		if (!is_temporary)
			db_cache_add(&sqlite->cache, sql, statement);
	}
	statement->is_busy = true;
	return statement;
}

static void give_back(struct statement *statement)
{
	sqlite3_reset(statement->prepared);
	statement->is_busy = false;
	if (statement->is_temporary)
		free_statement(statement);
}

static int bind_one(sqlite3_stmt *prepared, int at, const struct db_value *value,
		    sqlite3_destructor_type lasts)
{
	switch (value->type) {
	case DB_NULL:
		return sqlite3_bind_null(prepared, at);
	case DB_INT:
		return sqlite3_bind_int64(prepared, at, value->number);
	case DB_TEXT:
		return sqlite3_bind_text64(prepared, at, value->bytes, value->len, lasts,
					   SQLITE_UTF8);
	case DB_BYTES:
		return sqlite3_bind_blob64(prepared, at, value->bytes, value->len, lasts);
	}
	return SQLITE_MISUSE;
}

static int bind(struct sqlite *sqlite, struct statement *statement,
		const struct db_value *values, size_t count, sqlite3_destructor_type lasts,
		struct error *err)
{
	if ((int)count != statement->count) {
		sqlite->db.failure = DB_BROKEN;
		return error_set(err, ERR_INTERNAL, "sql: %zu values for %d parameters: %.80s",
				 count, statement->count, sqlite3_sql(statement->prepared));
	}
	for (size_t i = 0; i < count; i++)
		if (bind_one(statement->prepared, statement->index[i], &values[i], lasts) !=
		    SQLITE_OK)
			return sqlite_fail(sqlite, "bind", err);
	return 0;
}

/* 1 at a row, 0 at the end, -1. */
static int step(struct sqlite *sqlite, struct statement *statement, struct error *err)
{
	switch (sqlite3_step(statement->prepared)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		sqlite_fail(sqlite, "step", err);
		return error_wrap(err, "%.60s", sqlite3_sql(statement->prepared));
	}
}

static int sqlite_query(struct db *db, const char *sql, const struct db_value *values,
			size_t count, struct db_rows **rows, struct error *err)
{
	struct sqlite *sqlite = sqlite_of(db);
	struct statement *statement = take(sqlite, sql, err);
	int rc;

	if (!statement)
		return -1;
	rc = bind(sqlite, statement, values, count, SQLITE_TRANSIENT, err);
	if (rc == 0)
		rc = step(sqlite, statement, err);
	if (rc < 0) {
		give_back(statement);
		return -1;
	}
	statement->is_at_row = rc == 1;
	statement->was_given = false;
	*rows = &statement->rows;
	return 0;
}

static int sqlite_next(struct db_rows *rows, struct error *err)
{
	struct statement *statement = (struct statement *)rows;
	int rc;

	if (!statement->is_at_row)
		return 0;
	if (!statement->was_given) {
		statement->was_given = true;
		return 1;
	}
	rc = step(sqlite_of(rows->db), statement, err);
	statement->is_at_row = rc == 1;
	return rc;
}

static struct db_value sqlite_column(struct db_rows *rows, int index)
{
	sqlite3_stmt *prepared = ((struct statement *)rows)->prepared;

	assert(index < sqlite3_column_count(prepared));
	switch (sqlite3_column_type(prepared, index)) {
	case SQLITE_INTEGER:
		return db_int(sqlite3_column_int64(prepared, index));
	case SQLITE_TEXT:
		return (struct db_value){
			.type = DB_TEXT,
			.bytes = sqlite3_column_text(prepared, index),
			.len = (size_t)sqlite3_column_bytes(prepared, index),
		};
	case SQLITE_BLOB:
		return (struct db_value){
			.type = DB_BYTES,
			.bytes = sqlite3_column_bytes(prepared, index) > 0 ?
					 sqlite3_column_blob(prepared, index) :
					 "",
			.len = (size_t)sqlite3_column_bytes(prepared, index),
		};
	default:
		return db_null();
	}
}

static void sqlite_done(struct db_rows *rows)
{
	give_back((struct statement *)rows);
}

static int sqlite_write(struct db *db, const char *sql, const struct db_value *values,
			size_t count, struct error *err)
{
	struct sqlite *sqlite = sqlite_of(db);
	struct statement *statement = take(sqlite, sql, err);
	int rc;

	if (!statement)
		return -1;
	rc = bind(sqlite, statement, values, count, SQLITE_STATIC, err);
	if (rc == 0)
		while ((rc = step(sqlite, statement, err)) == 1)
			continue;
	give_back(statement);
	return rc;
}

static int sqlite_script(struct db *db, const char *sql, struct error *err)
{
	struct sqlite *sqlite = sqlite_of(db);
	char *message = NULL, *text;
	int parameters, rc = 0;

	text = db_sql_translate(sql, words, &parameters, err);
	if (!text) {
		sqlite->db.failure = DB_BROKEN;
		return -1;
	}
	if (sqlite3_exec(sqlite->handle, text, NULL, NULL, &message) != SQLITE_OK)
		rc = sqlite_fail(sqlite, "script", err);
	sqlite3_free(message);
	free(text);
	return rc;
}

const struct db_driver db_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.query = sqlite_query,
	.next = sqlite_next,
	.column = sqlite_column,
	.done = sqlite_done,
	.write = sqlite_write,
	.script = sqlite_script,
	.checkpoint = sqlite_checkpoint,
	.log_bytes = sqlite_log_bytes,
	.backup = sqlite_backup,
};
