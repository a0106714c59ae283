/* dynamics_limits_test.c - tests src/sandbox/dynamics_limits.c by the fact sheet (8), where the
 * client does not look: time, calls at once, several servers. */
#include "dynamics_ask.h"

static void time_runs_out_too_and_going_on_makes_it_longer(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	int64_t first, second;

	set_switch(asker, "call_ms", 600000);
	assert_status(call(asker, "POST", "/leads", "{}"), 204);
	assert_status(call(asker, "POST", "/leads", "{}"), 204);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":200000}");
	a = call(asker, "POST", "/leads", "{}");
	assert_status(a, 429);
	assert_text_at(a, "$.error.code", "0x80072321");
	assert_true(text_int(http_header_find(&a.headers, "Retry-After"), &first));
	assert_true(first > 0 && first <= 120);
	a = call(asker, "POST", "/leads", "{}");
	assert_true(text_int(http_header_find(&a.headers, "Retry-After"), &second));
	assert_true(second > first);
	assert_string_equal(
		http_header_find(&a.headers, "x-ms-ratelimit-time-remaining-xrm-requests"), "0.00");
}

/* A fault that holds answers back makes calls that are under way beside others. */
static void hold_back(struct asker *asker, int count)
{
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  arena_printf(asker->arena,
				       "{\"fault\":\"slow\",\"ms\":600000,\"vendor\":\"dynamics\","
				       "\"count\":%d}",
				       count)),
		      201);
}

static void a_53rd_call_at_once_is_refused(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	hold_back(asker, 52);
	for (int i = 0; i < 52; i++)
		assert_status(call(asker, "GET", "/WhoAmI", NULL), 200);
	a = call(asker, "GET", "/WhoAmI", NULL);
	assert_status(a, 429);
	assert_text_at(a, "$.error.code", "0x80072326");
	assert_string_equal(http_header_find(&a.headers, "Retry-After"), "1");
	set_switch(asker, "at_once", 53);
	assert_status(call(asker, "GET", "/WhoAmI", NULL), 200);
}

static void a_call_that_was_answered_is_under_way_no_more(void **state)
{
	struct asker *asker = *state;
	int tries = 0;

	set_switch(asker, "at_once", 1);
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"slow\",\"ms\":1500,\"vendor\":\"dynamics\",\"count\":1}"),
		      201);
	assert_status(call(asker, "GET", "/WhoAmI", NULL), 200);
	assert_status(call(asker, "GET", "/WhoAmI", NULL), 429);
	set_switch(asker, "call_ms", 0);
	ask(asker, "PATCH", ACCOUNT "/settings", "{\"limits\":{\"requests\":0}}");
	while (call(asker, "GET", "/WhoAmI", NULL).status == 429)
		tries++;
	assert_true(tries > 0);
}

static const char *cookie_of(struct asker *asker, const struct answer *a)
{
	const char *cookie = http_header_find(&a->headers, "Set-Cookie");

	assert_non_null(cookie);
	return arena_printf(asker->arena, "Cookie: %.*s", (int)strcspn(cookie, ";"), cookie);
}

/* Each server has a budget of its own: whoever keeps the cookie has that of one. */
static void a_cookie_pins_to_one_server(void **state)
{
	struct asker *asker = *state;
	const char *cookie;
	struct answer a;

	set_switch(asker, "servers", 3);
	ask(asker, "PATCH", ACCOUNT "/settings",
	    "{\"limits\":{\"requests\":2,\"requests_2\":2,\"requests_3\":2}}");
	a = call(asker, "GET", "/WhoAmI", NULL);
	cookie = cookie_of(asker, &a);
	a = call_with(asker, cookie, "GET", "/WhoAmI", NULL);
	assert_status(a, 200);
	assert_string_equal(cookie_of(asker, &a), cookie);
	assert_status(call_with(asker, cookie, "GET", "/WhoAmI", NULL), 429);
	/* Without it the other two serve as well: two calls each. */
	for (int i = 0, served = 0; served < 4; i++) {
		assert_true(i < 9);
		served += call(asker, "GET", "/WhoAmI", NULL).status == 200;
	}
	for (int i = 0; i < 3; i++)
		assert_status(call(asker, "GET", "/WhoAmI", NULL), 429);
}

static void a_request_may_be_too_large(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "body_max", 20);
	assert_status(call(asker, "POST", "/leads", "{\"lastname\":\"Lee99\"}"), 204);
	a = call(asker, "POST", "/leads", "{\"lastname\":\"Lee100\"}");
	assert_status(a, 413);
	text_at(&a, "$.error.message");
	assert_int_equal(count_rows(asker, "leads"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(time_runs_out_too_and_going_on_makes_it_longer),
		TEST(a_53rd_call_at_once_is_refused),
		TEST(a_call_that_was_answered_is_under_way_no_more),
		TEST(a_cookie_pins_to_one_server),
		TEST(a_request_may_be_too_large),
	};

	return cmocka_run_group_tests_name("sandbox/dynamics_limits", tests, NULL, NULL);
}
