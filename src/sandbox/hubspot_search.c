/* hubspot_search.c - search with its limits and traps (fact sheet 5, 7). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/field.h"
#include "sandbox/hubspot.h"
#include "sandbox/page.h"
#include "sandbox/query.h"

#define PAGE_MAX 200
#define RESULTS_MAX 10000
#define GROUP_FILTERS_MAX 6
#define FILTERS_MAX 18
#define QUERY_MAX 3000
#define VALUES_MAX 100

/* One search being read. A reply has been made when `is_bad`. */
struct search {
	struct sb_call *call;
	struct sb_object *object;
	size_t nfilters;
	bool is_bad;
};

static void refuse(struct search *search, const char *format, const char *what)
{
	if (!search->is_bad)
		hubspot_fail(search->call, 400, "VALIDATION_ERROR", format, what);
	search->is_bad = true;
}

/* What a filter or sort looks at. */
struct subject {
	enum sb_column column;
	const struct sb_field *field;
};

static bool find_subject(struct search *search, const char *name, struct subject *subject)
{
	const struct hubspot_kind *kind = hubspot_kind_of(search->object);

	*subject = (struct subject){ .field = sb_field_find(search->object, name) };
	if (!subject->field || subject->field->flags & SB_HIDDEN) {
		refuse(search, "There was a problem with the request: property \"%s\" does not "
			       "exist",
		       name);
		return false;
	}
	if (strcmp(name, "hs_object_id") == 0)
		subject->column = SB_COLUMN_ID;
	else if (strcmp(name, kind->created) == 0)
		subject->column = SB_COLUMN_CREATED;
	else if (strcmp(name, kind->modified) == 0)
		subject->column = SB_COLUMN_UPDATED;
	return true;
}

/* --- filters --- */

static const struct {
	const char *name;
	enum sb_op op;
	bool is_not;
	enum { NO_VALUE, ONE_VALUE, TWO_VALUES, LIST } takes;
} operators[] = {
	{ "EQ", SB_EQ, false, ONE_VALUE },
	{ "NEQ", SB_NE, false, ONE_VALUE },
	{ "LT", SB_LT, false, ONE_VALUE },
	{ "LTE", SB_LE, false, ONE_VALUE },
	{ "GT", SB_GT, false, ONE_VALUE },
	{ "GTE", SB_GE, false, ONE_VALUE },
	{ "BETWEEN", SB_AND, false, TWO_VALUES },
	{ "IN", SB_IN, false, LIST },
	{ "NOT_IN", SB_IN, true, LIST },
	{ "HAS_PROPERTY", SB_HAS, false, NO_VALUE },
	{ "NOT_HAS_PROPERTY", SB_HAS, true, NO_VALUE },
	{ "CONTAINS_TOKEN", SB_TOKEN, false, ONE_VALUE },
	{ "NOT_CONTAINS_TOKEN", SB_TOKEN, true, ONE_VALUE },
};

/* Times and numbers must be such; a search does not guess. */
static bool value_fits(struct search *search, const struct subject *subject, const char *value)
{
	enum sb_type type = subject->field->type;
	int64_t ms;
	double number;

	if (type == SB_DATE || type == SB_DATETIME) {
		if (sb_time_parse(value, &ms))
			return true;
	} else if (type == SB_NUMBER || type == SB_INTEGER) {
		if (sb_is_number(value, &number))
			return true;
	} else {
		return true;
	}
	refuse(search, "There was a problem with the request: \"%s\" is not a value of that "
		       "property",
	       value);
	return false;
}

static const char *value_of(struct search *search, const struct subject *subject,
			    const json_t *filter, const char *member)
{
	const char *value = json_string_of(filter, member);

	if (text_is_empty(value)) {
		refuse(search, "Invalid input JSON: a filter needs \"%s\"", member);
		return NULL;
	}
	return value_fits(search, subject, value) ? value : NULL;
}

static struct sb_condition *condition_of(struct search *search, enum sb_op op,
					 const struct subject *subject, const char *text)
{
	struct arena *arena = search->call->arena;

	return subject->column == SB_COLUMN_FIELD ?
		       sb_where(arena, op, subject->field, text) :
		       sb_where_column(arena, op, subject->column, text);
}

static struct sb_condition *between(struct search *search, const struct subject *subject,
				    const json_t *filter)
{
	const char *low = value_of(search, subject, filter, "value");
	const char *high = low ? value_of(search, subject, filter, "highValue") : NULL;
	const struct sb_condition **parts;

	if (!high)
		return NULL;
	parts = arena_array(search->call->arena, 2, sizeof(*parts));
	parts[0] = condition_of(search, SB_GE, subject, low);
	parts[1] = condition_of(search, SB_LE, subject, high);
	return sb_where_all(search->call->arena, SB_AND, parts, 2);
}

static struct sb_condition *one_of(struct search *search, const struct subject *subject,
				   const json_t *filter)
{
	const json_t *values = json_object_get(filter, "values");
	size_t count = json_array_size(values);
	struct sb_condition *condition;
	const char **texts;

	if (!count || count > VALUES_MAX) {
		refuse(search, "Invalid input JSON: %s", "IN takes 1 to 100 values");
		return NULL;
	}
	texts = arena_array(search->call->arena, count, sizeof(*texts));
	for (size_t i = 0; i < count; i++) {
		texts[i] = json_string_value(json_array_get(values, i));
		if (!texts[i]) {
			refuse(search, "Invalid input JSON: %s", "values are texts");
			return NULL;
		}
		if (!value_fits(search, subject, texts[i]))
			return NULL;
	}
	condition = condition_of(search, SB_IN, subject, NULL);
	condition->texts = texts;
	condition->ntexts = count;
	return condition;
}

static struct sb_condition *plain(struct search *search, enum sb_op op,
				  const struct subject *subject, const json_t *filter)
{
	const char *value = value_of(search, subject, filter, "value");

	return value ? condition_of(search, op, subject, value) : NULL;
}

static struct sb_condition *negated(struct search *search, const struct sb_condition *condition)
{
	const struct sb_condition **parts = arena_array(search->call->arena, 1, sizeof(*parts));

	parts[0] = condition;
	return sb_where_all(search->call->arena, SB_NOT, parts, 1);
}

static struct sb_condition *filter_condition(struct search *search, const json_t *filter)
{
	const char *property = json_string_of(filter, "propertyName");
	const char *name = json_string_of(filter, "operator");
	struct sb_condition *condition = NULL;
	struct subject subject;
	size_t i = 0;

	while (name && i < ARRAY_LEN(operators) && strcmp(operators[i].name, name) != 0)
		i++;
	if (!name || !property || i == ARRAY_LEN(operators)) {
		refuse(search, "Invalid input JSON: a filter needs propertyName and an operator "
			       "that there is, not \"%s\"",
		       name ? name : "");
		return NULL;
	}
	if (!find_subject(search, property, &subject))
		return NULL;
	switch (operators[i].takes) {
	case NO_VALUE:
		condition = condition_of(search, operators[i].op, &subject, NULL);
		break;
	case ONE_VALUE:
		condition = plain(search, operators[i].op, &subject, filter);
		break;
	case TWO_VALUES:
		condition = between(search, &subject, filter);
		break;
	case LIST:
		condition = one_of(search, &subject, filter);
		break;
	}
	return condition && operators[i].is_not ? negated(search, condition) : condition;
}

static struct sb_condition *group_condition(struct search *search, const json_t *group)
{
	const json_t *filters = json_object_get(group, "filters");
	size_t count = json_array_size(filters);
	const struct sb_condition **parts;

	search->nfilters += count;
	if (!count || count > GROUP_FILTERS_MAX || search->nfilters > FILTERS_MAX) {
		refuse(search, "Invalid input JSON: %s",
		       "a group has 1 to 6 filters, all groups together 18");
		return NULL;
	}
	parts = arena_array(search->call->arena, count, sizeof(*parts));
	for (size_t i = 0; i < count; i++) {
		parts[i] = filter_condition(search, json_array_get(filters, i));
		if (!parts[i])
			return NULL;
	}
	return sb_where_all(search->call->arena, SB_AND, parts, count);
}

/* NULL without `is_bad`: everything. */
static struct sb_condition *groups_condition(struct search *search, const json_t *body)
{
	const json_t *groups = json_object_get(body, "filterGroups");
	size_t count = json_array_size(groups);
	const struct sb_condition **parts;

	if (!count)
		return NULL;
	if ((int64_t)count > sb_switch(search->call->account, "search_groups")) {
		refuse(search, "Invalid input JSON: %s", "there are too many filterGroups");
		return NULL;
	}
	parts = arena_array(search->call->arena, count, sizeof(*parts));
	for (size_t i = 0; i < count; i++) {
		parts[i] = group_condition(search, json_array_get(groups, i));
		if (!parts[i])
			return NULL;
	}
	return sb_where_all(search->call->arena, SB_OR, parts, count);
}

/* `query` looks for a text in the kind's usual properties. */
static struct sb_condition *query_condition(struct search *search, const char *query)
{
	const struct hubspot_kind *kind = hubspot_kind_of(search->object);
	const struct sb_condition **parts;
	size_t count = 0, room = 0;

	if (strlen(query) > QUERY_MAX) {
		refuse(search, "Invalid input JSON: %s", "query is too long");
		return NULL;
	}
	while (kind->searched[room])
		room++;
	parts = arena_array(search->call->arena, room, sizeof(*parts));
	for (size_t i = 0; i < room; i++) {
		const struct sb_field *field = sb_field_find(search->object, kind->searched[i]);

		if (field)
			parts[count++] = sb_where(search->call->arena, SB_CONTAINS, field, query);
	}
	return sb_where_all(search->call->arena, SB_OR, parts, count);
}

static const struct sb_condition *whole_condition(struct search *search, const json_t *body)
{
	const char *query = json_string_of(body, "query");
	const struct sb_condition **parts = arena_array(search->call->arena, 2, sizeof(*parts));
	size_t count = 0;
	struct sb_condition *condition = groups_condition(search, body);

	if (condition)
		parts[count++] = condition;
	if (!search->is_bad && !text_is_empty(query))
		parts[count++] = query_condition(search, query);
	if (search->is_bad || !count)
		return NULL;
	return sb_where_all(search->call->arena, SB_AND, parts, count);
}

/* --- order and pages --- */

/* {"propertyName","direction"}, or the short "name" and "-name". */
static void read_sort(struct search *search, const json_t *body, struct sb_query *query,
		      struct sb_sort *sort)
{
	const json_t *sorts = json_object_get(body, "sorts");
	const json_t *first = json_array_get(sorts, 0);
	const char *name = json_is_string(first) ? json_string_value(first) :
						   json_string_of(first, "propertyName");
	const char *direction = json_string_of(first, "direction");
	struct subject subject;

	if (!first)
		return;
	if (json_array_size(sorts) > 1 || text_is_empty(name) ||
	    (direction && strcmp(direction, "ASCENDING") != 0 &&
	     strcmp(direction, "DESCENDING") != 0)) {
		refuse(search, "Invalid input JSON: %s",
		       "there is one sort, ASCENDING or DESCENDING");
		return;
	}
	sort->is_descending = text_equal(direction, "DESCENDING");
	if (json_is_string(first) && name[0] == '-') {
		sort->is_descending = true;
		name++;
	}
	if (!find_subject(search, name, &subject))
		return;
	sort->column = subject.column;
	sort->field = subject.field;
	query->sorts = sort;
	query->nsorts = 1;
}

/* Both as number or as text. */
static bool read_number(const json_t *body, const char *name, int64_t otherwise, int64_t low,
			int64_t high, int64_t *number)
{
	const json_t *value = json_object_get(body, name);

	*number = otherwise;
	if (!value || json_is_null(value))
		return true;
	if (json_is_integer(value)) {
		*number = json_integer_value(value);
		return *number >= low && *number <= high;
	}
	return json_is_string(value) && (!*json_string_value(value) ||
					 sb_page_number(json_string_value(value), otherwise, low,
							high, number));
}

static void read_page(struct search *search, const json_t *body, int64_t *limit, int64_t *after)
{
	if (!read_number(body, "limit", 10, 0, PAGE_MAX, limit))
		refuse(search, "Invalid input JSON: limit is 0 to %s", "200");
	else if (!read_number(body, "after", 0, 0, INT32_MAX, after))
		refuse(search, "Invalid input JSON: %s", "after is not from the last page");
	else if (*after + *limit > RESULTS_MAX)
		refuse(search, "There was a problem with the request: a search pages through "
			       "%s results at most",
		       "10000");
}

static void reply(struct search *search, const json_t *body, const struct sb_query *query,
		  int64_t limit, int64_t after)
{
	struct sb_call *call = search->call;
	struct hubspot_shape shape = hubspot_shape_of_body(call, body);
	struct sb_record **found;
	size_t total = sb_query_run(search->object, query, call->arena, &found);
	json_t *results = json_array(), *json;
	size_t end = (size_t)(after + limit);

	shape.as_of = query->as_of;
	for (size_t i = (size_t)after; i < total && i < end; i++)
		json_array_append_new(results, hubspot_object(call, found[i], &shape));
	json = json_pack("{sI so}", "total", (json_int_t)total, "results", results);
	if (end < total && limit)
		json_object_set_new(json, "paging",
				    json_pack("{s{so}}", "next", "after",
					      sb_json_printf("%zu", end)));
	sb_reply_json(call, 200, json);
}

void hubspot_search(struct sb_call *call)
{
	struct search search = { .call = call, .object = hubspot_object_type(call, 0) };
	struct sb_query query = { 0 };
	struct sb_sort sort = { 0 };
	const json_t *body;
	int64_t limit = 0, after = 0;

	if (!search.object || !hubspot_may(call, search.object, "read"))
		return;
	body = sb_json(call);
	if (!body)
		return;
	if (!json_is_object(body))
		refuse(&search, "Invalid input JSON: %s", "not an object");
	else
		query.where = whole_condition(&search, body);
	if (!search.is_bad)
		read_sort(&search, body, &query, &sort);
	if (!search.is_bad)
		read_page(&search, body, &limit, &after);
	if (search.is_bad)
		return;
	if (call->account->search_lag_ms > 0)
		query.as_of = call->now - call->account->search_lag_ms;
	reply(&search, body, &query, limit, after);
}
