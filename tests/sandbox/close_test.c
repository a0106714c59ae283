/* close_test.c - tests src/sandbox/close*.c where the vendor's client does not look:
 * credentials (2), custom fields (3), the search (5), the error catalogue (9), what the doubts
 * of the sheet can be set to. */
#include "ask.h"

#include "base/encode.h"

#define SETTINGS "/_sandbox/accounts/close/default/settings"
#define KEY "api_SandboxCloseKeyOfTheDefault01"
#define FORM "client_id=fairlead-sandbox-app&client_secret=fairlead-sandbox-secret&"

static int setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->base = "/close";
	asker->token = NULL;
	assert_status(ask(asker, "PATCH", SETTINGS,
			  "{\"search_lag_ms\":0,\"switches\":{\"delete_lag_ms\":0}}"),
		      200);
	return rc;
}

static struct answer ask_with(struct asker *asker, const char *method, const char *path,
			      const char *body, const char *header, const char *value)
{
	struct http_request request = { .method = method, .body = body };
	const char *pair = KEY ":";

	request.url = arena_printf(asker->arena, "/close/api/v1%s", path);
	request.body_len = body ? strlen(body) : 0;
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, pair, strlen(pair))));
	if (header)
		http_header_add(&request.headers, header, value);
	if (!header || strcmp(header, "Content-Type") != 0)
		http_header_add(&request.headers, "Content-Type", "application/json");
	return send_request(asker, &request);
}

/* With the API key, below /api/v1. */
static struct answer api(struct asker *asker, const char *method, const char *path,
			 const char *body)
{
	return ask_with(asker, method, path, body, NULL, NULL);
}

static void set_switch(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", SETTINGS,
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

static void step(struct asker *asker, int ms)
{
	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  arena_printf(asker->arena, "{\"step_ms\":%d}", ms)),
		      200);
}

static const char *made(struct asker *asker, const char *path, const char *body)
{
	struct answer a = api(asker, "POST", path, body);

	assert_status(a, 200);
	return text_at(&a, "$.id");
}

static const char *person(struct asker *asker, const char *name, const char *email)
{
	return made(asker, "/contact/",
		    arena_printf(asker->arena,
				 "{\"name\":\"%s\",\"title\":\"Head of Sales\",\"emails\":"
				 "[{\"email\":\"%s\"}],\"phones\":[{\"phone\":\"+14155550100\"}]}",
				 name, email));
}

/* --- the error catalogue (9), row by row --- */

static void bad_credentials_are_401(void **state)
{
	static const char *const values[] = {
		"Basic YXBpX3dyb25nOg==",                     /* api_wrong: */
		"Basic YXBpX1NhbmRib3hDbG9zZUtleU9mVGhlRGVmYXVsdDAxOng=", /* the key, password x */
		"Bearer " KEY,
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

/* --- records --- */

static void a_long_filter_may_be_posted(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	made(asker, "/lead/", "{\"name\":\"Acme\"}");
	made(asker, "/lead/", "{\"name\":\"Bolt\"}");
	a = ask_with(asker, "POST", "/lead/",
		     "{\"_params\":{\"query\":\"name:bolt\",\"_limit\":5,\"_fields\":\"name\"}}",
		     "x-http-method-override", "GET");
	assert_status(a, 200);
	assert_string_equal(a.text, "{\"data\":[{\"name\":\"Bolt\"}],\"has_more\":false}");
	assert_int_equal(count_at(&a, "$.data"), 1);
}

static void deleting_says_nothing_or_an_empty_object(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "DELETE",
			      arena_printf(asker->arena, "/lead/%s/", made(asker, "/lead/", "{}")),
			      NULL);

	assert_status(a, 200);
	assert_string_equal(a.text, "{}");
	set_switch(asker, "delete_body", 1);
	a = api(asker, "DELETE",
		arena_printf(asker->arena, "/lead/%s/", made(asker, "/lead/", "{}")), NULL);
	assert_status(a, 200);
	assert_string_equal(a.text, "");
}

static void errors_in_lists_nest_in_two_ways(void **state)
{
	static const char body[] = "{\"contacts\":[{},{\"emails\":[{\"email\":\"x\"}]}]}";
	struct asker *asker = *state;
	struct answer a = api(asker, "POST", "/lead/", body);

	assert_status(a, 400);
	assert_string_equal(a.text,
			    "{\"errors\":[],\"field-errors\":{\"contacts\":{\"errors\":{\"1\":{"
			    "\"errors\":[],\"field-errors\":{\"emails\":{\"errors\":{\"0\":{"
			    "\"errors\":[],\"field-errors\":{\"email\":\"Value must be a valid "
			    "email address.\"}}}}}}}}}}");
	set_switch(asker, "errors_mirror_body", 1);
	a = api(asker, "POST", "/lead/", body);
	assert_string_equal(a.text, "{\"errors\":[],\"field-errors\":{\"contacts\":{\"1\":{"
				    "\"emails\":{\"0\":{\"email\":\"Value must be a valid email "
				    "address.\"}}}}}}");
}

static void doubts_about_contacts_can_be_decided(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{}");
	static const char no_type[] = "{\"emails\":[{\"email\":\"a@b.example\"}]}";
	static const char bad_phone[] = "{\"phones\":[{\"phone\":\"none\"}]}";
	struct answer a;

	assert_status(api(asker, "POST", "/contact/", no_type), 200);
	set_switch(asker, "types_required", 1);
	assert_status(api(asker, "POST", "/contact/", no_type), 400);
	set_switch(asker, "types_required", 0);
	assert_status(api(asker, "POST", "/contact/", bad_phone), 400);
	set_switch(asker, "bad_phones_kept", 1);
	a = api(asker, "POST", "/contact/", bad_phone);
	assert_status(a, 200);
	assert_text_at(a, "$.phones[0].phone", "none");
	set_switch(asker, "contacts_on_put", 1);
	a = api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", lead),
		"{\"contacts\":[{\"name\":\"A\"}]}");
	assert_status(a, 400);
}

static void numbers_are_kept_with_their_country_s_code(void **state)
{
	static const struct {
		const char *text, *phone, *formatted;
	} rows[] = {
		{ "415-555-0100", "+14155550100", "+1 415-555-0100" },
		{ "1 (415) 555.0100", "+14155550100", "+1 415-555-0100" },
		{ "+91 98765 43210", "+919876543210", "+91 9876543210" },
		{ "+971501234567", "+971501234567", "+971 501234567" },
	};
	static const char *const bad[] = { "12345", "+1 415 555 010", "98765 432101", "+14x", "",
					   "+1234567890123456" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = api(asker, "POST", "/contact/",
				      arena_printf(asker->arena,
						   "{\"phones\":[{\"phone\":\"%s\"}]}",
						   rows[i].text));

		assert_status(a, 200);
		assert_text_at(a, "$.phones[0].phone", rows[i].phone);
		assert_text_at(a, "$.phones[0].phone_formatted", rows[i].formatted);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_status(api(asker, "POST", "/contact/",
				  arena_printf(asker->arena, "{\"phones\":[{\"phone\":\"%s\"}]}",
					       bad[i])),
			      400);
}

/* --- custom fields (3) --- */

static void a_custom_field_is_listed_renamed_ordered_and_deleted(void **state)
{
	struct asker *asker = *state;
	const char *tier = made(asker, "/custom_field/lead/",
				"{\"name\":\"Tier\",\"type\":\"choices\",\"choices\":[\"Gold\"],"
				"\"description\":\"How good\"}");
	const char *note = made(asker, "/custom_field/lead/",
				"{\"name\":\"Memo\",\"type\":\"textarea\"}");
	const char *path = arena_printf(asker->arena, "/custom_field/lead/%s/", tier);
	struct answer a = api(asker, "GET", "/custom_field/lead/", NULL);

	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 2);
	assert_null(json_object_get(a.json, "has_more"));
	assert_text_at(a, "$.data[0].choices[0]", "Gold");
	assert_text_at(a, "$.data[0].description", "How good");
	assert_status(api(asker, "POST", "/custom_field/lead/",
			  "{\"name\":\"tier\",\"type\":\"text\"}"),
		      400);
	a = api(asker, "PUT", path, "{\"name\":\"Rank\",\"choices\":[\"A\",\"B\"]}");
	assert_status(a, 200);
	assert_text_at(a, "$.name", "Rank");
	assert_text_at(a, "$.choices[1]", "B");
	a = api(asker, "PUT", "/custom_field_schema/lead/",
		arena_printf(asker->arena, "{\"fields\":[{\"id\":\"%s\"}]}", note));
	assert_status(a, 200);
	assert_text_at(a, "$.fields[0].id", note);
	assert_text_at(a, "$.fields[1].id", tier);
	assert_status(api(asker, "DELETE", path, NULL), 200);
	assert_status(api(asker, "GET", path, NULL), 404);
	a = api(asker, "GET", "/custom_field_schema/lead/", NULL);
	assert_int_equal(count_at(&a, "$.fields"), 1);
	set_switch(asker, "fields_have_more", 1);
	a = api(asker, "GET", "/custom_field/lead/?_limit=1", NULL);
	assert_false(json_is_true(json_object_get(a.json, "has_more")));
}

static void names_of_fields_can_be_turned_off(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	made(asker, "/custom_field/contact/", "{\"name\":\"Source\",\"type\":\"text\"}");
	made(asker, "/contact/", "{\"custom.Source\":\"Web\"}");
	set_switch(asker, "custom_names", 0);
	a = api(asker, "POST", "/contact/", "{\"custom.Source\":\"Web\"}");
	assert_status(a, 400);
	assert_string_equal(json_string_of(json_object_get(a.json, "field-errors"),
					   "custom.Source"),
			    "The Custom Field \"Source\" does not exist.");
}

static void an_administrator_can_change_a_field(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/custom_field/lead/",
			      "{\"name\":\"Size\",\"type\":\"text\"}");
	const char *schema = "/_sandbox/accounts/close/default/schema/lead";
	struct answer a;

	assert_status(ask(asker, "POST", schema,
			  arena_printf(asker->arena, "{\"field\":\"custom.%s\",\"change\":"
						     "\"retype\",\"to\":\"number\"}",
				       id)),
		      200);
	a = api(asker, "GET", arena_printf(asker->arena, "/custom_field/lead/%s/", id), NULL);
	assert_text_at(a, "$.type", "number");
	a = api(asker, "POST", "/lead/",
		arena_printf(asker->arena, "{\"custom.%s\":\"big\"}", id));
	assert_status(a, 400);
	assert_status(ask(asker, "POST", schema,
			  arena_printf(asker->arena, "{\"field\":\"custom.%s\",\"change\":"
						     "\"required\",\"to\":true}",
				       id)),
		      200);
	assert_status(api(asker, "POST", "/lead/", "{}"), 400);
	assert_status(api(asker, "POST", "/lead/",
			  arena_printf(asker->arena, "{\"custom.%s\":7}", id)),
		      200);
}

static void a_custom_activity_has_fields_that_are_needed_unless_it_is_a_draft(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "POST", "/custom_activity/", "{\"name\":\"Visit\"}");
	const char *lead = made(asker, "/lead/", "{}"), *type, *field, *other, *path;

	assert_status(a, 201);
	type = text_at(&a, "$.id");
	assert_int_equal(strncmp(type, "actitype_", 9), 0);
	field = made(asker, "/custom_field/activity/",
		     arena_printf(asker->arena, "{\"name\":\"Result\",\"type\":\"text\",\"required\":"
						"true,\"custom_activity_type_id\":\"%s\"}",
				  type));
	a = api(asker, "POST", "/custom_activity/", "{\"name\":\"Demo\"}");
	other = made(asker, "/custom_field/activity/",
		     arena_printf(asker->arena, "{\"name\":\"Result\",\"type\":\"text\","
						"\"custom_activity_type_id\":\"%s\"}",
				  text_at(&a, "$.id")));
	a = api(asker, "POST", "/activity/custom/",
		arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"custom_activity_type_id\":"
					   "\"%s\",\"custom.%s\":\"x\"}",
			     lead, type, other));
	assert_status(a, 400);
	assert_int_equal(count_at(&a, "$.field-errors"), 2);
	a = api(asker, "POST", "/activity/custom/",
		arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"custom_activity_type_id\":"
					   "\"%s\",\"status\":\"draft\"}",
			     lead, type));
	assert_status(a, 200);
	assert_text_at(a, "$._type", "Custom");
	path = arena_printf(asker->arena, "/activity/custom/%s/", text_at(&a, "$.id"));
	assert_status(api(asker, "PUT", path, "{\"status\":\"published\"}"), 400);
	a = api(asker, "PUT", path,
		arena_printf(asker->arena, "{\"status\":\"published\",\"custom.%s\":\"Bought\"}",
			     field));
	assert_status(a, 200);
	assert_text_at(a, "$.status", "published");
	assert_string_equal(json_string_of(a.json,
					   arena_printf(asker->arena, "custom.%s", field)),
			    "Bought");
	a = api(asker, "GET",
		arena_printf(asker->arena, "/activity/custom/?custom_activity_type_id=%s", type),
		NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "GET", arena_printf(asker->arena, "/custom_field_schema/activity/%s/", type),
		NULL);
	assert_int_equal(count_at(&a, "$.fields"), 1);
	assert_text_at(a, "$.fields[0].id", field);
	assert_status(api(asker, "POST", "/activity/custom/",
			  arena_printf(asker->arena, "{\"lead_id\":\"%s\"}", lead)),
		      400);
	assert_status(api(asker, "POST", "/custom_field/activity/",
			  "{\"name\":\"A\",\"type\":\"text\"}"),
		      400);
}

static void an_integration_link_is_kept(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/integration_link/",
			      "{\"name\":\"Fairlead\",\"url\":\"https://f.example/{{lead.id}}\","
			      "\"type\":\"lead\"}");
	const char *path = arena_printf(asker->arena, "/integration_link/%s/", id);
	struct answer a = api(asker, "PUT", path, "{\"name\":\"Open\"}");

	assert_status(a, 200);
	assert_text_at(a, "$.name", "Open");
	a = api(asker, "GET", "/integration_link/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "POST", "/integration_link/", "{\"name\":\"A\",\"type\":\"task\"}");
	assert_status(a, 400);
	assert_int_equal(count_at(&a, "$.field-errors"), 2);
	assert_status(api(asker, "DELETE", path, NULL), 200);
	assert_status(api(asker, "GET", path, NULL), 404);
}

/* --- activities (6) --- */

static void a_message_has_a_status_and_a_status_change_an_id(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{}"), *sms;
	const char *path = arena_printf(asker->arena, "/lead/%s/", lead);
	struct answer a = api(asker, "POST", "/activity/sms/",
			      arena_printf(asker->arena,
					   "{\"lead_id\":\"%s\",\"status\":\"inbox\",\"direction\":"
					   "\"inbound\",\"text\":\"Yes\",\"subject\":\"none\"}",
					   lead));

	assert_status(a, 200);
	assert_text_at(a, "$.direction", "inbound");
	assert_null(json_object_get(a.json, "subject"));
	sms = text_at(&a, "$.id");
	a = api(asker, "GET", arena_printf(asker->arena, "/activity/sms/%s/", sms), NULL);
	assert_text_at(a, "$.text", "Yes");
	assert_status(api(asker, "GET", arena_printf(asker->arena, "/activity/note/%s/", sms), NULL),
		      404);
	assert_status(api(asker, "PUT", path, "{\"status\":\"Qualified\"}"), 200);
	a = api(asker, "GET", "/activity/status_change/lead/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "GET",
		arena_printf(asker->arena, "/activity/status_change/lead/%s/",
			     text_at(&a, "$.data[0].id")),
		NULL);
	assert_text_at(a, "$.new_status_label", "Qualified");
}

static void a_pipeline_has_its_statuses(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "GET", "/pipeline/", NULL);

	assert_text_at(a, "$.data[0].name", "Sales");
	assert_int_equal(count_at(&a, "$.data[0].statuses"), 3);
	assert_text_at(a, "$.data[0].statuses[1].type", "won");
	a = api(asker, "GET", "/user/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 2);
	assert_true(json_is_false(json_object_get(a.json, "has_more")));
}

/* --- bulk edits (5) --- */

static void a_bulk_edit_changes_what_a_search_finds(void **state)
{
	struct asker *asker = *state;
	const char *tags = made(asker, "/custom_field/lead/",
				"{\"name\":\"Tags\",\"type\":\"choices\",\"choices\":[\"a\",\"b\"],"
				"\"accepts_multiple_values\":true}");
	static const char query[] = "\"s_query\":{\"query\":{\"type\":\"field_condition\",\"field\":"
				    "{\"type\":\"regular_field\",\"object_type\":\"lead\","
				    "\"field_name\":\"name\"},\"condition\":{\"type\":\"text\","
				    "\"mode\":\"full_words\",\"value\":\"acme\"}}}";
	const char *lead = made(asker, "/lead/", "{\"name\":\"Acme\"}"), *path;
	struct answer a = api(asker, "GET", "/status/lead/", NULL);

	made(asker, "/lead/", "{\"name\":\"Bolt\"}");
	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena,
			     "{%s,\"type\":\"set_lead_status\",\"lead_status_id\":\"%s\","
			     "\"send_done_email\":false}",
			     query, text_at(&a, "$.data[2].id")));
	assert_status(a, 200);
	assert_text_at(a, "$.status", "created");
	assert_int_equal(int_at(&a, "$.n_objects"), 1);
	path = arena_printf(asker->arena, "/bulk_action/edit/%s/", text_at(&a, "$.id"));
	a = api(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "created");
	step(asker, 1000);
	a = api(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "done");
	assert_int_equal(int_at(&a, "$.n_objects_processed"), 1);
	a = api(asker, "GET", "/lead/?query=status:Qualified", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	assert_text_at(a, "$.data[0].id", lead);
	assert_status(api(asker, "POST", "/bulk_action/edit/",
			  arena_printf(asker->arena,
				       "{%s,\"type\":\"set_custom_field\",\"custom_field_name\":"
				       "\"Tags\",\"custom_field_value\":\"b\","
				       "\"custom_field_operation\":\"add\"}",
				       query)),
		      200);
	step(asker, 1000);
	a = api(asker, "GET", arena_printf(asker->arena, "/lead/%s/", lead), NULL);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(a.json, arena_printf(asker->arena, "custom.%s",
									 tags)),
				    0)),
			    "b");
	assert_status(api(asker, "POST", "/bulk_action/edit/",
			  arena_printf(asker->arena,
				       "{%s,\"type\":\"clear_custom_field\",\"custom_field_id\":"
				       "\"%s\"}",
				       query, tags)),
		      200);
	step(asker, 1000);
	a = api(asker, "GET", arena_printf(asker->arena, "/lead/%s/", lead), NULL);
	assert_null(json_object_get(a.json, arena_printf(asker->arena, "custom.%s", tags)));
}

static void a_bad_bulk_edit_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{\"type\":\"paint\"}", 400 },
		{ "{\"type\":\"set_lead_status\",\"s_query\":{\"query\":{\"type\":\"match_all\"}}}",
		  400 },
		{ "{\"type\":\"set_lead_status\",\"lead_status_id\":\"x\",\"s_query\":{\"query\":"
		  "{\"type\":\"match_all\"}}}",
		  400 },
		{ "{\"type\":\"set_custom_field\",\"custom_field_id\":\"cf_x\"}", 400 },
		{ "{\"type\":\"clear_custom_field\"}", 400 },
	};
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(api(asker, "POST", "/bulk_action/edit/", rows[i].body),
			      rows[i].status);
	a = api(asker, "GET", "/status/lead/", NULL);
	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena, "{\"type\":\"set_lead_status\",\"lead_status_id\":\"%s\"}",
			     text_at(&a, "$.data[0].id")));
	assert_status(a, 400); /* without a query */
}

/* --- the search (5) --- */

#define FIND(type, rest)                                                                      \
	"{\"query\":{\"type\":\"and\",\"queries\":[{\"type\":\"object_type\",\"object_type\":"  \
	"\"" type "\"}," rest "]}"
#define FIELD(type, name, condition)                                                          \
	"{\"type\":\"field_condition\",\"field\":{\"type\":\"regular_field\",\"object_type\":"  \
	"\"" type "\",\"field_name\":\"" name "\"},\"condition\":" condition "}"
#define TEXT(mode, value) "{\"type\":\"text\",\"mode\":\"" mode "\",\"value\":\"" value "\"}"
#define RELATED(of, to, query)                                                                \
	"{\"type\":\"has_related\",\"this_object_type\":\"" of "\",\"related_object_type\":\"" to \
	"\",\"related_query\":" query "}"
#define BY_EMAIL(mode, value)                                                                 \
	RELATED("contact", "contact_email", FIELD("contact_email", "email", TEXT(mode, value)))

static size_t found(struct asker *asker, const char *body)
{
	struct answer a = api(asker, "POST", "/data/search/", body);

	assert_status(a, 200);
	return count_at(&a, "$.data");
}

static void a_contact_is_found_by_its_address(void **state)
{
	struct asker *asker = *state;
	const char *id = person(asker, "Ann Lee", "ann@acme.example");
	struct answer a;

	person(asker, "Bo Park", "bo@bolt.example");
	a = api(asker, "POST", "/data/search/",
		FIND("contact", BY_EMAIL("exact_value", "ANN@acme.example"))
		",\"_fields\":{\"contact\":[\"id\",\"name\",\"lead_id\"]},\"include_counts\":true}");
	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 1);
	assert_text_at(a, "$.data[0].id", id);
	assert_text_at(a, "$.data[0].name", "Ann Lee");
	assert_int_equal(int_at(&a, "$.count.total"), 1);
	assert_true(json_is_null(json_object_get(a.json, "cursor")));
	/* Without fields there is the id, and of what. */
	a = api(asker, "POST", "/data/search/",
		FIND("lead", RELATED("lead", "contact",
				     BY_EMAIL("exact_value", "bo@bolt.example"))) "}");
	assert_text_at(a, "$.data[0].__object_type", "lead");
	assert_int_equal(json_object_size(json_at(a.json, "$.data[0]")), 2);
}

static void conditions_are_of_every_kind(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "GET", "/status/lead/", NULL);
	const char *status = text_at(&a, "$.data[0].id");

	person(asker, "Ann Lee", "ann@acme.example");
	step(asker, 60000);
	person(asker, "Bo Park", "bo@bolt.example");
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "title",
							    TEXT("full_words", "sales head"))) "}"),
			 2);
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "title",
							    TEXT("phrase", "sales head"))) "}"),
			 0);
	assert_int_equal(found(asker, FIND("contact",
					   FIELD("contact", "name",
						 TEXT("beginning_of_words", "par"))) "}"),
			 1);
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "name",
							    TEXT("full_words", "par"))) "}"),
			 0);
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "urls",
							    "{\"type\":\"exists\"}")) "}"),
			 0);
	assert_int_equal(found(asker, FIND("contact",
					   "{\"type\":\"field_condition\",\"negate\":true,\"field\":"
					   "{\"type\":\"regular_field\",\"object_type\":\"contact\","
					   "\"field_name\":\"name\"},\"condition\":" TEXT(
						   "exact_value", "ann lee") "}") "}"),
			 1);
	assert_int_equal(found(asker, arena_printf(
				       asker->arena,
				       FIND("lead", FIELD("lead", "status_id",
							  "{\"type\":\"reference\",\"reference_type\":"
							  "\"status.lead\",\"object_ids\":[\"%s\"]}")) "}",
				       status)),
			 2);
	assert_int_equal(found(asker, FIND("lead", RELATED("lead", "contact",
							   RELATED("contact", "contact_phone",
								   FIELD("contact_phone", "country",
									 "{\"type\":\"term\",\"values\":"
									 "[\"US\"]}")))) "}"),
			 2);
}

static void moments_are_bounds_in_two_spellings(void **state)
{
	struct asker *asker = *state;
	static const char sheet[] = FIND(
		"lead", FIELD("lead", "date_created",
			      "{\"type\":\"moment_range\",\"on_or_after\":{\"type\":\"fixed_utc\","
			      "\"value\":\"2020-01-01T00:00:00Z\"},\"before\":null}")) "}";
	static const char other[] = FIND(
		"lead", FIELD("lead", "date_created",
			      "{\"type\":\"moment_range\",\"gte\":{\"type\":\"fixed_utc\","
			      "\"value\":\"2020-01-01T00:00:00Z\"},\"lt\":{\"type\":\"now\"}}")) "}";
	static const char late[] = FIND(
		"lead", FIELD("lead", "date_updated",
			      "{\"type\":\"moment_range\",\"on_or_after\":{\"type\":\"fixed_utc\","
			      "\"value\":\"2999-01-01T00:00:00Z\"}}")) "}";

	made(asker, "/lead/", "{}");
	step(asker, 1000);
	assert_int_equal(found(asker, sheet), 1);
	assert_int_equal(found(asker, late), 0);
	assert_status(api(asker, "POST", "/data/search/", other), 400);
	set_switch(asker, "moment_spelling", 1);
	assert_int_equal(found(asker, other), 1);
	assert_status(api(asker, "POST", "/data/search/", sheet), 400);
}

static void a_custom_field_is_searched_by_its_id(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/custom_field/lead/",
			      "{\"name\":\"fairlead_lead_id\",\"type\":\"text\"}");
	const char *body = arena_printf(
		asker->arena,
		FIND("lead", "{\"type\":\"field_condition\",\"field\":{\"type\":\"custom_field\","
			     "\"custom_field_id\":\"%s\"},\"condition\":" TEXT("exact_value",
									       "%s") "}") "}",
		id, "L1");
	const char *lead = made(asker, "/lead/",
				arena_printf(asker->arena, "{\"custom.%s\":\"L1\"}", id));
	struct answer a = ask(asker, "GET", "/_sandbox/ledger?vendor=close&key=L1", NULL);

	assert_int_equal(count_at(&a, "$.entries"), 1);
	assert_int_equal(found(asker, body), 1);
	/* The index still has the old value. */
	assert_status(ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}"), 200);
	step(asker, 5001);
	assert_status(api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", lead),
			  arena_printf(asker->arena, "{\"custom.%s\":\"L2\"}", id)),
		      200);
	assert_int_equal(found(asker, body), 1);
	step(asker, 5001);
	assert_int_equal(found(asker, body), 0);
}

static void a_search_goes_on_by_a_cursor_that_dies(void **state)
{
	static const char query[] = FIND("lead", FIELD("lead", "name", TEXT("full_words", "acme")))
		",\"_limit\":2,\"sort\":[{\"direction\":\"desc\",\"field\":{\"type\":"
		"\"regular_field\",\"object_type\":\"lead\",\"field_name\":\"name\"}}]";
	struct asker *asker = *state;
	const char *next;
	struct answer a;

	for (int i = 1; i <= 5; i++)
		made(asker, "/lead/", arena_printf(asker->arena, "{\"name\":\"Acme %d\"}", i));
	a = api(asker, "POST", "/data/search/", arena_printf(asker->arena, "%s,\"cursor\":null,"
		"\"_fields\":{\"lead\":[\"name\"]}}", query));
	assert_text_at(a, "$.data[0].name", "Acme 5");
	assert_text_at(a, "$.data[1].name", "Acme 4");
	next = text_at(&a, "$.cursor");
	/* It sees what there was when it began. */
	step(asker, 1000);
	made(asker, "/lead/", "{\"name\":\"Acme 9\"}");
	a = api(asker, "POST", "/data/search/",
		arena_printf(asker->arena, "%s,\"cursor\":\"%s\",\"_fields\":{\"lead\":[\"name\"]}}",
			     query, next));
	assert_status(a, 200);
	assert_text_at(a, "$.data[0].name", "Acme 3");
	next = text_at(&a, "$.cursor");
	step(asker, 30001);
	a = api(asker, "POST", "/data/search/",
		arena_printf(asker->arena, "%s,\"cursor\":\"%s\"}", query, next));
	assert_status(a, 400);
	assert_string_equal(a.text, "{\"field-errors\":{\"cursor\":\"Expired cursor\"}}");
	a = api(asker, "POST", "/data/search/",
		arena_printf(asker->arena, "%s,\"cursor\":\"%s\"}",
			     FIND("lead", "{\"type\":\"match_all\"}"), next));
	assert_status(a, 400);
}

static void a_search_reaches_only_so_far(void **state)
{
	static const char all[] = FIND("lead", "{\"type\":\"match_all\"}")
		",\"_limit\":2,\"include_counts\":true}";
	struct asker *asker = *state;
	struct answer a;

	for (int i = 0; i < 3; i++)
		made(asker, "/lead/", "{}");
	set_switch(asker, "search_max", 2);
	a = api(asker, "POST", "/data/search/", all);
	assert_true(json_is_null(json_object_get(a.json, "cursor")));
	assert_int_equal(int_at(&a, "$.count.total"), 3);
	assert_int_equal(int_at(&a, "$.count.limited"), 2);
	set_switch(asker, "search_max", 0);
	a = api(asker, "POST", "/data/search/", all);
	assert_non_null(text_at(&a, "$.cursor"));
}

static void bad_queries_are_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{}", 400 },
		{ "{\"query\":{\"type\":\"object_type\",\"object_type\":\"opportunity\"}}", 501 },
		{ FIND("lead", "{\"type\":\"id\"}") "}", 400 },
		{ FIND("lead", "{\"type\":\"and\",\"queries\":{}}") "}", 400 },
		{ FIND("lead", "{\"type\":\"saved_search\"}") "}", 501 },
		{ FIND("lead", FIELD("contact", "name", TEXT("phrase", "a"))) "}", 400 },
		{ FIND("lead", FIELD("lead", "colour", TEXT("phrase", "a"))) "}", 400 },
		{ FIND("lead", FIELD("lead", "name", TEXT("like", "a"))) "}", 400 },
		{ FIND("lead", FIELD("lead", "name", "{\"type\":\"fuzzy\"}")) "}", 501 },
		{ FIND("lead", FIELD("lead", "name", "{}")) "}", 400 },
		{ FIND("lead", FIELD("lead", "date_created",
				     "{\"type\":\"moment_range\",\"before\":{\"type\":\"offset\"}}")) "}",
		  501 },
		{ FIND("lead", FIELD("lead", "date_created",
				     "{\"type\":\"moment_range\",\"before\":{\"type\":\"fixed_utc\","
				     "\"value\":\"x\"}}")) "}",
		  400 },
		{ FIND("lead", RELATED("contact", "lead", "{\"type\":\"match_all\"}")) "}", 400 },
		{ FIND("lead", RELATED("lead", "email_thread", "{\"type\":\"match_all\"}")) "}",
		  501 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"_limit\":201}", 400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"sort\":{}}", 400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"sort\":[{\"direction\":\"up\"}]}",
		  400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"cursor\":\"x\"}", 400 },
	};
	static const char *const texts[] = { "(name:a", "name:", "name:a)", "sort:", "-", ")",
					     "last_emailed:today", "not" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(api(asker, "POST", "/data/search/", rows[i].body), rows[i].status);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i], "-") != 0) /* a word like any other */
			assert_status(api(asker, "GET",
					  arena_printf(asker->arena, "/lead/?query=%s", texts[i]),
					  NULL),
				      501);
}

static void the_prefix_of_addresses_can_be_decided(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	person(asker, "Ann Lee", "ann@acme.example");
	for (int prefix = 0; prefix <= 2; prefix++) {
		set_switch(asker, "email_prefix", prefix);
		a = api(asker, "GET", "/lead/?query=email:ann@acme.example", NULL);
		assert_int_equal(count_at(&a, "$.data"), prefix != 1);
		a = api(asker, "GET", "/lead/?query=email_address:ann@acme.example", NULL);
		assert_int_equal(count_at(&a, "$.data"), prefix != 2);
	}
}

/* --- events (7) --- */

static size_t events(struct asker *asker, const char *query)
{
	struct answer a = api(asker, "GET", arena_printf(asker->arena, "/event/?%s", query), NULL);

	assert_status(a, 200);
	return count_at(&a, "$.data");
}

static void events_can_be_late_and_lose_their_data(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "events_late_ms", 60000);
	for (int i = 0; i < 3; i++)
		made(asker, "/lead/", "{}");
	assert_int_equal(events(asker, "object_type=lead&action=created"), 2);
	step(asker, 60000);
	assert_int_equal(events(asker, "object_type=lead&action=created"), 3);
	a = api(asker, "GET", "/event/?object_type=lead&action=created", NULL);
	assert_non_null(json_at(a.json, "$.data[0].data"));
	assert_non_null(json_at(a.json, "$.data[0].oauth_client_id"));
	set_switch(asker, "user_is_admin", 0);
	set_switch(asker, "oauth_client_id", 0);
	step(asker, 3600 * 1000);
	made(asker, "/lead/", "{}");
	a = api(asker, "GET", "/event/?object_type=lead&action=created", NULL);
	assert_non_null(json_at(a.json, "$.data[0].data"));
	assert_null(json_at(a.json, "$.data[0].oauth_client_id"));
	assert_null(json_at(a.json, "$.data[1].data"));
	assert_null(json_at(a.json, "$.data[1].previous_data"));
}

static void what_a_user_does_is_told_apart_from_what_a_key_does(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{\"name\":\"Acme\"}");
	struct answer a;

	assert_status(ask(asker, "PATCH",
			  arena_printf(asker->arena,
				       "/_sandbox/accounts/close/default/records/lead/%s", lead),
			  "{\"name\":\"Acme Ltd\"}"),
		      200);
	a = api(asker, "GET", arena_printf(asker->arena, "/event/?lead_id=%s", lead), NULL);
	assert_int_equal(count_at(&a, "$.data"), 2);
	assert_text_at(a, "$.data[0].action", "updated");
	assert_true(json_is_null(json_at(a.json, "$.data[0].api_key_id")));
	assert_non_null(text_at(&a, "$.data[1].api_key_id"));
	assert_string_not_equal(text_at(&a, "$.data[0].user_id"),
				text_at(&a, "$.data[1].user_id"));
	assert_int_equal(events(asker, arena_printf(asker->arena, "request_id=%s",
						    text_at(&a, "$.data[1].request_id"))),
			 1);
}

static void only_some_filters_go_together(void **state)
{
	static const struct {
		const char *query;
		int status;
	} rows[] = {
		{ "", 200 },
		{ "lead_id=x", 200 },
		{ "user_id=x&object_type=lead&action=created", 200 },
		{ "object_type=lead&object_id=x", 200 },
		{ "request_id=x&date_updated__gte=2026-01-15T12:48:23.395000", 200 },
		{ "object_type=lead", 400 },
		{ "action=created", 400 },
		{ "request_id=x&lead_id=x", 400 },
		{ "lead_id=x&date_updated__gte=soon", 400 },
		{ "lead_id=x&_cursor=nope", 400 },
		{ "lead_id=x&_limit=x", 400 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(api(asker, "GET",
				  arena_printf(asker->arena, "/event/?%s", rows[i].query), NULL),
			      rows[i].status);
}

static void there_are_forty_webhooks_at_most(void **state)
{
	static const char body[] = "{\"url\":\"https://a.example\",\"events\":[{\"object_type\":"
				   "\"lead\",\"action\":\"created\"}]}";
	struct asker *asker = *state;
	struct answer a;

	for (int i = 0; i < 40; i++)
		assert_status(api(asker, "POST", "/webhook/", body), 201);
	assert_status(api(asker, "POST", "/webhook/", body), 400);
	a = api(asker, "GET", "/webhook/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 40);
	assert_status(api(asker, "DELETE",
			  arena_printf(asker->arena, "/webhook/%s/", text_at(&a, "$.data[0].id")),
			  NULL),
		      200);
	assert_status(api(asker, "POST", "/webhook/",
			  "{\"url\":\"https://a.example\",\"events\":[{\"object_type\":\"lead\","
			  "\"action\":\"created\",\"extra_filter\":{\"type\":\"equals\"}}]}"),
		      501);
	assert_status(api(asker, "POST", "/webhook/", body), 201);
}

/* --- the rest --- */

static void what_is_not_imitated_says_so(void **state)
{
	static const char *const paths[] = { "/sequence/",	    "/export/lead/",
					     "/bulk_action/delete/", "/activity/meeting/",
					     "/custom_field/shared/", "/custom_object/",
					     "/lead/?lead_query=x" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct answer a = api(asker, "GET", paths[i], NULL);

		assert_status(a, 501);
		assert_text_at(a, "$.error", "not_imitated");
	}
	assert_status(api(asker, "GET", "/custom_field_schema/custom_object/", NULL), 501);
	assert_status(api(asker, "GET", "/custom_field_schema/activity/", NULL), 404);
	assert_status(api(asker, "POST", "/custom_field/lead/",
			  "{\"name\":\"A\",\"type\":\"custom_object\"}"),
		      501);
}

static void a_seed_gives_leads_with_people(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/_sandbox/accounts/close/default/seed",
			      "{\"count\":5,\"seed\":3}");
	const char *email;

	assert_status(a, 200);
	a = api(asker, "GET", "/lead/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 5);
	email = text_at(&a, "$.data[4].contacts[0].emails[0].email");
	a = api(asker, "GET", arena_printf(asker->arena, "/lead/?query=email:%s", email), NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
}

static void another_account_has_a_key_of_its_own(void **state)
{
	struct asker *asker = *state;
	struct http_request request = { .method = "GET", .url = "/close/api/v1/lead/" };
	const char *key, *pair;
	struct answer a = ask(asker, "POST", "/_sandbox/accounts",
			      "{\"vendor\":\"close\",\"name\":\"second\"}");

	assert_status(a, 201);
	made(asker, "/lead/", "{}");
	a = ask(asker, "GET", "/_sandbox/accounts/close/second", NULL);
	key = text_at(&a, "$.credentials.api_key");
	assert_string_not_equal(key, KEY);
	pair = arena_printf(asker->arena, "%s:", key);
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, pair, strlen(pair))));
	a = send_request(asker, &request);
	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

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
		TEST(a_long_filter_may_be_posted),
		TEST(deleting_says_nothing_or_an_empty_object),
		TEST(errors_in_lists_nest_in_two_ways),
		TEST(doubts_about_contacts_can_be_decided),
		TEST(numbers_are_kept_with_their_country_s_code),
		TEST(a_custom_field_is_listed_renamed_ordered_and_deleted),
		TEST(names_of_fields_can_be_turned_off),
		TEST(an_administrator_can_change_a_field),
		TEST(a_custom_activity_has_fields_that_are_needed_unless_it_is_a_draft),
		TEST(an_integration_link_is_kept),
		TEST(a_message_has_a_status_and_a_status_change_an_id),
		TEST(a_pipeline_has_its_statuses),
		TEST(a_bulk_edit_changes_what_a_search_finds),
		TEST(a_bad_bulk_edit_is_refused),
		TEST(a_contact_is_found_by_its_address),
		TEST(conditions_are_of_every_kind),
		TEST(moments_are_bounds_in_two_spellings),
		TEST(a_custom_field_is_searched_by_its_id),
		TEST(a_search_goes_on_by_a_cursor_that_dies),
		TEST(a_search_reaches_only_so_far),
		TEST(bad_queries_are_refused),
		TEST(the_prefix_of_addresses_can_be_decided),
		TEST(events_can_be_late_and_lose_their_data),
		TEST(what_a_user_does_is_told_apart_from_what_a_key_does),
		TEST(only_some_filters_go_together),
		TEST(there_are_forty_webhooks_at_most),
		TEST(what_is_not_imitated_says_so),
		TEST(a_seed_gives_leads_with_people),
		TEST(another_account_has_a_key_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
