/* print.h - text for people on standard output: safe, wrapped, marked. Threads: the main
 * thread.
 *
 * What came from outside (leads, CRMs, files) goes through shown(): a terminal obeys
 * control characters, and a name may hold some. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/arena.h"

/* Well-formed UTF-8 without control characters and marks of writing direction: each
 * becomes one U+FFFD, line ends and tabs a blank. NULL is "". */
const char *shown(struct arena *arena, const char *text);

/* A JSON value on one line: text as it is, a list joined with ", ", null as "". */
const char *shown_json(struct arena *arena, const json_t *json);

/* "2026-03-02 09:14:07Z" of an RFC 3339 time in UTC; "" for NULL. */
const char *shown_time(struct arena *arena, const char *time);

/* "3.2 MiB", "812 bytes". */
const char *shown_bytes(struct arena *arena, int64_t bytes);

/* "12,345": in groups of three. */
const char *shown_count(struct arena *arena, int64_t count);

/* "1 lead", "2 leads": for words that only take an s. */
const char *shown_number_of(struct arena *arena, int64_t count, const char *word);

/* Columns that text takes on a terminal; of shown() text. */
size_t print_width_of(const char *text);

/* At most `columns` of it, ended by an ellipsis when cut. */
const char *print_cut(struct arena *arena, const char *text, size_t columns);

/* Columns of standard output's terminal; 0 when it is none. */
size_t print_terminal(void);

/* Prints text broken at blanks, each line after `indent` blanks; line ends in it stay, and
 * lines that begin with two blanks are not broken. */
void print_wrapped(struct arena *arena, size_t indent, const char *text);

/* A tick, a cross, an exclamation mark: words where the locale has no UTF-8, colours on a
 * terminal unless NO_COLOR is set. */
enum mark { MARK_GOOD, MARK_BAD, MARK_WARN, MARK_NONE };
const char *print_mark(enum mark mark);

/* Words to begin and end bold type with; "" where there is none. */
const char *print_bold(void);
const char *print_plain(void);

/* Prints JSON as --json does: indented on a terminal, else on one line. */
void print_json(const json_t *json);

#endif
