/* close_records.c - leads, contacts, opportunities, tasks: create, read, update, delete,
 * merge (5, 6). Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

/* --- finding --- */

struct gathered {
	struct sb_record **items;
	size_t count;
};

static bool count_one(struct sb_record *record, void *context)
{
	(void)record;
	((struct gathered *)context)->count++;
	return true;
}

static bool gather(struct sb_record *record, void *context)
{
	struct gathered *gathered = context;

	gathered->items[gathered->count++] = record;
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct sb_record *x = *(struct sb_record *const *)a;
	const struct sb_record *y = *(struct sb_record *const *)b;

	return (x->number > y->number) - (x->number < y->number);
}

size_t sb_close_of_lead(struct sb_call *call, const char *object, const char *lead,
			struct sb_record ***out)
{
	const struct sb_field *field =
		sb_field_find(sb_object_find(call->account, object), "lead_id");
	struct gathered gathered = { NULL, 0 };

	*out = NULL;
	if (!field)
		return 0;
	sb_record_each(field, lead, count_one, &gathered);
	gathered.items = arena_array(call->arena, gathered.count + 1, sizeof(*gathered.items));
	gathered.count = 0;
	sb_record_each(field, lead, gather, &gathered);
	qsort(gathered.items, gathered.count, sizeof(*gathered.items), by_number);
	*out = gathered.items;
	return gathered.count;
}

struct sb_record *sb_close_live(struct sb_call *call, const char *object, const char *id)
{
	struct sb_record *record = sb_live_find(call->account, object, id);

	if (!record)
		sb_close_not_found(call);
	return record;
}

/* What was deleted can be seen for a moment (5). */
struct sb_record *sb_close_shown(struct sb_call *call, const char *object, const char *id)
{
	struct sb_record *record = sb_record_find(sb_object_find(call->account, object), id);
	int64_t lag = sb_switch(call->account, "delete_lag_ms");

	if (record && (record->state == SB_LIVE ||
		       (record->state == SB_DELETED && record->deleted_at > call->now - lag)))
		return record;
	sb_close_not_found(call);
	return NULL;
}

/* --- the index of addresses and numbers --- */

static void index_items(struct sb_call *call, struct sb_record *record, const char *name,
			const char *member)
{
	const struct sb_field *field = sb_field_find(record->object, name);
	json_t *list = field ? sb_record_value(record, field) : NULL, *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *text = json_string_of(item, member);

		if (!text_is_empty(text))
			sb_record_alias(call, record, field, text);
	}
	json_decref(list);
}

void sb_close_index(struct sb_call *call, struct sb_record *record)
{
	if (record->state != SB_LIVE)
		return;
	index_items(call, record, "emails", "email");
	index_items(call, record, "phones", "phone");
}

/* --- defaults --- */

static json_t *id_json(const struct sb_record *record)
{
	return record ? json_string(record->id) : json_null();
}

static void set_lead(struct sb_call *call, json_t *values)
{
	sb_set_default(values, "status_id", id_json(sb_close_first(call->account, "lead_status")));
}

static const char *status_type(struct sb_call *call, const json_t *values)
{
	const struct sb_record *status = sb_live_find(call->account, "opportunity_status",
						      json_string_of(values, "status_id"));

	return status ? sb_record_text_of(status, "type", call->arena) : NULL;
}

static json_t *today(const struct sb_call *call)
{
	json_t *time = sb_render_time(call, call->now, SB_TIME_ZULU);
	json_t *day = json_stringn(json_string_value(time), 10);

	json_decref(time);
	return day;
}

/* Winning has a date. */
static void set_won(struct sb_call *call, json_t *values)
{
	if (text_equal(status_type(call, values), "won"))
		sb_set_default(values, "date_won", today(call));
}

static void set_opportunity(struct sb_call *call, json_t *values)
{
	sb_set_default(values, "status_id",
		       id_json(sb_close_first(call->account, "opportunity_status")));
	sb_set_default(values, "user_id", id_json(sb_close_user(call->account)));
	sb_set_default(values, "value_period", json_string("one_time"));
	sb_set_default(values, "confidence", json_integer(50));
	set_won(call, values);
}

static void set_task(struct sb_call *call, json_t *values)
{
	sb_set_default(values, "_type", json_string("lead"));
	sb_set_default(values, "assigned_to", id_json(sb_close_user(call->account)));
	sb_set_default(values, "text", json_string(""));
	sb_set_default(values, "is_complete", json_false());
}

/* Whom a lead is of, for the ledger: the value of the field that a client keeps its own id
 * in, else the first address. */
static const char *key_of(const struct sb_object *object, const json_t *values)
{
	const json_t *emails = json_object_get(values, "emails");

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (field->flags & SB_CUSTOM && text_equal_nocase(field->label, "fairlead_lead_id") &&
		    json_string_of(values, field->name))
			return json_string_of(values, field->name);
	}
	return json_string_of(json_array_get(emails, 0), "email");
}

struct sb_record *sb_close_create(struct sb_call *call, struct sb_object *object,
				  json_t *values)
{
	const char *name = sb_object_spec(object)->name;
	struct sb_record *record;

	if (strcmp(name, "lead") == 0)
		set_lead(call, values);
	else if (strcmp(name, "opportunity") == 0)
		set_opportunity(call, values);
	else if (strcmp(name, "task") == 0)
		set_task(call, values);
	call->key = key_of(object, values);
	record = sb_record_create(call, object, values, NULL);
	if (!record)
		sb_close_problem(call, SB_PROBLEM_FULL, 0);
	else if (strcmp(name, "contact") == 0)
		sb_close_index(call, record);
	return record;
}

/* --- creating --- */

/* False when there is no room: a contact or an opportunity that names no lead silently gets one of its own (5). */
static bool has_lead(struct sb_call *call, json_t *values)
{
	const struct sb_record *lead;
	json_t *name = json_object_get(values, "name");
	json_t *of_lead = json_keep(call->arena, json_object());

	if (!sb_has_word("contact|opportunity", call->route->tag) ||
	    json_is_string(json_object_get(values, "lead_id")))
		return true;
	if (json_is_string(name))
		json_object_set(of_lead, "name", name);
	lead = sb_close_create(call, sb_object_find(call->account, "lead"), of_lead);
	if (lead)
		json_object_set_new(values, "lead_id", json_string(lead->id));
	return lead;
}

/* The contacts in a new lead, checked; what is wrong goes to `errors`. */
static json_t *nested_contacts(struct sb_call *call, const json_t *body, json_t *errors)
{
	json_t *list = json_object_get(body, "contacts"), *item;
	json_t *all = json_keep(call->arena, json_array());
	size_t i;

	if (list && !json_is_array(list) && !json_is_null(list))
		json_object_set_new(errors, "contacts", json_string("Value must be a list."));
	json_array_foreach(list, i, item) {
		json_t *inner = json_keep(call->arena, json_object());

		if (json_is_object(item))
			json_array_append(all, sb_close_values(call, sb_object_find(call->account,
										    "contact"),
							       item, NULL, inner));
		else
			json_object_set_new(inner, "__all__",
					    json_string("Value must be an object."));
		sb_close_nest(call, errors, "contacts", i, inner);
	}
	return all;
}

static bool add_contacts(struct sb_call *call, const struct sb_record *lead, json_t *list)
{
	struct sb_object *contacts = sb_object_find(call->account, "contact");
	const char *key = call->key;
	size_t i;
	json_t *values;

	json_array_foreach(list, i, values) {
		json_object_set_new(values, "lead_id", json_string(lead->id));
		if (!sb_close_create(call, contacts, values))
			return false;
	}
	call->key = key;
	return true;
}

static bool is_paid(struct sb_call *call)
{
	if (!sb_switch(call->account, "plan_is_full"))
		return true;
	sb_close_problem(call, SB_PROBLEM_SERVER, 402);
	return false;
}

void sb_close_post(struct sb_call *call)
{
	struct sb_object *object = object_of(call);
	bool is_lead = strcmp(call->route->tag, "lead") == 0;
	const json_t *body = is_paid(call) ? sb_close_body(call) : NULL;
	json_t *errors = json_keep(call->arena, json_object()), *values, *contacts = NULL;
	const struct sb_record *record;

	if (!body)
		return;
	values = sb_close_values(call, object, body, NULL, errors);
	if (is_lead)
		contacts = nested_contacts(call, body, errors);
	if (sb_close_refused(call, errors))
		return;
	if (!has_lead(call, values))
		return;
	record = sb_close_create(call, object, values);
	if (!record || !add_contacts(call, record, contacts))
		return;
	sb_close_reply(call, sb_close_json(call, record));
	if (strcmp(call->route->tag, "custom_activity") == 0)
		call->status = 201; /* among all that are created here */
}

/* --- reading, changing, deleting --- */

void sb_close_get(struct sb_call *call)
{
	const struct sb_record *record =
		sb_close_shown(call, call->route->tag, sb_param(call, 0));

	if (record)
		sb_close_reply(call, sb_close_json(call, record));
}

/* Contacts in a lead's PUT are not changed; what is wrong with them is said all the same. */
static void check_contacts(struct sb_call *call, const json_t *body, json_t *errors)
{
	if (!json_object_get(body, "contacts"))
		return;
	if (sb_switch(call->account, "contacts_on_put"))
		json_object_set_new(errors, "contacts",
				    json_string("Contacts cannot be updated here."));
	else
		nested_contacts(call, body, errors);
}

void sb_close_update(struct sb_call *call, struct sb_record *record, json_t *values)
{
	const char *name = sb_object_spec(record->object)->name;
	const char *old = strcmp(name, "lead") == 0 ?
				  sb_record_text_of(record, "status_id", call->arena) :
				  NULL;

	if (strcmp(name, "opportunity") == 0)
		set_won(call, values);
	old = old ? arena_strdup(call->arena, old) : NULL;
	call->key = key_of(record->object, values);
	sb_record_update(call, record, values);
	if (strcmp(name, "contact") == 0)
		sb_close_index(call, record);
	if (old && !text_equal(old, sb_record_text_of(record, "status_id", call->arena)))
		sb_close_note_status(call, record, old);
}

void sb_close_put(struct sb_call *call)
{
	struct sb_record *record = sb_close_live(call, call->route->tag, sb_param(call, 0));
	const json_t *body = record ? sb_close_body(call) : NULL;
	json_t *errors = json_keep(call->arena, json_object()), *values;

	if (!body)
		return;
	values = sb_close_values(call, record->object, body, record, errors);
	if (strcmp(call->route->tag, "lead") == 0)
		check_contacts(call, body, errors);
	if (sb_close_refused(call, errors))
		return;
	sb_close_update(call, record, values);
	sb_close_reply(call, sb_close_json(call, record));
}

static const char *const parts_of_leads[] = { "contact", "opportunity", "task", "activity" };

/* With all that it contains. */
static void delete_lead(struct sb_call *call, struct sb_record *lead)
{
	for (size_t i = 0; i < ARRAY_LEN(parts_of_leads); i++) {
		struct sb_record **found;
		size_t count = sb_close_of_lead(call, parts_of_leads[i], lead->id, &found);

		for (size_t j = 0; j < count; j++)
			sb_record_delete(call, found[j]);
	}
	sb_record_delete(call, lead);
}

void sb_close_delete(struct sb_call *call)
{
	struct sb_record *record = sb_close_live(call, call->route->tag, sb_param(call, 0));

	if (!record)
		return;
	if (strcmp(call->route->tag, "lead") == 0)
		delete_lead(call, record);
	else
		sb_record_delete(call, record);
	sb_close_reply_empty(call);
}

/* --- merging --- */

/* What the destination has no value for, it takes over. */
static json_t *missing_values(struct sb_call *call, const struct sb_record *from,
			      const struct sb_record *to)
{
	json_t *values = json_keep(call->arena, json_object());

	for (size_t i = 0; i < sb_object_nfields(from->object); i++) {
		const struct sb_field *field = sb_object_field(from->object, i);
		json_t *mine = sb_record_value(to, field), *theirs = sb_record_value(from, field);

		if (!mine && theirs)
			json_object_set(values, field->name, theirs);
		json_decref(mine);
		json_decref(theirs);
	}
	return values;
}

static void merge(struct sb_call *call, struct sb_record *from, struct sb_record *to)
{
	json_t *moved = json_keep(call->arena, json_pack("{ss}", "lead_id", to->id));
	json_t *values = missing_values(call, from, to);

	for (size_t i = 0; i < ARRAY_LEN(parts_of_leads); i++) {
		struct sb_record **found;
		size_t count = sb_close_of_lead(call, parts_of_leads[i], from->id, &found);

		for (size_t j = 0; j < count; j++)
			sb_record_update(call, found[j], moved);
	}
	if (json_object_size(values))
		sb_record_update(call, to, values);
	sb_record_merge(call, to, from);
}

void sb_close_merge(struct sb_call *call)
{
	static const char *const names[] = { "source", "destination" };
	const json_t *body = sb_close_body(call);
	json_t *errors = json_keep(call->arena, json_object());
	struct sb_record *leads[2];

	if (!body)
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *id = json_string_of(body, names[i]);

		leads[i] = sb_live_find(call->account, "lead", id);
		if (!leads[i])
			json_object_set_new(errors, names[i],
					    json_string(text_is_empty(id) ?
								"This field is required." :
								"Value must be the id of an "
								"existing lead."));
	}
	if (leads[0] && leads[0] == leads[1])
		json_object_set_new(errors, "destination",
				    json_string("Value must be another lead than the source."));
	if (sb_close_refused(call, errors))
		return;
	merge(call, leads[0], leads[1]);
	sb_close_reply_empty(call);
}
