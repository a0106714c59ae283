/* csv_row.h - rows of a file as leads. Threads: pure.
 *
 * Undoes what spreadsheets and portals did to the cells:
 *   - no-break blanks around a cell; ="0987" and '0987, which keep a number's zeros;
 *   - Facebook's l:, ag:, as:, c:, f:, p: and z: before ids, phones and postal codes;
 *   - days since 1900 (46083.385) in a column of times;
 * and refuses what cannot be undone: 9.19877E+11 in a phone, an id or a postal code has
 * lost its digits. */
#ifndef SOURCES_CSV_ROW_H
#define SOURCES_CSV_ROW_H

#include "sources/csv_reader.h"
#include "sources/prepare.h"

struct csv_column {
	const char *header;  /* as it stands in the file; "column 3" where nothing does */
	const char *target;  /* naming_target()'s: our field, "", or NULL */
	bool is_time;
	bool needs_digits;   /* a phone, id, postal code or key: no digit may be lost */
};

struct csv_columns {
	const struct source *source;
	const struct csv_column *items; /* in the file's order */
	size_t count;
};

/* Says what each column means. Everything is the arena's. ERR_INVALID when no column is
 * one that the source knows leads by, naming the source's keys and the file's columns:
 * then the file has no header, or not one that we understand. */
int csv_columns_read(struct arena *arena, const struct source *source,
		     const struct csv_record *header, struct csv_columns *columns,
		     struct error *err);

struct csv_lead {
	const struct config *config;
	const struct csv_columns *columns;
	const struct csv_record *record; /* a row, not the header */
	const char *key;          /* of the row's idempotency ("IMPORT/7"), or NULL */
	int64_t received_at;
};

/* Prepares one row; a row that could not be read gets its problem as its error. All is
 * copied to the arena. */
void csv_row_prepare(struct arena *arena, const struct csv_lead *lead,
		     struct submission *submission);

/* One cell as it was meant (see above); `cell` itself, a part of it or the arena's. */
const char *csv_cell_mend(struct arena *arena, const char *cell);

/* --- the file of rows that were not taken --- */

/* Its last column says why. Imported with it, the column is not taken, and a row that is
 * refused again has it once, with the latest reason. */
#define CSV_REASON "not_taken_because"

/* Adds the header of that file: the file's own columns and CSV_REASON. */
void csv_errors_begin(struct buf *buf, const struct csv_columns *columns);

/* Adds a row: its cells as they were meant (`raw` is the record's text, with the file's
 * delimiter), and in words what was wrong with each field and what to do: corrected, the
 * file can be imported. Of a row that cannot be cut into the file's columns the first
 * column holds all, up to 1,000 bytes of it. */
void csv_errors_add(struct buf *buf, const struct csv_columns *columns, const char *raw,
		    size_t raw_len, char delimiter, const struct problems *problems);

#endif
