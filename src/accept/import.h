/* import.h - a file of leads, taken piece by piece. Threads: one at a time; the rows are
 * decided on in the committer while the next are read.
 *
 * Memory does not grow with the file. Rows go in units of at most INTAKE_UNIT_MAX, and
 * each unit moves the import's row with them: whatever stops it, an import that is run
 * again with the same file goes on behind the last row on disk, and takes none twice. */
#ifndef ACCEPT_IMPORT_H
#define ACCEPT_IMPORT_H

#include "accept/accept.h"
#include "sources/csv_row.h"
#include "store/imports.h"

struct import_config {
	struct store *store;
	struct snapshot *snapshot;   /* the import holds its own reference */
	const struct source *source; /* of the snapshot; of the kind file */
	struct actor actor;
	int64_t id;                  /* of the kept import */
	int64_t rows_done;           /* behind it already */
	struct import_counts counts; /* likewise */
	bool is_plan;                /* nothing is written: what would become of the rows? */
};

/* What one row met. */
struct import_notice {
	int64_t line;
	const char *field, *code, *message, *instruction; /* field may be NULL */
	bool is_refused; /* else it was taken, and this is a warning */
};

#define IMPORT_NOTICES 20 /* of each kind are kept to be shown */

struct import_progress {
	struct import_counts counts;
	int64_t rows, bytes;
	const struct csv_columns *columns; /* NULL until the header was read */
	const char *encoding;              /* "UTF-8"; NULL likewise */
	char delimiter;
	const struct import_notice *notices; /* the first refusals and warnings, by line */
	size_t nnotices;
};

struct import;

struct import *import_new(const struct import_config *config);
void import_free(struct import *import); /* waits for what is under way; may be NULL */

/* Takes a piece of any size; when it returns, all whole rows of it are on disk. Errors:
 * ERR_INVALID when the header cannot be read or is of no use, ERR_CONFLICT when another
 * run of the same import is under way, ERR_UNAVAILABLE when the store fails: then what is
 * behind `rows_done` may be sent again. After an error only import_free() may follow. */
int import_take(struct import *import, const char *bytes, size_t len, struct error *err);
int import_finish(struct import *import, struct error *err);

struct import_progress import_progress(const struct import *import);

/* Calls `row` for each row when it is decided on, in the order of the file: what became of
 * it, and what was said of it. Of a plan also what was decided, until this returns. */
void import_on_row(struct import *import,
		   void (*row)(void *context, int64_t line, const struct intake_item *item),
		   void *context);

#endif
