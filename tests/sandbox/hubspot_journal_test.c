/* hubspot_journal_test.c - tests src/sandbox/hubspot_journal.c. */
#include "hubspot_ask.h"

#define JOURNAL "/webhooks-journal/journal/2026-03"
#define SUBSCRIPTIONS "/webhooks-journal/subscriptions/2026-03"
#define APP "client_id=fairlead-sandbox-app&client_secret=fairlead-sandbox-secret"
#define SCOPES                                                                                \
	"webhooks-journal-data-access+webhooks-journal-subscription-read+"                     \
	"webhooks-journal-subscription-management"

static const char *portal(struct asker *asker)
{
	struct answer a = ask(asker, "GET", "/account-info/2026-09/details", NULL);

	return arena_printf(asker->arena, "%lld", (long long)int_at(&a, "$.portalId"));
}

/* The app signs in for itself; gives its token. */
static const char *sign_in(struct asker *asker, const char *scopes)
{
	struct answer a = ask(asker, "POST", "/oauth/2026-03/token",
			      arena_printf(asker->arena,
					   "grant_type=client_credentials&scope=%s&" APP, scopes));

	assert_status(a, 200);
	assert_null(json_at(a.json, "$.refresh_token"));
	return arena_strdup(asker->arena, text_at(&a, "$.access_token"));
}

static struct answer as_app(struct asker *asker, const char *method, const char *path,
			    const char *body)
{
	const char *token = asker->token;
	struct answer a;

	asker->token = sign_in(asker, SCOPES);
	a = ask(asker, method, path, body);
	asker->token = token;
	return a;
}

static void subscribe(struct asker *asker, const char *actions, const char *properties)
{
	struct answer a = as_app(asker, "POST", SUBSCRIPTIONS,
				 arena_printf(asker->arena,
					      "{\"subscriptionType\":\"OBJECT\",\"objectTypeId\":"
					      "\"0-1\",\"portalId\":%s,\"actions\":[%s],"
					      "\"properties\":[%s]}",
					      portal(asker), actions, properties));

	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.id"), 1);
}

/* The file that an answer leads to. */
static struct answer file_of(struct asker *asker, const struct answer *entry)
{
	const char *url = text_at(entry, "$.url"), *token = asker->token;
	struct answer a;

	asker->token = NULL;
	a = ask(asker, "GET", strstr(url, "/webhooks-journal"), NULL);
	asker->token = token;
	return a;
}

static void what_changed_is_fetched_entry_by_entry(void **state)
{
	struct asker *asker = *state;
	struct answer a, file;

	subscribe(asker, "\"CREATE\",\"UPDATE\",\"DELETE\"", "\"hs_lead_status\"");
	assert_status(as_app(asker, "GET", JOURNAL "/earliest", NULL), 204);
	ask(asker, "POST", CONTACTS "/batch/create",
	    "{\"inputs\":[{\"properties\":{\"email\":\"a@b.example\"}},{\"properties\":"
	    "{\"email\":\"c@b.example\",\"hs_lead_status\":\"NEW\"}}]}");
	ask(asker, "PATCH", CONTACTS "/501", "{\"properties\":{\"city\":\"York\"}}");
	ask(asker, "PATCH", CONTACTS "/501", "{\"properties\":{\"hs_lead_status\":\"OPEN\"}}");
	ask(asker, "DELETE", CONTACTS "/502", NULL);
	a = as_app(asker, "GET", JOURNAL "/earliest", NULL);
	assert_status(a, 200);
	assert_non_null(json_at(a.json, "$.expiresAt"));
	file = file_of(asker, &a);
	assert_status(file, 200);
	assert_int_equal(count_at(&file, "$.journalEvents"), 2);
	assert_text_at(file, "$.journalEvents[0].action", "CREATE");
	assert_int_equal(int_at(&file, "$.journalEvents[1].objectId"), 502);
	assert_text_at(file, "$.journalEvents[1].properties.hs_lead_status", "NEW");
	a = as_app(asker, "GET",
		   arena_printf(asker->arena, JOURNAL "/offset/%s/next",
				text_at(&a, "$.currentOffset")),
		   NULL);
	file = file_of(asker, &a);
	assert_int_equal(count_at(&file, "$.journalEvents"), 1);
	assert_text_at(file, "$.journalEvents[0].properties.hs_lead_status", "OPEN");
	a = as_app(asker, "GET",
		   arena_printf(asker->arena, JOURNAL "/offset/%s/next",
				text_at(&a, "$.currentOffset")),
		   NULL);
	file = file_of(asker, &a);
	assert_text_at(file, "$.journalEvents[0].action", "DELETE");
	assert_status(as_app(asker, "GET",
			     arena_printf(asker->arena, JOURNAL "/offset/%s/next",
					  text_at(&a, "$.currentOffset")),
			     NULL),
		      204);
}

static void an_address_of_a_file_ends(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	subscribe(asker, "\"CREATE\"", "");
	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"a@b.example\"}}");
	a = as_app(asker, "GET", JOURNAL "/latest", NULL);
	assert_status(file_of(asker, &a), 200);
	pass_time(asker, 301000);
	assert_status(file_of(asker, &a), 403);
	assert_status(as_app(asker, "GET", JOURNAL "/offset/none/next", NULL), 404);
}

static void the_journal_is_the_app_s_own(void **state)
{
	struct asker *asker = *state;

	assert_status(ask(asker, "GET", JOURNAL "/earliest", NULL), 403);
	assert_status(ask(asker, "POST", "/oauth/2026-03/token",
			  "grant_type=client_credentials&scope=crm.objects.contacts.read&" APP), 400);
	assert_status(ask(asker, "POST", "/oauth/v1/token",
			  "grant_type=client_credentials&scope=" SCOPES "&" APP), 400);
	asker->token = sign_in(asker, "webhooks-journal-data-access");
	assert_status(ask(asker, "GET", SUBSCRIPTIONS, NULL), 403);
	assert_status(ask(asker, "GET", JOURNAL "/earliest", NULL), 204);
	assert_status(ask(asker, "GET", JOURNAL "/batch/earliest/2", NULL), 501);
}

static void what_cannot_be_subscribed_to_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} rows[] = {
		{ "{}", 400 },
		{ "{\"subscriptionType\":\"ASSOCIATION\"}", 501 },
		{ "{\"subscriptionType\":\"OBJECT\",\"objectTypeId\":\"9-9\"}", 400 },
		{ "{\"subscriptionType\":\"OBJECT\",\"objectTypeId\":\"0-1\",\"actions\":[\"CREATE\"]}",
		  400 },
		{ "{\"subscriptionType\":\"OBJECT\",\"objectTypeId\":\"0-1\",\"portalId\":1}", 400 },
		{ "{\"subscriptionType\":\"OBJECT\",\"objectTypeId\":\"0-1\",\"portalId\":1,"
		  "\"actions\":[\"LAUGH\"]}", 400 },
	};
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_status(as_app(asker, "POST", SUBSCRIPTIONS, rows[i].body), rows[i].status);
	subscribe(asker, "\"CREATE\"", "");
	assert_status(as_app(asker, "DELETE", SUBSCRIPTIONS "/9", NULL), 404);
	assert_status(as_app(asker, "DELETE", SUBSCRIPTIONS "/1", NULL), 204);
	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"a@b.example\"}}");
	assert_status(as_app(asker, "GET", JOURNAL "/latest", NULL), 204);
	a = as_app(asker, "GET", SUBSCRIPTIONS, NULL);
	assert_int_equal(count_at(&a, "$.results"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hubspot_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_changed_is_fetched_entry_by_entry),
		TEST(an_address_of_a_file_ends),
		TEST(the_journal_is_the_app_s_own),
		TEST(what_cannot_be_subscribed_to_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
