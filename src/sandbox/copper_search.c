/* copper_search.c - listing is a POST to .../search (5, 6). Threads: under the sandbox's
 * lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"
#include "sandbox/query.h"

#define PAGE_MAX 200
#define REACHABLE 100000

struct filter {
	struct sb_call *call;
	struct sb_object *object;
	const json_t *body;
	int64_t at; /* the index as it was then */
};

static bool is_text(const char *a, const char *b)
{
	return a && b && text_equal_nocase(a, b);
}

/* Whether a value holds `text` as one of its members' `member`. */
static bool has_member(const json_t *value, const char *member, const char *text)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)value, i, item)
		if (has_member(item, member, text))
			return true;
	return is_text(json_string_of(value, member), text) ||
	       is_text(json_string_value(value), text);
}

static json_t *value_of(const struct filter *filter, const struct sb_record *record,
			const char *name)
{
	const struct sb_field *field = sb_field_find(filter->object, name);

	return field ? sb_record_value_at(record, field, filter->at) : NULL;
}

static bool value_has(const struct filter *filter, const struct sb_record *record,
		      const char *name, const char *member, const char *text)
{
	json_t *value = value_of(filter, record, name);
	bool has = has_member(value, member, text);

	json_decref(value);
	return has;
}

/* A text for leads, a list for people; any of them. */
static bool fits_emails(const struct filter *filter, const struct sb_record *record)
{
	const json_t *wanted = json_object_get(filter->body, "emails");
	size_t i;
	json_t *item;

	if (!wanted)
		return true;
	if (json_is_string(wanted))
		return value_has(filter, record, "email", "email", json_string_value(wanted));
	json_array_foreach((json_t *)wanted, i, item)
		if (json_is_string(item) &&
		    value_has(filter, record, "emails", "email", json_string_value(item)))
			return true;
	return false;
}

/* "assignee_ids": [1, -2], where -2 is nobody. */
static bool fits_list(const struct filter *filter, const struct sb_record *record,
		      const char *list, const char *field)
{
	const json_t *wanted = json_object_get(filter->body, list);
	json_t *value, *item;
	bool fits = false;
	size_t i;

	if (!wanted)
		return true;
	value = strcmp(field, "id") == 0 ? json_integer(sb_id_number(record->id)) :
					   value_of(filter, record, field);
	json_array_foreach((json_t *)wanted, i, item)
		fits = fits || json_equal(item, value) || (!value && json_integer_value(item) == -2);
	json_decref(value);
	return fits;
}

static bool fits_range(const struct filter *filter, const char *which, int64_t ms)
{
	struct arena *arena = filter->call->arena;
	const json_t *low = json_object_get(filter->body,
					    arena_printf(arena, "minimum_%s_date", which));
	const json_t *high = json_object_get(filter->body,
					     arena_printf(arena, "maximum_%s_date", which));

	return (!low || ms / 1000 >= json_integer_value(low)) &&
	       (!high || ms / 1000 <= json_integer_value(high));
}

static bool fits_text(const struct filter *filter, const struct sb_record *record,
		      const char *key, const char *field, const char *member)
{
	const char *wanted = json_string_of(filter->body, key);

	return !wanted || value_has(filter, record, field, member, wanted);
}

static bool fits_address(const struct filter *filter, const struct sb_record *record)
{
	static const char *const parts[] = { "city", "state", "postal_code", "country" };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!fits_text(filter, record, parts[i], "address", parts[i]))
			return false;
	return true;
}

static bool fits_tags(const struct filter *filter, const struct sb_record *record)
{
	const json_t *wanted = json_object_get(filter->body, "tags");
	size_t i;
	json_t *item;

	if (json_is_string(wanted))
		return fits_text(filter, record, "tags", "tags", "tag");
	json_array_foreach((json_t *)wanted, i, item)
		if (!value_has(filter, record, "tags", "tag", json_string_value(item)))
			return false;
	return true;
}

/* "minimum_value" and "maximum_value" bound a number; "value" is the value itself, or one of
 * several of which one is enough. */
static bool fits_value(const json_t *value, const json_t *wanted)
{
	const json_t *low = json_object_get(wanted, "minimum_value");
	const json_t *high = json_object_get(wanted, "maximum_value");
	const json_t *exact = json_object_get(wanted, "value");
	size_t i, j;
	json_t *one, *have;

	if (low || high)
		return json_is_number(value) &&
		       (!low || json_number_value(value) >= json_number_value(low)) &&
		       (!high || json_number_value(value) <= json_number_value(high));
	if (json_equal(value, exact))
		return true;
	json_array_foreach((json_t *)exact, i, one) {
		if (json_equal(value, one))
			return true;
		json_array_foreach((json_t *)value, j, have)
			if (json_equal(have, one))
				return true;
	}
	return false;
}

static bool fits_custom(const struct filter *filter, const struct sb_record *record)
{
	const json_t *wanted = json_object_get(filter->body, "custom_fields");
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)wanted, i, item) {
		const char *id = sb_id_text(filter->call->arena,
					    json_object_get(item, "custom_field_definition_id"));
		json_t *value = id ? value_of(filter, record, id) : NULL;
		bool fits = value ? fits_value(value, item) :
				    json_is_true(json_object_get(item, "allow_empty"));

		json_decref(value);
		if (!fits)
			return false;
	}
	return true;
}

static bool fits_parent(const struct filter *filter, const struct sb_record *record)
{
	const json_t *wanted = json_object_get(filter->body, "parent");
	json_t *parent;
	bool fits;

	if (!wanted)
		return true;
	parent = value_of(filter, record, "parent");
	fits = json_equal(json_object_get(parent, "id"), json_object_get(wanted, "id")) &&
	       text_equal(json_string_of(parent, "type"), json_string_of(wanted, "type"));
	json_decref(parent);
	return fits;
}

/* "activity_types": [{"id": 0, "category": "user"}] */
static bool fits_types(const struct filter *filter, const struct sb_record *record)
{
	const json_t *wanted = json_object_get(filter->body, "activity_types");
	json_t *type, *item;
	bool fits = !wanted;
	size_t i;

	if (!wanted)
		return true;
	type = value_of(filter, record, "type");
	json_array_foreach((json_t *)wanted, i, item)
		fits = fits || (json_equal(json_object_get(item, "id"),
					   json_object_get(type, "id")) &&
				text_equal(json_string_of(item, "category"),
					   json_string_of(type, "category")));
	json_decref(type);
	return fits;
}

static bool fits_activity_date(const struct filter *filter, const struct sb_record *record)
{
	json_t *at = value_of(filter, record, "activity_date");
	bool fits = fits_range(filter, "activity", 1000 * json_integer_value(at));

	json_decref(at);
	return fits;
}

/* A deleted activity stays to be seen (6). */
static bool is_shown(const struct filter *filter, const struct sb_record *record)
{
	bool is_activity = strcmp(sb_object_spec(filter->object)->name, "activities") == 0;

	return (is_activity && record->state == SB_DELETED && record->created_at <= filter->at) ||
	       (record->state == SB_LIVE && sb_record_was_live(record, filter->at));
}

static bool fits(const struct filter *filter, const struct sb_record *record)
{
	return is_shown(filter, record) &&
	       fits_emails(filter, record) && fits_list(filter, record, "ids", "id") &&
	       fits_list(filter, record, "assignee_ids", "assignee_id") &&
	       fits_list(filter, record, "status_ids", "status_id") &&
	       fits_list(filter, record, "customer_source_ids", "customer_source_id") &&
	       fits_range(filter, "created", record->created_at) &&
	       fits_range(filter, "modified", record->updated_at) &&
	       fits_text(filter, record, "name", "name", "name") &&
	       fits_text(filter, record, "phone_number", "phone_numbers", "number") &&
	       fits_address(filter, record) && fits_tags(filter, record) &&
	       fits_custom(filter, record) && fits_parent(filter, record) &&
	       fits_types(filter, record) && fits_activity_date(filter, record);
}

/* Text cannot be looked for in custom fields (5); false after refusing. */
static bool can_filter(const struct filter *filter)
{
	const json_t *wanted = json_object_get(filter->body, "custom_fields");
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)wanted, i, item) {
		const char *id = sb_id_text(filter->call->arena,
					    json_object_get(item, "custom_field_definition_id"));
		const struct sb_field *field = id ? sb_field_find(filter->object, id) : NULL;
		bool is_text_kind = field && (text_equal(field->kind, "Text") ||
					      (text_equal(field->kind, "String") &&
					       !sb_switch(filter->call->account,
							  "search_strings")));

		if (!field || !(field->flags & SB_CUSTOM) || is_text_kind) {
			sb_copper_fail(filter->call, 422,
				       "Invalid input: Validation errors: Custom Fields: Invalid "
				       "custom field definition id");
			return false;
		}
	}
	return true;
}

/* --- order and pages --- */

static bool sort_of(const struct filter *filter, struct sb_sort *sort)
{
	const char *by = json_string_of(filter->body, "sort_by");
	const char *direction = json_string_of(filter->body, "sort_direction");

	sort->is_descending = text_equal(direction, "desc");
	sort->column = SB_COLUMN_FIELD;
	if (text_equal(by, "date_modified"))
		sort->column = SB_COLUMN_UPDATED;
	else if (text_equal(by, "date_created"))
		sort->column = SB_COLUMN_CREATED;
	else
		sort->field = sb_field_find(filter->object, by ? by : "name");
	if (!by && !sort->field) /* activities have no name */
		sort->column = SB_COLUMN_CREATED;
	return (sort->column != SB_COLUMN_FIELD || sort->field) &&
	       (!direction || strcmp(direction, "asc") == 0 || sort->is_descending);
}

/* Pages begin at 1; the first 100,000 of what is found can be reached. */
static bool read_page(const struct filter *filter, int64_t *skip, int64_t *size)
{
	int64_t page = json_int_of(filter->body, "page_number", 1);

	*size = json_int_of(filter->body, "page_size", 20);
	if (page < 1 || *size < 1 || *size > PAGE_MAX || page > REACHABLE ||
	    (page - 1) * *size >= REACHABLE)
		return false;
	*skip = (page - 1) * *size;
	/* Faster and less careful: a row may come on two pages (6). */
	if (*skip && json_is_true(json_object_get(filter->body, "full_result")) &&
	    sb_switch(filter->call->account, "full_result_repeats"))
		--*skip;
	return true;
}

void sb_copper_search(struct sb_call *call)
{
	struct filter filter = { .call = call,
				 .object = sb_object_find(call->account, call->route->tag) };
	struct sb_sort sort = { 0 };
	struct sb_query query = { .sorts = &sort, .nsorts = 1, .with_deleted = true };
	struct sb_record **found;
	int64_t size, skip, count = 0;
	json_t *list;
	size_t total;

	filter.body = call->body_len ? sb_json(call) : json_keep(call->arena, json_object());
	if (!filter.body)
		return;
	filter.at = call->now - call->account->search_lag_ms;
	if (!read_page(&filter, &skip, &size) || !sort_of(&filter, &sort)) {
		sb_copper_fail(call, 422, "Invalid input: Validation errors: page_number, "
					  "page_size, sort_by or sort_direction is invalid");
		return;
	}
	if (!can_filter(&filter))
		return;
	total = sb_query_run(filter.object, &query, call->arena, &found);
	list = json_array();
	for (size_t i = 0; i < total; i++) {
		if (!fits(&filter, found[i]))
			continue;
		if (count >= skip && count < skip + size)
			json_array_append_new(list, sb_copper_json(call, found[i]));
		count++;
	}
	sb_reply_json(call, 200, list);
	if (sb_switch(call->account, "total_header"))
		sb_reply_header_int(call, "X-PW-TOTAL", count);
}

void sb_copper_index(struct sb_call *call, struct sb_record *person)
{
	const struct sb_field *field = sb_field_find(person->object, "emails");
	json_t *list = field ? sb_record_value(person, field) : NULL, *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_string_of(item, "email"))
			sb_record_alias(call, person, field, json_string_of(item, "email"));
	json_decref(list);
}

struct wanted {
	const char *email;
	struct sb_record *found;
};

/* An address that a person once had is still in the index: the list decides. */
static bool has_address(struct sb_record *person, void *context)
{
	struct wanted *wanted = context;
	json_t *emails = sb_record_value_of(person, "emails");

	if (has_member(emails, "email", wanted->email))
		wanted->found = person;
	json_decref(emails);
	return !wanted->found;
}

struct sb_record *sb_copper_person_by(struct sb_call *call, const char *email)
{
	struct wanted wanted = { email, NULL };

	if (email)
		sb_record_each(sb_field_find(sb_object_find(call->account, "people"), "emails"),
			       email, has_address, &wanted);
	return wanted.found;
}

void sb_copper_fetch_by_email(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const struct sb_record *person =
		body ? sb_copper_person_by(call, json_string_of(body, "email")) : NULL;

	if (person)
		sb_reply_json(call, 200, sb_copper_json(call, person));
	else if (body)
		sb_copper_not_found(call);
}

/* Tasks whose related_resource is this one. */
void sb_copper_related(struct sb_call *call)
{
	const struct sb_object *tasks = sb_object_find(call->account, "tasks");
	struct filter filter = { .call = call,
				 .object = sb_object_find(call->account, "tasks"),
				 .at = call->now };
	json_t *list;

	if (!sb_live_find(call->account, call->route->tag, sb_param(call, 0))) {
		sb_copper_not_found(call);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < sb_object_count(tasks); i++) {
		const struct sb_record *task = sb_object_record(tasks, i);
		json_t *to = value_of(&filter, task, "related_resource");

		if (task->state == SB_LIVE &&
		    json_integer_value(json_object_get(to, "id")) ==
			    sb_id_number(sb_param(call, 0)))
			json_array_append_new(list, json_pack("{sI ss}", "id",
							      (json_int_t)sb_id_number(task->id),
							      "type", "task"));
		json_decref(to);
	}
	sb_reply_json(call, 200, list);
}
