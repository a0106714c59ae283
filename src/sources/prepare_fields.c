/* prepare_fields.c - standard fields in their normal form. Threads: one at a time. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sources/moment.h"
#include "sources/prepare_inside.h"
#include "text/country.h"
#include "text/email.h"
#include "text/name.h"
#include "text/phone.h"
#include "text/postal.h"

typedef void normaliser(struct preparing *p, struct slot *slot);

/* What else a field told: kept as a custom field unless that was sent as well. */
static void add_custom(struct preparing *p, const struct slot *from, const char *name,
		       const char *text)
{
	struct slot *slot;

	if (!text || !*text || prepare_slot(p, name))
		return;
	slot = prepare_custom(p, name);
	if (!slot)
		return;
	slot->sent = from->sent;
	slot->value = value_text(text);
}

/* --- country and language --- */

static void country(struct preparing *p, struct slot *slot)
{
	struct error why;

	if (country_read(p->arena, slot->value.text, &slot->value.text, &why) < 0)
		prepare_fault(p, slot, false, "country_unknown", "not a country that we know",
			      "send its two letters, such as IN");
}

static void language(struct preparing *p, struct slot *slot)
{
	struct error why;

	if (language_read(p->arena, slot->value.text, &slot->value.text, &why) < 0)
		prepare_fault(p, slot, false, "language_unknown",
			      "not a language that we know", "send its code, such as en or hi");
}

/* --- names --- */

static void set_part(struct preparing *p, struct slot *name, enum slot_id id,
		     const char *part)
{
	struct slot *slot = &p->slots[id];

	if (!*part)
		return;
	if (text_length(part) > slot->field->max_len) {
		prepare_fault(p, name, true, "too_long", "a part of the name is longer than "
			      "100 characters", "send first_name and last_name");
		return;
	}
	slot->sent = name->sent;
	slot->value = value_text(part);
}

/* A name that comes with one of its parts gives the other, if it agrees. */
static void name(struct preparing *p, struct slot *slot)
{
	struct slot *first = &p->slots[SLOT_FIRST_NAME], *last = &p->slots[SLOT_LAST_NAME];
	bool has_first = first->sent != NULL, has_last = last->sent != NULL;
	struct name parts;

	if (has_first && has_last)
		return;
	name_split(p->arena, slot->value.text, &parts);
	if ((has_first && !text_equal(first->value.text, parts.first)) ||
	    (has_last && !text_equal(last->value.text, parts.last)))
		return;
	if (!has_first)
		set_part(p, slot, SLOT_FIRST_NAME, parts.first);
	if (!has_last)
		set_part(p, slot, SLOT_LAST_NAME, parts.last);
	add_custom(p, slot, CUSTOM_PREFIX "salutation", parts.title);
	add_custom(p, slot, CUSTOM_PREFIX "name_suffix", parts.suffix);
}

/* A full name that is cleared clears its parts. */
static void clear_name(struct preparing *p)
{
	if (p->slots[SLOT_NAME].value.type != VALUE_NULL)
		return;
	for (enum slot_id id = SLOT_FIRST_NAME; id <= SLOT_LAST_NAME; id++)
		if (!p->slots[id].sent)
			p->slots[id].value = value_null();
}

/* --- e-mail --- */

static void email(struct preparing *p, struct slot *slot)
{
	struct email email;
	struct error why;

	if (email_parse(p->arena, slot->value.text, &email, &why) < 0) {
		prepare_fault(p, slot, false, "email_invalid",
			      arena_strdup(p->arena, why.message),
			      "ask for the address again");
		return;
	}
	slot->value = value_text(email.address);
	slot->key = email.key;
	slot->is_weak = email.is_role;
	if (email.suggestion)
		prepare_warn(p, slot, "email_suggestion",
			     "the domain looks mistyped; the address was kept as it is",
			     arena_printf(p->arena, "ask whether \"%s\" was meant",
					  email.suggestion));
	if (email.is_disposable)
		prepare_warn(p, slot, "email_disposable",
			     "the address is one to be thrown away",
			     "ask for another before sending anything to it");
}

/* --- phone --- */

/* The source's own country, not the workspace's that it inherits. */
static const char *source_country(const struct preparing *p)
{
	const char *country = p->given->source->default_country;

	return country != p->given->config->settings.default_country ? country : NULL;
}

/* Reads the number for the first country under which it is valid; else for the first
 * under which it is possible. */
static bool read_phone(struct preparing *p, const char *text, struct phone *best,
		       struct error *err)
{
	const char *regions[] = { source_country(p), p->slots[SLOT_COUNTRY].value.text,
				  p->given->config->settings.default_country }, *markets[3];
	struct phone_rules rules = { .markets = markets };
	bool is_read = false;

	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		if (regions[i])
			markets[rules.nmarkets++] = regions[i];
	for (size_t i = 0; i < rules.nmarkets || i == 0; i++) {
		struct phone phone;
		struct error why;

		rules.region = rules.nmarkets ? markets[i] : NULL;
		if (i > 0 && text_equal_nocase(markets[i], markets[i - 1]))
			continue;
		if (phone_parse_by(p->arena, text, &rules, &phone, &why) < 0) {
			if (i == 0)
				*err = why;
			if (i == 0 && !is_read)
				*best = phone;
			continue;
		}
		if (!is_read || phone.verdict == PHONE_VALID)
			*best = phone;
		is_read = true;
		if (phone.verdict == PHONE_VALID)
			break;
	}
	return is_read;
}

static void warn_of_phone(struct preparing *p, const struct slot *slot,
			  const struct phone *phone)
{
	if (phone->flags & PHONE_FLAG_DUMMY)
		prepare_warn(p, slot, "phone_dummy", "the number is nobody's, typed to get past "
			     "a form", "ask for the number again");
	else if (phone->verdict == PHONE_SUSPECT)
		prepare_warn(p, slot, "phone_suspect", "the number is in no range that we know; "
			     "it was taken", "check it before relying on it");
	if (phone->flags & PHONE_FLAG_GUESSED_CODE)
		prepare_warn(p, slot, "phone_guessed", "the number was read as if it began "
			     "with +", "send numbers with + and the country's code");
}

static void phone(struct preparing *p, struct slot *slot)
{
	struct phone phone;
	struct error why = { 0 };

	if (!read_phone(p, slot->value.text, &phone, &why)) {
		prepare_fault(p, slot, false, "phone_invalid", phone.problem ? phone.problem :
			      arena_strdup(p->arena, why.message),
			      phone.instruction ? phone.instruction :
						  "ask for the number again");
		return;
	}
	slot->value = value_text(phone.e164);
	slot->is_weak = phone.flags & PHONE_FLAG_DUMMY;
	warn_of_phone(p, slot, &phone);
	add_custom(p, slot, CUSTOM_PREFIX "phone_extension", phone.extension);
	if (phone.second)
		add_custom(p, slot, CUSTOM_PREFIX "phone_2", phone.second->e164);
}

/* --- postal code --- */

static void postal_code(struct preparing *p, struct slot *slot)
{
	const char *country = p->slots[SLOT_COUNTRY].value.text;
	struct postal postal;
	struct error why;

	if (!country)
		country = p->given->source->default_country;
	if (postal_parse(p->arena, slot->value.text, country,
			 p->slots[SLOT_REGION].value.text, &postal, &why) < 0) {
		prepare_fault(p, slot, false, "postal_code_invalid",
			      arena_strdup(p->arena, why.message), "correct the code");
		return;
	}
	slot->value = value_text(postal.code);
	if (postal.warning)
		prepare_warn(p, slot, postal_oddity_name(postal.oddity), postal.warning,
			     "check the code and the address");
}

/* --- time --- */

#define SKEW_MS (5 * CLOCK_MINUTE) /* clocks that are so far ahead need no word */

static void occurred_at(struct preparing *p, struct slot *slot)
{
	struct submission *s = p->submission;
	struct error why;
	int64_t at;

	if (moment_read(p->arena, slot->value.text, p->given->source->time_zone, &at,
			&why) < 0) {
		prepare_fault(p, slot, true, "time_invalid",
			      arena_strdup(p->arena, why.message),
			      "correct the time, or leave it out");
		return;
	}
	s->has_time = true;
	if (at > s->received_at + SKEW_MS)
		prepare_warn(p, slot, "time_in_future", "the time is in the future; the time of "
			     "receipt counts", "check the sender's clock and time zone");
	s->occurred_at = at < s->received_at ? at : s->received_at;
}

/* Countries come first: phones and postal codes are read by them. */
static const struct {
	enum slot_id id;
	normaliser *normalise;
} normalisers[] = {
	{ SLOT_COUNTRY, country },   { SLOT_LANGUAGE, language },
	{ SLOT_NAME, name },	     { SLOT_EMAIL, email },
	{ SLOT_PHONE, phone },	     { SLOT_POSTAL_CODE, postal_code },
	{ SLOT_OCCURRED_AT, occurred_at },
};

void prepare_normalise(struct preparing *p)
{
	clear_name(p);
	for (size_t i = 0; i < ARRAY_LEN(normalisers); i++) {
		struct slot *slot = &p->slots[normalisers[i].id];

		if (!value_is_empty(slot->value))
			normalisers[i].normalise(p, slot);
	}
}
