/* close_test.c - tests src/sandbox/close*.c where the vendor's client does not look:
 * records (4), activities (6), what the doubts of the sheet can be set to. */
#include "close_ask.h"

/* --- records --- */

static void a_long_filter_may_be_posted(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	made(asker, "/lead/", "{\"name\":\"Acme\"}");
	made(asker, "/lead/", "{\"name\":\"Bolt\"}");
	a = ask_with(asker, "POST", "/lead/",
		     "{\"_params\":{\"query\":\"name:bolt\",\"_limit\":5,\"_fields\":\"name\"}}",
		     "x-http-method-override", "GET");
	assert_status(a, 200);
	assert_string_equal(a.text, "{\"data\":[{\"name\":\"Bolt\"}],\"has_more\":false}");
	assert_int_equal(count_at(&a, "$.data"), 1);
}

static void deleting_says_nothing_or_an_empty_object(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "DELETE",
			      arena_printf(asker->arena, "/lead/%s/", made(asker, "/lead/", "{}")),
			      NULL);

	assert_status(a, 200);
	assert_string_equal(a.text, "{}");
	set_switch(asker, "delete_body", 1);
	a = api(asker, "DELETE",
		arena_printf(asker->arena, "/lead/%s/", made(asker, "/lead/", "{}")), NULL);
	assert_status(a, 200);
	assert_string_equal(a.text, "");
}

static void errors_in_lists_nest_in_two_ways(void **state)
{
	static const char body[] = "{\"contacts\":[{},{\"emails\":[{\"email\":\"x\"}]}]}";
	struct asker *asker = *state;
	struct answer a = api(asker, "POST", "/lead/", body);

	assert_status(a, 400);
	assert_string_equal(a.text,
			    "{\"errors\":[],\"field-errors\":{\"contacts\":{\"errors\":{\"1\":{"
			    "\"errors\":[],\"field-errors\":{\"emails\":{\"errors\":{\"0\":{"
			    "\"errors\":[],\"field-errors\":{\"email\":\"Value must be a valid "
			    "email address.\"}}}}}}}}}}");
	set_switch(asker, "errors_mirror_body", 1);
	a = api(asker, "POST", "/lead/", body);
	assert_string_equal(a.text, "{\"errors\":[],\"field-errors\":{\"contacts\":{\"1\":{"
				    "\"emails\":{\"0\":{\"email\":\"Value must be a valid email "
				    "address.\"}}}}}}");
}

static void doubts_about_contacts_can_be_decided(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{}");
	static const char no_type[] = "{\"emails\":[{\"email\":\"a@b.example\"}]}";
	static const char bad_phone[] = "{\"phones\":[{\"phone\":\"none\"}]}";
	struct answer a;

	assert_status(api(asker, "POST", "/contact/", no_type), 200);
	set_switch(asker, "types_required", 1);
	assert_status(api(asker, "POST", "/contact/", no_type), 400);
	set_switch(asker, "types_required", 0);
	assert_status(api(asker, "POST", "/contact/", bad_phone), 400);
	set_switch(asker, "bad_phones_kept", 1);
	a = api(asker, "POST", "/contact/", bad_phone);
	assert_status(a, 200);
	assert_text_at(a, "$.phones[0].phone", "none");
	set_switch(asker, "contacts_on_put", 1);
	a = api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", lead),
		"{\"contacts\":[{\"name\":\"A\"}]}");
	assert_status(a, 400);
}

static void what_always_has_a_value_is_not_cleared(void **state)
{
	static const struct {
		const char *path, *body, *name;
	} rows[] = {
		{ "/lead/", "{}", "status_id" },
		{ "/contact/", "{}", "lead_id" },
		{ "/opportunity/", "{}", "status_id" },
		{ "/opportunity/", "{}", "confidence" },
		{ "/task/", "{\"lead_id\":\"%s\"}", "lead_id" },
	};
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{}");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *id = made(asker, rows[i].path,
				      arena_printf(asker->arena, rows[i].body, lead));
		const char *clear = arena_printf(asker->arena, "{\"%s\":null}", rows[i].name);
		struct answer a = api(asker, "PUT",
				      arena_printf(asker->arena, "%s%s/", rows[i].path, id), clear);

		assert_status(a, 400);
		assert_string_equal(json_string_of(json_object_get(a.json, "field-errors"),
						   rows[i].name),
				    "This field is required.");
	}
	/* A new one gets the default. */
	assert_non_null(made(asker, "/opportunity/", "{\"status_id\":null,\"lead_id\":null}"));
}

static void numbers_are_kept_with_their_country_s_code(void **state)
{
	static const struct {
		const char *text, *phone, *formatted;
	} rows[] = {
		{ "415-555-0100", "+14155550100", "+1 415-555-0100" },
		{ "1 (415) 555.0100", "+14155550100", "+1 415-555-0100" },
		{ "+91 98765 43210", "+919876543210", "+91 9876543210" },
		{ "+971501234567", "+971501234567", "+971 501234567" },
	};
	static const char *const bad[] = { "12345", "+1 415 555 010", "98765 432101", "+14x", "",
					   "+1234567890123456" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = api(asker, "POST", "/contact/",
				      arena_printf(asker->arena,
						   "{\"phones\":[{\"phone\":\"%s\"}]}",
						   rows[i].text));

		assert_status(a, 200);
		assert_text_at(a, "$.phones[0].phone", rows[i].phone);
		assert_text_at(a, "$.phones[0].phone_formatted", rows[i].formatted);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_status(api(asker, "POST", "/contact/",
				  arena_printf(asker->arena, "{\"phones\":[{\"phone\":\"%s\"}]}",
					       bad[i])),
			      400);
}

/* --- activities (6) --- */

static void a_message_has_a_status_and_a_status_change_an_id(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{}"), *sms;
	const char *path = arena_printf(asker->arena, "/lead/%s/", lead);
	struct answer a = api(asker, "POST", "/activity/sms/",
			      arena_printf(asker->arena,
					   "{\"lead_id\":\"%s\",\"status\":\"inbox\",\"direction\":"
					   "\"inbound\",\"text\":\"Yes\",\"subject\":\"none\","
					   "\"remote_phone\":\"+14155550100\"}",
					   lead));

	assert_status(a, 200);
	assert_text_at(a, "$.direction", "inbound");
	assert_text_at(a, "$.source", "External");
	assert_text_at(a, "$.remote_phone_formatted", "+1 415-555-0100");
	assert_true(json_is_null(json_object_get(a.json, "date_sent")));
	assert_null(json_object_get(a.json, "subject"));
	sms = text_at(&a, "$.id");
	a = api(asker, "GET", arena_printf(asker->arena, "/activity/sms/%s/", sms), NULL);
	assert_text_at(a, "$.text", "Yes");
	assert_status(api(asker, "GET", arena_printf(asker->arena, "/activity/note/%s/", sms), NULL),
		      404);
	a = api(asker, "POST", "/activity/email/",
		arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"status\":\"inbox\"}", lead));
	assert_text_at(a, "$.direction", "incoming");
	a = api(asker, "PUT",
		arena_printf(asker->arena, "/activity/email/%s/", text_at(&a, "$.id")),
		"{\"status\":\"sent\"}");
	assert_text_at(a, "$.direction", "outgoing");
	assert_text_at(a, "$.date_sent", text_at(&a, "$.activity_at"));
	assert_status(api(asker, "PUT", path, "{\"status\":\"Qualified\"}"), 200);
	a = api(asker, "GET", "/activity/status_change/lead/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
	a = api(asker, "GET",
		arena_printf(asker->arena, "/activity/status_change/lead/%s/",
			     text_at(&a, "$.data[0].id")),
		NULL);
	assert_text_at(a, "$.new_status_label", "Qualified");
}

static void a_pipeline_has_its_statuses(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "GET", "/pipeline/", NULL);

	assert_text_at(a, "$.data[0].name", "Sales");
	assert_int_equal(count_at(&a, "$.data[0].statuses"), 3);
	assert_text_at(a, "$.data[0].statuses[1].type", "won");
	a = api(asker, "GET", "/user/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 2);
	assert_true(json_is_false(json_object_get(a.json, "has_more")));
}

/* --- the rest --- */

static void what_is_not_imitated_says_so(void **state)
{
	static const char *const paths[] = { "/sequence/",	    "/custom_object/",
					     "/bulk_action/delete/", "/activity/meeting/",
					     "/lead/?lead_query=x" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct answer a = api(asker, "GET", paths[i], NULL);

		assert_status(a, 501);
		assert_text_at(a, "$.error", "not_imitated");
	}
	assert_status(api(asker, "POST", "/export/opportunity/", "{}"), 501);
	assert_status(api(asker, "GET", "/custom_field_schema/custom_object/", NULL), 501);
	assert_status(api(asker, "GET", "/custom_field_schema/activity/", NULL), 404);
	assert_status(api(asker, "POST", "/custom_field/lead/",
			  "{\"name\":\"A\",\"type\":\"custom_object\"}"),
		      501);
}

static void a_seed_gives_leads_with_people(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/_sandbox/accounts/close/default/seed",
			      "{\"count\":5,\"seed\":3}");
	const char *email;

	assert_status(a, 200);
	a = api(asker, "GET", "/lead/", NULL);
	assert_int_equal(count_at(&a, "$.data"), 5);
	email = text_at(&a, "$.data[4].contacts[0].emails[0].email");
	a = api(asker, "GET", arena_printf(asker->arena, "/lead/?query=email:%s", email), NULL);
	assert_int_equal(count_at(&a, "$.data"), 1);
}

static void another_account_has_a_key_of_its_own(void **state)
{
	struct asker *asker = *state;
	struct http_request request = { .method = "GET", .url = "/close/api/v1/lead/" };
	const char *key, *pair;
	struct answer a = ask(asker, "POST", "/_sandbox/accounts",
			      "{\"vendor\":\"close\",\"name\":\"second\"}");

	assert_status(a, 201);
	made(asker, "/lead/", "{}");
	a = ask(asker, "GET", "/_sandbox/accounts/close/second", NULL);
	key = text_at(&a, "$.credentials.api_key");
	assert_string_not_equal(key, KEY);
	pair = arena_printf(asker->arena, "%s:", key);
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, pair, strlen(pair))));
	a = send_request(asker, &request);
	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_filter_may_be_posted),
		TEST(deleting_says_nothing_or_an_empty_object),
		TEST(errors_in_lists_nest_in_two_ways),
		TEST(doubts_about_contacts_can_be_decided),
		TEST(what_always_has_a_value_is_not_cleared),
		TEST(numbers_are_kept_with_their_country_s_code),
		TEST(a_message_has_a_status_and_a_status_change_an_id),
		TEST(a_pipeline_has_its_statuses),
		TEST(what_is_not_imitated_says_so),
		TEST(a_seed_gives_leads_with_people),
		TEST(another_account_has_a_key_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
