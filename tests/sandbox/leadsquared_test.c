/* leadsquared_test.c - tests src/sandbox/leadsquared*.c by the fact sheet, line by line: a
 * page of LeadSquared's API. Numbers in parentheses are sections of the sheet. */
#include "leadsquared_ask.h"

/* --- keys and regions (1, 2) --- */

static void keys_come_as_headers_or_in_the_query(void **state)
{
	static const char users[] = "/v2/UserManagement.svc/Users.Get";
	struct asker *asker = *state;
	struct answer a;

	assert_status(call(asker, "GET", users, NULL), 200);
	assert_status(call_with(asker, "sandbox.example", NULL, NULL, "GET",
				arena_printf(asker->arena, "%s?accessKey=%s&secretKey=" SECRET,
					     users, "u%24r5a4d1ead5a4d1ead5a4d1ead5a4d1ead"),
				NULL),
		      200);
	a = call_with(asker, "sandbox.example", ACCESS, "wrong", "GET", users, NULL);
	assert_refused(&a, 401, "MXInvalidAccessKeyException", "Invalid");
	a = call_with(asker, "sandbox.example", NULL, SECRET, "GET", users, NULL);
	assert_refused(&a, 401, "MXInvalidAccessKeyException", "Invalid");
}

static void the_wrong_region_names_the_right_host(void **state)
{
	static const char users[] = "/v2/UserManagement.svc/Users.Get";
	struct asker *asker = *state;
	struct answer a = call_with(asker, "api-us11.leadsquared.com", ACCESS, SECRET, "GET",
				    users, NULL);

	assert_refused(&a, 401, "MXInvalidHostException", "api-in21.leadsquared.com");
	assert_status(call_with(asker, "api-in21.leadsquared.com", ACCESS, SECRET, "GET", users,
				NULL),
		      200);
	set(asker, "{\"switches\":{\"region\":1}}");
	assert_status(call_with(asker, "api-us11.leadsquared.com", ACCESS, SECRET, "GET", users,
				NULL),
		      200);
}

static void names_of_operations_have_no_case(void **state)
{
	struct asker *asker = *state;

	assert_status(call(asker, "GET", "/v2/usermanagement.svc/users.get", NULL), 200);
	assert_status(call(asker, "GET", "/v2/Nothing.svc/At.All", NULL), 404);
	ask(asker, "POST", "/_sandbox/faults", "{\"fault\":\"rate_limit\",\"count\":1}");
	assert_status(call(asker, "GET", "/v2/Nothing.svc/At.All", NULL), 429);
	assert_status(call(asker, "GET", "/v2/CompanyManagement.svc/Company.Get", NULL), 501);
	assert_status(call(asker, "POST", LEAD "Leads/Retrieve/BySearchParameter", "{}"), 501);
}

/* --- fields (3) --- */

static void metadata_says_what_a_field_is(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", LEAD "LeadsMetaData.Get?schemaName=Phone", NULL);

	assert_int_equal(json_array_size(a.json), 1);
	assert_text_at(a, "$[0].DataType", "Phone");
	assert_text_at(a, "$[0].RenderTypeTextValue", "Phone");
	assert_int_equal(int_at(&a, "$[0].RenderType"), 6);
	assert_true(json_is_true(json_at(a.json, "$[0].IsLeadIdentifier")));
	a = call(asker, "GET", LEAD "LeadsMetaData.Get?schemaName=LeadType", NULL);
	assert_true(json_is_true(json_at(a.json, "$[0].IsMandatory")));
	assert_text_at(a, "$[0].Options[1].Value", "OT_1");
	assert_text_at(a, "$[0].DefaultValue", "OT_0");
	assert_text_at(a, "$[0].MaxLength", "50");
	a = call(asker, "GET", LEAD "LeadsMetaData.Get?schemaName=LeadType&excludeOptionSets=1",
		 NULL);
	assert_null(json_at(a.json, "$[0].Options"));
	a = call(asker, "GET", LEAD "LeadsMetaData.Get", NULL);
	assert_true(json_array_size(a.json) > 30);
}

static void a_field_is_made_and_gets_its_schema_name(void **state)
{
	static const char body[] =
		"{\"DisplayName\":\"Fairlead Id\",\"DataType\":\"Text\",\"IsMandatory\":false,"
		"\"RenderTypeTextValue\":\"Textbox\",\"MaxLength\":\"6\",\"OptionsJson\":\"\"}";
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", LEAD "CreateLeadField", body);

	assert_status(a, 200);
	text_at(&a, "$.Message.Id");
	a = read_lead(asker, lead(asker, ANN "," A("mx_Fairlead_Id", "fl_01")));
	assert_text_at(a, "$[0].mx_Fairlead_Id", "fl_01");
	a = call(asker, "POST", LEAD "Lead.Create",
		 "[" A("FirstName", "B") "," A("mx_Fairlead_Id", "seven77") "]");
	assert_refused(&a, 500, "MXInvalidInputException", "too long");
	a = call(asker, "POST", LEAD "CreateLeadField", body);
	assert_refused(&a, 500, "MXDuplicateEntityNameException", "Fairlead Id");
	a = call(asker, "POST", LEAD "CreateLeadField",
		 "{\"DisplayName\":\"Tel\",\"DataType\":\"Phone\",\"RenderTypeTextValue\":"
		 "\"Phone\"}");
	assert_refused(&a, 500, "MXMandatoryAttributeMissingException", "Range_Min");
	a = call(asker, "POST", LEAD "CreateLeadField",
		 "{\"DisplayName\":\"Tier\",\"DataType\":\"Select\",\"RenderTypeTextValue\":"
		 "\"Dropdown\",\"OptionsJson\":\"[\\\"Gold\\\",{\\\"Value\\\":\\\"Tin\\\"}]\"}");
	assert_status(a, 200);
	a = call(asker, "GET", LEAD "LeadsMetaData.Get?schemaName=mx_Tier", NULL);
	assert_text_at(a, "$[0].Options[1].Value", "Tin");
}

/* --- leads (4, 5) --- */

static void a_lead_is_read_flat_and_all_values_are_texts(void **state)
{
	struct asker *asker = *state;
	struct answer a = read_lead(asker, lead(asker, ANN "," PHONE));

	assert_int_equal(json_array_size(a.json), 1);
	assert_text_at(a, "$[0].ProspectAutoId", "3142");
	assert_text_at(a, "$[0].EmailAddress", "ann@acme.test");
	assert_text_at(a, "$[0].Phone", "+91-9845012345");
	assert_text_at(a, "$[0].ProspectStage", "New Lead");
	assert_text_at(a, "$[0].Score", "0");
	assert_text_at(a, "$[0].DoNotEmail", "0");
	assert_text_at(a, "$[0].LeadType", "OT_0");
	assert_text_at(a, "$[0].Origin", "API");
	assert_text_at(a, "$[0].OwnerIdName", "Ada Admin");
	assert_text_at(a, "$[0].OwnerIdEmailAddress", "ada@acme.example");
	assert_true(json_is_null(json_at(a.json, "$[0].Company")));
	assert_int_equal(strlen(text_at(&a, "$[0].ModifiedOn")), strlen("2026-02-01 10:00:00"));
	a = read_lead(asker, "00000000-0000-0000-0000-000000000000");
	assert_status(a, 200);
	assert_int_equal(json_array_size(a.json), 0);
}

static void an_update_says_how_many_rows(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN);
	const char *path = arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id);
	struct answer a = call(asker, "POST", path,
			       "[" A("ProspectStage", "Engaged") "," A("DoNotCall", "1") "]");

	assert_int_equal(int_at(&a, "$.Message.AffectedRows"), 1);
	a = read_lead(asker, id);
	assert_text_at(a, "$[0].ProspectStage", "Engaged");
	assert_text_at(a, "$[0].DoNotCall", "1");
	assert_text_at(a, "$[0].FirstName", "Ann");
	a = call(asker, "POST", path, "[" A("FirstName", "") "]");
	assert_status(a, 200);
	a = read_lead(asker, id);
	assert_true(json_is_null(json_at(a.json, "$[0].FirstName")));
}

static void the_owner_changes_by_an_update(void **state)
{
	struct asker *asker = *state;
	struct answer users = call(asker, "GET", "/v2/UserManagement.svc/Users.Get", NULL), a;
	const char *id = lead(asker, ANN), *path;

	assert_text_at(users, "$[1].EmailAddress", "rep@acme.example");
	assert_text_at(users, "$[1].Role", "Sales_User");
	assert_int_equal(int_at(&users, "$[2].StatusCode"), 1);
	path = arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id);
	a = call(asker, "POST", path,
		 arena_printf(asker->arena, "[{\"Attribute\":\"OwnerId\",\"Value\":\"%s\"}]",
			      text_at(&users, "$[1].ID")));
	assert_status(a, 200);
	a = read_lead(asker, id);
	assert_text_at(a, "$[0].OwnerIdName", "Rae Rep");
	a = call(asker, "POST", path, "[" A("OwnerId", "nobody") "]");
	assert_refused(&a, 500, "MXInvalidInputException", "OwnerId");
}

static void create_or_update_looks_by_one_field_only(void **state)
{
	struct asker *asker = *state;
	const char *a_id = lead(asker, ANN), *b_id = lead(asker, PHONE);
	struct answer a = call(asker, "POST", LEAD "Lead.CreateOrUpdate?postUpdatedLead=false",
			       "[" ANN "," A("Company", "Acme") "]");

	assert_text_at(a, "$.Message.Id", a_id);
	assert_int_equal(int_at(&a, "$.Message.AffectedRows"), 1);
	/* The address is Ann's, the phone another's: refused, not updated. */
	a = call(asker, "POST", LEAD "Lead.CreateOrUpdate", "[" ANN "," PHONE "]");
	assert_refused(&a, 500, "MXDuplicateEntryException",
		       "Duplicate entry '+91-9845012345' for key 'UQ_Prospect_Base_Phone'");
	/* A new address, a known phone: not found by default, and clashes too. */
	a = call(asker, "POST", LEAD "Lead.CreateOrUpdate",
		 "[" A("EmailAddress", "bob@acme.test") "," PHONE "]");
	assert_refused(&a, 500, "MXDuplicateEntryException", "Phone");
	a = call(asker, "POST", LEAD "Lead.CreateOrUpdate",
		 "[" A("EmailAddress", "bob@acme.test") "," PHONE "," A("SearchBy", "Phone") "]");
	assert_text_at(a, "$.Message.Id", b_id);
	a = call(asker, "POST", LEAD "Lead.CreateOrUpdate", "[" A("Phone", "+91-1") "]");
	assert_status(a, 200);
	assert_string_not_equal(text_at(&a, "$.Message.Id"), b_id);
}

static void search_by_takes_unique_fields(void **state)
{
	static const char body[] = "[" ANN "," A("SearchBy", "FirstName") "]";
	struct asker *asker = *state;
	const char *id = lead(asker, ANN);
	struct answer a = call(asker, "POST", LEAD "Lead.CreateOrUpdate", body);

	assert_refused(&a, 500, "MXInvalidInputException", "SearchBy");
	set(asker, "{\"switches\":{\"search_by_any\":1}}");
	a = call(asker, "POST", LEAD "Lead.CreateOrUpdate", body);
	assert_text_at(a, "$.Message.Id", id);
}

static void a_capture_tries_id_address_and_phone(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN "," PHONE "," A("Source", "Website"));
	struct answer a = call(asker, "POST", LEAD "Lead.Capture",
			       "[" PHONE "," A("Source", "Referral Sites") ","
			       A("Company", "Acme") "]");

	assert_text_at(a, "$.Message.Id", id);
	assert_text_at(a, "$.Message.RelatedId", id);
	assert_true(json_is_false(json_at(a.json, "$.Message.IsCreated")));
	a = read_lead(asker, id);
	assert_text_at(a, "$[0].Source", "Website"); /* stays */
	assert_text_at(a, "$[0].Company", "Acme");
	/* Its id, and another address: a new lead. */
	a = call(asker, "POST", LEAD "Lead.Capture",
		 arena_printf(asker->arena, "[%s,{\"Attribute\":\"ProspectID\",\"Value\":\"%s\"}]",
			      A("EmailAddress", "bob@acme.test"), id));
	assert_true(json_is_true(json_at(a.json, "$.Message.IsCreated")));
	/* Nothing to look by: a new lead, each time. */
	a = call(asker, "POST", LEAD "Lead.Capture", "[" A("FirstName", "Cy") "]");
	assert_true(json_is_true(json_at(a.json, "$.Message.IsCreated")));
	a = call(asker, "POST", LEAD "Lead.Capture", "[" A("FirstName", "Cy") "]");
	assert_true(json_is_true(json_at(a.json, "$.Message.IsCreated")));
	set(asker, "{\"switches\":{\"lead_in_related_id\":1}}");
	a = call(asker, "POST", LEAD "Lead.Capture", "[" ANN "]");
	assert_string_not_equal(text_at(&a, "$.Message.Id"), id);
	assert_text_at(a, "$.Message.RelatedId", id);
}

static void a_capture_behaves_as_told(void **state)
{
	static const struct {
		const char *behaviour, *company, *city, *phone;
	} rows[] = {
		{ "DoNotUpdate", "Acme", NULL, "+91-9845012345" },
		{ "UpdateOnlyEmptyFields", "Acme", "Pune", "+91-9845012345" },
		{ "DoNotUpdateUniqueFields", "Other", "Pune", "+91-9845012345" },
	};
	struct asker *asker = *state;
	const char *id = lead(asker, ANN "," PHONE "," A("Company", "Acme"));
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST",
			 arena_printf(asker->arena, LEAD "Lead.Capture?LeadUpdateBehavior=%s",
				      rows[i].behaviour),
			 "[" ANN "," A("Company", "Other") "," A("mx_City", "Pune") ","
			 A("Phone", "+91-2") "]");
		assert_text_at(a, "$.Message.Id", id);
		a = read_lead(asker, id);
		assert_text_at(a, "$[0].Company", rows[i].company);
		assert_text_at(a, "$[0].Phone", rows[i].phone);
		if (rows[i].city)
			assert_text_at(a, "$[0].mx_City", rows[i].city);
		else
			assert_true(json_is_null(json_at(a.json, "$[0].mx_City")));
	}
	a = call(asker, "POST", LEAD "Lead.Capture?LeadUpdateBehavior=Sometimes", "[" ANN "]");
	assert_refused(&a, 500, "MXInvalidInputException", "LeadUpdateBehavior");
}

/* --- the error catalogue (9) --- */

static void refusals_are_500_and_told_apart_by_type(void **state)
{
	static const struct {
		const char *body, *type, *message;
	} rows[] = {
		{ "[" A("Company", "Acme") "]", "MXMandatoryAttributeMissingException",
		  "is mandatory" },
		{ "[" ANN "," A("mx_Nope", "x") "]", "MXUnknownAttributeException", "mx_Nope" },
		{ "[" A("EmailAddress", "x") "]", "MXInvalidInputException", "EmailAddress" },
		{ "[" ANN "," A("ProspectStage", "Nirvana") "]", "MXInvalidInputException",
		  "not an option" },
		{ "[" ANN "," A("Score", "many") "]", "MXInvalidInputException", "Score" },
		{ "[" ANN "," A("DoNotCall", "maybe") "]", "MXInvalidInputException",
		  "DoNotCall" },
		{ "[" ANN "," A("CreatedOn", "2026-01-01 00:00:00") "]",
		  "MXInvalidInputException", "read only" },
		{ "[" A("EmailAddress", "known@acme.test") "]", "MXDuplicateEntryException",
		  "Duplicate entry 'known@acme.test' for key 'UQ_Prospect_Base_EmailAddress'" },
		{ "[" ANN "," A("Company", "<script>x</script>") "]", "MXXSSException",
		  "Company" },
		{ "{\"FirstName\":\"Ann\"}", "MXInvalidInputException", "array of attributes" },
	};
	struct asker *asker = *state;

	set(asker, "{\"limits\":{\"calls\":0}}");
	lead(asker, A("EmailAddress", "known@acme.test"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer a = call(asker, "POST", LEAD "Lead.Create", rows[i].body);

		assert_refused(&a, 500, rows[i].type, rows[i].message);
	}
}

static void a_field_made_mandatory_is_asked_for(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	a = ask(asker, "POST", "/_sandbox/accounts/leadsquared/default/schema/leads",
		"{\"field\":\"Company\",\"change\":\"required\",\"to\":true}");
	assert_status(a, 200);
	a = call(asker, "POST", LEAD "Lead.Create", "[" ANN "]");
	assert_refused(&a, 500, "MXMandatoryAttributeMissingException", "'Company' is mandatory");
}

static void a_lead_that_is_gone_is_not_found(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN);
	struct answer a;

	ask(asker, "DELETE", arena_printf(asker->arena, RECORDS "/leads/%s", id), NULL);
	a = call(asker, "POST", arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id),
		 "[" A("Company", "Acme") "]");
	assert_refused(&a, 500, "MXInvalidEntityReferenceException", "Lead not found");
	a = call(asker, "POST", LEAD "Lead.Update", "[" A("Company", "Acme") "]");
	assert_refused(&a, 500, "MXMandatoryAttributeMissingException",
		       "'leadId' is mandatory for updating lead");
	a = read_lead(asker, id);
	assert_int_equal(json_array_size(a.json), 0);
}

static void a_body_that_is_none_is_400(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", LEAD "Lead.Create", "[{");
	struct http_request form = { .method = "POST", .body = "a=1", .body_len = 3,
				     .url = "/leadsquared" LEAD "Lead.Create" };

	assert_status(a, 400);
	http_header_add(&form.headers, "Content-Type", "application/x-www-form-urlencoded");
	http_header_add(&form.headers, "x-LSQ-AccessKey", ACCESS);
	http_header_add(&form.headers, "x-LSQ-SecretKey", SECRET);
	assert_status(send_request(asker, &form), 400);
}

static void the_status_of_refusals_is_a_doubt(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set(asker, "{\"switches\":{\"errors_as\":1}}");
	a = call(asker, "POST", LEAD "Lead.Create", "[]");
	assert_refused(&a, 400, "MXMandatoryAttributeMissingException", "mandatory");
	a = call(asker, "POST", LEAD "Lead.Create", "[" A("mx_Nope", "x") "]");
	assert_refused(&a, 500, "MXUnknownAttributeException", "mx_Nope");
	set(asker, "{\"switches\":{\"errors_as\":2}}");
	a = call(asker, "POST", LEAD "Lead.Create", "[]");
	assert_refused(&a, 200, "MXMandatoryAttributeMissingException", "mandatory");
}

static void a_broken_server_has_no_mx_body(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"status\",\"status\":500,\"count\":1}");
	a = call(asker, "POST", LEAD "Lead.Create", "[" ANN "]");
	assert_status(a, 500);
	assert_null(json_at(a.json, "$.ExceptionType"));
	ask(asker, "POST", "/_sandbox/faults", "{\"fault\":\"revoked_token\",\"count\":1}");
	a = call(asker, "POST", LEAD "Lead.Create", "[" ANN "]");
	assert_refused(&a, 401, "MXInvalidAccessKeyException", "Invalid");
	a = call(asker, "POST", LEAD "Lead.Create", "[" ANN "]"); /* for good */
	assert_refused(&a, 401, "MXInvalidAccessKeyException", "Invalid");
}

/* --- limits (8) --- */

static void so_many_calls_in_five_seconds(void **state)
{
	static const char users[] = "/v2/UserManagement.svc/Users.Get";
	struct asker *asker = *state;
	struct answer a;

	for (int i = 0; i < 10; i++)
		assert_status(call(asker, "GET", users, NULL), 200);
	a = call(asker, "GET", users, NULL);
	assert_status(a, 429);
	assert_text_at(a, "$.ExceptionMessage",
		       "API calls exceeded the limit of 10 in 5 second(s)");
	assert_null(http_header_find(&a.headers, "Retry-After"));
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":5000}");
	for (int i = 0; i < 5; i++)
		assert_status(call(asker, "POST", LEAD "Lead/Bulk/Create", "[[" PHONE "]]"), 200);
	a = call(asker, "POST", LEAD "Lead/Bulk/Create", "[[" PHONE "]]");
	assert_text_at(a, "$.ExceptionMessage",
		       "API calls exceeded the limit of 5 in 5 second(s)");
	assert_status(call(asker, "GET", users, NULL), 200);
	set(asker, "{\"limits\":{\"day\":1}}");
	a = call(asker, "GET", users, NULL);
	assert_text_at(a, "$.ExceptionMessage",
		       "API calls exceeded the limit of 1 in 86400 second(s)");
}

/* --- bulk (5) --- */

static void a_bulk_answers_row_by_row(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", LEAD "Lead/Bulk/Create",
			       "[[" ANN "],[" ANN "],[" A("Company", "x") "]]");

	assert_status(a, 200);
	assert_int_equal(int_at(&a, "$[0].RowNumber"), 1);
	assert_true(json_is_true(json_at(a.json, "$[0].LeadCreated")));
	assert_int_equal(int_at(&a, "$[0].AffectedRows"), 1);
	assert_text_at(a, "$[1].LeadId", "");
	assert_text_at(a, "$[1].ExceptionType", "MXDuplicateEntryException");
	assert_text_at(a, "$[2].ExceptionType", "MXMandatoryAttributeMissingException");
	a = call(asker, "POST", LEAD "Lead/Bulk/CreateOrUpdate",
		 "[[" ANN "," PHONE "],[" PHONE "," A("SearchBy", "Phone") "]]");
	assert_true(json_is_true(json_at(a.json, "$[0].LeadUpdated")));
	assert_true(json_is_true(json_at(a.json, "$[1].LeadUpdated")));
	assert_string_equal(text_at(&a, "$[0].LeadId"), text_at(&a, "$[1].LeadId"));
}

/* An administrator marks a field unique: rows can be looked for by it, and the ledger
 * counts by it. */
static void a_field_of_ones_own_can_be_a_key(void **state)
{
	static const char rows[] = "[[" A("FirstName", "A") "," A("mx_Key", "k1") ","
		A("SearchBy", "mx_Key") "],[" A("FirstName", "B") "],[" A("FirstName", "C") "]]";
	struct asker *asker = *state;
	struct answer a;

	call(asker, "POST", LEAD "CreateLeadField",
	     "{\"DisplayName\":\"Key\",\"DataType\":\"Text\",\"RenderTypeTextValue\":"
	     "\"Textbox\"}");
	ask(asker, "POST", "/_sandbox/accounts/leadsquared/default/schema/leads",
	    "{\"field\":\"mx_Key\",\"change\":\"unique\",\"to\":true}");
	a = call(asker, "POST", LEAD "Lead/Bulk/CreateOrUpdate", rows);
	assert_true(json_is_true(json_at(a.json, "$[0].LeadCreated")));
	a = call(asker, "POST", LEAD "Lead/Bulk/CreateOrUpdate", rows);
	assert_true(json_is_true(json_at(a.json, "$[0].LeadUpdated")));
	a = ask(asker, "GET", "/_sandbox/ledger/summary?vendor=leadsquared&object=leads", NULL);
	assert_int_equal(int_at(&a, "$.keys"), 1);
	assert_int_equal(count_at(&a, "$.repeated"), 0);
}

static void a_fault_refuses_one_row_of_a_bulk(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"bad_record\",\"index\":1,\"count\":1}");
	a = call(asker, "POST", LEAD "Lead/Bulk/Create", "[[" ANN "],[" PHONE "]]");
	assert_true(json_is_true(json_at(a.json, "$[0].LeadCreated")));
	assert_text_at(a, "$[1].ExceptionType", "MXInvalidInputException");
}

static void a_bulk_has_its_size(void **state)
{
	struct asker *asker = *state;
	struct buf many;
	const char *body;
	struct answer a;

	buf_init(&many, asker->arena, 1 << 16);
	for (int i = 0; i < 26; i++)
		buf_addf(&many, "%s[{\"Attribute\":\"FirstName\",\"Value\":\"N%d\"}]",
			 i ? "," : "[", i);
	buf_add(&many, "]");
	assert_int_equal(buf_end(&many, &body, NULL), 0);
	a = call(asker, "POST", LEAD "Lead/Bulk/CreateOrUpdate", body);
	assert_refused(&a, 500, "MXInvalidInputException", "1 to 25");
	a = call(asker, "POST", LEAD "Lead/Bulk/Create", body);
	assert_int_equal(json_array_size(a.json), 26);
}

static void one_field_of_many_leads(void **state)
{
	struct asker *asker = *state;
	const char *one = lead(asker, ANN), *two = lead(asker, PHONE);
	struct answer a = call(
		asker, "POST", LEAD "Lead/Bulk/Update",
		arena_printf(asker->arena,
			     "{\"LeadIds\":[\"%s\",\"%s\",\"gone\"],\"LeadFields\":"
			     "{\"Attribute\":\"mx_City\",\"Value\":\"Pune\"}}",
			     one, two));

	assert_int_equal(int_at(&a, "$.Message.AffectedRows"), 2);
	a = read_lead(asker, two);
	assert_text_at(a, "$[0].mx_City", "Pune");
}

static void the_async_api_answers_first(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/lead/capture", "[" ANN "]");
	const char *path;

	assert_text_at(a, "$.Status",
		       "Request accepted. Please use below request id to check the status");
	path = arena_printf(asker->arena, "/lead/status?RequestId=%s",
			    text_at(&a, "$.RequestID"));
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.Status", "InProgress");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1000}");
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.Status", "Success");
	a = read_lead(asker, text_at(&a, "$.Message.Id"));
	assert_text_at(a, "$[0].EmailAddress", "ann@acme.test");
	a = call(asker, "POST", "/lead/capture", "[" A("mx_Nope", "x") "]");
	path = arena_printf(asker->arena, "/lead/status?RequestId=%s",
			    text_at(&a, "$.RequestID"));
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1000}");
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.ExceptionType", "MXUnknownAttributeException");
}

static void activities_can_be_async_too(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/activity/create",
			       "{\"EmailAddress\":\"ann@acme.test\",\"ActivityEvent\":201}");
	const char *path = arena_printf(asker->arena, "/lead/status?RequestId=%s",
					text_at(&a, "$.RequestID"));

	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1000}");
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.Status", "Success");
	a = ask(asker, "GET",
		arena_printf(asker->arena, RECORDS "/activities/%s", text_at(&a, "$.Message.Id")),
		NULL);
	assert_int_equal(int_at(&a, "$.values.ActivityEvent"), 201);
	a = call(asker, "GET", "/lead/status?RequestId=none", NULL);
	assert_refused(&a, 500, "MXInvalidEntityReferenceException", "Request not found");
}

static void the_async_api_wants_a_third_key(void **state)
{
	struct asker *asker = *state;
	struct http_request request = { .method = "POST", .body = "[]", .body_len = 2,
					.url = "/leadsquared/lead/capture" };

	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "x-LSQ-AccessKey", ACCESS);
	http_header_add(&request.headers, "x-LSQ-SecretKey", SECRET);
	assert_status(send_request(asker, &request), 403);
}

/* --- finding (5) --- */

static void a_lead_is_found_by_address_phone_and_words(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN "," PHONE);
	struct answer a;

	a = call(asker, "GET", LEAD "Leads.GetByEmailaddress?emailaddress=ann@acme.test", NULL);
	assert_text_at(a, "$[0].ProspectID", id);
	a = call(asker, "GET", LEAD "Leads.GetByEmailaddress?emailaddress=bob@acme.test", NULL);
	assert_status(a, 200);
	assert_int_equal(json_array_size(a.json), 0);
	a = call(asker, "GET", LEAD "RetrieveLeadByPhoneNumber?phone=%2B91-9845012345", NULL);
	assert_text_at(a, "$[0].ProspectID", id);
	a = call(asker, "GET", LEAD "Leads.GetByQuickSearch?key=acme", NULL);
	assert_text_at(a, "$[0].ProspectID", id);
	a = call(asker, "POST", LEAD "Leads/Retrieve/ByIds",
		 arena_printf(asker->arena, "{\"SearchParameters\":{\"LeadIds\":[\"%s\",\"x\"]},"
					    "\"Columns\":{\"Include_CSV\":\"FirstName\"}}",
			      id));
	assert_int_equal(int_at(&a, "$.RecordCount"), 1);
	assert_text_at(a, "$.Leads[0].LeadPropertyList[0].Value", "Ann");
}

static void searches_lag(void **state)
{
	static const char path[] = LEAD "Leads.GetByEmailaddress?emailaddress=ann@acme.test";
	struct asker *asker = *state;
	struct answer a;

	set(asker, "{\"search_lag_ms\":5000}");
	a = read_lead(asker, lead(asker, ANN));
	assert_int_equal(json_array_size(a.json), 1);
	a = call(asker, "GET", path, NULL);
	assert_int_equal(json_array_size(a.json), 0);
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":5001}");
	a = call(asker, "GET", path, NULL);
	assert_int_equal(json_array_size(a.json), 1);
}

static const char *criteria(struct asker *asker, const char *name, const char *op,
			    const char *value)
{
	return arena_printf(asker->arena,
			    "{\"Parameter\":{\"LookupName\":\"%s\",\"LookupValue\":\"%s\","
			    "\"SqlOperator\":\"%s\"},\"Columns\":{\"Include_CSV\":"
			    "\"ProspectID,FirstName\"},\"Sorting\":{\"ColumnName\":\"CreatedOn\","
			    "\"Direction\":\"1\"},\"Paging\":{\"PageIndex\":1,\"PageSize\":100}}",
			    name, value, op);
}

static void a_criterion_compares(void **state)
{
	static const struct {
		const char *name, *op, *value;
		size_t count;
	} rows[] = {
		{ "EmailAddress", "=", "ann@acme.test", 1 },
		{ "FirstName", "LIKE", "o", 1 },
		{ "FirstName", "LIKE", "A%", 1 },
		{ "Score", ">", "9", 1 },
		{ "Score", "<=", "50", 2 },
		{ "FirstName", "<>", "Ann", 1 },
		{ "CreatedOn", ">", "2020-01-01 00:00:00", 2 },
		{ "ModifiedOn", "<", "2020-01-01 00:00:00", 0 },
	};
	struct asker *asker = *state;
	struct answer a;

	set(asker, "{\"limits\":{\"calls\":0}}");
	lead(asker, ANN "," A("Score", "10"));
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":1000}");
	lead(asker, A("FirstName", "Bob") "," A("Score", "9"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST", LEAD "Leads.Get",
			 criteria(asker, rows[i].name, rows[i].op, rows[i].value));
		assert_status(a, 200);
		if (json_array_size(a.json) != rows[i].count)
			fail_msg("%s %s: %s", rows[i].name, rows[i].op, a.text);
	}
	a = call(asker, "POST", LEAD "Leads.Get", criteria(asker, "Score", ">=", "0"));
	assert_text_at(a, "$[0].FirstName", "Bob"); /* the newest first */
	assert_int_equal(count_at(&a, "$[0]"), 2);
	set(asker, "{\"switches\":{\"criteria_as_list\":1}}");
	a = call(asker, "POST", LEAD "Leads.Get", criteria(asker, "Score", ">=", "0"));
	assert_int_equal(int_at(&a, "$.RecordCount"), 2);
	assert_text_at(a, "$.Leads[1].LeadPropertyList[1].Value", "Ann");
	a = call(asker, "POST", LEAD "Leads.Get", criteria(asker, "Score", "~", "0"));
	assert_refused(&a, 500, "MXInvalidInputException", "SqlOperator");
}

/* --- activities, tasks, opportunities (6) --- */

static void types_of_activities_are_listed_and_made(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", ACTIVITY "ActivityTypes.Get", NULL);

	assert_int_equal(int_at(&a, "$[0].ActivityEvent"), 201);
	assert_text_at(a, "$[0].DisplayName", "Form submitted");
	a = call(asker, "POST", ACTIVITY "CreateType",
		 "{\"ActivityEventName\":\"Fairlead event\",\"Score\":0,\"Description\":\"\","
		 "\"Direction\":0}");
	assert_text_at(a, "$.Message.Id", "203");
	a = call(asker, "POST", ACTIVITY "CreateType",
		 "{\"ActivityEventName\":\"Fairlead event\"}");
	assert_refused(&a, 500, "MXDuplicateEntityNameException", "Fairlead event");
}

static void an_activity_is_added_read_and_updated(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN), *made = activity(asker, id), *path;
	struct answer a;

	path = arena_printf(asker->arena, ACTIVITY "Retrieve?leadId=%s", id);
	a = call(asker, "POST", path,
		 "{\"Parameter\":{\"ActivityEvent\":201},\"Paging\":{\"Offset\":0,\"RowCount\":"
		 "10}}");
	assert_int_equal(int_at(&a, "$.RecordCount"), 1);
	assert_text_at(a, "$.ProspectActivities[0].Id", made);
	assert_int_equal(int_at(&a, "$.ProspectActivities[0].EventCode"), 201);
	assert_text_at(a, "$.ProspectActivities[0].EventName", "Form submitted");
	assert_text_at(a, "$.ProspectActivities[0].ActivityFields.mx_Custom_1", "v");
	assert_text_at(a, "$.ProspectActivities[0].Data[0].Key", "mx_Custom_1");
	a = read_lead(asker, id);
	assert_text_at(a, "$[0].ProspectActivityDate_Max", "2026-02-01 10:00:00");
	assert_text_at(a, "$[0].ProspectActivityName_Max", "Form submitted");
	a = call(asker, "POST", ACTIVITY "CustomActivity/Update",
		 arena_printf(asker->arena,
			      "{\"ProspectActivityId\":\"%s\",\"ActivityEvent\":201,\"Fields\":"
			      "[{\"SchemaName\":\"Status\",\"Value\":\"Done\"}]}",
			      made));
	assert_status(a, 200);
	a = call(asker, "POST", path, "{}");
	assert_text_at(a, "$.ProspectActivities[0].ActivityFields.Status", "Done");
	assert_text_at(a, "$.ProspectActivities[0].ActivityFields.mx_Custom_1", "v");
}

static void an_activity_with_an_address_makes_its_lead(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", ACTIVITY "Create",
			       "{\"EmailAddress\":\"new@acme.test\",\"FirstName\":\"New\","
			       "\"ActivityEvent\":201}");

	assert_status(a, 200);
	a = call(asker, "GET", LEAD "Leads.GetByEmailaddress?emailaddress=new@acme.test", NULL);
	assert_text_at(a, "$[0].FirstName", "New");
}

static void the_fields_of_an_activity_have_rules(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN);
	const struct {
		const char *body, *type, *message;
	} rows[] = {
		{ "{\"RelatedProspectId\":\"%s\",\"ActivityEvent\":202}",
		  "MXInvalidActivityFieldsException",
		  "Field name : 'mx_Custom_1' of datatype : 'String' is mandatory." },
		{ "{\"RelatedProspectId\":\"%s\",\"ActivityEvent\":202,\"Fields\":["
		  "{\"SchemaName\":\"mx_Custom_1\",\"Value\":\"x\"},"
		  "{\"SchemaName\":\"mx_Custom_2\",\"Value\":\"two\"}]}",
		  "MXInvalidActivityFieldsException", "'mx_Custom_2' of datatype : 'Number'" },
		{ "{\"RelatedProspectId\":\"%s\",\"ActivityEvent\":201,\"Fields\":["
		  "{\"SchemaName\":\"mx_Custom_9\",\"Value\":\"x\"}]}",
		  "MXInvalidActivityFieldsException", "mx_Custom_9" },
		{ "{\"RelatedProspectId\":\"%s\",\"ActivityEvent\":999}",
		  "MXInvalidInputException", "ActivityEvent" },
		{ "{\"RelatedProspectId\":\"%sx\",\"ActivityEvent\":201}",
		  "MXInvalidEntityReferenceException", "Lead not found" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strstr(rows[i].body, "%s");
		struct answer a = call(asker, "POST", ACTIVITY "Create",
				       arena_printf(asker->arena, "%.*s%s%s",
						    (int)(at - rows[i].body), rows[i].body, id,
						    at + 2));

		assert_refused(&a, 500, rows[i].type, rows[i].message);
	}
}

static void activities_come_in_bulk(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN);
	struct answer a = call(
		asker, "POST", ACTIVITY "Bulk/CustomActivity/Add/ByLeadId",
		arena_printf(asker->arena,
			     "[{\"RelatedProspectId\":\"%s\",\"ActivityEvent\":201},"
			     "{\"RelatedProspectId\":\"x\",\"ActivityEvent\":201}]",
			     id));

	assert_status(a, 200);
	assert_true(strlen(text_at(&a, "$.Response[0].ProspectActivityId")) == 36);
	assert_text_at(a, "$.Response[1].ExceptionType", "MXInvalidEntityReferenceException");
}

static void a_task_hangs_on_a_lead(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN);
	struct answer a = call(
		asker, "POST", "/v2/Task.svc/Create",
		arena_printf(asker->arena,
			     "{\"Name\":\"Call back\",\"Description\":\"\",\"RelatedEntity\":1,"
			     "\"RelatedEntityId\":\"%s\",\"DueDate\":\"2026-03-01 09:00:00\","
			     "\"EndDate\":\"2026-03-01 09:15:00\",\"Reminder\":30,\"NotifyBy\":"
			     "\"1000\",\"OwnerEmailAddress\":\"rep@acme.example\",\"TaskType\":"
			     "{\"Name\":\"Phone Call\"}}",
			     id));

	assert_status(a, 200);
	a = ask(asker, "GET",
		arena_printf(asker->arena, RECORDS "/tasks/%s", text_at(&a, "$.Message.Id")),
		NULL);
	assert_text_at(a, "$.values.TaskType", "Phone Call");
	a = call(asker, "POST", "/v2/Task.svc/Create",
		 "{\"Name\":\"x\",\"RelatedEntity\":1,\"RelatedEntityId\":\"x\",\"DueDate\":"
		 "\"2026-03-01 09:00:00\"}");
	assert_refused(&a, 500, "MXInvalidEntityReferenceException", "Lead not found");
	a = call(asker, "POST", "/v2/Task.svc/Create", "{\"Name\":\"x\",\"DueDate\":\"soon\"}");
	assert_refused(&a, 500, "MXInvalidInputException", "DueDate");
}

static void an_open_opportunity_is_not_doubled(void **state)
{
	static const char body[] =
		"{\"LeadDetails\":[" A("EmailAddress", "ann@acme.test") ","
		A("SearchBy", "EmailAddress") "],\"Opportunity\":{\"OpportunityEventCode\":12000,"
		"\"OpportunityNote\":\"\",\"Fields\":[{\"SchemaName\":\"Status\",\"Value\":"
		"\"Open\"}]}}";
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/v2/OpportunityManagement.svc/Capture", body);
	const char *id = text_at(&a, "$.AdditionalDetails[0].ActivityId");

	assert_int_equal(int_at(&a, "$.AdditionalDetails[0].PostDeDupActionPerformed"), 1);
	a = call(asker, "POST", "/v2/OpportunityManagement.svc/Capture", body);
	assert_int_equal(int_at(&a, "$.AdditionalDetails[0].PostDeDupActionPerformed"), 3);
	assert_text_at(a, "$.AdditionalDetails[0].ConflictedOpportunityId", id);
	set(asker, "{\"switches\":{\"opportunities_once\":0}}");
	a = call(asker, "POST", "/v2/OpportunityManagement.svc/Capture", body);
	assert_int_equal(int_at(&a, "$.AdditionalDetails[0].PostDeDupActionPerformed"), 1);
}

#define OPPORTUNITY(status)                                                                   \
	"{\"LeadDetails\":[" A("EmailAddress", "ann@acme.test") ","                            \
	A("SearchBy", "EmailAddress") "],\"Opportunity\":{\"OpportunityEventCode\":12000,"      \
	"\"OpportunityNote\":\"\",\"Fields\":[{\"SchemaName\":\"Status\",\"Value\":\"" status "\"}]}}"

static struct answer status_of_request(struct asker *asker, const struct answer *accepted)
{
	return call(asker, "GET",
		    arena_printf(asker->arena, "/lead/status?RequestId=%s",
				 text_at(accepted, "$.RequestID")),
		    NULL);
}

static void opportunities_can_be_async_too(void **state)
{
	struct asker *asker = *state;
	struct answer first = call(asker, "POST", "/opportunity/capture", OPPORTUNITY("Open"));
	struct answer again, a;

	assert_status(first, 200);
	pass_time(asker, 1500);
	a = status_of_request(asker, &first);
	assert_text_at(a, "$.Status", "Success");
	again = call(asker, "POST", "/opportunity/capture", OPPORTUNITY("Open"));
	pass_time(asker, 1500);
	again = status_of_request(asker, &again);
	assert_string_equal(text_at(&a, "$.Message.Id"), text_at(&again, "$.Message.Id"));
	a = ask(asker, "GET", RECORDS "/opportunities", NULL);
	assert_int_equal(count_at(&a, "$.records"), 1);
}

/* 30 s, 1 min, 2 min ... 3 h: ten tries more, and what the data are to blame for is not
 * tried again. */
static void the_async_api_tries_again_after_system_errors(void **state)
{
	struct asker *asker = *state;
	struct answer accepted, a;

	set(asker, "{\"switches\":{\"async_system_errors\":2},\"limits\":{\"calls\":0}}");
	accepted = call(asker, "POST", "/lead/capture", "[" ANN "]");
	pass_time(asker, 1500 + 30000);
	a = status_of_request(asker, &accepted);
	assert_text_at(a, "$.Status", "InProgress");
	pass_time(asker, 60000);
	a = status_of_request(asker, &accepted);
	assert_text_at(a, "$.Status", "Success");
	set(asker, "{\"switches\":{\"async_system_errors\":100}}");
	accepted = call(asker, "POST", "/lead/capture", "[" ANN "]");
	pass_time(asker, 1500 + 255 * 60000);
	a = status_of_request(asker, &accepted);
	assert_text_at(a, "$.Status", "InProgress");
	pass_time(asker, 181 * 60000);
	a = status_of_request(asker, &accepted);
	assert_text_at(a, "$.Status", "Error");
	assert_text_at(a, "$.ExceptionMessage", "System error");
	set(asker, "{\"switches\":{\"async_system_errors\":0,\"async_ms\":60000}}");
	accepted = call(asker, "POST", "/lead/capture", "[" A("Nothing", "x") "]");
	pass_time(asker, 59000);
	a = status_of_request(asker, &accepted);
	assert_text_at(a, "$.Status", "InProgress");
	pass_time(asker, 1500);
	a = status_of_request(asker, &accepted);
	assert_text_at(a, "$.Status", "Error");
	assert_text_at(a, "$.ExceptionType", "MXUnknownAttributeException");
}

/* --- sets of custom fields (4) --- */

#define KYC(members) "{\"Attribute\":\"mx_KYC\",\"Value\":\"\",\"Fields\":[" members "]}"

static void a_set_of_custom_fields_is_written_member_by_member(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN "," KYC(A("Status", "Pending")));
	const char *path = arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id);
	struct answer a = read_lead(asker, id);

	assert_text_at(a, "$[0].mx_KYC", "{\"Status\":\"Pending\"}");
	assert_status(call(asker, "POST", path, "[" KYC(A("Document_Number", "P1")) "]"), 200);
	a = read_lead(asker, id);
	assert_non_null(strstr(text_at(&a, "$[0].mx_KYC"), "\"Status\":\"Pending\""));
	assert_non_null(strstr(text_at(&a, "$[0].mx_KYC"), "\"Document_Number\":\"P1\""));
	a = call(asker, "POST", path, "[" KYC(A("Colour", "red")) "]");
	assert_refused(&a, 500, "MXUnknownAttributeException", "'Colour' does not exist in 'mx_KYC'");
	a = call(asker, "POST", path, "[" KYC(A("Status", "<script>")) "]");
	assert_refused(&a, 500, "MXXSSException", "Status");
	a = call(asker, "POST", path, "[" A("mx_KYC", "Pending") "]");
	assert_refused(&a, 500, "MXInvalidInputException", "is a set of fields");
	a = call(asker, "POST", path,
		 "[{\"Attribute\":\"mx_City\",\"Value\":\"\",\"Fields\":[]}]");
	assert_refused(&a, 500, "MXInvalidInputException", "is no set of fields");
	a = call(asker, "GET", LEAD "LeadsMetaData.Get?schemaName=mx_KYC", NULL);
	assert_text_at(a, "$[0].DataType", "CustomObject");
}

/* Keys die with their user (2). */
static void keys_die_with_their_user(void **state)
{
	static const char users[] = "/v2/UserManagement.svc/Users.Get";
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", users, NULL);
	const char *path = arena_printf(asker->arena, RECORDS "/users/%s", text_at(&a, "$[0].ID"));

	assert_int_equal(int_at(&a, "$[0].StatusCode"), 0);
	assert_status(ask(asker, "PATCH", path, "{\"StatusCode\":1}"), 200);
	a = call(asker, "GET", users, NULL);
	assert_refused(&a, 401, "MXInvalidAccessKeyException", "Invalid");
}

/* --- reading changes (7) --- */

static void changes_are_read_by_window_and_page(void **state)
{
	static const char window[] =
		"{\"Parameter\":{\"FromDate\":\"2020-01-01 00:00:00\",\"ToDate\":"
		"\"2099-01-01 00:00:00\"},\"Columns\":{\"Include_CSV\":\"ProspectID,ModifiedOn\"},"
		"\"Paging\":{\"PageIndex\":%d,\"PageSize\":2},\"Sorting\":{\"ColumnName\":"
		"\"ProspectAutoId\",\"Direction\":\"0\"}}";
	struct asker *asker = *state;
	const char *first = lead(asker, ANN), *last, *gone;
	struct answer a;

	gone = lead(asker, A("FirstName", "Gone"));
	lead(asker, A("FirstName", "Bob"));
	last = lead(asker, A("FirstName", "Cy"));
	ask(asker, "DELETE", arena_printf(asker->arena, RECORDS "/leads/%s", gone), NULL);
	a = call(asker, "POST", LEAD "Leads.RecentlyModified",
		 arena_printf(asker->arena, window, 1));
	assert_int_equal(int_at(&a, "$.RecordCount"), 3);
	assert_text_at(a, "$.Leads[0].LeadPropertyList[0].Attribute", "ProspectID");
	assert_text_at(a, "$.Leads[0].LeadPropertyList[0].Value", first);
	assert_text_at(a, "$.Leads[0].LeadPropertyList[1].Attribute", "ModifiedOn");
	a = call(asker, "POST", LEAD "Leads.RecentlyModified",
		 arena_printf(asker->arena, window, 2));
	assert_int_equal(count_at(&a, "$.Leads"), 1);
	assert_text_at(a, "$.Leads[0].LeadPropertyList[0].Value", last);
	a = call(asker, "POST", LEAD "Leads.RecentlyModified",
		 "{\"Parameter\":{\"FromDate\":\"2020-01-01 00:00:00\",\"ToDate\":"
		 "\"2020-01-02 00:00:00\"},\"Paging\":{\"PageIndex\":1,\"PageSize\":5001}}");
	assert_refused(&a, 500, "MXInvalidInputException", "5000");
	activity(asker, first);
	a = call(asker, "POST", ACTIVITY "RetrieveRecentlyModified",
		 "{\"Parameter\":{\"FromDate\":\"2020-01-01 00:00:00\",\"ToDate\":"
		 "\"2099-01-01 00:00:00\",\"ActivityEvent\":201,\"IncludeCustomFields\":1},"
		 "\"Paging\":{\"PageIndex\":1,\"PageSize\":1000}}");
	assert_text_at(a, "$.ProspectActivities[0].RelatedProspectId", first);
}

static void invented_people_are_leads(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "POST", "/_sandbox/accounts/leadsquared/default/seed",
			      "{\"count\":20,\"seed\":5}");

	assert_status(a, 200);
	a = call(asker, "GET", LEAD "Leads.GetByQuickSearch?key=.example", NULL);
	assert_int_equal(json_array_size(a.json), 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_come_as_headers_or_in_the_query),
		TEST(the_wrong_region_names_the_right_host),
		TEST(names_of_operations_have_no_case),
		TEST(metadata_says_what_a_field_is),
		TEST(a_field_is_made_and_gets_its_schema_name),
		TEST(a_lead_is_read_flat_and_all_values_are_texts),
		TEST(an_update_says_how_many_rows),
		TEST(the_owner_changes_by_an_update),
		TEST(create_or_update_looks_by_one_field_only),
		TEST(search_by_takes_unique_fields),
		TEST(a_capture_tries_id_address_and_phone),
		TEST(a_capture_behaves_as_told),
		TEST(refusals_are_500_and_told_apart_by_type),
		TEST(a_field_made_mandatory_is_asked_for),
		TEST(a_lead_that_is_gone_is_not_found),
		TEST(a_body_that_is_none_is_400),
		TEST(the_status_of_refusals_is_a_doubt),
		TEST(a_broken_server_has_no_mx_body),
		TEST(so_many_calls_in_five_seconds),
		TEST(a_bulk_answers_row_by_row),
		TEST(a_field_of_ones_own_can_be_a_key),
		TEST(a_fault_refuses_one_row_of_a_bulk),
		TEST(a_bulk_has_its_size),
		TEST(one_field_of_many_leads),
		TEST(the_async_api_answers_first),
		TEST(activities_can_be_async_too),
		TEST(the_async_api_wants_a_third_key),
		TEST(a_lead_is_found_by_address_phone_and_words),
		TEST(searches_lag),
		TEST(a_criterion_compares),
		TEST(types_of_activities_are_listed_and_made),
		TEST(an_activity_is_added_read_and_updated),
		TEST(an_activity_with_an_address_makes_its_lead),
		TEST(the_fields_of_an_activity_have_rules),
		TEST(activities_come_in_bulk),
		TEST(a_task_hangs_on_a_lead),
		TEST(an_open_opportunity_is_not_doubled),
		TEST(opportunities_can_be_async_too),
		TEST(the_async_api_tries_again_after_system_errors),
		TEST(a_set_of_custom_fields_is_written_member_by_member),
		TEST(keys_die_with_their_user),
		TEST(changes_are_read_by_window_and_page),
		TEST(invented_people_are_leads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
