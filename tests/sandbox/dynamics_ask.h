/* dynamics_ask.h - requests to the sandbox's Dynamics 365, for its unit tests. */
#ifndef TESTS_SANDBOX_DYNAMICS_ASK_H
#define TESTS_SANDBOX_DYNAMICS_ASK_H

#include "ask.h"

#include "base/text.h"

#define ACCOUNT "/_sandbox/accounts/dynamics/default"
#define TOKEN "eyJ0.sandbox-default"
#define API "/dynamics/api/data/v9.2"
#define NOBODY "00000000-0000-4000-8000-000000000001"

#define LEAD_TABLE "/EntityDefinitions(LogicalName='lead')"
#define COLUMN(type, name)                                                                    \
	"{\"@odata.type\":\"Microsoft.Dynamics.CRM." type "AttributeMetadata\","              \
	"\"SchemaName\":\"" name "\",\"DisplayName\":{\"LocalizedLabels\":[{\"Label\":\"Shown\","  \
	"\"LanguageCode\":1033}]},\"OptionSet\":{\"Options\":[{\"Value\":7,\"Label\":{"          \
	"\"LocalizedLabels\":[{\"Label\":\"Seven\"}]}},{}]}}"

/* A call with up to one further header ("Name: value"), or NULL. */
static inline struct answer call_with(struct asker *asker, const char *header, const char *method,
			       const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };
	const char *colon = header ? strchr(header, ':') : NULL;

	request.url = arena_printf(asker->arena, API "%s", path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Authorization", "Bearer " TOKEN);
	http_header_add(&request.headers, "If-None-Match", "null");
	if (colon)
		http_header_add(&request.headers,
				arena_strndup(asker->arena, header, (size_t)(colon - header)),
				colon + 2);
	return send_request(asker, &request);
}

static inline struct answer call(struct asker *asker, const char *method, const char *path,
			  const char *body)
{
	return call_with(asker, NULL, method, path, body);
}

static inline void set_switch(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", ACCOUNT "/settings",
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

/* The id of a new row. */
static inline const char *add(struct asker *asker, const char *set, const char *body)
{
	struct answer a = call(asker, "POST", arena_printf(asker->arena, "/%s", set), body);
	const char *address, *id;

	assert_status(a, 204);
	address = http_header_find(&a.headers, "OData-EntityId");
	assert_non_null(address);
	id = strchr(address, '(');
	assert_non_null(id);
	return arena_strndup(asker->arena, id + 1, 36);
}

static inline const char *row(struct asker *asker, const char *set, const char *id)
{
	return arena_printf(asker->arena, "/%s(%s)", set, id);
}

static inline size_t count_rows(struct asker *asker, const char *set)
{
	struct answer a = call(asker, "GET", arena_printf(asker->arena, "/%s", set), NULL);

	assert_status(a, 200);
	return count_at(&a, "$.value");
}

#endif
