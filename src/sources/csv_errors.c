/* csv_errors.c - the file of rows that were not taken. Threads: pure. */
#include <csv.h>
#include <string.h>

#include "base/text.h"
#include "sources/csv_row.h"
#include "sources/csv_write.h"

/* Adds a row of the file's columns, without the reason of an earlier time, and the reason;
 * `cells` has room for it. */
static void add_row(struct buf *buf, const struct csv_columns *columns, const char **cells,
		    const char *reason)
{
	size_t count = 0;

	for (size_t i = 0; i < columns->count; i++)
		if (!text_equal(columns->items[i].header, CSV_REASON))
			cells[count++] = cells[i];
	cells[count++] = reason;
	buf_add_csv_row(buf, cells, count);
}

void csv_errors_begin(struct buf *buf, const struct csv_columns *columns)
{
	const char **cells = arena_array(buf->arena, columns->count + 1, sizeof(*cells));

	for (size_t i = 0; i < columns->count; i++)
		cells[i] = columns->items[i].header;
	add_row(buf, columns, cells, CSV_REASON);
}

/* The one record of a row. */
struct cut {
	struct arena *arena;
	const char **cells;
	size_t room, count;
};

static void on_cell(void *bytes, size_t len, void *context)
{
	struct cut *cut = context;

	/* Empty cells behind the last column are a spreadsheet's. */
	if (cut->count >= cut->room && len == 0)
		return;
	if (cut->count < cut->room)
		cut->cells[cut->count] = csv_cell_mend(cut->arena,
						       arena_strndup(cut->arena, bytes, len));
	cut->count++;
}

/* Cuts the row; false when it does not have the file's columns. */
static bool cut_row(struct cut *cut, const char *raw, size_t raw_len, char delimiter)
{
	struct csv_parser parser;

	csv_init(&parser, 0);
	csv_set_delim(&parser, (unsigned char)delimiter);
	csv_parse(&parser, raw, raw_len, on_cell, NULL, cut);
	csv_fini(&parser, on_cell, NULL, cut);
	csv_free(&parser);
	return cut->count == cut->room;
}

#define SHOWN_MAX 1000 /* bytes */

static const char *shorten(struct arena *arena, const char *raw, size_t len)
{
	char *text;

	if (len > SHOWN_MAX)
		for (len = SHOWN_MAX; len > 0 && ((unsigned char)raw[len] & 0xC0) == 0x80;)
			len--;
	text = arena_strndup(arena, raw, len);
	encoding_make_valid(text, len);
	return text;
}

static const char *in_words(struct arena *arena, const struct problems *problems)
{
	struct buf buf;

	buf_init(&buf, arena, 16u << 10);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		buf_addf(&buf, "%s%s%s%s: %s", i ? ". " : "", p->field ? p->field : "",
			 p->field ? ": " : "", p->message, p->instruction);
	}
	return buf.text;
}

void csv_errors_add(struct buf *buf, const struct csv_columns *columns, const char *raw,
		    size_t raw_len, char delimiter, const struct problems *problems)
{
	struct cut cut = { .arena = buf->arena, .room = columns->count };

	cut.cells = arena_array(buf->arena, columns->count + 1, sizeof(*cut.cells));
	if (!text_is_utf8(raw, raw_len) || !cut_row(&cut, raw, raw_len, delimiter)) {
		memset(cut.cells, 0, columns->count * sizeof(*cut.cells));
		cut.cells[0] = shorten(buf->arena, raw, raw_len);
	}
	add_row(buf, columns, cut.cells, in_words(buf->arena, problems));
}
