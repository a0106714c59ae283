/* salesforce_errors_test.c - the error catalogue of the fact sheet (9), row by row: status
 * and body of each. Refusals of values stand in salesforce_test.c. */
#include "salesforce_ask.h"

#include "base/clock.h"

static const char good[] = "{\"LastName\":\"N\",\"Company\":\"C\"}";

static void assert_error(struct answer a, int status, const char *code, const char *message)
{
	assert_status(a, status);
	assert_text_at(a, "$[0].errorCode", code);
	if (message)
		assert_text_at(a, "$[0].message", message);
}

/* What an org or its administrator has decided. */
static void each_row_of_the_org_is_refused_so(void **state)
{
	static const struct {
		const char *name;
		int value;
		const char *method, *path, *body;
		int status;
		const char *code, *message;
	} rows[] = {
		{ "session_barred", 1, "GET", "/limits", NULL, 401, "INVALID_SESSION_ID",
		  "This session is not valid for use with the REST API" },
		{ "api_disabled", 1, "GET", "/limits", NULL, 403, "API_DISABLED_FOR_ORG",
		  "API is not enabled for this Organization or Partner" },
		{ "access", 1, "POST", "/sobjects/Lead", good, 403,
		  "INSUFFICIENT_ACCESS_OR_READONLY", NULL },
		{ "access", 2, "POST", "/sobjects/Lead", good, 403, "INSUFFICIENT_ACCESS", NULL },
		{ "access", 3, "POST", "/sobjects/Lead",
		  "{\"LastName\":\"N\",\"Company\":\"C\",\"OwnerId\":\"0055g0000000002\"}", 400,
		  "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
		  "insufficient access rights on cross-reference id: 0055g0000000002AAA" },
		{ "access", 4, "POST", "/sobjects/Lead", good, 403, "FUNCTIONALITY_NOT_ENABLED",
		  "this feature is not currently enabled for this user" },
		{ "storage_full", 1, "POST", "/sobjects/Lead", good, 403,
		  "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded" },
		{ "query_trouble", 1, "GET", "/query?q=SELECT+Id+FROM+Lead", NULL, 400,
		  "QUERY_TIMEOUT", "Your query request was running for too long." },
		{ "query_trouble", 2, "GET", "/query?q=SELECT+Id+FROM+Lead", NULL, 400,
		  "OPERATION_TOO_LARGE", NULL },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set_switch(asker, rows[i].name, rows[i].value);
		assert_error(call(asker, rows[i].method, rows[i].path, rows[i].body),
			     rows[i].status, rows[i].code, rows[i].message);
		set_switch(asker, rows[i].name, 0);
		assert_true(call(asker, rows[i].method, rows[i].path, rows[i].body).status < 300);
	}
}

static void each_row_of_a_wrong_request_is_refused_so(void **state)
{
	static const struct {
		const char *method, *path, *body;
		int status;
		const char *code, *message;
	} rows[] = {
		{ "POST", "/sobjects/Lead", "{\"LastName\":", 400, "JSON_PARSER_ERROR", NULL },
		{ "POST", "/sobjects/Lead", "[]", 400, "JSON_PARSER_ERROR", NULL },
		{ "GET", "/query?q=SELECT", NULL, 400, "MALFORMED_QUERY", NULL },
		{ "GET", "/query?q=SELECT+Id+FROM+Nope", NULL, 400, "INVALID_TYPE",
		  "sObject type 'Nope' is not supported." },
		{ "GET", "/sobjects/Lead/00Q5g00000ZZZZZ", NULL, 404, "NOT_FOUND",
		  "The requested resource does not exist" },
		{ "GET", "/sobjects/Nope", NULL, 404, "NOT_FOUND",
		  "The requested resource does not exist" },
		{ "PATCH", "/sobjects/Lead/City/x", "{}", 404, "NOT_FOUND",
		  "Provided external ID field does not exist or is not accessible" },
		{ "POST", "/sobjects/Lead",
		  "{\"LastName\":\"N\",\"Company\":\"C\",\"CreatedDate\":\"2026-01-01\"}", 400,
		  "INVALID_FIELD_FOR_INSERT_UPDATE",
		  "Unable to create/update fields: CreatedDate. Please check the security "
		  "settings of this field and verify that it is read/write for your profile or "
		  "permission set." },
		{ "POST", "/sobjects/Lead",
		  "{\"LastName\":\"N\",\"Company\":\"C\",\"OwnerId\":\"0055g0000000003\"}", 400,
		  "INACTIVE_OWNER_OR_USER",
		  "operation performed with inactive user [0055g0000000003AAA] as owner of "
		  "Lead" },
		{ "POST", "/sobjects/User", "{\"LastName\":\"N\"}", 403,
		  "INSUFFICIENT_ACCESS_OR_READONLY", NULL },
		{ "PATCH", "/sobjects/Lead/Fairlead_Id__c/L-1", "{\"Fairlead_Id__c\":\"L-1\"}",
		  400, "INVALID_FIELD",
		  "The Fairlead_Id__c field should not be specified in the sobject data." },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_error(call(asker, rows[i].method, rows[i].path, rows[i].body),
			     rows[i].status, rows[i].code, rows[i].message);
	assert_error(ask(asker, "GET", "/services/data/v20.0/limits", NULL), 410,
		     "UNSUPPORTED_API_VERSION", NULL);
}

/* What the server itself may say at any time. */
static void each_row_of_the_server_is_answered_so(void **state)
{
	static const struct {
		const char *fault;
		int status;
		const char *code, *message;
	} rows[] = {
		{ "{\"fault\":\"locked\",\"count\":1}", 400, "UNABLE_TO_LOCK_ROW",
		  "unable to obtain exclusive access to this record" },
		{ "{\"fault\":\"forbidden\",\"count\":1}", 403, "INSUFFICIENT_ACCESS", NULL },
		{ "{\"fault\":\"rate_limit\",\"count\":1}", 403, "REQUEST_LIMIT_EXCEEDED",
		  "TotalRequests Limit exceeded." },
		{ "{\"fault\":\"expired_token\",\"count\":1}", 401, "INVALID_SESSION_ID",
		  "Session expired or invalid" },
		{ "{\"fault\":\"status\",\"status\":500,\"count\":1}", 500, "UNKNOWN_EXCEPTION",
		  NULL },
		{ "{\"fault\":\"status\",\"status\":502,\"count\":1}", 502, "SERVER_UNAVAILABLE",
		  NULL },
		{ "{\"fault\":\"status\",\"status\":503,\"count\":1}", 503, "SERVER_UNAVAILABLE",
		  NULL },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		assert_status(ask(asker, "POST", "/_sandbox/faults", rows[i].fault), 201);
		a = call(asker, "GET", "/limits", NULL);
		assert_error(a, rows[i].status, rows[i].code, rows[i].message);
		assert_null(http_header_find(&a.headers, "Retry-After"));
		assert_status(call(asker, "GET", "/limits", NULL), 200);
	}
}

/* Gateways in front of it speak HTML. */
static void a_gateway_answers_in_html(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"html\",\"status\":503,\"count\":1}"), 201);
	a = call(asker, "GET", "/limits", NULL);
	assert_status(a, 503);
	assert_null(a.json);
	assert_non_null(strstr(a.text, "<html>"));
}

static void a_deleted_record_is_404_or_400(void **state)
{
	static const int statuses[] = { 404, 400 };
	struct asker *asker = *state;
	const char *path = lead_path(asker, lead(asker, "jo@north.example"));

	assert_status(call(asker, "DELETE", path, NULL), 204);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		set_switch(asker, "deleted_status", statuses[i]);
		assert_error(call(asker, "PATCH", path, "{\"City\":\"York\"}"), statuses[i],
			     "ENTITY_IS_DELETED", "entity is deleted");
	}
}

static void too_many_at_once_is_the_same_code_in_other_words(void **state)
{
	struct asker *asker = *state;

	set_switch(asker, "limit_is_concurrent", 1);
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"rate_limit\",\"count\":1}"), 201);
	assert_error(call(asker, "GET", "/limits", NULL), 403, "REQUEST_LIMIT_EXCEEDED",
		     "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
}

static void an_expired_jwt_token_has_an_error_of_its_own(void **state)
{
	struct asker *asker = *state;

	set_switch(asker, "jwt_tokens", 1);
	assert_status(ask(asker, "POST", "/_sandbox/faults",
			  "{\"fault\":\"expired_token\",\"count\":1}"), 201);
	assert_error(call(asker, "GET", "/limits", NULL), 401, "INVALID_AUTH_HEADER",
		     "INVALID_JWT_FORMAT");
}

static void a_key_that_several_share_is_named_in_a_collection(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *id = lead(asker, "two@north.example");

	a = call(asker, "PATCH", lead_path(asker, id), "{\"Fairlead_Id__c\":\"L-1\"}");
	assert_status(a, 204);
	/* No longer unique: an administrator has let two leads have one key. */
	assert_status(ask(asker, "POST", SF_ACCOUNT "/schema/Lead",
			  "{\"field\":\"Fairlead_Id__c\",\"change\":\"unique\",\"to\":false}"),
		      200);
	a = call(asker, "POST", "/sobjects/Lead",
		 "{\"LastName\":\"N\",\"Company\":\"C\",\"Fairlead_Id__c\":\"L-1\"}");
	assert_status(a, 201);
	a = call(asker, "PATCH", "/composite/sobjects/Lead/Fairlead_Id__c",
		 "{\"records\":[{\"attributes\":{\"type\":\"Lead\"},\"Fairlead_Id__c\":\"L-1\","
		 "\"City\":\"York\"}]}");
	assert_status(a, 200);
	assert_text_at(a, "$[0].errors[0].statusCode", "DUPLICATE_EXTERNAL_ID");
}

static void more_changed_ids_than_a_call_gives_are_refused(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	lead(asker, "a@north.example");
	lead(asker, "b@north.example");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":60000}");
	a = call(asker, "GET", "/sobjects/Lead/updated?start=2026-01-01T00:00:00Z&"
			       "end=2100-01-01T00:00:00Z", NULL);
	assert_error(a, 400, "INVALID_REPLICATION_DATE", NULL); /* 30 days back at most */
	set_switch(asker, "updated_max", 1);
	a = call(asker, "GET",
		 arena_printf(asker->arena, "/sobjects/Lead/updated?start=%lld&end=%lld",
			      (long long)(clock_now() - CLOCK_HOUR),
			      (long long)(clock_now() + CLOCK_HOUR)), NULL);
	assert_error(a, 400, "EXCEEDED_ID_LIMIT", NULL);
}

/* --- the token endpoint --- */

#define APP                                                                                   \
	"client_id=fairlead-sandbox-consumer-key&client_secret="                              \
	"fairlead-sandbox-consumer-secret"
#define REFRESH "grant_type=refresh_token&refresh_token=5Aep861-sandbox-default&" APP

static struct answer token(struct asker *asker, const char *form)
{
	return ask(asker, "POST", "/services/oauth2/token", form);
}

static void each_row_of_the_token_endpoint_is_refused_so(void **state)
{
	static const struct {
		const char *form, *error, *text;
	} rows[] = {
		{ "grant_type=refresh_token&refresh_token=x&" APP, "invalid_grant",
		  "expired access/refresh token" },
		{ "grant_type=refresh_token&refresh_token=5Aep861-sandbox-default&client_id=x",
		  "invalid_client_id", "client identifier invalid" },
		{ "grant_type=refresh_token&refresh_token=5Aep861-sandbox-default&client_id="
		  "fairlead-sandbox-consumer-key&client_secret=x", "invalid_client",
		  "invalid client credentials" },
		{ "grant_type=authorization_code&code=x&" APP, "invalid_grant",
		  "invalid authorization code" },
		{ "grant_type=password&username=a&password=b&" APP, "unsupported_grant_type",
		  "grant type not supported" },
		{ APP, "unsupported_grant_type", "grant type not supported" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = token(asker, rows[i].form);

		assert_status(a, 400);
		assert_text_at(a, "$.error", rows[i].error);
		assert_text_at(a, "$.error_description", rows[i].text);
	}
	assert_status(ask(asker, "POST", "/services/oauth2/revoke", "token=none"), 400);
}

/* The clash is told as a dead token is, in other words: it passes. */
static void a_second_refresh_meanwhile_is_already_being_processed(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "refresh_busy_ms", 60000);
	a = token(asker, REFRESH);
	assert_status(a, 200);
	asker->token = text_at(&a, "$.access_token");
	a = token(asker, REFRESH);
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
	assert_text_at(a, "$.error_description", "token request is already being processed");
	assert_status(call(asker, "GET", "/limits", NULL), 200); /* the first is not hurt */
	set_switch(asker, "refresh_busy_ms", 0);
}

/* With rotation an old token in other hands ends what the new one gave. */
static void a_rotated_token_used_again_kills_the_current_one(void **state)
{
	struct asker *asker = *state;
	const char *fresh;
	struct answer a;

	set_switch(asker, "refresh_rotates", 1);
	a = token(asker, REFRESH);
	assert_status(a, 200);
	fresh = text_at(&a, "$.refresh_token");
	asker->token = text_at(&a, "$.access_token");
	assert_status(call(asker, "GET", "/limits", NULL), 200);
	a = token(asker, REFRESH);
	assert_status(a, 400);
	assert_error(call(asker, "GET", "/limits", NULL), 401, "INVALID_SESSION_ID", NULL);
	a = token(asker, arena_printf(asker->arena,
				      "grant_type=refresh_token&refresh_token=%s&" APP, fresh));
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_row_of_the_org_is_refused_so),
		TEST(each_row_of_a_wrong_request_is_refused_so),
		TEST(each_row_of_the_server_is_answered_so),
		TEST(a_gateway_answers_in_html),
		TEST(a_deleted_record_is_404_or_400),
		TEST(too_many_at_once_is_the_same_code_in_other_words),
		TEST(an_expired_jwt_token_has_an_error_of_its_own),
		TEST(a_key_that_several_share_is_named_in_a_collection),
		TEST(more_changed_ids_than_a_call_gives_are_refused),
		TEST(each_row_of_the_token_endpoint_is_refused_so),
		TEST(a_second_refresh_meanwhile_is_already_being_processed),
		TEST(a_rotated_token_used_again_kills_the_current_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
