/* transform_phone.c - phone numbers in the form that a CRM wants. Threads: pure (after
 * text_init()). */
#include <string.h>

#include "base/text.h"
#include "mapping/transform_kinds.h"
#include "text/phone.h"

static int check_country(struct preparing *p, const struct option *country)
{
	const char *text = country->text;

	if (!country->is_set)
		return 0;
	if (strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
	    text[1] <= 'Z')
		return 0;
	return prepare_fails(p, "country", "not_a_country",
			     "write the two capital letters of ISO 3166, \"IN\"",
			     "not a country");
}

static int phone_fails(struct problem *why, const struct error *err, struct arena *arena)
{
	return transform_fails(why, "phone_invalid",
			       arena_printf(arena, "the phone cannot be written so: %s",
					    err->message),
			       "correct the number of the lead");
}

/* Prepare has brought our own numbers into this form already. */
static bool is_e164(const char *text)
{
	size_t len = strlen(text);

	if (text[0] != '+' || len < 8 || len > 16 || text[1] == '0')
		return false;
	return strspn(text + 1, "0123456789") == len - 1;
}

/* e164 */

enum { E164_COUNTRY };

static const struct transform_option e164_options[] = {
	{ "country", OPTION_TEXT, false, 0, 0, NULL,
	  "the country of numbers that do not say theirs: \"IN\"" },
	{ NULL },
};

static int e164_prepare(struct preparing *p, struct step *step)
{
	return check_country(p, &step->options[E164_COUNTRY]);
}

static int e164_both(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	struct error err = { 0 };
	const char *text;

	*out = value_text(given.text);
	if (is_e164(given.text))
		return 0;
	if (phone_format(run->arena, given.text, step->options[E164_COUNTRY].text,
			 PHONE_FORM_E164, &text, &err) < 0)
		return phone_fails(why, &err, run->arena);
	*out = value_text(text);
	return 0;
}

const struct transform transform_e164 = {
	.name = "e164",
	.help = "writes a phone as + and digits",
	.options = e164_options,
	.main = "country",
	.reading = READING_BACK,
	.by_item = true,
	.gives = SHAPE_TEXT,
	.prepare = e164_prepare,
	.out = e164_both,
	.in = e164_both,
};

/* national */

enum { NATIONAL_COUNTRY, NATIONAL_FORM };
enum { FORM_SPACED, FORM_DIGITS };

static const struct transform_option national_options[] = {
	{ "country", OPTION_TEXT, false, 0, 0, NULL,
	  "only numbers of this country are written so, others in the international form; "
	  "needed to read back" },
	{ "form", OPTION_WORD, false, 0, 0, "spaced|digits",
	  "(415) 555-2671 (spaced, the default), or 4155552671 (digits)" },
	{ NULL },
};

static int national_prepare(struct preparing *p, struct step *step)
{
	if (check_country(p, &step->options[NATIONAL_COUNTRY]) < 0)
		return -1;
	if (p->reads_back && !step->options[NATIONAL_COUNTRY].is_set)
		return prepare_fails(p, "country", "missing",
				     "name the country that numbers in the CRM are of",
				     "a national number cannot be read back without its country");
	return 0;
}

/* Whether the text, read in the country, is the number again: +44 7911 123456 is one of
 * Guernsey, but reads well in Britain. */
static bool reads_back(struct arena *arena, const char *text, const char *country,
		       const struct phone *phone)
{
	return text_equal(phone->region, country) ||
	       text_equal(phone_e164(arena, text, country), phone->e164);
}

static int national_out(const struct step *step, struct transform_run *run,
			struct value given, struct value *out, struct problem *why)
{
	const char *country = step->options[NATIONAL_COUNTRY].text, *text;
	bool is_digits = step->options[NATIONAL_FORM].number == FORM_DIGITS;
	struct error err = { 0 };
	struct phone phone;

	if (phone_parse(run->arena, given.text, country, &phone, &err) < 0)
		return phone_fails(why, &err, run->arena);
	text = phone_text(run->arena, &phone,
			  is_digits ? PHONE_FORM_NATIONAL_DIGITS : PHONE_FORM_NATIONAL);
	if (country && !reads_back(run->arena, text, country, &phone))
		text = phone_text(run->arena, &phone, PHONE_FORM_INTERNATIONAL);
	*out = value_text(text);
	return 0;
}

static int national_in(const struct step *step, struct transform_run *run,
		       struct value given, struct value *out, struct problem *why)
{
	struct error err = { 0 };
	const char *text;

	if (phone_format(run->arena, given.text, step->options[NATIONAL_COUNTRY].text,
			 PHONE_FORM_E164, &text, &err) < 0)
		return phone_fails(why, &err, run->arena);
	*out = value_text(text);
	return 0;
}

/* Digits alone may go into a number field. */
static enum shape national_shape(const struct step *step)
{
	return step->options[NATIONAL_FORM].number == FORM_DIGITS ? SHAPE_ANY : SHAPE_TEXT;
}

const struct transform transform_national = {
	.name = "national",
	.help = "writes a phone as people in its country do",
	.options = national_options,
	.main = "country",
	.reading = READING_BACK,
	.by_item = true,
	.shape = national_shape,
	.forgets = true,
	.prepare = national_prepare,
	.out = national_out,
	.in = national_in,
};
