/* copper_fields_test.c - tests src/sandbox/copper_fields.c (3) and what hangs on lists that
 * an administrator keeps: companies, loss reasons, pipelines (6). */
#include "copper_ask.h"

#define DEFINITIONS "/custom_field_definitions"

static void a_definition_is_renamed_and_its_options_are_replaced(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, DEFINITIONS,
			 "{\"name\":\"Fit\",\"data_type\":\"Dropdown\",\"available_on\":"
			 "[\"lead\"],\"options\":[{\"name\":\"High\"},{\"name\":\"Low\"}]}");
	const char *path = arena_printf(asker->arena, DEFINITIONS "/%lld", (long long)id);
	struct answer a = call(asker, "GET", path, NULL);
	int64_t high = int_at(&a, "$.options[0].id"), low = int_at(&a, "$.options[1].id");
	const char *lead =
		arena_printf(asker->arena,
			     "{\"name\":\"Ann\",\"custom_fields\":[{\"custom_field_definition_id\":"
			     "%lld,\"value\":%lld}]}", (long long)id, (long long)low);

	add(asker, "/leads", lead);
	a = call(asker, "PUT", path,
		 arena_printf(asker->arena,
			      "{\"name\":\"Fitness\",\"options\":[{\"id\":%lld,\"name\":\"High\"},"
			      "{\"name\":\"None\"}]}", (long long)high));
	assert_status(a, 200);
	assert_text_at(a, "$.name", "Fitness");
	a = call(asker, "GET", path, NULL);
	assert_int_equal(count_at(&a, "$.options"), 2);
	assert_text_at(a, "$.options[1].name", "None");
	a = call(asker, "POST", "/leads", lead); /* its option is gone */
	assert_status(a, 422);
	assert_status(call(asker, "PUT", path, "{\"options\":[{}]}"), 422);
	assert_status(call(asker, "GET", DEFINITIONS "/1", NULL), 404);
	assert_status(call(asker, "PUT", DEFINITIONS "/1", "{\"name\":\"x\"}"), 404);
}

static void a_company_is_kept_as_a_lead_is(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/companies",
			 "{\"name\":\"North Ltd\",\"email_domain\":\"north.example\"}");
	const char *path = arena_printf(asker->arena, "/companies/%lld", (long long)id);
	struct answer a = call(asker, "PUT", path, "{\"details\":\"Calls back\"}");

	assert_status(a, 200);
	assert_text_at(a, "$.name", "North Ltd");
	assert_text_at(a, "$.details", "Calls back");
	a = call(asker, "POST", "/companies/search", "{\"name\":\"north ltd\"}");
	assert_int_equal(json_array_size(a.json), 1);
	assert_status(call(asker, "POST", "/companies", "{}"), 422);
	assert_status(call(asker, "DELETE", path, NULL), 200);
	assert_status(call(asker, "GET", path, NULL), 404);
}

static void an_opportunity_is_lost_for_one_of_the_reasons(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/opportunities",
			 "{\"name\":\"North\",\"pipeline_id\":213214,\"pipeline_stage_id\":987791}");
	struct answer a = call(asker, "GET", "/loss_reasons", NULL);
	int64_t reason = int_at(&a, "$[0].id");

	assert_text_at(a, "$[0].name", "Price");
	a = call(asker, "PUT", arena_printf(asker->arena, "/opportunities/%lld", (long long)id),
		 arena_printf(asker->arena, "{\"status\":\"Lost\",\"loss_reason_id\":%lld}",
			      (long long)reason));
	assert_status(a, 200);
	assert_text_at(a, "$.status", "Lost");
	assert_int_equal(int_at(&a, "$.loss_reason_id"), reason);
	a = call(asker, "PUT", arena_printf(asker->arena, "/opportunities/%lld", (long long)id),
		 "{\"loss_reason_id\":1}");
	assert_status(a, 422);
	a = call(asker, "GET", "/pipelines", NULL);
	assert_text_at(a, "$[0].stages[1].name", "Proposal");
	assert_int_equal(int_at(&a, "$[0].stages[1].id"), 987791);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_definition_is_renamed_and_its_options_are_replaced),
		TEST(a_company_is_kept_as_a_lead_is),
		TEST(an_opportunity_is_lost_for_one_of_the_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
