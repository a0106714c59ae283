/* close_events_test.c - tests src/sandbox/close_events.c, close_log.c and close_webhooks.c
 * where the vendor's client does not look (7). */
#include "close_ask.h"

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

static void the_oldest_events_are_forgotten(void **state)
{
	struct asker *asker = *state;
	const char *first = made(asker, "/lead/", "{\"name\":\"Acme\"}"), *last = "";
	struct answer a;

	set_switch(asker, "events_kept", 10);
	for (int i = 0; i < 12; i++)
		last = made(asker, "/lead/", "{}");
	a = api(asker, "GET", "/event/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 8);
	assert_text_at(a, "$.data[0].object_id", last);
	assert_int_equal(events(asker, arena_printf(asker->arena, "lead_id=%s", first)), 0);
	/* What comes after is told of and put together as before. */
	step(asker, 60000);
	assert_status(api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", first),
			  "{\"name\":\"A\"}"),
		      200);
	assert_status(api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", first),
			  "{\"url\":\"u\"}"),
		      200);
	assert_int_equal(events(asker, arena_printf(asker->arena, "lead_id=%s", first)), 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_can_be_late_and_lose_their_data),
		TEST(what_a_user_does_is_told_apart_from_what_a_key_does),
		TEST(the_oldest_events_are_forgotten),
		TEST(only_some_filters_go_together),
		TEST(there_are_forty_webhooks_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
