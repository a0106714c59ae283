/* zoho_watch_test.c - tests src/sandbox/zoho_watch.c (7) where Zoho's own client does not
 * look. Time stands still but where a test lets it pass: what is queued is looked at. */
#include "zoho_ask.h"

#define WATCH "/actions/watch"
#define CHANNEL(more)                                                                         \
	"{\"watch\":[{\"channel_id\":\"9\",\"notify_url\":\"https://f.invalid/z\","             \
	"\"token\":\"secret\",\"events\":[\"Leads.edit\"]" more "}]}"

static int setup(void **state)
{
	int rc = asker_setup(state);

	ask(*state, "POST", "/_sandbox/clock", "{\"freeze\":true}");
	return rc;
}

static void subscribe(struct asker *asker, const char *body)
{
	assert_status(call(asker, "POST", WATCH, body), 201);
}

static struct answer channel(struct asker *asker)
{
	struct answer a = call(asker, "GET", WATCH "?channel_id=9", NULL);

	assert_status(a, 200);
	return a;
}

static void edit(struct asker *asker, const char *id, const char *values)
{
	assert_status(call(asker, "PUT", arena_printf(asker->arena, "/Leads/%s", id),
			   arena_printf(asker->arena, "{\"data\":[{%s}]}", values)), 200);
}

static struct answer hooks(struct asker *asker)
{
	return ask(asker, "GET", "/_sandbox/webhooks?vendor=zoho", NULL);
}

static void put_replaces_a_channel_and_patch_changes_what_it_names(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	subscribe(asker, CHANNEL(""));
	a = call(asker, "PATCH", WATCH,
		 "{\"watch\":[{\"channel_id\":\"9\",\"events\":[\"Leads.all\"]}]}");
	assert_status(a, 200);
	a = channel(asker);
	assert_text_at(a, "$.watch[0].events[0]", "Leads.all");
	assert_text_at(a, "$.watch[0].token", "secret");
	a = call(asker, "PUT", WATCH,
		 "{\"watch\":[{\"channel_id\":\"9\",\"notify_url\":\"https://g.invalid/z\","
		 "\"events\":[\"Contacts.create\"]}]}");
	assert_status(a, 200);
	a = channel(asker);
	assert_text_at(a, "$.watch[0].notify_url", "https://g.invalid/z");
	assert_null(json_at(a.json, "$.watch[0].token"));
	a = call(asker, "PUT", WATCH, "{\"watch\":[{\"channel_id\":\"9\"}]}");
	assert_status(a, 400);
	assert_text_at(a, "$.watch[0].code", "MANDATORY_NOT_FOUND");
	a = call(asker, "PUT", WATCH, CHANNEL(",\"channel_id\":\"8\""));
	assert_status(a, 400);
}

/* Only edits of the fields that were selected are told. */
static void a_condition_selects_the_fields_that_are_told(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));
	struct answer a;

	subscribe(asker, CHANNEL(",\"notification_condition\":[{\"type\":\"field_selection\","
				 "\"module\":{\"api_name\":\"Leads\"},\"field_selection\":{"
				 "\"group_operator\":\"or\",\"group\":[{\"field\":{\"api_name\":"
				 "\"Lead_Status\"}}]}}]"));
	edit(asker, id, "\"City\":\"York\"");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 0);
	edit(asker, id, "\"Lead_Status\":\"Contacted\"");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	assert_text_at(a, "$.webhooks[0].events[0]", id);
	a = call(asker, "POST", WATCH, CHANNEL(",\"notification_condition\":[{\"type\":\"x\"}]"));
	assert_status(a, 400);
	assert_text_at(a, "$.watch[0].details.api_name", "notification_condition");
}

static const char *state_of_hook(struct asker *asker)
{
	struct answer a = hooks(asker);

	return text_at(&a, "$.webhooks[0].state");
}

/* Sends what is due, and waits for it to have failed: nobody is at the address. */
static void let_it_fail(struct asker *asker, int64_t attempts)
{
	for (;;) {
		struct answer a = hooks(asker);

		if (int_at(&a, "$.webhooks[0].attempts") == attempts)
			return;
		ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":200}");
	}
}

static void a_callback_that_fails_is_lost_or_with_a_switch_tried_again(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", LEAD(""));

	subscribe(asker,
		  "{\"watch\":[{\"channel_id\":\"9\",\"notify_url\":\"http://127.0.0.1:1/z\","
		  "\"events\":[\"Leads.edit\"]}]}");
	edit(asker, id, "\"City\":\"York\"");
	let_it_fail(asker, 1);
	assert_string_equal(state_of_hook(asker), "failed");
	assert_status(ask(asker, "POST", ACCOUNT "/reset", "{}"), 200);
	set_switch(asker, "watch_retries", 1);
	id = add(asker, "/Leads", LEAD(""));
	subscribe(asker,
		  "{\"watch\":[{\"channel_id\":\"9\",\"notify_url\":\"http://127.0.0.1:1/z\","
		  "\"events\":[\"Leads.edit\"]}]}");
	edit(asker, id, "\"City\":\"York\"");
	let_it_fail(asker, 1);
	assert_string_equal(state_of_hook(asker), "due");
	let_it_fail(asker, 2); /* ten seconds later */
	assert_string_equal(state_of_hook(asker), "due");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(put_replaces_a_channel_and_patch_changes_what_it_names),
		TEST(a_condition_selects_the_fields_that_are_told),
		TEST(a_callback_that_fails_is_lost_or_with_a_switch_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
