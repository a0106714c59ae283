/* compile_types.c - what a lead's fields are, and which CRM fields can hold that.
 * Threads: pure. */
#include "mapping/compile_types.h"

#include <string.h>

#include "base/text.h"
#include "mapping/transform_kinds.h"

enum shape types_shape_of(const char *lead_field)
{
	const struct standard_field *field = standard_field_find(lead_field);

	if (!field)
		return text_equal(lead_field, "created_at") ||
				       text_equal(lead_field, "updated_at") ||
				       text_equal(lead_field, FACT_PREFIX "at") ?
			       SHAPE_TIME : SHAPE_ANY;
	switch (field->kind) {
	case FIELD_NAME:
	case FIELD_EMAIL:
	case FIELD_PHONE:
	case FIELD_TEXT:
	case FIELD_COUNTRY:
	case FIELD_POSTAL:
	case FIELD_LANGUAGE:
		return SHAPE_TEXT;
	case FIELD_TIME:
		return SHAPE_TIME;
	case FIELD_NUMBER:
		return SHAPE_NUMBER;
	case FIELD_WORD: /* "123" is a word too */
		return SHAPE_ANY;
	}
	return SHAPE_ANY;
}

#define TYPE(name) (1u << CATALOG_##name)
#define TEXTS (TYPE(TEXT) | TYPE(TEXTAREA) | TYPE(ANY))
#define LISTS (TYPE(PICKLIST) | TYPE(MULTI_PICKLIST))

static const struct {
	const char *name;
	unsigned fits; /* types of the CRM's field */
	const char *instruction;
} shapes[] = {
	[SHAPE_ANY] = { "any value", ~0u, NULL },
	[SHAPE_TEXT] = { "free text",
			 TEXTS | LISTS | TYPE(EMAIL) | TYPE(PHONE) | TYPE(URL) | TYPE(TIME) |
				 TYPE(REFERENCE),
			 "choose a text field, or add a transform that gives what it holds: "
			 "number, boolean, date, datetime, lookup" },
	[SHAPE_NUMBER] = { "a number",
			   TEXTS | LISTS | TYPE(INTEGER) | TYPE(NUMBER) | TYPE(REFERENCE),
			   "choose a number or text field" },
	[SHAPE_BOOL] = { "yes or no", TEXTS | TYPE(PICKLIST) | TYPE(BOOLEAN),
			 "choose a yes/no or text field, or use a lookup" },
	[SHAPE_DATE] = { "a date", TEXTS | TYPE(DATE),
			 "choose a date field, or use datetime for a date and time" },
	[SHAPE_TIME] = { "a date and time", TEXTS | TYPE(DATETIME),
			 "choose a date and time field, or add {date: {zone: ...}}" },
};

const char *types_shape_name(enum shape shape)
{
	return shapes[shape].name;
}

const char *types_refuse(enum shape shape, enum catalog_type type)
{
	return shapes[shape].fits & (1u << type) ? NULL : shapes[shape].instruction;
}

size_t types_longest(const struct mapping_line *line)
{
	const struct standard_field *field = line->field->from ?
						     standard_field_find(line->field->from) :
						     NULL;
	size_t longest = field ? field->max_len : 0;

	for (size_t i = 0; i < line->chain.nsteps; i++) {
		const struct step *step = &line->chain.steps[i];

		if (step->transform == &transform_truncate)
			longest = (size_t)step->options[0].number;
		else if (step->transform->forgets || step->transform->shape ||
			 step->transform->gives != SHAPE_ANY)
			longest = 0;
	}
	return longest;
}

bool types_is_closed_list(const struct catalog_field *target)
{
	return (target->type == CATALOG_PICKLIST || target->type == CATALOG_MULTI_PICKLIST) &&
	       !target->has_open_options && target->noptions > 0;
}

bool types_is_leads_own(const char *lead_field)
{
	static const char *const given_once[] = { "enquiry_id", "source", "message",
						  "occurred_at" };

	for (size_t i = 0; i < ARRAY_LEN(given_once); i++)
		if (strcmp(given_once[i], lead_field) == 0)
			return false;
	return text_starts(lead_field, CUSTOM_PREFIX) || standard_field_find(lead_field);
}

bool types_can_read_into(const char *lead_field)
{
	const struct standard_field *field = standard_field_find(lead_field);

	if (text_starts(lead_field, CUSTOM_PREFIX) || field_is_crm_owned(lead_field))
		return true;
	return types_is_leads_own(lead_field) && field && field->is_given;
}
