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

/* Changes that follow each other within the switch are one event. */
static void events_are_put_together_or_not(void **state)
{
	struct asker *asker = *state;

	for (int apart_ms = 0; apart_ms <= 60000; apart_ms += 60000) {
		const char *lead = made(asker, "/lead/", "{\"name\":\"Acme\"}");
		const char *path = arena_printf(asker->arena, "/lead/%s/", lead);

		set_switch(asker, "consolidate_ms", apart_ms);
		step(asker, 120000);
		api(asker, "PUT", path, "{\"name\":\"A\"}");
		step(asker, 30000);
		api(asker, "PUT", path, "{\"url\":\"u\"}");
		assert_int_equal(events(asker, arena_printf(asker->arena,
							    "object_type=lead&object_id=%s",
							    lead)),
				 apart_ms ? 2 : 3);
	}
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

/* A receiver that is too slow: what waits is dropped and nothing more is queued (7). */
static void a_long_queue_pauses_a_webhook_and_is_dropped(void **state)
{
	static const char hooks[] = "/_sandbox/webhooks?vendor=close&account=default";
	struct asker *asker = *state;
	struct answer a;
	const char *path;

	set_switch(asker, "backlog_max", 2);
	a = api(asker, "POST", "/webhook/",
		"{\"url\":\"https://a.invalid\",\"events\":[{\"object_type\":\"lead\",\"action\":"
		"\"created\"}]}");
	path = arena_printf(asker->arena, "/webhook/%s/", text_at(&a, "$.id"));
	for (int i = 0; i < 4; i++) {
		a = api(asker, "GET", path, NULL);
		assert_text_at(a, "$.status", i < 3 ? "active" : "paused");
		made(asker, "/lead/", "{}");
	}
	a = ask(asker, "GET", hooks, NULL);
	assert_int_equal(count_at(&a, "$.webhooks"), 3);
	for (int i = 0; i < 3; i++) /* one may be under way */
		assert_string_not_equal(text_at(&a, arena_printf(asker->arena,
								 "$.webhooks[%d].state", i)),
					"due");
	assert_status(api(asker, "PUT", path, "{\"status\":\"active\"}"), 200);
	made(asker, "/lead/", "{}");
	a = ask(asker, "GET", hooks, NULL);
	assert_string_not_equal(text_at(&a, "$.webhooks[3].state"), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_can_be_late_and_lose_their_data),
		TEST(events_are_put_together_or_not),
		TEST(what_a_user_does_is_told_apart_from_what_a_key_does),
		TEST(the_oldest_events_are_forgotten),
		TEST(only_some_filters_go_together),
		TEST(there_are_forty_webhooks_at_most),
		TEST(a_long_queue_pauses_a_webhook_and_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
