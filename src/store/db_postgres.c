/* db_postgres.c - PostgreSQL beneath db.h, by libpq's pipeline. Threads: one at a time.
 *
 * Commands are sent without waiting for their results: BEGIN and writes go out with the
 * next query, or with COMMIT, and their results are read there. So a transaction of one
 * look-up and ten writes costs two round trips. What failed on the way comes out where
 * results are read; the server has then skipped the rest, COMMIT included.
 *
 * A connection that is lost before COMMIT was sent has kept nothing: DB_AGAIN. While
 * committing nobody knows: DB_UNSURE. The next begin connects again. */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db_postgres_pipeline.h"
#include "store/db_postgres_values.h"

struct postgres_rows {
	struct db_rows rows;
	PGresult *result;
	int at, count;
};

static const struct db_word words[] = {
	{ "BYTES", "BYTEA" },
	{ "KEYED", "" },
	{ "ID", "BIGINT" },
	{ "SKIP_LOCKED", "FOR UPDATE SKIP LOCKED" },
	{ "FOR_UPDATE", "FOR UPDATE" },
	{ "NOW_MS", "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)" },
	{ NULL, NULL },
};

static struct postgres *postgres_of(struct db *db)
{
	return (struct postgres *)db;
}

/* ---- Statements ---- */

static struct postgres_statement *find(struct postgres *postgres, const char *sql,
				       struct error *err)
{
	struct postgres_statement *statement = db_cache_find(&postgres->cache, sql);

	if (statement)
		return statement;
	statement = calloc(1, sizeof(*statement));
	if (!statement)
		abort();
	statement->text = db_sql_translate(sql, words, &statement->count, err);
	if (!statement->text) {
		free(statement);
		return NULL;
	}
	snprintf(statement->name, sizeof(statement->name), "s%d", postgres->nstatements++);
	db_cache_add(&postgres->cache, sql, statement);
	return statement;
}

static void free_statement(void *memory)
{
	struct postgres_statement *statement = memory;

	free(statement->text);
	free(statement);
}

static int send_prepare(struct postgres *postgres, struct postgres_statement *statement,
			struct error *err)
{
	if (PQsendPrepare(postgres->connection, statement->name, statement->text, 0, NULL) != 1)
		return postgres_fail_connection(postgres, err);
	statement->is_prepared = true;
	postgres_push(postgres, statement);
	return 0;
}

static int send_statement(struct postgres *postgres, const char *sql,
			  const struct db_value *values, size_t count, struct error *err)
{
	struct postgres_statement *statement = find(postgres, sql, err);
	struct postgres_parameters parameters;

	if (statement && statement->count != (int)count)
		error_set(err, ERR_INTERNAL, "sql: %zu values for %d parameters: %.80s", count,
			  statement->count, sql);
	if (!statement || statement->count != (int)count) {
		postgres->db.failure = DB_BROKEN;
		return -1;
	}
	if (postgres_make_room(postgres, err) < 0 ||
	    (!statement->is_prepared && send_prepare(postgres, statement, err) < 0))
		return -1;
	postgres_parameters_set(&parameters, values, count);
	if (PQsendQueryPrepared(postgres->connection, statement->name, (int)count,
				parameters.values, parameters.lengths, parameters.formats,
				1) != 1)
		return postgres_fail_connection(postgres, err);
	postgres_push(postgres, NULL);
	return 0;
}

/* Reads up to the result of the command sent last and gives that. */
static int read_last(struct postgres *postgres, PGresult **result, struct error *err)
{
	*result = NULL;
	if (PQsendFlushRequest(postgres->connection) != 1)
		return postgres_fail_connection(postgres, err);
	if (postgres_read_results(postgres, 1, err) < 0)
		return -1;
	*result = postgres_read_result(postgres);
	if (!*result) {
		postgres_forget(postgres);
		return postgres_fail_connection(postgres, err);
	}
	return postgres_is_good(*result) ? 0 : postgres_fail_result(postgres, *result, err);
}

static int postgres_query(struct db *db, const char *sql, const struct db_value *values,
			  size_t count, struct db_rows **rows, struct error *err)
{
	struct postgres *postgres = postgres_of(db);
	struct postgres_rows *cursor;
	PGresult *result = NULL;
	int rc;

	rc = send_statement(postgres, sql, values, count, err);
	if (rc == 0)
		rc = read_last(postgres, &result, err);
	if (rc == 0 && !postgres->is_open)
		rc = postgres_synchronise(postgres, err);
	if (rc < 0) {
		error_wrap(err, "%.60s", sql);
		PQclear(result);
		return postgres_recover(postgres);
	}
	cursor = malloc(sizeof(*cursor));
	if (!cursor)
		abort();
	*cursor = (struct postgres_rows){ { db }, result, -1, PQntuples(result) };
	*rows = &cursor->rows;
	return 0;
}

static int postgres_next(struct db_rows *rows, struct error *err)
{
	struct postgres_rows *cursor = (struct postgres_rows *)rows;

	(void)err;
	if (cursor->at < cursor->count)
		cursor->at++;
	return cursor->at < cursor->count;
}

static struct db_value postgres_column(struct db_rows *rows, int index)
{
	const struct postgres_rows *cursor = (struct postgres_rows *)rows;

	assert(index < PQnfields(cursor->result));
	return postgres_value(cursor->result, cursor->at, index);
}

static void postgres_done(struct db_rows *rows)
{
	struct postgres_rows *cursor = (struct postgres_rows *)rows;

	PQclear(cursor->result);
	free(cursor);
}

static int postgres_write(struct db *db, const char *sql, const struct db_value *values,
			  size_t count, struct error *err)
{
	struct postgres *postgres = postgres_of(db);
	int rc = send_statement(postgres, sql, values, count, err);

	if (rc == 0 && !postgres->is_open)
		rc = postgres_synchronise(postgres, err);
	return rc < 0 ? postgres_recover(postgres) : 0;
}

/* libpq takes scripts only outside the pipeline. */
static int run_script(struct postgres *postgres, const char *text, struct error *err)
{
	PGresult *result;
	int rc = 0;

	if (postgres_synchronise(postgres, err) < 0)
		return -1;
	if (PQexitPipelineMode(postgres->connection) != 1)
		return postgres_fail_connection(postgres, err);
	result = PQexec(postgres->connection, text);
	if (!postgres_is_good(result))
		rc = postgres_fail_result(postgres, result, err);
	PQclear(result);
	if (PQenterPipelineMode(postgres->connection) != 1 && rc == 0)
		rc = postgres_fail_connection(postgres, err);
	return rc;
}

static int postgres_script(struct db *db, const char *sql, struct error *err)
{
	struct postgres *postgres = postgres_of(db);
	int parameters, rc;
	char *text;

	text = db_sql_translate(sql, words, &parameters, err);
	if (!text) {
		db->failure = DB_BROKEN;
		return -1;
	}
	rc = run_script(postgres, text, err);
	free(text);
	return rc;
}

/* ---- Connecting ---- */

static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/* A node that stands still in a transaction holds its workspace for all others: the
 * server then ends its session, and what it had not committed was never done. */
static const char WRITER_SETTINGS[] = "SET synchronous_commit = on;"
				      "SET lock_timeout = '15s';"
				      "SET idle_in_transaction_session_timeout = '10s'";
static const char READER_SETTINGS[] = "SET idle_in_transaction_session_timeout = '60s'";

static int set_up(struct postgres *postgres, struct error *err)
{
	PGresult *result = PQexec(postgres->connection,
				  postgres->is_reader ? READER_SETTINGS : WRITER_SETTINGS);
	int rc = 0;

	if (!postgres_is_good(result))
		rc = postgres_fail_result(postgres, result, err);
	PQclear(result);
	if (rc == 0 && PQenterPipelineMode(postgres->connection) != 1)
		rc = postgres_fail_connection(postgres, err);
	return rc;
}

static struct postgres_statement *prepared_of(void *memory)
{
	return memory;
}

static void mark_unprepared(struct postgres *postgres)
{
	for (size_t i = 0; i < postgres->cache.room; i++)
		if (postgres->cache.slots[i].sql)
			prepared_of(postgres->cache.slots[i].statement)->is_prepared = false;
}

/* What stands before the URI it may override; never where reads go: a standby is late. */
static int connect_anew(struct postgres *postgres, struct error *err)
{
	const char *const names[] = { "connect_timeout", "tcp_user_timeout",
				      "fallback_application_name", "dbname",
				      "target_session_attrs", NULL };
	const char *const values[] = { "5", "15000", "fairlead", postgres->uri, "read-write",
				       NULL };

	PQfinish(postgres->connection);
	postgres->npending = 0;
	postgres->is_open = false;
	mark_unprepared(postgres);
	postgres->connection = PQconnectdbParams(names, values, 1);
	if (postgres_is_lost(postgres)) {
		postgres->db.failure = DB_BROKEN;
		return error_set(err, ERR_UNAVAILABLE, "postgres: %.*s",
				 (int)strcspn(PQerrorMessage(postgres->connection), "\n"),
				 PQerrorMessage(postgres->connection));
	}
	PQsetNoticeProcessor(postgres->connection, ignore_notice, NULL);
	return set_up(postgres, err);
}

static void postgres_close(struct db *db)
{
	struct postgres *postgres = postgres_of(db);

	PQfinish(postgres->connection);
	db_cache_end(&postgres->cache, free_statement);
	free(postgres->uri);
	free(postgres);
}

static int postgres_open(struct db **db, const char *uri, bool is_reader, struct error *err)
{
	struct postgres *postgres = calloc(1, sizeof(*postgres));

	if (!postgres || !(postgres->uri = strdup(uri)))
		abort();
	postgres->db.driver = &db_postgres;
	postgres->is_reader = is_reader;
	if (connect_anew(postgres, err) < 0) {
		postgres_close(&postgres->db);
		return -1;
	}
	*db = &postgres->db;
	return 0;
}

/* ---- Transactions ---- */

/* A server that went away while we were idle has said so, and then hung up: two reads. */
static void look_for_goodbye(struct postgres *postgres)
{
	struct pollfd fd = { .fd = PQsocket(postgres->connection), .events = POLLIN };

	for (int i = 0; i < 4 && !postgres_is_lost(postgres) && poll(&fd, 1, 0) > 0; i++)
		PQconsumeInput(postgres->connection);
}

static const char BEGIN_READER[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
static const char BEGIN_WRITER[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

static int postgres_begin(struct db *db, struct error *err)
{
	struct postgres *postgres = postgres_of(db);

	look_for_goodbye(postgres);
	if (postgres_is_lost(postgres) && connect_anew(postgres, err) < 0)
		return -1;
	if (postgres_send_simple(postgres, postgres->is_reader ? BEGIN_READER : BEGIN_WRITER,
				 err) < 0)
		return -1;
	postgres->is_open = true;
	return 0;
}

/* The server answers ROLLBACK to a COMMIT of a transaction that has failed before. */
static int check_committed(struct postgres *postgres, struct error *err)
{
	const char *state;
	PGresult *result;
	int rc = 0;

	if (postgres_read_results(postgres, 1, err) < 0)
		return -1;
	result = postgres_read_result(postgres);
	if (!result) {
		postgres_forget(postgres);
		return postgres_fail_connection(postgres, err);
	}
	if (!postgres_is_good(result)) {
		rc = postgres_fail_result(postgres, result, err);
		/* Ended while it committed: before or after, it does not say. */
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		if (state && text_starts(state, "57P"))
			postgres->db.failure = DB_UNSURE;
	} else if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
		rc = postgres_fail(postgres, DB_BROKEN, "commit", "was rolled back", err);
	PQclear(result);
	return rc;
}

static int postgres_commit(struct db *db, struct error *err)
{
	struct postgres *postgres = postgres_of(db);
	int rc;

	if (postgres_send_simple(postgres, "COMMIT", err) < 0 ||
	    postgres_send_sync(postgres, err) < 0)
		return -1;
	rc = check_committed(postgres, err);
	if (rc < 0 && postgres_is_lost(postgres))
		db->failure = DB_UNSURE;
	/* When it was committed, whatever becomes of the connection now. */
	postgres_read_sync(postgres, NULL);
	if (rc < 0)
		return -1;
	db->failure = DB_OK;
	postgres->is_open = false;
	return 0;
}

static int postgres_rollback(struct db *db, struct error *err)
{
	struct postgres *postgres = postgres_of(db);

	bool was_open = postgres->is_open;

	postgres->is_open = false;
	/* First what is under way: its failure would have the server skip ROLLBACK. */
	if (postgres->npending > 0)
		postgres_synchronise(postgres, NULL);
	if (postgres_is_lost(postgres) || !was_open)
		return 0;
	if (postgres_send_simple(postgres, "ROLLBACK", err) < 0)
		return -1;
	return postgres_synchronise(postgres, err);
}

/* ---- What it has not ---- */

static void postgres_checkpoint(struct db *db, int64_t bytes, bool is_urgent)
{
	(void)db;
	(void)bytes;
	(void)is_urgent;
}

static int64_t postgres_log_bytes(struct db *db)
{
	(void)db;
	return 0;
}

static int postgres_backup(struct db *db, const char *path, struct error *err)
{
	(void)db;
	(void)path;
	return error_set(err, ERR_INVALID,
			 "the store is a PostgreSQL: back it up with pg_dump --format=custom");
}

const struct db_driver db_postgres = {
	.name = "postgres",
	.open = postgres_open,
	.close = postgres_close,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.query = postgres_query,
	.next = postgres_next,
	.column = postgres_column,
	.done = postgres_done,
	.write = postgres_write,
	.script = postgres_script,
	.checkpoint = postgres_checkpoint,
	.log_bytes = postgres_log_bytes,
	.backup = postgres_backup,
};
