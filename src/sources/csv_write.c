/* csv_write.c - files of comma-separated values for people's spreadsheets.
 * Threads: pure. */
#include "sources/csv_write.h"

#include <csv.h>
#include <stdbool.h>
#include <string.h>

static bool is_formula(char c)
{
	return c && strchr("=+-@\t\r", c);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A guarded cell that began with apostrophes must get one more, or reading would take
 * off one of its own. */
static bool needs_guard(const char *cell)
{
	size_t marks = strspn(cell, "'");

	return is_formula(cell[marks]) || (marks > 0 && is_digit(cell[marks]));
}

const char *csv_guard(struct arena *arena, const char *cell)
{
	return needs_guard(cell) ? arena_printf(arena, "'%s", cell) : cell;
}

const char *csv_unguard(const char *cell)
{
	return *cell == '\'' && needs_guard(cell) ? cell + 1 : cell;
}

static void add_cell(struct buf *buf, const char *cell)
{
	const char *guarded = csv_guard(buf->arena, cell);
	size_t len = strlen(guarded), room = 2 * len + 2;
	char *quoted = arena_alloc(buf->arena, room);

	buf_addn(buf, quoted, csv_write(quoted, room, guarded, len));
}

void buf_add_csv_row(struct buf *buf, const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(buf, ',');
		add_cell(buf, cells[i] ? cells[i] : "");
	}
	buf_add(buf, "\r\n");
}
