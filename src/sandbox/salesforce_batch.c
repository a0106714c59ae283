/* salesforce_batch.c - the rows of a bulk job's file, taken in steps (fact sheet 10).
 * Threads: under the sandbox's lock.
 *
 * A job whose file is there is InProgress after the switch bulk_ms, and takes 10,000 rows
 * each bulk_ms more until it is JobComplete. A column that is not there fails the job, a
 * row that is refused fails alone. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/salesforce_jobs.h"

#define BATCH_ROWS 10000
#define NULL_CELL "#N/A"

static const struct {
	const char *name;
	enum sf_operation operation;
} operations[] = { { "insert", SF_INSERT },
		   { "update", SF_UPDATE },
		   { "upsert", SF_UPSERT },
		   { "delete", SF_DELETE } };

bool sf_operation_parse(const char *name, enum sf_operation *operation)
{
	for (size_t i = 0; name && i < ARRAY_LEN(operations); i++) {
		if (strcmp(operations[i].name, name) != 0)
			continue;
		*operation = operations[i].operation;
		return true;
	}
	return false;
}

struct batch {
	struct sb_call *call;
	json_t *job;
	struct sb_csv csv;
	struct sb_object *object;
	struct sf_rows rows;
	struct sb_field **columns; /* NULL for the Id */
	size_t ncolumns;
	int64_t row, done;         /* rows seen, the header aside; those of earlier batches */
	int64_t ntaken, nfailed;
	bool has_more;
	const char *why;           /* the job fails; or NULL */
	struct buf header, successful, failed;
};

/* --- reading --- */

static bool is_id(const char *name)
{
	return text_equal_nocase(name, "Id");
}

/* The first row: every column must be a field. */
static bool take_header(struct batch *batch, const char *const *cells, size_t count)
{
	struct arena *arena = batch->call->arena;

	batch->columns = arena_array(arena, count, sizeof(struct sb_field *));
	batch->ncolumns = count;
	for (size_t i = 0; i < count; i++) {
		batch->columns[i] = is_id(cells[i]) ? NULL :
						      sf_field_find(batch->object, cells[i]);
		sb_csv_add(&batch->csv, &batch->header, cells[i], false);
		if (!batch->columns[i] && !is_id(cells[i]) && !batch->why)
			batch->why = arena_printf(arena, "InvalidBatch : Field name not found : %s",
						  cells[i]);
	}
	return !batch->why;
}

static bool refuse(struct sf_refusal *refusal, const char *code, const char *message)
{
	*refusal = (struct sf_refusal){ .status = 400, .code = code, .message = message };
	return false;
}

/* A cell as its field's kind of JSON; NULL when it is none. */
static json_t *value_of(const struct sb_field *field, const char *cell)
{
	int64_t whole;
	double real;

	if (strcmp(cell, NULL_CELL) == 0)
		return json_null();
	switch (field ? field->type : SB_TEXT) {
	case SB_INTEGER:
	case SB_NUMBER:
		if (text_int(cell, &whole))
			return json_integer(whole);
		return sb_is_number(cell, &real) ? json_real(real) : NULL;
	case SB_BOOLEAN:
		if (text_equal_nocase(cell, "true") || strcmp(cell, "1") == 0)
			return json_true();
		return text_equal_nocase(cell, "false") || strcmp(cell, "0") == 0 ? json_false() :
										    NULL;
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_DATE:
	case SB_DATETIME:
	case SB_PICKLIST:
	case SB_MULTI:
	case SB_REFERENCE:
	case SB_JSON:
		break;
	}
	return json_string(cell);
}

/* Empty cells are passed over. */
static bool read_row(struct batch *batch, const char *const *cells, json_t *row,
		     struct sf_refusal *refusal)
{
	for (size_t i = 0; i < batch->ncolumns; i++) {
		const struct sb_field *field = batch->columns[i];
		json_t *value;

		if (!*cells[i])
			continue;
		value = value_of(field, cells[i]);
		if (!value) {
			refuse(refusal, "INVALID_TYPE_ON_FIELD_IN_RECORD",
			       arena_printf(batch->call->arena,
					    "%s: value not of required type: %s", field->label,
					    cells[i]));
			refusal->fields = json_keep(batch->call->arena,
						    json_pack("[s]", field->name));
			return false;
		}
		json_object_set_new(row, field ? field->name : "Id", value);
	}
	return true;
}

static struct sb_record *write_row(struct batch *batch, const char *const *cells, size_t count,
				   bool *is_new, struct sf_refusal *refusal)
{
	json_t *row = json_keep(batch->call->arena, json_object());

	if (count != batch->ncolumns) {
		refuse(refusal, "INVALID_ROW", /* the sheet has no word for it */
		       "The number of columns of the row is not that of the header");
		return NULL;
	}
	if (!read_row(batch, cells, row, refusal))
		return NULL;
	if (batch->rows.operation == SF_INSERT && json_object_get(row, "Id")) {
		refuse(refusal, "INVALID_FIELD_FOR_INSERT_UPDATE",
		       "cannot specify Id in an insert call");
		return NULL;
	}
	return sf_row_write(&batch->rows, batch->object, row, is_new, refusal);
}

/* "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --". */
static const char *error_text(struct batch *batch, const struct sf_refusal *refusal)
{
	struct buf buf;
	json_t *name;
	size_t i;

	buf_init(&buf, batch->call->arena, 1u << 20);
	buf_addf(&buf, "%s:%s:", refusal->code, refusal->message);
	json_array_foreach(refusal->fields, i, name)
		buf_addf(&buf, "%s%s", i ? "," : "", json_string_value(name));
	buf_addf(&buf, "%s--", json_array_size(refusal->fields) ? " " : "");
	return buf.is_over ? refusal->code : buf_text(&buf);
}

static void add_result(struct batch *batch, const struct sb_record *record, bool is_new,
		       const struct sf_refusal *refusal, const char *const *cells, size_t count)
{
	struct buf *out = record ? &batch->successful : &batch->failed;

	sb_csv_add(&batch->csv, out, record ? record->id : "", true);
	sb_csv_add(&batch->csv, out,
		   !record ? error_text(batch, refusal) : is_new ? "true" : "false", false);
	for (size_t i = 0; i < batch->ncolumns; i++)
		sb_csv_add(&batch->csv, out, i < count ? cells[i] : "", false);
	buf_add(out, batch->csv.line_end);
	batch->ntaken++;
	batch->nfailed += !record;
}

static bool take_row(const char *const *cells, size_t count, void *context)
{
	struct batch *batch = context;
	struct sf_refusal refusal = { 0 };
	struct sb_record *record;
	bool is_new = false;

	if (!batch->columns)
		return take_header(batch, cells, count);
	if (batch->row++ < batch->done)
		return true;
	if (batch->ntaken == BATCH_ROWS) {
		batch->has_more = true;
		return false;
	}
	record = write_row(batch, cells, count, &is_new, &refusal);
	add_result(batch, record, is_new, &refusal, cells, count);
	return true;
}

/* --- a step --- */

static void batch_init(struct batch *batch, struct sb_call *call, json_t *job)
{
	const json_t *info = sf_job_info(job);

	*batch = (struct batch){
		.call = call,
		.job = job,
		.csv = sf_job_csv(job),
		.object = sf_object_find(call->account, json_string_of(info, "object")),
		.rows = { .call = call,
			  .key = json_string_of(info, "externalIdFieldName"),
			  .seen = json_keep(call->arena, json_object()) },
		.done = json_int_of(job, "done", 0),
	};
	sf_operation_parse(json_string_of(info, "operation"), &batch->rows.operation);
	buf_init(&batch->header, call->arena, SF_RESULTS_MAX);
	buf_init(&batch->successful, call->arena, SF_RESULTS_MAX);
	buf_init(&batch->failed, call->arena, SF_RESULTS_MAX);
}

static json_t *chunks_of(json_t *job, const char *name)
{
	json_t *list = json_object_get(job, name);

	if (!list) {
		list = json_array();
		json_object_set_new(job, name, list);
	}
	return list;
}

static void keep_results(struct batch *batch)
{
	json_t *job = batch->job, *info = sf_job_info(job);
	int64_t failed = json_int_of(info, "numberRecordsFailed", 0) + batch->nfailed;
	int64_t bytes = json_int_of(job, "bytes", 0) +
			(int64_t)(batch->successful.len + batch->failed.len);

	if (bytes > SF_RESULTS_MAX)
		batch->why = "InternalServerError : the sandbox keeps no more results of this job";
	json_array_append_new(chunks_of(job, "successful"),
			      json_string(buf_text(&batch->successful)));
	json_array_append_new(chunks_of(job, "failed"), json_string(buf_text(&batch->failed)));
	json_object_set_new(job, "bytes", json_integer(bytes));
	json_object_set_new(job, "header", json_string(buf_text(&batch->header)));
	json_object_set_new(job, "done", json_integer(batch->done + batch->ntaken));
	json_object_set_new(info, "numberRecordsProcessed",
			    json_integer(batch->done + batch->ntaken));
	json_object_set_new(info, "numberRecordsFailed", json_integer(failed));
}

/* A line must end as the job says. */
static bool has_line_ends(const struct batch *batch, const char *text)
{
	const char *at = strchr(text, '\n');

	return !at || (at > text && at[-1] == '\r') == (batch->csv.line_end[0] == '\r');
}

static void take_batch(struct batch *batch)
{
	struct sb_call *call = batch->call;
	const json_t *data = json_object_get(batch->job, "data");
	const char *text = data ? json_string_value(data) : "";

	if (!has_line_ends(batch, text))
		batch->why = arena_printf(call->arena,
					  "ClientInputError : LineEnding is invalid on user data. "
					  "Current LineEnding setting is %s",
					  json_string_of(sf_job_info(batch->job), "lineEnding"));
	else if (!sb_window_take(sb_window_find(call->account, "bulk_batches"), call->now, 1))
		batch->why = "ExceededQuota : the day's batches are used up";
	else if (!sb_csv_read(&batch->csv, text, json_string_length(data), take_row, batch) &&
		 !batch->why)
		batch->why = "InvalidBatch : a quote stands where it must not";
}

static void step(struct sb_call *call, const json_t *doc);

void sf_ingest_plan(struct sb_call *call, const json_t *job)
{
	sb_later(call, sb_switch(call->account, "bulk_ms"), step,
		 json_pack("{sO}", "id", json_object_get(sf_job_info(job), "id")));
}

static void step(struct sb_call *call, const json_t *doc)
{
	json_t *job = sf_job_find(call->account, json_string_of(doc, "id"));
	struct batch batch;

	if (!job || sf_job_is_over(job))
		return;
	if (strcmp(sf_job_state(job), "UploadComplete") == 0) {
		sf_job_set(call, job, "InProgress", NULL);
		sf_ingest_plan(call, job);
		return;
	}
	batch_init(&batch, call, job);
	take_batch(&batch);
	keep_results(&batch);
	if (batch.why)
		sf_job_set(call, job, "Failed", batch.why);
	else if (batch.has_more)
		sf_ingest_plan(call, job);
	else
		sf_job_set(call, job, "JobComplete", NULL);
}
