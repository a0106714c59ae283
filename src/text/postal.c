/* postal.c - a postal code as somebody wrote it. Threads: pure. */
#include "text/postal.h"

#include <ctype.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/text.h"
#include "text/country.h"
#include "text/postal_forms.h"
#include "text/unicode.h"

#define RAW_MAX 100
#define CODE_MAX 16

static bool is_separator(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '\t';
}

/* Digits of all scripts as ASCII; full width and ligatures plain. */
static const char *plain(struct arena *arena, const char *raw)
{
	const char *text = text_nfkc(arena, raw);
	int32_t len = (int32_t)strlen(text), at = 0, out_len = 0;
	char *out = arena_alloc(arena, (size_t)len * 3 + 1);

	while (at < len) {
		UChar32 c;
		int digit;

		U8_NEXT_OR_FFFD(text, at, len, c);
		digit = c >= 0x80 ? u_charDigitValue(c) : -1;
		if (digit >= 0)
			out[out_len++] = (char)('0' + digit);
		else
			U8_APPEND_UNSAFE(out, out_len, c);
	}
	return text_trim(arena, out);
}

/* Without a country's sign before a hyphen or blank: "D-10115", "CH 8001". */
static const char *without_sign(const char *text, const char *country)
{
	size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	const char *p = text + letters;

	if (letters < 1 || letters > 2 || !is_separator(*p) ||
	    toupper((unsigned char)text[0]) != country[0] ||
	    (letters == 2 && toupper((unsigned char)text[1]) != country[1]))
		return text;
	while (is_separator(*p))
		p++;
	return isdigit((unsigned char)*p) ? p : text;
}

/* Upper case without separators; NULL when there is anything but letters and digits. */
static const char *strip(struct arena *arena, const char *text)
{
	char *bare = arena_alloc(arena, strlen(text) + 1), *p = bare;

	for (; *text; text++) {
		if (is_separator(*text))
			continue;
		if ((unsigned char)*text >= 0x80 || !isalnum((unsigned char)*text))
			return NULL;
		*p++ = (char)toupper((unsigned char)*text);
	}
	return bare;
}

/* Without the ".0" that a column of numbers leaves. */
static const char *without_fraction(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len > 2 && text_equal(text + len - 2, ".0") &&
	    strspn(text, "0123456789") == len - 2)
		return arena_strndup(arena, text, len - 2);
	return text;
}

static bool is_number(const char *bare)
{
	return strspn(bare, "0123456789") == strlen(bare);
}

static int refuse(struct arena *arena, const char *country, const struct postal_form *form,
		  struct error *err)
{
	const char *name = country_name(arena, country);
	char example[CODE_MAX];

	postal_form_example(form->forms, example, sizeof(example));
	return error_set(err, ERR_INVALID, "not a postal code of %s: write it as %s",
			 name ? name : country, example);
}

static void warn(struct postal *postal, enum postal_oddity oddity, const char *warning)
{
	postal->oddity = oddity;
	postal->warning = warning;
}

/* Puts back the zero in front that a spreadsheet took, where the country (or the state)
 * has such codes. */
static const char *padded(struct arena *arena, const struct postal_form *form,
			  const char *bare, const char *state, struct postal *postal)
{
	bool is_us = text_equal(form->country, "US");
	const char *fuller = arena_printf(arena, "0%s", bare);
	char unused[CODE_MAX];

	if (!is_number(bare) || !*bare)
		return bare;
	if (is_us && strlen(bare) == 3)
		fuller = arena_printf(arena, "00%s", bare);
	if (is_us ? !postal_state_has_zero(state) : !form->may_begin_with_0)
		return bare;
	if (postal_form_match(form->forms, bare, unused, sizeof(unused)) ||
	    !postal_form_match(form->forms, fuller, unused, sizeof(unused)))
		return bare;
	warn(postal, POSTAL_PADDED, "a zero in front was missing and was put back: format "
				    "the column as text");
	return fuller;
}

static bool is_right(const struct postal_form *form, const char *bare)
{
	if (text_equal(form->country, "IN"))
		return bare[0] != '0';
	if (text_equal(form->country, "US"))
		return !text_starts(bare, "00000") && !text_starts(bare, "99999");
	if (text_equal(form->country, "CA"))
		return postal_is_canadian(bare);
	return true;
}

static bool is_british(const struct postal_form *form)
{
	return text_equal(form->forms, "ANN NAA");
}

static int read_british(struct arena *arena, const struct postal_form *form,
			const char *bare, struct postal *postal, struct error *err)
{
	int outward = (int)strlen(bare) - 3;

	if (!postal_is_british(bare))
		return error_set(err, ERR_INVALID,
				 "not a postal code of %s: write it as SW1A 1AA",
				 country_name(arena, form->country));
	postal->code = arena_printf(arena, "%.*s %s", outward, bare, bare + outward);
	return 0;
}

static void look_at_india(const char *bare, const char *state, struct postal *postal)
{
	postal->circle = postal_circle(bare);
	if (postal_is_other_state(bare, state))
		warn(postal, POSTAL_OTHER_STATE,
		     "the PIN code is not one of the state that was given: check both");
}

static int read_form(struct arena *arena, const struct postal_form *form, const char *text,
		     const char *state, struct postal *postal, struct error *err)
{
	const char *bare = strip(arena, without_sign(text, form->country));
	char code[CODE_MAX];

	if (!bare)
		return refuse(arena, form->country, form, err);
	if (is_british(form))
		return read_british(arena, form, bare, postal, err);
	bare = padded(arena, form, bare, state, postal);
	if (!postal_form_match(form->forms, bare, code, sizeof(code)) || !is_right(form, bare))
		return refuse(arena, form->country, form, err);
	postal->code = arena_strdup(arena, code);
	if (text_equal(form->country, "IN"))
		look_at_india(bare, state, postal);
	return 0;
}

/* A code of who knows where: letters, digits and blanks, at least one digit. */
static int read_any(struct arena *arena, const char *text, struct postal *postal,
		    struct error *err)
{
	const char *bare = strip(arena, text);
	char *code = arena_strdup(arena, text);

	if (!bare || strlen(bare) < 2 || strlen(text) > CODE_MAX || !strpbrk(bare, "0123456789"))
		return error_set(err, ERR_INVALID,
				 "not a postal code: write digits and letters, at most %d",
				 CODE_MAX);
	for (char *p = code; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	postal->code = code;
	return 0;
}

int postal_parse(struct arena *arena, const char *raw, const char *country,
		 const char *region, struct postal *postal, struct error *err)
{
	const struct postal_form *form;
	const char *text, *state;

	*postal = (struct postal){ 0 };
	if (strlen(raw) > RAW_MAX || (region && strlen(region) > RAW_MAX))
		return error_set(err, ERR_INVALID,
				 "not a postal code: write digits and letters, at most %d",
				 CODE_MAX);
	form = country ? postal_form_find(country) : NULL;
	text = without_fraction(arena, plain(arena, raw));
	state = region ? text_trim(arena, text_fold(arena, region)) : "";
	if (!form)
		return read_any(arena, text, postal, err);
	if (*form->forms)
		return read_form(arena, form, text, state, postal, err);
	if (text_clean(arena, text, TEXT_LINE, CODE_MAX, &postal->code, err) < 0)
		return -1;
	warn(postal, POSTAL_UNUSED, "that country has no postal codes: kept as it is");
	return 0;
}

bool postal_is_used(const char *country)
{
	const struct postal_form *form = postal_form_find(country);

	return !form || *form->forms;
}

const char *postal_oddity_name(enum postal_oddity oddity)
{
	static const char *const names[] = { NULL, "postal_padded", "postal_other_state",
					     "postal_unused" };

	return names[oddity];
}
