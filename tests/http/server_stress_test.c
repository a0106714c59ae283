#include "../support/check.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "echo.h"
#include "raw.h"

static const char request[] =
	"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789";

struct link {
	int fd;
	size_t len;
	char reply[1024];
};

/* Reads what is there; returns whether the reply is whole. */
static bool read_some(struct link *link)
{
	ssize_t n = recv(link->fd, link->reply + link->len, sizeof(link->reply) - 1 - link->len,
			 MSG_DONTWAIT);

	assert_true(n > 0 || (n < 0 && errno == EAGAIN));
	link->len += n > 0 ? (size_t)n : 0;
	link->reply[link->len] = '\0';
	if (!strstr(link->reply, "0123456789"))
		return false;
	assert_int_equal(raw_status(link->reply), 200);
	link->len = 0;
	return true;
}

/* Keeps one request on the way on each connection for a time; then every one of them
 * must be answered. Returns how many were. */
static int64_t keep_busy(struct link *links, size_t count, int64_t for_us)
{
	struct pollfd *polls = calloc(count, sizeof(*polls));
	int64_t until_us = clock_mono_us() + for_us, answered = 0;
	size_t waiting = count;

	for (size_t i = 0; i < count; i++) {
		polls[i] = (struct pollfd){ .fd = links[i].fd, .events = POLLIN };
		raw_send(links[i].fd, request);
	}
	while (waiting > 0) {
		int n = poll(polls, count, 5000);

		if (n <= 0)
			fail_msg("%zu of %zu connections had no answer for 5 s", waiting, count);
		for (size_t i = 0; i < count; i++) {
			if (!polls[i].revents || !read_some(&links[i]))
				continue;
			answered++;
			if (clock_mono_us() < until_us) {
				raw_send(links[i].fd, request);
			} else {
				polls[i].fd = -1;
				waiting--;
			}
		}
	}
	free(polls);
	return answered;
}

static void stress(size_t count, int threads, int64_t for_us)
{
	struct http_server_config config = { .threads = threads, .connections_max = 2048 };
	struct echo *echo = echo_start(&config);
	struct link *links = calloc(count, sizeof(*links));
	int64_t answered;

	for (size_t i = 0; i < count; i++)
		links[i].fd = raw_connect(echo_port(echo));
	answered = keep_busy(links, count, for_us);
	print_message("# %zu connections, %d threads: %lld answers/s\n", count, threads,
		      (long long)(answered * 1000000 / for_us));
	assert_int_equal(http_server_stats(echo_server(echo)).requests_total, answered);
	for (size_t i = 0; i < count; i++)
		close(links[i].fd);
	echo_stop(echo);
	free(links);
}

static void no_wake_up_is_lost(void **state)
{
	(void)state;
	stress(256, 2, 3000000);
	stress(1, 1, 300000);
	stress(64, 1, 1000000);
	stress(900, 4, 2000000);
}

/* Peers that go at any moment: before the body, while somebody holds the call, before
 * they read the answer. What is asked of us is that nothing is freed too early or
 * never; the sanitizers look. */
static void *come_and_go(void *context)
{
	static const char *const texts[] = {
		"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
		"POST /echo HTTP/1.1\r\nHost:",
		"GET /stream?100000 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /part?100,100,1 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /later-reset HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /refuse HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc",
	};
	int port = *(int *)context;
	char reply[256];

	for (unsigned i = 0; i < 3000; i++) {
		int fd = raw_connect(port);
		const char *text = texts[i % (sizeof(texts) / sizeof(texts[0]))];

		raw_try_send(fd, text, strlen(text));
		if (i % 3 == 0)
			raw_read(fd, reply, sizeof(reply), 1);
		if (i % 2)
			raw_reset_on_close(fd);
		close(fd);
	}
	return NULL;
}

static void peers_that_vanish_do_no_harm(void **state)
{
	struct http_server_config config = { .idle_ms = 30, .body_ms = 30 };
	struct echo *echo = echo_start(&config);
	int port = echo_port(echo);
	pthread_t threads[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, come_and_go, &port);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	echo_stop(echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wake_up_is_lost),
		cmocka_unit_test(peers_that_vanish_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
