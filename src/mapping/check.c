/* check.c - whether a CRM's field can hold a value. Threads: pure. */
#include "mapping/check.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "mapping/decimal.h"
#include "mapping/form.h"

const char *check_label(const struct catalog_field *field)
{
	return field->label && *field->label ? field->label : field->name;
}

/* What a check works on. */
struct check {
	struct arena *arena;
	const struct catalog_field *field;
	struct problem *why;
};

/* Says no. `message` is put behind the field's label. Returns -1. */
static int refuse(const struct check *check, const char *code, const char *instruction,
		  const char *format, ...) PRINTF_LIKE(4, 5);

static int refuse(const struct check *check, const char *code, const char *instruction,
		  const char *format, ...)
{
	const char *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(check->arena, format, args);
	va_end(args);
	*check->why = (struct problem){
		.field = check->field->name,
		.code = code,
		.message = arena_printf(check->arena, "%s: %s", check_label(check->field),
					message),
		.instruction = instruction,
	};
	return -1;
}

static int check_length(const struct check *check, const char *text)
{
	int max = check->field->length;
	size_t length;

	if (max <= 0 || strlen(text) <= (size_t)max)
		return 0;
	length = text_length(text);
	if (length <= (size_t)max)
		return 0;
	return refuse(check, "too_long",
		      arena_printf(check->arena,
				   "shorten it, or add {truncate: %d} to the line of the mapping",
				   max),
		      "%zu characters, but the field takes %d", length, max);
}

/* The one text that a value is: a list of one is its item. */
static int single_text(const struct check *check, struct value value, const char **text)
{
	const char **items;
	size_t count;

	*text = value.text;
	if (value.type != VALUE_LIST)
		return 0;
	count = value_items(check->arena, value, &items);
	if (count == 1) {
		*text = items[0];
		return 0;
	}
	return refuse(check, "several_values",
		      "add {multi_select: {}} or {join: ...} to the line of the mapping, or "
		      "choose a field of the CRM that takes several values",
		      "holds one value, but %zu were given", count);
}

static int as_text(const struct check *check, const char *text, struct value *out)
{
	*out = value_text(text);
	return check_length(check, text);
}

static bool is_email(const char *text)
{
	const char *at = strrchr(text, '@'), *dot = at ? strrchr(at, '.') : NULL;

	if (!at || at == text || at - text > 64 || !dot || dot == at + 1 || !dot[1])
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("<>,;", *p))
			return false;
	return true;
}

static int as_email(const struct check *check, const char *text, struct value *out)
{
	if (!is_email(text))
		return refuse(check, "not_email", "correct the address of the lead",
			      "not an e-mail address");
	return as_text(check, text, out);
}

/* Digits and what people put between them, and an extension. */
static bool is_phone(const char *text)
{
	int digits = 0;

	for (; *text; text++) {
		if (*text >= '0' && *text <= '9')
			digits++;
		else if (text_starts(text, "ext"))
			text += 2;
		else if ((unsigned char)*text < 0x80 && !strchr(" +()-./,;#*xX", *text))
			return false;
	}
	return digits >= 3;
}

static int as_phone(const struct check *check, const char *text, struct value *out)
{
	if (!is_phone(text))
		return refuse(check, "not_phone", "correct the number of the lead",
			      "not a phone number");
	return as_text(check, text, out);
}

static int as_url(const struct check *check, const char *text, struct value *out)
{
	bool has_dot = false;

	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("<>\"", *p))
			return refuse(check, "not_url", "correct the address of the page",
				      "not the address of a page");
		has_dot |= *p == '.' || *p == ':';
	}
	if (!has_dot)
		return refuse(check, "not_url", "correct the address of the page",
			      "not the address of a page");
	return as_text(check, text, out);
}

static int check_digits(const struct check *check, const struct decimal *number)
{
	const struct catalog_field *field = check->field;
	int whole = field->precision - field->scale;

	if (field->precision <= 0)
		return 0;
	if (decimal_whole_digits(number) > whole)
		return refuse(check, "too_many_digits",
			      "correct the number, or widen the field in the CRM",
			      "%d digits before the point, but the field takes %d",
			      decimal_whole_digits(number), whole);
	if (number->scale > field->scale)
		return refuse(check, "too_many_decimals",
			      arena_printf(check->arena,
					   "add {number: {scale: %d}} to the line of the "
					   "mapping to round it", field->scale),
			      "%d digits behind the point, but the field takes %d",
			      number->scale, field->scale);
	return 0;
}

/* Booleans are not numbers, whatever C thinks: 1 for "true" is what nobody meant. */
static int as_number(const struct check *check, struct value value, const char *text,
		     struct value *out)
{
	bool is_whole = check->field->type == CATALOG_INTEGER;
	struct decimal number;

	if (value.type == VALUE_BOOL || !decimal_parse(text, &number))
		return refuse(check, "not_number",
			      value.type == VALUE_BOOL ?
				      "choose a yes/no field of the CRM, or add a lookup "
				      "{table: {\"true\": 1, \"false\": 0}}" :
				      "correct the value, or add {number: {}} to the line of "
				      "the mapping if it has signs in it",
			      value.type == VALUE_BOOL ? "a number, but yes or no was given" :
							 "not a number");
	if (is_whole && number.scale > 0)
		return refuse(check, "not_whole",
			      "add {number: {scale: 0}} to the line of the mapping to round it",
			      "a whole number, but one with digits behind the point was given");
	if (is_whole && decimal_whole_digits(&number) > 18)
		return refuse(check, "too_many_digits", "correct the number",
			      "more digits than a whole number may have");
	*out = (struct value){ VALUE_NUMBER, decimal_text(check->arena, &number) };
	return check_digits(check, &number);
}

static int as_boolean(const struct check *check, struct value value, const char *text,
		      struct value *out)
{
	bool is_true = text_equal_nocase(text, "true");

	if (value.type == VALUE_NUMBER || (!is_true && !text_equal_nocase(text, "false")))
		return refuse(check, "not_boolean",
			      "add {boolean: {}} to the line of the mapping, which knows words "
			      "like yes and no",
			      "neither true nor false");
	*out = value_bool(is_true);
	return 0;
}

static int as_date(const struct check *check, const char *text, struct value *out)
{
	*out = form_read(check->arena, check->field, value_text(text));
	if (out->type == VALUE_TEXT && form_is_date(out->text))
		return 0;
	return refuse(check, "not_date",
		      "add {date: {zone: ...}} to the line of the mapping, or correct the value",
		      "not a date (YYYY-MM-DD)");
}

static int as_datetime(const struct check *check, const char *text, struct value *out)
{
	int64_t ms;

	if (!form_time(text, &ms))
		return refuse(check, "not_datetime",
			      "add {datetime: {zone: ...}} to the line of the mapping, or "
			      "correct the value",
			      "not a date and time (RFC 3339)");
	*out = clock_parse(text, &ms) ? value_text(text) :
					form_read(check->arena, check->field, value_text(text));
	return 0;
}

static int as_time(const struct check *check, const char *text, struct value *out)
{
	char probe[40] = "1970-01-01T";
	size_t len = strlen(text);
	int64_t ms;

	*out = value_text(text);
	if (len >= 5 && len <= 15 && text[2] == ':') {
		memcpy(probe + 11, text, len + 1);
		if (len == 5)
			strcat(probe, ":00");
		if (text[len - 1] != 'Z')
			strcat(probe, "Z");
		if (clock_parse(probe, &ms))
			return 0;
	}
	return refuse(check, "not_time", "correct the value", "not a time of day (HH:MM)");
}

const char *check_nearest_option(struct arena *arena, const struct catalog_field *field,
				 const char *text)
{
	const char **values = arena_array(arena, field->noptions, sizeof(*values));

	for (size_t i = 0; i < field->noptions; i++) {
		const struct catalog_option *option = &field->options[i];

		if (option->is_hidden)
			continue;
		if (text_equal_nocase(option->value, text) ||
		    (option->label && text_equal_nocase(option->label, text)))
			return option->value;
		values[i] = option->value;
	}
	return text_nearest(text, values, field->noptions);
}

static bool is_option(const struct catalog_field *field, const char *text, bool *is_hidden)
{
	*is_hidden = false;
	if (field->has_open_options || field->noptions == 0)
		return true;
	for (size_t i = 0; i < field->noptions; i++)
		if (strcmp(field->options[i].value, text) == 0) {
			*is_hidden = field->options[i].is_hidden;
			return !*is_hidden;
		}
	return false;
}

static int check_option(const struct check *check, const char *text)
{
	const char *near, *shown;
	bool is_hidden;

	if (is_option(check->field, text, &is_hidden))
		return 0;
	shown = text_length(text) > 60 ? "the value" : arena_printf(check->arena, "\"%s\"", text);
	if (is_hidden)
		return refuse(check, "not_in_list",
			      "give another value in a lookup, or show this one again in the CRM",
			      "%s is hidden in the CRM and kept for old records only", shown);
	near = check_nearest_option(check->arena, check->field, text);
	return refuse(check, "not_in_list",
		      near ? arena_printf(check->arena,
					  "did you mean \"%s\"? add a lookup to the line of the "
					  "mapping, or the value to the list in the CRM", near) :
			     "add a lookup to the line of the mapping, or the value to the "
			     "list in the CRM",
		      "%s is not one of its values", shown);
}

static int as_option(const struct check *check, const char *text, struct value *out)
{
	if (check_option(check, text) < 0)
		return -1;
	return as_text(check, text, out);
}

static int as_options(const struct check *check, struct value value, struct value *out)
{
	const char **items;
	size_t count = form_items(check->arena, value, &items);

	for (size_t i = 0; i < count; i++)
		if (check_option(check, items[i]) < 0)
			return -1;
	*out = value;
	if (value.type == VALUE_NUMBER || value.type == VALUE_BOOL)
		*out = value_text(value.text);
	if (check->field->length > 0)
		return check_length(check, value_shown(check->arena, value));
	return 0;
}

static int as_reference(const struct check *check, const char *text, struct value *out)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F)
			return refuse(check, "not_reference",
				      "give the CRM's own id of the record: for an owner, the "
				      "person's user id at this connection",
				      "not the id of a record");
	return as_text(check, text, out);
}

int check_value(struct arena *arena, const struct catalog_field *field, struct value value,
		struct value *out, struct problem *why)
{
	struct check check = { arena, field, why };
	const char *text;

	*out = value;
	if (form_is_empty(value)) {
		*out = value_null();
		return 0;
	}
	if (field->type == CATALOG_ANY)
		return value.type == VALUE_TEXT ? check_length(&check, value.text) : 0;
	if (field->type == CATALOG_MULTI_PICKLIST)
		return as_options(&check, value, out);
	if (single_text(&check, value, &text) < 0)
		return -1;
	switch (field->type) {
	case CATALOG_TEXT:
	case CATALOG_TEXTAREA:
		return as_text(&check, text, out);
	case CATALOG_EMAIL:
		return as_email(&check, text, out);
	case CATALOG_PHONE:
		return as_phone(&check, text, out);
	case CATALOG_URL:
		return as_url(&check, text, out);
	case CATALOG_INTEGER:
	case CATALOG_NUMBER:
		return as_number(&check, value, text, out);
	case CATALOG_BOOLEAN:
		return as_boolean(&check, value, text, out);
	case CATALOG_DATE:
		return as_date(&check, text, out);
	case CATALOG_DATETIME:
		return as_datetime(&check, text, out);
	case CATALOG_TIME:
		return as_time(&check, text, out);
	case CATALOG_PICKLIST:
		return as_option(&check, text, out);
	case CATALOG_REFERENCE:
		return as_reference(&check, text, out);
	case CATALOG_MULTI_PICKLIST:
	case CATALOG_ANY:
		break;
	}
	return 0;
}
