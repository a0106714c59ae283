/* phone_parts.h - what phone.c looks at besides the number's plan: splitting, repairs,
 * dummies. Private to text/. Threads: pure. */
#ifndef TEXT_PHONE_PARTS_H
#define TEXT_PHONE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Whether a spreadsheet has rounded it: "9.88E+09", "9,88E9". */
bool phone_is_damaged(const char *text);

/* Its ASCII digits in a row, when it begins with a digit and holds nothing but digits,
 * blanks and punctuation; NULL otherwise. */
const char *phone_digits(struct arena *arena, const char *text);

/* Without the ".0" of a number that went through a floating-point column, and without a
 * label behind it: "(home)", "mobile". NULL when there is nothing to cut. */
const char *phone_repair(struct arena *arena, const char *text);

/* Cuts a field at / , ; | & "or" "and" and line ends into at most `max` pieces that
 * hold a digit; what would be more is left out. Returns how many. */
size_t phone_split(struct arena *arena, const char *text, const char **parts, size_t max);

/* The national number, without the calling code: "9876543210" of "+919876543210". */
const char *phone_subscriber(const char *e164, int calling_code);

/* Whether it is what people write to get past a form. With `is_live` also 9876543210,
 * which is everybody's example. */
bool phone_is_dummy(const char *e164, int calling_code, bool is_live);

/* Whether it is of a series for calling machines: India's 140 and 1600. */
bool phone_is_spam_series(const char *e164, int calling_code);

#endif
