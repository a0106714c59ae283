/* freshsales_test.c - tests src/sandbox/freshsales*.c by the fact sheet, line by line: a
 * page of the Suite's API. Numbers in parentheses are sections of the sheet. */
#include "freshsales_ask.h"

#include "base/encode.h"

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
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"html_404\":1},\"limits\":{\"hour\":1}}");
	a = call(asker, "GET", "/contacts/1", NULL);
	assert_status(a, 404);
	assert_non_null(strstr(a.text, "<html>"));
	assert_status(call(asker, "PATCH", "/contacts/1", "{}"), 501);
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

/* By basic authentication (2). */
static struct answer token(struct asker *asker, const char *form)
{
	static const char pair[] = "fairlead-sandbox-app:fairlead-sandbox-secret";
	struct http_request request = { .method = "POST", .body = form, .body_len = strlen(form),
					.url = "/freshsales/org/oauth/v2/token" };

	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "application/x-www-form-urlencoded");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, pair, sizeof(pair) - 1)));
	return send_request(asker, &request);
}

/* With id and secret among the rest. */
static struct answer token_by_form(struct asker *asker, const char *form)
{
	return ask(asker, "POST", "/freshsales/org/oauth/v2/token",
		   arena_printf(asker->arena,
				"%s&client_id=fairlead-sandbox-app&client_secret=fairlead-sandbox-"
				"secret",
				form));
}

/* A refresh token is good once: of two that refresh at once, one is refused. */
static void an_app_is_let_in_and_refreshes(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET",
			      "/freshsales/org/oauth/v2/authorize?response_type=code&client_id="
			      "fairlead-sandbox-app&redirect_uri=https%3A%2F%2Ff.example%2Fback&"
			      "state=s1&scope=freshsales.contacts.view&sandbox_approve=default", NULL);
	const char *back = http_header_find(&a.headers, "Location"), *refresh;
	struct answer a2;

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
	assert_text_at(a, "$.scope", "freshsales.contacts.view");
	assert_status(ask(asker, "GET", "/freshsales/crm/sales/api/selector/owners", NULL), 200);
	assert_status(ask(asker, "GET", "/freshsales/crm/sales/api/contacts/view/16000111", NULL),
		      200);
	a2 = ask(asker, "POST", "/freshsales/crm/sales/api/contacts", ANN);
	assert_status(a2, 403); /* it may look, not create */
	assert_int_equal(int_at(&a2, "$.errors.code"), 403);
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

/* State and scope are mandatory; another page of the vendor's shows the path without /org. */
static void an_app_that_asks_for_nothing_is_not_let_in(void **state)
{
	static const char page[] = "/freshsales/oauth/v2/authorize?response_type=code&client_id="
				   "fairlead-sandbox-app&redirect_uri=https%3A%2F%2Ff.example%2F"
				   "back&sandbox_approve=default";
	struct asker *asker = *state;

	asker->token = NULL;
	assert_status(ask(asker, "GET", page, NULL), 400);
	assert_status(ask(asker, "GET", arena_printf(asker->arena, "%s&state=s", page), NULL), 400);
	assert_status(ask(asker, "GET",
			  arena_printf(asker->arena, "%s&state=s&scope=freshsales.contacts.view",
				       page),
			  NULL),
		      302);
}

static void a_refresh_token_may_stay_and_a_form_may_do(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *code, *refresh;

	asker->token = NULL;
	put_switch(asker, "freshsales", "refresh_stays", 1);
	a = ask(asker, "GET",
		"/freshsales/org/oauth/v2/authorize?response_type=code&client_id=fairlead-sandbox-"
		"app&redirect_uri=https%3A%2F%2Ff.example%2Fback&state=s&scope=x&sandbox_approve="
		"default",
		NULL);
	code = url_query_find(asker->arena,
			      strchr(http_header_find(&a.headers, "Location"), '?') + 1, "code");
	a = token(asker, arena_printf(asker->arena,
				      "grant_type=authorization_code&redirect_uri=https%%3A%%2F%%2F"
				      "f.example%%2Fback&code=%s",
				      code));
	refresh = arena_printf(asker->arena, "grant_type=refresh_token&refresh_token=%s",
			       text_at(&a, "$.refresh_token"));
	assert_status(token(asker, refresh), 200);
	assert_status(token(asker, refresh), 200);

	/* Whether the form will do is not said; the page of the vendor's has basic alone. */
	a = token_by_form(asker, refresh);
	assert_status(a, 401);
	assert_text_at(a, "$.error", "invalid_client");
	put_switch(asker, "freshsales", "form_credentials", 1);
	assert_status(token_by_form(asker, refresh), 200);
	a = token(asker, "grant_type=password");
	assert_status(a, 400);
	assert_text_at(a, "$.error", "unsupported_grant_type");
}

/* --- addresses (4) --- */

static void a_contact_has_several_addresses_and_is_found_by_each(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/contacts",
			       "{\"contact\":{\"emails\":[\"ann@acme.test\",{\"value\":"
			       "\"lee@acme.test\",\"is_primary\":true,\"label\":\"home\"}]}}");
	const char *path = arena_printf(asker->arena, "/contacts/%lld",
					(long long)int_at(&a, "$.contact.id"));
	int64_t id = int_at(&a, "$.contact.emails[0].id");

	assert_text_at(a, "$.contact.email", "lee@acme.test");
	assert_text_at(a, "$.contact.emails[0].label", "home");
	assert_text_at(a, "$.contact.emails[1].value", "ann@acme.test");
	a = call(asker, "GET", "/lookup?q=ann@acme.test&f=email&entities=contact", NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 1);
	a = call(asker, "POST", "/contacts", "{\"contact\":{\"emails\":\"ANN@acme.test\"}}");
	assert_text_at(a, "$.errors.message[0]", "Email has already been taken");

	/* "email" is the primary one alone; "emails" are all. */
	a = call(asker, "PUT", path, "{\"contact\":{\"email\":\"new@acme.test\"}}");
	assert_int_equal(count_at(&a, "$.contact.emails"), 2);
	a = call(asker, "PUT", path, "{\"contact\":{\"emails\":[\"lee@acme.test\"]}}");
	assert_int_equal(count_at(&a, "$.contact.emails"), 1);
	assert_true(int_at(&a, "$.contact.emails[0].id") > id); /* it went and came back */
	a = call(asker, "POST", "/contacts", "{\"contact\":{\"emails\":\"ann@acme.test\"}}");
	assert_status(a, 201);

	/* A user of the product changes the primary one. */
	ask(asker, "PATCH",
	    arena_printf(asker->arena, "/_sandbox/accounts/freshsales/default/records%s", path),
	    "{\"email\":\"user@acme.test\"}");
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.contact.emails[0].value", "user@acme.test");
	a = call(asker, "GET", "/lookup?q=lee@acme.test&f=email&entities=contact", NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 0);
}

/* --- the rest of upsert, delete, forget (5) --- */

static void upsert_goes_by_what_is_unique_and_by_nothing_else(void **state)
{
	static const char by_custom[] =
		"{\"unique_identifier\":{\"cf_customer_key\":\"K1\"},\"contact\":{\"emails\":"
		"\"k@acme.test\"}}";
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/contacts/upsert", by_custom);

	assert_status(a, 201);
	assert_text_at(a, "$.contact.custom_field.cf_customer_key", "K1");
	assert_status(call(asker, "POST", "/contacts/upsert", by_custom), 200);
	a = call(asker, "POST", "/contacts/upsert",
		 "{\"unique_identifier\":{\"job_title\":\"CTO\"},\"contact\":{\"first_name\":"
		 "\"A\"}}");
	assert_status(a, 400);
	assert_text_at(a, "$.errors.message[0]", "job_title is not a unique_identifier");
	a = call(asker, "POST", "/contacts",
		 "{\"contact\":{\"emails\":\"l@acme.test\",\"custom_field\":{"
		 "\"cf_customer_key\":\"K1\"}}}");
	assert_text_at(a, "$.errors.message[0]", "Customer key has already been taken");
	a = call(asker, "POST", "/sales_accounts/upsert",
		 "{\"unique_identifier\":{\"name\":\"Acme\"},\"sales_account\":{\"city\":"
		 "\"York\"}}");
	assert_status(a, 201);
	a = call(asker, "POST", "/sales_accounts", "{\"sales_account\":{\"name\":\"acme\"}}");
	assert_text_at(a, "$.errors.message[0]", "Name has already been taken");
	a = call(asker, "POST", "/deals/upsert",
		 "{\"unique_identifier\":{\"name\":\"Big\"},\"deal\":{\"amount\":5}}");
	assert_status(a, 201);
	a = call(asker, "POST", "/deals/upsert",
		 "{\"unique_identifier\":{\"name\":\"Big\"},\"deal\":{\"amount\":6}}");
	assert_status(a, 200);
}

static void what_is_deleted_stands_in_a_view_until_it_is_forgotten(void **state)
{
	struct asker *asker = *state;
	const char *path = arena_printf(asker->arena, "/contacts/%lld", (long long)ann(asker));
	struct answer a;

	call(asker, "DELETE", path, NULL);
	a = call(asker, "GET", "/contacts/view/16000111", NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 0);
	a = call(asker, "GET", "/contacts/view/16000113", NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	assert_status(call(asker, "DELETE", arena_printf(asker->arena, "%s/forget", path), NULL),
		      200);
	a = call(asker, "GET", "/contacts/view/16000113", NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 0);
	assert_status(call(asker, "DELETE", arena_printf(asker->arena, "%s/forget", path), NULL),
		      404);
	assert_status(call(asker, "GET", "/contacts", NULL), 404); /* there is no plain list */
}

/* --- generations (1) --- */

static void the_classic_generation_has_leads_and_paths_of_its_own(void **state)
{
	static const char body[] = "{\"lead\":{\"first_name\":\"Ann\",\"email\":\"ann@acme."
				   "test\",\"company\":{\"name\":\"Acme\"}}}";
	struct asker *asker = *state;
	struct answer a;

	assert_status(call(asker, "POST", "/leads", body), 404);
	assert_status(call(asker, "GET", "/settings/leads/fields", NULL), 404);
	assert_status(classic(asker, "GET", "/selector/owners", NULL), 404);
	put_switch(asker, "freshsales", "classic", 1);
	assert_status(call(asker, "GET", "/selector/owners", NULL), 404);
	a = classic(asker, "POST", "/leads", body);
	assert_status(a, 201);
	assert_text_at(a, "$.lead.company.name", "Acme");
	a = classic(asker, "GET", "/lookup?q=ann@acme.test&f=email&entities=lead", NULL);
	assert_int_equal(count_at(&a, "$.leads.leads"), 1);
	a = classic(asker, "POST", "/filtered_search/lead",
		    "{\"filter_rule\":[{\"attribute\":\"first_name\",\"operator\":\"is_in\","
		    "\"value\":\"Ann\"}]}");
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	a = classic(asker, "GET", "/settings/leads/fields", NULL);
	assert_text_at(a, "$.fields[0].base_model", "Lead");
	a = classic(asker, "GET", "/leads/view/16000111", NULL);
	assert_text_at(a, "$.leads[0].email", "ann@acme.test");
}

/* --- doubts of limits and bodies (8, 9) --- */

static void a_limit_may_be_said_in_json_and_without_a_time(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"minute\":1}}");
	call(asker, "GET", "/selector/owners", NULL);
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_status(a, 429);
	assert_null(a.json);
	assert_non_null(http_header_find(&a.headers, "Retry-After"));
	put_switch(asker, "freshsales", "limit_json", 1);
	put_switch(asker, "freshsales", "retry_after", 0);
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_int_equal(int_at(&a, "$.errors.code"), 429);
	assert_null(http_header_find(&a.headers, "Retry-After"));
	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"minute\":0}}");
	put_switch(asker, "freshsales", "bad_json_422", 1);
	assert_status(call(asker, "POST", "/contacts", "{"), 422);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_contact_is_created_read_updated_and_deleted),
		TEST(bad_values_are_400_with_a_sentence),
		TEST(the_rest_of_the_catalogue),
		TEST(upsert_writes_what_it_looked_for),
		TEST(an_app_is_let_in_and_refreshes),
		TEST(creating_may_answer_200_and_take_a_bare_name),
		TEST(an_app_that_asks_for_nothing_is_not_let_in),
		TEST(a_refresh_token_may_stay_and_a_form_may_do),
		TEST(a_contact_has_several_addresses_and_is_found_by_each),
		TEST(upsert_goes_by_what_is_unique_and_by_nothing_else),
		TEST(what_is_deleted_stands_in_a_view_until_it_is_forgotten),
		TEST(the_classic_generation_has_leads_and_paths_of_its_own),
		TEST(a_limit_may_be_said_in_json_and_without_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
