/* close_bulk_test.c - tests src/sandbox/close_bulk.c and close_export.c: what is done with all
 * that a search finds (5, 10). */
#include "close_ask.h"

#define ALL "\"s_query\":{\"query\":{\"type\":\"match_all\"}}"

/* --- bulk edits (5) --- */

static void a_bulk_edit_changes_what_a_search_finds(void **state)
{
	struct asker *asker = *state;
	const char *tags = made(asker, "/custom_field/lead/",
				"{\"name\":\"Tags\",\"type\":\"choices\",\"choices\":[\"a\",\"b\"],"
				"\"accepts_multiple_values\":true}");
	static const char query[] = "\"s_query\":{\"query\":{\"type\":\"field_condition\",\"field\":"
				    "{\"type\":\"regular_field\",\"object_type\":\"lead\","
				    "\"field_name\":\"name\"},\"condition\":{\"type\":\"text\","
				    "\"mode\":\"full_words\",\"value\":\"acme\"}}}";
	const char *lead = made(asker, "/lead/", "{\"name\":\"Acme\"}"), *path;
	struct answer a = api(asker, "GET", "/status/lead/", NULL);

	made(asker, "/lead/", "{\"name\":\"Bolt\"}");
	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena,
			     "{%s,\"type\":\"set_lead_status\",\"lead_status_id\":\"%s\","
			     "\"send_done_email\":false}",
			     query, text_at(&a, "$.data[2].id")));
	assert_status(a, 200);
	assert_text_at(a, "$.status", "created");
	assert_true(json_is_false(json_object_get(a.json, "send_done_email")));
	assert_null(json_object_get(a.json, "values"));
	assert_int_equal(int_at(&a, "$.n_objects"), 1);
	path = arena_printf(asker->arena, "/bulk_action/edit/%s/", text_at(&a, "$.id"));
	for (int i = 0; i < 3; i++) {
		static const char *const stages[] = { "created", "loading", "processing" };

		a = api(asker, "GET", path, NULL);
		assert_text_at(a, "$.status", stages[i]);
		step(asker, 333);
	}
	a = api(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "done");
	assert_int_equal(int_at(&a, "$.n_objects_processed"), 1);
	a = api(asker, "GET", "/lead/?query=status:Qualified", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	assert_text_at(a, "$.data[0].id", lead);
	assert_status(api(asker, "POST", "/bulk_action/edit/",
			  arena_printf(asker->arena,
				       "{%s,\"type\":\"set_custom_field\",\"custom_field_name\":"
				       "\"Tags\",\"custom_field_value\":\"b\","
				       "\"custom_field_operation\":\"add\"}",
				       query)),
		      200);
	step(asker, 1000);
	a = api(asker, "GET", arena_printf(asker->arena, "/lead/%s/", lead), NULL);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(a.json, arena_printf(asker->arena, "custom.%s",
									 tags)),
				    0)),
			    "b");
	assert_status(api(asker, "POST", "/bulk_action/edit/",
			  arena_printf(asker->arena,
				       "{%s,\"type\":\"clear_custom_field\",\"custom_field_id\":"
				       "\"%s\"}",
				       query, tags)),
		      200);
	step(asker, 1000);
	a = api(asker, "GET", arena_printf(asker->arena, "/lead/%s/", lead), NULL);
	assert_null(json_object_get(a.json, arena_printf(asker->arena, "custom.%s", tags)));
}

static void a_bad_bulk_edit_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{\"type\":\"paint\"}", 400 },
		{ "{\"type\":\"set_lead_status\",\"s_query\":{\"query\":{\"type\":\"match_all\"}}}",
		  400 },
		{ "{\"type\":\"set_lead_status\",\"lead_status_id\":\"x\",\"s_query\":{\"query\":"
		  "{\"type\":\"match_all\"}}}",
		  400 },
		{ "{\"type\":\"set_custom_field\",\"custom_field_id\":\"cf_x\"}", 400 },
		{ "{\"type\":\"clear_custom_field\"}", 400 },
		{ "{\"type\":\"set_contact_custom_field\",\"custom_field_id\":\"cf_x\"}", 400 },
		{ "{\"type\":\"set_global_custom_field\"}", 501 },
	};
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(api(asker, "POST", "/bulk_action/edit/", rows[i].body),
			      rows[i].status);
	a = api(asker, "GET", "/status/lead/", NULL);
	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena, "{\"type\":\"set_lead_status\",\"lead_status_id\":\"%s\"}",
			     text_at(&a, "$.data[0].id")));
	assert_status(a, 400); /* without a query */
}

static const char *value_of(struct asker *asker, const char *path, const char *id,
			    const char *field)
{
	struct answer a = api(asker, "GET", arena_printf(asker->arena, "%s%s/", path, id), NULL);

	return json_string_of(a.json, arena_printf(asker->arena, "custom.%s", field));
}

/* Of contacts and opportunities: those that are found, or those of the leads that are. */
static void parts_of_leads_are_edited_in_bulk_too(void **state)
{
	struct asker *asker = *state;
	const char *acme = made(asker, "/lead/", "{\"name\":\"Acme\"}");
	const char *tier = made(asker, "/custom_field/contact/",
				"{\"name\":\"Tier\",\"type\":\"text\"}");
	const char *kind = made(asker, "/custom_field/opportunity/",
				"{\"name\":\"Kind\",\"type\":\"text\"}");
	const char *ann = made(asker, "/contact/",
			       arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"name\":\"Ann\"}",
					    acme));
	const char *bob = made(asker, "/contact/", "{\"name\":\"Bob\"}");
	const char *sale = made(asker, "/opportunity/",
				arena_printf(asker->arena, "{\"lead_id\":\"%s\"}", acme));
	const char *of_acme = arena_printf(asker->arena,
					   "\"s_query\":{\"query\":{\"type\":\"id\",\"value\":"
					   "\"%s\"}}",
					   acme);
	struct answer a;

	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena,
			     "{%s,\"type\":\"set_contact_custom_field\",\"custom_field_id\":\"%s\","
			     "\"custom_field_value\":\"Gold\"}",
			     of_acme, tier));
	assert_int_equal(int_at(&a, "$.n_objects"), 1);
	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena,
			     "{%s,\"type\":\"set_opportunity_custom_field\",\"custom_field_id\":"
			     "\"%s\",\"custom_field_value\":\"New\"}",
			     of_acme, kind));
	assert_status(a, 200);
	step(asker, 1000);
	assert_string_equal(value_of(asker, "/contact/", ann, tier), "Gold");
	assert_null(value_of(asker, "/contact/", bob, tier));
	assert_string_equal(value_of(asker, "/opportunity/", sale, kind), "New");

	/* A search for contacts finds them by themselves. */
	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena,
			     "{\"s_query\":{\"query\":{\"type\":\"object_type\",\"object_type\":"
			     "\"contact\"}},\"type\":\"clear_contact_custom_field\","
			     "\"custom_field_id\":\"%s\"}",
			     tier));
	assert_int_equal(int_at(&a, "$.n_objects"), 2);
	step(asker, 1000);
	assert_null(value_of(asker, "/contact/", ann, tier));
}

/* What it searches by may be gone when its time comes. */
static void a_bulk_edit_whose_field_goes_ends_in_an_error(void **state)
{
	struct asker *asker = *state;
	const char *source = made(asker, "/custom_field/lead/",
				  "{\"name\":\"Source\",\"type\":\"text\"}");
	struct answer a = api(asker, "GET", "/status/lead/", NULL);

	a = api(asker, "POST", "/bulk_action/edit/",
		arena_printf(asker->arena,
			     "{\"type\":\"set_lead_status\",\"lead_status_id\":\"%s\",\"s_query\":"
			     "{\"query\":{\"type\":\"field_condition\",\"field\":{\"type\":"
			     "\"custom_field\",\"custom_field_id\":\"%s\"},\"condition\":{\"type\":"
			     "\"exists\"}}}}",
			     text_at(&a, "$.data[1].id"), source));
	assert_status(a, 200);
	api(asker, "DELETE", arena_printf(asker->arena, "/custom_field/lead/%s/", source), NULL);
	step(asker, 1000);
	a = api(asker, "GET",
		arena_printf(asker->arena, "/bulk_action/edit/%s/", text_at(&a, "$.id")), NULL);
	assert_text_at(a, "$.status", "error");
}

/* --- exports (10); what is in the file is judged in tests/judges/close.test.mjs --- */

static void an_export_is_done_after_a_while_and_has_an_address(void **state)
{
	static const char *const stages[] = { "created", "started", "in_progress", "done" };
	struct asker *asker = *state;
	struct answer a;
	const char *path, *url;

	made(asker, "/lead/", "{\"name\":\"Acme\"}");
	a = api(asker, "POST", "/export/lead/",
		"{\"format\":\"json\",\"type\":\"leads\",\"include_activities\":false," ALL
		",\"send_done_email\":false}");
	assert_status(a, 200);
	path = arena_printf(asker->arena, "/export/%s/", text_at(&a, "$.id"));
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		a = api(asker, "GET", path, NULL);
		assert_text_at(a, "$.status", stages[i]);
		assert_int_equal(json_is_null(json_object_get(a.json, "download_url")), i < 3);
		step(asker, 500);
	}
	assert_null(json_object_get(a.json, "secret"));
	url = strstr(text_at(&a, "$.download_url"), "/export_files/");
	a = ask(asker, "GET", url, NULL);
	assert_status(a, 200);
	assert_string_equal(http_header_find(&a.headers, "Content-Encoding"), "gzip");
	assert_string_equal(http_header_find(&a.headers, "Content-Type"), "application/json");
	assert_memory_equal(a.text, "\x1f\x8b", 2);
	assert_status(ask(asker, "GET", "/export_files/default/guess.json", NULL), 404);
	assert_status(ask(asker, "GET", "/export_files/nobody/guess.json", NULL), 404);
	assert_status(api(asker, "GET", "/export/expo_x/", NULL), 404);
}

static void a_bad_export_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{\"type\":\"leads\"}", 400 },
		{ "{\"format\":\"json\"}", 400 },
		{ "{\"format\":\"xml\",\"type\":\"leads\"}", 400 },
		{ "{\"format\":\"csv\",\"type\":\"people\"}", 400 },
		{ "{\"format\":\"csv\",\"type\":\"leads\",\"date_format\":\"x\"}", 400 },
		{ "{\"format\":\"csv\",\"type\":\"leads\",\"date_format\":\"excel\"}", 501 },
		{ "{\"format\":\"json\",\"type\":\"leads\",\"s_query\":{}}", 400 },
		{ "{\"format\":\"json\",\"type\":\"leads\"}", 200 }, /* all of them */
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(api(asker, "POST", "/export/lead/", rows[i].body), rows[i].status);
}

static void an_export_can_take_long_and_old_files_go(void **state)
{
	struct asker *asker = *state;
	const char *first = NULL;
	struct answer a;

	set_switch(asker, "export_ms", 60000);
	for (int i = 0; i < 9; i++) {
		a = api(asker, "POST", "/export/lead/",
			"{\"format\":\"csv\",\"type\":\"contacts\"," ALL "}");
		step(asker, 59000);
		a = api(asker, "GET",
			arena_printf(asker->arena, "/export/%s/", text_at(&a, "$.id")), NULL);
		assert_text_at(a, "$.status", "in_progress");
		step(asker, 1000);
		a = api(asker, "GET",
			arena_printf(asker->arena, "/export/%s/", text_at(&a, "$.id")), NULL);
		if (i == 0)
			first = strstr(text_at(&a, "$.download_url"), "/export_files/");
		if (i == 7)
			assert_status(ask(asker, "GET", first, NULL), 200);
	}
	assert_status(ask(asker, "GET", first, NULL), 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bulk_edit_changes_what_a_search_finds),
		TEST(a_bad_bulk_edit_is_refused),
		TEST(parts_of_leads_are_edited_in_bulk_too),
		TEST(a_bulk_edit_whose_field_goes_ends_in_an_error),
		TEST(an_export_is_done_after_a_while_and_has_an_address),
		TEST(a_bad_export_is_refused),
		TEST(an_export_can_take_long_and_old_files_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
