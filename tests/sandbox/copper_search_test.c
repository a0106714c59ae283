/* copper_search_test.c - tests src/sandbox/copper_search.c (5): by what leads are found. */
#include "copper_ask.h"

static void leads_are_found_by_each_of_their_properties(void **state)
{
	static const struct {
		const char *body;
		int total;
	} rows[] = {
		{ "{}", 2 },
		{ "{\"name\":\"ann lee\"}", 1 },
		{ "{\"name\":\"ann\"}", 0 },
		{ "{\"phone_number\":\"+14155550100\"}", 1 },
		{ "{\"phone_number\":\"+14155550199\"}", 0 },
		{ "{\"city\":\"york\"}", 1 },
		{ "{\"city\":\"York\",\"country\":\"GB\"}", 1 },
		{ "{\"city\":\"York\",\"country\":\"US\"}", 0 },
		{ "{\"postal_code\":\"YO1\"}", 1 },
		{ "{\"tags\":\"hot\"}", 2 },
		{ "{\"tags\":[\"hot\",\"fair\"]}", 1 },
		{ "{\"tags\":[\"hot\",\"cold\"]}", 0 },
		{ "{\"custom_fields\":[{\"custom_field_definition_id\":100764,\"value\":"
		  "\"spring\"}]}", 1 },
		{ "{\"custom_fields\":[{\"custom_field_definition_id\":100764,\"value\":"
		  "\"autumn\"}]}", 0 },
		{ "{\"custom_fields\":[{\"custom_field_definition_id\":100764,\"value\":"
		  "\"spring\",\"allow_empty\":true}]}", 2 },
	};
	struct asker *asker = *state;

	add(asker, "/leads",
	    "{\"name\":\"Ann Lee\",\"phone_numbers\":[{\"number\":\"+14155550100\",\"category\":"
	    "\"mobile\"}],\"address\":{\"city\":\"York\",\"postal_code\":\"YO1\",\"country\":"
	    "\"GB\"},\"tags\":[\"hot\",\"fair\"],\"custom_fields\":[{"
	    "\"custom_field_definition_id\":100764,\"value\":\"spring\"}]}");
	add(asker, "/leads", "{\"name\":\"Bob Ray\",\"tags\":[\"hot\"]}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "POST", "/leads/search", rows[i].body);

		assert_status(a, 200);
		if (json_array_size(a.json) != (size_t)rows[i].total)
			fail_msg("%s: %s", rows[i].body, a.text);
		assert_string_equal(http_header_find(&a.headers, "X-PW-TOTAL"),
				    arena_printf(asker->arena, "%d", rows[i].total));
	}
}

/* Numbers by their bounds, options by one of them; text not at all (5). */
static void custom_fields_are_found_by_number_and_option_not_by_text(void **state)
{
	struct asker *asker = *state;
	int64_t score = add(asker, "/custom_field_definitions",
			    "{\"name\":\"Score\",\"data_type\":\"Float\",\"available_on\":"
			    "[\"lead\"]}");
	int64_t tags = add(asker, "/custom_field_definitions",
			   "{\"name\":\"Wants\",\"data_type\":\"MultiSelect\",\"available_on\":"
			   "[\"lead\"],\"options\":[{\"name\":\"A\"},{\"name\":\"B\"}]}");
	int64_t text = add(asker, "/custom_field_definitions",
			   "{\"name\":\"Story\",\"data_type\":\"Text\",\"available_on\":"
			   "[\"lead\"]}");
	struct answer a = call(asker, "GET",
			       arena_printf(asker->arena, "/custom_field_definitions/%lld",
					    (long long)tags),
			       NULL);
	long long option = (long long)int_at(&a, "$.options[1].id");
	const struct {
		const char *filter;
		int status, total;
	} rows[] = {
		{ arena_printf(asker->arena, "%lld,\"minimum_value\":5", (long long)score), 200, 1 },
		{ arena_printf(asker->arena, "%lld,\"minimum_value\":1,\"maximum_value\":6",
			       (long long)score), 200, 0 },
		{ arena_printf(asker->arena, "%lld,\"value\":[%lld]", (long long)tags, option), 200,
		  1 },
		{ arena_printf(asker->arena, "%lld,\"value\":\"x\"", (long long)text), 422, 0 },
		{ "9,\"value\":1", 422, 0 },
	};

	add(asker, "/leads",
	    arena_printf(asker->arena,
			 "{\"name\":\"A\",\"custom_fields\":[{\"custom_field_definition_id\":%lld,"
			 "\"value\":7.5},{\"custom_field_definition_id\":%lld,\"value\":[%lld]}]}",
			 (long long)score, (long long)tags, option));
	add(asker, "/leads", "{\"name\":\"B\"}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST", "/leads/search",
			 arena_printf(asker->arena,
				      "{\"custom_fields\":[{\"custom_field_definition_id\":%s}]}",
				      rows[i].filter));
		if (a.status != rows[i].status ||
		    (a.status == 200 && (int)json_array_size(a.json) != rows[i].total))
			fail_msg("%s: %d %s", rows[i].filter, a.status, a.text);
	}
	put_switch(asker, "copper", "search_strings", 0);
	a = call(asker, "POST", "/leads/search",
		 "{\"custom_fields\":[{\"custom_field_definition_id\":100764,\"value\":\"a\"}]}");
	assert_status(a, 422);
}

static void activities_are_found_by_type_and_date(void **state)
{
	static const struct {
		const char *body;
		int total;
	} rows[] = {
		{ "{\"activity_types\":[{\"id\":0,\"category\":\"user\"}]}", 1 },
		{ "{\"activity_types\":[{\"id\":0,\"category\":\"system\"}]}", 0 },
		{ "{\"activity_types\":[{\"id\":0,\"category\":\"user\"},{\"id\":190711,"
		  "\"category\":\"user\"}]}",
		  2 },
		{ "{\"minimum_activity_date\":2000}", 1 },
		{ "{\"maximum_activity_date\":1999}", 1 },
		{ "{\"minimum_activity_date\":1000,\"maximum_activity_date\":2000}", 2 },
	};
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	struct answer a;

	for (int i = 0; i < 2; i++)
		add(asker, "/activities",
		    arena_printf(asker->arena,
				 "{\"parent\":{\"type\":\"lead\",\"id\":%lld},\"type\":{"
				 "\"category\":\"user\",\"id\":%d},\"activity_date\":%d}",
				 (long long)id, i * 190711, 1000 * (i + 1)));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST", "/activities/search", rows[i].body);
		if (json_array_size(a.json) != (size_t)rows[i].total)
			fail_msg("%s: %s", rows[i].body, a.text);
	}
	/* full_result is faster and may repeat a row (6). */
	put_switch(asker, "copper", "full_result_repeats", 1);
	a = call(asker, "POST", "/activities/search",
		 "{\"page_size\":1,\"full_result\":true}");
	id = int_at(&a, "$[0].id");
	a = call(asker, "POST", "/activities/search",
		 "{\"page_size\":1,\"page_number\":2,\"full_result\":true}");
	assert_int_equal(int_at(&a, "$[0].id"), id);
	a = call(asker, "POST", "/activities/search", "{\"page_size\":1,\"page_number\":2}");
	assert_int_not_equal(int_at(&a, "$[0].id"), id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leads_are_found_by_each_of_their_properties),
		TEST(custom_fields_are_found_by_number_and_option_not_by_text),
		TEST(activities_are_found_by_type_and_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
