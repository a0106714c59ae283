/* arena.c - memory of one unit of work, freed at once. Threads: one at a time. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define FIRST_BLOCK (8u << 10)
#define LARGEST_BLOCK (256u << 10)

struct block {
	struct block *previous;
	size_t size, used;
	_Alignas(ALIGNMENT) unsigned char bytes[];
};

struct defer {
	struct defer *previous;
	void (*free_it)(void *object);
	void *object;
};

struct arena {
	struct block *block;
	struct defer *defers;
};

static void out_of_memory(void)
{
	fputs("level=error event=memory.exhausted\n", stderr);
	abort();
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		out_of_memory();
	return arena;
}

static void run_defers(struct arena *arena, struct defer *until)
{
	while (arena->defers != until) {
		struct defer *defer = arena->defers;

		arena->defers = defer->previous;
		defer->free_it(defer->object);
	}
}

static void drop_blocks(struct arena *arena, struct block *until)
{
	while (arena->block != until) {
		struct block *block = arena->block;

		arena->block = block->previous;
		free(block);
	}
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	run_defers(arena, NULL);
	drop_blocks(arena, NULL);
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	size_t want = FIRST_BLOCK;
	struct block *block;

#ifdef ARENA_SEPARATE
	want = size;
#else
	if (arena->block)
		want = arena->block->size < LARGEST_BLOCK / 2 ? arena->block->size * 2 :
								LARGEST_BLOCK;
#endif
	if (want < size)
		want = size;
	if (want > SIZE_MAX - sizeof(*block))
		out_of_memory();
	block = malloc(sizeof(*block) + want);
	if (!block)
		out_of_memory();
	block->previous = arena->block;
	block->size = want;
	block->used = 0;
	arena->block = block;
	return block;
}

static void *take(struct arena *arena, size_t size)
{
	struct block *block = arena->block;
	size_t start = block ? (block->used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : 0;

#ifdef ARENA_SEPARATE
	block = NULL;
#endif
	if (!block || start > block->size || block->size - start < size) {
		block = add_block(arena, size);
		start = 0;
	}
	block->used = start + size;
	return block->bytes + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		out_of_memory();
	return arena_alloc(arena, total);
}

void *arena_memdup(struct arena *arena, const void *bytes, size_t len)
{
	void *copy = take(arena, len);

	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy;

	if (!text)
		return NULL;
	copy = take(arena, len + 1);
	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		out_of_memory();
	text = take(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void arena_defer(struct arena *arena, void (*free_it)(void *object), void *object)
{
	struct defer *defer = arena_alloc(arena, sizeof(*defer));

	defer->previous = arena->defers;
	defer->free_it = free_it;
	defer->object = object;
	arena->defers = defer;
}

struct arena_mark arena_mark(struct arena *arena)
{
	return (struct arena_mark){
		.block = arena->block,
		.used = arena->block ? arena->block->used : 0,
		.defers = arena->defers,
	};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
	run_defers(arena, mark.defers);
	drop_blocks(arena, mark.block);
	if (arena->block)
		arena->block->used = mark.used;
}
