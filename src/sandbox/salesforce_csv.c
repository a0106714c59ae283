/* salesforce_csv.c - comma-separated values in and out, for bulk jobs (fact sheet 10).
 * Threads: pure. */
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sandbox/salesforce_jobs.h"

#define PIECE 65536      /* given to libcsv at a time: how far it reads past the end */
#define CELLS_MAX 5000   /* columns of a row; more are dropped */

struct reader {
	sf_csv_visit *visit;
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

bool sf_csv_read(const struct sf_csv *csv, const char *text, size_t len, sf_csv_visit *visit,
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

void sf_csv_add(const struct sf_csv *csv, struct buf *row, const char *cell, bool is_first)
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

struct sf_csv sf_job_csv(const json_t *job)
{
	static const struct {
		const char *name;
		char delimiter;
	} names[] = { { "COMMA", ',' }, { "TAB", '\t' },   { "SEMICOLON", ';' },
		      { "PIPE", '|' },	{ "CARET", '^' }, { "BACKQUOTE", '`' } };
	const char *name = json_string_of(sf_job_info(job), "columnDelimiter");
	const char *end = json_string_of(sf_job_info(job), "lineEnding");
	struct sf_csv csv = { '\0', strcmp(end, "CRLF") == 0 ? "\r\n" : "\n" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].name, name) == 0)
			csv.delimiter = names[i].delimiter;
	return csv;
}
