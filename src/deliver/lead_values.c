/* lead_values.c - a lead as mappings read it, and records as they are kept.
 * Threads: pure. */
#include "deliver/lead_values.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

size_t doc_fields(struct arena *arena, const char *doc, const struct field **fields)
{
	json_t *json = doc ? json_parse(arena, doc, strlen(doc), &json_limits_large, NULL) :
			     NULL;
	struct field *list = arena_array(arena, json_object_size(json), sizeof(*list));
	const char *name;
	json_t *value;
	size_t n = 0;

	json_object_foreach(json, name, value) {
		list[n].name = name;
		if (value_from_json(arena, value, &list[n].value, NULL) == 0)
			n++;
	}
	*fields = list;
	return n;
}

const char *doc_of_fields(struct arena *arena, const struct field *fields, size_t count)
{
	struct buf buf;

	buf_init(&buf, arena, 4u << 20);
	buf_addc(&buf, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		buf_add_json(&buf, fields[i].name);
		buf_addc(&buf, ':');
		buf_add_value(&buf, fields[i].value);
	}
	buf_addc(&buf, '}');
	return buf_text(&buf);
}

/* The id that a person has as a user of this connection. */
static struct value user_of(const struct lead_values *of, struct value owner)
{
	const struct person *person =
		value_is_empty(owner) ? NULL : config_person(of->config, owner.text);
	const char *id = person && person->users ?
				 json_string_of(person->users, of->connection->name) :
				 NULL;

	return value_text(id);
}

/* The id that the record of another mapping has, while it is there. */
static struct value remote_id_of(const struct lead_values *of, const char *mapping)
{
	for (size_t i = 0; i < of->nlinks; i++)
		if (text_equal(of->links[i].role, mapping) &&
		    text_equal(of->links[i].state, "live"))
			return value_text(of->links[i].remote_id);
	return value_text(NULL);
}

struct lead_field lead_values_get(void *context, const char *name)
{
	const struct lead_values *of = context;
	const struct lead_field *field = lead_field_find(of->lead, name);
	const struct source *source = NULL;
	struct lead_field found = { .name = name };

	if (remote_id_mapping(name)) {
		found.value = remote_id_of(of, remote_id_mapping(name));
		found.writer = WRITER_RULE;
		return found;
	}
	if (field)
		found = *field;
	if (of->enquiry)
		source = config_source_by_id(of->config, of->enquiry->source);
	if (!field) {
		found.value = lead_view(of->arena, of->lead, of->enquiry,
					source ? source->label : NULL, name);
		found.at = of->enquiry ? of->enquiry->occurred_at : of->lead->updated_at;
	}
	if (text_equal(name, "owner"))
		found.value = user_of(of, found.value);
	return found;
}

struct lead lead_as_told(struct arena *arena, const struct mapping *mapping,
			 const struct lead *lead, const struct earlier_values *values)
{
	struct lead told = *lead;

	if (!values)
		return told;
	told.version = values->version;
	told.fields = arena_array(arena, lead->nfields + values->nfields, sizeof(*told.fields));
	told.nfields = 0;
	for (size_t i = 0; i < lead->nfields; i++)
		if (!mapping_keeps(mapping, lead->fields[i].name))
			told.fields[told.nfields++] = lead->fields[i];
	for (size_t i = 0; i < values->nfields; i++)
		if (mapping_keeps(mapping, values->fields[i].name))
			told.fields[told.nfields++] = values->fields[i];
	return told;
}
