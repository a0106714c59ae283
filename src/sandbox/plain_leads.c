/* plain_leads.c - the plain CRM's leads: create, read, update, find by key, upsert, batch.
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/plain.h"
#include "sandbox/query.h"

#define BATCH_MAX 100
#define PAGE_MAX 200
#define CUSTOM_MAX 200

#define TEXT(name, label) { name, label, SB_TEXT, 0, 200, NULL, "text", NULL, NULL }
#define TIME(name, label) { name, label, SB_DATETIME, 0, 0, NULL, "datetime", NULL, NULL }
#define STATUSES "Qualified|Unqualified (Unsubscribed)|No Response"

static const struct sb_field_spec fields[] = {
	{ "enquiry_id", "Enquiry id", SB_TEXT, SB_UNIQUE, 100, NULL, "text", NULL, NULL },
	{ "fairlead_id", "Fairlead id", SB_TEXT, SB_UNIQUE, 100, NULL, "text", NULL, NULL },
	{ "email", "E-mail", SB_EMAIL, SB_INDEXED, 254, NULL, "email", NULL, NULL },
	{ "phone", "Phone", SB_PHONE, SB_INDEXED, 30, NULL, "phone", NULL, NULL },
	TEXT("first_name", "First name"),
	TEXT("last_name", "Last name"),
	TEXT("company", "Company"),
	TEXT("city", "City"),
	TEXT("country", "Country"),
	TEXT("source", "Source"),
	{ "message", "Message", SB_LONG_TEXT, 0, 10000, NULL, "textarea", NULL, NULL },
	{ "score", "Score", SB_NUMBER, 0, 0, NULL, "number", NULL, NULL },
	{ "owner", "Owner", SB_PICKLIST, 0, 0, "rae|sam", "picklist", NULL, NULL },
	{ "status", "Qualification status", SB_PICKLIST, 0, 0, STATUSES, "picklist", NULL, NULL },
	TIME("qualified_at", "Qualified at"),
	TIME("callback_at", "Callback at"),
	TEXT("channel", "Qualification channel"),
	TEXT("attempt", "Qualification attempt"),
	{ "notes", "Notes", SB_LONG_TEXT, 0, 10000, NULL, "textarea", NULL, NULL },
	{ "custom", "Custom fields", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

static const struct sb_field_spec update_fields[] = {
	{ "lead_id", "Lead", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "enquiry_id", "Enquiry id", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "values", "What was told", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

void plain_open_leads(struct sb_account *account)
{
	const struct sb_object_spec leads = { .name = "leads", .label = "Leads", .first = 1 };
	const struct sb_object_spec updates = { .name = "lead_updates", .label = "Lead updates",
						.first = 1 };

	sb_fields_add(sb_object_add(account, &leads), fields, ARRAY_LEN(fields));
	sb_fields_add(sb_object_add(account, &updates), update_fields, ARRAY_LEN(update_fields));
}

struct sb_object *plain_leads(const struct sb_call *call)
{
	return sb_object_find(call->account, "leads");
}

json_t *plain_lead_json(struct sb_call *call, const struct sb_record *lead)
{
	json_t *json = json_pack("{ss}", "id", lead->id);

	sb_render_fields(lead, 0, 0, 0, json);
	json_object_set_new(json, "created_at",
			    sb_render_time(call, lead->created_at, SB_TIME_ZULU));
	json_object_set_new(json, "updated_at",
			    sb_render_time(call, lead->updated_at, SB_TIME_ZULU));
	json_object_set_new(json, "version", json_integer(lead->version));
	return json;
}

/* --- the fields --- */

void plain_fields(struct sb_call *call)
{
	const struct sb_object *leads = plain_leads(call);
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_nfields(leads); i++) {
		const struct sb_field *field = sb_object_field(leads, i);
		json_t *options = json_array();

		for (size_t j = 0; j < field->noptions; j++)
			json_array_append_new(options, json_string(field->options[j].value));
		json_array_append_new(
			list, json_pack("{ss ss ss sb sb si so}", "name", field->name, "label",
					field->label, "type", sb_type_name(field->type), "unique",
					(field->flags & SB_UNIQUE) != 0, "required",
					(field->flags & SB_REQUIRED) != 0, "length", field->max_len,
					"options", options));
	}
	sb_reply_json(call, 200, json_pack("{so}", "fields", list));
}

/* --- what is taken --- */

static const char *what_is_wrong(enum sb_misfit misfit)
{
	switch (misfit) {
	case SB_FITS:
		return NULL;
	case SB_NOT_TEXT:
		return "is not a text";
	case SB_NOT_NUMBER:
	case SB_NOT_INTEGER:
		return "is not a number";
	case SB_NOT_BOOLEAN:
		return "is not true or false";
	case SB_NOT_DATE:
	case SB_NOT_DATETIME:
		return "is not a time";
	case SB_NOT_EMAIL:
		return "is not an address";
	case SB_NOT_OPTION:
		return "is not one of the options";
	case SB_TOO_LONG:
		break;
	}
	return "is too long";
}

/* An object of texts, numbers and booleans. */
static bool is_custom(const json_t *custom)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)custom, name, value)
		if (json_is_object(value) || json_is_array(value))
			return false;
	return json_is_object(custom) && json_object_size(custom) <= CUSTOM_MAX;
}

static void take(struct sb_call *call, const struct sb_field *field, json_t *value,
		 struct plain_refusal *refusal)
{
	const char *wrong = what_is_wrong(sb_field_check(field, value, SB_WIRE_JSON));
	bool is_blank = json_is_null(value) || text_equal(json_string_value(value), "");

	if (is_blank && field->flags & SB_REQUIRED)
		wrong = "is required";
	else if (field->type == SB_JSON && !is_blank && !is_custom(value))
		wrong = "is not an object of plain values";
	else if (field->type == SB_PICKLIST && !is_blank && !json_is_string(value))
		wrong = "is not one of the options";
	if (wrong)
		plain_wrong(call, refusal, 422, "invalid_value", field->name, "%s: %s",
			    field->name, wrong);
}

static void check_uniques(struct sb_call *call, const json_t *values,
			  const struct sb_record *except, struct plain_refusal *refusal)
{
	struct sb_field *field;
	const struct sb_record *other =
		sb_record_clash(plain_leads(call), values, except, &field);
	const char *email = json_string_of(values, "email");

	if (!other && email && sb_switch(call->account, "unique_email")) {
		field = sb_field_find(plain_leads(call), "email");
		other = sb_record_by(field, email);
	}
	if (!other || other == except || refusal->code)
		return;
	plain_wrong(call, refusal, 409, "duplicate", field->name, "%s: there is such a lead",
		    field->name);
	refusal->id = other->id;
}

static void check_required(struct sb_call *call, const json_t *body,
			   struct plain_refusal *refusal)
{
	const struct sb_object *leads = plain_leads(call);

	for (size_t i = 0; i < sb_object_nfields(leads); i++) {
		const struct sb_field *field = sb_object_field(leads, i);

		if (field->flags & SB_REQUIRED && !json_object_get(body, field->name))
			plain_wrong(call, refusal, 422, "required", field->name,
				    "%s: is required", field->name);
	}
}

json_t *plain_values(struct sb_call *call, const json_t *body, const struct sb_record *except,
		     struct plain_refusal *refusal)
{
	const char *name;
	json_t *value;

	if (!json_is_object(body))
		plain_wrong(call, refusal, 400, "invalid_json", NULL, "a lead is an object");
	json_object_foreach((json_t *)body, name, value) {
		const struct sb_field *field = sb_field_find(plain_leads(call), name);

		if (field && !(field->flags & (SB_HIDDEN | SB_READ_ONLY)))
			take(call, field, value, refusal);
		else
			plain_wrong(call, refusal, 422, "unknown_field",
				    arena_strdup(call->arena, name), "%.64s: no such field", name);
	}
	if (!except && !refusal->code)
		check_required(call, body, refusal);
	if (!refusal->code)
		check_uniques(call, body, except, refusal);
	return refusal->code ? NULL : json_keep(call->arena, json_copy((json_t *)body));
}

/* --- one lead --- */

static struct sb_record *lead_of(struct sb_call *call)
{
	struct sb_record *lead = sb_live_find(call->account, "leads", sb_param(call, 0));

	if (!lead)
		plain_fail(call, 404, "not_found", "no such lead");
	return lead;
}

static void set_key(struct sb_call *call, const json_t *values)
{
	if (!call->key)
		call->key = json_string_of(values, "fairlead_id");
}

static struct sb_record *create(struct sb_call *call, const json_t *body,
				struct plain_refusal *refusal)
{
	json_t *values = plain_values(call, body, NULL, refusal);
	struct sb_record *lead;

	if (!values)
		return NULL;
	set_key(call, values);
	lead = sb_record_create(call, plain_leads(call), values, NULL);
	if (!lead)
		plain_wrong(call, refusal, 507, "full", NULL, "the store is full");
	return lead;
}

static bool update(struct sb_call *call, struct sb_record *lead, const json_t *body,
		   struct plain_refusal *refusal)
{
	json_t *values = plain_values(call, body, lead, refusal);

	if (!values)
		return false;
	set_key(call, values);
	sb_record_update(call, lead, values);
	return true;
}

void plain_read(struct sb_call *call)
{
	const struct sb_record *lead = lead_of(call);

	if (lead)
		sb_reply_json(call, 200, plain_lead_json(call, lead));
}

void plain_create(struct sb_call *call)
{
	struct plain_refusal refusal = { 0 };
	const json_t *body = sb_json(call);
	const struct sb_record *lead = body ? create(call, body, &refusal) : NULL;

	if (lead)
		sb_reply_json(call, 201, plain_lead_json(call, lead));
	else if (body)
		plain_refuse(call, &refusal);
}

void plain_update(struct sb_call *call)
{
	struct sb_record *lead = lead_of(call);
	const json_t *body = lead ? sb_json(call) : NULL;
	struct plain_refusal refusal = { 0 };

	if (!body)
		return;
	if (update(call, lead, body, &refusal))
		sb_reply_json(call, 200, plain_lead_json(call, lead));
	else
		plain_refuse(call, &refusal);
}

void plain_delete(struct sb_call *call)
{
	struct sb_record *lead = lead_of(call);

	if (!lead)
		return;
	sb_record_delete(call, lead);
	sb_reply_empty(call, 204);
}

/* --- by key --- */

/* PUT /leads/by/fairlead_id/x: 201 when it was not there. The key is written too. */
void plain_upsert(struct sb_call *call)
{
	const struct sb_field *field = sb_field_find(plain_leads(call), sb_param(call, 0));
	const json_t *body = sb_json(call);
	struct plain_refusal refusal = { 0 };
	struct sb_record *lead;
	json_t *whole;
	bool is_new;

	if (!body)
		return;
	if (!field || !(field->flags & SB_UNIQUE)) {
		plain_fail(call, 404, "not_found", "leads have no key of that name");
		return;
	}
	whole = json_keep(call->arena,
			  json_is_object(body) ? json_copy((json_t *)body) : json_object());
	json_object_set_new(whole, field->name, json_string(sb_param(call, 1)));
	lead = sb_record_by(field, sb_param(call, 1));
	is_new = !lead;
	if (is_new)
		lead = create(call, whole, &refusal);
	else
		update(call, lead, whole, &refusal);
	if (refusal.code)
		plain_refuse(call, &refusal);
	else
		sb_reply_json(call, is_new ? 201 : 200, plain_lead_json(call, lead));
}

/* --- a batch --- */

/* Written by the key that it carries, else new. */
static json_t *write_item(struct sb_call *call, const json_t *item, size_t index)
{
	const struct sb_field *key = sb_field_find(plain_leads(call), "fairlead_id");
	const char *text = json_string_of(item, "fairlead_id");
	struct plain_refusal refusal = { 0 };
	struct sb_record *lead = key && text ? sb_record_by(key, text) : NULL;
	bool is_new = !lead;
	json_t *row;

	call->key = text;
	if (sb_bad_record(call, index))
		plain_wrong(call, &refusal, 422, "invalid_value", "phone", "phone: is too long");
	else if (is_new)
		lead = create(call, item, &refusal);
	else
		update(call, lead, item, &refusal);
	row = refusal.code ? plain_refusal_json(&refusal) : json_pack("{ss}", "id", lead->id);
	json_object_set_new(row, "index", json_integer((json_int_t)index));
	json_object_set_new(row, "status",
			    json_integer(refusal.code ? refusal.status : is_new ? 201 : 200));
	return row;
}

void plain_batch(struct sb_call *call)
{
	const json_t *records = json_object_get(sb_json(call), "records");
	json_t *results, *item;
	size_t i;

	if (!call->json)
		return;
	if (!json_array_size(records) || json_array_size(records) > BATCH_MAX) {
		plain_fail(call, 422, "invalid_batch", "records: a list of 1 to %d leads",
			   BATCH_MAX);
		return;
	}
	results = json_array();
	json_array_foreach((json_t *)records, i, item)
		json_array_append_new(results, write_item(call, item, i));
	sb_reply_json(call, 200, json_pack("{so}", "results", results));
}

/* --- finding --- */

/* Equality with each parameter that names a field; false after a refusal. */
static bool read_filter(struct sb_call *call, struct sb_query *query)
{
	static const char *const names[] = { "email", "phone", "fairlead_id", "enquiry_id",
					     "status" };
	const struct sb_condition **parts =
		arena_array(call->arena, ARRAY_LEN(names) + 1, sizeof(*parts));
	const char *since = sb_query(call, "updated_since");
	size_t count = 0;
	int64_t ms;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *text = sb_query(call, names[i]);
		const struct sb_field *field = sb_field_find(plain_leads(call), names[i]);

		if (text && field)
			parts[count++] = sb_where(call->arena, SB_EQ, field, text);
	}
	if (since && !sb_time_parse(since, &ms)) {
		plain_fail(call, 400, "invalid_parameter", "updated_since: is not a time");
		return false;
	}
	if (since)
		parts[count++] = sb_where_column(call->arena, SB_GE, SB_COLUMN_UPDATED, since);
	if (count)
		query->where = sb_where_all(call->arena, SB_AND, parts, count);
	query->as_of = call->now - call->account->search_lag_ms;
	return true;
}

void plain_list(struct sb_call *call)
{
	struct sb_query query = { 0 };
	struct sb_record **found;
	const char *cursor = sb_query(call, "cursor");
	int64_t limit, after = 0;
	json_t *items;
	size_t total, at = 0;

	if (!sb_page_number(sb_query(call, "limit"), 50, 1, PAGE_MAX, &limit) ||
	    (cursor && !sb_cursor_read(call->arena, cursor, "leads", &after, 1))) {
		plain_fail(call, 400, "invalid_parameter", "limit: 1 to %d; cursor: as it was given",
			   PAGE_MAX);
		return;
	}
	if (!read_filter(call, &query))
		return;
	total = sb_query_run(plain_leads(call), &query, call->arena, &found);
	while (at < total && found[at]->number <= (uint64_t)after)
		at++;
	items = json_array();
	for (; at < total && json_array_size(items) < (size_t)limit; at++) {
		json_array_append_new(items, plain_lead_json(call, found[at]));
		after = (int64_t)found[at]->number;
	}
	sb_reply_json(call, 200,
		      json_pack("{so so}", "items", items, "next_cursor",
				at < total ? json_string(sb_cursor_make(call->arena, "leads",
									&after, 1)) :
					     json_null()));
}

void plain_seed(struct sb_call *call, const struct sb_person *person)
{
	sb_record_add(call, "leads",
		      json_pack("{ss ss ss ss ss ss ss so}", "email", person->email, "phone",
				person->phone, "first_name", person->first_name, "last_name",
				person->last_name, "company", person->company, "city",
				person->city, "country", person->country, "enquiry_id",
				sb_json_printf("ENQ-%06llu",
					       (unsigned long long)person->number)),
		      NULL);
}
