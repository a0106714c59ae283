/* hubspot_write.c - what HubSpot takes and refuses of a record (fact sheet 3, 4, 5, 9).
 * Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/links.h"

#define TEXT_MAX 65536

/* One input being checked. */
struct check {
	struct sb_call *call;
	struct sb_object *object;
	const struct sb_record *record; /* NULL: a new one */
	json_t *values;                 /* what will be stored */
	json_t *invalid;                /* the list that goes, as text, into the message */
	json_t *errors;
	struct hubspot_refusal *refusal;
};

static void add_invalid(struct check *check, const char *name, const char *code,
			json_t *message)
{
	json_array_append_new(check->invalid,
			      json_pack("{sb sO ss ss sO}", "isValid", 0, "message", message,
					"error", code, "name", name, "localizedErrorMessage",
					message));
	json_array_append_new(check->errors,
			      json_pack("{so ss s{s[s]}}", "message", message, "code", code,
					"context", "propertyName", name));
}

/* --- single values --- */

static json_t *option_list(const struct sb_field *field)
{
	struct arena *arena = arena_new();
	struct buf buf;
	json_t *text;

	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < field->noptions; i++) {
		buf_add(&buf, i ? ", " : "");
		buf_add(&buf, field->options[i].value);
	}
	text = json_string(buf_text(&buf));
	arena_free(arena);
	return text;
}

static void say_option(struct check *check, const struct sb_field *field, const char *value)
{
	json_t *list = option_list(field);

	add_invalid(check, field->name, "INVALID_OPTION",
		    sb_json_printf("%s was not one of the allowed options: [%s]", value,
				   json_string_value(list)));
	json_decref(list);
}

static void say_misfit(struct check *check, const struct sb_field *field,
		       enum sb_misfit misfit, const char *value)
{
	switch (misfit) {
	case SB_NOT_EMAIL:
		add_invalid(check, field->name, "INVALID_EMAIL",
			    sb_json_printf("Email address %s is invalid", value));
		break;
	case SB_NOT_OPTION:
		say_option(check, field, value);
		break;
	case SB_NOT_NUMBER:
	case SB_NOT_INTEGER:
		add_invalid(check, field->name, "INVALID_INTEGER",
			    sb_json_printf("%s was not a valid number.", value));
		break;
	case SB_NOT_BOOLEAN:
		add_invalid(check, field->name, "INVALID_OPTION",
			    sb_json_printf("%s was not one of the allowed options: [true, "
					   "false]",
					   value));
		break;
	case SB_NOT_DATE:
		add_invalid(check, field->name, "INVALID_DATE",
			    sb_json_printf("%s was not a valid date.", value));
		break;
	case SB_NOT_DATETIME:
		add_invalid(check, field->name, "INVALID_LONG",
			    sb_json_printf("%s was not a valid long.", value));
		break;
	case SB_TOO_LONG:
		add_invalid(check, field->name, "PROPERTY_VALUE_TOO_LONG",
			    sb_json_printf("Property value is too long: the maximum is %d "
					   "characters",
					   field->max_len ? field->max_len : TEXT_MAX));
		break;
	case SB_NOT_TEXT:
	case SB_FITS:
		break;
	}
}

/* The text that HubSpot makes of what came: numbers and booleans are taken as text. */
static const char *wire_text(struct arena *arena, const json_t *value)
{
	if (json_is_integer(value))
		return arena_printf(arena, "%lld", (long long)json_integer_value(value));
	if (json_is_real(value))
		return arena_printf(arena, "%.15g", json_real_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return json_string_value(value);
}

static bool is_in_list(const json_t *list, const char *id)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal(json_string_value(json_object_get(item, "id")), id))
			return true;
	return false;
}

static bool is_stage(const struct check *check, const char *id)
{
	const json_t *pipelines = json_object_get(check->call->account->extra, "pipelines");
	const json_t *list = json_object_get(pipelines,
					     hubspot_kind_of(check->object)->name);
	size_t i;
	json_t *pipeline;

	json_array_foreach((json_t *)list, i, pipeline)
		if (is_in_list(json_object_get(pipeline, "stages"), id))
			return true;
	return false;
}

static bool is_reference(const struct check *check, const struct sb_field *field,
			 const char *text)
{
	const json_t *pipelines = json_object_get(check->call->account->extra, "pipelines");
	const struct sb_object *owners;
	const struct sb_record *owner;

	if (text_equal(field->refers_to, "pipelines"))
		return is_in_list(json_object_get(pipelines,
						  hubspot_kind_of(check->object)->name),
				  text);
	if (text_equal(field->refers_to, "stages"))
		return is_stage(check, text);
	owners = sb_object_find(check->call->account, "owners");
	owner = sb_record_find(owners, text);
	return owner && owner->state == SB_LIVE;
}

/* "a;b" with every part an option; a leading ';' adds to what is there. */
static json_t *multi_value(struct check *check, const struct sb_field *field, const char *text)
{
	const char *now = check->record ? sb_record_text(check->record, field,
							 check->call->arena) :
					  NULL;
	const char *at = text;

	while (*at && !(field->flags & SB_OPEN)) {
		size_t len = strcspn(at, ";");
		char *part = arena_strndup(check->call->arena, at, len);

		if (*part && !sb_field_option(field, part)) {
			say_option(check, field, part);
			return NULL;
		}
		at += len + (at[len] == ';');
	}
	if (text[0] != ';')
		return json_string(text);
	return now && *now ? sb_json_printf("%s%s", now, text) : json_string(text + 1);
}

static json_t *time_value(const struct sb_field *field, const char *text)
{
	char iso[CLOCK_TEXT_SIZE];
	int64_t ms;

	if (!sb_time_parse(text, &ms))
		return json_string(text);
	clock_format(ms, iso);
	if (field->type == SB_DATE)
		iso[10] = '\0';
	else if (strchr(text, 'T'))
		return json_string(text); /* as it came */
	return json_string(iso);
}

static int stage_rank(const struct sb_field *field, const char *stage)
{
	const struct sb_option *option = sb_field_option(field, stage);

	return option ? option->number : -1;
}

/* A lifecycle stage moves forward only; a step back is passed over (4), or refused when
 * the switch says so. */
static bool is_step_back(const struct check *check, const struct sb_field *field,
			 const char *stage)
{
	const char *now = check->record ? sb_record_text(check->record, field,
							 check->call->arena) :
					  NULL;

	return strcmp(field->name, "lifecyclestage") == 0 && now && *now &&
	       stage_rank(field, stage) < stage_rank(field, now);
}

/* Addresses that were deleted for privacy, though unknown, are never taken again. */
static bool is_blocked(const struct check *check, const struct sb_field *field, const char *text)
{
	const json_t *blocked = json_object_get(check->call->account->extra, "blocked");

	return field->type == SB_EMAIL && json_object_size(blocked) &&
	       json_object_get(blocked, text_lower_ascii(check->call->arena, text));
}

static json_t *fitting_value(struct check *check, const struct sb_field *field, const char *text)
{
	json_t *value;
	enum sb_misfit misfit;

	if (!*text)
		return json_null();
	if (field->type == SB_MULTI)
		return multi_value(check, field, text);
	value = json_string(text);
	misfit = value ? sb_field_check(field, value, SB_WIRE_TEXT) : SB_NOT_TEXT;
	if (misfit == SB_FITS && strlen(text) > TEXT_MAX && text_length(text) > TEXT_MAX)
		misfit = SB_TOO_LONG;
	if (misfit == SB_FITS && is_blocked(check, field, text))
		misfit = SB_NOT_EMAIL;
	if (misfit == SB_FITS && field->type == SB_REFERENCE && !is_reference(check, field, text))
		misfit = SB_NOT_OPTION;
	if (misfit != SB_FITS) {
		say_misfit(check, field, misfit, text);
		json_decref(value);
		return NULL;
	}
	if (field->type == SB_DATE || field->type == SB_DATETIME) {
		json_decref(value);
		return time_value(field, text);
	}
	if (field->type == SB_EMAIL) {
		json_decref(value);
		return json_string(text_lower_ascii(check->call->arena, text));
	}
	return value;
}

static void check_property(struct check *check, const char *name, const json_t *came)
{
	const struct sb_field *field = sb_field_find(check->object, name);
	const char *text;
	json_t *value;

	if (!field || field->flags & SB_HIDDEN) {
		add_invalid(check, name, "PROPERTY_DOESNT_EXIST",
			    sb_json_printf("Property \"%s\" does not exist", name));
		return;
	}
	if (field->flags & (SB_READ_ONLY | SB_CALCULATED)) {
		add_invalid(check, name, "READ_ONLY_VALUE",
			    sb_json_printf("\"%s\" is a read only property; its value cannot be "
					   "set.",
					   name));
		return;
	}
	text = json_is_null(came) ? "" : wire_text(check->call->arena, came);
	if (!text) {
		add_invalid(check, name, "INVALID_VALUE",
			    sb_json_printf("The value of \"%s\" is not a text", name));
		return;
	}
	if (*text && is_step_back(check, field, text)) {
		if (sb_switch(check->call->account, "lifecycle_backward"))
			add_invalid(check, name, "INVALID_LIFECYCLE_STAGE",
				    sb_json_printf("%s is before the current stage", text));
		return;
	}
	value = fitting_value(check, field, text);
	if (value)
		json_object_set_new(check->values, name, value);
}

/* --- the whole input --- */

static bool is_empty(const json_t *properties, const char *name)
{
	const json_t *value = json_object_get(properties, name);
	const char *text = json_string_value(value);

	return !value || json_is_null(value) || (text && !*text);
}

static bool lacks(struct check *check, const json_t *properties, const char *name)
{
	struct hubspot_refusal *refusal = check->refusal;

	if (!is_empty(properties, name))
		return false;
	refusal->status = 400;
	refusal->category = "VALIDATION_ERROR";
	refusal->message = arena_printf(
		check->call->arena, "Error creating %s. Some required properties were not set.",
		text_lower_ascii(check->call->arena, hubspot_kind_of(check->object)->noun));
	refusal->errors = json_keep(
		check->call->arena,
		json_pack("[{ss ss s{s[s]}}]", "message", "Some required properties were not set.",
			  "code", "REQUIRED_FIELD", "context", "properties", name));
	return true;
}

static bool lacks_required(struct check *check, const json_t *properties)
{
	const struct hubspot_kind *kind = hubspot_kind_of(check->object);

	if (check->record)
		return false;
	if (kind->required && lacks(check, properties, kind->required))
		return true;
	for (size_t i = 0; i < sb_object_nfields(check->object); i++) {
		const struct sb_field *field = sb_object_field(check->object, i);

		if (field->flags & SB_REQUIRED && !(field->flags & SB_ARCHIVED) &&
		    lacks(check, properties, field->name))
			return true;
	}
	return false;
}

static void refuse_invalid(struct check *check)
{
	char *list = json_dumps(check->invalid, JSON_COMPACT);

	*check->refusal = (struct hubspot_refusal){
		.status = 400,
		.category = "VALIDATION_ERROR",
		.message = arena_printf(check->call->arena, "Property values were not valid: %s",
					list ? list : "[]"),
		.errors = check->errors,
	};
	free(list);
}

static void refuse_clash(struct check *check, const struct sb_field *field,
			 const struct sb_record *other)
{
	struct hubspot_refusal *refusal = check->refusal;
	struct arena *arena = check->call->arena;
	const char *value = json_string_value(json_object_get(check->values, field->name));

	if (field->type == SB_EMAIL || sb_switch(check->call->account, "unique_taken") == 409) {
		*refusal = (struct hubspot_refusal){
			.status = 409,
			.category = "CONFLICT",
			.message = arena_printf(arena, "%s already exists. Existing ID: %s",
						hubspot_kind_of(check->object)->noun, other->id),
		};
		return;
	}
	add_invalid(check, field->name, "CONFLICTING_UNIQUE_VALUE",
		    sb_json_printf("Cannot set PropertyValueCoordinates{portalId=%llu, "
				   "objectTypeId=%s, propertyName=%s, value=%s} on %s. %s already "
				   "has that value.",
				   (unsigned long long)check->call->account->remote_id,
				   hubspot_kind_of(check->object)->id, field->name,
				   value ? value : "", check->record ? check->record->id : "new",
				   other->id));
	refuse_invalid(check);
}

/* Checks `properties` (an object as it came) for a record (NULL: a new one) and gives the
 * values to store; the result is the arena's. Without values *refusal says why. */
static json_t *check_properties(struct sb_call *call, struct sb_object *object,
				const struct sb_record *record, const json_t *properties,
				struct hubspot_refusal *refusal)
{
	struct check check = {
		.call = call,
		.object = object,
		.record = record,
		.values = json_keep(call->arena, json_object()),
		.invalid = json_keep(call->arena, json_array()),
		.errors = json_keep(call->arena, json_array()),
		.refusal = refusal,
	};
	const struct sb_record *other;
	struct sb_field *field;
	const char *name;
	json_t *value;

	if (lacks_required(&check, properties))
		return NULL;
	json_object_foreach((json_t *)properties, name, value)
		check_property(&check, name, value);
	if (json_array_size(check.invalid)) {
		refuse_invalid(&check);
		return NULL;
	}
	other = sb_record_clash(object, check.values, record, &field);
	if (other) {
		refuse_clash(&check, field, other);
		return NULL;
	}
	return check.values;
}

/* --- writing --- */

/* For the ledger: the first unique property that is set, the customer's own before the
 * e-mail address. */
static const char *key_of(const struct sb_object *object, const json_t *values)
{
	const char *key = NULL, *name;
	json_t *value;

	json_object_foreach((json_t *)values, name, value) {
		const struct sb_field *field = sb_field_find(object, name);

		if (!field || !(field->flags & SB_UNIQUE) || !json_is_string(value))
			continue;
		if (field->flags & SB_CUSTOM)
			return json_string_value(value);
		key = json_string_value(value);
	}
	return key;
}

/* A lead is of a contact that is there (4). */
static bool lacks_parent(struct sb_call *call, const struct sb_record *record,
			 struct hubspot_refusal *refusal)
{
	const struct hubspot_kind *kind = hubspot_kind_of(record->object);

	if (!kind->belongs_to ||
	    sb_link_next(record, sb_object_find(call->account, kind->belongs_to), NULL))
		return false;
	*refusal = (struct hubspot_refusal){
		.status = 400,
		.category = "VALIDATION_ERROR",
		.message = arena_printf(call->arena,
					"A %s must be associated with an existing record of %s",
					text_lower_ascii(call->arena, kind->noun),
					kind->belongs_to),
	};
	return true;
}

struct sb_record *hubspot_create(struct sb_call *call, struct sb_object *object,
				 const json_t *input, struct hubspot_refusal *refusal)
{
	const json_t *properties = json_object_get(input, "properties");
	json_t *values = check_properties(call, object, NULL, properties, refusal);
	struct sb_record *record;

	if (!values)
		return NULL;
	sb_begin(call);
	call->key = key_of(object, values);
	record = sb_record_create(call, object, values, NULL);
	if (!record)
		*refusal = (struct hubspot_refusal){ .status = 503,
						     .category = "SERVICE_UNAVAILABLE",
						     .message = "Service temporarily unavailable" };
	if (record &&
	    hubspot_associate(call, record, json_object_get(input, "associations"), refusal) &&
	    !lacks_parent(call, record, refusal)) {
		sb_commit(call);
		return record;
	}
	sb_rollback(call);
	return NULL;
}

bool hubspot_update(struct sb_call *call, struct sb_record *record, const json_t *properties,
		    struct hubspot_refusal *refusal)
{
	json_t *values = check_properties(call, record->object, record, properties, refusal);
	const char *key;

	if (!values)
		return false;
	key = key_of(record->object, values);
	call->key = key ? key : record->id;
	sb_record_update(call, record, values);
	return true;
}
