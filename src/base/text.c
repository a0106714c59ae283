/* text.c - small things about NUL-terminated UTF-8. Threads: pure. */
#include "base/text.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_is_empty(const char *text)
{
	return !text || !*text;
}

bool text_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	for (; *a && *b; a++, b++)
		if (lower(*a) != lower(*b))
			return false;
	return *a == *b;
}

char *text_lower_ascii(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *p = copy; p && *p; p++)
		*p = lower(*p);
	return copy;
}

/* Length of the well-formed sequence at `p`, 0 if there is none. */
static size_t sequence_len(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t len;

	if (p[0] < 0x80)
		return p[0] ? 1 : 0;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		len = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		len = 4;
	else
		return 0;
	if (left < len)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool text_is_utf8(const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes;

	for (size_t i = 0, n; i < len; i += n) {
		n = sequence_len(p + i, len - i);
		if (!n)
			return false;
	}
	return true;
}

size_t text_length(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *text_trim(struct arena *arena, const char *text)
{
	size_t len;

	if (!text)
		return NULL;
	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return arena_strndup(arena, text, len);
}

bool text_int(const char *text, int64_t *number)
{
	bool is_negative = *text == '-';
	int64_t sum = 0;

	if (is_negative || *text == '+')
		text++;
	if (!*text)
		return false;
	for (; *text; text++) {
		int digit = *text - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
		    (is_negative ? __builtin_sub_overflow(sum, digit, &sum) :
				   __builtin_add_overflow(sum, digit, &sum)))
			return false;
	}
	*number = sum;
	return true;
}

#define NEAREST_MAX 40

/* Edits (insert, delete, replace, swap) from a to b; large when either is long. */
static int distance(const char *a, const char *b)
{
	int rows[3][NEAREST_MAX + 2], *before = rows[0], *above = rows[1], *row = rows[2];
	int la = (int)strlen(a), lb = (int)strlen(b);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return NEAREST_MAX;
	for (int j = 0; j <= lb; j++)
		above[j] = j;
	for (int i = 1; i <= la; i++) {
		int *spare = before;

		row[0] = i;
		for (int j = 1; j <= lb; j++) {
			int cost = lower(a[i - 1]) != lower(b[j - 1]), best = above[j - 1] + cost;

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[lb];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
	size_t len = strlen(word);
	int limit = len < 4 ? 1 : len < 8 ? 2 : 3, best = limit + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		int d = words[i] ? distance(word, words[i]) : NEAREST_MAX;

		/* Something of the word must be left. */
		if (d < best && (d < (int)len || d == 0)) {
			best = d;
			nearest = words[i];
		}
	}
	return nearest;
}

bool text_equal_secret(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	return la == lb && sodium_memcmp(a, b, la) == 0;
}
