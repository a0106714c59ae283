/* zoho_settings_test.c - tests src/sandbox/zoho_settings.c (3) and the conversion's options
 * where Zoho's own client does not look. */
#include "zoho_ask.h"

static void a_layout_shows_which_fields_it_requires(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/settings/layouts?module=Leads", NULL);
	const json_t *field;
	bool is_company_required = false;
	size_t i;

	assert_status(a, 200);
	assert_text_at(a, "$.layouts[0].status", "active");
	json_array_foreach(json_at(a.json, "$.layouts[0].sections[0].fields"), i, field)
		if (strcmp(json_string_of(field, "api_name"), "Company") == 0)
			is_company_required = json_is_true(json_object_get(field, "required"));
	assert_true(is_company_required);
	a = call(asker, "GET", "/settings/layouts", NULL);
	assert_status(a, 400);
	assert_text_at(a, "$.code", "REQUIRED_PARAM_MISSING");
	assert_status(call(asker, "GET", "/settings/layouts?module=Nope", NULL), 400);
}

static void one_field_is_read_by_its_id(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/settings/fields?module=Leads", NULL);
	const char *id = text_at(&a, "$.fields[3].id"), *name = text_at(&a, "$.fields[3].api_name");

	a = call(asker, "GET", arena_printf(asker->arena, "/settings/fields/%s?module=Leads", id),
		 NULL);
	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.fields"), 1);
	assert_string_equal(text_at(&a, "$.fields[0].api_name"), name);
	a = call(asker, "GET", "/settings/fields/1?module=Leads", NULL);
	assert_status(a, 204);
	assert_string_equal(a.text, "");
}

static void the_org_says_its_zone_and_currency(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/org", NULL);

	assert_status(a, 200);
	assert_text_at(a, "$.org[0].company_name", "Acme");
	assert_text_at(a, "$.org[0].time_zone", "Etc/UTC");
	assert_text_at(a, "$.org[0].iso_code", "EUR");
}

/* A contact with the lead's address, and an account with its company's name. */
static void a_conversion_offers_who_is_there_already(void **state)
{
	struct asker *asker = *state;
	const char *contact, *id = add(asker, "/Leads", LEAD(",\"Email\":\"jo@north.example\""));
	struct answer a;

	add(asker, "/Accounts", "{\"data\":[{\"Account_Name\":\"North Ltd\"}]}");
	contact = add(asker, "/Contacts",
		      "{\"data\":[{\"Last_Name\":\"North\",\"Email\":\"jo@north.example\"}]}");
	a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s/__conversion_options", id),
		 NULL);
	assert_status(a, 200);
	assert_string_equal(text_at(&a, "$.__conversion_options.Contacts[0].id"), contact);
	assert_int_equal(count_at(&a, "$.__conversion_options.Accounts"), 1);
	assert_text_at(a, "$.__conversion_options.preference_field_matched_value.Contacts[0]."
			  "matched_lead_value", "jo@north.example");
	a = call(asker, "GET",
		 arena_printf(asker->arena, "/Leads/%s/__conversion_options",
			      add(asker, "/Leads",
				  "{\"data\":[{\"Last_Name\":\"X\",\"Company\":\"Y\"}]}")), NULL);
	assert_int_equal(count_at(&a, "$.__conversion_options.Contacts"), 0);
	assert_int_equal(count_at(&a, "$.__conversion_options.Accounts"), 0);
}

static void a_call_adds_so_many_fields_at_most(void **state)
{
	static const char two[] = "{\"fields\":[{\"field_label\":\"One\",\"data_type\":\"text\","
				  "\"length\":40},{\"field_label\":\"Two\",\"data_type\":"
				  "\"text\",\"length\":40}]}";
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "fields_per_call", 1);
	a = call(asker, "POST", "/settings/fields?module=Leads", two);
	assert_status(a, 400);
	assert_text_at(a, "$.code", "LIMIT_EXCEEDED");
	assert_int_equal(int_at(&a, "$.details.limit"), 1);
	set_switch(asker, "fields_per_call", 2);
	a = call(asker, "POST", "/settings/fields?module=Leads", two);
	assert_int_equal(a.status / 100, 2);
	assert_int_equal(count_at(&a, "$.fields"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_layout_shows_which_fields_it_requires),
		TEST(one_field_is_read_by_its_id),
		TEST(the_org_says_its_zone_and_currency),
		TEST(a_conversion_offers_who_is_there_already),
		TEST(a_call_adds_so_many_fields_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
