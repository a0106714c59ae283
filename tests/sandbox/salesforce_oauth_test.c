/* salesforce_oauth_test.c - tests src/sandbox/salesforce_oauth.c: how long sessions and refresh
 * tokens live, and who is let in. */
#include "base/clock.h"
#include "salesforce_ask.h"

#define APP                                                                                   \
	"&client_id=fairlead-sandbox-consumer-key&client_secret="                             \
	"fairlead-sandbox-consumer-secret"

static struct answer post(struct asker *asker, const char *what, const char *form)
{
	return ask(asker, "POST", arena_printf(asker->arena, "/services/oauth2/%s", what), form);
}

static struct answer refresh(struct asker *asker, const char *token)
{
	return post(asker, "token",
		    arena_printf(asker->arena, "grant_type=refresh_token&refresh_token=%s" APP,
				 token));
}

/* A person lets the app in; gives its refresh token. */
static const char *approve(struct asker *asker)
{
	struct answer a = ask(asker, "GET",
			      "/services/oauth2/authorize?response_type=code&client_id="
			      "fairlead-sandbox-consumer-key&redirect_uri=https://f.example/cb&"
			      "sandbox_approve=default",
			      NULL);
	const char *location = http_header_find(&a.headers, "Location"), *code;

	assert_non_null(location);
	code = strstr(location, "code=");
	assert_non_null(code);
	code += strlen("code=");
	a = post(asker, "token",
		 arena_printf(asker->arena,
			      "grant_type=authorization_code&code=%.*s&redirect_uri="
			      "https://f.example/cb" APP,
			      (int)strcspn(code, "&"), code));
	assert_status(a, 200);
	return arena_strdup(asker->arena, text_at(&a, "$.refresh_token"));
}

static void a_sixth_approval_ends_the_oldest(void **state)
{
	struct asker *asker = *state;
	struct answer a = refresh(asker, "5Aep861-sandbox-default");
	const char *first, *session = arena_strdup(asker->arena, text_at(&a, "$.access_token"));

	pass_time(asker, 1000);
	first = approve(asker);
	for (int i = 0; i < 3; i++)
		approve(asker);
	assert_status(refresh(asker, "5Aep861-sandbox-default"), 200);
	approve(asker); /* the sixth, with the one that every account begins with */
	a = refresh(asker, "5Aep861-sandbox-default");
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
	assert_status(refresh(asker, first), 200);
	asker->token = session;
	assert_status(call(asker, "GET", "/limits", NULL), 401);
}

static void a_session_that_is_used_goes_on(void **state)
{
	struct asker *asker = *state;
	struct answer a = refresh(asker, "5Aep861-sandbox-default");

	asker->token = arena_strdup(asker->arena, text_at(&a, "$.access_token"));
	for (int i = 0; i < 4; i++) {
		pass_time(asker, 70 * CLOCK_MINUTE);
		assert_status(call(asker, "GET", "/limits", NULL), 200);
	}
	pass_time(asker, 121 * CLOCK_MINUTE);
	a = call(asker, "GET", "/limits", NULL);
	assert_status(a, 401);
	assert_text_at(a, "$[0].errorCode", "INVALID_SESSION_ID");
}

static void a_refresh_token_ends_as_the_customer_says(void **state)
{
	struct asker *asker = *state;

	set_switch(asker, "refresh_unused_ms", 1000000);
	pass_time(asker, 900000);
	assert_status(refresh(asker, "5Aep861-sandbox-default"), 200);
	pass_time(asker, 900000);
	assert_status(refresh(asker, "5Aep861-sandbox-default"), 200);
	set_switch(asker, "refresh_life_ms", 1000000);
	assert_status(refresh(asker, "5Aep861-sandbox-default"), 400);
	set_switch(asker, "refresh_life_ms", 0);
	pass_time(asker, 1000001);
	assert_status(refresh(asker, "5Aep861-sandbox-default"), 400);
}

static void an_inactive_user_is_not_let_in(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "PATCH", SF_ACCOUNT "/records/User/0055g0000000001AAA",
			      "{\"IsActive\":false}");

	assert_status(a, 200);
	a = refresh(asker, "5Aep861-sandbox-default");
	assert_status(a, 400);
	assert_text_at(a, "$.error", "inactive_user");
}

static void without_a_refresh_token_some_scopes_are_stripped(void **state)
{
	struct asker *asker = *state;
	struct answer a = post(asker, "token",
			       "grant_type=client_credentials&scope=api+full+web+id" APP);

	assert_status(a, 200);
	assert_text_at(a, "$.scope", "api id");
	assert_null(json_at(a.json, "$.refresh_token"));
}

static void a_token_is_introspected_by_its_app(void **state)
{
	struct asker *asker = *state;
	struct answer a = refresh(asker, "5Aep861-sandbox-default");
	const char *form = arena_printf(asker->arena, "token=%s" APP,
					text_at(&a, "$.access_token"));

	a = post(asker, "introspect", form);
	assert_status(a, 200);
	assert_true(json_is_true(json_at(a.json, "$.active")));
	assert_text_at(a, "$.token_type", "access_token");
	pass_time(asker, 3 * CLOCK_HOUR);
	a = post(asker, "introspect", form);
	assert_true(json_is_false(json_at(a.json, "$.active")));
	a = post(asker, "introspect", "token=x" APP);
	assert_true(json_is_false(json_at(a.json, "$.active")));
	assert_status(post(asker, "introspect", "token=x&client_id=x"), 400);
	assert_status(post(asker, "introspect",
			   "token=x&client_id=fairlead-sandbox-consumer-key&client_secret=x"),
		      400);
}

static void an_address_too_long_is_414(void **state)
{
	struct asker *asker = *state;
	char *query = arena_alloc(asker->arena, 17001);

	memset(query, 'a', 17000);
	query[17000] = '\0';
	assert_status(call(asker, "GET", arena_printf(asker->arena, "/query?q=%s", query), NULL),
		      414);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sixth_approval_ends_the_oldest),
		TEST(a_session_that_is_used_goes_on),
		TEST(a_refresh_token_ends_as_the_customer_says),
		TEST(an_inactive_user_is_not_let_in),
		TEST(without_a_refresh_token_some_scopes_are_stripped),
		TEST(a_token_is_introspected_by_its_app),
		TEST(an_address_too_long_is_414),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
