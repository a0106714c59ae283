#include "../support/check.h"

#include "base/arena.h"

static void arena_gives_zeroed_memory(void **state)
{
	struct arena *arena = arena_new();
	char *memory = arena_alloc(arena, 100);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(memory[i], 0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arena_gives_zeroed_memory) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
