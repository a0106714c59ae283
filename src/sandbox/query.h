/* query.h - finding records by a condition: under HubSpot's filters, SOQL, OData's
 * $filter, COQL. Threads: under the sandbox's lock.
 *
 * A vendor turns its own words into a tree of conditions and a list of sort keys. An
 * equality on an indexed field or on the id, or a lower bound of the updated time, that
 * every match must fulfil is looked up; anything else is a scan of the object. */
#ifndef SANDBOX_QUERY_H
#define SANDBOX_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "sandbox/records.h"

enum sb_op {
	SB_AND, /* of parts */
	SB_OR,
	SB_NOT, /* of parts[0] */
	SB_EQ,  /* of a field and texts[0]; text without regard to ASCII case */
	SB_NE,  /* also true where there is no value */
	SB_LT,
	SB_LE,
	SB_GT,
	SB_GE,
	SB_IN,       /* equal to one of texts */
	SB_CONTAINS, /* without regard to ASCII case */
	SB_STARTS,
	SB_ENDS,
	SB_TOKEN,    /* a word of the value, "*" at its ends stands for more letters */
	SB_HAS,      /* has a value */
	SB_TRUE,     /* everything */
};

/* What a condition looks at when it is not a field. */
enum sb_column {
	SB_COLUMN_FIELD,
	SB_COLUMN_ID,
	SB_COLUMN_CREATED,
	SB_COLUMN_UPDATED,
	SB_COLUMN_DELETED, /* "true" of deleted and merged ones, "false" of others */
};

struct sb_condition {
	enum sb_op op;
	enum sb_column column;
	const struct sb_field *field;  /* of SB_COLUMN_FIELD; NULL has no value */
	const char *const *texts;      /* times as RFC 3339, date or epoch ms */
	size_t ntexts;
	const struct sb_condition *const *parts;
	size_t nparts;
};

struct sb_sort {
	enum sb_column column;
	const struct sb_field *field;
	bool is_descending;
};

struct sb_query {
	const struct sb_condition *where; /* NULL: everything */
	const struct sb_sort *sorts;      /* none: by number */
	size_t nsorts;
	int64_t as_of;   /* ms: as the index saw it then; 0: now */
	bool with_deleted;
	bool only_deleted;
};

/* All records that match, in order, as an array of the arena's; returns how many. */
size_t sb_query_run(struct sb_object *object, const struct sb_query *query,
		    struct arena *arena, struct sb_record ***out);

/* Conditions of the arena's. sb_where() takes one text (NULL for SB_HAS). */
struct sb_condition *sb_where(struct arena *arena, enum sb_op op, const struct sb_field *field,
			      const char *text);
struct sb_condition *sb_where_column(struct arena *arena, enum sb_op op,
				     enum sb_column column, const char *text);
struct sb_condition *sb_where_all(struct arena *arena, enum sb_op op,
				  const struct sb_condition *const *parts, size_t nparts);
struct sb_condition *sb_where_not(struct arena *arena, const struct sb_condition *condition);

/* Compares SB_COLUMN_CREATED or _UPDATED with a time (ms) where the vendor shows whole
 * seconds: what the records keep is cut to them. `op` is SB_EQ, _NE, _LT, _LE, _GT or _GE. */
struct sb_condition *sb_where_second(struct arena *arena, enum sb_op op,
				     enum sb_column column, int64_t at);

#endif
