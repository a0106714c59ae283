/* salesforce_bulk_test.c - tests src/sandbox/salesforce_jobs.c and the rest of Bulk API 2.0
 * by section 10 of the fact sheet. */
#include <stdlib.h>
#include <unistd.h>

#include "salesforce_ask.h"

#define STEP_MS 500 /* of the switch bulk_ms */

static struct answer job_call(struct asker *asker, const char *method, const char *id,
			      const char *more, const char *body)
{
	return call(asker, method,
		    arena_printf(asker->arena, "/jobs/ingest/%s%s", id, more), body);
}

static struct answer put_csv(struct asker *asker, const char *id, const char *csv)
{
	struct http_request request = { .method = "PUT", .body = csv, .body_len = strlen(csv) };

	request.url = arena_printf(asker->arena, "/salesforce" VERSION "/jobs/ingest/%s/batches",
				   id);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "text/csv");
	http_header_add(&request.headers, "Authorization", "Bearer 00D5g-sandbox-default");
	return send_request(asker, &request);
}

/* From here on time passes when the test says so. */
static const char *open_job(struct asker *asker, const char *body)
{
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"freeze\":true}");
	a = call(asker, "POST", "/jobs/ingest", body);
	assert_status(a, 200);
	assert_text_at(a, "$.state", "Open");
	return text_at(&a, "$.id");
}

static void start(struct asker *asker, const char *id, const char *csv)
{
	struct answer a = put_csv(asker, id, csv);

	assert_status(a, 201);
	a = job_call(asker, "PATCH", id, "", "{\"state\":\"UploadComplete\"}");
	assert_status(a, 200);
	assert_text_at(a, "$.state", "UploadComplete");
}

/* Opens a job, gives it its file, and lets the time pass that it takes. */
static const char *run(struct asker *asker, const char *body, const char *csv)
{
	const char *id = open_job(asker, body);

	start(asker, id, csv);
	pass(asker, 2 * STEP_MS);
	return id;
}

static void assert_state(struct asker *asker, const char *id, const char *state)
{
	struct answer a = job_call(asker, "GET", id, "", NULL);

	assert_status(a, 200);
	assert_text_at(a, "$.state", state);
}

static const char upsert[] =
	"{\"object\":\"Lead\",\"operation\":\"upsert\",\"externalIdFieldName\":"
	"\"Fairlead_Id__c\",\"contentType\":\"CSV\",\"lineEnding\":\"LF\","
	"\"columnDelimiter\":\"COMMA\"}";
static const char insert[] = "{\"object\":\"Lead\",\"operation\":\"insert\"}";

static void a_job_goes_from_open_to_complete(void **state)
{
	struct asker *asker = *state;
	const char *id = open_job(asker, upsert);
	struct answer a = job_call(asker, "GET", id, "", NULL);

	assert_int_equal(strlen(id), 18);
	assert_int_equal(strncmp(id, "750", 3), 0);
	assert_string_equal(text_at(&a, "$.contentUrl"),
			    arena_printf(asker->arena,
					 "services/data/v66.0/jobs/ingest/%s/batches", id));
	start(asker, id, "Fairlead_Id__c,LastName,Company\nL-1,North,N\nL-2,Bad,\n");
	assert_state(asker, id, "UploadComplete");
	pass(asker, STEP_MS);
	assert_state(asker, id, "InProgress");
	pass(asker, STEP_MS);
	a = job_call(asker, "GET", id, "", NULL);
	assert_text_at(a, "$.state", "JobComplete");
	assert_int_equal(int_at(&a, "$.numberRecordsProcessed"), 2);
	assert_int_equal(int_at(&a, "$.numberRecordsFailed"), 1);
}

static void each_row_is_among_the_results(void **state)
{
	struct asker *asker = *state;
	const char *id = run(asker, upsert,
			     "Fairlead_Id__c,LastName,Company\nL-1,North,\"N, \"\"Ltd\"\"\"\n"
			     "L-2,Bad,\n");
	struct answer a = call(asker, "GET", "/sobjects/Lead/Fairlead_Id__c/L-1", NULL);

	assert_text_at(a, "$.Company", "N, \"Ltd\"");
	a = job_call(asker, "GET", id, "/failedResults/", NULL);
	assert_status(a, 200);
	assert_string_equal(http_header_find(&a.headers, "Content-Type"), "text/csv");
	assert_string_equal(
		a.text, "\"sf__Id\",\"sf__Error\",\"Fairlead_Id__c\",\"LastName\",\"Company\"\n"
			"\"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:"
			"Company --\",\"L-2\",\"Bad\",\"\"\n");
	a = job_call(asker, "GET", id, "/successfulResults/", NULL);
	assert_non_null(strstr(a.text, "\"true\",\"L-1\",\"North\",\"N, \"\"Ltd\"\"\"\n"));
	a = job_call(asker, "GET", id, "/unprocessedrecords/", NULL);
	assert_string_equal(a.text, "\"Fairlead_Id__c\",\"LastName\",\"Company\"\n");
	id = run(asker, upsert, "Fairlead_Id__c,City\nL-1,Leeds\n");
	a = job_call(asker, "GET", id, "/successfulResults", NULL);
	assert_non_null(strstr(a.text, "\"false\",\"L-1\",\"Leeds\"\n"));
}

static void cells_become_what_their_fields_hold(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *id;

	run(asker, upsert,
	    "Fairlead_Id__c,LastName,Company,AnnualRevenue,NumberOfEmployees,"
	    "HasOptedOutOfEmail,City\nL-1,North,N,12.5,7,true,Leeds\n");
	a = call(asker, "GET", "/sobjects/Lead/Fairlead_Id__c/L-1", NULL);
	assert_int_equal(int_at(&a, "$.NumberOfEmployees"), 7);
	assert_true(json_is_real(json_at(a.json, "$.AnnualRevenue")));
	assert_true(json_is_true(json_at(a.json, "$.HasOptedOutOfEmail")));
	id = run(asker, upsert,
		 "Fairlead_Id__c,City,NumberOfEmployees\nL-1,#N/A,\nL-1,York,\n"
		 "L-2,York,many\n");
	a = call(asker, "GET", "/sobjects/Lead/Fairlead_Id__c/L-1", NULL);
	assert_true(json_is_null(json_at(a.json, "$.City")));      /* #N/A clears */
	assert_int_equal(int_at(&a, "$.NumberOfEmployees"), 7);    /* empty does not */
	a = job_call(asker, "GET", id, "/failedResults", NULL);
	assert_non_null(strstr(a.text, "DUPLICATE_VALUE:Duplicate external id specified: L-1:--"));
	assert_non_null(strstr(a.text, "INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of "
				       "required type: many:NumberOfEmployees --"));
}

static void rows_are_inserted_updated_and_deleted(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, "jo@north.example");
	struct answer a;

	run(asker, insert, "LastName,Company\r\nOne,N\r\n");
	a = call(asker, "GET", "/query?q=SELECT+COUNT()+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 1); /* LF was promised, CRLF came */
	run(asker, "{\"object\":\"Lead\",\"operation\":\"insert\",\"lineEnding\":\"CRLF\","
		   "\"columnDelimiter\":\"TAB\"}",
	    "LastName\tCompany\r\nOne\tN\r\nTwo\tN\r\n");
	a = call(asker, "GET", "/query?q=SELECT+COUNT()+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 3);
	run(asker, "{\"object\":\"Lead\",\"operation\":\"update\"}",
	    arena_printf(asker->arena, "Id,City\n%s,Leeds\n", id));
	a = call(asker, "GET", lead_path(asker, id), NULL);
	assert_text_at(a, "$.City", "Leeds");
	run(asker, "{\"object\":\"Lead\",\"operation\":\"delete\"}",
	    arena_printf(asker->arena, "Id\n%s\n", id));
	assert_status(call(asker, "GET", lead_path(asker, id), NULL), 404);
}

static void a_file_that_does_not_fit_fails_the_job(void **state)
{
	static const struct {
		const char *csv, *why;
	} rows[] = {
		{ "LastName,Nope\nNorth,x\n", "InvalidBatch : Field name not found : Nope" },
		{ "LastName,Company\r\nNorth,N\r\n",
		  "ClientInputError : LineEnding is invalid on user data. Current LineEnding "
		  "setting is LF" },
		{ "LastName,Company\nNo\"rth,N\n",
		  "InvalidBatch : a quote stands where it must not" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *id = run(asker, insert, rows[i].csv);
		struct answer a = job_call(asker, "GET", id, "", NULL);

		assert_text_at(a, "$.state", "Failed");
		assert_text_at(a, "$.errorMessage", rows[i].why);
		assert_int_equal(int_at(&a, "$.numberRecordsProcessed"), 0);
		a = job_call(asker, "GET", id, "/unprocessedrecords", NULL);
		assert_status(a, 200);
	}
}

static void a_job_takes_its_data_once_and_in_order(void **state)
{
	struct asker *asker = *state;
	const char *id = open_job(asker, insert);
	struct answer a;

	assert_status(put_csv(asker, id, "LastName,Company\nNorth,N\n"), 201);
	a = put_csv(asker, id, "LastName,Company\nNorth,N\n");
	assert_status(a, 400);
	assert_non_null(strstr(text_at(&a, "$[0].message"), "Found multiple contents for job"));
	assert_status(job_call(asker, "DELETE", id, "", NULL), 400);
	assert_status(job_call(asker, "PATCH", id, "", "{\"state\":\"Closed\"}"), 400);
	assert_status(job_call(asker, "PATCH", id, "", "{\"state\":\"UploadComplete\"}"), 200);
	assert_status(job_call(asker, "PATCH", id, "", "{\"state\":\"UploadComplete\"}"), 400);
	a = put_csv(asker, id, "x\n");
	assert_text_at(a, "$[0].errorCode", "INVALIDJOBSTATE");
	a = job_call(asker, "PATCH", id, "", "{\"state\":\"Aborted\"}");
	assert_text_at(a, "$.state", "Aborted");
	pass(asker, 2 * STEP_MS);
	a = job_call(asker, "GET", id, "/unprocessedrecords", NULL);
	assert_string_equal(a.text, "\"LastName\",\"Company\"\n\"North\",\"N\"\n");
	assert_status(job_call(asker, "PATCH", id, "", "{\"state\":\"Aborted\"}"), 400);
	assert_status(job_call(asker, "DELETE", id, "", NULL), 204);
	assert_status(job_call(asker, "GET", id, "", NULL), 404);
}

static void a_job_that_is_asked_for_wrongly_is_refused(void **state)
{
	static const struct {
		const char *body, *code;
	} rows[] = {
		{ "{\"operation\":\"insert\"}", "INVALIDENTITY" },
		{ "{\"object\":\"Nope\",\"operation\":\"insert\"}", "INVALIDENTITY" },
		{ "{\"object\":\"Lead\"}", "INVALIDJOB" },
		{ "{\"object\":\"Lead\",\"operation\":\"upsert\"}", "INVALIDJOB" },
		{ "{\"object\":\"Lead\",\"operation\":\"upsert\",\"externalIdFieldName\":"
		  "\"Email\"}", "INVALIDJOB" },
		{ "{\"object\":\"Lead\",\"operation\":\"hardDelete\"}", "FEATURENOTENABLED" },
		{ "{\"object\":\"Lead\",\"operation\":\"insert\",\"lineEnding\":\"CR\"}",
		  "INVALIDJOB" },
		{ "{\"object\":\"Lead\",\"operation\":\"insert\",\"contentType\":\"XML\"}",
		  "INVALIDJOB" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "POST", "/jobs/ingest", rows[i].body);

		assert_status(a, 400);
		assert_text_at(a, "$[0].errorCode", rows[i].code);
	}
	assert_status(call(asker, "GET", "/jobs/ingest/7505g0000000001AAA", NULL), 404);
}

/* Ten thousand rows are one step: what came before an abort stays. */
static void a_long_file_is_taken_in_batches(void **state)
{
	struct asker *asker = *state;
	const char *id = open_job(asker, insert);
	struct answer a;
	struct buf csv;

	buf_init(&csv, asker->arena, 1u << 22);
	buf_add(&csv, "LastName,Company\n");
	for (int i = 0; i < 12000; i++)
		buf_addf(&csv, "P%d,N\n", i);
	start(asker, id, buf_text(&csv));
	pass(asker, 2 * STEP_MS);
	a = job_call(asker, "GET", id, "", NULL);
	assert_text_at(a, "$.state", "InProgress");
	assert_int_equal(int_at(&a, "$.numberRecordsProcessed"), 10000);
	pass(asker, STEP_MS);
	a = job_call(asker, "GET", id, "", NULL);
	assert_text_at(a, "$.state", "JobComplete");
	assert_int_equal(int_at(&a, "$.numberRecordsProcessed"), 12000);
	a = call(asker, "GET", "/limits", NULL);
	assert_int_equal(int_at(&a, "$.DailyBulkApiBatches.Remaining"), 14998);
}

static void jobs_are_kept_for_seven_days(void **state)
{
	struct asker *asker = *state;
	const char *id = run(asker, insert, "LastName,Company\nNorth,N\n");
	struct answer a = call(asker, "GET", "/jobs/ingest", NULL);

	assert_int_equal(count_at(&a, "$.records"), 1);
	pass(asker, 6 * 86400000);
	set_switch(asker, "session_ms", 0);
	assert_state(asker, id, "JobComplete");
	pass(asker, 86400000);
	assert_status(job_call(asker, "GET", id, "", NULL), 404);
}

static void the_day_s_batches_end(void **state)
{
	struct asker *asker = *state;
	const char *id;
	struct answer a;

	set_account(asker, "{\"limits\":{\"bulk_batches\":1,\"bulk_queries\":1}}");
	run(asker, insert, "LastName,Company\nOne,N\n");
	id = run(asker, insert, "LastName,Company\nTwo,N\n");
	a = job_call(asker, "GET", id, "", NULL);
	assert_text_at(a, "$.errorMessage", "ExceededQuota : the day's batches are used up");
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"query\",\"query\":\"SELECT Id FROM Lead\"}");
	assert_status(a, 200);
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"query\",\"query\":\"SELECT Id FROM Lead\"}");
	assert_status(a, 403);
	assert_text_at(a, "$[0].errorCode", "REQUEST_LIMIT_EXCEEDED");
}

/* Files of 30 MiB, until the sandbox keeps no more: what it has stays. */
static void the_files_of_jobs_are_bounded(void **state)
{
	enum { LEN = 30 << 20 };
	struct asker *asker = *state;
	char *csv = malloc(LEN + 1);
	struct answer a = { 0 };
	const char *id = NULL;
	int taken = 0;

	set_switch(asker, "bulk_mib", 64);
	memset(csv, 'x', LEN);
	csv[LEN] = '\0';
	do {
		id = open_job(asker, insert);
		a = put_csv(asker, id, csv);
		taken += a.status == 201;
	} while (a.status == 201 && taken < 5);
	assert_int_equal(taken, 2);
	assert_status(a, 503);
	assert_text_at(a, "$[0].errorCode", "SERVER_UNAVAILABLE");
	a = job_call(asker, "PATCH", id, "", "{\"state\":\"Aborted\"}");
	assert_status(a, 200);
	free(csv);
}

static void restart(struct asker *asker, const char *journal)
{
	const struct sandbox_config config = { .seed = 7, .journal = journal };

	sandbox_stop(asker->sandbox);
	asker->sandbox = sandbox_start(&config, NULL);
	assert_non_null(asker->sandbox);
}

/* The file is in the journal, and what was planned is planned again. */
static void a_job_survives_a_restart(void **state)
{
	struct asker *asker = *state;
	char journal[] = "/tmp/fairlead-bulk-XXXXXX";
	int descriptor = mkstemp(journal);
	struct answer a;
	const char *id;

	assert_true(descriptor >= 0);
	close(descriptor);
	restart(asker, journal);
	id = open_job(asker, insert);
	start(asker, id, "LastName,Company\nNorth,\"N\nLtd\"\n");
	restart(asker, journal);
	pass(asker, 2 * STEP_MS);
	assert_state(asker, id, "JobComplete");
	restart(asker, journal);
	a = call(asker, "GET", "/query?q=SELECT+Company+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 1);
	assert_text_at(a, "$.records[0].Company", "N\nLtd");
	unlink(journal);
}

static void a_query_job_gives_pages_by_locator(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *id, *results;

	lead(asker, "a@north.example");
	lead(asker, "b@north.example");
	lead(asker, "c@north.example");
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"query\",\"query\":\"SELECT Email, City, IsConverted FROM Lead "
		 "ORDER BY Email\"}");
	assert_status(a, 200);
	assert_text_at(a, "$.state", "UploadComplete");
	id = text_at(&a, "$.id");
	results = arena_printf(asker->arena, "/jobs/query/%s/results", id);
	a = call(asker, "GET", results, NULL);
	assert_status(a, 400);
	pass(asker, STEP_MS);
	a = call(asker, "GET", arena_printf(asker->arena, "/jobs/query/%s", id), NULL);
	assert_text_at(a, "$.state", "JobComplete");
	assert_int_equal(int_at(&a, "$.numberRecordsProcessed"), 3);
	a = call(asker, "GET", arena_printf(asker->arena, "%s?maxRecords=2", results), NULL);
	assert_status(a, 200);
	assert_string_equal(a.text, "\"Email\",\"City\",\"IsConverted\"\n"
				    "\"a@north.example\",\"\",\"false\"\n"
				    "\"b@north.example\",\"\",\"false\"\n");
	assert_string_equal(http_header_find(&a.headers, "Sforce-NumberOfRecords"), "2");
	a = call(asker, "GET",
		 arena_printf(asker->arena, "%s?maxRecords=2&locator=%s", results,
			      http_header_find(&a.headers, "Sforce-Locator")), NULL);
	assert_string_equal(a.text, "\"Email\",\"City\",\"IsConverted\"\n"
				    "\"c@north.example\",\"\",\"false\"\n");
	assert_string_equal(http_header_find(&a.headers, "Sforce-Locator"), "null");
	a = call(asker, "GET", arena_printf(asker->arena, "%s?locator=none", results), NULL);
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "INVALIDQUERYLOCATOR");
	a = call(asker, "GET", "/jobs/query", NULL);
	assert_int_equal(count_at(&a, "$.records"), 1);
	assert_status(call(asker, "DELETE", arena_printf(asker->arena, "/jobs/query/%s", id),
			   NULL), 204);
}

static void a_query_job_sees_what_it_asks_for(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, "a@north.example");
	struct answer a;

	assert_status(call(asker, "DELETE", lead_path(asker, id), NULL), 204);
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"queryAll\",\"query\":\"SELECT Id FROM Lead\"}");
	id = text_at(&a, "$.id");
	pass(asker, STEP_MS);
	a = call(asker, "GET", arena_printf(asker->arena, "/jobs/query/%s", id), NULL);
	assert_int_equal(int_at(&a, "$.numberRecordsProcessed"), 1); /* deleted ones too */
	a = call(asker, "POST", "/jobs/query", "{\"operation\":\"query\",\"query\":\"SELECT\"}");
	assert_text_at(a, "$[0].errorCode", "MALFORMED_QUERY");
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"query\",\"query\":\"SELECT COUNT() FROM Lead\"}");
	assert_text_at(a, "$[0].errorCode", "MALFORMED_QUERY");
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"insert\",\"query\":\"SELECT Id FROM Lead\"}");
	assert_text_at(a, "$[0].errorCode", "INVALIDJOB");
	a = call(asker, "POST", "/jobs/query",
		 "{\"operation\":\"query\",\"query\":\"SELECT Id FROM Lead\"}");
	id = arena_printf(asker->arena, "/jobs/query/%s", text_at(&a, "$.id"));
	a = call(asker, "PATCH", id, "{\"state\":\"UploadComplete\"}");
	assert_status(a, 400);
	a = call(asker, "PATCH", id, "{\"state\":\"Aborted\"}");
	assert_text_at(a, "$.state", "Aborted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_goes_from_open_to_complete),
		TEST(each_row_is_among_the_results),
		TEST(cells_become_what_their_fields_hold),
		TEST(rows_are_inserted_updated_and_deleted),
		TEST(a_file_that_does_not_fit_fails_the_job),
		TEST(a_job_takes_its_data_once_and_in_order),
		TEST(a_job_that_is_asked_for_wrongly_is_refused),
		TEST(a_long_file_is_taken_in_batches),
		TEST(jobs_are_kept_for_seven_days),
		TEST(the_day_s_batches_end),
		TEST(the_files_of_jobs_are_bounded),
		TEST(a_job_survives_a_restart),
		TEST(a_query_job_gives_pages_by_locator),
		TEST(a_query_job_sees_what_it_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
