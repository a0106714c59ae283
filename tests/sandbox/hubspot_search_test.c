/* hubspot_search_test.c - tests src/sandbox/hubspot_search.c. */
#include "ask.h"

static int setup(void **state)
{
	int rc = asker_setup(state);

	((struct asker *)*state)->base = "/hubspot/crm/objects/2026-09";
	return rc;
}

static void create(struct asker *asker, const char *email, const char *name)
{
	struct answer a = ask(asker, "POST", "/contacts",
			      arena_printf(asker->arena,
					   "{\"properties\":{\"email\":\"%s\",\"firstname\":"
					   "\"%s\",\"phone\":\"+1 555 0100\"}}",
					   email, name));

	assert_status(a, 201);
}

static void settings(struct asker *asker, const char *body)
{
	struct answer a =
		ask(asker, "PATCH", "/_sandbox/accounts/hubspot/default/settings", body);

	assert_status(a, 200);
}

static struct answer search(struct asker *asker, const char *filter)
{
	return ask(asker, "POST", "/contacts/search",
		   arena_printf(asker->arena, "{\"filterGroups\":[{\"filters\":[%s]}],"
					      "\"properties\":[\"email\"]}",
				filter));
}

static void every_operator_finds_what_it_should(void **state)
{
	static const struct {
		const char *filter;
		int total;
	} rows[] = {
		{ "{\"propertyName\":\"email\",\"operator\":\"EQ\",\"value\":\"A@n.example\"}", 1 },
		{ "{\"propertyName\":\"email\",\"operator\":\"NEQ\",\"value\":\"a@n.example\"}", 2 },
		{ "{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"501\"}", 2 },
		{ "{\"propertyName\":\"hs_object_id\",\"operator\":\"GTE\",\"value\":\"501\"}", 3 },
		{ "{\"propertyName\":\"hs_object_id\",\"operator\":\"LT\",\"value\":\"502\"}", 1 },
		{ "{\"propertyName\":\"hs_object_id\",\"operator\":\"LTE\",\"value\":\"502\"}", 2 },
		{ "{\"propertyName\":\"hs_object_id\",\"operator\":\"BETWEEN\",\"value\":\"502\","
		  "\"highValue\":\"503\"}",
		  2 },
		{ "{\"propertyName\":\"email\",\"operator\":\"IN\",\"values\":[\"a@n.example\","
		  "\"c@n.example\",\"z@n.example\"]}",
		  2 },
		{ "{\"propertyName\":\"email\",\"operator\":\"NOT_IN\",\"values\":["
		  "\"a@n.example\"]}",
		  2 },
		{ "{\"propertyName\":\"jobtitle\",\"operator\":\"HAS_PROPERTY\"}", 0 },
		{ "{\"propertyName\":\"jobtitle\",\"operator\":\"NOT_HAS_PROPERTY\"}", 3 },
		{ "{\"propertyName\":\"firstname\",\"operator\":\"CONTAINS_TOKEN\",\"value\":"
		  "\"Cy*\"}",
		  1 },
		{ "{\"propertyName\":\"firstname\",\"operator\":\"NOT_CONTAINS_TOKEN\","
		  "\"value\":\"Cyd\"}",
		  2 },
		{ "{\"propertyName\":\"createdate\",\"operator\":\"GTE\",\"value\":\"0\"}", 3 },
		{ "{\"propertyName\":\"lastmodifieddate\",\"operator\":\"LT\",\"value\":"
		  "\"2001-01-01T00:00:00Z\"}",
		  0 },
	};
	struct asker *asker = *state;

	create(asker, "a@n.example", "Ann");
	create(asker, "b@n.example", "Bob");
	create(asker, "c@n.example", "Cyd");
	settings(asker, "{\"limits\":{\"search\":0}}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = search(asker, rows[i].filter);

		assert_status(a, 200);
		if (int_at(&a, "$.total") != rows[i].total)
			fail_msg("%s: %s", rows[i].filter, a.text);
	}
}

static void what_a_search_cannot_take_is_400(void **state)
{
	static const char *const bodies[] = {
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"nope\",\"operator\":\"EQ\","
		"\"value\":\"x\"}]}]}",
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"email\",\"operator\":"
		"\"LIKE\",\"value\":\"x\"}]}]}",
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"email\",\"operator\":\"EQ\"}]}"
		"]}",
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"email\",\"operator\":\"IN\","
		"\"value\":\"x\"}]}]}",
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"createdate\",\"operator\":"
		"\"GT\",\"value\":\"soon\"}]}]}",
		"{\"filterGroups\":[{\"filters\":[]}]}",
		"{\"filterGroups\":[{},{},{},{},{},{},{}]}",
		"{\"limit\":201}",
		"{\"limit\":100,\"after\":\"9950\"}",
		"{\"after\":\"x\"}",
		"{\"sorts\":[{\"propertyName\":\"email\"},{\"propertyName\":\"phone\"}]}",
		"{\"sorts\":[{\"propertyName\":\"email\",\"direction\":\"UP\"}]}",
		"[]",
		"{",
	};
	struct asker *asker = *state;

	settings(asker, "{\"limits\":{\"search\":0}}");
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct answer a = ask(asker, "POST", "/contacts/search", bodies[i]);

		if (a.status != 400)
			fail_msg("%s: %d %s", bodies[i], a.status, a.text);
		assert_text_at(a, "$.category", "VALIDATION_ERROR");
	}
}

/* `groups` of `filters` each, all the same. */
static struct answer search_of(struct asker *asker, int groups, int filters)
{
	struct buf buf;

	buf_init(&buf, asker->arena, 65536);
	buf_add(&buf, "{\"filterGroups\":[");
	for (int i = 0; i < groups; i++) {
		buf_add(&buf, i ? ",{\"filters\":[" : "{\"filters\":[");
		for (int j = 0; j < filters; j++)
			buf_addf(&buf, "%s{\"propertyName\":\"email\",\"operator\":\"HAS_PROPERTY\"}",
				 j ? "," : "");
		buf_add(&buf, "]}");
	}
	buf_add(&buf, "]}");
	return ask(asker, "POST", "/contacts/search", buf_text(&buf));
}

static void groups_and_filters_are_limited(void **state)
{
	struct asker *asker = *state;

	settings(asker, "{\"limits\":{\"search\":1000}}");
	assert_status(search_of(asker, 5, 3), 200);
	assert_status(search_of(asker, 3, 6), 200);
	assert_status(search_of(asker, 1, 7), 400);
	assert_status(search_of(asker, 5, 4), 400); /* more than 18 in all */
	assert_status(search_of(asker, 6, 1), 400);
	settings(asker, "{\"switches\":{\"search_groups\":6}}");
	assert_status(search_of(asker, 6, 1), 200);
	assert_status(search_of(asker, 7, 1), 400);
}

static void pages_follow_each_other_and_the_last_has_no_next(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	create(asker, "a@n.example", "Ann");
	create(asker, "b@n.example", "Bob");
	create(asker, "c@n.example", "Cyd");
	a = ask(asker, "POST", "/contacts/search",
		"{\"limit\":2,\"sorts\":[{\"propertyName\":\"email\",\"direction\":"
		"\"DESCENDING\"}]}");
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.total"), 3);
	assert_text_at(a, "$.results[0].properties.email", "c@n.example");
	assert_text_at(a, "$.paging.next.after", "2");
	a = ask(asker, "POST", "/contacts/search",
		"{\"limit\":2,\"after\":\"2\",\"sorts\":[{\"propertyName\":\"email\","
		"\"direction\":\"DESCENDING\"}]}");
	assert_text_at(a, "$.results[0].properties.email", "a@n.example");
	assert_null(json_at(a.json, "$.paging"));
}

static void a_text_is_looked_for_in_the_usual_properties(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	create(asker, "a@n.example", "Ann");
	create(asker, "b@n.example", "Bob");
	a = ask(asker, "POST", "/contacts/search", "{\"query\":\"bob\"}");
	assert_int_equal(int_at(&a, "$.total"), 1);
}

static void a_lagging_index_sees_a_contact_later(void **state)
{
	static const char filter[] =
		"{\"propertyName\":\"email\",\"operator\":\"EQ\",\"value\":\"a@n.example\"}";
	struct asker *asker = *state;
	struct answer a;

	settings(asker, "{\"search_lag_ms\":60000}");
	create(asker, "a@n.example", "Ann");
	a = search(asker, filter);
	assert_int_equal(int_at(&a, "$.total"), 0);
	a = ask(asker, "GET", "/contacts/a@n.example?idProperty=email", NULL);
	assert_status(a, 200); /* reads are not late */
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":60001}");
	a = search(asker, filter);
	assert_int_equal(int_at(&a, "$.total"), 1);
}

static void archived_contacts_are_never_found(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	create(asker, "a@n.example", "Ann");
	ask(asker, "DELETE", "/contacts/501", NULL);
	a = ask(asker, "POST", "/contacts/search", "{}");
	assert_int_equal(int_at(&a, "$.total"), 0);
	a = ask(asker, "GET", "/contacts?archived=true", NULL);
	assert_text_at(a, "$.results[0].id", "501");
}

static void the_sixth_search_of_a_second_is_429_without_headers(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"freeze\":true}");
	for (int i = 0; i < 5; i++) {
		a = ask(asker, "POST", "/contacts/search", "{}");
		assert_status(a, 200);
		assert_null(http_header_find(&a.headers, "X-HubSpot-RateLimit-Max"));
	}
	a = ask(asker, "POST", "/companies/search", "{}");
	assert_status(a, 429);
	assert_text_at(a, "$.policyName", "SECONDLY");
	assert_text_at(a, "$.message", "You have reached your secondly limit.");
	assert_text_at(a, "$.errorType", "RATE_LIMIT");
	assert_null(http_header_find(&a.headers, "X-HubSpot-RateLimit-Max"));
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1100}");
	a = ask(asker, "POST", "/contacts/search", "{}");
	assert_status(a, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_operator_finds_what_it_should),
		TEST(what_a_search_cannot_take_is_400),
		TEST(groups_and_filters_are_limited),
		TEST(pages_follow_each_other_and_the_last_has_no_next),
		TEST(a_text_is_looked_for_in_the_usual_properties),
		TEST(a_lagging_index_sees_a_contact_later),
		TEST(archived_contacts_are_never_found),
		TEST(the_sixth_search_of_a_second_is_429_without_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
