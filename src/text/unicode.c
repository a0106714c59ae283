/* unicode.c - normal forms, case folding, and what a field of text may hold.
 * Threads: pure. */
#include "text/unicode.h"

#include <assert.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/text.h"
#include "text/phone_lib.h"
#include "text/utf16.h"

int text_init(struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *calendar;

	unorm2_getNFCInstance(&status);
	unorm2_getNFKCInstance(&status);
	unorm2_getNFDInstance(&status);
	calendar = ucal_open(u"UTC", -1, "", UCAL_GREGORIAN, &status);
	ucal_close(calendar);
	if (U_FAILURE(status))
		return error_set(err, ERR_INTERNAL, "ICU: %s", u_errorName(status));
	if (!phone_lib_init())
		return error_set(err, ERR_INTERNAL, "libphonenumber did not start");
	return 0;
}

bool text_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static const char *normalise(struct arena *arena, const char *text,
			     const UNormalizer2 *form)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t len, room, out_len;
	UChar *units = utf16_of(arena, text, &len), *out;

	if (unorm2_isNormalized(form, units, len, &status) && U_SUCCESS(status))
		return text;
	status = U_ZERO_ERROR;
	room = unorm2_normalize(form, units, len, NULL, 0, &status);
	status = U_ZERO_ERROR;
	out = arena_array(arena, (size_t)room + 1, sizeof(*out));
	out_len = unorm2_normalize(form, units, len, out, room + 1, &status);
	assert(U_SUCCESS(status));
	return utf8_of(arena, out, out_len);
}

const char *text_nfc(struct arena *arena, const char *text)
{
	UErrorCode status = U_ZERO_ERROR;

	if (text_is_ascii(text))
		return text;
	return normalise(arena, text, unorm2_getNFCInstance(&status));
}

const char *text_nfkc(struct arena *arena, const char *text)
{
	UErrorCode status = U_ZERO_ERROR;

	if (text_is_ascii(text))
		return text;
	return normalise(arena, text, unorm2_getNFKCInstance(&status));
}

const char *text_fold(struct arena *arena, const char *text)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t len, room, out_len;
	UChar *units, *out;

	if (text_is_ascii(text))
		return text_lower_ascii(arena, text);
	units = utf16_of(arena, text_nfc(arena, text), &len);
	room = u_strFoldCase(NULL, 0, units, len, U_FOLD_CASE_DEFAULT, &status);
	status = U_ZERO_ERROR;
	out = arena_array(arena, (size_t)room + 1, sizeof(*out));
	out_len = u_strFoldCase(out, room + 1, units, len, U_FOLD_CASE_DEFAULT, &status);
	assert(U_SUCCESS(status));
	return text_nfc(arena, utf8_of(arena, out, out_len));
}

static bool is_kept(unsigned char c, enum text_kind kind)
{
	if (c == '\n' || c == '\r')
		return kind == TEXT_LINES;
	return c == '\t' || (c >= 0x20 && c != 0x7F);
}

static int refuse(unsigned char c, struct error *err)
{
	if (c == '\n' || c == '\r')
		return error_set(err, ERR_INVALID,
				 "has a line break: write it in one line");
	return error_set(err, ERR_INVALID,
			 "has the control character U+%04X: remove it", c);
}

int text_clean(struct arena *arena, const char *raw, enum text_kind kind, size_t max_len,
	       const char **clean, struct error *err)
{
	const char *text = text_trim(arena, raw);

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (!is_kept(*p, kind))
			return refuse(*p, err);
	if (max_len && text_length(text) > max_len)
		return error_set(err, ERR_LIMIT, "longer than %zu characters: shorten it",
				 max_len);
	*clean = text;
	return 0;
}
