/* lead_json.c - the form of a lead in the store and in decisions. Threads: pure.
 *
 * On the path of every lead, so written straight into the buffer. What comes back is
 * what went in, byte for byte: a number that JSON would not give back with the same
 * digits ("1.10", "007") is written as text and marked "n". */
#include <string.h>

#include "model/lead.h"

#define KEEPS_DIGITS_MAX 18 /* an integer of so many digits fits 64 bits */

/* Whether Jansson gives the number back as it is: a plain integer. */
static bool number_survives(const char *text)
{
	size_t len;

	if (*text == '-' && text[1] != '0')
		text++;
	len = strspn(text, "0123456789");
	return len > 0 && len <= KEEPS_DIGITS_MAX && !text[len] && (*text != '0' || len == 1);
}

static void add_field(struct buf *buf, const struct lead_field *field)
{
	bool is_marked = field->value.type == VALUE_NUMBER &&
			 !number_survives(field->value.text);

	buf_add_json(buf, field->name);
	buf_addn(buf, ":[", 2);
	if (is_marked)
		buf_add_json(buf, field->value.text);
	else
		buf_add_value(buf, field->value);
	buf_addn(buf, ",\"", 2);
	buf_add(buf, writer_name(field->writer));
	buf_addn(buf, "\",", 2);
	buf_add_int(buf, field->writer_id);
	buf_addc(buf, ',');
	buf_add_int(buf, field->at);
	buf_addc(buf, ',');
	buf_add_int(buf, field->learned_at);
	if (is_marked)
		buf_addn(buf, ",\"n\"", 4);
	buf_addc(buf, ']');
}

static void add_identity(struct buf *buf, const struct identity *identity)
{
	buf_addc(buf, '[');
	buf_add_json(buf, identity->kind);
	buf_addc(buf, ',');
	buf_add_json(buf, identity->key);
	buf_addc(buf, ',');
	buf_add_int(buf, identity->state);
	buf_addc(buf, ',');
	buf_addc(buf, identity->is_weak ? '1' : '0');
	buf_addc(buf, ']');
}

void buf_add_lead_fields(struct buf *buf, const struct lead *lead)
{
	const char *comma = "";

	buf_addn(buf, "{\"f\":{", 6);
	for (size_t i = 0; i < lead->nfields; i++) {
		if (lead->fields[i].value.type == VALUE_ABSENT)
			continue;
		buf_add(buf, comma);
		comma = ",";
		add_field(buf, &lead->fields[i]);
	}
	buf_addn(buf, "},\"k\":[", 7);
	for (size_t i = 0; i < lead->nidentities; i++) {
		if (i > 0)
			buf_addc(buf, ',');
		add_identity(buf, &lead->identities[i]);
	}
	buf_addn(buf, "]}", 2);
}

static int read_value(struct arena *arena, const json_t *row, struct value *value,
		      struct error *err)
{
	const json_t *json = json_array_get(row, 0);

	if (json_array_size(row) == 5)
		return value_from_json(arena, json, value, err);
	if (!json_is_string(json) || strcmp(json_string_value(json_array_get(row, 5)), "n") != 0)
		return error_set(err, ERR_INVALID, "unknown mark");
	*value = (struct value){ VALUE_NUMBER, arena_strdup(arena, json_string_value(json)) };
	return 0;
}

static int read_field(struct arena *arena, const char *name, const json_t *row,
		      struct lead_field *field, struct error *err)
{
	size_t size = json_array_size(row);

	if (size < 5 || size > 6 || !json_is_integer(json_array_get(row, 2)) ||
	    !json_is_integer(json_array_get(row, 3)) ||
	    !json_is_integer(json_array_get(row, 4)) ||
	    (size == 6 && !json_is_string(json_array_get(row, 5))) ||
	    !writer_parse(json_string_value(json_array_get(row, 1)), &field->writer))
		return error_set(err, ERR_INVALID,
				 "not a value, its writer, id and two times");
	field->name = arena_strdup(arena, name);
	field->writer_id = json_integer_value(json_array_get(row, 2));
	field->at = json_integer_value(json_array_get(row, 3));
	field->learned_at = json_integer_value(json_array_get(row, 4));
	return read_value(arena, row, &field->value, err);
}

static int read_identity(struct arena *arena, const json_t *row, struct identity *identity,
			 struct error *err)
{
	const char *kind = json_string_value(json_array_get(row, 0));
	const char *key = json_string_value(json_array_get(row, 1));
	json_int_t state = json_integer_value(json_array_get(row, 2));

	if (json_array_size(row) != 4 || !kind || !key ||
	    !json_is_integer(json_array_get(row, 2)) || state < IDENTITY_CURRENT ||
	    state > IDENTITY_SHARED || !json_is_integer(json_array_get(row, 3)))
		return error_set(err, ERR_INVALID, "not a kind, a key, a state and 0 or 1");
	identity->kind = arena_strdup(arena, kind);
	identity->key = arena_strdup(arena, key);
	identity->state = (enum identity_state)state;
	identity->is_weak = json_integer_value(json_array_get(row, 3)) != 0;
	return 0;
}

int lead_fields_from_json(struct arena *arena, const json_t *json, struct lead *lead,
			  struct error *err)
{
	json_t *fields = json_object_get(json, "f"), *keys = json_object_get(json, "k"), *row;
	size_t count = 0, i;
	const char *name;

	if (!json_is_object(fields) || !json_is_array(keys))
		return error_set(err, ERR_INVALID, "stored lead: no \"f\" or no \"k\"");
	lead->fields = arena_array(arena, json_object_size(fields), sizeof(*lead->fields));
	json_object_foreach(fields, name, row)
		if (read_field(arena, name, row, &lead->fields[count++], err) < 0)
			return error_wrap(err, "stored lead: field %zu", count);
	lead->nfields = count;
	lead->identities = arena_array(arena, json_array_size(keys), sizeof(*lead->identities));
	json_array_foreach(keys, i, row)
		if (read_identity(arena, row, &lead->identities[i], err) < 0)
			return error_wrap(err, "stored lead: identity %zu", i + 1);
	lead->nidentities = json_array_size(keys);
	return 0;
}

void lead_hash_identities(struct lead *lead, const struct hash_key *key)
{
	for (size_t i = 0; i < lead->nidentities; i++) {
		struct identity *identity = &lead->identities[i];

		identity->hash = hash16(key, identity->kind, identity->key,
					strlen(identity->key));
	}
}
