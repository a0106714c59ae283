/* plain_test.c - tests src/sandbox/plain*.c: a page of the plain CRM's API, as docs/sandbox.md
 * describes it. */
#include "ask.h"

#include "base/encode.h"
#include "base/hash.h"

#define SETTINGS "/_sandbox/accounts/plain/default/settings"
#define ANN "{\"email\":\"ann@acme.test\",\"first_name\":\"Ann\",\"enquiry_id\":\"E-1\"}"

static int setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->token = "plain-crm-token";
	asker->base = "/plain";
	return rc;
}

/* A request with one header more, or instead of the token. */
static struct answer ask_with(struct asker *asker, const char *name, const char *value,
			      const char *method, const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/plain%s", path);
	http_header_add(&request.headers, "Content-Type", "application/json");
	if (strcmp(name, "Idempotency-Key") == 0)
		http_header_add(&request.headers, "Authorization", "Bearer plain-crm-token");
	http_header_add(&request.headers, name, value);
	return send_request(asker, &request);
}

static void assert_refused(const struct answer *a, int status, const char *code,
			   const char *field)
{
	if (a->status != status || !a->json)
		fail_msg("status %d, not %d: %s", a->status, status, a->text);
	assert_string_equal(text_at(a, "$.code"), code);
	assert_true(strlen(text_at(a, "$.error")) > 0);
	if (field)
		assert_string_equal(text_at(a, "$.field"), field);
}

static const char *ann(struct asker *asker)
{
	struct answer a = ask(asker, "POST", "/leads", ANN);

	assert_status(a, 201);
	return text_at(&a, "$.id");
}

/* --- credentials --- */

static void signed_header(char text[80])
{
	static const char body[] = ANN;
	unsigned char mac[SHA256_SIZE];
	struct arena *arena = arena_new();

	hmac_sha256("plain-crm-signing-key", strlen("plain-crm-signing-key"), body, strlen(body),
		    mac);
	snprintf(text, 80, "sha256=%s", hex_encode(arena, mac, sizeof(mac)));
	arena_free(arena);
}

static void five_kinds_of_credentials_each_alone_when_told(void **state)
{
	char hmac[80];
	const struct {
		const char *name, *value;
	} kinds[] = {
		{ "Authorization", "Bearer plain-crm-token" },
		{ "Authorization", "Basic ZmFpcmxlYWQ6cGxhaW4tY3JtLXBhc3N3b3Jk" },
		{ "X-Api-Key", "plain-crm-api-key" },
		{ "X-Signature-256", hmac },
	};
	struct asker *asker = *state;
	struct answer a;

	signed_header(hmac);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		ask(asker, "POST", "/_sandbox/accounts/plain/default/reset", NULL);
		a = ask_with(asker, kinds[i].name, kinds[i].value, "POST", "/leads", ANN);
		assert_status(a, 201);
		for (size_t by = 1; by <= ARRAY_LEN(kinds); by++) {
			ask(asker, "POST", "/_sandbox/accounts/plain/default/reset", NULL);
			ask(asker, "PATCH", SETTINGS,
			    arena_printf(asker->arena, "{\"switches\":{\"auth\":%zu}}", by));
			a = ask_with(asker, kinds[i].name, kinds[i].value, "POST", "/leads", ANN);
			assert_status(a, by == i + 1 ? 201 : 401);
		}
	}
	a = ask_with(asker, "X-Api-Key", "wrong", "GET", "/me", NULL);
	assert_refused(&a, 401, "unauthorized", NULL);
	a = ask_with(asker, "X-Signature-256", hmac, "POST", "/leads", "{}");
	assert_refused(&a, 401, "unauthorized", NULL);
}

static void client_credentials_give_a_token_for_an_hour(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	asker->token = NULL;
	a = ask(asker, "POST", "/oauth/token",
		"grant_type=client_credentials&client_id=fairlead-sandbox-app&client_secret="
		"fairlead-sandbox-secret");
	asker->token = text_at(&a, "$.access_token");
	assert_int_equal(int_at(&a, "$.expires_in"), 3600);
	assert_status(ask(asker, "GET", "/me", NULL), 200);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":3600001}");
	assert_status(ask(asker, "GET", "/me", NULL), 401);
	a = ask(asker, "POST", "/oauth/token",
		"grant_type=client_credentials&client_id=fairlead-sandbox-app&client_secret=no");
	assert_status(a, 401);
	a = ask(asker, "POST", "/oauth/token", "grant_type=password");
	assert_status(a, 400);
}

/* --- leads --- */

static void a_lead_is_created_read_updated_and_deleted(void **state)
{
	struct asker *asker = *state;
	const char *path = arena_printf(asker->arena, "/leads/%s", ann(asker));
	struct answer a = ask(asker, "GET", path, NULL);

	assert_text_at(a, "$.first_name", "Ann");
	assert_true(json_is_null(json_at(a.json, "$.company")));
	assert_int_equal(int_at(&a, "$.version"), 1);
	a = ask(asker, "PATCH", path, "{\"company\":\"Acme\",\"first_name\":null,\"score\":7.5}");
	assert_status(a, 200);
	assert_text_at(a, "$.company", "Acme");
	assert_true(json_is_null(json_at(a.json, "$.first_name")));
	assert_int_equal(int_at(&a, "$.version"), 2);
	assert_status(ask(asker, "DELETE", path, NULL), 204);
	a = ask(asker, "GET", path, NULL);
	assert_refused(&a, 404, "not_found", NULL);
}

static void bad_values_name_their_field(void **state)
{
	static const struct {
		const char *body, *code, *field;
		int status;
	} rows[] = {
		{ "{\"email\":\"x\"}", "invalid_value", "email", 422 },
		{ "{\"score\":\"many\"}", "invalid_value", "score", 422 },
		{ "{\"first_name\":7}", "invalid_value", "first_name", 422 },
		{ "{\"status\":\"Perhaps\"}", "invalid_value", "status", 422 },
		{ "{\"owner\":7}", "invalid_value", "owner", 422 },
		{ "{\"callback_at\":\"soon\"}", "invalid_value", "callback_at", 422 },
		{ "{\"custom\":{\"a\":[1]}}", "invalid_value", "custom", 422 },
		{ "{\"nope\":1}", "unknown_field", "nope", 422 },
		{ "{\"enquiry_id\":\"E-1\"}", "duplicate", "enquiry_id", 409 },
		{ "[]", "invalid_json", NULL, 400 },
		{ "{", "invalid_json", NULL, 400 },
	};
	struct asker *asker = *state;
	const char *id = ann(asker);
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = ask(asker, "POST", "/leads", rows[i].body);
		assert_refused(&a, rows[i].status, rows[i].code, rows[i].field);
		if (rows[i].status == 409)
			assert_text_at(a, "$.id", id);
	}
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"errors_in_200\":1}}");
	a = ask(asker, "POST", "/leads", rows[0].body);
	assert_refused(&a, 200, "invalid_value", "email");
	assert_true(json_is_false(json_at(a.json, "$.ok")));
}

static void addresses_may_come_twice_unless_told(void **state)
{
	struct asker *asker = *state;
	const char *id = ann(asker);
	struct answer a = ask(asker, "POST", "/leads", "{\"email\":\"ann@acme.test\"}");

	assert_status(a, 201);
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"unique_email\":1}}");
	a = ask(asker, "POST", "/leads", "{\"email\":\"ANN@acme.test\"}");
	assert_refused(&a, 409, "duplicate", "email");
	assert_text_at(a, "$.id", id);
	a = ask(asker, "PATCH", arena_printf(asker->arena, "/leads/%s", id),
		"{\"email\":\"ann@acme.test\"}");
	assert_status(a, 200); /* its own */
}

static void an_upsert_by_key_creates_once(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "PUT", "/leads/by/fairlead_id/fl%2F1",
			      "{\"first_name\":\"Ann\"}");
	const char *id = text_at(&a, "$.id");

	assert_status(a, 201);
	assert_text_at(a, "$.fairlead_id", "fl/1");
	a = ask(asker, "PUT", "/leads/by/fairlead_id/fl%2F1", "{\"company\":\"Acme\"}");
	assert_status(a, 200);
	assert_text_at(a, "$.id", id);
	assert_text_at(a, "$.first_name", "Ann");
	a = ask(asker, "PUT", "/leads/by/company/Acme", "{}");
	assert_refused(&a, 404, "not_found", NULL);
}

static void a_batch_answers_for_each(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PUT", "/leads/by/fairlead_id/1", "{\"first_name\":\"Ann\"}");
	a = ask(asker, "POST", "/leads/batch",
		"{\"records\":[{\"fairlead_id\":\"1\",\"company\":\"Acme\"},"
		"{\"fairlead_id\":\"2\"},{\"email\":\"x\"}]}");
	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$.results[0].status"), 200);
	assert_int_equal(int_at(&a, "$.results[1].status"), 201);
	assert_int_equal(int_at(&a, "$.results[2].status"), 422);
	assert_int_equal(int_at(&a, "$.results[2].index"), 2);
	assert_text_at(a, "$.results[2].field", "email");
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"bad_record\",\"index\":0,\"count\":1}");
	a = ask(asker, "POST", "/leads/batch", "{\"records\":[{\"fairlead_id\":\"3\"}]}");
	assert_int_equal(int_at(&a, "$.results[0].status"), 422);
	a = ask(asker, "POST", "/leads/batch", "{\"records\":[]}");
	assert_refused(&a, 422, "invalid_batch", NULL);
}

static void leads_are_found_by_key_once_the_index_knows(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"search_lag_ms\":5000}");
	ann(asker);
	a = ask(asker, "GET", "/leads?email=ann@acme.test", NULL);
	assert_int_equal(count_at(&a, "$.items"), 0);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":5001}");
	a = ask(asker, "GET", "/leads?email=ann@acme.test", NULL);
	assert_int_equal(count_at(&a, "$.items"), 1);
	a = ask(asker, "GET", "/leads?enquiry_id=E-1&email=bob@acme.test", NULL);
	assert_int_equal(count_at(&a, "$.items"), 0);
}

static void a_list_has_pages_and_a_since(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *cursor;

	for (int i = 0; i < 3; i++)
		ask(asker, "POST", "/leads", "{\"first_name\":\"N\"}");
	a = ask(asker, "GET", "/leads?limit=2", NULL);
	assert_int_equal(count_at(&a, "$.items"), 2);
	cursor = text_at(&a, "$.next_cursor");
	a = ask(asker, "GET", arena_printf(asker->arena, "/leads?limit=2&cursor=%s", cursor), NULL);
	assert_int_equal(count_at(&a, "$.items"), 1);
	assert_true(json_is_null(json_at(a.json, "$.next_cursor")));
	a = ask(asker, "GET", "/leads?updated_since=2099-01-01T00:00:00Z", NULL);
	assert_int_equal(count_at(&a, "$.items"), 0);
	a = ask(asker, "GET", "/leads?cursor=made-up", NULL);
	assert_refused(&a, 400, "invalid_parameter", NULL);
	a = ask(asker, "GET", "/leads?limit=201", NULL);
	assert_refused(&a, 400, "invalid_parameter", NULL);
}

static void the_fields_are_listed_and_can_change(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", "/fields", NULL);

	assert_text_at(a, "$.fields[0].name", "enquiry_id");
	assert_true(json_is_true(json_at(a.json, "$.fields[0].unique")));
	assert_text_at(a, "$.fields[13].options[1]", "Unqualified (Unsubscribed)");
	ask(asker, "POST", "/_sandbox/accounts/plain/default/schema/leads",
	    "{\"field\":\"company\",\"change\":\"required\",\"to\":true}");
	a = ask(asker, "POST", "/leads", ANN);
	assert_refused(&a, 422, "required", "company");
}

/* --- once --- */

static struct answer keyed(struct asker *asker, const char *key, const char *body)
{
	return ask_with(asker, "Idempotency-Key", key, "POST", "/leads", body);
}

static void a_key_is_answered_once(void **state)
{
	struct asker *asker = *state;
	struct answer a = keyed(asker, "k-1", ANN);
	const char *text = a.text;

	assert_status(a, 201);
	assert_null(http_header_find(&a.headers, "Idempotent-Replayed"));
	a = keyed(asker, "k-1", ANN);
	assert_status(a, 201);
	assert_string_equal(a.text, text);
	assert_string_equal(http_header_find(&a.headers, "Idempotent-Replayed"), "true");
	a = keyed(asker, "k-1", "{\"first_name\":\"Bob\"}");
	assert_refused(&a, 422, "idempotency_conflict", NULL);
	/* What was refused was not done: mended, it may come again. */
	a = keyed(asker, "k-2", "{\"email\":\"x\"}");
	assert_refused(&a, 422, "invalid_value", "email");
	assert_status(keyed(asker, "k-2", "{\"email\":\"x@acme.test\"}"), 201);
	a = ask(asker, "GET", "/_sandbox/ledger/summary?vendor=plain", NULL);
	assert_int_equal(json_integer_value(json_object_get(json_at(a.json, "$.counts"),
							    "leads.created")),
			 2);
	assert_int_equal(count_at(&a, "$.repeated"), 0);
}

static void a_lost_answer_is_given_again(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"close\",\"when\":\"after\",\"count\":1}");
	assert_int_equal(keyed(asker, "k-1", ANN).status, 0);
	a = keyed(asker, "k-1", ANN);
	assert_status(a, 201);
	assert_text_at(a, "$.first_name", "Ann");
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"idempotency\":0}}");
	a = keyed(asker, "k-1", ANN);
	assert_refused(&a, 409, "duplicate", "enquiry_id");
}

/* --- limits and trouble --- */

static void too_many_calls_are_told_when_to_come_back(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"limits\":{\"second\":2}}");
	for (int i = 0; i < 2; i++)
		assert_status(ask(asker, "GET", "/me", NULL), 200);
	a = ask(asker, "GET", "/me", NULL);
	assert_refused(&a, 429, "rate_limited", NULL);
	assert_string_equal(http_header_find(&a.headers, "Retry-After"), "1");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1000}");
	assert_status(ask(asker, "GET", "/me", NULL), 200);
	/* Nobody has said yet whose limit it is. */
	ask(asker, "POST", "/_sandbox/faults", "{\"fault\":\"rate_limit\",\"count\":1}");
	a = ask(asker, "POST", "/oauth/token", "grant_type=client_credentials");
	assert_refused(&a, 429, "rate_limited", NULL);
}

static void trouble_is_said_in_the_same_form(void **state)
{
	static const struct {
		const char *fault, *code;
		int status;
	} rows[] = {
		{ "{\"fault\":\"status\",\"status\":503,\"count\":1}", "internal", 503 },
		{ "{\"fault\":\"forbidden\",\"count\":1}", "forbidden", 403 },
		{ "{\"fault\":\"locked\",\"count\":1}", "locked", 423 },
		{ "{\"fault\":\"expired_token\",\"count\":1}", "unauthorized", 401 },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		ask(asker, "POST", "/_sandbox/faults", rows[i].fault);
		a = ask(asker, "GET", "/me", NULL);
		assert_refused(&a, rows[i].status, rows[i].code, NULL);
	}
}

/* --- the Lead Update endpoint --- */

static void an_update_of_an_enquiry_sets_what_the_qualification_came_to(void **state)
{
	struct asker *asker = *state;
	const char *id = ann(asker);
	struct answer a = ask(
		asker, "POST", "/lead-updates",
		"{\"enquiry_id\":\"E-1\",\"status\":\"Unqualified (Unsubscribed)\",\"qualified_at\":"
		"\"2026-03-02T09:14:07Z\",\"callback_at\":null,\"channel\":\"WhatsApp\","
		"\"attempt\":\"2nd Attempt - WhatsApp\",\"notes\":\"said STOP\",\"custom\":"
		"{\"budget\":\"50 L\"}}");

	assert_status(a, 200);
	assert_true(json_is_true(json_at(a.json, "$.ok")));
	assert_text_at(a, "$.id", id);
	ask(asker, "POST", "/lead-updates",
	    "{\"enquiry_id\":\"E-1\",\"status\":\"No Response\",\"custom\":{\"floor\":3}}");
	a = ask(asker, "GET", arena_printf(asker->arena, "/leads/%s", id), NULL);
	assert_text_at(a, "$.status", "No Response");
	assert_text_at(a, "$.attempt", "2nd Attempt - WhatsApp");
	assert_text_at(a, "$.custom.budget", "50 L");
	assert_int_equal(int_at(&a, "$.custom.floor"), 3);
	a = ask(asker, "GET", "/lead-updates?enquiry_id=E-1", NULL);
	assert_int_equal(count_at(&a, "$.items"), 2);
	assert_text_at(a, "$.items[0].status", "Unqualified (Unsubscribed)");
}

static void an_update_is_refused_in_words(void **state)
{
	static const struct {
		const char *body, *code, *field;
		int status;
	} rows[] = {
		{ "{\"status\":\"Qualified\"}", "required", "enquiry_id", 422 },
		{ "{\"enquiry_id\":\"E-1\"}", "required", "status", 422 },
		{ "{\"enquiry_id\":\"E-9\",\"status\":\"Qualified\"}", "unknown_enquiry",
		  "enquiry_id", 404 },
		{ "{\"enquiry_id\":\"E-1\",\"status\":\"qualified\"}", "invalid_value", "status",
		  422 },
		{ "{\"enquiry_id\":\"E-1\",\"status\":\"Qualified\",\"qualified_at\":"
		  "\"2026-03-02 09:14\"}",
		  "invalid_value", "qualified_at", 422 },
		{ "{\"enquiry_id\":\"E-1\",\"status\":\"Qualified\",\"email\":\"x@y.test\"}",
		  "unknown_field", "email", 422 },
	};
	struct asker *asker = *state;
	struct answer a;

	ann(asker);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = ask(asker, "POST", "/lead-updates", rows[i].body);
		assert_refused(&a, rows[i].status, rows[i].code, rows[i].field);
	}
	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"update_creates\":1}}");
	a = ask(asker, "POST", "/lead-updates", rows[2].body);
	assert_status(a, 200);
}

static void times_are_in_the_zone_agreed_on(void **state)
{
	static const char body[] = "{\"enquiry_id\":\"E-1\",\"status\":\"Qualified\","
				   "\"qualified_at\":\"2026-03-02T09:14:07%s\"}";
	static const struct {
		int zone;
		const char *offset;
		int status;
	} rows[] = { { 0, "+05:30", 200 }, { 1, "Z", 200 },	 { 1, "+00:00", 200 },
		     { 1, "+05:30", 422 }, { 2, "+05:30", 200 }, { 2, "Z", 422 } };
	struct asker *asker = *state;

	ann(asker);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a;

		ask(asker, "PATCH", SETTINGS,
		    arena_printf(asker->arena, "{\"switches\":{\"time_zone\":%d}}", rows[i].zone));
		a = ask(asker, "POST", "/lead-updates",
			arena_printf(asker->arena, body, rows[i].offset));
		assert_status(a, rows[i].status);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(five_kinds_of_credentials_each_alone_when_told),
		TEST(client_credentials_give_a_token_for_an_hour),
		TEST(a_lead_is_created_read_updated_and_deleted),
		TEST(bad_values_name_their_field),
		TEST(addresses_may_come_twice_unless_told),
		TEST(an_upsert_by_key_creates_once),
		TEST(a_batch_answers_for_each),
		TEST(leads_are_found_by_key_once_the_index_knows),
		TEST(a_list_has_pages_and_a_since),
		TEST(the_fields_are_listed_and_can_change),
		TEST(a_key_is_answered_once),
		TEST(a_lost_answer_is_given_again),
		TEST(too_many_calls_are_told_when_to_come_back),
		TEST(trouble_is_said_in_the_same_form),
		TEST(an_update_of_an_enquiry_sets_what_the_qualification_came_to),
		TEST(an_update_is_refused_in_words),
		TEST(times_are_in_the_zone_agreed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
