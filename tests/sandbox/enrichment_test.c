/* enrichment_test.c - tests src/sandbox/enrichment.c: a page of the provider's API, as
 * docs/sandbox.md describes it. */
#include "ask.h"

#define SETTINGS "/_sandbox/accounts/enrichment/default/settings"

static int setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->token = "enrichment-sandbox-key";
	asker->base = "/enrichment/v1";
	return rc;
}

static struct answer look_up(struct asker *asker, const char *email)
{
	return ask(asker, "POST", "/lookups",
		   arena_printf(asker->arena, "{\"email\":\"%s\"}", email));
}

static void everything_is_known_of_most(void **state)
{
	struct asker *asker = *state;
	struct answer a = look_up(asker, "ann@acme.test"), again;

	assert_status(a, 200);
	assert_text_at(a, "$.status", "found");
	assert_text_at(a, "$.matched_on", "email");
	assert_text_at(a, "$.person.email", "ann@acme.test");
	text_at(&a, "$.person.title");
	text_at(&a, "$.company.name");
	assert_true(int_at(&a, "$.company.employees") > 0);
	again = look_up(asker, "ann@acme.test");
	assert_string_equal(text_at(&a, "$.company.name"), text_at(&again, "$.company.name"));
	assert_string_not_equal(text_at(&a, "$.id"), text_at(&again, "$.id"));
}

static void a_phone_or_a_domain_will_do(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/lookups", "{\"phone\":\"+919845012345\"}");

	assert_text_at(a, "$.matched_on", "phone");
	a = ask(asker, "POST", "/lookups", "{\"domain\":\"acme.test\"}");
	assert_text_at(a, "$.matched_on", "domain");
}

static void of_some_a_part_is_known(void **state)
{
	struct asker *asker = *state;
	struct answer a = look_up(asker, "partly@acme.test");

	assert_status(a, 200);
	assert_text_at(a, "$.status", "partial");
	text_at(&a, "$.person.first_name");
	assert_true(json_is_null(json_at(a.json, "$.person.title")));
	assert_true(json_is_null(json_at(a.json, "$.company")));
	assert_true(json_real_value(json_at(a.json, "$.confidence")) < 0.5);
}

static void of_some_it_takes_a_while(void **state)
{
	struct asker *asker = *state;
	struct answer a = look_up(asker, "slowly@acme.test");
	const char *path;

	assert_status(a, 202);
	assert_text_at(a, "$.status", "pending");
	assert_string_equal(http_header_find(&a.headers, "Retry-After"), "5");
	path = arena_printf(asker->arena, "/lookups/%s", text_at(&a, "$.id"));
	assert_status(ask(asker, "GET", path, NULL), 202);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":5000}");
	a = ask(asker, "GET", path, NULL);
	assert_status(a, 200);
	assert_text_at(a, "$.status", "found");
	assert_text_at(a, "$.person.email", "slowly@acme.test");
	put_switch(asker, "enrichment", "slow_ms", 60000);
	a = look_up(asker, "slowly2@acme.test");
	assert_string_equal(http_header_find(&a.headers, "Retry-After"), "60");
	path = arena_printf(asker->arena, "/lookups/%s", text_at(&a, "$.id"));
	pass_time(asker, 59000);
	assert_status(ask(asker, "GET", path, NULL), 202);
	pass_time(asker, 1000);
	assert_status(ask(asker, "GET", path, NULL), 200);
}

static void a_late_answer_is_posted_where_it_is_wanted(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/lookups",
			      "{\"email\":\"slowly@acme.test\",\"callback_url\":"
			      "\"https://f.invalid/e\"}");
	const char *id = text_at(&a, "$.id");

	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":5000}");
	a = ask(asker, "GET", "/_sandbox/webhooks?vendor=enrichment&account=default", NULL);
	assert_text_at(a, "$.webhooks[0].url", "https://f.invalid/e");
	assert_text_at(a, "$.webhooks[0].events[0].id", id);
	assert_text_at(a, "$.webhooks[0].events[0].status", "found");
}

static void of_some_the_answer_is_wrong(void **state)
{
	struct asker *asker = *state;
	struct answer a = look_up(asker, "wrongly@acme.test");

	assert_status(a, 200);
	assert_string_not_equal(text_at(&a, "$.person.email"), "wrongly@acme.test");
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"mistake\":1}}");
	a = look_up(asker, "wrongly@acme.test");
	assert_text_at(a, "$.confidence", "high");
	assert_text_at(a, "$.company.employees", "many");
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"mistake\":2}}");
	a = look_up(asker, "wrongly@acme.test");
	assert_text_at(a, "$.person.first_name", "N/A");
}

static void of_some_nothing_is_known(void **state)
{
	struct asker *asker = *state;
	struct answer a = look_up(asker, "nobody@acme.test");

	assert_status(a, 404);
	assert_text_at(a, "$.status", "not_found");
}

static void a_switch_decides_for_everybody(void **state)
{
	static const struct {
		int answers, status;
		const char *said;
	} rows[] = { { 1, 200, "found" },   { 2, 200, "partial" },   { 3, 202, "pending" },
		     { 4, 200, "found" },   { 5, 404, "not_found" } };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		ask(asker, "PATCH", SETTINGS,
		    arena_printf(asker->arena, "{\"switches\":{\"answers\":%d}}",
				 rows[i].answers));
		a = look_up(asker, "nobody@acme.test");
		assert_status(a, rows[i].status);
		assert_text_at(a, "$.status", rows[i].said);
	}
}

/* A fault can look at the person too. */
static void of_one_there_is_no_answer_at_all(void **state)
{
	struct asker *asker = *state;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"close\",\"vendor\":\"enrichment\",\"body\":\"silent@\"}");
	assert_int_equal(look_up(asker, "silent@acme.test").status, 0);
	assert_status(look_up(asker, "ann@acme.test"), 200);
}

static void credits_and_limits_are_spent(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"credits\":1,\"minute\":3}}");
	a = look_up(asker, "ann@acme.test");
	assert_string_equal(http_header_find(&a.headers, "X-Credits-Remaining"), "0");
	a = look_up(asker, "bob@acme.test");
	assert_status(a, 402);
	assert_text_at(a, "$.code", "no_credits");
	look_up(asker, "bob@acme.test");
	a = look_up(asker, "bob@acme.test");
	assert_status(a, 429);
	assert_non_null(http_header_find(&a.headers, "Retry-After"));
}

static void what_is_no_lookup_is_refused(void **state)
{
	struct asker *asker = *state;

	assert_status(ask(asker, "POST", "/lookups", "{}"), 422);
	assert_status(ask(asker, "POST", "/lookups", "{\"email\":\"x\"}"), 422);
	assert_status(ask(asker, "POST", "/lookups", "{"), 400);
	assert_status(ask(asker, "GET", "/lookups/none", NULL), 404);
	asker->token = "wrong";
	assert_status(look_up(asker, "ann@acme.test"), 401);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_known_of_most),
		TEST(a_phone_or_a_domain_will_do),
		TEST(of_some_a_part_is_known),
		TEST(of_some_it_takes_a_while),
		TEST(a_late_answer_is_posted_where_it_is_wanted),
		TEST(of_some_the_answer_is_wrong),
		TEST(of_some_nothing_is_known),
		TEST(a_switch_decides_for_everybody),
		TEST(of_one_there_is_no_answer_at_all),
		TEST(credits_and_limits_are_spent),
		TEST(what_is_no_lookup_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
