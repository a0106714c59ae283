/* name.c - names of people: split and joined. Threads: pure. */
#include "text/name.h"

#include <string.h>

#include "base/text.h"
#include "text/name_words.h"

#define WORDS_MAX 24

/* The words from..to (without) as they stand in the text, a comma at the end aside. */
static const char *span(struct arena *arena, const struct word *words, size_t from,
			size_t to)
{
	const char *start, *end;

	if (from >= to)
		return "";
	start = words[from].text;
	end = words[to - 1].text + words[to - 1].len;
	while (end > start && end[-1] == ',')
		end--;
	return arena_strndup(arena, start, (size_t)(end - start));
}

static bool has_comma(struct word word)
{
	return word.len > 0 && word.text[word.len - 1] == ',';
}

/* How many words from `from` on are titles; one word at least is left. */
static size_t count_titles(const struct word *words, size_t from, size_t to)
{
	size_t at = from;

	while (at + 1 < to &&
	       (word_is_title(words[at]) ||
		(word_is_doubtful_title(words[at]) &&
		 (at + 2 < to || words[at].text[words[at].len - 1] == '.'))))
		at++;
	return at - from;
}

static size_t count_suffixes(const struct word *words, size_t from, size_t to)
{
	size_t at = to;

	while (at > from + 1 && word_is_suffix(words[at - 1]))
		at--;
	return to - at;
}

/* Where the last name begins among the words from..to. */
static size_t last_begins(const struct word *words, size_t from, size_t to)
{
	for (size_t i = from + 1; i + 1 < to; i++)
		if (word_is_particle(words[i]))
			return i;
	return to - 1;
}

static bool is_east_asian_pair(const struct word *words, size_t from, size_t to)
{
	return to - from == 2 && word_is_east_asian(words[from]) &&
	       word_is_east_asian(words[from + 1]);
}

static void split_words(struct arena *arena, const struct word *words, size_t from,
			size_t to, struct name *name)
{
	size_t last;

	if (is_east_asian_pair(words, from, to)) {
		name->last = span(arena, words, from, from + 1);
		name->first = span(arena, words, from + 1, to);
		return;
	}
	if (to - from < 2) {
		name->first = span(arena, words, from, to);
		return;
	}
	last = last_begins(words, from, to);
	name->first = span(arena, words, from, last);
	name->last = span(arena, words, last, to);
}

/* The word behind the first one that ends with a comma; 0 when there is none or nothing
 * follows. */
static size_t behind_comma(const struct word *words, size_t from, size_t to)
{
	for (size_t i = from; i + 1 < to; i++)
		if (has_comma(words[i]))
			return i + 1;
	return 0;
}

/* "Lovelace,Ada" with a blank, so that commas end words. */
static const char *space_commas(struct arena *arena, const char *full)
{
	char *out, *p;

	if (!strchr(full, ','))
		return full;
	out = p = arena_alloc(arena, strlen(full) * 2 + 1);
	for (; *full; full++) {
		*p++ = *full;
		if (*full == ',' && full[1] && full[1] != ' ')
			*p++ = ' ';
	}
	return out;
}

void name_split(struct arena *arena, const char *full, struct name *name)
{
	struct word words[WORDS_MAX];
	size_t to = words_cut(space_commas(arena, full), words, WORDS_MAX), from, comma;
	size_t titles, suffixes;

	*name = (struct name){ "", "", "", "" };
	if (to == 0)
		return;
	titles = count_titles(words, 0, to);
	suffixes = count_suffixes(words, titles, to);
	name->suffix = span(arena, words, to - suffixes, to);
	to -= suffixes;
	comma = behind_comma(words, titles, to);
	if (!comma) {
		name->title = span(arena, words, 0, titles);
		split_words(arena, words, titles, to, name);
		return;
	}
	name->last = span(arena, words, titles, comma);
	from = comma + count_titles(words, comma, to);
	name->title = titles ? span(arena, words, 0, titles) : span(arena, words, comma, from);
	name->first = span(arena, words, from, to);
}

static bool is_east_asian(const char *text)
{
	return word_is_east_asian((struct word){ text, strlen(text) });
}

const char *name_join(struct arena *arena, const char *first, const char *last)
{
	if (text_is_empty(first))
		return last ? last : "";
	if (text_is_empty(last))
		return first;
	if (is_east_asian(first) && is_east_asian(last))
		return arena_printf(arena, "%s %s", last, first);
	return arena_printf(arena, "%s %s", first, last);
}
