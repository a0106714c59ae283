/* queue.h - units that wait, by urgency. Private to store/. Threads: shared, under its
 * lock. */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include <pthread.h>

#include "store/store.h"

#define URGENCIES (URGENCY_BULK + 1)

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct queue_list {
		struct unit *first, *last;
	} lists[URGENCIES];
	bool is_asleep, is_closed; /* under the lock */
	_Atomic int64_t waiting;
};

void queue_init(struct queue *queue);
void queue_end(struct queue *queue);

/* False when the queue is closed. */
bool queue_add(struct queue *queue, struct unit *unit);

/* Takes an awaited unit that was submitted at `until_us` (clock_mono_us) or before, or
 * NULL. */
struct unit *queue_take_late(struct queue *queue, int64_t until_us);

/* No more units; who waits wakes. */
void queue_close(struct queue *queue);

/* Which units may be taken. */
struct queue_wish {
	int64_t workspace;   /* only this workspace's, if `is_one_workspace` */
	bool is_one_workspace;
	enum urgency first;  /* before the rest; URGENCY_OUTCOME: all in their order */
};

/* The most urgent unit that waits, in the order of submission, or NULL. */
struct unit *queue_take(struct queue *queue, const struct queue_wish *wish);

/* Waits until there is a unit, the queue is closed, or `us` have passed. Returns whether
 * there is a unit. */
bool queue_wait(struct queue *queue, int64_t us);
bool queue_is_closed(struct queue *queue);

/* When the unit of that urgency that waits longest was submitted (clock_mono_us), 0 if
 * none. */
int64_t queue_since(struct queue *queue, enum urgency urgency);

#endif
