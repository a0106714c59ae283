/* multipart.c - bodies made of parts. Threads: pure. */
#include "sandbox/multipart.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define BOUNDARY_MAX 200

const char *multipart_parameter(struct arena *arena, const char *value, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strchr(value, ';'); at; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, len) != 0 || at[len] != '=')
			continue;
		at += len + 1;
		if (*at != '"')
			return arena_strndup(arena, at, strcspn(at, "; \t"));
		at++;
		return at[strcspn(at, "\"")] ? arena_strndup(arena, at, strcspn(at, "\"")) : NULL;
	}
	return NULL;
}

/* The first byte of the next boundary line, or NULL. */
static const char *boundary_find(const struct multipart *multipart, const char *from)
{
	size_t len = strlen(multipart->boundary);

	for (const char *at = from; at && (size_t)(multipart->end - at) >= len; at++) {
		at = memmem(at, (size_t)(multipart->end - at), multipart->boundary, len);
		if (!at)
			return NULL;
		if (at == from || at[-1] == '\n')
			return at;
	}
	return NULL;
}

/* Behind a boundary: "--" closes, CR LF goes on. */
static bool boundary_pass(struct multipart *multipart, const char *at)
{
	at += strlen(multipart->boundary);
	if (multipart->end - at >= 2 && memcmp(at, "--", 2) == 0) {
		multipart->is_closed = true;
		multipart->at = at + 2;
		return true;
	}
	if (multipart->end - at < 2 || memcmp(at, "\r\n", 2) != 0)
		return false;
	multipart->at = at + 2;
	return true;
}

bool multipart_begin(struct multipart *multipart, struct arena *arena, const char *type,
		     const char *body, size_t len)
{
	const char *boundary, *first;

	if (!type || strncasecmp(type, "multipart/", 10) != 0)
		return false;
	boundary = multipart_parameter(arena, type, "boundary");
	if (text_is_empty(boundary) || strlen(boundary) > BOUNDARY_MAX)
		return false;
	*multipart = (struct multipart){ .boundary = arena_printf(arena, "--%s", boundary),
					 .at = body,
					 .end = body + len };
	first = boundary_find(multipart, body);
	return first && boundary_pass(multipart, first);
}

/* Reads "name: value" lines up to the empty one; *at moves behind it. False when a line is
 * none or the bytes end first. */
static bool read_headers(struct arena *arena, const char **at, const char *end,
			 struct http_headers *headers)
{
	headers->count = 0;
	for (;;) {
		const char *line = *at, *stop, *colon;
		const char *name, *value;

		stop = memmem(line, (size_t)(end - line), "\r\n", 2);
		if (!stop)
			return false;
		*at = stop + 2;
		if (stop == line)
			return true;
		colon = memchr(line, ':', (size_t)(stop - line));
		if (!colon)
			return false;
		name = arena_strndup(arena, line, (size_t)(colon - line));
		value = text_trim(arena, arena_strndup(arena, colon + 1,
						       (size_t)(stop - colon - 1)));
		if (!http_header_add(headers, name, value))
			return false;
	}
}

int multipart_next(struct multipart *multipart, struct arena *arena,
		   struct multipart_part *part)
{
	const char *next;

	if (multipart->is_closed)
		return 0;
	if (!read_headers(arena, &multipart->at, multipart->end, &part->headers))
		return -1;
	part->body = multipart->at;
	next = boundary_find(multipart, multipart->at);
	if (!next)
		return -1;
	/* The line end before a boundary belongs to it. */
	part->len = (size_t)(next - part->body);
	if (part->len >= 2 && memcmp(next - 2, "\r\n", 2) == 0)
		part->len -= 2;
	else if (part->len)
		return -1;
	return boundary_pass(multipart, next) ? 1 : -1;
}
