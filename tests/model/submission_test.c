/* submission_test.c - collecting problems. */
#include "../support/check.h"

#include "model/submission.h"

static void problems_are_kept_in_order_up_to_the_maximum(void **state)
{
	static struct problems problems;

	(void)state;
	problem_add(&problems, "phone", "phone_invalid", "too short", "add the area code");
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.items[0].field, "phone");
	assert_string_equal(problems.items[0].code, "phone_invalid");
	assert_string_equal(problems.items[0].message, "too short");
	assert_string_equal(problems.items[0].instruction, "add the area code");
	for (int i = 0; i < PROBLEMS_MAX + 5; i++)
		problem_add(&problems, NULL, "later", "m", "i");
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_string_equal(problems.items[0].code, "phone_invalid");
	assert_string_equal(problems.items[PROBLEMS_MAX - 1].code, "later");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(problems_are_kept_in_order_up_to_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
