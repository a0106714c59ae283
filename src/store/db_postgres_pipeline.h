/* db_postgres_pipeline.h - commands on their way, and what became of them. Private to the
 * PostgreSQL driver. Threads: one at a time.
 *
 * Results come in the order of the commands. After one has failed the server skips those
 * behind it, and answers that it did, until the next synchronisation. */
#ifndef STORE_DB_POSTGRES_PIPELINE_H
#define STORE_DB_POSTGRES_PIPELINE_H

#include <libpq-fe.h>

#include "store/db.h"
#include "store/db_sql.h"

#define PENDING_MAX 256 /* commands sent before results are read */

struct postgres_statement {
	char name[16], *text;
	int count;
	bool is_prepared; /* on this connection, or on its way to be */
};

struct postgres {
	struct db db;
	PGconn *connection;
	char *uri;
	bool is_reader, is_open; /* a transaction is */
	struct db_cache cache;
	int nstatements;

	/* Commands whose results have not been read: the statement that each prepares,
	 * or NULL for one that runs. */
	struct postgres_statement *pending[PENDING_MAX];
	int npending;
};

/* Each describes a failure and keeps the first one of the transaction; -1. */
int postgres_fail(struct postgres *postgres, enum db_error failure, const char *what,
		  const char *message, struct error *err);
int postgres_fail_result(struct postgres *postgres, const PGresult *result,
			 struct error *err);
int postgres_fail_connection(struct postgres *postgres, struct error *err);

bool postgres_is_lost(const struct postgres *postgres);
bool postgres_is_good(const PGresult *result);

/* ---- Sending ---- */

/* Notes that a command was sent: the statement that it prepares, or NULL. */
void postgres_push(struct postgres *postgres, struct postgres_statement *prepared);

/* Makes room for two more commands, by reading results when there is none. */
int postgres_make_room(struct postgres *postgres, struct error *err);

/* Sends a command without parameters. */
int postgres_send_simple(struct postgres *postgres, const char *sql, struct error *err);
int postgres_send_sync(struct postgres *postgres, struct error *err);

/* ---- Reading ---- */

/* The result of the command sent first, the caller's to clear. NULL when the connection
 * is lost. */
PGresult *postgres_read_result(struct postgres *postgres);

/* Reads the results of all but `leave` commands, also of those that were skipped. The
 * first failure is described. */
int postgres_read_results(struct postgres *postgres, int leave, struct error *err);

/* Reads the answer to postgres_send_sync(), after the results of all commands before. */
int postgres_read_sync(struct postgres *postgres, struct error *err);

/* Sends a synchronisation and reads all up to its answer: ends the implicit transaction,
 * or the skipping after a failure. */
int postgres_synchronise(struct postgres *postgres, struct error *err);

/* After a failure: makes the connection usable, if it is there. Always -1. */
int postgres_recover(struct postgres *postgres);

/* The results of what is on its way will never be read. */
void postgres_forget(struct postgres *postgres);

#endif
