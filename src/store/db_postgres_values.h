/* db_postgres_values.h - values on their way to PostgreSQL and back. Private to the
 * driver. Threads: pure. */
#ifndef STORE_DB_POSTGRES_VALUES_H
#define STORE_DB_POSTGRES_VALUES_H

#include <libpq-fe.h>

#include "store/db.h"
#include "store/db_sql.h"

/* Parameters as libpq wants them; numbers as text, so that the server may take them for
 * whatever kind of integer it found, bytes as they are. Points into `values`. */
struct postgres_parameters {
	const char *values[DB_PARAMETERS_MAX];
	int lengths[DB_PARAMETERS_MAX], formats[DB_PARAMETERS_MAX];
	char numbers[DB_PARAMETERS_MAX][24];
};

void postgres_parameters_set(struct postgres_parameters *parameters,
			     const struct db_value *values, size_t count);

/* A field of a result in binary form; valid as long as the result. A number that is no
 * integer counts without its fraction. */
struct db_value postgres_value(const PGresult *result, int row, int column);

#endif
