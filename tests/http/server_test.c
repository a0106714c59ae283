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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_at_once_and_later),
		cmocka_unit_test(connection_is_kept),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(bad_requests_are_refused_and_the_connection_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
