/* decimal.h - numbers as people and CRMs write them, digit by digit, so that 0.1 stays
 * 0.1. Threads: pure. */
#ifndef MAPPING_DECIMAL_H
#define MAPPING_DECIMAL_H

#include <stdbool.h>

#include "base/arena.h"

#define DECIMAL_DIGITS_MAX 40

/* Without zeros in front, and without zeros at the end behind the point: equal numbers
 * have equal bytes. Zero has no digits and is not negative. */
struct decimal {
	bool is_negative;
	int ndigits;
	int scale; /* how many of the digits stand behind the point; 0 to ..._MAX, and more
		      than ndigits in 0.001 */
	char digits[DECIMAL_DIGITS_MAX];
};

/* How a number is written. */
struct decimal_style {
	char point;         /* '.' or ',' */
	const char *groups; /* UTF-8 characters that may part thousands, e.g. ", '"; "" none */
};

/* Reads JSON's form of a number, and "+5", "05", ".5" and "5." too. False when it is
 * anything else or needs more than DECIMAL_DIGITS_MAX digits on either side. */
bool decimal_parse(const char *text, struct decimal *number);

/* Reads a number in a style, with blanks around it. Groups stand only where they do in
 * "1,234,567" or "12,34,567": "1,5" is not a number when the comma parts groups. */
bool decimal_parse_style(const char *text, const struct decimal_style *style,
			 struct decimal *number);

/* Rounds to at most `scale` digits behind the point, halves away from zero. */
void decimal_round(struct decimal *number, int scale);

/* Digits in front of the point, 0 for 0.5. */
int decimal_whole_digits(const struct decimal *number);
bool decimal_equal(const struct decimal *a, const struct decimal *b);

/* A JSON number without exponent: "-12.5", "0", "1000". */
const char *decimal_text(struct arena *arena, const struct decimal *number);

#endif
