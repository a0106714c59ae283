/* delays.c - answers that wait. Threads: any may add; a thread of its own sends them;
 * `lock` is between. */
#include "sandbox/delays.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "sandbox/state.h"

struct delay {
	struct delay *next;
	int64_t due_us;
	struct http_call *call;
	int status;
	const struct http_headers *headers;
	const void *body;
	size_t body_len;
};

struct sb_delays {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct delay *first; /* the next to be sent */
	bool is_ending;
};

static void send_one(struct delay *delay)
{
	if (delay->status)
		http_answer(delay->call, delay->status, delay->headers, delay->body,
			    delay->body_len);
	else
		http_answer_break(delay->call, HTTP_BREAK_CLOSE);
	free(delay);
}

static void wait_for_next(struct sb_delays *delays)
{
	struct timespec until;

	if (!delays->first) {
		pthread_cond_wait(&delays->wake, &delays->lock);
		return;
	}
	until.tv_sec = delays->first->due_us / 1000000;
	until.tv_nsec = delays->first->due_us % 1000000 * 1000;
	pthread_cond_timedwait(&delays->wake, &delays->lock, &until);
}

static void *run(void *context)
{
	struct sb_delays *delays = context;

	pthread_mutex_lock(&delays->lock);
	while (!delays->is_ending || delays->first) {
		struct delay *delay = delays->first;

		if (!delay || (!delays->is_ending && delay->due_us > clock_mono_us())) {
			wait_for_next(delays);
			continue;
		}
		delays->first = delay->next;
		pthread_mutex_unlock(&delays->lock);
		send_one(delay);
		pthread_mutex_lock(&delays->lock);
	}
	pthread_mutex_unlock(&delays->lock);
	return NULL;
}

struct sb_delays *sb_delays_new(void)
{
	struct sb_delays *delays = sb_alloc(sizeof(*delays));

	pthread_mutex_init(&delays->lock, NULL);
	clock_cond_init(&delays->wake);
	if (pthread_create(&delays->thread, NULL, run, delays) != 0)
		abort();
	return delays;
}

void sb_delays_end(struct sb_delays *delays)
{
	pthread_mutex_lock(&delays->lock);
	delays->is_ending = true;
	pthread_cond_signal(&delays->wake);
	pthread_mutex_unlock(&delays->lock);
	pthread_join(delays->thread, NULL);
}

void sb_delays_free(struct sb_delays *delays)
{
	pthread_cond_destroy(&delays->wake);
	pthread_mutex_destroy(&delays->lock);
	free(delays);
}

void sb_delays_add(struct sb_delays *delays, int64_t ms, struct http_call *call, int status,
		   const struct http_headers *headers, const void *body, size_t body_len)
{
	struct delay *delay = sb_alloc(sizeof(*delay)), **at = &delays->first;

	*delay = (struct delay){
		.due_us = clock_mono_us() + ms * 1000,
		.call = call,
		.status = status,
		.headers = headers,
		.body = body,
		.body_len = body_len,
	};
	pthread_mutex_lock(&delays->lock);
	if (delays->is_ending) {
		pthread_mutex_unlock(&delays->lock);
		send_one(delay);
		return;
	}
	while (*at && (*at)->due_us <= delay->due_us)
		at = &(*at)->next;
	delay->next = *at;
	*at = delay;
	pthread_cond_signal(&delays->wake);
	pthread_mutex_unlock(&delays->lock);
}
