/* copper_ask.h - requests to the sandbox's Copper. */
#ifndef TESTS_SANDBOX_COPPER_ASK_H
#define TESTS_SANDBOX_COPPER_ASK_H

#include "ask.h"

#define API "/copper/developer_api/v1"
#define ANN                                                                                   \
	"{\"name\":\"Ann Lee\",\"email\":{\"email\":\"ann@acme.test\",\"category\":\"work\"},"  \
	"\"phone_numbers\":[{\"number\":\"+14155550100\",\"category\":\"mobile\"}],"            \
	"\"company_name\":\"Acme\",\"title\":\"CTO\",\"customer_source_id\":331241,"            \
	"\"tags\":[\"fairlead\"],\"custom_fields\":[{\"custom_field_definition_id\":100764,"    \
	"\"value\":\"spring\"}]}"

/* Three headers on every call (2). */
static inline struct answer call_as(struct asker *asker, const char *key, const char *email,
				    const char *method, const char *path, const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, API "%s", path);
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "X-PW-AccessToken", key);
	http_header_add(&request.headers, "X-PW-Application", "developer_api");
	http_header_add(&request.headers, "X-PW-UserEmail", email);
	return send_request(asker, &request);
}

static inline struct answer call(struct asker *asker, const char *method, const char *path,
				 const char *body)
{
	return call_as(asker, "0b5e55ed0b5e55ed0b5e55ed0b5e55ed", "rep@acme.example", method,
		       path, body);
}

static inline const char *at(struct asker *asker, const char *path, int64_t id)
{
	return arena_printf(asker->arena, "%s/%lld", path, (long long)id);
}

/* A refusal as the catalogue has it (9). */
static inline void assert_refused(const struct answer *a, int status, const char *message)
{
	assert_status(*a, status);
	assert_true(json_is_false(json_object_get(a->json, "success")));
	assert_int_equal(int_at(a, "$.status"), status);
	assert_string_equal(text_at(a, "$.message"), message);
}

/* A record that is created; gives its id. */
static inline int64_t add(struct asker *asker, const char *path, const char *body)
{
	struct answer a = call(asker, "POST", path, body);

	assert_status(a, 200);
	return int_at(&a, "$.id");
}

#endif
