#include "../support/check.h"

#include "deliver/budget.h"

static const struct rate_rule rules[] = { { "calls", 3, 1000 }, { "search", 1, 200 }, { 0 } };
static const struct connector connector = { .rates = rules };

/* A call that is answered at once. */
static void call_at(struct budget *budget, const char *bucket, int64_t now)
{
	budget_answered(budget, bucket, budget_take(budget, bucket, now), now);
}

static void a_window_rolls(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 0);
	for (int64_t now = 5000; now < 5003; now++) {
		assert_true(budget_next(&budget, NULL, now) <= now);
		call_at(&budget, NULL, now);
	}
	/* the fourth may go when the first is a second ago */
	assert_int_equal(budget_next(&budget, NULL, 5003), 6000);
	assert_true(budget_next(&budget, NULL, 6000) <= 6000);
	call_at(&budget, NULL, 6000);
	assert_int_equal(budget_next(&budget, NULL, 6000), 6001);
	arena_free(arena);
}

/* A CRM that lets a second pass between two arrivals sees at most three of any four calls
 * in it, whenever each arrived between sending and answer. */
static void a_window_begins_with_the_answer(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;
	int64_t slow, quick;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 0);
	slow = budget_take(&budget, NULL, 5000);
	quick = budget_take(&budget, NULL, 5000);
	call_at(&budget, NULL, 5000);
	assert_int_equal(budget_next(&budget, NULL, 5001), 6250); /* not answered */
	budget_answered(&budget, NULL, quick, 5010);
	assert_int_equal(budget_next(&budget, NULL, 5010), 6250); /* the first still is not */
	budget_answered(&budget, NULL, slow, 5090);
	assert_int_equal(budget_next(&budget, NULL, 5090), 6090);
	call_at(&budget, NULL, 6090);
	assert_int_equal(budget_next(&budget, NULL, 6090), 6010);
	/* its place is another call's by now */
	budget_answered(&budget, NULL, slow, 5000);
	assert_int_equal(budget_next(&budget, NULL, 6090), 6010);
	arena_free(arena);
}

/* Who answers late is not waited for longer than a quarter of the window. */
static void a_late_answer_costs_little(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;
	int64_t call;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 0);
	call = budget_take(&budget, "search", 5000);
	budget_answered(&budget, "search", call, 5900);
	assert_int_equal(budget_next(&budget, "search", 5900), 5250);
	arena_free(arena);
}

static void pace_is_that_of_the_scarcest(void **state)
{
	static const struct rate_rule two[] = { { "calls", 8, 1000 }, { "search", 2, 1000 }, { 0 } };
	static const struct connector limited = { .rates = two };
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;

	(void)state;
	budget_init(&budget, arena, &limited, &connection, 0);
	assert_int_equal(budget_pace(&budget, 5000), 0);
	call_at(&budget, NULL, 5000);
	assert_int_equal(budget_pace(&budget, 5001), 0);
	call_at(&budget, NULL, 5500);
	assert_int_equal(budget_pace(&budget, 5501), 125); /* a quarter is used: evenly */
	assert_int_equal(budget_pace(&budget, 5999), 125);
	assert_int_equal(budget_pace(&budget, 6000), 0); /* the first is a second ago */
	for (int i = 0; i < 6; i++)
		call_at(&budget, NULL, 6600);
	assert_int_equal(budget_pace(&budget, 6601), 375); /* 6 used, 2 left */
	call_at(&budget, "search", 6600);
	assert_int_equal(budget_pace(&budget, 6601), 500); /* every half second */
	call_at(&budget, "search", 6600);
	assert_true(budget_pace(&budget, 6601) == INT64_MAX);
	assert_int_equal(budget_pace(&budget, 7600), 0);
	arena_free(arena);
}

static void buckets_do_not_share(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 0);
	call_at(&budget, "search", 5000);
	assert_int_equal(budget_next(&budget, "search", 5001), 5200);
	assert_true(budget_next(&budget, "calls", 5001) <= 5001);
	arena_free(arena);
}

static void what_a_restart_cannot_know_is_spent(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 7000);
	assert_int_equal(budget_next(&budget, NULL, 6500), 7000);
	assert_true(budget_next(&budget, NULL, 7000) <= 7000);
	arena_free(arena);
}

static void the_connection_may_ask_for_less(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { .limits = { .calls = 1, .per_ms = 500 } };
	struct budget budget;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 0);
	call_at(&budget, NULL, 5000);
	assert_int_equal(budget_next(&budget, NULL, 5000), 5500);
	arena_free(arena);
}

static void a_wide_window_keeps_its_rate(void **state)
{
	static const struct rate_rule daily[] = { { "calls", 250000, 86400000 }, { 0 } };
	static const struct connector wide = { .rates = daily };
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget;

	(void)state;
	budget_init(&budget, arena, &wide, &connection, 0);
	for (int i = 0; i < BUDGET_CALLS_MAX; i++)
		call_at(&budget, NULL, 5000);
	assert_int_equal(budget_next(&budget, NULL, 5000), 5000 + 345600);
	arena_free(arena);
}

static void a_held_bucket_leaves_the_others_alone(void **state)
{
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget budget, later;
	const char *kept;

	(void)state;
	budget_init(&budget, arena, &connector, &connection, 0);
	assert_int_equal(budget_hold(&budget, "search", 9000), 1);
	assert_int_equal(budget_hold(&budget, "search", 8000), 0);
	assert_int_equal(budget_hold(&budget, "unheard of", 9000), -1);
	assert_int_equal(budget_next(&budget, "search", 5000), 9000);
	assert_int_equal(budget_held_until(&budget, "search"), 9000);
	assert_true(budget_next(&budget, "calls", 5000) <= 5000);
	assert_int_equal(budget_held_until(&budget, NULL), 0);
	/* over a restart */
	kept = budget_holds(&budget, arena, 5000);
	assert_string_equal(kept, "{\"search\":9000}");
	assert_null(budget_holds(&budget, arena, 9000));
	budget_init(&later, arena, &connector, &connection, 0);
	budget_set_holds(&later, arena, kept);
	assert_int_equal(budget_next(&later, "search", 5000), 9000);
	budget_set_holds(&later, arena, NULL);
	budget_set_holds(&later, arena, "[1");
	arena_free(arena);
}

static void what_was_used_counts_under_new_limits(void **state)
{
	static const struct rate_rule fewer[] = { { "calls", 2, 1000 }, { 0 } };
	static const struct rate_rule more[] = { { "calls", 4, 1000 }, { 0 } };
	const struct connector with_fewer = { .rates = fewer }, with_more = { .rates = more };
	struct arena *arena = arena_new();
	struct connection connection = { 0 };
	struct budget old, budget;

	(void)state;
	budget_init(&old, arena, &connector, &connection, 0);
	for (int64_t now = 5000; now < 5003; now++)
		call_at(&old, NULL, now);
	budget_hold(&old, "calls", 5500);
	budget_init(&budget, arena, &with_fewer, &connection, 0);
	budget_carry(&budget, &old);
	assert_int_equal(budget_next(&budget, NULL, 5003), 6001);
	assert_int_equal(budget_held_until(&budget, NULL), 5500);
	budget_init(&budget, arena, &with_more, &connection, 0);
	budget_carry(&budget, &old);
	assert_int_equal(budget_next(&budget, NULL, 5003), 5500);
	call_at(&budget, NULL, 5600);
	assert_int_equal(budget_next(&budget, NULL, 5601), 6000);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_rolls),
		cmocka_unit_test(a_window_begins_with_the_answer),
		cmocka_unit_test(a_late_answer_costs_little),
		cmocka_unit_test(pace_is_that_of_the_scarcest),
		cmocka_unit_test(buckets_do_not_share),
		cmocka_unit_test(what_a_restart_cannot_know_is_spent),
		cmocka_unit_test(the_connection_may_ask_for_less),
		cmocka_unit_test(a_wide_window_keeps_its_rate),
		cmocka_unit_test(a_held_bucket_leaves_the_others_alone),
		cmocka_unit_test(what_was_used_counts_under_new_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
