/* load.c - asks a server as fast as it answers, or at a rate, and measures. Threads:
 * each run is its caller's. */
#include "http/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"

#define PATIENCE_US (10 * INT64_C(1000000))
#define REQUEST_MAX (16u << 10)
#define REPLY_MAX (HTTP_LOAD_BODY + 4096)

struct line {
	int fd;               /* -1: could not be opened */
	bool is_busy;
	bool waits_to_send;   /* in epoll for both ways */
	int64_t n, since_us;  /* the request on its way */
	char *request;
	size_t request_len, request_sent;
	char *reply;
	size_t reply_len;     /* bytes there */
	size_t head_len;      /* of status and headers; 0: not whole yet */
	size_t body_len;      /* declared */
	size_t skipped;       /* of the body, past what `reply` holds */
	bool closes;          /* the server will close after this reply */
	struct line *next_free;
};

struct run {
	const struct http_load_config *config;
	struct http_load_result *result;
	struct sockaddr_storage address;
	socklen_t address_len;
	int epoll;
	struct line *lines, *free;
	int nopen, nbusy;
	size_t request_max;
	int64_t next; /* request to send */
	bool has_ended; /* no more are sent */
	int64_t began_us, until_us, last_reply_us;
};

static int resolve(struct run *run, struct error *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	const struct http_load_config *config = run->config;
	struct addrinfo *found = NULL;
	char port[8];

	snprintf(port, sizeof(port), "%d", config->port & 0xffff);
	if (!config->address || getaddrinfo(config->address, port, &hints, &found) != 0)
		return error_set(err, ERR_INVALID, "address: not an IP address");
	memcpy(&run->address, found->ai_addr, found->ai_addrlen);
	run->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static void watch(struct run *run, struct line *line, int operation)
{
	struct epoll_event event = { .events = EPOLLIN | (line->waits_to_send ? EPOLLOUT : 0),
				     .data.ptr = line };

	if (epoll_ctl(run->epoll, operation, line->fd, &event) < 0)
		abort();
}

/* Opens the line, blocking: on loopback that is at once, unless the server's queue is
 * full. */
static bool line_open(struct run *run, struct line *line)
{
	const struct timeval patience = { .tv_sec = 5 };
	int on = 1;

	line->fd = socket(run->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (line->fd < 0)
		return false;
	setsockopt(line->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(line->fd, (struct sockaddr *)&run->address, run->address_len) < 0) {
		close(line->fd);
		line->fd = -1;
		return false;
	}
	setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	line->waits_to_send = false;
	watch(run, line, EPOLL_CTL_ADD);
	run->nopen++;
	return true;
}

static void line_close(struct run *run, struct line *line)
{
	close(line->fd); /* leaves epoll */
	line->fd = -1;
	run->nopen--;
}

static void line_free(struct run *run, struct line *line)
{
	line->next_free = run->free;
	run->free = line;
}

/* Sends what is left; returns false when the connection is broken. */
static bool line_send(struct run *run, struct line *line)
{
	ssize_t n = send(line->fd, line->request + line->request_sent,
			 line->request_len - line->request_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	bool is_rest;

	if (n < 0 && errno != EAGAIN)
		return false;
	line->request_sent += n > 0 ? (size_t)n : 0;
	is_rest = line->request_sent < line->request_len;
	if (is_rest != line->waits_to_send) {
		line->waits_to_send = is_rest;
		watch(run, line, EPOLL_CTL_MOD);
	}
	return true;
}

static void lose(struct run *run, struct line *line)
{
	if (line->is_busy) {
		run->result->lost++;
		line->is_busy = false;
		run->nbusy--;
	}
	line_close(run, line);
	if (line_open(run, line))
		line_free(run, line);
}

/* Begins the next request on a free line; returns false when there are no more or it
 * could not be sent. */
static bool line_ask(struct run *run, struct line *line, int64_t since_us)
{
	line->request_len = run->config->request(run->config->context, run->next, line->request,
						 run->request_max);
	if (line->request_len == 0 || line->request_len > run->request_max) {
		run->has_ended = true;
		line_free(run, line);
		return false;
	}
	line->n = run->next++;
	line->since_us = since_us;
	line->is_busy = true;
	line->request_sent = line->reply_len = line->head_len = line->skipped = 0;
	if (run->nbusy++ == 0)
		run->last_reply_us = since_us; /* nothing was due: no gap */
	run->result->sent++;
	if (line_send(run, line))
		return true;
	lose(run, line);
	return false;
}

/* Reads status and the two headers that matter; returns false if they are none. */
static bool read_head(struct line *line)
{
	const char *end = memmem(line->reply, line->reply_len, "\r\n\r\n", 4);
	const char *at = line->reply;
	bool has_length = false;

	if (line->reply_len < 12)
		return true;
	if (memcmp(line->reply, "HTTP/1.1 ", 9) != 0)
		return false;
	if (!end)
		return line->reply_len < REPLY_MAX;
	line->closes = false;
	while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
		at += 2;
		if (strncasecmp(at, "Content-Length:", 15) == 0) {
			line->body_len = strtoul(at + 15, NULL, 10);
			has_length = true;
		}
		if (strncasecmp(at, "Connection: close", 17) == 0)
			line->closes = true;
	}
	if (memcmp(line->reply + 9, "204", 3) == 0) {
		line->body_len = 0;
		has_length = true;
	}
	line->head_len = (size_t)(end + 4 - line->reply);
	return has_length;
}

static int status_of(const struct line *line)
{
	const char *p = line->reply + 9;
	int status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');

	return status >= 0 && status < (int)ARRAY_LEN(((struct http_load_result *)0)->statuses) ?
		       status :
		       0;
}

static void record(struct run *run, struct line *line)
{
	struct http_load_result *result = run->result;
	int64_t now_us = clock_mono_us(), gap_us = now_us - run->last_reply_us;
	size_t there = line->reply_len - line->head_len;

	if (gap_us > result->longest_gap_us)
		result->longest_gap_us = gap_us;
	run->last_reply_us = now_us;
	result->replied++;
	result->statuses[status_of(line)]++;
	histogram_add(&result->latency, now_us - line->since_us);
	if (run->config->reply)
		run->config->reply(run->config->context, line->n, status_of(line),
				   line->reply + line->head_len, there);
	line->is_busy = false;
	run->nbusy--;
}

/* Reads what is there. Returns 1 when the reply is whole, 0 when not yet, -1 when the
 * connection ended or what came is no reply. */
static int line_read(struct line *line)
{
	static _Thread_local char rest[64u << 10];
	bool is_full = line->reply_len == REPLY_MAX;
	ssize_t n = recv(line->fd, is_full ? rest : line->reply + line->reply_len,
			 is_full ? sizeof(rest) : REPLY_MAX - line->reply_len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0 || !line->is_busy)
		return -1;
	if (is_full)
		line->skipped += (size_t)n;
	else
		line->reply_len += (size_t)n;
	if (!line->head_len && !read_head(line))
		return -1;
	if (!line->head_len)
		return 0;
	n = (ssize_t)(line->reply_len - line->head_len + line->skipped);
	return (size_t)n < line->body_len ? 0 : (size_t)n == line->body_len ? 1 : -1;
}

static bool may_ask(struct run *run, int64_t now_us)
{
	const struct http_load_config *config = run->config;

	if ((config->stop && atomic_load_explicit(config->stop, memory_order_relaxed)) ||
	    now_us >= run->until_us)
		run->has_ended = true;
	return !run->has_ended;
}

static void line_turn(struct run *run, struct line *line, uint32_t events)
{
	int rc;

	if ((events & EPOLLOUT) && line->waits_to_send && !line_send(run, line)) {
		lose(run, line);
		return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	rc = line_read(line);
	if (rc < 0 && !line->is_busy) {
		/* Closed between requests: no loss, but it is on the free list. */
		line_close(run, line);
		line_open(run, line);
		return;
	}
	if (rc < 0)
		lose(run, line);
	if (rc <= 0)
		return;
	record(run, line);
	if (line->closes) {
		line_close(run, line);
		if (!line_open(run, line))
			return;
	}
	line_free(run, line);
}

/* When request `n` is due at the rate. */
static int64_t due_us(const struct run *run, int64_t n)
{
	return run->began_us + (int64_t)((double)n * 1e6 / run->config->per_s);
}

/* Puts the free lines to work; returns when to come again, or -1 if only replies
 * count. */
static int64_t ask_all(struct run *run)
{
	int64_t now_us = clock_mono_us();

	while (run->free && may_ask(run, now_us)) {
		struct line *line = run->free;
		int64_t due = run->config->per_s > 0 ? due_us(run, run->next) : now_us;

		if (due > now_us)
			return due < run->until_us ? due : run->until_us;
		run->free = line->next_free;
		if (line->fd < 0)
			continue; /* the server took it away and none back */
		if (!line_ask(run, line, due))
			break;
	}
	return -1;
}

static void wait_and_read(struct run *run, int64_t until_us)
{
	struct epoll_event events[256];
	int64_t left_us = until_us - clock_mono_us();
	struct timespec left = { 0 };
	int count;

	if (left_us > 0)
		left = (struct timespec){ left_us / 1000000, left_us % 1000000 * 1000 };
	count = epoll_pwait2(run->epoll, events, ARRAY_LEN(events), &left, NULL);
	for (int i = 0; i < count; i++)
		line_turn(run, events[i].data.ptr, events[i].events);
}

static void loop(struct run *run)
{
	int64_t patience = run->config->patience_us ? run->config->patience_us : PATIENCE_US;
	int64_t end_us = 0;

	for (;;) {
		int64_t again_us = ask_all(run), now_us = clock_mono_us();

		may_ask(run, now_us);
		if (run->nopen == 0 || (run->has_ended && run->nbusy == 0))
			break;
		if (run->has_ended && !end_us)
			end_us = now_us + patience;
		if (end_us && now_us >= end_us)
			break;
		if (again_us < 0)
			again_us = end_us ? end_us : now_us + 100000;
		wait_and_read(run, again_us);
	}
	run->result->unanswered = run->nbusy;
	run->result->took_us = run->last_reply_us - run->began_us;
}

static int open_all(struct run *run, struct error *err)
{
	const struct http_load_config *config = run->config;

	for (int i = 0; i < config->connections; i++) {
		struct line *line = &run->lines[i];

		line->request = malloc(run->request_max);
		line->reply = malloc(REPLY_MAX + 1);
		if (!line->request || !line->reply)
			abort();
		if (!line_open(run, line)) {
			error_errno(err, "connect");
			if (err)
				err->code = ERR_UNAVAILABLE;
			return -1;
		}
		line_free(run, line);
	}
	return 0;
}

static void close_all(struct run *run)
{
	for (int i = 0; i < run->config->connections; i++) {
		if (run->lines[i].fd >= 0)
			close(run->lines[i].fd);
		free(run->lines[i].request);
		free(run->lines[i].reply);
	}
	free(run->lines);
	close(run->epoll);
}

static int64_t thread_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int http_load_run(const struct http_load_config *config, struct http_load_result *result,
		  struct error *err)
{
	struct run run = { .config = config, .result = result };
	int64_t cpu_us = thread_cpu_us();
	int rc = -1;

	memset(result, 0, sizeof(*result));
	if (config->connections < 1 || !config->request)
		return error_set(err, ERR_INVALID, "connections: fewer than 1");
	if (resolve(&run, err) < 0)
		return -1;
	run.request_max = config->request_max ? config->request_max : REQUEST_MAX;
	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (run.epoll < 0)
		return error_errno(err, "epoll");
	run.lines = calloc((size_t)config->connections, sizeof(*run.lines));
	if (!run.lines)
		abort();
	for (int i = 0; i < config->connections; i++)
		run.lines[i].fd = -1;
	if (open_all(&run, err) == 0) {
		run.began_us = run.last_reply_us = clock_mono_us();
		run.until_us = config->duration_us ? run.began_us + config->duration_us :
						     INT64_MAX;
		loop(&run);
		result->cpu_us = thread_cpu_us() - cpu_us;
		rc = 0;
	}
	close_all(&run);
	return rc;
}

size_t http_load_post(char *room, size_t size, const char *path, const char *headers,
		      const void *body, size_t body_len)
{
	const char *type = strcasestr(headers, "Content-Type:") ?
				   "" :
				   "Content-Type: application/json\r\n";
	int len = snprintf(room, size,
			   "POST %s HTTP/1.1\r\nHost: localhost\r\n%s"
			   "Content-Length: %zu\r\n%s\r\n",
			   path, type, body_len, headers);

	if (len < 0 || (size_t)len + body_len > size)
		return 0;
	memcpy(room + len, body, body_len);
	return (size_t)len + body_len;
}
