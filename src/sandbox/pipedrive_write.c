/* pipedrive_write.c - what Pipedrive takes and refuses of a record (3, 4, 9). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/pipedrive.h"

/* One body being checked. A reply has been made when `is_bad`. */
struct check {
	struct sb_call *call;
	struct sb_object *object;
	const struct sb_pipedrive_kind *kind;
	json_t *values;
	bool is_bad;
};

/* Since May 2026 the refusal of a custom field names it (9). */
static void refuse(struct check *check, const struct sb_field *field, const char *expected)
{
	bool is_custom = field->flags & SB_CUSTOM;

	if (!check->is_bad) {
		sb_pipedrive_fail(check->call, 400, NULL, "Validation failed: %s%s: %s",
				  is_custom && !check->kind->is_flat ? "custom_fields." : "",
				  field->name, expected);
		if (is_custom)
			json_object_set_new(check->call->reply_json, "field_code",
					    json_string(field->name));
	}
	check->is_bad = true;
}

/* --- values by type --- */

static bool is_short_text(const json_t *value, size_t max)
{
	return json_is_string(value) && (!max || text_length(json_string_value(value)) <= max);
}

/* {"value": ..., "label": ..., "primary": ...}; what is left out is filled in. */
static bool take_contacts(json_t *list)
{
	bool has_primary = false;
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const json_t *primary = json_object_get(item, "primary");
		const json_t *label = json_object_get(item, "label");

		if (!is_short_text(json_object_get(item, "value"), 255) ||
		    (primary && !json_is_boolean(primary)) ||
		    (label && !json_is_null(label) && !json_is_string(label)))
			return false;
		has_primary = has_primary || json_is_true(primary);
	}
	json_array_foreach(list, i, item) {
		if (!json_object_get(item, "primary"))
			json_object_set_new(item, "primary", json_boolean(!has_primary && i == 0));
		if (!json_object_get(item, "label"))
			json_object_set_new(item, "label", json_string("work"));
	}
	return json_is_array(list);
}

static bool all_integers(const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!json_is_integer(item))
			return false;
	return json_is_array(list);
}

static bool are_labels(const struct check *check, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!sb_live_find(check->call->account, "leadLabels", json_string_value(item)))
			return false;
	return json_is_array(list);
}

static bool are_participants(const struct check *check, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item) {
		const json_t *id = json_object_get(item, "person_id");

		if (!json_is_integer(id) ||
		    !sb_live_find(check->call->account, "persons",
				  sb_id_text(check->call->arena, id)))
			return false;
	}
	return json_is_array(list);
}

static bool is_option(const struct sb_field *field, const json_t *value)
{
	if (!json_is_integer(value))
		return false;
	for (size_t i = 0; i < field->noptions; i++)
		if (field->options[i].number == json_integer_value(value))
			return true;
	return false;
}

static bool are_options(const struct sb_field *field, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!is_option(field, item))
			return false;
	return json_array_size(list) > 0; /* null clears, [] does not */
}

static bool is_amount(const json_t *value)
{
	return json_is_number(json_object_get(value, "amount")) &&
	       is_short_text(json_object_get(value, "currency"), 3);
}

static bool is_visible_to(const json_t *value)
{
	int64_t number = json_integer_value(value);

	return json_is_integer(value) &&
	       (number == 1 || number == 3 || number == 5 || number == 7);
}

static bool is_reference(const struct check *check, const struct sb_field *field,
			 const json_t *value)
{
	bool is_text = strcmp(field->refers_to, "leads") == 0;

	return (is_text ? json_is_string(value) : json_is_integer(value)) &&
	       sb_live_find(check->call->account, field->refers_to,
			    sb_id_text(check->call->arena, value));
}

static bool is_activity_type(const struct check *check, const json_t *value)
{
	struct sb_object *types = sb_object_find(check->call->account, "activityTypes");

	return json_is_string(value) &&
	       sb_record_by(sb_field_find(types, "key_string"), json_string_value(value));
}

/* What a field of the vendor's own kind expects; NULL when the value is that. */
static const char *misfit_of_kind(const struct check *check, const struct sb_field *field,
				  json_t *value)
{
	const char *kind = field->kind ? field->kind : "";

	if (strcmp(kind, "contacts") == 0)
		return take_contacts(value) ? NULL : "Expected array of {value, primary, label}";
	if (strcmp(kind, "integers") == 0)
		return all_integers(value) ? NULL : "Expected array of integers";
	if (strcmp(kind, "labels") == 0)
		return are_labels(check, value) ? NULL : "Expected array of lead label ids";
	if (strcmp(kind, "participants") == 0)
		return are_participants(check, value) ? NULL :
							"Expected array of {person_id, primary}";
	if (strcmp(kind, "amount") == 0)
		return is_amount(value) ? NULL : "amount and currency are both required";
	if (strcmp(kind, "visible_to") == 0)
		return is_visible_to(value) ? NULL : "Expected 1, 3, 5 or 7";
	if (strcmp(kind, "visible_text") == 0)
		return json_is_string(value) ? NULL : "Expected string";
	if (strcmp(kind, "activity_type") == 0)
		return is_activity_type(check, value) ? NULL : "Unknown activity type";
	if (strcmp(kind, "set") == 0)
		return are_options(field, value) ? NULL : "Expected array of option ids";
	if (strcmp(kind, "enum") == 0 && field->flags & SB_CUSTOM)
		return is_option(field, value) ? NULL : "Expected an option id";
	if (strcmp(kind, "address") == 0)
		return json_is_string(json_object_get(value, "value")) ? NULL :
									 "Expected {value}";
	if (strcmp(kind, "monetary") == 0 && field->flags & SB_CUSTOM)
		return json_is_number(json_object_get(value, "value")) &&
				       is_short_text(json_object_get(value, "currency"), 3) ?
			       NULL :
			       "Expected {value, currency}";
	if (strcmp(kind, "time") == 0 || strcmp(kind, "timerange") == 0 ||
	    strcmp(kind, "daterange") == 0)
		return json_is_string(json_object_get(value, "value")) ? NULL :
									 "Expected {value}";
	return "";
}

static const char *misfit_of_type(const struct sb_field *field, const json_t *value)
{
	switch (sb_field_check(field, value, SB_WIRE_JSON)) {
	case SB_FITS:
		return NULL;
	case SB_NOT_NUMBER:
		return "Expected number";
	case SB_NOT_INTEGER:
		return "Expected integer";
	case SB_NOT_BOOLEAN:
		return "Expected boolean";
	case SB_NOT_DATE:
		return "Expected date YYYY-MM-DD";
	case SB_NOT_OPTION:
		return "Invalid option";
	case SB_TOO_LONG:
		return "Value is too long";
	case SB_NOT_TEXT:
	case SB_NOT_DATETIME:
	case SB_NOT_EMAIL:
		break;
	}
	return "Expected string";
}

static bool is_day(const json_t *value)
{
	const char *text = json_string_value(value);
	int64_t ms;

	return text && strlen(text) == 10 && text[4] == '-' && sb_time_parse(text, &ms);
}

static void take(struct check *check, const struct sb_field *field, json_t *value)
{
	const char *wrong;

	if (json_is_null(value)) {
		if (field->flags & SB_REQUIRED)
			refuse(check, field, "Required");
		else
			json_object_set(check->values, field->name, value);
		return;
	}
	if (field->type == SB_REFERENCE)
		wrong = is_reference(check, field, value) ? NULL : "Entity was not found";
	else if (field->type == SB_DATE)
		wrong = is_day(value) ? NULL : "Expected date YYYY-MM-DD";
	else
		wrong = misfit_of_kind(check, field, value);
	if (wrong && !*wrong)
		wrong = misfit_of_type(field, value);
	if (wrong)
		refuse(check, field, wrong);
	else if (field->flags & SB_REQUIRED && text_equal(json_string_value(value), ""))
		refuse(check, field, "Required");
	else
		json_object_set(check->values, field->name, value);
}

/* --- keys --- */

/* These exist only where contact sync is on (4). */
static bool is_synced(const struct check *check, const char *name)
{
	static const char *const names[] = { "job_title", "notes", "im", "birthday",
					     "postal_address" };

	if (strcmp(check->kind->name, "persons") != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void refuse_synced(struct check *check, const char *name)
{
	sb_pipedrive_fail(check->call, 403, NULL,
			  "%s can only be written when contact sync is enabled", name);
	check->is_bad = true;
}

static void refuse_unknown(struct check *check, const char *name)
{
	if (!sb_switch(check->call->account, "unknown_keys_fail"))
		return;
	sb_pipedrive_fail(check->call, 400, NULL, "Validation failed: %.64s: Unrecognized key",
			  name);
	check->is_bad = true;
}

/* An unknown code is refused by its name; a body that is no object breaks the vendor. */
static void take_custom(struct check *check, json_t *custom)
{
	const char *name;
	json_t *value;

	if (!json_is_object(custom)) {
		if (sb_switch(check->call->account, "custom_fields_crash"))
			sb_pipedrive_problem(check->call, SB_PROBLEM_SERVER, 500);
		else
			sb_pipedrive_fail(check->call, 400, NULL,
					  "Validation failed: custom_fields: Expected object");
		check->is_bad = true;
		return;
	}
	json_object_foreach(custom, name, value) {
		struct sb_field *field = sb_field_find(check->object, name);

		if (check->is_bad)
			return;
		if (field && field->flags & SB_CUSTOM && !(field->flags & SB_HIDDEN)) {
			take(check, field, value);
			continue;
		}
		sb_pipedrive_fail(check->call, 400, NULL,
				  "Validation failed: custom_fields.%.64s: Unknown field", name);
		json_object_set_new(check->call->reply_json, "field_code", json_string(name));
		check->is_bad = true;
	}
}

static void take_key(struct check *check, const char *name, json_t *value)
{
	struct sb_field *field = sb_field_find(check->object, name);
	bool is_nested = !check->kind->is_flat;

	if (is_nested && strcmp(name, "custom_fields") == 0)
		take_custom(check, value);
	else if (is_synced(check, name))
		refuse_synced(check, name);
	else if (!field || field->flags & (SB_READ_ONLY | SB_HIDDEN) ||
		 (is_nested && field->flags & SB_CUSTOM))
		refuse_unknown(check, name);
	else
		take(check, field, value);
}

static void require(struct check *check)
{
	const struct sb_field *field = check->kind->required ?
					       sb_field_find(check->object, check->kind->required) :
					       NULL;

	if (field && !json_object_get(check->values, field->name))
		refuse(check, field, "Required");
}

json_t *sb_pipedrive_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			    const struct sb_record *record)
{
	struct check check = { .call = call, .object = object,
			       .kind = sb_pipedrive_kind_of(object) };
	const char *name;
	json_t *value;

	if (!json_is_object(body) || sb_bad_record(call, 0)) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: body: Expected object");
		return NULL;
	}
	check.values = json_keep(call->arena, json_object());
	json_object_foreach((json_t *)body, name, value)
		if (!check.is_bad)
			take_key(&check, name, value);
	if (!record && !check.is_bad)
		require(&check);
	return check.is_bad ? NULL : check.values;
}

/* --- defaults of a new record --- */

static json_t *acting_user(void)
{
	return json_integer(sb_id_number(PIPEDRIVE_USER));
}

/* The stage's pipeline, when a stage is given. */
static void set_pipeline(struct sb_call *call, json_t *values)
{
	const json_t *id = json_object_get(values, "stage_id");
	const struct sb_record *stage = sb_live_find(call->account, "stages",
						     sb_id_text(call->arena, id));

	if (stage)
		json_object_set_new(values, "pipeline_id",
				    sb_record_value_of(stage, "pipeline_id"));
}

static void set_deal(struct sb_call *call, json_t *values)
{
	sb_set_default(values, "creator_user_id", acting_user());
	sb_set_default(values, "stage_id", json_integer(1));
	set_pipeline(call, values);
	sb_set_default(values, "status", json_string("open"));
	sb_set_default(values, "value", json_integer(0));
	sb_set_default(values, "currency", json_string("EUR"));
	sb_set_default(values, "is_archived", json_false());
	sb_set_default(values, "origin", json_string("API"));
}

static void set_activity(json_t *values)
{
	sb_set_default(values, "creator_user_id", acting_user());
	sb_set_default(values, "type", json_string("call"));
	sb_set_default(values, "subject", json_string("Call"));
	sb_set_default(values, "busy", json_false());
	sb_set_default(values, "done", json_false());
}

static void set_lead(json_t *values)
{
	sb_set_default(values, "creator_id", acting_user());
	json_object_set_new(values, "source_name", json_string("API"));
	json_object_set_new(values, "origin", json_string("API"));
	sb_set_default(values, "is_archived", json_false());
	sb_set_default(values, "was_seen", json_false());
	sb_set_default(values, "visible_to", json_string("3"));
}

void sb_pipedrive_participants(const struct sb_object *object, json_t *values)
{
	const json_t *list = json_object_get(values, "participants");
	const json_t *person = NULL, *item;
	size_t i;

	if (strcmp(sb_object_spec(object)->name, "activities") != 0 || !list)
		return;
	json_array_foreach((json_t *)list, i, item)
		if (!person || json_is_true(json_object_get(item, "primary")))
			person = json_object_get(item, "person_id");
	json_object_set(values, "person_id", person ? (json_t *)person : json_null());
}

struct sb_record *sb_pipedrive_create(struct sb_call *call, struct sb_object *object,
				      json_t *values)
{
	const char *name = sb_object_spec(object)->name;
	struct sb_record *record;

	if (strcmp(name, "notes") == 0)
		sb_set_default(values, "user_id", acting_user());
	else
		sb_set_default(values, "owner_id", acting_user());
	if (strcmp(name, "deals") == 0)
		set_deal(call, values);
	else if (strcmp(name, "activities") == 0)
		set_activity(values);
	else if (strcmp(name, "leads") == 0)
		set_lead(values);
	else
		sb_set_default(values, "visible_to", json_integer(3));
	if (strcmp(name, "deals") == 0)
		sb_set_default(values, "visible_to", json_integer(3));
	sb_pipedrive_participants(object, values);
	record = sb_record_create(call, object, values, NULL);
	if (!record)
		sb_pipedrive_problem(call, SB_PROBLEM_FULL, 0);
	return record;
}
