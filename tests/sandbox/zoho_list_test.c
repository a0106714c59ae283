/* zoho_list_test.c - tests src/sandbox/zoho_list.c and _records.c (5, 7, 9) where Zoho's own
 * client does not look: ids of other systems, what is missing, many at once. */
#include "zoho_ask.h"

static struct answer call_by(struct asker *asker, const char *external, const char *method,
			     const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/zoho/crm/v8%s", path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "Authorization", "Zoho-oauthtoken " TOKEN);
	http_header_add(&request.headers, "X-EXTERNAL", external);
	return send_request(asker, &request);
}

static void a_value_of_another_system_stands_for_the_id(void **state)
{
	struct asker *asker = *state;
	const char *id;
	struct answer a;

	assert_status(call(asker, "POST", "/settings/fields?module=Leads",
			   "{\"fields\":[{\"field_label\":\"Fairlead Id\",\"data_type\":\"text\","
			   "\"length\":64,\"unique\":{\"casesensitive\":\"false\"}}]}"),
		      201);
	id = add(asker, "/Leads", LEAD(",\"Fairlead_Id\":\"fl-1\""));
	a = call_by(asker, "Leads.Fairlead_Id", "PUT", "/Leads/fl-1",
		    "{\"data\":[{\"City\":\"Oslo\"}]}");
	assert_status(a, 200);
	assert_text_at(a, "$.data[0].details.id", id);
	a = call_by(asker, "Leads.Fairlead_Id", "GET", "/Leads/fl-1", NULL);
	assert_text_at(a, "$.data[0].City", "Oslo");
	/* A field that is not unique tells nobody apart. */
	assert_status(call_by(asker, "Leads.City", "GET", "/Leads/Oslo", NULL), 204);
	assert_status(call(asker, "GET", "/Leads/fl-1", NULL), 204);
}

static void what_is_missing_is_204_or_by_a_switch_an_error(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/Leads/1", NULL);

	assert_status(a, 204);
	assert_string_equal(a.text, "");
	set_switch(asker, "missing_record", 1);
	a = call(asker, "GET", "/Leads/1", NULL);
	assert_status(a, 404);
	assert_text_at(a, "$.code", "NOT_FOUND");
	set_switch(asker, "missing_record", 2);
	a = call(asker, "GET", "/Leads/1", NULL);
	assert_status(a, 404);
	assert_text_at(a, "$.code", "NO_RECORDS_FOUND");
}

static void several_are_deleted_each_with_its_answer(void **state)
{
	struct asker *asker = *state;
	const char *one = add(asker, "/Leads", LEAD("")), *two = add(asker, "/Leads", LEAD(""));
	struct answer a = call(asker, "DELETE",
			       arena_printf(asker->arena, "/Leads?ids=%s,7,%s", one, two), NULL);

	assert_status(a, 207);
	assert_text_at(a, "$.data[0].details.id", one);
	assert_text_at(a, "$.data[0].message", "record deleted");
	assert_text_at(a, "$.data[1].code", "INVALID_DATA");
	assert_text_at(a, "$.data[2].details.id", two);
	assert_status(call(asker, "GET", "/Leads?fields=id", NULL), 204);
	a = call(asker, "DELETE", "/Leads", NULL);
	assert_status(a, 400);
	assert_text_at(a, "$.code", "REQUIRED_PARAM_MISSING");
	assert_text_at(a, "$.details.param", "ids");
}

/* Calls and meetings hang on a lead as tasks do. */
static void calls_and_meetings_are_of_a_lead(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));
	const char *call_id = add(asker, "/Calls",
				  arena_printf(asker->arena,
					       "{\"data\":[{\"Subject\":\"Hello\",\"Call_Type\":"
					       "\"Outbound\",\"Call_Start_Time\":"
					       "\"2026-02-03T10:00:00+00:00\",\"Call_Duration\":"
					       "\"02:10\",\"$se_module\":\"Leads\",\"What_Id\":"
					       "{\"id\":\"%s\"}}]}",
					       id));
	struct answer a = call(asker, "GET", arena_printf(asker->arena, "/Calls/%s", call_id), NULL);

	assert_text_at(a, "$.data[0].What_Id.id", id);
	a = call(asker, "POST", "/Events",
		 "{\"data\":[{\"Event_Title\":\"Visit\",\"Start_DateTime\":"
		 "\"2026-02-03T10:00:00+00:00\"}]}");
	assert_status(a, 400);
	assert_text_at(a, "$.data[0].details.api_name", "End_DateTime");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_value_of_another_system_stands_for_the_id),
		TEST(what_is_missing_is_204_or_by_a_switch_an_error),
		TEST(several_are_deleted_each_with_its_answer),
		TEST(calls_and_meetings_are_of_a_lead),
	};

	return cmocka_run_group_tests_name("sandbox/zoho_list", tests, NULL, NULL);
}
