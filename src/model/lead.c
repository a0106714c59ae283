/* lead.c - a person who may buy: looking its fields up. Threads: pure. */
#include "model/lead.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"

const struct lead_field *lead_field_find(const struct lead *lead, const char *name)
{
	for (size_t i = 0; i < lead->nfields; i++)
		if (strcmp(lead->fields[i].name, name) == 0)
			return &lead->fields[i];
	return NULL;
}

struct value lead_value(const struct lead *lead, const char *name)
{
	const struct lead_field *field = lead_field_find(lead, name);

	return field ? field->value : (struct value){ VALUE_ABSENT, NULL };
}

/* ---- Copying ---- */

static const char *text_copy(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static struct value value_copy(struct arena *arena, struct value value)
{
	value.text = text_copy(arena, value.text);
	return value;
}

struct lead *lead_copy(struct arena *arena, const struct lead *lead)
{
	struct lead *copy = arena_memdup(arena, lead, sizeof(*lead));

	copy->fields = arena_array(arena, lead->nfields, sizeof(*copy->fields));
	for (size_t i = 0; i < lead->nfields; i++) {
		copy->fields[i] = lead->fields[i];
		copy->fields[i].name = arena_strdup(arena, lead->fields[i].name);
		copy->fields[i].value = value_copy(arena, lead->fields[i].value);
	}
	copy->identities = arena_array(arena, lead->nidentities, sizeof(*copy->identities));
	for (size_t i = 0; i < lead->nidentities; i++) {
		copy->identities[i] = lead->identities[i];
		copy->identities[i].kind = arena_strdup(arena, lead->identities[i].kind);
		copy->identities[i].key = arena_strdup(arena, lead->identities[i].key);
	}
	return copy;
}

struct enquiry *enquiry_copy(struct arena *arena, const struct enquiry *enquiry)
{
	struct enquiry *copy = arena_memdup(arena, enquiry, sizeof(*enquiry));
	struct field *fields = arena_array(arena, enquiry->nfields, sizeof(*fields));

	copy->external_id = text_copy(arena, enquiry->external_id);
	copy->message = text_copy(arena, enquiry->message);
	for (size_t i = 0; i < enquiry->nfields; i++)
		fields[i] = (struct field){
			.name = arena_strdup(arena, enquiry->fields[i].name),
			.value = value_copy(arena, enquiry->fields[i].value),
		};
	copy->fields = fields;
	return copy;
}

/* ---- Viewing ---- */

static struct value time_value(struct arena *arena, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (!ms)
		return value_text(NULL);
	clock_format(ms, text);
	return value_text(arena_strdup(arena, text));
}

static struct value id_value(struct arena *arena, int64_t id)
{
	char text[ID_TEXT_SIZE];

	id_format(id, text);
	return value_text(arena_strdup(arena, text));
}

static struct value enquiry_view(struct arena *arena, const struct enquiry *enquiry,
				 const char *name)
{
	const struct field *field = field_find(enquiry->fields, enquiry->nfields, name);

	if (field)
		return field->value;
	if (strcmp(name, "enquiry_id") == 0)
		return value_text(enquiry->external_id);
	if (strcmp(name, "message") == 0)
		return value_text(enquiry->message);
	if (strcmp(name, "occurred_at") == 0)
		return time_value(arena, enquiry->occurred_at);
	return value_text(NULL);
}

struct value lead_view(struct arena *arena, const struct lead *lead,
		       const struct enquiry *enquiry, const char *source_label,
		       const char *name)
{
	const struct lead_field *field = lead_field_find(lead, name);

	if (field && field->value.type != VALUE_ABSENT)
		return field->value;
	if (strcmp(name, "lead_id") == 0)
		return id_value(arena, lead->id);
	if (strcmp(name, "created_at") == 0)
		return time_value(arena, lead->created_at);
	if (strcmp(name, "updated_at") == 0)
		return time_value(arena, lead->updated_at);
	if (strcmp(name, "source") == 0 && source_label)
		return value_text(source_label);
	return enquiry ? enquiry_view(arena, enquiry, name) : value_text(NULL);
}

/* What a rule or a mapping may read besides the lead's own fields. */
static const char *const views[] = { "lead_id", "created_at", "updated_at" };

bool lead_view_exists(const char *name)
{
	if (text_starts(name, CUSTOM_PREFIX))
		return custom_name_is_valid(name);
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (strcmp(views[i], name) == 0)
			return true;
	return standard_field_find(name) != NULL;
}

const char *lead_view_nearest(const char *name)
{
	const char *names[64];
	size_t count = 0;

	for (const struct standard_field *f = standard_fields; f->name; f++)
		names[count++] = f->name;
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		names[count++] = views[i];
	return text_nearest(name, names, count);
}

bool custom_name_is_valid(const char *name)
{
	size_t len;

	if (!text_starts(name, CUSTOM_PREFIX))
		return false;
	name += strlen(CUSTOM_PREFIX);
	len = strlen(name);
	if (len == 0 || len > CUSTOM_NAME_MAX || name[0] == ' ' || name[len - 1] == ' ')
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7F)
			return false;
	return true;
}

static const char *const writer_names[] = {
	[WRITER_SOURCE] = "source",
	[WRITER_CONNECTION] = "connection",
	[WRITER_RULE] = "rule",
	[WRITER_PERSON] = "person",
};

const char *writer_name(enum writer writer)
{
	return writer_names[writer];
}

bool writer_parse(const char *name, enum writer *writer)
{
	for (size_t i = 0; i < ARRAY_LEN(writer_names); i++)
		if (text_equal(writer_names[i], name)) {
			*writer = (enum writer)i;
			return true;
		}
	return false;
}

static const char *const identity_state_names[] = {
	[IDENTITY_CURRENT] = "current",
	[IDENTITY_FORMER] = "former",
	[IDENTITY_SHARED] = "shared",
};

const char *identity_state_name(enum identity_state state)
{
	return identity_state_names[state];
}

bool identity_state_parse(const char *name, enum identity_state *state)
{
	for (size_t i = 0; i < ARRAY_LEN(identity_state_names); i++)
		if (text_equal(identity_state_names[i], name)) {
			*state = (enum identity_state)i;
			return true;
		}
	return false;
}
