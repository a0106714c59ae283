/* copper_records_test.c - tests src/sandbox/copper_write.c, copper_say.c and copper_convert.c
 * (4-6): what a record shows of itself, and what becomes of a lead. */
#include "copper_ask.h"

#include "base/text.h"

/* --- names, addresses, interactions (4, 6) --- */

static void the_parts_of_a_name_are_read_back(void **state)
{
	static const struct {
		const char *name, *prefix, *first, *middle, *last, *suffix;
	} rows[] = {
		{ "Ann", NULL, "Ann", NULL, NULL, NULL },
		{ "Ann Lee", NULL, "Ann", NULL, "Lee", NULL },
		{ "Ann Mary Jo Lee", NULL, "Ann", "Mary Jo", "Lee", NULL },
		{ "Dr. Ann M. Lee Jr.", "Dr.", "Ann", "M.", "Lee", "Jr." },
		{ "Dr.", NULL, "Dr.", NULL, NULL, NULL },
	};
	static const char *const parts[] = { "prefix", "first_name", "middle_name", "last_name",
					     "suffix" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const wanted[] = { rows[i].prefix, rows[i].first, rows[i].middle,
					       rows[i].last, rows[i].suffix };
		struct answer a = call(asker, "POST", "/leads",
				       arena_printf(asker->arena, "{\"name\":\"%s\"}",
						    rows[i].name));

		for (size_t j = 0; j < ARRAY_LEN(parts); j++) {
			const char *have = json_string_of(a.json, parts[j]);

			if (!text_equal(have, wanted[j]))
				fail_msg("%s: %s is %s", rows[i].name, parts[j], have);
		}
	}
}

static void an_address_is_one_person_s(void **state)
{
	static const char body[] = "{\"name\":\"A\",\"emails\":[{\"email\":\"ann@acme.test\","
				   "\"category\":\"work\"}]}";
	struct asker *asker = *state;
	int64_t id = add(asker, "/people", body);
	struct answer a = call(asker, "POST", "/people", body);

	assert_refused(&a, 422,
		       "Invalid input: Validation errors: Emails: Email has already been taken");
	assert_status(call(asker, "PUT", at(asker, "/people", id), body), 200); /* its own */

	/* A lead with that address becomes this person. */
	a = call(asker, "POST",
		 arena_printf(asker->arena, "%s/convert",
			      at(asker, "/leads", add(asker, "/leads", ANN))),
		 "{\"details\":{}}");
	assert_int_equal(int_at(&a, "$.person.id"), id);
	assert_text_at(a, "$.person.title", "CTO");
	call(asker, "PUT", at(asker, "/people", id), "{\"emails\":[]}");
	assert_int_not_equal(add(asker, "/people", body), id);
	put_switch(asker, "copper", "unique_emails", 0);
	assert_status(call(asker, "POST", "/people", body), 200);
}

static void a_company_is_guessed_unless_it_must_be_exact(void **state)
{
	static const struct {
		const char *details;
		bool is_known;
	} rows[] = {
		{ "{}", true }, /* the lead says Acme */
		{ "{\"company\":{\"name\":\"ACME\"}}", true },
		{ "{\"company\":{\"name\":\"acme ltd\",\"exact_match\":true}}", true },
		{ "{\"company\":{\"name\":\"Acme\",\"exact_match\":true}}", false },
		{ "{\"company\":{\"name\":\"Acmes\"}}", false },
	};
	struct asker *asker = *state;
	int64_t known = add(asker, "/companies", "{\"name\":\"Acme Ltd\"}");
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST",
			 arena_printf(asker->arena, "%s/convert",
				      at(asker, "/leads", add(asker, "/leads", ANN))),
			 arena_printf(asker->arena, "{\"details\":%s}", rows[i].details));
		if ((int_at(&a, "$.company.id") == known) != rows[i].is_known)
			fail_msg("%s: %s", rows[i].details, a.text);
	}
	a = call(asker, "POST",
		 arena_printf(asker->arena, "%s/convert",
			      at(asker, "/leads", add(asker, "/leads", ANN))),
		 "{\"details\":{\"company\":{\"name\":\"\"}}}");
	assert_null(json_object_get(a.json, "company"));
}

static void calls_count_as_interactions_and_notes_do_not(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	struct answer a;

	for (int type = 0; type <= 190711; type += 190711)
		add(asker, "/activities",
		    arena_printf(asker->arena,
				 "{\"parent\":{\"type\":\"lead\",\"id\":%lld},\"type\":{"
				 "\"category\":\"user\",\"id\":%d},\"activity_date\":1502158444}",
				 (long long)id, type));
	a = call(asker, "GET", at(asker, "/leads", id), NULL);
	assert_int_equal(int_at(&a, "$.interaction_count"), 1);
	assert_int_equal(int_at(&a, "$.date_last_contacted"), 1502158444);
}

static void a_deleted_activity_stays_as_a_stub(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/leads", ANN);
	const char *path =
		at(asker, "/activities",
		   add(asker, "/activities",
		       arena_printf(asker->arena,
				    "{\"parent\":{\"type\":\"lead\",\"id\":%lld},\"type\":{"
				    "\"category\":\"user\",\"id\":0},\"details\":\"Secret\"}",
				    (long long)id)));
	struct answer a;

	assert_status(call(asker, "DELETE", path, NULL), 200);
	a = call(asker, "GET", path, NULL);
	assert_status(a, 200);
	assert_true(json_is_true(json_object_get(a.json, "is_deleted")));
	assert_int_equal(int_at(&a, "$.parent.id"), id);
	assert_null(strstr(a.text, "Secret"));
	a = call(asker, "POST", "/activities/search", "{}");
	assert_true(json_is_true(json_at(a.json, "$[0].is_deleted")));
	assert_status(call(asker, "PUT", path, "{\"details\":\"x\"}"), 404);
	assert_status(call(asker, "GET", "/activities/1", NULL), 404);
}

static void a_project_is_kept_as_a_task_is(void **state)
{
	struct asker *asker = *state;
	int64_t id = add(asker, "/projects", "{\"name\":\"Fair\"}");
	struct answer a = call(asker, "PUT", at(asker, "/projects", id),
			       "{\"status\":\"Completed\",\"assignee_id\":137658}");

	assert_text_at(a, "$.status", "Completed");
	assert_true(json_is_array(json_object_get(a.json, "custom_fields")));
	a = call(asker, "POST", "/projects/search", "{\"name\":\"fair\"}");
	assert_int_equal(count_at(&a, "$"), 1);
	a = call(asker, "POST", "/custom_field_definitions",
		 "{\"name\":\"Hall\",\"data_type\":\"String\",\"available_on\":[\"project\"]}");
	assert_status(a, 200);
	a = call(asker, "GET", at(asker, "/projects", id), NULL);
	assert_int_equal(count_at(&a, "$.custom_fields"), 1);
	assert_status(call(asker, "DELETE", at(asker, "/projects", id), NULL), 200);
	assert_status(call(asker, "POST", "/projects", "{}"), 422);
}

static void a_stage_is_one_of_a_pipeline_s(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/opportunities",
			       "{\"name\":\"N\",\"pipeline_id\":213214,\"pipeline_stage_id\":"
			       "987792}");

	assert_status(a, 200);
	a = call(asker, "POST", "/opportunities", "{\"name\":\"N\",\"pipeline_stage_id\":1}");
	assert_refused(&a, 422,
		       "Invalid input: Validation errors: Pipeline Stage Id: Invalid value for "
		       "Pipeline Stage Id: not found");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_parts_of_a_name_are_read_back),
		TEST(an_address_is_one_person_s),
		TEST(a_company_is_guessed_unless_it_must_be_exact),
		TEST(calls_count_as_interactions_and_notes_do_not),
		TEST(a_deleted_activity_stays_as_a_stub),
		TEST(a_project_is_kept_as_a_task_is),
		TEST(a_stage_is_one_of_a_pipeline_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
