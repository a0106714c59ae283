/* case_file.c - reads the case files of connectors line by line. Threads: one at a time. */
#include "case_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *case_file_bytes(struct arena *arena, const char *path, size_t *len)
{
	FILE *in = fopen(path, "rb");
	char *text;
	long size;

	if (!in)
		return NULL;
	fseek(in, 0, SEEK_END);
	size = ftell(in);
	rewind(in);
	text = arena_alloc(arena, (size_t)size + 1);
	*len = fread(text, 1, (size_t)size, in);
	fclose(in);
	return text;
}

static void add_line(struct case_file *file, char *text, int number)
{
	char *start = text + strspn(text, " \t");
	size_t len = strlen(start);

	while (len > 0 && strchr(" \t\r", start[len - 1]))
		start[--len] = '\0';
	if (len == 0 || *start == '#')
		return;
	file->lines[file->count++] = (struct case_line){ number, start > text, start };
}

bool case_file_read(struct arena *arena, const char *path, struct case_file *file)
{
	size_t len, count = 1;
	char *text = case_file_bytes(arena, path, &len), *line;
	int number = 1;

	if (!text)
		return false;
	for (char *p = text; *p; p++)
		count += *p == '\n';
	*file = (struct case_file){ .arena = arena, .path = path };
	file->lines = arena_array(arena, count, sizeof(*file->lines));
	while ((line = strsep(&text, "\n")))
		add_line(file, line, number++);
	return true;
}

struct case_line *case_indented(struct case_file *file)
{
	if (file->at == file->count || !file->lines[file->at].is_indented)
		return NULL;
	return &file->lines[file->at++];
}

char *case_word(struct arena *arena, char **text)
{
	char *start = *text + strspn(*text, " \t");
	size_t len = strcspn(start, " \t");

	*text = start + len;
	return len ? arena_strndup(arena, start, len) : NULL;
}
