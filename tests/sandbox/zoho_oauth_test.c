/* zoho_oauth_test.c - tests src/sandbox/zoho_oauth.c (2) where Zoho's own client does not look:
 * data centres, scopes, refusals, refreshes at once. */
#include "zoho_ask.h"

#include "base/text.h"

#define ALL "$.code"

static void a_call_needs_a_token_in_zohos_own_scheme(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_at(asker, "sandbox.example", NULL, "GET", "/crm/v8/users", NULL);

	assert_status(a, 401);
	assert_text_at(a, ALL, "AUTHENTICATION_FAILURE");
	asker->token = TOKEN; /* as Bearer */
	a = ask(asker, "GET", "/zoho/crm/v8/users", NULL);
	assert_status(a, 401);
	assert_text_at(a, ALL, "INVALID_TOKEN");
}

static void a_token_is_of_one_data_centre(void **state)
{
	struct asker *asker = *state;

	assert_status(call_at(asker, "www.zohoapis.eu", TOKEN, "GET", "/crm/v8/users", NULL), 200);
	assert_status(call_at(asker, "www.zohoapis.in", TOKEN, "GET", "/crm/v8/users", NULL), 401);
	set_switch(asker, "data_centre", 2);
	assert_status(call_at(asker, "www.zohoapis.in", TOKEN, "GET", "/crm/v8/users", NULL), 200);
}

#define AUTHORIZE                                                                             \
	"/zoho/oauth/v2/auth?response_type=code&client_id=1000.FAIRLEADSANDBOX&redirect_uri="  \
	"https%3A%2F%2Ff.example%2Fback&sandbox_approve=default&scope="

/* The code is exchanged `ms` after it was given. */
static struct answer exchange_after(struct asker *asker, const char *authorize,
				    const char *secret, int64_t ms)
{
	struct answer a = ask(asker, "GET", authorize, NULL);
	const char *back = http_header_find(&a.headers, "Location");

	assert_status(a, 302);
	if (ms)
		pass_time(asker, ms);
	return ask(asker, "POST", "/zoho/oauth/v2/token",
		   arena_printf(asker->arena,
				"grant_type=authorization_code&client_id=1000.FAIRLEADSANDBOX&"
				"client_secret=%s&redirect_uri=https%%3A%%2F%%2Ff.example%%2Fback&"
				"code=%s",
				secret,
				url_query_find(asker->arena, strchr(back, '?') + 1, "code")));
}

static struct answer exchange(struct asker *asker, const char *authorize, const char *secret)
{
	return exchange_after(asker, authorize, secret, 0);
}

static void a_code_lives_two_minutes(void **state)
{
	struct asker *asker = *state;
	struct answer a = exchange_after(asker, AUTHORIZE "ZohoCRM.modules.ALL",
					 "fairlead-sandbox-secret", 119000);

	text_at(&a, "$.access_token");
	a = exchange_after(asker, AUTHORIZE "ZohoCRM.modules.ALL", "fairlead-sandbox-secret",
			   121000);
	assert_text_at(a, "$.error", "invalid_code");
}

static void a_scope_that_was_not_asked_for_is_missed(void **state)
{
	struct asker *asker = *state;
	struct answer token = exchange(
		asker, AUTHORIZE "ZohoCRM.modules.leads.READ,ZohoCRM.settings.ALL",
		"fairlead-sandbox-secret");
	const char *text = text_at(&token, "$.access_token");
	struct answer a;

	/* Without access_type=offline there is no refresh token. */
	assert_null(json_object_get(token.json, "refresh_token"));
	assert_status(call_at(asker, "x", text, "GET", "/crm/v8/Leads?fields=id", NULL), 204);
	assert_status(call_at(asker, "x", text, "GET", "/crm/v8/settings/modules", NULL), 200);
	a = call_at(asker, "x", text, "POST", "/crm/v8/Leads", LEAD(""));
	assert_status(a, 401);
	assert_text_at(a, ALL, "OAUTH_SCOPE_MISMATCH");
	assert_status(call_at(asker, "x", text, "GET", "/crm/v8/Deals?fields=id", NULL), 401);
}

static void errors_of_the_token_endpoint_may_be_200(void **state)
{
	struct asker *asker = *state;
	const char *form = "grant_type=refresh_token&client_id=1000.FAIRLEADSANDBOX&client_secret="
			   "fairlead-sandbox-secret&refresh_token=none";
	struct answer a = ask(asker, "POST", "/zoho/oauth/v2/token", form);

	assert_status(a, 200);
	assert_text_at(a, "$.error", "invalid_code");
	set_switch(asker, "token_errors_400", 1);
	assert_status(ask(asker, "POST", "/zoho/oauth/v2/token", form), 400);
	a = ask(asker, "POST", "/zoho/oauth/v2/token",
		"grant_type=refresh_token&client_id=none&refresh_token=none");
	assert_text_at(a, "$.error", "invalid_client");
	a = ask(asker, "POST",
		"/zoho/oauth/v2/token/revoke?token=1000.refresh.sandbox-default", NULL);
	assert_status(a, 200);
	a = ask(asker, "POST", "/zoho/oauth/v2/token",
		"grant_type=refresh_token&client_id=1000.FAIRLEADSANDBOX&client_secret="
		"fairlead-sandbox-secret&refresh_token=1000.refresh.sandbox-default");
	assert_text_at(a, "$.error", "invalid_code");
}

static void a_revoked_token_takes_none_of_another_vendor_along(void **state)
{
	struct asker *asker = *state;

	assert_status(ask(asker, "POST",
			  "/zoho/oauth/v2/token/revoke?token=1000.refresh.sandbox-default", NULL),
		      200);
	assert_status(ask(asker, "POST", "/salesforce/services/oauth2/token",
			  "grant_type=refresh_token&refresh_token=5Aep861-sandbox-default&"
			  "client_id=fairlead-sandbox-consumer-key&"
			  "client_secret=fairlead-sandbox-consumer-secret"),
		      200);
}

/* Two workers that refresh at once both get a token; each counts among the ten. */
static void two_refreshes_at_once_both_count(void **state)
{
	static const char form[] = "grant_type=refresh_token&client_id=1000.FAIRLEADSANDBOX&"
				   "client_secret=fairlead-sandbox-secret&"
				   "refresh_token=1000.refresh.sandbox-default";
	struct asker *asker = *state;
	struct answer first = ask(asker, "POST", "/zoho/oauth/v2/token", form);
	struct answer second = ask(asker, "POST", "/zoho/oauth/v2/token", form);
	const char *one = text_at(&first, "$.access_token");

	assert_null(json_at(first.json, "$.refresh_token"));
	assert_string_not_equal(one, text_at(&second, "$.access_token"));
	assert_status(call_at(asker, "x", one, "GET", "/crm/v8/users", NULL), 200);
	assert_status(call_at(asker, "x", text_at(&second, "$.access_token"), "GET",
			      "/crm/v8/users", NULL), 200);
	for (int i = 0; i < 8; i++)
		assert_status(ask(asker, "POST", "/zoho/oauth/v2/token", form), 200);
	first = ask(asker, "POST", "/zoho/oauth/v2/token", form);
	assert_status(first, 400);
	assert_text_at(first, "$.error", "Access Denied");
	assert_status(call_at(asker, "x", one, "GET", "/crm/v8/users", NULL), 200);
}

/* Thirty access tokens of a refresh token live, and the oldest gives way. */
static void access_tokens_are_thirty(void **state)
{
	static const char form[] = "grant_type=refresh_token&client_id=1000.FAIRLEADSANDBOX&"
				   "client_secret=fairlead-sandbox-secret&"
				   "refresh_token=1000.refresh.sandbox-default";
	struct asker *asker = *state;
	const char *texts[31];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct answer a;

		pass_time(asker, i && i % 10 == 0 ? 601000 : 1000);
		a = ask(asker, "POST", "/zoho/oauth/v2/token", form);
		texts[i] = text_at(&a, "$.access_token");
	}
	assert_status(call_at(asker, "x", texts[0], "GET", "/crm/v8/users", NULL), 401);
	assert_status(call_at(asker, "x", texts[2], "GET", "/crm/v8/users", NULL), 200);
	assert_status(call_at(asker, "x", texts[30], "GET", "/crm/v8/users", NULL), 200);
}

#define OFFLINE AUTHORIZE "ZohoCRM.modules.ALL&access_type=offline"

/* Of a user's refresh tokens five are made in a minute, and twenty live. */
static void refresh_tokens_are_few(void **state)
{
	struct asker *asker = *state;
	struct answer a = exchange(asker, OFFLINE, "fairlead-sandbox-secret");
	const char *first = text_at(&a, "$.refresh_token");
	const char *form = arena_printf(asker->arena,
					"grant_type=refresh_token&client_id=1000.FAIRLEADSANDBOX&"
					"client_secret=fairlead-sandbox-secret&refresh_token=%s",
					first);

	pass_time(asker, 1000); /* which is the oldest is told by time */
	for (int i = 1; i < 20; i++) {
		if (i % 5 == 0)
			pass_time(asker, 61000);
		a = exchange(asker, OFFLINE, "fairlead-sandbox-secret");
		text_at(&a, "$.refresh_token");
	}
	a = exchange(asker, OFFLINE, "fairlead-sandbox-secret");
	assert_status(a, 400);
	assert_text_at(a, "$.error", "Access Denied");
	/* Without a refresh token there is no such limit. */
	a = exchange(asker, AUTHORIZE "ZohoCRM.modules.ALL", "fairlead-sandbox-secret");
	assert_status(a, 200);
	assert_status(ask(asker, "POST", "/zoho/oauth/v2/token", form), 200);
	pass_time(asker, 61000);
	a = exchange(asker, OFFLINE, "fairlead-sandbox-secret");
	text_at(&a, "$.refresh_token");
	a = ask(asker, "POST", "/zoho/oauth/v2/token", form);
	assert_text_at(a, "$.error", "invalid_code");
}

static void client_credentials_need_the_switch_and_the_org(void **state)
{
	static const char form[] = "grant_type=client_credentials&client_id=1000.FAIRLEADSANDBOX&"
				   "client_secret=fairlead-sandbox-secret&soid=ZohoCRM.%s";
	struct asker *asker = *state;
	struct answer org = call(asker, "GET", "/org", NULL), a;
	const char *own = arena_printf(asker->arena, form, text_at(&org, "$.org[0].zgid"));

	a = ask(asker, "POST", "/zoho/oauth/v2/token", own);
	assert_text_at(a, "$.error", "invalid_grant_type");
	set_switch(asker, "client_credentials", 1);
	a = ask(asker, "POST", "/zoho/oauth/v2/token", own);
	assert_status(a, 200);
	assert_null(json_object_get(a.json, "refresh_token"));
	assert_status(call_at(asker, "x", text_at(&a, "$.access_token"), "GET", "/crm/v8/users",
			      NULL),
		      200);
	a = ask(asker, "POST", "/zoho/oauth/v2/token", arena_printf(asker->arena, form, "1"));
	assert_text_at(a, "$.error", "invalid_grant_type");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_needs_a_token_in_zohos_own_scheme),
		TEST(a_token_is_of_one_data_centre),
		TEST(a_scope_that_was_not_asked_for_is_missed),
		TEST(errors_of_the_token_endpoint_may_be_200),
		TEST(a_revoked_token_takes_none_of_another_vendor_along),
		TEST(two_refreshes_at_once_both_count),
		TEST(a_code_lives_two_minutes),
		TEST(access_tokens_are_thirty),
		TEST(refresh_tokens_are_few),
		TEST(client_credentials_need_the_switch_and_the_org),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
