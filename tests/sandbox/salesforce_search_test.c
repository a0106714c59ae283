/* salesforce_search_test.c - tests src/sandbox/salesforce_search.c and salesforce_find.c. */
#include "salesforce_ask.h"

#include "base/buf.h"

static struct answer search(struct asker *asker, const char *sosl)
{
	struct buf url;

	buf_init(&url, asker->arena, 60000);
	buf_add(&url, "/search?q=");
	buf_add_url(&url, sosl);
	return call(asker, "GET", buf_text(&url), NULL);
}

static void three_people(struct asker *asker)
{
	static const char *const bodies[] = {
		"{\"FirstName\":\"Jo\",\"LastName\":\"North\",\"Company\":\"Meadow Ltd\","
		"\"Email\":\"jo@north.example\",\"Phone\":\"+441134960001\"}",
		"{\"FirstName\":\"Ann\",\"LastName\":\"Northern\",\"Company\":\"Hill Ltd\","
		"\"Email\":\"ann@hill.example\",\"Description\":\"knows Jo\"}",
	};
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		a = call(asker, "POST", "/sobjects/Lead", bodies[i]);
		assert_status(a, 201);
	}
	a = call(asker, "POST", "/sobjects/Contact",
		 "{\"FirstName\":\"Jo\",\"LastName\":\"South\",\"Email\":\"jo@south.example\"}");
	assert_status(a, 201);
}

static void a_search_finds_words_in_groups_of_fields(void **state)
{
	static const struct {
		const char *sosl;
		int count;
	} rows[] = {
		{ "FIND {north}", 1 },
		{ "FIND {North*} RETURNING Lead", 2 },
		{ "FIND {jo}", 3 },
		{ "FIND {jo} IN NAME FIELDS", 2 },
		{ "FIND {jo} IN NAME FIELDS RETURNING Lead(Id), Contact(Id)", 2 },
		{ "FIND {jo} IN NAME FIELDS RETURNING Contact(Id, Email)", 1 },
		{ "find {\"jo@north.example\"} in email fields returning Lead", 1 },
		{ "FIND {jo@north.example} IN EMAIL FIELDS RETURNING Lead", 1 },
		{ "FIND {o@north.example} IN EMAIL FIELDS RETURNING Lead", 0 },
		{ "FIND {\\+441134960001} IN PHONE FIELDS RETURNING Lead", 1 },
		{ "FIND {jo AND north} RETURNING Lead", 1 },
		{ "FIND {jo north} RETURNING Lead", 1 },
		{ "FIND {hill OR meadow} RETURNING Lead", 2 },
		{ "FIND {jo AND NOT meadow} RETURNING Lead", 1 },
		{ "FIND {(hill OR meadow) AND ann} RETURNING Lead", 1 },
		{ "FIND {\"Meadow Ltd\"} RETURNING Lead", 1 },
		{ "FIND {jo} RETURNING Lead(Id WHERE Email = 'jo@north.example')", 1 },
		{ "FIND {jo} RETURNING Lead(Id, Name ORDER BY Name LIMIT 1), Contact", 2 },
		{ "FIND {jo} LIMIT 2", 2 },
		{ "FIND {nobody}", 0 },
	};
	struct asker *asker = *state;

	three_people(asker);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = search(asker, rows[i].sosl);

		assert_status(a, 200);
		if ((int)count_at(&a, "$.searchRecords") != rows[i].count)
			fail_msg("%s: %s", rows[i].sosl, a.text);
	}
}

static void what_is_found_comes_with_its_type_and_the_fields_asked_for(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	three_people(asker);
	a = search(asker, "FIND {jo} IN NAME FIELDS RETURNING Lead(Id, Email), Contact(LastName)");
	assert_status(a, 200);
	assert_text_at(a, "$.searchRecords[0].attributes.type", "Lead");
	assert_text_at(a, "$.searchRecords[0].Email", "jo@north.example");
	assert_text_at(a, "$.searchRecords[1].attributes.type", "Contact");
	assert_text_at(a, "$.searchRecords[1].LastName", "South");
	assert_null(json_at(a.json, "$.searchRecords[1].Email"));
}

static void other_searches_are_refused(void **state)
{
	static const struct {
		const char *sosl, *code;
		int status;
	} rows[] = {
		{ "", "MALFORMED_SEARCH", 400 },
		{ "FIND jo", "MALFORMED_SEARCH", 400 },
		{ "SELECT Id FROM Lead", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo", "MALFORMED_SEARCH", 400 },
		{ "FIND {}", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo OR}", "MALFORMED_SEARCH", 400 },
		{ "FIND {(jo}", "MALFORMED_SEARCH", 400 },
		{ "FIND {\"jo}", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo-ann}", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo} IN SIDEWAYS FIELDS", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo} IN EMAIL", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo} RETURNING", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo} RETURNING Lead(Id", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo} LIMIT many", "MALFORMED_SEARCH", 400 },
		{ "FIND {jo} ELSE", "MALFORMED_SEARCH", 400 },
		{ "FIND {j}", "INVALID_SEARCH", 400 },
		{ "FIND {j*}", "INVALID_SEARCH", 400 },
		{ "FIND {jo} RETURNING Nothing(Id)", "INVALID_TYPE", 400 },
		{ "FIND {jo} RETURNING Lead(Nope)", "INVALID_FIELD", 400 },
		{ "FIND {jo} RETURNING Lead(Id WHERE)", "MALFORMED_QUERY", 400 },
		{ "FIND {j*o}", NULL, 501 },
		{ "FIND {jo} WITH HIGHLIGHT", NULL, 501 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = search(asker, rows[i].sosl);

		assert_status(a, rows[i].status);
		if (rows[i].code)
			assert_text_at(a, "$[0].errorCode", rows[i].code);
	}
}

static void the_index_of_searches_lags_and_queries_do_not(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_account(asker, "{\"search_lag_ms\":60000}");
	three_people(asker);
	a = search(asker, "FIND {jo}");
	assert_int_equal(count_at(&a, "$.searchRecords"), 0);
	a = call(asker, "GET", "/query?q=SELECT+Id+FROM+Lead", NULL);
	assert_int_equal(int_at(&a, "$.totalSize"), 2);
	pass(asker, 60000);
	a = search(asker, "FIND {jo}");
	assert_int_equal(count_at(&a, "$.searchRecords"), 3);
}

/* The example of section 5. */
static void a_parameterized_search_is_posted(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	three_people(asker);
	a = call(asker, "POST", "/parameterizedSearch",
		 "{\"q\":\"jo@north.example\",\"in\":\"EMAIL\",\"sobjects\":["
		 "{\"name\":\"Lead\",\"fields\":[\"Id\",\"Email\"]},"
		 "{\"name\":\"Contact\",\"fields\":[\"Id\"]}]}");
	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.searchRecords"), 1);
	assert_text_at(a, "$.searchRecords[0].Email", "jo@north.example");
	a = call(asker, "POST", "/parameterizedSearch",
		 "{\"q\":\"jo\",\"fields\":[\"Name\"],\"sobjects\":[{\"name\":\"Lead\","
		 "\"where\":\"Company = 'Hill Ltd'\",\"limit\":5}]}");
	assert_int_equal(count_at(&a, "$.searchRecords"), 1);
	assert_text_at(a, "$.searchRecords[0].Name", "Ann Northern");
	a = call(asker, "POST", "/parameterizedSearch", "{\"q\":\"jo\",\"overallLimit\":1}");
	assert_int_equal(count_at(&a, "$.searchRecords"), 1);
	a = call(asker, "POST", "/parameterizedSearch", "{\"sobjects\":[]}");
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "MISSING_ARGUMENT");
	assert_status(call(asker, "GET", "/parameterizedSearch?q=jo", NULL), 501);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_search_finds_words_in_groups_of_fields),
		TEST(what_is_found_comes_with_its_type_and_the_fields_asked_for),
		TEST(other_searches_are_refused),
		TEST(the_index_of_searches_lags_and_queries_do_not),
		TEST(a_parameterized_search_is_posted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
