/* salesforce_export.c - bulk jobs that read: a query whose result is fetched in pages (fact
 * sheet 10). Threads: under the sandbox's lock.
 *
 * What is found is kept by id when the query runs, a bulk_ms after it was asked; values are
 * those of the time of reading. */
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/page.h"
#include "sandbox/salesforce_jobs.h"

#define PAGE_ROWS 50000

static void step(struct sb_call *call, const json_t *doc);

/* The query of a body; false after a reply. */
static bool read_query(struct sb_call *call, const json_t *body, struct sf_soql *soql)
{
	const char *operation = json_string_of(body, "operation");
	const char *text = json_string_of(body, "query");
	struct sf_refusal refusal = { 0 };

	if (!text_equal(operation, "query") && !text_equal(operation, "queryAll")) {
		sf_job_refuse(call, "INVALIDJOB",
			      "InvalidJob : operation is not one of those that are allowed");
		return false;
	}
	if (!sf_soql_parse(call, text ? text : "", soql, &refusal)) {
		if (!call->status) /* else it was said to be not imitated */
			sf_refuse(call, &refusal);
		return false;
	}
	if (!soql->is_count && !soql->offset)
		return true;
	sf_job_refuse(call, "MALFORMED_QUERY", "COUNT() and OFFSET are not for bulk queries");
	return false;
}

void sf_export_open(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	struct sf_soql soql;
	json_t *job, *about;

	if (!body || !read_query(call, body, &soql))
		return;
	if (!sb_window_take(sb_window_find(call->account, "bulk_queries"), call->now, 1)) {
		sf_problem(call, SB_PROBLEM_RATE, 0);
		return;
	}
	about = json_pack("{ss ss ss ss}", "operation", json_string_of(body, "operation"),
			  "object", sb_object_spec(soql.object)->name, "state",
			  "UploadComplete", "jobType", "V2Query");
	job = sf_job_open(call, "query", about, body);
	if (!job)
		return;
	json_object_set(job, "query", json_object_get(body, "query"));
	sb_later(call, sb_switch(call->account, "bulk_ms"), step,
		 json_pack("{sO}", "id", json_object_get(sf_job_info(job), "id")));
	sb_reply_json(call, 200, json_copy(sf_job_info(job)));
}

/* --- running --- */

static json_t *ids_of(struct sb_record *const *records, size_t count)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(ids, json_string(records[i]->id));
	return ids;
}

static json_t *names_of(const struct sf_soql *soql)
{
	json_t *names = json_array();

	for (size_t i = 0; i < soql->nfields; i++)
		json_array_append_new(names, json_string(soql->fields[i]->name));
	return names;
}

/* The schema may have changed since the query was asked. */
static void step(struct sb_call *call, const json_t *doc)
{
	json_t *job = sf_job_find(call->account, json_string_of(doc, "id"));
	struct sf_refusal refusal = { 0 };
	struct sb_record **records;
	struct sf_soql soql;
	size_t count;

	if (!job || sf_job_is_over(job))
		return;
	if (!sf_soql_parse(call, json_string_of(job, "query"), &soql, &refusal)) {
		sf_job_set(call, job, "Failed", refusal.message);
		return;
	}
	soql.with_deleted = strcmp(json_string_of(sf_job_info(job), "operation"), "queryAll") == 0;
	count = sf_soql_run(call, &soql, &records);
	json_object_set_new(job, "ids", ids_of(records, count));
	json_object_set_new(job, "fields", names_of(&soql));
	json_object_set_new(sf_job_info(job), "numberRecordsProcessed",
			    json_integer((json_int_t)count));
	sf_job_set(call, job, "JobComplete", NULL);
}

/* --- results --- */

static const char *cell_of(struct sb_call *call, const struct sb_record *record,
			   const struct sb_field *field)
{
	json_t *value = json_keep(call->arena, sf_value(record, field));

	if (json_is_string(value))
		return json_string_value(value);
	return json_is_null(value) ? "" : json_text(call->arena, value);
}

static void add_header(const struct sb_csv *csv, struct buf *buf, const json_t *names)
{
	json_t *name;
	size_t i;

	json_array_foreach((json_t *)names, i, name)
		sb_csv_add(csv, buf, json_string_value(name), i == 0);
	buf_add(buf, csv->line_end);
}

static void add_row(struct sb_call *call, const json_t *names, const struct sb_csv *csv,
		    struct buf *buf, const struct sb_record *record)
{
	json_t *name;
	size_t i;

	json_array_foreach((json_t *)names, i, name) {
		const struct sb_field *field =
			sf_field_find(record->object, json_string_value(name));

		sb_csv_add(csv, buf, field ? cell_of(call, record, field) : "", i == 0);
	}
	buf_add(buf, csv->line_end);
}

/* Where the page begins: a locator is the number of the row, in base64. */
static bool read_locator(struct sb_call *call, size_t total, int64_t *from)
{
	const char *text = sb_query(call, "locator");
	unsigned char *bytes;
	size_t len;

	*from = 0;
	if (!text)
		return true;
	return base64_decode(call->arena, text, &bytes, &len, NULL) == 0 &&
	       text_int(arena_strndup(call->arena, (char *)bytes, len), from) && *from > 0 &&
	       (size_t)*from < total;
}

static void reply_page(struct sb_call *call, const json_t *job, int64_t from, int64_t rows)
{
	const json_t *ids = json_object_get(job, "ids"), *names = json_object_get(job, "fields");
	const struct sb_object *object =
		sf_object_find(call->account, json_string_of(sf_job_info(job), "object"));
	const struct sb_csv csv = sf_job_csv(job);
	int64_t total = (int64_t)json_array_size(ids), at, count = 0;
	const char *next = "null";
	struct buf buf;

	buf_init(&buf, call->arena, SF_RESULTS_MAX);
	add_header(&csv, &buf, names);
	for (at = from; at < total && at < from + rows; at++) {
		const struct sb_record *record =
			sb_record_find(object, json_string_value(json_array_get(ids, (size_t)at)));

		if (record)
			add_row(call, names, &csv, &buf, record);
		count += record != NULL;
	}
	if (buf.is_over) {
		sf_problem(call, SB_PROBLEM_FULL, 0);
		return;
	}
	if (at < total) {
		next = arena_printf(call->arena, "%lld", (long long)at);
		next = base64_encode(call->arena, next, strlen(next));
	}
	sb_reply_text(call, 200, "text/csv", buf_text(&buf), buf.len);
	sb_reply_header(call, "Sforce-Locator", next);
	sb_reply_header_int(call, "Sforce-NumberOfRecords", count);
}

void sf_export_results(struct sb_call *call)
{
	const json_t *job = sf_job_of_path(call, "query");
	int64_t from, rows;

	if (!job)
		return;
	if (strcmp(sf_job_state(job), "JobComplete") != 0)
		sf_job_refuse(call, "INVALIDJOBSTATE",
			      "InvalidJobState : the job has no results yet");
	else if (!read_locator(call, json_array_size(json_object_get(job, "ids")), &from))
		sf_job_refuse(call, "INVALIDQUERYLOCATOR",
			      "InvalidQueryLocator : the locator is not of this job");
	else if (!sb_page_number(sb_query(call, "maxRecords"), PAGE_ROWS, 1, INT32_MAX, &rows))
		sf_job_refuse(call, "INVALIDJOB", "InvalidJob : maxRecords is not a number");
	else
		reply_page(call, job, from, rows);
}

void sf_export_change(struct sb_call *call)
{
	json_t *job = sf_job_of_path(call, "query");
	const json_t *body = job ? sb_json(call) : NULL;

	if (!body)
		return;
	if (text_equal(json_string_of(body, "state"), "Aborted"))
		sf_job_abort(call, job);
	else
		sf_job_refuse(call, "INVALIDJOBSTATE",
			      "InvalidJobState : a query is set to Aborted");
}

void sf_export_show(struct sb_call *call)
{
	sf_job_show(call, "query");
}

void sf_export_remove(struct sb_call *call)
{
	sf_job_remove(call, "query");
}

void sf_export_list(struct sb_call *call)
{
	sf_job_list(call, "query");
}
