/* form_multipart.c - multipart/form-data (RFC 7578) with text parts only.
 * Threads: pure. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "sources/form_parts.h"
#include "sources/naming.h"

#define BOUNDARY_MAX 70
#define PART_HEADERS_MAX 2048 /* bytes */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A quoted string from behind its opening quote. Browsers escape only the quote, as %22;
 * others write a backslash before it. A backslash before anything else stays: it is part
 * of a Windows file name. NULL when it is not closed. */
static char *quoted(struct arena *arena, const char *text, const char **rest)
{
	char *out = arena_alloc(arena, strlen(text) + 1), *to = out;

	for (; *text != '"'; text++) {
		if (!*text)
			return NULL;
		if (*text == '\\' && (text[1] == '"' || text[1] == '\\'))
			text++;
		*to++ = *text;
	}
	*rest = text + 1;
	return out;
}

char *header_parameter(struct arena *arena, const char *value, const char *name)
{
	const char *at = value + strcspn(value, ";");

	while (*at == ';') {
		const char *word;
		size_t len;
		char *found;

		for (at++; is_blank(*at); at++)
			;
		word = at;
		len = strcspn(word, "=;");
		at += len;
		while (len > 0 && is_blank(word[len - 1]))
			len--;
		if (*at != '=')
			continue;
		for (at++; is_blank(*at); at++)
			;
		if (*at == '"') {
			found = quoted(arena, at + 1, &at);
			if (!found)
				return NULL;
		} else {
			size_t n = strcspn(at, ";");

			found = text_trim(arena, arena_strndup(arena, at, n));
			at += n;
		}
		if (len == strlen(name) && strncasecmp(word, name, len) == 0)
			return found;
		at += strcspn(at, ";");
	}
	return NULL;
}

/* The delimiter "--boundary" at the begin of a line, or NULL. `from` must be at one. */
static const char *find_delimiter(const char *from, const char *end, const char *delimiter)
{
	size_t len = strlen(delimiter);

	while ((size_t)(end - from) >= len) {
		if (memcmp(from, delimiter, len) == 0)
			return from;
		from = memmem(from, (size_t)(end - from), "\r\n", 2);
		if (!from)
			return NULL;
		from += 2;
	}
	return NULL;
}

/* Browsers escape what would end the name: undo just that. */
static void unescape_name(char *name)
{
	static const struct { const char *escape; char c; } escapes[] = {
		{ "%22", '"' }, { "%0D", '\r' }, { "%0A", '\n' },
	};
	char *to = name;

	for (const char *p = name; *p; p++) {
		char c = *p;

		for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
			if (strncasecmp(p, escapes[i].escape, 3) == 0) {
				c = escapes[i].c;
				p += 2;
				break;
			}
		*to++ = c;
	}
	*to = '\0';
}

/* Reads one header line of a part; lines we do not know are passed over. */
static int read_header(struct arena *arena, const char *line, struct form_part *part,
		       bool *is_file, struct error *err)
{
	static const char disposition[] = "Content-Disposition:", type[] = "Content-Type:";

	if (strncasecmp(line, type, sizeof(type) - 1) == 0) {
		part->charset = header_parameter(arena, line, "charset");
		return 0;
	}
	if (strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
		char *name = header_parameter(arena, line, "name"),
		     *file = header_parameter(arena, line, "filename");

		if (!name)
			return error_set(err, ERR_INVALID, "multipart: a part has no name");
		unescape_name(name);
		part->name = name;
		part->name_len = strlen(name);
		*is_file = file || header_parameter(arena, line, "filename*");
	}
	return 0;
}

/* The lines up to the blank one; *body is behind it. */
static int read_headers(struct arena *arena, const char *from, const char *end,
			struct form_part *part, bool *is_file, const char **body,
			struct error *err)
{
	const char *limit = end - from > PART_HEADERS_MAX ? from + PART_HEADERS_MAX : end;

	for (;;) {
		const char *stop = memmem(from, (size_t)(limit - from), "\r\n", 2);

		if (!stop)
			return error_set(err, ERR_INVALID,
					 "multipart: a part's headers do not end");
		if (stop == from)
			break;
		if (memchr(from, '\0', (size_t)(stop - from)))
			return error_set(err, ERR_INVALID, "multipart: a NUL in a header");
		if (read_header(arena, arena_strndup(arena, from, (size_t)(stop - from)),
				part, is_file, err) < 0)
			return -1;
		from = stop + 2;
	}
	*body = from + 2;
	if (!part->name)
		return error_set(err, ERR_INVALID,
				 "multipart: a part has no Content-Disposition");
	return 0;
}

static int read_part(struct arena *arena, const char *from, const char *end,
		     struct form_parts *parts, struct error *err)
{
	struct form_part part = { 0 };
	bool is_file = false;

	if (read_headers(arena, from, end, &part, &is_file, &part.bytes, err) < 0)
		return -1;
	part.len = (size_t)(end - part.bytes);
	/* A file input that nobody used is sent empty. */
	if (is_file && part.len == 0)
		return 0;
	if (is_file)
		return error_set(err, ERR_INVALID, "field %s: files are not taken; remove the "
				 "file input from the form, or send a link to the file",
				 naming_shown(arena, part.name));
	return form_parts_add(parts, &part, err);
}

int form_parts_of_multipart(struct arena *arena, const char *content_type,
			    const char *body, size_t len, struct form_parts *parts,
			    struct error *err)
{
	const char *boundary = header_parameter(arena, content_type, "boundary"), *delimiter,
		   *end = body + len, *at;

	if (!boundary || !*boundary || strlen(boundary) > BOUNDARY_MAX)
		return error_set(err, ERR_INVALID, "multipart: the Content-Type names no "
				 "boundary of 1 to %d characters", BOUNDARY_MAX);
	delimiter = arena_printf(arena, "--%s", boundary);
	at = find_delimiter(body, end, delimiter);
	for (;;) {
		const char *begin, *next;

		if (!at)
			return error_set(err, ERR_INVALID,
					 "multipart: the boundary is missing; the body is cut off");
		begin = at + strlen(delimiter);
		if (end - begin >= 2 && begin[0] == '-' && begin[1] == '-')
			return 0;
		while (begin < end && is_blank(*begin))
			begin++;
		if (end - begin < 2 || begin[0] != '\r' || begin[1] != '\n')
			return error_set(err, ERR_INVALID,
					 "multipart: no line end after the boundary");
		begin += 2;
		next = find_delimiter(begin, end, delimiter);
		if (!next || next - begin < 2)
			return error_set(err, ERR_INVALID,
					 "multipart: the boundary is missing; the body is cut off");
		if (read_part(arena, begin, next - 2, parts, err) < 0)
			return -1;
		at = next;
	}
}
