/* zoho_bulk_test.c - tests src/sandbox/zoho_bulk*.c (10): files, jobs that write them, jobs
 * that read. Zoho's own client does the same in tests/judges. */
#include "zoho_ask.h"

#include "base/text.h"
#include "sandbox/zip.h"

#define LEADS "\"module\":{\"api_name\":\"Leads\"}"
#define ROWS                                                                                  \
	"Last_Name,Company,Email,No_of_Employees\n"                                           \
	"North,North Ltd,jo@north.example,12\n"                                               \
	"South,South Ltd,not-an-email,3\n"                                                    \
	"West,\"West, Ltd\",we@west.example,\n"

static struct answer bulk(struct asker *asker, const char *method, const char *path,
			  const char *body)
{
	return call_at(asker, "sandbox.example", TOKEN, method,
		       arena_printf(asker->arena, "/crm/bulk/v8%s", path), body);
}

static struct answer upload_as(struct asker *asker, const char *feature, const char *org,
			       const void *bytes, size_t len)
{
	static const char head[] = "--b\r\nContent-Disposition: form-data; name=\"file\"; "
				   "filename=\"rows.zip\"\r\n\r\n";
	static const char tail[] = "\r\n--b--\r\n";
	struct http_request request = { .method = "POST", .url = "/zoho/crm/v8/upload" };
	char *body = arena_alloc(asker->arena, sizeof(head) + sizeof(tail) + len);

	memcpy(body, head, sizeof(head) - 1);
	memcpy(body + sizeof(head) - 1, bytes, len);
	memcpy(body + sizeof(head) - 1 + len, tail, sizeof(tail) - 1);
	request.body = body;
	request.body_len = sizeof(head) + sizeof(tail) + len - 2;
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "multipart/form-data; boundary=b");
	http_header_add(&request.headers, "Authorization", "Zoho-oauthtoken " TOKEN);
	if (feature)
		http_header_add(&request.headers, "feature", feature);
	http_header_add(&request.headers, "X-CRM-ORG", org);
	return send_request(asker, &request);
}

static const char *org_of(struct asker *asker)
{
	struct answer a = call(asker, "GET", "/org", NULL);

	return text_at(&a, "$.org[0].zgid");
}

/* A file that was uploaded; gives its id. */
static const char *file(struct asker *asker, const char *rows)
{
	size_t len;
	const void *bytes = zip_write(asker->arena, "leads.csv", rows, strlen(rows), &len);
	struct answer a = upload_as(asker, "bulk-write", org_of(asker), bytes, len);

	assert_status(a, 200);
	assert_text_at(a, "$.code", "FILE_UPLOAD_SUCCESS");
	assert_text_at(a, "$.message", "file uploaded.");
	text_at(&a, "$.details.created_time");
	return text_at(&a, "$.details.file_id");
}

/* What an archive that is downloaded holds. */
static const char *download(struct asker *asker, const char *path)
{
	struct http_request request = { .method = "GET" };
	struct http_reply *reply;
	const char *name, *text;
	size_t len;

	request.url = arena_printf(asker->arena, "/zoho/crm/bulk/v8%s", path);
	http_header_add(&request.headers, "Authorization", "Zoho-oauthtoken " TOKEN);
	reply = sandbox_handle(asker->sandbox, asker->arena, &request);
	assert_int_equal(reply->status, 200);
	assert_string_equal(http_header_find(&reply->headers, "Content-Type"), "application/zip");
	assert_int_equal(zip_read(asker->arena, reply->body, reply->body_len, 1u << 20, &name, &text,
				  &len),
			 ZIP_READ);
	assert_true(text_ends(name, ".csv"));
	return text;
}

static const char *write_body(struct asker *asker, const char *operation, const char *file_id,
			      const char *more)
{
	return arena_printf(asker->arena,
			    "{\"operation\":\"%s\",\"ignore_empty\":true,\"resource\":[{\"type\":"
			    "\"data\"," LEADS ",\"file_id\":\"%s\"%s}]}",
			    operation, file_id, more);
}

/* A job that writes; gives its path. */
static const char *write_job(struct asker *asker, const char *operation, const char *file_id,
			     const char *more)
{
	struct answer a = bulk(asker, "POST", "/write",
			       write_body(asker, operation, file_id, more));

	assert_status(a, 201);
	assert_text_at(a, "$.status", "success");
	return arena_printf(asker->arena, "/write/%s", text_at(&a, "$.details.id"));
}

static struct answer finished(struct asker *asker, const char *path)
{
	struct answer a;

	pass_time(asker, 61000);
	a = bulk(asker, "GET", path, NULL);
	assert_status(a, 200);
	return a;
}

/* --- writing --- */

static void a_job_is_added_under_way_and_completed(void **state)
{
	struct asker *asker = *state;
	const char *path = write_job(asker, "insert", file(asker, ROWS), "");
	struct answer a = bulk(asker, "GET", path, NULL);

	assert_text_at(a, "$.status", "ADDED");
	assert_text_at(a, "$.resource[0].status", "ADDED");
	assert_null(json_at(a.json, "$.result"));
	assert_status(bulk(asker, "GET", arena_printf(asker->arena, "%s/result", path), NULL), 404);
	pass_time(asker, 31000);
	a = bulk(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "IN PROGRESS");
	pass_time(asker, 30000);
	a = bulk(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "COMPLETED");
	assert_int_equal(int_at(&a, "$.resource[0].file.added_count"), 2);
	assert_int_equal(int_at(&a, "$.resource[0].file.updated_count"), 0);
	assert_int_equal(int_at(&a, "$.resource[0].file.skipped_count"), 1);
	assert_int_equal(int_at(&a, "$.resource[0].file.total_count"), 3);
	assert_text_at(a, "$.resource[0].file.name", "leads.csv");
	assert_string_equal(text_at(&a, "$.result.download_url"),
			    arena_printf(asker->arena,
					 "http://sandbox.example/zoho/crm/bulk/v8%s/result", path));
}

static void the_result_has_a_status_for_each_row(void **state)
{
	struct asker *asker = *state;
	const char *path = write_job(asker, "insert", file(asker, ROWS), ""), *text;
	struct answer a;

	finished(asker, path);
	text = download(asker, arena_printf(asker->arena, "%s/result", path));
	assert_true(text_starts(text, "\"Last_Name\",\"Company\",\"Email\",\"No_of_Employees\","
				      "\"STATUS\",\"ERRORS\",\"RECORD_ID\"\n"
				      "\"North\",\"North Ltd\",\"jo@north.example\",\"12\","
				      "\"ADDED\",\"\",\""));
	assert_non_null(strstr(text, "\"not-an-email\",\"3\",\"SKIPPED\",\"INVALID_DATA:Email\","
				     "\"\"\n"));
	a = call(asker, "POST", "/coql",
		 "{\"select_query\":\"select Company, No_of_Employees from Leads where Last_Name = "
		 "'North'\"}");
	assert_int_equal(int_at(&a, "$.data[0].No_of_Employees"), 12);
}

static void an_upsert_finds_by_a_field(void **state)
{
	static const char mapped[] = ",\"find_by\":\"Email\",\"field_mappings\":["
				     "{\"api_name\":\"Last_Name\",\"index\":0},"
				     "{\"api_name\":\"Email\",\"index\":2},"
				     "{\"api_name\":\"Lead_Source\",\"default_value\":"
				     "{\"value\":\"Web Download\"}}]";
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(",\"Email\":\"jo@north.example\""));
	struct answer a = finished(asker, write_job(asker, "upsert", file(asker, ROWS), mapped));

	assert_int_equal(int_at(&a, "$.resource[0].file.added_count"), 1);
	assert_int_equal(int_at(&a, "$.resource[0].file.updated_count"), 1);
	a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s", id), NULL);
	assert_text_at(a, "$.data[0].Lead_Source", "Web Download");
	assert_text_at(a, "$.data[0].Company", "North Ltd"); /* not mapped: not written */
}

static void an_update_passes_over_who_is_not_there(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(",\"City\":\"Oslo\",\"Phone\":\"+4712345678\""));
	const char *rows = arena_printf(asker->arena, "id,City,Phone\n%s,Bergen,\n77,Rome,\n", id);
	struct answer a = finished(asker, write_job(asker, "update", file(asker, rows),
						    ",\"find_by\":\"id\""));

	assert_int_equal(int_at(&a, "$.resource[0].file.updated_count"), 1);
	assert_int_equal(int_at(&a, "$.resource[0].file.skipped_count"), 1);
	a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s", id), NULL);
	assert_text_at(a, "$.data[0].City", "Bergen");
	assert_text_at(a, "$.data[0].Phone", "+4712345678"); /* empty cells are ignored */
}

static void what_has_no_rows_is_skipped(void **state)
{
	struct asker *asker = *state;
	struct answer a = finished(asker, write_job(asker, "insert", file(asker, "Last_Name\n"), ""));

	assert_text_at(a, "$.status", "COMPLETED");
	assert_text_at(a, "$.resource[0].status", "SKIPPED");
}

static void a_field_that_went_meanwhile_fails_the_job(void **state)
{
	struct asker *asker = *state;
	const char *path = write_job(asker, "insert", file(asker, ROWS),
				     ",\"field_mappings\":[{\"api_name\":\"Last_Name\",\"index\":0},"
				     "{\"api_name\":\"Email\",\"index\":2}]");
	struct answer a;

	assert_status(ask(asker, "POST", ACCOUNT "/schema/Leads",
			  "{\"change\":\"rename\",\"field\":\"Email\",\"to\":\"Mail\"}"),
		      200);
	a = finished(asker, path);
	assert_text_at(a, "$.status", "FAILED");
	assert_text_at(a, "$.resource[0].code", "INVALID_FIELD");
	assert_null(json_at(a.json, "$.result"));
}

static void a_callback_is_told(void **state)
{
	struct asker *asker = *state;
	const char *body = arena_printf(
		asker->arena,
		"{\"operation\":\"insert\",\"callback\":{\"url\":\"https://f.invalid/bulk\","
		"\"method\":\"post\"},\"resource\":[{\"type\":\"data\"," LEADS
		",\"file_id\":\"%s\"}]}",
		file(asker, ROWS));
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"freeze\":true}");
	assert_status(bulk(asker, "POST", "/write", body), 201);
	pass_time(asker, 61000);
	a = ask(asker, "GET", "/_sandbox/webhooks?vendor=zoho", NULL);
	assert_text_at(a, "$.webhooks[0].url", "https://f.invalid/bulk");
	assert_text_at(a, "$.webhooks[0].events[0].status", "COMPLETED");
}

static void bulk_writes_are_refused_as_the_sheet_says(void **state)
{
	static const struct {
		const char *operation, *more, *code;
	} cases[] = {
		{ "delete", "", "MISSING_REQUIRED_KEY" },
		{ "upsert", "", "MISSING_REQUIRED_KEY" }, /* find_by */
		{ "upsert", ",\"find_by\":\"Company\"", "INVALID_FIELD_NAME" },
		{ "insert", ",\"field_mappings\":[{\"api_name\":\"Company\",\"index\":1}]",
		  "MANDATORY_FIELDS_NOT_MAPPED" },
		{ "insert", ",\"field_mappings\":[{\"api_name\":\"Last_Name\",\"index\":4}]",
		  "COLUMN_INDEX_NOT_FOUND" },
		{ "insert", ",\"field_mappings\":[{\"api_name\":\"Last_Name\"}]",
		  "MISSING_REQUIRED_KEY" },
		{ "insert", ",\"field_mappings\":[{\"api_name\":\"ast_Name\",\"index\":0}]",
		  "INVALID_FIELD" },
	};
	struct asker *asker = *state;
	const char *id = file(asker, ROWS);
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		a = bulk(asker, "POST", "/write",
			 write_body(asker, cases[i].operation, id, cases[i].more));
		assert_status(a, 400);
		assert_text_at(a, "$.code", cases[i].code);
	}
	a = bulk(asker, "POST", "/write", write_body(asker, "insert", "5725767000097000099", ""));
	assert_status(a, 404);
	assert_text_at(a, "$.code", "RESOURCE_NOT_FOUND");
	a = bulk(asker, "POST", "/write",
		 "{\"operation\":\"insert\",\"callback\":{\"url\":\"https://f.example/\","
		 "\"method\":\"get\"},\"resource\":[]}");
	assert_text_at(a, "$.code", "INVALID_CALLBACK_METHOD");
	assert_text_at(a, "$.details.supported_callback_methods[0]", "post");
	assert_status(bulk(asker, "GET", "/write/1", NULL), 404);
}

static void files_have_bounds(void **state)
{
	struct asker *asker = *state;
	const char *org = org_of(asker), *id;
	struct buf wide;
	struct answer a;
	size_t len;
	const void *bytes = zip_write(asker->arena, "notes.txt", "x", 1, &len);

	a = upload_as(asker, "bulk-write", org, "Last_Name\nNorth\n", 16);
	assert_status(a, 400);
	assert_text_at(a, "$.code", "INVALID_FILE_FORMAT");
	assert_text_at(a, "$.message", "invalid file format. only zip format is supported");
	a = upload_as(asker, "bulk-write", org, bytes, len);
	assert_text_at(a, "$.code", "FILE_NOT_SUPPORTED");
	a = upload_as(asker, NULL, org, bytes, len);
	assert_status(a, 400);
	text_at(&a, "$.x-error");
	assert_status(upload_as(asker, "bulk-write", "1", bytes, len), 400);
	assert_status(upload_as(asker, "photo", org, bytes, len), 501);
	bytes = zip_write(asker->arena, "a.csv", arena_alloc(asker->arena, 65u << 20), 65u << 20,
			  &len);
	a = upload_as(asker, "bulk-write", org, bytes, len);
	assert_text_at(a, "$.code", "FILE_TOO_LARGE");
	buf_init(&wide, asker->arena, 1u << 16);
	for (int i = 0; i < 201; i++)
		buf_addf(&wide, "%sc%d", i ? "," : "", i);
	a = bulk(asker, "POST", "/write",
		 write_body(asker, "insert", file(asker, buf_text(&wide)), ""));
	assert_text_at(a, "$.code", "HEADER_LIMIT_EXCEEDED");
	id = file(asker, "Last_Name\n\"a\"b\n");
	a = bulk(asker, "POST", "/write", write_body(asker, "insert", id, ""));
	assert_text_at(a, "$.code", "INVALID_FORMAT");
	id = file(asker, ROWS);
	set_switch(asker, "bulk_rows", 2);
	a = bulk(asker, "POST", "/write", write_body(asker, "insert", id, ""));
	assert_text_at(a, "$.code", "LIMIT_EXCEEDED");
}

/* --- reading --- */

static const char *read_job(struct asker *asker, const char *query)
{
	struct answer a = bulk(asker, "POST", "/read",
			       arena_printf(asker->arena, "{\"query\":{" LEADS ",%s}}", query));

	assert_status(a, 201);
	assert_text_at(a, "$.data[0].code", "ADDED_SUCCESSFULLY");
	assert_text_at(a, "$.data[0].message", "Added successfully.");
	assert_text_at(a, "$.data[0].details.operation", "read");
	assert_text_at(a, "$.data[0].details.state", "ADDED");
	return arena_printf(asker->arena, "/read/%s", text_at(&a, "$.data[0].details.id"));
}

static void a_module_is_read_into_a_file(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(",\"Email\":\"jo@north.example\""));
	const char *path = read_job(asker, "\"fields\":[\"id\",\"Email\",\"Owner\"]");
	struct answer a = bulk(asker, "GET", path, NULL), user;

	assert_text_at(a, "$.data[0].state", "ADDED");
	a = finished(asker, path);
	assert_text_at(a, "$.data[0].state", "COMPLETED");
	assert_int_equal(int_at(&a, "$.data[0].result.count"), 1);
	assert_int_equal(int_at(&a, "$.data[0].result.per_page"), 200000);
	assert_true(json_is_false(json_at(a.json, "$.data[0].result.more_records")));
	assert_true(json_is_null(json_at(a.json, "$.data[0].result.next_page_token")));
	assert_string_equal(text_at(&a, "$.data[0].result.download_url"),
			    arena_printf(asker->arena, "/crm/bulk/v8%s/result", path));
	user = call(asker, "GET", "/users?type=CurrentUser", NULL);
	assert_string_equal(download(asker, arena_printf(asker->arena, "%s/result", path)),
			    arena_printf(asker->arena,
					 "\"id\",\"Email\",\"Owner\"\n\"%s\",\"jo@north.example\","
					 "\"%s\"\n",
					 id, text_at(&user, "$.users[0].id")));
}

static void comparators_choose_rows(void **state)
{
	static const struct {
		const char *criteria, *found; /* last names, in order */
	} cases[] = {
		{ "\"comparator\":\"equal\",\"value\":\"Oslo\"", "A" },
		{ "\"comparator\":\"not_equal\",\"value\":\"Oslo\"", "BC" },
		{ "\"comparator\":\"in\",\"value\":[\"Oslo\",\"Rome\"]", "AC" },
		{ "\"comparator\":\"not_in\",\"value\":[\"Oslo\",\"Rome\"]", "B" },
		{ "\"comparator\":\"less_than\",\"value\":\"Oslo\"", "B" },
		{ "\"comparator\":\"greater_than\",\"value\":\"Oslo\"", "C" },
		{ "\"comparator\":\"less_equal\",\"value\":\"Oslo\"", "AB" },
		{ "\"comparator\":\"greater_equal\",\"value\":\"Oslo\"", "AC" },
		{ "\"comparator\":\"contains\",\"value\":\"o\"", "ABC" },
		{ "\"comparator\":\"not_contains\",\"value\":\"sl\"", "BC" },
		{ "\"comparator\":\"starts_with\",\"value\":\"R\"", "C" },
		{ "\"comparator\":\"ends_with\",\"value\":\"lo\"", "AB" },
		{ "\"comparator\":\"between\",\"value\":[\"A\",\"P\"]", "AB" },
		{ "\"comparator\":\"not_between\",\"value\":[\"A\",\"P\"]", "C" },
	};
	struct asker *asker = *state;

	assert_status(call(asker, "POST", "/Leads",
			   "{\"data\":[{\"Last_Name\":\"A\",\"City\":\"Oslo\"},"
			   "{\"Last_Name\":\"B\",\"City\":\"Buffalo\"},"
			   "{\"Last_Name\":\"C\",\"City\":\"Rome\"}]}"),
		      201);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *path = read_job(
			asker, arena_printf(asker->arena,
					    "\"fields\":[\"Last_Name\"],\"criteria\":{"
					    "\"group_operator\":\"and\",\"group\":[{\"field\":{"
					    "\"api_name\":\"City\"},%s},{\"field\":{\"api_name\":"
					    "\"Last_Name\"},\"comparator\":\"not_equal\",\"value\":"
					    "\"Z\"}]}",
					    cases[i].criteria));
		struct buf wanted;

		buf_init(&wanted, asker->arena, 100);
		buf_add(&wanted, "\"Last_Name\"\n");
		for (const char *at = cases[i].found; *at; at++)
			buf_addf(&wanted, "\"%c\"\n", *at);
		finished(asker, path);
		assert_string_equal(download(asker, arena_printf(asker->arena, "%s/result", path)),
				    buf_text(&wanted));
	}
}

static void pages_follow_by_number_or_token(void **state)
{
	struct asker *asker = *state;
	const char *path;
	struct answer a;

	set_switch(asker, "bulk_read_rows", 2);
	for (int i = 0; i < 3; i++)
		add(asker, "/Leads", LEAD(""));
	a = finished(asker, read_job(asker, "\"fields\":[\"Last_Name\"]"));
	assert_true(json_is_true(json_at(a.json, "$.data[0].result.more_records")));
	path = read_job(asker, arena_printf(asker->arena,
					    "\"fields\":[\"Last_Name\"],\"page_token\":\"%s\"",
					    text_at(&a, "$.data[0].result.next_page_token")));
	a = finished(asker, path);
	assert_int_equal(int_at(&a, "$.data[0].result.page"), 2);
	assert_int_equal(int_at(&a, "$.data[0].result.count"), 1);
	a = finished(asker, read_job(asker, "\"fields\":[\"Last_Name\"],\"page\":2"));
	assert_int_equal(int_at(&a, "$.data[0].result.count"), 1);
	assert_true(json_is_false(json_at(a.json, "$.data[0].result.more_records")));
}

static void bulk_reads_are_refused_as_the_sheet_says(void **state)
{
	static const struct {
		const char *query, *code;
	} cases[] = {
		{ LEADS ",\"page\":501", "PAGE_RANGE_EXCEEDED" },
		{ LEADS ",\"page\":0", "PAGE_RANGE_EXCEEDED" },
		{ LEADS ",\"page_token\":\"made-up\"", "INVALID_REQUEST" },
		{ LEADS ",\"fields\":[\"Nothing\"]", "FIELD_NOT_AVAILABLE" },
		{ LEADS ",\"criteria\":{\"group_operator\":\"xor\",\"group\":[{}]}",
		  "INVALID_CRITERIA" },
		{ LEADS ",\"criteria\":{\"api_name\":\"City\",\"comparator\":\"like\",\"value\":\"a\"}",
		  "INVALID_CRITERIA" },
		{ LEADS ",\"criteria\":{\"api_name\":\"City\",\"comparator\":\"between\","
		  "\"value\":[\"a\"]}",
		  "INVALID_CRITERIA" },
		{ "\"module\":{\"api_name\":\"Lemons\"}", "MODULE_NOT_AVAILABLE" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answer a = bulk(asker, "POST", "/read",
				       arena_printf(asker->arena, "{\"query\":{%s}}",
						    cases[i].query));

		assert_status(a, 400);
		assert_text_at(a, "$.code", cases[i].code);
	}
}

/* --- what they cost (8) --- */

static void a_write_costs_500_credits_and_a_read_50(void **state)
{
	struct asker *asker = *state;
	const char *body = write_body(asker, "insert", file(asker, ROWS), "");
	struct answer a;

	assert_status(ask(asker, "PATCH", ACCOUNT "/settings", "{\"limits\":{\"credits\":560}}"), 200);
	assert_status(bulk(asker, "POST", "/write", body), 201);
	a = bulk(asker, "POST", "/read", "{\"query\":{" LEADS "}}");
	assert_status(a, 201);
	a = bulk(asker, "POST", "/read", "{\"query\":{" LEADS "}}");
	assert_status(a, 429);
	assert_text_at(a, "$.code", "TOO_MANY_REQUESTS");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_is_added_under_way_and_completed),
		TEST(the_result_has_a_status_for_each_row),
		TEST(an_upsert_finds_by_a_field),
		TEST(an_update_passes_over_who_is_not_there),
		TEST(what_has_no_rows_is_skipped),
		TEST(a_field_that_went_meanwhile_fails_the_job),
		TEST(a_callback_is_told),
		TEST(bulk_writes_are_refused_as_the_sheet_says),
		TEST(files_have_bounds),
		TEST(a_module_is_read_into_a_file),
		TEST(comparators_choose_rows),
		TEST(pages_follow_by_number_or_token),
		TEST(bulk_reads_are_refused_as_the_sheet_says),
		TEST(a_write_costs_500_credits_and_a_read_50),
	};

	return cmocka_run_group_tests_name("sandbox/zoho_bulk", tests, NULL, NULL);
}
