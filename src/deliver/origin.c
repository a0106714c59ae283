/* origin.c - where a secret may go. Threads: pure. */
#include "deliver/origin.h"

#include <string.h>

#include "base/http_message.h"
#include "base/text.h"
#include "connectors/registry.h"

const char *origin_of(struct arena *arena, const char *text)
{
	struct url url;

	if (!text || !url_parse(arena, text, &url))
		return "";
	return arena_printf(arena, "%s://%s:%d", url.scheme, url.host, url.port);
}

bool origin_allowed(struct arena *arena, const char *origins, const char *url)
{
	const char *origin = origin_of(arena, url);
	size_t len = strlen(origin);

	while (len && *origins) {
		size_t n = strcspn(origins, " ");

		if (n == len && memcmp(origins, origin, n) == 0)
			return true;
		origins += n;
		origins += *origins == ' ';
	}
	return false;
}

const char *origins_of_connection(struct arena *arena, const struct connector *connector,
				  const struct connection *connection)
{
	const char *api = origin_of(arena, connector_base_url(connector, connection));
	const char *token = origin_of(arena, connector_token_url(arena, connector, connection));

	if (!*token || text_equal(api, token))
		return api;
	return arena_printf(arena, "%s%s%s", api, *api ? " " : "", token);
}
