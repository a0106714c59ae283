#include "fixture.h"

#include "mapping/take.h"

#define TEXT(t) { VALUE_TEXT, t }
#define NULLED { VALUE_NULL, NULL }
#define NONE { VALUE_ABSENT, NULL }

static const struct mapping_ground ground = { &crm_catalog, &crm, &crm_connection };

/* One line, what the lead has (at 100), what was and is there. */
struct change {
	const char *line;
	struct value ours, before, now; /* before absent: never seen */
	int64_t changed_at;
	enum take_verdict verdict;
	struct value value;
	const char *code;
};

static void check_change(struct arena *arena, size_t at, const struct change *c)
{
	struct compiled_mapping *m = compiled_of(arena,
						 arena_printf(arena, NAME_LINE ",%s", c->line),
						 &ground);
	struct lead_field lead[] = {
		{ .name = m->lines[1].field->from, .value = c->ours, .at = 100 },
		{ .name = NULL },
	};
	struct field now = { m->lines[1].field->to, c->now };
	struct field before = { m->lines[1].field->to, c->before };
	struct taken *taken;

	assert_int_equal(mapping_take(arena, m, fixture_value_of, lead, &now, 1, &before,
				      c->before.type != VALUE_ABSENT, c->changed_at, &taken),
			 1);
	if (taken->verdict != c->verdict)
		fail_msg("%zu: %s (%s)", at, take_verdict_name(taken->verdict),
			 taken->reason ? taken->reason : "");
	if (c->verdict == TAKE_SET && !value_equal(taken->value, c->value))
		fail_msg("%zu: \"%s\"", at, taken->value.text);
	if (c->code)
		assert_string_equal(taken->code, c->code);
	if (c->verdict == TAKE_CONFLICT || c->verdict == TAKE_HELD)
		assert_non_null(taken->instruction);
}

#define BOTH(from, to, more)                                                            \
	"{\"from\":\"" from "\",\"to\":\"" to "\",\"direction\":\"both\"" more "}"
#define COMPANY(policy) BOTH("company", "Company", ",\"policy\":\"" policy "\"")
#define STATUS                                                                          \
	BOTH("status", "Status",                                                        \
	     ",\"via\":[{\"lookup\":{\"table\":{\"new\":\"NEW\",\"working\":[\"OPEN\"," \
	     "\"UNQUALIFIED\"]}}}]")

static void the_policy_says_what_is_taken(void **state)
{
	static const struct change changes[] = {
		/* only what differs from what was seen has changed */
		{ COMPANY("crm"), TEXT("A"), TEXT("B"), TEXT("B "), 200, TAKE_UNCHANGED, NONE,
		  NULL },
		{ COMPANY("crm"), TEXT("A"), TEXT("A"), TEXT("B"), 1, TAKE_SET, TEXT("B"), NULL },
		{ COMPANY("crm"), TEXT("A"), NONE, TEXT("B"), 1, TAKE_SET, TEXT("B"), NULL },
		{ COMPANY("crm"), TEXT("A"), NONE, TEXT("A"), 1, TAKE_UNCHANGED, NONE, NULL },
		{ COMPANY("fairlead"), TEXT("A"), TEXT("A"), TEXT("B"), 200, TAKE_KEPT, NONE,
		  "fairlead_owned" },
		{ COMPANY("newest"), TEXT("A"), TEXT("A"), TEXT("B"), 100, TAKE_SET, TEXT("B"),
		  NULL },
		{ COMPANY("newest"), TEXT("A"), TEXT("A"), TEXT("B"), 99, TAKE_KEPT, NONE,
		  "older" },
		{ COMPANY("newest"), TEXT("A"), TEXT("A"), TEXT("B"), 0, TAKE_CONFLICT, NONE,
		  "unknown_age" },
		{ COMPANY("newest"), NONE, NULLED, TEXT("B"), 0, TAKE_SET, TEXT("B"), NULL },
		{ COMPANY("fill_if_empty"), TEXT("A"), TEXT("A"), TEXT("B"), 200, TAKE_KEPT,
		  NONE, "not_empty" },
		{ COMPANY("fill_if_empty"), NONE, NULLED, TEXT("B"), 200, TAKE_SET, TEXT("B"),
		  NULL },
		{ COMPANY("manual"), TEXT("A"), TEXT("A"), TEXT("B"), 200, TAKE_CONFLICT, NONE,
		  "manual" },
		{ COMPANY("manual"), NONE, NULLED, TEXT("B"), 200, TAKE_SET, TEXT("B"), NULL },
		/* an empty field clears only what the CRM owns */
		{ COMPANY("crm"), TEXT("A"), TEXT("A"), NULLED, 200, TAKE_CLEAR, NONE, NULL },
		{ COMPANY("newest"), TEXT("A"), TEXT("A"), TEXT(" "), 200, TAKE_KEPT, NONE,
		  "empty" },
		{ COMPANY("crm"), NONE, TEXT("A"), NULLED, 200, TAKE_UNCHANGED, NONE, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		check_change(arena, i, &changes[i]);
	arena_free(arena);
}

static void a_rendering_of_our_value_is_no_change(void **state)
{
	static const struct change changes[] = {
		/* cut, rounded, in another form: never seen before, and yet ours */
		{ BOTH("company", "Company", ",\"via\":[{\"truncate\":5}]"),
		  TEXT("Analytical Engines"), TEXT("Old"), TEXT("Analy"), 200, TAKE_UNCHANGED,
		  NONE, NULL },
		{ BOTH("company", "Company", ",\"via\":[\"upper\"]"), TEXT("Engines"),
		  TEXT("Old"), TEXT("ENGINES"), 200, TAKE_UNCHANGED, NONE, NULL },
		{ BOTH("custom.b", "Budget__c", ",\"via\":[{\"number\":0}]"), TEXT("99.6"),
		  TEXT("1"), TEXT("100.00"), 200, TAKE_UNCHANGED, NONE, NULL },
		{ BOTH("phone", "Phone", ",\"via\":[{\"national\":\"US\"}]"),
		  TEXT("+14155552671"), NULLED, TEXT("(415) 555-2671"), 200, TAKE_UNCHANGED,
		  NONE, NULL },
		{ BOTH("custom.when", "Day__c", ",\"via\":[{\"date\":{\"zone\":\"Asia/Kolkata\"}}]"),
		  TEXT("2026-03-02T20:14:07Z"), NULLED, TEXT("2026-03-03"), 200, TAKE_UNCHANGED,
		  NONE, NULL },
		{ STATUS, TEXT("working"), TEXT("NEW"), TEXT("OPEN"), 200, TAKE_UNCHANGED, NONE,
		  NULL },
		/* two of theirs are one of ours */
		{ STATUS, TEXT("working"), TEXT("OPEN"), TEXT("UNQUALIFIED"), 200,
		  TAKE_UNCHANGED, NONE, NULL },
		{ STATUS, TEXT("new"), TEXT("NEW"), TEXT("UNQUALIFIED"), 200, TAKE_SET,
		  TEXT("working"), NULL },
		{ STATUS, TEXT("new"), TEXT("NEW"), TEXT("CLOSED"), 200, TAKE_HELD, NONE,
		  "not_in_table" },
		/* our default there is nothing that the CRM told us */
		{ BOTH("company", "Company", ",\"default\":\"Unknown\""), NONE, NONE,
		  TEXT("Unknown"), 200, TAKE_UNCHANGED, NONE, NULL },
		/* and a change is one */
		{ BOTH("company", "Company", ",\"via\":[{\"truncate\":5}]"),
		  TEXT("Analytical Engines"), TEXT("Analy"), TEXT("Analyt"), 200, TAKE_SET,
		  TEXT("Analyt"), NULL },
		{ BOTH("phone", "Phone", ",\"via\":[{\"national\":\"US\"}]"),
		  TEXT("+14155552671"), NULLED, TEXT("(415) 555-2672"), 200, TAKE_SET,
		  TEXT("+14155552672"), NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		check_change(arena, i, &changes[i]);
	arena_free(arena);
}

static void only_lines_that_read_are_looked_at(void **state)
{
	static const struct field now[] = { { "Company", TEXT("B") }, { "Phone", TEXT("1") },
					    { "Other", TEXT("x") } };
	struct arena *arena = arena_new();
	struct compiled_mapping *m = compiled_of(
		arena,
		NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\"},"
			  "{\"from\":\"phone\",\"to\":\"Phone\",\"direction\":\"in\"},"
			  "{\"from\":\"city\",\"to\":\"FirstName\",\"direction\":\"in\"}",
		&ground);
	struct taken *taken;

	(void)state;
	assert_int_equal(mapping_take(arena, m, fixture_value_of, NULL, now, 3, NULL, 0, 0,
				      &taken), 1);
	assert_string_equal(taken->line->field->to, "Phone");
	assert_int_equal(taken->verdict, TAKE_SET);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_says_what_is_taken),
		cmocka_unit_test(a_rendering_of_our_value_is_no_change),
		cmocka_unit_test(only_lines_that_read_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
