#include "ground.h"

static const char plain[] = "{\"version\":1}";

/* What is known already, what comes, and what is made of it. */
static const struct {
	const char *known, *given;
	enum result result;
	const char *matched_by; /* NULL: none */
	const char *doubt;      /* NULL: none */
} cases[] = {
	{ "{\"email\":\"a@x.org\"}", "{\"email\":\"A@X.org\"}", RESULT_UNCHANGED, "email", NULL },
	{ "{\"email\":\"a@x.org\"}", "{\"email\":\"b@x.org\"}", RESULT_CREATED, NULL, NULL },
	{ "{\"phone\":\"+919876543210\"}", "{\"phone\":\"+91 98765-43210\"}", RESULT_UNCHANGED,
	  "phone", NULL },
	/* the same phone with another e-mail and a fitting name is the same person */
	{ "{\"phone\":\"+919876543210\",\"email\":\"a@x.org\",\"name\":\"Asha Rao\"}",
	  "{\"phone\":\"+919876543210\",\"email\":\"b@x.org\",\"name\":\"Rao, Asha\"}",
	  RESULT_UPDATED, "phone", NULL },
	{ "{\"phone\":\"+919876543210\",\"name\":\"Asha Rao\"}",
	  "{\"phone\":\"+919876543210\",\"name\":\"A. Rao\"}", RESULT_UPDATED, "phone", NULL },
	/* a family on one phone is not one person */
	{ "{\"phone\":\"+919876543210\",\"name\":\"Asha Rao\"}",
	  "{\"phone\":\"+919876543210\",\"name\":\"Vikram Rao\"}", RESULT_CREATED, NULL,
	  "phone_only" },
	{ "{\"phone\":\"+919876543210\",\"name\":\"Ramesh Kumar\"}",
	  "{\"phone\":\"+919876543210\",\"name\":\"Rajesh Kumar\"}", RESULT_CREATED, NULL,
	  "phone_only" },
	/* but a common e-mail says that it is */
	{ "{\"phone\":\"+919876543210\",\"email\":\"a@x.org\",\"name\":\"Asha Rao\"}",
	  "{\"phone\":\"+919876543210\",\"email\":\"a@x.org\",\"name\":\"Vikram Rao\"}",
	  RESULT_UPDATED, "email", NULL },
	/* a role address never matches alone */
	{ "{\"email\":\"info@x.org\",\"name\":\"Asha Rao\"}",
	  "{\"email\":\"info@x.org\",\"name\":\"Vikram Rao\"}", RESULT_CREATED, NULL, "role_key" },
	{ "{\"email\":\"info@x.org\",\"phone\":\"+919876543210\"}",
	  "{\"email\":\"info@x.org\",\"phone\":\"+919876543210\"}", RESULT_UNCHANGED, "email",
	  NULL },
};

static void keys_decide_who_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct stage_test test;
		const struct decision *d;

		begin(&test, plain);
		keep(&test, decide(&test, "api", cases[i].known));
		d = decide(&test, "api", cases[i].given);
		if (d->result != cases[i].result)
			fail_msg("case %zu: %s", i, result_name(d->result));
		if (cases[i].matched_by)
			assert_string_equal(d->matched_by, cases[i].matched_by);
		else
			assert_null(d->matched);
		assert_int_equal(d->ndoubts, cases[i].doubt ? 1 : 0);
		if (cases[i].doubt)
			assert_string_equal(d->doubts[0].reason, cases[i].doubt);
		end(&test);
	}
}

static void the_primary_key_wins_and_nothing_moves(void **state)
{
	struct stage_test test;
	const struct lead *by_mail, *by_phone;
	const struct decision *d;

	(void)state;
	begin(&test, plain);
	by_mail = keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
	by_phone = keep(&test, decide(&test, "api", "{\"phone\":\"+919876543210\"}"));
	d = decide(&test, "api", "{\"email\":\"a@x.org\",\"phone\":\"+919876543210\"}");
	assert_int_equal(d->lead->id, by_mail->id);
	assert_int_equal(d->ndoubts, 1);
	assert_int_equal(d->doubts[0].other, by_phone->id);
	assert_string_equal(d->doubts[0].reason, "keys_disagree");
	end(&test);
}

static void a_shared_key_never_matches_alone(void **state)
{
	struct stage_test test;
	const struct decision *d;
	struct lead *lead;

	(void)state;
	begin(&test, plain);
	lead = keep(&test, decide(&test, "api", "{\"phone\":\"+919876543210\"}"));
	lead->identities[0].state = IDENTITY_SHARED;
	d = decide(&test, "api", "{\"phone\":\"+919876543210\"}");
	assert_null(d->matched);
	assert_string_equal(d->doubts[0].reason, "shared_key");
	lead->identities[0].state = IDENTITY_FORMER;
	d = decide(&test, "api", "{\"phone\":\"+919876543210\"}");
	assert_null(d->matched);
	assert_string_equal(d->doubts[0].reason, "former_key");
	end(&test);
}

static void behaviour_refuses_what_it_says(void **state)
{
	static const struct {
		const char *behaviour;
		bool is_known;
		enum result result;
	} rows[] = {
		{ "capture", false, RESULT_CREATED },      { "capture", true, RESULT_UNCHANGED },
		{ "create_only", false, RESULT_CREATED },  { "create_only", true, RESULT_IGNORED },
		{ "update_only", false, RESULT_IGNORED },  { "update_only", true, RESULT_UNCHANGED },
		{ "none", false, RESULT_IGNORED },         { "none", true, RESULT_IGNORED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stage_test test;
		const struct decision *d;
		char workspace[256];

		snprintf(workspace, sizeof(workspace),
			 "{\"version\":1,\"sources\":[{\"name\":\"s\",\"kind\":\"api\","
			 "\"behaviour\":\"%s\"},{\"name\":\"t\",\"kind\":\"api\"}]}",
			 rows[i].behaviour);
		begin(&test, workspace);
		if (rows[i].is_known) {
			struct lead *lead = keep(&test, decide(&test, "t", "{\"email\":\"a@x.org\"}"));

			/* the same enquiry, so that nothing is new about it */
			test.file.candidates[0].enquiries[0].source =
				config_source(&test.config, "s")->id;
			assert_non_null(lead);
		}
		d = decide(&test, "s", "{\"email\":\"a@x.org\"}");
		if (d->result != rows[i].result)
			fail_msg("row %zu: %s", i, result_name(d->result));
		end(&test);
	}
}

static void a_lead_in_process_is_refused_when_the_source_says_so(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, "{\"version\":1,\"sources\":[{\"name\":\"s\",\"kind\":\"api\","
		     "\"reject_in_process\":true}]}");
	keep(&test, decide(&test, "s", "{\"email\":\"a@x.org\"}"));
	d = decide(&test, "s", "{\"email\":\"a@x.org\"}");
	assert_int_equal(d->result, RESULT_IN_PROCESS);
	test.file.candidates[0].enquiries[0].received_at = NOW - INT64_C(31) * 86400000;
	test.file.candidates[0].enquiries[0].occurred_at = NOW - INT64_C(31) * 86400000;
	d = decide(&test, "s", "{\"email\":\"a@x.org\"}");
	assert_int_equal(d->result, RESULT_UPDATED);
	assert_true(d->is_new_enquiry);
	end(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_decide_who_it_is),
		cmocka_unit_test(the_primary_key_wins_and_nothing_moves),
		cmocka_unit_test(a_shared_key_never_matches_alone),
		cmocka_unit_test(behaviour_refuses_what_it_says),
		cmocka_unit_test(a_lead_in_process_is_refused_when_the_source_says_so),
	};

	text_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
