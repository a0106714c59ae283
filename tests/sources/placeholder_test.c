#include "../support/check.h"

#include "base/attributes.h"
#include "sources/placeholder.h"

static void placeholders_are_known(void **state)
{
	static const struct { const char *name, *text; bool is; } cases[] = {
		{ "city", "", true },		  { "city", "N/A", true },
		{ "city", "-", true },		  { "city", "#N/A", true },
		{ "custom.x", "undefined", true }, { "custom.x", "[object Object]", true },
		{ "custom.x", "Not available", true },
		{ "city", "Nancy", false },	  { "city", "Nullarbor", false },
		{ "custom.x", "0", false },	  { "custom.x", "no", false },
		{ "country", "NA", false },	  { "country", "N/A", true },
		{ "region", "NA", true },	  { "last_name", "Null", false },
		{ "last_name", "NULL", true },	  { "first_name", "Nan", false },
		{ "first_name", "None", true },	  { "company", "Null", true },
		{ "email", "test@test.com", true }, { "email", "Test@TEST.com", true },
		{ "email", "ada@example.org", false },
		{ "company", "test@test.com", false },
		{ "message", "n/a", false },	  { "message", "", true },
		{ "city", "unknown but surely somewhere", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (placeholder_is(cases[i].name, cases[i].text) != cases[i].is)
			fail_msg("%s: %s", cases[i].name, cases[i].text);
}

static void test_leads_are_known(void **state)
{
	(void)state;
	assert_true(placeholder_is_test("<test lead: dummy data for full_name>"));
	assert_true(placeholder_is_test("test@fb.com"));
	assert_true(placeholder_is_test("Test@Meta.com"));
	assert_false(placeholder_is_test("tester@fb.com"));
	assert_false(placeholder_is_test("a <test lead: x>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_known),
		cmocka_unit_test(test_leads_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
