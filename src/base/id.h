/* id.h - 63-bit ids that grow with time. Threads: the generator is shared, lock-free.
 *
 * 42 bits of ms since 1970 (until 2109), 8 bits of node, 13 bits of sequence. Shown
 * to people as 13 letters of Crockford's base 32, which sort like the numbers. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#define ID_TEXT_SIZE 14

struct id_maker {
	_Atomic uint64_t last; /* ms << 13 | sequence of the id made last */
	unsigned node;         /* 0 to 255, unique among the processes of one store */
};

void id_maker_init(struct id_maker *maker, unsigned node);

/* A new id, greater than all before it from this maker. `now` is ms since 1970; a
 * clock that goes back does not make ids go back. */
int64_t id_next(struct id_maker *maker, int64_t now);

/* When the id was made, ms since 1970. */
int64_t id_time(int64_t id);

/* No id made at `ms` or later is less; those made before are. */
int64_t id_first(int64_t ms);

void id_format(int64_t id, char text[ID_TEXT_SIZE]);

/* Reads 13 letters of either case; O counts as 0, I and L as 1. Returns whether
 * they were an id; ids are positive. */
bool id_parse(const char *text, int64_t *id);

#endif
