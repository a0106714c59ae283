#include "../support/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 100, 8191, 8192, 8193, 1u << 20 };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		unsigned char *memory = arena_alloc(arena, sizes[i]);

		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % 16, 0);
		for (size_t j = 0; j < sizes[i]; j++)
			if (memory[j])
				fail_msg("byte %zu of %zu", j, sizes[i]);
		memset(memory, 0xff, sizes[i]);
	}
	arena_free(arena);
}

static void pieces_do_not_overlap(void **state)
{
	struct arena *arena = arena_new();
	unsigned char *pieces[500];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		pieces[i] = arena_alloc(arena, i);
		memset(pieces[i], (int)i & 0xff, i);
	}
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		for (size_t j = 0; j < i; j++)
			assert_int_equal(pieces[i][j], i & 0xff);
	arena_free(arena);
}

static void copies_are_whole(void **state)
{
	struct arena *arena = arena_new();
	char *text;

	(void)state;
	/* Dirty memory first: the copies' ends must be set, not found. */
	memset(arena_alloc(arena, 4000), 0xff, 4000);
	text = arena_strdup(arena, "lead");
	assert_string_equal(text, "lead");
	assert_string_equal(arena_strndup(arena, "leads", 4), "lead");
	assert_string_equal(arena_strndup(arena, "", 0), "");
	assert_memory_equal(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
	assert_memory_equal(arena_memdup(arena, "a\0b", 3), "a\0b", 3);
	assert_non_null(arena_memdup(arena, NULL, 0));
	assert_null(arena_strdup(arena, NULL));
	assert_null(arena_strndup(arena, NULL, 3));
	assert_string_equal(arena_printf(arena, "%d %s", 7, "leads"), "7 leads");
	assert_string_equal(arena_printf(arena, "%s", ""), "");
	assert_int_equal(strlen(arena_printf(arena, "%9999d", 1)), 9999);
	arena_free(arena);
}

struct note {
	int *order, *count, number;
};

static void note_order(void *object)
{
	struct note *note = object;

	note->order[(*note->count)++] = note->number;
}

static void defers_run_latest_first(void **state)
{
	struct arena *arena = arena_new();
	int order[3], count = 0;
	struct note notes[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		notes[i] = (struct note){ order, &count, i };
		arena_defer(arena, note_order, &notes[i]);
	}
	assert_int_equal(count, 0);
	arena_free(arena);
	assert_int_equal(count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(order[i], 2 - i);
}

static void rewind_drops_what_came_after_the_mark(void **state)
{
	struct arena *arena = arena_new();
	int order[2], count = 0;
	struct note before = { order, &count, 1 }, after = { order, &count, 2 };
	struct arena_mark mark;
	char *kept;

	(void)state;
	kept = arena_strdup(arena, "kept");
	arena_defer(arena, note_order, &before);
	mark = arena_mark(arena);
	arena_defer(arena, note_order, &after);
	for (int i = 0; i < 100; i++)
		memset(arena_alloc(arena, 1000), 0xff, 1000);
	arena_rewind(arena, mark);
	assert_int_equal(count, 1);
	assert_int_equal(order[0], 2);
	assert_string_equal(kept, "kept");
	/* Memory that is used again is zeroed again. */
	for (int i = 0; i < 100; i++) {
		const char *memory = arena_alloc(arena, 1000);

		assert_int_equal(memory[0], 0);
		assert_int_equal(memory[999], 0);
	}
	assert_string_equal(kept, "kept");
	arena_free(arena);
	assert_int_equal(count, 2);
}

static void empty_arena_can_be_rewound(void **state)
{
	struct arena *arena = arena_new();
	struct arena_mark mark = arena_mark(arena);

	(void)state;
	for (int round = 0; round < 3; round++) {
		arena_alloc(arena, 100000);
		arena_rewind(arena, mark);
		arena_rewind(arena, mark);
	}
	arena_free(arena);
	arena_free(NULL);
}

static void ask_for_everything(void)
{
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	arena_array(arena_new(), SIZE_MAX / 2, 4);
}

static void size_past_the_machine_ends_the_process(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		ask_for_everything();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(copies_are_whole),
		cmocka_unit_test(defers_run_latest_first),
		cmocka_unit_test(rewind_drops_what_came_after_the_mark),
		cmocka_unit_test(empty_arena_can_be_rewound),
		cmocka_unit_test(size_past_the_machine_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
