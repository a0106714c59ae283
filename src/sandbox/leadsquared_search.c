/* leadsquared_search.c - finding leads, and reading what changed (5, 7). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"
#include "sandbox/query.h"

#define SEARCH_MAX 1000
#define CHANGES_MAX 5000
#define IDS_MAX 1000

/* --- lists --- */

static bool is_shown(struct sb_call *call, const struct sb_record *lead)
{
	return lead && lead->state == SB_LIVE &&
	       sb_record_was_live(lead, call->now - call->account->search_lag_ms);
}

static void reply_one(struct sb_call *call, const struct sb_record *lead)
{
	json_t *list = json_array();

	if (is_shown(call, lead))
		json_array_append_new(list, lsq_flat(call, lead, NULL));
	sb_reply_json(call, 200, list);
}

/* The names of Columns.Include_CSV as members; NULL for all. False after a refusal. */
static bool read_columns(struct sb_call *call, const json_t **columns)
{
	const char *csv = json_string_of(json_object_get(call->json, "Columns"), "Include_CSV");
	json_t *wanted = json_keep(call->arena, json_object());

	*columns = text_is_empty(csv) ? NULL : wanted;
	while (csv && *csv) {
		size_t len = strcspn(csv, ",");
		char *name = text_trim(call->arena, arena_strndup(call->arena, csv, len));

		if (!sb_field_find(lsq_leads(call), name)) {
			lsq_fail(call, lsq_unknown_attribute, "Attribute '%.64s' does not exist",
				 name);
			return false;
		}
		json_object_set_new(wanted, name, json_true());
		csv += len + (csv[len] == ',');
	}
	return true;
}

/* One page of what was found, as lists are. */
static void reply_list(struct sb_call *call, struct sb_record *const *found, size_t total,
		       const struct lsq_page *page, const json_t *columns)
{
	json_t *list = json_array();

	for (size_t i = page->first; i < total && i < page->first + page->size; i++)
		json_array_append_new(list, lsq_properties(call, found[i], columns));
	sb_reply_json(call, 200, json_pack("{sI so}", "RecordCount", (json_int_t)total, "Leads",
					   list));
}

/* --- by one value --- */

static void by_value(struct sb_call *call, const char *field, const char *text)
{
	if (text_is_empty(text))
		lsq_fail(call, lsq_mandatory, "'%s' is mandatory", field);
	else
		reply_one(call, sb_record_by(sb_field_find(lsq_leads(call), field), text));
}

void lsq_by_email(struct sb_call *call)
{
	by_value(call, "EmailAddress", sb_query(call, "emailaddress"));
}

void lsq_by_phone(struct sb_call *call)
{
	by_value(call, "Phone", sb_query(call, "phone"));
}

/* At once, whatever the lag: an empty list for a lead that is gone. */
void lsq_by_id(struct sb_call *call)
{
	const struct sb_record *lead =
		sb_live_find(call->account, "leads", sb_query(call, "id"));
	json_t *list = json_array();

	if (lead)
		json_array_append_new(list, lsq_flat(call, lead, NULL));
	sb_reply_json(call, 200, list);
}

void lsq_by_ids(struct sb_call *call)
{
	const json_t *body = lsq_body(call), *columns, *id;
	const json_t *ids = json_at(body, "$.SearchParameters.LeadIds");
	struct sb_record **found;
	struct lsq_page page;
	size_t i, count = 0;

	if (!body || !lsq_page_read(call, IDS_MAX, &page) || !read_columns(call, &columns))
		return;
	if (!json_array_size(ids) || json_array_size(ids) > IDS_MAX) {
		lsq_fail(call, lsq_mandatory, "'LeadIds' is mandatory, at most %d", IDS_MAX);
		return;
	}
	found = arena_array(call->arena, json_array_size(ids), sizeof(struct sb_record *));
	json_array_foreach((json_t *)ids, i, id) {
		struct sb_record *lead =
			sb_live_find(call->account, "leads", json_string_value(id));

		if (lead)
			found[count++] = lead;
	}
	reply_list(call, found, count, &page, columns);
}

/* As the box on top of the vendor's pages: any of these holds the words. */
void lsq_quick_search(struct sb_call *call)
{
	static const char *const names[] = { "FirstName", "LastName", "EmailAddress", "Phone",
					     "Mobile", "Company", "mx_City", "mx_Country" };
	const char *key = sb_query(call, "key");
	const struct sb_condition *parts[ARRAY_LEN(names)];
	struct sb_query query = { .as_of = call->now - call->account->search_lag_ms };
	struct sb_record **found;
	size_t count = 0, total;
	json_t *list;

	if (text_is_empty(key)) {
		lsq_fail(call, lsq_mandatory, "'key' is mandatory");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct sb_field *field = sb_field_find(lsq_leads(call), names[i]);

		if (field)
			parts[count++] = sb_where(call->arena, SB_CONTAINS, field, key);
	}
	query.where = sb_where_all(call->arena, SB_OR, parts, count);
	total = sb_query_run(lsq_leads(call), &query, call->arena, &found);
	list = json_array();
	for (size_t i = 0; i < total && i < SEARCH_MAX; i++)
		json_array_append_new(list, lsq_flat(call, found[i], NULL));
	sb_reply_json(call, 200, list);
}

/* --- by a criterion (5) --- */

static bool read_op(const char *text, enum sb_op *op)
{
	static const struct {
		const char *text;
		enum sb_op op;
	} ops[] = { { "=", SB_EQ }, { "LIKE", SB_CONTAINS }, { ">", SB_GT }, { "<", SB_LT },
		    { "<=", SB_LE }, { ">=", SB_GE },	     { "<>", SB_NE } };

	for (size_t i = 0; text && i < ARRAY_LEN(ops); i++) {
		if (!text_equal_nocase(ops[i].text, text))
			continue;
		*op = ops[i].op;
		return true;
	}
	return false;
}

/* "%acme%" with LIKE: a sign at one end only binds the other. */
static const char *pattern_of(struct arena *arena, const char *text, enum sb_op *op)
{
	size_t len = strlen(text);
	bool is_open = len && text[0] == '%';
	bool has_end = len > 1 && text[len - 1] == '%';

	if (is_open != has_end)
		*op = is_open ? SB_ENDS : SB_STARTS;
	return arena_strndup(arena, text + is_open, len - is_open - has_end);
}

/* Stamps are looked up by the record's own times. */
static const struct sb_condition *of_time(struct sb_call *call, enum sb_op op,
					  enum sb_column column, const char *text)
{
	int64_t ms;

	return lsq_time_parse(text, &ms) ?
		       sb_where_column(call->arena, op, column,
				       arena_printf(call->arena, "%lld", (long long)ms)) :
		       NULL;
}

static const struct sb_condition *condition_of(struct sb_call *call, const json_t *parameter)
{
	const char *name = json_string_of(parameter, "LookupName");
	const char *text = lsq_value_text(call->arena, json_object_get(parameter, "LookupValue"));
	const struct sb_field *field = name ? sb_field_find(lsq_leads(call), name) : NULL;
	enum sb_op op;

	if (!text || !read_op(json_string_of(parameter, "SqlOperator"), &op) || !field ||
	    field->flags & (SB_HIDDEN | LSQ_OF_USER))
		return NULL;
	if (strcmp(name, "ProspectID") == 0)
		return sb_where_column(call->arena, op, SB_COLUMN_ID, text);
	if (strcmp(name, "CreatedOn") == 0)
		return of_time(call, op, SB_COLUMN_CREATED, text);
	if (strcmp(name, "ModifiedOn") == 0)
		return of_time(call, op, SB_COLUMN_UPDATED, text);
	if (field->flags & LSQ_OF_RECORD)
		return NULL;
	if (op == SB_CONTAINS)
		text = pattern_of(call->arena, text, &op);
	return sb_where(call->arena, op, field, text);
}

/* "1" is descending. False after a refusal. */
static bool read_sort(struct sb_call *call, struct sb_sort *sort, size_t *count)
{
	const json_t *sorting = json_object_get(call->json, "Sorting");
	const char *name = json_string_of(sorting, "ColumnName");
	const char *direction = lsq_value_text(call->arena,
					       json_object_get(sorting, "Direction"));
	const struct sb_field *field = name ? sb_field_find(lsq_leads(call), name) : NULL;

	*count = 0;
	if (text_is_empty(name))
		return true;
	*sort = (struct sb_sort){ .field = field, .is_descending = text_equal(direction, "1") };
	*count = 1;
	if (strcmp(name, "CreatedOn") == 0 || strcmp(name, "ProspectAutoId") == 0)
		sort->column = SB_COLUMN_CREATED;
	else if (strcmp(name, "ModifiedOn") == 0)
		sort->column = SB_COLUMN_UPDATED;
	else if (strcmp(name, "ProspectID") == 0)
		sort->column = SB_COLUMN_ID;
	if (field && !(field->flags & LSQ_OF_USER) &&
	    (!direction || strcmp(direction, "0") == 0 || strcmp(direction, "1") == 0))
		return true;
	lsq_fail(call, lsq_invalid, "Sorting is invalid: ColumnName, and Direction 0 or 1");
	return false;
}

void lsq_criteria(struct sb_call *call)
{
	const json_t *body = lsq_body(call), *columns;
	struct sb_query query = { .as_of = call->now - call->account->search_lag_ms };
	struct sb_record **found;
	struct lsq_page page;
	struct sb_sort sort;
	json_t *list;
	size_t total;

	if (!body || !lsq_page_read(call, SEARCH_MAX, &page) || !read_columns(call, &columns) ||
	    !read_sort(call, &sort, &query.nsorts))
		return;
	query.where = condition_of(call, json_object_get(body, "Parameter"));
	query.sorts = &sort;
	if (!query.where) {
		lsq_fail(call, lsq_invalid, "Parameter is invalid: LookupName, LookupValue and "
					    "SqlOperator");
		return;
	}
	total = sb_query_run(lsq_leads(call), &query, call->arena, &found);
	if (sb_switch(call->account, "criteria_as_list")) {
		reply_list(call, found, total, &page, columns);
		return;
	}
	list = json_array();
	for (size_t i = page.first; i < total && i < page.first + page.size; i++)
		json_array_append_new(list, lsq_flat(call, found[i], columns));
	sb_reply_json(call, 200, list);
}

/* --- what changed (7) --- */

/* Of whole seconds: a change within the last of them is in. */
static bool read_window(struct sb_call *call, int64_t *from, int64_t *to)
{
	const json_t *parameter = json_object_get(call->json, "Parameter");
	const char *first = json_string_of(parameter, "FromDate");
	const char *last = json_string_of(parameter, "ToDate");

	if (first && last && lsq_time_parse(first, from) && lsq_time_parse(last, to)) {
		*to += CLOCK_SECOND - 1;
		return true;
	}
	lsq_fail(call, lsq_mandatory, "'FromDate' and 'ToDate' are mandatory");
	return false;
}

/* Deleted and merged ones do not appear. */
void lsq_recently_modified(struct sb_call *call)
{
	const json_t *body = lsq_body(call), *columns;
	const struct sb_condition *parts[2];
	struct sb_record **found;
	struct lsq_page page;
	struct sb_query query = { 0 };
	struct sb_sort sort;
	int64_t from, to;
	size_t total;

	if (!body || !read_window(call, &from, &to) ||
	    !lsq_page_read(call, CHANGES_MAX, &page) || !read_columns(call, &columns) ||
	    !read_sort(call, &sort, &query.nsorts))
		return;
	parts[0] = sb_where_column(call->arena, SB_GE, SB_COLUMN_UPDATED,
				   arena_printf(call->arena, "%lld", (long long)from));
	parts[1] = sb_where_column(call->arena, SB_LE, SB_COLUMN_UPDATED,
				   arena_printf(call->arena, "%lld", (long long)to));
	query.where = sb_where_all(call->arena, SB_AND, parts, 2);
	query.sorts = &sort;
	total = sb_query_run(lsq_leads(call), &query, call->arena, &found);
	reply_list(call, found, total, &page, columns);
}
