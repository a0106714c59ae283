/* copper_webhooks_test.c - tests src/sandbox/copper_webhooks.c and copper_notify.c (7): what is
 * told to whom. */
#include "copper_ask.h"

#define SETTINGS "/_sandbox/accounts/copper/default/settings"

/* What was queued, once what happens alike has been put together. */
static struct answer told(struct asker *asker)
{
	pass_time(asker, 1000);
	return ask(asker, "GET", "/_sandbox/webhooks?vendor=copper&account=default", NULL);
}

static void listen_to(struct asker *asker, const char *type, const char *event)
{
	assert_status(call(asker, "POST", "/webhooks",
			   arena_printf(asker->arena,
					"{\"target\":\"https://f.invalid/h\",\"type\":\"%s\","
					"\"event\":\"%s\"}",
					type, event)),
		      200);
}

static void a_webhook_tells_ids_secrets_and_what_changed(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	struct answer a = call(asker, "POST", "/webhooks",
			       "{\"target\":\"https://f.invalid/h\",\"type\":\"lead\","
			       "\"event\":\"update\",\"secret\":{\"fl_secret\":\"s3cr3t\"}}");

	assert_status(a, 200);
	call(asker, "PUT", at(asker, "/leads", id),
	     "{\"title\":\"CEO\",\"custom_fields\":[{\"custom_field_definition_id\":100764,"
	     "\"value\":\"fall\"}]}");
	a = told(asker);
	assert_int_equal(int_at(&a, "$.webhooks[0].events[0].ids[0]"), id);
	assert_text_at(a, "$.webhooks[0].events[0].fl_secret", "s3cr3t");
	assert_text_at(a, "$.webhooks[0].events[0].updated_attributes.title[0]", "CTO");
	assert_text_at(a, "$.webhooks[0].events[0].updated_attributes.title[1]", "CEO");
	assert_text_at(a, "$.webhooks[0].events[0].updated_attributes.custom_fields.100764[1]",
		       "fall");
}

/* An address that nothing can be posted to is none, and plain http is for rehearsals. */
static void a_webhook_goes_to_an_https_address(void **state)
{
	static const struct {
		const char *target;
		int status, status_by_http;
	} rows[] = {
		{ "https://f.example/h", 200, 200 },
		{ "http://f.example/h", 422, 200 },
		{ "https://", 422, 422 },
		{ "https://f example/h", 422, 422 },
		{ "https://a:b@f.example/", 422, 422 },
		{ "smtp://f.example/h", 422, 422 },
		{ "", 422, 422 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i % ARRAY_LEN(rows);
		bool by_http = i >= ARRAY_LEN(rows);

		put_switch(asker, "copper", "webhooks_by_http", by_http);
		assert_status(call(asker, "POST", "/webhooks",
				   arena_printf(asker->arena,
						"{\"target\":\"%s\",\"type\":\"lead\","
						"\"event\":\"new\"}", rows[row].target)),
			      by_http ? rows[row].status_by_http : rows[row].status);
	}
}

static void secrets_of_a_webhook_may_have_a_prefix(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	put_switch(asker, "copper", "secret_prefix", 1);
	assert_status(call(asker, "POST", "/webhooks",
			   "{\"target\":\"https://f.invalid/h\",\"type\":\"lead\",\"event\":"
			   "\"new\",\"secret\":{\"fl\":\"s3cr3t\"}}"),
		      200);
	add(asker, "/leads", ANN);
	a = told(asker);
	assert_text_at(a, "$.webhooks[0].events[0].secret_field_fl", "s3cr3t");
	assert_null(json_at(a.json, "$.webhooks[0].events[0].fl"));
}

/* One to thirty ids in one message, and what changed when it is the same (7). */
static void what_happens_alike_is_told_together(void **state)
{
	struct asker *asker = *state;
	int64_t first = add(asker, "/leads", ANN), second = add(asker, "/leads", ANN);
	struct answer a;

	listen_to(asker, "lead", "new");
	listen_to(asker, "lead", "update");
	for (int i = 0; i < 31; i++)
		add(asker, "/leads", "{\"name\":\"A\"}");
	call(asker, "PUT", at(asker, "/leads", first), "{\"title\":\"CEO\"}");
	call(asker, "PUT", at(asker, "/leads", second), "{\"title\":\"CEO\"}");
	call(asker, "PUT", at(asker, "/leads", second), "{\"title\":\"CIO\"}");
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 4);
	assert_int_equal(count_at(&a, "$.webhooks[0].events[0].ids"), 30);
	assert_null(json_at(a.json, "$.webhooks[0].events[0].updated_attributes"));
	assert_int_equal(count_at(&a, "$.webhooks[1].events[0].ids"), 1);
	assert_int_equal(count_at(&a, "$.webhooks[2].events[0].ids"), 2);
	assert_text_at(a, "$.webhooks[3].events[0].updated_attributes.title[1]", "CIO");
}

static void the_account_is_told_so_much_and_no_more(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	listen_to(asker, "lead", "new");
	listen_to(asker, "person", "new");
	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"notifications_minute\":1}}");
	add(asker, "/leads", "{\"name\":\"A\"}");
	add(asker, "/people", "{\"name\":\"B\"}");
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1); /* the other is lost for good */
	pass_time(asker, 60000);
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	ask(asker, "PATCH", SETTINGS,
	    "{\"limits\":{\"notifications_minute\":600,\"notifications_ten_minutes\":1}}");
	add(asker, "/leads", "{\"name\":\"A\"}");
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
}

static void a_webhook_may_lag_and_is_not_sent_once_it_is_gone(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	put_switch(asker, "copper", "webhook_lag_ms", 900000);
	listen_to(asker, "lead", "new");
	add(asker, "/leads", "{\"name\":\"A\"}");
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 0);
	pass_time(asker, 900000);
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	add(asker, "/leads", "{\"name\":\"B\"}");
	a = call(asker, "GET", "/webhooks", NULL);
	call(asker, "DELETE", at(asker, "/webhooks", int_at(&a, "$[0].id")), NULL);
	pass_time(asker, 900000);
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
}

/* Relations, activities and what changes nothing are not told of. */
static void what_changes_nothing_is_not_told(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	const char *call_of = arena_printf(asker->arena,
					   "{\"parent\":{\"type\":\"lead\",\"id\":%lld},"
					   "\"type\":{\"category\":\"user\",\"id\":190711}}",
					   (long long)id);
	struct answer a;

	listen_to(asker, "lead", "update");
	call(asker, "PUT", at(asker, "/leads", id), "{\"title\":\"CTO\"}");
	add(asker, "/activities", call_of); /* it counts, and nobody is told */
	a = told(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 0);
	assert_status(call(asker, "POST", "/webhooks",
			   "{\"target\":\"https://f.invalid/h\",\"type\":\"activity_log\","
			   "\"event\":\"new\"}"),
		      422);
	put_switch(asker, "copper", "activity_log", 1);
	listen_to(asker, "activity_log", "new");
	add(asker, "/activities", call_of);
	a = told(asker);
	assert_text_at(a, "$.webhooks[0].events[0].type", "activity_log");
}

static void every_type_is_told_of_made_changed_and_deleted(void **state)
{
	static const char *const types[][2] = {
		{ "lead", "/leads" },		{ "person", "/people" },
		{ "company", "/companies" },	{ "opportunity", "/opportunities" },
		{ "project", "/projects" },	{ "task", "/tasks" },
	};
	static const char *const events[] = { "new", "update", "delete" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct answer a;
		int64_t id;

		for (size_t j = 0; j < ARRAY_LEN(events); j++)
			listen_to(asker, types[i][0], events[j]);
		id = add(asker, types[i][1], "{\"name\":\"A\"}");
		call(asker, "PUT", at(asker, types[i][1], id), "{\"name\":\"B\"}");
		call(asker, "DELETE", at(asker, types[i][1], id), NULL);
		a = told(asker);
		assert_int_equal(count_at(&a, "$.webhooks"), 3 * (i + 1));
		for (size_t j = 0; j < ARRAY_LEN(events); j++) {
			const char *place = arena_printf(asker->arena, "$.webhooks[%zu].events[0]",
							 3 * i + j);

			assert_text_at(a, arena_printf(asker->arena, "%s.type", place),
				       types[i][0]);
			assert_text_at(a, arena_printf(asker->arena, "%s.event", place),
				       events[j]);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_webhook_tells_ids_secrets_and_what_changed),
		TEST(a_webhook_goes_to_an_https_address),
		TEST(secrets_of_a_webhook_may_have_a_prefix),
		TEST(what_happens_alike_is_told_together),
		TEST(the_account_is_told_so_much_and_no_more),
		TEST(a_webhook_may_lag_and_is_not_sent_once_it_is_gone),
		TEST(what_changes_nothing_is_not_told),
		TEST(every_type_is_told_of_made_changed_and_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
