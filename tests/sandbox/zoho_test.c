/* zoho_test.c - tests src/sandbox/zoho*.c by the fact sheet where Zoho's own client does not
 * look: the error catalogue row by row, credits, scopes, data centres, conversion. Numbers in
 * parentheses are sections of the sheet. */
#include "zoho_ask.h"

#include "base/text.h"

#define NOBODY "5725767003000000999"

/* --- the catalogue (9): refused alone, each with its status, code and details --- */

#define ONE "$.data[0].code"
#define ALL "$.code"

static const struct row {
	const char *method, *path, *body;
	int status;
	const char *at, *code;
	const char *detail, *value; /* a text among the details, or NULL */
} rows[] = {
	{ "POST", "/Leads", LEAD(",\"Email\":\"nope\""), 400, ONE, "INVALID_DATA",
	  "$.data[0].details.expected_data_type", "email" },
	{ "POST", "/Leads", LEAD(",\"No_of_Employees\":\"many\""), 400, ONE, "INVALID_DATA",
	  "$.data[0].details.expected_data_type", "integer" },
	{ "POST", "/Leads", LEAD(",\"Email_Opt_Out\":\"yes\""), 400, ONE, "INVALID_DATA",
	  "$.data[0].details.expected_data_type", "boolean" },
	{ "POST", "/Calls", "{\"data\":[{\"Subject\":\"x\",\"Call_Start_Time\":\"2026-02-03\"}]}",
	  400, ONE, "INVALID_DATA", "$.data[0].details.expected_data_type", "datetime" },
	{ "POST", "/Leads", LEAD(",\"Lead_Status\":\"Nope\""), 400, ONE, "INVALID_DATA",
	  "$.data[0].details.supported_values[1]", "Attempted to Contact" },
	{ "POST", "/Leads", LEAD(",\"Owner\":{\"id\":\"" NOBODY "\"}"), 400, ONE, "INVALID_DATA",
	  "$.data[0].message", "the id given seems to be invalid" },
	{ "POST", "/Leads", "{\"data\":[{\"Company\":\"x\"}]}", 400, ONE, "MANDATORY_NOT_FOUND",
	  "$.data[0].message", "required field not found" },
	{ "POST", "/Leads", "{\"data\":[{\"Last_Name\":\"x\",\"Layout\":{\"id\":\"1\"}}]}", 400,
	  ONE, "MANDATORY_NOT_FOUND", "$.data[0].details.api_name", "Company" },
	{ "POST", "/Tasks", "{\"data\":[{\"Subject\":\"x\",\"What_Id\":{\"id\":\"1\"}}]}", 400,
	  ONE, "DEPENDENT_FIELD_MISSING", "$.data[0].details.dependee.api_name", "What_Id" },
	{ "POST", "/Leads", LEAD(",\"Owner\":{}"), 400, ONE, "EXPECTED_FIELD_MISSING",
	  "$.data[0].details.expected_fields[0].api_name", "id" },
	{ "POST", "/Leads", LEAD(",\"Owner\":{\"id\":\"1\",\"email\":\"a@b.example\"}"), 400, ONE,
	  "AMBIGUITY_DURING_PROCESSING", "$.data[0].details.ambiguity_due_to[1].api_name",
	  "email" },
	{ "POST", "/settings/fields?module=Leads",
	  "{\"fields\":[{\"field_label\":\"9!\",\"data_type\":\"text\"}]}", 400,
	  "$.fields[0].code", "PATTERN_NOT_MATCHED", NULL, NULL },
	{ "POST", "/settings/fields?module=Leads",
	  "{\"fields\":[{\"field_label\":\"Email\",\"data_type\":\"text\"}]}", 400,
	  "$.fields[0].code", "DUPLICATE_DATA", "$.fields[0].message", "duplicate data" },
	{ "GET", "/Leads", NULL, 400, ALL, "REQUIRED_PARAM_MISSING", "$.details.param_name",
	  "fields" },
	{ "GET", "/Leads?fields=id&sort_by=Email", NULL, 400, ALL, "INVALID_DATA",
	  "$.details.param_name", "sort_by" },
	{ "GET", "/Leads?fields=id&page=11", NULL, 400, ALL, "LIMIT_REACHED", NULL, NULL },
	{ "GET", "/Leads?fields=id&page=1&page_token=x", NULL, 400, ALL,
	  "AMBIGUITY_DURING_PROCESSING", NULL, NULL },
	{ "GET", "/Leads?fields=id&page_token=x", NULL, 400, ALL, "INVALID_DATA",
	  "$.details.param_name", "page_token" },
	{ "GET", "/Leads/search", NULL, 400, ALL, "EXPECTED_PARAM_MISSING",
	  "$.details.param_names[1]", "email" },
	{ "GET", "/Leads/search?word=x&page=11", NULL, 400, ALL, "LIMIT_REACHED", "$.message",
	  "maximum response iteration limit reached" },
	{ "GET", "/Leads/search?criteria=(Email:like:x)", NULL, 400, ALL, "INVALID_QUERY", NULL,
	  NULL },
	{ "PUT", "/Leads", "{\"data\":[{\"id\":\"" NOBODY "\",\"City\":\"York\"}]}", 400, ONE,
	  "INVALID_DATA", "$.data[0].details.id", NOBODY },
	{ "PUT", "/Leads", "{\"data\":[{\"City\":\"York\"}]}", 400, ONE, "MANDATORY_NOT_FOUND",
	  "$.data[0].details.api_name", "id" },
	{ "PUT", "/Leads/" NOBODY, LEAD(""), 400, ALL, "INVALID_DATA", "$.message",
	  "the id given seems to be invalid" },
	{ "DELETE", "/Leads/" NOBODY, NULL, 400, ONE, "INVALID_DATA", NULL, NULL },
	{ "POST", "/Leads/upsert",
	  "{\"data\":[{\"Last_Name\":\"x\"}],\"duplicate_check_fields\":[\"City\"]}", 400, ALL,
	  "INVALID_DATA", "$.details.api_name", "duplicate_check_fields" },
	{ "GET", "/Nothing?fields=id", NULL, 400, ALL, "INVALID_MODULE", NULL, NULL },
	{ "PATCH", "/Leads", "{}", 400, ALL, "INVALID_REQUEST_METHOD", NULL, NULL },
	{ "POST", "/Leads", "{\"data\":", 400, ALL, "INVALID_DATA", NULL, NULL },
	{ "POST", "/Leads", "{}", 400, ALL, "MANDATORY_NOT_FOUND", "$.details.api_name", "data" },
	{ "POST", "/coql", "{\"select_query\":\"select id from Leads where Email ~ 'x'\"}", 400,
	  ALL, "SYNTAX_ERROR", NULL, NULL },
	{ "POST", "/coql", "{\"select_query\":\"select id from Leads where Nope = 'x'\"}", 400,
	  ALL, "INVALID_QUERY", "$.details.column_name", "Nope" },
	{ "PATCH", "/actions/watch", "{\"watch\":[{\"channel_id\":\"9\"}]}", 400,
	  "$.watch[0].code", "NOT_SUBSCRIBED", NULL, NULL },
	{ "POST", "/actions/watch",
	  "{\"watch\":[{\"channel_id\":\"9\",\"notify_url\":\"https://f.example\","
	  "\"events\":[\"Leads.nope\"]}]}",
	  400, "$.watch[0].code", "INVALID_DATA", "$.watch[0].details.api_name", "events" },
};

static void each_row_of_the_catalogue_is_refused_so(void **state)
{
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct answer a = call(asker, row->method, row->path, row->body);

		assert_status(a, row->status);
		assert_text_at(a, row->at, row->code);
		if (row->detail)
			assert_text_at(a, row->detail, row->value);
	}
}

static const struct {
	const char *name;
	int value;
	const char *code;
} switched[] = {
	{ "record_state", 1, "RECORD_LOCKED" },	      { "record_state", 2, "NOT_APPROVED" },
	{ "record_state", 3, "RECORD_IN_BLUEPRINT" }, { "record_state", 4, "CANNOT_PROCESS" },
	{ "record_state", 5, "ALREADY_USED" },
};

static void states_of_a_record_stand_in_the_way(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));

	for (size_t i = 0; i < ARRAY_LEN(switched); i++) {
		struct answer a;

		set_switch(asker, switched[i].name, switched[i].value);
		a = call(asker, "PUT", arena_printf(asker->arena, "/Leads/%s", id), LEAD(""));
		assert_status(a, 400);
		assert_text_at(a, ONE, switched[i].code);
	}
}

static void the_org_can_be_full_or_forbid(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "storage_full", 1);
	a = call(asker, "POST", "/Leads", LEAD(""));
	assert_status(a, 400);
	assert_text_at(a, ONE, "STORAGE_SPACE_EXCEEDED");
	set_switch(asker, "authorization_fails", 1);
	a = call(asker, "POST", "/Leads", LEAD(""));
	assert_status(a, 400);
	assert_text_at(a, ALL, "AUTHORIZATION_FAILED");
}

static void a_pipeline_may_lack_a_stage(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "pipeline_lacks_lost", 1);
	a = call(asker, "POST", "/Deals",
		 "{\"data\":[{\"Deal_Name\":\"x\",\"Stage\":\"Closed Lost\","
		 "\"Pipeline\":\"Standard (Standard)\"}]}");
	assert_status(a, 400);
	assert_text_at(a, ONE, "MAPPING_MISMATCH");
	assert_text_at(a, "$.data[0].message", "Pipeline doesn't contain the Stage");
}

static void doubts_are_decided_by_switches(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "picklists_open", 1);
	assert_status(call(asker, "POST", "/Leads", LEAD(",\"Lead_Status\":\"Nope\"")), 201);
	assert_status(call(asker, "POST", "/Leads", LEAD(",\"Nope\":1,\"Full_Name\":\"x\"")), 201);
	set_switch(asker, "unwritable_fails", 1);
	a = call(asker, "POST", "/Leads", LEAD(",\"Nope\":1"));
	assert_status(a, 400);
	assert_text_at(a, "$.data[0].details.json_path", "$.data[0].Nope");
	set_switch(asker, "failed_alone_202", 1);
	assert_status(call(asker, "POST", "/Leads", "{\"data\":[{}]}"), 202);
}

static void several_that_all_fail_are_202(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "POST", "/Leads", "{\"data\":[{},{}]}"), 202);
	assert_status(call(asker, "POST", "/Leads", "{\"data\":[{\"Last_Name\":\"x\"},{}]}"), 207);
}

static void more_than_a_hundred_are_refused_whole(void **state)
{
	struct asker *asker = *state;
	json_t *data = json_array(), *body;
	struct answer a;

	for (int i = 0; i < 101; i++)
		json_array_append_new(data, json_pack("{ss}", "Last_Name", "x"));
	body = json_keep(asker->arena, json_pack("{so}", "data", data));
	a = call(asker, "POST", "/Leads", json_text(asker->arena, body));
	assert_status(a, 400);
	assert_text_at(a, ALL, "LIMIT_EXCEEDED");
	json_array_remove(data, 100);
	assert_status(call(asker, "POST", "/Leads", json_text(asker->arena, body)), 201);
}

static void a_record_changed_meanwhile_is_412(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));
	struct http_request request = { .method = "PUT", .body = LEAD("") };
	struct answer a;

	request.url = arena_printf(asker->arena, "/zoho/crm/v8/Leads/%s", id);
	request.body_len = strlen(request.body);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Authorization", "Zoho-oauthtoken " TOKEN);
	http_header_add(&request.headers, "If-Unmodified-Since", "2020-01-01T00:00:00+00:00");
	a = send_request(asker, &request);
	assert_status(a, 412);
	assert_text_at(a, ONE, "ALREADY_MODIFIED");
}

/* --- duplicates (5) --- */

static void an_upsert_checks_the_fields_it_is_given(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *id;

	a = call(asker, "POST", "/settings/fields?module=Leads",
		 "{\"fields\":[{\"field_label\":\"Fairlead Id\",\"data_type\":\"text\","
		 "\"length\":64,\"unique\":{\"casesensitive\":\"false\"}}]}");
	assert_status(a, 201);
	id = add(asker, "/Leads", LEAD(",\"Email\":\"a@north.example\",\"Fairlead_Id\":\"L-1\""));
	a = call(asker, "POST", "/Leads/upsert", LEAD(",\"Email\":\"A@north.example\""));
	assert_text_at(a, "$.data[0].details.id", id);
	assert_text_at(a, "$.data[0].duplicate_field", "Email");
	/* Named without the system field: Email is not looked at. */
	a = call(asker, "POST", "/Leads/upsert",
		 "{\"data\":[{\"Last_Name\":\"x\",\"Email\":\"a@north.example\","
		 "\"Fairlead_Id\":\"L-2\"}],\"duplicate_check_fields\":[\"Fairlead_Id\"]}");
	assert_text_at(a, "$.data[0].action", "insert");
	a = call(asker, "POST", "/Leads", LEAD(",\"Fairlead_Id\":\"L-1\""));
	assert_status(a, 400);
	assert_text_at(a, "$.data[0].details.duplicate_record.id", id);
	assert_text_at(a, "$.data[0].details.duplicate_record.module.api_name", "Leads");
	set_switch(asker, "duplicate_shape", 1);
	a = call(asker, "POST", "/Leads", LEAD(",\"Fairlead_Id\":\"L-1\""));
	assert_text_at(a, "$.data[0].details.id", id);
}

static void an_assignment_rule_gives_the_lead_away(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/settings/automation/assignment_rules?module=Leads",
			       NULL);
	const char *rule = text_at(&a, "$.assignment_rules[0].id");
	const char *id = add(asker, "/Leads",
			     arena_printf(asker->arena,
					  "{\"lar_id\":\"%s\",\"data\":[{\"Last_Name\":\"x\"}]}",
					  rule));

	a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s", id), NULL);
	assert_text_at(a, "$.data[0].Owner.email", "rep@acme.example");
	a = call(asker, "POST", "/Leads", "{\"lar_id\":\"1\",\"data\":[{\"Last_Name\":\"x\"}]}");
	assert_status(a, 400);
}

/* --- conversion and owners (6) --- */

static void a_converted_lead_is_gone_from_lists_and_refuses_edits(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(",\"Email\":\"jo@north.example\""));
	const char *path = arena_printf(asker->arena, "/Leads/%s/actions/convert", id);
	const char *deal = "{\"data\":[{\"Deals\":{\"Deal_Name\":\"North\",\"Stage\":"
			   "\"Qualification\",\"Pipeline\":\"Standard (Standard)\","
			   "\"Closing_Date\":\"2026-03-01\"}}]}";
	struct answer a = call(asker, "POST", path,
			       "{\"data\":[{\"Deals\":{\"Deal_Name\":\"North\"}}]}");

	/* A deal without its stage: nothing is converted. */
	assert_status(a, 400);
	assert_status(call(asker, "GET", "/Contacts?fields=id", NULL), 204);
	a = call(asker, "POST", path, deal);
	assert_status(a, 200);
	assert_text_at(a, "$.data[0].details.Contacts.name", "North");
	assert_text_at(a, "$.data[0].details.Deals.name", "North");
	assert_status(call(asker, "GET", "/Leads?fields=id", NULL), 204);
	assert_status(call(asker, "GET", "/Leads?fields=id&converted=both", NULL), 200);
	a = call(asker, "POST", path, deal);
	assert_status(a, 400);
	assert_text_at(a, ONE, "ID_ALREADY_CONVERTED");
	a = call(asker, "PUT", arena_printf(asker->arena, "/Leads/%s", id), LEAD(""));
	assert_status(a, 400);
	assert_text_at(a, ONE, "CONVERTED_RECORD");
	/* An upsert does not find it either: a new lead. */
	a = call(asker, "POST", "/Leads/upsert", LEAD(",\"Email\":\"jo@north.example\""));
	assert_text_at(a, "$.data[0].action", "insert");
}

static void owners_must_be_active(void **state)
{
	struct asker *asker = *state;
	struct answer users = call(asker, "GET", "/users?type=AllUsers", NULL);
	const char *id = add(asker, "/Leads", LEAD("")), *path;
	struct answer a;

	assert_int_equal(count_at(&users, "$.users"), 3);
	path = arena_printf(asker->arena, "/Leads/%s/actions/change_owner", id);
	a = call(asker, "POST", path,
		 arena_printf(asker->arena, "{\"owner\":{\"id\":\"%s\"}}",
			      text_at(&users, "$.users[1].id")));
	assert_status(a, 200);
	a = call(asker, "POST", path,
		 arena_printf(asker->arena, "{\"owner\":{\"id\":\"%s\"}}",
			      text_at(&users, "$.users[2].id")));
	assert_status(a, 400);
	a = call(asker, "GET", "/users?type=ActiveUsers", NULL);
	assert_int_equal(count_at(&a, "$.users"), 2);
}

static void tasks_name_the_module_they_are_of(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));
	const char *body = "{\"data\":[{\"Subject\":\"Call Jo\",\"What_Id\":{\"id\":\"%s\"},"
			   "\"$se_module\":\"%s\"}]}";

	add(asker, "/Tasks", arena_printf(asker->arena, body, id, "Leads"));
	assert_status(call(asker, "POST", "/Tasks",
			   arena_printf(asker->arena, body, id, "Deals")), 400);
	add(asker, arena_printf(asker->arena, "/Leads/%s/Notes", id),
	    "{\"data\":[{\"Note_Content\":\"text\"}]}");
	assert_status(call(asker, "GET",
			   arena_printf(asker->arena, "/Leads/%s/Notes?fields=id", id), NULL),
		      200);
}

/* --- times (7) --- */

static void times_are_in_the_zone_of_the_org(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));
	struct answer a;

	set_switch(asker, "offset_minutes", 330);
	a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s", id), NULL);
	assert_true(text_ends(text_at(&a, "$.data[0].Modified_Time"), "+05:30"));
	set_switch(asker, "offset_minutes", -480);
	a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s", id), NULL);
	assert_true(text_ends(text_at(&a, "$.data[0].Modified_Time"), "-08:00"));
}

/* --- trouble --- */

static const struct {
	const char *fault;
	int status;
	const char *code;
} faults[] = {
	{ "{\"fault\":\"rate_limit\",\"vendor\":\"zoho\",\"count\":1}", 429, "TOO_MANY_REQUESTS" },
	{ "{\"fault\":\"status\",\"status\":500,\"vendor\":\"zoho\",\"count\":1}", 500,
	  "INTERNAL_ERROR" },
	{ "{\"fault\":\"status\",\"status\":504,\"vendor\":\"zoho\",\"count\":1}", 504,
	  "REQUEST_TIMEOUT" },
	{ "{\"fault\":\"expired_token\",\"vendor\":\"zoho\",\"count\":1}", 401, "INVALID_TOKEN" },
	{ "{\"fault\":\"forbidden\",\"vendor\":\"zoho\",\"count\":1}", 403, "NO_PERMISSION" },
	{ "{\"fault\":\"locked\",\"vendor\":\"zoho\",\"count\":1}", 400, "RECORD_LOCKED" },
};

static void faults_speak_as_zoho(void **state)
{
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct answer a;

		ask(asker, "POST", "/_sandbox/faults", faults[i].fault);
		a = call(asker, "GET", "/users", NULL);
		assert_status(a, faults[i].status);
		assert_text_at(a, ALL, faults[i].code);
	}
}

static void one_bad_record_is_refused_among_others(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"bad_record\",\"index\":1,\"vendor\":\"zoho\",\"count\":1}");
	a = call(asker, "POST", "/Leads",
		 "{\"data\":[{\"Last_Name\":\"a\"},{\"Last_Name\":\"b\"},{\"Last_Name\":\"c\"}]}");
	assert_status(a, 207);
	assert_text_at(a, "$.data[1].code", "INVALID_DATA");
	assert_text_at(a, "$.data[2].code", "SUCCESS");
}

static void what_is_not_imitated_says_so(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "GET", "/Leads/1/Attachments", NULL), 501);
	assert_status(call(asker, "GET", "/settings/roles", NULL), 501);
	assert_status(call(asker, "POST", "/settings/fields?module=Leads",
			   "{\"fields\":[{\"field_label\":\"Sum\",\"data_type\":\"formula\"}]}"), 501);
	assert_status(call_at(asker, "x", TOKEN, "GET", "/crm/v9/Leads", NULL), 404);
}

/* What the sheet doubts: whether a record that is named must be said to be an old one. */
static void a_strict_conversion_says_that_a_contact_is_there(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));
	const char *contact = add(asker, "/Contacts", "{\"data\":[{\"Last_Name\":\"North\"}]}");
	const char *path = arena_printf(asker->arena, "/Leads/%s/actions/convert", id);
	struct answer a;

	set_switch(asker, "convert_strict", 1);
	a = call(asker, "POST", path,
		 arena_printf(asker->arena, "{\"data\":[{\"Contacts\":{\"id\":\"%s\"}}]}",
			      contact));
	assert_status(a, 400);
	assert_text_at(a, ONE, "MANDATORY_NOT_FOUND");
	a = call(asker, "POST", path,
		 arena_printf(asker->arena,
			      "{\"data\":[{\"Contacts\":{\"id\":\"%s\"},"
			      "\"add_to_existing_record\":true}]}", contact));
	assert_status(a, 200);
	assert_text_at(a, "$.data[0].details.Contacts.id", contact);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_row_of_the_catalogue_is_refused_so),
		TEST(states_of_a_record_stand_in_the_way),
		TEST(the_org_can_be_full_or_forbid),
		TEST(a_pipeline_may_lack_a_stage),
		TEST(doubts_are_decided_by_switches),
		TEST(several_that_all_fail_are_202),
		TEST(more_than_a_hundred_are_refused_whole),
		TEST(a_record_changed_meanwhile_is_412),
		TEST(an_upsert_checks_the_fields_it_is_given),
		TEST(an_assignment_rule_gives_the_lead_away),
		TEST(a_converted_lead_is_gone_from_lists_and_refuses_edits),
		TEST(owners_must_be_active),
		TEST(tasks_name_the_module_they_are_of),
		TEST(times_are_in_the_zone_of_the_org),
		TEST(faults_speak_as_zoho),
		TEST(one_bad_record_is_refused_among_others),
		TEST(what_is_not_imitated_says_so),
		TEST(a_strict_conversion_says_that_a_contact_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
