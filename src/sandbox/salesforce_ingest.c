/* salesforce_ingest.c - bulk jobs that write: asked for, given their file, and what became
 * of its rows (fact sheet 10). Threads: under the sandbox's lock. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce_jobs.h"

/* --- opening --- */

static bool is_key(struct sb_object *object, const char *name)
{
	const struct sb_field *field = name ? sf_field_find(object, name) : NULL;

	return field && sf_field_is_external(field);
}

/* Whether what is asked for can be; replies otherwise. */
static bool is_possible(struct sb_call *call, const json_t *body, struct sb_object *object)
{
	const char *operation = json_string_of(body, "operation");
	const char *name = json_string_of(body, "object");
	enum sf_operation parsed;

	if (!object)
		sf_fail(call, 400, "INVALIDENTITY",
			"InvalidEntity : Entity '%s' is not supported by the Bulk API.",
			name ? name : "");
	else if (text_equal(operation, "hardDelete"))
		sf_job_refuse(call, "FEATURENOTENABLED",
			      "FeatureNotEnabled : hardDelete operation requires special user "
			      "profile permission, please contact your system administrator");
	else if (!sf_operation_parse(operation, &parsed))
		sf_job_refuse(call, "INVALIDJOB",
			      "InvalidJob : operation is not one of those that are allowed");
	else if (parsed == SF_UPSERT &&
		 !is_key(object, json_string_of(body, "externalIdFieldName")))
		sf_job_refuse(call, "INVALIDJOB",
			      "InvalidJob : Field name provided, does not match an External ID "
			      "for the object");
	else
		return true;
	return false;
}

void sf_ingest_open(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const char *name = body ? json_string_of(body, "object") : NULL;
	struct sb_object *object = name ? sf_object_find(call->account, name) : NULL;
	json_t *about, *job;

	if (!body || !is_possible(call, body, object))
		return;
	about = json_pack("{ss ss ss ss}", "object", sb_object_spec(object)->name, "operation",
			  json_string_of(body, "operation"), "state", "Open", "jobType",
			  "V2Ingest");
	if (json_object_get(body, "externalIdFieldName"))
		json_object_set(about, "externalIdFieldName",
				json_object_get(body, "externalIdFieldName"));
	job = sf_job_open(call, "ingest", about, body);
	if (!job)
		return;
	json_object_set_new(sf_job_info(job), "contentUrl",
			    sb_json_printf("%s/jobs/ingest/%s/batches", sf_base(call) + 1,
					   json_string_of(sf_job_info(job), "id")));
	sb_reply_json(call, 200, json_copy(sf_job_info(job)));
}

/* --- the file --- */

void sf_ingest_upload(struct sb_call *call)
{
	const char *type = sb_header(call, "Content-Type");
	json_t *job = sf_job_of_path(call, "ingest"), *data;

	if (!job)
		return;
	data = json_stringn(call->body, call->body_len);
	if (strcmp(sf_job_state(job), "Open") != 0)
		sf_job_refuse(call, "INVALIDJOBSTATE",
			      "InvalidJobState : the job takes no more data");
	else if (json_object_get(job, "data"))
		sf_fail(call, 400, "INVALIDJOBSTATE",
			"Found multiple contents for job: <%s>, please 'Close' / 'Abort' / "
			"'Delete' the current Job then create a new Job and make sure you only "
			"do 'PUT' once on a given Job.",
			json_string_of(sf_job_info(job), "id"));
	else if (!type || strncasecmp(type, "text/csv", strlen("text/csv")) != 0)
		sf_fail(call, 415, "UNSUPPORTED_MEDIA_TYPE", "the data of a job is text/csv");
	else if (!data)
		sf_job_refuse(call, "INVALIDBATCH", "InvalidBatch : the data is not UTF-8");
	else if (sf_jobs_have_room(call, call->body_len)) {
		json_object_set(job, "data", data);
		sb_touch(call);
		sb_reply_empty(call, 201);
	}
	json_decref(data);
}

void sf_ingest_change(struct sb_call *call)
{
	json_t *job = sf_job_of_path(call, "ingest");
	const json_t *body = job ? sb_json(call) : NULL;
	const char *state = body ? json_string_of(body, "state") : NULL;

	if (!body)
		return;
	if (text_equal(state, "Aborted")) {
		sf_job_abort(call, job);
	} else if (!text_equal(state, "UploadComplete")) {
		sf_job_refuse(call, "INVALIDJOBSTATE",
			      "InvalidJobState : a job is set to UploadComplete or Aborted");
	} else if (strcmp(sf_job_state(job), "Open") != 0) {
		sf_job_refuse(call, "INVALIDJOBSTATE", "InvalidJobState : the job is not open");
	} else {
		sf_job_set(call, job, "UploadComplete", NULL);
		sf_ingest_plan(call, job);
		sb_reply_json(call, 200, json_copy(sf_job_info(job)));
	}
}

/* --- results --- */

/* Rows without end may be more than we hold. */
static void reply_csv(struct sb_call *call, struct buf *buf)
{
	if (buf->is_over)
		sf_problem(call, SB_PROBLEM_FULL, 0);
	else
		sb_reply_text(call, 200, "text/csv", buf_text(buf), buf->len);
}

static void reply_rows(struct sb_call *call, const json_t *job, const char *first,
		       const json_t *chunks)
{
	const struct sb_csv csv = sf_job_csv(job);
	const char *header = json_string_of(job, "header");
	struct buf buf;
	json_t *chunk;
	size_t i;

	buf_init(&buf, call->arena, SF_RESULTS_MAX);
	sb_csv_add(&csv, &buf, "sf__Id", true);
	sb_csv_add(&csv, &buf, first, false);
	buf_add(&buf, header);
	buf_add(&buf, csv.line_end);
	json_array_foreach((json_t *)chunks, i, chunk)
		buf_add(&buf, json_string_value(chunk));
	reply_csv(call, &buf);
}

void sf_ingest_successful(struct sb_call *call)
{
	const json_t *job = sf_job_of_path(call, "ingest");

	if (job)
		reply_rows(call, job, "sf__Created", json_object_get(job, "successful"));
}

void sf_ingest_failed(struct sb_call *call)
{
	const json_t *job = sf_job_of_path(call, "ingest");

	if (job)
		reply_rows(call, job, "sf__Error", json_object_get(job, "failed"));
}

struct rest {
	const struct sb_csv *csv;
	int64_t row, done; /* the header is row 0 and always there */
	struct buf *out;
};

static bool add_rest(const char *const *cells, size_t count, void *context)
{
	struct rest *rest = context;
	int64_t row = rest->row++;

	if (row > 0 && row <= rest->done)
		return true;
	for (size_t i = 0; i < count; i++)
		sb_csv_add(rest->csv, rest->out, cells[i], i == 0);
	buf_add(rest->out, rest->csv->line_end);
	return true;
}

/* What a job that was aborted or failed did not come to, as it was sent. */
void sf_ingest_unprocessed(struct sb_call *call)
{
	const json_t *job = sf_job_of_path(call, "ingest"), *data;
	struct sb_csv csv;
	struct buf buf;
	struct rest rest;

	if (!job)
		return;
	csv = sf_job_csv(job);
	data = json_object_get(job, "data");
	rest = (struct rest){ .csv = &csv, .done = json_int_of(job, "done", 0), .out = &buf };
	buf_init(&buf, call->arena, SF_RESULTS_MAX);
	if (data)
		sb_csv_read(&csv, json_string_value(data), json_string_length(data), add_rest,
			    &rest);
	reply_csv(call, &buf);
}

void sf_ingest_show(struct sb_call *call)
{
	sf_job_show(call, "ingest");
}

void sf_ingest_remove(struct sb_call *call)
{
	sf_job_remove(call, "ingest");
}

void sf_ingest_list(struct sb_call *call)
{
	sf_job_list(call, "ingest");
}
