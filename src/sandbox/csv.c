/* csv.c - comma-separated values, by libcsv. Threads: pure. */
#include "sandbox/csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define PIECE 65536      /* given to libcsv at a time: how far it reads past the end */
#define CELLS_MAX 5000   /* columns of a row; more are dropped */

struct reader {
	sb_csv_visit *visit;
	void *context;
	struct arena *arena; /* of one row */
	struct arena_mark start;
	const char **cells;
	size_t count;
	bool is_ended;
};

static void on_cell(void *bytes, size_t len, void *context)
{
	struct reader *reader = context;

	if (reader->count < CELLS_MAX)
		reader->cells[reader->count++] = arena_strndup(reader->arena, bytes ? bytes : "",
							       bytes ? len : 0);
}

static void on_row(int end, void *context)
{
	struct reader *reader = context;

	(void)end;
	if (!reader->is_ended)
		reader->is_ended = !reader->visit(reader->cells, reader->count, reader->context);
	reader->count = 0;
	arena_rewind(reader->arena, reader->start);
}

/* Blanks around a cell are its own. */
static int is_space(unsigned char c)
{
	(void)c;
	return 0;
}

bool sb_csv_read(const struct sb_csv *csv, const char *text, size_t len, sb_csv_visit *visit,
		 void *context)
{
	struct reader reader = { .visit = visit, .context = context, .arena = arena_new() };
	struct csv_parser parser;
	bool is_right = true;

	reader.cells = arena_array(reader.arena, CELLS_MAX, sizeof(*reader.cells));
	reader.start = arena_mark(reader.arena);
	csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
	csv_set_delim(&parser, (unsigned char)csv->delimiter);
	csv_set_space_func(&parser, is_space);
	for (size_t at = 0; at < len && is_right && !reader.is_ended; at += PIECE) {
		size_t piece = len - at < PIECE ? len - at : PIECE;

		is_right = csv_parse(&parser, text + at, piece, on_cell, on_row, &reader) == piece;
	}
	if (is_right && !reader.is_ended)
		is_right = csv_fini(&parser, on_cell, on_row, &reader) == 0;
	csv_free(&parser);
	arena_free(reader.arena);
	return is_right;
}

void sb_csv_add(const struct sb_csv *csv, struct buf *row, const char *cell, bool is_first)
{
	if (!is_first)
		buf_addc(row, csv->delimiter);
	buf_addc(row, '"');
	for (; *cell; cell++) {
		if (*cell == '"')
			buf_addc(row, '"');
		buf_addc(row, *cell);
	}
	buf_addc(row, '"');
}
