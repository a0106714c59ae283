/* salesforce_soql.h - builds the queries that look for records. Private to the
 * salesforce*.c files. Threads: pure. */
#ifndef CONNECTORS_SALESFORCE_SOQL_H
#define CONNECTORS_SALESFORCE_SOQL_H

#include "connectors/salesforce.h"

/* A column that an org does not have, or does not show us. */
struct soql_column {
	const char *object, *name;
};

#define SOQL_LACKING_MAX 16

struct soql_lacking {
	struct soql_column columns[SOQL_LACKING_MAX];
	size_t count;
};

bool soql_lacks(const struct soql_lacking *lacking, const char *object, const char *name);
/* False when it is known already or there are too many: asking again helps nothing. */
bool soql_add_lacking(struct soql_lacking *lacking, const char *object, const char *name);

/* What one query asks for: of `object`, the records whose keys have these values. */
struct soql_ask {
	const struct exchange *x;
	const struct soql_lacking *lacking;
	const char *object;
	bool with_deleted;                    /* queryAll */
	const struct record_key *const *keys; /* nkeys of them, all of that object */
	size_t nkeys;
};

/* The path of the query, ready to be sent. */
const char *soql_path(struct exchange *x, const struct soql_ask *ask);

/* Bytes that a key adds to a query; queries stay under SOQL_URL_MAX. The sheet speaks of
 * about 16 k for a URL. */
#define SOQL_URL_MAX 14000
#define SOQL_FRAME 2000
size_t soql_key_bytes(const struct record_key *key);

#endif
