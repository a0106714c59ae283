/* table.h - rows in aligned columns. Threads: the main thread. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/arena.h"

struct table;

/* `headers` ends with NULL; one that begins with '>' stands right. Everything lives in the
 * arena. */
struct table *table_new(struct arena *arena, const char *const *headers);

/* Adds a row: as many cells as headers, kept by reference; texts are made safe when they
 * are printed. NULL is empty. */
void table_add(struct table *table, const char *const *cells);

/* Prints headers and rows; nothing without rows. On a terminal the last column is cut to
 * its width; elsewhere nothing is cut. */
void table_print(const struct table *table);

#define TABLE_HEADERS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define TABLE_ROW(...) ((const char *const[]){ __VA_ARGS__ })

#endif
