/* dynamics_schema_test.c - tests src/sandbox/dynamics_track.c, _metadata.c and _customize.c by
 * the fact sheet: deltas, descriptions that follow the schema, keys that are built. */
#include "dynamics_ask.h"

/* --- change tracking (7) --- */

/* The part of a link behind the API's root. */
static const char *link_at(struct answer *a, const char *name)
{
	const char *text = json_string_of(a->json, name);

	if (!text)
		fail_msg("no %s in %s", name, a->text);
	return strstr(text, API) + strlen(API);
}

static void an_id_that_was_taken_again_is_told_as_a_row(void **state)
{
	struct asker *asker = *state;
	struct answer a;
	const char *link;

	add(asker, "leads", "{\"leadid\":\"" NOBODY "\"}");
	a = call_with(asker, "Prefer: odata.track-changes", "GET", "/leads", NULL);
	assert_string_equal(http_header_find(&a.headers, "Preference-Applied"),
			    "odata.track-changes");
	link = link_at(&a, "@odata.deltaLink");
	assert_status(call(asker, "DELETE", "/leads(" NOBODY ")", NULL), 204);
	add(asker, "leads", "{\"leadid\":\"" NOBODY "\",\"lastname\":\"New\"}");
	a = call(asker, "GET", link, NULL);
	assert_int_equal(count_at(&a, "$.value"), 1);
	assert_text_at(a, "$.value[0].lastname", "New");
	a = call(asker, "GET",
		 arena_printf(asker->arena, "/leads/$count?%s", strstr(link, "$deltatoken")), NULL);
	assert_string_equal(a.text, "1");
}

static void a_delta_token_lives_as_long_as_the_environment_says(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_with(asker, "Prefer: odata.track-changes", "GET", "/leads", NULL);
	const char *link = link_at(&a, "@odata.deltaLink");

	set_switch(asker, "track_days", 2);
	pass_time(asker, INT64_C(2) * 86400000 - 1000);
	assert_status(call(asker, "GET", link, NULL), 200);
	pass_time(asker, 2000);
	assert_status(call(asker, "GET", link, NULL), 400);
}

static void a_delta_comes_page_by_page(void **state)
{
	struct asker *asker = *state;
	struct answer a = call_with(asker, "Prefer: odata.track-changes", "GET", "/leads", NULL);
	const char *link = link_at(&a, "@odata.deltaLink"), *gone[3];
	size_t told = 0, deleted = 0, pages = 0;

	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		gone[i] = add(asker, "leads", "{}");
	ask(asker, "POST", ACCOUNT "/seed", "{\"count\":4}");
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		assert_status(call(asker, "DELETE", row(asker, "leads", gone[i]), NULL), 204);
	do {
		json_t *item;
		size_t i;

		a = call_with(asker, "Prefer: odata.maxpagesize=3", "GET", link, NULL);
		assert_status(a, 200);
		json_array_foreach(json_object_get(a.json, "value"), i, item) {
			bool is_row = json_object_get(item, "leadid");

			assert_true(is_row || told == 4); /* rows first, deletions last */
			told += is_row;
			deleted += !is_row;
		}
		pages++;
		if (json_object_get(a.json, "@odata.deltaLink"))
			break;
		link = link_at(&a, "@odata.nextLink");
	} while (pages < 9);
	assert_int_equal(pages, 3);
	assert_int_equal(told, 4);
	assert_int_equal(deleted, 3);
}

static void tracking_is_switched_on_for_good_and_needs_a_right(void **state)
{
	struct asker *asker = *state;
	const char *table = "/EntityDefinitions(LogicalName='annotation')";
	struct answer a;

	assert_status(call(asker, "PUT", table, "{\"ChangeTrackingEnabled\":true}"), 204);
	a = call_with(asker, "Prefer: odata.track-changes", "GET", "/annotations", NULL);
	assert_status(a, 200);
	assert_status(call(asker, "PUT", table, "{\"ChangeTrackingEnabled\":false}"), 400);
	set_switch(asker, "reads_own_only", 1);
	a = call_with(asker, "Prefer: odata.track-changes", "GET", "/leads", NULL);
	assert_status(a, 403);
	assert_text_at(a, "$.error.code", "0x80040220");
}

/* --- metadata (3) --- */

static void what_an_administrator_changes_is_described(void **state)
{
	struct asker *asker = *state;
	const char *schema = ACCOUNT "/schema/leads";
	const char *path = LEAD_TABLE "/Attributes(LogicalName='companyname')/"
				      "Microsoft.Dynamics.CRM.StringAttributeMetadata";
	struct answer a;

	ask(asker, "POST", schema, "{\"field\":\"companyname\",\"change\":\"length\",\"to\":5}");
	a = call(asker, "GET", path, NULL);
	assert_int_equal(int_at(&a, "$.MaxLength"), 5);
	assert_status(call(asker, "POST", "/leads", "{\"companyname\":\"123456\"}"), 400);
	ask(asker, "POST", schema,
	    "{\"field\":\"companyname\",\"change\":\"retype\",\"to\":\"integer\"}");
	assert_status(call(asker, "GET", path, NULL), 404);
	ask(asker, "POST", schema, "{\"field\":\"jobtitle\",\"change\":\"required\",\"to\":true}");
	a = call(asker, "GET", LEAD_TABLE "/Attributes?$filter=LogicalName%20eq%20'jobtitle'", NULL);
	assert_text_at(a, "$.value[0].RequiredLevel.Value", "SystemRequired");
	a = call(asker, "POST", "/leads", "{}");
	assert_status(a, 400);
	assert_text_at(a, "$.error.code", "0x80040203");
	ask(asker, "POST", schema, "{\"field\":\"jobtitle\",\"change\":\"hidden\",\"to\":true}");
	a = call(asker, "GET", "/leads?$select=jobtitle", NULL);
	assert_status(a, 400);
	assert_status(call(asker, "POST", "/leads", "{}"), 204);
}

static void the_model_is_told_in_odatas_own_language(void **state)
{
	static const char *const parts[] = {
		"<EntityType Name=\"lead\" BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef "
		"Name=\"leadid\"/></Key><Property Name=\"leadid\" Type=\"Edm.Guid\"/>",
		"<Property Name=\"subject\" Type=\"Edm.String\" MaxLength=\"300\"/>",
		"<Property Name=\"statecode\" Type=\"Edm.Int32\" Nullable=\"false\"/>",
		"<Property Name=\"_parentcontactid_value\" Type=\"Edm.Guid\"/>",
		"<NavigationProperty Name=\"parentcontactid\" Type=\"mscrm.contact\">"
		"<ReferentialConstraint Property=\"_parentcontactid_value\" "
		"ReferencedProperty=\"contactid\"/></NavigationProperty>",
		"<NavigationProperty Name=\"ownerid\" Type=\"mscrm.principal\">",
		"<Property Name=\"a&quot;&lt;b\" Type=\"Edm.String\"",
		"<EntitySet Name=\"opportunities\" "
		"EntityType=\"Microsoft.Dynamics.CRM.opportunity\"/>",
	};
	struct asker *asker = *state;
	struct answer a;

	assert_status(ask(asker, "POST", ACCOUNT "/schema/leads",
			  "{\"change\":\"rename\",\"field\":\"companyname\",\"to\":\"a\\\"<b\"}"),
		      200);
	a = call(asker, "GET", "/$metadata", NULL);
	assert_status(a, 200);
	assert_string_equal(http_header_find(&a.headers, "Content-Type"), "application/xml");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_non_null(strstr(a.text, parts[i]));
	assert_null(strstr(a.text, "companyname"));
	assert_status(call(asker, "POST", "/$metadata", "{}"), 404);
}

static void columns_of_every_kind_can_be_made(void **state)
{
	struct asker *asker = *state;
	static const struct {
		const char *body, *value;
	} columns[] = {
		{ COLUMN("String", "new_A"), "\"x\"" }, { COLUMN("Memo", "new_B"), "\"x\"" },
		{ COLUMN("Integer", "new_C"), "5" },	{ COLUMN("Decimal", "new_D"), "1.5" },
		{ COLUMN("Money", "new_E"), "5" },	{ COLUMN("Boolean", "new_F"), "true" },
		{ COLUMN("DateTime", "new_G"), "\"2026-02-01T10:00:00Z\"" },
		{ COLUMN("Picklist", "new_H"), "7" },
		{ COLUMN("MultiSelectPicklist", "new_I"), "\"7,100000001\"" },
	};
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		a = call(asker, "POST", LEAD_TABLE "/Attributes", columns[i].body);
		assert_status(a, 204);
		assert_non_null(strstr(http_header_find(&a.headers, "OData-EntityId"), "/Attributes("));
		add(asker, "leads",
		    arena_printf(asker->arena, "{\"new_%c\":%s}", (char)('a' + i),
				 columns[i].value));
	}
	a = call_with(asker, "Prefer: odata.include-annotations=\"*\"", "GET",
		      "/leads?$select=new_i&$filter=new_i%20ne%20null", NULL);
	assert_non_null(strstr(a.text, "\"Seven; 100000001\""));
	assert_status(call(asker, "POST", LEAD_TABLE "/Attributes", COLUMN("Lookup", "new_J")), 501);
	assert_status(call(asker, "POST", LEAD_TABLE "/Attributes",
			   "{\"@odata.type\":\"Microsoft.Dynamics.CRM.PicklistAttributeMetadata\","
			   "\"SchemaName\":\"new_P\",\"GlobalOptionSet@odata.bind\":"
			   "\"/GlobalOptionSetDefinitions(" NOBODY ")\"}"),
		      501);
	set_switch(asker, "no_customizer", 1);
	a = call(asker, "POST", LEAD_TABLE "/Attributes", COLUMN("String", "new_K"));
	assert_status(a, 403);
}

static void a_key_over_what_is_twice_there_fails(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	add(asker, "leads", "{\"companyname\":\"Acme\",\"address1_city\":\"York\"}");
	add(asker, "leads", "{\"companyname\":\"ACME\",\"address1_city\":\"Leeds\"}");
	call(asker, "POST", LEAD_TABLE "/Keys",
	     "{\"SchemaName\":\"new_One\",\"KeyAttributes\":[\"companyname\"]}");
	call(asker, "POST", LEAD_TABLE "/Keys",
	     "{\"SchemaName\":\"new_Two\",\"KeyAttributes\":[\"companyname\",\"address1_city\"]}");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":2000}");
	a = call(asker, "GET", LEAD_TABLE "/Keys", NULL);
	assert_text_at(a, "$.value[1].EntityKeyIndexStatus", "Failed");
	assert_text_at(a, "$.value[2].EntityKeyIndexStatus", "Active");
	a = call(asker, "GET", "/leads(address1_city='York',companyname='Acme')", NULL);
	assert_status(a, 200);
	a = call(asker, "PATCH",
		 row(asker, "leads", text_at(&a, "$.leadid")), "{\"address1_city\":\"leeds\"}");
	assert_status(a, 412);
	assert_text_at(a, "$.error.code", "0x80060892");
}

static void an_index_is_built_as_long_as_it_takes(void **state)
{
	static const char *const states[] = { "Pending", "InProgress", "Active" };
	struct asker *asker = *state;

	set_switch(asker, "key_build_ms", 60000);
	call(asker, "POST", LEAD_TABLE "/Keys",
	     "{\"SchemaName\":\"new_One\",\"KeyAttributes\":[\"companyname\"]}");
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct answer a = call(asker, "GET", LEAD_TABLE "/Keys", NULL);

		assert_text_at(a, "$.value[1].EntityKeyIndexStatus", states[i]);
		pass_time(asker, 31000);
	}
}

static void lookups_say_by_what_name_they_are_written(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET",
			       "/EntityDefinitions(LogicalName='contact')/ManyToOneRelationships?"
			       "$select=ReferencingEntityNavigationPropertyName&$filter="
			       "ReferencingAttribute%20eq%20'parentcustomerid'",
			       NULL);

	assert_text_at(a, "$.value[0].ReferencingEntityNavigationPropertyName",
		       "parentcustomerid_account");
	assert_text_at(a, "$.value[1].ReferencingEntityNavigationPropertyName",
		       "parentcustomerid_contact");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_id_that_was_taken_again_is_told_as_a_row),
		TEST(a_delta_token_lives_as_long_as_the_environment_says),
		TEST(a_delta_comes_page_by_page),
		TEST(tracking_is_switched_on_for_good_and_needs_a_right),
		TEST(what_an_administrator_changes_is_described),
		TEST(the_model_is_told_in_odatas_own_language),
		TEST(columns_of_every_kind_can_be_made),
		TEST(a_key_over_what_is_twice_there_fails),
		TEST(an_index_is_built_as_long_as_it_takes),
		TEST(lookups_say_by_what_name_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
