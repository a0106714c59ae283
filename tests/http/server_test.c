#include "../support/check.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "echo.h"
#include "raw.h"

#define WAIT_MS 5000

/* Sends one request on a connection of its own and reads to its end. */
static enum raw_end ask(int port, const char *request, char *reply, size_t size)
{
	int fd = raw_connect(port);
	enum raw_end end;

	raw_try_send(fd, request, strlen(request));
	end = raw_read(fd, reply, size, WAIT_MS);
	close(fd);
	return end;
}

#define CLOSE "Host: x\r\nConnection: close\r\n"

static void answers_at_once_and_later(void **state)
{
	static const char *const paths[] = { "/echo", "/later" };
	struct echo *echo = echo_start(NULL);
	char reply[4096], request[256], expected[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		snprintf(request, sizeof(request),
			 "POST %s?a=%%20b HTTP/1.1\r\n" CLOSE "X-One: 1 \r\nContent-Length: 5\r\n\r\n"
			 "hello",
			 paths[i]);
		snprintf(expected, sizeof(expected),
			 "POST %s?a=%%20b from 127.0.0.1\nX-One: 1\nhello", paths[i]);
		assert_int_equal(ask(echo_port(echo), request, reply, sizeof(reply)), RAW_CLOSED);
		assert_int_equal(raw_status(reply), 200);
		assert_string_equal(raw_body(reply), expected);
		assert_non_null(strstr(reply, "\r\nContent-Type: application/json\r\n"));
		assert_non_null(strstr(reply, "\r\nDate: "));
	}
	echo_stop(echo);
}

static void connection_is_kept(void **state)
{
	static const char *const paths[] = { "/echo", "/later", "/refuse", "/echo", "/later" };
	struct echo *echo = echo_start(NULL);
	int fd = raw_connect(echo_port(echo));
	char reply[4096], request[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		snprintf(request, sizeof(request),
			 "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", paths[i]);
		raw_send(fd, request);
		assert_int_equal(raw_reply(fd, reply, sizeof(reply), WAIT_MS), RAW_FULL);
		assert_int_equal(raw_status(reply), i == 2 ? 403 : 200);
	}
	assert_int_equal(http_server_stats(echo_server(echo)).connections_total, 1);
	assert_int_equal(http_server_stats(echo_server(echo)).requests_total, 5);
	close(fd);
	echo_stop(echo);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct echo *echo = echo_start(NULL);
	int fd = raw_connect(echo_port(echo));
	char reply[4096];

	(void)state;
	raw_send(fd, "GET /later?1 HTTP/1.1\r\nHost: x\r\n\r\n"
		     "POST /echo?2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nzz"
		     "GET /later?3 HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 1; i <= 3; i++) {
		char want[8];

		snprintf(want, sizeof(want), "?%d ", i);
		assert_int_equal(raw_reply(fd, reply, sizeof(reply), WAIT_MS), RAW_FULL);
		assert_non_null(strstr(raw_body(reply), want));
	}
	close(fd);
	echo_stop(echo);
}

static const struct {
	const char *name, *request;
	int status;
} bad_requests[] = {
	{ "two lengths",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
	  400 },
	{ "length and chunks",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
	  "\r\n0\r\n\r\n",
	  400 },
	{ "another encoding",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	  400 },
	{ "chunks in HTTP/1.0",
	  "POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "length is no number",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3a\r\n\r\nabc", 400 },
	{ "length is signed", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
	  400 },
	{ "length is negative",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc", 400 },
	{ "length is a list",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400 },
	{ "length is empty", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\nabc",
	  400 },
	{ "length past 64 bits",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 413 },
	{ "length past the limit",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413 },
	{ "no host", "GET /echo HTTP/1.1\r\n\r\n", 400 },
	{ "two hosts", "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400 },
	{ "blank before the colon",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc", 400 },
	{ "folded value", "GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n", 400 },
	{ "folded name",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-E: chunked\r\n ncoding\r\n\r\n0\r\n\r\n",
	  400 },
	{ "bare line feeds", "GET /echo HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n", 400 },
	{ "carriage return in a value", "GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r2\r\n\r\n",
	  400 },
	{ "control character in a value", "GET /echo HTTP/1.1\r\nHost: x\r\nX-A: \x01\r\n\r\n",
	  400 },
	{ "no colon", "GET /echo HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400 },
	{ "name is no token", "GET /echo HTTP/1.1\r\nHost: x\r\nX(A): 1\r\n\r\n", 400 },
	{ "blank in the target", "GET /echo x HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
	{ "control character in the target", "GET /ec\x02ho HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
	{ "target is no path", "GET echo HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
	{ "CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
	{ "method is no word", "G@T /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
	{ "version is none", "GET /echo HTTQ/1.1\r\nHost: x\r\n\r\n", 400 },
	{ "version is 2", "GET /echo HTTP/2.0\r\nHost: x\r\n\r\n", 505 },
	{ "chunk size is no number",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400 },
	{ "chunk size past 64 bits",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "fffffffffffffffff\r\n",
	  413 },
	{ "chunk without its end",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
	  400 },
};

static void bad_requests_are_refused_and_the_connection_closed(void **state)
{
	struct echo *echo = echo_start(NULL);
	char reply[8192];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_requests); i++) {
		enum raw_end end = ask(echo_port(echo), bad_requests[i].request, reply,
				       sizeof(reply));

		if (raw_status(reply) != bad_requests[i].status || end == RAW_SILENT)
			fail_msg("%s: end %d, reply %s", bad_requests[i].name, (int)end, reply);
	}
	assert_int_equal(echo_handled(echo), 0);
	echo_stop(echo);
}

/* Of which the library does not tell that they have ended; the sanitizer would find what is
 * left of them. */
static void requests_that_are_wrong_twice_leave_nothing(void **state)
{
	static const char request[] = "POST /echo HTTP/1.1\r\nHost: x\r\n"
				      "Content-Length: 20ength\r\nCookie: \xff c=\"\r\n\r\n";
	struct echo *echo = echo_start(NULL);
	char reply[8192];

	(void)state;
	for (int i = 0; i < 10; i++) {
		enum raw_end end = ask(echo_port(echo), request, reply, sizeof(reply));

		assert_true(end == RAW_CLOSED || end == RAW_FULL);
	}
	assert_int_equal(echo_handled(echo), 0);
	echo_stop(echo);
}

static void bad_requests_hide_nothing_behind_a_nul(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define BYTES(text) { text, sizeof(text) - 1 }
		BYTES("GET /ec\0ho HTTP/1.1\r\nHost: x\r\n\r\n"),
		BYTES("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\0 2\r\n\r\n"),
		BYTES("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\0\r\n\r\n"),
		BYTES("GET /echo HTTP/1.1\r\nHost: x\r\nX\0A: 1\r\n\r\n"),
		BYTES("GET /echo HTTP/1.1\r\nHost: x\0y\r\n\r\n"),
	};
	struct echo *echo = echo_start(NULL);
	char reply[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int fd = raw_connect(echo_port(echo));

		assert_true(raw_try_send(fd, cases[i].bytes, cases[i].len));
		if (raw_read(fd, reply, sizeof(reply), WAIT_MS) != RAW_CLOSED ||
		    raw_status(reply) != 400)
			fail_msg("case %zu: %s", i, reply);
		close(fd);
	}
	assert_int_equal(echo_handled(echo), 0);
	echo_stop(echo);
}

static const struct {
	const char *name, *request, *body; /* of the reply: starts with it */
} good_requests[] = {
	{ "HTTP/1.0 without a host", "GET /echo HTTP/1.0\r\n\r\n", "GET /echo? from" },
	{ "absolute target", "GET http://x:1/echo?a HTTP/1.1\r\n" CLOSE "\r\n",
	  "GET /echo?a from" },
	{ "asterisk", "OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n", "OPTIONS *? from" },
	{ "escapes stay", "GET /%2e%00/%?%zz HTTP/1.1\r\n" CLOSE "\r\n",
	  "GET /%2e%00/%?%zz from" },
	{ "bytes over 0x7f stay", "GET /\xff?\xfe HTTP/1.1\r\n" CLOSE "\r\n",
	  "GET /\xff?\xfe from" },
	{ "plus stays", "GET /a+b?c+d HTTP/1.1\r\n" CLOSE "\r\n", "GET /a+b?c+d from" },
	{ "header that is not UTF-8 is left out",
	  "GET / HTTP/1.1\r\n" CLOSE "X-A: \xff\r\nX-B: \xc3\xa4\r\n\r\n",
	  "GET /? from 127.0.0.1\nX-B: \xc3\xa4\n" },
	{ "empty value, blanks around values",
	  "GET / HTTP/1.1\r\n" CLOSE "X-A:\r\nX-B: \t b c \t\r\n\r\n",
	  "GET /? from 127.0.0.1\nX-A: \nX-B: b c\n" },
	{ "same header twice", "GET / HTTP/1.1\r\n" CLOSE "X-A: 1\r\nX-A: 2\r\n\r\n",
	  "GET /? from 127.0.0.1\nX-A: 1\nX-A: 2\n" },
	{ "empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" CLOSE "\r\n", "GET /? from" },
	{ "chunks",
	  "POST / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n",
	  "POST /? from 127.0.0.1\nabcdefg" },
	{ "no chunk", "POST / HTTP/1.1\r\n" CLOSE "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
	  "POST /? from 127.0.0.1\n" },
	{ "length zero", "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 0\r\n\r\n",
	  "POST /? from 127.0.0.1\n" },
};

static void good_requests_are_read_as_they_are(void **state)
{
	struct echo *echo = echo_start(NULL);
	char reply[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good_requests); i++) {
		enum raw_end end = ask(echo_port(echo), good_requests[i].request, reply,
				       sizeof(reply));

		if (end != RAW_CLOSED || raw_status(reply) != 200 ||
		    !text_starts(raw_body(reply), good_requests[i].body))
			fail_msg("%s: end %d, reply %s", good_requests[i].name, (int)end, reply);
	}
	echo_stop(echo);
}

static void replies_without_body_have_none(void **state)
{
	static const struct {
		const char *request;
		const char *length; /* the header, or NULL for none */
	} cases[] = {
		{ "HEAD /echo HTTP/1.1\r\n" CLOSE "\r\n", "Content-Length: 27\r\n" },
		{ "HEAD /later HTTP/1.1\r\n" CLOSE "\r\n", "Content-Length: 28\r\n" },
		{ "HEAD /stream?5000 HTTP/1.1\r\n" CLOSE "\r\n", NULL },
		{ "GET /empty?204 HTTP/1.1\r\n" CLOSE "\r\n", NULL },
		{ "GET /empty?304 HTTP/1.1\r\n" CLOSE "\r\n", "Content-Length: 0\r\n" },
		{ "GET /empty?200 HTTP/1.1\r\n" CLOSE "\r\n", "Content-Length: 0\r\n" },
	};
	struct echo *echo = echo_start(NULL);
	char reply[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ask(echo_port(echo), cases[i].request, reply, sizeof(reply)),
				 RAW_CLOSED);
		assert_string_equal(raw_body(reply), "");
		if (cases[i].length ? !strstr(reply, cases[i].length) :
				      strstr(reply, "Content-Length") != NULL)
			fail_msg("case %zu: %s", i, reply);
	}
	echo_stop(echo);
}

/* A request with `count` headers of `len` bytes each beside Host and Connection. */
static char *with_headers(struct arena *arena, size_t count, size_t len)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	buf_add(&buf, "GET /echo HTTP/1.1\r\n" CLOSE);
	for (size_t i = 0; i < count; i++) {
		buf_add(&buf, "Y-A: ");
		for (size_t j = 0; j < len; j++)
			buf_addc(&buf, 'y');
		buf_add(&buf, "\r\n");
	}
	buf_add(&buf, "\r\n");
	return buf_text(&buf);
}

static void headers_are_limited_in_size_and_number(void **state)
{
	static const struct {
		size_t count, len;
		int status;
		bool is_ours; /* else the library refuses, in its own words */
	} cases[] = {
		{ 62, 10, 200, true },	   { 63, 10, 431, true },    { 1, 15000, 200, true },
		{ 1, 16384, 431, true },   { 100, 1, 431, true },    { 1, 60000, 431, false },
		{ 4000, 10, 431, false },
	};
	struct echo *echo = echo_start(NULL);
	struct arena *arena = arena_new();
	char reply[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum raw_end end = ask(echo_port(echo),
				       with_headers(arena, cases[i].count, cases[i].len), reply,
				       sizeof(reply));

		if (end == RAW_SILENT || raw_status(reply) != cases[i].status)
			fail_msg("case %zu: end %d, reply %s", i, (int)end, reply);
		if (cases[i].status == 431 && cases[i].is_ours)
			assert_non_null(strstr(reply, "headers_too_large"));
	}
	arena_free(arena);
	echo_stop(echo);
}

static char *post(struct arena *arena, const char *path, const char *extra, size_t len)
{
	char *body = arena_alloc(arena, len + 1);

	memset(body, 'b', len);
	return arena_printf(arena, "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s",
			    path, extra, len, body);
}

static char *post_chunked(struct arena *arena, const char *path, size_t len)
{
	struct buf buf;

	buf_init(&buf, arena, 64u << 20);
	buf_addf(&buf, "POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", path);
	for (size_t i = 0; i < len; i += 100) {
		size_t n = len - i < 100 ? len - i : 100;

		buf_addf(&buf, "%zx\r\n", n);
		for (size_t j = 0; j < n; j++)
			buf_addc(&buf, 'b');
		buf_add(&buf, "\r\n");
	}
	buf_add(&buf, "0\r\n\r\n");
	return buf_text(&buf);
}

static void body_may_be_as_long_as_begin_says(void **state)
{
	struct echo *echo = echo_start(NULL);
	struct arena *arena = arena_new();
	char *reply = arena_alloc(arena, 1u << 20);

	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd = raw_connect(echo_port(echo));

		raw_send(fd, i ? post_chunked(arena, "/echo", 65536) :
				 post(arena, "/echo", "", 65536));
		assert_int_equal(raw_reply(fd, reply, 1u << 20, WAIT_MS), RAW_FULL);
		assert_int_equal(raw_status(reply), 200);
		assert_int_equal(strspn(strchr(raw_body(reply), '\n') + 1, "b"), 65536);
		close(fd);
	}
	echo_stop(echo);
	arena_free(arena);
}

/* The peer goes on sending: it must get the answer all the same, and not a reset. */
static void longer_body_is_answered_while_it_is_sent(void **state)
{
	struct echo *echo = echo_start(NULL);
	struct arena *arena = arena_new();
	const char *requests[] = {
		post(arena, "/echo", "", 20u << 20),   post_chunked(arena, "/echo", 10u << 20),
		post(arena, "/refuse", "", 20u << 20), post_chunked(arena, "/refuse", 10u << 20),
	};
	char reply[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		int fd = raw_connect(echo_port(echo));

		assert_true(raw_try_send(fd, requests[i], strlen(requests[i])));
		assert_int_equal(raw_read(fd, reply, sizeof(reply), WAIT_MS), RAW_CLOSED);
		assert_int_equal(raw_status(reply), i < 2 ? 413 : 403);
		assert_non_null(strstr(reply, "\r\nConnection: close\r\n"));
		close(fd);
	}
	assert_int_equal(echo_handled(echo), 0);
	assert_int_equal(http_server_stats(echo_server(echo)).body_bytes_held, 0);
	echo_stop(echo);
	arena_free(arena);
}

static void bodies_share_a_budget(void **state)
{
	struct http_server_config config = { .budget = 100000 };
	struct echo *echo = echo_start(&config);
	struct arena *arena = arena_new();
	int holder = raw_connect(echo_port(echo)), fd = raw_connect(echo_port(echo));
	char *reply = arena_alloc(arena, 1u << 20);

	(void)state;
	raw_send(holder, post(arena, "/held", "", 60000));
	echo_wait_held(echo, 1);
	assert_int_equal(http_server_stats(echo_server(echo)).body_bytes_held, 60000);

	raw_send(fd, post(arena, "/echo", "", 50000)); /* read, thrown away, refused */
	assert_int_equal(raw_reply(fd, reply, 1u << 20, WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 503);
	assert_non_null(strstr(reply, "\"busy\""));
	raw_send(fd, post(arena, "/echo", "", 30000));
	assert_int_equal(raw_reply(fd, reply, 1u << 20, WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 200);
	raw_send(fd, post_chunked(arena, "/echo", 50000));
	assert_int_equal(raw_read(fd, reply, 1u << 20, WAIT_MS), RAW_CLOSED);
	assert_int_equal(raw_status(reply), 503);
	close(fd);

	echo_release(echo);
	assert_int_equal(raw_reply(holder, reply, 1u << 20, WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 200);
	assert_int_equal(http_server_stats(echo_server(echo)).refused_busy, 2);
	close(holder);
	echo_stop(echo);
	arena_free(arena);
}

static void peer_that_expects_100_hears_it_or_the_refusal(void **state)
{
	struct echo *echo = echo_start(NULL);
	int fd = raw_connect(echo_port(echo));
	char reply[4096];

	(void)state;
	raw_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		     "Content-Length: 2\r\n\r\n");
	assert_int_equal(raw_reply(fd, reply, sizeof(reply), WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 100);
	raw_send(fd, "ok");
	assert_int_equal(raw_reply(fd, reply, sizeof(reply), WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 200);
	raw_send(fd, "POST /refuse HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		     "Content-Length: 2\r\n\r\n");
	assert_int_equal(raw_read(fd, reply, sizeof(reply), WAIT_MS), RAW_CLOSED);
	assert_int_equal(raw_status(reply), 403);
	close(fd);
	echo_stop(echo);
}

/* Sends the text one byte each 20 ms until the server ends the connection. */
static enum raw_end drip(int fd, const char *text, char *reply, size_t size)
{
	for (; *text; text++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (!raw_try_send(fd, text, 1) || poll(&p, 1, 20) > 0)
			return raw_read(fd, reply, size, WAIT_MS);
	}
	return RAW_SILENT;
}

#define LONG_LINE                                                                              \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name, *at_once, *dripped;
	int status; /* 0: closed without a word, as there was no request yet */
	int cut_headers, cut_body;
} drips[] = {
	{ "in the first line", "", "GET /" LONG_LINE, 0, 1, 0 },
	{ "in the headers", "GET /echo HTTP/1.1\r\n", "X-A: " LONG_LINE, 408, 1, 0 },
	{ "in the body", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	  LONG_LINE, 408, 0, 1 },
	{ "in a chunk",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
	  LONG_LINE, 408, 0, 1 },
	{ "in the trailers",
	  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
	  "X-A: " LONG_LINE, 408, 0, 1 },
};

static void dripping_peers_are_cut(void **state)
{
	struct http_server_config config = { .idle_ms = 300, .body_ms = 300 };
	char reply[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(drips); i++) {
		struct echo *echo = echo_start(&config);
		struct http_server_stats stats;
		int fd = raw_connect(echo_port(echo));
		int64_t began = clock_mono_us();
		enum raw_end end;

		raw_send(fd, drips[i].at_once);
		end = drip(fd, drips[i].dripped, reply, sizeof(reply));
		if (end == RAW_SILENT || raw_status(reply) != drips[i].status)
			fail_msg("%s: end %d, reply %s", drips[i].name, (int)end, reply);
		assert_in_range(clock_mono_us() - began, 250000, 3000000);
		close(fd);
		http_server_quiesce(echo_server(echo));
		while (http_server_stats(echo_server(echo)).connections_open > 0)
			poll(NULL, 0, 1);
		stats = http_server_stats(echo_server(echo));
		assert_int_equal(stats.cut_headers, drips[i].cut_headers);
		assert_int_equal(stats.cut_body, drips[i].cut_body);
		assert_int_equal(stats.body_bytes_held, 0);
		assert_int_equal(echo_handled(echo), 0);
		echo_stop(echo);
	}
}

static void idle_peers_are_closed(void **state)
{
	struct http_server_config config = { .idle_ms = 200 };
	struct echo *echo = echo_start(&config);
	int silent = raw_connect(echo_port(echo)), kept = raw_connect(echo_port(echo));
	char reply[4096];

	(void)state;
	raw_send(kept, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(raw_reply(kept, reply, sizeof(reply), WAIT_MS), RAW_FULL);
	assert_int_equal(raw_read(silent, reply, sizeof(reply), WAIT_MS), RAW_CLOSED);
	assert_string_equal(reply, "");
	assert_int_equal(raw_read(kept, reply, sizeof(reply), WAIT_MS), RAW_CLOSED);
	assert_string_equal(reply, "");
	/* Closing a kept connection is no cut. */
	assert_int_equal(http_server_stats(echo_server(echo)).cut_headers, 1);
	close(silent);
	close(kept);
	echo_stop(echo);
}

static void peers_that_wait_for_us_are_not_cut(void **state)
{
	struct http_server_config config = { .idle_ms = 50, .body_ms = 50 };
	struct echo *echo = echo_start(&config);
	int fd = raw_connect(echo_port(echo));
	char reply[4096];

	(void)state;
	raw_send(fd, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(raw_reply(fd, reply, sizeof(reply), 300), RAW_SILENT);
	echo_release(echo);
	assert_int_equal(raw_reply(fd, reply, sizeof(reply), WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 200);
	close(fd);
	echo_stop(echo);
}

static void peer_that_does_not_read_is_cut(void **state)
{
	struct http_server_config config = { .body_ms = 100 };
	struct echo *echo = echo_start(&config);
	int fd = raw_connect(echo_port(echo));
	int64_t until = clock_mono_us() + 10000000;

	(void)state;
	raw_send(fd, "GET /stream?1000000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	while (echo_streams_done(echo) == 0 && clock_mono_us() < until)
		poll(NULL, 0, 5);
	assert_int_equal(echo_streams_done(echo), 1);
	close(fd);
	echo_stop(echo);
}

static void connections_break_as_asked(void **state)
{
	static const struct {
		const char *path;
		enum raw_end end;
	} cases[] = {
		{ "/reset", RAW_RESET },
		{ "/later-reset", RAW_RESET },
		{ "/close", RAW_CLOSED },
	};
	struct echo *echo = echo_start(NULL);
	char reply[4096], request[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
			 cases[i].path);
		assert_int_equal(ask(echo_port(echo), request, reply, sizeof(reply)),
				 cases[i].end);
		assert_string_equal(reply, "");
	}
	echo_stop(echo);
}

/* Puts the chunks of a reply's body together; false when their end is missing. */
static bool unchunk(const char *body, struct buf *out)
{
	for (;;) {
		char *data;
		size_t len = strtoul(body, &data, 16);

		if (data == body || !text_starts(data, "\r\n") || strlen(data + 2) < len)
			return false;
		if (len == 0)
			return text_equal(data, "\r\n\r\n");
		buf_addn(out, data + 2, len);
		body = data + 2 + len + 2;
	}
}

static void streams_arrive_piece_by_piece(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 1001, 300000 };
	struct echo *echo = echo_start(NULL);
	struct arena *arena = arena_new();
	char *reply = arena_alloc(arena, 1u << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes) * 2; i++) {
		bool is_1_0 = i % 2;
		size_t size = sizes[i / 2];
		struct buf body;

		buf_init(&body, arena, 1u << 20);
		assert_int_equal(ask(echo_port(echo),
				     arena_printf(arena, "GET /stream?%zu HTTP/1.%d\r\n" CLOSE "\r\n",
						  size, is_1_0 ? 0 : 1),
				     reply, 1u << 20),
				 RAW_CLOSED);
		assert_int_equal(raw_status(reply), 200);
		if (is_1_0)
			buf_add(&body, raw_body(reply));
		else
			assert_true(unchunk(raw_body(reply), &body));
		assert_int_equal(body.len, size);
		assert_int_equal(strspn(buf_text(&body), "s"), size);
	}
	assert_int_equal(echo_streams_done(echo), ARRAY_LEN(sizes) * 2);
	echo_stop(echo);
	arena_free(arena);
}

static void broken_stream_has_no_end(void **state)
{
	struct echo *echo = echo_start(NULL);
	struct arena *arena = arena_new();
	char reply[16384];
	struct buf body;

	(void)state;
	buf_init(&body, arena, 16384);
	ask(echo_port(echo), "GET /stream-broken?5000 HTTP/1.1\r\nHost: x\r\n\r\n", reply,
	    sizeof(reply));
	assert_int_equal(raw_status(reply), 200);
	assert_false(unchunk(raw_body(reply), &body));
	assert_int_equal(body.len, 5000);
	echo_stop(echo);
	assert_int_equal(body.is_over, false);
	arena_free(arena);
}

static void partial_replies_are_as_asked(void **state)
{
	static const struct {
		int sent, declared, ms;
		bool is_whole;
	} cases[] = {
		{ 100, 100, 0, true },	 { 100, 100, 200, true }, { 100, 200, 0, false },
		{ 0, 10, 0, false },	 { 100, 500, 100, false }, { 100, HTTP_CHUNKED, 0, true },
		{ 5000, HTTP_CHUNKED, 100, true }, { 100, HTTP_CHUNKED_CUT, 0, false },
		{ 100, HTTP_CHUNKED_CUT, 100, false },
	};
	struct echo *echo = echo_start(NULL);
	struct arena *arena = arena_new();
	char *reply = arena_alloc(arena, 1u << 16);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t began = clock_mono_us();
		struct buf body;
		bool is_whole;

		ask(echo_port(echo),
		    arena_printf(arena, "GET /part?%d,%d,%d HTTP/1.1\r\n" CLOSE "\r\n",
				 cases[i].sent, cases[i].declared, cases[i].ms),
		    reply, 1u << 16);
		assert_int_equal(raw_status(reply), 200);
		buf_init(&body, arena, 1u << 16);
		if (cases[i].declared < 0) {
			is_whole = unchunk(raw_body(reply), &body);
		} else {
			buf_add(&body, raw_body(reply));
			is_whole = (int)body.len == cases[i].declared;
			assert_non_null(strstr(reply, arena_printf(arena, "Content-Length: %d\r\n",
								   cases[i].declared)));
		}
		if (is_whole != cases[i].is_whole || (int)body.len != cases[i].sent)
			fail_msg("case %zu: %zu bytes: %s", i, body.len, reply);
		assert_true(clock_mono_us() - began >= cases[i].ms * 900);
	}
	echo_stop(echo);
	arena_free(arena);
}

static void peer_may_leave_while_it_is_held(void **state)
{
	struct echo *echo = echo_start(NULL);

	(void)state;
	for (int i = 0; i < 20; i++) {
		int fd = raw_connect(echo_port(echo));

		raw_send(fd, "POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
		echo_wait_held(echo, i + 1);
		if (i % 2)
			raw_reset_on_close(fd);
		close(fd);
	}
	echo_release(echo);
	echo_stop(echo);
}

static void quiet_server_finishes_what_it_has(void **state)
{
	struct echo *echo = echo_start(NULL);
	int port = echo_port(echo);
	int held = raw_connect(port), idle = raw_connect(port);
	char reply[4096];

	(void)state;
	raw_send(held, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
	echo_wait_held(echo, 1);
	http_server_quiesce(echo_server(echo));
	assert_int_equal(raw_read(idle, reply, sizeof(reply), WAIT_MS), RAW_CLOSED);
	assert_int_equal(raw_can_connect(port), false);
	echo_release(echo);
	assert_int_equal(raw_read(held, reply, sizeof(reply), WAIT_MS), RAW_CLOSED);
	assert_int_equal(raw_status(reply), 200);
	assert_non_null(strcasestr(reply, "\r\nConnection: close\r\n"));
	close(held);
	close(idle);
	echo_stop(echo);
}

static void stopping_ends_what_hangs(void **state)
{
	struct echo *echo = echo_start(NULL);
	int port = echo_port(echo);
	int body = raw_connect(port), drips_out = raw_connect(port), stream = raw_connect(port);
	char reply[4096];

	(void)state;
	raw_send(body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
	raw_send(drips_out, "GET /part?100,100,60000 HTTP/1.1\r\nHost: x\r\n\r\n");
	raw_send(stream, "GET /stream?1000000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_not_equal(raw_reply(drips_out, reply, sizeof(reply), 50), RAW_FULL);
	http_server_quiesce(echo_server(echo));
	echo_stop_within(echo, 50);
	close(body);
	close(drips_out);
	close(stream);
}

static void address_must_be_free_and_numeric(void **state)
{
	struct echo *echo = echo_start(NULL);
	struct http_server_config config = *echo_config(echo);
	struct error err;

	(void)state;
	config.address = "127.0.0.1";
	config.port = echo_port(echo);
	assert_null(http_server_start(&config, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.message, "listen on 127.0.0.1 port "));
	config.address = "localhost";
	assert_null(http_server_start(&config, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.message, "address localhost: not an IP address");
	config.address = "127.0.0.1";
	config.port = 65536;
	assert_null(http_server_start(&config, &err));
	assert_string_equal(err.message, "port 65536: not 0 to 65535");
	config.port = 0;
	config.threads = 0;
	assert_null(http_server_start(&config, &err));
	assert_string_equal(err.message, "threads: not 1 to 64");
	config.threads = 1;
	assert_null(http_server_start_on(0, &config, &err));
	assert_string_equal(err.message, "descriptor 0: not a listening socket");
	echo_stop(echo);
}

static void listening_socket_may_be_handed_over(void **state)
{
	int port, fd = raw_listen(&port);
	struct echo *echo = echo_start_on(fd);
	char reply[4096];

	(void)state;
	assert_int_equal(echo_port(echo), port);
	assert_int_equal(ask(port, "GET /echo HTTP/1.1\r\n" CLOSE "\r\n", reply, sizeof(reply)),
			 RAW_CLOSED);
	assert_int_equal(raw_status(reply), 200);
	echo_stop(echo);
}

static void connections_past_the_limit_wait(void **state)
{
	struct http_server_config config = { .threads = 1, .connections_max = 2 };
	struct echo *echo = echo_start(&config);
	int port = echo_port(echo), fds[3];
	char reply[4096];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fds[i] = raw_connect(port);
		raw_send(fds[i], "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
		assert_int_equal(raw_reply(fds[i], reply, sizeof(reply), i < 2 ? WAIT_MS : 100),
				 i < 2 ? RAW_FULL : RAW_SILENT);
	}
	close(fds[0]);
	assert_int_equal(raw_reply(fds[2], reply, sizeof(reply), WAIT_MS), RAW_FULL);
	assert_int_equal(raw_status(reply), 200);
	close(fds[1]);
	close(fds[2]);
	echo_stop(echo);
}

static void one_peer_has_its_own_limit(void **state)
{
	struct http_server_config config = { .connections_per_peer = 2 };
	struct echo *echo = echo_start(&config);
	int port = echo_port(echo), fds[3];
	char reply[4096];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fds[i] = raw_connect(port);
		raw_try_send(fds[i], "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 31);
		assert_int_equal(raw_reply(fds[i], reply, sizeof(reply), WAIT_MS) == RAW_FULL,
				 i < 2);
	}
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	echo_stop(echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_at_once_and_later),
		cmocka_unit_test(connection_is_kept),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(good_requests_are_read_as_they_are),
		cmocka_unit_test(bad_requests_are_refused_and_the_connection_closed),
		cmocka_unit_test(requests_that_are_wrong_twice_leave_nothing),
		cmocka_unit_test(bad_requests_hide_nothing_behind_a_nul),
		cmocka_unit_test(replies_without_body_have_none),
		cmocka_unit_test(headers_are_limited_in_size_and_number),
		cmocka_unit_test(body_may_be_as_long_as_begin_says),
		cmocka_unit_test(longer_body_is_answered_while_it_is_sent),
		cmocka_unit_test(bodies_share_a_budget),
		cmocka_unit_test(peer_that_expects_100_hears_it_or_the_refusal),
		cmocka_unit_test(dripping_peers_are_cut),
		cmocka_unit_test(idle_peers_are_closed),
		cmocka_unit_test(peers_that_wait_for_us_are_not_cut),
		cmocka_unit_test(peer_that_does_not_read_is_cut),
		cmocka_unit_test(connections_break_as_asked),
		cmocka_unit_test(streams_arrive_piece_by_piece),
		cmocka_unit_test(broken_stream_has_no_end),
		cmocka_unit_test(partial_replies_are_as_asked),
		cmocka_unit_test(peer_may_leave_while_it_is_held),
		cmocka_unit_test(quiet_server_finishes_what_it_has),
		cmocka_unit_test(stopping_ends_what_hangs),
		cmocka_unit_test(address_must_be_free_and_numeric),
		cmocka_unit_test(listening_socket_may_be_handed_over),
		cmocka_unit_test(connections_past_the_limit_wait),
		cmocka_unit_test(one_peer_has_its_own_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
