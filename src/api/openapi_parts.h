/* openapi_parts.h - what openapi.json says of each route, made into C when building. Private
 * to api/. Threads: pure. */
#ifndef API_OPENAPI_PARTS_H
#define API_OPENAPI_PARTS_H

#include <stddef.h>

/* Each text is JSON, or NULL. */
struct described {
	const char *operation; /* an endpoint's id; NULL ends the table */
	const char *query;     /* parameters of the query */
	const char *body;      /* content of the request, by its type */
	const char *answers;   /* responses by status, but for problems */
};

extern const struct described api_described[];
extern const char api_schemas[]; /* by name */

#endif
