#include "../support/check.h"

#include "deliver/circuit.h"

static void it_opens_after_five_failures_in_a_row(void **state)
{
	struct circuit circuit = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_false(circuit_failed(&circuit, 1000));
	assert_false(circuit_succeeded(&circuit));
	for (int i = 0; i < 4; i++)
		assert_false(circuit_failed(&circuit, 1000));
	assert_true(circuit_allows(&circuit, 1000));
	assert_true(circuit_failed(&circuit, 1000));
	assert_int_equal(circuit.state, CIRCUIT_OPEN);
	assert_false(circuit_allows(&circuit, 1000));
	assert_int_equal(circuit_next(&circuit, 1000), 31000);
}

static void probes_come_ever_later_up_to_ten_minutes(void **state)
{
	static const int64_t waits[] = { 30000, 60000, 120000, 240000, 480000, 600000, 600000 };
	struct circuit circuit = { .failures = CIRCUIT_FAILURES - 1 };
	int64_t now = 1000;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_true(circuit_failed(&circuit, now));
		assert_int_equal(circuit.open_until, now + waits[i]);
		now = circuit.open_until;
		assert_true(circuit_allows(&circuit, now));
		circuit.is_probing = true;
		assert_false(circuit_allows(&circuit, now));
	}
	assert_int_equal(circuit.opened_at, 1000);
	assert_true(circuit_succeeded(&circuit));
	assert_int_equal(circuit.state, CIRCUIT_CLOSED);
	assert_int_equal(circuit.opened_at, 0);
}

static void late_failures_of_an_open_circuit_say_nothing_new(void **state)
{
	struct circuit circuit = { .failures = CIRCUIT_FAILURES - 1 };

	(void)state;
	assert_true(circuit_failed(&circuit, 1000));
	assert_false(circuit_failed(&circuit, 1500));
	assert_int_equal(circuit.open_until, 31000);
}

static void refused_credentials_open_it_at_once(void **state)
{
	struct circuit circuit = { 0 };

	(void)state;
	assert_true(circuit_refused(&circuit, 1000));
	assert_int_equal(circuit.state, CIRCUIT_REAUTH);
	assert_false(circuit_refused(&circuit, 1100));
	assert_true(circuit_succeeded(&circuit));
}

static void denials_are_the_credentials_after_five_in_a_row(void **state)
{
	struct circuit circuit = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_false(circuit_denied(&circuit, 1000));
	assert_false(circuit_succeeded(&circuit)); /* so it was that record's */
	for (int i = 0; i < 4; i++)
		assert_false(circuit_denied(&circuit, 1000));
	assert_int_equal(circuit.state, CIRCUIT_CLOSED);
	assert_true(circuit_denied(&circuit, 1000));
	assert_int_equal(circuit.state, CIRCUIT_REAUTH);
	assert_false(circuit_denied(&circuit, 1100)); /* it was under way */
	circuit.is_probing = true;
	assert_true(circuit_denied(&circuit, 31000));
	assert_int_equal(circuit.open_until, 31000 + 60000);
}

static void a_denial_shows_that_the_crm_answers_again(void **state)
{
	struct circuit circuit = { .state = CIRCUIT_OPEN, .is_probing = true, .failures = 5 };

	(void)state;
	assert_true(circuit_denied(&circuit, 1000));
	assert_int_equal(circuit.state, CIRCUIT_CLOSED);
	assert_int_equal(circuit.failures, 0);
}

static void a_hold_is_waited_for(void **state)
{
	struct circuit circuit = { 0 };

	(void)state;
	assert_true(circuit_hold(&circuit, 5000));
	assert_false(circuit_hold(&circuit, 4000));
	assert_false(circuit_allows(&circuit, 4999));
	assert_true(circuit_allows(&circuit, 5000));
}

static void a_pause_is_a_persons(void **state)
{
	struct circuit circuit = { .state = CIRCUIT_PAUSED };

	(void)state;
	assert_false(circuit_failed(&circuit, 1000));
	assert_false(circuit_refused(&circuit, 1000));
	assert_false(circuit_succeeded(&circuit));
	assert_false(circuit_allows(&circuit, INT64_MAX));
}

static void names_read_back(void **state)
{
	(void)state;
	for (int i = CIRCUIT_CLOSED; i <= CIRCUIT_PAUSED; i++)
		assert_int_equal(circuit_state_parse(circuit_state_name((enum circuit_state)i)),
				 i);
	assert_int_equal(circuit_state_parse("nonsense"), CIRCUIT_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_opens_after_five_failures_in_a_row),
		cmocka_unit_test(probes_come_ever_later_up_to_ten_minutes),
		cmocka_unit_test(late_failures_of_an_open_circuit_say_nothing_new),
		cmocka_unit_test(refused_credentials_open_it_at_once),
		cmocka_unit_test(denials_are_the_credentials_after_five_in_a_row),
		cmocka_unit_test(a_denial_shows_that_the_crm_answers_again),
		cmocka_unit_test(a_hold_is_waited_for),
		cmocka_unit_test(a_pause_is_a_persons),
		cmocka_unit_test(names_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
