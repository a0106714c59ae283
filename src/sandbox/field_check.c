/* field_check.c - whether a value fits a field. Threads: pure. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sandbox/field.h"

#define EMAIL_MAX 254

/* One label and more, letters, digits and hyphens, bytes of UTF-8; a dot between. */
static bool is_domain(const char *text)
{
	size_t labels = 0;

	while (*text) {
		size_t len = strcspn(text, ".");

		if (len == 0 || text[0] == '-' || text[len - 1] == '-')
			return false;
		for (size_t i = 0; i < len; i++)
			if (!isalnum((unsigned char)text[i]) && text[i] != '-' &&
			    !((unsigned char)text[i] & 0x80))
				return false;
		labels++;
		text += len;
		if (*text == '.' && !*++text)
			return false;
	}
	return labels >= 2;
}

bool sb_is_email(const char *text)
{
	const char *at = strrchr(text, '@');
	char before = '.';

	if (!at || at == text || strlen(text) > EMAIL_MAX || !is_domain(at + 1))
		return false;
	for (const char *p = text; p < at; p++) {
		if ((unsigned char)*p <= ' ' || strchr("@,;:\\\"<>()[]", *p) ||
		    (*p == '.' && before == '.'))
			return false;
		before = *p;
	}
	return before != '.';
}

bool sb_is_number(const char *text, double *number)
{
	char *end;

	if (!*text || text[strspn(text, "+-0123456789.eE")])
		return false;
	*number = strtod(text, &end);
	return !*end && isfinite(*number);
}

bool sb_time_parse(const char *text, int64_t *ms)
{
	int64_t number;
	char *with_time;
	bool is_one;

	if (clock_parse(text, ms))
		return true;
	if (strlen(text) == 10 && text[4] == '-') {
		struct arena *arena = arena_new();

		with_time = arena_printf(arena, "%sT00:00:00Z", text);
		is_one = clock_parse(with_time, ms);
		arena_free(arena);
		return is_one;
	}
	if (!text_int(text, &number))
		return false;
	*ms = number;
	return true;
}

static enum sb_misfit check_text(const struct sb_field *field, const char *text)
{
	double number;
	int64_t ms;

	switch (field->type) {
	case SB_EMAIL:
		return sb_is_email(text) ? SB_FITS : SB_NOT_EMAIL;
	case SB_INTEGER:
		return text_int(text, &ms) ? SB_FITS : SB_NOT_INTEGER;
	case SB_NUMBER:
		return sb_is_number(text, &number) ? SB_FITS : SB_NOT_NUMBER;
	case SB_BOOLEAN:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ?
			       SB_FITS :
			       SB_NOT_BOOLEAN;
	case SB_DATE:
		return sb_time_parse(text, &ms) ? SB_FITS : SB_NOT_DATE;
	case SB_DATETIME:
		return sb_time_parse(text, &ms) ? SB_FITS : SB_NOT_DATETIME;
	case SB_PICKLIST:
		return field->flags & SB_OPEN || sb_field_option(field, text) ? SB_FITS :
										SB_NOT_OPTION;
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_PHONE:
	case SB_URL:
	case SB_MULTI:
	case SB_REFERENCE:
	case SB_JSON:
		break;
	}
	return SB_FITS;
}

static enum sb_misfit check_scalar(const struct sb_field *field, const json_t *value)
{
	bool is_whole = json_is_integer(value);

	switch (field->type) {
	case SB_INTEGER:
		return is_whole ? SB_FITS : SB_NOT_INTEGER;
	case SB_NUMBER:
		return json_is_number(value) ? SB_FITS : SB_NOT_NUMBER;
	case SB_BOOLEAN:
		return json_is_boolean(value) ? SB_FITS : SB_NOT_BOOLEAN;
	case SB_JSON:
	case SB_MULTI:
	case SB_REFERENCE:
	case SB_PICKLIST: /* arrays, objects, numbers of options: the vendor knows */
		return SB_FITS;
	case SB_DATE:
		return is_whole ? SB_FITS : SB_NOT_DATE;
	case SB_DATETIME:
		return is_whole ? SB_FITS : SB_NOT_DATETIME;
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
		break;
	}
	return SB_NOT_TEXT;
}

enum sb_misfit sb_field_check(const struct sb_field *field, const json_t *value,
			      enum sb_wire wire)
{
	const char *text = json_string_value(value);

	if (!value || json_is_null(value) || (text && !*text))
		return SB_FITS;
	if (!text)
		return check_scalar(field, value);
	if (field->max_len && text_length(text) > (size_t)field->max_len)
		return SB_TOO_LONG;
	if (wire == SB_WIRE_JSON &&
	    (field->type == SB_INTEGER || field->type == SB_NUMBER || field->type == SB_BOOLEAN))
		return check_scalar(field, value);
	return check_text(field, text);
}
