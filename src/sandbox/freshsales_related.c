/* freshsales_related.c - what belongs to a record: "include", timelines, lists of contacts
 * (4, 6). Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/links.h"

/* Links between a list and its contacts, seen from either. */
#define OF_LIST 1
#define OF_CONTACT 2

/* --- "include" (4) --- */

/* What can be asked for beside a record, and under which name it comes. */
static const struct {
	const char *word, *object; /* NULL: an owner, shown as a user */
	const char *field;         /* the record's, that names one; NULL: what hangs on it */
	const char *shown;
} includes[] = {
	{ "owner", "owners", "owner_id", "users" },
	{ "creater", NULL, NULL, "users" }, /* the vendor's spelling */
	{ "updater", NULL, NULL, "users" },
	{ "source", "lead_sources", "lead_source_id", "lead_sources" },
	{ "lifecycle_stage", "lifecycle_stages", "lifecycle_stage_id", "lifecycle_stages" },
	{ "contact_status", "contact_statuses", "contact_status_id", "contact_statuses" },
	{ "territory", "territories", "territory_id", "territories" },
	{ "sales_accounts", "sales_accounts", "sales_accounts", "sales_accounts" },
	{ "deals", "deals", NULL, "deals" },
	{ "tasks", "tasks", NULL, "tasks" },
	{ "appointments", "appointments", NULL, "appointments" },
	{ "notes", "notes", NULL, "notes" },
};

static bool has_id(const json_t *list, const char *id)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item) {
		const json_t *number = json_is_object(item) ? json_object_get(item, "id") : item;

		if (json_integer_value(number) == sb_id_number(id))
			return true;
	}
	return false;
}

/* Whether a note, a task... or a deal is of `record`. */
static bool hangs_on(struct sb_call *call, const struct sb_record *thing,
		     const struct sb_record *record)
{
	const struct sb_fresh_kind *kind = sb_fresh_kind_of(record->object);
	json_t *contacts;
	bool is_one;

	if (thing->state != SB_LIVE)
		return false;
	if (strcmp(sb_object_spec(thing->object)->name, "deals") != 0)
		return text_equal(sb_text(call, thing, "targetable_type"), kind->model) &&
		       text_equal(sb_text(call, thing, "targetable_id"), record->id);
	if (strcmp(kind->name, "contacts") != 0)
		return text_equal(sb_text(call, thing, "sales_account_id"), record->id);
	contacts = sb_record_value_of(thing, "contacts_added_list");
	is_one = has_id(contacts, record->id);
	json_decref(contacts);
	return is_one;
}

static json_t *hanging_on(struct sb_call *call, const char *name, const struct sb_record *record)
{
	const struct sb_object *object = sb_object_find(call->account, name);
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(object); i++)
		if (hangs_on(call, sb_object_record(object, i), record))
			json_array_append_new(
				list, sb_fresh_json(call, sb_object_record(object, i)));
	return list;
}

/* Those that a field names: one id, or a list of {id}. */
static json_t *named_by(struct sb_call *call, const struct sb_record *record, const char *field,
			const char *object)
{
	json_t *value = json_keep(call->arena, sb_record_value_of(record, field)), *item;
	json_t *ids = json_is_array(value) ? value :
					     json_keep(call->arena, json_pack("[O*]", value));
	json_t *list = json_array();
	size_t i;

	json_array_foreach(ids, i, item) {
		const json_t *id = json_is_object(item) ? json_object_get(item, "id") : item;
		const struct sb_record *to =
			sb_live_find(call->account, object, sb_id_text(call->arena, id));

		if (to)
			json_array_append_new(list, sb_fresh_json(call, to));
	}
	return list;
}

static json_t *included(struct sb_call *call, const struct sb_record *record, size_t i)
{
	const struct sb_object *owners = sb_object_find(call->account, "owners");

	if (!includes[i].object) /* all is written by the owner of the key */
		return json_pack("[o]", sb_fresh_json(call, sb_object_record(owners, 0)));
	return includes[i].field ? named_by(call, record, includes[i].field,
					    includes[i].object) :
				   hanging_on(call, includes[i].object, record);
}

/* Owner and creater are users both: each stands once. */
static void add_included(json_t *answer, const char *name, json_t *list)
{
	json_t *have = json_object_get(answer, name), *item;
	size_t i;

	if (!have) {
		json_object_set_new(answer, name, list);
		return;
	}
	json_array_foreach(list, i, item) {
		const json_t *id = json_object_get(item, "id");
		bool is_there = false;
		size_t j;
		json_t *other;

		json_array_foreach(have, j, other)
			is_there = is_there || json_equal(json_object_get(other, "id"), id);
		if (!is_there)
			json_array_append(have, item);
	}
	json_decref(list);
}

bool sb_fresh_include(struct sb_call *call, const struct sb_record *record, json_t *answer)
{
	const char *words = sb_query(call, "include");

	while (!text_is_empty(words)) {
		size_t len = strcspn(words, ","), i = 0;
		const char *word = arena_strndup(call->arena, words, len);

		while (i < ARRAY_LEN(includes) && strcmp(includes[i].word, word) != 0)
			i++;
		if (i == ARRAY_LEN(includes)) {
			sb_not_imitated(call, arena_printf(call->arena, "include \"%.64s\"",
							   word));
			return false;
		}
		add_included(answer, includes[i].shown, included(call, record, i));
		words += len + (words[len] == ',');
	}
	return true;
}

/* --- timelines (6) --- */

struct moment {
	int64_t at;
	json_t *json;
};

static int newest_first(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return (x->at < y->at) - (x->at > y->at);
}

static json_t *moment_json(struct sb_call *call, const struct sb_record *record,
			   const struct sb_record *thing, const char *what)
{
	const char *one = sb_fresh_kind_of(thing->object)->one;

	return json_pack("{sI so ss sI so so}", "id", (json_int_t)sb_id_number(thing->id),
			 "action_type", sb_json_printf("%s_%s", one, what), "targetable_type",
			 sb_fresh_kind_of(record->object)->model, "targetable_id",
			 (json_int_t)sb_id_number(record->id), "created_at",
			 sb_render_time(call, thing->created_at, SB_TIME_OFFSET), "action_data",
			 json_pack("{so}", one, sb_fresh_json(call, thing)));
}

/* The contact itself, and what hangs on it. */
static size_t moments_of(struct sb_call *call, const struct sb_record *record,
			 struct moment **out)
{
	static const char *const names[] = { "notes", "tasks",	     "appointments",
					     "deals", "phone_calls", "sales_activities" };
	struct moment *all = NULL;
	size_t count = 0, room = 1;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		room += sb_object_count(sb_object_find(call->account, names[i]));
	all = arena_array(call->arena, room, sizeof(*all));
	all[count++] = (struct moment){ record->created_at,
					moment_json(call, record, record, "created") };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct sb_object *object = sb_object_find(call->account, names[i]);

		for (size_t j = 0; j < sb_object_count(object); j++) {
			const struct sb_record *thing = sb_object_record(object, j);

			if (hangs_on(call, thing, record))
				all[count++] = (struct moment){
					thing->created_at,
					moment_json(call, record, thing, "created")
				};
		}
	}
	*out = all;
	return count;
}

void sb_fresh_timeline(struct sb_call *call)
{
	const struct sb_record *record = sb_fresh_record_of(call);
	struct moment *all;
	int64_t page, size;
	json_t *list;
	size_t count;

	if (!record || !sb_fresh_read_page(call, &page, &size))
		return;
	count = moments_of(call, record, &all);
	qsort(all, count, sizeof(*all), newest_first);
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, all[i].json);
	sb_fresh_reply_page(call, "activities", list, page, size);
}

/* --- lists (6) --- */

void sb_fresh_lists(struct sb_call *call)
{
	const struct sb_object *lists = sb_object_find(call->account, "lists");
	int64_t page, size;
	json_t *list;

	if (!sb_fresh_read_page(call, &page, &size))
		return;
	list = json_array();
	for (size_t i = 0; i < sb_object_count(lists); i++)
		if (sb_object_record(lists, i)->state == SB_LIVE)
			json_array_append_new(list,
					      sb_fresh_json(call, sb_object_record(lists, i)));
	sb_fresh_reply_page(call, "lists", list, page, size);
}

/* All of them, or none when one is not there. */
void sb_fresh_add_to_list(struct sb_call *call)
{
	struct sb_record *list = sb_fresh_record_of(call), **contacts;
	const json_t *body = list ? sb_json(call) : NULL, *ids = json_object_get(body, "ids");
	size_t count = json_array_size(ids);

	if (!body)
		return;
	contacts = arena_array(call->arena, count + 1, sizeof(struct sb_record *));
	for (size_t i = 0; i < count; i++) {
		contacts[i] = sb_live_find(call->account, "contacts",
					   sb_id_text(call->arena, json_array_get(ids, i)));
		if (!contacts[i])
			count = 0;
	}
	if (!count) {
		sb_fresh_fail(call, 400, "ids must be those of contacts");
		return;
	}
	for (size_t i = 0; i < count; i++)
		sb_link_add(call, list, contacts[i], OF_LIST, OF_CONTACT);
	sb_reply_json(call, 200, json_pack("{so}", "list", sb_fresh_json(call, list)));
}

/* The contacts of a list, in the order that they were added. */
void sb_fresh_show_list(struct sb_call *call)
{
	const struct sb_object *contacts = sb_object_find(call->account, "contacts");
	const struct sb_record *list =
		sb_live_find(call->account, "lists", sb_param(call, 0));
	const struct sb_link *link = NULL;
	int64_t page, size;
	json_t *found;

	if (!list)
		sb_fresh_not_found(call);
	if (!list || !sb_fresh_read_page(call, &page, &size))
		return;
	found = json_array();
	while ((link = sb_link_next(list, contacts, link)))
		json_array_insert_new(found, 0, sb_fresh_json(call, link->to));
	sb_fresh_reply_page(call, "contacts", found, page, size);
}
