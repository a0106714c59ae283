/* hubspot_hooks_test.c - tests src/sandbox/hubspot_hooks.c and hubspot_events.c. Time stands
 * still: what is queued is looked at, and not sent. */
#include "hubspot_ask.h"

#define HOOKS "/app-webhooks/2026-09/54321"
#define KEY "?hapikey=fairlead-sandbox-hapikey"
#define TARGET "{\"targetUrl\":\"https://f.example/h\",\"throttling\":{\"maxConcurrentRequests\":5}}"

static int setup(void **state)
{
	int rc = hubspot_setup(state);

	ask(*state, "POST", "/_sandbox/clock", "{\"freeze\":true}");
	return rc;
}

static struct answer subscribe(struct asker *asker, const char *body)
{
	return ask(asker, "POST", HOOKS "/subscriptions" KEY, body);
}

static void listen_to(struct asker *asker, const char *type)
{
	assert_status(ask(asker, "PUT", HOOKS "/settings" KEY, TARGET), 200);
	assert_status(subscribe(asker, arena_printf(asker->arena,
						    "{\"eventType\":\"%s\",\"active\":true}",
						    type)), 201);
}

/* The events that wait to be sent, of one delivery. */
static struct answer events(struct asker *asker, size_t count)
{
	struct answer a = ask(asker, "GET", "/_sandbox/webhooks?vendor=hubspot", NULL);

	assert_status(a, 200);
	if (count == 0)
		assert_int_equal(count_at(&a, "$.webhooks"), 0);
	else if (count_at(&a, "$.webhooks[0].events") != count)
		fail_msg("not %zu events: %s", count, a.text);
	return a;
}

static const char *contact(struct asker *asker, const char *email)
{
	struct answer a = ask(asker, "POST", CONTACTS,
			      arena_printf(asker->arena, "{\"properties\":{\"email\":\"%s\"}}",
					   email));

	assert_status(a, 201);
	return text_at(&a, "$.id");
}

/* The example of section 12, by all three families of paths. */
static void a_subscription_is_made_by_every_path(void **state)
{
	static const char *const paths[] = { "/app-webhooks/2026-09", "/webhooks/2026-03",
					     "/webhooks/v3" };
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		a = ask(asker, "POST",
			arena_printf(asker->arena, "%s/54321/subscriptions" KEY, paths[i]),
			"{\"eventType\":\"contact.propertyChange\",\"propertyName\":"
			"\"hs_lead_status\",\"active\":true}");
		assert_status(a, 201);
		assert_string_equal(text_at(&a, "$.id"),
				    arena_printf(asker->arena, "%zu", 12345 + i));
	}
	a = ask(asker, "GET", HOOKS "/subscriptions" KEY, NULL);
	assert_int_equal(count_at(&a, "$.results"), 3);
	a = ask(asker, "POST", "/webhooks/v3/54321/subscriptions" KEY,
		"{\"eventType\":\"contact.creation\"}");
	assert_status(a, 201); /* active is required in dated versions only */
	assert_true(json_is_false(json_at(a.json, "$.active")));
	assert_status(subscribe(asker, "{\"eventType\":\"contact.creation\"}"), 400);
}

static void what_cannot_be_subscribed_to_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{\"active\":true}", 400 },
		{ "{\"active\":true,\"eventType\":\"contact\"}", 400 },
		{ "{\"active\":true,\"eventType\":\"lead.creation\"}", 400 },
		{ "{\"active\":true,\"eventType\":\"contact.laughter\"}", 400 },
		{ "{\"active\":true,\"eventType\":\"deal.privacyDeletion\"}", 400 },
		{ "{\"active\":\"yes\",\"eventType\":\"contact.creation\"}", 400 },
		{ "{\"active\":true,\"eventType\":\"object.creation\"}", 400 },
		{ "{\"active\":true,\"eventType\":\"object.creation\",\"objectTypeId\":\"9-9\"}",
		  400 },
		{ "{\"active\":true,\"eventType\":\"contact.creation\",\"objectTypeId\":\"0-1\"}",
		  400 },
		{ "{\"active\":true,\"eventType\":\"product.creation\"}", 501 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(subscribe(asker, rows[i].body), rows[i].status);
	assert_status(ask(asker, "PUT", HOOKS "/settings" KEY,
			  "{\"targetUrl\":\"http://f.example/h\",\"throttling\":"
			  "{\"maxConcurrentRequests\":5}}"), 400);
	assert_status(ask(asker, "PUT", HOOKS "/settings" KEY,
			  "{\"targetUrl\":\"https://f.example/h\"}"), 400);
}

static void only_the_app_s_developer_may(void **state)
{
	struct asker *asker = *state;

	assert_status(ask(asker, "GET", HOOKS "/subscriptions", NULL), 401);
	assert_status(ask(asker, "GET", HOOKS "/subscriptions?hapikey=x", NULL), 401);
	assert_status(ask(asker, "GET", "/app-webhooks/2026-09/1/subscriptions" KEY, NULL), 404);
	assert_status(ask(asker, "GET", HOOKS "/subscriptions/1" KEY, NULL), 404);
	assert_status(ask(asker, "GET", HOOKS "/settings" KEY, NULL), 404);
}

static void several_are_changed_at_once_and_some_are_missing(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	listen_to(asker, "contact.creation");
	a = ask(asker, "POST", HOOKS "/subscriptions/batch/update" KEY,
		"{\"inputs\":[{\"id\":12345,\"active\":false},{\"id\":9,\"active\":true}]}");
	assert_status(a, 207);
	assert_true(json_is_false(json_at(a.json, "$.results[0].active")));
	assert_int_equal(int_at(&a, "$.numErrors"), 1);
	assert_text_at(a, "$.errors[0].category", "OBJECT_NOT_FOUND");
	a = ask(asker, "POST", HOOKS "/subscriptions/batch/update" KEY,
		"{\"inputs\":[{\"id\":12345}]}");
	assert_status(a, 400);
	contact(asker, "jo@north.example");
	events(asker, 0); /* it is paused */
}

static void an_app_has_a_thousand_subscriptions_at_most(void **state)
{
	static const char body[] = "{\"eventType\":\"contact.creation\",\"active\":false}";
	struct asker *asker = *state;

	for (int i = 0; i < 1000; i++)
		assert_status(subscribe(asker, body), 201);
	assert_status(subscribe(asker, body), 400);
	assert_status(ask(asker, "DELETE", HOOKS "/subscriptions/12345" KEY, NULL), 204);
	assert_status(subscribe(asker, body), 201);
}

static void nothing_is_posted_without_an_address(void **state)
{
	struct asker *asker = *state;

	assert_status(subscribe(asker, "{\"eventType\":\"contact.creation\",\"active\":true}"),
		      201);
	contact(asker, "jo@north.example");
	events(asker, 0);
}

static void a_deletion_for_privacy_is_told_as_one(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	listen_to(asker, "contact.privacyDeletion");
	listen_to(asker, "contact.deletion");
	a = ask(asker, "POST", CONTACTS "/gdpr-delete",
		arena_printf(asker->arena, "{\"objectId\":\"%s\"}",
			     contact(asker, "jo@north.example")));
	assert_status(a, 204);
	a = events(asker, 1);
	assert_text_at(a, "$.webhooks[0].events[0].subscriptionType", "contact.privacyDeletion");
}

static void any_object_is_named_by_its_number(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "PUT", HOOKS "/settings" KEY, TARGET), 200);
	a = subscribe(asker, "{\"eventType\":\"object.creation\",\"objectTypeId\":\"0-46\","
			     "\"active\":true}");
	assert_status(a, 201);
	contact(asker, "jo@north.example");
	a = ask(asker, "POST", "/crm/objects/2026-09/notes",
		"{\"properties\":{\"hs_timestamp\":\"2026-02-03T10:00:00Z\"}}");
	assert_status(a, 201);
	a = events(asker, 1);
	assert_text_at(a, "$.webhooks[0].events[0].objectTypeId", "0-46");
}

/* What a user of the CRM does, and in every account that let the app in. */
static void a_person_s_edit_is_told_as_one(void **state)
{
	struct asker *asker = *state;
	const char *id = contact(asker, "jo@north.example");
	struct answer a;

	assert_status(ask(asker, "PUT", HOOKS "/settings" KEY, TARGET), 200);
	a = subscribe(asker, "{\"eventType\":\"contact.propertyChange\",\"propertyName\":"
			     "\"city\",\"active\":true}");
	assert_status(a, 201);
	a = ask(asker, "PATCH",
		arena_printf(asker->arena, "/_sandbox/accounts/hubspot/default/records/"
					   "contacts/%s", id),
		"{\"city\":\"York\",\"zip\":\"1\"}");
	assert_status(a, 200);
	a = events(asker, 1);
	assert_text_at(a, "$.webhooks[0].events[0].changeSource", "CRM_UI");
	assert_text_at(a, "$.webhooks[0].events[0].propertyValue", "York");
	a = ask(asker, "PATCH", arena_printf(asker->arena, CONTACTS "/%s", id),
		"{\"properties\":{\"city\":\"\"}}");
	a = events(asker, 2);
	assert_text_at(a, "$.webhooks[0].events[1].propertyValue", "");
}

/* A note that is refused for one of its associations was never associated. */
static void what_was_taken_back_is_not_told(void **state)
{
	struct asker *asker = *state;
	const char *id = contact(asker, "jo@north.example");
	struct answer a;

	listen_to(asker, "contact.associationChange");
	a = ask(asker, "POST", "/crm/objects/2026-09/notes",
		arena_printf(asker->arena,
			     "{\"properties\":{\"hs_timestamp\":\"2026-02-03T10:00:00Z\"},"
			     "\"associations\":[{\"to\":{\"id\":\"%s\"},\"types\":[{"
			     "\"associationTypeId\":202}]},{\"to\":{\"id\":\"9\"},\"types\":[{"
			     "\"associationTypeId\":202}]}]}", id));
	assert_status(a, 404);
	events(asker, 0);
	a = ask(asker, "POST", "/crm/objects/2026-09/companies", "{\"properties\":{\"name\":\"N\"}}");
	a = ask(asker, "PUT",
		arena_printf(asker->arena, CONTACTS "/%s/associations/default/companies/%s", id,
			     text_at(&a, "$.id")), NULL);
	assert_status(a, 200);
	a = events(asker, 1);
	assert_text_at(a, "$.webhooks[0].events[0].associationType", "CONTACT_TO_COMPANY");
	assert_true(json_is_false(json_at(a.json, "$.webhooks[0].events[0].associationRemoved")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_subscription_is_made_by_every_path),
		TEST(what_cannot_be_subscribed_to_is_refused),
		TEST(only_the_app_s_developer_may),
		TEST(several_are_changed_at_once_and_some_are_missing),
		TEST(an_app_has_a_thousand_subscriptions_at_most),
		TEST(nothing_is_posted_without_an_address),
		TEST(a_deletion_for_privacy_is_told_as_one),
		TEST(any_object_is_named_by_its_number),
		TEST(a_person_s_edit_is_told_as_one),
		TEST(what_was_taken_back_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
