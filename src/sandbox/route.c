/* route.c - from a path to a vendor, and to a line of its table. Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "sandbox/state.h"

/* Matches the rest of a pattern against the rest of a path, both at a '/'. */
static bool route_matches(struct sb_call *call, const char *pattern, const char *path)
{
	call->nparams = 0;
	while (*pattern == '/' && *path == '/') {
		size_t want = strcspn(++pattern, "/"), have = strcspn(++path, "/");
		const char *param;

		if (strcmp(pattern, "{*}") == 0) {
			call->params[call->nparams++] = path;
			return true;
		}
		if (*pattern != '{') {
			if (want != have || strncmp(pattern, path, want) != 0)
				return false;
		} else {
			param = have ? url_decode(call->arena, path, have, false) : NULL;
			if (!param || call->nparams == SB_PARAMS_MAX)
				return false;
			call->params[call->nparams++] = param;
		}
		pattern += want;
		path += have;
	}
	return !*pattern && (!*path || strcmp(path, "/") == 0);
}

const struct sb_route *sb_route_find(struct sb_call *call, const struct sb_route *routes,
				     size_t nroutes)
{
	const char *path = call->path;

	if (call->vendor && call->vendor->rewrite)
		path = call->vendor->rewrite(call, path);
	for (size_t i = 0; path && i < nroutes; i++)
		if ((routes[i].method[0] == '*' || strcmp(routes[i].method, call->method) == 0) &&
		    route_matches(call, routes[i].pattern, path))
			return &routes[i];
	return NULL;
}

static bool is_host_of(const struct sb_vendor *vendor, const char *host)
{
	char name[256];
	size_t len = strcspn(host, ":");

	if (!vendor->hosts || len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	for (const char *const *at = vendor->hosts; *at; at++)
		if (**at == '.' ? text_ends(name, *at) : text_equal_nocase(name, *at))
			return true;
	return false;
}

bool sb_vendor_choose(struct sb_call *call, const char *path)
{
	const char *host = sb_header(call, "Host");
	size_t len = path[0] == '/' ? strcspn(path + 1, "/") : 0;

	for (size_t i = 0; sb_vendors[i]; i++) {
		const struct sb_vendor *vendor = sb_vendors[i];

		if (strlen(vendor->name) == len && strncmp(path + 1, vendor->name, len) == 0) {
			call->prefix = arena_strndup(call->arena, path, len + 1);
			call->path = path[len + 1] ? path + len + 1 : "/";
			call->vendor = vendor;
			return true;
		}
		if (host && is_host_of(vendor, host)) {
			call->prefix = "";
			call->path = path;
			call->vendor = vendor;
			return true;
		}
	}
	return false;
}
