/* close_render.c - records as Close shows them (4, 6). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

static json_t *time_of(const struct sb_call *call, int64_t ms)
{
	return sb_render_time(call, ms, SB_TIME_MICRO);
}

static const char *text_of(struct sb_call *call, const struct sb_record *record,
			   const char *field)
{
	return record ? sb_record_text_of(record, field, call->arena) : NULL;
}

/* The record that a field names, of any state, or NULL. */
static const struct sb_record *named(struct sb_call *call, const struct sb_record *record,
				     const char *field, const char *object)
{
	const char *id = text_of(call, record, field);

	return id ? sb_record_find(sb_object_find(call->account, object), id) : NULL;
}

static json_t *full_name(struct sb_call *call, const struct sb_record *user)
{
	const char *first = text_of(call, user, "first_name");
	const char *last = text_of(call, user, "last_name");

	return user ? sb_json_printf("%s %s", first ? first : "", last ? last : "") :
		      json_null();
}

static void set_text(json_t *json, const char *name, const char *text)
{
	json_object_set_new(json, name, text ? json_string(text) : json_null());
}

/* Only what has a value; what the organization's role may not see is never there. */
static void add_custom(const struct sb_record *record, json_t *json)
{
	for (size_t i = 0; i < sb_object_nfields(record->object); i++) {
		const struct sb_field *field = sb_object_field(record->object, i);
		json_t *value;

		if (!(field->flags & SB_CUSTOM) || field->flags & (SB_ARCHIVED | SB_HIDDEN))
			continue;
		value = sb_record_value(record, field);
		if (value)
			json_object_set_new(json, field->name, value);
	}
}

/* What every kind has. */
static json_t *begin(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_record *user = sb_close_user(call->account);
	json_t *json = json_pack("{ss ss so so ss ss}", "id", record->id, "organization_id",
				 sb_close_organization(call), "date_created",
				 time_of(call, record->created_at), "date_updated",
				 time_of(call, record->updated_at), "created_by", user->id,
				 "updated_by", user->id);

	json_object_set_new(json, "created_by_name", full_name(call, user));
	json_object_set_new(json, "updated_by_name", full_name(call, user));
	return json;
}

static const char *display_name(struct sb_call *call, const struct sb_record *lead)
{
	const char *name = text_of(call, lead, "name");

	return text_is_empty(name) ? "Untitled" : name;
}

static json_t *ids_of_contacts(struct sb_call *call, const struct sb_record *lead)
{
	struct sb_record **found;
	size_t count = sb_close_of_lead(call, "contact", lead->id, &found);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(found[i]->id));
	return list;
}

static json_t *lead_json(struct sb_call *call, const struct sb_record *lead)
{
	const struct sb_record *status = named(call, lead, "status_id", "lead_status");
	json_t *json = begin(call, lead);

	sb_render_fields(lead, 0, SB_CUSTOM, CLOSE_LIST, json);
	if (json_is_null(json_object_get(json, "description")))
		json_object_set_new(json, "description", json_string(""));
	set_text(json, "display_name", display_name(call, lead));
	set_text(json, "status_label", text_of(call, status, "label"));
	json_object_set_new(json, "html_url",
			    sb_json_printf("https://app.close.com/lead/%s/", lead->id));
	json_object_set_new(json, "contact_ids", ids_of_contacts(call, lead));
	add_custom(lead, json);
	return json;
}

static json_t *contact_json(struct sb_call *call, const struct sb_record *contact)
{
	const char *name = text_of(call, contact, "name");
	json_t *json = begin(call, contact);

	sb_render_fields(contact, 0, SB_CUSTOM, CLOSE_LIST, json);
	set_text(json, "display_name", name ? name : "");
	json_object_set_new(json, "integration_links", json_array());
	add_custom(contact, json);
	return json;
}

/* A year's worth of a value. */
static json_t *annualized(json_int_t value, const char *period)
{
	return json_integer(text_equal(period, "monthly") ? value * 12 : value);
}

static void add_values(struct sb_call *call, const struct sb_record *record, json_t *json)
{
	const json_t *value = json_object_get(json, "value");
	const char *period = text_of(call, record, "value_period");
	json_int_t cents = json_integer_value(value), expected;
	json_int_t confidence = json_integer_value(json_object_get(json, "confidence"));

	set_text(json, "value_currency", "USD");
	if (!json_is_integer(value) || cents > CLOSE_VALUE_MAX || cents < -CLOSE_VALUE_MAX ||
	    confidence < 0 || confidence > 100) {
		set_text(json, "value_formatted", NULL);
		set_text(json, "expected_value", NULL);
		set_text(json, "annualized_value", NULL);
		set_text(json, "annualized_expected_value", NULL);
		return;
	}
	expected = cents * confidence / 100;
	json_object_set_new(json, "value_formatted",
			    sb_json_printf("$%lld.%02lld%s", (long long)(cents / 100),
					   (long long)(cents % 100 < 0 ? -(cents % 100) :
									 cents % 100),
					   text_equal(period, "monthly") ? " monthly" :
					   text_equal(period, "annual")	 ? " annual" :
									   ""));
	json_object_set_new(json, "expected_value", json_integer(expected));
	json_object_set_new(json, "annualized_value", annualized(cents, period));
	json_object_set_new(json, "annualized_expected_value", annualized(expected, period));
}

static json_t *opportunity_json(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_record *status = named(call, record, "status_id", "opportunity_status");
	const struct sb_record *pipeline = named(call, status, "pipeline_id", "pipeline");
	const struct sb_record *lead = named(call, record, "lead_id", "lead");
	json_t *json = begin(call, record);

	sb_render_fields(record, 0, SB_CUSTOM, CLOSE_LIST, json);
	set_text(json, "status_label", text_of(call, status, "label"));
	set_text(json, "status_display_name", text_of(call, status, "label"));
	set_text(json, "status_type", text_of(call, status, "type"));
	set_text(json, "pipeline_id", pipeline ? pipeline->id : NULL);
	set_text(json, "pipeline_name", text_of(call, pipeline, "name"));
	set_text(json, "lead_name", lead ? display_name(call, lead) : NULL);
	set_text(json, "contact_name",
		 text_of(call, named(call, record, "contact_id", "contact"), "name"));
	json_object_set_new(json, "user_name",
			    full_name(call, named(call, record, "user_id", "user")));
	set_text(json, "date_lost", NULL);
	add_values(call, record, json);
	add_custom(record, json);
	return json;
}

static json_t *task_json(struct sb_call *call, const struct sb_record *task)
{
	const struct sb_record *lead = named(call, task, "lead_id", "lead");
	json_t *json = begin(call, task);

	sb_render_fields(task, 0, 0, CLOSE_LIST, json);
	set_text(json, "lead_name", lead ? display_name(call, lead) : NULL);
	json_object_set_new(json, "assigned_to_name",
			    full_name(call, named(call, task, "assigned_to", "user")));
	json_object_set(json, "due_date", json_object_get(json, "date"));
	return json;
}

static void add_member(const struct sb_record *record, const char *name, json_t *json)
{
	const struct sb_field *field = sb_field_find(record->object, name);
	json_t *value = field ? sb_record_value(record, field) : NULL;

	if (!value)
		value = field && field->flags & CLOSE_LIST ? json_array() : json_null();
	json_object_set_new(json, name, value);
}

/* What is shown beside what can be written. */
static void add_unset(const char *names, json_t *json)
{
	while (*names) {
		size_t len = strcspn(names, "|");

		json_object_setn_new(json, names, len, json_null());
		names += len + (names[len] == '|');
	}
}

static void add_number(struct sb_call *call, const char *which, json_t *json)
{
	const char *text = json_string_of(
		json, arena_printf(call->arena, "%s_phone", which));
	struct sb_close_phone phone = { NULL };

	if (text && !sb_close_phone(call->arena, text, &phone))
		phone.formatted = text;
	set_text(json, arena_printf(call->arena, "%s_phone_formatted", which), phone.formatted);
	set_text(json, arena_printf(call->arena, "%s_country_iso", which),
		 phone.country ? phone.country : "");
}

static void add_message(struct sb_call *call, const char *type, json_t *json)
{
	bool is_sent = text_equal(json_string_of(json, "status"), "sent");
	bool is_received = text_equal(json_string_of(json, "status"), "inbox");

	set_text(json, "date_sent", is_sent ? json_string_of(json, "activity_at") : NULL);
	if (strcmp(type, "SMS") == 0) {
		add_number(call, "local", json);
		add_number(call, "remote", json);
		return;
	}
	set_text(json, "direction", is_received ? "incoming" : "outgoing");
	json_object_set_new(json, "message_ids", json_array());
	json_object_set_new(json, "references", json_array());
	json_object_set_new(json, "has_reply", json_false());
	json_object_set_new(json, "need_smtp_credentials", json_false());
	json_object_set_new(json, "followup_sequence_add_cc_bcc", json_false());
}

static json_t *activity_json(struct sb_call *call, const struct sb_record *activity)
{
	static const char common[] = "_type|lead_id|contact_id|user_id|activity_at";
	const struct sb_close_activity *type =
		sb_close_activity_of(text_of(call, activity, "_type"));
	json_t *json = begin(call, activity);
	const char *user;

	for (size_t i = 0; i < sb_object_nfields(activity->object); i++) {
		const char *name = sb_object_field(activity->object, i)->name;

		if (sb_has_word(common, name) ||
		    (type && sb_has_word(type->fields, name)))
			add_member(activity, name, json);
	}
	if (type)
		add_unset(type->unset, json);
	if (type && sb_has_word("Email|SMS", type->type))
		add_message(call, type->type, json);
	if (type && strcmp(type->type, "Custom") == 0)
		add_custom(activity, json);
	user = text_of(call, activity, "user_id");
	json_object_set_new(json, "users", user ? json_pack("[s]", user) : json_array());
	json_object_set_new(json, "user_name",
			    full_name(call, named(call, activity, "user_id", "user")));
	return json;
}

static json_t *user_json(struct sb_call *call, const struct sb_record *user)
{
	json_t *json = json_pack("{ss so so s[s]}", "id", user->id, "date_created",
				 time_of(call, user->created_at), "date_updated",
				 time_of(call, user->updated_at), "organizations",
				 sb_close_organization(call));

	sb_render_fields(user, 0, 0, CLOSE_LIST, json);
	return json;
}

/* Statuses, pipelines, subscriptions. */
static json_t *setting_json(struct sb_call *call, const struct sb_record *record)
{
	json_t *json = json_pack("{ss ss}", "id", record->id, "organization_id",
				 sb_close_organization(call));

	sb_render_fields(record, 0, 0, CLOSE_LIST, json);
	return json;
}

static json_t *stamped_json(struct sb_call *call, const struct sb_record *record)
{
	json_t *json = begin(call, record);

	sb_render_fields(record, 0, 0, CLOSE_LIST, json);
	return json;
}

static const struct {
	const char *object;
	json_t *(*json)(struct sb_call *call, const struct sb_record *record);
} shapes[] = {
	{ "lead", lead_json },		{ "contact", contact_json },
	{ "opportunity", opportunity_json }, { "task", task_json },
	{ "activity", activity_json },	{ "user", user_json },
	{ "integration_link", stamped_json }, { "custom_activity", stamped_json },
	{ "bulk_edit", stamped_json },	      { "export", stamped_json },
};

json_t *sb_close_flat(struct sb_call *call, const struct sb_record *record)
{
	const char *name = sb_object_spec(record->object)->name;

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (strcmp(shapes[i].object, name) == 0)
			return shapes[i].json(call, record);
	return setting_json(call, record);
}

static void add_list(struct sb_call *call, const struct sb_record *lead, const char *object,
		     const char *name, json_t *json)
{
	struct sb_record **found;
	size_t count = sb_close_of_lead(call, object, lead->id, &found);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, sb_close_flat(call, found[i]));
	json_object_set_new(json, name, list);
}

json_t *sb_close_json(struct sb_call *call, const struct sb_record *record)
{
	json_t *json = sb_close_flat(call, record);

	if (strcmp(sb_object_spec(record->object)->name, "lead") != 0)
		return json;
	add_list(call, record, "contact", "contacts", json);
	add_list(call, record, "opportunity", "opportunities", json);
	add_list(call, record, "task", "tasks", json);
	return json;
}
