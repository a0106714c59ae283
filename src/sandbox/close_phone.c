/* close_phone.c - numbers as Close keeps and shows them (4). Threads: pure. */
#include <ctype.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "sandbox/close.h"

#define DIGITS_MAX 15
#define DIGITS_MIN 7

/* The longest code that fits comes first. */
static const struct {
	const char *code, *country;
} codes[] = {
	{ "971", "AE" }, { "353", "IE" }, { "351", "PT" }, { "358", "FI" }, { "972", "IL" },
	{ "91", "IN" },	 { "44", "GB" },  { "49", "DE" },  { "33", "FR" },  { "34", "ES" },
	{ "39", "IT" },	 { "31", "NL" },  { "32", "BE" },  { "41", "CH" },  { "43", "AT" },
	{ "45", "DK" },	 { "46", "SE" },  { "47", "NO" },  { "48", "PL" },  { "52", "MX" },
	{ "55", "BR" },	 { "61", "AU" },  { "64", "NZ" },  { "65", "SG" },  { "81", "JP" },
	{ "86", "CN" },	 { "1", "US" },
};

/* The digits of a number as people write it; NULL when there is something else in it. */
static const char *digits_of(struct arena *arena, const char *text, bool *has_plus)
{
	char *digits = arena_alloc(arena, DIGITS_MAX + 1);
	size_t count = 0;

	*has_plus = text[0] == '+';
	for (const char *at = text + *has_plus; *at; at++) {
		if (strchr(" -().\xc2\xa0", *at))
			continue;
		if (!isdigit((unsigned char)*at) || count == DIGITS_MAX)
			return NULL;
		digits[count++] = *at;
	}
	return count >= DIGITS_MIN ? digits : NULL;
}

static const char *format(struct arena *arena, const char *digits, size_t code)
{
	if (code == 1)
		return arena_printf(arena, "+1 %.3s-%.3s-%s", digits + 1, digits + 4, digits + 7);
	return arena_printf(arena, "+%.*s %s", (int)code, digits, digits + code);
}

bool sb_close_phone(struct arena *arena, const char *text, struct sb_close_phone *phone)
{
	const char *trimmed = text_trim(arena, text), *digits;
	size_t code = 0, len;
	bool has_plus;

	*phone = (struct sb_close_phone){ NULL };
	digits = digits_of(arena, trimmed, &has_plus);
	if (!digits)
		return false;
	len = strlen(digits);
	if (!has_plus && len == 10)
		digits = arena_printf(arena, "1%s", digits);
	else if (!has_plus && !(len == 11 && digits[0] == '1'))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(codes) && !code; i++) {
		if (!text_starts(digits, codes[i].code))
			continue;
		code = strlen(codes[i].code);
		phone->country = codes[i].country;
	}
	if (code == 1 && (strlen(digits) != 11 || digits[1] < '2'))
		return false;
	phone->e164 = arena_printf(arena, "+%s", digits);
	phone->formatted = code ? format(arena, digits, code) : phone->e164;
	return true;
}
