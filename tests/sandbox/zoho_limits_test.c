/* zoho_limits_test.c - tests what src/sandbox/zoho.c counts, and how far reading goes (5, 7, 8). */
#include "zoho_ask.h"

/* --- credits (8) --- */

static void credits_are_counted_and_run_out(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", ACCOUNT "/settings", "{\"limits\":{\"credits\":10}}");
	a = call(asker, "GET", "/Leads?fields=id", NULL); /* 1 */
	assert_null(http_header_find(&a.headers, "X-API-CREDITS-REMAINING"));
	call(asker, "GET", "/Leads/deleted", NULL);	  /* 2 */
	call(asker, "GET", "/Leads/deleted", NULL);	  /* 2 */
	a = call(asker, "GET", "/Leads?fields=id&cvid=1", NULL); /* 3 */
	assert_string_equal(http_header_find(&a.headers, "X-API-CREDITS-REMAINING"), "2");
	a = call(asker, "POST", "/Leads",
		 "{\"data\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}");
	assert_status(a, 429);
	assert_text_at(a, "$.code", "TOO_MANY_REQUESTS");
	assert_null(http_header_find(&a.headers, "Retry-After"));
	assert_status(call(asker, "POST", "/Leads", "{\"data\":[{},{}]}"), 202);
}

/* --- how far reading goes (5, 7) --- */

static void page_tokens_and_queries_have_an_end(void **state)
{
	struct asker *asker = *state;
	const char *list = "/Leads?fields=id&per_page=2&page_token=%s";
	struct answer a;

	for (int i = 0; i < 5; i++)
		add(asker, "/Leads", LEAD(""));
	set_switch(asker, "token_rows", 4);
	a = call(asker, "GET", "/Leads?fields=id&per_page=2", NULL);
	a = call(asker, "GET",
		 arena_printf(asker->arena, list, text_at(&a, "$.info.next_page_token")), NULL);
	assert_status(a, 200);
	a = call(asker, "GET",
		 arena_printf(asker->arena, list, text_at(&a, "$.info.next_page_token")), NULL);
	assert_status(a, 400);
	assert_text_at(a, "$.code", "LIMIT_REACHED");
	set_switch(asker, "coql_rows", 200);
	a = call(asker, "POST", "/coql",
		 "{\"select_query\":\"select id from Leads where id is not null limit 0, 201\"}");
	assert_status(a, 400);
	assert_text_at(a, "$.code", "LIMIT_EXCEEDED");
	assert_status(call(asker, "POST", "/coql",
			   "{\"select_query\":\"select id from Leads where id is not null limit 0, "
			   "200\"}"),
		      200);
}

/* --- calls at once (8) --- */

/* Answers that a fault holds back are under way beside others. */
static void hold_back(struct asker *asker, int count)
{
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  arena_printf(asker->arena,
				       "{\"fault\":\"slow\",\"ms\":600000,\"vendor\":\"zoho\","
				       "\"count\":%d}",
				       count)),
		      201);
}

static void calls_at_once_are_counted_and_heavy_ones_more_strictly(void **state)
{
	struct asker *asker = *state;
	const char *search = "/Leads/search?email=jo@north.example";
	struct answer a;

	set_switch(asker, "at_once", 3);
	set_switch(asker, "heavy_at_once", 2);
	hold_back(asker, 4); /* one goes with the search that is refused */
	assert_status(call(asker, "GET", search, NULL), 204);
	assert_status(call(asker, "POST", "/coql",
			   "{\"select_query\":\"select id from Leads where id is not null\"}"), 204);
	a = call(asker, "GET", search, NULL);
	assert_status(a, 429);
	assert_text_at(a, "$.code", "TOO_MANY_REQUESTS");
	assert_status(call(asker, "GET", "/users", NULL), 200);
	a = call(asker, "GET", "/users", NULL);
	assert_status(a, 429);
	assert_text_at(a, "$.code", "TOO_MANY_REQUESTS");
	assert_null(http_header_find(&a.headers, "Retry-After"));
	set_switch(asker, "at_once", 0);
	assert_status(call(asker, "GET", "/users", NULL), 200);
}

/* A write of ten records is light, of eleven heavy. */
static void writes_of_more_than_ten_records_are_heavy(void **state)
{
	struct asker *asker = *state;
	struct buf ten;

	set_switch(asker, "heavy_at_once", 1);
	hold_back(asker, 1);
	assert_status(call(asker, "GET", "/Leads/search?email=jo@north.example", NULL), 204);
	buf_init(&ten, asker->arena, 4096);
	for (int i = 0; i < 10; i++)
		buf_addf(&ten, "%s{\"Last_Name\":\"N\"}", i ? "," : "");
	assert_status(call(asker, "POST", "/Leads",
			   arena_printf(asker->arena, "{\"data\":[%s]}", buf_text(&ten))),
		      201);
	assert_status(call(asker, "POST", "/Leads",
			   arena_printf(asker->arena, "{\"data\":[%s,{\"Last_Name\":\"N\"}]}",
					buf_text(&ten))),
		      429);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(credits_are_counted_and_run_out),
		TEST(page_tokens_and_queries_have_an_end),
		TEST(calls_at_once_are_counted_and_heavy_ones_more_strictly),
		TEST(writes_of_more_than_ten_records_are_heavy),
	};

	return cmocka_run_group_tests_name("sandbox/zoho_limits", tests, NULL, NULL);
}
