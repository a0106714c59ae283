/* pipedrive_entities.c - v2: persons, organizations, deals, activities, pipelines, stages
 * (1, 4-7). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/pipedrive.h"
#include "sandbox/query.h"

#define PAGE_MAX 500
#define IDS_MAX 100
#define PARTS_MAX 16

static struct sb_object *object_of(struct sb_call *call)
{
	return sb_object_find(call->account, call->route->tag);
}

#define BIN_MS (30 * CLOCK_DAY)

/* What was deleted is purged after thirty days (5): nobody sees it any more. */
static bool is_purged(const struct sb_call *call, const struct sb_record *record)
{
	return record->deleted_at && record->deleted_at + BIN_MS <= call->now;
}

/* A record that was deleted is not found, unless the switch says otherwise. */
static struct sb_record *record_of(struct sb_call *call)
{
	struct sb_record *record = sb_record_find(object_of(call), sb_param(call, 0));
	int64_t answer = sb_switch(call->account, "deleted_read");

	if (sb_id_number(sb_param(call, 0)) <= 0) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: id: Expected number");
		return NULL;
	}
	if (record && record->state == SB_LIVE)
		return record;
	if (record && is_purged(call, record))
		record = NULL;
	if (record && answer == 410)
		sb_pipedrive_problem(call, SB_PROBLEM_SERVER, 410);
	else if (record && answer == 200 && strcmp(call->method, "GET") == 0)
		return record;
	else
		sb_pipedrive_not_found(call);
	return NULL;
}

/* --- lists --- */

struct list {
	struct sb_call *call;
	struct sb_query query;
	struct sb_sort sort;
	const struct sb_condition *parts[PARTS_MAX];
	size_t nparts;
	int64_t limit;
	int64_t after[2]; /* what it is sorted by, and the number, of the last one shown */
	bool is_bad, has_after;
};

static void refuse(struct list *list, const char *name, const char *expected)
{
	if (!list->is_bad)
		sb_pipedrive_fail(list->call, 400, NULL, "Validation failed: %s: %s", name,
				  expected);
	list->is_bad = true;
}

static void add_part(struct list *list, const struct sb_condition *part)
{
	if (list->nparts < PARTS_MAX)
		list->parts[list->nparts++] = part;
}

static struct sb_condition *in_condition(struct arena *arena, struct sb_condition *in,
					 const char *text, size_t max)
{
	const char **texts = arena_array(arena, max, sizeof(*texts));

	in->op = SB_IN;
	in->texts = texts;
	while (text && *text && in->ntexts < max) {
		size_t len = strcspn(text, ",");

		texts[in->ntexts++] = arena_strndup(arena, text, len);
		text += len + (text[len] == ',');
	}
	return in;
}

/* RFC 3339 to the second: milliseconds are refused (7). */
static void add_bound(struct list *list, const char *name, enum sb_op op)
{
	const char *text = sb_query(list->call, name);
	int64_t ms;

	if (!text)
		return;
	if (!clock_parse(text, &ms) || strchr(text, '.') || !strchr(text, 'T'))
		refuse(list, name, "Expected a date-time like 2026-01-31T10:20:00Z");
	else
		add_part(list, sb_where_column(list->call->arena, op, SB_COLUMN_UPDATED, text));
}

static void add_status(struct list *list, const char *text)
{
	struct sb_object *deals = object_of(list->call);
	struct arena *arena = list->call->arena;

	if (strcmp(text, "deleted") == 0)
		list->query.only_deleted = true;
	else if (strcmp(text, "all_not_deleted") != 0)
		add_part(list, in_condition(arena,
					    sb_where(arena, SB_IN, sb_field_find(deals, "status"),
						     NULL),
					    text, 4));
}

static void add_filters(struct list *list)
{
	struct sb_object *object = object_of(list->call);
	const struct sb_pipedrive_kind *kind = sb_pipedrive_kind_of(object);
	const char *ids = sb_query(list->call, "ids");
	struct arena *arena = list->call->arena;

	for (size_t i = 0; kind->filters[i]; i++) {
		const char *text = sb_query(list->call, kind->filters[i]);

		if (text && strcmp(kind->filters[i], "status") == 0)
			add_status(list, text);
		else if (text)
			add_part(list, sb_where(arena, SB_EQ,
						sb_field_find(object, kind->filters[i]), text));
	}
	if (ids)
		add_part(list, in_condition(arena,
					    sb_where_column(arena, SB_IN, SB_COLUMN_ID, NULL),
					    ids, IDS_MAX));
	add_bound(list, "updated_since", SB_GE);
	add_bound(list, "updated_until", SB_LT);
}

static void read_sort(struct list *list)
{
	const char *by = sb_query(list->call, "sort_by");
	const char *direction = sb_query(list->call, "sort_direction");

	list->sort.column = SB_COLUMN_ID;
	if (by && strcmp(by, "update_time") == 0)
		list->sort.column = SB_COLUMN_UPDATED;
	else if (by && strcmp(by, "add_time") == 0)
		list->sort.column = SB_COLUMN_CREATED;
	else if (by && strcmp(by, "id") != 0)
		refuse(list, "sort_by", "Expected id, update_time or add_time");
	list->sort.is_descending = text_equal(direction, "desc");
	if (direction && strcmp(direction, "asc") != 0 && strcmp(direction, "desc") != 0)
		refuse(list, "sort_direction", "Expected asc or desc");
}

/* A cursor belongs to its list and its order. */
static const char *cursor_mark(const struct list *list)
{
	return arena_printf(list->call->arena, "%s:%d:%d", list->call->route->tag,
			    list->sort.column, list->sort.is_descending);
}

static void read_page(struct list *list)
{
	const char *cursor = sb_query(list->call, "cursor");

	if (!sb_page_number(sb_query(list->call, "limit"), 100, 1, PAGE_MAX, &list->limit))
		refuse(list, "limit", "Expected 1 to 500");
	if (!cursor || !*cursor)
		return;
	list->has_after = true;
	if (!sb_cursor_read(list->call->arena, cursor, cursor_mark(list), list->after, 2))
		refuse(list, "cursor", "Invalid cursor");
}

static int64_t key_of(const struct list *list, const struct sb_record *record)
{
	switch (list->sort.column) {
	case SB_COLUMN_UPDATED:
		return record->updated_at;
	case SB_COLUMN_CREATED:
		return record->created_at;
	case SB_COLUMN_ID:
	case SB_COLUMN_DELETED:
	case SB_COLUMN_FIELD:
		break;
	}
	return (int64_t)record->number;
}

static bool is_past(const struct list *list, const struct sb_record *record)
{
	int64_t key = key_of(list, record), number = (int64_t)record->number;

	if (!list->has_after)
		return true;
	if (key != list->after[0])
		return list->sort.is_descending ? key < list->after[0] : key > list->after[0];
	return number > list->after[1];
}

static void reply_list(struct list *list)
{
	struct sb_call *call = list->call;
	struct sb_record **found;
	size_t total = sb_query_run(object_of(call), &list->query, call->arena, &found);
	json_t *data = json_array(), *next = NULL;

	for (size_t i = 0; i < total; i++) {
		if (!is_past(list, found[i]) || is_purged(call, found[i]))
			continue;
		if (json_array_size(data) == (size_t)list->limit) {
			next = json_string(sb_cursor_make(call->arena, cursor_mark(list),
							  list->after, 2));
			break;
		}
		json_array_append_new(data, sb_pipedrive_json(call, found[i]));
		if (json_array_size(data) == (size_t)list->limit) {
			list->after[0] = key_of(list, found[i]);
			list->after[1] = (int64_t)found[i]->number;
			list->has_after = false; /* what follows is sorted: all is past it */
		}
	}
	sb_pipedrive_data(call, 200, data,
			  json_pack("{so}", "next_cursor", next ? next : json_null()));
}

void sb_pipedrive_list(struct sb_call *call)
{
	struct list list = { .call = call };

	if (sb_query(call, "filter_id")) {
		sb_not_imitated(call, "saved filters");
		return;
	}
	add_filters(&list);
	read_sort(&list);
	read_page(&list);
	if (list.is_bad)
		return;
	if (list.nparts)
		list.query.where = sb_where_all(call->arena, SB_AND, list.parts, list.nparts);
	list.query.sorts = &list.sort;
	list.query.nsorts = 1;
	reply_list(&list);
}

/* --- one record --- */

void sb_pipedrive_get(struct sb_call *call)
{
	struct sb_record *record = record_of(call);

	if (record)
		sb_pipedrive_data(call, 200, sb_pipedrive_json(call, record), NULL);
}

/* The plan's limit of open deals (9). */
static bool has_room(struct sb_call *call, struct sb_object *object)
{
	int64_t max = sb_switch(call->account, "deals_max");

	if (strcmp(call->route->tag, "deals") != 0 || !max ||
	    (int64_t)sb_object_live(object) < max)
		return true;
	sb_pipedrive_fail(call, 403, NULL, "Your plan's limit of open deals is reached");
	json_object_set_new(call->reply_json, "code", json_string("feature_capping_deals_limit"));
	return false;
}

void sb_pipedrive_post(struct sb_call *call)
{
	struct sb_object *object = object_of(call);
	const json_t *body = sb_json(call);
	json_t *values;
	struct sb_record *record;

	if (!body || !has_room(call, object))
		return;
	values = sb_pipedrive_values(call, object, body, NULL);
	record = values ? sb_pipedrive_create(call, object, values) : NULL;
	if (record)
		sb_pipedrive_data(call, 200, sb_pipedrive_json(call, record), NULL);
}

void sb_pipedrive_patch(struct sb_call *call)
{
	struct sb_record *record = record_of(call);
	const json_t *body = record ? sb_json(call) : NULL;
	json_t *values = body ? sb_pipedrive_values(call, record->object, body, record) : NULL;

	if (!values)
		return;
	sb_pipedrive_participants(record->object, values);
	if (json_is_true(json_object_get(values, "done")))
		json_object_set_new(values, "marked_as_done_time",
				    sb_render_time(call, call->now, SB_TIME_ZULU));
	sb_record_update(call, record, values);
	sb_pipedrive_data(call, 200, sb_pipedrive_json(call, record), NULL);
}

void sb_pipedrive_delete(struct sb_call *call)
{
	struct sb_record *record = record_of(call);

	if (!record)
		return;
	sb_record_delete(call, record);
	sb_pipedrive_data(call, 200, json_pack("{so}", "id", sb_pipedrive_id(record)), NULL);
}
