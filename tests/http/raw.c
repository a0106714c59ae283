/* raw.c - sockets by hand: what no well-behaved client or server would send. Threads:
 * one at a time each. */
#include "raw.h"

#include "../support/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int raw_connect(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

bool raw_can_connect(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return can;
}

int raw_listen(int *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

bool raw_try_send(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

void raw_send(int fd, const char *text)
{
	assert_true(raw_try_send(fd, text, strlen(text)));
}

/* How many bytes a whole message still needs: at least 1 while its end is not known, so
 * that nothing of the next one is read. */
static size_t missing(const char *text, size_t len)
{
	const char *end, *length;
	size_t need;

	if (len < 4 || memcmp(text + len - 4, "\r\n\r\n", 4) != 0)
		return 1;
	end = text + len;
	length = strcasestr(text, "\r\nContent-Length: ");
	need = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
	return need;
}

/* Waits for bytes and reads at most `room`. */
static enum raw_end read_some(int fd, char *at, size_t room, int64_t until_us, size_t *got)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left_ms = (until_us - clock_mono_us()) / 1000;
	ssize_t n;

	if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0)
		return RAW_SILENT;
	n = recv(fd, at, room, 0);
	if (n < 0)
		return errno == ECONNRESET ? RAW_RESET : RAW_CLOSED;
	*got = (size_t)n;
	return n == 0 ? RAW_CLOSED : RAW_FULL;
}

static enum raw_end read_until(int fd, char *text, size_t size, int wait_ms, bool one)
{
	int64_t until_us = clock_mono_us() + wait_ms * INT64_C(1000);
	size_t len = 0, left = one ? 1 : size;
	bool has_end = false;

	text[0] = '\0';
	while (left > 0 && len < size - 1) {
		size_t room = left < size - 1 - len ? left : size - 1 - len, got;
		enum raw_end end = read_some(fd, text + len, room, until_us, &got);

		if (end != RAW_FULL)
			return end;
		len += got;
		text[len] = '\0';
		if (!one)
			continue;
		if (has_end) {
			left -= got;
		} else {
			left = missing(text, len);
			has_end = len >= 4 && memcmp(text + len - 4, "\r\n\r\n", 4) == 0;
		}
	}
	return RAW_FULL;
}

enum raw_end raw_read(int fd, char *text, size_t size, int wait_ms)
{
	return read_until(fd, text, size, wait_ms, false);
}

enum raw_end raw_reply(int fd, char *text, size_t size, int wait_ms)
{
	return read_until(fd, text, size, wait_ms, true);
}

int raw_status(const char *reply)
{
	return strncmp(reply, "HTTP/1.1 ", 9) == 0 ? atoi(reply + 9) : 0;
}

const char *raw_body(const char *reply)
{
	const char *end = strstr(reply, "\r\n\r\n");

	return end ? end + 4 : "";
}

bool raw_read_request(int fd, char *text, size_t size)
{
	return read_until(fd, text, size, 5000, true) == RAW_FULL;
}

void raw_reset_on_close(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

struct raw_server {
	int fd, port;
	pthread_t thread;
	_Atomic int count;
	raw_script *script;
	void *context;
};

static void *serve(void *context)
{
	struct raw_server *server = context;

	for (;;) {
		int fd = accept(server->fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		server->script(fd, atomic_fetch_add(&server->count, 1), server->context);
		close(fd);
	}
}

struct raw_server *raw_server_start(raw_script *script, void *context)
{
	struct raw_server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	server->script = script;
	server->context = context;
	server->fd = raw_listen(&server->port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	return server;
}

int raw_server_port(const struct raw_server *server)
{
	return server->port;
}

int raw_server_count(struct raw_server *server)
{
	return atomic_load(&server->count);
}

void raw_server_stop(struct raw_server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
	free(server);
}
