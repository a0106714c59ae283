/* queue_watch.h - refuses awaited units that nobody comes to. Private to store/. Threads: one of
 * its own calls their `done`.
 *
 * A disk that hangs, or a database that is gone, holds the committer up for as long as it
 * likes; who waits for an answer is told that nothing was taken. */
#ifndef STORE_QUEUE_WATCH_H
#define STORE_QUEUE_WATCH_H

#include "store/queue.h"

struct queue_watch;

/* Refuses what has waited for `patience_ms`. */
struct queue_watch *queue_watch_start(struct queue *queue, int patience_ms, struct error *err);
void queue_watch_stop(struct queue_watch *watch); /* NULL does nothing */

#endif
