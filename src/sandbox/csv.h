/* csv.h - comma-separated values in and out, for bulk APIs. Threads: pure. */
#ifndef SANDBOX_CSV_H
#define SANDBOX_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* How rows are written: ',' and "\n". */
struct sb_csv {
	char delimiter;
	const char *line_end;
};

/* Called for each row; the cells live until it returns. False ends the reading. */
typedef bool sb_csv_visit(const char *const *cells, size_t count, void *context);

/* Reads rows, the header among them; lines without anything are none. Returns false when
 * a quote stands where it must not. */
bool sb_csv_read(const struct sb_csv *csv, const char *text, size_t len, sb_csv_visit *visit,
		 void *context);

/* Adds a quoted cell, with the delimiter before it unless it is the first of its row. */
void sb_csv_add(const struct sb_csv *csv, struct buf *row, const char *cell, bool is_first);

#endif
