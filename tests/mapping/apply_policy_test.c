#include "applied.h"

/* One line under a policy, against what is there. Times: ours 100. */
struct case_of_policy {
	const char *policy;
	struct value ours;
	enum writer writer;
	struct value seen;   /* absent: not read */
	struct value told;   /* absent: never told */
	int64_t changed_at;
	enum line_verdict verdict;
	const char *code;
};

static void check_policy(struct arena *arena, size_t at, const struct case_of_policy *c)
{
	struct lead_field lead[] = {
		{ .name = "company", .value = c->ours, .writer = c->writer, .at = 100,
		  .writer_id = 7 },
		{ .name = NULL },
	};
	struct field seen[] = { { "Company", c->seen }, { "LastName", TEXT("Nobody") } };
	struct field told = { "Company", c->told };
	struct there there = {
		.seen = c->seen.type == VALUE_ABSENT ? seen + 1 : seen,
		.nseen = c->seen.type == VALUE_ABSENT ? 1 : 2,
		.told = &told,
		.ntold = c->told.type != VALUE_ABSENT,
		.changed_at = c->changed_at,
	};
	struct applied a = applied_to(
		arena,
		arena_printf(arena, NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\","
					      "\"policy\":\"%s\"}", c->policy),
		lead, RECORD_UPDATE, &there);

	if (a.lines[1].verdict != c->verdict)
		fail_msg("%zu %s: %s (%s)", at, c->policy,
			 line_verdict_name(a.lines[1].verdict),
			 a.lines[1].reason ? a.lines[1].reason : "");
	if (c->code)
		assert_string_equal(a.lines[1].code, c->code);
	assert_int_equal(a.verdict, c->verdict == LINE_WRITE  ? APPLIED_WRITE :
				    c->verdict == LINE_UNREAD ? APPLIED_UNREAD :
								APPLIED_NOTHING);
}

static void the_policy_says_who_may_overwrite(void **state)
{
	static const struct case_of_policy cases[] = {
		/* fairlead: ours, whatever is there, read or not */
		{ "fairlead", TEXT("A"), 0, TEXT("B"), NONE, 200, LINE_WRITE, NULL },
		{ "fairlead", TEXT("A"), 0, NONE, NONE, 0, LINE_WRITE, NULL },
		{ "fairlead", TEXT("A"), 0, TEXT("A "), NONE, 0, LINE_SAME, NULL },
		{ "fairlead", NULLED, 0, TEXT("B"), NONE, 0, LINE_WRITE, NULL },
		{ "fairlead", NULLED, 0, NULLED, NONE, 0, LINE_SAME, NULL },
		{ "fairlead", NONE, 0, TEXT("B"), NONE, 0, LINE_NOTHING, NULL },
		{ "fairlead", TEXT(" "), 0, TEXT("B"), NONE, 0, LINE_NOTHING, NULL },
		/* newest: ours if it is newer than the record's last change */
		{ "newest", TEXT("A"), 0, TEXT("B"), NONE, 99, LINE_WRITE, NULL },
		{ "newest", TEXT("A"), 0, TEXT("B"), NONE, 100, LINE_KEPT, "older" },
		{ "newest", TEXT("A"), 0, TEXT("B"), NONE, 101, LINE_KEPT, "older" },
		{ "newest", TEXT("A"), 0, TEXT("B"), NONE, 0, LINE_CONFLICT, "unknown_age" },
		{ "newest", TEXT("A"), 0, TEXT("B"), TEXT("B"), 101, LINE_WRITE, NULL },
		{ "newest", TEXT("A"), 0, TEXT("B"), TEXT("A"), 0, LINE_KEPT, "older" },
		{ "newest", TEXT("A"), 0, TEXT("B"), TEXT("C"), 0, LINE_CONFLICT,
		  "unknown_age" },
		{ "newest", TEXT("A"), 0, NULLED, NONE, 200, LINE_WRITE, NULL },
		{ "newest", TEXT("A"), 0, NONE, NONE, 200, LINE_UNREAD, "unread" },
		{ "newest", NULLED, 0, TEXT("B"), NONE, 99, LINE_WRITE, NULL },
		{ "newest", NONE, 0, NONE, NONE, 0, LINE_NOTHING, NULL },
		/* crm: theirs, unless it is empty or a person says otherwise later */
		{ "crm", TEXT("A"), 0, TEXT("B"), NONE, 1, LINE_KEPT, "crm_owned" },
		{ "crm", TEXT("A"), 0, TEXT("B"), TEXT("B"), 1, LINE_KEPT, "crm_owned" },
		{ "crm", TEXT("A"), WRITER_PERSON, TEXT("B"), NONE, 99, LINE_WRITE, NULL },
		{ "crm", TEXT("A"), WRITER_PERSON, TEXT("B"), NONE, 101, LINE_KEPT, NULL },
		{ "crm", TEXT("A"), WRITER_PERSON, TEXT("B"), NONE, 0, LINE_KEPT, NULL },
		{ "crm", TEXT("A"), WRITER_PERSON, TEXT("B"), TEXT("B"), 0, LINE_WRITE, NULL },
		{ "crm", TEXT("A"), 0, NULLED, NONE, 0, LINE_WRITE, NULL },
		{ "crm", TEXT("A"), 0, NONE, NONE, 0, LINE_UNREAD, "unread" },
		/* fill_if_empty */
		{ "fill_if_empty", TEXT("A"), 0, TEXT("B"), NONE, 1, LINE_KEPT, "not_empty" },
		{ "fill_if_empty", TEXT("A"), 0, TEXT("  "), NONE, 1, LINE_WRITE, NULL },
		{ "fill_if_empty", NULLED, 0, TEXT("B"), NONE, 1, LINE_KEPT, "not_empty" },
		{ "fill_if_empty", TEXT("A"), 0, NONE, NONE, 0, LINE_UNREAD, "unread" },
		/* manual */
		{ "manual", TEXT("A"), 0, TEXT("B"), NONE, 1, LINE_CONFLICT, "manual" },
		{ "manual", TEXT("A"), 0, NULLED, NONE, 1, LINE_WRITE, NULL },
		{ "manual", TEXT("A"), 0, TEXT("A"), NONE, 1, LINE_SAME, NULL },
		/* what this CRM told us is not told back to it */
		{ "fairlead", TEXT("A"), WRITER_CONNECTION, TEXT("B"), NONE, 0, LINE_KEPT, "echo" },
		{ "newest", TEXT("A"), WRITER_CONNECTION, NULLED, NONE, 0, LINE_KEPT, "echo" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_policy(arena, i, &cases[i]);
	arena_free(arena);
}

static void another_connections_value_is_no_echo(void **state)
{
	struct lead_field lead[] = {
		{ .name = "company", .value = TEXT("A"), .writer = WRITER_CONNECTION,
		  .writer_id = 8, .at = 100 },
		{ .name = NULL },
	};
	struct field seen[] = { { "Company", TEXT("B") }, { "LastName", TEXT("x") } };
	struct there there = { .seen = seen, .nseen = 2, .changed_at = 50 };
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena,
				      NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\"}",
				      lead, RECORD_UPDATE, &there);

	(void)state;
	check_line(&a, 1, LINE_WRITE, NULL);
	arena_free(arena);
}

static void our_own_default_counts_as_empty(void **state)
{
	static const struct {
		const char *policy;
		struct value told, seen;
		enum line_verdict verdict;
	} cases[] = {
		{ "fill_if_empty", TEXT("Unknown"), TEXT("Unknown"), LINE_WRITE },
		{ "manual", TEXT("Unknown"), TEXT("Unknown"), LINE_WRITE },
		{ "crm", TEXT("Unknown"), TEXT("Unknown"), LINE_WRITE },
		{ "fill_if_empty", TEXT("Unknown"), TEXT("Acme"), LINE_KEPT },
		/* Somebody there may have meant it. */
		{ "fill_if_empty", NONE, TEXT("Unknown"), LINE_KEPT },
		{ "fill_if_empty", TEXT("Acme"), TEXT("Unknown"), LINE_KEPT },
	};
	struct lead_field lead[] = { { .name = "company", .value = TEXT("A"), .at = 100 },
				     { .name = NULL } };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct field seen[] = { { "Company", cases[i].seen }, { "LastName", TEXT("x") } };
		struct field told = { "Company", cases[i].told };
		struct there there = { .seen = seen, .nseen = 2, .told = &told, .changed_at = 1,
				       .ntold = cases[i].told.type != VALUE_ABSENT };
		struct applied a = applied_to(
			arena,
			arena_printf(arena, NAME_LINE ",{\"from\":\"company\",\"to\":"
				     "\"Company\",\"default\":\"Unknown\",\"policy\":\"%s\"}",
				     cases[i].policy),
			lead, RECORD_UPDATE, &there);

		if (a.lines[1].verdict != cases[i].verdict)
			fail_msg("%zu: %s", i, line_verdict_name(a.lines[1].verdict));
	}
	arena_free(arena);
}

#define UNIT                                                                            \
	NAME_LINE ",{\"from\":\"status\",\"to\":\"Status\"},"                           \
		  "{\"from\":\"owner\",\"to\":\"OwnerId\"},"                            \
		  "{\"from\":\"disqualify_reason\",\"to\":\"Reason__c\"}"

static void status_owner_and_reason_go_together(void **state)
{
	static const struct {
		struct value status, owner, reason; /* there */
		enum line_verdict verdict_of_status, verdict_of_owner;
	} cases[] = {
		{ TEXT("NEW"), TEXT("queue1"), NULLED, LINE_WRITE, LINE_WRITE },
		{ NULLED, NULLED, NULLED, LINE_WRITE, LINE_WRITE },
		{ TEXT("OPEN"), TEXT("queue1"), NULLED, LINE_SAME, LINE_WRITE },
		{ TEXT("UNQUALIFIED"), TEXT("queue1"), NULLED, LINE_KEPT, LINE_KEPT },
		{ TEXT("NEW"), TEXT("rep9"), NULLED, LINE_KEPT, LINE_KEPT },
		{ TEXT("NEW"), TEXT("queue1"), TEXT("no money"), LINE_KEPT, LINE_KEPT },
		{ TEXT("NEW"), NONE, NULLED, LINE_UNREAD, LINE_UNREAD },
		{ TEXT("UNQUALIFIED"), NONE, NULLED, LINE_KEPT, LINE_KEPT },
	};
	static const struct lead_field lead[] = {
		{ .name = "status", .value = TEXT("OPEN"), .writer = WRITER_RULE, .at = 900 },
		{ .name = "owner", .value = TEXT("rep1"), .writer = WRITER_RULE, .at = 900 },
		{ .name = NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct field seen[] = { { "LastName", TEXT("x") },
					{ "Status", cases[i].status },
					{ "Reason__c", cases[i].reason },
					{ "OwnerId", cases[i].owner } };
		struct there there = { .seen = seen, .changed_at = 1,
				       .nseen = cases[i].owner.type == VALUE_ABSENT ? 3 : 4 };
		struct applied a = applied_to(arena, UNIT, lead, RECORD_UPDATE, &there);

		if (a.lines[1].verdict != cases[i].verdict_of_status ||
		    a.lines[2].verdict != cases[i].verdict_of_owner)
			fail_msg("%zu: %s %s", i, line_verdict_name(a.lines[1].verdict),
				 line_verdict_name(a.lines[2].verdict));
	}
	arena_free(arena);
}

static void a_unit_that_does_not_fit_fails_the_delivery(void **state)
{
	struct lead_field lead[] = {
		{ .name = "status", .value = TEXT("Nonsense") },
		{ .name = "owner", .value = TEXT("rep1") },
		{ .name = "email", .value = TEXT("ada@x.org") },
		{ .name = NULL },
	};
	struct field seen[] = { { "LastName", TEXT("x") }, { "Status", TEXT("OPEN") },
				{ "Reason__c", NULLED }, { "OwnerId", TEXT("rep9") } };
	struct there there = { .seen = seen, .nseen = 4, .changed_at = 1 };
	struct arena *arena = arena_new();
	struct applied a = applied_to(arena, UNIT, lead, RECORD_CREATE, NULL);

	(void)state;
	assert_int_equal(a.verdict, APPLIED_FAILED);
	assert_ptr_equal(a.failed, &a.lines[1]);
	assert_string_equal(a.failed->code, "not_in_list");
	/* Where it would not be written anyway it is no matter. */
	a = applied_to(arena, UNIT, lead, RECORD_UPDATE, &there);
	assert_int_equal(a.verdict, APPLIED_NOTHING);
	check_line(&a, 1, LINE_KEPT, "crm_owned");
	arena_free(arena);
}

static void a_transform_that_fails_matters_only_where_it_would_write(void **state)
{
	struct lead_field lead[] = {
		{ .name = "custom.member", .value = TEXT("perhaps"), .at = 100 },
		{ .name = NULL },
	};
	struct field seen[] = { { "LastName", TEXT("x") },
				{ "Member__c", { VALUE_BOOL, "true" } } };
	struct there there = { .seen = seen, .nseen = 2, .changed_at = 1 };
	struct arena *arena = arena_new();
	const char *fill = NAME_LINE ",{\"from\":\"custom.member\",\"to\":\"Member__c\",\"via\":"
				     "[\"boolean\"],\"policy\":\"fill_if_empty\"}";
	struct applied a = applied_to(arena, fill, lead, RECORD_UPDATE, &there);

	(void)state;
	check_line(&a, 1, LINE_KEPT, "not_empty");
	a = applied_to(arena, fill, lead, RECORD_CREATE, NULL);
	check_line(&a, 1, LINE_HELD, "not_boolean");
	assert_int_equal(a.verdict, APPLIED_WRITE);
	arena_free(arena);
}

static void the_crm_may_assign(void **state)
{
	struct connection connection = crm_connection;
	struct mapping_ground ground = crm_ground;
	struct lead_field lead[] = { { .name = "owner", .value = TEXT("rep1") },
				     { .name = "status", .value = TEXT("OPEN") },
				     { .name = NULL } };
	struct arena *arena = arena_new();
	struct applied a;

	(void)state;
	connection.assigns = ASSIGNS_CRM;
	ground.connection = &connection;
	mapping_apply(arena, compiled_of(arena, UNIT, &ground), fixture_value_of, lead,
		      RECORD_CREATE, NULL, &a);
	check_line(&a, 2, LINE_KEPT, "crm_assigns");
	check_line(&a, 1, LINE_WRITE, NULL);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_says_who_may_overwrite),
		cmocka_unit_test(another_connections_value_is_no_echo),
		cmocka_unit_test(our_own_default_counts_as_empty),
		cmocka_unit_test(status_owner_and_reason_go_together),
		cmocka_unit_test(a_unit_that_does_not_fit_fails_the_delivery),
		cmocka_unit_test(a_transform_that_fails_matters_only_where_it_would_write),
		cmocka_unit_test(the_crm_may_assign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
