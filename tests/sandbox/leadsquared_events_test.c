/* leadsquared_events_test.c - LeadSquared's webhooks and automations by the fact sheet (7):
 * what sets them off and what they say. That it is posted is shown by
 * tests/e2e/sandbox_webhooks_test.py. */
#include "leadsquared_ask.h"

static void a_webhook_tells_of_a_new_lead_flat(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set(asker, "{\"switches\":{\"webhook_unverified\":1}}");
	assert_status(hook(asker, 3), 200);
	lead(asker, ANN);
	a = hooks(asker);
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].url"),
			       "https://f.invalid/h?entityType=webhook&entityId="));
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].url"), "&eventType=3"));
	assert_text_at(a, "$.webhooks[0].events[0].EmailAddress", "ann@acme.test");
	assert_text_at(a, "$.webhooks[0].events[0].Score", "0");
	assert_true(json_is_null(json_at(a.json, "$.webhooks[0].events[0].Phone")));
}

static void a_webhook_tells_before_and_after(void **state)
{
	struct asker *asker = *state;
	const char *id, *path;
	struct answer a;

	set(asker, "{\"switches\":{\"webhook_unverified\":1}}");
	hook(asker, 6);
	hook(asker, 5);
	id = lead(asker, ANN);
	path = arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id);
	call(asker, "POST", arena_printf(asker->arena, "%s&postUpdatedLead=false", path),
	     "[" A("Company", "Quiet") "]");
	call(asker, "POST", path, "[" A("Company", "Acme") "]");
	ask(asker, "PATCH", arena_printf(asker->arena, RECORDS "/leads/%s", id),
	    "{\"ProspectStage\":\"Engaged\"}");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 3);
	assert_text_at(a, "$.webhooks[0].events[0].Before.Company", "Quiet");
	assert_text_at(a, "$.webhooks[0].events[0].After.Company", "Acme");
	assert_text_at(a, "$.webhooks[0].events[0].After.EmailAddress", "ann@acme.test");
	/* Our own write says so, a person's too. */
	assert_string_equal(text_at(&a, "$.webhooks[0].events[0].After.ModifiedBy"),
			    text_at(&a, "$.webhooks[1].events[0].Before.ModifiedBy"));
	assert_string_not_equal(text_at(&a, "$.webhooks[1].events[0].After.ModifiedBy"),
				text_at(&a, "$.webhooks[1].events[0].Before.ModifiedBy"));
	assert_non_null(strstr(text_at(&a, "$.webhooks[2].url"), "eventType=5"));
	assert_text_at(a, "$.webhooks[2].events[0].Before.ProspectStage", "New Lead");
	assert_text_at(a, "$.webhooks[2].events[0].After.ProspectStage", "Engaged");
}

static void activities_of_a_minute_are_told_together(void **state)
{
	struct asker *asker = *state;
	const char *id;
	struct answer a;

	set(asker, "{\"switches\":{\"webhook_unverified\":1}}");
	hook(asker, 2);
	id = lead(asker, ANN);
	activity(asker, id);
	activity(asker, id);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	assert_int_equal(count_at(&a, "$.webhooks[0].events"), 2);
	assert_text_at(a, "$.webhooks[0].events[0].ActivityEvent", "201");
	assert_text_at(a, "$.webhooks[0].events[0].RelatedProspectId", id);
	assert_text_at(a, "$.webhooks[0].events[0].Data.mx_Custom_1", "v");
	assert_text_at(a, "$.webhooks[0].events[0].Data.Note", "text");
}

static void a_plan_has_so_many_webhooks(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	for (int i = 0; i < 3; i++)
		assert_status(hook(asker, 3), 200);
	a = hook(asker, 3);
	assert_refused(&a, 500, "MXInvalidInputException", "plan");
	set(asker, "{\"switches\":{\"webhooks_max\":30}}");
	assert_status(hook(asker, 3), 200);
	assert_status(hook(asker, 1), 501);
	assert_status(hook(asker, 33), 501);
	a = hook(asker, 99);
	assert_refused(&a, 500, "MXInvalidInputException", "WebhookEvent");
}

/* A user's edit in the browser. */
static void edit(struct asker *asker, const char *object, const char *id, const char *values)
{
	assert_status(ask(asker, "PATCH",
			  arena_printf(asker->arena, RECORDS "/%s/%s", object, id), values),
		      200);
}

static const char *event_at(struct asker *asker, const struct answer *a, int at, const char *member)
{
	return text_at(a, arena_printf(asker->arena, "$.webhooks[%d].events[0].%s", at, member));
}

static void owner_score_and_field_have_events_of_their_own(void **state)
{
	static const struct { int event; const char *attribute, *before, *after; } rows[] = {
		{ 4, "OwnerId", NULL, NULL },
		{ 9, "Score", "0", "12" },
		{ 26, "Company", NULL, "Acme" },
	};
	struct asker *asker = *state;
	const char *id = lead(asker, ANN), *path, *rep;
	struct answer a = call(asker, "GET", "/v2/UserManagement.svc/Users.Get", NULL);

	rep = text_at(&a, "$[1].ID");
	path = arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id);
	set(asker, "{\"switches\":{\"webhook_unverified\":1},\"limits\":{\"calls\":0}}");
	hook(asker, 4);
	hook(asker, 9);
	call(asker, "POST", path, "[" A("Company", "Acme") "]");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 0);
	hook(asker, 26);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *value = rows[i].after ? rows[i].after : rep, *url;

		call(asker, "POST", path,
		     arena_printf(asker->arena, "[{\"Attribute\":\"%s\",\"Value\":\"%s%s\"}]",
				  rows[i].attribute, value, i == 2 ? " Ltd" : ""));
		a = hooks(asker);
		/* One of its own, and one of the field that was updated. */
		assert_int_equal(count_at(&a, "$.webhooks"), i == 2 ? 5 : 2 * (i + 1));
		url = text_at(&a, arena_printf(asker->arena, "$.webhooks[%d].url",
					       i == 2 ? 4 : (int)(2 * i + 1)));
		assert_non_null(strstr(url, arena_printf(asker->arena, "eventType=%d",
							 rows[i].event)));
	}
	assert_string_equal(event_at(asker, &a, 1, "After.OwnerId"), rep);
	assert_string_equal(event_at(asker, &a, 1, "Before.OwnerIdName"), "Ada Admin");
	assert_string_equal(event_at(asker, &a, 1, "After.OwnerIdName"), "Rae Rep");
	assert_string_equal(event_at(asker, &a, 3, "Before.Score"), "0");
	assert_string_equal(event_at(asker, &a, 3, "After.Score"), "12");
	assert_string_equal(event_at(asker, &a, 4, "Before.Company"), "Acme");
}

static void an_activity_that_is_updated_is_told_again(void **state)
{
	struct asker *asker = *state;
	const char *made = activity(asker, lead(asker, ANN));
	struct answer a;

	set(asker, "{\"switches\":{\"webhook_unverified\":1}}");
	hook(asker, 15);
	a = call(asker, "POST", ACTIVITY "CustomActivity/Update",
		 arena_printf(asker->arena,
			      "{\"ProspectActivityId\":\"%s\",\"ActivityEvent\":201,\"Fields\":"
			      "[{\"SchemaName\":\"mx_Custom_1\",\"Value\":\"w\"}]}",
			      made));
	assert_status(a, 200);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	assert_string_equal(event_at(asker, &a, 0, "ProspectActivityId"), made);
	assert_string_equal(event_at(asker, &a, 0, "Data.mx_Custom_1"), "w");
}

static const char *task(struct asker *asker, const char *lead_id, const char *due)
{
	struct answer a = call(
		asker, "POST", "/v2/Task.svc/Create",
		arena_printf(asker->arena,
			     "{\"Name\":\"Call back\",\"RelatedEntity\":1,\"RelatedEntityId\":\"%s\","
			     "\"DueDate\":\"%s\",\"Reminder\":30}",
			     lead_id, due));

	assert_status(a, 200);
	return text_at(&a, "$.Message.Id");
}

static void a_task_is_told_when_it_is_made_due_changed_and_done(void **state)
{
	struct asker *asker = *state;
	const char *id, *one;
	struct answer a;

	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  "{\"set\":\"2099-03-01T08:00:00Z\",\"freeze\":true}"),
		      200);
	set(asker, "{\"switches\":{\"webhook_unverified\":1,\"webhooks_max\":30},\"limits\":"
		   "{\"calls\":0}}");
	hook(asker, 7);
	hook(asker, 8);
	hook(asker, 16);
	hook(asker, 17);
	id = lead(asker, ANN);
	one = task(asker, id, "2099-03-01 09:00:00");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].url"), "eventType=7"));
	assert_string_equal(event_at(asker, &a, 0, "Name"), "Call back");
	assert_string_equal(event_at(asker, &a, 0, "RelatedEntityId"), id);
	edit(asker, "tasks", one, "{\"DueDate\":\"2099-03-01 09:10:00\"}");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 2);
	assert_non_null(strstr(text_at(&a, "$.webhooks[1].url"), "eventType=17"));
	/* Half an hour before it is due, at its new time and once, whatever else is edited. */
	edit(asker, "tasks", one, "{\"Description\":\"flat\"}");
	pass_time(asker, 39 * 60000);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 3);
	pass_time(asker, 60000);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 4);
	assert_non_null(strstr(text_at(&a, "$.webhooks[3].url"), "eventType=8"));
	edit(asker, "tasks", one, "{\"StatusCode\":1}");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 5);
	assert_non_null(strstr(text_at(&a, "$.webhooks[4].url"), "eventType=16"));
	/* Of one that is done nobody is reminded. */
	one = task(asker, id, "2099-03-01 12:00:00");
	edit(asker, "tasks", one, "{\"StatusCode\":1}");
	pass_time(asker, 6 * 3600000);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 7);
}

static void an_opportunity_is_told_as_an_activity_is(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	set(asker, "{\"switches\":{\"webhook_unverified\":1}}");
	hook(asker, 31);
	hook(asker, 32);
	a = call(asker, "POST", "/v2/OpportunityManagement.svc/Capture",
		 "{\"LeadDetails\":[" A("EmailAddress", "ann@acme.test") "],\"Opportunity\":{"
		 "\"OpportunityEventCode\":12000,\"Fields\":[{\"SchemaName\":\"Status\",\"Value\":"
		 "\"Open\"},{\"SchemaName\":\"mx_Custom_1\",\"Value\":\"2 BHK\"}]}}");
	edit(asker, "opportunities", text_at(&a, "$.AdditionalDetails[0].ActivityId"),
	     "{\"Status\":\"Won\"}");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 2);
	assert_string_equal(event_at(asker, &a, 0, "ActivityEvent"), "12000");
	assert_string_equal(event_at(asker, &a, 0, "Data.Status"), "Open");
	assert_string_equal(event_at(asker, &a, 0, "Data.mx_Custom_1"), "2 BHK");
	assert_non_null(strstr(text_at(&a, "$.webhooks[1].url"), "eventType=32"));
	assert_string_equal(event_at(asker, &a, 1, "Data.Status"), "Won");
}

/* --- automations (7d) --- */

static void automate(struct asker *asker, int event, int wait_s)
{
	assert_status(ask(asker, "POST", RECORDS "/automations",
			  arena_printf(asker->arena,
				       "{\"Name\":\"Lead Sync\",\"WebhookEvent\":%d,\"URL\":"
				       "\"https://f.invalid/in\",\"WaitSeconds\":%d,\"IsActive\":true}",
				       event, wait_s)),
		      201);
}

/* What set it off is told as it was, the lead as it is when the action runs. */
static void an_automation_tells_what_set_it_off_and_the_lead_of_now(void **state)
{
	struct asker *asker = *state;
	const char *id, *path;
	struct answer a;

	automate(asker, 3, 0);
	automate(asker, 6, 60);
	id = lead(asker, ANN);
	pass_time(asker, 10);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].url"), "?entityType=automation&entityId="));
	assert_non_null(strstr(text_at(&a, "$.webhooks[0].url"), "&eventType=3"));
	assert_string_equal(event_at(asker, &a, 0, "EmailAddress"), "ann@acme.test");
	assert_string_equal(event_at(asker, &a, 0, "Current.ProspectID"), id);
	path = arena_printf(asker->arena, LEAD "Lead.Update?leadId=%s", id);
	call(asker, "POST", path, "[" A("Company", "Acme") "]");
	call(asker, "POST", arena_printf(asker->arena, "%s&postUpdatedLead=false", path),
	     "[" A("Company", "Beta") "]");
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	pass_time(asker, 61000);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 2);
	assert_true(json_is_null(json_at(a.json, "$.webhooks[1].events[0].Before.Company")));
	assert_string_equal(event_at(asker, &a, 1, "After.Company"), "Acme");
	assert_string_equal(event_at(asker, &a, 1, "Current.Company"), "Beta");
}

static void an_automation_of_an_activity_tells_its_id(void **state)
{
	struct asker *asker = *state;
	const char *id = lead(asker, ANN), *one;
	struct answer a;

	automate(asker, 2, 0);
	one = activity(asker, id);
	pass_time(asker, 10);
	a = hooks(asker);
	assert_int_equal(count_at(&a, "$.webhooks"), 1);
	assert_string_equal(event_at(asker, &a, 0, "ProspectActivityId"), one);
	text_at(&a, "$.webhooks[0].events[0].CreatedOn");
	assert_string_equal(event_at(asker, &a, 0, "Current.EmailAddress"), "ann@acme.test");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_webhook_tells_of_a_new_lead_flat),
		TEST(a_webhook_tells_before_and_after),
		TEST(activities_of_a_minute_are_told_together),
		TEST(a_plan_has_so_many_webhooks),
		TEST(owner_score_and_field_have_events_of_their_own),
		TEST(an_activity_that_is_updated_is_told_again),
		TEST(a_task_is_told_when_it_is_made_due_changed_and_done),
		TEST(an_opportunity_is_told_as_an_activity_is),
		TEST(an_automation_tells_what_set_it_off_and_the_lead_of_now),
		TEST(an_automation_of_an_activity_tells_its_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
