/* print.c - text for people. Threads: the main thread. */
#include "cli/print.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/text.h"

#define WRAP_COLUMNS 79
#define SHOWN_MAX (8u << 20)
#define REPLACEMENT "\xEF\xBF\xBD"

/* ---- One character ---- */

/* Decodes one character of well-formed UTF-8. */
static unsigned next_point(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	int more = p[0] < 0x80 ? 0 : p[0] < 0xE0 ? 1 : p[0] < 0xF0 ? 2 : 3;
	unsigned point = more == 0 ? p[0] : p[0] & (0x3Fu >> more);

	for (int i = 1; i <= more; i++)
		point = point << 6 | (p[i] & 0x3F);
	*at += more + 1;
	return point;
}

/* What a terminal obeys instead of showing it. */
static bool is_command(unsigned point)
{
	return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
	       (point >= 0x200E && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

const char *shown(struct arena *arena, const char *text)
{
	const char *at = text;
	struct buf buf;

	if (!text)
		return "";
	if (!text_is_utf8(text, strlen(text)))
		return REPLACEMENT;
	buf_init(&buf, arena, SHOWN_MAX);
	while (*at) {
		const char *from = at;
		unsigned point = next_point(&at);

		if (point == '\n' || point == '\t' || point == '\r')
			buf_addc(&buf, ' ');
		else if (is_command(point))
			buf_add(&buf, REPLACEMENT);
		else
			buf_addn(&buf, from, (size_t)(at - from));
	}
	return buf.text ? buf.text : "";
}

const char *shown_json(struct arena *arena, const json_t *json)
{
	struct buf buf;
	json_t *item;
	size_t i;

	if (!json || json_is_null(json))
		return "";
	if (json_is_string(json))
		return shown(arena, json_string_value(json));
	buf_init(&buf, arena, SHOWN_MAX);
	if (!json_is_array(json)) {
		char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

		buf_add(&buf, text);
		free(text);
		return shown(arena, buf.text);
	}
	buf_add(&buf, "");
	json_array_foreach((json_t *)json, i, item) {
		buf_add(&buf, i > 0 ? ", " : "");
		buf_add(&buf, shown_json(arena, item));
	}
	return buf.text ? buf.text : "";
}

const char *shown_time(struct arena *arena, const char *time)
{
	if (text_is_empty(time))
		return "";
	if (strlen(time) != 24 || time[10] != 'T' || time[23] != 'Z')
		return shown(arena, time);
	return arena_printf(arena, "%.10s %.8sZ", time, time + 11);
}

const char *shown_bytes(struct arena *arena, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return shown_number_of(arena, bytes, "byte");
	for (; size >= 1024 && unit + 1 < ARRAY_LEN(units); unit++)
		size /= 1024;
	return arena_printf(arena, "%.1f %s", size, units[unit]);
}

const char *shown_count(struct arena *arena, int64_t count)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, count);
	struct buf buf;

	buf_init(&buf, arena, 64);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf_addc(&buf, ',');
		buf_addc(&buf, digits[i]);
	}
	return buf_text(&buf);
}

const char *shown_number_of(struct arena *arena, int64_t count, const char *word)
{
	return arena_printf(arena, "%s %s%s", shown_count(arena, count), word,
			    count == 1 ? "" : "s");
}

/* ---- Width ---- */

/* wcwidth() asks the locale of the thread. */
static locale_t utf8_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

static size_t width_of_point(unsigned point)
{
	int width = wcwidth((wchar_t)point);

	return width < 0 ? 1 : (size_t)width;
}

/* How far `columns` reach: bytes, and in *taken the columns. */
static size_t reach(const char *text, size_t columns, size_t *taken)
{
	locale_t utf8 = utf8_locale(), before = utf8 ? uselocale(utf8) : (locale_t)0;
	const char *at = text;

	*taken = 0;
	while (*at) {
		const char *from = at;
		size_t width = width_of_point(next_point(&at));

		if (*taken + width > columns) {
			at = from;
			break;
		}
		*taken += width;
	}
	if (utf8)
		uselocale(before);
	return (size_t)(at - text);
}

size_t print_width_of(const char *text)
{
	size_t width;

	reach(text, SIZE_MAX, &width);
	return width;
}

static bool has_utf8(void)
{
	static bool is_known, is_utf8;

	if (!is_known) {
		locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

		is_known = true;
		is_utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
		if (locale)
			freelocale(locale);
	}
	return is_utf8;
}

const char *print_cut(struct arena *arena, const char *text, size_t columns)
{
	const char *mark = has_utf8() ? "\xE2\x80\xA6" : "~";
	size_t width, len;

	if (print_width_of(text) <= columns || columns < 2)
		return text;
	len = reach(text, columns - 1, &width);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return arena_printf(arena, "%.*s%s", (int)len, text, mark);
}

size_t print_terminal(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
		return 80;
	return size.ws_col;
}

/* ---- Lines ---- */

/* Prints one line's worth and returns what is left of it. */
static const char *print_line(size_t indent, const char *text, size_t len, size_t room)
{
	size_t taken, fits = reach(text, room, &taken), end;

	if (fits >= len) {
		printf("%*s%.*s\n", (int)indent, "", (int)len, text);
		return text + len;
	}
	for (end = fits; end > 0 && text[end] != ' '; end--)
		;
	if (end == 0) /* a word as long as the line: it is not cut */
		end = strcspn(text, " \n");
	printf("%*s%.*s\n", (int)indent, "", (int)end, text);
	while (text[end] == ' ')
		end++;
	return text + end;
}

void print_wrapped(struct arena *arena, size_t indent, const char *text)
{
	size_t columns = print_terminal(), room;

	(void)arena;
	columns = columns && columns < WRAP_COLUMNS ? columns : WRAP_COLUMNS;
	room = columns > indent + 20 ? columns - indent : 20;
	while (*text) {
		const char *end = text + strcspn(text, "\n");

		if (end == text || text_starts(text, "  ")) {
			printf("%*s%.*s\n", end == text ? 0 : (int)indent, "", (int)(end - text),
			       text);
			text = end;
		}
		while (text < end)
			text = print_line(indent, text, (size_t)(end - text), room);
		text += *text == '\n';
	}
}

/* ---- Marks ---- */

static bool has_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && text_is_empty(no) && term && strcmp(term, "dumb") != 0;
}

const char *print_mark(enum mark mark)
{
	static const struct {
		const char *coloured, *sign, *word;
	} marks[] = {
		[MARK_GOOD] = { "\033[32m\xE2\x9C\x93\033[0m", "\xE2\x9C\x93", "ok  " },
		[MARK_BAD] = { "\033[31m\xE2\x9C\x97\033[0m", "\xE2\x9C\x97", "FAIL" },
		[MARK_WARN] = { "\033[33m!\033[0m", "!", "!   " },
		[MARK_NONE] = { "\xC2\xB7", "\xC2\xB7", "-   " },
	};

	if (!has_utf8())
		return marks[mark].word;
	return has_colours() ? marks[mark].coloured : marks[mark].sign;
}

const char *print_bold(void)
{
	return has_colours() ? "\033[1m" : "";
}

const char *print_plain(void)
{
	return has_colours() ? "\033[0m" : "";
}

void print_json(const json_t *json)
{
	size_t flags = JSON_ENCODE_ANY | (isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT);
	char *text = json_dumps(json, flags);

	if (text)
		puts(text);
	free(text);
}
