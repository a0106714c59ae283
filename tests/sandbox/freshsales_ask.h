/* freshsales_ask.h - requests to the sandbox's Freshsales. */
#ifndef TESTS_SANDBOX_FRESHSALES_ASK_H
#define TESTS_SANDBOX_FRESHSALES_ASK_H

#include "ask.h"

#define SETTINGS "/_sandbox/accounts/freshsales/default/settings"
#define KEY "sandboxFreshsalesKey01"
#define ANN                                                                                   \
	"{\"contact\":{\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"emails\":"                \
	"[\"ann@acme.test\"],\"lead_source_id\":16001001,\"custom_field\":{\"cf_campaign\":"    \
	"\"spring\"}}}"

static inline struct answer call_at(struct asker *asker, const char *base, const char *key,
				    const char *method, const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/freshsales%s%s", base, path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Token token=%s", key));
	return send_request(asker, &request);
}

static inline struct answer call_as(struct asker *asker, const char *key, const char *method,
				    const char *path, const char *body)
{
	return call_at(asker, "/crm/sales/api", key, method, path, body);
}

static inline struct answer call(struct asker *asker, const char *method, const char *path,
				 const char *body)
{
	return call_as(asker, KEY, method, path, body);
}

/* The older generation's paths (1). */
static inline struct answer classic(struct asker *asker, const char *method, const char *path,
				    const char *body)
{
	return call_at(asker, "/api", KEY, method, path, body);
}

static inline int64_t ann(struct asker *asker)
{
	struct answer a = call(asker, "POST", "/contacts", ANN);

	assert_status(a, 201);
	return int_at(&a, "$.contact.id");
}

/* A record that hangs on a contact: its other members begin with a comma. */
static inline struct answer hang(struct asker *asker, const char *path, const char *one,
				 int64_t contact, const char *members)
{
	return call(asker, "POST", path,
		    arena_printf(asker->arena,
				 "{\"%s\":{\"targetable_type\":\"Contact\",\"targetable_id\":"
				 "%lld%s}}",
				 one, (long long)contact, members));
}

#endif
