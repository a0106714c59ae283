/* aggregator_test.c - tests src/sandbox/aggregator*.c by the fact sheet: the shapes and habits
 * of portals. That leads are posted, and come again: tests/e2e/sandbox_webhooks_test.py. */
#include "ask.h"

#define ACCOUNT "/_sandbox/accounts/aggregator/default"
#define ASHA                                                                                  \
	"{\"name\":\"Asha Rao\",\"phone\":\"+919845012345\",\"email\":\"asha@example.in\","      \
	"\"city\":\"Pune\",\"product\":\"2 BHK\",\"do_not_call\":true}"

/* The posts that wait, after one lead by a feed of this shape. */
static struct answer lead(struct asker *asker, const char *shape, const char *values)
{
	struct answer a = ask(asker, "GET", ACCOUNT, NULL);
	const char *feed = text_at(&a, "$.credentials.feed_id");

	a = ask(asker, "PATCH", arena_printf(asker->arena, ACCOUNT "/records/feeds/%s", feed),
		arena_printf(asker->arena, "{\"url\":\"https://f.invalid/in/a\",\"shape\":\"%s\"}",
			     shape));
	assert_status(a, 200);
	assert_status(ask(asker, "POST", ACCOUNT "/records/leads", values), 201);
	return ask(asker, "GET", "/_sandbox/webhooks?vendor=aggregator&account=default", NULL);
}

/* 10:00 in India, half past four in Greenwich. */
static void at_ten_in_india(struct asker *asker)
{
	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  "{\"freeze\":true,\"set\":\"2099-02-03T04:30:00Z\"}"),
		      200);
}

static void a_feed_of_our_own_shape(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	at_ten_in_india(asker);
	a = lead(asker, "api", ASHA);
	assert_text_at(a, "$.webhooks[0].events[0].enquiry_id", "AGG-700001");
	assert_text_at(a, "$.webhooks[0].events[0].phone", "+919845012345");
	assert_text_at(a, "$.webhooks[0].events[0].occurred_at", "2099-02-03T04:30:00Z");
	assert_text_at(a, "$.webhooks[0].events[0].custom.product", "2 BHK");
	assert_null(json_at(a.json, "$.webhooks[0].events[0].message"));
}

static void a_portal_has_no_country_code_no_zone_and_no_null(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	at_ten_in_india(asker);
	a = lead(asker, "portal", ASHA);
	assert_text_at(a, "$.webhooks[0].events[0].mobile", "9845012345");
	assert_text_at(a, "$.webhooks[0].events[0].enquiry_date", "03-02-2099 10:00:00");
	assert_text_at(a, "$.webhooks[0].events[0].remarks", "");
}

static void indiamart_posts_one_row_as_an_object(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	at_ten_in_india(asker);
	a = lead(asker, "indiamart", ASHA);
	assert_int_equal(int_at(&a, "$.webhooks[0].events[0].CODE"), 200);
	assert_text_at(a, "$.webhooks[0].events[0].RESPONSE.UNIQUE_QUERY_ID", "AGG-700001");
	assert_text_at(a, "$.webhooks[0].events[0].RESPONSE.SENDER_MOBILE", "+91-9845012345");
	assert_text_at(a, "$.webhooks[0].events[0].RESPONSE.QUERY_TYPE", "W");
	assert_text_at(a, "$.webhooks[0].events[0].RESPONSE.QUERY_TIME", "2099-02-03 10:00:00");
	assert_text_at(a, "$.webhooks[0].events[0].RESPONSE.SENDER_COUNTRY_ISO", "IN");
	assert_text_at(a, "$.webhooks[0].events[0].RESPONSE.QUERY_MESSAGE", "");
}

static void justdial_says_who_must_not_be_called(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	at_ten_in_india(asker);
	a = lead(asker, "justdial", ASHA);
	assert_text_at(a, "$.webhooks[0].events[0].leadid", "AGG-700001");
	assert_text_at(a, "$.webhooks[0].events[0].mobile", "9845012345");
	assert_text_at(a, "$.webhooks[0].events[0].dncmobile", "1");
	assert_text_at(a, "$.webhooks[0].events[0].date", "2099-02-03");
	assert_text_at(a, "$.webhooks[0].events[0].time", "10:00:00");
	assert_int_equal(count_at(&a, "$.webhooks[0].events[0]"), 19);
}

static void the_same_buyer_comes_often(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", ACCOUNT "/settings",
	    "{\"switches\":{\"webhook_repeat\":1,\"more_enquiries\":1}}");
	a = lead(asker, "api", ASHA);
	assert_int_equal(count_at(&a, "$.webhooks"), 4);
	assert_text_at(a, "$.webhooks[1].events[0].enquiry_id", "AGG-700001");
	assert_text_at(a, "$.webhooks[2].events[0].enquiry_id", "AGG-700001-1");
	assert_text_at(a, "$.webhooks[3].events[0].phone", "+919845012345");
}

static void people_are_invented_by_seeding(void **state)
{
	struct asker *asker = *state;
	struct answer a = lead(asker, "portal", ASHA);

	ask(asker, "POST", ACCOUNT "/seed", "{\"count\":10,\"seed\":5}");
	a = ask(asker, "GET", "/_sandbox/webhooks?vendor=aggregator&account=default", NULL);
	assert_int_equal(count_at(&a, "$.webhooks"), 11);
	assert_text_at(a, "$.webhooks[10].events[0].enquiry_id", "AGG-700011");
}

/* --- IndiaMART's list --- */

#define LIST "/aggregator/wservce/crm/crmListing/v2/?glusr_crm_key="

static struct answer list(struct asker *asker, const char *key, const char *from, const char *to)
{
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":300000}");
	return ask(asker, "GET",
		   arena_printf(asker->arena, LIST "%s&start_time=%s&end_time=%s", key, from, to),
		   NULL);
}

static void the_list_is_read_by_key_and_window(void **state)
{
	static const char key[] = "aggregator-sandbox-crm-key";
	struct asker *asker = *state;
	struct answer a;

	at_ten_in_india(asker);
	lead(asker, "indiamart", ASHA);
	a = list(asker, key, "2099-02-03%2009:00:00", "2099-02-03%2011:00:00");
	assert_int_equal(int_at(&a, "$.CODE"), 200);
	assert_int_equal(int_at(&a, "$.TOTAL_RECORDS"), 1);
	assert_text_at(a, "$.RESPONSE[0].SENDER_EMAIL", "asha@example.in");
	a = list(asker, key, "03-02-2099%2011:00:00", "04-02-2099%2011:00:00");
	assert_int_equal(int_at(&a, "$.TOTAL_RECORDS"), 0);
	/* Errors are in CODE. */
	a = list(asker, key, "2099-02-03%2009:00:00", "2099-02-11%2011:00:00");
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.CODE"), 400);
	a = list(asker, key, "x", "y");
	assert_int_equal(int_at(&a, "$.CODE"), 400);
	a = list(asker, "wrong", "2099-02-03%2009:00:00", "2099-02-03%2011:00:00");
	assert_int_equal(int_at(&a, "$.CODE"), 401);
}

static void the_list_is_read_once_in_five_minutes(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	a = ask(asker, "GET",
		LIST "aggregator-sandbox-crm-key&start_time=2099-02-03%2009:00:00&end_time="
		     "2099-02-03%2011:00:00",
		NULL);
	assert_int_equal(int_at(&a, "$.CODE"), 200);
	a = ask(asker, "GET", LIST "aggregator-sandbox-crm-key", NULL);
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.CODE"), 429);
	assert_status(ask(asker, "POST", LIST "aggregator-sandbox-crm-key", "{}"), 501);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_feed_of_our_own_shape),
		TEST(a_portal_has_no_country_code_no_zone_and_no_null),
		TEST(indiamart_posts_one_row_as_an_object),
		TEST(justdial_says_who_must_not_be_called),
		TEST(the_same_buyer_comes_often),
		TEST(people_are_invented_by_seeding),
		TEST(the_list_is_read_by_key_and_window),
		TEST(the_list_is_read_once_in_five_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
