/* db_postgres.c - PostgreSQL beneath db.h. Threads: one at a time. Comes next. */
#include "store/db.h"

static int refuse(struct db **db, const char *uri, bool is_reader, struct error *err)
{
	(void)db;
	(void)uri;
	(void)is_reader;
	return error_set(err, ERR_INVALID, "this build has no PostgreSQL yet");
}

const struct db_driver db_postgres = { .name = "postgres", .open = refuse };
