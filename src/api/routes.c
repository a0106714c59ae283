/* routes.c - the one table of routes: method, path, who may, how large, what it is
 * called. Threads: pure. */
#include <string.h>

#include "api/api.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

#define ANY 0
#define INGEST (SCOPE_INGEST | SCOPE_ADMIN)
#define READ (SCOPE_READ | SCOPE_ADMIN)
#define ADMIN SCOPE_ADMIN

const struct endpoint api_routes[] = {
#include "api/routes.inc"
	{ 0 },
};

/* Matches one segment of a pattern; takes it as a parameter when it is "{name}". */
static bool match_segment(struct arena *arena, const char *pattern, size_t pattern_len,
			  const char *path, size_t path_len, const char **param)
{
	if (pattern[0] != '{')
		return pattern_len == path_len && memcmp(pattern, path, path_len) == 0;
	*param = path_len ? url_decode(arena, path, path_len, false) : NULL;
	return *param != NULL;
}

static bool match_path(struct arena *arena, const char *pattern, const char *path,
		       const char *params[API_PARAMS_MAX])
{
	size_t nparams = 0;

	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(pattern + 1, "/");
		size_t path_len = strcspn(path + 1, "/");
		const char *param = NULL;

		if (!match_segment(arena, pattern + 1, pattern_len, path + 1, path_len,
				   &param))
			return false;
		if (param && nparams < API_PARAMS_MAX)
			params[nparams++] = param;
		pattern += pattern_len + 1;
		path += path_len + 1;
	}
	return !*pattern && !*path;
}

const struct endpoint *api_route_find(struct arena *arena, const char *method,
				   const char *path, const char *params[API_PARAMS_MAX],
				   const char **allowed)
{
	*allowed = NULL;
	for (const struct endpoint *route = api_routes; route->method; route++) {
		const char *found[API_PARAMS_MAX] = { 0 };

		/* The head of most patterns decides without a look at the segments. */
		if (route->path[1] != path[1] || !match_path(arena, route->path, path, found))
			continue;
		if (strcmp(route->method, method) == 0) {
			memcpy(params, found, sizeof(found));
			return route;
		}
		*allowed = *allowed ? arena_printf(arena, "%s, %s", *allowed, route->method) :
				      route->method;
	}
	return NULL;
}
