/* table.c - rows in aligned columns. Threads: the main thread. */
#include "cli/table.h"

#include <stdbool.h>
#include <stdio.h>

#include "cli/print.h"

#define COLUMNS_MAX 12
#define GAP 2
#define LAST_MIN 16 /* columns that the last one keeps on a narrow terminal */

struct row {
	struct row *next;
	const char *cells[COLUMNS_MAX];
};

struct table {
	struct arena *arena;
	const char *headers[COLUMNS_MAX];
	bool is_right[COLUMNS_MAX];
	size_t widths[COLUMNS_MAX];
	size_t ncolumns;
	struct row *rows, **end;
};

static void widen(struct table *table, size_t column, const char *text)
{
	size_t width = print_width_of(text);

	if (width > table->widths[column])
		table->widths[column] = width;
}

struct table *table_new(struct arena *arena, const char *const *headers)
{
	struct table *table = arena_alloc(arena, sizeof(*table));

	table->arena = arena;
	table->end = &table->rows;
	for (; headers[table->ncolumns] && table->ncolumns < COLUMNS_MAX; table->ncolumns++) {
		const char *header = headers[table->ncolumns];

		table->is_right[table->ncolumns] = *header == '>';
		table->headers[table->ncolumns] = header + (*header == '>');
		widen(table, table->ncolumns, table->headers[table->ncolumns]);
	}
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	struct row *row = arena_alloc(table->arena, sizeof(*row));

	for (size_t i = 0; i < table->ncolumns; i++) {
		row->cells[i] = shown(table->arena, cells[i]);
		widen(table, i, row->cells[i]);
	}
	*table->end = row;
	table->end = &row->next;
}

static void print_cell(const struct table *table, size_t column, const char *text)
{
	size_t blanks = table->widths[column] - print_width_of(text);
	bool is_last = column + 1 == table->ncolumns;

	if (table->is_right[column])
		printf("%*s%s%*s", (int)blanks, "", text, is_last ? 0 : GAP, "");
	else
		printf("%s%*s", text, is_last ? 0 : (int)blanks + GAP, "");
}

static void print_row(const struct table *table, const char *const *cells, size_t last_max)
{
	size_t last = table->ncolumns - 1, used;

	/* Nothing follows an empty tail: no blanks either. */
	for (used = table->ncolumns; used > 1 && !*cells[used - 1]; used--)
		;
	for (size_t i = 0; i < used; i++)
		if (i == last && last_max)
			fputs(print_cut(table->arena, cells[i], last_max), stdout);
		else if (i + 1 == used && !table->is_right[i])
			fputs(cells[i], stdout);
		else
			print_cell(table, i, cells[i]);
	putchar('\n');
}

void table_print(const struct table *table)
{
	size_t terminal = print_terminal(), before = 0, last_max = 0;

	if (!table->rows)
		return;
	for (size_t i = 0; i + 1 < table->ncolumns; i++)
		before += table->widths[i] + GAP;
	if (terminal && !table->is_right[table->ncolumns - 1])
		last_max = terminal > before + LAST_MIN ? terminal - before : LAST_MIN;
	fputs(print_bold(), stdout);
	print_row(table, table->headers, last_max);
	fputs(print_plain(), stdout);
	for (const struct row *row = table->rows; row; row = row->next)
		print_row(table, row->cells, last_max);
}
