/* origin.h - where a secret may go. Threads: pure. */
#ifndef DELIVER_ORIGIN_H
#define DELIVER_ORIGIN_H

#include <stdbool.h>

#include "model/connector.h"

/* "https://api.hubapi.com:443" of an address; "" when it is none. */
const char *origin_of(struct arena *arena, const char *url);

/* Whether the address' origin is one of `origins` (separated by blanks). */
bool origin_allowed(struct arena *arena, const char *origins, const char *url);

/* The origins that a connection's secrets are given for, separated by blanks: its API's,
 * and where its tokens come from when that is another. */
const char *origins_of_connection(struct arena *arena, const struct connector *connector,
				  const struct connection *connection);

#endif
