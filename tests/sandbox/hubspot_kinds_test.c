/* hubspot_kinds_test.c - tests src/sandbox/hubspot_schema.c: objects beside contacts, what
 * they need and what they are associated with. */
#include "ask.h"

#define OBJECTS "/crm/objects/2026-09/"

static int setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->base = "/hubspot";
	ask(asker, "POST", OBJECTS "contacts", "{\"properties\":{\"email\":\"jo@north.example\"}}");
	ask(asker, "POST", OBJECTS "companies", "{\"properties\":{\"name\":\"North\"}}");
	return rc;
}

/* Numbers of an association, from the fact sheet (6) where it has them. */
static const struct {
	const char *kind, *id, *properties;
	int to_contact, to_company;
	const char *label, *back;
} kinds[] = {
	{ "leads", "0-136", "\"hs_lead_name\":\"Jo North\"", 578, 610, "lead_to_primary_contact",
	  "primary_contact_to_lead" },
	{ "tickets", "0-5", "\"subject\":\"Help\",\"hs_pipeline\":\"0\",\"hs_pipeline_stage\":\"1\"",
	  16, 339, "ticket_to_contact", "contact_to_ticket" },
	{ "notes", "0-46", "\"hs_timestamp\":\"2026-02-03T10:00:00Z\"", 202, 190,
	  "note_to_contact", "contact_to_note" },
	{ "tasks", "0-27", "\"hs_timestamp\":\"2026-02-03T10:00:00Z\"", 204, 192,
	  "task_to_contact", "contact_to_task" },
	{ "calls", "0-48", "\"hs_timestamp\":\"1769000000000\",\"hs_call_status\":\"COMPLETED\"",
	  194, 182, "call_to_contact", "contact_to_call" },
	{ "meetings", "0-47",
	  "\"hs_timestamp\":\"2026-02-03T10:00:00Z\",\"hs_meeting_outcome\":\"NO_SHOW\"", 200, 188,
	  "meeting_to_contact", "contact_to_meeting" },
	{ "emails", "0-49",
	  "\"hs_timestamp\":\"2026-02-03T10:00:00Z\",\"hs_email_direction\":\"EMAIL\"", 198, 186,
	  "email_to_contact", "contact_to_email" },
};

static struct answer create(struct asker *asker, size_t i, const char *associations)
{
	return ask(asker, "POST", arena_printf(asker->arena, OBJECTS "%s", kinds[i].kind),
		   arena_printf(asker->arena, "{\"properties\":{%s},\"associations\":[%s]}",
				kinds[i].properties, associations));
}

static const char *to(struct asker *asker, const char *id, int type)
{
	return arena_printf(asker->arena,
			    "{\"to\":{\"id\":\"%s\"},\"types\":[{\"associationCategory\":"
			    "\"HUBSPOT_DEFINED\",\"associationTypeId\":%d}]}",
			    id, type);
}

static void each_is_associated_and_seen_from_both_ends(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const char *id;

		a = create(asker, i,
			   arena_printf(asker->arena, "%s,%s", to(asker, "501", kinds[i].to_contact),
					to(asker, "3001", kinds[i].to_company)));
		assert_status(a, 201);
		id = arena_strdup(asker->arena, text_at(&a, "$.id"));
		a = ask(asker, "GET",
			arena_printf(asker->arena, OBJECTS "%s/%s?associations=contacts,companies",
				     kinds[i].id, id),
			NULL);
		assert_status(a, 200);
		assert_text_at(a, "$.associations.contacts.results[0].id", "501");
		assert_text_at(a, "$.associations.contacts.results[0].type", kinds[i].label);
		assert_text_at(a, "$.associations.companies.results[0].id", "3001");
		a = ask(asker, "GET",
			arena_printf(asker->arena, OBJECTS "contacts/501?associations=%s",
				     kinds[i].kind),
			NULL);
		assert_text_at(a,
			       arena_printf(asker->arena, "$.associations.%s.results[0].type",
					    kinds[i].kind),
			       kinds[i].back);
	}
}

static void a_company_s_unlabelled_association_is_turned_round_whole(void **state)
{
	struct asker *asker = *state;
	struct answer a;

	ask(asker, "PUT", OBJECTS "contacts/501/associations/default/companies/3001", NULL);
	a = ask(asker, "GET", OBJECTS "companies/3001?associations=contacts", NULL);
	assert_text_at(a, "$.associations.contacts.results[0].type",
		       "company_to_contact_unlabeled");
}

static void each_lacks_what_it_needs(void **state)
{
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct answer a = ask(asker, "POST",
				      arena_printf(asker->arena, OBJECTS "%s", kinds[i].kind),
				      "{\"properties\":{}}");

		assert_status(a, 400);
		assert_text_at(a, "$.category", "VALIDATION_ERROR");
		assert_text_at(a, "$.errors[0].code", "REQUIRED_FIELD");
	}
}

static void a_lead_needs_a_contact_that_is_there(void **state)
{
	struct asker *asker = *state;
	struct answer a = create(asker, 0, "");

	assert_status(a, 400);
	assert_text_at(a, "$.category", "VALIDATION_ERROR");
	assert_status(create(asker, 0, to(asker, "3001", 610)), 400);
	assert_status(create(asker, 0, to(asker, "999", 578)), 404);
	a = ask(asker, "GET", OBJECTS "leads", NULL);
	assert_int_equal(count_at(&a, "$.results"), 0);
	assert_status(create(asker, 0, to(asker, "501", 578)), 201);
}

static void stages_are_those_of_the_kind_s_pipeline(void **state)
{
	struct asker *asker = *state;
	struct answer a = ask(asker, "GET", "/crm/pipelines/2026-09/leads", NULL);

	assert_text_at(a, "$.results[0].id", "lead-pipeline-id");
	assert_text_at(a, "$.results[0].stages[0].id", "new-stage-id");
	a = ask(asker, "GET", "/crm/pipelines/2026-09/tickets/0/stages/4", NULL);
	assert_text_at(a, "$.metadata.ticketState", "CLOSED");
	create(asker, 0, to(asker, "501", 578));
	assert_status(ask(asker, "PATCH", OBJECTS "leads/6001",
			  "{\"properties\":{\"hs_pipeline_stage\":\"qualified-stage-id\"}}"),
		      200);
	assert_status(ask(asker, "PATCH", OBJECTS "leads/6001",
			  "{\"properties\":{\"hs_pipeline_stage\":\"closedwon\"}}"),
		      400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_associated_and_seen_from_both_ends),
		TEST(a_company_s_unlabelled_association_is_turned_round_whole),
		TEST(each_lacks_what_it_needs),
		TEST(a_lead_needs_a_contact_that_is_there),
		TEST(stages_are_those_of_the_kind_s_pipeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
