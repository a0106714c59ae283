/* name_words.c - words and letters of names. Threads: pure. */
#include "text/name_words.h"

#include <ctype.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/unicode.h"
#include "text/utf16.h"

/* Bytes of the blank at `p`, 0 if there is none. */
static size_t blank_at(const char *p)
{
	static const char *const wide[] = { "\u00A0", "\u2002", "\u2003", "\u2009", "\u202F",
					    "\u3000" };

	if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		return 1;
	if ((unsigned char)*p < 0x80)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (text_starts(p, wide[i]))
			return strlen(wide[i]);
	return 0;
}

size_t words_cut(const char *text, struct word *words, size_t max)
{
	size_t count = 0, blank;

	while (*text) {
		blank = blank_at(text);
		if (blank) {
			text += blank;
			continue;
		}
		if (count == max) {
			words[max - 1].len = (size_t)(text - words[max - 1].text) + strlen(text);
			break;
		}
		words[count].text = text;
		while (*text && !blank_at(text))
			text++;
		words[count].len = (size_t)(text - words[count].text);
		count++;
	}
	return count;
}

/* Letters that have no decomposition into a base and a mark. */
static const struct {
	UChar32 letter;
	const char *plain;
} undecomposed[] = {
	{ 0xE6, "ae" }, { 0xF0, "d" },	{ 0xF8, "o" },	{ 0xFE, "th" }, { 0x111, "d" },
	{ 0x127, "h" }, { 0x131, "i" }, { 0x142, "l" }, { 0x153, "oe" }, { 0x167, "t" },
};

static const char *plain_letter(UChar32 c)
{
	for (size_t i = 0; c >= 0xE6 && i < ARRAY_LEN(undecomposed); i++)
		if (undecomposed[i].letter == c)
			return undecomposed[i].plain;
	return NULL;
}

static bool is_apostrophe(UChar32 c)
{
	return c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x2BC || c == 0x60 || c == 0xB4;
}

/* Whether marks on it are only accents, as a vowel sign of Devanagari is not. */
static bool has_accents_only(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;
	UScriptCode script;

	if (c < 0x80)
		return isalpha(c);
	script = uscript_getScript(c, &status);
	return script == USCRIPT_LATIN || script == USCRIPT_GREEK;
}

struct folding {
	char *out;
	int32_t len;
	bool is_on_accented; /* the letter before was Latin or Greek */
};

static void add_blank(struct folding *f)
{
	if (f->len > 0 && f->out[f->len - 1] != ' ')
		f->out[f->len++] = ' ';
	f->is_on_accented = false;
}

static void add_letter(struct folding *f, UChar32 c)
{
	const char *plain = plain_letter(c);

	f->is_on_accented = has_accents_only(c);
	if (plain) {
		memcpy(f->out + f->len, plain, strlen(plain));
		f->len += (int32_t)strlen(plain);
	} else {
		U8_APPEND_UNSAFE(f->out, f->len, c);
	}
}

static void add_code_point(struct folding *f, UChar32 c)
{
	uint32_t category = U_MASK(u_charType(c));

	if (is_apostrophe(c) || category & U_GC_CF_MASK)
		return;
	if (category & U_GC_M_MASK && !(f->is_on_accented && category & U_GC_MN_MASK)) {
		U8_APPEND_UNSAFE(f->out, f->len, c);
		return;
	}
	if (category & U_GC_M_MASK)
		return;
	if (category & (U_GC_L_MASK | U_GC_N_MASK))
		add_letter(f, c);
	else
		add_blank(f);
}

static const char *fold_ascii(struct arena *arena, const char *text)
{
	struct folding f = { .out = arena_alloc(arena, strlen(text) + 1) };

	for (; *text; text++) {
		if (isalnum((unsigned char)*text))
			f.out[f.len++] = (char)tolower((unsigned char)*text);
		else if (*text != '\'' && *text != '`')
			add_blank(&f);
	}
	if (f.len > 0 && f.out[f.len - 1] == ' ')
		f.out[f.len - 1] = '\0';
	return f.out;
}

static UChar *decompose(struct arena *arena, const char *text, int32_t *len)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFDInstance(&status);
	int32_t units_len, room;
	UChar *units = utf16_of(arena, text, &units_len), *out;

	room = unorm2_normalize(form, units, units_len, NULL, 0, &status);
	status = U_ZERO_ERROR;
	out = arena_array(arena, (size_t)room + 1, sizeof(*out));
	*len = unorm2_normalize(form, units, units_len, out, room + 1, &status);
	return out;
}

const char *words_fold(struct arena *arena, const char *text)
{
	struct folding f = { 0 };
	int32_t len = 0, at = 0;
	UChar *units;

	if (text_is_ascii(text))
		return fold_ascii(arena, text);
	units = decompose(arena, text_fold(arena, text_nfkc(arena, text)), &len);
	f.out = arena_alloc(arena, (size_t)len * 4 + 1);
	while (at < len) {
		UChar32 c;

		U16_NEXT(units, at, len, c);
		add_code_point(&f, U_IS_SURROGATE(c) ? 0xFFFD : c);
	}
	if (f.len > 0 && f.out[f.len - 1] == ' ')
		f.len--;
	f.out[f.len] = '\0';
	return text_nfc(arena, f.out);
}

/* Whether the word, dots and commas aside, is one of those in `list`, which are in small
 * letters between bars. */
static bool is_listed(struct word word, const char *list)
{
	char entry[20];
	size_t len = 1;

	entry[0] = '|';
	for (size_t i = 0; i < word.len; i++) {
		if (word.text[i] == '.' || word.text[i] == ',')
			continue;
		if (len + 3 > sizeof(entry) || !isalpha((unsigned char)word.text[i]))
			return false;
		entry[len++] = (char)tolower((unsigned char)word.text[i]);
	}
	if (len == 1)
		return false;
	entry[len++] = '|';
	entry[len] = '\0';
	return strstr(list, entry) != NULL;
}

bool word_is_title(struct word word)
{
	return is_listed(word, "|mr|mrs|ms|miss|mx|dr|prof|professor|shri|shree|smt|sir|adv|"
			       "capt|rev|herr|frau|mme|mlle|messrs|");
}

bool word_is_doubtful_title(struct word word)
{
	return is_listed(word, "|er|ca|sri|col|maj|lt|gen|major|kumari|madam|");
}

bool word_is_suffix(struct word word)
{
	return is_listed(word, "|jr|sr|ii|iii|iv|phd|mba|esq|cpa|dds|bsc|msc|btech|mtech|");
}

bool word_is_particle(struct word word)
{
	bool is_small = word.len > 0 && islower((unsigned char)word.text[0]);

	if (is_listed(word, "|van|von|de|der|den|del|della|bin|ibn|bint|al|el|dos|das|ter|ten|"))
		return true;
	return is_small &&
	       is_listed(word, "|da|do|di|du|la|le|lo|les|dalla|degli|zu|zum|zur|vom|af|av|ben|"
			       "abu|st|y|e|i|op|t|");
}

bool word_is_legal_form(struct word word)
{
	return is_listed(word, "|pvt|private|ltd|limited|llp|llc|inc|incorporated|corp|"
			       "corporation|company|co|gmbh|mbh|ag|kg|ug|plc|pty|pte|sa|sas|"
			       "sarl|srl|spa|bv|nv|oy|ab|as|aps|sdn|bhd|fzc|fze|fzco|fz|opc|lp|"
			       "and|the|et|und|");
}

bool word_is_east_asian(struct word word)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t at = 0, len = (int32_t)word.len;
	UScriptCode script;
	UChar32 c;

	if (len == 0 || (unsigned char)word.text[0] < 0x80)
		return false;
	U8_NEXT_OR_FFFD(word.text, at, len, c);
	script = uscript_getScript(c, &status);
	return script == USCRIPT_HAN || script == USCRIPT_HANGUL || script == USCRIPT_HIRAGANA ||
	       script == USCRIPT_KATAKANA;
}
