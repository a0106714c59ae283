/* workers.c - threads for handlers that wait. Threads: shared, under the lock. */
#include "api/workers.h"

#include <pthread.h>
#include <stdlib.h>

#define WAITING_MAX 256 /* calls: more is a peer that does not wait for answers */

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct api_call *first, **end; /* that wait, under the lock */
	int waiting;
	bool is_ending;
	int nthreads;
	pthread_t threads[];
};

static struct api_call *take(struct workers *workers)
{
	struct api_call *call;

	pthread_mutex_lock(&workers->lock);
	while (!workers->first && !workers->is_ending)
		pthread_cond_wait(&workers->filled, &workers->lock);
	call = workers->first;
	if (call) {
		workers->first = call->next;
		workers->waiting--;
		if (!workers->first)
			workers->end = &workers->first;
	}
	pthread_mutex_unlock(&workers->lock);
	return call;
}

static void *work(void *context)
{
	struct api_call *call;

	while ((call = take(context)))
		call->endpoint->handle(call);
	return NULL;
}

struct workers *workers_new(int threads)
{
	struct workers *workers = calloc(1, sizeof(*workers) +
						    (size_t)threads * sizeof(pthread_t));

	if (!workers)
		abort();
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->filled, NULL);
	workers->end = &workers->first;
	for (; workers->nthreads < threads; workers->nthreads++)
		if (pthread_create(&workers->threads[workers->nthreads], NULL, work, workers))
			abort();
	return workers;
}

void workers_free(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->is_ending = true;
	pthread_cond_broadcast(&workers->filled);
	pthread_mutex_unlock(&workers->lock);
	for (int i = 0; i < workers->nthreads; i++)
		pthread_join(workers->threads[i], NULL);
	pthread_cond_destroy(&workers->filled);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

bool workers_submit(struct workers *workers, struct api_call *call)
{
	bool has_room;

	pthread_mutex_lock(&workers->lock);
	has_room = workers->waiting < WAITING_MAX && !workers->is_ending;
	if (has_room) {
		call->next = NULL;
		*workers->end = call;
		workers->end = &call->next;
		workers->waiting++;
		pthread_cond_signal(&workers->filled);
	}
	pthread_mutex_unlock(&workers->lock);
	return has_room;
}
