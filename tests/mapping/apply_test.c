#include "applied.h"

static const struct there nothing_there;

static void a_new_record_gets_all_that_there_is(void **state)
{
	static const struct lead_field lead[] = {
		{ .name = "last_name", .value = TEXT("Byron") },
		{ .name = "email", .value = TEXT("ada@x.org") },
		{ .name = "score", .value = NUMBER("80") },
		{ .name = "custom.member", .value = TEXT("yes") },
		{ .name = NULL },
	};
	struct arena *arena = arena_new();
	struct applied a = applied_to(
		arena,
		"{\"from\":\"last_name\",\"to\":\"LastName\",\"default\":\"-\"},"
		"{\"from\":\"email\",\"to\":\"Email\"},"
		"{\"from\":\"score\",\"to\":\"Score__c\"},"
		"{\"from\":\"custom.member\",\"to\":\"Member__c\",\"via\":[\"boolean\"]},"
		"{\"from\":\"phone\",\"to\":\"Phone\"},"
		"{\"to\":\"Company\",\"default\":\"Unknown\"},"
		"{\"from\":\"city\",\"to\":\"Origin__c\",\"on\":false},"
		"{\"from\":\"city\",\"to\":\"Later__c\",\"direction\":\"in\"}",
		lead, RECORD_CREATE, NULL);

	(void)state;
	assert_int_equal(a.verdict, APPLIED_WRITE);
	assert_int_equal(a.nlines, 8);
	assert_int_equal(a.nfields, 5);
	assert_string_equal(a.fields[0].name, "LastName");
	assert_string_equal(a.fields[0].value.text, "Byron");
	assert_int_equal(a.fields[2].value.type, VALUE_NUMBER);
	assert_int_equal(a.fields[3].value.type, VALUE_BOOL);
	assert_string_equal(a.fields[4].value.text, "Unknown");
	assert_true(a.lines[5].is_default);
	check_line(&a, 4, LINE_NOTHING, "nothing");
	check_line(&a, 6, LINE_OFF, "off");
	check_line(&a, 7, LINE_OFF, "read_only");
	arena_free(arena);
}

static void the_default_fills_what_is_empty(void **state)
{
	static const struct {
		enum record_action action;
		struct value ours, seen;
		enum line_verdict verdict;
		const char *wanted; /* NULL: not looked at */
	} cases[] = {
		{ RECORD_CREATE, NONE, NONE, LINE_WRITE, "Unknown" },
		{ RECORD_CREATE, TEXT(""), NONE, LINE_WRITE, "Unknown" },
		{ RECORD_CREATE, TEXT("A"), NONE, LINE_WRITE, "A" },
		{ RECORD_CREATE, NULLED, NONE, LINE_NOTHING, NULL }, /* cleared, not missing */
		{ RECORD_UPDATE, NONE, NULLED, LINE_WRITE, "Unknown" },
		{ RECORD_UPDATE, NONE, TEXT("B"), LINE_NOTHING, NULL },
		{ RECORD_UPDATE, NONE, NONE, LINE_UNREAD, NULL },
		{ RECORD_UPDATE, NULLED, NULLED, LINE_SAME, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lead_field lead[] = {
			{ .name = "company", .value = cases[i].ours, .at = 100 },
			{ .name = NULL },
		};
		struct field seen[] = { { "LastName", TEXT("x") }, { "Company", cases[i].seen } };
		struct there there = { .seen = seen, .changed_at = 1,
				       .nseen = cases[i].seen.type == VALUE_ABSENT ? 1 : 2 };
		struct applied a = applied_to(
			arena, NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\","
					 "\"default\":\"Unknown\"}",
			lead, cases[i].action, &there);

		if (a.lines[1].verdict != cases[i].verdict)
			fail_msg("%zu: %s", i, line_verdict_name(a.lines[1].verdict));
		if (cases[i].wanted)
			assert_string_equal(a.lines[1].wanted.text, cases[i].wanted);
	}
	arena_free(arena);
}

static void an_optional_field_that_does_not_fit_is_held_alone(void **state)
{
	struct lead_field lead[] = {
		{ .name = "company", .value = TEXT("A company of a very long name") },
		{ .name = "email", .value = TEXT("ada@x.org") },
		{ .name = NULL },
	};
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena,
				      NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\"},"
						"{\"from\":\"email\",\"to\":\"Email\"}",
				      lead, RECORD_CREATE, &nothing_there);

	(void)state;
	assert_int_equal(a.verdict, APPLIED_WRITE);
	assert_int_equal(a.nfields, 2);
	check_line(&a, 1, LINE_HELD, "too_long");
	assert_string_equal(a.lines[1].reason, "Company: 29 characters, but the field takes 20");
	assert_string_equal(a.lines[1].instruction,
			    "shorten it, or add {truncate: 20} to the line of the mapping");
	assert_null(a.failed);
	arena_free(arena);
}

static void a_key_that_does_not_fit_fails_the_delivery(void **state)
{
	struct lead_field lead[] = { { .name = "email", .value = TEXT("ada at x") },
				     { .name = NULL } };
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena, NAME_LINE ",{\"from\":\"email\",\"to\":\"Email\"}",
				      lead, RECORD_CREATE, NULL);

	(void)state;
	assert_int_equal(a.verdict, APPLIED_FAILED);
	assert_string_equal(a.failed->code, "not_email");
	arena_free(arena);
}

static void a_required_field_must_be_there(void **state)
{
	struct field seen[] = { { "LastName", TEXT("Byron") } };
	struct there there = { .seen = seen, .nseen = 1, .changed_at = 1 };
	struct lead_field lead[] = { { .name = "last_name", .value = NULLED, .at = 100 },
				     { .name = NULL } };
	const char *fields = "{\"from\":\"last_name\",\"to\":\"LastName\"}";
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena, fields, NULL, RECORD_CREATE, NULL);

	(void)state;
	assert_int_equal(a.verdict, APPLIED_FAILED);
	assert_string_equal(a.failed->code, "required_missing");
	assert_string_equal(a.failed->reason, "Last name: must be given when a record is "
					      "created, and the lead has no value for it");
	/* It is there, and an explicit null cannot clear it. */
	a = applied_to(arena, fields, lead, RECORD_UPDATE, &there);
	assert_int_equal(a.verdict, APPLIED_NOTHING);
	a = applied_to(arena, "{\"from\":\"last_name\",\"to\":\"LastName\",\"default\":\"-\"}",
		       lead, RECORD_CREATE, NULL);
	assert_string_equal(a.fields[0].value.text, "-");
	arena_free(arena);
}

static void fields_are_written_when_the_crm_takes_them(void **state)
{
	struct lead_field lead[] = { { .name = "city", .value = TEXT("Pune"), .at = 100 },
				     { .name = NULL } };
	struct field seen[] = { { "LastName", TEXT("x") }, { "Origin__c", NULLED },
				{ "Later__c", NULLED } };
	struct there there = { .seen = seen, .nseen = 3, .changed_at = 1 };
	const char *fields = NAME_LINE ",{\"from\":\"city\",\"to\":\"Origin__c\"},"
				       "{\"from\":\"city\",\"to\":\"Later__c\"}";
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena, fields, lead, RECORD_CREATE, NULL);

	(void)state;
	check_line(&a, 1, LINE_WRITE, NULL);
	check_line(&a, 2, LINE_KEPT, "not_creatable");
	a = applied_to(arena, fields, lead, RECORD_UPDATE, &there);
	check_line(&a, 1, LINE_KEPT, "not_updatable");
	check_line(&a, 2, LINE_WRITE, NULL);
	arena_free(arena);
}

static void what_the_crm_has_is_not_sent(void **state)
{
	struct lead_field lead[] = {
		{ .name = "score", .value = NUMBER("5") },
		{ .name = "qualification_at", .value = TEXT("2026-03-02T09:14:07.213Z") },
		{ .name = "phone", .value = TEXT("+14155552671") },
		{ .name = "custom.i", .value = { VALUE_LIST, "[\"NEW\",\"OPEN\"]" } },
		{ .name = "custom.m", .value = TEXT("yes") },
		{ .name = NULL },
	};
	struct field seen[] = {
		{ "LastName", TEXT("x") },
		{ "Score__c", TEXT("5.0") },
		{ "Qualified__c", TEXT("2026-03-02T09:14:07.000+0000") },
		{ "Phone", TEXT("(415) 555-2671") },
		{ "Interests__c", TEXT("OPEN;NEW") },
		{ "Member__c", TEXT("true") },
	};
	struct there there = { .seen = seen, .nseen = 6 };
	struct arena *arena = arena_new();
	struct applied a = applied_to(
		arena,
		NAME_LINE ",{\"from\":\"score\",\"to\":\"Score__c\"},"
			  "{\"from\":\"qualification_at\",\"to\":\"Qualified__c\"},"
			  "{\"from\":\"phone\",\"to\":\"Phone\"},"
			  "{\"from\":\"custom.i\",\"to\":\"Interests__c\"},"
			  "{\"from\":\"custom.m\",\"to\":\"Member__c\",\"via\":[\"boolean\"]}",
		lead, RECORD_UPDATE, &there);

	(void)state;
	for (size_t i = 1; i < a.nlines; i++)
		check_line(&a, i, LINE_SAME, NULL);
	assert_int_equal(a.verdict, APPLIED_NOTHING);
	assert_int_equal(a.nfields, 0);
	arena_free(arena);
}

static void what_is_to_be_read_is_named(void **state)
{
	struct lead_field lead[] = { { .name = "company", .value = TEXT("A") },
				     { .name = "city", .value = TEXT("Pune") },
				     { .name = NULL } };
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena,
				      NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\"},"
						"{\"from\":\"city\",\"to\":\"FirstName\"}",
				      lead, RECORD_UPDATE, &nothing_there);

	(void)state;
	assert_int_equal(a.verdict, APPLIED_UNREAD);
	assert_int_equal(a.nunread, 3);
	assert_string_equal(a.unread[0], "LastName");
	assert_string_equal(a.unread[1], "Company");
	assert_string_equal(a.unread[2], "FirstName");
	arena_free(arena);
}

static void the_whole_record_keeps_what_is_not_ours(void **state)
{
	struct lead_field lead[] = {
		{ .name = "company", .value = TEXT("A"), .at = 100 },
		{ .name = "email", .value = TEXT("ada@x.org"), .at = 100 },
		{ .name = NULL },
	};
	struct field seen[] = { { "LastName", TEXT("Byron") }, { "Company", TEXT("B") },
				{ "Email", TEXT("ada@x.org") } };
	struct there there = { .seen = seen, .nseen = 3, .changed_at = 1 };
	struct arena *arena = arena_new();
	struct applied a = applied_to(
		arena, "{\"from\":\"last_name\",\"to\":\"LastName\"},"
		       "{\"from\":\"company\",\"to\":\"Company\"},"
		       "{\"from\":\"email\",\"to\":\"Email\"}",
		lead, RECORD_UPDATE, &there);
	const struct field *whole;

	(void)state;
	assert_int_equal(a.nfields, 1);
	assert_int_equal(applied_whole(arena, &a, &whole), 3);
	assert_string_equal(whole[0].value.text, "Byron");
	assert_string_equal(whole[1].value.text, "A");
	assert_string_equal(whole[2].value.text, "ada@x.org");
	arena_free(arena);
}

static void a_template_counts_as_its_newest_field(void **state)
{
	struct lead_field lead[] = {
		{ .name = "first_name", .value = TEXT("Ada"), .at = 10 },
		{ .name = "last_name", .value = TEXT("Byron"), .at = 80 },
		{ .name = NULL },
	};
	struct field seen[] = { { "LastName", TEXT("x") }, { "Company", TEXT("Old") } };
	struct there there = { .seen = seen, .nseen = 2, .changed_at = 50 };
	const char *fields = NAME_LINE ",{\"to\":\"Company\",\"via\":[{\"template\":"
				       "\"{first_name} {last_name}\"}]}";
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena, fields, lead, RECORD_UPDATE, &there);

	(void)state;
	check_line(&a, 1, LINE_WRITE, NULL);
	assert_string_equal(a.fields[0].value.text, "Ada Byron");
	there.changed_at = 81;
	a = applied_to(arena, fields, lead, RECORD_UPDATE, &there);
	check_line(&a, 1, LINE_KEPT, "older");
	arena_free(arena);
}

static void every_value_is_carried_through(void **state)
{
	struct lead_field lead[] = { { .name = "qualification_status", .value = TEXT("Q") },
				     { .name = NULL } };
	struct arena *arena = arena_new();
	struct applied a = applied_to(
		arena, NAME_LINE ",{\"from\":\"qualification_status\",\"to\":\"Company\"}", lead,
		RECORD_CREATE, NULL);

	(void)state;
	assert_true(a.lines[1].line->field->is_every_value);
	assert_false(a.lines[0].line->field->is_every_value);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_record_gets_all_that_there_is),
		cmocka_unit_test(the_default_fills_what_is_empty),
		cmocka_unit_test(an_optional_field_that_does_not_fit_is_held_alone),
		cmocka_unit_test(a_key_that_does_not_fit_fails_the_delivery),
		cmocka_unit_test(a_required_field_must_be_there),
		cmocka_unit_test(fields_are_written_when_the_crm_takes_them),
		cmocka_unit_test(what_the_crm_has_is_not_sent),
		cmocka_unit_test(what_is_to_be_read_is_named),
		cmocka_unit_test(the_whole_record_keeps_what_is_not_ours),
		cmocka_unit_test(a_template_counts_as_its_newest_field),
		cmocka_unit_test(every_value_is_carried_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
