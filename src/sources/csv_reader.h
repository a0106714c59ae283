/* csv_reader.h - reading a file of comma-separated values as it comes in.
 * Threads: one at a time.
 *
 * Takes what spreadsheets and portals really write: UTF-8, UTF-16 and Windows-1252, a
 * byte order mark or none; comma, semicolon, tab or bar; quoted fields with line ends in
 * them; CR LF, LF or CR; "sep=;". Memory does not grow with the file: at most about
 * 4 MiB. A record that cannot be read is a row with a problem, and reading goes on. */
#ifndef SOURCES_CSV_READER_H
#define SOURCES_CSV_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/submission.h"
#include "sources/encoding.h"

#define CSV_RECORD_MAX (1u << 20) /* bytes of UTF-8 */
#define CSV_FIELDS_MAX 1000

/* One record. Everything in it is valid only during the call that hands it over. */
struct csv_record {
	uint64_t row;            /* 0 is the header; then counted from 1 */
	uint64_t line, last_line; /* where it begins and ends in the file, from 1 */
	const char *const *cells; /* one for each column, unless there is a problem; blanks
				     around a cell that is not quoted are cut */
	size_t ncells;
	const char *text;        /* as it stood, in UTF-8, without the line end; of a row
				    with a problem maybe only its first line, unchecked */
	size_t text_len;
	const struct problem *problem; /* NULL: a good row. Else what is wrong with it, and
				     the cells are what could be read: maybe none */
};

/* Called for the header and then for each row, in order. Rows of empty cells only are
 * counted and left out. -1 ends the reading with that error. */
typedef int csv_take(void *context, const struct csv_record *record, struct error *err);

struct csv_reader;

/* Rows up to number `done` are counted and not handed over: what an import that was
 * interrupted has behind it. The reader is the caller's until csv_reader_free(). */
struct csv_reader *csv_reader_new(csv_take *take, void *context, uint64_t done);
void csv_reader_free(struct csv_reader *reader); /* may be NULL */

/* Gives the reader more of the file, in pieces of any size, and its end. Problems of
 * rows are no failure; ERR_INVALID is an empty file or a header that cannot be read.
 * After a failure only csv_reader_free() may follow. */
int csv_reader_add(struct csv_reader *reader, const char *bytes, size_t len,
		   struct error *err);
int csv_reader_end(struct csv_reader *reader, struct error *err);

/* What was found; known once the header was handed over. */
enum encoding csv_reader_encoding(const struct csv_reader *reader);
char csv_reader_delimiter(const struct csv_reader *reader);

#endif
