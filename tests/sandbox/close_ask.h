/* close_ask.h - asking the imitated Close, for its tests. */
#ifndef TESTS_SANDBOX_CLOSE_ASK_H
#define TESTS_SANDBOX_CLOSE_ASK_H

#include "ask.h"

#include "base/encode.h"

#define SETTINGS "/_sandbox/accounts/close/default/settings"
#define KEY "api_SandboxCloseKeyOfTheDefault01"

static inline int close_setup(void **state)
{
	int rc = asker_setup(state);
	struct asker *asker = *state;

	asker->base = "/close";
	asker->token = NULL;
	assert_status(ask(asker, "PATCH", SETTINGS,
			  "{\"search_lag_ms\":0,\"switches\":{\"delete_lag_ms\":0}}"),
		      200);
	return rc;
}

static inline struct answer ask_with(struct asker *asker, const char *method, const char *path,
			      const char *body, const char *header, const char *value)
{
	struct http_request request = { .method = method, .body = body };
	const char *pair = KEY ":";

	request.url = arena_printf(asker->arena, "/close/api/v1%s", path);
	request.body_len = body ? strlen(body) : 0;
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Authorization",
			arena_printf(asker->arena, "Basic %s",
				     base64_encode(asker->arena, pair, strlen(pair))));
	if (header)
		http_header_add(&request.headers, header, value);
	if (!header || strcmp(header, "Content-Type") != 0)
		http_header_add(&request.headers, "Content-Type", "application/json");
	return send_request(asker, &request);
}

/* With the API key, below /api/v1. */
static inline struct answer api(struct asker *asker, const char *method, const char *path,
			 const char *body)
{
	return ask_with(asker, method, path, body, NULL, NULL);
}

static inline void set_switch(struct asker *asker, const char *name, int value)
{
	assert_status(ask(asker, "PATCH", SETTINGS,
			  arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value)),
		      200);
}

static inline void step(struct asker *asker, int ms)
{
	assert_status(ask(asker, "POST", "/_sandbox/clock",
			  arena_printf(asker->arena, "{\"step_ms\":%d}", ms)),
		      200);
}

static inline const char *made(struct asker *asker, const char *path, const char *body)
{
	struct answer a = api(asker, "POST", path, body);

	assert_status(a, 200);
	return text_at(&a, "$.id");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, close_setup, asker_teardown)

#endif
