/* zoho_ask.h - requests to the sandbox's Zoho CRM. */
#ifndef TESTS_SANDBOX_ZOHO_ASK_H
#define TESTS_SANDBOX_ZOHO_ASK_H

#include "ask.h"

#define ACCOUNT "/_sandbox/accounts/zoho/default"
#define TOKEN "1000.access.sandbox-default"
#define LEAD(more) "{\"data\":[{\"Last_Name\":\"North\",\"Company\":\"North Ltd\"" more "}]}"

/* `host` is what the client reaches; `token` may be NULL. */
static inline struct answer call_at(struct asker *asker, const char *host, const char *token,
				    const char *method, const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/zoho%s", path);
	http_header_add(&request.headers, "Host", host);
	http_header_add(&request.headers, "Content-Type", "application/json");
	if (token)
		http_header_add(&request.headers, "Authorization",
				arena_printf(asker->arena, "Zoho-oauthtoken %s", token));
	return send_request(asker, &request);
}

static inline struct answer call(struct asker *asker, const char *method, const char *path,
				 const char *body)
{
	return call_at(asker, "sandbox.example", TOKEN, method,
		       arena_printf(asker->arena, "/crm/v8%s", path), body);
}

static inline void set_switch(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", ACCOUNT "/settings",
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

/* A record that is created; gives its id. */
static inline const char *add(struct asker *asker, const char *module, const char *body)
{
	struct answer a = call(asker, "POST", module, body);

	assert_status(a, 201);
	return text_at(&a, "$.data[0].details.id");
}

#endif
