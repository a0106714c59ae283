/* hubspot_account_test.c - tests src/sandbox/hubspot_properties.c, _directory.c, _oauth.c,
 * _associate.c and what becomes of contacts that are merged or deleted for privacy. */
#include "hubspot_ask.h"

static void a_unique_property_is_added_and_identifies(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", PROPERTIES "/fairlead_lead_id", NULL);

	assert_status(a, 404);
	a = ask(asker, "POST", PROPERTIES, LEAD_ID);
	assert_status(a, 201);
	assert_true(json_is_true(json_at(a.json, "$.hasUniqueValue")));
	assert_true(json_is_false(json_at(a.json, "$.hubspotDefined")));
	a = ask(asker, "POST", PROPERTIES, LEAD_ID);
	assert_status(a, 409);
	a = ask(asker, "POST", CONTACTS "/batch/upsert",
		"{\"inputs\":[{\"idProperty\":\"fairlead_lead_id\",\"id\":\"L1\",\"properties\":"
		"{\"email\":\"a@n.example\"}}]}");
	assert_status(a, 200);
	a = ask(asker, "GET", CONTACTS "/L1?idProperty=fairlead_lead_id&properties=email", NULL);
	assert_text_at(a, "$.properties.email", "a@n.example");
	a = ask(asker, "PATCH", PROPERTIES "/fairlead_lead_id", "{\"hasUniqueValue\":false}");
	assert_status(a, 400);
	a = ask(asker, "DELETE", PROPERTIES "/fairlead_lead_id", NULL);
	assert_status(a, 204);
	a = ask(asker, "GET", PROPERTIES "/fairlead_lead_id", NULL);
	assert_status(a, 404);
	a = ask(asker, "GET", PROPERTIES "/fairlead_lead_id?archived=true", NULL);
	assert_status(a, 200);
	a = ask(asker, "POST", PROPERTIES, LEAD_ID);
	assert_status(a, 201);
}

static void properties_are_described_as_the_vendor_does(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", PROPERTIES "/hs_lead_status", NULL);

	assert_text_at(a, "$.type", "enumeration");
	assert_text_at(a, "$.fieldType", "radio");
	assert_text_at(a, "$.groupName", "sales_properties");
	assert_text_at(a, "$.options[0].value", "NEW");
	a = ask(asker, "GET", PROPERTIES "/hubspot_owner_id", NULL);
	assert_true(json_is_true(json_at(a.json, "$.externalOptions")));
	assert_int_equal(count_at(&a, "$.options"), 0);
	a = ask(asker, "GET", "/crm/v3/properties/contacts/hs_object_id", NULL);
	assert_true(json_is_true(json_at(a.json, "$.modificationMetadata.readOnlyValue")));
	a = ask(asker, "GET", PROPERTIES, NULL);
	assert_true(count_at(&a, "$.results") > 30);
	assert_null(json_at(a.json, "$.paging"));
	a = ask(asker, "GET", PROPERTIES "/groups", NULL);
	assert_text_at(a, "$.results[0].name", "contactinformation");
}

static void what_no_property_can_be_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"label\":\"x\",\"groupName\":\"contactinformation\",\"type\":\"string\","
		"\"fieldType\":\"text\"}",
		"{\"name\":\"Upper\",\"label\":\"x\",\"groupName\":\"contactinformation\","
		"\"type\":\"string\",\"fieldType\":\"text\"}",
		"{\"name\":\"a\",\"groupName\":\"contactinformation\",\"type\":\"string\","
		"\"fieldType\":\"text\"}",
		"{\"name\":\"a\",\"label\":\"x\",\"groupName\":\"nope\",\"type\":\"string\","
		"\"fieldType\":\"text\"}",
		"{\"name\":\"a\",\"label\":\"x\",\"groupName\":\"contactinformation\","
		"\"type\":\"string\",\"fieldType\":\"radio\"}",
		"{\"name\":\"a\",\"label\":\"x\",\"groupName\":\"contactinformation\","
		"\"type\":\"enumeration\",\"fieldType\":\"select\"}",
		"{\"name\":\"a\",\"label\":\"x\",\"groupName\":\"contactinformation\","
		"\"type\":\"enumeration\",\"fieldType\":\"select\",\"options\":[{}]}",
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct answer a = ask(asker, "POST", PROPERTIES, bodies[i]);

		if (a.status != 400)
			fail_msg("%s: %d %s", bodies[i], a.status, a.text);
	}
}

static void the_eleventh_unique_property_is_refused(void **state)
{
	struct asker *asker = *state;

	for (int i = 0; i < 11; i++) {
		struct answer a = ask(
			asker, "POST", PROPERTIES,
			arena_printf(asker->arena,
				     "{\"name\":\"u%d\",\"label\":\"u\",\"groupName\":"
				     "\"contactinformation\",\"type\":\"string\",\"fieldType\":"
				     "\"text\",\"hasUniqueValue\":true}",
				     i));

		assert_status(a, i < 10 ? 201 : 400);
	}
}

static void owners_and_pipelines_are_listed(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", "/crm/owners/2026-09?limit=2", NULL);

	assert_int_equal(count_at(&a, "$.results"), 2);
	assert_text_at(a, "$.results[0].id", "41629779");
	assert_int_equal(int_at(&a, "$.results[0].userId"), 9586504);
	a = ask(asker, "GET",
		arena_printf(asker->arena, "/crm/owners/2026-09?after=%s",
			     text_at(&a, "$.paging.next.after")),
		NULL);
	assert_int_equal(count_at(&a, "$.results"), 1);
	a = ask(asker, "GET", "/crm/v3/owners?email=SAM@acme.example", NULL);
	assert_text_at(a, "$.results[0].id", "41629780");
	a = ask(asker, "GET", "/crm/v3/owners/9586506?idProperty=userId", NULL);
	assert_text_at(a, "$.id", "41629781");
	a = ask(asker, "GET", "/crm/v3/owners/1", NULL);
	assert_status(a, 404);
	a = ask(asker, "GET", "/crm/pipelines/2026-09/deals", NULL);
	assert_text_at(a, "$.results[0].id", "default");
	a = ask(asker, "GET", "/crm/pipelines/2026-09/deals/default/stages/closedwon", NULL);
	assert_text_at(a, "$.metadata.isClosed", "true");
	a = ask(asker, "GET", "/account-info/2026-09/details", NULL);
	assert_int_equal(int_at(&a, "$.portalId"), 62515);
	a = ask(asker, "GET", "/account-info/v3/api-usage/daily/private-apps", NULL);
	assert_int_equal(int_at(&a, "$.results[0].usageLimit"), 650000);
	assert_true(int_at(&a, "$.results[0].currentUsage") > 0);
}

#define CLIENT "client_id=fairlead-sandbox-app&client_secret=fairlead-sandbox-secret"
#define REFRESH "grant_type=refresh_token&refresh_token=refresh-sandbox-default&"

static void a_token_is_refreshed_used_and_expires(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/oauth/2026-09/token", REFRESH CLIENT);
	const char *token;

	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.expires_in"), 1800);
	assert_text_at(a, "$.token_type", "bearer");
	assert_text_at(a, "$.refresh_token", "refresh-sandbox-default");
	assert_int_equal(int_at(&a, "$.hub_id"), 62515);
	token = text_at(&a, "$.access_token");
	asker->token = token;
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 200);
	assert_string_equal(http_header_find(&a.headers, "X-HubSpot-RateLimit-Max"), "110");
	assert_null(http_header_find(&a.headers, "X-HubSpot-RateLimit-Daily"));
	a = ask(asker, "POST", "/oauth/2026-09/token/introspect",
		arena_printf(asker->arena, CLIENT "&token=%s", token));
	assert_true(json_is_true(json_at(a.json, "$.active")));
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1875000}");
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 401);
	assert_text_at(a, "$.category", "EXPIRED_AUTHENTICATION");
	assert_non_null(strstr(text_at(&a, "$.message"), "expired 75 second(s) ago"));
	a = ask(asker, "POST", "/oauth/v1/token", REFRESH CLIENT);
	assert_status(a, 200);
	assert_null(json_at(a.json, "$.hub_id"));
}

static void a_token_request_that_is_wrong_is_400(void **state)
{
	static const struct {
		const char *path, *form, *status;
	} rows[] = {
		{ "/oauth/2026-09/token", "grant_type=refresh_token&refresh_token=x&" CLIENT,
		  "BAD_REFRESH_TOKEN" },
		{ "/oauth/2026-09/token", REFRESH "client_id=x&client_secret=y", "BAD_CLIENT_ID" },
		{ "/oauth/2026-09/token", REFRESH "client_id=fairlead-sandbox-app&client_secret=y",
		  "BAD_CLIENT_SECRET" },
		{ "/oauth/2026-09/token", CLIENT, "BAD_GRANT_TYPE" },
		{ "/oauth/2026-09/token", "grant_type=password&" CLIENT, "BAD_GRANT_TYPE" },
		{ "/oauth/2026-09/token", "grant_type=authorization_code&code=x&" CLIENT,
		  "BAD_AUTH_CODE" },
		{ "/oauth/2026-09/token?" REFRESH CLIENT, "x=1", "BAD_GRANT_TYPE" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = ask(asker, "POST", rows[i].path, rows[i].form);

		assert_status(a, 400);
		assert_text_at(a, "$.status", rows[i].status);
	}
}

static void a_revoked_refresh_token_is_over_its_access_tokens_are_not(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/oauth/2026-09/token", REFRESH CLIENT);

	asker->token = text_at(&a, "$.access_token");
	a = ask(asker, "POST", "/oauth/2026-09/token/revoke",
		CLIENT "&token=refresh-sandbox-default");
	assert_status(a, 204);
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 200);
	a = ask(asker, "POST", "/oauth/2026-09/token", REFRESH CLIENT);
	assert_status(a, 400);
	assert_text_at(a, "$.status", "BAD_REFRESH_TOKEN");
}

static void a_code_is_exchanged_once_with_its_verifier(void **state)
{
	static const char exchange[] =
		"grant_type=authorization_code&redirect_uri=https%%3A%%2F%%2Ff.example%%2Fcb&"
		"code_verifier=%s&code=%.36s&" CLIENT;
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET",
			      "/oauth/authorize?client_id=fairlead-sandbox-app&redirect_uri="
			      "https%3A%2F%2Ff.example%2Fcb&scope=oauth&state=s1&"
			      "code_challenge=v1&code_challenge_method=plain&"
			      "sandbox_approve=default",
			      NULL);
	const char *location = http_header_find(&a.headers, "Location"), *code;

	assert_status(a, 302);
	assert_non_null(strstr(location, "state=s1"));
	code = strstr(location, "code=") + 5;
	a = ask(asker, "POST", "/oauth/2026-09/token",
		arena_printf(asker->arena, exchange, "v2", code));
	assert_status(a, 400);
	a = ask(asker, "POST", "/oauth/2026-09/token",
		arena_printf(asker->arena, exchange, "v1", code));
	assert_status(a, 200);
	assert_text_at(a, "$.scopes[0]", "oauth");
	asker->token = text_at(&a, "$.access_token");
	a = ask(asker, "GET", CONTACTS, NULL);
	assert_status(a, 403);
	assert_text_at(a, "$.category", "MISSING_SCOPES");
	assert_text_at(a, "$.errors[0].context.requiredGranularScopes[0]",
		       "crm.objects.contacts.read");
}

static void a_merged_contact_keeps_the_other_address(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"a@n.example\"}}");
	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"b@n.example\"}}");
	a = ask(asker, "POST", CONTACTS "/merge",
		"{\"primaryObjectId\":\"501\",\"objectIdToMerge\":\"502\"}");
	assert_status(a, 200);
	assert_text_at(a, "$.id", "501");
	a = ask(asker, "GET", CONTACTS "/502?properties=hs_additional_emails", NULL);
	assert_text_at(a, "$.id", "501");
	assert_text_at(a, "$.properties.hs_additional_emails", "b@n.example");
	a = ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"b@n.example\"}}");
	assert_status(a, 409);
}

/* A known contact goes for good; an unknown address can never come (5). */
static void what_is_deleted_for_privacy_does_not_come_back(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"a@n.example\"}}");
	a = ask(asker, "POST", CONTACTS "/gdpr-delete",
		"{\"objectId\":\"a@n.example\",\"idProperty\":\"email\"}");
	assert_status(a, 204);
	assert_status(ask(asker, "GET", CONTACTS "/501", NULL), 404);
	a = ask(asker, "GET", CONTACTS "?archived=true", NULL);
	assert_int_equal(count_at(&a, "$.results"), 0);
	assert_status(ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":"
						   "\"a@n.example\"}}"), 201);
	a = ask(asker, "POST", CONTACTS "/gdpr-delete",
		"{\"objectId\":\"B@n.example\",\"idProperty\":\"email\"}");
	assert_status(a, 204);
	a = ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"b@n.example\"}}");
	assert_status(a, 400);
	assert_text_at(a, "$.category", "VALIDATION_ERROR");
	assert_status(ask(asker, "POST", CONTACTS "/gdpr-delete", "{}"), 400);
}

/* Workers that refresh at once get a token each, and the same refresh token (2). */
static void two_refreshes_at_once_both_succeed(void **state)
{
	struct asker *asker = *state;
	struct answer first = ask(asker, "POST", "/oauth/2026-09/token", REFRESH CLIENT);
	struct answer second = ask(asker, "POST", "/oauth/2026-09/token", REFRESH CLIENT);

	assert_text_at(second, "$.refresh_token", "refresh-sandbox-default");
	asker->token = text_at(&first, "$.access_token");
	assert_string_not_equal(asker->token, text_at(&second, "$.access_token"));
	assert_status(ask(asker, "GET", CONTACTS, NULL), 200);
	asker->token = text_at(&second, "$.access_token");
	assert_status(ask(asker, "GET", CONTACTS, NULL), 200);
}

static void associations_are_made_in_a_batch_and_read(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", CONTACTS, "{\"properties\":{\"email\":\"a@n.example\"}}");
	ask(asker, "POST", "/crm/objects/2026-09/companies", "{\"properties\":{\"name\":\"N\"}}");
	a = ask(asker, "POST", "/crm/associations/2026-09/contacts/companies/batch/create",
		"{\"inputs\":[{\"from\":{\"id\":\"501\"},\"to\":{\"id\":\"3001\"},\"types\":[{"
		"\"associationCategory\":\"HUBSPOT_DEFINED\",\"associationTypeId\":1}]},"
		"{\"from\":{\"id\":\"501\"},\"to\":{\"id\":\"9\"},\"types\":[]}]}");
	assert_status(a, 207);
	assert_text_at(a, "$.results[0].labels[0]", "Primary");
	assert_int_equal(int_at(&a, "$.numErrors"), 1);
	a = ask(asker, "POST", "/crm/v4/associations/contacts/companies/batch/read",
		"{\"inputs\":[{\"id\":\"501\"}]}");
	assert_text_at(a, "$.results[0].to[0].toObjectId", "3001");
	assert_int_equal(int_at(&a, "$.results[0].to[0].associationTypes[0].typeId"), 1);
	a = ask(asker, "PUT",
		"/crm/objects/2026-09/contacts/501/associations/companies/3001",
		"[{\"associationCategory\":\"HUBSPOT_DEFINED\",\"associationTypeId\":204}]");
	assert_status(a, 400);
	a = ask(asker, "POST", "/crm/associations/2026-09/contacts/companies/batch/archive",
		"{\"inputs\":[{\"from\":{\"id\":\"501\"},\"to\":[{\"id\":\"3001\"}]}]}");
	assert_status(a, 204);
	a = ask(asker, "GET", "/crm/v4/objects/contacts/501/associations/companies", NULL);
	assert_int_equal(count_at(&a, "$.results"), 0);
	a = ask(asker, "GET", "/crm/v4/associations/contacts/companies/labels", NULL);
	assert_int_equal(count_at(&a, "$.results"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hubspot_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unique_property_is_added_and_identifies),
		TEST(properties_are_described_as_the_vendor_does),
		TEST(what_no_property_can_be_is_refused),
		TEST(the_eleventh_unique_property_is_refused),
		TEST(owners_and_pipelines_are_listed),
		TEST(a_token_is_refreshed_used_and_expires),
		TEST(a_token_request_that_is_wrong_is_400),
		TEST(a_revoked_refresh_token_is_over_its_access_tokens_are_not),
		TEST(a_code_is_exchanged_once_with_its_verifier),
		TEST(what_is_deleted_for_privacy_does_not_come_back),
		TEST(two_refreshes_at_once_both_succeed),
		TEST(associations_are_made_in_a_batch_and_read),
		TEST(a_merged_contact_keeps_the_other_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
