/* verbs.h - what a call shall do, as vendors of calls are told it in XML. Threads: pure. */
#ifndef SANDBOX_VERBS_H
#define SANDBOX_VERBS_H

#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"

/* The verbs of a document whose outermost element is `root` ("Response"): [{"verb", "text",
 * "attrs": {}, "inside": [...]}]; NULL and a sentence in *problem when it is none. At most
 * 64 KiB and eight deep; a document type is refused. The result is the arena's. */
json_t *sb_verbs(struct arena *arena, const char *root, const char *text, size_t len,
		 const char **problem);

#endif
