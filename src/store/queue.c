/* queue.c - units that wait, by urgency. Threads: shared, under its lock.
 *
 * The lock is held for a few pointers at a time. One thread takes; it is woken only when
 * it sleeps, so that submitting to a busy committer makes no system call. */
#include "store/queue.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

/* How many units of other workspaces are passed over for one of ours. */
#define LOOK_AHEAD 512

void queue_init(struct queue *queue)
{

	*queue = (struct queue){ 0 };
	pthread_mutex_init(&queue->lock, NULL);
	clock_cond_init(&queue->filled);
}

void queue_end(struct queue *queue)
{
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
}

bool queue_add(struct queue *queue, struct unit *unit)
{
	struct queue_list *list = &queue->lists[unit->urgency];
	bool is_asleep, is_closed;

	pthread_mutex_lock(&queue->lock);
	is_closed = queue->is_closed;
	is_asleep = queue->is_asleep;
	if (!is_closed) {
		unit->next = NULL;
		unit->previous = list->last;
		if (list->last)
			list->last->next = unit;
		else
			list->first = unit;
		list->last = unit;
		queue->waiting++;
		queue->is_asleep = false; /* one signal is enough */
	}
	pthread_mutex_unlock(&queue->lock);
	if (is_asleep && !is_closed)
		pthread_cond_signal(&queue->filled);
	return !is_closed;
}

static void unlink_unit(struct queue *queue, struct unit *unit)
{
	struct queue_list *list = &queue->lists[unit->urgency];

	if (unit->previous)
		unit->previous->next = unit->next;
	else
		list->first = unit->next;
	if (unit->next)
		unit->next->previous = unit->previous;
	else
		list->last = unit->previous;
	queue->waiting--;
}

/* Units of a list stand in the order of their submission. */
static struct unit *find_late(const struct queue_list *list, int64_t until_us)
{
	struct unit *unit = list->first;

	while (unit && unit->submitted_us <= until_us && !unit->is_awaited)
		unit = unit->next;
	return unit && unit->submitted_us <= until_us ? unit : NULL;
}

struct unit *queue_take_late(struct queue *queue, int64_t until_us)
{
	struct unit *unit = NULL;

	pthread_mutex_lock(&queue->lock);
	for (int i = 0; !unit && i < URGENCIES; i++)
		unit = find_late(&queue->lists[i], until_us);
	if (unit)
		unlink_unit(queue, unit);
	pthread_mutex_unlock(&queue->lock);
	return unit;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->is_closed = true;
	pthread_mutex_unlock(&queue->lock);
	pthread_cond_signal(&queue->filled);
}

static struct unit *find(const struct queue_list *list, const struct queue_wish *wish)
{
	struct unit *unit = list->first;

	for (int i = 0; unit && wish->is_one_workspace && i < LOOK_AHEAD; i++) {
		if (unit->workspace == wish->workspace)
			return unit;
		unit = unit->next;
	}
	return wish->is_one_workspace ? NULL : unit;
}

struct unit *queue_take(struct queue *queue, const struct queue_wish *wish)
{
	struct unit *unit = NULL;

	pthread_mutex_lock(&queue->lock);
	if (wish->first != URGENCY_OUTCOME)
		unit = find(&queue->lists[wish->first], wish);
	for (int i = 0; !unit && i < URGENCIES; i++)
		unit = find(&queue->lists[i], wish);
	if (unit)
		unlink_unit(queue, unit);
	pthread_mutex_unlock(&queue->lock);
	return unit;
}

bool queue_wait(struct queue *queue, int64_t us)
{
	struct timespec deadline = clock_mono_at(clock_mono_us() + us);
	bool is_filled;
	int rc = 0;

	pthread_mutex_lock(&queue->lock);
	while (queue->waiting == 0 && !queue->is_closed && rc != ETIMEDOUT) {
		queue->is_asleep = true;
		rc = pthread_cond_timedwait(&queue->filled, &queue->lock, &deadline);
	}
	queue->is_asleep = false;
	is_filled = queue->waiting > 0;
	pthread_mutex_unlock(&queue->lock);
	return is_filled;
}

bool queue_is_closed(struct queue *queue)
{
	bool is_closed;

	pthread_mutex_lock(&queue->lock);
	is_closed = queue->is_closed;
	pthread_mutex_unlock(&queue->lock);
	return is_closed;
}

int64_t queue_since(struct queue *queue, enum urgency urgency)
{
	const struct unit *unit;
	int64_t since;

	pthread_mutex_lock(&queue->lock);
	unit = queue->lists[urgency].first;
	since = unit ? unit->submitted_us : 0;
	pthread_mutex_unlock(&queue->lock);
	return since;
}
