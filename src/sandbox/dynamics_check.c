/* dynamics_check.c - whether Dataverse takes a value or a link for a column, and how it is
 * kept (fact sheet 4, 9). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

static bool refuse_payload(struct dynamics_write *write, const char *why)
{
	return dynamics_refuse(write->call, &write->refusal, 400, "0x80048d19",
			       "Error identified in Payload provided by the user for Entity :'%s', "
			       "For more information on this error please follow this help link "
			       "https://go.microsoft.com/fwlink/?linkid=2195293  ---->  "
			       "InnerException : Microsoft.OData.ODataException: %s",
			       sb_object_spec(write->object)->name, why);
}

/* --- values --- */

const char *dynamics_edm(const struct sb_field *field)
{
	switch (field->type) {
	case SB_INTEGER:
	case SB_PICKLIST:
		return "Edm.Int32";
	case SB_NUMBER:
		return "Edm.Decimal";
	case SB_BOOLEAN:
		return "Edm.Boolean";
	case SB_DATE:
	case SB_DATETIME:
		return "Edm.DateTimeOffset";
	case SB_REFERENCE:
		return "Edm.Guid";
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_MULTI:
	case SB_JSON:
		break;
	}
	return "Edm.String";
}

static bool refuse_type(struct dynamics_write *write, const struct sb_field *field)
{
	return refuse_payload(write,
			      arena_printf(write->call->arena,
					   "Cannot convert the value of '%s' to the expected type "
					   "'%s'.",
					   field->name, dynamics_edm(field)));
}

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' && !strchr("\t\n\r", *text))
			return false;
	return true;
}

static bool check_text(struct dynamics_write *write, const struct sb_field *field,
		       const char *text)
{
	if (!text)
		return refuse_type(write, field);
	if (!is_clean(text))
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80040278",
				       "Invalid character in field '%s': this string contains "
				       "control characters.",
				       field->name);
	if (field->max_len && text_length(text) > (size_t)field->max_len)
		return dynamics_refuse(write->call, &write->refusal, 400, "0x80044331",
				       "The length of the '%s' attribute of the '%s' entity "
				       "exceeded the maximum allowed length of '%d'.",
				       field->name, dynamics_table_of(write->object)->name,
				       field->max_len);
	return true;
}

static const char *accepted(struct arena *arena, const struct sb_field *field)
{
	struct buf buf;

	buf_init(&buf, arena, 65536);
	for (size_t i = 0; i < field->noptions; i++)
		buf_addf(&buf, "%s%s", i ? "," : "", field->options[i].value);
	return buf_text(&buf);
}

static bool check_option(struct dynamics_write *write, const struct sb_field *field,
			 const char *option)
{
	if (sb_field_option(field, option))
		return true;
	return dynamics_refuse(write->call, &write->refusal, 400, "0x8004431A",
			       "A validation error occurred. The value %s of '%s' on record of type "
			       "'%s' is outside the valid range. Accepted Values: %s",
			       option, field->name, dynamics_table_of(write->object)->name,
			       accepted(write->call->arena, field));
}

/* "1,3" */
static bool check_options(struct dynamics_write *write, const struct sb_field *field,
			  const char *text)
{
	struct arena *arena = write->call->arena;

	if (!text)
		return refuse_type(write, field);
	while (*text) {
		size_t len = strcspn(text, ",");

		if (!check_option(write, field,
				  text_trim(arena, arena_strndup(arena, text, len))))
			return false;
		text += len + (text[len] == ',');
	}
	return true;
}

/* The people of a call: who with whom; (unconfirmed) in all but the column's name (6). */
static bool check_parties(struct dynamics_write *write, const struct sb_field *field,
			  const json_t *value)
{
	const json_t *party;
	size_t i;

	if (!json_is_array(value))
		return refuse_type(write, field);
	json_array_foreach(value, i, party) {
		int64_t mask = json_int_of(party, "participationtypemask", 0);

		if (mask != 1 && mask != 2)
			return refuse_payload(write, "A party needs a participationtypemask of 1 "
						     "(from) or 2 (to).");
	}
	return true;
}

static bool check(struct dynamics_write *write, const struct sb_field *field,
		  const json_t *value)
{
	const char *text = json_string_value(value);
	int64_t ms;

	switch (field->type) {
	case SB_PICKLIST:
		return json_is_integer(value) ?
			       check_option(write, field,
					    arena_printf(write->call->arena, "%lld",
							 (long long)json_integer_value(value))) :
			       refuse_type(write, field);
	case SB_MULTI:
		return check_options(write, field, text);
	case SB_INTEGER:
		return (json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
			json_integer_value(value) <= INT32_MAX) ||
		       refuse_type(write, field);
	case SB_NUMBER:
		return json_is_number(value) || refuse_type(write, field);
	case SB_BOOLEAN:
		return json_is_boolean(value) || refuse_type(write, field);
	case SB_DATE:
	case SB_DATETIME:
		return (text && !text_int(text, &ms) && sb_time_parse(text, &ms)) ||
		       refuse_type(write, field);
	case SB_REFERENCE:
		return (text && dynamics_guid(write->call->arena, text)) ||
		       refuse_type(write, field);
	case SB_JSON:
		return check_parties(write, field, value);
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
		break;
	}
	return check_text(write, field, text);
}

/* An empty text is no value. */
bool dynamics_check_value(struct dynamics_write *write, const struct sb_field *field,
			  json_t *value)
{
	const char *text = json_string_value(value);

	if (json_is_null(value) || (text && !*text)) {
		json_object_set_new(write->values, field->name, json_null());
		return true;
	}
	if (!check(write, field, value))
		return false;
	json_object_set(write->values, field->name, value);
	return true;
}

/* --- links --- */

static bool is_target(const struct sb_field *field, const struct sb_object *object)
{
	struct sb_object *target;

	for (size_t i = 0; (target = dynamics_target(field, i)); i++)
		if (target == object)
			return true;
	return false;
}

static bool may_own(struct dynamics_write *write, const struct sb_field *field,
		    const struct sb_record *record)
{
	if (!text_equal(field->kind, "Owner") ||
	    !text_equal(sb_record_text_of(record, "isdisabled", write->call->arena), "true"))
		return true;
	return dynamics_refuse(write->call, &write->refusal, 403, "0x80040225",
			       "The specified user(Id = %s) is disabled. Consider enabling this "
			       "user.",
			       record->id);
}

static bool link_to(struct dynamics_write *write, const struct sb_field *field,
		    const struct sb_object *target, const char *address)
{
	struct dynamics_segment segment;
	const char *text = dynamics_row_of(write->call->arena, address);
	struct sb_object *object;
	struct sb_record *record;

	if (!text || !dynamics_segment_read(write->call->arena, text, &segment) ||
	    !segment.has_key)
		return refuse_payload(write, arena_printf(write->call->arena,
							  "'%s' is no address of a row.", address));
	object = sb_object_find(write->call->account, segment.name);
	if (!object || strcmp(sb_object_spec(object)->name, segment.name) != 0)
		return dynamics_refuse(write->call, &write->refusal, 404, "0x8006088a",
				       "Resource not found for the segment '%s'.", segment.name);
	if (target ? target != object : !is_target(field, object))
		return refuse_payload(write,
				      arena_printf(write->call->arena,
						   "A row of '%s' does not fit the navigation "
						   "property.",
						   segment.name));
	record = dynamics_find(write->call, object, &segment.key, &write->refusal);
	if (!record || !may_own(write, field, record))
		return false;
	json_object_set_new(write->values, field->name, json_string(record->id));
	return true;
}

bool dynamics_bind(struct dynamics_write *write, const char *name, const json_t *value)
{
	struct sb_object *target;
	const struct sb_field *field = dynamics_field_of_link(write->object, name, &target);

	if (!field)
		return refuse_payload(write,
				      arena_printf(write->call->arena,
						   "An undeclared property '%s' which only has "
						   "property annotations in the payload but no "
						   "property value was found in the payload. In "
						   "OData, only declared navigation properties and "
						   "declared named streams can be represented as "
						   "properties without values.",
						   name));
	if (field->flags & SB_READ_ONLY)
		return true;
	if (json_is_string(value))
		return link_to(write, field, target, json_string_value(value));
	if (!json_is_null(value))
		return refuse_payload(write, "A link is the address of a row, or null.");
	json_object_set_new(write->values, field->name, json_null());
	return true;
}
