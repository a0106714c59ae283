/* close_list.c - lists by offset, their filters and their order (5, 6). Threads: under the
 * sandbox's lock.
 *
 * Leads and contacts come as they were changed last, first: a list that is read while it is
 * written to shows some twice and others never (11). */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/page.h"
#include "sandbox/query.h"

#define PARTS_MAX 32
#define VALUES_MAX 500

/* --- pages --- */

/* Says what is wrong with a number in the words of the vendor's checks. */
static bool read_number(struct sb_call *call, const char *name, int64_t otherwise, int64_t low,
			int64_t high, int64_t *number, json_t *errors)
{
	const char *text = sb_close_param(call, name), *wrong = NULL;

	*number = otherwise;
	if (!text)
		return true;
	if (!text_int(text, number))
		wrong = "Input should be a valid integer, unable to parse string as an integer";
	else if (*number > high)
		wrong = arena_printf(call->arena, "Input should be less than or equal to %lld",
				     (long long)high);
	else if (*number < low)
		wrong = arena_printf(call->arena, "Input should be greater than or equal to %lld",
				     (long long)low);
	if (wrong)
		json_object_set_new(errors, name, json_string(wrong));
	return !wrong;
}

bool sb_close_read_page(struct sb_call *call, int64_t limit_max, int64_t skip_max,
		   struct sb_close_page *page)
{
	json_t *errors = json_keep(call->arena, json_object());

	read_number(call, "_limit", 100, 1, limit_max, &page->limit, errors);
	read_number(call, "_skip", 0, 0, skip_max, &page->skip, errors);
	return !sb_close_refused(call, errors);
}

void sb_close_reply_page(struct sb_call *call, struct sb_record **found, size_t count,
			 const struct sb_close_page *page)
{
	size_t first = (size_t)page->skip, end = first + (size_t)page->limit;
	json_t *data = json_array();

	for (size_t i = first; i < count && i < end; i++) {
		json_t *json = sb_close_json(call, found[i]);

		sb_close_cut(call, json);
		json_array_append_new(data, json);
	}
	sb_reply_json(call, 200, json_pack("{so sb}", "data", data, "has_more", count > end));
}

/* --- filters --- */

struct list {
	struct sb_call *call;
	struct sb_object *object;
	const struct sb_close_kind *kind;
	const struct sb_condition *parts[PARTS_MAX];
	size_t nparts;
	struct sb_sort sort;
	json_t *errors;
};

static void refuse(struct list *list, const char *name, const char *why)
{
	if (!json_object_get(list->errors, name))
		json_object_set_new(list->errors, name, json_string(why));
}

static void add_part(struct list *list, const struct sb_condition *part)
{
	if (list->nparts < PARTS_MAX)
		list->parts[list->nparts++] = part;
}

static const char **texts_of(struct arena *arena, const char *text, size_t *count)
{
	const char **texts = arena_array(arena, VALUES_MAX, sizeof(*texts));

	*count = 0;
	while (*text && *count < VALUES_MAX) {
		size_t len = strcspn(text, ",");

		texts[(*count)++] = arena_strndup(arena, text, len);
		text += len + (text[len] == ',');
	}
	return texts;
}

/* Where the field has one of "a,b". */
static void add_values(struct list *list, const struct sb_field *field, const char *text)
{
	struct sb_condition *in = sb_where(list->call->arena, SB_IN, field, NULL);

	in->texts = texts_of(list->call->arena, text, &in->ntexts);
	add_part(list, in);
}

static const struct {
	const char *end;
	enum sb_op op;
} bounds[] = {
	{ "__gte", SB_GE }, { "__gt", SB_GT }, { "__lte", SB_LE }, { "__lt", SB_LT },
};

static enum sb_column column_of(const char *name)
{
	return strcmp(name, "date_created") == 0 ? SB_COLUMN_CREATED :
	       strcmp(name, "date_updated") == 0 ? SB_COLUMN_UPDATED :
						   SB_COLUMN_FIELD;
}

static void add_bounds(struct list *list, const char *name)
{
	struct arena *arena = list->call->arena;

	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		const char *full = arena_printf(arena, "%s%s", name, bounds[i].end);
		const char *text = sb_close_param(list->call, full);
		struct sb_condition *part;
		int64_t ms;

		if (!text)
			continue;
		if (!sb_time_parse(text, &ms)) {
			refuse(list, full, "Input should be a valid datetime");
			continue;
		}
		part = sb_where_column(arena, bounds[i].op, column_of(name), text);
		part->field = sb_field_find(list->object, name);
		add_part(list, part);
	}
}

static void add_filter(struct list *list, const char *name)
{
	struct arena *arena = list->call->arena;
	const struct sb_field *field = sb_field_find(list->object, name);
	const char *one = sb_close_param(list->call, name);
	const char *many = sb_close_param(list->call, arena_printf(arena, "%s__in", name));

	if (!field)
		return;
	if (field->type == SB_DATE || field->type == SB_DATETIME)
		add_bounds(list, name);
	if (one)
		add_part(list, sb_where(arena, SB_EQ, field, one));
	if (many)
		add_values(list, field, many);
}

/* Statuses by what they are, not by id. */
static void add_status_filter(struct list *list, const char *param, const char *member)
{
	struct sb_object *statuses = sb_object_find(list->call->account, "opportunity_status");
	struct arena *arena = list->call->arena;
	const char *text = sb_close_param(list->call, param);
	const char *ids = "", **wanted;
	size_t count;

	if (!text)
		text = sb_close_param(list->call, arena_printf(arena, "%s__in", param));
	if (!text)
		return;
	wanted = texts_of(arena, text, &count);
	for (size_t i = 0; i < sb_object_count(statuses); i++) {
		const struct sb_record *status = sb_object_record(statuses, i);
		const char *value = sb_record_text_of(status, member, arena);

		for (size_t j = 0; j < count && status->state == SB_LIVE; j++)
			if (text_equal(value, wanted[j]))
				ids = arena_printf(arena, "%s%s,", ids, status->id);
	}
	add_values(list, sb_field_find(list->object, "status_id"), ids);
}

static void add_ids(struct list *list)
{
	const char *text = sb_close_param(list->call, "id__in");
	struct sb_condition *in;

	if (!text)
		return;
	in = sb_where_column(list->call->arena, SB_IN, SB_COLUMN_ID, NULL);
	in->texts = texts_of(list->call->arena, text, &in->ntexts);
	add_part(list, in);
}

/* Activities of one type by the path; who did them only within one lead (6). */
static void add_activity_filters(struct list *list)
{
	static const char *const only[] = { "user_id", "user_id__in", "contact_id",
					    "contact_id__in", "_type", "_type__in" };
	struct sb_call *call = list->call;
	bool is_of_lead = sb_close_param(call, "lead_id") != NULL;

	if (strcmp(call->route->tag, "Custom") == 0)
		add_filter(list, "custom_activity_type_id");
	if (strcmp(call->route->tag, "activity") != 0)
		add_part(list, sb_where(call->arena, SB_EQ, sb_field_find(list->object, "_type"),
					call->route->tag));
	for (size_t i = 0; i < ARRAY_LEN(only) && !is_of_lead; i++)
		if (sb_close_param(call, only[i]))
			refuse(list, only[i], "This filter can only be used with lead_id.");
	if (text_equal(sb_close_param(call, "_order_by"), "-activity_at") && !is_of_lead)
		refuse(list, "_order_by", "-activity_at can only be used with lead_id.");
}

static void add_filters(struct list *list)
{
	const char *names = list->kind->filters;

	while (*names) {
		size_t len = strcspn(names, "|");

		add_filter(list, arena_strndup(list->call->arena, names, len));
		names += len + (names[len] == '|');
	}
	add_bounds(list, "date_created");
	add_bounds(list, "date_updated");
	add_ids(list);
	if (strcmp(list->kind->name, "opportunity") == 0) {
		add_status_filter(list, "status_type", "type");
		add_status_filter(list, "status_label", "label");
		add_status_filter(list, "status", "label");
	}
	if (strcmp(list->kind->name, "activity") == 0)
		add_activity_filters(list);
}

static void read_order(struct list *list)
{
	const char *by = sb_close_param(list->call, "_order_by");
	bool is_of_people = strcmp(list->kind->name, "lead") == 0 ||
			    strcmp(list->kind->name, "contact") == 0;

	list->sort.column = is_of_people ? SB_COLUMN_UPDATED : SB_COLUMN_CREATED;
	list->sort.is_descending = true;
	if (text_is_empty(by))
		return;
	list->sort.is_descending = *by == '-';
	by += *by == '-';
	list->sort.column = column_of(by);
	if (list->sort.column == SB_COLUMN_FIELD)
		list->sort.field = sb_field_find(list->object, by);
	if (list->sort.column == SB_COLUMN_FIELD && !list->sort.field)
		refuse(list, "_order_by", "Input should be a field that can be sorted by");
}

/* --- lists --- */

/* As of a moment ago where deletions are seen late. */
static void reply_list(struct list *list, const struct sb_close_page *page)
{
	struct sb_call *call = list->call;
	int64_t lag = sb_switch(call->account, "delete_lag_ms");
	struct sb_query query = { .sorts = &list->sort, .nsorts = 1, .with_deleted = lag > 0 };
	struct sb_record **found, **kept;
	size_t count = 0, total;

	if (list->nparts)
		query.where = sb_where_all(call->arena, SB_AND, list->parts, list->nparts);
	total = sb_query_run(list->object, &query, call->arena, &found);
	kept = arena_array(call->arena, total + 1, sizeof(struct sb_record *));
	for (size_t i = 0; i < total; i++)
		if (found[i]->state == SB_LIVE || (found[i]->state == SB_DELETED &&
						   found[i]->deleted_at > call->now - lag))
			kept[count++] = found[i];
	sb_close_reply_page(call, kept, count, page);
}

/* GET /lead/?query=... */
static void reply_query(struct sb_call *call, const char *text,
			const struct sb_close_page *page)
{
	const json_t *sort = NULL, *query = sb_close_query(call, text, &sort);
	struct sb_record **found;
	size_t count;

	if (query && sb_close_find(call, "lead", query, sort, &found, &count))
		sb_close_reply_page(call, found, count, page);
}

static bool is_imitated(struct sb_call *call)
{
	static const char *const names[] = { "lead_query", "lead_saved_search_id", "_group_by",
					     "is_stalled", "saved_search_id" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (sb_close_param(call, names[i])) {
			sb_not_imitated(call, names[i]);
			return false;
		}
	return true;
}

static const char *object_name(const struct sb_call *call)
{
	return call->route->flags & CLOSE_ACTIVITY ? "activity" : call->route->tag;
}

void sb_close_list(struct sb_call *call)
{
	struct list list = { .call = call,
			     .object = sb_object_find(call->account, object_name(call)),
			     .errors = json_keep(call->arena, json_object()) };
	const char *text = sb_close_param(call, "query");
	struct sb_close_page page;

	list.kind = sb_close_kind_of(list.object);
	if (!is_imitated(call) ||
	    !sb_close_read_page(call, list.kind->limit_max, list.kind->skip_max, &page))
		return;
	if (text && strcmp(list.kind->name, "lead") == 0) {
		reply_query(call, text, &page);
		return;
	}
	add_filters(&list);
	read_order(&list);
	if (!sb_close_refused(call, list.errors))
		reply_list(&list, &page);
}
