/* freshsales_related_test.c - tests src/sandbox/freshsales*.c: what belongs to a record, fields, choices. Numbers in parentheses are
 * sections of the fact sheet. */
#include "freshsales_ask.h"

static void fields_and_selectors_are_listed(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/settings/contacts/fields", NULL);

	assert_text_at(a, "$.fields[0].name", "first_name");
	assert_text_at(a, "$.fields[0].base_model", "Contact");
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_text_at(a, "$.users[0].display_name", "Rae Rep");
	a = call(asker, "GET", "/selector/lead_sources", NULL);
	assert_text_at(a, "$.lead_sources[0].name", "Web");
	a = call(asker, "GET", "/contacts/filters", NULL);
	assert_text_at(a, "$.filters[0].name", "All Contacts");
}

static void fields_may_come_in_groups_and_choices_know_what_they_are_of(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "GET", "/settings/contacts/fields?include=field_group", NULL);

	assert_text_at(a, "$.fields[0].type", "group_field");
	assert_text_at(a, "$.fields[0].fields[0].name", "first_name");
	assert_text_at(a, "$.fields[1].fields[0].name", "cf_tier");
	assert_text_at(a, "$.fields[1].fields[0].choices[0].value", "Gold");
	a = call(asker, "GET", "/selector/lifecycle_stages", NULL);
	assert_text_at(a, "$.lifecycle_stages[0].contact_statuses[0].name", "New");
	assert_text_at(a, "$.lifecycle_stages[1].contact_statuses[0].name", "Won");
	a = call(asker, "GET", "/selector/owners", NULL);
	assert_true(json_is_true(json_at(a.json, "$.users[0].is_active")));
	assert_true(json_is_false(json_at(a.json, "$.users[1].is_active")));
	a = call(asker, "GET", "/selector/sales_activity_types/16012001/sales_activity_outcomes",
		 NULL);
	assert_int_equal(count_at(&a, "$.sales_activity_outcomes"), 1);
	assert_text_at(a, "$.sales_activity_outcomes[0].name", "Attended");
	assert_status(call(asker, "GET",
			   "/selector/sales_activity_types/1/sales_activity_outcomes", NULL),
		      404);
	assert_status(call(asker, "POST", "/settings/contacts/fields", "{\"field\":{}}"), 404);
	assert_status(call(asker, "GET", "/selector/workflows", NULL), 501);
	assert_status(call(asker, "GET", "/selectors/owners", NULL), 404);
}

static void every_selector_of_the_sheet_is_there(void **state)
{
	static const char *const names[] = {
		"contact_statuses", "lifecycle_stages", "lead_sources", "deal_pipelines",
		"deal_stages",	    "deal_types",	"deal_reasons", "territories",
		"campaigns",	    "currencies",	"sales_activity_types",
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct answer a = call(asker, "GET",
				       arena_printf(asker->arena, "/selector/%s", names[i]), NULL);

		assert_true(int_at(&a, arena_printf(asker->arena, "$.%s[0].id", names[i])) > 0);
	}
}

static void notes_tasks_and_deals_hang_on_a_contact(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a;

	a = call(asker, "POST", "/notes",
		 arena_printf(asker->arena,
			      "{\"note\":{\"description\":\"Hi\",\"targetable_type\":\"Contact\","
			      "\"targetable_id\":%lld}}",
			      (long long)id));
	assert_status(a, 201);
	a = call(asker, "POST", "/tasks",
		 arena_printf(asker->arena,
			      "{\"task\":{\"title\":\"Call\",\"targetable_type\":\"Contact\","
			      "\"targetable_id\":%lld}}",
			      (long long)id));
	assert_status(a, 201);
	a = call(asker, "PUT",
		 arena_printf(asker->arena, "/tasks/%lld", (long long)int_at(&a, "$.task.id")),
		 "{\"task\":{\"status\":1}}");
	assert_int_equal(int_at(&a, "$.task.status"), 1);
	a = call(asker, "POST", "/deals", "{\"deal\":{\"name\":\"Pricing\",\"amount\":5000}}");
	assert_status(a, 201);
}

static void what_was_done_is_logged_as_a_sales_activity(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a = call(asker, "GET", "/selector/sales_activity_types", NULL);
	const char *path, *body = arena_printf(
		asker->arena,
		"{\"sales_activity\":{\"title\":\"Webinar\",\"notes\":\"Came\","
		"\"sales_activity_type_id\":%lld,\"start_date\":\"2026-02-03T10:00:00Z\","
		"\"end_date\":\"2026-02-03T11:00:00Z\",\"targetable_type\":\"Contact\","
		"\"targetable_id\":%lld}}",
		(long long)int_at(&a, "$.sales_activity_types[0].id"), (long long)id);

	a = call(asker, "POST", "/sales_activities", body);
	assert_status(a, 201);
	path = arena_printf(asker->arena, "/sales_activities/%lld",
			    (long long)int_at(&a, "$.sales_activity.id"));
	a = call(asker, "PUT", path, "{\"sales_activity\":{\"notes\":\"Stayed\"}}");
	assert_status(a, 200);
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.sales_activity.notes", "Stayed");
	assert_int_equal(int_at(&a, "$.sales_activity.targetable_id"), id);
	a = call(asker, "POST", "/sales_activities", "{\"sales_activity\":{\"title\":\"x\"}}");
	assert_status(a, 400);
}

static void what_belongs_to_a_contact_comes_beside_it(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/sales_accounts",
			       "{\"sales_account\":{\"name\":\"Acme\"}}");
	int64_t id = ann(asker);
	const char *path = arena_printf(asker->arena, "/contacts/%lld", (long long)id);

	call(asker, "PUT", path,
	     arena_printf(asker->arena,
			  "{\"contact\":{\"owner_id\":16000001,\"territory_id\":16020001,"
			  "\"sales_accounts\":[{\"id\":%lld,\"is_primary\":true}]}}",
			  (long long)int_at(&a, "$.sales_account.id")));
	assert_status(hang(asker, "/notes", "note", id, ",\"description\":\"Hi\""), 201);
	assert_status(hang(asker, "/tasks", "task", id, ",\"title\":\"Call\""), 201);
	assert_status(hang(asker, "/appointments", "appointment", id,
			   ",\"title\":\"Demo\",\"from_date\":\"2026-02-03T10:00:00Z\","
			   "\"end_date\":\"2026-02-03T11:00:00Z\",\"time_zone\":\"London\","
			   "\"appointment_attendees_attributes\":[{\"attendee_type\":"
			   "\"FdMultitenant::User\",\"attendee_id\":16000001}]"),
		      201);
	call(asker, "POST", "/deals",
	     arena_printf(asker->arena,
			  "{\"deal\":{\"name\":\"Pricing\",\"contacts_added_list\":[%lld]}}",
			  (long long)id));
	a = call(asker, "GET",
		 arena_printf(asker->arena,
			      "%s?include=owner,creater,updater,source,lifecycle_stage,"
			      "contact_status,sales_accounts,deals,tasks,appointments,notes,"
			      "territory",
			      path),
		 NULL);
	assert_int_equal(count_at(&a, "$.users"), 1); /* one user is all three */
	assert_text_at(a, "$.users[0].display_name", "Rae Rep");
	assert_text_at(a, "$.lead_sources[0].name", "Web");
	assert_text_at(a, "$.lifecycle_stages[0].name", "Lead");
	assert_text_at(a, "$.contact_statuses[0].name", "New");
	assert_text_at(a, "$.territories[0].name", "Europe");
	assert_text_at(a, "$.sales_accounts[0].name", "Acme");
	assert_text_at(a, "$.deals[0].name", "Pricing");
	assert_text_at(a, "$.tasks[0].title", "Call");
	assert_text_at(a, "$.appointments[0].time_zone", "London");
	assert_text_at(a, "$.notes[0].description", "Hi");
	assert_status(call(asker, "GET", arena_printf(asker->arena, "%s?include=moon", path),
			   NULL),
		      501);
}

/* In a view too: what several have stands there once. */
static void a_page_has_what_belongs_to_its_contacts_beside_it(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a;

	for (int i = 0; i < 3; i++)
		call(asker, "POST", "/contacts",
		     arena_printf(asker->arena,
				  "{\"contact\":{\"email\":\"b%d@acme.test\",\"owner_id\":%d}}", i,
				  16000001 + i / 2));
	hang(asker, "/notes", "note", id, ",\"description\":\"Hi\"");
	a = call(asker, "GET", "/contacts/view/16000111?include=owner,notes", NULL);
	assert_int_equal(count_at(&a, "$.contacts"), 4);
	assert_int_equal(count_at(&a, "$.users"), 2);
	assert_text_at(a, "$.notes[0].description", "Hi");
	a = call(asker, "GET", "/contacts/view/16000112?include=owner&per_page=1", NULL);
	assert_int_equal(count_at(&a, "$.contacts"), 1);
	assert_int_equal(count_at(&a, "$.users"), 1);
	assert_status(call(asker, "GET", "/contacts/view/16000111?include=moon", NULL), 501);
}

static void a_timeline_tells_what_was_done_newest_first(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	const char *path = arena_printf(asker->arena, "/contacts/%lld/activities", (long long)id);
	struct answer a;

	pass_time(asker, 1000);
	hang(asker, "/notes", "note", id, ",\"description\":\"Hi\"");
	pass_time(asker, 1000);
	hang(asker, "/phone_calls", "phone_call", id, ",\"call_duration\":30");
	a = call(asker, "GET", path, NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 3);
	assert_text_at(a, "$.activities[0].action_type", "phone_call_created");
	assert_int_equal(int_at(&a, "$.activities[0].action_data.phone_call.call_duration"), 30);
	assert_text_at(a, "$.activities[1].action_type", "note_created");
	assert_text_at(a, "$.activities[2].action_type", "contact_created");
	a = call(asker, "GET", arena_printf(asker->arena, "%s?per_page=2&page=2", path), NULL);
	assert_int_equal(count_at(&a, "$.activities"), 1);
	assert_status(call(asker, "GET", "/contacts/1/activities", NULL), 404);
}

static void lists_hold_contacts(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a = call(asker, "POST", "/lists", "{\"list\":{\"name\":\"Fair\"}}");
	const char *list = arena_printf(asker->arena, "%lld", (long long)int_at(&a, "$.list.id"));
	const char *add = arena_printf(asker->arena, "/lists/%s/add_contacts", list);
	const char *show = arena_printf(asker->arena, "/contacts/lists/%s", list);

	assert_status(a, 201);
	assert_status(call(asker, "POST", "/lists", "{\"list\":{}}"), 400);
	a = call(asker, "GET", "/lists", NULL);
	assert_text_at(a, "$.lists[0].name", "Fair");
	a = call(asker, "PUT", add, arena_printf(asker->arena, "{\"ids\":[%lld,7]}",
						  (long long)id));
	assert_text_at(a, "$.errors.message[0]", "ids must be those of contacts");
	a = call(asker, "GET", show, NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 0);
	for (int i = 0; i < 2; i++) /* twice is once */
		assert_status(call(asker, "PUT", add,
				   arena_printf(asker->arena, "{\"ids\":[%lld]}", (long long)id)),
			      200);
	a = call(asker, "GET", show, NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	assert_int_equal(int_at(&a, "$.contacts[0].id"), id);
	call(asker, "DELETE", arena_printf(asker->arena, "/contacts/%lld", (long long)id), NULL);
	a = call(asker, "GET", show, NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 0);
	assert_status(call(asker, "GET", "/contacts/lists/1", NULL), 404);
}

static void an_appointment_has_a_beginning_an_end_and_a_target(void **state)
{
	static const char *const rows[][2] = {
		{ ",\"title\":\"D\",\"end_date\":\"2026-02-03T11:00:00Z\"",
		  "From can't be blank" },
		{ ",\"title\":\"D\",\"from_date\":\"soon\",\"end_date\":\"2026-02-03T11:00:00"
		  "Z\"",
		  "From is invalid" },
		{ ",\"title\":\"D\",\"from_date\":\"2026-02-03T10:00:00Z\",\"end_date\":"
		  "\"2026-02-03T11:00:00Z\",\"appointment_attendees_attributes\":\"all\"",
		  "Attendees is invalid" },
	};
	struct asker *asker = *state;
	int64_t id = ann(asker);
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = hang(asker, "/appointments", "appointment", id, rows[i][0]);
		assert_status(a, 400);
		assert_text_at(a, "$.errors.message[0]", rows[i][1]);
	}
	a = hang(asker, "/appointments", "appointment", 7,
		 ",\"title\":\"D\",\"from_date\":\"2026-02-03T10:00:00Z\",\"end_date\":"
		 "\"2026-02-03T11:00:00Z\"");
	assert_text_at(a, "$.errors.message[0]", "Targetable is invalid");
}

/* Half of a target that changes must still name a record. */
static void a_note_cannot_be_moved_to_nothing(void **state)
{
	struct asker *asker = *state;
	struct answer a = hang(asker, "/notes", "note", ann(asker), ",\"description\":\"Hi\"");
	const char *path = arena_printf(asker->arena, "/notes/%lld",
					(long long)int_at(&a, "$.note.id"));

	assert_status(call(asker, "PUT", path, "{\"note\":{\"targetable_id\":7}}"), 400);
	assert_status(call(asker, "PUT", path, "{\"note\":{\"targetable_type\":\"Deal\"}}"), 400);
	assert_status(call(asker, "PUT", path, "{\"note\":{\"description\":\"Ho\"}}"), 200);
}

static void a_custom_module_has_the_same_four_verbs(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", "/custom_module/cm_visit",
			       "{\"cm_visit\":{\"name\":\"Spring fair\"}}");
	const char *path = arena_printf(asker->arena, "/custom_module/cm_visit/%lld",
					(long long)int_at(&a, "$.cm_visit.id"));

	assert_status(a, 201);
	a = call(asker, "PUT", path, "{\"cm_visit\":{\"name\":\"Autumn fair\"}}");
	assert_text_at(a, "$.cm_visit.name", "Autumn fair");
	assert_status(call(asker, "DELETE", path, NULL), 200);
	assert_status(call(asker, "GET", path, NULL), 404);
	assert_status(call(asker, "POST", "/custom_module/cm_moon", "{\"cm_moon\":{}}"), 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_and_selectors_are_listed),
		TEST(fields_may_come_in_groups_and_choices_know_what_they_are_of),
		TEST(every_selector_of_the_sheet_is_there),
		TEST(notes_tasks_and_deals_hang_on_a_contact),
		TEST(what_was_done_is_logged_as_a_sales_activity),
		TEST(what_belongs_to_a_contact_comes_beside_it),
		TEST(a_page_has_what_belongs_to_its_contacts_beside_it),
		TEST(a_timeline_tells_what_was_done_newest_first),
		TEST(lists_hold_contacts),
		TEST(an_appointment_has_a_beginning_an_end_and_a_target),
		TEST(a_note_cannot_be_moved_to_nothing),
		TEST(a_custom_module_has_the_same_four_verbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
