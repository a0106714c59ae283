/* decimal.c - numbers as people and CRMs write them, digit by digit. Threads: pure. */
#include "mapping/decimal.h"

#include <string.h>

#include "base/text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Drops zeros in front, and at the end behind the point. */
static void tidy(struct decimal *number)
{
	int zeros = 0;

	while (zeros < number->ndigits && number->digits[zeros] == '0')
		zeros++;
	number->ndigits -= zeros;
	memmove(number->digits, number->digits + zeros, (size_t)number->ndigits);
	while (number->ndigits > 0 && number->scale > 0 &&
	       number->digits[number->ndigits - 1] == '0') {
		number->ndigits--;
		number->scale--;
	}
	if (number->ndigits == 0) {
		number->scale = 0;
		number->is_negative = false;
	}
}

static bool add_digit(struct decimal *number, char c)
{
	if (number->ndigits == 0 && c == '0' && number->scale == 0)
		return true;
	if (number->ndigits == DECIMAL_DIGITS_MAX)
		return false;
	number->digits[number->ndigits++] = c;
	return true;
}

/* Moves the point by `exponent` places, writing the zeros that it needs. */
static bool apply_exponent(struct decimal *number, int exponent)
{
	int scale = number->scale - exponent;

	if (number->ndigits == 0)
		return true;
	for (; scale < 0; scale++) {
		if (number->ndigits == DECIMAL_DIGITS_MAX)
			return false;
		number->digits[number->ndigits++] = '0';
	}
	number->scale = scale;
	return scale <= DECIMAL_DIGITS_MAX;
}

/* Reads "e+12" at *p; no exponent is 0. */
static bool take_exponent(const char **p, int *exponent)
{
	bool is_negative = false;
	int digits = 0;

	*exponent = 0;
	if (**p != 'e' && **p != 'E')
		return true;
	(*p)++;
	if (**p == '+' || **p == '-')
		is_negative = *(*p)++ == '-';
	for (; is_digit(**p) && digits < 3; (*p)++, digits++)
		*exponent = *exponent * 10 + (**p - '0');
	if (is_negative)
		*exponent = -*exponent;
	return digits > 0 && !is_digit(**p);
}

/* Length of the group character at `p`, 0 if there is none. A blank in `groups` also
 * means the blanks that do not break (U+00A0, U+202F). */
static size_t group_len(const char *p, const char *groups)
{
	if (*p && (unsigned char)*p < 0x80)
		return strchr(groups, *p) ? 1 : 0;
	if (!strchr(groups, ' '))
		return 0;
	if (text_starts(p, "\xC2\xA0"))
		return 2;
	return text_starts(p, "\xE2\x80\xAF") ? 3 : 0;
}

/* The whole part, with its groups: three digits in the last one, two or three in those
 * between, one to three in the first. */
static bool take_whole(const char **p, const char *groups, struct decimal *number,
		       int *digits)
{
	int in_group = 0, ngroups = 0;

	for (*digits = 0;;) {
		size_t len;

		for (; is_digit(**p); (*p)++, in_group++, (*digits)++)
			if (!add_digit(number, **p))
				return false;
		if (ngroups > 0 && (in_group < 2 || in_group > 3))
			return false;
		len = group_len(*p, groups);
		if (len == 0 || !is_digit((*p)[len]))
			return ngroups == 0 || in_group == 3;
		if (in_group == 0 || in_group > 3)
			return false;
		*p += len;
		in_group = 0;
		ngroups++;
	}
}

static bool take_fraction(const char **p, char point, struct decimal *number, int *digits)
{
	*digits = 0;
	if (**p != point)
		return true;
	for ((*p)++; is_digit(**p); (*p)++, (*digits)++) {
		number->scale++;
		if (number->scale > DECIMAL_DIGITS_MAX || !add_digit(number, **p))
			return false;
	}
	return true;
}

static bool parse(const char *p, const struct decimal_style *style, struct decimal *number)
{
	int whole, fraction, exponent;

	*number = (struct decimal){ 0 };
	if (*p == '+' || *p == '-')
		number->is_negative = *p++ == '-';
	if (!take_whole(&p, style->groups, number, &whole) ||
	    !take_fraction(&p, style->point, number, &fraction) || whole + fraction == 0 ||
	    !take_exponent(&p, &exponent) || *p || !apply_exponent(number, exponent))
		return false;
	tidy(number);
	return true;
}

bool decimal_parse(const char *text, struct decimal *number)
{
	static const struct decimal_style plain = { '.', "" };

	return parse(text, &plain, number);
}

bool decimal_parse_style(const char *text, const struct decimal_style *style,
			 struct decimal *number)
{
	char copy[DECIMAL_DIGITS_MAX * 4];
	size_t len;

	while (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		text++;
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' ||
			   (text[len - 1] >= '\t' && text[len - 1] <= '\r')))
		len--;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse(copy, style, number);
}

/* Adds one to the last digit; 999 becomes 1000. */
static void round_up(struct decimal *number)
{
	int i = number->ndigits - 1;

	for (; i >= 0 && number->digits[i] == '9'; i--)
		number->digits[i] = '0';
	if (i >= 0) {
		number->digits[i]++;
		return;
	}
	/* There is room: rounding has dropped at least one digit. */
	memmove(number->digits + 1, number->digits, (size_t)number->ndigits);
	number->digits[0] = '1';
	number->ndigits++;
}

void decimal_round(struct decimal *number, int scale)
{
	int drop = number->scale - scale, keep = number->ndigits - drop;
	bool is_up;

	if (drop <= 0)
		return;
	is_up = keep >= 0 && number->digits[keep] >= '5';
	number->ndigits = keep > 0 ? keep : 0;
	number->scale = scale;
	if (is_up)
		round_up(number);
	tidy(number);
}

int decimal_whole_digits(const struct decimal *number)
{
	return number->ndigits > number->scale ? number->ndigits - number->scale : 0;
}

bool decimal_equal(const struct decimal *a, const struct decimal *b)
{
	return a->is_negative == b->is_negative && a->ndigits == b->ndigits &&
	       a->scale == b->scale &&
	       memcmp(a->digits, b->digits, (size_t)a->ndigits) == 0;
}

const char *decimal_text(struct arena *arena, const struct decimal *number)
{
	char text[DECIMAL_DIGITS_MAX * 2 + 4], *p = text;
	int whole = number->ndigits - number->scale;

	if (number->is_negative)
		*p++ = '-';
	if (whole <= 0)
		*p++ = '0';
	for (int i = 0; i < whole; i++)
		*p++ = number->digits[i];
	if (number->scale > 0)
		*p++ = '.';
	for (int i = whole; i < 0; i++)
		*p++ = '0';
	for (int i = whole > 0 ? whole : 0; i < number->ndigits; i++)
		*p++ = number->digits[i];
	return arena_strndup(arena, text, (size_t)(p - text));
}
