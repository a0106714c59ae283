#include "../support/check.h"

#include "base/attributes.h"
#include "base/histogram.h"

static void empty_histogram_has_no_values(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	assert_int_equal(histogram_at(&h, 0), 0);
	assert_int_equal(histogram_at(&h, 0.5), 0);
	assert_int_equal(histogram_at(&h, 1), 0);
}

static void small_values_are_exact(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	for (int i = 0; i < 60; i++)
		histogram_add(&h, i);
	assert_int_equal(histogram_at(&h, 0), 0);
	assert_int_equal(histogram_at(&h, 0.5), 29);
	assert_int_equal(histogram_at(&h, 0.99), 59);
	assert_int_equal(histogram_at(&h, 1), 59);
	assert_int_equal(h.count, 60);
	assert_int_equal(h.sum, 59 * 60 / 2);
	assert_int_equal(h.max, 59);
}

/* One value alone is its own maximum and exact; beneath a larger one it shows the top
 * of its bucket, at most 1/32 more. */
static void large_values_are_near(void **state)
{
	(void)state;
	for (int64_t value = 1; value < (INT64_C(1) << 41) - 1; value += 1 + value / 7) {
		struct histogram h = { 0 };
		int64_t at;

		histogram_add(&h, value);
		assert_int_equal(histogram_at(&h, 0.5), value);
		histogram_add(&h, (INT64_C(1) << 41) - 1);
		at = histogram_at(&h, 0.5);
		assert_true(at >= value && at <= value + value / 32);
	}
}

static void values_past_the_range_are_the_last(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, INT64_MAX);
	assert_int_equal(histogram_at(&h, 1), (INT64_C(1) << 41) - 1);
	histogram_add(&h, -5);
	assert_int_equal(histogram_at(&h, 0.5), 0);
	assert_int_equal(h.count, 2);
}

static void shares_are_those_of_the_sorted_values(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	for (int64_t i = 1; i <= 100000; i++)
		histogram_add(&h, i);
	for (int i = 1; i < 1000; i++) {
		int64_t at = histogram_at(&h, i / 1000.0), exact = i * 100;

		assert_true(at >= exact && at <= exact + exact / 32);
	}
	assert_int_equal(histogram_at(&h, 1), 100000);
}

static void histograms_are_added_up(void **state)
{
	struct histogram a = { 0 }, b = { 0 }, both = { 0 };

	(void)state;
	for (int64_t i = 0; i < 1000; i++) {
		histogram_add(i % 3 ? &a : &b, i * i);
		histogram_add(&both, i * i);
	}
	histogram_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_histogram_has_no_values),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(large_values_are_near),
		cmocka_unit_test(values_past_the_range_are_the_last),
		cmocka_unit_test(shares_are_those_of_the_sorted_values),
		cmocka_unit_test(histograms_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
