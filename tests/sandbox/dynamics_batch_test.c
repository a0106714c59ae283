/* dynamics_batch_test.c - tests src/sandbox/dynamics_batch.c, _bulk.c and _actions.c by the
 * fact sheet: the text of batches, what is all or nothing, merging. */
#include "dynamics_ask.h"

/* --- batches (5) --- */

#define PART(line)                                                                            \
	"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"  \
	line " HTTP/1.1\r\nContent-Type: application/json; type=entry\r\n\r\n"
#define BATCH "Content-Type: multipart/mixed; boundary=\"b\""

static void a_batch_is_lines_with_cr_lf_to_the_last(void **state)
{
	struct asker *asker = *state;
	const char *good = PART("POST " API "/leads") "{\"lastname\":\"A\"}\r\n"
			   PART("POST leads") "{\"lastname\":\"B\"}\r\n--b--\r\n";
	struct answer a = call_with(asker, BATCH, "POST", "/$batch", good);

	assert_status(a, 200);
	assert_true(text_starts(a.text, "--batchresponse_"));
	assert_non_null(strstr(a.text, "\r\n\r\nHTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n"
				       "OData-EntityId: http://sandbox.example/dynamics/"));
	assert_int_equal(count_rows(asker, "leads"), 2);
	/* Without the last line's end, and with LF alone. */
	a = call_with(asker, BATCH, "POST", "/$batch",
		      PART("POST leads") "{\"lastname\":\"A\"}\r\n--b--");
	assert_status(a, 400);
	assert_non_null(strstr(a.text, "0x80048d19"));
	assert_non_null(strstr(a.text, "Stream was not readable"));
	a = call_with(asker, BATCH, "POST", "/$batch", "--b\nContent-Type: x\n\n--b--\n");
	assert_status(a, 400);
	assert_int_equal(count_rows(asker, "leads"), 2);
}

static void a_batch_holds_no_batch_and_no_other_place(void **state)
{
	struct asker *asker = *state;
	static const char *const lines[] = {
		PART("POST " API "/$batch") "{}\r\n--b--\r\n",
		PART("POST /dynamics/x/oauth2/token") "{}\r\n--b--\r\n",
		PART("GET http://other.example/x") "\r\n--b--\r\n",
		"--b\r\nContent-Type: application/http\r\n\r\nnonsense\r\n--b--\r\n",
		"--b\r\nContent-Type: application/http\r\n\r\n\r\n--b--\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct answer a = call_with(asker, BATCH, "POST", "/$batch", lines[i]);

		assert_status(a, 400);
		assert_non_null(strstr(a.text, "0x80048d19"));
	}
	assert_status(call(asker, "POST", "/$batch", "{}"), 400);
}

static const char *long_filter(struct asker *asker, size_t len)
{
	char *text = arena_alloc(asker->arena, len + 1);

	memset(text, 'a', len);
	return arena_printf(asker->arena, "/leads?$filter=lastname%%20eq%%20'%s'", text);
}

static void addresses_may_be_twice_as_long_in_a_batch(void **state)
{
	struct asker *asker = *state;
	const char *path = long_filter(asker, 33000);
	struct answer a = call(asker, "GET", path, NULL);

	assert_status(a, 414);
	a = call_with(asker, BATCH, "POST", "/$batch",
		      arena_printf(asker->arena,
				   "--b\r\nContent-Type: application/http\r\n\r\nGET " API
				   "%s HTTP/1.1\r\n\r\n--b--\r\n",
				   path));
	assert_status(a, 200);
	a = call_with(asker, BATCH, "POST", "/$batch",
		      arena_printf(asker->arena,
				   "--b\r\nContent-Type: application/http\r\n\r\nGET " API
				   "%s HTTP/1.1\r\n\r\n--b--\r\n",
				   long_filter(asker, 66000)));
	assert_status(a, 400);
}

static void a_thousand_operations_are_a_batch_and_one_more_is_none(void **state)
{
	struct asker *asker = *state;
	struct buf buf;
	struct answer a;

	buf_init(&buf, asker->arena, 1u << 20);
	for (int i = 0; i < 1000; i++)
		buf_add(&buf, PART("GET WhoAmI") "\r\n");
	a = call_with(asker, BATCH, "POST", "/$batch",
		      arena_printf(asker->arena, "%s--b--\r\n", buf_text(&buf)));
	assert_status(a, 200);
	buf_add(&buf, PART("GET WhoAmI") "\r\n");
	a = call_with(asker, BATCH, "POST", "/$batch",
		      arena_printf(asker->arena, "%s--b--\r\n", buf_text(&buf)));
	assert_status(a, 400);
}

#define SET "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
#define MEMBER(id, line)                                                                      \
	"--c\r\nContent-Type: application/http\r\nContent-ID: " id "\r\n\r\n" line            \
	" HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"

static void a_change_set_takes_no_get_and_no_unknown_reference(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_with(asker, BATCH, "POST", "/$batch",
				    SET MEMBER("1", "POST leads") "{}\r\n" MEMBER("2", "GET leads")
				    "\r\n--c--\r\n--b--\r\n");

	assert_status(a, 400);
	a = call_with(asker, BATCH, "POST", "/$batch",
		      SET MEMBER("1", "POST leads") "{}\r\n" MEMBER("2", "PUT $9/lastname")
		      "{\"value\":\"x\"}\r\n--c--\r\n--b--\r\n");
	assert_status(a, 400);
	assert_int_equal(count_rows(asker, "leads"), 0);
	a = call_with(asker, BATCH, "POST", "/$batch",
		      SET MEMBER("1", "POST leads") "{}\r\n" MEMBER("2", "PUT $1/lastname")
		      "{\"value\":\"x\"}\r\n--c--\r\n--b--\r\n");
	assert_status(a, 200);
	a = call(asker, "GET", "/leads", NULL);
	assert_text_at(a, "$.value[0].lastname", "x");
}

/* --- many rows (5) --- */

#define TARGET(more) "{\"@odata.type\":\"Microsoft.Dynamics.CRM.lead\"" more "}"

static void many_rows_need_their_type_and_stand_together(void **state)
{
	struct asker *asker = *state;
	const char *path = "/leads/Microsoft.Dynamics.CRM.";
	struct answer a = call(asker, "POST", arena_printf(asker->arena, "%sCreateMultiple", path),
			       "{\"Targets\":[{\"lastname\":\"A\"}]}");

	assert_status(a, 400);
	a = call(asker, "POST", arena_printf(asker->arena, "%sUpsertMultiple", path),
		 "{\"Targets\":[" TARGET(",\"@odata.id\":\"leads(new_fairleadid='a')\"") ","
		 TARGET(",\"lastname\":\"B\"") "]}");
	assert_status(a, 204);
	a = call(asker, "POST", arena_printf(asker->arena, "%sUpsertMultiple", path),
		 "{\"Targets\":[" TARGET(",\"@odata.id\":\"leads(new_fairleadid='a')\","
					 "\"lastname\":\"A\"") "]}");
	assert_status(a, 204);
	assert_int_equal(count_rows(asker, "leads"), 2);
	a = call(asker, "GET", "/leads(new_fairleadid='a')", NULL);
	assert_text_at(a, "$.lastname", "A");
	a = call(asker, "POST", arena_printf(asker->arena, "%sUpdateMultiple", path),
		 arena_printf(asker->arena,
			      "{\"Targets\":[" TARGET(",\"leadid\":\"%s\",\"lastname\":\"C\"") ","
			      TARGET(",\"leadid\":\"" NOBODY "\"") "]}",
			      text_at(&a, "$.leadid")));
	assert_status(a, 404);
	a = call(asker, "GET", "/leads(new_fairleadid='a')", NULL);
	assert_text_at(a, "$.lastname", "A");
	set_switch(asker, "upsert_many_ids", 1);
	a = call(asker, "POST", arena_printf(asker->arena, "%sUpsertMultiple", path),
		 "{\"Targets\":[" TARGET("") "]}");
	assert_int_equal(count_at(&a, "$.Ids"), 1);
	a = call(asker, "POST", "/annotations/Microsoft.Dynamics.CRM.CreateMultiple", "{}");
	assert_status(a, 400);
}

/* --- merging and qualifying --- */

static void only_two_rows_of_a_kind_are_merged(void **state)
{
	struct asker *asker = *state;
	const char *body = "{\"Target\":{\"@odata.type\":\"Microsoft.Dynamics.CRM.%s\",\"%sid\":"
			   "\"%s\"},\"Subordinate\":{\"@odata.type\":\"#Microsoft.Dynamics.CRM.%s\","
			   "\"%sid\":\"%s\"},\"UpdateContent\":{\"description\":%s}}";
	const char *lead = add(asker, "leads", "{}"), *other = add(asker, "leads", "{}");
	const char *contact = add(asker, "contacts", "{}");
	struct answer a = call(asker, "POST", "/Merge",
			       arena_printf(asker->arena, body, "lead", "lead", lead, "contact",
					    "contact", contact, "\"x\""));

	assert_status(a, 400);
	/* A value that is refused leaves both as they were. */
	a = call(asker, "POST", "/Merge",
		 arena_printf(asker->arena, body, "lead", "lead", lead, "lead", "lead", other, "5"));
	assert_status(a, 400);
	a = call(asker, "GET", row(asker, "leads", other), NULL);
	assert_int_equal(int_at(&a, "$.statecode"), 0);
	a = call(asker, "POST", "/Merge",
		 arena_printf(asker->arena, body, "lead", "lead", lead, "lead", "lead", other,
			      "\"x\""));
	assert_status(a, 204);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_batch_is_lines_with_cr_lf_to_the_last),
		TEST(a_batch_holds_no_batch_and_no_other_place),
		TEST(addresses_may_be_twice_as_long_in_a_batch),
		TEST(a_thousand_operations_are_a_batch_and_one_more_is_none),
		TEST(a_change_set_takes_no_get_and_no_unknown_reference),
		TEST(many_rows_need_their_type_and_stand_together),
		TEST(only_two_rows_of_a_kind_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
