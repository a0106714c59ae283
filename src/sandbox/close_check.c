/* close_check.c - what Close takes and refuses of a record (3, 4, 9). Threads: under the
 * sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

/* One body being checked. */
struct check {
	struct sb_call *call;
	struct sb_object *object;
	const struct sb_record *record; /* NULL: a new one */
	json_t *values, *errors;
};

/* The first that is wrong with a field is told. */
static void say(json_t *errors, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
static void say(json_t *errors, const char *name, const char *format, ...)
{
	va_list args;

	if (json_object_get(errors, name))
		return;
	va_start(args, format);
	json_object_set_new(errors, name, sb_json_vprintf(format, args));
	va_end(args);
}

void sb_close_nest(struct sb_call *call, json_t *errors, const char *name, size_t index,
		   json_t *inner)
{
	bool is_mirrored = sb_switch(call->account, "errors_mirror_body");
	json_t *list = json_object_get(errors, name), *of_items;

	if (!json_object_size(inner))
		return;
	if (!json_is_object(list)) {
		list = is_mirrored ? json_object() : json_pack("{s{}}", "errors");
		json_object_set_new(errors, name, list);
	}
	of_items = is_mirrored ? list : json_object_get(list, "errors");
	json_object_set_new(of_items, arena_printf(call->arena, "%zu", index),
			    is_mirrored ? json_incref(inner) :
					  json_pack("{s[] sO}", "errors", "field-errors", inner));
}

/* --- lists of addresses, numbers, links --- */

static bool is_text_or_null(const json_t *value)
{
	return !value || json_is_null(value) || json_is_string(value);
}

/* The "type" of an item: "office" and the like. */
static void take_type(struct sb_call *call, const json_t *item, const char *otherwise,
		      json_t *out, json_t *errors)
{
	const json_t *type = json_object_get(item, "type");

	if (!is_text_or_null(type))
		say(errors, "type", "Value must be a string.");
	else if (!json_is_string(type) && sb_switch(call->account, "types_required"))
		say(errors, "type", "This field is required.");
	json_object_set_new(out, "type",
			    json_string(json_is_string(type) ? json_string_value(type) :
							       otherwise));
}

static json_t *take_email(struct sb_call *call, const json_t *item, json_t *errors)
{
	const char *email = json_string_of(item, "email");
	json_t *out = json_pack("{ss* sb}", "email", email, "is_unsubscribed", 0);

	if (text_is_empty(email))
		say(errors, "email", "This field is required.");
	else if (!sb_is_email(email))
		say(errors, "email", "Value must be a valid email address.");
	take_type(call, item, "office", out, errors);
	return out;
}

static json_t *take_phone(struct sb_call *call, const json_t *item, json_t *errors)
{
	const char *text = json_string_of(item, "phone");
	struct sb_close_phone phone = { text, text, NULL };
	json_t *out;

	if (text_is_empty(text))
		say(errors, "phone", "This field is required.");
	else if (!sb_close_phone(call->arena, text, &phone)) {
		if (!sb_switch(call->account, "bad_phones_kept"))
			say(errors, "phone", "Value must be a valid phone number.");
		phone = (struct sb_close_phone){ text, text, NULL };
	}
	out = json_pack("{ss* ss* ss?}", "phone", phone.e164, "phone_formatted", phone.formatted,
			"country", phone.country);
	take_type(call, item, "office", out, errors);
	return out;
}

static json_t *take_url(struct sb_call *call, const json_t *item, json_t *errors)
{
	const char *url = json_string_of(item, "url");
	json_t *out = json_pack("{ss*}", "url", url);

	if (text_is_empty(url))
		say(errors, "url", "This field is required.");
	take_type(call, item, "url", out, errors);
	return out;
}

static json_t *take_address(struct sb_call *call, const json_t *item, json_t *errors)
{
	static const char *const members[] = { "label", "address_1", "address_2", "city",
					       "state", "zipcode",   "country" };
	json_t *out = json_object();

	(void)call;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		json_t *value = json_object_get(item, members[i]);

		if (!is_text_or_null(value))
			say(errors, members[i], "Value must be a string.");
		json_object_set(out, members[i], value ? value : json_null());
	}
	return out;
}

typedef json_t *take_item(struct sb_call *call, const json_t *item, json_t *errors);

static take_item *taker_of(const char *kind)
{
	static const struct {
		const char *kind;
		take_item *take;
	} takers[] = {
		{ "emails", take_email },
		{ "phones", take_phone },
		{ "urls", take_url },
		{ "addresses", take_address },
	};

	for (size_t i = 0; kind && i < ARRAY_LEN(takers); i++)
		if (strcmp(takers[i].kind, kind) == 0)
			return takers[i].take;
	return NULL;
}

static void take_items(struct check *check, const struct sb_field *field, take_item *take,
		       const json_t *value)
{
	json_t *list = json_keep(check->call->arena, json_array()), *item;
	size_t i;

	json_array_foreach((json_t *)value, i, item) {
		json_t *inner = json_keep(check->call->arena, json_object());

		if (json_is_object(item))
			json_array_append_new(list, take(check->call, item, inner));
		else
			say(inner, "__all__", "Value must be an object.");
		sb_close_nest(check->call, check->errors, field->name, i, inner);
	}
	json_object_set(check->values, field->name, list);
}

/* --- values --- */

static const char *choices_of(struct sb_call *call, const struct sb_field *field)
{
	const char *text = "";

	for (size_t i = 0; i < field->noptions && i < 20; i++)
		text = arena_printf(call->arena, "%s%s%s", text, i ? ", " : "",
				    field->options[i].value);
	return text;
}

static const char *misfit_of(struct check *check, const struct sb_field *field,
			     const json_t *value)
{
	struct arena *arena = check->call->arena;

	switch (sb_field_check(field, value, SB_WIRE_JSON)) {
	case SB_FITS:
		return NULL;
	case SB_NOT_NUMBER:
		return "Value must be a number.";
	case SB_NOT_INTEGER:
		return "Value must be an integer.";
	case SB_NOT_BOOLEAN:
		return "Value must be a boolean.";
	case SB_NOT_DATE:
		return "Value must be a date (YYYY-MM-DD).";
	case SB_NOT_DATETIME:
		return "Value must be a date and time in ISO 8601.";
	case SB_NOT_OPTION:
		return arena_printf(arena, "Value must be one of: %s.",
				    choices_of(check->call, field));
	case SB_TOO_LONG:
		return arena_printf(arena, "Value must be at most %d characters long.",
				    field->max_len);
	case SB_NOT_EMAIL:
		return "Value must be a valid email address.";
	case SB_NOT_TEXT:
		break;
	}
	return "Value must be a string.";
}

static bool is_iso(const json_t *value, bool may_have_time)
{
	const char *text = json_string_value(value);
	int64_t ms;

	return text && strlen(text) >= 10 && text[4] == '-' && sb_time_parse(text, &ms) &&
	       (may_have_time || strlen(text) == 10);
}

/* Numbers that are computed with. */
static const char *out_of_bounds(const struct sb_field *field, const json_t *value)
{
	json_int_t number = json_integer_value(value);

	if (strcmp(field->name, "confidence") == 0 && (number < 0 || number > 100))
		return "Value must be between 0 and 100.";
	if (strcmp(field->name, "value") == 0 &&
	    (number < -CLOSE_VALUE_MAX || number > CLOSE_VALUE_MAX))
		return "Value must have at most 12 digits.";
	return NULL;
}

/* What is wrong with one value, or NULL. */
static const char *wrong_with(struct check *check, const struct sb_field *field,
			      const json_t *value)
{
	if (field->type == SB_REFERENCE)
		return json_is_string(value) && sb_live_find(check->call->account,
							     field->refers_to,
							     json_string_value(value)) ?
			       NULL :
			       arena_printf(check->call->arena,
					    "Value must be the id of an existing %s.",
					    field->refers_to);
	if (field->type == SB_DATE)
		return is_iso(value, false) ? NULL : "Value must be a date (YYYY-MM-DD).";
	if (field->type == SB_DATETIME)
		return is_iso(value, true) ? NULL : "Value must be a date and time in ISO 8601.";
	if ((field->type == SB_PICKLIST || field->type == SB_MULTI) && !json_is_string(value))
		return "Value must be a string.";
	if (field->type == SB_MULTI && !(field->flags & SB_OPEN) &&
	    !sb_field_option(field, json_string_value(value)))
		return arena_printf(check->call->arena, "Value must be one of: %s.",
				    choices_of(check->call, field));
	if (json_is_integer(value) && out_of_bounds(field, value))
		return out_of_bounds(field, value);
	return misfit_of(check, field, value);
}

static const char *wrong_with_all(struct check *check, const struct sb_field *field,
				  const json_t *list)
{
	const char *wrong = json_is_array(list) ? NULL : "Value must be a list.";
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!wrong)
			wrong = wrong_with(check, field, item);
	return wrong;
}

static void take(struct check *check, const struct sb_field *field, const char *key,
		 json_t *value)
{
	take_item *taker = taker_of(field->kind);
	const char *wrong;

	if (json_is_null(value)) {
		bool has_default = field->flags & CLOSE_ALWAYS && !check->record;

		if (field->flags & (SB_REQUIRED | CLOSE_ALWAYS) && !has_default)
			say(check->errors, key, "This field is required.");
		else if (!has_default)
			json_object_set(check->values, field->name, value);
		return;
	}
	if (taker && json_is_array(value)) {
		take_items(check, field, taker, value);
		return;
	}
	wrong = taker			   ? "Value must be a list." :
		field->flags & CLOSE_LIST ? wrong_with_all(check, field, value) :
					     wrong_with(check, field, value);
	if (!wrong && field->flags & SB_REQUIRED && text_equal(json_string_value(value), ""))
		wrong = "This field is required.";
	if (wrong)
		say(check->errors, key, "%s", wrong);
	else
		json_object_set(check->values, field->name, value);
}

/* --- custom fields (3) --- */

struct sb_field *sb_close_custom(struct sb_call *call, const struct sb_object *object,
				 const char *key)
{
	struct sb_field *field =
		sb_field_find(object, arena_printf(call->arena, CLOSE_CUSTOM "%s", key));

	if (!field && sb_switch(call->account, "custom_names"))
		for (size_t i = 0; i < sb_object_nfields(object); i++) {
			struct sb_field *named = sb_object_field(object, i);

			if (named->flags & SB_CUSTOM && !(named->flags & SB_ARCHIVED) &&
			    text_equal_nocase(named->label, key))
				field = named;
		}
	return field && field->flags & SB_CUSTOM && !(field->flags & SB_HIDDEN) ? field : NULL;
}

/* ".add" and ".remove" change one value of several. */
static json_t *changed_list(struct check *check, const struct sb_field *field, json_t *value,
			    bool is_added)
{
	json_t *now = check->record ? sb_record_value(check->record, field) : NULL, *item;
	json_t *list = json_keep(check->call->arena, json_array());
	size_t i;

	json_array_foreach(now, i, item)
		if (!json_equal(item, value))
			json_array_append(list, item);
	if (is_added)
		json_array_append(list, value);
	json_decref(now);
	return list;
}

static void take_custom(struct check *check, const char *key, json_t *value)
{
	const char *name = arena_printf(check->call->arena, CLOSE_CUSTOM "%s", key);
	bool is_added = text_ends(key, ".add"), is_removed = text_ends(key, ".remove");
	size_t len = strlen(key) - (is_added ? 4 : is_removed ? 7 : 0);
	const struct sb_field *field = sb_close_custom(
		check->call, check->object, arena_strndup(check->call->arena, key, len));

	if (!field) {
		say(check->errors, name, "The Custom Field \"%.100s\" does not exist.", key);
		return;
	}
	if (!is_added && !is_removed)
		take(check, field, name, value);
	else if (field->flags & CLOSE_LIST)
		take(check, field, name, changed_list(check, field, value, is_added));
	else
		say(check->errors, name, "This field does not accept multiple values.");
}

/* The old way to write them: {"custom": {"Source": "Web"}}. */
static void take_dict(struct check *check, json_t *dict)
{
	const char *key;
	json_t *value;

	if (!json_is_object(dict))
		say(check->errors, "custom", "Value must be an object.");
	json_object_foreach(dict, key, value)
		take_custom(check, key, value);
}

/* --- keys --- */

/* A lead's status may be given by its label, but not by both. */
static void take_status(struct check *check, const json_t *body, const json_t *label)
{
	struct sb_object *statuses = sb_object_find(check->call->account, "lead_status");

	if (json_object_get(body, "status_id")) {
		say(check->errors, "status", "Only one of status and status_id can be given.");
		return;
	}
	for (size_t i = 0; json_is_string(label) && i < sb_object_count(statuses); i++) {
		const struct sb_record *status = sb_object_record(statuses, i);

		if (status->state != SB_LIVE ||
		    !text_equal(sb_record_text_of(status, "label", check->call->arena),
				json_string_value(label)))
			continue;
		json_object_set_new(check->values, "status_id", json_string(status->id));
		return;
	}
	say(check->errors, "status", "Value must be the label of an existing status.");
}

/* An unknown key is taken and forgotten, and so is one that cannot be written (5). */
static void take_key(struct check *check, const json_t *body, const char *name, json_t *value)
{
	const struct sb_field *field = sb_field_find(check->object, name);
	bool is_lead = strcmp(sb_object_spec(check->object)->name, "lead") == 0;

	if (text_starts(name, CLOSE_CUSTOM))
		take_custom(check, name + strlen(CLOSE_CUSTOM), value);
	else if (strcmp(name, "custom") == 0)
		take_dict(check, value);
	else if (is_lead && strcmp(name, "status") == 0)
		take_status(check, body, value);
	else if (field && !(field->flags & (SB_READ_ONLY | SB_HIDDEN | SB_CUSTOM)))
		take(check, field, name, value);
}

static void require(struct check *check)
{
	for (size_t i = 0; i < sb_object_nfields(check->object); i++) {
		const struct sb_field *field = sb_object_field(check->object, i);

		if (field->flags & SB_REQUIRED && !(field->flags & (SB_ARCHIVED | SB_HIDDEN)) &&
		    !json_object_get(check->values, field->name))
			say(check->errors, field->name, "This field is required.");
	}
}

json_t *sb_close_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			const struct sb_record *record, json_t *errors)
{
	struct check check = { .call = call, .object = object, .record = record,
			       .errors = errors };
	const char *name;
	json_t *value;

	check.values = json_keep(call->arena, json_object());
	if (sb_bad_record(call, 0))
		say(errors, "name", "Value must be a string.");
	json_object_foreach((json_t *)body, name, value)
		take_key(&check, body, name, value);
	if (!record)
		require(&check);
	return check.values;
}
