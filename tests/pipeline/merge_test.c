#include "ground.h"

static const char sources[] =
	"{\"version\":1,\"sources\":["
	"{\"name\":\"trusted\",\"kind\":\"api\",\"trust\":\"trusted\",\"may_clear\":true},"
	"{\"name\":\"website\",\"kind\":\"form\",\"trust\":\"public\"},"
	"{\"name\":\"file\",\"kind\":\"file\",\"trust\":\"trusted\"}]}";

static const struct {
	const char *source, *given, *field;
	int kind; /* of the change; -1: none */
} cases[] = {
	/* newest wins, by when it happened */
	{ "trusted", "{\"email\":\"a@x.org\",\"city\":\"Pune\"}", "city", CHANGE_REPLACED },
	{ "trusted", "{\"email\":\"a@x.org\",\"city\":\"Pune\",\"occurred_at\":\"2020-01-01T00:00:00Z\"}",
	  "city", CHANGE_KEPT_NEWER },
	{ "trusted", "{\"email\":\"a@x.org\",\"company\":\"Acme\"}", "company", CHANGE_SET },
	{ "trusted", "{\"email\":\"a@x.org\",\"city\":\"Delhi\"}", "city", -1 },
	/* empty and placeholder values clear nothing; an explicit null does, where allowed */
	{ "trusted", "{\"email\":\"a@x.org\",\"city\":\"\"}", "city", -1 },
	{ "trusted", "{\"email\":\"a@x.org\",\"city\":\"n/a\"}", "city", -1 },
	{ "trusted", "{\"email\":\"a@x.org\",\"city\":null}", "city", CHANGE_CLEARED },
	{ "api", "{\"email\":\"a@x.org\",\"city\":null}", "city", -1 },
	/* a form fills what is empty; any other difference is for a person */
	{ "website", "{\"email\":\"a@x.org\",\"company\":\"Acme\"}", "company", CHANGE_SET },
	{ "website", "{\"email\":\"a@x.org\",\"city\":\"Pune\"}", "city", CHANGE_CONFLICT },
	/* a file that tells no time fills what is empty */
	{ "file", "{\"email\":\"a@x.org\",\"city\":\"Pune\"}", "city", CHANGE_KEPT_FILLED },
	{ "file", "{\"email\":\"a@x.org\",\"city\":\"Pune\",\"occurred_at\":\"2030-01-01T00:00:00Z\"}",
	  "city", CHANGE_REPLACED },
	/* custom fields likewise */
	{ "trusted", "{\"email\":\"a@x.org\",\"custom\":{\"budget\":6}}", "custom.budget",
	  CHANGE_REPLACED },
};

static void policies_decide_which_value_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct stage_test test;
		const struct decision *d;
		const struct change *change;

		begin(&test, sources);
		keep(&test, decide(&test, "trusted",
				   "{\"email\":\"a@x.org\",\"city\":\"Delhi\","
				   "\"custom\":{\"budget\":5}}"));
		d = decide(&test, cases[i].source, cases[i].given);
		change = change_of(d, cases[i].field);
		if (cases[i].kind < 0 && change)
			fail_msg("case %zu: %s", i, change_kind_name(change->kind));
		if (cases[i].kind >= 0 && (!change || (int)change->kind != cases[i].kind))
			fail_msg("case %zu: %s", i,
				 change ? change_kind_name(change->kind) : "nothing");
		end(&test);
	}
}

static void a_version_stands_for_one_set_of_values(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, sources);
	d = decide(&test, "trusted", "{\"email\":\"a@x.org\",\"city\":\"Delhi\"}");
	assert_int_equal(d->lead->version, 1);
	keep(&test, d);
	d = decide(&test, "trusted", "{\"email\":\"a@x.org\",\"city\":\"Delhi\"}");
	assert_int_equal(d->result, RESULT_UNCHANGED);
	assert_int_equal(d->lead->version, 1);
	d = decide(&test, "trusted", "{\"email\":\"a@x.org\",\"city\":\"Pune\"}");
	assert_int_equal(d->result, RESULT_UPDATED);
	assert_int_equal(d->lead->version, 2);
	/* what was before is left as it was */
	assert_string_equal(lead_value(d->matched->lead, "city").text, "Delhi");
	assert_string_equal(lead_value(d->lead, "city").text, "Pune");
	end(&test);
}

static void a_new_address_makes_the_old_one_former(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, sources);
	keep(&test, decide(&test, "trusted",
			   "{\"email\":\"old@x.org\",\"phone\":\"+919876543210\"}"));
	d = decide(&test, "trusted", "{\"email\":\"new@x.org\",\"phone\":\"+919876543210\"}");
	assert_int_equal(d->result, RESULT_UPDATED);
	assert_string_equal(lead_value(d->lead, "email").text, "new@x.org");
	assert_int_equal(d->lead->nidentities, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(d->lead->identities[i].state,
				 strcmp(d->lead->identities[i].key, "old@x.org") == 0 ?
					 IDENTITY_FORMER :
					 IDENTITY_CURRENT);
	end(&test);
}

static void an_enquiry_is_known_by_its_id_or_its_window(void **state)
{
	struct stage_test test;

	(void)state;
	begin(&test, sources);
	keep(&test, decide(&test, "trusted", "{\"email\":\"a@x.org\",\"enquiry_id\":\"e1\"}"));
	assert_false(decide(&test, "trusted", "{\"email\":\"a@x.org\",\"enquiry_id\":\"e1\"}")
			     ->is_new_enquiry);
	assert_true(decide(&test, "trusted", "{\"email\":\"a@x.org\",\"enquiry_id\":\"e2\"}")
			    ->is_new_enquiry);
	assert_true(decide(&test, "website", "{\"email\":\"a@x.org\"}")->is_new_enquiry);
	keep(&test, decide(&test, "website", "{\"email\":\"a@x.org\"}"));
	assert_false(decide(&test, "website", "{\"email\":\"a@x.org\"}")->is_new_enquiry);
	end(&test);
}

static void a_known_enquiry_changes_by_its_message_alone(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, sources);
	d = decide(&test, "trusted",
		   "{\"email\":\"a@x.org\",\"enquiry_id\":\"e1\",\"message\":\"how much?\"}");
	assert_false(d->has_new_message);
	keep(&test, d);
	d = decide(&test, "trusted",
		   "{\"email\":\"a@x.org\",\"enquiry_id\":\"e1\",\"message\":\"how much?\","
		   "\"city\":\"Pune\"}");
	assert_int_equal(d->result, RESULT_UPDATED);
	assert_false(d->is_new_enquiry);
	assert_false(d->has_new_message);
	d = decide(&test, "trusted",
		   "{\"email\":\"a@x.org\",\"enquiry_id\":\"e1\",\"message\":\"and when?\"}");
	assert_false(d->is_new_enquiry);
	assert_true(d->has_new_message);
	assert_string_equal(d->enquiry->message, "and when?");
	end(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_decide_which_value_counts),
		cmocka_unit_test(a_version_stands_for_one_set_of_values),
		cmocka_unit_test(a_new_address_makes_the_old_one_former),
		cmocka_unit_test(an_enquiry_is_known_by_its_id_or_its_window),
		cmocka_unit_test(a_known_enquiry_changes_by_its_message_alone),
	};

	text_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
