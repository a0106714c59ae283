/* batch.c - the items of a batch, as text. Threads: pure. */
#include "sources/batch.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *media;
	enum batch_form form;
} forms[] = {
	{ "application/json", BATCH_ARRAY },
	{ "application/x-ndjson", BATCH_NDJSON },
	{ "application/ndjson", BATCH_NDJSON },
	{ "application/jsonl", BATCH_NDJSON },
	{ "application/x-jsonlines", BATCH_NDJSON },
};

enum batch_form batch_form_of(const char *content_type)
{
	size_t len = content_type ? strcspn(content_type, "; \t") : 0;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (len == strlen(forms[i].media) &&
		    strncasecmp(content_type, forms[i].media, len) == 0)
			return forms[i].form;
	return BATCH_NONE;
}

/* Where we are in the body. */
struct cursor {
	const char *text;
	size_t len, at, line;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What JSON takes for blank, or the end. */
static void skip_blanks(struct cursor *c)
{
	for (; c->at < c->len && is_blank(c->text[c->at]); c->at++)
		c->line += c->text[c->at] == '\n';
}

static void skip_string(struct cursor *c)
{
	for (c->at++; c->at < c->len; c->at++) {
		c->line += c->text[c->at] == '\n';
		if (c->text[c->at] == '\\')
			c->at++;
		else if (c->text[c->at] == '"')
			return;
	}
}

/* Past one element: to the comma or bracket that ends it, or to the end. */
static void skip_element(struct cursor *c)
{
	size_t depth = 0;

	for (; c->at < c->len; c->at++) {
		switch (c->text[c->at]) {
		case '"':
			skip_string(c);
			break;
		case '\n':
			c->line++;
			break;
		case '[':
		case '{':
			depth++;
			break;
		case ',':
			if (depth == 0)
				return;
			break;
		case ']':
		case '}':
			if (depth-- == 0)
				return;
			break;
		}
	}
	if (c->at > c->len) /* a backslash was the last byte */
		c->at = c->len;
}

static int add(struct batch *batch, const char *text, size_t len, size_t line,
	       struct error *err)
{
	if (batch->nitems == BATCH_MAX)
		return error_set(err, ERR_LIMIT, "more than %d items; send several batches",
				 BATCH_MAX);
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	batch->items[batch->nitems++] = (struct batch_item){ text, len, line };
	return 0;
}

static int bad_array(const struct cursor *c, const char *what, struct error *err)
{
	return error_set(err, ERR_INVALID, "line %zu: %s", c->line, what);
}

static int split_array(struct cursor *c, struct batch *batch, struct error *err)
{
	skip_blanks(c);
	if (c->at == c->len || c->text[c->at] != '[')
		return bad_array(c, "the body must be a JSON array; for one JSON text a line, "
				 "say Content-Type: application/x-ndjson", err);
	c->at++;
	skip_blanks(c);
	if (c->at < c->len && c->text[c->at] == ']')
		goto end;
	for (;;) {
		size_t line = c->line, from = c->at;

		skip_element(c);
		if (c->at == c->len)
			return bad_array(c, "the array does not end", err);
		if (c->at == from)
			return bad_array(c, "a comma with nothing before or behind it", err);
		if (add(batch, c->text + from, c->at - from, line, err) < 0)
			return -1;
		if (c->text[c->at] == ']')
			break;
		if (c->text[c->at] == '}')
			return bad_array(c, "a } that nothing opened", err);
		c->at++;
		skip_blanks(c);
	}
end:
	c->at++;
	skip_blanks(c);
	return c->at == c->len ? 0 : bad_array(c, "something stands behind the array", err);
}

static int split_lines(struct cursor *c, struct batch *batch, struct error *err)
{
	for (; c->at < c->len; c->line++) {
		const char *text = c->text + c->at, *end = memchr(text, '\n', c->len - c->at);
		size_t len = end ? (size_t)(end - text) : c->len - c->at;

		c->at += len + (end != NULL);
		while (len > 0 && is_blank(*text)) {
			text++;
			len--;
		}
		if (len > 0 && add(batch, text, len, c->line, err) < 0)
			return -1;
	}
	return 0;
}

int batch_split(struct arena *arena, enum batch_form form, const char *body, size_t len,
		struct batch *batch, struct error *err)
{
	struct cursor c = { body, len, 0, 1 };

	*batch = (struct batch){ 0 };
	if (len > BATCH_BODY_MAX)
		return error_set(err, ERR_LIMIT, "larger than %u bytes", BATCH_BODY_MAX);
	batch->items = arena_array(arena, BATCH_MAX, sizeof(*batch->items));
	switch (form) {
	case BATCH_ARRAY:
		return split_array(&c, batch, err);
	case BATCH_NDJSON:
		return split_lines(&c, batch, err);
	case BATCH_NONE:
		break;
	}
	return error_set(err, ERR_INVALID, "content type: not one a batch can have");
}
