/* copper_test.c - tests src/sandbox/copper*.c by the fact sheet, line by line: a page of
 * Copper's API. Numbers in parentheses are sections of the sheet. */
#include "copper_ask.h"

#define SETTINGS "/_sandbox/accounts/copper/default/settings"

/* --- credentials (2) --- */

static void a_key_counts_with_its_owner_s_address(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/users/me", NULL);

	assert_int_equal(int_at(&a, "$.id"), 137658);
	a = call(asker, "GET", "/account", NULL);
	assert_text_at(a, "$.name", "Acme CRM");
	a = call_as(asker, "0b5e55ed0b5e55ed0b5e55ed0b5e55ed", "else@acme.example", "GET",
		    "/account", NULL);
	assert_refused(&a, 401, "Unauthorized");
	a = call_as(asker, "nope", "rep@acme.example", "GET", "/account", NULL);
	assert_refused(&a, 401, "Unauthorized");
}

static void an_app_gets_one_token_for_ever(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *location, *code;

	asker->token = NULL;
	a = ask(asker, "GET",
		"/copper/oauth/authorize?response_type=code&client_id=fairlead-sandbox-app"
		"&redirect_uri=https://f.example/cb&scope=developer/v1/all&state=s1"
		"&sandbox_approve=default",
		NULL);
	location = http_header_find(&a.headers, "Location");
	assert_non_null(location);
	code = url_query_find(asker->arena, strchr(location, '?') + 1, "code");
	a = ask(asker, "POST", "/copper/oauth/token",
		arena_printf(asker->arena,
			     "grant_type=authorization_code&code=%s&redirect_uri=https://f.example/"
			     "cb&client_id=fairlead-sandbox-app&client_secret=fairlead-sandbox-"
			     "secret",
			     code));
	assert_status(a, 200);
	assert_text_at(a, "$.scope", "developer/v1/all");
	assert_null(json_object_get(a.json, "refresh_token"));
	assert_null(json_object_get(a.json, "expires_in"));
	asker->token = text_at(&a, "$.access_token");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":86400000}");
	assert_status(ask(asker, "GET", API "/account", NULL), 200);
	a = ask(asker, "POST", "/copper/oauth/token", "grant_type=refresh_token");
	assert_status(a, 400);
}

/* --- one lead (4, 5) --- */

static void a_lead_is_created_read_updated_and_deleted(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/leads", ANN);
	const char *path = at(asker, "/leads", int_at(&a, "$.id"));

	assert_status(a, 200);
	assert_text_at(a, "$.first_name", "Ann");
	assert_text_at(a, "$.last_name", "Lee");
	assert_text_at(a, "$.status", "New");
	assert_int_equal(int_at(&a, "$.status_id"), 208231);
	assert_text_at(a, "$.custom_fields[0].value", "spring");
	assert_true(json_is_null(json_at(a.json, "$.custom_fields[1].value")));
	assert_true(int_at(&a, "$.date_created") > 1500000000);
	a = call(asker, "PUT", path, "{\"title\":null,\"details\":\"Asked\"}");
	assert_true(json_is_null(json_object_get(a.json, "title")));
	assert_text_at(a, "$.company_name", "Acme");
	a = call(asker, "DELETE", path, NULL);
	assert_true(json_is_true(json_object_get(a.json, "is_deleted")));
	a = call(asker, "GET", path, NULL);
	assert_refused(&a, 404, "Resource not found");
}

static void the_same_address_twice_is_no_conflict(void **state)
{
	struct asker *asker = *state;

	assert_int_not_equal(add(asker, "/leads", ANN), add(asker, "/leads", ANN));
}

/* --- the error catalogue (9) --- */

static void bad_values_are_422_with_a_sentence(void **state)
{
	static const struct {
		const char *path, *body, *message;
	} rows[] = {
		{ "/leads", "{}", "Name: can't be blank" },
		{ "/leads", "{\"name\":\"\"}", "Name: can't be blank" },
		{ "/leads", "{\"name\":\"A\",\"email\":{\"email\":\"x\"}}",
		  "Email: Invalid value for Email" },
		{ "/leads", "{\"name\":\"A\",\"status_id\":1}",
		  "Status Id: Invalid value for Status Id: not found" },
		{ "/people", "{\"name\":\"A\",\"company_id\":\"test\"}",
		  "Company Id: Invalid value for Company Id: IDs must be positive integers: test" },
		{ "/leads",
		  "{\"name\":\"A\",\"custom_fields\":[{\"custom_field_definition_id\":126240,"
		  "\"value\":1}]}",
		  "Custom Fields: Invalid value for Tier" },
		{ "/leads",
		  "{\"name\":\"A\",\"custom_fields\":[{\"custom_field_definition_id\":9}]}",
		  "Custom Fields: Invalid custom field definition id" },
		{ "/tasks", "{\"name\":\"A\",\"priority\":\"Huge\"}",
		  "Priority: Invalid value for Priority" },
		{ "/activities",
		  "{\"parent\":{\"type\":\"lead\",\"id\":1},\"type\":{\"category\":\"user\","
		  "\"id\":0}}",
		  "Parent: Invalid value for Parent" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "POST", rows[i].path, rows[i].body);

		assert_refused(&a, 422,
			       arena_printf(asker->arena, "Invalid input: Validation errors: %s",
					    rows[i].message));
	}
}

static void the_rest_of_the_catalogue(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/leads", "{\"name\":");

	assert_refused(&a, 400, "Invalid JSON");
	ask(asker, "POST", "/_sandbox/faults", "{\"fault\":\"forbidden\",\"count\":1}");
	a = call(asker, "GET", "/account", NULL);
	assert_refused(&a, 403, "Forbidden");
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"status\",\"status\":502,\"count\":1}");
	a = call(asker, "GET", "/account", NULL);
	assert_refused(&a, 502, "Internal server error");
	put_switch(asker, "copper", "leads_off", 1);
	a = call(asker, "POST", "/leads", ANN);
	assert_refused(&a, 403, "Feature not enabled");
	a = call(asker, "POST", "/leads/search", "{}");
	assert_refused(&a, 403, "Feature not enabled");
	assert_status(call(asker, "GET", "/files/1", NULL), 501);
}

static void calls_are_limited_by_the_minute_and_bulk_by_the_second(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	for (int i = 0; i < 3; i++)
		assert_status(call(asker, "POST", "/leads/bulk_create", "{\"leads\":[]}"), 200);
	a = call(asker, "POST", "/leads/bulk_create", "{\"leads\":[]}");
	assert_refused(&a, 429, "Too many requests");
	for (int i = 0; i < 177; i++)
		assert_status(call(asker, "GET", "/account", NULL), 200);
	a = call(asker, "GET", "/account", NULL);
	assert_refused(&a, 429, "Too many requests");
	assert_null(http_header_find(&a.headers, "Retry-After"));
}

/* --- upsert and bulk (5) --- */

static void upsert_creates_updates_and_refuses_several(void **state)
{
	static const char by_email[] =
		"{\"properties\":{\"name\":\"Ann L.\",\"email\":{\"email\":\"ann@acme.test\"}},"
		"\"match\":{\"field_name\":\"email\",\"field_value\":\"ANN@acme.test\"}}";
	struct asker *asker = *state;
	struct answer a = call(asker, "PUT", "/leads/upsert", by_email);
	int64_t id = int_at(&a, "$.id");

	assert_status(a, 200);
	a = call(asker, "PUT", "/leads/upsert", by_email);
	assert_int_equal(int_at(&a, "$.id"), id);
	add(asker, "/leads", ANN);
	a = call(asker, "PUT", "/leads/upsert", by_email);
	assert_status(a, 422);
	assert_int_equal(count_at(&a, "$.ids"), 2);
	put_switch(asker, "copper", "upsert_ids_in_text", 1);
	a = call(asker, "PUT", "/leads/upsert", by_email);
	assert_null(json_object_get(a.json, "ids"));
}

static void upsert_by_a_custom_field_writes_the_key(void **state)
{
	static const char by_key[] =
		"{\"properties\":{\"name\":\"Ann\"},\"match\":{\"field_name\":\"custom\","
		"\"field_value\":{\"custom_field_definition_id\":%d,\"value\":\"fl_01\"}}}";
	struct asker *asker = *state;
	struct answer a = call(asker, "PUT", "/leads/upsert",
			       arena_printf(asker->arena, by_key, 100764));
	int64_t id = int_at(&a, "$.id"), plain;

	assert_text_at(a, "$.custom_fields[0].value", "fl_01");
	a = call(asker, "PUT", "/leads/upsert", arena_printf(asker->arena, by_key, 100764));
	assert_int_equal(int_at(&a, "$.id"), id);
	plain = add(asker, "/custom_field_definitions",
		    "{\"name\":\"Plain\",\"data_type\":\"String\",\"available_on\":[\"lead\"]}");
	a = call(asker, "PUT", "/leads/upsert",
		 arena_printf(asker->arena, by_key, (int)plain));
	assert_status(a, 422); /* not filterable */
}

static void a_bulk_is_200_with_an_answer_for_each(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/leads/bulk_create",
			       "{\"leads\":[{\"name\":\"A\"},{},{\"name\":\"C\"}]}");

	assert_status(a, 200);
	assert_true(int_at(&a, "$[0].id") > 0);
	assert_text_at(a, "$[1].message.name[0].error", "invalid");
	a = call(asker, "POST", "/leads/bulk_update",
		 arena_printf(asker->arena,
			      "{\"leads\":[{\"id\":%d,\"title\":\"CEO\"},{\"id\":7}]}",
			      (int)int_at(&a, "$[2].id")));
	assert_text_at(a, "$[0].title", "CEO");
	assert_int_equal(int_at(&a, "$[1].id"), 7);
	a = call(asker, "POST", "/leads/bulk_create",
		 "{\"leads\":[1,2,3,4,5,6,7,8,9,10,11]}");
	assert_status(a, 422);
	assert_text_at(a, "$.error", "Request size too large, limit is 10");
}

/* --- searching (5, 7) --- */

static void leads_are_searched_by_post(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	struct answer a;

	add(asker, "/leads", "{\"name\":\"Bob\"}");
	a = call(asker, "POST", "/leads/search", "{\"emails\":\"ann@acme.test\"}");
	assert_int_equal(count_at(&a, "$"), 1);
	assert_int_equal(int_at(&a, "$[0].id"), id);
	assert_string_equal(http_header_find(&a.headers, "X-PW-TOTAL"), "1");
	a = call(asker, "POST", "/leads/search", "{\"assignee_ids\":[-2],\"page_size\":1}");
	assert_int_equal(count_at(&a, "$"), 1);
	assert_string_equal(http_header_find(&a.headers, "X-PW-TOTAL"), "2");
	put_switch(asker, "copper", "total_header", 0);
	a = call(asker, "POST", "/leads/search", "{}");
	assert_null(http_header_find(&a.headers, "X-PW-TOTAL"));
	a = call(asker, "POST", "/leads/search", "{\"page_size\":201}");
	assert_status(a, 422);
	a = call(asker, "POST", "/leads/search", "{\"page_number\":501,\"page_size\":200}");
	assert_status(a, 422); /* beyond 100,000 */
}

static void changes_are_polled_by_the_second_and_deletes_are_not_seen(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", "{\"name\":\"Old\"}"), since;
	const char *body;
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":60000}");
	a = call(asker, "POST", "/leads", "{\"name\":\"New\"}");
	since = int_at(&a, "$.date_modified");
	body = arena_printf(asker->arena,
			    "{\"minimum_modified_date\":%lld,\"sort_by\":\"date_modified\"}",
			    (long long)since);
	a = call(asker, "POST", "/leads/search", body);
	assert_int_equal(count_at(&a, "$"), 1);
	assert_text_at(a, "$[0].name", "New");
	call(asker, "DELETE", at(asker, "/leads", id), NULL);
	a = call(asker, "POST", "/leads/search", body);
	assert_int_equal(count_at(&a, "$"), 1);
}

static void a_search_lags(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}");
	add(asker, "/leads", ANN);
	a = call(asker, "POST", "/leads/search", "{}");
	assert_int_equal(count_at(&a, "$"), 0);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":6000}");
	a = call(asker, "POST", "/leads/search", "{}");
	assert_int_equal(count_at(&a, "$"), 1);
}

/* --- conversion, people, activities, tasks (5, 6) --- */

static void a_lead_becomes_a_person_and_its_id_goes(void **state)
{
	struct asker *asker = *state;
	const char *lead = at(asker, "/leads", add(asker, "/leads", ANN));
	struct answer a = call(asker, "POST", arena_printf(asker->arena, "%s/convert", lead),
			       "{\"details\":{\"opportunity\":{\"name\":\"Pricing\"}}}");

	assert_status(a, 200);
	assert_text_at(a, "$.person.emails[0].email", "ann@acme.test");
	assert_text_at(a, "$.person.company_name", "Acme");
	assert_int_equal(int_at(&a, "$.opportunity.primary_contact_id"),
			 int_at(&a, "$.person.id"));
	assert_status(call(asker, "GET", lead, NULL), 404);
	a = call(asker, "POST", "/people/fetch_by_email", "{\"email\":\"ann@acme.test\"}");
	assert_status(a, 200);
	a = call(asker, "POST", "/people/search", "{\"emails\":[\"ann@acme.test\"]}");
	assert_int_equal(count_at(&a, "$"), 1);
	a = call(asker, "POST", "/people/fetch_by_email", "{\"email\":\"no@acme.test\"}");
	assert_status(a, 404);
}

static void notes_and_tasks_hang_on_a_lead(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	struct answer a = call(asker, "POST", "/activities",
			       arena_printf(asker->arena,
					    "{\"parent\":{\"type\":\"lead\",\"id\":%d},\"type\":{"
					    "\"category\":\"user\",\"id\":0},\"details\":\"Hi\"}",
					    (int)id));

	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.user_id"), 137658);
	a = call(asker, "POST", "/activities/search",
		 arena_printf(asker->arena, "{\"parent\":{\"type\":\"lead\",\"id\":%d}}",
			      (int)id));
	assert_text_at(a, "$[0].details", "Hi");
	add(asker, "/tasks",
	    arena_printf(asker->arena,
			 "{\"name\":\"Call\",\"related_resource\":{\"type\":\"lead\",\"id\":%d}}",
			 (int)id));
	a = call(asker, "GET", arena_printf(asker->arena, "/leads/%d/related/tasks", (int)id),
		 NULL);
	assert_text_at(a, "$[0].type", "task");
}

/* --- metadata (3) --- */

static void definitions_are_listed_and_made(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/custom_field_definitions", NULL);

	assert_text_at(a, "$[0].canonical_name", "campaign");
	assert_int_equal(int_at(&a, "$[1].options[0].id"), 167776);
	a = call(asker, "POST", "/custom_field_definitions",
		 "{\"name\":\"Fit\",\"data_type\":\"Dropdown\",\"available_on\":[\"lead\"],"
		 "\"options\":[{\"name\":\"High\"}]}");
	assert_status(a, 200);
	assert_true(int_at(&a, "$.options[0].id") > 0);
	assert_text_at(a, "$.canonical_name", "fit");
	a = call(asker, "POST", "/custom_field_definitions",
		 "{\"name\":\"F\",\"data_type\":\"MultiSelect\",\"available_on\":[\"lead\"],"
		 "\"options\":[{\"name\":\"One\"}]}");
	assert_status(a, 422);
	a = call(asker, "GET", "/lead_statuses", NULL);
	assert_true(json_is_true(json_at(a.json, "$[0].is_default")));
	a = call(asker, "GET", "/customer_sources", NULL);
	assert_text_at(a, "$[1].name", "Email");
	a = call(asker, "GET", "/activity_types", NULL);
	assert_int_equal(int_at(&a, "$.user[0].id"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_counts_with_its_owner_s_address),
		TEST(an_app_gets_one_token_for_ever),
		TEST(a_lead_is_created_read_updated_and_deleted),
		TEST(the_same_address_twice_is_no_conflict),
		TEST(bad_values_are_422_with_a_sentence),
		TEST(the_rest_of_the_catalogue),
		TEST(calls_are_limited_by_the_minute_and_bulk_by_the_second),
		TEST(upsert_creates_updates_and_refuses_several),
		TEST(upsert_by_a_custom_field_writes_the_key),
		TEST(a_bulk_is_200_with_an_answer_for_each),
		TEST(leads_are_searched_by_post),
		TEST(changes_are_polled_by_the_second_and_deletes_are_not_seen),
		TEST(a_search_lags),
		TEST(a_lead_becomes_a_person_and_its_id_goes),
		TEST(notes_and_tasks_hang_on_a_lead),
		TEST(definitions_are_listed_and_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
