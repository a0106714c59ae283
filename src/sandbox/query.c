/* query.c - finding records by a condition. Threads: under the sandbox's lock. */
#include "sandbox/query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "sandbox/records_inside.h"

struct run {
	const struct sb_query *query;
	struct arena *arena;
};

/* --- looking at one record --- */

static const char *field_text(const struct run *run, const struct sb_record *record,
			      const struct sb_field *field)
{
	json_t *json;
	struct sb_value value;
	const char *text;

	if (!run->query->as_of || record->updated_at <= run->query->as_of)
		return sb_record_text(record, field, run->arena);
	json = sb_record_value_at(record, field, run->query->as_of);
	if (!json)
		return NULL;
	value = sb_value_of(0, json);
	text = arena_strdup(run->arena, sb_value_text(&value, run->arena));
	sb_value_free(&value);
	json_decref(json);
	return text;
}

static const char *text_of(const struct run *run, const struct sb_record *record,
			   const struct sb_condition *condition)
{
	switch (condition->column) {
	case SB_COLUMN_ID:
		return record->id;
	case SB_COLUMN_CREATED:
		return arena_printf(run->arena, "%lld", (long long)record->created_at);
	case SB_COLUMN_UPDATED:
		return arena_printf(run->arena, "%lld", (long long)record->updated_at);
	case SB_COLUMN_DELETED:
		return record->state == SB_LIVE ? "false" : "true";
	case SB_COLUMN_FIELD:
		break;
	}
	return field_text(run, record, condition->field);
}

enum measure { MEASURE_TEXT, MEASURE_NUMBER, MEASURE_TIME, MEASURE_EXACT };

static enum measure measure_of(enum sb_column column, const struct sb_field *field)
{
	if (column == SB_COLUMN_CREATED || column == SB_COLUMN_UPDATED)
		return MEASURE_TIME;
	if (column == SB_COLUMN_ID)
		return MEASURE_EXACT;
	if (!field)
		return MEASURE_TEXT;
	switch (field->type) {
	case SB_INTEGER:
	case SB_NUMBER:
		return MEASURE_NUMBER;
	case SB_DATE:
	case SB_DATETIME:
		return MEASURE_TIME;
	case SB_REFERENCE:
		return MEASURE_EXACT;
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_BOOLEAN:
	case SB_PICKLIST:
	case SB_MULTI:
	case SB_JSON:
		break;
	}
	return MEASURE_TEXT;
}

static int compare(enum measure measure, const char *a, const char *b)
{
	int64_t at_a, at_b;
	double x, y;

	if (measure == MEASURE_TIME && sb_time_parse(a, &at_a) && sb_time_parse(b, &at_b))
		return (at_a > at_b) - (at_a < at_b);
	if (measure == MEASURE_NUMBER && sb_is_number(a, &x) && sb_is_number(b, &y))
		return (x > y) - (x < y);
	if (measure != MEASURE_EXACT)
		return strcasecmp(a, b);
	/* Ids that are numbers order as numbers. */
	if (text_int(a, &at_a) && text_int(b, &at_b))
		return (at_a > at_b) - (at_a < at_b);
	return strcmp(a, b);
}

static bool is_in(const struct sb_condition *condition, const char *text)
{
	enum measure measure = measure_of(condition->column, condition->field);

	for (size_t i = 0; i < condition->ntexts; i++)
		if (compare(measure, text, condition->texts[i]) == 0)
			return true;
	return false;
}

static bool is_letter(char c)
{
	return strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", c) ||
	       (unsigned char)c & 0x80;
}

/* Whether the word stands in the text: "nor*" at the beginning of one, "*rth" at the
 * end, "*" alone anywhere. Words are runs of letters and digits. */
static bool has_token(struct arena *arena, const char *text, const char *token)
{
	bool any_before = token[0] == '*', any_after = text_ends(token, "*");
	size_t len = strlen(token);
	const char *word, *at;

	if (any_before)
		token++, len--;
	if (any_after && len)
		len--;
	if (!len)
		return true;
	word = arena_strndup(arena, token, len);
	for (at = strcasestr(text, word); at; at = strcasestr(at + 1, word)) {
		bool starts = at == text || !is_letter(at[-1]) || !is_letter(word[0]);
		bool ends = !at[len] || !is_letter(at[len]) || !is_letter(word[len - 1]);

		if ((starts || any_before) && (ends || any_after))
			return true;
	}
	return false;
}

static bool ends_nocase(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

static bool leaf_matches(const struct run *run, const struct sb_condition *condition,
			 const struct sb_record *record)
{
	const char *text = text_of(run, record, condition), *wanted;
	enum measure measure = measure_of(condition->column, condition->field);

	if (condition->op == SB_HAS)
		return text && *text;
	if (!text)
		return condition->op == SB_NE;
	if (condition->op == SB_IN)
		return is_in(condition, text);
	wanted = condition->ntexts ? condition->texts[0] : "";
	switch (condition->op) {
	case SB_EQ:
		return compare(measure, text, wanted) == 0;
	case SB_NE:
		return compare(measure, text, wanted) != 0;
	case SB_LT:
		return compare(measure, text, wanted) < 0;
	case SB_LE:
		return compare(measure, text, wanted) <= 0;
	case SB_GT:
		return compare(measure, text, wanted) > 0;
	case SB_GE:
		return compare(measure, text, wanted) >= 0;
	case SB_CONTAINS:
		return strcasestr(text, wanted);
	case SB_STARTS:
		return strncasecmp(text, wanted, strlen(wanted)) == 0;
	case SB_ENDS:
		return ends_nocase(text, wanted);
	case SB_TOKEN:
		return has_token(run->arena, text, wanted);
	case SB_AND:
	case SB_OR:
	case SB_NOT:
	case SB_IN:
	case SB_HAS:
	case SB_TRUE:
		break;
	}
	return true;
}

static bool matches(const struct run *run, const struct sb_condition *condition,
		    const struct sb_record *record)
{
	switch (condition->op) {
	case SB_AND:
		for (size_t i = 0; i < condition->nparts; i++)
			if (!matches(run, condition->parts[i], record))
				return false;
		return true;
	case SB_OR:
		for (size_t i = 0; i < condition->nparts; i++)
			if (matches(run, condition->parts[i], record))
				return true;
		return false;
	case SB_NOT:
		return !matches(run, condition->parts[0], record);
	case SB_TRUE:
		return true;
	case SB_EQ:
	case SB_NE:
	case SB_LT:
	case SB_LE:
	case SB_GT:
	case SB_GE:
	case SB_IN:
	case SB_CONTAINS:
	case SB_STARTS:
	case SB_ENDS:
	case SB_TOKEN:
	case SB_HAS:
		return leaf_matches(run, condition, record);
	}
	return false;
}

static bool is_visible(const struct sb_query *query, const struct sb_record *record)
{
	bool is_deleted = record->state == SB_DELETED || record->state == SB_MERGED;

	if (record->state == SB_GONE)
		return false;
	if (query->only_deleted)
		return is_deleted;
	if (query->as_of)
		return sb_record_was_live(record, query->as_of);
	return record->state == SB_LIVE || (query->with_deleted && is_deleted);
}

static bool record_matches(const struct run *run, const struct sb_record *record)
{
	struct arena_mark mark;
	bool is_match;

	if (!is_visible(run->query, record))
		return false;
	if (!run->query->where)
		return true;
	mark = arena_mark(run->arena);
	is_match = matches(run, run->query->where, record);
	arena_rewind(run->arena, mark);
	return is_match;
}

/* --- which records to look at --- */

struct list {
	struct sb_record **items;
	size_t count, room;
};

static void list_add(struct list *list, struct sb_record *record)
{
	list->items = sb_grow(list->items, list->count, &list->room, sizeof(struct sb_record *));
	list->items[list->count++] = record;
}

static bool collect(struct sb_record *record, void *context)
{
	list_add(context, record);
	return true;
}

/* Whether every match must be among what this condition can look up. */
static bool is_lookup(const struct sb_query *query, const struct sb_condition *condition)
{
	if (condition->op == SB_EQ || condition->op == SB_IN)
		return condition->column == SB_COLUMN_ID ||
		       (condition->column == SB_COLUMN_FIELD && !query->with_deleted &&
			!query->only_deleted && condition->field &&
			condition->field->flags & SB_INDEXED);
	return (condition->op == SB_GT || condition->op == SB_GE) &&
	       condition->column == SB_COLUMN_UPDATED;
}

static const struct sb_condition *find_lookup(const struct sb_query *query,
					      const struct sb_condition *condition)
{
	if (!condition || is_lookup(query, condition))
		return condition;
	if (condition->op != SB_AND)
		return NULL;
	for (size_t i = 0; i < condition->nparts; i++) {
		const struct sb_condition *found = find_lookup(query, condition->parts[i]);

		if (found)
			return found;
	}
	return NULL;
}

static void add_changed(const struct sb_object *object, uint64_t after, struct list *list)
{
	const struct sb_change *change;
	size_t count = sb_changes_after(object, after, &change);

	for (size_t i = 0; i < count; i++)
		if (change[i].record->change == change[i].number)
			list_add(list, change[i].record);
}

static void look_up(const struct sb_object *object, const struct sb_query *query,
		    const struct sb_condition *condition, struct list *list)
{
	int64_t at;

	if (condition->column == SB_COLUMN_UPDATED) {
		at = sb_time_parse(condition->texts[0], &at) ? at : 0;
		add_changed(object, sb_changes_before(object, at), list);
		return;
	}
	for (size_t i = 0; i < condition->ntexts; i++) {
		const char *text = condition->texts[i];
		struct sb_record *record;

		if (condition->column == SB_COLUMN_FIELD) {
			sb_record_each(condition->field, text, collect, list);
			continue;
		}
		record = sb_record_find(object, text);
		if (record)
			list_add(list, record);
	}
	/* What the lagging index still sees may have another value by now. */
	if (query->as_of && condition->column == SB_COLUMN_FIELD)
		add_changed(object, sb_changes_before(object, query->as_of), list);
}

static int by_number(const void *a, const void *b)
{
	const struct sb_record *x = *(struct sb_record *const *)a;
	const struct sb_record *y = *(struct sb_record *const *)b;

	return (x->number > y->number) - (x->number < y->number);
}

static void drop_repeated(struct list *list)
{
	size_t kept = 0;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(struct sb_record *), by_number);
	for (size_t i = 0; i < list->count; i++)
		if (!kept || list->items[kept - 1] != list->items[i])
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* --- order --- */

struct sortable {
	struct sb_record *record;
	const char *keys[4];
	int64_t times[4];
};

struct order {
	const struct sb_sort *sorts;
	size_t nsorts;
};

/* Records without a value come last, whichever the direction. */
static int compare_key(const struct sb_sort *sort, const struct sortable *x,
		       const struct sortable *y, size_t i)
{
	int order;

	if (sort->column == SB_COLUMN_CREATED || sort->column == SB_COLUMN_UPDATED) {
		order = (x->times[i] > y->times[i]) - (x->times[i] < y->times[i]);
		return sort->is_descending ? -order : order;
	}
	if (!x->keys[i] || !y->keys[i])
		return (x->keys[i] == NULL) - (y->keys[i] == NULL);
	order = compare(measure_of(sort->column, sort->field), x->keys[i], y->keys[i]);
	return sort->is_descending ? -order : order;
}

static int compare_records(const void *a, const void *b, void *context)
{
	const struct sortable *x = a, *y = b;
	const struct order *order = context;

	for (size_t i = 0; i < order->nsorts; i++) {
		int result = compare_key(&order->sorts[i], x, y, i);

		if (result)
			return result;
	}
	return (x->record->number > y->record->number) - (x->record->number < y->record->number);
}

static void set_keys(const struct run *run, const struct order *order, struct sortable *item)
{
	for (size_t i = 0; i < order->nsorts; i++) {
		const struct sb_sort *sort = &order->sorts[i];

		if (sort->column == SB_COLUMN_CREATED)
			item->times[i] = item->record->created_at;
		else if (sort->column == SB_COLUMN_UPDATED)
			item->times[i] = item->record->updated_at;
		else if (sort->column == SB_COLUMN_ID)
			item->keys[i] = item->record->id;
		else
			item->keys[i] = field_text(run, item->record, sort->field);
	}
}

static void sort_records(const struct run *run, struct list *list)
{
	struct order order = { run->query->sorts, run->query->nsorts };
	struct sortable *items = sb_alloc(list->count * sizeof(*items));

	if (order.nsorts > ARRAY_LEN(items->keys))
		order.nsorts = ARRAY_LEN(items->keys);
	for (size_t i = 0; i < list->count; i++) {
		items[i].record = list->items[i];
		set_keys(run, &order, &items[i]);
	}
	qsort_r(items, list->count, sizeof(*items), compare_records, &order);
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = items[i].record;
	free(items);
}

size_t sb_query_run(struct sb_object *object, const struct sb_query *query,
		    struct arena *arena, struct sb_record ***out)
{
	struct run run = { query, arena };
	const struct sb_condition *lookup = find_lookup(query, query->where);
	struct list list = { 0 };
	size_t kept = 0;

	if (lookup) {
		look_up(object, query, lookup, &list);
		drop_repeated(&list);
	}
	for (size_t i = 0; !lookup && i < object->nrecords; i++)
		list_add(&list, object->records[i]);
	for (size_t i = 0; i < list.count; i++)
		if (record_matches(&run, list.items[i]))
			list.items[kept++] = list.items[i];
	list.count = kept;
	if (query->nsorts && list.count > 1)
		sort_records(&run, &list);
	*out = arena_memdup(arena, list.items, list.count * sizeof(struct sb_record *));
	free(list.items);
	return kept;
}
