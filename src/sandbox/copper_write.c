/* copper_write.c - what Copper takes and refuses of a record (4, 9). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"

/* --- shapes --- */

/* {member: text, "category": one of words}; an address must be one. */
static bool is_pair(const json_t *item, const char *member, const char *categories)
{
	const char *text = json_string_of(item, member);
	const char *category = json_string_of(item, "category");

	if (text_is_empty(text) || (category && !sb_has_word(categories, category)))
		return false;
	return strcmp(member, "email") != 0 || sb_is_email(text);
}

static bool are_pairs(const json_t *list, const char *member, const char *categories)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!is_pair(item, member, categories))
			return false;
	return json_is_array(list);
}

static bool are_texts(const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(list);
}

static bool is_parent(struct sb_call *call, const json_t *value)
{
	const struct sb_object *object =
		sb_copper_object_of_type(call, json_string_of(value, "type"));
	const char *id = sb_id_text(call->arena, json_object_get(value, "id"));
	const struct sb_record *record = object && id ? sb_record_find(object, id) : NULL;

	return record && record->state == SB_LIVE;
}

/* Only activities of users can be written (6). */
static bool is_activity_type(const json_t *value)
{
	return text_equal(json_string_of(value, "category"), "user") &&
	       json_is_integer(json_object_get(value, "id"));
}

#define MAILS "work|personal|other"
#define PHONES "mobile|work|home|other"
#define URLS "work|personal|other|linkedin|twitter|facebook|youtube|google|quora|foursquare|"  \
	     "klout|gravatar"

static bool fits_kind(struct sb_call *call, const char *kind, const json_t *value)
{
	if (strcmp(kind, "email") == 0)
		return is_pair(value, "email", MAILS);
	if (strcmp(kind, "emails") == 0)
		return are_pairs(value, "email", MAILS);
	if (strcmp(kind, "phones") == 0)
		return are_pairs(value, "number", PHONES);
	if (strcmp(kind, "urls") == 0)
		return are_pairs(value, "url", URLS);
	if (strcmp(kind, "tags") == 0)
		return are_texts(value);
	if (strcmp(kind, "parent") == 0)
		return is_parent(call, value);
	if (strcmp(kind, "activity_type") == 0)
		return is_activity_type(value);
	return json_is_object(value); /* an address */
}

/* --- custom values (3) --- */

static bool is_option(const struct sb_field *field, const json_t *value)
{
	for (size_t i = 0; json_is_integer(value) && i < field->noptions; i++)
		if (field->options[i].number == json_integer_value(value))
			return true;
	return false;
}

static bool fits_custom(const struct sb_field *field, const json_t *value)
{
	const char *kind = field->kind ? field->kind : "String";
	size_t i;
	json_t *item;

	if (strcmp(kind, "Dropdown") == 0)
		return is_option(field, value);
	if (strcmp(kind, "MultiSelect") == 0) {
		json_array_foreach((json_t *)value, i, item)
			if (!is_option(field, item))
				return false;
		return json_is_array(value);
	}
	if (strcmp(kind, "Date") == 0)
		return json_is_integer(value);
	if (strcmp(kind, "Checkbox") == 0)
		return json_is_boolean(value);
	if (strcmp(kind, "Float") == 0 || strcmp(kind, "Percentage") == 0 ||
	    strcmp(kind, "Currency") == 0)
		return json_is_number(value);
	return sb_field_check(field, value, SB_WIRE_JSON) == SB_FITS;
}

/* --- one record --- */

struct check {
	struct sb_call *call;
	struct sb_object *object;
	json_t *values;
	struct sb_copper_refusal *refusal;
};

static void refuse(struct check *check, const char *field, const char *label, const char *why)
{
	if (!check->refusal->field)
		*check->refusal = (struct sb_copper_refusal){ field, label, why };
}

static void take_custom(struct check *check, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item) {
		const char *id = sb_id_text(check->call->arena,
					    json_object_get(item, "custom_field_definition_id"));
		const struct sb_field *field = id ? sb_field_find(check->object, id) : NULL;
		json_t *value = json_object_get(item, "value");

		if (!field || !(field->flags & SB_CUSTOM) || field->flags & SB_HIDDEN)
			refuse(check, "custom_fields", "Custom Fields",
			       "Invalid custom field definition id");
		else if (value && !json_is_null(value) && !fits_custom(field, value))
			refuse(check, "custom_fields", "Custom Fields",
			       arena_printf(check->call->arena, "Invalid value for %s",
					    field->label));
		else
			json_object_set(check->values, field->name, value ? value : json_null());
	}
	if (!json_is_array(list))
		refuse(check, "custom_fields", "Custom Fields", "must be an array");
}

static const char *text_of(struct arena *arena, const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? text : json_text(arena, value);
}

static void take_reference(struct check *check, const struct sb_field *field, json_t *value)
{
	struct arena *arena = check->call->arena;

	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		refuse(check, field->name, field->label,
		       arena_printf(arena, "Invalid value for %s: IDs must be positive integers: "
					   "%.64s",
				    field->label, text_of(arena, value)));
	else if (!sb_live_find(check->call->account, field->refers_to, sb_id_text(arena, value)))
		refuse(check, field->name, field->label,
		       arena_printf(arena, "Invalid value for %s: not found", field->label));
	else
		json_object_set(check->values, field->name, value);
}

static void take(struct check *check, const struct sb_field *field, json_t *value)
{
	bool is_blank = json_is_null(value) || text_equal(json_string_value(value), "");
	bool fits;

	if (is_blank && field->flags & SB_REQUIRED) {
		refuse(check, field->name, field->label, "can't be blank");
		return;
	}
	if (is_blank) {
		json_object_set_new(check->values, field->name, json_null());
		return;
	}
	if (field->type == SB_REFERENCE) {
		take_reference(check, field, value);
		return;
	}
	fits = field->type == SB_JSON && field->kind ?
		       fits_kind(check->call, field->kind, value) :
		       sb_field_check(field, value, SB_WIRE_JSON) == SB_FITS;
	if (fits)
		json_object_set(check->values, field->name, value);
	else
		refuse(check, field->name, field->label,
		       arena_printf(check->call->arena, "Invalid value for %s", field->label));
}

/* An address is one person's (4). */
static void check_emails(struct check *check, const struct sb_record *except)
{
	const json_t *emails = json_object_get(check->values, "emails");
	size_t i;
	json_t *item;

	if (!sb_switch(check->call->account, "unique_emails"))
		return;
	json_array_foreach((json_t *)emails, i, item) {
		const struct sb_record *other =
			sb_copper_person_by(check->call, json_string_of(item, "email"));

		if (other && other != except)
			refuse(check, "emails", "Emails", "Email has already been taken");
	}
}

json_t *sb_copper_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			 const struct sb_record *except, struct sb_copper_refusal *refusal)
{
	struct check check = { .call = call, .object = object, .refusal = refusal };
	const char *name;
	json_t *value;

	*refusal = (struct sb_copper_refusal){ NULL, NULL, NULL };
	if (!json_is_object(body)) {
		refuse(&check, "base", "Base", "must be an object");
		return NULL;
	}
	check.values = json_keep(call->arena, json_object());
	json_object_foreach((json_t *)body, name, value) {
		const struct sb_field *field = sb_field_find(object, name);

		if (strcmp(name, "custom_fields") == 0)
			take_custom(&check, value);
		else if (field && !(field->flags & (SB_READ_ONLY | SB_HIDDEN | SB_CUSTOM)))
			take(&check, field, value);
	}
	for (size_t i = 0; !except && i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (field->flags & SB_REQUIRED && !json_object_get(body, field->name))
			refuse(&check, field->name, field->label, "can't be blank");
	}
	check_emails(&check, except);
	return refusal->field ? NULL : check.values;
}

void sb_copper_refuse(struct sb_call *call, const struct sb_copper_refusal *refusal)
{
	sb_copper_fail(call, 422, "Invalid input: Validation errors: %s: %s", refusal->label,
		       refusal->why);
}

json_t *sb_copper_refused_item(const struct sb_copper_refusal *refusal)
{
	return json_pack("{sb s{s[{ss}]}}", "success", 0, "message", refusal->field, "error",
			 "invalid");
}

static json_t *default_status(struct sb_call *call)
{
	const struct sb_object *statuses = sb_object_find(call->account, "lead_statuses");

	for (size_t i = 0; i < sb_object_count(statuses); i++) {
		const struct sb_record *status = sb_object_record(statuses, i);

		if (text_equal(sb_record_text_of(status, "is_default", call->arena), "true"))
			return json_integer(sb_id_number(status->id));
	}
	return json_null();
}

/* What counts as having spoken with somebody; nobody is told of it (7). */
static void count_interaction(struct sb_call *call, const json_t *values)
{
	const json_t *parent = json_object_get(values, "parent");
	const struct sb_object *object =
		sb_copper_object_of_type(call, json_string_of(parent, "type"));
	struct sb_record *record =
		object ? sb_record_find(object, sb_id_text(call->arena,
							   json_object_get(parent, "id"))) :
			 NULL;
	int64_t type = json_int_of(json_object_get(values, "type"), "id", 0), count = 0;
	const char *have;

	if (!record || type == COPPER_NOTE || !sb_field_find(object, "interaction_count"))
		return;
	have = sb_record_text_of(record, "interaction_count", call->arena);
	if (have)
		text_int(have, &count);
	sb_record_derive(call, record, "interaction_count", json_integer(count + 1));
	sb_record_derive(call, record, "date_last_contacted",
			 json_incref(json_object_get(values, "activity_date")));
}

struct sb_record *sb_copper_create(struct sb_call *call, struct sb_object *object,
				   json_t *values)
{
	const char *name = sb_object_spec(object)->name;
	struct sb_record *record;

	if (strcmp(name, "leads") == 0)
		sb_set_default(values, "status_id", default_status(call));
	if (sb_has_word("tasks|opportunities|projects", name)) {
		sb_set_default(values, "status", json_string("Open"));
		sb_set_default(values, "priority", json_string("None"));
	}
	if (strcmp(name, "activities") == 0) {
		sb_set_default(values, "user_id", json_integer(COPPER_USER));
		sb_set_default(values, "activity_date", json_integer(call->now / 1000));
		count_interaction(call, values);
	} else {
		sb_set_default(values, "interaction_count", json_integer(0));
	}
	record = sb_record_create(call, object, values, NULL);
	if (record && strcmp(name, "people") == 0)
		sb_copper_index(call, record);
	return record;
}

void sb_copper_update(struct sb_call *call, struct sb_record *record, const json_t *values)
{
	sb_record_update(call, record, values);
	if (strcmp(sb_object_spec(record->object)->name, "people") == 0)
		sb_copper_index(call, record);
}
