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

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leads_are_found_by_each_of_their_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
