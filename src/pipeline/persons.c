/* persons.c - do two sets of values speak of the same person? Threads: pure. */
#include "pipeline/persons.h"

#include <string.h>

#include "base/text.h"
#include "text/edits.h"
#include "text/unicode.h"

#define WORDS_MAX 8
#define ALIKE 0.88 /* Jaro-Winkler of two spellings of one name */

struct words {
	char *items[WORDS_MAX];
	size_t count;
};

static bool is_title(const char *word)
{
	static const char *const titles[] = { "mr",  "mrs",  "ms", "miss", "dr",   "prof",
					      "shri", "smt", "er", "ca",   "herr", "frau" };

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (strcmp(word, titles[i]) == 0)
			return true;
	return false;
}

/* The words of a name, folded, without titles. */
static void add_words(struct arena *arena, const char *name, struct words *words)
{
	char *rest = arena_strdup(arena, text_fold(arena, text_nfkc(arena, name))), *word;

	while ((word = strtok_r(rest, " \t\r\n.,;:'\"-_/()", &rest)))
		if (words->count < WORDS_MAX && !is_title(word))
			words->items[words->count++] = word;
}

static struct words words_of_given(struct arena *arena, const struct field *given,
				   size_t count)
{
	static const char *const names[] = { "first_name", "last_name", "name" };
	struct words words = { .count = 0 };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct field *field = field_find(given, count, names[i]);

		if (field && !value_is_empty(field->value))
			add_words(arena, field->value.text, &words);
	}
	return words;
}

static struct words words_of_lead(struct arena *arena, const struct lead *lead)
{
	static const char *const names[] = { "first_name", "last_name", "name" };
	struct words words = { .count = 0 };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct value value = lead_value(lead, names[i]);

		if (!value_is_empty(value))
			add_words(arena, value.text, &words);
	}
	return words;
}

/* An initial stands for any name that begins with it. */
static bool words_agree(const char *a, const char *b)
{
	size_t la = text_length(a), lb = text_length(b);

	if (la == 1 || lb == 1) {
		size_t n = strlen(la <= lb ? a : b);

		return strncmp(a, b, n) == 0;
	}
	return strcmp(a, b) == 0 || edits_jaro_winkler(a, b) >= ALIKE;
}

/* Every word of the shorter name has its own in the longer, in any order: a family name
 * alone in common is not enough. */
static bool names_agree(const struct words *a, const struct words *b)
{
	const struct words *few = a->count <= b->count ? a : b, *many = few == a ? b : a;
	bool used[WORDS_MAX] = { false };

	for (size_t i = 0; i < few->count; i++) {
		size_t j = 0;

		while (j < many->count &&
		       (used[j] || !words_agree(few->items[i], many->items[j])))
			j++;
		if (j == many->count)
			return false;
		used[j] = true;
	}
	return true;
}

bool persons_differ(struct arena *arena, const struct field *given, size_t ngiven,
		    const struct lead *lead)
{
	struct words theirs = words_of_given(arena, given, ngiven);
	struct words ours = words_of_lead(arena, lead);

	/* The caller looks at the other keys: an e-mail in common speaks for one person. */
	return theirs.count > 0 && ours.count > 0 && !names_agree(&theirs, &ours);
}
