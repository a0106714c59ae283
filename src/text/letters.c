/* letters.c - upper and lower case, and cutting text without breaking a letter.
 * Threads: pure (after text_init()). */
#include "text/letters.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "base/text.h"
#include "text/unicode.h"
#include "text/utf16.h"

typedef int32_t map_case(UChar *to, int32_t room, const UChar *from, int32_t len,
			 const char *locale, UErrorCode *status);

static const char *mapped(struct arena *arena, const char *text, map_case *map)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t len, room;
	UChar *units = utf16_of(arena, text, &len), *out;

	/* No character becomes more than three. */
	room = len * 3;
	out = arena_array(arena, (size_t)room + 1, sizeof(*out));
	len = map(out, room + 1, units, len, "", &status);
	assert(U_SUCCESS(status));
	return utf8_of(arena, out, len);
}

const char *text_lower(struct arena *arena, const char *text)
{
	return text_is_ascii(text) ? text_lower_ascii(arena, text) :
				     mapped(arena, text, u_strToLower);
}

const char *text_upper(struct arena *arena, const char *text)
{
	char *copy;

	if (!text_is_ascii(text))
		return mapped(arena, text, u_strToUpper);
	copy = arena_strdup(arena, text);
	for (char *p = copy; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - ('a' - 'A'));
	return copy;
}

/* Letters, marks, digits ("3rd"), and the apostrophes between them. */
static bool is_of_word(const UChar *units, int32_t at, int32_t len)
{
	UChar32 c;

	U16_GET(units, 0, at, len, c);
	return u_isUAlphabetic(c) || u_isdigit(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) ||
	       c == '\'' || c == 0x2019;
}

static bool has_case(const UChar *units, int32_t start, int32_t end, bool is_upper)
{
	for (int32_t i = start; i < end;) {
		UChar32 c;

		U16_NEXT(units, i, end, c);
		if (is_upper ? u_isUUppercase(c) : u_isULowercase(c))
			return true;
	}
	return false;
}

/* Writes one word in title case. A capital stands first, after a first letter with an
 * apostrophe (O'Neil) and after Mc. */
static void title_word(UChar *units, int32_t start, int32_t end)
{
	bool is_first = true;
	int32_t count = 0;

	for (int32_t i = start; i < end; count++) {
		int32_t at = i, to = i;
		UBool is_error = false;
		UChar32 c, changed;

		U16_NEXT(units, i, end, c);
		changed = is_first ? u_totitle(c) : u_tolower(c);
		is_first = count == 1 && (c == '\'' || c == 0x2019);
		if (count == 1 && changed == 'c' && units[start] == 'M' && end - start > 4)
			is_first = true;
		/* Only one that needs as much room: all but a few rare ones. */
		if (U16_LENGTH(changed) == i - at)
			U16_APPEND(units, to, end, changed, is_error);
		(void)is_error;
	}
}

const char *text_title(struct arena *arena, const char *text)
{
	int32_t len, end;
	UChar *units = utf16_of(arena, text, &len);
	bool is_mixed = has_case(units, 0, len, true) && has_case(units, 0, len, false);

	for (int32_t start = 0; start < len; start = end) {
		bool has_upper;

		end = start + 1;
		if (!is_of_word(units, start, len))
			continue;
		while (end < len && is_of_word(units, end, len))
			end++;
		has_upper = has_case(units, start, end, true);
		if (!(has_upper && (is_mixed || has_case(units, start, end, false))))
			title_word(units, start, end);
	}
	return utf8_of(arena, units, len);
}

/* The last boundary between letters at or before `at` code units. */
static int32_t boundary_before(const UChar *units, int32_t len, int32_t at)
{
	UErrorCode status = U_ZERO_ERROR;
	UBreakIterator *letters = ubrk_open(UBRK_CHARACTER, "", units, len, &status);

	assert(U_SUCCESS(status));
	if (!ubrk_isBoundary(letters, at))
		at = ubrk_preceding(letters, at);
	ubrk_close(letters);
	return at > 0 ? at : 0;
}

const char *text_cut(struct arena *arena, const char *text, size_t max)
{
	int32_t len, at = 0;
	UChar *units;

	if (strlen(text) <= max || text_length(text) <= max)
		return text;
	if (text_is_ascii(text)) {
		/* CR LF is one. */
		if (max > 0 && text[max - 1] == '\r' && text[max] == '\n')
			max--;
		return arena_strndup(arena, text, max);
	}
	units = utf16_of(arena, text, &len);
	U16_FWD_N(units, at, len, (int32_t)max);
	return utf8_of(arena, units, boundary_before(units, len, at));
}
