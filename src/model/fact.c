/* fact.c - something that happened to a lead, and is told as a record of its own. Threads:
 * pure. */
#include "model/fact.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "model/submission.h"

_Static_assert(FACTS_MAX >= CONSENTS_MAX + FACT_KINDS, "a change may bring more facts");

static const char *const kind_names[] = {
	[FACT_ENQUIRY] = "enquiry",
	[FACT_STATUS] = "status",
	[FACT_QUALIFICATION] = "qualification",
	[FACT_CONSENT] = "consent",
};

const char *fact_kind_name(enum fact_kind kind)
{
	return kind_names[kind];
}

bool fact_kind_parse(const char *name, enum fact_kind *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
		if (!text_equal(kind_names[i], name))
			continue;
		*kind = (enum fact_kind)i;
		return true;
	}
	return false;
}

/* ---- What happened ---- */

static const struct {
	const char *field;
	enum fact_kind kind;
	const char *title;
} told_changes[] = {
	{ "status", FACT_STATUS, "Status" },
	{ "qualification_status", FACT_QUALIFICATION, "Qualification" },
};

size_t facts_of_change(struct arena *arena, const struct lead *before,
		       const struct lead *after, int64_t at, struct fact *facts, size_t count)
{
	for (size_t i = 0; i < ARRAY_LEN(told_changes); i++) {
		const char *field = told_changes[i].field;
		struct value old = { 0 }, new = lead_value(after, field);

		if (before)
			old = lead_value(before, field);
		if (value_equal(old, new) || (value_is_empty(old) && value_is_empty(new)) ||
		    count == FACTS_MAX)
			continue;
		facts[count++] = (struct fact){
			.kind = told_changes[i].kind,
			.at = at,
			.subject = field,
			.before = value_is_empty(old) ? NULL : old.text,
			.after = value_is_empty(new) ? NULL : new.text,
			.text = arena_printf(arena, "%s: %s%s%s", told_changes[i].title,
					     value_is_empty(old) ? "" : old.text,
					     value_is_empty(old) ? "" : " -> ",
					     value_is_empty(new) ? "none" : new.text),
		};
	}
	return count;
}

size_t facts_of_enquiry(struct arena *arena, const struct enquiry *enquiry,
			struct fact *facts, size_t count)
{
	char id[ID_TEXT_SIZE];

	if (count == FACTS_MAX)
		return count;
	id_format(enquiry->id, id);
	facts[count++] = (struct fact){
		.kind = FACT_ENQUIRY,
		.at = enquiry->occurred_at,
		.subject = enquiry->external_id ? enquiry->external_id : arena_strdup(arena, id),
		.text = text_is_empty(enquiry->message) ? "Asked" : enquiry->message,
	};
	return count;
}

size_t facts_of_consents(struct arena *arena, const struct consent *consents, size_t n,
			 struct fact *facts, size_t count)
{
	for (size_t i = 0; i < n && count < FACTS_MAX; i++) {
		const struct consent *c = &consents[i];
		const char *what = c->is_granted ? "given" : "withdrawn";

		facts[count++] = (struct fact){
			.kind = FACT_CONSENT,
			.at = c->at,
			.subject = arena_printf(arena, "%s, %s", c->channel, c->purpose),
			.after = what,
			.text = arena_printf(arena, "Consent %s: %s, %s%s%s", what, c->channel,
					     c->purpose, c->wording ? ": " : "",
					     c->wording ? c->wording : ""),
		};
	}
	return count;
}

/* ---- As fields ---- */

static const char *const fields_of_fact[FACT_FIELDS] = {
	FACT_PREFIX "kind",   FACT_PREFIX "at",	   FACT_PREFIX "subject",
	FACT_PREFIX "before", FACT_PREFIX "after", FACT_PREFIX "text",
};

bool fact_field_exists(const char *name)
{
	for (size_t i = 0; i < FACT_FIELDS; i++)
		if (text_equal(fields_of_fact[i], name))
			return true;
	return false;
}

size_t fact_fields(struct arena *arena, const struct fact *fact, struct lead_field *fields)
{
	char at[CLOCK_TEXT_SIZE];
	const char *values[FACT_FIELDS];
	size_t count = 0;

	clock_format(fact->at, at);
	values[0] = fact_kind_name(fact->kind);
	values[1] = arena_strdup(arena, at);
	values[2] = fact->subject;
	values[3] = fact->before;
	values[4] = fact->after;
	values[5] = fact->text;
	for (size_t i = 0; i < FACT_FIELDS; i++)
		if (values[i])
			fields[count++] = (struct lead_field){
				.name = fields_of_fact[i],
				.value = value_text(values[i]),
				.writer = WRITER_RULE,
				.at = fact->at,
				.learned_at = fact->at,
			};
	return count;
}
