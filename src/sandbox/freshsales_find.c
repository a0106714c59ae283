/* freshsales_find.c - look-ups, searches and views (5, 7). Threads: under the sandbox's
 * lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/page.h"
#include "sandbox/query.h"

#define PAGE_SIZE 25
#define PAGE_MAX 100
#define RULES_MAX 50

static int64_t index_time(const struct sb_call *call)
{
	return call->now - call->account->search_lag_ms;
}

/* --- pages --- */

/* From the query, else from the body where there is one. */
static const char *param(struct sb_call *call, const char *name)
{
	const char *text = sb_query(call, name);

	return text ? text : sb_id_text(call->arena, json_object_get(call->json, name));
}

bool sb_fresh_read_page(struct sb_call *call, int64_t *page, int64_t *size)
{
	if (sb_page_number(param(call, "page"), 1, 1, 1000000, page) &&
	    sb_page_number(param(call, "per_page"), PAGE_SIZE, 1, PAGE_MAX, size))
		return true;
	sb_fresh_fail(call, 400, "page or per_page is invalid");
	return false;
}

static json_t *meta_of(size_t total, int64_t size)
{
	return json_pack("{sI sI}", "total", (json_int_t)total, "total_pages",
			 (json_int_t)((total + (size_t)size - 1) / (size_t)size));
}

void sb_fresh_reply_page(struct sb_call *call, const char *name, json_t *list, int64_t page,
			 int64_t size)
{
	json_t *wanted = json_array();

	for (size_t i = (size_t)((page - 1) * size); i < (size_t)(page * size); i++)
		json_array_append(wanted, json_array_get(list, i));
	sb_reply_json(call, 200,
		      json_pack("{so so}", name, wanted, "meta",
				meta_of(json_array_size(list), size)));
	json_decref(list);
}

/* Newest changes first unless "sort" and "sort_type" say otherwise; false after refusing. */
static bool read_sort(struct sb_call *call, const struct sb_object *object,
		      struct sb_sort *sort)
{
	const char *by = param(call, "sort"), *type = param(call, "sort_type");

	*sort = (struct sb_sort){ .column = SB_COLUMN_UPDATED,
				  .is_descending = !text_equal(type, "asc") };
	if (text_equal(by, "created_at"))
		sort->column = SB_COLUMN_CREATED;
	else if (text_equal(by, "id"))
		sort->column = SB_COLUMN_ID;
	else if (by && strcmp(by, "updated_at") != 0) {
		sort->column = SB_COLUMN_FIELD;
		sort->field = sb_field_find(object, by);
	}
	if ((sort->column == SB_COLUMN_FIELD && !sort->field) ||
	    (type && !sb_has_word("asc|desc", type))) {
		sb_fresh_fail(call, 400, "sort or sort_type is invalid");
		return false;
	}
	return true;
}

static void reply_query(struct sb_call *call, struct sb_object *object, struct sb_query *query)
{
	struct sb_record **found;
	struct sb_sort sort;
	int64_t page, size;
	json_t *list, *answer;
	size_t total;

	if (!sb_fresh_read_page(call, &page, &size) || !read_sort(call, object, &sort))
		return;
	query->sorts = &sort;
	query->nsorts = 1;
	if (call->account->search_lag_ms)
		query->as_of = index_time(call);
	total = sb_query_run(object, query, call->arena, &found);
	list = json_array();
	answer = json_keep(call->arena, json_pack("{so so}", sb_object_spec(object)->name, list,
						  "meta", meta_of(total, size)));
	for (size_t i = (size_t)((page - 1) * size); i < total && i < (size_t)(page * size); i++) {
		json_array_append_new(list, sb_fresh_json(call, found[i]));
		if (!sb_fresh_include(call, found[i], answer))
			return;
	}
	sb_reply_json(call, 200, json_incref(answer));
}

/* --- views: their rules hide rows --- */

enum view { VIEW_ALL, VIEW_MINE, VIEW_DELETED, VIEWS };

static const char *const view_names[VIEWS] = { "All", "My", "Recently deleted" };
#define FIRST_VIEW 16000111

void sb_fresh_filters(struct sb_call *call)
{
	static const struct {
		const char *object, *title;
	} titles[] = { { "contacts", "Contacts" },
		       { "leads", "Leads" },
		       { "sales_accounts", "Accounts" },
		       { "deals", "Deals" } };
	const char *title = "";
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (strcmp(titles[i].object, call->route->tag) == 0)
			title = titles[i].title;
	for (int i = 0; i < VIEWS; i++)
		json_array_append_new(
			list, json_pack("{si so sb so}", "id", FIRST_VIEW + i, "name",
					sb_json_printf("%s %s", view_names[i], title),
					"is_default", 1, "updated_at",
					sb_render_time(call, call->account->created_at,
						       SB_TIME_OFFSET)));
	sb_reply_json(call, 200,
		      json_pack("{so s{si}}", "filters", list, "meta", "total", (int)VIEWS));
}

void sb_fresh_view(struct sb_call *call)
{
	struct sb_object *object = sb_object_find(call->account, call->route->tag);
	const struct sb_record *owner =
		sb_object_record(sb_object_find(call->account, "owners"), 0);
	int64_t view = sb_id_number(sb_param(call, 0)) - FIRST_VIEW;
	struct sb_query query = { .only_deleted = view == VIEW_DELETED };

	if (view < 0 || view >= VIEWS) {
		sb_fresh_not_found(call);
		return;
	}
	if (view == VIEW_MINE)
		query.where = sb_where(call->arena, SB_EQ, sb_field_find(object, "owner_id"),
				       owner->id);
	reply_query(call, object, &query);
}

/* --- one by an exact value --- */

/* "contact" and the like; NULL for what the generation of the account has not. */
static struct sb_object *object_of_entity(struct sb_call *call, const char *entity)
{
	bool is_classic = sb_switch(call->account, "classic");

	for (size_t i = 0; entity && i < sb_fresh_nkinds; i++)
		if (sb_fresh_kinds[i].model && text_equal(sb_fresh_kinds[i].one, entity) &&
		    (is_classic || strcmp(entity, "lead") != 0))
			return sb_object_find(call->account, sb_fresh_kinds[i].name);
	return NULL;
}

/* The next of "a,b,c"; NULL after the last. */
static const char *next_word(struct sb_call *call, const char **words)
{
	size_t len = strcspn(*words, ",");
	const char *word = len ? arena_strndup(call->arena, *words, len) : NULL;

	*words += len + ((*words)[len] == ',');
	return word;
}

void sb_fresh_lookup(struct sb_call *call)
{
	const char *q = sb_query(call, "q"), *f = sb_query(call, "f"), *entity;
	const char *entities = sb_query(call, "entities");
	json_t *answer = json_keep(call->arena, json_object());
	bool is_right = !text_is_empty(q) && !text_is_empty(f) && !text_is_empty(entities);

	while (is_right && (entity = next_word(call, &entities))) {
		struct sb_object *object = object_of_entity(call, entity);
		const struct sb_record *record =
			object ? sb_fresh_find(call, object, f, q) : NULL;
		json_t *list;

		is_right = object != NULL;
		if (!is_right)
			break;
		list = json_array();
		if (record && sb_record_was_live(record, index_time(call)))
			json_array_append_new(list, sb_fresh_json(call, record));
		json_object_set_new(answer, sb_object_spec(object)->name,
				    json_pack("{so}", sb_object_spec(object)->name, list));
	}
	if (is_right)
		sb_reply_json(call, 200, json_incref(answer));
	else
		sb_fresh_fail(call, 400, "q, f and entities are required");
}

/* --- the fuzzy search --- */

/* Whether one of the texts that people look for has `q` in it, as the index saw them. */
static bool is_like(struct sb_call *call, const struct sb_record *record, const char *q)
{
	static const char *const names[] = { "first_name",    "last_name",   "name",
					     "email",	      "mobile_number", "work_number",
					     "phone",	      "job_title" };
	struct arena_mark mark = arena_mark(call->arena);
	const char *whole = "";
	bool is_found;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *value =
			sb_record_value_at(record, sb_field_find(record->object, names[i]),
					   index_time(call));

		if (json_is_string(value))
			whole = arena_printf(call->arena, "%s%s%s", whole, *whole ? " " : "",
					     json_string_value(value));
		json_decref(value);
	}
	is_found = strcasestr(whole, q) != NULL;
	arena_rewind(call->arena, mark);
	return is_found;
}

static json_t *hit_json(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_fresh_kind *kind = sb_fresh_kind_of(record->object);
	const char *email = sb_field_find(record->object, "email") ?
				    sb_text(call, record, "email") :
				    "";
	json_t *json = json_pack("{sI ss ss}", "id", (json_int_t)sb_id_number(record->id), "type",
				 kind->one, "name", sb_fresh_name(call, record));

	json_object_set_new(json, "email", *email ? json_string(email) : json_null());
	return json;
}

static void add_hits(struct sb_call *call, const struct sb_object *object, const char *q,
		     size_t max, json_t *list)
{
	for (size_t i = 0; i < sb_object_count(object) && json_array_size(list) < max; i++) {
		const struct sb_record *record = sb_object_record(object, i);

		if (sb_record_was_live(record, index_time(call)) && is_like(call, record, q))
			json_array_append_new(list, hit_json(call, record));
	}
}

void sb_fresh_search(struct sb_call *call)
{
	const char *q = sb_query(call, "q"), *include = sb_query(call, "include"), *entity;
	json_t *list = json_keep(call->arena, json_array());
	int64_t page, size;

	if (text_is_empty(q) || text_is_empty(include)) {
		sb_fresh_fail(call, 400, "q and include are required");
		return;
	}
	if (!sb_fresh_read_page(call, &page, &size))
		return;
	while ((entity = next_word(call, &include))) {
		const struct sb_object *object = object_of_entity(call, entity);

		if (!object) {
			sb_fresh_fail(call, 400, "include is invalid: %.64s", entity);
			return;
		}
		add_hits(call, object, q, (size_t)size, list);
	}
	sb_reply_json(call, 200, json_incref(list));
}

/* --- searching with rules --- */

static const struct {
	const char *name;
	enum sb_op op;
} operators[] = {
	{ "is_in", SB_EQ },	{ "is_not_in", SB_NE },	  { "contains", SB_CONTAINS },
	{ "is_after", SB_GT },	{ "is_before", SB_LT },	  { "less_than", SB_LT },
	{ "greater_than", SB_GT }, { "is_empty", SB_HAS },
};

struct rule {
	const struct sb_field *field;
	enum sb_column column;
	enum sb_op op;
};

static bool read_rule(const struct sb_object *object, const json_t *json, struct rule *rule)
{
	const char *name = json_string_of(json, "attribute");
	const char *op = json_string_of(json, "operator");
	size_t i = 0;

	while (op && i < ARRAY_LEN(operators) && strcmp(operators[i].name, op) != 0)
		i++;
	if (!name || !op || i == ARRAY_LEN(operators))
		return false;
	*rule = (struct rule){ .op = operators[i].op, .column = SB_COLUMN_FIELD };
	if (strcmp(name, "updated_at") == 0)
		rule->column = SB_COLUMN_UPDATED;
	else if (strcmp(name, "created_at") == 0)
		rule->column = SB_COLUMN_CREATED;
	else
		rule->field = sb_field_find(
			object, strcmp(name, "contact_email.email") == 0 ? "email" : name);
	return rule->field || rule->column != SB_COLUMN_FIELD;
}

static const struct sb_condition *one_value(struct sb_call *call, const struct rule *rule,
					    const char *text)
{
	return rule->column == SB_COLUMN_FIELD ?
		       sb_where(call->arena, rule->op, rule->field, text) :
		       sb_where_column(call->arena, rule->op, rule->column, text);
}

/* The conditions of one rule; NULL after refusing. Of several values one is enough, and
 * of those that are excluded all count. */
static const struct sb_condition *rule_of(struct sb_call *call, const struct sb_object *object,
					  const json_t *json)
{
	json_t *value = json_object_get(json, "value");
	size_t count = json_is_array(value) ? json_array_size(value) : 1;
	const struct sb_condition **parts = arena_array(call->arena, count + 1, sizeof(*parts));
	struct rule rule;
	bool is_one = read_rule(object, json, &rule);

	if (is_one && rule.op == SB_HAS)
		return sb_where_not(call->arena,
				    sb_where(call->arena, SB_HAS, rule.field, NULL));
	for (size_t i = 0; is_one && i < count; i++) {
		const char *text = sb_id_text(
			call->arena, json_is_array(value) ? json_array_get(value, i) : value);
		int64_t ms;

		is_one = text && (rule.column == SB_COLUMN_FIELD || sb_time_parse(text, &ms));
		if (is_one)
			parts[i] = one_value(call, &rule, text);
	}
	if (is_one && count)
		return sb_where_all(call->arena, rule.op == SB_NE ? SB_AND : SB_OR, parts, count);
	sb_fresh_fail(call, 400, "filter_rule is invalid");
	return NULL;
}

void sb_fresh_filtered_search(struct sb_call *call)
{
	struct sb_object *object = object_of_entity(call, sb_param(call, 0));
	const json_t *body = object ? sb_json(call) : NULL;
	const json_t *rules = json_object_get(body, "filter_rule");
	size_t count = json_array_size(rules);
	const struct sb_condition **parts;
	struct sb_query query = { 0 };

	if (!object)
		sb_fresh_not_found(call);
	if (!body)
		return;
	if (!json_is_array(rules) || count > RULES_MAX) {
		sb_fresh_fail(call, 400, "filter_rule must be a list of rules");
		return;
	}
	parts = arena_array(call->arena, count + 1, sizeof(*parts));
	for (size_t i = 0; i < count; i++) {
		parts[i] = rule_of(call, object, json_array_get(rules, i));
		if (!parts[i])
			return;
	}
	if (count)
		query.where = sb_where_all(call->arena, SB_AND, parts, count);
	reply_query(call, object, &query);
}
