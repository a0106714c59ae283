/* csv_sniff.c - which delimiter a file uses. Threads: pure. */
#include "sources/csv_sniff.h"

#include <string.h>
#include <strings.h>

#define RECORDS 20

static const char candidates[] = ",;\t|";
#define CANDIDATES (sizeof(candidates) - 1)

struct counts {
	int of[RECORDS][CANDIDATES];
	size_t records;
};

/* The character after the closing quote of a field that opens at `i`. */
static size_t skip_quoted(const char *head, size_t len, size_t i)
{
	for (i++; i < len; i++) {
		if (head[i] != '"')
			continue;
		if (i + 1 == len || head[i + 1] != '"')
			return i + 1;
		i++;
	}
	return len;
}

static void count(const char *head, size_t len, bool is_whole, struct counts *counts)
{
	bool is_begin = true, is_empty = true;
	size_t i = 0;

	while (i < len && counts->records < RECORDS) {
		const char *which;
		char c = head[i];

		if (c == '"' && is_begin) {
			i = skip_quoted(head, len, i);
			is_begin = is_empty = false;
			continue;
		}
		i++;
		if (c == '\n' || c == '\r') {
			counts->records += !is_empty;
			is_begin = is_empty = true;
			continue;
		}
		is_empty = false;
		which = c ? strchr(candidates, c) : NULL;
		if (which)
			counts->of[counts->records][which - candidates]++;
		is_begin = which || (is_begin && c == ' ');
	}
	/* What the head cuts in two does not count, unless there is nothing else. */
	if (counts->records < RECORDS && !is_empty && (is_whole || counts->records == 0))
		counts->records++;
}

static char best_of(const struct counts *counts)
{
	int best = 0, best_agree = 0, best_number = 0;

	for (int k = 0; k < (int)CANDIDATES; k++) {
		int number = counts->of[0][k], agree = 0;

		for (size_t r = 0; r < counts->records && number > 0; r++)
			agree += counts->of[r][k] == number;
		if (agree > best_agree || (agree == best_agree && number > best_number)) {
			best = k;
			best_agree = agree;
			best_number = number;
		}
	}
	return candidates[best];
}

/* "sep=;", quoted or not, alone on its line. */
static bool hint(const char *head, size_t len, struct csv_look *look)
{
	bool is_quoted = len > 0 && head[0] == '"';
	size_t at = is_quoted, end = at + 5 + is_quoted;

	if (len < end || strncasecmp(head + at, "sep=", 4) != 0)
		return false;
	if (is_quoted && head[end - 1] != '"')
		return false;
	if (end < len && head[end] != '\r' && head[end] != '\n')
		return false;
	look->delimiter = head[at + 4];
	if (end < len && head[end] == '\r')
		end++;
	if (end < len && head[end] == '\n')
		end++;
	look->hint_len = end;
	return memchr(candidates, look->delimiter, CANDIDATES) != NULL;
}

struct csv_look csv_sniff(const char *head, size_t len, bool is_whole)
{
	struct csv_look look = { 0 };
	struct counts counts = { 0 };

	if (hint(head, len, &look))
		return look;
	look.hint_len = 0;
	count(head, len, is_whole, &counts);
	look.delimiter = best_of(&counts);
	return look;
}
