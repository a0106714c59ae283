/* memory.c - the sandbox's own memory: what outlives a request. Threads: pure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/state.h"

void *sb_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory) {
		fputs("level=error event=memory.exhausted\n", stderr);
		abort();
	}
	return memory;
}

char *sb_copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(sb_alloc(size), text, size);
}

void *sb_grow(void *old, size_t count, size_t *room, size_t size)
{
	void *grown;

	if (count < *room)
		return old;
	*room = *room ? *room * 2 : 16;
	grown = reallocarray(old, *room, size);
	if (!grown) {
		fputs("level=error event=memory.exhausted\n", stderr);
		abort();
	}
	return grown;
}

uint64_t sb_hash(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		hash ^= c >= 'A' && c <= 'Z' ? c + 32u : c;
		hash *= UINT64_C(0x100000001b3);
	}
	return hash ^ (hash >> 29);
}
