/* hubspot_errors_test.c - the error catalogue of the fact sheet (9), row by row, and the
 * limits (8). */
#include "hubspot_ask.h"

static void bad_tokens_are_401(void **state)
{
	static const char *const tokens[] = { NULL, "x", "refresh-sandbox-default" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct answer a;

		asker->token = tokens[i];
		a = ask(asker, "GET", CONTACTS, NULL);
		assert_status(a, 401);
		assert_text_at(a, "$.category", "INVALID_AUTHENTICATION");
	}
}

static void every_bad_value_is_named_in_the_message(void **state)
{
	static const struct {
		const char *properties, *code, *name;
	} rows[] = {
		{ "{\"hs_lead_status\":\"Nope\"}", "INVALID_OPTION", "hs_lead_status" },
		{ "{\"nope\":\"x\"}", "PROPERTY_DOESNT_EXIST", "nope" },
		{ "{\"hs_object_id\":\"1\"}", "READ_ONLY_VALUE", "hs_object_id" },
		{ "{\"email\":\"jo\"}", "INVALID_EMAIL", "email" },
		{ "{\"hubspot_owner_id\":\"1\"}", "INVALID_OPTION", "hubspot_owner_id" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = ask(asker, "POST", CONTACTS,
				      arena_printf(asker->arena, "{\"properties\":%s}",
						   rows[i].properties));
		const char *message;

		assert_status(a, 400);
		assert_text_at(a, "$.category", "VALIDATION_ERROR");
		message = text_at(&a, "$.message");
		assert_ptr_equal(strstr(message, "Property values were not valid: [{"), message);
		assert_non_null(strstr(message, arena_printf(asker->arena, "\"error\":\"%s\"",
							     rows[i].code)));
		assert_non_null(strstr(message, arena_printf(asker->arena, "\"name\":\"%s\"",
							     rows[i].name)));
	}
}

static void the_rest_of_the_catalogue_is_answered(void **state)
{
	struct asker *asker = *state;
	char *text = malloc(70001);
	struct answer a;

	a = ask(asker, "POST", "/crm/objects/2026-09/notes", "{\"properties\":{}}");
	assert_status(a, 400);
	assert_text_at(a, "$.errors[0].code", "REQUIRED_FIELD");
	memset(text, 'x', 70000);
	text[70000] = '\0';
	a = ask(asker, "POST", CONTACTS,
		arena_printf(asker->arena, "{\"properties\":{\"firstname\":\"%s\"}}", text));
	free(text);
	assert_status(a, 400);
	a = ask(asker, "GET", CONTACTS "/999999", NULL);
	assert_status(a, 404);
	assert_text_at(a, "$.message", "resource not found");
	assert_text_at(a, "$.category", "OBJECT_NOT_FOUND");
	a = ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"a@n.example\"}}");
	assert_status(a, 201);
	a = ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"A@N.example\"}}");
	assert_status(a, 409);
	assert_text_at(a, "$.category", "CONFLICT");
	assert_text_at(a, "$.message", "Contact already exists. Existing ID: 501");
}

static void a_unique_value_that_is_taken_is_400_or_409(void **state)
{
	static const int statuses[] = { 400, 409 };
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "POST", PROPERTIES, LEAD_ID), 201);
	a = ask(asker, "POST", CONTACTS, "{\"properties\":{\"fairlead_lead_id\":\"L1\"}}");
	assert_status(a, 201);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		ask(asker, "PATCH", "/_sandbox/accounts/hubspot/default/settings",
		    arena_printf(asker->arena, "{\"switches\":{\"unique_taken\":%d}}",
				 statuses[i]));
		a = ask(asker, "POST", CONTACTS,
			"{\"properties\":{\"fairlead_lead_id\":\"L1\"}}");
		assert_status(a, statuses[i]);
		assert_non_null(strstr(text_at(&a, "$.message"), "501"));
	}
}

static void faults_speak_as_the_vendor_does(void **state)
{
	static const struct {
		const char *fault;
		int status;
	} rows[] = {
		{ "{\"fault\":\"locked\",\"count\":1}", 423 },
		{ "{\"fault\":\"rate_limit\",\"count\":1}", 429 },
		{ "{\"fault\":\"status\",\"status\":477,\"count\":1}", 477 },
		{ "{\"fault\":\"status\",\"status\":500,\"count\":1}", 500 },
		{ "{\"fault\":\"status\",\"status\":502,\"count\":1}", 502 },
		{ "{\"fault\":\"status\",\"status\":503,\"count\":1}", 503 },
		{ "{\"fault\":\"status\",\"status\":504,\"count\":1}", 504 },
		{ "{\"fault\":\"status\",\"status\":521,\"count\":1}", 521 },
		{ "{\"fault\":\"status\",\"status\":523,\"count\":1}", 523 },
		{ "{\"fault\":\"status\",\"status\":524,\"count\":1}", 524 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = ask(asker, "POST", "/_sandbox/faults", rows[i].fault);

		assert_status(a, 201);
		a = ask(asker, "GET", CONTACTS, NULL);
		assert_status(a, rows[i].status);
		assert_text_at(a, "$.status", "error");
		if (rows[i].status == 477)
			assert_non_null(http_header_find(&a.headers, "Retry-After"));
		a = ask(asker, "GET", CONTACTS, NULL);
		assert_status(a, 200);
	}
}

static void the_tenth_second_limit_is_counted_down_in_headers(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"freeze\":true}");
	ask(asker, "PATCH", "/_sandbox/accounts/hubspot/default/settings",
	    "{\"limits\":{\"ten_seconds\":2,\"daily\":3}}");
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_string_equal(http_header_find(&a.headers, "X-HubSpot-RateLimit-Remaining"), "1");
	assert_string_equal(http_header_find(&a.headers, "X-HubSpot-RateLimit-Daily"), "3");
	ask(asker, "GET", CONTACTS, NULL);
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 429);
	assert_text_at(a, "$.policyName", "TEN_SECONDLY_ROLLING");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":11000}");
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 200);
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 429);
	assert_text_at(a, "$.policyName", "DAILY");
}

static void what_is_not_imitated_says_so(void **state)
{
	static const char *const paths[] = {
		"/crm/objects/2026-09/products", "/crm/objects/2026-09/0-8", "/crm/v3/lists",
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct answer a = ask(asker, "GET", paths[i], NULL);

		assert_status(a, 501);
	}
}

static void what_is_too_long_is_414(void **state)
{
	struct asker *asker = *state;
	char *names = arena_alloc(asker->arena, 17001);
	struct answer a;

	memset(names, 'x', 17000);
	a = ask(asker, "GET", arena_printf(asker->arena, CONTACTS "?properties=%s", names), NULL);
	assert_status(a, 414);
	assert_text_at(a, "$.status", "error");
}

static void a_record_of_more_than_250_is_414(void **state)
{
	struct asker *asker = *state;
	struct answer a = { 0 };

	ask(asker, "PATCH", "/_sandbox/accounts/hubspot/default/settings",
	    "{\"limits\":{\"ten_seconds\":10000}}");
	for (int i = 0; i < 251; i++)
		assert_status(ask(asker, "POST", CONTACTS, "{\"properties\":{}}"), 201);
	for (int i = 1; i < 251; i++) {
		a = ask(asker, "POST", CONTACTS "/merge",
			arena_printf(asker->arena,
				     "{\"primaryObjectId\":\"501\",\"objectIdToMerge\":\"%d\"}",
				     501 + i));
		assert_status(a, i < 250 ? 200 : 414);
	}
}

static void a_scope_that_lacks_may_be_told_in_words(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", "/_sandbox/accounts/hubspot/default/settings",
	    "{\"switches\":{\"scopes_in_words\":1}}");
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"forbidden\",\"count\":1}"), 201);
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 403);
	assert_non_null(strstr(text_at(&a, "$.message"), "does not have proper permissions"));
	assert_null(json_at(a.json, "$.category"));
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"forbidden\",\"count\":1}"), 201);
	ask(asker, "PATCH", "/_sandbox/accounts/hubspot/default/settings",
	    "{\"switches\":{\"scopes_in_words\":0}}");
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_text_at(a, "$.category", "MISSING_SCOPES");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hubspot_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_tokens_are_401),
		TEST(every_bad_value_is_named_in_the_message),
		TEST(the_rest_of_the_catalogue_is_answered),
		TEST(a_unique_value_that_is_taken_is_400_or_409),
		TEST(faults_speak_as_the_vendor_does),
		TEST(the_tenth_second_limit_is_counted_down_in_headers),
		TEST(what_is_too_long_is_414),
		TEST(a_record_of_more_than_250_is_414),
		TEST(a_scope_that_lacks_may_be_told_in_words),
		TEST(what_is_not_imitated_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
