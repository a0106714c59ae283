/* freshsales_write.c - what Freshsales takes and refuses of a record (4, 5, 9). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"

struct check {
	struct sb_call *call;
	struct sb_object *object;
	const struct sb_record *record; /* NULL: a new one */
	json_t *values;
	const char *sentence;           /* the first that is wrong, or NULL */
};

static void say(struct check *check, const char *sentence)
{
	if (!check->sentence)
		check->sentence = sentence;
}

/* `field` is NULL when an administrator renamed it. */
static void refuse(struct check *check, const struct sb_field *field, const char *what)
{
	say(check, arena_printf(check->call->arena, "%s %s", field ? field->label : "Field", what));
}

/* --- addresses --- */

static const struct sb_field *email_field(const struct check *check)
{
	return sb_field_find(check->object, "email");
}

/* An address keeps the id that it has. */
static json_t *id_of_email(struct check *check, const json_t *old, const char *email)
{
	json_t *extra = check->call->account->extra, *item;
	int64_t id = json_int_of(extra, "email_id", 1);
	size_t i;

	json_array_foreach((json_t *)old, i, item)
		if (text_equal_nocase(json_string_of(item, "value"), email))
			return json_incref(json_object_get(item, "id"));
	json_object_set_new(extra, "email_id", json_integer(id + 1));
	return json_integer(id);
}

static bool has_email(const json_t *list, const char *email)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal_nocase(json_string_of(item, "value"), email))
			return true;
	return false;
}

static void add_email(struct check *check, json_t *list, const json_t *old, const json_t *item)
{
	const char *email = json_is_object(item) ? json_string_of(item, "value") :
						   json_string_value(item);
	bool is_primary = json_is_true(json_object_get(item, "is_primary"));
	json_t *json;

	if (!email || !sb_is_email(email)) {
		refuse(check, email_field(check), "is invalid");
		return;
	}
	if (has_email(list, email))
		return;
	json = json_pack("{so ss sb sO?}", "id", id_of_email(check, old, email), "value", email,
			 "is_primary", 0, "label", json_object_get(item, "label"));
	if (is_primary)
		json_array_insert_new(list, 0, json);
	else
		json_array_append_new(list, json);
}

/* The first is the primary one. */
static void keep_emails(struct check *check, json_t *list)
{
	json_t *first = json_array_get(list, 0);

	if (check->sentence)
		return;
	if (first)
		json_object_set_new(first, "is_primary", json_true());
	json_object_set(check->values, "emails", list);
	json_object_set_new(check->values, "email",
			    first ? json_incref(json_object_get(first, "value")) : json_null());
}

static json_t *emails_before(struct check *check)
{
	return json_keep(check->call->arena,
			 check->record ? sb_fresh_emails(check->record) : json_array());
}

/* A text, or a list of texts and of what was read: it replaces what there is. */
static void take_emails(struct check *check, const json_t *value)
{
	json_t *list = json_keep(check->call->arena, json_array()), *item;
	const json_t *old = emails_before(check);
	size_t i;

	if (json_is_array(value))
		json_array_foreach((json_t *)value, i, item)
			add_email(check, list, old, item);
	else if (!json_is_null(value))
		add_email(check, list, old, value);
	keep_emails(check, list);
}

/* The primary address alone; the others stay. */
static void take_email(struct check *check, const json_t *value)
{
	json_t *list = json_keep(check->call->arena, json_array()), *item;
	const json_t *old = emails_before(check);
	size_t i;

	if (!json_is_null(value) && !text_equal(json_string_value(value), ""))
		add_email(check, list, old, value);
	json_array_foreach((json_t *)old, i, item)
		if (i > 0)
			add_email(check, list, old, item);
	keep_emails(check, list);
}

/* --- references --- */

static bool are_there(struct check *check, const char *object, const json_t *ids)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)ids, i, item) {
		const json_t *id = json_is_object(item) ? json_object_get(item, "id") : item;

		if (!sb_live_find(check->call->account, object,
				  sb_id_text(check->call->arena, id)))
			return false;
	}
	return json_is_array(ids);
}

/* [{"id": 1}]: plain ids are the mistake that users make (11). */
static void take_accounts(struct check *check, json_t *value)
{
	bool fits = are_there(check, "sales_accounts", value);
	size_t i;
	json_t *item;

	json_array_foreach(value, i, item)
		fits = fits && json_is_object(item);
	if (fits)
		json_object_set(check->values, "sales_accounts", value);
	else
		say(check, "The type for sales_accounts is invalid.");
}

static void take_contacts(struct check *check, json_t *value)
{
	if (are_there(check, "contacts", value))
		json_object_set(check->values, "contacts_added_list", value);
	else
		say(check, "The type for contacts_added_list is invalid.");
}

static bool is_texts(const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(list);
}

static void take_tags(struct check *check, json_t *value)
{
	if (is_texts(value))
		json_object_set(check->values, "tags", value);
	else
		refuse(check, sb_field_find(check->object, "tags"), "is invalid");
}

/* --- fields --- */

static void take(struct check *check, const struct sb_field *field, json_t *value)
{
	bool is_blank = json_is_null(value) || text_equal(json_string_value(value), "");
	enum sb_misfit misfit = sb_field_check(field, value, SB_WIRE_JSON);

	if (is_blank && field->flags & SB_REQUIRED)
		refuse(check, field, "can't be blank");
	else if (is_blank)
		json_object_set_new(check->values, field->name, json_null());
	else if (field->type == SB_REFERENCE &&
		 !sb_live_find(check->call->account, field->refers_to,
			       sb_id_text(check->call->arena, value)))
		refuse(check, field, "is invalid");
	else if (misfit == SB_TOO_LONG)
		refuse(check, field,
		       arena_printf(check->call->arena, "is too long (maximum is %d characters)",
				    field->max_len));
	else if (misfit != SB_FITS || (field->flags & FRESH_LIST && !json_is_array(value)))
		refuse(check, field, "is invalid");
	else
		json_object_set(check->values, field->name, value);
}

static void take_custom(struct check *check, json_t *custom)
{
	const char *name;
	json_t *value;

	if (!json_is_object(custom))
		say(check, "The type for custom_field is invalid.");
	json_object_foreach(custom, name, value) {
		const struct sb_field *field = sb_field_find(check->object, name);

		if (field && field->flags & SB_CUSTOM && !(field->flags & SB_HIDDEN))
			take(check, field, value);
		else
			say(check, arena_printf(check->call->arena,
						"%.64s is not a valid field", name));
	}
}

static void take_key(struct check *check, const char *name, json_t *value)
{
	static const struct {
		const char *name;
		void (*take)(struct check *check, json_t *value);
	} shapes[] = {
		{ "sales_accounts", take_accounts },
		{ "contacts_added_list", take_contacts },
		{ "tags", take_tags },
	};
	const struct sb_field *field = sb_field_find(check->object, name);

	if (strcmp(name, "custom_field") == 0) {
		take_custom(check, value);
		return;
	}
	if (!field || field->flags & (SB_READ_ONLY | SB_HIDDEN | SB_CUSTOM))
		return;
	if (sb_fresh_is_person(check->object) && strcmp(name, "emails") == 0) {
		take_emails(check, value);
		return;
	}
	if (sb_fresh_is_person(check->object) && strcmp(name, "email") == 0) {
		take_email(check, value);
		return;
	}
	for (size_t i = 0; !json_is_null(value) && i < ARRAY_LEN(shapes); i++)
		if (strcmp(shapes[i].name, name) == 0) {
			shapes[i].take(check, value);
			return;
		}
	take(check, field, value);
}

/* --- the whole record --- */

static void check_unique(struct check *check, const struct sb_field *field, const char *text)
{
	const struct sb_record *other =
		text ? sb_fresh_find(check->call, check->object, field->name, text) : NULL;

	if (other && other != check->record)
		refuse(check, field, "has already been taken");
}

static void check_uniques(struct check *check)
{
	const char *words = sb_fresh_kind_of(check->object)->uniques;
	size_t i;
	json_t *item;

	for (i = 0; i < sb_object_nfields(check->object); i++) {
		const struct sb_field *field = sb_object_field(check->object, i);

		if (sb_has_word(words, field->name) || field->flags & SB_UNIQUE)
			check_unique(check, field, json_string_of(check->values, field->name));
	}
	json_array_foreach(json_object_get(check->values, "emails"), i, item)
		if (email_field(check))
			check_unique(check, email_field(check), json_string_of(item, "value"));
}

/* One of address, phone and external id is needed of a new person (4). */
static bool has_identifier(const struct check *check)
{
	static const char *const names[] = { "email", "mobile_number", "work_number",
					     "external_id" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_is_string(json_object_get(check->values, names[i])))
			return true;
	return false;
}

static void check_new(struct check *check)
{
	for (size_t i = 0; i < sb_object_nfields(check->object); i++) {
		const struct sb_field *field = sb_object_field(check->object, i);

		if (field->flags & SB_REQUIRED && !json_object_get(check->values, field->name))
			refuse(check, field, "can't be blank");
	}
	if (sb_fresh_is_person(check->object) &&
	    sb_switch(check->call->account, "needs_identifier") && !has_identifier(check))
		say(check, "Email, phone number or external id can't be blank");
}

/* Whether a change of either half of the target still names a record. */
static void check_target(struct check *check)
{
	struct arena *arena = check->call->arena;
	const json_t *id = json_object_get(check->values, "targetable_id");
	const char *model = json_string_of(check->values, "targetable_type");
	const char *number = id ? sb_id_text(arena, id) : NULL;
	const struct sb_object *object;

	if (!id && !model)
		return;
	if (!model && check->record)
		model = sb_record_text_of(check->record, "targetable_type", arena);
	if (!number && check->record)
		number = sb_record_text_of(check->record, "targetable_id", arena);
	object = sb_fresh_object_of_model(check->call, model);
	if (!object || !sb_live_find(check->call->account, sb_object_spec(object)->name, number))
		say(check, "Targetable is invalid");
}

json_t *sb_fresh_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			const struct sb_record *except, const char **sentence)
{
	struct check check = { .call = call, .object = object, .record = except };
	const char *name;
	json_t *value;

	check.values = json_keep(call->arena, json_object());
	if (!json_is_object(body))
		say(&check, "The record is invalid");
	json_object_foreach((json_t *)body, name, value)
		take_key(&check, name, value);
	if (!except)
		check_new(&check);
	check_target(&check);
	check_uniques(&check);
	*sentence = check.sentence;
	return check.sentence ? NULL : check.values;
}

/* --- finding by what is unique --- */

struct wanted {
	const char *email;
	struct sb_record *found;
};

/* An address that a person once had is still in the index: the list decides. */
static bool has_address(struct sb_record *person, void *context)
{
	struct wanted *wanted = context;
	json_t *emails = sb_fresh_emails(person);

	if (has_email(emails, wanted->email))
		wanted->found = person;
	json_decref(emails);
	return !wanted->found;
}

struct sb_record *sb_fresh_find(struct sb_call *call, struct sb_object *object,
				const char *field, const char *text)
{
	const struct sb_field *of;
	struct wanted wanted = { text, NULL };

	if (strcmp(field, "id") == 0)
		return sb_live_find(call->account, sb_object_spec(object)->name, text);
	if (!sb_fresh_is_person(object) || !sb_has_word("email|emails", field)) {
		of = sb_field_find(object, field);
		return of && of->flags & SB_INDEXED ? sb_record_by(of, text) : NULL;
	}
	sb_record_each(sb_field_find(object, "email"), text, has_address, &wanted);
	return wanted.found;
}

/* --- writing --- */

/* Lets a person be found by every address. */
static void index_emails(struct sb_call *call, struct sb_record *record)
{
	const struct sb_field *field = sb_field_find(record->object, "email");
	json_t *list = json_keep(call->arena, sb_fresh_emails(record)), *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (field && i > 0)
			sb_record_alias(call, record, field, json_string_of(item, "value"));
}

/* What is done with somebody moves them: their update time, and when they were last spoken
 * to (7). */
static void touch_target(struct sb_call *call, const struct sb_record *activity)
{
	struct sb_object *object = sb_fresh_object_of_model(
		call, sb_record_text_of(activity, "targetable_type", call->arena));
	struct sb_record *target =
		object ? sb_record_find(object, sb_text(call, activity, "targetable_id")) : NULL;
	const struct sb_record *type = sb_live_find(
		call->account, "sales_activity_types",
		sb_record_text_of(activity, "sales_activity_type_id", call->arena));

	if (!target || target->state != SB_LIVE || !sb_fresh_is_person(object))
		return;
	sb_record_update(call, target,
			 json_keep(call->arena,
				   json_pack("{so ss}", "last_contacted",
					     sb_render_time(call, call->now, SB_TIME_OFFSET),
					     "last_contacted_sales_activity_mode",
					     type ? sb_text(call, type, "name") : "Phone")));
}

struct sb_record *sb_fresh_create(struct sb_call *call, struct sb_object *object,
				  json_t *values)
{
	const char *name = sb_object_spec(object)->name;
	struct sb_record *record;

	if (sb_fresh_is_person(object))
		sb_set_default(values, "lead_score", json_integer(0));
	if (strcmp(name, "contacts") == 0) {
		sb_set_default(values, "lifecycle_stage_id", json_integer(16002001));
		sb_set_default(values, "contact_status_id", json_integer(16003001));
	}
	if (strcmp(name, "tasks") == 0)
		sb_set_default(values, "status", json_integer(0));
	record = sb_record_create(call, object, values, NULL);
	if (record && sb_fresh_is_person(object))
		index_emails(call, record);
	if (record && sb_has_word("sales_activities|phone_calls", name))
		touch_target(call, record);
	return record;
}

void sb_fresh_update(struct sb_call *call, struct sb_record *record, json_t *values)
{
	sb_record_update(call, record, values);
	if (sb_fresh_is_person(record->object))
		index_emails(call, record);
}
