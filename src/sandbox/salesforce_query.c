/* salesforce_query.c - queries and their pages, what changed and what was deleted (fact
 * sheet 5, 7). Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/query.h"
#include "sandbox/salesforce.h"

#define PAGE_MAX 2000
#define LOCATORS_MAX 10

/* --- order --- */

struct sorted {
	struct sb_record *record;
	const char *texts[8];
};

struct order {
	const struct sf_soql *soql;
	struct sorted *rows;
};

static int compare_text(const struct sb_field *field, const char *a, const char *b)
{
	double x, y;

	if (!a || !b)
		return (a != NULL) - (b != NULL); /* nulls first */
	if ((field->type == SB_NUMBER || field->type == SB_INTEGER) && sb_is_number(a, &x) &&
	    sb_is_number(b, &y))
		return (x > y) - (x < y);
	return field->type == SB_REFERENCE ? strcmp(a, b) : strcasecmp(a, b);
}

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct sorted *x = a, *y = b;
	const struct sf_soql *soql = context;

	for (size_t i = 0; i < soql->nsorts; i++) {
		int order = compare_text(soql->sorts[i].field, x->texts[i], y->texts[i]);

		if (order)
			return soql->sorts[i].is_descending ? -order : order;
	}
	return (x->record->number > y->record->number) - (x->record->number < y->record->number);
}

/* Of whole seconds, so that rows of one second are in the order of the next key. */
static void sort_rows(struct sb_call *call, const struct sf_soql *soql,
		      struct sb_record **records, size_t count)
{
	struct sorted *rows;

	if (!soql->nsorts || !count)
		return;
	rows = arena_array(call->arena, count, sizeof(*rows));
	for (size_t i = 0; i < count; i++) {
		rows[i].record = records[i];
		for (size_t j = 0; j < soql->nsorts; j++) {
			json_t *value = json_keep(call->arena,
						  sf_value(records[i], soql->sorts[j].field));

			rows[i].texts[j] = json_is_string(value) ? json_string_value(value) :
					   json_is_null(value)	 ? NULL :
								   json_text(call->arena, value);
		}
	}
	qsort_r(rows, count, sizeof(*rows), compare_rows, (void *)soql);
	for (size_t i = 0; i < count; i++)
		records[i] = rows[i].record;
}

/* --- pages --- */

/* Asked for 200 to 2,000; other sizes are the nearest of these. */
static size_t page_size(const struct sb_call *call)
{
	const char *options = sb_header(call, "Sforce-Query-Options");
	const char *at = options ? strcasestr(options, "batchSize=") : NULL;
	long size = at ? strtol(at + strlen("batchSize="), NULL, 10) : PAGE_MAX;

	return size < 200 ? 200 : size > PAGE_MAX ? PAGE_MAX : (size_t)size;
}

static json_t *locators_of(struct sb_call *call)
{
	json_t *list = json_object_get(call->account->extra, "locators");

	if (!list) {
		list = json_array();
		json_object_set_new(call->account->extra, "locators", list);
	}
	return list;
}

/* Keeps what is left of a result; the eleventh drops the first. */
static const char *keep_result(struct sb_call *call, const struct sf_soql *soql,
			       struct sb_record **records, size_t count)
{
	json_t *list = locators_of(call), *ids = json_array(), *fields = json_array();
	const char *id = arena_printf(call->arena, "01g5g00000%08llu",
				      (unsigned long long)call->id % 100000000);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(ids, json_string(records[i]->id));
	for (size_t i = 0; i < soql->nfields; i++)
		json_array_append_new(fields, json_string(soql->fields[i]->name));
	if (json_array_size(list) == LOCATORS_MAX)
		json_array_remove(list, 0);
	json_array_append_new(list, json_pack("{ss ss so so}", "id", id, "object",
					      sb_object_spec(soql->object)->name, "fields",
					      fields, "ids", ids));
	sb_touch(call);
	return id;
}

static void reply_page(struct sb_call *call, size_t total, json_t *records, const char *locator,
		       size_t next)
{
	json_t *body = json_pack("{sI sb so}", "totalSize", (json_int_t)total, "done",
				 next >= total, "records", records);

	if (next < total)
		json_object_set_new(body, "nextRecordsUrl",
				    sb_json_printf("%s/query/%s-%zu", sf_base(call), locator,
						   next));
	sb_reply_json(call, 200, body);
}

static void reply_result(struct sb_call *call, const struct sf_soql *soql,
			 struct sb_record **records, size_t count)
{
	size_t size = page_size(call);
	json_t *rows = json_array();

	for (size_t i = 0; !soql->is_count && i < count && i < size; i++)
		json_array_append_new(rows, sf_record(call, records[i], soql->fields,
						      soql->nfields));
	if (soql->is_count || count <= size)
		reply_page(call, count, rows, NULL, count);
	else
		reply_page(call, count, rows, keep_result(call, soql, records, count), size);
}

static bool is_in_trouble(struct sb_call *call)
{
	int64_t trouble = sb_switch(call->account, "query_trouble");

	if (trouble == 1)
		sf_fail(call, 400, "QUERY_TIMEOUT", "Your query request was running for too long.");
	else if (trouble == 2)
		sf_fail(call, 400, "OPERATION_TOO_LARGE", "exceeded the limits of this query");
	return trouble != 0;
}

/* Transactions end in another order than their stamps: those of every other record are late,
 * so that who polls by stamp without looking back misses them (7). */
static size_t drop_late(struct sb_call *call, struct sb_record **records, size_t count)
{
	int64_t late_ms = sb_switch(call->account, "late_commit_ms");
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!late_ms || records[i]->number % 2 ||
		    records[i]->updated_at + late_ms <= call->now)
			records[kept++] = records[i];
	return kept;
}

size_t sf_soql_run(struct sb_call *call, const struct sf_soql *soql,
		   struct sb_record ***records)
{
	const struct sb_query query = { .where = soql->where,
					.with_deleted = soql->with_deleted,
					.as_of = soql->as_of };
	size_t count = sb_query_run(soql->object, &query, call->arena, records);
	size_t skip;

	count = drop_late(call, *records, count);
	skip = (size_t)soql->offset < count ? (size_t)soql->offset : count;
	sort_rows(call, soql, *records, count);
	*records += skip;
	count -= skip;
	return soql->limit >= 0 && (size_t)soql->limit < count ? (size_t)soql->limit : count;
}

static void run(struct sb_call *call, bool with_deleted)
{
	const char *text = sb_query(call, "q");
	struct sf_refusal refusal = { 0 };
	struct sb_record **records;
	struct sf_soql soql;
	size_t count;

	if (is_in_trouble(call))
		return;
	if (!sf_soql_parse(call, text ? text : "", &soql, &refusal)) {
		if (!call->status) /* else it was said to be not imitated */
			sf_refuse(call, &refusal);
		return;
	}
	soql.with_deleted = with_deleted;
	count = sf_soql_run(call, &soql, &records);
	reply_result(call, &soql, records, count);
}

void sf_query(struct sb_call *call)
{
	run(call, false);
}

void sf_query_all(struct sb_call *call)
{
	run(call, true);
}

/* "01g...-2000": the result and where to go on. */
static const json_t *result_of_path(struct sb_call *call, size_t *from)
{
	const char *text = sb_param(call, 0), *dash = strrchr(text, '-');
	json_t *result;
	int64_t number;
	size_t i;

	if (!dash || !text_int(dash + 1, &number) || number < 0)
		return NULL;
	*from = (size_t)number;
	json_array_foreach(locators_of(call), i, result) {
		const char *id = json_string_of(result, "id");

		if (strlen(id) == (size_t)(dash - text) && strncmp(id, text, strlen(id)) == 0)
			return result;
	}
	return NULL;
}

void sf_query_more(struct sb_call *call)
{
	size_t from = 0, count = 0, total, size = page_size(call), next;
	const json_t *result = result_of_path(call, &from), *ids, *names;
	struct sb_object *object;
	struct sb_field **fields;
	json_t *rows;

	if (!result || from >= json_array_size(json_object_get(result, "ids"))) {
		sf_fail(call, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
		return;
	}
	ids = json_object_get(result, "ids");
	names = json_object_get(result, "fields");
	total = json_array_size(ids);
	object = sf_object_find(call->account, json_string_of(result, "object"));
	fields = arena_array(call->arena, json_array_size(names), sizeof(struct sb_field *));
	for (size_t i = 0; i < json_array_size(names); i++) {
		fields[count] = sf_field_find(object, json_string_value(json_array_get(names, i)));
		count += fields[count] != NULL;
	}
	rows = json_array();
	for (next = from; next < total && next < from + size; next++) {
		const struct sb_record *record =
			sb_record_find(object, json_string_value(json_array_get(ids, next)));

		if (record)
			json_array_append_new(rows, sf_record(call, record, fields, count));
	}
	reply_page(call, total, rows, json_string_of(result, "id"), next);
}

/* --- changes (7) --- */

/* The span of the query, cut to minutes; false after a reply. */
static bool span_of(struct sb_call *call, int64_t days, int64_t *start, int64_t *end)
{
	const char *from = sb_query(call, "start"), *to = sb_query(call, "end");

	if (!from || !to || !sb_time_parse(from, start) || !sb_time_parse(to, end)) {
		sf_fail(call, 400, "INVALID_REPLICATION_DATE", "start and end are ISO 8601 times");
		return false;
	}
	*start -= *start % CLOCK_MINUTE;
	*end -= *end % CLOCK_MINUTE;
	if (*end < *start + CLOCK_MINUTE) {
		sf_fail(call, 400, "INVALID_REPLICATION_DATE",
			"endDate must be at least one minute greater than startDate");
		return false;
	}
	if (*start >= call->now - days * CLOCK_DAY)
		return true;
	sf_fail(call, 400, "INVALID_REPLICATION_DATE", "startDate cannot be more than %d days ago",
		(int)days);
	return false;
}

static int64_t covered(const struct sb_call *call, int64_t end)
{
	int64_t now = call->now - call->now % CLOCK_MINUTE;

	return end < now ? end : now;
}

void sf_updated(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	int64_t start, end;
	json_t *ids;

	if (!object || !span_of(call, 30, &start, &end))
		return;
	ids = json_array();
	for (size_t i = 0; i < sb_object_count(object); i++) {
		const struct sb_record *record = sb_object_record(object, i);

		if (record->state == SB_LIVE && record->updated_at >= start &&
		    record->updated_at < end)
			json_array_append_new(ids, json_string(record->id));
	}
	if ((int64_t)json_array_size(ids) > sb_switch(call->account, "updated_max")) {
		json_decref(ids);
		sf_fail(call, 400, "EXCEEDED_ID_LIMIT",
			"the result has more ids than a call may give: shorten the span");
		return;
	}
	sb_reply_json(call, 200, json_pack("{so so}", "ids", ids, "latestDateCovered",
					   sf_time(covered(call, end))));
}

void sf_deleted(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	int64_t start, end;
	json_t *list;

	if (!object || !span_of(call, 15, &start, &end))
		return;
	list = json_array();
	for (size_t i = 0; i < sb_object_count(object); i++) {
		const struct sb_record *record = sb_object_record(object, i);

		if ((record->state == SB_DELETED || record->state == SB_MERGED) &&
		    record->deleted_at >= start && record->deleted_at < end)
			json_array_append_new(list, json_pack("{so ss}", "deletedDate",
							      sf_time(record->deleted_at), "id",
							      record->id));
	}
	sb_reply_json(call, 200,
		      json_pack("{so so so}", "deletedRecords", list, "earliestDateAvailable",
				sf_time(call->now - 15 * CLOCK_DAY), "latestDateCovered",
				sf_time(covered(call, end))));
}
