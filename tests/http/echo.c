/* echo.c - the server under test with handlers that answer by the path. Threads: the
 * server's pool and one that answers later. */
#include "echo.h"

#include "../support/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

#define QUEUE 4096

struct echo {
	struct http_server *server;
	struct http_server_config config;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct http_call *queue[QUEUE], *held[QUEUE];
	size_t first, count, nheld;
	bool ends;
	_Atomic int streams_done, handled;
};

static void say(struct http_call *call)
{
	struct buf buf;

	buf_init(&buf, call->arena, call->body_len + 65536);
	buf_addf(&buf, "%s %s?%s from %s\n", call->method, call->path,
		 call->query ? call->query : "", call->peer);
	for (size_t i = 0; i < call->headers.count; i++)
		if (text_starts(call->headers.items[i].name, "X-"))
			buf_addf(&buf, "%s: %s\n", call->headers.items[i].name,
				 call->headers.items[i].value);
	buf_addn(&buf, call->body, call->body_len);
	http_answer(call, 200, NULL, buf_text(&buf), buf.len);
}

static void put(struct echo *echo, struct http_call *call)
{
	pthread_mutex_lock(&echo->lock);
	assert_true(echo->count < QUEUE);
	echo->queue[(echo->first + echo->count++) % QUEUE] = call;
	pthread_cond_broadcast(&echo->wake);
	pthread_mutex_unlock(&echo->lock);
}

static void *answer_later(void *context)
{
	struct echo *echo = context;

	pthread_mutex_lock(&echo->lock);
	while (!echo->ends || echo->count > 0) {
		struct http_call *call;

		if (echo->count == 0) {
			pthread_cond_wait(&echo->wake, &echo->lock);
			continue;
		}
		call = echo->queue[echo->first];
		echo->first = (echo->first + 1) % QUEUE;
		echo->count--;
		pthread_mutex_unlock(&echo->lock);
		if (text_starts(call->path, "/later-reset"))
			http_answer_break(call, HTTP_BREAK_RESET);
		else
			say(call);
		pthread_mutex_lock(&echo->lock);
	}
	pthread_mutex_unlock(&echo->lock);
	return NULL;
}

struct pieces {
	struct echo *echo;
	int64_t left;
	bool is_broken;
};

static int64_t next_piece(void *state, char *room, size_t len)
{
	struct pieces *pieces = state;
	int64_t n = pieces->left < 1000 ? pieces->left : 1000;

	if (n > (int64_t)len)
		n = (int64_t)len;
	memset(room, 's', (size_t)n);
	pieces->left -= n;
	return n == 0 && pieces->is_broken ? -1 : n;
}

static void pieces_done(void *state)
{
	struct pieces *pieces = state;

	atomic_fetch_add(&pieces->echo->streams_done, 1);
}

static void stream(struct echo *echo, struct http_call *call)
{
	struct pieces *pieces = arena_alloc(call->arena, sizeof(*pieces));

	pieces->echo = echo;
	pieces->left = atoll(call->query);
	pieces->is_broken = text_equal(call->path, "/stream-broken");
	http_answer_stream(call, 200, NULL, next_piece, pieces_done, pieces);
}

static void part(struct http_call *call)
{
	int sent, declared, ms;
	char *body;

	assert_int_equal(sscanf(call->query, "%d,%d,%d", &sent, &declared, &ms), 3);
	body = arena_alloc(call->arena, (size_t)sent + 1);
	memset(body, 'p', (size_t)sent);
	http_answer_partly(call, 200, NULL, body, (size_t)sent, declared, ms);
}

static void handle(struct http_call *call, void *context)
{
	struct echo *echo = context;

	atomic_fetch_add(&echo->handled, 1);
	if (text_starts(call->path, "/later")) {
		put(echo, call);
	} else if (text_equal(call->path, "/held")) {
		pthread_mutex_lock(&echo->lock);
		echo->held[echo->nheld++] = call;
		pthread_cond_broadcast(&echo->wake);
		pthread_mutex_unlock(&echo->lock);
	} else if (text_equal(call->path, "/reset")) {
		http_answer_break(call, HTTP_BREAK_RESET);
	} else if (text_equal(call->path, "/close")) {
		http_answer_break(call, HTTP_BREAK_CLOSE);
	} else if (text_starts(call->path, "/stream")) {
		stream(echo, call);
	} else if (text_equal(call->path, "/part")) {
		part(call);
	} else if (text_equal(call->path, "/empty")) {
		http_answer(call, atoi(call->query), NULL, "", 0);
	} else {
		say(call);
	}
}

static enum http_verdict begin(struct http_call *call, void *context, size_t *body_max)
{
	(void)context;
	*body_max = 64u << 10;
	if (!text_starts(call->path, "/refuse"))
		return HTTP_TAKE;
	http_answer(call, 403, NULL, "no", 2);
	return HTTP_REFUSE;
}

static void problem(struct http_call *call, void *context, int status, const char *code,
		    const char *detail)
{
	struct http_headers headers = { 0 };
	char *body = arena_printf(call->arena, "{\"code\":\"%s\",\"detail\":\"%s\"}", code, detail);

	(void)context;
	http_header_add(&headers, "Content-Type", "application/problem+json");
	http_answer(call, status, &headers, body, strlen(body));
}

static int or_else(int value, int otherwise)
{
	return value ? value : otherwise;
}

static struct echo *echo_new(const struct http_server_config *given)
{
	struct echo *echo = calloc(1, sizeof(*echo));
	struct http_server_config *config;

	assert_non_null(echo);
	pthread_mutex_init(&echo->lock, NULL);
	pthread_cond_init(&echo->wake, NULL);
	config = &echo->config;
	if (given)
		*config = *given;
	config->address = config->address ? config->address : "127.0.0.1";
	config->threads = or_else(config->threads, 2);
	config->connections_max = or_else(config->connections_max, 1100);
	config->idle_ms = or_else(config->idle_ms, 10000);
	config->body_ms = or_else(config->body_ms, 10000);
	config->headers_max = config->headers_max ? config->headers_max : 16384;
	config->budget = config->budget ? config->budget : 1u << 20;
	config->begin = begin;
	config->handle = handle;
	config->problem = problem;
	config->context = echo;
	assert_int_equal(pthread_create(&echo->thread, NULL, answer_later, echo), 0);
	return echo;
}

struct echo *echo_start(const struct http_server_config *config)
{
	struct echo *echo = echo_new(config);
	struct error err = { 0 };

	echo->server = http_server_start(&echo->config, &err);
	if (!echo->server)
		fail_msg("%s", err.message);
	return echo;
}

struct echo *echo_start_on(int fd)
{
	struct echo *echo = echo_new(NULL);
	struct error err = { 0 };

	echo->server = http_server_start_on(fd, &echo->config, &err);
	if (!echo->server)
		fail_msg("%s", err.message);
	return echo;
}

const struct http_server_config *echo_config(struct echo *echo)
{
	return &echo->config;
}

struct http_server *echo_server(struct echo *echo)
{
	return echo->server;
}

int echo_port(struct echo *echo)
{
	return http_server_port(echo->server);
}

void echo_release(struct echo *echo)
{
	pthread_mutex_lock(&echo->lock);
	while (echo->nheld > 0)
		say(echo->held[--echo->nheld]);
	pthread_mutex_unlock(&echo->lock);
}

int echo_streams_done(struct echo *echo)
{
	return atomic_load(&echo->streams_done);
}

int echo_handled(struct echo *echo)
{
	return atomic_load(&echo->handled);
}

void echo_wait_held(struct echo *echo, int count)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	pthread_mutex_lock(&echo->lock);
	while ((int)echo->nheld < count)
		if (pthread_cond_timedwait(&echo->wake, &echo->lock, &until) != 0)
			break;
	assert_int_equal(echo->nheld, count);
	pthread_mutex_unlock(&echo->lock);
}

void echo_stop(struct echo *echo)
{
	echo_stop_within(echo, 2000);
}

void echo_stop_within(struct echo *echo, int wait_ms)
{
	int64_t began = clock_mono_us();

	echo_release(echo);
	http_server_stop(echo->server, wait_ms);
	assert_true(clock_mono_us() - began < (wait_ms + 2000) * INT64_C(1000));
	pthread_mutex_lock(&echo->lock);
	echo->ends = true;
	pthread_cond_broadcast(&echo->wake);
	pthread_mutex_unlock(&echo->lock);
	pthread_join(echo->thread, NULL);
	pthread_mutex_destroy(&echo->lock);
	pthread_cond_destroy(&echo->wake);
	free(echo);
}
