/* close_fields_test.c - tests src/sandbox/close_fields.c: custom fields, their order, custom
 * activities, integration links (3, 4, 6). */
#include "close_ask.h"

/* --- custom fields (3) --- */

static void a_custom_field_is_listed_renamed_ordered_and_deleted(void **state)
{
	struct asker *asker = *state;
	const char *tier = made(asker, "/custom_field/lead/",
				"{\"name\":\"Tier\",\"type\":\"choices\",\"choices\":[\"Gold\"],"
				"\"description\":\"How good\"}");
	const char *note = made(asker, "/custom_field/lead/",
				"{\"name\":\"Memo\",\"type\":\"textarea\"}");
	const char *path = arena_printf(asker->arena, "/custom_field/lead/%s/", tier);
	struct answer a = api(asker, "GET", "/custom_field/lead/", NULL);

	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 2);
	assert_null(json_object_get(a.json, "has_more"));
	assert_text_at(a, "$.data[0].choices[0]", "Gold");
	assert_text_at(a, "$.data[0].description", "How good");
	assert_status(api(asker, "POST", "/custom_field/lead/",
			  "{\"name\":\"tier\",\"type\":\"text\"}"),
		      400);
	a = api(asker, "PUT", path, "{\"name\":\"Rank\",\"choices\":[\"A\",\"B\"]}");
	assert_status(a, 200);
	assert_text_at(a, "$.name", "Rank");
	assert_text_at(a, "$.choices[1]", "B");
	a = api(asker, "PUT", "/custom_field_schema/lead/",
		arena_printf(asker->arena, "{\"fields\":[{\"id\":\"%s\"}]}", note));
	assert_status(a, 200);
	assert_text_at(a, "$.fields[0].id", note);
	assert_text_at(a, "$.fields[1].id", tier);
	assert_status(api(asker, "DELETE", path, NULL), 200);
	assert_status(api(asker, "GET", path, NULL), 404);
	a = api(asker, "GET", "/custom_field_schema/lead/", NULL);
	assert_int_equal(count_at(&a, "$.fields"), 1);
	set_switch(asker, "fields_have_more", 1);
	a = api(asker, "GET", "/custom_field/lead/?_limit=1", NULL);
	assert_false(json_is_true(json_object_get(a.json, "has_more")));
}

static void names_of_fields_can_be_turned_off(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	made(asker, "/custom_field/contact/", "{\"name\":\"Source\",\"type\":\"text\"}");
	made(asker, "/contact/", "{\"custom.Source\":\"Web\"}");
	set_switch(asker, "custom_names", 0);
	a = api(asker, "POST", "/contact/", "{\"custom.Source\":\"Web\"}");
	assert_status(a, 400);
	assert_string_equal(json_string_of(json_object_get(a.json, "field-errors"),
					   "custom.Source"),
			    "The Custom Field \"Source\" does not exist.");
}

static void an_administrator_can_change_a_field(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/custom_field/lead/",
			      "{\"name\":\"Size\",\"type\":\"text\"}");
	const char *schema = "/_sandbox/accounts/close/default/schema/lead";
	struct answer a;

	assert_status(ask(asker, "POST", schema,
			  arena_printf(asker->arena, "{\"field\":\"custom.%s\",\"change\":"
						     "\"retype\",\"to\":\"number\"}",
				       id)),
		      200);
	a = api(asker, "GET", arena_printf(asker->arena, "/custom_field/lead/%s/", id), NULL);
	assert_text_at(a, "$.type", "number");
	a = api(asker, "POST", "/lead/",
		arena_printf(asker->arena, "{\"custom.%s\":\"big\"}", id));
	assert_status(a, 400);
	assert_status(ask(asker, "POST", schema,
			  arena_printf(asker->arena, "{\"field\":\"custom.%s\",\"change\":"
						     "\"required\",\"to\":true}",
				       id)),
		      200);
	assert_status(api(asker, "POST", "/lead/", "{}"), 400);
	assert_status(api(asker, "POST", "/lead/",
			  arena_printf(asker->arena, "{\"custom.%s\":7}", id)),
		      200);
}

static void a_custom_activity_has_fields_that_are_needed_unless_it_is_a_draft(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "POST", "/custom_activity/", "{\"name\":\"Visit\"}");
	const char *lead = made(asker, "/lead/", "{}"), *type, *field, *other, *path;

	assert_status(a, 201);
	type = text_at(&a, "$.id");
	assert_int_equal(strncmp(type, "actitype_", 9), 0);
	field = made(asker, "/custom_field/activity/",
		     arena_printf(asker->arena, "{\"name\":\"Result\",\"type\":\"text\",\"required\":"
						"true,\"custom_activity_type_id\":\"%s\"}",
				  type));
	a = api(asker, "POST", "/custom_activity/", "{\"name\":\"Demo\"}");
	other = made(asker, "/custom_field/activity/",
		     arena_printf(asker->arena, "{\"name\":\"Result\",\"type\":\"text\","
						"\"custom_activity_type_id\":\"%s\"}",
				  text_at(&a, "$.id")));
	a = api(asker, "POST", "/activity/custom/",
		arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"custom_activity_type_id\":"
					   "\"%s\",\"custom.%s\":\"x\"}",
			     lead, type, other));
	assert_status(a, 400);
	assert_int_equal(count_at(&a, "$.field-errors"), 2);
	a = api(asker, "POST", "/activity/custom/",
		arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"custom_activity_type_id\":"
					   "\"%s\",\"status\":\"draft\"}",
			     lead, type));
	assert_status(a, 200);
	assert_text_at(a, "$._type", "Custom");
	path = arena_printf(asker->arena, "/activity/custom/%s/", text_at(&a, "$.id"));
	assert_status(api(asker, "PUT", path, "{\"status\":\"published\"}"), 400);
	a = api(asker, "PUT", path,
		arena_printf(asker->arena, "{\"status\":\"published\",\"custom.%s\":\"Bought\"}",
			     field));
	assert_status(a, 200);
	assert_text_at(a, "$.status", "published");
	assert_string_equal(json_string_of(a.json,
					   arena_printf(asker->arena, "custom.%s", field)),
			    "Bought");
	a = api(asker, "GET",
		arena_printf(asker->arena, "/activity/custom/?custom_activity_type_id=%s", type),
		NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "GET", arena_printf(asker->arena, "/custom_field_schema/activity/%s/", type),
		NULL);
	assert_int_equal(count_at(&a, "$.fields"), 1);
	assert_text_at(a, "$.fields[0].id", field);
	assert_status(api(asker, "POST", "/activity/custom/",
			  arena_printf(asker->arena, "{\"lead_id\":\"%s\"}", lead)),
		      400);
	assert_status(api(asker, "POST", "/custom_field/activity/",
			  "{\"name\":\"A\",\"type\":\"text\"}"),
		      400);
}

static void an_organization_without_custom_objects_has_no_fields_of_them(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "GET", "/custom_field/custom_object_type/", NULL);

	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 0);
	assert_status(api(asker, "POST", "/custom_field/custom_object_type/",
			  "{\"name\":\"A\",\"type\":\"text\"}"),
		      501);
}

/* --- shared fields (3) --- */

static void a_shared_field_is_there_where_it_is_associated(void **state)
{
	struct asker *asker = *state;
	const char *own = made(asker, "/custom_field/lead/",
			       "{\"name\":\"Own\",\"type\":\"text\"}");
	const char *id = made(asker, "/custom_field/shared/",
			      "{\"name\":\"Tier\",\"type\":\"choices\",\"choices\":[\"Gold\"]}");
	const char *path = arena_printf(asker->arena, "/custom_field/shared/%s/", id);
	const char *at = arena_printf(asker->arena, "%sassociation/", path);
	const char *gold = arena_printf(asker->arena, "{\"custom.%s\":\"Gold\"}", id);
	const char *lead;
	struct answer a;

	assert_status(api(asker, "POST", "/lead/", gold), 400); /* nowhere yet */
	a = api(asker, "POST", at, "{\"object_type\":\"lead\"}");
	assert_status(a, 201);
	assert_text_at(a, "$.object_type", "lead");
	assert_status(api(asker, "POST", at, "{\"object_type\":\"lead\"}"), 400);
	assert_status(api(asker, "POST", at, "{\"object_type\":\"task\"}"), 400);
	assert_status(api(asker, "POST", at, "{\"object_type\":\"custom_object_type\"}"), 501);
	lead = made(asker, "/lead/", gold);

	/* The schema has both kinds, the list of the object its own alone. */
	a = api(asker, "GET", "/custom_field_schema/lead/", NULL);
	assert_int_equal(count_at(&a, "$.fields"), 2);
	assert_text_at(a, "$.fields[0].id", own);
	assert_true(json_is_false(json_at(a.json, "$.fields[0].is_shared")));
	assert_text_at(a, "$.fields[1].id", id);
	assert_true(json_is_true(json_at(a.json, "$.fields[1].is_shared")));
	a = api(asker, "GET", "/custom_field/lead/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "GET", "/custom_field/shared/", NULL);
	assert_text_at(a, "$.data[0].id", id);
	assert_status(api(asker, "PUT", arena_printf(asker->arena, "/custom_field/lead/%s/", id),
			  "{\"name\":\"x\"}"),
		      404);

	/* What is done to it is done where it is. */
	assert_status(api(asker, "PUT", path, "{\"name\":\"Level\",\"type\":\"choices\","
					      "\"choices\":[\"Gold\",\"Tin\"]}"),
		      200);
	a = api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", lead),
		arena_printf(asker->arena, "{\"custom.%s\":\"Tin\"}", id));
	assert_status(a, 200);
	a = api(asker, "GET", "/custom_field_schema/lead/", NULL);
	assert_text_at(a, "$.fields[1].name", "Level");
	assert_status(api(asker, "GET", arena_printf(asker->arena, "%slead/", at), NULL), 200);
	assert_status(api(asker, "GET", arena_printf(asker->arena, "%scontact/", at), NULL), 404);
	assert_status(api(asker, "DELETE", arena_printf(asker->arena, "%slead/", at), NULL), 200);
	assert_status(api(asker, "POST", "/lead/", gold), 400);
	api(asker, "POST", at, "{\"object_type\":\"lead\"}"); /* and back */
	assert_status(api(asker, "POST", "/lead/", gold), 200);
	assert_status(api(asker, "DELETE", path, NULL), 200);
	assert_status(api(asker, "POST", "/lead/", gold), 400);
	assert_status(api(asker, "POST", at, "{\"object_type\":\"lead\"}"), 404);
}

static void an_integration_link_is_kept(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/integration_link/",
			      "{\"name\":\"Fairlead\",\"url\":\"https://f.example/{{lead.id}}\","
			      "\"type\":\"lead\"}");
	const char *path = arena_printf(asker->arena, "/integration_link/%s/", id);
	struct answer a = api(asker, "PUT", path, "{\"name\":\"Open\"}");

	assert_status(a, 200);
	assert_text_at(a, "$.name", "Open");
	a = api(asker, "GET", "/integration_link/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "POST", "/integration_link/", "{\"name\":\"A\",\"type\":\"task\"}");
	assert_status(a, 400);
	assert_int_equal(count_at(&a, "$.field-errors"), 2);
	assert_status(api(asker, "DELETE", path, NULL), 200);
	assert_status(api(asker, "GET", path, NULL), 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_custom_field_is_listed_renamed_ordered_and_deleted),
		TEST(names_of_fields_can_be_turned_off),
		TEST(an_administrator_can_change_a_field),
		TEST(a_custom_activity_has_fields_that_are_needed_unless_it_is_a_draft),
		TEST(an_organization_without_custom_objects_has_no_fields_of_them),
		TEST(a_shared_field_is_there_where_it_is_associated),
		TEST(an_integration_link_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
