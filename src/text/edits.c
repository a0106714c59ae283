/* edits.c - how far two words are from one another. Threads: pure. */
#include "text/edits.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unicode/utf8.h>

bool edits_is_one(const char *a, const char *b)
{
	size_t la, lb;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (!*a && !*b)
		return false;
	la = strlen(a);
	lb = strlen(b);
	if (la == lb)
		return strcmp(a + 1, b + 1) == 0 ||
		       (la > 1 && a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0);
	if (la + 1 == lb)
		return strcmp(a, b + 1) == 0;
	return la == lb + 1 && strcmp(a + 1, b) == 0;
}

bool edits_is_one_replaced(const char *a, const char *b)
{
	int differ = 0;

	for (; *a && *b; a++, b++)
		differ += *a != *b;
	return !*a && !*b && differ == 1;
}

#define WORD_MAX 64

static int code_points(const char *text, int32_t points[WORD_MAX])
{
	int32_t at = 0, len = (int32_t)strnlen(text, WORD_MAX * 4);
	int count = 0;

	for (; at < len && count < WORD_MAX; count++)
		U8_NEXT_OR_FFFD(text, at, len, points[count]);
	return count;
}

/* The place in b[from..to) of a code point that is not used yet, -1 if there is none. */
static int find_unused(const int32_t *b, uint64_t used, int from, int to, int32_t point)
{
	for (int j = from; j < to; j++)
		if (b[j] == point && !(used >> j & 1))
			return j;
	return -1;
}

static int out_of_order(const int32_t *a, int la, uint64_t in_a, const int32_t *b,
			uint64_t in_b)
{
	int count = 0, j = 0;

	for (int i = 0; i < la; i++) {
		if (!(in_a >> i & 1))
			continue;
		while (!(in_b >> j & 1))
			j++;
		count += a[i] != b[j++];
	}
	return count;
}

static double jaro(const int32_t *a, int la, const int32_t *b, int lb)
{
	int window = (la > lb ? la : lb) / 2 - 1, matches = 0;
	uint64_t in_a = 0, in_b = 0;
	double m, t;

	if (la == 0 || lb == 0)
		return la == lb;
	if (window < 0)
		window = 0;
	for (int i = 0; i < la; i++) {
		int from = i > window ? i - window : 0;
		int to = i + window + 1 < lb ? i + window + 1 : lb;
		int j = find_unused(b, in_b, from, to, a[i]);

		if (j < 0)
			continue;
		in_a |= UINT64_C(1) << i;
		in_b |= UINT64_C(1) << j;
		matches++;
	}
	if (!matches)
		return 0;
	m = matches;
	t = out_of_order(a, la, in_a, b, in_b) / 2.0;
	return (m / la + m / lb + (m - t) / m) / 3;
}

double edits_jaro_winkler(const char *a, const char *b)
{
	int32_t pa[WORD_MAX], pb[WORD_MAX];
	int la = code_points(a, pa), lb = code_points(b, pb), prefix = 0;
	double similarity = jaro(pa, la, pb, lb);

	while (prefix < 4 && prefix < la && prefix < lb && pa[prefix] == pb[prefix])
		prefix++;
	return similarity + 0.1 * prefix * (1 - similarity);
}
