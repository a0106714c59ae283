/* close_errors_test.c - tests src/sandbox/close*.c: every row of the error catalogue, and who is
 * let in (2, 9). */
#include "close_ask.h"

#define FORM "client_id=fairlead-sandbox-app&client_secret=fairlead-sandbox-secret&"

/* --- the error catalogue (9), row by row --- */

static void bad_credentials_are_401(void **state)
{
	static const char *const values[] = {
		"Basic YXBpX3dyb25nOg==",                     /* api_wrong: */
		"Basic YXBpX1NhbmRib3hDbG9zZUtleU9mVGhlRGVmYXVsdDAxOng=", /* the key, password x */
		("Bearer " KEY),
		"Bearer nope",
		"Basic !!!",
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct http_request request = { .method = "GET", .url = "/close/api/v1/me/" };
		struct answer a;

		http_header_add(&request.headers, "Authorization", values[i]);
		a = send_request(asker, &request);
		assert_status(a, 401);
		assert_string_equal(a.text, "{\"error\":\"Unauthorized\"}");
	}
	assert_status(ask(asker, "GET", "/api/v1/me/", NULL), 401);
}

static void bad_values_are_400_by_field(void **state)
{
	static const struct {
		const char *method, *path, *body, *at, *text;
	} rows[] = {
		{ "POST", "/lead/", "{\"name\":1}", "name", "Value must be a string." },
		{ "POST", "/lead/", "{\"status_id\":\"stat_x\"}", "status_id",
		  "Value must be the id of an existing lead_status." },
		{ "POST", "/lead/", "{\"status\":\"Nope\"}", "status",
		  "Value must be the label of an existing status." },
		{ "POST", "/lead/", "{\"contacts\":{}}", "contacts", "Value must be a list." },
		{ "POST", "/lead/", "{\"addresses\":\"x\"}", "addresses",
		  "Value must be a list." },
		{ "POST", "/contact/", "{\"lead_id\":\"lead_x\"}", "lead_id",
		  "Value must be the id of an existing lead." },
		{ "POST", "/opportunity/", "{\"value\":1000000000000}", "value",
		  "Value must have at most 12 digits." },
		{ "POST", "/opportunity/", "{\"confidence\":101}", "confidence",
		  "Value must be between 0 and 100." },
		{ "POST", "/opportunity/", "{\"value_period\":\"weekly\"}", "value_period",
		  "Value must be one of: one_time, monthly, annual." },
		{ "POST", "/opportunity/", "{\"date_won\":\"2026-03-01T10:00:00Z\"}", "date_won",
		  "Value must be a date (YYYY-MM-DD)." },
		{ "POST", "/task/", "{\"is_complete\":1}", "is_complete",
		  "Value must be a boolean." },
		{ "POST", "/task/", "{\"date\":\"soon\"}", "date",
		  "Value must be a date and time in ISO 8601." },
		{ "POST", "/activity/note/", "{\"note\":\"x\"}", "lead_id",
		  "This field is required." },
		{ "POST", "/activity/call/", "{\"status\":\"rang\"}", "status",
		  "Value must be one of: "
		  "completed|created|in-progress|cancel|no-answer|busy|failed|timeout." },
		{ "POST", "/status/lead/", "{}", "label", "This field is required." },
		{ "POST", "/custom_field/lead/", "{\"type\":\"text\"}", "name",
		  "This field is required." },
		{ "POST", "/custom_field/lead/", "{\"name\":\"A\",\"type\":\"money\"}", "type",
		  "Value must be a known type." },
		{ "POST", "/custom_field/lead/", "{\"name\":\"A\",\"type\":\"choices\"}",
		  "choices", "Value must be a list of strings." },
		{ "POST", "/custom_field/lead/",
		  "{\"name\":\"A\",\"type\":\"date\",\"accepts_multiple_values\":true}",
		  "accepts_multiple_values", "This type has one value." },
		{ "POST", "/lead/merge/", "{\"source\":\"lead_x\"}", "destination",
		  "This field is required." },
		{ "GET", "/lead/?_limit=x", NULL, "_limit",
		  "Input should be a valid integer, unable to parse string as an integer" },
		{ "GET", "/task/?_limit=0", NULL, "_limit",
		  "Input should be greater than or equal to 1" },
		{ "GET", "/task/?_skip=-1", NULL, "_skip",
		  "Input should be greater than or equal to 0" },
		{ "GET", "/opportunity/?date_updated__gte=x", NULL, "date_updated__gte",
		  "Input should be a valid datetime" },
		{ "GET", "/opportunity/?_order_by=colour", NULL, "_order_by",
		  "Input should be a field that can be sorted by" },
		{ "GET", "/activity/?_order_by=-activity_at", NULL, "_order_by",
		  "-activity_at can only be used with lead_id." },
		{ "POST", "/webhook/", "{\"url\":\"x\",\"events\":[]}", "url",
		  "Value must be a valid URL." },
		{ "POST", "/webhook/",
		  "{\"url\":\"https://a.example\",\"events\":[{\"object_type\":\"lead\","
		  "\"action\":\"seen\"}]}",
		  "events", "There is no such event." },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = api(asker, rows[i].method, rows[i].path, rows[i].body);
		const json_t *errors = json_object_get(a.json, "field-errors");

		assert_status(a, 400);
		assert_true(json_is_array(json_object_get(a.json, "errors")));
		assert_non_null(json_string_of(errors, rows[i].at));
		assert_string_equal(json_string_of(errors, rows[i].at), rows[i].text);
	}
}

static void text_that_is_too_long_is_400(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "POST", "/_sandbox/accounts/close/default/schema/lead",
			  "{\"field\":\"name\",\"change\":\"length\",\"to\":5}"),
		      200);
	a = api(asker, "POST", "/lead/", "{\"name\":\"Acme Ltd\"}");
	assert_status(a, 400);
	assert_string_equal(a.text, "{\"errors\":[],\"field-errors\":{\"name\":\"Value must be at "
				    "most 5 characters long.\"}}");
}

static void the_other_rows_have_one_text(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "POST", "/lead/", "{\"name\":");

	assert_status(a, 400);
	assert_string_equal(a.text, "{\"error\":\"The request contains invalid JSON.\"}");
	a = api(asker, "POST", "/lead/", "[]");
	assert_status(a, 400);
	assert_non_null(text_at(&a, "$.error"));
	a = api(asker, "GET", "/lead/lead_nope/", NULL);
	assert_status(a, 404);
	assert_string_equal(a.text, "{\"error\":\"Not Found\"}");
	a = api(asker, "DELETE", "/lead/", NULL);
	assert_status(a, 405);
	a = ask_with(asker, "POST", "/lead/", "name=A", "Content-Type",
		     "application/x-www-form-urlencoded");
	assert_status(a, 415);
	set_switch(asker, "plan_is_full", 1);
	a = api(asker, "POST", "/lead/", "{}");
	assert_status(a, 402);
	assert_non_null(text_at(&a, "$.error"));
	assert_status(api(asker, "GET", "/lead/", NULL), 200);
}

static void faults_speak_as_the_vendor_does(void **state)
{
	static const struct {
		const char *fault;
		int status;
	} rows[] = {
		{ "{\"fault\":\"rate_limit\",\"vendor\":\"close\",\"count\":1}", 429 },
		{ "{\"fault\":\"forbidden\",\"vendor\":\"close\",\"count\":1}", 403 },
		{ "{\"fault\":\"expired_token\",\"vendor\":\"close\",\"count\":1}", 401 },
		{ "{\"fault\":\"locked\",\"vendor\":\"close\",\"count\":1}", 503 },
		{ "{\"fault\":\"status\",\"status\":502,\"vendor\":\"close\",\"count\":1}", 502 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		assert_status(ask(asker, "POST", "/_sandbox/faults", rows[i].fault), 201);
		a = api(asker, "GET", "/lead/", NULL);
		assert_status(a, rows[i].status);
		assert_non_null(json_object_get(a.json, "error"));
		if (rows[i].status == 429) {
			assert_string_equal(http_header_find(&a.headers, "Retry-After"), "1");
			assert_non_null(http_header_find(&a.headers, "RateLimit"));
		}
	}
}

static void limits_are_three_times_a_key_s_for_the_organization(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"organization\":3}}"), 200);
	assert_status(api(asker, "GET", "/lead/", NULL), 200);
	assert_status(api(asker, "GET", "/contact/", NULL), 200);
	assert_status(api(asker, "GET", "/task/", NULL), 200);
	a = api(asker, "GET", "/activity/", NULL);
	assert_status(a, 429);
	step(asker, 5250);
	a = api(asker, "GET", "/activity/", NULL);
	assert_status(a, 200);
	assert_int_equal(strncmp(http_header_find(&a.headers, "RateLimit"),
				 "limit=100, remaining=99, reset=", 31),
			 0);
	set_switch(asker, "ratelimit_header", 0);
	a = api(asker, "GET", "/activity/", NULL);
	assert_null(http_header_find(&a.headers, "RateLimit"));
}

/* --- credentials (2) --- */

static struct answer token(struct asker *asker, const char *body)
{
	return ask(asker, "POST", "/oauth2/token/",
		   arena_printf(asker->arena, FORM "%s", body));
}

static const char *location_of(struct asker *asker, const char *uri, const char *more)
{
	struct answer a = ask(asker, "GET",
			      arena_printf(asker->arena,
					   "/oauth2/authorize/?client_id=fairlead-sandbox-app&"
					   "response_type=code&redirect_uri=%s&state=s1&%s",
					   uri, more),
			      NULL);

	assert_status(a, 302);
	return http_header_find(&a.headers, "Location");
}

static void a_code_gives_tokens_of_an_organization_and_a_user(void **state)
{
	struct asker *asker = *state;
	const char *location = location_of(asker, "https%3A%2F%2Fme.example%2Fback",
					   "sandbox_approve=default");
	const char *code, *grant;
	struct answer a, b;

	assert_true(strncmp(location, "https://me.example/back?code=", 29) == 0);
	assert_non_null(strstr(location, "&state=s1"));
	code = arena_strndup(asker->arena, location + 29, strcspn(location + 29, "&"));
	grant = arena_printf(asker->arena, "grant_type=authorization_code&code=%s&"
					   "redirect_uri=https%%3A%%2F%%2Fme.example%%2Fback",
			     code);
	a = token(asker, grant);
	assert_status(a, 200);
	assert_text_at(a, "$.token_type", "Bearer");
	assert_text_at(a, "$.scope", "all.full_access offline_access");
	assert_int_equal(int_at(&a, "$.expires_in"), 3600);
	asker->token = text_at(&a, "$.access_token");
	b = ask(asker, "GET", "/api/v1/me/", NULL);
	assert_status(b, 200);
	assert_text_at(b, "$.id", text_at(&a, "$.user_id"));
	assert_text_at(b, "$.organizations[0].id", text_at(&a, "$.organization_id"));
	step(asker, 3600 * 1000);
	assert_status(ask(asker, "GET", "/api/v1/me/", NULL), 401);
	a = token(asker, grant); /* a code counts once */
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
}

static void refreshing_takes_the_old_refresh_token_away(void **state)
{
	static const char old[] = "grant_type=refresh_token&refresh_token="
				  "refresh_SandboxCloseKeyOfTheDefault01";
	struct asker *asker = *state;
	struct answer a = token(asker, old);
	const char *next = text_at(&a, "$.refresh_token");

	assert_status(a, 200);
	a = token(asker, old);
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
	a = token(asker, arena_printf(asker->arena, "grant_type=refresh_token&refresh_token=%s",
				      next));
	assert_status(a, 200);
	asker->token = text_at(&a, "$.access_token");
	assert_status(ask(asker, "GET", "/api/v1/me/", NULL), 200);
	assert_status(ask(asker, "POST", "/oauth2/revoke/",
			  arena_printf(asker->arena, FORM "token=%s",
				       text_at(&a, "$.refresh_token"))),
		      200);
	assert_status(ask(asker, "GET", "/api/v1/me/", NULL), 401);
}

static void what_asks_wrongly_gets_no_token(void **state)
{
	static const struct {
		const char *body, *error;
		int status;
	} rows[] = {
		{ "grant_type=refresh_token&refresh_token=x&client_id=nobody&client_secret=x",
		  "invalid_client", 401 },
		{ "grant_type=refresh_token&refresh_token=x&client_id=fairlead-sandbox-app&"
		  "client_secret=wrong",
		  "invalid_client", 401 },
		{ FORM "grant_type=password", "unsupported_grant_type", 400 },
		{ FORM "a=b", "invalid_request", 400 },
		{ FORM "grant_type=authorization_code&code=x", "invalid_grant", 400 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = ask(asker, "POST", "/oauth2/token/", rows[i].body);

		assert_status(a, rows[i].status);
		assert_text_at(a, "$.error", rows[i].error);
	}
	assert_status(ask(asker, "POST", "/oauth2/revoke/", "token=x"), 401);
}

static void apps_are_called_back_by_https_only(void **state)
{
	struct asker *asker = *state;
	static const char path[] = "/oauth2/authorize/?client_id=fairlead-sandbox-app&"
				   "redirect_uri=http%3A%2F%2Fme.example&sandbox_approve=default";

	assert_status(ask(asker, "GET", path, NULL), 400);
	set_switch(asker, "redirects_by_http", 1);
	assert_status(ask(asker, "GET", path, NULL), 302);
	assert_non_null(strstr(location_of(asker, "https%3A%2F%2Fme.example", "sandbox_deny=1"),
			       "error=access_denied"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_credentials_are_401),
		TEST(bad_values_are_400_by_field),
		TEST(text_that_is_too_long_is_400),
		TEST(the_other_rows_have_one_text),
		TEST(faults_speak_as_the_vendor_does),
		TEST(limits_are_three_times_a_key_s_for_the_organization),
		TEST(a_code_gives_tokens_of_an_organization_and_a_user),
		TEST(refreshing_takes_the_old_refresh_token_away),
		TEST(what_asks_wrongly_gets_no_token),
		TEST(apps_are_called_back_by_https_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
