#include "support/check.h"

#include "model/fact.h"
#include "model/submission.h"

static struct lead lead_of(struct lead_field *fields, size_t count)
{
	return (struct lead){ .fields = fields, .nfields = count };
}

static void names_are_read_back(void **state)
{
	enum fact_kind kind;

	(void)state;
	for (int i = 0; i < FACT_KINDS; i++) {
		assert_true(fact_kind_parse(fact_kind_name((enum fact_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(fact_kind_parse("viewed", &kind));
}

static void changes_of_status_and_qualification_are_facts(void **state)
{
	struct arena *arena = arena_new();
	struct lead_field old[] = { { .name = "status", .value = value_text("new") },
				    { .name = "company", .value = value_text("A") } };
	struct lead_field new[] = { { .name = "status", .value = value_text("lost") },
				    { .name = "company", .value = value_text("B") },
				    { .name = "qualification_status",
				      .value = value_text("hot") } };
	struct lead before = lead_of(old, 2), after = lead_of(new, 3);
	struct fact facts[FACTS_MAX];

	(void)state;
	assert_int_equal(facts_of_change(arena, &before, &after, 7, facts, 0), 2);
	assert_int_equal(facts[0].kind, FACT_STATUS);
	assert_int_equal(facts[0].at, 7);
	assert_string_equal(facts[0].text, "Status: new -> lost");
	assert_string_equal(facts[0].before, "new");
	assert_string_equal(facts[0].after, "lost");
	assert_int_equal(facts[1].kind, FACT_QUALIFICATION);
	assert_string_equal(facts[1].text, "Qualification: hot");
	assert_null(facts[1].before);
	assert_int_equal(facts_of_change(arena, &after, &after, 7, facts, 0), 0);
	/* A new lead's status is one; a status that was taken away too. */
	assert_int_equal(facts_of_change(arena, NULL, &before, 7, facts, 0), 1);
	after.nfields = 0;
	assert_int_equal(facts_of_change(arena, &before, &after, 7, facts, 0), 1);
	assert_string_equal(facts[0].text, "Status: new -> none");
	assert_null(facts[0].after);
	arena_free(arena);
}

static void enquiries_and_consents_are_facts(void **state)
{
	struct arena *arena = arena_new();
	const struct enquiry asked = { .id = 5, .external_id = "q1", .message = "To Turin?",
				       .occurred_at = 9 };
	const struct enquiry silent = { .id = 5 };
	const struct consent consents[] = {
		{ .channel = "email", .purpose = "marketing", .is_granted = true,
		  .wording = "Yes, write to me" },
		{ .channel = "sms", .purpose = "all", .at = 3 },
	};
	struct fact facts[FACTS_MAX];
	size_t count;

	(void)state;
	count = facts_of_enquiry(arena, &asked, facts, 0);
	count = facts_of_enquiry(arena, &silent, facts, count);
	count = facts_of_consents(arena, consents, 2, facts, count);
	assert_int_equal(count, 4);
	assert_string_equal(facts[0].text, "To Turin?");
	assert_string_equal(facts[0].subject, "q1");
	assert_int_equal(facts[0].at, 9);
	assert_string_equal(facts[1].text, "Asked");
	assert_string_equal(facts[2].text, "Consent given: email, marketing: Yes, write to me");
	assert_string_equal(facts[3].text, "Consent withdrawn: sms, all");
	assert_string_equal(facts[3].subject, "sms, all");
	/* There is no more room than there is. */
	assert_int_equal(facts_of_consents(arena, consents, 2, facts, FACTS_MAX), FACTS_MAX);
	arena_free(arena);
}

static void facts_are_read_as_fields(void **state)
{
	struct arena *arena = arena_new();
	const struct fact fact = { .kind = FACT_CONSENT, .at = 1772442847213, .text = "t" };
	struct lead_field fields[FACT_FIELDS];
	size_t count = fact_fields(arena, &fact, fields);

	(void)state;
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		assert_true(fact_field_exists(fields[i].name));
	assert_string_equal(fields[0].value.text, "consent");
	assert_string_equal(fields[1].name, "activity.at");
	assert_string_equal(fields[1].value.text, "2026-03-02T09:14:07.213Z");
	assert_false(fact_field_exists("activity.wording"));
	assert_false(fact_field_exists("email"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_back),
		cmocka_unit_test(changes_of_status_and_qualification_are_facts),
		cmocka_unit_test(enquiries_and_consents_are_facts),
		cmocka_unit_test(facts_are_read_as_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
