/* columns.h - what kind of data each column holds. Threads: pure.
 *
 * Erasing, exporting and retention go by this table, and a test holds it against the
 * tables of both databases: who adds a column says here what it is. */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include <stddef.h>

enum column_kind {
	COLUMN_PLAIN,    /* ids, times, states, words of ours, settings */
	COLUMN_PERSONAL, /* may hold what a lead is or said, or a CRM's words about it: gone
			    when the lead is erased */
	COLUMN_SECRET,   /* sealed, or a hash of a credential: never exported, never shown */
};

struct column {
	const char *table, *name;
	enum column_kind kind;
};

extern const struct column store_columns[];
extern const size_t store_ncolumns;

/* The column, or NULL when there is none of that name. */
const struct column *column_find(const char *table, const char *name);

#endif
