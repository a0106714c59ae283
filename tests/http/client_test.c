#include "../support/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
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


/* What a server does after reading the request. */
struct behaviour {
	const char *name;
	const char *says;
	enum { THEN_CLOSE, THEN_RESET, THEN_WAIT } then;
	enum http_failure failure;
	int status;
	const char *body, *why;
};

static const struct behaviour behaviours[] = {
	{ "whole", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE, HTTP_REPLIED,
	  200, "ok", NULL },
	{ "ends by close", "HTTP/1.1 200 OK\r\n\r\nok", THEN_CLOSE, HTTP_REPLIED, 200, "ok",
	  NULL },
	{ "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	  THEN_CLOSE, HTTP_REPLIED, 200, "ok", NULL },
	{ "trailers are no headers",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: 1\r\n"
	  "\r\n",
	  THEN_CLOSE, HTTP_REPLIED, 200, "ok", NULL },
	{ "no body", "HTTP/1.1 204 No Content\r\n\r\n", THEN_CLOSE, HTTP_REPLIED, 204, "", NULL },
	{ "interim replies",
	  "HTTP/1.1 103 Early Hints\r\nX-A: early\r\nContent-Length: 9\r\n\r\n"
	  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	  THEN_CLOSE, HTTP_REPLIED, 200, "ok", NULL },
	{ "redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
		      "Content-Length: 2\r\n\r\nno",
	  THEN_CLOSE, HTTP_REPLIED, 302, "no", NULL },
	{ "compressed stays so",
	  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nzz", THEN_CLOSE,
	  HTTP_REPLIED, 200, "zz", NULL },
	{ "asks for credentials",
	  "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 2\r\n\r\nno",
	  THEN_CLOSE, HTTP_REPLIED, 401, "no", NULL },
	{ "refuses while it expects", "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n",
	  THEN_CLOSE, HTTP_REPLIED, 417, "", NULL },
	{ "same length twice",
	  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE,
	  HTTP_REPLIED, 200, "ok", NULL },
	{ "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nok",
	  THEN_CLOSE, HTTP_LOST, 200, "ok", "the reply has two lengths" },
	{ "nothing", "", THEN_CLOSE, HTTP_LOST, 0, "", "Empty reply from server" },
	{ "reset", "", THEN_RESET, HTTP_LOST, 0, "", "Recv failure: Connection reset by peer" },
	{ "truncated headers", "HTTP/1.1 200 OK\r\nContent-Le", THEN_CLOSE, HTTP_LOST, 200, "",
	  "the reply is cut off" },
	{ "no line but the first", "HTTP/1.1 200 OK\r\n", THEN_CLOSE, HTTP_LOST, 200, "",
	  "the reply is cut off" },
	{ "half a first line", "HTTP/1.1 20", THEN_CLOSE, HTTP_LOST, 0, "", NULL },
	{ "only an interim reply", "HTTP/1.1 100 Continue\r\n\r\n", THEN_CLOSE, HTTP_LOST, 100,
	  "", NULL },
	{ "truncated body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", THEN_CLOSE,
	  HTTP_LOST, 200, "ok", "transfer closed with 8 bytes remaining to read" },
	{ "reset in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", THEN_RESET,
	  HTTP_LOST, 200, "ok", NULL },
	{ "truncated chunk",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", THEN_CLOSE, HTTP_LOST,
	  200, "ok", NULL },
	{ "chunks without end",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", THEN_CLOSE,
	  HTTP_LOST, 200, "ok", NULL },
	{ "chunk size is garbage",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n0\r\n\r\n", THEN_CLOSE,
	  HTTP_LOST, 200, "", NULL },
	{ "garbage", "SSH-2.0-OpenSSH_9.2\r\n", THEN_CLOSE, HTTP_LOST, 0, "",
	  "Received HTTP/0.9 when not allowed" },
	{ "status is garbage", "HTTP/1.1 xyz\r\n\r\n", THEN_CLOSE, HTTP_LOST, 0, "", NULL },
	{ "version is garbage", "HTTP/x.y 200 OK\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE,
	  HTTP_LOST, 0, "", "the reply's first line is malformed" },
	{ "no status", "HTTP/\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE, HTTP_LOST, 0, "",
	  NULL },
	{ "status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
	  THEN_CLOSE, HTTP_LOST, 0, "", NULL },
	{ "status past all", "HTTP/1.1 600 No\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE,
	  HTTP_LOST, 0, "", NULL },
	{ "no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE, HTTP_REPLIED,
	  200, "ok", NULL },
	{ "status line twice",
	  "HTTP/1.1 200 OK\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nok", THEN_CLOSE,
	  HTTP_LOST, 200, "", NULL },
	{ "HTML", "<html>", THEN_CLOSE, HTTP_LOST, 0, "", "Received HTTP/0.9 when not allowed" },
	{ "silence", "", THEN_WAIT, HTTP_LOST, 0, "", NULL },
	{ "silence in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", THEN_WAIT,
	  HTTP_LOST, 200, "ok", NULL },
	{ "body past the limit", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
	  THEN_CLOSE, HTTP_TOO_LARGE, 200, NULL, "the reply's body is too large" },
	{ "body at the limit", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
	  THEN_CLOSE, HTTP_REPLIED, 200, "0123456789", NULL },
	{ "headers past the limit",
	  "HTTP/1.1 200 OK\r\nX-Long: 01234567890123456789012345678901234567890123456789\r\n"
	  "X-Long: 01234567890123456789012345678901234567890123456789\r\n"
	  "X-Long: 01234567890123456789012345678901234567890123456789\r\n"
	  "X-Long: 01234567890123456789012345678901234567890123456789\r\nContent-Length: 0\r\n\r\n",
	  THEN_CLOSE, HTTP_TOO_LARGE, 200, "", "the reply's headers are too large" },
};

static void behave(int fd, int n, void *context)
{
	const struct behaviour *behaviour = context;
	char request[4096];

	(void)n;
	if (!raw_read_request(fd, request, sizeof(request)))
		return;
	raw_send(fd, behaviour->says);
	if (behaviour->then == THEN_WAIT)
		raw_read(fd, request, sizeof(request), 5000);
	if (behaviour->then == THEN_RESET)
		raw_reset_on_close(fd);
}

static void replies_are_told_apart(void **state)
{
	const struct http_limits limits = { .total_ms = 400, .body_max = 10, .headers_max = 200 };
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
		const struct behaviour *b = &behaviours[i];
		struct raw_server *server = raw_server_start(behave, (void *)b);
		struct http_reply *reply = fetch(bench, "POST", raw_server_port(server), "/", "x",
						 &limits);

		if (reply->failure != b->failure || reply->status != b->status ||
		    (b->body && !text_equal(reply->body, b->body)) ||
		    (b->why && !text_equal(reply->why, b->why)) ||
		    (reply->failure == HTTP_REPLIED) != (reply->why == NULL))
			fail_msg("%s: failure %d, status %d, body %s, why %s", b->name,
				 (int)reply->failure, reply->status, reply->body,
				 reply->why ? reply->why : "-");
		assert_null(http_header_find(&reply->headers, "X-A"));
		assert_in_range(reply->took_ms, b->then == THEN_WAIT ? 390 : 0, 5000);
		assert_int_equal(raw_server_count(server), 1);
		raw_server_stop(server);
	}
}

/* The second time libcurl must not take the line for one of the first reply's headers,
 * which are freed by then (the address sanitizer looks). */
static void folded_first_line_is_no_header_of_the_last_reply(void **state)
{
	static const struct behaviour folded = {
		.says = "HTTP/1.1 200 OK\r\n X-A: 1\r\nContent-Length: 2\r\n\r\nok",
		.then = THEN_CLOSE,
	};
	static const struct behaviour usual = {
		.says = "HTTP/1.1 200 OK\r\nX-B: 1\r\nContent-Length: 2\r\n\r\nok",
		.then = THEN_CLOSE,
	};
	struct bench *bench = *state;

	for (int i = 0; i < 4; i++) {
		struct raw_server *server = raw_server_start(
			behave, (void *)(i % 2 ? &folded : &usual));
		struct http_reply *reply = fetch(bench, "POST", raw_server_port(server), "/", "x",
						 NULL);

		assert_int_equal(reply->failure, i % 2 ? HTTP_LOST : HTTP_REPLIED);
		assert_null(http_header_find(&reply->headers, "X-A"));
		raw_server_stop(server);
	}
}

/* One byte each 30 ms: each keeps the connection busy, none ends the reply in time. */
static void drip(int fd, int n, void *context)
{
	char request[4096];

	(void)n;
	(void)context;
	if (!raw_read_request(fd, request, sizeof(request)))
		return;
	raw_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	while (raw_try_send(fd, "d", 1) && raw_read(fd, request, sizeof(request), 30) == RAW_SILENT)
		;
}

struct pieces {
	struct buf all;
	int count, break_at; /* the piece that is refused; 0: none */
};

static int take_piece(void *context, const char *bytes, size_t len)
{
	struct pieces *pieces = context;

	if (++pieces->count == pieces->break_at)
		return -1;
	buf_addn(&pieces->all, bytes, len);
	return 0;
}

static void bodies_may_be_taken_in_pieces(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	struct pieces pieces = { .count = 0 };
	struct http_limits limits = { .body_max = 10, .sink = take_piece,
				      .sink_context = &pieces };
	struct http_reply *reply;

	buf_init(&pieces.all, bench->arena, 1u << 20);
	reply = fetch(bench, "GET", echo_port(echo), "/stream?500000", NULL, &limits);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	assert_int_equal(reply->body_len, 0);
	assert_int_equal(pieces.all.len, 500000);
	assert_true(pieces.count > 1);

	/* A refusal is no such body: it is kept. */
	pieces.count = 0;
	limits.body_max = 0;
	reply = fetch(bench, "GET", echo_port(echo), "/refuse", NULL, &limits);
	assert_int_equal(reply->status, 403);
	assert_true(reply->body_len > 0);
	assert_int_equal(pieces.count, 0);

	pieces.break_at = 2;
	reply = fetch(bench, "GET", echo_port(echo), "/stream?500000", NULL, &limits);
	assert_int_equal(reply->failure, HTTP_LOST);
	assert_string_equal(reply->why, "whoever takes the reply's body broke off");
	echo_stop(echo);
}

static void total_time_is_total(void **state)
{
	const struct http_limits limits = { .total_ms = 300 };
	struct bench *bench = *state;
	struct raw_server *server = raw_server_start(drip, NULL);
	struct http_reply *reply = fetch(bench, "GET", raw_server_port(server), "/", NULL, &limits);

	assert_int_equal(reply->failure, HTTP_LOST);
	assert_in_range(reply->took_ms, 290, 3000);
	raw_server_stop(server);
}

static void keep_request(int fd, int n, void *context)
{
	(void)n;
	if (raw_read_request(fd, context, 4096))
		raw_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static void request_on_the_wire_is_ours_to_the_byte(void **state)
{
	struct bench *bench = *state;
	char seen[4096], expected[512];
	struct raw_server *server = raw_server_start(keep_request, seen);
	struct http_request request = { .method = "POST", .body = "{}", .body_len = 2 };
	struct http_reply *reply;
	int port = raw_server_port(server);

	request.url = arena_printf(bench->arena, "HTTP://127.0.0.1:%d/a/../b?c=%%2f#", port);
	reply = http_client_fetch(bench->client, &request, NULL, bench->arena);
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	request.url = arena_printf(bench->arena, "HTTP://127.0.0.1:%d/a/../b?c=%%2f", port);
	http_header_add(&request.headers, "Content-Type", "application/json");
	http_header_add(&request.headers, "X-Empty", "");
	reply = http_client_fetch(bench->client, &request, NULL, bench->arena);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	snprintf(expected, sizeof(expected),
		 "POST /a/../b?c=%%2f HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n"
		 "Content-Type: application/json\r\nX-Empty:\r\nUser-Agent: Fairlead/test\r\n"
		 "Content-Length: 2\r\n\r\n{}",
		 port);
	assert_string_equal(seen, expected);
	raw_server_stop(server);
}

static void large_body_goes_at_once(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	size_t len = 60000;
	char *body = arena_alloc(bench->arena, len + 1);
	struct http_reply *reply;

	memset(body, 'x', len);
	reply = fetch(bench, "POST", echo_port(echo), "/echo", body, NULL);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	assert_string_equal(strchr(strchr(reply->body, '\n') + 1, '\n') + 1, body);
	/* Over 1 MiB libcurl would ask "100-continue" first. */
	body = arena_alloc(bench->arena, 2000001);
	memset(body, 'x', 2000000);
	reply = fetch(bench, "POST", echo_port(echo), "/echo", body, NULL);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	assert_int_equal(reply->status, 413);
	echo_stop(echo);
}

static const struct {
	const char *method, *url, *name, *value, *why;
} refusals[] = {
	{ "GET", "ftp://127.0.0.1/", NULL, NULL, "the URL is malformed" },
	{ "GET", "http://user@127.0.0.1/", NULL, NULL, "the URL is malformed" },
	{ "GET", "http://127.0.0.1/#x", NULL, NULL, "the URL is malformed" },
	{ "GET", "http://127.0.0.1/a b", NULL, NULL, "the URL is malformed" },
	{ "GET", "http://127.0.0.1/a\r\nX: y", NULL, NULL, "the URL is malformed" },
	{ "GET", "file:///etc/passwd", NULL, NULL, "the URL is malformed" },
	{ "GET", "/relative", NULL, NULL, "the URL is malformed" },
	{ "GET", NULL, NULL, NULL, "the URL is malformed" },
	{ "get", "http://127.0.0.1/", NULL, NULL, "the method is malformed" },
	{ "GET / HTTP/1.1\r\nX:", "http://127.0.0.1/", NULL, NULL, "the method is malformed" },
	{ "GET", "http://127.0.0.1/", "X-A", "1\r\nX-B: 2",
	  "a header of the request is malformed" },
	{ "GET", "http://127.0.0.1/", "X-A", "1\nX-B: 2", "a header of the request is malformed" },
	{ "GET", "http://127.0.0.1/", "X-A: 1\r\nX-B", "2",
	  "a header of the request is malformed" },
	{ "GET", "http://127.0.0.1/", "", "2", "a header of the request is malformed" },
	{ "GET", "http://127.0.0.1/", "Host", "other",
	  "Host and the length are not the caller's to set" },
	{ "GET", "http://127.0.0.1/", "content-length", "3",
	  "Host and the length are not the caller's to set" },
	{ "GET", "http://10.0.0.1/", NULL, NULL, "plain http: address 10.0.0.1 port 80 is not allowed" },
	{ "GET", "http://1.1.1.1/", NULL, NULL, "plain http: address 1.1.1.1 port 80 is not allowed" },
	{ "GET", "https://10.0.0.1/", NULL, NULL, "address 10.0.0.1 port 443 is not allowed" },
	{ "GET", "https://169.254.169.254/", NULL, NULL,
	  "address 169.254.169.254 port 443 is not allowed" },
	{ "GET", "https://[::ffff:10.0.0.1]:8443/", NULL, NULL,
	  "address 10.0.0.1 port 8443 is not allowed" },
	{ "GET", "https://[::1]/", NULL, NULL, "address ::1 port 443 is not allowed" },
	{ "GET", "https://0x0a.1/", NULL, NULL, "address 10.0.0.1 port 443 is not allowed" },
	{ "GET", "https://167772161/", NULL, NULL, "address 10.0.0.1 port 443 is not allowed" },
	{ "GET", "https://0/", NULL, NULL, "address 0.0.0.0 port 443 is not allowed" },
	{ "GET", "https://012.0.0.1/", NULL, NULL, "address 10.0.0.1 port 443 is not allowed" },
};

static void what_must_not_go_out_is_not_sent(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct http_request request = { .method = refusals[i].method,
						.url = refusals[i].url };
		struct http_reply *reply;

		if (refusals[i].name)
			request.headers = (struct http_headers){
				.items = { { refusals[i].name, refusals[i].value } }, .count = 1
			};
		reply = http_client_fetch(bench->client, &request, NULL, bench->arena);
		if (reply->failure != HTTP_NOT_SENT || !text_equal(reply->why, refusals[i].why))
			fail_msg("case %zu: failure %d, why %s", i, (int)reply->failure, reply->why);
		assert_int_equal(reply->status, 0);
		assert_string_equal(reply->body, "");
	}
}

/* A name is no way around: the address that it has when connecting is what counts. */
static bool says(void *context)
{
	int *asked = context;

	(*asked)++;
	return false;
}

/* However late it was decided: on a new connection and on one that was kept. */
static void second_thoughts_send_nothing(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	int asked = 0;
	const struct http_limits limits = { .may_begin = says, .may_begin_context = &asked };
	struct http_reply *reply;

	reply = fetch(bench, "POST", echo_port(echo), "/echo", "x", &limits);
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	assert_non_null(strstr(reply->why, "thought better"));
	assert_int_equal(echo_handled(echo), 0);
	reply = fetch(bench, "POST", echo_port(echo), "/echo", "x", NULL);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	reply = fetch(bench, "POST", echo_port(echo), "/echo", "x", &limits);
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	assert_int_equal(asked, 2);
	assert_int_equal(echo_handled(echo), 1);
	echo_stop(echo);
}

static void name_is_judged_by_its_address(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	struct http_network port_only;
	struct http_client_config config = { .allowed = &port_only, .nallowed = 1 };
	struct http_client *client;
	struct http_request request = { .method = "GET" };
	struct http_reply *reply;

	request.url = arena_printf(bench->arena, "http://localhost:%d/echo", echo_port(echo));
	reply = http_client_fetch(bench->client, &request, NULL, bench->arena);
	assert_int_equal(reply->failure, HTTP_REPLIED);

	assert_int_equal(http_network_parse(arena_printf(bench->arena, "127.0.0.0/8:%d",
							 echo_port(echo) ^ 1),
					    &port_only, NULL), 0);
	client = http_client_new(&config);
	reply = http_client_fetch(client, &request, NULL, bench->arena);
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	assert_non_null(strstr(reply->why, "is not allowed"));
	port_only.port = echo_port(echo);
	reply = http_client_fetch(client, &request, NULL, bench->arena);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	http_client_free(client);
	echo_stop(echo);
}

static void proxies_of_the_environment_are_ignored(void **state)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy", "ALL_PROXY" };
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	struct http_reply *reply;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		setenv(names[i], "http://127.0.0.1:1/", 1);
	reply = fetch(bench, "GET", echo_port(echo), "/echo", NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	assert_int_equal(reply->failure, HTTP_REPLIED);
	echo_stop(echo);
}

static void refused_connection_is_not_sent(void **state)
{
	struct bench *bench = *state;
	int port, fd = raw_listen(&port);
	struct http_reply *reply;

	close(fd);
	reply = fetch(bench, "POST", port, "/", "x", NULL);
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	assert_non_null(strstr(reply->why, "Failed to connect to 127.0.0.1 port "));
}

static void unknown_name_is_not_sent(void **state)
{
	struct bench *bench = *state;
	struct http_request request = { .method = "POST", .url = "https://name.invalid/" };
	const struct http_limits limits = { .total_ms = 3000 };
	struct http_reply *reply = http_client_fetch(bench->client, &request, &limits,
						     bench->arena);

	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	assert_true(reply->took_ms < 5000);
}

/* A queue that is full answers no SYN, as an address behind a firewall does. */
static void connecting_has_its_own_time(void **state)
{
	const struct http_limits limits = { .connect_ms = 200, .total_ms = 10000 };
	struct bench *bench = *state;
	int port, fd = raw_listen(&port), fillers[8];
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct http_reply *reply;

	listen(fd, 0);
	for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
	}
	reply = fetch(bench, "POST", port, "/", "x", &limits);
	assert_int_equal(reply->failure, HTTP_NOT_SENT);
	assert_in_range(reply->took_ms, 190, 5000);
	for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
		close(fillers[i]);
	close(fd);
}

static void count_done(void *context, struct http_reply *reply)
{
	int *counts = context;

	counts[reply->failure]++;
}

static void many_exchanges_share_one_thread(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	struct http_request request = { .method = "POST", .body = "x", .body_len = 1 };
	int counts[4] = { 0 };

	request.url = arena_printf(bench->arena, "http://127.0.0.1:%d/later", echo_port(echo));
	for (int i = 0; i < 200; i++)
		http_client_send(bench->client, &request, NULL, bench->arena, count_done, counts);
	assert_int_equal(counts[HTTP_REPLIED], 0); /* `done` comes from a poll only */
	while (http_client_poll(bench->client, 1000) > 0)
		;
	assert_int_equal(counts[HTTP_REPLIED], 200);
	echo_stop(echo);
}

static void connections_of_a_host_may_be_limited(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	struct http_client_config config = bench->config;
	struct http_request request = { .method = "POST", .body = "x", .body_len = 1 };
	struct http_client *client;
	int counts[4] = { 0 };

	config.connections_per_host = 3;
	client = http_client_new(&config);
	request.url = arena_printf(bench->arena, "http://127.0.0.1:%d/later", echo_port(echo));
	for (int i = 0; i < 50; i++)
		http_client_send(client, &request, NULL, bench->arena, count_done, counts);
	while (http_client_poll(client, 1000) > 0)
		;
	assert_int_equal(counts[HTTP_REPLIED], 50);
	assert_in_range(http_server_stats(echo_server(echo)).connections_total, 1, 3);
	http_client_free(client);
	echo_stop(echo);
}

static void *wake(void *client)
{
	http_client_wake(client);
	return NULL;
}

static void wake_ends_a_poll(void **state)
{
	struct bench *bench = *state;
	pthread_t thread;
	int64_t began = clock_mono_us();

	/* Before the poll or in it: it must not wait its 5 s. */
	pthread_create(&thread, NULL, wake, bench->client);
	assert_int_equal(http_client_poll(bench->client, 5000), 0);
	assert_true(clock_mono_us() - began < 4000000);
	pthread_join(thread, NULL);
}

static void freeing_cancels_what_is_under_way(void **state)
{
	struct bench *bench = *state;
	struct echo *echo = echo_start(NULL);
	struct http_client *client = http_client_new(&bench->config);
	struct http_request request = { .method = "GET" };
	int counts[4] = { 0 };

	request.url = arena_printf(bench->arena, "http://127.0.0.1:%d/held", echo_port(echo));
	http_client_send(client, &request, NULL, bench->arena, count_done, counts);
	while (echo_handled(echo) == 0)
		http_client_poll(client, 10);
	request.url = "ftp://refused/";
	http_client_send(client, &request, NULL, bench->arena, count_done, counts);
	http_client_free(client);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		assert_int_equal(counts[i], 0);
	echo_stop(echo);
}

static const struct {
	const char *address;
	bool is_public;
} addresses[] = {
	{ "1.1.1.1", true },	     { "0.0.0.0", false },	  { "0.255.255.255", false },
	{ "1.0.0.0", true },	     { "9.255.255.255", true },	  { "10.0.0.0", false },
	{ "10.255.255.255", false }, { "11.0.0.0", true },	  { "100.63.255.255", true },
	{ "100.64.0.0", false },     { "100.127.255.255", false }, { "100.128.0.0", true },
	{ "126.255.255.255", true }, { "127.0.0.1", false },	  { "127.255.255.255", false },
	{ "128.0.0.0", true },	     { "169.253.255.255", true }, { "169.254.169.254", false },
	{ "169.255.0.0", true },     { "172.15.255.255", true },  { "172.16.0.0", false },
	{ "172.31.255.255", false }, { "172.32.0.0", true },	  { "192.0.0.255", false },
	{ "192.0.1.0", true },	     { "192.0.2.1", false },	  { "192.0.3.0", true },
	{ "192.88.99.1", false },    { "192.88.100.0", true },	  { "192.167.255.255", true },
	{ "192.168.0.1", false },    { "192.169.0.0", true },	  { "198.17.255.255", true },
	{ "198.18.0.0", false },     { "198.19.255.255", false }, { "198.20.0.0", true },
	{ "198.51.100.1", false },   { "198.51.101.0", true },	  { "203.0.113.1", false },
	{ "203.0.114.0", true },     { "223.255.255.255", true }, { "224.0.0.1", false },
	{ "239.255.255.255", false }, { "240.0.0.1", false },	  { "255.255.255.255", false },
	{ "2606:4700:4700::1111", true }, { "::", false },	  { "::1", false },
	{ "::10.0.0.1", false },     { "::ffff:1.1.1.1", true },  { "::ffff:10.0.0.1", false },
	{ "::ffff:127.0.0.1", false }, { "64:ff9b::1.1.1.1", true }, { "64:ff9b::10.0.0.1", false },
	{ "64:ff9b:1::1", false },   { "100::1", false },	  { "2001::1", false },
	{ "2001:1ff:ffff::1", false }, { "2001:200::1", true },   { "2001:db8::1", false },
	{ "2001:db9::1", true },     { "2002:101:101::1", true }, { "2002:a00:1::1", false },
	{ "2002:7f00:1::", false },  { "fbff::1", true },	  { "fc00::1", false },
	{ "fdff::1", false },	     { "fe80::1", false },	  { "fec0::1", false },
	{ "ff02::1", false },	     { "ffff::1", false },
};

static struct sockaddr_storage sockaddr_of(const char *text)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *four = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;

	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		four->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		six->sin6_family = AF_INET6;
	else
		fail_msg("%s", text);
	return storage;
}

static void private_addresses_are_refused(void **state)
{
	const struct http_client_config config = { 0 };
	struct sockaddr_storage other = { .ss_family = AF_UNIX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct sockaddr_storage address = sockaddr_of(addresses[i].address);

		if (http_address_allowed(&config, &address, 443) != addresses[i].is_public)
			fail_msg("%s", addresses[i].address);
	}
	assert_false(http_address_allowed(&config, &other, 443));
}

static const struct {
	const char *network, *address;
	int port;
	bool is_allowed;
} networks[] = {
	{ "127.0.0.1/32:9191", "127.0.0.1", 9191, true },
	{ "127.0.0.1/32:9191", "127.0.0.1", 9192, false },
	{ "127.0.0.1/32:9191", "127.0.0.2", 9191, false },
	{ "127.0.0.1:8090", "127.0.0.1", 8090, true },
	{ "127.0.0.1", "127.0.0.1", 1, true },
	{ "10.1.0.0/16", "10.1.255.255", 5, true },
	{ "10.1.0.0/16", "10.2.0.0", 5, false },
	{ "10.1.0.0/16", "::ffff:10.1.2.3", 5, true },
	{ "10.0.0.0/9", "10.127.0.1", 5, true },
	{ "10.0.0.0/9", "10.128.0.1", 5, false },
	{ "0.0.0.0/0", "10.128.0.1", 5, true },
	{ "0.0.0.0/0", "fd00::1", 5, false },
	{ "[fd00::]/8:443", "fd12::1", 443, true },
	{ "[fd00::]/8:443", "fd12::1", 444, false },
	{ "[::1]:80", "::1", 80, true },
	{ "[::1]", "::1", 81, true },
	{ "fd00::/8", "fdff::1", 1, true },
	{ "::1", "::1", 1, true },
	{ "::/0", "fd00::1", 1, true },
};

static void allowed_networks_are_reached(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
		struct http_network network;
		const struct http_client_config config = { .allowed = &network, .nallowed = 1 };
		struct sockaddr_storage address = sockaddr_of(networks[i].address);
		struct error err;

		if (http_network_parse(networks[i].network, &network, &err) < 0)
			fail_msg("%s", err.message);
		if (http_address_allowed(&config, &address, networks[i].port) !=
		    networks[i].is_allowed)
			fail_msg("case %zu: %s", i, networks[i].network);
	}
}

static void malformed_networks_are_refused(void **state)
{
	static const char *const texts[] = {
		"",	      "x",	    "10.0.0.0/33",   "10.0.0.0/-1", "10.0.0.0/",
		"10.0.0.0:",  "10.0.0/8",   "10.0.0.0/8:65536", "10.0.0.0/8:80x", "[::1",
		"[::1]x",     "[::1]/129",  "[::1]:",	     "::1/",	    "localhost",
		"10.0.0.0/+8", "10.0.0.0:80/8", "[10.0.0.1]:80", "1.2.3.4.5",
		"[fd00::]/8:443:1",
		"11111111111111111111111111111111111111111111111111111111111111111111111111111111111",
	};
	struct http_network network;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (http_network_parse(texts[i], &network, &err) == 0)
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(err.code, ERR_INVALID);
	}
	http_network_parse("10.0.0.0/33", &network, &err);
	assert_string_equal(err.message, "network 10.0.0.0/33: not like 10.1.0.0/16 or "
					 "127.0.0.1:8090 or [fd00::]/8:443");
}

#define IN_BENCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BENCH(request_and_reply_arrive_whole),
		IN_BENCH(request_on_the_wire_is_ours_to_the_byte),
		IN_BENCH(large_body_goes_at_once),
		IN_BENCH(request_is_never_sent_twice),
		IN_BENCH(safe_request_is_sent_again),
		IN_BENCH(replies_are_told_apart),
		IN_BENCH(bodies_may_be_taken_in_pieces),
		IN_BENCH(folded_first_line_is_no_header_of_the_last_reply),
		IN_BENCH(total_time_is_total),
		IN_BENCH(what_must_not_go_out_is_not_sent),
		IN_BENCH(second_thoughts_send_nothing),
		IN_BENCH(name_is_judged_by_its_address),
		IN_BENCH(proxies_of_the_environment_are_ignored),
		IN_BENCH(refused_connection_is_not_sent),
		IN_BENCH(unknown_name_is_not_sent),
		IN_BENCH(connecting_has_its_own_time),
		IN_BENCH(many_exchanges_share_one_thread),
		IN_BENCH(connections_of_a_host_may_be_limited),
		IN_BENCH(wake_ends_a_poll),
		IN_BENCH(freeing_cancels_what_is_under_way),
		cmocka_unit_test(private_addresses_are_refused),
		cmocka_unit_test(allowed_networks_are_reached),
		cmocka_unit_test(malformed_networks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
