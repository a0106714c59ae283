/* salesforce_lookup.h - the queries of a look-up, planned and sent. Private to the
 * salesforce*.c files. Threads: pure.
 *
 * A step takes each record's strongest key, with all keys behind it that have the same
 * value (an e-mail address in both objects, a number in all their phone fields); those not
 * found take the next. Several queries go in one composite call, which counts as one. */
#ifndef CONNECTORS_SALESFORCE_LOOKUP_H
#define CONNECTORS_SALESFORCE_LOOKUP_H

#include "connectors/salesforce_soql.h"

#define LOOKUP_QUERIES_MAX 200

/* Where the look-up of one record stands. */
struct seeker {
	const struct record_key *keys;
	size_t nkeys;
	size_t from, to;   /* its keys in this step; the next step begins at `to` */
	bool is_open;      /* neither found, nor failed, nor out of keys */
	bool is_in_step;
	bool is_deleted;   /* the record that was read is in the bin */
	const char *doubt; /* why an absence in this step proves nothing, or NULL */
};

struct query {
	const char *object;
	size_t *records;
	size_t nrecords;
	const char *more;  /* path of the next page, or NULL */
	int pages;
};

struct lookup {
	bool is_read;      /* by id, deleted ones too */
	struct seeker *seekers;
	struct query *queries;
	size_t count, room;
	size_t at, in_flight; /* queries[at .. at + in_flight) are being asked */
	struct soql_lacking lacking;
};

/* The next of the record's keys that has a value, `at` or behind it. */
size_t lookup_skip_empty(const struct seeker *seeker, size_t at);

/* All open records take their next step: adds its queries. */
void lookup_plan(struct exchange *x, struct lookup *lookup);

/* Adds a query of the object with room for all records. May move the others. */
struct query *lookup_add(struct exchange *x, struct lookup *lookup, const char *object);

/* Sends the next queries together. There must be one. */
enum turn lookup_send(struct exchange *x, struct lookup *lookup);

#endif
