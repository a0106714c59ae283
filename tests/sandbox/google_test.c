/* google_test.c - tests src/sandbox/google.c by the fact sheet: what Google posts. That it is
 * posted, and what becomes of the answers: tests/e2e/sandbox_webhooks_test.py. */
#include "ask.h"

#define ACCOUNT "/_sandbox/accounts/google/default"

static const char *form(struct asker *asker)
{
	struct answer a = ask(asker, "GET", ACCOUNT, NULL);
	const char *id = text_at(&a, "$.credentials.form_ids[0]");

	a = ask(asker, "PATCH", arena_printf(asker->arena, ACCOUNT "/records/forms/%s", id),
		"{\"webhook_url\":\"https://f.invalid/in/g\"}");
	assert_status(a, 200);
	return id;
}

/* The posts that wait, after one more lead. */
static struct answer lead(struct asker *asker, const char *values)
{
	assert_status(ask(asker, "POST", ACCOUNT "/records/leads", values), 201);
	return ask(asker, "GET", "/_sandbox/webhooks?vendor=google&account=default", NULL);
}

static void set(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", ACCOUNT "/settings",
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

static void a_lead_has_ids_key_and_columns(void **state)
{
	struct asker *asker = *state;
	const char *id = form(asker);
	struct answer a = lead(asker, "{\"gcl_id\":\"EAIaIQob\",\"user_column_data\":[{"
				      "\"column_id\":\"EMAIL\",\"string_value\":"
				      "\"asha@example.in\"}]}");

	assert_text_at(a, "$.webhooks[0].url", "https://f.invalid/in/g");
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].events[0].lead_id"), "Cj0KCQiA"));
	assert_text_at(a, "$.webhooks[0].events[0].api_version", "1.0");
	assert_string_equal(arena_printf(asker->arena, "%lld",
					 (long long)int_at(&a, "$.webhooks[0].events[0].form_id")),
			    id);
	assert_true(int_at(&a, "$.webhooks[0].events[0].campaign_id") > (INT64_C(1) << 53));
	assert_int_equal(int_at(&a, "$.webhooks[0].events[0].asset_group_id"), 0);
	assert_text_at(a, "$.webhooks[0].events[0].google_key", "google-sandbox-key");
	assert_text_at(a, "$.webhooks[0].events[0].gcl_id", "EAIaIQob");
	assert_text_at(a, "$.webhooks[0].events[0].lead_stage", "");
	assert_true(json_is_false(json_at(a.json, "$.webhooks[0].events[0].is_test")));
	assert_int_equal(strlen(text_at(&a, "$.webhooks[0].events[0].lead_submit_time")), 20);
	assert_text_at(a, "$.webhooks[0].events[0].user_column_data[0].string_value",
		       "asha@example.in");
}

static void a_form_without_an_address_posts_nothing(void **state)
{
	struct asker *asker = *state;
	struct answer a = lead(asker, "{}");

	assert_int_equal(count_at(&a, "$.webhooks"), 0);
}

static void a_test_lead_says_so(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	form(asker);
	a = lead(asker, "{\"is_test\":true}");
	assert_true(json_is_true(json_at(a.json, "$.webhooks[0].events[0].is_test")));
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].events[0].lead_id"), "TeSter-123-"));
	assert_text_at(a, "$.webhooks[0].events[0].user_column_data[2].string_value",
		       "test@example.com");
}

static void a_lead_without_answers_is_an_invented_person(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	form(asker);
	a = lead(asker, "{}");
	assert_text_at(a, "$.webhooks[0].events[0].user_column_data[0].column_id", "FULL_NAME");
	assert_text_at(a, "$.webhooks[0].events[0].user_column_data[1].column_name",
		       "User Phone");
	/* Names may be missing. */
	assert_null(json_at(a.json, "$.webhooks[0].events[0].user_column_data[2].column_name"));
	assert_text_at(a, "$.webhooks[0].events[0].user_column_data[4].column_name",
		       "Which flat size?");
	set(asker, "column_names", 1);
	a = lead(asker, "{}");
	assert_text_at(a, "$.webhooks[1].events[0].user_column_data[2].column_name",
		       "User Email");
	assert_string_not_equal(text_at(&a, "$.webhooks[0].events[0].lead_id"),
				text_at(&a, "$.webhooks[1].events[0].lead_id"));
}

static void awkward_posts(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	form(asker);
	set(asker, "wrong_key", 1);
	set(asker, "more_members", 1);
	set(asker, "webhook_repeat", 1);
	a = lead(asker, "{}");
	assert_int_equal(count_at(&a, "$.webhooks"), 2);
	assert_string_equal(text_at(&a, "$.webhooks[0].events[0].lead_id"),
			    text_at(&a, "$.webhooks[1].events[0].lead_id"));
	assert_string_not_equal(text_at(&a, "$.webhooks[0].events[0].google_key"),
				"google-sandbox-key");
	assert_non_null(json_at(a.json, "$.webhooks[0].events[0].later_addition"));
}

static void a_performance_max_form_has_an_asset_group(void **state)
{
	struct asker *asker = *state;
	const char *id = form(asker);
	struct answer a;

	ask(asker, "PATCH", arena_printf(asker->arena, ACCOUNT "/records/forms/%s", id),
	    "{\"asset_group_id\":6001,\"google_key\":\"other\"}");
	a = lead(asker, "{}");
	assert_int_equal(int_at(&a, "$.webhooks[0].events[0].asset_group_id"), 6001);
	assert_text_at(a, "$.webhooks[0].events[0].google_key", "other");
}

static void many_people_by_seeding(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	form(asker);
	ask(asker, "POST", ACCOUNT "/seed", "{\"count\":20,\"seed\":5}");
	a = lead(asker, "{}");
	assert_int_equal(count_at(&a, "$.webhooks"), 21);
	assert_string_not_equal(
		text_at(&a, "$.webhooks[0].events[0].user_column_data[2].string_value"),
		text_at(&a, "$.webhooks[1].events[0].user_column_data[2].string_value"));
	assert_status(ask(asker, "GET", "/google/v22/customers/1", NULL), 501);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lead_has_ids_key_and_columns),
		TEST(a_form_without_an_address_posts_nothing),
		TEST(a_test_lead_says_so),
		TEST(a_lead_without_answers_is_an_invented_person),
		TEST(awkward_posts),
		TEST(a_performance_max_form_has_an_asset_group),
		TEST(many_people_by_seeding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
