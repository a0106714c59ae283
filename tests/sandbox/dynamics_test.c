/* dynamics_test.c - tests src/sandbox/dynamics*.c by the fact sheet where a published client
 * does not look: the error catalogue row by row, doubts, tokens, limits, the text of batches.
 * Numbers in parentheses are sections of the sheet. */
#include "ask.h"

#include "base/text.h"

#define ACCOUNT "/_sandbox/accounts/dynamics/default"
#define TOKEN "eyJ0.sandbox-default"
#define API "/dynamics/api/data/v9.2"
#define NOBODY "00000000-0000-4000-8000-000000000001"
#define LONG_60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* A call with up to one further header ("Name: value"), or NULL. */
static struct answer call_with(struct asker *asker, const char *header, const char *method,
			       const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };
	const char *colon = header ? strchr(header, ':') : NULL;

	request.url = arena_printf(asker->arena, API "%s", path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Authorization", "Bearer " TOKEN);
	http_header_add(&request.headers, "If-None-Match", "null");
	if (colon)
		http_header_add(&request.headers,
				arena_strndup(asker->arena, header, (size_t)(colon - header)),
				colon + 2);
	return send_request(asker, &request);
}

static struct answer call(struct asker *asker, const char *method, const char *path,
			  const char *body)
{
	return call_with(asker, NULL, method, path, body);
}

static void set_switch(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", ACCOUNT "/settings",
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

/* The id of a new row. */
static const char *add(struct asker *asker, const char *set, const char *body)
{
	struct answer a = call(asker, "POST", arena_printf(asker->arena, "/%s", set), body);
	const char *address, *id;

	assert_status(a, 204);
	address = http_header_find(&a.headers, "OData-EntityId");
	assert_non_null(address);
	id = strchr(address, '(');
	assert_non_null(id);
	return arena_strndup(asker->arena, id + 1, 36);
}

static const char *row(struct asker *asker, const char *set, const char *id)
{
	return arena_printf(asker->arena, "/%s(%s)", set, id);
}

static size_t count_rows(struct asker *asker, const char *set)
{
	struct answer a = call(asker, "GET", arena_printf(asker->arena, "/%s", set), NULL);

	assert_status(a, 200);
	return count_at(&a, "$.value");
}

/* --- the catalogue (9) --- */

static const struct {
	const char *header, *method, *path, *body;
	int status;
	const char *code, *message; /* the beginning of it, or NULL */
} rows[] = {
	{ NULL, "GET", "/Account", NULL, 404, "0x8006088a",
	  "Resource not found for the segment 'Account'." },
	{ NULL, "GET", "/lead", NULL, 404, "0x8006088a", NULL },
	{ NULL, "GET", "/accounts?$select=Name", NULL, 400, "0x0",
	  "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.account'." },
	{ NULL, "GET", "/leads?$filter=nope%20eq%201", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$filter=lastname%20eq%201", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$filter=lastname%20eq%20'x", NULL, 400, "0x0", "Syntax error" },
	{ NULL, "GET", "/leads?$filter=(lastname%20eq%20'x'", NULL, 400, "0x0", "Syntax error" },
	{ NULL, "GET", "/leads?$filter=ownerid%20eq%20" NOBODY, NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$orderby=lastname%20up", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$top=-1", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$expand=nope", NULL, 400, "0x0", NULL },
	{ NULL, "GET", "/leads?$skip=5", NULL, 400, "0x80060888", "Skip Clause" },
	{ NULL, "GET", "/leads?$skiptoken=x", NULL, 400, "0x0", "Malformed XML" },
	{ NULL, "POST", "/accounts", "{\"Name\":\"x\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/contacts",
	  "{\"parentcustomerid@odata.bind\":\"/accounts(" NOBODY ")\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/contacts",
	  "{\"parentcustomerid_account@odata.bind\":\"/accounts(" NOBODY ")\"}", 404, "0x80040217",
	  "account With Id = " NOBODY " Does Not Exist" },
	{ NULL, "POST", "/contacts",
	  "{\"parentcustomerid_account@odata.bind\":\"/leads(" NOBODY ")\"}", 400, "0x80048d19",
	  NULL },
	{ NULL, "POST", "/contacts", "{\"parentcustomerid_account@odata.bind\":\"/acc(1)\"}", 400,
	  "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":\"" LONG_60 "\"}", 400, "0x80044331",
	  "The length of the 'lastname' attribute of the 'lead' entity exceeded the maximum "
	  "allowed length of '50'." },
	{ NULL, "POST", "/leads", "{\"leadsourcecode\":99}", 400, "0x8004431A", NULL },
	{ NULL, "POST", "/leads", "{\"new_interests\":\"1,9\"}", 400, "0x8004431A", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":\"a\\u0001b\"}", 400, "0x80040278", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":5}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"leadsourcecode\":\"8\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"numberofemployees\":1.5}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"donotemail\":1}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/tasks", "{\"scheduledend\":\"soon\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"statuscode\":4}", 400, "0x80048408", NULL },
	{ NULL, "POST", "/leads", "{\"ownerid@odata.bind\":null}", 400, "0x80040203", NULL },
	{ NULL, "POST", "/leads", "{\"parentaccountid\":\"x\"}", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"@odata.type\":\"Microsoft.Dynamics.CRM.contact\"}", 400,
	  "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "{\"lastname\":", 400, "0x80048d19", NULL },
	{ NULL, "POST", "/leads", "[]", 400, "0x80048d19", NULL },
	{ NULL, "GET", "/leads(" NOBODY ")", NULL, 404, "0x80040217", NULL },
	{ NULL, "GET", "/leads(new_fairleadid='x')", NULL, 404, "0x80060891", NULL },
	{ NULL, "GET", "/leads(lastname='x')", NULL, 400, "0x80060888",
	  "The key in the request URI is not valid" },
	{ NULL, "GET", "/leads(x", NULL, 404, "0x8006088a", NULL },
	{ NULL, "DELETE", "/leads(" NOBODY ")", NULL, 404, "0x80040217", NULL },
	{ "If-Match: *", "PATCH", "/leads(" NOBODY ")", "{}", 404, "0x80040217", NULL },
	{ NULL, "GET", "/leads(" NOBODY ")/nope/nope", NULL, 404, "0x8006088a", NULL },
	{ NULL, "PATCH", "/leads", "{}", 405, "0x80060888", NULL },
	{ NULL, "DELETE", "/leads", NULL, 405, "0x80060888", NULL },
	{ NULL, "POST", "/WhoAmI", "{}", 404, "",
	  "No HTTP resource was found that matches the request URI" },
	{ "CallerObjectId: " NOBODY, "POST", "/leads", "{}", 403, "0x80072560", NULL },
};

static void each_row_of_the_catalogue_is_refused_so(void **state)
{
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call_with(asker, rows[i].header, rows[i].method, rows[i].path,
					    rows[i].body);

		if (a.status != rows[i].status ||
		    !text_equal(json_string_value(json_at(a.json, "$.error.code")), rows[i].code))
			fail_msg("%s %s: %d %s", rows[i].path, rows[i].body, a.status, a.text);
		if (rows[i].message)
			assert_true(text_starts(text_at(&a, "$.error.message"), rows[i].message));
	}
	assert_int_equal(count_rows(asker, "leads"), 0);
}

static const struct {
	const char *name;
	int value, status;
	const char *code;
} switched[] = {
	{ "user_state", 1, 403, "0x80072560" },	  { "user_state", 2, 403, "0x80040225" },
	{ "user_state", 3, 403, "0x80041d1f" },	  { "user_state", 4, 403, "0x80042f09" },
	{ "user_state", 0, 204, NULL },		  { "privilege", 1, 403, "0x80040220" },
	{ "privilege", 2, 403, "0x80048306" },	  { "privilege", 0, 204, NULL },
	{ "plugin_fails", 1, 400, "0x80040265" },
};

static void users_privileges_and_plug_ins_stand_in_the_way(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(switched); i++) {
		set_switch(asker, switched[i].name, switched[i].value);
		a = call(asker, "POST", "/leads", "{}");
		assert_status(a, switched[i].status);
		if (switched[i].code)
			assert_text_at(a, "$.error.code", switched[i].code);
	}
	a = call_with(asker, "MSCRM.BypassCustomPluginExecution: true", "POST", "/leads", "{}");
	assert_status(a, 204);
}

static void doubts_are_decided_by_switches(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set_switch(asker, "unknown_property_0x0", 1);
	a = call(asker, "POST", "/leads", "{\"Name\":\"x\"}");
	assert_text_at(a, "$.error.code", "0x0");
	set_switch(asker, "newer_codes", 1);
	a = call(asker, "GET", "/leads?$select=nope", NULL);
	assert_text_at(a, "$.error.code", "0x80060888");
	set_switch(asker, "sample_codes", 1);
	a = call(asker, "GET", "/leads(" NOBODY ")", NULL);
	assert_text_at(a, "$.error.code", "");
	assert_status(call(asker, "POST", "/leads", "{\"statecode\":2}"), 204);
	set_switch(asker, "create_state_fails", 1);
	a = call(asker, "POST", "/leads", "{\"statecode\":2}");
	assert_status(a, 400);
	assert_text_at(a, "$.error.code", "0x80048408");
}

static void errors_say_more_when_annotations_are_asked_for(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_with(asker, "Prefer: odata.include-annotations=\"*\"", "GET",
				    "/leads?$select=nope", NULL);

	assert_string_equal(json_string_of(json_object_get(a.json, "error"),
					   "@Microsoft.PowerApps.CDS.InnerError.Message"),
			    "Could not find a property named 'nope' on type "
			    "'Microsoft.Dynamics.CRM.lead'.");
}

static void faults_speak_as_dataverse(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"status\",\"status\":503,\"vendor\":\"dynamics\",\"count\":1}");
	a = call(asker, "GET", "/leads", NULL);
	assert_status(a, 503);
	assert_text_at(a, "$.error.code", "0x80040216");
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"forbidden\",\"vendor\":\"dynamics\",\"count\":1}");
	a = call(asker, "GET", "/leads", NULL);
	assert_status(a, 403);
	assert_text_at(a, "$.error.code", "0x80040220");
}

/* --- rows (4, 5) --- */

static void an_id_may_be_chosen_and_used_again_after_deletion(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/leads", "{\"leadid\":\"" NOBODY "\"}");

	assert_status(a, 204);
	a = call(asker, "POST", "/leads", "{\"leadid\":\"" NOBODY "\"}");
	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "0x80040237");
	assert_status(call(asker, "DELETE", "/leads(" NOBODY ")", NULL), 204);
	a = call_with(asker, "Prefer: return=representation", "PATCH", "/leads(" NOBODY ")",
		      "{\"lastname\":\"Lee\"}");
	assert_status(a, 201);
	assert_text_at(a, "$.leadid", NOBODY);
	assert_string_equal(http_header_find(&a.headers, "Preference-Applied"),
			    "return=representation");
}

static void an_insert_that_finds_a_row_is_412_without_a_code(void **state)
{
	struct asker *asker = *state;
	struct http_request request = { .method = "PATCH", .body = "{}", .body_len = 2 };
	struct answer a;

	add(asker, "leads", "{\"leadid\":\"" NOBODY "\"}");
	request.url = API "/leads(" NOBODY ")";
	http_header_add(&request.headers, "Authorization", "Bearer " TOKEN);
	http_header_add(&request.headers, "If-None-Match", "*");
	a = send_request(asker, &request);
	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "");
	assert_text_at(a, "$.error.message", "A record with matching key values already exists.");
}

static void a_version_that_is_over_is_412(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "leads", "{}");
	struct answer a = call_with(asker, "If-Match: W/\"1\"", "PATCH", row(asker, "leads", id),
				    "{}");

	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "0x80060882");
	assert_text_at(a, "$.error.message",
		       "The version of the existing record doesn't match the RowVersion property "
		       "provided.");
}

static void a_lead_that_is_closed_is_read_only_until_it_is_opened(void **state)
{
	struct asker *asker = *state;
	const char *lead = row(asker, "leads", add(asker, "leads", "{}"));
	struct answer a;

	assert_status(call(asker, "PATCH", lead, "{\"statecode\":2}"), 204);
	a = call(asker, "GET", lead, NULL);
	assert_int_equal(int_at(&a, "$.statuscode"), 4);
	assert_status(call(asker, "PATCH", lead, "{\"lastname\":\"x\"}"), 400);
	a = call(asker, "PATCH", lead, "{\"statecode\":0,\"statuscode\":5}");
	assert_status(a, 400);
	assert_text_at(a, "$.error.code", "0x80048408");
	assert_status(call(asker, "PATCH", lead, "{\"statecode\":0,\"statuscode\":1}"), 204);
	assert_status(call(asker, "PATCH", lead, "{\"lastname\":\"x\"}"), 204);
}

static void what_the_service_sets_is_passed_over(void **state)
{
	struct asker *asker = *state;
	const char *lead = row(asker, "leads",
			       add(asker, "leads",
				   "{\"firstname\":\"Ann\",\"fullname\":\"Bo\",\"createdon\":"
				   "\"2020-01-01T00:00:00Z\",\"overriddencreatedon\":"
				   "\"2021-01-01T00:00:00Z\",\"_ownerid_value\":\"x\"}"));
	struct answer a = call(asker, "GET", lead, NULL);

	assert_text_at(a, "$.fullname", "Ann");
	assert_text_at(a, "$.createdon", "2021-01-01T00:00:00Z");
	assert_true(json_is_string(json_at(a.json, "$.overriddencreatedon")));
	a = call(asker, "GET", "/leads?$filter=createdon%20lt%202021-01-01T00:00:01Z", NULL);
	assert_int_equal(count_at(&a, "$.value"), 1);
	a = call(asker, "GET", "/leads?$filter=createdon%20eq%202021-01-01T00:00:01Z", NULL);
	assert_int_equal(count_at(&a, "$.value"), 0);
}

static void owners_are_users_or_teams_that_are_there(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/systemusers?$filter=isdisabled%20eq%20true", NULL);
	const char *gone = text_at(&a, "$.value[0].systemuserid");
	const char *oid = text_at(&a, "$.value[0].azureactivedirectoryobjectid");
	const char *team;

	a = call(asker, "POST", "/leads",
		 arena_printf(asker->arena, "{\"ownerid@odata.bind\":\"/systemusers(%s)\"}", gone));
	assert_status(a, 403);
	assert_text_at(a, "$.error.code", "0x80040225");
	a = call_with(asker, arena_printf(asker->arena, "CallerObjectId: %s", oid), "GET", "/leads",
		      NULL);
	assert_status(a, 403);
	a = call(asker, "GET", "/teams", NULL);
	team = text_at(&a, "$.value[0].teamid");
	add(asker, "leads",
	    arena_printf(asker->arena, "{\"ownerid@odata.bind\":\"/teams(%s)\"}", team));
	a = call_with(asker, "Prefer: odata.include-annotations=\"*\"", "GET",
		      "/leads?$select=_ownerid_value", NULL);
	assert_text_at(a, "$.value[0]._ownerid_value", team);
	assert_non_null(strstr(a.text, "\"_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname\":"
				       "\"team\""));
}

static void who_is_impersonated_owns_what_is_made(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET",
			       "/systemusers?$filter=internalemailaddress%20eq%20"
			       "'rep@acme.example'",
			       NULL);
	const char *rep = text_at(&a, "$.value[0].systemuserid");
	const char *header =
		arena_printf(asker->arena, "CallerObjectId: %s",
			     text_at(&a, "$.value[0].azureactivedirectoryobjectid"));

	assert_status(call_with(asker, header, "POST", "/leads", "{}"), 204);
	a = call(asker, "GET", "/leads", NULL);
	assert_text_at(a, "$.value[0]._ownerid_value", rep);
	a = call_with(asker, header, "GET", "/WhoAmI", NULL);
	assert_text_at(a, "$.UserId", rep);
}

/* --- pages (5) --- */

static void a_page_that_lost_its_last_row_goes_on_where_it_was(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *next;

	ask(asker, "POST", ACCOUNT "/seed", "{\"count\":7}");
	a = call_with(asker, "Prefer: odata.maxpagesize=3", "GET", "/leads?$select=fullname", NULL);
	assert_int_equal(count_at(&a, "$.value"), 3);
	assert_string_equal(http_header_find(&a.headers, "Preference-Applied"),
			    "odata.maxpagesize=3");
	next = strstr(json_string_value(json_object_get(a.json, "@odata.nextLink")), "/leads");
	assert_non_null(strstr(next, "$select=fullname&"));
	assert_status(call(asker, "DELETE",
			   row(asker, "leads", text_at(&a, "$.value[2].leadid")), NULL),
		      204);
	a = call_with(asker, "Prefer: odata.maxpagesize=3", "GET", next, NULL);
	assert_int_equal(count_at(&a, "$.value"), 3);
	a = call(asker, "GET", "/leads/$count", NULL);
	assert_string_equal(a.text, "6");
}

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

/* --- tokens (2) --- */

#define APP                                                                                   \
	"client_id=5f1c0d52-6f0f-4b8d-9b0a-0e6c7b4f7a11&client_secret=fairlead-sandbox-secret&"
#define V2 "/dynamics/organizations/oauth2/v2.0"

static void an_app_asks_for_one_environment(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", V2 "/token",
			      APP "grant_type=client_credentials&scope=https://x.example/read");

	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_scope");
	a = ask(asker, "POST", V2 "/token", APP "grant_type=client_credentials");
	assert_int_equal(int_at(&a, "$.error_codes[0]"), 900144);
	a = ask(asker, "POST", "/dynamics/contoso/oauth2/token",
		APP "grant_type=client_credentials&resource=https://x.example");
	assert_status(a, 200);
	assert_text_at(a, "$.expires_in", "4599");
}

static const char *code_of(struct asker *asker, const char *scope)
{
	struct answer a = ask(asker, "GET",
			      arena_printf(asker->arena,
					   V2 "/authorize?client_id=5f1c0d52-6f0f-4b8d-9b0a-"
					   "0e6c7b4f7a11&redirect_uri=https://f.example/back&"
					   "response_type=code&state=s&scope=%s&"
					   "sandbox_approve=default",
					   scope),
			      NULL);
	const char *location;

	assert_status(a, 302);
	location = http_header_find(&a.headers, "Location");
	return url_query_find(asker->arena, strchr(location, '?') + 1, "code");
}

static struct answer exchange(struct asker *asker, const char *code)
{
	return ask(asker, "POST", V2 "/token",
		   arena_printf(asker->arena,
				APP "grant_type=authorization_code&code=%s&"
				"redirect_uri=https://f.example/back",
				code));
}

static void a_person_lets_the_app_in_for_as_long_as_was_asked(void **state)
{
	struct asker *asker = *state;
	const char *code = code_of(asker, "https://x.example/user_impersonation%20offline_access");
	struct answer a = exchange(asker, code);

	assert_status(a, 200);
	assert_text_at(a, "$.scope", "https://x.example/user_impersonation");
	assert_true(text_starts(text_at(&a, "$.refresh_token"), "0.AX0A"));
	assert_status(exchange(asker, code), 400);
	a = exchange(asker, code_of(asker, "https://x.example/user_impersonation"));
	assert_null(json_object_get(a.json, "refresh_token"));
}

static void a_refresh_token_unused_for_90_days_is_over(void **state)
{
	struct asker *asker = *state;
	const char *form = APP "grant_type=refresh_token&refresh_token=0.AX0A-sandbox-default";
	struct answer a;

	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":7689600000}"); /* 89 days */
	a = ask(asker, "POST", V2 "/token", form);
	assert_status(a, 200);
	assert_string_not_equal(text_at(&a, "$.refresh_token"), "0.AX0A-sandbox-default");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":7776000000}"); /* 90 days */
	a = ask(asker, "POST", V2 "/token", form);
	assert_status(a, 400);
	assert_text_at(a, "$.error", "invalid_grant");
	assert_int_equal(int_at(&a, "$.error_codes[0]"), 700082);
}

static void a_401_has_a_header_and_a_body_nobody_should_read(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	asker->token = "nope";
	a = ask(asker, "GET", API "/WhoAmI", NULL);
	assert_status(a, 401);
	assert_string_equal(a.text, "");
	assert_true(text_starts(http_header_find(&a.headers, "WWW-Authenticate"),
				"Bearer authorization_uri=http://sandbox.example/dynamics/"));
	set_switch(asker, "unauthorized_body", 1);
	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"expired_token\",\"vendor\":\"dynamics\",\"count\":1}");
	a = call(asker, "GET", "/WhoAmI", NULL);
	assert_status(a, 401);
	assert_string_equal(a.text, "HTTP Error 401 - Unauthorized");
}

/* --- limits (8) --- */

static void time_runs_out_too_and_going_on_makes_it_longer(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	int64_t first, second;

	set_switch(asker, "call_ms", 600000);
	assert_status(call(asker, "POST", "/leads", "{}"), 204);
	assert_status(call(asker, "POST", "/leads", "{}"), 204);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":200000}");
	a = call(asker, "POST", "/leads", "{}");
	assert_status(a, 429);
	assert_text_at(a, "$.error.code", "0x80072321");
	assert_true(text_int(http_header_find(&a.headers, "Retry-After"), &first));
	assert_true(first > 0 && first <= 120);
	a = call(asker, "POST", "/leads", "{}");
	assert_true(text_int(http_header_find(&a.headers, "Retry-After"), &second));
	assert_true(second > first);
	assert_string_equal(
		http_header_find(&a.headers, "x-ms-ratelimit-time-remaining-xrm-requests"), "0.00");
}

static void what_is_not_imitated_says_so(void **state)
{
	struct asker *asker = *state;
	static const char *const paths[] = { "/incidents", "/$metadata", "/leads?fetchXml=x",
					     "/leads?$apply=x", "/leads?$filter=a/b%20eq%201" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct answer a = call(asker, "GET", paths[i], NULL);

		assert_status(a, 501);
		assert_text_at(a, "$.error", "not_imitated");
	}
	assert_status(call(asker, "POST", "/systemusers", "{}"), 501);
	assert_status(call(asker, "POST", "/leads/Microsoft.Dynamics.CRM.Nope", "{}"), 501);
	assert_status(call(asker, "POST", "/leads", "{\"parentaccountid\":{\"name\":\"x\"}}"), 501);
	asker->token = TOKEN;
	assert_status(ask(asker, "GET", "/dynamics/api/data/v8.2/leads", NULL), 404);
	assert_status(ask(asker, "GET", "/dynamics/api/data/v9.0/leads", NULL), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_row_of_the_catalogue_is_refused_so),
		TEST(users_privileges_and_plug_ins_stand_in_the_way),
		TEST(doubts_are_decided_by_switches),
		TEST(errors_say_more_when_annotations_are_asked_for),
		TEST(faults_speak_as_dataverse),
		TEST(an_id_may_be_chosen_and_used_again_after_deletion),
		TEST(an_insert_that_finds_a_row_is_412_without_a_code),
		TEST(a_version_that_is_over_is_412),
		TEST(a_lead_that_is_closed_is_read_only_until_it_is_opened),
		TEST(what_the_service_sets_is_passed_over),
		TEST(owners_are_users_or_teams_that_are_there),
		TEST(who_is_impersonated_owns_what_is_made),
		TEST(a_page_that_lost_its_last_row_goes_on_where_it_was),
		TEST(a_batch_is_lines_with_cr_lf_to_the_last),
		TEST(a_batch_holds_no_batch_and_no_other_place),
		TEST(a_thousand_operations_are_a_batch_and_one_more_is_none),
		TEST(a_change_set_takes_no_get_and_no_unknown_reference),
		TEST(many_rows_need_their_type_and_stand_together),
		TEST(an_app_asks_for_one_environment),
		TEST(a_person_lets_the_app_in_for_as_long_as_was_asked),
		TEST(a_refresh_token_unused_for_90_days_is_over),
		TEST(a_401_has_a_header_and_a_body_nobody_should_read),
		TEST(time_runs_out_too_and_going_on_makes_it_longer),
		TEST(what_is_not_imitated_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
