/* origin.h - where a secret may go. Threads: pure. */
#ifndef DELIVER_ORIGIN_H
#define DELIVER_ORIGIN_H

#include <stdbool.h>

#include "base/arena.h"

/* "https://api.hubapi.com:443" of an address; "" when it is none. */
const char *origin_of(struct arena *arena, const char *url);

/* Whether the address' origin is one of `origins` (separated by blanks). */
bool origin_allowed(struct arena *arena, const char *origins, const char *url);

#endif
