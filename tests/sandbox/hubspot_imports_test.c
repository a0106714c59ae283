/* hubspot_imports_test.c - tests src/sandbox/hubspot_imports.c and hubspot_import_rows.c. */
#include "hubspot_ask.h"

#define IMPORTS "/crm/imports/2026-09"
#define PAGE(columns) "\"fileImportPage\":{\"hasHeader\":true,\"columnMappings\":[" columns "]}"
#define EMAIL                                                                                 \
	"{\"columnObjectTypeId\":\"0-1\",\"columnName\":\"Mail\",\"propertyName\":\"email\","  \
	"\"columnType\":\"HUBSPOT_ALTERNATE_ID\"}"
#define COLUMN(column, property)                                                              \
	"{\"columnObjectTypeId\":\"0-1\",\"columnName\":\"" column                             \
	"\",\"propertyName\":\"" property "\"}"
#define REQUEST(operation, columns)                                                           \
	"{\"name\":\"Spring\",\"importOperations\":{\"0-1\":\"" operation "\"},\"files\":["     \
	"{\"fileName\":\"a.csv\",\"fileFormat\":\"CSV\"," PAGE(columns) "}]}"
#define LEADS                                                                                 \
	REQUEST("UPSERT", EMAIL "," COLUMN("Name", "firstname") "," COLUMN("Status", "hs_lead_status"))

static struct answer import(struct asker *asker, const char *request, const char *file)
{
	struct http_request post = { .method = "POST" };

	post.url = arena_printf(asker->arena, "/hubspot" IMPORTS);
	post.body = arena_printf(asker->arena,
				 "--b\r\nContent-Disposition: form-data; name=\"files\"; "
				 "filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n%s\r\n--b\r\n"
				 "Content-Disposition: form-data; name=\"importRequest\"\r\n\r\n%s"
				 "\r\n--b--\r\n",
				 file, request);
	post.body_len = strlen(post.body);
	http_header_add(&post.headers, "Content-Type", "multipart/form-data; boundary=b");
	http_header_add(&post.headers, "Authorization",
			arena_printf(asker->arena, "Bearer %s", asker->token));
	return send_request(asker, &post);
}

static struct answer state_of(struct asker *asker)
{
	return ask(asker, "GET", IMPORTS "/1001", NULL);
}

static void rows_are_created_updated_and_refused_one_by_one(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"jo@north.example\"}}");
	a = import(asker, LEADS,
		   "Name,Mail,Status\nJo,jo@north.example,OPEN\n\"A, B\",a@b.example,NEW\n"
		   "C,bad,NEW\nD,d@b.example,NOPE\n");
	assert_status(a, 200);
	assert_text_at(a, "$.id", "1001");
	assert_text_at(a, "$.state", "STARTED");
	pass_time(asker, 1000);
	a = state_of(asker);
	assert_text_at(a, "$.state", "PROCESSING");
	a = ask(asker, "GET", CONTACTS "/a@b.example?idProperty=email", NULL);
	assert_status(a, 404);
	pass_time(asker, 1000);
	a = state_of(asker);
	assert_text_at(a, "$.state", "DONE");
	assert_int_equal(int_at(&a, "$.metadata.counters.TOTAL_ROWS"), 4);
	assert_int_equal(int_at(&a, "$.metadata.counters.CREATED_OBJECTS"), 1);
	assert_int_equal(int_at(&a, "$.metadata.counters.UPDATED_OBJECTS"), 1);
	assert_int_equal(int_at(&a, "$.metadata.counters.TOTAL_ERRORS"), 2);
	assert_text_at(a, "$.importRequestJson.name", "Spring");
	a = ask(asker, "GET", CONTACTS "/a@b.example?idProperty=email", NULL);
	assert_text_at(a, "$.properties.firstname", "A, B");
	a = ask(asker, "GET", CONTACTS "/501?properties=hs_lead_status", NULL);
	assert_text_at(a, "$.properties.hs_lead_status", "OPEN");
	a = ask(asker, "GET", IMPORTS "/1001/errors", NULL);
	assert_text_at(a, "$.results[0].errorType", "INVALID_EMAIL");
	assert_int_equal(int_at(&a, "$.results[0].sourceData.lineNumber"), 4);
	assert_text_at(a, "$.results[0].sourceData.rowData[1]", "bad");
	assert_text_at(a, "$.results[1].errorType", "INVALID_ENUMERATION_OPTION");
	assert_text_at(a, "$.results[1].objectType", "CONTACT");
}

static void what_is_to_be_created_or_updated_alone_is_held_to_it(void **state)
{
	static const char file[] = "Mail\njo@north.example\nnew@north.example\n";
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"jo@north.example\"}}");
	import(asker, REQUEST("UPDATE", EMAIL), file);
	pass_time(asker, 2000);
	a = ask(asker, "GET", IMPORTS "/1001/errors", NULL);
	assert_int_equal(count_at(&a, "$.results"), 1);
	assert_text_at(a, "$.results[0].errorType", "UPDATE_ONLY_IMPORT");
	import(asker, REQUEST("CREATE", EMAIL), file);
	pass_time(asker, 2000);
	a = ask(asker, "GET", IMPORTS "/1002/errors", NULL);
	assert_int_equal(count_at(&a, "$.results"), 1);
	assert_text_at(a, "$.results[0].errorType", "CREATE_ONLY_IMPORT");
	import(asker, REQUEST("CREATE", COLUMN("Mail", "email")), file);
	pass_time(asker, 2000);
	a = ask(asker, "GET", IMPORTS "/1003/errors?limit=1", NULL);
	assert_text_at(a, "$.results[0].errorType", "DUPLICATE_UNIQUE_PROPERTY_VALUE");
	assert_text_at(a, "$.paging.next.after", "1");
	a = ask(asker, "GET", IMPORTS, NULL);
	assert_int_equal(count_at(&a, "$.results"), 3);
}

static void a_file_that_does_not_fit_fails(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	import(asker, LEADS, "Name,Mail\nJo,jo@north.example\n");
	import(asker, REQUEST("UPSERT", EMAIL), "Mail\n\"jo@north.example\"x\n");
	pass_time(asker, 2000);
	a = state_of(asker);
	assert_text_at(a, "$.state", "FAILED");
	a = ask(asker, "GET", IMPORTS "/1001/errors", NULL);
	assert_text_at(a, "$.results[0].errorType", "INVALID_COLUMN_CONFIGURATION");
	a = ask(asker, "GET", IMPORTS "/1002/errors", NULL);
	assert_text_at(a, "$.results[0].errorType", "COULD_NOT_PARSE_ROW");
}

static void one_that_was_canceled_writes_nothing(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	import(asker, REQUEST("UPSERT", EMAIL), "Mail\na@b.example\n");
	a = ask(asker, "POST", IMPORTS "/1001/cancel", NULL);
	assert_status(a, 200);
	assert_text_at(a, "$.status", "COMPLETE");
	pass_time(asker, 5000);
	a = state_of(asker);
	assert_text_at(a, "$.state", "CANCELED");
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_int_equal(count_at(&a, "$.results"), 0);
	assert_status(ask(asker, "POST", IMPORTS "/1001/cancel", NULL), 400);
	assert_status(ask(asker, "GET", IMPORTS "/9", NULL), 404);
}

static void what_cannot_be_imported_is_refused(void **state)
{
	static const struct {
		const char *request;
		int status;
	} rows[] = {
		{ "none", 400 },
		{ "{\"files\":[]}", 400 },
		{ "{\"name\":\"x\",\"files\":[{\"fileName\":\"b.csv\",\"fileFormat\":\"CSV\"}]}", 400 },
		{ "{\"name\":\"x\",\"files\":[{\"fileName\":\"a.csv\",\"fileFormat\":\"CSV\"}]}", 400 },
		{ "{\"name\":\"x\",\"files\":[{\"fileName\":\"a.csv\",\"fileFormat\":"
		  "\"SPREADSHEET\"}]}", 501 },
		{ REQUEST("DELETE", EMAIL), 400 },
		{ REQUEST("UPSERT", COLUMN("Mail", "nope")), 400 },
		{ REQUEST("UPSERT", "{\"columnObjectTypeId\":\"9-9\",\"columnName\":\"Mail\"}"), 400 },
		{ REQUEST("UPSERT", EMAIL ",{\"columnObjectTypeId\":\"0-2\",\"columnName\":\"C\","
					  "\"propertyName\":\"name\"}"), 501 },
		{ REQUEST("UPSERT", "{\"columnObjectTypeId\":\"0-1\",\"columnName\":\"A\","
				    "\"columnType\":\"FLEXIBLE_ASSOCIATION_LABEL\"}"), 501 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(import(asker, rows[i].request, "Mail\n"), rows[i].status);
	assert_status(ask(asker, "POST", IMPORTS, "{}"), 400);
	asker->token = "none";
	assert_status(import(asker, LEADS, "Mail\n"), 401);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hubspot_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_are_created_updated_and_refused_one_by_one),
		TEST(what_is_to_be_created_or_updated_alone_is_held_to_it),
		TEST(a_file_that_does_not_fit_fails),
		TEST(one_that_was_canceled_writes_nothing),
		TEST(what_cannot_be_imported_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
