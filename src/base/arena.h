/* arena.h - memory of one unit of work, freed at once. Threads: one at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;

/* A place in an arena to go back to. */
struct arena_mark {
	void *block;
	size_t used;
	void *defers;
};

/* The arena is the caller's until arena_free(), which frees all that came from it.
 * Running out of memory ends the process. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed memory, aligned for any type. `size` may be 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* The array's bytes are zeroed; count * size must not overflow (it ends the process). */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies; NULL in, NULL out. arena_strndup() copies `len` bytes and ends them with NUL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
void *arena_memdup(struct arena *arena, const void *bytes, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args);

/* Runs free_it(object) when the arena is freed or rewound past this point, latest
 * first: for what a library allocated in its own way (a JSON tree, a cursor). */
void arena_defer(struct arena *arena, void (*free_it)(void *object), void *object);

/* Everything allocated or deferred after the mark is gone after the rewind. */
struct arena_mark arena_mark(struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

#endif
