/* gate_test.c - a decision stops in front of its owner until a CRM was asked, and goes on. */
#include "ground.h"

static const char waits[] =
	"{\"version\":1,"
	"\"people\":[{\"name\":\"Ann\",\"users\":{\"crm\":51}},{\"name\":\"Bob\",\"users\":{\"crm\":\"u52\"}}],"
	"\"connections\":[{\"name\":\"crm\",\"connector\":\"rest\"}],"
	"\"mappings\":[{\"name\":\"contacts\",\"connection\":\"crm\",\"object\":\"contacts\","
	"\"fields\":[{\"from\":\"email\",\"to\":\"email\"}]}],"
	"\"syncs\":[{\"mapping\":\"contacts\"}],"
	"\"pools\":[{\"name\":\"field\",\"people\":[\"Ann\",\"Bob\"]}],"
	"\"routes\":[{\"name\":\"rest\",\"pool\":\"field\"}]}";

static const char *note_of(const struct decision *decision, const char *code)
{
	for (size_t i = 0; i < decision->nnotes; i++)
		if (strcmp(decision->notes[i].code, code) == 0)
			return decision->notes[i].text;
	return NULL;
}

/* Goes on with the only candidate, as the store would have it. */
static struct decision *go_on(struct stage_test *test, struct passage passage)
{
	static struct submission empty;

	empty = (struct submission){ .id = 5, .workspace = 1, .source = test->ground.source->id,
				     .received_at = NOW + 1, .occurred_at = NOW + 1 };
	passage.gate = GATE_LOOKUP;
	test->ground.submission = &empty;
	test->ground.file = &test->file;
	test->ground.now = NOW + 1;
	test->ground.facts.lead_id = test->file.candidates[0].lead->id;
	test->ground.facts.enquiry_id = test->file.candidates[0].enquiries[0].id;
	test->ground.facts.passage = passage;
	return pipeline_decide(&test->ground);
}

static void a_new_lead_waits_for_its_owner(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, waits);
	d = decide(&test, "api", "{\"email\":\"a@x.org\"}");
	assert_int_equal(d->result, RESULT_CREATED);
	assert_int_equal(d->gate, GATE_LOOKUP);
	assert_int_equal(d->gate_until, NOW + 5000);
	assert_null(d->owner);
	assert_int_equal(lead_value(d->lead, "owner").type, VALUE_ABSENT);
	assert_string_equal(note_of(d, "waits"), "waits for the lookup, 5 s at most");
	end(&test);
}

static void nothing_waits_without_somebody_to_ask(void **state)
{
	static const char *const cuts[][2] = {
		{ "\"syncs\":[{\"mapping\":\"contacts\"}],", "" },
		{ "{\"mapping\":\"contacts\"}", "{\"mapping\":\"contacts\",\"paused\":\"yes\"}" },
		{ "{\"mapping\":\"contacts\"}", "{\"mapping\":\"contacts\",\"mode\":\"batch\"}" },
		{ "{\"mapping\":\"contacts\"}", "{\"mapping\":\"contacts\",\"behaviour\":\"none\"}" },
		{ "{\"version\":1,", "{\"version\":1,\"settings\":{\"wait_for_lookup\":\"no\"}," },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		const char *at = strstr(waits, cuts[i][0]);
		struct stage_test test;
		const struct decision *d;
		char text[2048];

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - waits), waits, cuts[i][1],
			 at + strlen(cuts[i][0]));
		begin(&test, text);
		d = decide(&test, "api", "{\"email\":\"a@x.org\"}");
		assert_int_equal(d->gate, GATE_NONE);
		assert_string_equal(d->owner->name, "Ann");
		end(&test);
	}
}

static void who_is_absent_there_is_routed(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, waits);
	keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
	d = go_on(&test, (struct passage){ .answer = "absent" });
	assert_int_equal(d->gate, GATE_NONE);
	assert_int_equal(d->result, RESULT_UPDATED);
	assert_int_equal(d->lead->version, 2);
	assert_string_equal(d->owner->name, "Ann");
	assert_non_null(note_of(d, "absent"));
	end(&test);
}

static void who_has_an_owner_there_keeps_it(void **state)
{
	static const struct { const char *owner, *is; } owners[] = {
		{ "51", "Ann" }, { "u52", "Bob" }, { "999", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		struct stage_test test;
		const struct decision *d;

		begin(&test, waits);
		keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
		d = go_on(&test, (struct passage){ .answer = "found", .connection = "crm",
						   .remote_owner = owners[i].owner });
		/* Nobody was picked: the turn of the pool is not spent. */
		assert_null(d->owner);
		if (owners[i].is)
			assert_string_equal(lead_value(d->lead, "owner").text, owners[i].is);
		else
			assert_int_equal(lead_value(d->lead, "owner").type, VALUE_ABSENT);
		assert_int_equal(d->result, owners[i].is ? RESULT_UPDATED : RESULT_UNCHANGED);
		assert_non_null(note_of(d, "owned_there"));
		end(&test);
	}
}

static void who_is_nobodys_there_is_routed(void **state)
{
	struct stage_test test;

	(void)state;
	begin(&test, waits);
	keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
	assert_string_equal(go_on(&test, (struct passage){ .answer = "found",
							   .connection = "crm" })->owner->name,
			    "Ann");
	end(&test);
}

static void without_an_answer_it_goes_on_and_says_so(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, waits);
	keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
	d = go_on(&test, (struct passage){ .answer = "unconfirmed" });
	assert_string_equal(d->owner->name, "Ann");
	assert_non_null(note_of(d, "unconfirmed"));
	end(&test);
}

static void a_known_lead_does_not_wait(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, waits);
	keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
	keep(&test, go_on(&test, (struct passage){ .answer = "absent" }));
	d = decide(&test, "api", "{\"email\":\"a@x.org\",\"company\":\"Acme\"}");
	assert_int_equal(d->gate, GATE_NONE);
	assert_string_equal(lead_value(d->lead, "owner").text, "Ann");
	end(&test);
}

static void both_halves_are_the_same_when_made_again(void **state)
{
	struct stage_test test;
	struct error err = { 0 };

	(void)state;
	begin(&test, waits);
	for (int half = 0; half < 2; half++) {
		const struct decision *d =
			half == 0 ? decide(&test, "api", "{\"email\":\"a@x.org\"}") :
				    go_on(&test, (struct passage){ .answer = "found",
								   .connection = "crm",
								   .remote_owner = "51" });
		struct buf first, again;
		json_t *json;

		buf_init(&first, test.arena, 1u << 20);
		buf_add_decision(&first, &test.ground, d);
		json = json_parse(test.arena, buf_text(&first), strlen(buf_text(&first)),
				  &json_limits_large, &err);
		assert_non_null(json);
		if (ground_from_json(test.arena, json, &test.config, &test.ground, &err) < 0)
			fail_msg("%s", err.message);
		buf_init(&again, test.arena, 1u << 20);
		buf_add_decision(&again, &test.ground, pipeline_decide(&test.ground));
		assert_string_equal(buf_text(&again), buf_text(&first));
		keep(&test, d);
	}
	end(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_lead_waits_for_its_owner),
		cmocka_unit_test(nothing_waits_without_somebody_to_ask),
		cmocka_unit_test(who_is_absent_there_is_routed),
		cmocka_unit_test(who_has_an_owner_there_keeps_it),
		cmocka_unit_test(who_is_nobodys_there_is_routed),
		cmocka_unit_test(without_an_answer_it_goes_on_and_says_so),
		cmocka_unit_test(a_known_lead_does_not_wait),
		cmocka_unit_test(both_halves_are_the_same_when_made_again),
	};

	text_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
