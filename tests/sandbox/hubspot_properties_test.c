/* hubspot_properties_test.c - tests src/sandbox/hubspot_properties.c and hubspot_groups.c (3)
 * where HubSpot's own client does not look: groups, edits, batches. */
#include "hubspot_ask.h"

static void a_group_is_made_once_and_holds_properties(void **state)
{
	static const char group[] = "{\"name\":\"agency\",\"label\":\"Agency\"}";
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", PROPERTIES "/groups", group);

	assert_status(a, 201);
	assert_text_at(a, "$.label", "Agency");
	assert_status(ask(asker, "POST", PROPERTIES "/groups", group), 409);
	assert_status(ask(asker, "POST", PROPERTIES "/groups", "{\"name\":\"Agency\"}"), 400);
	a = ask(asker, "GET", PROPERTIES "/groups/agency", NULL);
	assert_text_at(a, "$.name", "agency");
	assert_status(ask(asker, "GET", PROPERTIES "/groups/none", NULL), 404);
	a = ask(asker, "POST", PROPERTIES,
		"{\"name\":\"brief\",\"label\":\"Brief\",\"groupName\":\"agency\",\"type\":"
		"\"string\",\"fieldType\":\"textarea\"}");
	assert_status(a, 201);
	assert_text_at(a, "$.groupName", "agency");
}

static void a_property_is_edited_within_bounds(void **state)
{
	static const char *const wrong[] = {
		"{\"groupName\":\"none\"}",
		"{\"options\":[{\"label\":\"x\"}]}",
		"{\"hasUniqueValue\":true}",
	};
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", PROPERTIES,
			      "{\"name\":\"tier\",\"label\":\"Tier\",\"groupName\":"
			      "\"contactinformation\",\"type\":\"enumeration\",\"fieldType\":"
			      "\"select\",\"options\":[{\"label\":\"Gold\",\"value\":\"gold\"}]}");

	assert_status(a, 201);
	a = ask(asker, "PATCH", PROPERTIES "/tier",
		"{\"label\":\"Level\",\"options\":[{\"label\":\"Gold\",\"value\":\"gold\"},"
		"{\"label\":\"Tin\",\"value\":\"tin\"}]}");
	assert_status(a, 200);
	assert_text_at(a, "$.label", "Level");
	assert_int_equal(count_at(&a, "$.options"), 2);
	a = ask(asker, "POST", CONTACTS, "{\"properties\":{\"tier\":\"tin\"}}");
	assert_status(a, 201);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_status(ask(asker, "PATCH", PROPERTIES "/tier", wrong[i]), 400);
	a = ask(asker, "PATCH", PROPERTIES "/email", "{\"label\":\"Mail\"}");
	assert_status(a, 400);
	assert_status(ask(asker, "PATCH", PROPERTIES "/none", "{\"label\":\"x\"}"), 404);
	assert_status(ask(asker, "DELETE", PROPERTIES "/email", NULL), 400);
}

static void several_are_made_read_and_archived_at_once(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(
		asker, "POST", PROPERTIES "/batch/create",
		"{\"inputs\":[{\"name\":\"a\",\"label\":\"A\",\"groupName\":\"contactinformation\","
		"\"type\":\"string\",\"fieldType\":\"text\"},{\"name\":\"Bad\",\"label\":\"B\","
		"\"groupName\":\"contactinformation\",\"type\":\"string\",\"fieldType\":\"text\"}]}");

	assert_status(a, 207);
	assert_text_at(a, "$.results[0].name", "a");
	assert_text_at(a, "$.errors[0].category", "VALIDATION_ERROR");
	a = ask(asker, "POST", PROPERTIES "/batch/read",
		"{\"inputs\":[{\"name\":\"a\"},{\"name\":\"email\"},{\"name\":\"none\"}],"
		"\"archived\":false}");
	assert_status(a, 207);
	assert_int_equal(count_at(&a, "$.results"), 2);
	assert_int_equal(int_at(&a, "$.numErrors"), 1);
	a = ask(asker, "POST", PROPERTIES "/batch/archive", "{\"inputs\":[{\"name\":\"a\"}]}");
	assert_status(a, 204);
	assert_status(ask(asker, "GET", PROPERTIES "/a", NULL), 404);
	assert_status(ask(asker, "POST", PROPERTIES "/batch/read", "{\"inputs\":{}}"), 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hubspot_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_is_made_once_and_holds_properties),
		TEST(a_property_is_edited_within_bounds),
		TEST(several_are_made_read_and_archived_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
