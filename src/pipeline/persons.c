/* persons.c - do two sets of values speak of the same person? Threads: pure. */
#include "pipeline/persons.h"

#include "text/similar.h"

static const char *given_text(const struct field *given, size_t count, const char *name)
{
	const struct field *field = field_find(given, count, name);

	return field && field->value.type == VALUE_TEXT ? field->value.text : NULL;
}

static const char *lead_text(const struct lead *lead, const char *name)
{
	struct value value = lead_value(lead, name);

	return value.type == VALUE_TEXT ? value.text : NULL;
}

bool persons_differ(struct arena *arena, const struct field *given, size_t ngiven,
		    const struct lead *lead)
{
	/* The phone is what they have in common, whatever else they have. */
	struct similar_person theirs = {
		.first = given_text(given, ngiven, "first_name"),
		.last = given_text(given, ngiven, "last_name"),
		.email = given_text(given, ngiven, "email"),
		.phone = "+1",
	};
	struct similar_person ours = {
		.first = lead_text(lead, "first_name"),
		.last = lead_text(lead, "last_name"),
		.email = lead_text(lead, "email"),
		.phone = "+1",
	};
	struct similar_keys a, b;

	similar_prepare(arena, &theirs, &a);
	similar_prepare(arena, &ours, &b);
	return similar_judge(&a, &b, NULL) != SIMILAR_SAME;
}
