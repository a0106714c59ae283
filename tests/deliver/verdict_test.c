#include "../support/check.h"

#include "deliver/verdict.h"

#define NOW INT64_C(1790000000000)

static enum turn turn(struct exchange *x)
{
	(void)x;
	return TURN_DONE;
}

struct verdict_test {
	struct arena *arena;
	struct delivery delivery;
	struct connector connector;
	struct connection connection;
	struct record record;
	struct settlement s;
};

static void begin(struct verdict_test *test)
{
	*test = (struct verdict_test){
		.arena = arena_new(),
		.delivery = { .id = 1, .object = "contacts", .wanted = 7, .since = NOW - 1000 },
		.connector = { .find = turn, .read = turn, .index_lag_ms = 3000 },
		.connection = { .limits = { .retry = { 3, 10000, 3600000 } } },
	};
}

static struct verdict_ground ground_of(struct verdict_test *test)
{
	return (struct verdict_ground){
		.delivery = &test->delivery,
		.connector = &test->connector,
		.connection = &test->connection,
		.version = 7,
		.now = NOW,
		.dice = 0.5,
		.arena = test->arena,
	};
}

static void write_ends(struct verdict_test *test, enum outcome outcome)
{
	struct verdict_ground ground = ground_of(test);

	test->s = (struct settlement){ 0 };
	test->record.outcome = outcome;
	verdict_of_write(&ground, &test->record, &test->s);
}

static const struct {
	enum outcome outcome;
	enum delivery_state state;
	bool is_uncertain;
	int64_t wait;  /* -1: not looked at */
	int tries;
	const char *code;
} rows[] = {
	{ OUTCOME_DELIVERED, DELIVERY_AT_REST, false, -1, 0, NULL },
	{ OUTCOME_UNCERTAIN, DELIVERY_DUE, true, 3000, 0, NULL },
	{ OUTCOME_DUPLICATE, DELIVERY_DUE, true, 3000, 1, NULL },
	{ OUTCOME_GONE, DELIVERY_AT_REST, false, -1, 0, "gone" },
	{ OUTCOME_RETRY, DELIVERY_DUE, false, 10000, 1, NULL },
	{ OUTCOME_REAUTH, DELIVERY_DUE, false, 250, 0, NULL },
	{ OUTCOME_CONNECTION, DELIVERY_DUE, false, 250, 0, NULL },
	{ OUTCOME_FIX_DATA, DELIVERY_DEAD, false, -1, 0, "fix_data" },
	{ OUTCOME_PERMANENT, DELIVERY_DEAD, false, -1, 0, "permanent" },
};

static void each_outcome_goes_its_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict_test test;

		begin(&test);
		write_ends(&test, rows[i].outcome);
		if (test.s.state != rows[i].state || test.s.is_uncertain != rows[i].is_uncertain ||
		    test.s.tries != rows[i].tries ||
		    (rows[i].wait >= 0 && test.s.due_at != NOW + rows[i].wait))
			fail_msg("%s: state %d, wait %lld", outcome_name(rows[i].outcome),
				 test.s.state, (long long)(test.s.due_at - NOW));
		if (rows[i].code)
			assert_string_equal(test.s.code, rows[i].code);
		else
			assert_null(test.s.code);
		arena_free(test.arena);
	}
}

static void three_retries_and_then_a_person(void **state)
{
	static const int64_t waits[] = { 10000, 60000, 360000 };
	struct verdict_test test;

	(void)state;
	begin(&test);
	for (int i = 0; i < 3; i++) {
		write_ends(&test, OUTCOME_RETRY);
		assert_int_equal(test.s.due_at, NOW + waits[i]);
		test.delivery.tries = test.s.tries;
	}
	test.record.reason = "locked";
	write_ends(&test, OUTCOME_RETRY);
	assert_int_equal(test.s.state, DELIVERY_DEAD);
	assert_string_equal(test.s.reason, "still refused after 4 tries: locked");
	assert_non_null(test.s.instruction);
	arena_free(test.arena);
}

static void where_looking_cannot_tell_a_person_is_asked(void **state)
{
	struct verdict_test test;

	(void)state;
	begin(&test);
	test.connector.find = test.connector.read = NULL;
	write_ends(&test, OUTCOME_UNCERTAIN);
	assert_int_equal(test.s.state, DELIVERY_PARKED);
	assert_true(test.s.is_uncertain);
	assert_non_null(test.s.instruction);
	arena_free(test.arena);
}

static void what_was_unknown_stays_so_until_it_is_known(void **state)
{
	struct verdict_test test;

	(void)state;
	begin(&test);
	test.delivery.is_uncertain = true;
	write_ends(&test, OUTCOME_CONNECTION);
	assert_true(test.s.is_uncertain);
	write_ends(&test, OUTCOME_DELIVERED);
	assert_false(test.s.is_uncertain);
	arena_free(test.arena);
}

static void a_connection_that_never_answers_is_a_persons_in_the_end(void **state)
{
	struct verdict_test test;

	(void)state;
	begin(&test);
	test.delivery.since = NOW - INT64_C(73) * 3600000;
	write_ends(&test, OUTCOME_CONNECTION);
	assert_int_equal(test.s.state, DELIVERY_DEAD);
	assert_string_equal(test.s.code, "expired");
	write_ends(&test, OUTCOME_UNCERTAIN);
	assert_int_equal(test.s.state, DELIVERY_PARKED);
	assert_string_equal(test.s.code, "uncertain");
	arena_free(test.arena);
}

static void setbacks_make_waits_longer_up_to_ten_minutes(void **state)
{
	struct verdict_test test;
	int64_t last = 0;

	(void)state;
	begin(&test);
	test.connector.index_lag_ms = 0;
	for (int i = 0; i < 20; i++) {
		write_ends(&test, OUTCOME_UNCERTAIN);
		assert_true(test.s.due_at - NOW >= last);
		assert_true(test.s.due_at - NOW <= 600000);
		assert_int_equal(test.s.tries, 0);
		last = test.s.due_at - NOW;
		test.delivery.setbacks = test.s.setbacks;
	}
	assert_int_equal(last, 600000);
	arena_free(test.arena);
}

static void a_merged_record_is_followed(void **state)
{
	struct remote survivor = { .id = "1", .survivor_id = "2", .survivor_object = "contacts" };
	struct verdict_test test;

	(void)state;
	begin(&test);
	test.record.remote_id = "1";
	test.record.found = &survivor;
	test.record.nfound = 1;
	write_ends(&test, OUTCOME_GONE);
	assert_int_equal(test.s.state, DELIVERY_DUE);
	assert_string_equal(test.s.link_id, "2");
	assert_string_equal(test.s.link_state, "unconfirmed");
	arena_free(test.arena);
}

static void a_duplicate_is_looked_at_before_it_is_linked(void **state)
{
	struct verdict_test test;

	(void)state;
	begin(&test);
	test.record.remote_id = "77";
	write_ends(&test, OUTCOME_DUPLICATE);
	assert_string_equal(test.s.link_id, "77");
	assert_string_equal(test.s.link_state, "unconfirmed");
	assert_int_equal(test.s.due_at, NOW);
	test.delivery.tries = 3;
	write_ends(&test, OUTCOME_DUPLICATE);
	assert_int_equal(test.s.state, DELIVERY_DEAD);
	arena_free(test.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_goes_its_way),
		cmocka_unit_test(three_retries_and_then_a_person),
		cmocka_unit_test(where_looking_cannot_tell_a_person_is_asked),
		cmocka_unit_test(what_was_unknown_stays_so_until_it_is_known),
		cmocka_unit_test(a_connection_that_never_answers_is_a_persons_in_the_end),
		cmocka_unit_test(setbacks_make_waits_longer_up_to_ten_minutes),
		cmocka_unit_test(a_merged_record_is_followed),
		cmocka_unit_test(a_duplicate_is_looked_at_before_it_is_linked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
