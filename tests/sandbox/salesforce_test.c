/* salesforce_test.c - tests src/sandbox/salesforce*.c by the fact sheet's examples. */
#include "salesforce_ask.h"

static void a_lead_is_created_read_updated_and_deleted(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, "jo@north.example");
	struct answer a = call(asker, "GET", lead_path(asker, id), NULL);

	assert_int_equal(strlen(id), 18);
	assert_text_at(a, "$.attributes.type", "Lead");
	assert_text_at(a, "$.Status", "Open - Not Contacted");
	assert_text_at(a, "$.Name", "North");
	assert_non_null(http_header_find(&a.headers, "Sforce-Limit-Info"));
	a = call(asker, "PATCH", lead_path(asker, id), "{\"FirstName\":\"Jo\"}");
	assert_status(a, 204);
	assert_string_equal(a.text, "");
	a = call(asker, "GET", arena_printf(asker->arena, "/sobjects/lead/%.15s?fields=Id,Name", id),
		 NULL);
	assert_text_at(a, "$.Name", "Jo North");
	assert_int_equal(json_object_size(a.json), 3);
	assert_status(call(asker, "DELETE", lead_path(asker, id), NULL), 204);
	a = call(asker, "GET", lead_path(asker, id), NULL);
	assert_status(a, 404);
	assert_text_at(a, "$[0].errorCode", "ENTITY_IS_DELETED");
}

/* The catalogue of section 9, as far as one request shows it. */
static void refusals_are_worded_as_salesforce_words_them(void **state)
{
	static const struct {
		const char *body, *code, *message;
	} rows[] = {
		{ "{\"FirstName\":\"Jo\"}", "REQUIRED_FIELD_MISSING",
		  "Required fields are missing: [LastName, Company]" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\",\"Rating\":\"X\"}",
		  "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
		  "Rating: bad value for restricted picklist field: X" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\","
		  "\"PostalCode\":\"123456789012345678901\"}",
		  "STRING_TOO_LONG",
		  "Zip/Postal Code: data value too large: 123456789012345678901 (max length=20)" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\",\"Email\":\"x@y\"}",
		  "INVALID_EMAIL_ADDRESS", "Email: invalid email address: x@y" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\",\"Nope\":\"x\"}", "INVALID_FIELD",
		  "No such column 'Nope' on sobject of type Lead" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\",\"OwnerId\":\"x\"}", "MALFORMED_ID",
		  "Owner ID: id value of incorrect type: x" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\",\"OwnerId\":\"0055g0000000009\"}",
		  "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id" },
		{ "{\"LastName\":\"N\",\"Company\":\"C\",\"AnnualRevenue\":\"much\"}",
		  "JSON_PARSER_ERROR",
		  "Cannot deserialize the value of AnnualRevenue at [line:1, column:2]" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "POST", "/sobjects/Lead", rows[i].body);

		assert_status(a, 400);
		assert_text_at(a, "$[0].errorCode", rows[i].code);
		assert_text_at(a, "$[0].message", rows[i].message);
	}
}

static void switches_bring_the_org_s_own_refusals(void **state)
{
	static const struct {
		const char *name;
		int value, status;
		const char *code;
	} rows[] = {
		{ "session_barred", 1, 401, "INVALID_SESSION_ID" },
		{ "api_disabled", 1, 403, "API_DISABLED_FOR_ORG" },
		{ "access", 1, 403, "INSUFFICIENT_ACCESS_OR_READONLY" },
		{ "access", 2, 403, "INSUFFICIENT_ACCESS" },
		{ "storage_full", 1, 403, "STORAGE_LIMIT_EXCEEDED" },
		{ "automation_fails", 1, 400, "CANNOT_EXECUTE_FLOW_TRIGGER" },
		{ "automation_fails", 2, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" },
		{ "validation_rule", 1, 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION" },
	};
	static const char body[] = "{\"LastName\":\"N\",\"Company\":\"C\",\"Phone\":\"none\"}";
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		set_switch(asker, rows[i].name, rows[i].value);
		a = call(asker, "POST", "/sobjects/Lead", body);
		assert_status(a, rows[i].status);
		assert_text_at(a, "$[0].errorCode", rows[i].code);
		set_switch(asker, rows[i].name, 0);
	}
	assert_status(call(asker, "POST", "/sobjects/Lead", body), 201);
}

static void a_dead_session_and_an_old_version_are_refused(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", "/services/data/v20.0/limits", NULL);

	assert_status(a, 410);
	asker->token = "nobody";
	a = call(asker, "GET", "/limits", NULL);
	assert_status(a, 401);
	assert_text_at(a, "$[0].errorCode", "INVALID_SESSION_ID");
	assert_text_at(a, "$[0].message", "Session expired or invalid");
	assert_status(ask(asker, "GET", "/services/data/", NULL), 200);
}

static void an_upsert_creates_once_and_several_matches_are_300(void **state)
{
	struct asker *asker = *state;
	static const char path[] = "/sobjects/Lead/Fairlead_Id__c/L-1";
	static const char body[] = "{\"LastName\":\"N\",\"Company\":\"C\"}";
	struct answer a = call(asker, "PATCH", path, body);

	assert_status(a, 201);
	assert_true(json_is_true(json_at(a.json, "$.created")));
	a = call(asker, "PATCH", path, body);
	assert_status(a, 200);
	assert_true(json_is_false(json_at(a.json, "$.created")));
	lead(asker, "two@north.example");
	lead(asker, "two@north.example");
	a = call(asker, "PATCH", "/sobjects/Lead/Email/two@north.example", "{}");
	assert_status(a, 300);
	assert_int_equal(json_array_size(a.json), 2);
	a = call(asker, "PATCH", "/sobjects/Lead/City/x", "{}");
	assert_status(a, 404);
	assert_text_at(a, "$[0].message",
		       "Provided external ID field does not exist or is not accessible");
}

static void rows_of_a_collection_stand_in_order(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "PATCH", "/composite/sobjects/Lead/Fairlead_Id__c",
			       "{\"allOrNone\":false,\"records\":["
			       "{\"attributes\":{\"type\":\"Lead\"},\"Fairlead_Id__c\":\"L-1\","
			       "\"LastName\":\"North\",\"Company\":\"N\"},"
			       "{\"attributes\":{\"type\":\"Lead\"},\"Fairlead_Id__c\":\"L-2\","
			       "\"LastName\":\"Bad\",\"Email\":\"x@y.example\"}]}");

	assert_status(a, 200);
	assert_true(json_is_true(json_at(a.json, "$[0].created")));
	assert_text_at(a, "$[1].errors[0].statusCode", "REQUIRED_FIELD_MISSING");
	assert_text_at(a, "$[1].errors[0].fields[0]", "Company");
	a = call(asker, "POST", "/composite/sobjects",
		 "{\"allOrNone\":true,\"records\":["
		 "{\"attributes\":{\"type\":\"Lead\"},\"LastName\":\"A\",\"Company\":\"N\"},"
		 "{\"attributes\":{\"type\":\"Lead\"},\"LastName\":\"B\"}]}");
	assert_text_at(a, "$[0].errors[0].statusCode", "ALL_OR_NONE_OPERATION_ROLLED_BACK");
	a = call(asker, "GET", "/query?q=SELECT+COUNT()+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 1);
}

static void a_duplicate_rule_names_the_record_that_is_there(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, "jo@north.example");
	static const char body[] = "{\"LastName\":\"N\",\"Company\":\"C\","
				   "\"Email\":\"JO@north.example\"}";
	struct answer a;

	set_switch(asker, "duplicate_rule", 2);
	a = call(asker, "POST", "/sobjects/Lead", body);
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "DUPLICATES_DETECTED");
	assert_string_equal(text_at(&a, "$[0].duplicateResut.matchResults[0].matchRecords[0]."
					"record.Id"), id);
	set_switch(asker, "duplicate_rule", 0);
	a = call(asker, "PATCH", lead_path(asker, id), "{\"Fairlead_Id__c\":\"L-1\"}");
	a = call(asker, "POST", "/sobjects/Lead",
		 "{\"LastName\":\"N\",\"Company\":\"C\",\"Fairlead_Id__c\":\"L-1\"}");
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "DUPLICATE_VALUE");
	assert_string_equal(text_at(&a, "$[0].message"),
			    arena_printf(asker->arena, "duplicate value found: Fairlead_Id__c "
				    "duplicates value on record with id: %s", id));
}

static void queries_find_what_they_ask_for(void **state)
{
	static const struct {
		const char *where;
		int count;
	} rows[] = {
		{ "", 3 },
		{ "+WHERE+Email='A@north.example'", 1 },
		{ "+WHERE+Email+IN+('a@north.example','b@north.example')", 2 },
		{ "+WHERE+Email+LIKE+'%25north.example'", 3 },
		{ "+WHERE+(Email='a@north.example'+OR+Email='b@north.example')+AND+"
		  "IsConverted=false", 2 },
		{ "+WHERE+City=null+AND+NOT+Email='c@north.example'", 2 },
		{ "+WHERE+SystemModstamp>=2020-01-01T00:00:00Z+ORDER+BY+SystemModstamp,Id", 3 },
		{ "+WHERE+SystemModstamp<2020-01-01T00:00:00Z", 0 },
		{ "+ORDER+BY+Email+DESC+LIMIT+2", 2 },
	};
	struct asker *asker = *state;
	struct answer a;

	lead(asker, "a@north.example");
	lead(asker, "b@north.example");
	lead(asker, "c@north.example");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "GET",
			 arena_printf(asker->arena, "/query?q=SELECT+Id,Email+FROM+Lead%s",
				      rows[i].where), NULL);
		assert_status(a, 200);
		assert_int_equal(int_at(&a, "$.totalSize"), rows[i].count);
	}
	assert_text_at(a, "$.records[0].Email", "c@north.example");
}

static void other_queries_are_malformed(void **state)
{
	static const struct {
		const char *query, *code;
	} rows[] = {
		{ "", "MALFORMED_QUERY" },
		{ "SELECT+FROM+Lead", "MALFORMED_QUERY" },
		{ "SELECT+Id+FROM+Lead+WHERE", "MALFORMED_QUERY" },
		{ "SELECT+Id+FROM+Lead+WHERE+Email='a", "MALFORMED_QUERY" },
		{ "SELECT+Id+FROM+Lead+Email", "MALFORMED_QUERY" },
		{ "SELECT+Id+FROM+Lead+WHERE+City='a'+AND+City='b'+OR+City='c'",
		  "MALFORMED_QUERY" },
		{ "SELECT+Id+FROM+Nothing", "INVALID_TYPE" },
		{ "SELECT+Id,Nope+FROM+Lead", "INVALID_FIELD" },
		{ "SELECT+Id+FROM+Lead+WHERE+Email=5", "INVALID_FIELD" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "GET",
				       arena_printf(asker->arena, "/query?q=%s", rows[i].query),
				       NULL);

		assert_status(a, 400);
		assert_text_at(a, "$[0].errorCode", rows[i].code);
	}
}

static void more_of_soql_is_not_imitated(void **state)
{
	static const char *const queries[] = {
		"SELECT+City+FROM+Lead+GROUP+BY+City",
		"SELECT+COUNT(Id)+FROM+Lead",
		"SELECT+MAX(CreatedDate)+FROM+Lead",
		"SELECT+Id,(SELECT+Id+FROM+Contacts)+FROM+Account",
		"SELECT+Id,Owner.Name+FROM+Lead",
		"SELECT+Id+FROM+Lead+WHERE+CreatedDate=TODAY",
		"SELECT+Id+FROM+Lead+WHERE+Email+LIKE+'a%25b'",
		"SELECT+Id+FROM+Lead+FOR+UPDATE",
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		assert_status(call(asker, "GET",
				   arena_printf(asker->arena, "/query?q=%s", queries[i]), NULL),
			      501);
	assert_status(call(asker, "POST", "/jobs/query",
			   "{\"operation\":\"query\",\"query\":\"SELECT Owner.Name FROM Lead\"}"),
		      501);
}

static void a_result_comes_in_pages(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/_sandbox/accounts/salesforce/default/seed",
			      "{\"count\":2500}");
	const char *next;

	assert_status(a, 200);
	a = call(asker, "GET", "/query?q=SELECT+Id+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 2500);
	assert_int_equal(count_at(&a, "$.records"), 2000);
	assert_true(json_is_false(json_at(a.json, "$.done")));
	next = text_at(&a, "$.nextRecordsUrl");
	a = ask(asker, "GET", next, NULL);
	assert_int_equal(count_at(&a, "$.records"), 500);
	assert_true(json_is_true(json_at(a.json, "$.done")));
	a = call(asker, "GET", "/query/01g5g000000000000-2000", NULL);
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "INVALID_QUERY_LOCATOR");
}

/* Whoever polls by stamp and never looks back misses the late ones (7). */
static void commits_may_be_seen_later_than_their_stamps(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "late_commit_ms", 60000);
	lead(asker, "a@north.example");
	lead(asker, "b@north.example");
	a = call(asker, "GET", "/query?q=SELECT+Email,SystemModstamp+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 1);
	assert_text_at(a, "$.records[0].Email", "a@north.example");
	pass(asker, 60000);
	a = call(asker, "GET", "/query?q=SELECT+Email,SystemModstamp+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 2);
	assert_string_equal(text_at(&a, "$.records[0].SystemModstamp"),
			    text_at(&a, "$.records[1].SystemModstamp"));
}

static void a_reference_is_to_one_of_its_own_objects(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, "jo@north.example");
	struct answer a = call(asker, "POST", "/sobjects/Note",
			       arena_printf(asker->arena, "{\"ParentId\":\"%s\",\"Title\":"
							  "\"Call\",\"Body\":\"Call back\"}", id));

	assert_status(a, 201);
	a = call(asker, "POST", "/sobjects/ContentDocumentLink",
		 arena_printf(asker->arena,
			      "{\"ContentDocumentId\":\"%s\",\"LinkedEntityId\":\"%s\","
			      "\"ShareType\":\"V\"}", text_at(&a, "$.id"), id));
	assert_status(a, 400); /* a Note is no ContentNote */
	assert_text_at(a, "$[0].errorCode", "MALFORMED_ID");
	a = call(asker, "GET", "/query?q=SELECT+QueueId+FROM+QueueSobject+WHERE+SobjectType='Lead'",
		 NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 1);
}

static void a_composite_is_all_or_none_and_refers(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(
		asker, "POST", "/composite",
		"{\"allOrNone\":true,\"compositeRequest\":["
		"{\"method\":\"POST\",\"url\":\"" VERSION "/sobjects/Account\","
		"\"referenceId\":\"acc\",\"body\":{\"Name\":\"North\"}},"
		"{\"method\":\"POST\",\"url\":\"" VERSION "/sobjects/Task\","
		"\"referenceId\":\"task\",\"body\":{\"Subject\":\"Call\","
		"\"WhatId\":\"@{acc.id}\"}}]}");

	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.compositeResponse[1].httpStatusCode"), 201);
	a = call(asker, "POST", "/composite",
		 "{\"allOrNone\":true,\"compositeRequest\":["
		 "{\"method\":\"POST\",\"url\":\"" VERSION "/sobjects/Account\","
		 "\"referenceId\":\"acc\",\"body\":{\"Name\":\"Two\"}},"
		 "{\"method\":\"POST\",\"url\":\"" VERSION "/sobjects/Lead\","
		 "\"referenceId\":\"bad\",\"body\":{}}]}");
	assert_text_at(a, "$.compositeResponse[0].body[0].errorCode", "PROCESSING_HALTED");
	assert_text_at(a, "$.compositeResponse[1].body[0].errorCode", "REQUIRED_FIELD_MISSING");
	a = call(asker, "GET", "/query?q=SELECT+COUNT()+FROM+Account", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 1);
}

static void a_converted_lead_is_read_only(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, "jo@north.example");
	struct answer a = ask(asker, "PATCH",
			      arena_printf(asker->arena, "/_sandbox/accounts/salesforce/default/"
							 "records/Lead/%s", id),
			      "{\"IsConverted\":true}");

	assert_status(a, 200);
	a = call(asker, "PATCH", lead_path(asker, id), "{\"City\":\"Leeds\"}");
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "CANNOT_UPDATE_CONVERTED_LEAD");
}

static void what_was_merged_is_deleted_and_names_its_master(void **state)
{
	struct asker *asker = *state;
	const char *winner = lead(asker, "a@b.example"), *loser = lead(asker, "c@d.example");
	const char *merge = arena_printf(asker->arena, SF_ACCOUNT "/records/Lead/%s/merge", loser);
	struct answer a = ask(asker, "POST", merge, "{\"into\":\"none\"}");

	assert_status(a, 400);
	assert_status(ask(asker, "POST", merge,
			  arena_printf(asker->arena, "{\"into\":\"%s\"}", loser)), 400);
	assert_status(ask(asker, "POST", merge,
			  arena_printf(asker->arena, "{\"into\":\"%s\"}", winner)), 200);
	a = call(asker, "PATCH", lead_path(asker, loser), "{\"LastName\":\"X\"}");
	assert_status(a, 404);
	assert_text_at(a, "$[0].errorCode", "ENTITY_IS_DELETED");
	a = call(asker, "GET",
		 "/queryAll?q=SELECT+Id,MasterRecordId+FROM+Lead+WHERE+IsDeleted=true", NULL);
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.totalSize"), 1);
	assert_text_at(a, "$.records[0].Id", loser);
	assert_text_at(a, "$.records[0].MasterRecordId", winner);
	a = call(asker, "GET", "/queryAll?q=SELECT+Id+FROM+Lead+WHERE+MasterRecordId!=null", NULL);
	assert_text_at(a, "$.records[0].Id", loser);
	a = call(asker, "GET", "/queryAll?q=SELECT+Id+FROM+Lead+WHERE+IsDeleted=false", NULL);
	assert_text_at(a, "$.records[0].Id", winner);
}

static void the_day_s_calls_end(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_account(asker, "{\"limits\":{\"daily\":1}}");
	assert_status(call(asker, "GET", "/limits", NULL), 200);
	a = call(asker, "GET", "/limits", NULL);
	assert_status(a, 403);
	assert_text_at(a, "$[0].errorCode", "REQUEST_LIMIT_EXCEEDED");
	assert_null(http_header_find(&a.headers, "Retry-After"));
}

static void a_refresh_gives_a_session_of_this_address(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/services/oauth2/token",
			      "grant_type=refresh_token&refresh_token=5Aep861-sandbox-default&"
			      "client_id=fairlead-sandbox-consumer-key&"
			      "client_secret=fairlead-sandbox-consumer-secret");

	assert_status(a, 200);
	assert_text_at(a, "$.instance_url", "http://sandbox.example/salesforce");
	assert_null(json_at(a.json, "$.expires_in"));
	assert_null(json_at(a.json, "$.refresh_token"));
	asker->token = text_at(&a, "$.access_token");
	assert_status(call(asker, "GET", "/limits", NULL), 200);
	a = ask(asker, "POST", "/services/oauth2/token",
		"grant_type=refresh_token&refresh_token=none&"
		"client_id=fairlead-sandbox-consumer-key&"
		"client_secret=fairlead-sandbox-consumer-secret");
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
}

static void an_upsert_of_a_known_record_may_say_204(void **state)
{
	static const char path[] = "/sobjects/Lead/Fairlead_Id__c/L-1";
	static const char body[] = "{\"LastName\":\"N\",\"Company\":\"C\"}";
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "upsert_says_204", 1);
	assert_status(call(asker, "PATCH", path, body), 201);
	a = call(asker, "PATCH", path, body);
	assert_status(a, 204);
	assert_string_equal(a.text, "");
}

static void an_unknown_column_fails_its_row_or_the_collection(void **state)
{
	static const char body[] = "{\"allOrNone\":false,\"records\":["
				   "{\"attributes\":{\"type\":\"Lead\"},\"LastName\":\"A\","
				   "\"Company\":\"N\"},"
				   "{\"attributes\":{\"type\":\"Lead\"},\"LastName\":\"B\","
				   "\"Company\":\"N\",\"Nope__c\":\"x\"}]}";
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "unknown_column_fails", 1);
	a = call(asker, "POST", "/composite/sobjects", body);
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "INVALID_FIELD");
	a = call(asker, "GET", "/query?q=SELECT+COUNT()+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 0);
	set_switch(asker, "unknown_column_fails", 0);
	a = call(asker, "POST", "/composite/sobjects", body);
	assert_status(a, 200);
	assert_true(json_is_true(json_at(a.json, "$[0].success")));
	assert_true(json_is_false(json_at(a.json, "$[1].success")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lead_is_created_read_updated_and_deleted),
		TEST(refusals_are_worded_as_salesforce_words_them),
		TEST(switches_bring_the_org_s_own_refusals),
		TEST(a_dead_session_and_an_old_version_are_refused),
		TEST(an_upsert_creates_once_and_several_matches_are_300),
		TEST(rows_of_a_collection_stand_in_order),
		TEST(a_duplicate_rule_names_the_record_that_is_there),
		TEST(queries_find_what_they_ask_for),
		TEST(other_queries_are_malformed),
		TEST(more_of_soql_is_not_imitated),
		TEST(a_result_comes_in_pages),
		TEST(commits_may_be_seen_later_than_their_stamps),
		TEST(a_reference_is_to_one_of_its_own_objects),
		TEST(a_composite_is_all_or_none_and_refers),
		TEST(a_converted_lead_is_read_only),
		TEST(what_was_merged_is_deleted_and_names_its_master),
		TEST(the_day_s_calls_end),
		TEST(a_refresh_gives_a_session_of_this_address),
		TEST(an_upsert_of_a_known_record_may_say_204),
		TEST(an_unknown_column_fails_its_row_or_the_collection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
