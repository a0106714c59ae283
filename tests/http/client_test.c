#include "../support/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "echo.h"
#include "http/client.h"
#include "raw.h"

struct bench {
	struct http_network loopback;
	struct http_client_config config;
	struct http_client *client;
	struct arena *arena;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_int_equal(http_network_parse("127.0.0.0/8", &bench->loopback, NULL), 0);
	bench->config = (struct http_client_config){ .allowed = &bench->loopback,
						     .nallowed = 1,
						     .user_agent = "Fairlead/test" };
	bench->client = http_client_new(&bench->config);
	bench->arena = arena_new();
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	http_client_free(bench->client);
	arena_free(bench->arena);
	free(bench);
	return 0;
}

static struct http_reply *fetch(struct bench *bench, const char *method, int port,
				const char *path, const char *body,
				const struct http_limits *limits)
{
	struct http_request *request = arena_alloc(bench->arena, sizeof(*request));

	request->method = method;
	request->url = arena_printf(bench->arena, "http://127.0.0.1:%d%s", port, path);
	request->body = body;
	request->body_len = body ? strlen(body) : 0;
	http_header_add(&request->headers, "X-One", "1");
	return http_client_fetch(bench->client, request, limits, bench->arena);
}

static void request_and_reply_arrive_whole(void **state)
{
	static const struct {
		const char *method, *body, *expected;
	} cases[] = {
		{ "GET", NULL, "GET /echo?q=%2F from 127.0.0.1\nX-One: 1\n" },
		{ "POST", "abc", "POST /echo?q=%2F from 127.0.0.1\nX-One: 1\nabc" },
		{ "POST", NULL, "POST /echo?q=%2F from 127.0.0.1\nX-One: 1\n" },
		{ "PUT", "x", "PUT /echo?q=%2F from 127.0.0.1\nX-One: 1\nx" },
		{ "PATCH", "x", "PATCH /echo?q=%2F from 127.0.0.1\nX-One: 1\nx" },
		{ "DELETE", NULL, "DELETE /echo?q=%2F from 127.0.0.1\nX-One: 1\n" },
		{ "DELETE", "x", "DELETE /echo?q=%2F from 127.0.0.1\nX-One: 1\nx" },
		{ "OPTIONS", NULL, "OPTIONS /echo?q=%2F from 127.0.0.1\nX-One: 1\n" },
		{ "HEAD", NULL, "" },
	};
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_reply *reply = fetch(bench, cases[i].method, echo_port(echo),
						 "/echo?q=%2F", cases[i].body, NULL);

		assert_int_equal(reply->failure, HTTP_REPLIED);
		assert_int_equal(reply->status, 200);
		assert_null(reply->why);
		assert_string_equal(reply->body, cases[i].expected);
		assert_int_equal(reply->body_len, strlen(cases[i].expected));
		assert_string_equal(http_header_find(&reply->headers, "content-type"),
				    "application/json");
	}
	assert_int_equal(http_server_stats(echo_server(echo)).connections_total, 1);
	echo_stop(echo);
}

/* Answers the first request of the first connection, and only reads the second. */
static void dies_when_used_again(int fd, int n, void *context)
{
	_Atomic int *requests = context;
	char request[4096];

	(void)n;
	while (raw_read_request(fd, request, sizeof(request))) {
		if (atomic_fetch_add(requests, 1) > 0)
			return;
		raw_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	}
}

static void request_is_never_sent_twice(void **state)
{
	static const char *const methods[] = { "POST", "DELETE", "PUT", "PATCH" };
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		_Atomic int requests = 0;
		struct raw_server *server = raw_server_start(dies_when_used_again, &requests);
		int port = raw_server_port(server);
		struct http_reply *reply = fetch(bench, "POST", port, "/", "1", NULL);

		assert_int_equal(reply->failure, HTTP_REPLIED);
		reply = fetch(bench, methods[i], port, "/", i == 1 ? NULL : "2", NULL);
		assert_int_equal(reply->failure, HTTP_LOST);
		assert_string_equal(reply->why, "the connection died before any reply");
		assert_int_equal(requests, 2);
		raw_server_stop(server);
	}
}

static void safe_request_is_sent_again(void **state)
{
	struct bench *bench = *state;
	_Atomic int requests = 0;
	struct raw_server *server = raw_server_start(dies_when_used_again, &requests);
	struct http_reply *reply = fetch(bench, "GET", raw_server_port(server), "/", NULL, NULL);

	assert_int_equal(reply->failure, HTTP_REPLIED);
	reply = fetch(bench, "GET", raw_server_port(server), "/", NULL, NULL);
	assert_int_equal(reply->failure, HTTP_LOST);
	assert_int_equal(requests, 3);
	assert_int_equal(raw_server_count(server), 2);
	raw_server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(request_and_reply_arrive_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(request_is_never_sent_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(safe_request_is_sent_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
