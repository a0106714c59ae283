/* prepare_take.c - what was sent, put where it belongs. Threads: one at a time. */
#include <string.h>

#include "base/text.h"
#include "sources/placeholder.h"
#include "sources/prepare_inside.h"
#include "text/unicode.h"

#define CUSTOM_TEXT_MAX 10000 /* characters of a custom field */

static const char *const slot_names[SLOTS_STANDARD] = {
	[SLOT_FIRST_NAME] = "first_name",   [SLOT_LAST_NAME] = "last_name",
	[SLOT_NAME] = "name",		    [SLOT_EMAIL] = "email",
	[SLOT_PHONE] = "phone",		    [SLOT_COMPANY] = "company",
	[SLOT_TITLE] = "title",		    [SLOT_COUNTRY] = "country",
	[SLOT_POSTAL_CODE] = "postal_code", [SLOT_CITY] = "city",
	[SLOT_REGION] = "region",	    [SLOT_LANGUAGE] = "language",
	[SLOT_ENQUIRY_ID] = "enquiry_id",   [SLOT_SOURCE] = "source",
	[SLOT_MESSAGE] = "message",	    [SLOT_OCCURRED_AT] = "occurred_at",
};

struct slot *prepare_custom(struct preparing *p, const char *name)
{
	struct slot *slot = prepare_slot(p, name);

	if (slot)
		return slot;
	if (p->nslots == p->room) {
		p->is_over = true;
		return NULL;
	}
	slot = &p->slots[p->nslots++];
	slot->name = name;
	return slot;
}

/* --- values --- */

/* Cleans a text for the slot. Returns NULL when it is to be refused, after marking it. */
static const char *clean(struct preparing *p, struct slot *slot, const char *raw)
{
	bool is_message = slot == &p->slots[SLOT_MESSAGE];
	enum text_kind kind = slot->field && !is_message ? TEXT_LINE : TEXT_LINES;
	size_t max = slot->field ? slot->field->max_len : CUSTOM_TEXT_MAX;
	const char *text;
	struct error why;

	if (text_clean(p->arena, raw, kind, max, &text, &why) == 0)
		return text;
	if (why.code == ERR_LIMIT)
		prepare_fault(p, slot, true, "too_long",
			      arena_printf(p->arena, "longer than %zu characters", max),
			      "shorten it");
	else
		prepare_fault(p, slot, true, "not_text", arena_strdup(p->arena, why.message),
			      "remove the character and send it again");
	return NULL;
}

/* What people wrote at length is worth more cut than refused. */
static const char *cut_message(struct preparing *p, const struct slot *slot,
			       const char *raw)
{
	const char *end = raw;

	for (size_t n = 0; *end; end++)
		if (((unsigned char)*end & 0xC0) != 0x80 && n++ == slot->field->max_len)
			break;
	if (!*end)
		return raw;
	prepare_warn(p, slot, "message_cut", "the message is longer than 10,000 characters; "
		     "the rest is in the raw submission only", "shorten it");
	return arena_strndup(p->arena, raw, (size_t)(end - raw));
}

static void set_text(struct preparing *p, struct slot *slot, const char *raw,
		     enum value_type type)
{
	const char *text;

	if (slot == &p->slots[SLOT_MESSAGE] && !prepare_is_strict(p))
		raw = cut_message(p, slot, raw);
	text = clean(p, slot, raw);
	if (!text || !*text)
		return;
	p->submission->is_test |= placeholder_is_test(text);
	if (placeholder_is(slot->name, text))
		prepare_warn(p, slot, "placeholder_ignored",
			     "the value stands for nothing and was not taken",
			     "leave the field out when there is nothing to say");
	else
		slot->value = (struct value){ slot->field ? VALUE_TEXT : type, text };
}

/* A standard field holds one value: the first that says something. */
static void set_first(struct preparing *p, struct slot *slot, struct value list)
{
	const char **items;
	size_t count = value_items(p->arena, list, &items);

	for (size_t i = 0; i < count && slot->value.type == VALUE_ABSENT; i++)
		set_text(p, slot, items[i], VALUE_TEXT);
	if (count > 1 && !slot->fault.code)
		prepare_warn(p, slot, "further_values",
			     "the field holds one value; the first was taken",
			     "send the others as custom fields");
}

static void set_list(struct preparing *p, struct slot *slot, struct value list)
{
	const char **items;
	size_t count = value_items(p->arena, list, &items);

	for (size_t i = 0; i < count; i++) {
		items[i] = clean(p, slot, items[i]);
		if (!items[i])
			return;
	}
	if (count > 0)
		slot->value = value_of_items(p->arena, items, count);
}

static void set_null(struct preparing *p, struct slot *slot)
{
	if (p->given->source->may_clear)
		slot->value = value_null();
	else
		prepare_warn(p, slot, "null_ignored",
			     "null clears nothing: the source may not clear fields",
			     "leave the field out, or allow the source to clear");
}

static void set_value(struct preparing *p, struct slot *slot, struct value value)
{
	switch (value.type) {
	case VALUE_ABSENT:
		break;
	case VALUE_NULL:
		set_null(p, slot);
		break;
	case VALUE_TEXT:
	case VALUE_NUMBER:
		set_text(p, slot, value.text, value.type);
		break;
	case VALUE_BOOL:
		if (slot->field)
			prepare_fault(p, slot, true, "not_text",
				      "true or false, where a text belongs", "send text");
		else
			slot->value = value;
		break;
	case VALUE_LIST:
		if (slot->field)
			set_first(p, slot, value);
		else
			set_list(p, slot, value);
		break;
	}
}

/* --- names --- */

/* A second value for a field: kept as a custom one under its own name. */
static struct slot *spare_slot(struct preparing *p, const char *sent, const char *target)
{
	const char *name = naming_custom(p->arena, sent), *base;

	if (text_starts(target, CUSTOM_PREFIX))
		target += strlen(CUSTOM_PREFIX);
	base = name && strcmp(name + strlen(CUSTOM_PREFIX), target) != 0 ?
		       name : arena_printf(p->arena, CUSTOM_PREFIX "%s_2", target);
	if (!custom_name_is_valid(base) || prepare_slot(p, base))
		return NULL;
	return prepare_custom(p, base);
}

static void take_again(struct preparing *p, const struct slot *first,
		       const struct given *item)
{
	struct slot *spare;

	if (value_is_empty(item->value) || value_equal(first->value, item->value))
		return;
	spare = spare_slot(p, item->name, first->name);
	if (!spare) {
		prepare_warn(p, first, "further_values",
			     "the field came several times; the first value was taken",
			     "send each field once");
		return;
	}
	spare->sent = item->name;
	set_value(p, spare, item->value);
}

static void unknown(struct preparing *p, const char *sent)
{
	const char *shown = naming_shown(p->arena, sent), *near = naming_nearest(sent);

	if (!prepare_is_strict(p)) {
		problem_add(&p->submission->warnings, shown, "field_unnamed",
			    "the field has no name to keep it under; it was not taken",
			    "give it a name with a letter or digit");
		return;
	}
	if (text_starts(sent, CUSTOM_PREFIX)) {
		problem_add(&p->submission->errors, shown, "custom_name_invalid",
			    "a custom field's name has 1 to 100 bytes, no control characters "
			    "and no blanks around it", "rename the field");
		return;
	}
	problem_add(&p->submission->errors, shown, "unknown_field", "unknown field",
		    near ? arena_printf(p->arena, "did you mean \"%s\"? Your own fields go "
					"under \"custom\"", near) :
			   "put your own fields under \"custom\"");
}

/* Fields of consent and the mark of a test, which are no lead's. */
static bool take_special(struct preparing *p, const char *target, struct value value)
{
	const char *text = value_shown(p->arena, value);
	struct consent_fields *c = &p->consent_fields;
	const struct { const char *name; const char **into; } fields[] = {
		{ "consent.granted", &c->granted },   { "consent.channel", &c->channel },
		{ "consent.purpose", &c->purpose },   { "consent.wording", &c->wording },
		{ "consent.at", &c->at },	      { "consent.evidence", &c->evidence },
	};

	if (strcmp(target, "is_test") == 0) {
		p->submission->is_test |= consent_word_of(text) == CONSENT_YES;
		return true;
	}
	if (!text_starts(target, "consent."))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(fields[i].name, target) == 0)
			*fields[i].into = text_trim(p->arena, text);
	return true;
}

static void take(struct preparing *p, const struct given *item)
{
	const char *target = item->target ? item->target :
			     naming_target(p->arena, p->given->source, p->given->naming,
					   item->name);
	struct slot *slot;

	if (!target)
		unknown(p, item->name);
	if (!target || !*target || take_special(p, target, item->value))
		return;
	slot = prepare_slot(p, target);
	if (slot && (slot->value.type != VALUE_ABSENT || slot->fault.code)) {
		take_again(p, slot, item);
		return;
	}
	if (!slot)
		slot = prepare_custom(p, target);
	if (!slot)
		return;
	slot->sent = item->name;
	set_value(p, slot, item->value);
}

void prepare_take(struct preparing *p)
{
	p->room = SLOTS_STANDARD + p->given->nitems + SLOTS_TOLD;
	if (p->room > SLOTS_MAX)
		p->room = SLOTS_MAX;
	p->slots = arena_array(p->arena, p->room, sizeof(*p->slots));
	for (size_t i = 0; i < SLOTS_STANDARD; i++) {
		p->slots[i].name = slot_names[i];
		p->slots[i].field = standard_field_find(slot_names[i]);
	}
	p->nslots = SLOTS_STANDARD;
	for (size_t i = 0; i < p->given->nitems; i++)
		take(p, &p->given->items[i]);
	if (p->is_over)
		problem_add(prepare_is_strict(p) ? &p->submission->errors :
						   &p->submission->warnings,
			    "custom", "too_many_fields", "more than 200 custom fields",
			    "send only those that somebody uses");
}
