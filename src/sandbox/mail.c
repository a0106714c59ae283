/* mail.c - reading a message. Threads: pure. */
#include "sandbox/mail.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/text.h"
#include "sandbox/multipart.h"

#define DEPTH_MAX 8
#define PARTS_MAX 64
#define HEADER_MAX (64u << 10)
#define BOUNDARY_MAX 200
#define TEXT_MAX (1u << 20)

/* --- headers --- */

/* Behind the next line's end, or `end`. */
static const char *next_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline + 1 : end;
}

static bool is_empty_line(const char *at, const char *end)
{
	return at == end || *at == '\n' || (end - at >= 2 && at[0] == '\r' && at[1] == '\n');
}

size_t mail_headers_len(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;

	while (!is_empty_line(at, end))
		at = next_line(at, end);
	return (size_t)(next_line(at, end) - bytes);
}

static bool is_folded(const char *at, const char *end)
{
	return at < end && (*at == ' ' || *at == '\t');
}

const char *mail_header(struct arena *arena, const char *bytes, size_t len, const char *name)
{
	const char *at = bytes, *end = bytes + len, *stop;
	size_t name_len = strlen(name), n = 0;
	char *value;

	while (!is_empty_line(at, end) &&
	       !((size_t)(end - at) > name_len && strncasecmp(at, name, name_len) == 0 &&
		 at[name_len] == ':'))
		at = next_line(at, end);
	if (is_empty_line(at, end))
		return NULL;
	at += name_len + 1;
	stop = next_line(at, end);
	while (is_folded(stop, end))
		stop = next_line(stop, end);
	if (stop - at > HEADER_MAX || !text_is_utf8(at, (size_t)(stop - at)))
		return NULL;
	value = arena_alloc(arena, (size_t)(stop - at) + 1);
	for (; at < stop; at++)
		if (*at != '\r' && *at != '\n')
			value[n++] = *at;
	return text_trim(arena, value);
}

const char *mail_address(struct arena *arena, const char *text)
{
	const char *open = text ? strrchr(text, '<') : NULL, *address;
	size_t len;

	if (!text)
		return NULL;
	address = open ? open + 1 : text + strspn(text, " \t");
	len = strcspn(address, open ? ">" : " ,;\t");
	if (len < 3 || len > 254 || !memchr(address, '@', len))
		return NULL;
	address = arena_strndup(arena, address, len);
	return strpbrk(address, " \t<>") ? NULL : address;
}

/* --- encodings --- */

static int hex_of(char c)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) & 15 : -1;
}

/* Quoted-printable; in encoded words '_' is a blank. */
static char *unquote(struct arena *arena, const char *bytes, size_t len, bool is_word,
		     size_t *out_len)
{
	char *out = arena_alloc(arena, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int high = bytes[i] == '=' && i + 2 < len ? hex_of(bytes[i + 1]) : -1;
		int low = high >= 0 ? hex_of(bytes[i + 2]) : -1;

		if (low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else if (bytes[i] == '=' && !is_word) {
			while (i + 1 < len && bytes[i + 1] != '\n' && strchr(" \t\r", bytes[i + 1]))
				i++;
			if (i + 1 < len && bytes[i + 1] == '\n')
				i++;
		} else {
			out[n++] = is_word && bytes[i] == '_' ? ' ' : bytes[i];
		}
	}
	*out_len = n;
	return out;
}

static char *unbase64(struct arena *arena, const char *bytes, size_t len, size_t *out_len)
{
	char *letters = arena_alloc(arena, len + 1);
	unsigned char *out;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (bytes[i] && !strchr(" \t\r\n", bytes[i]))
			letters[n++] = bytes[i];
	if (base64_decode(arena, letters, &out, out_len, NULL) < 0) {
		*out_len = 0;
		return letters;
	}
	return (char *)out;
}

static bool is_known_charset(const char *name, size_t len)
{
	static const char *const known[] = { "utf-8", "us-ascii" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (len == strlen(known[i]) && strncasecmp(name, known[i], len) == 0)
			return true;
	return false;
}

/* Adds the letters of "=?utf-8?Q?...?=" at `at`; returns its length, 0 when it is none. */
static size_t add_word(struct buf *buf, const char *at)
{
	const char *charset = at + 2, *encoding, *data, *end;
	size_t len;
	char *text;

	encoding = strchr(charset, '?');
	if (!encoding || !strchr("QqBb", encoding[1]) || !encoding[1] || encoding[2] != '?' ||
	    !is_known_charset(charset, (size_t)(encoding - charset)))
		return 0;
	data = encoding + 3;
	end = strstr(data, "?=");
	if (!end)
		return 0;
	if (strchr("Qq", encoding[1]))
		text = unquote(buf->arena, data, (size_t)(end - data), true, &len);
	else
		text = unbase64(buf->arena, data, (size_t)(end - data), &len);
	if (!text_is_utf8(text, len))
		return 0;
	buf_addn(buf, text, len);
	return (size_t)(end + 2 - at);
}

const char *mail_words(struct arena *arena, const char *text)
{
	bool was_word = false;
	struct buf buf;

	buf_init(&buf, arena, HEADER_MAX + 1);
	while (*text) {
		size_t blanks = strspn(text, " \t");
		size_t word = text_starts(text + blanks, "=?") && was_word ?
				      add_word(&buf, text + blanks) :
				      0;

		if (!word && text_starts(text, "=?")) {
			blanks = 0;
			word = add_word(&buf, text);
		}
		was_word = word > 0;
		if (word) /* blanks between two words are not theirs */
			text += blanks + word;
		else
			buf_addc(&buf, *text++);
	}
	return buf_text(&buf);
}

/* --- parts --- */

struct part {
	const char *type;
	const char *body;
	size_t len;
};

struct walk {
	struct arena *arena;
	int nparts;
	/* False: enough. */
	bool (*visit)(const struct part *part, void *context);
	void *context;
};

static bool walk_part(struct walk *walk, const char *bytes, size_t len, int depth);

/* The next line that is the boundary; `end` if none. */
static const char *find_boundary(const char *at, const char *end, const char *boundary)
{
	size_t len = strlen(boundary);

	while (at < end && !((size_t)(end - at) >= len && memcmp(at, boundary, len) == 0))
		at = next_line(at, end);
	return at;
}

static bool walk_parts(struct walk *walk, const char *type, const char *body, size_t len,
		       int depth)
{
	const char *name = multipart_parameter(walk->arena, type, "boundary"), *boundary;
	const char *at, *end = body + len, *next;
	size_t part_len;

	if (text_is_empty(name) || strlen(name) > BOUNDARY_MAX || depth >= DEPTH_MAX)
		return true;
	boundary = arena_printf(walk->arena, "--%s", name);
	at = find_boundary(body, end, boundary);
	while (at < end && walk->nparts < PARTS_MAX) {
		at += strlen(boundary);
		if (end - at >= 2 && memcmp(at, "--", 2) == 0)
			break;
		at = next_line(at, end);
		next = find_boundary(at, end, boundary);
		part_len = (size_t)(next - at);
		if (part_len >= 2 && memcmp(at + part_len - 2, "\r\n", 2) == 0)
			part_len -= 2; /* the line end before a boundary belongs to it */
		if (!walk_part(walk, at, part_len, depth + 1))
			return false;
		at = next;
	}
	return true;
}

static bool walk_part(struct walk *walk, const char *bytes, size_t len, int depth)
{
	const char *type = mail_header(walk->arena, bytes, len, "Content-Type");
	const char *encoding = mail_header(walk->arena, bytes, len, "Content-Transfer-Encoding");
	size_t head = mail_headers_len(bytes, len);
	struct part part = { .type = type ? type : "text/plain", .body = bytes + head,
			     .len = len - head };

	walk->nparts++;
	if (strncasecmp(part.type, "multipart/", 10) == 0)
		return walk_parts(walk, part.type, part.body, part.len, depth);
	if (part.len > TEXT_MAX)
		return true;
	if (encoding && text_equal_nocase(encoding, "quoted-printable"))
		part.body = unquote(walk->arena, part.body, part.len, false, &part.len);
	else if (encoding && text_equal_nocase(encoding, "base64"))
		part.body = unbase64(walk->arena, part.body, part.len, &part.len);
	return !text_is_utf8(part.body, part.len) || walk->visit(&part, walk->context);
}

static bool is_type(const struct part *part, const char *type)
{
	size_t len = strlen(type);

	return strncasecmp(part->type, type, len) == 0 && strchr("; \t", part->type[len]);
}

static bool take_text(const struct part *part, void *context)
{
	if (!is_type(part, "text/plain"))
		return true;
	*(struct part *)context = *part;
	return false;
}

const char *mail_text(struct arena *arena, const char *bytes, size_t len)
{
	struct part found = { .body = "" };
	struct walk walk = { .arena = arena, .visit = take_text, .context = &found };

	walk_part(&walk, bytes, len, 0);
	return arena_strndup(arena, found.body, found.len);
}

/* --- links --- */

struct links {
	struct arena *arena;
	const char **all;
	size_t count, max;
};

static void add_link(struct links *links, const char *text)
{
	for (size_t i = 0; i < links->count; i++)
		if (strcmp(links->all[i], text) == 0)
			return;
	if (links->count < links->max)
		links->all[links->count++] = text;
}

/* "&amp;" is how HTML writes the '&' of an address. */
static const char *plain_link(struct arena *arena, const char *bytes, size_t len, bool is_html)
{
	char *text = arena_strndup(arena, bytes, len), *at = text;

	while (is_html && (at = strstr(at, "&amp;"))) {
		at++;
		memmove(at, at + 4, strlen(at + 4) + 1);
	}
	return text;
}

static bool take_links(const struct part *part, void *context)
{
	struct links *links = context;
	bool is_html = is_type(part, "text/html");
	const char *at = part->body, *end = part->body + part->len;

	if (!is_html && !is_type(part, "text/plain"))
		return true;
	while ((at = memmem(at, (size_t)(end - at), "http", 4))) {
		size_t head = end - at >= 7 && memcmp(at, "http://", 7) == 0	? 7 :
			      end - at >= 8 && memcmp(at, "https://", 8) == 0 ? 8 :
									       0;
		size_t len = head;

		while (at + len < end && (unsigned char)at[len] > ' ' &&
		       !strchr("\"'<>()", at[len]))
			len++;
		if (head && len > head)
			add_link(links, plain_link(links->arena, at, len, is_html));
		at += len ? len : 4;
	}
	return true;
}

size_t mail_links(struct arena *arena, const char *bytes, size_t len, const char **all,
		  size_t max)
{
	struct links links = { .arena = arena, .all = all, .max = max };
	struct walk walk = { .arena = arena, .visit = take_links, .context = &links };

	walk_part(&walk, bytes, len, 0);
	return links.count;
}
