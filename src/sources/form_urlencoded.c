/* form_urlencoded.c - application/x-www-form-urlencoded. Threads: pure.
 *
 * Escapes are of bytes in the form's charset, which a later field may name: so they are
 * undone before anybody looks whether they are text. */
#include <string.h>

#include "sources/form_parts.h"

int form_parts_add(struct form_parts *parts, const struct form_part *part,
		   struct error *err)
{
	if (parts->count == FORM_FIELDS_MAX)
		return error_set(err, ERR_LIMIT, "more than %d fields", FORM_FIELDS_MAX);
	parts->items[parts->count++] = *part;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A per cent sign that begins no escape stands for itself, as browsers' parsers have
 * it: "100%" from a hand-made sender is no reason to lose a lead. */
static const char *unescape(struct arena *arena, const char *text, size_t len,
			    size_t *out_len)
{
	char *out = arena_alloc(arena, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (text[i] == '+') {
			*to++ = ' ';
			continue;
		}
		if (text[i] != '%' || len - i < 3 || (high = hex_digit(text[i + 1])) < 0 ||
		    (low = hex_digit(text[i + 2])) < 0) {
			*to++ = text[i];
			continue;
		}
		*to++ = (char)(high << 4 | low);
		i += 2;
	}
	*out_len = (size_t)(to - out);
	return out;
}

static int add_pair(struct arena *arena, const char *pair, size_t len,
		    struct form_parts *parts, struct error *err)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals ? (size_t)(equals - pair) : len;
	struct form_part part = { 0 };

	part.name = unescape(arena, pair, name_len, &part.name_len);
	if (equals)
		part.bytes = unescape(arena, equals + 1, len - name_len - 1, &part.len);
	else
		part.bytes = "";
	return form_parts_add(parts, &part, err);
}

int form_parts_of_urlencoded(struct arena *arena, const char *body, size_t len,
			     struct form_parts *parts, struct error *err)
{
	while (len > 0) {
		const char *end = memchr(body, '&', len);
		size_t pair = end ? (size_t)(end - body) : len;

		if (pair > 0 && add_pair(arena, body, pair, parts, err) < 0)
			return -1;
		body += pair + (end != NULL);
		len -= pair + (end != NULL);
	}
	return 0;
}
