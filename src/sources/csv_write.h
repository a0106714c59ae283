/* csv_write.h - files of comma-separated values for people's spreadsheets.
 * Threads: pure.
 *
 * What a spreadsheet would run as a formula gets an apostrophe before it. csv_row.h takes
 * it off again, so that a file that we wrote reads back as it was. */
#ifndef SOURCES_CSV_WRITE_H
#define SOURCES_CSV_WRITE_H

#include <stddef.h>

#include "base/buf.h"

/* Stands before the first row: Excel takes the file for UTF-8 then. */
#define CSV_MARK "\xEF\xBB\xBF"

/* Adds one row: cells quoted, commas between, CR LF at the end. A NULL cell is empty. */
void buf_add_csv_row(struct buf *buf, const char *const *cells, size_t count);

/* The cell with an apostrophe before it if a spreadsheet would run it: after any number
 * of apostrophes it begins with = + - @ TAB or CR, or there are apostrophes and then a
 * digit (which is the mark's own form). Else `cell` itself. */
const char *csv_guard(struct arena *arena, const char *cell);

/* The cell without the apostrophe that csv_guard() or Excel put before it. */
const char *csv_unguard(const char *cell);

#endif
