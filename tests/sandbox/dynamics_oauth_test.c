/* dynamics_oauth_test.c - tests src/sandbox/dynamics_oauth.c by the fact sheet (2): what Entra
 * ID gives, to whom, and for how long. */
#include "dynamics_ask.h"

/* --- tokens (2) --- */

#define APP                                                                                   \
	"client_id=5f1c0d52-6f0f-4b8d-9b0a-0e6c7b4f7a11&client_secret=fairlead-sandbox-secret&"
#define V2 "/dynamics/organizations/oauth2/v2.0"

static void an_app_asks_for_one_environment(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", V2 "/token",
			      APP "grant_type=client_credentials&scope=https://x.example/read");

	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_scope");
	a = ask(asker, "POST", V2 "/token", APP "grant_type=client_credentials");
	assert_int_equal(int_at(&a, "$.error_codes[0]"), 900144);
	a = ask(asker, "POST", "/dynamics/contoso/oauth2/token",
		APP "grant_type=client_credentials&resource=https://x.example");
	assert_status(a, 200);
	assert_text_at(a, "$.expires_in", "4599");
}

static void an_access_token_lives_as_long_as_it_says(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "access_ms", 60000);
	a = ask(asker, "POST", "/dynamics/contoso/oauth2/token",
		APP "grant_type=client_credentials&resource=https://x.example");
	assert_text_at(a, "$.expires_in", "60");
	asker->token = text_at(&a, "$.access_token");
	assert_status(ask(asker, "GET", API "/WhoAmI", NULL), 200);
	pass_time(asker, 61000);
	assert_status(ask(asker, "GET", API "/WhoAmI", NULL), 401);
}

/* The code of an approval; `more` goes behind the scope ("&code_challenge=..."). */
static const char *code_of(struct asker *asker, const char *scope, const char *more)
{
	struct answer a = ask(asker, "GET",
			      arena_printf(asker->arena,
					   V2 "/authorize?client_id=5f1c0d52-6f0f-4b8d-9b0a-"
					   "0e6c7b4f7a11&redirect_uri=https://f.example/back&"
					   "response_type=code&state=s&scope=%s%s&"
					   "sandbox_approve=default",
					   scope, more),
			      NULL);
	const char *location;

	assert_status(a, 302);
	location = http_header_find(&a.headers, "Location");
	return url_query_find(asker->arena, strchr(location, '?') + 1, "code");
}

static struct answer exchange(struct asker *asker, const char *code, const char *more)
{
	return ask(asker, "POST", V2 "/token",
		   arena_printf(asker->arena,
				APP "grant_type=authorization_code&code=%s&"
				"redirect_uri=https://f.example/back%s",
				code, more));
}

static void a_person_lets_the_app_in_for_as_long_as_was_asked(void **state)
{
	struct asker *asker = *state;
	const char *code = code_of(asker, "https://x.example/user_impersonation%20offline_access", "");
	struct answer a = exchange(asker, code, "");

	assert_status(a, 200);
	assert_text_at(a, "$.scope", "https://x.example/user_impersonation");
	assert_true(text_starts(text_at(&a, "$.refresh_token"), "0.AX0A"));
	assert_status(exchange(asker, code, ""), 400);
	a = exchange(asker, code_of(asker, "https://x.example/user_impersonation", ""), "");
	assert_null(json_object_get(a.json, "refresh_token"));
}

/* RFC 7636, appendix B. */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE                                                                             \
	"&code_challenge_method=S256&"                                                        \
	"code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static void a_code_with_a_challenge_wants_its_verifier(void **state)
{
	struct asker *asker = *state;
	struct answer a = exchange(asker, code_of(asker, "x", CHALLENGE), "");

	assert_status(a, 400);
	assert_int_equal(int_at(&a, "$.error_codes[0]"), 501481);
	a = exchange(asker, code_of(asker, "x", CHALLENGE), "&code_verifier=" VERIFIER);
	assert_status(a, 200);
	set_switch(asker, "needs_pkce", 1);
	assert_null(code_of(asker, "x", ""));
}

static void a_refresh_token_unused_for_90_days_is_over(void **state)
{
	struct asker *asker = *state;
	const char *form = APP "grant_type=refresh_token&refresh_token=0.AX0A-sandbox-default";
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":7689600000}"); /* 89 days */
	a = ask(asker, "POST", V2 "/token", form);
	assert_status(a, 200);
	assert_string_not_equal(text_at(&a, "$.refresh_token"), "0.AX0A-sandbox-default");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":7776000000}"); /* 90 days */
	a = ask(asker, "POST", V2 "/token", form);
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
	assert_int_equal(int_at(&a, "$.error_codes[0]"), 700082);
}

static void a_401_has_a_header_and_a_body_nobody_should_read(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	asker->token = "nope";
	a = ask(asker, "GET", API "/WhoAmI", NULL);
	assert_status(a, 401);
	assert_string_equal(a.text, "");
	assert_true(text_starts(http_header_find(&a.headers, "WWW-Authenticate"),
				"Bearer authorization_uri=http://sandbox.example/dynamics/"));
	set_switch(asker, "unauthorized_body", 1);
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"expired_token\",\"vendor\":\"dynamics\",\"count\":1}");
	a = call(asker, "GET", "/WhoAmI", NULL);
	assert_status(a, 401);
	assert_string_equal(a.text, "HTTP Error 401 - Unauthorized");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_app_asks_for_one_environment),
		TEST(an_access_token_lives_as_long_as_it_says),
		TEST(a_person_lets_the_app_in_for_as_long_as_was_asked),
		TEST(a_code_with_a_challenge_wants_its_verifier),
		TEST(a_refresh_token_unused_for_90_days_is_over),
		TEST(a_401_has_a_header_and_a_body_nobody_should_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
