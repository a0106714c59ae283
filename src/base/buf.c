/* buf.c - text and bytes built up piece by piece. Threads: one at a time. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, struct arena *arena, size_t max)
{
	*buf = (struct buf){ .arena = arena, .max = max };
	buf->room = max < 256 ? max : 256;
	buf->text = arena_alloc(arena, buf->room + 1);
}

static bool grow(struct buf *buf, size_t len)
{
	size_t room = buf->room;
	char *text;

	if (buf->is_over || len > buf->max - buf->len) {
		buf->is_over = true;
		return false;
	}
	while (room - buf->len < len)
		room = room < buf->max / 2 ? room * 2 : buf->max;
	text = arena_alloc(buf->arena, room + 1);
	memcpy(text, buf->text, buf->len);
	buf->text = text;
	buf->room = room;
	return true;
}

static inline bool make_room(struct buf *buf, size_t len)
{
	return (len <= buf->room - buf->len && !buf->is_over) || grow(buf, len);
}

void buf_addn(struct buf *buf, const void *bytes, size_t len)
{
	if (!len || !make_room(buf, len))
		return;
	memcpy(buf->text + buf->len, bytes, len);
	buf->len += len;
	buf->text[buf->len] = '\0';
}

void buf_add(struct buf *buf, const char *text)
{
	if (text)
		buf_addn(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c)
{
	if (!make_room(buf, 1))
		return;
	buf->text[buf->len++] = c;
	buf->text[buf->len] = '\0';
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !make_room(buf, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(buf->text + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

void buf_add_int(struct buf *buf, int64_t number)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--p = '-';
	buf_addn(buf, p, (size_t)(digits + sizeof(digits) - p));
}

void buf_add_jsonn(struct buf *buf, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t start = 0;

	buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char escape[6] = "\\u00";

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_addn(buf, text + start, i - start);
		start = i + 1;
		switch (c) {
		case '"':
			buf_addn(buf, "\\\"", 2);
			break;
		case '\\':
			buf_addn(buf, "\\\\", 2);
			break;
		case '\n':
			buf_addn(buf, "\\n", 2);
			break;
		case '\r':
			buf_addn(buf, "\\r", 2);
			break;
		case '\t':
			buf_addn(buf, "\\t", 2);
			break;
		default:
			escape[4] = hex[c >> 4];
			escape[5] = hex[c & 15];
			buf_addn(buf, escape, 6);
		}
	}
	buf_addn(buf, text + start, len - start);
	buf_addc(buf, '"');
}

void buf_add_json(struct buf *buf, const char *text)
{
	if (text)
		buf_add_jsonn(buf, text, strlen(text));
	else
		buf_addn(buf, "null", 4);
}

void buf_add_url(struct buf *buf, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (const unsigned char *p = (const unsigned char *)text; p && *p; p++) {
		char escape[3] = { '%', hex[*p >> 4], hex[*p & 15] };

		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("-._~", *p))
			buf_addn(buf, p, 1);
		else
			buf_addn(buf, escape, 3);
	}
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->is_over = false;
	buf->text[0] = '\0';
}

int buf_end(struct buf *buf, const char **text, struct error *err)
{
	if (buf->is_over)
		return error_set(err, ERR_LIMIT, "longer than %zu bytes", buf->max);
	*text = buf->text;
	return 0;
}

char *buf_text(struct buf *buf)
{
	if (buf->is_over) {
		fputs("level=error event=buf.overflow\n", stderr);
		abort();
	}
	return buf->text;
}
