/* settings.h - checks what a connection is told against a list. Threads: pure. */
#ifndef CONNECTORS_SETTINGS_H
#define CONNECTORS_SETTINGS_H

#include "model/connector.h"

/* Checks the members of `object` (NULL: none) against `list`: unknown names, types,
 * choices, what is required. `where` begins each message: "settings.find". */
int settings_check(const struct setting *list, const json_t *object, const char *where,
		   struct error *err);

/* `WHERE: unknown "WORD"; did you mean "NEAR"?`, or lists the words. Returns -1. */
int settings_unknown(struct error *err, const char *where, const char *word,
		     const char *const *words, size_t count);

/* Whether it is http or https with a host, without a query and without / at the end:
 * something a path can follow. */
bool settings_is_base_url(const char *text);

#endif
