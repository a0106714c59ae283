/* close_search_test.c - tests src/sandbox/close_search.c, close_match.c, close_valid.c and
 * close_query.c: both searches (5). */
#include "close_ask.h"

static const char *person(struct asker *asker, const char *name, const char *email)
{
	return made(asker, "/contact/",
		    arena_printf(asker->arena,
				 "{\"name\":\"%s\",\"title\":\"Head of Sales\",\"emails\":"
				 "[{\"email\":\"%s\"}],\"phones\":[{\"phone\":\"+14155550100\"}]}",
				 name, email));
}

/* --- the search (5) --- */

#define FIND(type, rest)                                                                      \
	"{\"query\":{\"type\":\"and\",\"queries\":[{\"type\":\"object_type\",\"object_type\":"  \
	"\"" type "\"}," rest "]}"
#define FIELD(type, name, condition)                                                          \
	"{\"type\":\"field_condition\",\"field\":{\"type\":\"regular_field\",\"object_type\":"  \
	"\"" type "\",\"field_name\":\"" name "\"},\"condition\":" condition "}"
#define TEXT(mode, value) "{\"type\":\"text\",\"mode\":\"" mode "\",\"value\":\"" value "\"}"
#define RELATED(of, to, query)                                                                \
	"{\"type\":\"has_related\",\"this_object_type\":\"" of "\",\"related_object_type\":\"" to \
	"\",\"related_query\":" query "}"
#define BY_EMAIL(mode, value)                                                                 \
	RELATED("contact", "contact_email", FIELD("contact_email", "email", TEXT(mode, value)))

static size_t found(struct asker *asker, const char *body)
{
	struct answer a = api(asker, "POST", "/data/search/", body);

	assert_status(a, 200);
	return count_at(&a, "$.data");
}

static void a_contact_is_found_by_its_address(void **state)
{
	struct asker *asker = *state;
	const char *id = person(asker, "Ann Lee", "ann@acme.example");
	struct answer a;

	person(asker, "Bo Park", "bo@bolt.example");
	a = api(asker, "POST", "/data/search/",
		FIND("contact", BY_EMAIL("exact_value", "ANN@acme.example"))
		",\"_fields\":{\"contact\":[\"id\",\"name\",\"lead_id\"]},\"include_counts\":true}");
	assert_status(a, 200);
	assert_int_equal(count_at(&a, "$.data"), 1);
	assert_text_at(a, "$.data[0].id", id);
	assert_text_at(a, "$.data[0].name", "Ann Lee");
	assert_int_equal(int_at(&a, "$.count.total"), 1);
	assert_true(json_is_null(json_object_get(a.json, "cursor")));
	/* Without fields there is the id, and of what. */
	a = api(asker, "POST", "/data/search/",
		FIND("lead", RELATED("lead", "contact",
				     BY_EMAIL("exact_value", "bo@bolt.example"))) "}");
	assert_text_at(a, "$.data[0].__object_type", "lead");
	assert_int_equal(json_object_size(json_at(a.json, "$.data[0]")), 2);
}

static void conditions_are_of_every_kind(void **state)
{
	struct asker *asker = *state;
	struct answer a = api(asker, "GET", "/status/lead/", NULL);
	const char *status = text_at(&a, "$.data[0].id");

	person(asker, "Ann Lee", "ann@acme.example");
	step(asker, 60000);
	person(asker, "Bo Park", "bo@bolt.example");
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "title",
							    TEXT("full_words", "sales head"))) "}"),
			 2);
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "title",
							    TEXT("phrase", "sales head"))) "}"),
			 0);
	assert_int_equal(found(asker, FIND("contact",
					   FIELD("contact", "name",
						 TEXT("beginning_of_words", "par"))) "}"),
			 1);
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "name",
							    TEXT("full_words", "par"))) "}"),
			 0);
	assert_int_equal(found(asker, FIND("contact", FIELD("contact", "urls",
							    "{\"type\":\"exists\"}")) "}"),
			 0);
	assert_int_equal(found(asker, FIND("contact",
					   "{\"type\":\"field_condition\",\"negate\":true,\"field\":"
					   "{\"type\":\"regular_field\",\"object_type\":\"contact\","
					   "\"field_name\":\"name\"},\"condition\":" TEXT(
						   "exact_value", "ann lee") "}") "}"),
			 1);
	assert_int_equal(found(asker, arena_printf(
				       asker->arena,
				       FIND("lead", FIELD("lead", "status_id",
							  "{\"type\":\"reference\",\"reference_type\":"
							  "\"status.lead\",\"object_ids\":[\"%s\"]}")) "}",
				       status)),
			 2);
	assert_int_equal(found(asker, FIND("lead", RELATED("lead", "contact",
							   RELATED("contact", "contact_phone",
								   FIELD("contact_phone", "country",
									 "{\"type\":\"term\",\"values\":"
									 "[\"US\"]}")))) "}"),
			 2);
}

static void a_lead_is_found_by_what_it_contains(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/",
				"{\"name\":\"Acme\",\"addresses\":[{\"city\":\"Oakland\"}]}");

	made(asker, "/lead/", "{\"name\":\"Bolt\"}");
	made(asker, "/opportunity/",
	     arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"value\":5000}", lead));
	made(asker, "/task/",
	     arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"is_complete\":true}", lead));
	assert_int_equal(found(asker, FIND("lead", RELATED("lead", "opportunity",
							   FIELD("opportunity", "value",
								 "{\"type\":\"number_range\",\"gte\":"
								 "5000,\"lt\":5001}"))) "}"),
			 1);
	assert_int_equal(found(asker, FIND("lead", RELATED("lead", "opportunity",
							   FIELD("opportunity", "value",
								 "{\"type\":\"number_range\",\"gt\":"
								 "5000}"))) "}"),
			 0);
	assert_int_equal(found(asker, FIND("lead", RELATED("lead", "task",
							   FIELD("task", "is_complete",
								 "{\"type\":\"boolean\",\"value\":"
								 "true}"))) "}"),
			 1);
	assert_int_equal(found(asker, FIND("lead", RELATED("lead", "address",
							   FIELD("address", "city",
								 TEXT("exact_value", "oakland")))) "}"),
			 1);
	assert_int_equal(found(asker, arena_printf(asker->arena,
						   FIND("lead", "{\"type\":\"id\",\"value\":\"%s\"}") "}",
						   lead)),
			 1);
	assert_int_equal(found(asker, FIND("lead", "{\"type\":\"or\",\"queries\":["
					   FIELD("lead", "name", TEXT("phrase", "acme")) ","
					   FIELD("lead", "name", TEXT("phrase", "bolt")) "]}") "}"),
			 2);
	assert_int_equal(found(asker, FIND("lead", "{\"type\":\"or\",\"negate\":true,\"queries\":["
					   FIELD("lead", "name", TEXT("phrase", "acme")) "]}") "}"),
			 1);
	person(asker, "Ann Lee", "ann@acme.example");
	assert_int_equal(found(asker, FIND("contact",
					   RELATED("contact", "lead",
						   FIELD("lead", "name", TEXT("phrase", "ann lee")))) "}"),
			 1);
}

static void opportunities_and_tasks_are_found_by_whose_they_are(void **state)
{
	struct asker *asker = *state;
	const char *lead = made(asker, "/lead/", "{\"name\":\"Acme\"}");
	const char *ann = made(asker, "/contact/",
			       arena_printf(asker->arena,
					    "{\"lead_id\":\"%s\",\"name\":\"Ann\",\"emails\":[{"
					    "\"email\":\"ann@acme.example\"}]}",
					    lead));
	const char *sale = made(asker, "/opportunity/",
				arena_printf(asker->arena,
					     "{\"lead_id\":\"%s\",\"contact_id\":\"%s\",\"value\":"
					     "5000}",
					     lead, ann));
	struct answer a;

	made(asker, "/opportunity/", "{\"value\":100}");
	made(asker, "/task/",
	     arena_printf(asker->arena, "{\"lead_id\":\"%s\",\"text\":\"Call back\"}", lead));
	a = api(asker, "POST", "/data/search/",
		FIND("opportunity",
		     RELATED("opportunity", "contact",
			     BY_EMAIL("exact_value", "ann@acme.example")))
		",\"_fields\":{\"opportunity\":[\"id\",\"value\"]}}");
	assert_int_equal(count_at(&a, "$.data"), 1);
	assert_text_at(a, "$.data[0].id", sale);
	assert_int_equal(int_at(&a, "$.data[0].value"), 5000);
	assert_int_equal(found(asker, FIND("opportunity",
					   FIELD("opportunity", "value",
						 "{\"type\":\"number_range\",\"gte\":1}")) "}"),
			 2);
	assert_int_equal(found(asker, FIND("task",
					   RELATED("task", "lead",
						   FIELD("lead", "name",
							 TEXT("exact_value", "acme")))) "}"),
			 1);
	assert_int_equal(found(asker, FIND("task", FIELD("task", "text",
							 TEXT("phrase", "back call"))) "}"),
			 0);
}

static void moments_are_bounds_in_two_spellings(void **state)
{
	struct asker *asker = *state;
	static const char sheet[] = FIND(
		"lead", FIELD("lead", "date_created",
			      "{\"type\":\"moment_range\",\"on_or_after\":{\"type\":\"fixed_utc\","
			      "\"value\":\"2020-01-01T00:00:00Z\"},\"before\":null}")) "}";
	static const char other[] = FIND(
		"lead", FIELD("lead", "date_created",
			      "{\"type\":\"moment_range\",\"gte\":{\"type\":\"fixed_utc\","
			      "\"value\":\"2020-01-01T00:00:00Z\"},\"lt\":{\"type\":\"now\"}}")) "}";
	static const char late[] = FIND(
		"lead", FIELD("lead", "date_updated",
			      "{\"type\":\"moment_range\",\"on_or_after\":{\"type\":\"fixed_utc\","
			      "\"value\":\"2999-01-01T00:00:00Z\"}}")) "}";

	made(asker, "/lead/", "{}");
	step(asker, 1000);
	assert_int_equal(found(asker, sheet), 1);
	assert_int_equal(found(asker, late), 0);
	assert_status(api(asker, "POST", "/data/search/", other), 400);
	set_switch(asker, "moment_spelling", 1);
	assert_int_equal(found(asker, other), 1);
	assert_status(api(asker, "POST", "/data/search/", sheet), 400);
}

#define SINCE(which)                                                                          \
	FIND("lead", FIELD("lead", "date_created",                                            \
			   "{\"type\":\"moment_range\",\"on_or_after\":{\"type\":"            \
			   "\"fixed_local_date\",\"value\":\"2099-01-01\",\"which\":\"" which  \
			   "\"}}")) "}"

/* At two in the morning in UTC it is the day before, four hours west of it. */
static void a_day_is_the_caller_s_own(void **state)
{
	static const struct {
		const char *body, *offset;
		size_t count;
	} rows[] = {
		{ SINCE("start"), "0", 1 },    { SINCE("start"), "-4", 0 },
		{ SINCE("start"), "+5.5", 1 }, { SINCE("start"), "x", 1 },
		{ SINCE("end"), "0", 0 },
	};
	struct asker *asker = *state;

	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  "{\"set\":\"2099-01-01T02:00:00Z\"}"),
		      200);
	made(asker, "/lead/", "{}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = ask_with(asker, "POST", "/data/search/", rows[i].body,
					   "x-tz-offset", rows[i].offset);

		assert_status(a, 200);
		assert_int_equal(count_at(&a, "$.data"), rows[i].count);
	}
}

static void a_custom_field_is_searched_by_its_id(void **state)
{
	struct asker *asker = *state;
	const char *id = made(asker, "/custom_field/lead/",
			      "{\"name\":\"fairlead_lead_id\",\"type\":\"text\"}");
	const char *body = arena_printf(
		asker->arena,
		FIND("lead", "{\"type\":\"field_condition\",\"field\":{\"type\":\"custom_field\","
			     "\"custom_field_id\":\"%s\"},\"condition\":" TEXT("exact_value",
									       "%s") "}") "}",
		id, "L1");
	const char *lead = made(asker, "/lead/",
				arena_printf(asker->arena, "{\"custom.%s\":\"L1\"}", id));
	struct answer a = ask(asker, "GET", "/_sandbox/ledger?vendor=close&key=L1", NULL);

	assert_int_equal(count_at(&a, "$.entries"), 1);
	assert_int_equal(found(asker, body), 1);
	/* The index still has the old value. */
	assert_status(ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}"), 200);
	step(asker, 5001);
	assert_status(api(asker, "PUT", arena_printf(asker->arena, "/lead/%s/", lead),
			  arena_printf(asker->arena, "{\"custom.%s\":\"L2\"}", id)),
		      200);
	assert_int_equal(found(asker, body), 1);
	step(asker, 5001);
	assert_int_equal(found(asker, body), 0);
}

static void a_search_goes_on_by_a_cursor_that_dies(void **state)
{
	static const char query[] = FIND("lead", FIELD("lead", "name", TEXT("full_words", "acme")))
		",\"_limit\":2,\"sort\":[{\"direction\":\"desc\",\"field\":{\"type\":"
		"\"regular_field\",\"object_type\":\"lead\",\"field_name\":\"name\"}}]";
	struct asker *asker = *state;
	const char *next;
	struct answer a;

	for (int i = 1; i <= 5; i++)
		made(asker, "/lead/", arena_printf(asker->arena, "{\"name\":\"Acme %d\"}", i));
	a = api(asker, "POST", "/data/search/", arena_printf(asker->arena, "%s,\"cursor\":null,"
		"\"_fields\":{\"lead\":[\"name\"]}}", query));
	assert_text_at(a, "$.data[0].name", "Acme 5");
	assert_text_at(a, "$.data[1].name", "Acme 4");
	next = text_at(&a, "$.cursor");
	/* It sees what there was when it began. */
	step(asker, 1000);
	made(asker, "/lead/", "{\"name\":\"Acme 9\"}");
	a = api(asker, "POST", "/data/search/",
		arena_printf(asker->arena, "%s,\"cursor\":\"%s\",\"_fields\":{\"lead\":[\"name\"]}}",
			     query, next));
	assert_status(a, 200);
	assert_text_at(a, "$.data[0].name", "Acme 3");
	next = text_at(&a, "$.cursor");
	step(asker, 30001);
	a = api(asker, "POST", "/data/search/",
		arena_printf(asker->arena, "%s,\"cursor\":\"%s\"}", query, next));
	assert_status(a, 400);
	assert_string_equal(a.text, "{\"field-errors\":{\"cursor\":\"Expired cursor\"}}");
	a = api(asker, "POST", "/data/search/",
		arena_printf(asker->arena, "%s,\"cursor\":\"%s\"}",
			     FIND("lead", "{\"type\":\"match_all\"}"), next));
	assert_status(a, 400);
}

static void a_search_reaches_only_so_far(void **state)
{
	static const char all[] = FIND("lead", "{\"type\":\"match_all\"}")
		",\"_limit\":2,\"include_counts\":true}";
	struct asker *asker = *state;
	struct answer a;

	for (int i = 0; i < 3; i++)
		made(asker, "/lead/", "{}");
	set_switch(asker, "search_max", 2);
	a = api(asker, "POST", "/data/search/", all);
	assert_true(json_is_null(json_object_get(a.json, "cursor")));
	assert_int_equal(int_at(&a, "$.count.total"), 3);
	assert_int_equal(int_at(&a, "$.count.limited"), 2);
	set_switch(asker, "search_max", 0);
	a = api(asker, "POST", "/data/search/", all);
	assert_non_null(text_at(&a, "$.cursor"));
}

static void bad_queries_are_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{}", 400 },
		{ "{\"query\":{\"type\":\"object_type\",\"object_type\":\"user\"}}", 501 },
		{ FIND("lead", "{\"type\":\"id\"}") "}", 400 },
		{ FIND("lead", "{\"type\":\"and\",\"queries\":{}}") "}", 400 },
		{ FIND("lead", "{\"type\":\"saved_search\"}") "}", 501 },
		{ FIND("lead", FIELD("contact", "name", TEXT("phrase", "a"))) "}", 400 },
		{ FIND("lead", FIELD("lead", "colour", TEXT("phrase", "a"))) "}", 400 },
		{ FIND("lead", FIELD("lead", "name", TEXT("like", "a"))) "}", 400 },
		{ FIND("lead", FIELD("lead", "name", "{\"type\":\"fuzzy\"}")) "}", 501 },
		{ FIND("lead", FIELD("lead", "name", "{}")) "}", 400 },
		{ FIND("lead", FIELD("lead", "date_created",
				     "{\"type\":\"moment_range\",\"before\":{\"type\":\"offset\"}}")) "}",
		  501 },
		{ FIND("lead", FIELD("lead", "date_created",
				     "{\"type\":\"moment_range\",\"before\":{\"type\":\"fixed_utc\","
				     "\"value\":\"x\"}}")) "}",
		  400 },
		{ FIND("lead", RELATED("contact", "lead", "{\"type\":\"match_all\"}")) "}", 400 },
		{ FIND("lead", RELATED("lead", "email_thread", "{\"type\":\"match_all\"}")) "}",
		  501 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"_limit\":201}", 400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"_limit\":\"5\"}", 400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"sort\":{}}", 400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"sort\":[{\"direction\":\"up\"}]}",
		  400 },
		{ FIND("lead", "{\"type\":\"match_all\"}") ",\"cursor\":\"x\"}", 400 },
	};
	static const char *const texts[] = { "(name:a", "name:", "name:a)", "sort:", "-", ")",
					     "last_emailed:today", "not" };
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(api(asker, "POST", "/data/search/", rows[i].body), rows[i].status);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i], "-") != 0) /* a word like any other */
			assert_status(api(asker, "GET",
					  arena_printf(asker->arena, "/lead/?query=%s", texts[i]),
					  NULL),
				      501);
}

static void the_prefix_of_addresses_can_be_decided(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	person(asker, "Ann Lee", "ann@acme.example");
	for (int prefix = 0; prefix <= 2; prefix++) {
		set_switch(asker, "email_prefix", prefix);
		a = api(asker, "GET", "/lead/?query=email:ann@acme.example", NULL);
		assert_int_equal(count_at(&a, "$.data"), prefix != 1);
		a = api(asker, "GET", "/lead/?query=email_address:ann@acme.example", NULL);
		assert_int_equal(count_at(&a, "$.data"), prefix != 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_contact_is_found_by_its_address),
		TEST(conditions_are_of_every_kind),
		TEST(a_lead_is_found_by_what_it_contains),
		TEST(opportunities_and_tasks_are_found_by_whose_they_are),
		TEST(moments_are_bounds_in_two_spellings),
		TEST(a_day_is_the_caller_s_own),
		TEST(a_custom_field_is_searched_by_its_id),
		TEST(a_search_goes_on_by_a_cursor_that_dies),
		TEST(a_search_reaches_only_so_far),
		TEST(bad_queries_are_refused),
		TEST(the_prefix_of_addresses_can_be_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
