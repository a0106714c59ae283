/* freshsales_find_test.c - tests src/sandbox/freshsales*.c: look-ups, searches, views. Numbers in parentheses are
 * sections of the fact sheet. */
#include "freshsales_ask.h"

static void a_contact_is_found_three_ways_once_the_index_knows(void **state)
{
	static const char rule[] = "{\"filter_rule\":[{\"attribute\":\"contact_email.email\","
				   "\"operator\":\"is_in\",\"value\":\"ann@acme.test\"}]}";
	static const char lookup[] = "/lookup?q=ann@acme.test&f=email&entities=contact";
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}");
	ann(asker);
	a = call(asker, "GET", lookup, NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 0);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":6000}");
	a = call(asker, "GET", lookup, NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 1);
	a = call(asker, "POST", "/filtered_search/contact", rule);
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	a = call(asker, "GET", "/contacts/view/16000111?per_page=101", NULL);
	assert_status(a, 400);
}

static void a_look_up_asks_for_several_entities(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ann(asker);
	a = call(asker, "GET", "/lookup?q=ann@acme.test&f=email&entities=contact,sales_account",
		 NULL);
	assert_int_equal(count_at(&a, "$.contacts.contacts"), 1);
	assert_int_equal(count_at(&a, "$.sales_accounts.sales_accounts"), 0);
	assert_status(call(asker, "GET", "/lookup?q=a&f=email&entities=contact,nonsense", NULL),
		      400);
	assert_status(call(asker, "GET", "/lookup?q=a&entities=contact", NULL), 400);
}

static void the_search_is_fuzzy_and_lags(void **state)
{
	static const char search[] = "/search?q=acme&include=contact,sales_account";
	struct asker *asker = *state;
	struct answer a;

	ann(asker);
	call(asker, "POST", "/sales_accounts", "{\"sales_account\":{\"name\":\"ACME Ltd\"}}");
	a = call(asker, "GET", search, NULL);
	assert_int_equal(count_at(&a, "$"), 2);
	assert_text_at(a, "$[0].type", "contact");
	assert_text_at(a, "$[0].name", "Ann Lee");
	assert_text_at(a, "$[0].email", "ann@acme.test");
	assert_text_at(a, "$[1].name", "ACME Ltd");
	a = call(asker, "GET", arena_printf(asker->arena, "%s&per_page=1", search), NULL);
	assert_int_equal(count_at(&a, "$"), 1);
	assert_status(call(asker, "GET", "/search?q=acme&include=lead", NULL), 400);
	assert_status(call(asker, "GET", "/search?include=contact", NULL), 400);
	ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}");
	call(asker, "POST", "/sales_accounts", "{\"sales_account\":{\"name\":\"Acme Two\"}}");
	a = call(asker, "GET", "/search?q=Two&include=sales_account", NULL);
	assert_int_equal(count_at(&a, "$"), 0);
	pass_time(asker, 6000);
	a = call(asker, "GET", "/search?q=Two&include=sales_account", NULL);
	assert_int_equal(count_at(&a, "$"), 1);
}

static void rules_compare_as_they_say(void **state)
{
	static const struct {
		const char *rule;
		int total;
	} rows[] = {
		{ "{\"attribute\":\"city\",\"operator\":\"is_in\",\"value\":[\"York\",\"Leeds\"]}",
		  2 },
		{ "{\"attribute\":\"city\",\"operator\":\"is_not_in\",\"value\":[\"York\","
		  "\"Leeds\"]}",
		  1 },
		{ "{\"attribute\":\"city\",\"operator\":\"contains\",\"value\":\"ee\"}", 1 },
		{ "{\"attribute\":\"city\",\"operator\":\"is_empty\"}", 1 },
		{ "{\"attribute\":\"cf_tier\",\"operator\":\"is_in\",\"value\":\"Gold\"}", 1 },
		{ "{\"attribute\":\"lead_score\",\"operator\":\"less_than\",\"value\":5}", 3 },
		{ "{\"attribute\":\"lead_score\",\"operator\":\"greater_than\",\"value\":5}", 0 },
		{ "{\"attribute\":\"updated_at\",\"operator\":\"is_after\",\"value\":"
		  "\"2020-01-01T00:00:00Z\"}",
		  3 },
		{ "{\"attribute\":\"created_at\",\"operator\":\"is_before\",\"value\":"
		  "\"2020-01-01T00:00:00Z\"}",
		  0 },
	};
	static const char *const wrong[] = {
		"{\"attribute\":\"nonsense\",\"operator\":\"is_in\",\"value\":\"a\"}",
		"{\"attribute\":\"city\",\"operator\":\"nonsense\",\"value\":\"a\"}",
		"{\"attribute\":\"city\",\"operator\":\"is_in\"}",
		"{\"attribute\":\"updated_at\",\"operator\":\"is_after\",\"value\":\"soon\"}",
		"7",
	};
	struct asker *asker = *state;
	struct answer a;

	call(asker, "POST", "/contacts",
	     "{\"contact\":{\"email\":\"a@acme.test\",\"city\":\"York\",\"custom_field\":{"
	     "\"cf_tier\":\"Gold\"}}}");
	call(asker, "POST", "/contacts",
	     "{\"contact\":{\"email\":\"b@acme.test\",\"city\":\"Leeds\"}}");
	call(asker, "POST", "/contacts", "{\"contact\":{\"email\":\"c@acme.test\"}}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST", "/filtered_search/contact",
			 arena_printf(asker->arena, "{\"filter_rule\":[%s]}", rows[i].rule));
		if (a.status != 200 || int_at(&a, "$.meta.total") != rows[i].total)
			fail_msg("%s: %s", rows[i].rule, a.text);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_status(call(asker, "POST", "/filtered_search/contact",
				   arena_printf(asker->arena, "{\"filter_rule\":[%s]}",
						wrong[i])),
			      400);
	a = call(asker, "POST", "/filtered_search/contact",
		 "{\"filter_rule\":[],\"sort\":\"city\",\"sort_type\":\"asc\",\"page\":1,"
		 "\"per_page\":2}");
	assert_int_equal(count_at(&a, "$.contacts"), 2);
	assert_int_equal(int_at(&a, "$.meta.total_pages"), 2);
	assert_status(call(asker, "POST", "/filtered_search/contact",
			   "{\"filter_rule\":[],\"sort\":\"nonsense\"}"),
		      400);
	assert_status(call(asker, "POST", "/filtered_search/nonsense", "{\"filter_rule\":[]}"),
		      404);
}

/* Polling (7): newest first; other views hide rows; what is done with somebody moves them. */
static void a_poll_reads_a_view_down_to_where_it_was(void **state)
{
	struct asker *asker = *state;
	int64_t first = ann(asker);
	struct answer a;

	pass_time(asker, 60000);
	call(asker, "POST", "/contacts",
	     "{\"contact\":{\"email\":\"b@acme.test\",\"owner_id\":16000001}}");
	a = call(asker, "GET", "/contacts/view/16000111?sort=updated_at&sort_type=desc", NULL);
	assert_text_at(a, "$.contacts[0].email", "b@acme.test");
	a = call(asker, "GET", "/contacts/view/16000112", NULL); /* my contacts */
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	pass_time(asker, 60000);
	assert_status(hang(asker, "/phone_calls", "phone_call", first, ",\"note\":\"Hi\""), 201);
	a = call(asker, "GET", "/contacts/view/16000111?sort=updated_at&sort_type=desc", NULL);
	assert_int_equal(int_at(&a, "$.contacts[0].id"), first);
	assert_text_at(a, "$.contacts[0].last_contacted_sales_activity_mode", "Phone");
	assert_text_at(a, "$.contacts[0].last_contacted",
		       text_at(&a, "$.contacts[0].updated_at"));
	assert_status(call(asker, "GET", "/contacts/view/1", NULL), 404);
	a = call(asker, "GET", "/deals/filters", NULL);
	assert_text_at(a, "$.filters[0].name", "All Deals");
	assert_int_equal(int_at(&a, "$.meta.total"), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_contact_is_found_three_ways_once_the_index_knows),
		TEST(a_look_up_asks_for_several_entities),
		TEST(the_search_is_fuzzy_and_lags),
		TEST(rules_compare_as_they_say),
		TEST(a_poll_reads_a_view_down_to_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
