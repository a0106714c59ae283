/* case_file.h - reads the case files of connectors line by line. Threads: one at a time. */
#ifndef TESTS_CASE_FILE_H
#define TESTS_CASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct case_line {
	int number;       /* in the file, from 1 */
	bool is_indented; /* belongs to the line before */
	char *text;       /* without the indent, the comment and blanks at the end */
};

struct case_file {
	struct arena *arena;
	const char *path;
	struct case_line *lines;
	size_t count, at; /* `at` is the next line to be read */
};

/* Reads a file, without blank lines and those that begin with #. False: unreadable. */
bool case_file_read(struct arena *arena, const char *path, struct case_file *file);
char *case_file_bytes(struct arena *arena, const char *path, size_t *len);

/* The next line that belongs to the one before, or NULL. */
struct case_line *case_indented(struct case_file *file);

/* Cuts the next blank-separated word off *text; NULL at the end. */
char *case_word(struct arena *arena, char **text);

#endif
