/* dynamics_test.c - tests src/sandbox/dynamics*.c by the fact sheet where a published client
 * does not look: the error catalogue row by row, doubts, rows, pages, limits. Numbers in
 * parentheses are sections of the sheet. */
#include "dynamics_ask.h"

#define LONG_60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* --- the catalogue (9) --- */

static const struct {
	const char *header, *method, *path, *body;
	int status;
	const char *code, *message; /* the beginning of it, or NULL */
} rows[] = {
	{ NULL, "GET", "/Account", NULL, 404, "0x8006088a",
	  "Resource not found for the segment 'Account'." },
	{ NULL, "GET", "/lead", NULL, 404, "0x8006088a", NULL },
	{ NULL, "GET", "/accounts?$select=Name", NULL, 400, "0x0",
	  "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.account'." },
	{ NULL, "GET", "/leads?$filter=nope%20eq%201", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$filter=lastname%20eq%201", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$filter=lastname%20eq%20'x", NULL, 400, "0x0", "Syntax error" },
	{ NULL, "GET", "/leads?$filter=(lastname%20eq%20'x'", NULL, 400, "0x0", "Syntax error" },
	{ NULL, "GET", "/leads?$filter=ownerid%20eq%20" NOBODY, NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$orderby=lastname%20up", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$top=-1", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$expand=nope", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$skip=5", NULL, 400, "0x80060888", "Skip Clause" },
	{ NULL, "GET", "/leads?$skiptoken=x", NULL, 400, "0x0", "Malformed XML" },
	{ NULL, "POST", "/accounts", "{\"Name\":\"x\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/contacts",
	  "{\"parentcustomerid@odata.bind\":\"/accounts(" NOBODY ")\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/contacts",
	  "{\"parentcustomerid_account@odata.bind\":\"/accounts(" NOBODY ")\"}", 404, "0x80040217",
	  "account With Id = " NOBODY " Does Not Exist" },
	{ NULL, "POST", "/contacts",
	  "{\"parentcustomerid_account@odata.bind\":\"/leads(" NOBODY ")\"}", 400, "0x80048d19",
	  NULL },
	{ NULL, "POST", "/contacts", "{\"parentcustomerid_account@odata.bind\":\"/acc(1)\"}", 400,
	  "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":\"" LONG_60 "\"}", 400, "0x80044331",
	  "The length of the 'lastname' attribute of the 'lead' entity exceeded the maximum "
	  "allowed length of '50'." },
	{ NULL, "POST", "/leads", "{\"leadsourcecode\":99}", 400, "0x8004431A", NULL },
	{ NULL, "POST", "/leads", "{\"new_interests\":\"1,9\"}", 400, "0x8004431A", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":\"a\\u0001b\"}", 400, "0x80040278", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":5}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"leadsourcecode\":\"8\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"numberofemployees\":1.5}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"donotemail\":1}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/tasks", "{\"scheduledend\":\"soon\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"statuscode\":4}", 400, "0x80048408", NULL },
	{ NULL, "POST", "/leads", "{\"ownerid@odata.bind\":null}", 400, "0x80040203", NULL },
	{ NULL, "POST", "/leads", "{\"parentaccountid\":\"x\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"@odata.type\":\"Microsoft.Dynamics.CRM.contact\"}", 400,
	  "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "[]", 400, "0x80048d19", NULL },
	{ NULL, "GET", "/leads(" NOBODY ")", NULL, 404, "0x80040217", NULL },
	{ NULL, "GET", "/leads(new_fairleadid='x')", NULL, 404, "0x80060891", NULL },
	{ NULL, "GET", "/leads(lastname='x')", NULL, 400, "0x80060888",
	  "The key in the request URI is not valid" },
	{ NULL, "GET", "/leads(x", NULL, 404, "0x8006088a", NULL },
	{ NULL, "DELETE", "/leads(" NOBODY ")", NULL, 404, "0x80040217", NULL },
	{ "If-Match: *", "PATCH", "/leads(" NOBODY ")", "{}", 404, "0x80040217", NULL },
	{ NULL, "GET", "/leads(" NOBODY ")/nope/nope", NULL, 404, "0x8006088a", NULL },
	{ NULL, "PATCH", "/leads", "{}", 405, "0x80060888", NULL },
	{ NULL, "DELETE", "/leads", NULL, 405, "0x80060888", NULL },
	{ NULL, "POST", "/WhoAmI", "{}", 404, "",
	  "No HTTP resource was found that matches the request URI" },
	{ NULL, "GET", "/leads?$deltatoken=x", NULL, 400, "0x0", "The delta token is invalid." },
	{ NULL, "GET", "/leads?$deltatoken=9999999!01/01/2026%2000:00:00", NULL, 400, "0x0", NULL },
	{ "Prefer: odata.track-changes", "GET", "/leads?$top=1", NULL, 400, "0x0",
	  "The \"top\" query parameter isn't supported when Change Tracking is enabled." },
	{ "Prefer: odata.track-changes", "GET", "/annotations", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/EntityDefinitions(LogicalName='nope')", NULL, 404, "0x80060888", NULL },
	{ NULL, "GET", LEAD_TABLE "/Attributes(LogicalName='nope')", NULL, 404, "0x80060888", NULL },
	{ NULL, "GET", LEAD_TABLE "/Attributes?$expand=OptionSet", NULL, 400, "0x0", NULL },
	{ NULL, "POST", LEAD_TABLE "/Attributes", "{}", 400, "0x80048d19", NULL },
	{ NULL, "POST", LEAD_TABLE "/Attributes", COLUMN("Nope", "score"), 400, "0x80048d19", NULL },
	{ NULL, "POST", LEAD_TABLE "/Attributes", COLUMN("String", "score"), 400, "0x80048d19",
	  NULL },
	{ NULL, "POST", LEAD_TABLE "/Attributes", COLUMN("String", "new_FairleadId"), 400,
	  "0x80047013", NULL },
	{ NULL, "POST", LEAD_TABLE "/Keys",
	  "{\"SchemaName\":\"new_K\",\"KeyAttributes\":[\"nope\"]}", 400, "0x80048d19", NULL },
	{ NULL, "POST", LEAD_TABLE "/Keys",
	  "{\"SchemaName\":\"new_K\",\"KeyAttributes\":[\"description\"]}", 400, "0x80048d19",
	  NULL },
	{ NULL, "POST", LEAD_TABLE "/Keys", "{\"SchemaName\":\"new_K\",\"KeyAttributes\":[]}", 400,
	  "0x80048d19", NULL },
	{ NULL, "PUT", LEAD_TABLE, "{\"ChangeTrackingEnabled\":false}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/Merge", "{}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads(" NOBODY ")/Microsoft.Dynamics.CRM.QualifyLead", "{}", 404,
	  "0x80040217", NULL },
	{ "CallerObjectId: " NOBODY, "POST", "/leads", "{}", 403, "0x80072560", NULL },
};

static void each_row_of_the_catalogue_is_refused_so(void **state)
{
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call_with(asker, rows[i].header, rows[i].method, rows[i].path,
					    rows[i].body);

		if (a.status != rows[i].status ||
		    !text_equal(json_string_value(json_at(a.json, "$.error.code")), rows[i].code))
			fail_msg("%s %s: %d %s", rows[i].path, rows[i].body, a.status, a.text);
		if (rows[i].message)
			assert_true(text_starts(text_at(&a, "$.error.message"), rows[i].message));
	}
	assert_int_equal(count_rows(asker, "leads"), 0);
}

static const struct {
	const char *name;
	int value, status;
	const char *code;
} switched[] = {
	{ "user_state", 1, 403, "0x80072560" },	  { "user_state", 2, 403, "0x80040225" },
	{ "user_state", 3, 403, "0x80041d1f" },	  { "user_state", 4, 403, "0x80042f09" },
	{ "user_state", 0, 204, NULL },		  { "privilege", 1, 403, "0x80040220" },
	{ "privilege", 2, 403, "0x80048306" },	  { "privilege", 0, 204, NULL },
	{ "plugin_fails", 1, 400, "0x80040265" },
};

static void users_privileges_and_plug_ins_stand_in_the_way(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(switched); i++) {
		set_switch(asker, switched[i].name, switched[i].value);
		a = call(asker, "POST", "/leads", "{}");
		assert_status(a, switched[i].status);
		if (switched[i].code)
			assert_text_at(a, "$.error.code", switched[i].code);
	}
	a = call_with(asker, "MSCRM.BypassCustomPluginExecution: true", "POST", "/leads", "{}");
	assert_status(a, 204);
}

static void doubts_are_decided_by_switches(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "unknown_property_0x0", 1);
	a = call(asker, "POST", "/leads", "{\"Name\":\"x\"}");
	assert_text_at(a, "$.error.code", "0x0");
	set_switch(asker, "newer_codes", 1);
	a = call(asker, "GET", "/leads?$select=nope", NULL);
	assert_text_at(a, "$.error.code", "0x80060888");
	set_switch(asker, "sample_codes", 1);
	a = call(asker, "GET", "/leads(" NOBODY ")", NULL);
	assert_text_at(a, "$.error.code", "");
	assert_status(call(asker, "POST", "/leads", "{\"statecode\":2}"), 204);
	set_switch(asker, "create_state_fails", 1);
	a = call(asker, "POST", "/leads", "{\"statecode\":2}");
	assert_status(a, 400);
	assert_text_at(a, "$.error.code", "0x80048408");
}

static void errors_say_more_when_annotations_are_asked_for(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_with(asker, "Prefer: odata.include-annotations=\"*\"", "GET",
				    "/leads?$select=nope", NULL);

	assert_string_equal(json_string_of(json_object_get(a.json, "error"),
					   "@Microsoft.PowerApps.CDS.InnerError.Message"),
			    "Could not find a property named 'nope' on type "
			    "'Microsoft.Dynamics.CRM.lead'.");
}

static void faults_speak_as_dataverse(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"status\",\"status\":503,\"vendor\":\"dynamics\",\"count\":1}");
	a = call(asker, "GET", "/leads", NULL);
	assert_status(a, 503);
	assert_text_at(a, "$.error.code", "0x80040216");
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"forbidden\",\"vendor\":\"dynamics\",\"count\":1}");
	a = call(asker, "GET", "/leads", NULL);
	assert_status(a, 403);
	assert_text_at(a, "$.error.code", "0x80040220");
}

/* --- rows (4, 5) --- */

static void an_id_may_be_chosen_and_used_again_after_deletion(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/leads", "{\"leadid\":\"" NOBODY "\"}");

	assert_status(a, 204);
	a = call(asker, "POST", "/leads", "{\"leadid\":\"" NOBODY "\"}");
	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "0x80040237");
	assert_status(call(asker, "DELETE", "/leads(" NOBODY ")", NULL), 204);
	a = call_with(asker, "Prefer: return=representation", "PATCH", "/leads(" NOBODY ")",
		      "{\"lastname\":\"Lee\"}");
	assert_status(a, 201);
	assert_text_at(a, "$.leadid", NOBODY);
	assert_string_equal(http_header_find(&a.headers, "Preference-Applied"),
			    "return=representation");
}

static void an_insert_that_finds_a_row_is_412_without_a_code(void **state)
{
	struct asker *asker = *state;
	struct http_request request = { .method = "PATCH", .body = "{}", .body_len = 2 };
	struct answer a;

	add(asker, "leads", "{\"leadid\":\"" NOBODY "\"}");
	request.url = API "/leads(" NOBODY ")";
	http_header_add(&request.headers, "Authorization", "Bearer " TOKEN);
	http_header_add(&request.headers, "If-None-Match", "*");
	a = send_request(asker, &request);
	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "");
	assert_text_at(a, "$.error.message", "A record with matching key values already exists.");
}

static void a_version_that_is_over_is_412(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "leads", "{}");
	struct answer a = call_with(asker, "If-Match: W/\"1\"", "PATCH", row(asker, "leads", id),
				    "{}");

	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "0x80060882");
	assert_text_at(a, "$.error.message",
		       "The version of the existing record doesn't match the RowVersion property "
		       "provided.");
}

static void a_lead_that_is_closed_is_read_only_until_it_is_opened(void **state)
{
	struct asker *asker = *state;
	const char *lead = row(asker, "leads", add(asker, "leads", "{}"));
	struct answer a;

	assert_status(call(asker, "PATCH", lead, "{\"statecode\":2}"), 204);
	a = call(asker, "GET", lead, NULL);
	assert_int_equal(int_at(&a, "$.statuscode"), 4);
	assert_status(call(asker, "PATCH", lead, "{\"lastname\":\"x\"}"), 400);
	a = call(asker, "PATCH", lead, "{\"statecode\":0,\"statuscode\":5}");
	assert_status(a, 400);
	assert_text_at(a, "$.error.code", "0x80048408");
	assert_status(call(asker, "PATCH", lead, "{\"statecode\":0,\"statuscode\":1}"), 204);
	assert_status(call(asker, "PATCH", lead, "{\"lastname\":\"x\"}"), 204);
}

static void what_the_service_sets_is_passed_over(void **state)
{
	struct asker *asker = *state;
	const char *lead = row(asker, "leads",
			       add(asker, "leads",
				   "{\"firstname\":\"Ann\",\"fullname\":\"Bo\",\"createdon\":"
				   "\"2020-01-01T00:00:00Z\",\"overriddencreatedon\":"
				   "\"2021-01-01T00:00:00Z\",\"_ownerid_value\":\"x\"}"));
	struct answer a = call(asker, "GET", lead, NULL);

	assert_text_at(a, "$.fullname", "Ann");
	assert_text_at(a, "$.createdon", "2021-01-01T00:00:00Z");
	assert_true(json_is_string(json_at(a.json, "$.overriddencreatedon")));
	a = call(asker, "GET", "/leads?$filter=createdon%20lt%202021-01-01T00:00:01Z", NULL);
	assert_int_equal(count_at(&a, "$.value"), 1);
	a = call(asker, "GET", "/leads?$filter=createdon%20eq%202021-01-01T00:00:01Z", NULL);
	assert_int_equal(count_at(&a, "$.value"), 0);
}

static void owners_are_users_or_teams_that_are_there(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/systemusers?$filter=isdisabled%20eq%20true", NULL);
	const char *gone = text_at(&a, "$.value[0].systemuserid");
	const char *oid = text_at(&a, "$.value[0].azureactivedirectoryobjectid");
	const char *team;

	a = call(asker, "POST", "/leads",
		 arena_printf(asker->arena, "{\"ownerid@odata.bind\":\"/systemusers(%s)\"}", gone));
	assert_status(a, 403);
	assert_text_at(a, "$.error.code", "0x80040225");
	a = call_with(asker, arena_printf(asker->arena, "CallerObjectId: %s", oid), "GET", "/leads",
		      NULL);
	assert_status(a, 403);
	a = call(asker, "GET", "/teams", NULL);
	team = text_at(&a, "$.value[0].teamid");
	add(asker, "leads",
	    arena_printf(asker->arena, "{\"ownerid@odata.bind\":\"/teams(%s)\"}", team));
	a = call_with(asker, "Prefer: odata.include-annotations=\"*\"", "GET",
		      "/leads?$select=_ownerid_value", NULL);
	assert_text_at(a, "$.value[0]._ownerid_value", team);
	assert_non_null(strstr(a.text, "\"_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname\":"
				       "\"team\""));
}

static void who_is_impersonated_owns_what_is_made(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET",
			       "/systemusers?$filter=internalemailaddress%20eq%20"
			       "'rep@acme.example'",
			       NULL);
	const char *rep = text_at(&a, "$.value[0].systemuserid");
	const char *header =
		arena_printf(asker->arena, "CallerObjectId: %s",
			     text_at(&a, "$.value[0].azureactivedirectoryobjectid"));

	assert_status(call_with(asker, header, "POST", "/leads", "{}"), 204);
	a = call(asker, "GET", "/leads", NULL);
	assert_text_at(a, "$.value[0]._ownerid_value", rep);
	a = call_with(asker, header, "GET", "/WhoAmI", NULL);
	assert_text_at(a, "$.UserId", rep);
}

/* --- pages (5) --- */

/* The address of the next page, behind the API's root. */
static const char *next_page(const struct answer *a)
{
	const char *link = json_string_value(json_object_get(a->json, "@odata.nextLink"));

	if (!link)
		fail_msg("no next page in %s", a->text);
	return strstr(link, "/leads");
}

static void a_page_that_lost_its_last_row_skips_and_repeats_none(void **state)
{
	struct asker *asker = *state;
	static const char *const orders[] = { "$select=fullname",
					      "$select=fullname&$orderby=lastname%20desc",
					      "$filter=lastname%20eq%20'last'" };

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		const char *path = arena_printf(asker->arena, "/leads?%s", orders[i]), *fourth;
		struct answer all, first, second;

		ask(asker, "POST", ACCOUNT "/reset", "{}");
		for (int j = 0; j < 7; j++)
			add(asker, "leads", "{\"lastname\":\"last\"}");
		all = call(asker, "GET", path, NULL);
		fourth = text_at(&all, "$.value[3].leadid");
		first = call_with(asker, "Prefer: odata.maxpagesize=3", "GET", path, NULL);
		assert_int_equal(count_at(&first, "$.value"), 3);
		assert_string_equal(http_header_find(&first.headers, "Preference-Applied"),
				    "odata.maxpagesize=3");
		assert_status(call(asker, "DELETE",
				   row(asker, "leads", text_at(&first, "$.value[2].leadid")), NULL),
			      204);
		second = call_with(asker, "Prefer: odata.maxpagesize=3", "GET", next_page(&first),
				   NULL);
		assert_int_equal(count_at(&second, "$.value"), 3);
		assert_text_at(second, "$.value[0].leadid", fourth);
		all = call(asker, "GET", "/leads/$count", NULL);
		assert_string_equal(all.text, "6");
	}
}

static void times_are_compared_as_they_are_shown(void **state)
{
	struct asker *asker = *state;
	static const struct {
		const char *op;
		size_t count;
	} ops[] = { { "eq", 1 }, { "ne", 0 }, { "ge", 1 }, { "le", 1 }, { "gt", 0 }, { "lt", 0 } };
	struct answer a;
	const char *shown;

	/* Half a second past a whole one. */
	ask(asker, "POST", "/_sandbox/clock", "{\"set\":\"2030-01-01T00:00:00.500Z\","
					      "\"freeze\":true}");
	a = call(asker, "GET", row(asker, "leads", add(asker, "leads", "{}")), NULL);
	shown = text_at(&a, "$.modifiedon");
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		a = call(asker, "GET",
			 arena_printf(asker->arena, "/leads?$filter=modifiedon%%20%s%%20%s",
				      ops[i].op, shown),
			 NULL);
		assert_int_equal(count_at(&a, "$.value"), ops[i].count);
	}
}

/* --- rows made within rows --- */

static void a_row_may_be_made_within_another(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "leads",
			     "{\"lastname\":\"Lee\",\"parentcontactid\":{\"lastname\":\"Lee\","
			     "\"parentcustomerid_account\":{\"name\":\"Acme\"}}}");
	struct answer a = call(asker, "GET",
			       arena_printf(asker->arena, "%s?$expand=parentcontactid",
					    row(asker, "leads", id)),
			       NULL);

	assert_text_at(a, "$.parentcontactid.lastname", "Lee");
	a = call(asker, "GET", "/accounts", NULL);
	assert_text_at(a, "$.value[0].name", "Acme");
}

static void rows_within_rows_are_there_together_or_not_at_all(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/leads",
			       "{\"parentcontactid\":{\"lastname\":\"Lee\"},"
			       "\"parentaccountid\":{\"nope\":1}}");

	assert_status(a, 400);
	assert_text_at(a, "$.error.code", "0x80048d19");
	a = call(asker, "POST", "/leads",
		 "{\"parentcontactid\":{\"lastname\":\"Lee\"},\"leadsourcecode\":99}");
	assert_status(a, 400);
	assert_int_equal(count_rows(asker, "contacts"), 0);
	assert_int_equal(count_rows(asker, "leads"), 0);
	/* Only a new row may have others made within it. */
	a = call(asker, "PATCH", row(asker, "leads", add(asker, "leads", "{}")),
		 "{\"parentcontactid\":{\"lastname\":\"Lee\"}}");
	assert_status(a, 501);
	assert_int_equal(count_rows(asker, "contacts"), 0);
}

static void what_is_not_imitated_says_so(void **state)
{
	struct asker *asker = *state;
	static const char *const paths[] = { "/incidents", "/leads?fetchXml=x",
					     "/leads?$apply=x", "/leads?$filter=a/b%20eq%201" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct answer a = call(asker, "GET", paths[i], NULL);

		assert_status(a, 501);
		assert_text_at(a, "$.error", "not_imitated");
	}
	assert_status(call(asker, "POST", "/systemusers", "{}"), 501);
	assert_status(call(asker, "POST", "/leads/Microsoft.Dynamics.CRM.Nope", "{}"), 501);
	assert_status(call(asker, "POST", "/leads", "{\"Lead_Tasks\":[{\"subject\":\"x\"}]}"), 501);
	asker->token = TOKEN;
	assert_status(ask(asker, "GET", "/dynamics/api/data/v8.2/leads", NULL), 404);
	assert_status(ask(asker, "GET", "/dynamics/api/data/v9.0/leads", NULL), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_row_of_the_catalogue_is_refused_so),
		TEST(users_privileges_and_plug_ins_stand_in_the_way),
		TEST(doubts_are_decided_by_switches),
		TEST(errors_say_more_when_annotations_are_asked_for),
		TEST(faults_speak_as_dataverse),
		TEST(an_id_may_be_chosen_and_used_again_after_deletion),
		TEST(an_insert_that_finds_a_row_is_412_without_a_code),
		TEST(a_version_that_is_over_is_412),
		TEST(a_lead_that_is_closed_is_read_only_until_it_is_opened),
		TEST(what_the_service_sets_is_passed_over),
		TEST(owners_are_users_or_teams_that_are_there),
		TEST(who_is_impersonated_owns_what_is_made),
		TEST(a_page_that_lost_its_last_row_skips_and_repeats_none),
		TEST(times_are_compared_as_they_are_shown),
		TEST(a_row_may_be_made_within_another),
		TEST(rows_within_rows_are_there_together_or_not_at_all),
		TEST(what_is_not_imitated_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
