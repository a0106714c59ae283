/* ask.h - requests to a sandbox in the test's own process. */
#ifndef TESTS_SANDBOX_ASK_H
#define TESTS_SANDBOX_ASK_H

#include "../support/check.h"

#include "base/arena.h"
#include "base/json.h"
#include "sandbox/sandbox.h"

/* One sandbox without a socket and the memory of one test. Use as a cmocka setup and
 * teardown: *state is a struct asker. */
struct asker {
	struct sandbox *sandbox;
	struct arena *arena;
	const char *token; /* sent as Authorization: Bearer, unless NULL */
	const char *base;  /* put before every path: "/hubspot/crm/objects/2026-09" */
};

struct answer {
	int status; /* 0: the connection broke */
	struct http_headers headers;
	const char *text;
	json_t *json; /* NULL when the body is not JSON */
};

static inline int asker_setup(void **state)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	const struct sandbox_config config = { .seed = 7 };

	asker->sandbox = sandbox_start(&config, NULL);
	asker->arena = arena_new();
	asker->token = "pat-na1-sandbox-default";
	asker->base = "";
	*state = asker;
	return asker->sandbox ? 0 : -1;
}

static inline int asker_teardown(void **state)
{
	struct asker *asker = *state;

	sandbox_stop(asker->sandbox);
	arena_free(asker->arena);
	free(asker);
	return 0;
}

static inline struct answer send_request(struct asker *asker, const struct http_request *request)
{
	struct http_reply *reply = sandbox_handle(asker->sandbox, asker->arena, request);
	struct answer answer = { .status = reply->status,
				 .headers = reply->headers,
				 .text = reply->body };

	answer.json = json_parse(asker->arena, reply->body, reply->body_len,
				 &json_limits_large, NULL);
	return answer;
}

/* A body that starts with '{' or '[' is JSON, another is a form; NULL is none. */
static inline struct answer ask(struct asker *asker, const char *method, const char *path,
				const char *body)
{
	struct http_request request = { .method = method, .body = body };
	bool is_json = body && (body[0] == '{' || body[0] == '[');
	bool is_control = strncmp(path, "/_sandbox", 9) == 0;

	request.url = arena_printf(asker->arena, "%s%s", is_control ? "" : asker->base, path);
	request.body_len = body ? strlen(body) : 0;
	http_header_add(&request.headers, "Host", "sandbox.example");
	if (body)
		http_header_add(&request.headers, "Content-Type",
				is_json ? "application/json" :
					  "application/x-www-form-urlencoded");
	if (asker->token && !is_control)
		http_header_add(&request.headers, "Authorization",
				arena_printf(asker->arena, "Bearer %s", asker->token));
	return send_request(asker, &request);
}

/* Puts a switch of a vendor's default account. */
static inline void put_switch(struct asker *asker, const char *vendor, const char *name,
			      int value)
{
	struct answer answer =
		ask(asker, "PATCH",
		    arena_printf(asker->arena, "/_sandbox/accounts/%s/default/settings", vendor),
		    arena_printf(asker->arena, "{\"switches\":{\"%s\":%d}}", name, value));

	if (answer.status != 200)
		fail_msg("%s: %d %s", name, answer.status, answer.text);
}

/* Tells of a prospect. */
static inline void tell_prospect(struct asker *asker, const char *address,
				 const char *script)
{
	struct answer answer = ask(asker, "POST", "/_sandbox/prospects",
				   arena_printf(asker->arena,
						"{\"address\":\"%s\",\"script\":\"%s\"}",
						address, script));

	if (answer.status != 201)
		fail_msg("%s: %d %s", script, answer.status, answer.text);
}

/* Lets the sandbox's time pass. */
static inline void pass_time(struct asker *asker, int64_t ms)
{
	struct answer answer = ask(asker, "POST", "/_sandbox/clock",
				   arena_printf(asker->arena, "{\"step_ms\":%lld}",
						(long long)ms));

	if (answer.status != 200)
		fail_msg("the clock: %d %s", answer.status, answer.text);
}

/* The text at a path ("$.results[0].id") of an answer; fails the test when it is not
 * there. */
static inline const char *text_at(const struct answer *answer, const char *path)
{
	const json_t *json = json_at(answer->json, path);

	if (!json_is_string(json))
		fail_msg("no text at %s in %d %s", path, answer->status, answer->text);
	return json_string_value(json);
}

static inline int64_t int_at(const struct answer *answer, const char *path)
{
	const json_t *json = json_at(answer->json, path);

	if (!json_is_integer(json))
		fail_msg("no number at %s in %d %s", path, answer->status, answer->text);
	return json_integer_value(json);
}

static inline size_t count_at(const struct answer *answer, const char *path)
{
	const json_t *json = json_at(answer->json, path);

	if (!json_is_array(json) && !json_is_object(json))
		fail_msg("no list at %s in %d %s", path, answer->status, answer->text);
	return json_is_array(json) ? json_array_size(json) : json_object_size(json);
}

#define assert_status(answer, wanted)                                                         \
	do {                                                                                  \
		if ((answer).status != (wanted))                                              \
			fail_msg("status %d, not %d: %s", (answer).status, wanted,            \
				 (answer).text);                                              \
	} while (0)

#define assert_text_at(answer, path, wanted)                                                  \
	assert_string_equal(text_at(&(answer), path), wanted)

#endif
