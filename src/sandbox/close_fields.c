/* close_fields.c - custom fields and the order in which they are shown (3). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

#define CHOICES_MAX 1000

static const struct {
	const char *kind;
	enum sb_type type;
	const char *refers_to;
	bool may_have_many;
} types[] = {
	{ "text", SB_TEXT, NULL, false },
	{ "textarea", SB_LONG_TEXT, NULL, false },
	{ "number", SB_NUMBER, NULL, false },
	{ "date", SB_DATE, NULL, false },
	{ "datetime", SB_DATETIME, NULL, false },
	{ "choices", SB_PICKLIST, NULL, true },
	{ "user", SB_REFERENCE, "user", true },
	{ "contact", SB_REFERENCE, "contact", true },
	{ "hidden", SB_TEXT, NULL, false },
};

const char *sb_close_field_owner(const struct sb_field *field)
{
	return json_string_of(field->extra, "custom_activity_type_id");
}

bool sb_close_field_is_needed(const struct sb_field *field)
{
	return json_is_true(json_object_get(field->extra, "required"));
}

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

static bool is_shown(const struct sb_field *field)
{
	return field->flags & SB_CUSTOM && !(field->flags & (SB_ARCHIVED | SB_HIDDEN));
}

/* --- showing --- */

/* The word for what the field is now; control can retype it. */
static const char *kind_of(const struct sb_field *field)
{
	enum sb_type type = field->type == SB_MULTI ? SB_PICKLIST : field->type;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (text_equal(types[i].kind, field->kind) && types[i].type == type)
			return field->kind;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return types[i].kind;
	return type == SB_INTEGER ? "number" : "text";
}

static json_t *field_json(struct sb_call *call, const struct sb_field *field)
{
	const char *kind = kind_of(field);
	json_t *json = json_pack("{ss ss ss sb s[] ss? ss so so}", "id",
				 field->name + strlen(CLOSE_CUSTOM), "name", field->label, "type",
				 kind, "accepts_multiple_values",
				 (field->flags & CLOSE_LIST) != 0, "editable_with_roles",
				 "description", json_string_of(field->extra, "description"),
				 "organization_id", sb_close_organization(call), "date_created",
				 sb_render_time(call, field->created_at, SB_TIME_MICRO),
				 "date_updated",
				 sb_render_time(call, field->updated_at, SB_TIME_MICRO));

	if (strcmp(kind, "choices") == 0) {
		json_t *choices = json_array();

		for (size_t i = 0; i < field->noptions; i++)
			json_array_append_new(choices, json_string(field->options[i].value));
		json_object_set_new(json, "choices", choices);
	}
	if (sb_close_field_owner(field)) {
		json_object_set_new(json, "custom_activity_type_id",
				    json_string(sb_close_field_owner(field)));
		json_object_set_new(json, "required",
				    json_boolean(sb_close_field_is_needed(field)));
	}
	return json;
}

/* All but the one without has_more: this list comes whole (3). */
void sb_close_fields(struct sb_call *call)
{
	const struct sb_object *object = object_of(call);
	struct sb_close_page page;
	json_t *data;
	int64_t at = 0;

	if (!sb_close_read_page(call, 100, 35000, &page))
		return;
	data = json_array();
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		json_t *json;

		if (!is_shown(field) || sb_close_field_is_shared(field))
			continue;
		if (at++ < page.skip || json_array_size(data) == (size_t)page.limit)
			continue;
		json = field_json(call, field);
		sb_close_cut(call, json);
		json_array_append_new(data, json);
	}
	if (sb_switch(call->account, "fields_have_more"))
		sb_reply_json(call, 200, json_pack("{so sb}", "data", data, "has_more",
						   at > page.skip + page.limit));
	else
		sb_reply_json(call, 200, json_pack("{so}", "data", data));
}

static struct sb_field *field_of(struct sb_call *call)
{
	struct sb_field *field =
		sb_field_find(object_of(call), arena_printf(call->arena, CLOSE_CUSTOM "%s",
							    sb_param(call, 0)));

	if (field && is_shown(field) && !sb_close_field_is_shared(field))
		return field;
	sb_close_not_found(call);
	return NULL;
}

void sb_close_field(struct sb_call *call)
{
	const struct sb_field *field = field_of(call);

	if (field)
		sb_close_reply(call, field_json(call, field));
}

/* --- checking --- */

static bool are_choices(const json_t *list)
{
	size_t i;
	json_t *item;

	if (!json_array_size(list) || json_array_size(list) > CHOICES_MAX)
		return false;
	json_array_foreach((json_t *)list, i, item)
		if (text_is_empty(json_string_value(item)))
			return false;
	return true;
}

static bool is_name_taken(const struct sb_object *object, const char *name, const char *owner,
			  const struct sb_field *except)
{
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (field != except && is_shown(field) && text_equal_nocase(field->label, name) &&
		    text_equal(sb_close_field_owner(field), owner))
			return true;
	}
	return false;
}

static size_t type_index(const char *kind)
{
	size_t i = 0;

	while (i < ARRAY_LEN(types) && !text_equal(types[i].kind, kind))
		i++;
	return i;
}

/* A field of activities is one of their types'; names are taken within it. */
static void check_owner(struct sb_call *call, const json_t *body, json_t *errors)
{
	const char *owner = json_string_of(body, "custom_activity_type_id");
	const json_t *required = json_object_get(body, "required");

	if (strcmp(call->route->tag, "activity") != 0)
		return;
	if (!sb_live_find(call->account, "custom_activity", owner))
		json_object_set_new(errors, "custom_activity_type_id",
				    json_string("Value must be the id of an existing Custom "
						"Activity Type."));
	if (required && !json_is_boolean(required))
		json_object_set_new(errors, "required", json_string("Value must be a boolean."));
}

/* `field` is NULL for a new one. */
static json_t *wrong_with(struct sb_call *call, const json_t *body, const struct sb_field *field)
{
	const char *name = json_string_of(body, "name"), *kind = json_string_of(body, "type");
	const json_t *choices = json_object_get(body, "choices");
	const json_t *many = json_object_get(body, "accepts_multiple_values");
	const char *owner = field ? sb_close_field_owner(field) :
				    json_string_of(body, "custom_activity_type_id");
	json_t *errors = json_keep(call->arena, json_object());
	size_t type = type_index(kind ? kind : field ? kind_of(field) : NULL);

	if (!field && text_is_empty(name))
		json_object_set_new(errors, "name", json_string("This field is required."));
	else if (name && (!*name || text_length(name) > CLOSE_NAME_MAX))
		json_object_set_new(errors, "name",
				    json_string("Value must be 1 to 100 characters long."));
	else if (name && is_name_taken(object_of(call), name, owner, field))
		json_object_set_new(errors, "name",
				    json_string("A Custom Field with this name exists already."));
	if (!field)
		check_owner(call, body, errors);
	if (!field && !kind)
		json_object_set_new(errors, "type", json_string("This field is required."));
	else if (type == ARRAY_LEN(types))
		json_object_set_new(errors, "type", json_string("Value must be a known type."));
	else if (json_is_true(many) && !types[type].may_have_many)
		json_object_set_new(errors, "accepts_multiple_values",
				    json_string("This type has one value."));
	if (text_equal(kind, "choices") ? !are_choices(choices) : choices && !are_choices(choices))
		json_object_set_new(errors, "choices",
				    json_string("Value must be a list of strings."));
	return errors;
}

static bool is_imitated(struct sb_call *call, const json_t *body)
{
	if (!text_equal(json_string_of(body, "type"), "custom_object"))
		return true;
	sb_not_imitated(call, "custom objects");
	return false;
}

/* --- writing --- */

static void set_many(struct sb_field *field, bool is_many)
{
	sb_field_set_flags(field, is_many ? CLOSE_LIST : 0, is_many ? 0 : CLOSE_LIST);
	if (field->type == SB_PICKLIST || field->type == SB_MULTI)
		sb_field_retype(field, is_many ? SB_MULTI : SB_PICKLIST);
}

static void set_choices(struct sb_field *field, const json_t *list)
{
	size_t i;
	json_t *item;

	if (!list)
		return;
	field->noptions = 0;
	json_array_foreach((json_t *)list, i, item)
		sb_field_add_option(field, json_string_value(item), json_string_value(item),
				    (int)i, false);
}

/* The members of a body that are kept as they come. */
static void set_extra(struct sb_field *field, const json_t *body)
{
	static const char *const names[] = { "description", "required" };

	if (!field->extra)
		field->extra = json_object();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_get(body, names[i]))
			json_object_set(field->extra, names[i], json_object_get(body, names[i]));
}

static void set_owner(struct sb_call *call, struct sb_field *field, const json_t *body)
{
	if (strcmp(call->route->tag, "activity") == 0)
		json_object_set(field->extra, "custom_activity_type_id",
				json_object_get(body, "custom_activity_type_id"));
}

void sb_close_add_field(struct sb_call *call)
{
	const json_t *body = sb_close_body(call);
	struct sb_field_spec spec = { .flags = SB_CUSTOM };
	struct sb_field *field;
	size_t type;
	char id[44];

	if (!body || !is_imitated(call, body) ||
	    sb_close_refused(call, wrong_with(call, body, NULL)))
		return;
	type = type_index(json_string_of(body, "type"));
	sb_rng_text(&call->rng, SB_LETTERS, id, 43);
	spec.name = arena_printf(call->arena, CLOSE_CUSTOM "cf_%s", id);
	spec.label = json_string_of(body, "name");
	spec.type = types[type].type;
	spec.kind = types[type].kind;
	spec.refers_to = types[type].refers_to;
	if (spec.type == SB_TEXT)
		spec.flags |= SB_INDEXED; /* searched for by its whole value */
	field = sb_field_add(object_of(call), &spec);
	set_choices(field, json_object_get(body, "choices"));
	set_many(field, json_is_true(json_object_get(body, "accepts_multiple_values")));
	set_extra(field, body);
	set_owner(call, field, body);
	field->created_at = field->updated_at = call->now;
	sb_touch(call);
	sb_close_reply(call, field_json(call, field));
}

/* Values of the old type stay as they are: the vendor converts them later (3). */
static void retype(struct sb_field *field, const char *kind)
{
	size_t type = type_index(kind);

	field->kind = types[type].kind;
	field->refers_to = types[type].refers_to;
	sb_field_set_flags(field, 0, SB_INDEXED);
	sb_field_retype(field, types[type].type);
	if (!types[type].may_have_many)
		sb_field_set_flags(field, 0, CLOSE_LIST);
}

static void follow(struct sb_call *call, const struct sb_field *field)
{
	if (strcmp(call->route->tag, "shared") == 0)
		sb_close_follow_shared(call, field);
}

void sb_close_edit_field(struct sb_call *call)
{
	struct sb_field *field = field_of(call);
	const json_t *body = field ? sb_close_body(call) : NULL;
	const json_t *many = json_object_get(body, "accepts_multiple_values");

	if (!body || !is_imitated(call, body) ||
	    sb_close_refused(call, wrong_with(call, body, field)))
		return;
	if (json_string_of(body, "name"))
		field->label = arena_strdup(call->account->arena, json_string_of(body, "name"));
	if (json_string_of(body, "type") &&
	    strcmp(json_string_of(body, "type"), kind_of(field)) != 0)
		retype(field, json_string_of(body, "type"));
	set_choices(field, json_object_get(body, "choices"));
	if (json_is_boolean(many))
		set_many(field, json_is_true(many));
	set_extra(field, body);
	field->updated_at = call->now;
	follow(call, field);
	sb_touch(call);
	sb_close_reply(call, field_json(call, field));
}

void sb_close_delete_field(struct sb_call *call)
{
	struct sb_field *field = field_of(call);

	if (!field)
		return;
	sb_field_set_flags(field, SB_ARCHIVED, 0);
	follow(call, field);
	sb_touch(call);
	sb_close_reply_empty(call);
}

/* --- the order in which they are shown --- */

/* "/custom_field_schema/activity/{type}/" */
static const char *owner_of(const struct sb_call *call)
{
	return call->nparams > 1 ? sb_param(call, 1) : NULL;
}

static struct sb_object *schema_object(struct sb_call *call)
{
	static const char *const names[] = { "lead", "contact", "opportunity" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(sb_param(call, 0), names[i]) == 0)
			return sb_object_find(call->account, names[i]);
	if (strcmp(sb_param(call, 0), "activity") == 0 &&
	    sb_live_find(call->account, "custom_activity", owner_of(call)))
		return sb_object_find(call->account, "activity");
	if (strcmp(sb_param(call, 0), "custom_object") == 0)
		sb_not_imitated(call, "custom objects");
	else
		sb_close_not_found(call);
	return NULL;
}

static bool has_id(const json_t *list, const char *id)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal(json_string_of(item, "id"), id) ||
		    text_equal(json_string_value(item), id))
			return true;
	return false;
}

static bool is_of(const struct sb_call *call, const struct sb_field *field)
{
	return is_shown(field) && text_equal(sb_close_field_owner(field), owner_of(call));
}

/* The ids of an object's fields in their order; those that were never put into one come
 * last. New, the arena's. */
static json_t *order_of(struct sb_call *call, const struct sb_object *object,
			const json_t *wanted)
{
	json_t *ids = json_keep(call->arena, json_array()), *item;
	size_t i;

	json_array_foreach((json_t *)wanted, i, item) {
		const char *id = json_is_string(item) ? json_string_value(item) :
							json_string_of(item, "id");
		const struct sb_field *field =
			id ? sb_field_find(object,
					   arena_printf(call->arena, CLOSE_CUSTOM "%s", id)) :
			     NULL;

		if (field && is_of(call, field) && !has_id(ids, id))
			json_array_append_new(ids, json_string(id));
	}
	for (i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (is_of(call, field) && !has_id(ids, field->name + strlen(CLOSE_CUSTOM)))
			json_array_append_new(ids,
					      json_string(field->name + strlen(CLOSE_CUSTOM)));
	}
	return ids;
}

static json_t *orders(struct sb_call *call)
{
	json_t *all = json_object_get(call->account->extra, "field_orders");

	if (!all) {
		all = json_object();
		json_object_set_new(call->account->extra, "field_orders", all);
	}
	return all;
}

static const char *schema_name(const struct sb_call *call)
{
	return owner_of(call) ? owner_of(call) : sb_param(call, 0);
}

void sb_close_field_schema(struct sb_call *call)
{
	const struct sb_object *object = schema_object(call);
	json_t *ids, *item, *fields;
	size_t i;

	if (!object)
		return;
	ids = order_of(call, object, json_object_get(orders(call), schema_name(call)));
	fields = json_array();
	json_array_foreach(ids, i, item) {
		const struct sb_field *field =
			sb_field_find(object, arena_printf(call->arena, CLOSE_CUSTOM "%s",
							   json_string_value(item)));
		json_t *json = field_json(call, field);

		json_object_set_new(json, "is_shared",
				    json_boolean(sb_close_field_is_shared(field)));
		json_array_append_new(fields, json);
	}
	sb_reply_json(call, 200, json_pack("{so}", "fields", fields));
}

void sb_close_order_fields(struct sb_call *call)
{
	const struct sb_object *object = schema_object(call);
	const json_t *body = object ? sb_close_body(call) : NULL;
	const json_t *fields = json_object_get(body, "fields");

	if (!body)
		return;
	if (!json_is_array(fields)) {
		sb_close_refuse(call, "fields", "Value must be a list.");
		return;
	}
	json_object_set(orders(call), schema_name(call), order_of(call, object, fields));
	sb_touch(call);
	sb_close_field_schema(call);
}
