/* freshsales_test.c - tests src/sandbox/freshsales*.c by the fact sheet, line by line: a
 * page of the Suite's API. Numbers in parentheses are sections of the sheet. */
#include "ask.h"

#define SETTINGS "/_sandbox/accounts/freshsales/default/settings"
#define ANN                                                                                   \
	"{\"contact\":{\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"emails\":"                \
	"[\"ann@acme.test\"],\"lead_source_id\":16001001,\"custom_field\":{\"cf_campaign\":"    \
	"\"spring\"}}}"

static struct answer call_as(struct asker *asker, const char *key, const char *method,
			     const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/freshsales/crm/sales/api%s", path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Token token=%s", key));
	return send_request(asker, &request);
}

static struct answer call(struct asker *asker, const char *method, const char *path,
			  const char *body)
{
	return call_as(asker, "sandboxFreshsalesKey01", method, path, body);
}

static int64_t ann(struct asker *asker)
{
	struct answer a = call(asker, "POST", "/contacts", ANN);

	assert_status(a, 201);
	return int_at(&a, "$.contact.id");
}

static void a_contact_is_created_read_updated_and_deleted(void **state)
{
	struct asker *asker = *state;
	const char *path = arena_printf(asker->arena, "/contacts/%lld", (long long)ann(asker));
	struct answer a = call(asker, "GET", path, NULL);

	assert_text_at(a, "$.contact.display_name", "Ann Lee");
	assert_text_at(a, "$.contact.emails[0].value", "ann@acme.test");
	assert_text_at(a, "$.contact.custom_field.cf_campaign", "spring");
	assert_int_equal(int_at(&a, "$.contact.lead_score"), 0);
	a = call(asker, "PUT", path, "{\"contact\":{\"owner_id\":16000001}}");
	assert_int_equal(int_at(&a, "$.contact.owner_id"), 16000001);
	assert_text_at(a, "$.contact.first_name", "Ann");
	assert_status(call(asker, "DELETE", path, NULL), 200);
	a = call(asker, "GET", path, NULL);
	assert_status(a, 404);
	assert_string_equal(a.text, "");
}

static void bad_values_are_400_with_a_sentence(void **state)
{
	static const struct {
		const char *path, *body, *sentence;
	} rows[] = {
		{ "/contacts", ANN, "Email has already been taken" },
		{ "/contacts", "{\"contact\":{\"first_name\":\"A\"}}",
		  "Email, phone number or external id can't be blank" },
		{ "/contacts", "{\"contact\":{\"emails\":\"x\"}}", "Email is invalid" },
		{ "/contacts",
		  "{\"contact\":{\"emails\":\"b@acme.test\",\"lead_source_id\":1}}",
		  "Source is invalid" },
		{ "/contacts",
		  "{\"contact\":{\"emails\":\"b@acme.test\",\"sales_accounts\":[9]}}",
		  "The type for sales_accounts is invalid." },
		{ "/contacts",
		  "{\"contact\":{\"emails\":\"b@acme.test\",\"custom_field\":{\"cf_tier\":"
		  "\"Tin\"}}}",
		  "Tier is invalid" },
		{ "/contacts", "{\"first_name\":\"A\"}", "contact is missing" },
		{ "/sales_accounts", "{\"sales_account\":{}}", "Name can't be blank" },
		{ "/notes", "{\"note\":{\"description\":\"x\",\"targetable_type\":\"Contact\","
			    "\"targetable_id\":1}}",
		  "Targetable is invalid" },
		{ "/contacts", "{", "The request body is not valid JSON" },
	};
	struct asker *asker = *state;

	ann(asker);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "POST", rows[i].path, rows[i].body);

		assert_status(a, 400);
		assert_int_equal(int_at(&a, "$.errors.code"), 400);
		assert_text_at(a, "$.errors.message[0]", rows[i].sentence);
	}
}

static void the_rest_of_the_catalogue(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_as(asker, "nope", "GET", "/selector/owners", NULL);

	assert_status(a, 401);
	assert_text_at(a, "$.login", "failed");
	ask(asker, "POST", "/_sandbox/faults", "{\"fault\":\"forbidden\",\"count\":1}");
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_status(a, 403);
	assert_int_equal(int_at(&a, "$.errors.code"), 403);
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"status\",\"status\":502,\"count\":1}");
	assert_status(call(asker, "GET", "/selector/owners", NULL), 502);
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"html_404\":1},\"limits\":{\"hour\":2}}");
	a = call(asker, "GET", "/contacts/1", NULL);
	assert_status(a, 404);
	assert_non_null(strstr(a.text, "<html>"));
	assert_status(call(asker, "GET", "/leads/1", NULL), 501);
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_status(a, 429);
	assert_null(a.json);
}

static void upsert_writes_what_it_looked_for(void **state)
{
	static const char body[] = "{\"unique_identifier\":{\"emails\":\"ann@acme.test\"},"
				   "\"contact\":{\"first_name\":\"Ann\"}}";
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/contacts/upsert", body);
	int64_t id = int_at(&a, "$.contact.id");

	assert_status(a, 201);
	assert_text_at(a, "$.contact.email", "ann@acme.test");
	a = call(asker, "POST", "/contacts/upsert", body);
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.contact.id"), id);
	assert_status(call(asker, "POST", "/contacts/upsert", "{\"contact\":{}}"), 400);
}

static void a_bulk_is_a_job_and_takes_both_shapes(void **state)
{
	struct asker *asker = *state;
	const char *path;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"job_ms\":5000}}");
	a = call(asker, "POST", "/contacts/bulk_upsert",
		 "{\"contacts\":[{\"emails\":\"ann@acme.test\",\"data\":{\"first_name\":\"Ann\"}},"
		 "{\"emails\":\"bob@acme.test\",\"first_name\":\"Bob\"},{\"first_name\":\"C\"}]}");
	assert_status(a, 202);
	path = arena_printf(asker->arena, "/job_statuses/%s", text_at(&a, "$.job_id"));
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "in_progress");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":6000}");
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "completed");
	assert_int_equal(int_at(&a, "$.failed"), 1);
	a = call(asker, "GET", "/contacts/view/16000111?sort=updated_at&sort_type=desc", NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 2);
	assert_status(call(asker, "POST", "/contacts/bulk_upsert", "{\"contacts\":[]}"), 400);
}

static void a_contact_is_found_three_ways_once_the_index_knows(void **state)
{
	static const char rule[] = "{\"filter_rule\":[{\"attribute\":\"contact_email.email\","
				   "\"operator\":\"is_in\",\"value\":\"ann@acme.test\"}]}";
	static const char lookup[] = "/lookup?q=ann@acme.test&f=email&entities=contact";
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}");
	ann(asker);
	a = call(asker, "GET", lookup, NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 0);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":6000}");
	a = call(asker, "GET", lookup, NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 1);
	a = call(asker, "POST", "/filtered_search/contact", rule);
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	a = call(asker, "GET", "/contacts/view/16000111?per_page=101", NULL);
	assert_status(a, 400);
}

static void notes_tasks_and_deals_hang_on_a_contact(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a;

	a = call(asker, "POST", "/notes",
		 arena_printf(asker->arena,
			      "{\"note\":{\"description\":\"Hi\",\"targetable_type\":\"Contact\","
			      "\"targetable_id\":%lld}}",
			      (long long)id));
	assert_status(a, 201);
	a = call(asker, "POST", "/tasks",
		 arena_printf(asker->arena,
			      "{\"task\":{\"title\":\"Call\",\"targetable_type\":\"Contact\","
			      "\"targetable_id\":%lld}}",
			      (long long)id));
	assert_status(a, 201);
	a = call(asker, "PUT",
		 arena_printf(asker->arena, "/tasks/%lld", (long long)int_at(&a, "$.task.id")),
		 "{\"task\":{\"status\":1}}");
	assert_int_equal(int_at(&a, "$.task.status"), 1);
	a = call(asker, "POST", "/deals", "{\"deal\":{\"name\":\"Pricing\",\"amount\":5000}}");
	assert_status(a, 201);
}

static void fields_and_selectors_are_listed(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/settings/contacts/fields", NULL);

	assert_text_at(a, "$.fields[0].name", "first_name");
	assert_text_at(a, "$.fields[0].base_model", "Contact");
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_text_at(a, "$.users[0].display_name", "Rae Rep");
	a = call(asker, "GET", "/selector/lead_sources", NULL);
	assert_text_at(a, "$.lead_sources[0].name", "Web");
	a = call(asker, "GET", "/contacts/filters", NULL);
	assert_text_at(a, "$.filters[0].name", "All Contacts");
}

static void what_was_done_is_logged_as_a_sales_activity(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a = call(asker, "GET", "/selector/sales_activity_types", NULL);
	const char *path, *body = arena_printf(
		asker->arena,
		"{\"sales_activity\":{\"title\":\"Webinar\",\"notes\":\"Came\","
		"\"sales_activity_type_id\":%lld,\"start_date\":\"2026-02-03T10:00:00Z\","
		"\"end_date\":\"2026-02-03T11:00:00Z\",\"targetable_type\":\"Contact\","
		"\"targetable_id\":%lld}}",
		(long long)int_at(&a, "$.sales_activity_types[0].id"), (long long)id);

	a = call(asker, "POST", "/sales_activities", body);
	assert_status(a, 201);
	path = arena_printf(asker->arena, "/sales_activities/%lld",
			    (long long)int_at(&a, "$.sales_activity.id"));
	a = call(asker, "PUT", path, "{\"sales_activity\":{\"notes\":\"Stayed\"}}");
	assert_status(a, 200);
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.sales_activity.notes", "Stayed");
	assert_int_equal(int_at(&a, "$.sales_activity.targetable_id"), id);
	a = call(asker, "POST", "/sales_activities", "{\"sales_activity\":{\"title\":\"x\"}}");
	assert_status(a, 400);
}

static struct answer token(struct asker *asker, const char *form)
{
	return ask(asker, "POST", "/freshsales/org/oauth/v2/token",
		   arena_printf(asker->arena, "%s&client_id=fairlead-sandbox-app&client_secret="
					      "fairlead-sandbox-secret", form));
}

/* A refresh token is good once: of two that refresh at once, one is refused. */
static void an_app_is_let_in_and_refreshes(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET",
			      "/freshsales/org/oauth/v2/authorize?response_type=code&client_id="
			      "fairlead-sandbox-app&redirect_uri=https%3A%2F%2Ff.example%2Fback&"
			      "state=s1&sandbox_approve=default", NULL);
	const char *back = http_header_find(&a.headers, "Location"), *refresh;

	assert_status(a, 302);
	assert_string_equal(url_query_find(asker->arena, strchr(back, '?') + 1, "state"), "s1");
	a = token(asker, arena_printf(asker->arena,
				      "grant_type=authorization_code&redirect_uri=https%%3A%%2F%%2F"
				      "f.example%%2Fback&code=%s",
				      url_query_find(asker->arena, strchr(back, '?') + 1, "code")));
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.expires_in"), 1800);
	refresh = arena_printf(asker->arena, "grant_type=refresh_token&refresh_token=%s",
			       text_at(&a, "$.refresh_token"));
	asker->token = text_at(&a, "$.access_token"); /* as Bearer */
	assert_status(ask(asker, "GET", "/freshsales/crm/sales/api/selector/owners", NULL), 200);
	a = token(asker, refresh);
	assert_status(a, 200);
	asker->token = text_at(&a, "$.access_token");
	assert_status(ask(asker, "GET", "/freshsales/crm/sales/api/selector/owners", NULL), 200);
	a = token(asker, refresh);
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1800001}");
	assert_status(ask(asker, "GET", "/freshsales/crm/sales/api/selector/owners", NULL), 401);
}

/* What the sheet doubts: 200 or 201, and whether a contact needs something to be found by. */
static void creating_may_answer_200_and_take_a_bare_name(void **state)
{
	static const char bare[] = "{\"contact\":{\"first_name\":\"A\"}}";
	struct asker *asker = *state;

	assert_status(call(asker, "POST", "/contacts", bare), 400);
	put_switch(asker, "freshsales", "needs_identifier", 0);
	assert_status(call(asker, "POST", "/contacts", bare), 201);
	put_switch(asker, "freshsales", "created_200", 1);
	assert_status(call(asker, "POST", "/contacts", ANN), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_contact_is_created_read_updated_and_deleted),
		TEST(bad_values_are_400_with_a_sentence),
		TEST(the_rest_of_the_catalogue),
		TEST(upsert_writes_what_it_looked_for),
		TEST(a_bulk_is_a_job_and_takes_both_shapes),
		TEST(a_contact_is_found_three_ways_once_the_index_knows),
		TEST(notes_tasks_and_deals_hang_on_a_contact),
		TEST(fields_and_selectors_are_listed),
		TEST(what_was_done_is_logged_as_a_sales_activity),
		TEST(an_app_is_let_in_and_refreshes),
		TEST(creating_may_answer_200_and_take_a_bare_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
