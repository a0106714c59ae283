/* queue_watch.c - refuses awaited units that nobody comes to. Threads: its own. */
#include "store/queue_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define LOOK_US 250000 /* between looks */

struct queue_watch {
	struct queue *queue;
	int patience_ms;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool is_ending; /* under lock */
};

static void refuse_late(struct queue_watch *watch)
{
	int64_t until_us = clock_mono_us() - watch->patience_ms * INT64_C(1000);
	struct unit *unit;
	struct error err;

	while ((unit = queue_take_late(watch->queue, until_us))) {
		error_set(&err, ERR_UNAVAILABLE, "not begun in %d ms", watch->patience_ms);
		unit->done(unit, -1, &err);
	}
}

/* Waits that long; true at once when it is to end. */
static bool is_ending_in(struct queue_watch *watch, int64_t us)
{
	struct timespec until = clock_mono_at(clock_mono_us() + us);
	bool is_ending;
	int rc = 0;

	pthread_mutex_lock(&watch->lock);
	while (!watch->is_ending && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&watch->ended, &watch->lock, &until);
	is_ending = watch->is_ending;
	pthread_mutex_unlock(&watch->lock);
	return is_ending;
}

static void *watch_queue(void *context)
{
	struct queue_watch *watch = context;

	while (!is_ending_in(watch, LOOK_US))
		refuse_late(watch);
	return NULL;
}

static void free_watch(struct queue_watch *watch)
{
	pthread_cond_destroy(&watch->ended);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

struct queue_watch *queue_watch_start(struct queue *queue, int patience_ms, struct error *err)
{
	struct queue_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		abort();
	watch->queue = queue;
	watch->patience_ms = patience_ms;
	pthread_mutex_init(&watch->lock, NULL);
	clock_cond_init(&watch->ended);
	if (pthread_create(&watch->thread, NULL, watch_queue, watch) == 0)
		return watch;
	error_set(err, ERR_UNAVAILABLE, "no thread to watch the committer");
	free_watch(watch);
	return NULL;
}

void queue_watch_stop(struct queue_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->is_ending = true;
	pthread_cond_signal(&watch->ended);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	free_watch(watch);
}
