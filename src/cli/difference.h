/* difference.h - what two JSON values differ in, for people. Threads: the main thread. */
#ifndef CLI_DIFFERENCE_H
#define CLI_DIFFERENCE_H

#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"

/* Prints a line for every place that differs: "keys[1]: phone -> email", "+ label: Web",
 * "- trust: public". Lists of items that have names, or say from where and to what, are
 * compared by these; other lists place by place. */
void print_differences(struct arena *arena, size_t indent, const json_t *before,
		       const json_t *after);

#endif
