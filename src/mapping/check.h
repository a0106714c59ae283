/* check.h - whether a CRM's field can hold a value, before anything is sent.
 * Threads: pure.
 *
 * A CRM refuses late, dearly and in its own words, and some do not refuse at all: they cut
 * text, round numbers, drop what is not in a list. So every value is held against the
 * cached schema first, and one that does not fit is listed with what to do about it. */
#ifndef MAPPING_CHECK_H
#define MAPPING_CHECK_H

#include "model/catalog.h"
#include "model/submission.h"
#include "model/value.h"

/* Puts `value` into the form that the field takes: text "5" for a number field becomes the
 * number 5, the number 5 for a text field the text "5". Returns 0 with it in *out, or -1
 * with *why saying what is wrong and what to do (`field` is the CRM's name of it); values
 * are quoted only when the field holds one of a list. An empty value passes as null. A
 * multi-select may be a list or text "a;b", and stays what it was.
 *
 * Codes: several_values, too_long, not_text, not_email, not_phone, not_url, not_whole,
 * not_number, too_many_digits, too_many_decimals, not_boolean, not_date, not_datetime,
 * not_time, not_in_list, not_reference. */
int check_value(struct arena *arena, const struct catalog_field *field, struct value value,
		struct value *out, struct problem *why);

/* What people call the field: its label, else its name. */
const char *check_label(const struct catalog_field *field);

/* The option that somebody probably meant by `text`: the same without case, the one with
 * this label, or the nearest. NULL if none. */
const char *check_nearest_option(struct arena *arena, const struct catalog_field *field,
				 const char *text);

#endif
