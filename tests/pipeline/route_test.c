#include "ground.h"

static const char rules[] =
	"{\"version\":1,"
	"\"people\":[{\"name\":\"Ann\",\"email\":\"ann@x.org\"},{\"name\":\"Bob\",\"email\":\"bob@x.org\"}],"
	"\"pools\":[{\"name\":\"field\",\"people\":[\"Ann\",\"Bob\"]}],"
	"\"score\":[{\"name\":\"india\",\"when\":{\"field\":\"country\",\"op\":\"is\",\"value\":\"IN\"},"
	"\"points\":10,\"reason\":\"home market\"},"
	"{\"name\":\"work\",\"when\":{\"field\":\"company\",\"op\":\"exists\"},\"points\":5,"
	"\"reason\":\"named a company\"}],"
	"\"routes\":[{\"name\":\"big\",\"when\":{\"field\":\"score\",\"op\":\"more\",\"value\":12},"
	"\"owner\":\"Bob\"},{\"name\":\"rest\",\"pool\":\"field\"}]}";

static void a_score_has_its_reasons(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, rules);
	d = decide(&test, "api", "{\"email\":\"a@x.org\",\"country\":\"India\"}");
	assert_int_equal(d->score, 10);
	assert_int_equal(d->nfactors, 1);
	assert_string_equal(lead_value(d->lead, "score").text, "10");
	assert_string_equal(lead_value(d->lead, "score_reasons").text, "+10 home market");
	end(&test);
}

static void routing_sees_the_score(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, rules);
	d = decide(&test, "api",
		   "{\"email\":\"a@x.org\",\"country\":\"IN\",\"company\":\"Acme\"}");
	assert_string_equal(d->route, "big");
	assert_string_equal(d->owner->name, "Bob");
	end(&test);
}

static void a_pool_is_asked_in_turn(void **state)
{
	struct pool_fact fact = { .pool = "field" };
	static const char *const turns[] = { "Ann", "Bob", "Ann" };
	struct stage_test test;

	(void)state;
	begin(&test, rules);
	for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
		const struct decision *d;

		fact.position = (int64_t)i;
		test.ground.facts.pools = &fact;
		test.ground.facts.npools = 1;
		d = decide(&test, "api", "{\"email\":\"a@x.org\"}");
		assert_string_equal(d->route, "rest");
		assert_string_equal(d->owner->name, turns[i]);
	}
	end(&test);
}

static void a_known_lead_keeps_its_owner(void **state)
{
	struct stage_test test;
	const struct decision *d;

	(void)state;
	begin(&test, rules);
	keep(&test, decide(&test, "api", "{\"email\":\"a@x.org\"}"));
	d = decide(&test, "api", "{\"email\":\"a@x.org\",\"country\":\"IN\",\"company\":\"Acme\"}");
	assert_null(d->owner);
	assert_string_equal(lead_value(d->lead, "owner").text, "Ann");
	assert_int_equal(d->score, 15);
	end(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_score_has_its_reasons),
		cmocka_unit_test(routing_sees_the_score),
		cmocka_unit_test(a_pool_is_asked_in_turn),
		cmocka_unit_test(a_known_lead_keeps_its_owner),
	};

	text_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
