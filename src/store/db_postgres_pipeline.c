/* db_postgres_pipeline.c - commands on their way, and what became of them. Threads: one at
 * a time. */
#include "store/db_postgres_pipeline.h"

#include <stdio.h>
#include <string.h>

/* ---- Failures ---- */

static const struct {
	const char *state;
	enum db_error failure;
} failures[] = {
	{ "23505", DB_AGAIN }, /* unique_violation */
	{ "40001", DB_AGAIN }, /* serialization_failure */
	{ "40P01", DB_AGAIN }, /* deadlock_detected */
	{ "55P03", DB_AGAIN }, /* lock_not_available */
	{ "25P03", DB_AGAIN }, /* idle_in_transaction_session_timeout */
	{ "57P01", DB_AGAIN }, /* admin_shutdown: the connection goes */
	{ "57P02", DB_AGAIN }, /* crash_shutdown */
	{ "57P03", DB_AGAIN }, /* cannot_connect_now */
	{ "53100", DB_FULL },  /* disk_full */
};

static enum db_error failure_of(const char *state)
{
	for (size_t i = 0; state && i < ARRAY_LEN(failures); i++)
		if (strcmp(state, failures[i].state) == 0)
			return failures[i].failure;
	return DB_BROKEN;
}

int postgres_fail(struct postgres *postgres, enum db_error failure, const char *what,
		  const char *message, struct error *err)
{
	char line[160];

	if (postgres->db.failure == DB_OK)
		postgres->db.failure = failure;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(message, "\n"), message);
	return error_set(err, failure == DB_BROKEN ? ERR_INTERNAL : ERR_UNAVAILABLE,
			 "postgres: %s%s%s", what, *what ? ": " : "", line);
}

int postgres_fail_result(struct postgres *postgres, const PGresult *result, struct error *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	/* Without a state it is libpq that speaks, of a connection that is gone. */
	return postgres_fail(postgres, state ? failure_of(state) : DB_AGAIN,
			     state ? state : "",
			     message ? message : PQresultErrorMessage(result), err);
}

int postgres_fail_connection(struct postgres *postgres, struct error *err)
{
	return postgres_fail(postgres, DB_AGAIN, "", PQerrorMessage(postgres->connection), err);
}

bool postgres_is_lost(const struct postgres *postgres)
{
	return PQstatus(postgres->connection) != CONNECTION_OK;
}

/* ---- The pipeline ---- */

void postgres_forget(struct postgres *postgres)
{
	for (int i = 0; i < postgres->npending; i++)
		if (postgres->pending[i])
			postgres->pending[i]->is_prepared = false;
	postgres->npending = 0;
}

bool postgres_is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

PGresult *postgres_read_result(struct postgres *postgres)
{
	PGresult *result = PQgetResult(postgres->connection), *end;

	if (!result || postgres_is_lost(postgres)) {
		PQclear(result);
		return NULL;
	}
	while ((end = PQgetResult(postgres->connection)))
		PQclear(end);
	if (!postgres_is_good(result) && postgres->pending[0])
		postgres->pending[0]->is_prepared = false;
	postgres->npending--;
	memmove(&postgres->pending[0], &postgres->pending[1],
		(size_t)postgres->npending * sizeof(postgres->pending[0]));
	return result;
}

int postgres_read_results(struct postgres *postgres, int leave, struct error *err)
{
	PGresult *result;
	int rc = 0;

	while (postgres->npending > leave) {
		result = postgres_read_result(postgres);
		if (!result) {
			postgres_fail_connection(postgres, err);
			postgres_forget(postgres);
			return -1;
		}
		if (!postgres_is_good(result) && rc == 0)
			rc = postgres_fail_result(postgres, result, err);
		PQclear(result);
	}
	return rc;
}

int postgres_send_sync(struct postgres *postgres, struct error *err)
{
	if (!postgres_is_lost(postgres) && PQpipelineSync(postgres->connection) == 1)
		return 0;
	postgres_forget(postgres);
	return postgres_fail_connection(postgres, err);
}

int postgres_read_sync(struct postgres *postgres, struct error *err)
{
	PGresult *result;
	int rc = 0;

	if (postgres_is_lost(postgres))
		return -1;
	result = PQgetResult(postgres->connection);
	if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
		rc = postgres_fail_connection(postgres, err);
	PQclear(result);
	return rc;
}

int postgres_synchronise(struct postgres *postgres, struct error *err)
{
	int rc;

	if (postgres_send_sync(postgres, err) < 0)
		return -1;
	rc = postgres_read_results(postgres, 0, err);
	return postgres_read_sync(postgres, rc == 0 ? err : NULL) < 0 ? -1 : rc;
}

int postgres_recover(struct postgres *postgres)
{
	if (!postgres_is_lost(postgres))
		postgres_synchronise(postgres, NULL);
	return -1;
}

int postgres_make_room(struct postgres *postgres, struct error *err)
{
	if (postgres->npending + 2 <= PENDING_MAX)
		return 0;
	if (PQsendFlushRequest(postgres->connection) != 1)
		return postgres_fail_connection(postgres, err);
	return postgres_read_results(postgres, 0, err);
}

void postgres_push(struct postgres *postgres, struct postgres_statement *prepared)
{
	postgres->pending[postgres->npending++] = prepared;
}

int postgres_send_simple(struct postgres *postgres, const char *sql, struct error *err)
{
	if (PQsendQueryParams(postgres->connection, sql, 0, NULL, NULL, NULL, NULL, 1) != 1)
		return postgres_fail_connection(postgres, err);
	postgres_push(postgres, NULL);
	return 0;
}
