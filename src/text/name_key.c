/* name_key.c - keys to compare names of people and companies by. Threads: pure. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/text.h"
#include "text/edits.h"
#include "text/name.h"
#include "text/name_words.h"
#include "text/unicode.h"

#define WORDS_MAX 24
#define KEY_MAX 4096

static const char *join(struct arena *arena, const struct word *words, size_t count)
{
	size_t len = 0;
	char *text, *p;

	for (size_t i = 0; i < count; i++)
		len += words[i].len + 1;
	text = p = arena_alloc(arena, len + 1);
	for (size_t i = 0; i < count; i++) {
		if (i)
			*p++ = ' ';
		memcpy(p, words[i].text, words[i].len);
		p += words[i].len;
	}
	return text;
}

const char *name_key(struct arena *arena, const char *name)
{
	struct word words[WORDS_MAX];
	size_t from = 0, to = words_cut(words_fold(arena, name), words, WORDS_MAX);

	while (from + 1 < to && (word_is_title(words[from]) ||
				 (word_is_doubtful_title(words[from]) && from + 2 < to)))
		from++;
	while (to > from + 1 && word_is_suffix(words[to - 1]))
		to--;
	return join(arena, words + from, to - from);
}

static int compare(const void *a, const void *b)
{
	const struct word *x = a, *y = b;
	int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

const char *name_key_sorted(struct arena *arena, const char *key)
{
	struct word words[WORDS_MAX];
	size_t count = words_cut(key, words, WORDS_MAX);

	qsort(words, count, sizeof(*words), compare);
	return join(arena, words, count);
}

/* Spellings of one sound, longest first. */
static const struct {
	const char *written, *sound;
} sounds[] = {
	{ "chh", "ch" }, { "aa", "a" }, { "ee", "i" }, { "oo", "u" }, { "ou", "au" },
	{ "ow", "au" },	 { "ph", "f" }, { "bh", "b" }, { "dh", "d" }, { "kh", "k" },
	{ "gh", "g" },	 { "th", "t" }, { "sh", "s" }, { "ck", "k" }, { "w", "v" },
	{ "y", "i" },	 { "z", "j" },
};

static bool is_vowel(char c)
{
	return c && strchr("aeiou", c);
}

/* What stands at `p`, with `left` bytes to the end of the word, sounds like *sound;
 * returns how many bytes that took. A letter is its own sound. */
static size_t sound_at(const char *p, size_t left, struct word *sound)
{
	for (size_t i = 0; i < ARRAY_LEN(sounds); i++) {
		size_t len = strlen(sounds[i].written);

		if (len > left || memcmp(p, sounds[i].written, len) != 0)
			continue;
		*sound = (struct word){ sounds[i].sound, strlen(sounds[i].sound) };
		return len;
	}
	*sound = (struct word){ p, 1 };
	return 1;
}

/* Writes one word as it sounds; double letters are one, a vowel at the end goes. Returns
 * its length, at most that of the word. */
static size_t sound_of(struct word word, char *out)
{
	size_t len = 0, at = 0;
	struct word sound;

	while (at < word.len) {
		at += sound_at(word.text + at, word.len - at, &sound);
		if (len > 0 && sound.len == 1 && isalpha((unsigned char)sound.text[0]) &&
		    out[len - 1] == sound.text[0])
			continue;
		memcpy(out + len, sound.text, sound.len);
		len += sound.len;
	}
	while (len > 2 && is_vowel(out[len - 1]))
		len--;
	return len;
}

const char *name_key_sound(struct arena *arena, const char *key)
{
	struct word words[WORDS_MAX];
	size_t count = words_cut(key, words, WORDS_MAX);

	for (size_t i = 0; i < count; i++) {
		char *sound = arena_alloc(arena, words[i].len + 1);

		words[i].len = sound_of(words[i], sound);
		words[i].text = sound;
	}
	qsort(words, count, sizeof(*words), compare);
	return join(arena, words, count);
}

static bool same(struct word a, struct word b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

/* Whether one is the initial of the other, of ASCII. */
static bool is_initial(struct word a, struct word b)
{
	return (a.len == 1 || b.len == 1) && a.text[0] == b.text[0] &&
	       (unsigned char)a.text[0] < 0x80;
}

/* Pairs words of `a` with unused ones of `b`; returns how many pairs. */
static size_t pair_words(struct word *a, size_t na, struct word *b, size_t nb,
			 bool (*fits)(struct word, struct word))
{
	size_t pairs = 0;

	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; a[i].len && j < nb; j++)
			if (b[j].len && fits(a[i], b[j])) {
				pairs += a[i].len > 1 && b[j].len > 1;
				a[i].len = b[j].len = 0;
			}
	return pairs;
}

#define MISSPELT 0.85
#define WORD_MAX 256

static bool is_misspelt(struct word a, struct word b)
{
	char wa[WORD_MAX], wb[WORD_MAX];

	if (a.len < 2 || b.len < 2 || a.len >= sizeof(wa) || b.len >= sizeof(wb))
		return false;
	memcpy(wa, a.text, a.len);
	memcpy(wb, b.text, b.len);
	wa[a.len] = wb[b.len] = '\0';
	return edits_jaro_winkler(wa, wb) >= MISSPELT;
}

static bool is_used_up(const struct word *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].len)
			return false;
	return true;
}

bool name_initials_match(const char *a, const char *b)
{
	struct word wa[WORDS_MAX], wb[WORDS_MAX];
	size_t na = words_cut(a, wa, WORDS_MAX), nb = words_cut(b, wb, WORDS_MAX);

	if (!na || !nb)
		return false;
	if (!pair_words(wa, na, wb, nb, same))
		return text_equal(a, b);
	pair_words(wa, na, wb, nb, is_initial);
	return is_used_up(wa, na) || is_used_up(wb, nb);
}

bool name_is_alike(const char *a, const char *b)
{
	struct word wa[WORDS_MAX], wb[WORDS_MAX];
	size_t na = words_cut(a, wa, WORDS_MAX), nb = words_cut(b, wb, WORDS_MAX), pairs;

	if (!na || !nb)
		return false;
	pairs = pair_words(wa, na, wb, nb, same);
	pairs += pair_words(wa, na, wb, nb, is_misspelt);
	if (!pairs)
		return text_equal(a, b);
	pair_words(wa, na, wb, nb, is_initial);
	return is_used_up(wa, na) || is_used_up(wb, nb);
}

/* "L.L.C." as "LLC", "M/s" as nothing: before punctuation becomes blanks. */
static const char *without_abbreviations(struct arena *arena, const char *company)
{
	char *out = arena_strdup(arena, company), *p = out;
	size_t in_word = 0;

	for (const char *q = company; *q; q++) {
		bool is_letter = isalnum((unsigned char)*q) || (unsigned char)*q >= 0x80;

		if (*q == '.' && in_word == 1) {
			in_word = 0;
			continue;
		}
		in_word = is_letter ? in_word + 1 : 0;
		*p++ = *q;
	}
	*p = '\0';
	if ((out[0] == 'M' || out[0] == 'm') && out[1] == '/' &&
	    (out[2] == 's' || out[2] == 'S') && !isalnum((unsigned char)out[3]))
		return out + 3;
	return out;
}

const char *company_key(struct arena *arena, const char *company)
{
	struct word words[WORDS_MAX];
	const char *bare = without_abbreviations(arena, text_trim(arena, company));
	size_t count = words_cut(words_fold(arena, bare), words, WORDS_MAX), kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!word_is_legal_form(words[i]))
			words[kept++] = words[i];
	if (kept)
		return join(arena, words, kept);
	count = words_cut(words_fold(arena, bare), words, WORDS_MAX);
	return join(arena, words, count);
}
