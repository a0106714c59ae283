/* pipedrive_test.c - tests src/sandbox/pipedrive*.c where the vendor's client does not
 * look: the error catalogue (9), costs and the two kinds of 429 (8), what the doubts of
 * the sheet can be set to. */
#include "ask.h"

#define SETTINGS "/_sandbox/accounts/pipedrive/default/settings"
#define UNKNOWN_LEAD "/api/v1/leads/3b1c6a40-0aa1-11f1-9a52-1f2a3b4c5d6e"

static int setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->base = "/pipedrive";
	asker->token = "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db";
	assert_status(ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"burst\":1000}}"), 200);
	return rc;
}

static void set_switch(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", SETTINGS,
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

static int64_t person(struct asker *asker, const char *body)
{
	struct answer a = ask(asker, "POST", "/api/v2/persons", body);

	assert_status(a, 200);
	return int_at(&a, "$.data.id");
}

/* --- the error catalogue, row by row --- */

static void a_bad_token_is_401_with_the_gateway_s_headers(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	asker->token = "nope";
	a = ask(asker, "GET", "/api/v2/persons", NULL);
	assert_status(a, 401);
	assert_text_at(a, "$.error", "unauthorized access");
	assert_text_at(a, "$.error_info", "Please check developers.pipedrive.com");
	assert_int_equal(int_at(&a, "$.errorCode"), 401);
	assert_string_equal(http_header_find(&a.headers, "x-401-by-gw"), "true");
	assert_non_null(http_header_find(&a.headers, "x-correlation-id"));
}

static void bad_values_are_400(void **state)
{
	static const struct {
		const char *method, *path, *body, *error;
	} rows[] = {
		{ "POST", "/api/v2/persons", "{}", "Validation failed: name: Required" },
		{ "POST", "/api/v2/persons", "{\"name\":\"A\",\"owner_id\":\"9\"}",
		  "Validation failed: owner_id: Entity was not found" },
		{ "POST", "/api/v2/persons", "{\"name\":\"A\",\"visible_to\":2}",
		  "Validation failed: visible_to: Expected 1, 3, 5 or 7" },
		{ "POST", "/api/v2/persons", "{\"name\":\"A\",\"emails\":\"a@b.example\"}",
		  "Validation failed: emails: Expected array of {value, primary, label}" },
		{ "POST", "/api/v2/persons", "{\"name\":\"A\",\"custom_fields\":{\"ab\":1}}",
		  "Validation failed: custom_fields.ab: Unknown field" },
		{ "POST", "/api/v2/deals", "{\"title\":\"A\",\"value\":\"1\"}",
		  "Validation failed: value: Expected number" },
		{ "POST", "/api/v2/deals", "{\"title\":\"A\",\"status\":\"maybe\"}",
		  "Validation failed: status: Invalid option" },
		{ "POST", "/api/v2/deals", "{\"title\":\"A\",\"expected_close_date\":\"soon\"}",
		  "Validation failed: expected_close_date: Expected date YYYY-MM-DD" },
		{ "POST", "/api/v2/activities", "{\"done\":1}",
		  "Validation failed: done: Expected boolean" },
		{ "POST", "/api/v1/leads", "{\"title\":\"A\"}",
		  "A lead must be linked to a person or an organization" },
		{ "POST", "/api/v1/leads", "{\"person_id\":1}",
		  "Validation failed: person_id: Entity was not found" },
		{ "POST", "/api/v1/notes", "{\"content\":\"x\"}",
		  "Note must be attached to a lead, deal, person or organization" },
		{ "POST", "/api/v2/personFields", "{\"field_name\":\"A\",\"field_type\":\"x\"}",
		  "Validation failed: field_type: Invalid enum value" },
		{ "POST", "/api/v2/personFields",
		  "{\"field_name\":\"A\",\"field_type\":\"enum\"}",
		  "Validation failed: options: Required" },
		{ "GET", "/api/v2/persons?limit=501", NULL,
		  "Validation failed: limit: Expected 1 to 500" },
		{ "GET", "/api/v2/itemSearch?term=ab&limit=101", NULL,
		  "Validation failed: limit: Expected 1 to 100" },
		{ "GET", "/api/v2/persons/abc", NULL, "Validation failed: id: Expected number" },
		{ "GET", "/api/v1/recents?since_timestamp=2026-01-01", NULL,
		  "Bad request: since_timestamp is YYYY-MM-DD HH:MM:SS" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = ask(asker, rows[i].method, rows[i].path, rows[i].body);

		assert_status(a, 400);
		assert_text_at(a, "$.error", rows[i].error);
		assert_true(json_is_null(json_object_get(a.json, "data")));
		assert_true(json_is_null(json_object_get(a.json, "additional_data")));
	}
}

static void text_that_is_too_long_is_400(void **state)
{
	struct asker *asker = *state;
	char name[257] = "";
	struct answer a;

	memset(name, 'x', 256);
	a = ask(asker, "POST", "/api/v2/persons",
		arena_printf(asker->arena, "{\"name\":\"%s\"}", name));
	assert_status(a, 400);
	assert_text_at(a, "$.error", "Validation failed: name: Value is too long");
	person(asker, arena_printf(asker->arena, "{\"name\":\"%.255s\"}", name));
}

static void what_is_not_there_is_404(void **state)
{
	static const char *const paths[] = { "/api/v2/persons/999999", "/api/v2/deals/999999",
					     "/api/v2/personFields/nope" };
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		a = ask(asker, "GET", paths[i], NULL);
		assert_status(a, 404);
		assert_text_at(a, "$.error", "Entity was not found");
		assert_text_at(a, "$.error_info", "Object was not found.");
	}
	a = ask(asker, "GET", UNKNOWN_LEAD, NULL);
	assert_status(a, 404);
	assert_text_at(a, "$.error", "requested lead not found");
}

static void switches_bring_the_company_s_own_refusals(void **state)
{
	static const struct {
		const char *name;
		int value;
		const char *method, *path, *body;
		int status;
	} rows[] = {
		{ "account_closed", 1, "GET", "/api/v2/persons", NULL, 402 },
		{ "leads_off", 1, "POST", "/api/v1/leads", "{\"title\":\"A\"}", 415 },
		{ "custom_fields_crash", 0, "POST", "/api/v2/persons",
		  "{\"name\":\"A\",\"custom_fields\":[]}", 400 },
		{ "custom_fields_crash", 1, "POST", "/api/v2/persons",
		  "{\"name\":\"A\",\"custom_fields\":[]}", 500 },
		{ "unknown_keys_fail", 0, "POST", "/api/v2/persons",
		  "{\"name\":\"A\",\"colour\":\"red\"}", 200 },
		{ "unknown_keys_fail", 1, "POST", "/api/v2/persons",
		  "{\"name\":\"A\",\"colour\":\"red\"}", 400 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		set_switch(asker, rows[i].name, rows[i].value);
		a = ask(asker, rows[i].method, rows[i].path, rows[i].body);
		assert_status(a, rows[i].status);
		if (rows[i].status == 500)
			assert_text_at(a, "$.code", "ERR_UNKNOWN");
		set_switch(asker, rows[i].name, 0);
	}
}

static void the_plan_caps_deals_with_403(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "deals_max", 1);
	assert_status(ask(asker, "POST", "/api/v2/deals", "{\"title\":\"A\"}"), 200);
	a = ask(asker, "POST", "/api/v2/deals", "{\"title\":\"B\"}");
	assert_status(a, 403);
	assert_text_at(a, "$.code", "feature_capping_deals_limit");
}

static void contact_sync_fields_are_403(void **state)
{
	struct asker *asker = *state;

	assert_status(ask(asker, "POST", "/api/v2/persons",
			  "{\"name\":\"A\",\"job_title\":\"Buyer\"}"),
		      403);
}

static void a_deleted_person_may_be_404_410_or_shown(void **state)
{
	struct asker *asker = *state;
	const char *path = arena_printf(asker->arena, "/api/v2/persons/%d",
					(int)person(asker, "{\"name\":\"Jo\"}"));
	struct answer a;

	assert_status(ask(asker, "DELETE", path, NULL), 200);
	assert_status(ask(asker, "GET", path, NULL), 404);
	set_switch(asker, "deleted_read", 410);
	assert_status(ask(asker, "GET", path, NULL), 410);
	set_switch(asker, "deleted_read", 200);
	a = ask(asker, "GET", path, NULL);
	assert_status(a, 200);
	assert_true(json_is_true(json_at(a.json, "$.data.is_deleted")));
	a = ask(asker, "GET", "/api/v2/persons", NULL);
	assert_int_equal(count_at(&a, "$.data"), 0);
	pass_time(asker, 29LL * 86400000);
	assert_status(ask(asker, "GET", path, NULL), 200);
	pass_time(asker, 86400000);
	assert_status(ask(asker, "GET", path, NULL), 404);
}

static void a_deleted_deal_is_listed_for_thirty_days(void **state)
{
	static const char list[] = "/api/v2/deals?status=deleted";
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/api/v2/deals", "{\"title\":\"North\"}");

	assert_status(ask(asker, "DELETE",
			  arena_printf(asker->arena, "/api/v2/deals/%d", (int)int_at(&a, "$.data.id")),
			  NULL),
		      200);
	a = ask(asker, "GET", list, NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	pass_time(asker, 30LL * 86400000);
	a = ask(asker, "GET", list, NULL);
	assert_int_equal(count_at(&a, "$.data"), 0);
}

static void the_forty_first_webhook_is_422(void **state)
{
	static const char body[] = "{\"subscription_url\":\"https://f.example/x\","
				   "\"event_action\":\"*\",\"event_object\":\"person\","
				   "\"name\":\"Fairlead\"}";
	struct asker *asker = *state;

	for (int i = 0; i < 40; i++)
		assert_status(ask(asker, "POST", "/v1/webhooks", body), 201);
	assert_status(ask(asker, "POST", "/v1/webhooks", body), 422);
}

static void server_trouble_is_worded(void **state)
{
	static const int statuses[] = { 500, 501, 503 };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct answer a;

		ask(asker, "POST", "/_sandbox/faults",
		    arena_printf(asker->arena,
				 "{\"fault\":\"status\",\"status\":%d,\"count\":1}",
				 statuses[i]));
		a = ask(asker, "GET", "/api/v2/persons", NULL);
		assert_status(a, statuses[i]);
		assert_true(json_is_false(json_object_get(a.json, "success")));
	}
}

static void a_missing_scope_is_403(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults", "{\"fault\":\"forbidden\",\"count\":1}");
	a = ask(asker, "GET", "/api/v2/persons", NULL);
	assert_status(a, 403);
	assert_text_at(a, "$.error", "Scope and URL mismatch");
}

static void what_is_retired_or_not_imitated_is_501(void **state)
{
	static const char *const paths[] = { "/v1/persons", "/v1/deals/1", "/v1/filters/1",
					     "/v1/nothing", "/api/v2/persons?filter_id=1" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_status(ask(asker, "GET", paths[i], NULL), 501);
}

/* --- limits (8) --- */

static void the_day_s_budget_stops_everything(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"daily\":25}}");
	assert_status(ask(asker, "GET", "/api/v2/persons/search?term=jo", NULL), 200);
	a = ask(asker, "GET", "/api/v2/persons", NULL);
	assert_status(a, 429);
	assert_int_equal(int_at(&a, "$.errorCode"), 429);
	assert_string_equal(http_header_find(&a.headers, "x-daily-ratelimit-token-remaining"),
			    "5");
	assert_null(http_header_find(&a.headers, "Retry-After"));
}

static void going_on_after_429_is_barred_in_html(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "ban_after", 2);
	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"burst\":1}}");
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 200);
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 429);
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 429);
	a = ask(asker, "GET", "/api/v2/persons", NULL);
	assert_status(a, 403);
	assert_null(a.json);
	assert_non_null(strstr(a.text, "Cloudflare"));
	pass_time(asker, 30000);
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 403);
	pass_time(asker, 31000);
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 200);
	set_switch(asker, "ban_ms", 5000);
	for (int i = 0; i < 3; i++)
		ask(asker, "GET", "/api/v2/persons", NULL);
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 403);
	pass_time(asker, 5001);
	assert_status(ask(asker, "GET", "/api/v2/persons", NULL), 200);
}

static void each_token_has_its_own_two_seconds(void **state)
{
	struct asker *asker = *state;
	const char *path = "/api/v2/persons";

	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"burst\":2,\"oauth_burst\":1}}");
	ask(asker, "POST", "/_sandbox/accounts/pipedrive/default/tokens",
	    "{\"add\":{\"token\":\"v1u:second\"}}");
	assert_status(ask(asker, "GET", path, NULL), 200);
	assert_status(ask(asker, "GET", path, NULL), 200);
	assert_status(ask(asker, "GET", path, NULL), 429);
	asker->token = "v1u:second";
	assert_status(ask(asker, "GET", path, NULL), 200);
	pass_time(asker, 2200);
	assert_status(ask(asker, "GET", path, NULL), 200);
}

/* --- notes (6) --- */

static void a_note_keeps_its_time_and_loses_what_runs(void **state)
{
	static const struct {
		const char *came, *kept;
	} rows[] = {
		{ "<p>a <b>b</b></p>", "<p>a <b>b</b></p>" },
		{ "a<script>x()</script>b", "ab" },
		{ "a<SCRIPT src=x>y</script >b<script>", "ab" },
		{ "<p onclick='x()' class=c>a</p>", "<p class=c>a</p>" },
		{ "<p once>1 < 2 & on=3</p>", "<p>1 < 2 & on=3</p>" },
		{ "<scripts>a</scripts>", "<scripts>a</scripts>" },
		{ "a <p", "a <p" },
	};
	struct asker *asker = *state;
	int id = (int)person(asker, "{\"name\":\"Jo\"}");
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = ask(asker, "POST", "/v1/notes",
			arena_printf(asker->arena, "{\"content\":\"%s\",\"person_id\":%d,"
						   "\"add_time\":\"2026-02-03 09:00:03\"}",
				     rows[i].came, id));
		assert_status(a, 200);
		assert_text_at(a, "$.data.content", rows[i].kept);
		assert_text_at(a, "$.data.add_time", "2026-02-03 09:00:03");
	}
	a = ask(asker, "POST", "/v1/notes",
		arena_printf(asker->arena, "{\"content\":\"x\",\"person_id\":%d,\"add_time\":"
					   "\"2026-02-03T09:00:03Z\"}", id));
	assert_status(a, 400);
	a = ask(asker, "GET", "/v1/noteFields", NULL);
	assert_text_at(a, "$.data[0].key", "content");
	assert_true(json_is_true(json_at(a.json, "$.data[0].mandatory_flag")));
}

/* --- reading changes (7) --- */

static void a_changelog_and_recents_tell_what_was_written(void **state)
{
	struct asker *asker = *state;
	int id = (int)person(asker, "{\"name\":\"Jo\"}");
	const char *path = arena_printf(asker->arena, "/api/v2/persons/%d", id);
	struct answer a;

	assert_status(ask(asker, "PATCH", path, "{\"name\":\"Joe\"}"), 200);
	assert_status(ask(asker, "PATCH", path, "{\"name\":\"Joseph\"}"), 200);
	a = ask(asker, "GET", arena_printf(asker->arena, "/v1/persons/%d/changelog", id), NULL);
	assert_text_at(a, "$.data[0].new_value", "Joseph");
	assert_text_at(a, "$.data[0].old_value", "Joe");
	assert_text_at(a, "$.data[1].new_value", "Joe");
	assert_text_at(a, "$.data[0].change_source", "api");
	assert_status(ask(asker, "DELETE", path, NULL), 200);
	a = ask(asker, "GET",
		"/v1/recents?since_timestamp=2020-01-01%2000:00:00&items=person", NULL);
	assert_text_at(a, "$.data[0].item", "person");
	assert_true(json_is_false(json_at(a.json, "$.data[0].data.active_flag")));
}

static void a_lead_keeps_its_nulls_when_told_to(void **state)
{
	struct asker *asker = *state;
	int id = (int)person(asker, "{\"name\":\"Jo\"}");
	struct answer a;

	set_switch(asker, "lead_nulls", 1);
	a = ask(asker, "POST", "/api/v1/leads",
		arena_printf(asker->arena, "{\"title\":\"A\",\"person_id\":%d}", id));
	assert_status(a, 201);
	assert_true(json_is_null(json_at(a.json, "$.data.expected_close_date")));
}

static void a_conversion_takes_its_time_or_fails(void **state)
{
	struct asker *asker = *state;
	int id = (int)person(asker, "{\"name\":\"Jo\"}");
	struct answer a = ask(asker, "POST", "/api/v1/leads",
			      arena_printf(asker->arena, "{\"title\":\"A\",\"person_id\":%d}",
					   id));
	const char *lead = text_at(&a, "$.data.id"), *path;

	set_switch(asker, "conversion_ms", 5000);
	a = ask(asker, "POST",
		arena_printf(asker->arena, "/api/v2/leads/%s/convert/deal", lead), NULL);
	path = arena_printf(asker->arena, "/api/v2/leads/%s/convert/status/%s", lead,
			    text_at(&a, "$.data.conversion_id"));
	a = ask(asker, "GET", path, NULL);
	assert_text_at(a, "$.data.status", "running");
	assert_null(json_at(a.json, "$.data.deal_id"));
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":6000}");
	a = ask(asker, "GET", path, NULL);
	assert_text_at(a, "$.data.status", "completed");
	set_switch(asker, "conversion_outcome", 2);
	a = ask(asker, "GET", path, NULL);
	assert_text_at(a, "$.data.status", "rejected");
}

static void people_are_seeded_with_their_leads(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "POST", "/_sandbox/accounts/pipedrive/default/seed",
			  "{\"count\":3,\"seed\":5}"),
		      200);
	a = ask(asker, "GET", "/api/v1/leads?sort=update_time%20DESC&limit=2", NULL);
	assert_int_equal(count_at(&a, "$.data"), 2);
	assert_int_equal(int_at(&a, "$.additional_data.pagination.next_start"), 2);
}

static void what_the_day_has_left_may_be_unsaid(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", "/api/v2/persons", NULL);

	assert_non_null(http_header_find(&a.headers, "x-daily-ratelimit-token-limit"));
	set_switch(asker, "daily_headers", 0);
	a = ask(asker, "GET", "/api/v2/persons", NULL);
	assert_null(http_header_find(&a.headers, "x-daily-ratelimit-token-limit"));
	assert_null(http_header_find(&a.headers, "x-daily-ratelimit-token-remaining"));
	assert_non_null(http_header_find(&a.headers, "x-ratelimit-remaining"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bad_token_is_401_with_the_gateway_s_headers),
		TEST(bad_values_are_400),
		TEST(text_that_is_too_long_is_400),
		TEST(what_is_not_there_is_404),
		TEST(switches_bring_the_company_s_own_refusals),
		TEST(the_plan_caps_deals_with_403),
		TEST(contact_sync_fields_are_403),
		TEST(a_deleted_person_may_be_404_410_or_shown),
		TEST(a_deleted_deal_is_listed_for_thirty_days),
		TEST(the_forty_first_webhook_is_422),
		TEST(server_trouble_is_worded),
		TEST(a_missing_scope_is_403),
		TEST(what_is_retired_or_not_imitated_is_501),
		TEST(the_day_s_budget_stops_everything),
		TEST(going_on_after_429_is_barred_in_html),
		TEST(each_token_has_its_own_two_seconds),
		TEST(a_note_keeps_its_time_and_loses_what_runs),
		TEST(a_changelog_and_recents_tell_what_was_written),
		TEST(a_lead_keeps_its_nulls_when_told_to),
		TEST(a_conversion_takes_its_time_or_fails),
		TEST(people_are_seeded_with_their_leads),
		TEST(what_the_day_has_left_may_be_unsaid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
