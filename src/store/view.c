/* view.c - snapshots for reading, each on one of a few handles. Threads: any. */
#include "store/view.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/recent.h"

#define SLOW_US 1000000 /* a snapshot keeps the log from starting over */

struct readers {
	pthread_mutex_t lock;
	pthread_cond_t given;
	struct db **free;
	int nfree, count;
};

struct readers *readers_open(const char *uri, int count, struct error *err)
{
	struct readers *readers = calloc(1, sizeof(*readers));

	if (!readers || !(readers->free = calloc((size_t)count, sizeof(*readers->free))))
		abort();
	pthread_mutex_init(&readers->lock, NULL);
	pthread_cond_init(&readers->given, NULL);
	for (; readers->nfree < count; readers->nfree++) {
		if (db_open(&readers->free[readers->nfree], uri, true, err) < 0) {
			readers_close(readers);
			return NULL;
		}
		readers->free[readers->nfree]->is_strict = true;
	}
	readers->count = count;
	return readers;
}

void readers_close(struct readers *readers)
{
	if (!readers)
		return;
	for (int i = 0; i < readers->nfree; i++)
		db_close(readers->free[i]);
	pthread_cond_destroy(&readers->given);
	pthread_mutex_destroy(&readers->lock);
	free(readers->free);
	free(readers);
}

/* The one given back last: its pages are still cached. */
struct db *readers_take(struct readers *readers)
{
	struct db *db;

	pthread_mutex_lock(&readers->lock);
	while (readers->nfree == 0)
		pthread_cond_wait(&readers->given, &readers->lock);
	db = readers->free[--readers->nfree];
	pthread_mutex_unlock(&readers->lock);
	return db;
}

void readers_give(struct readers *readers, struct db *db)
{
	pthread_mutex_lock(&readers->lock);
	readers->free[readers->nfree++] = db;
	pthread_mutex_unlock(&readers->lock);
	pthread_cond_signal(&readers->given);
}

struct arena *view_arena(struct view *view)
{
	return view->arena;
}

struct view *view_open(struct store *store, struct arena *arena, struct error *err)
{
	struct readers *readers = store_readers(store);
	struct view *view = arena_alloc(arena, sizeof(*view));

	*view = (struct view){ .arena = arena, .store = store };
	view->db = readers_take(readers);
	view->opened_us = clock_mono_us();
	if (db_begin(view->db, err) == 0)
		return view;
	readers_give(readers, view->db);
	return NULL;
}

void view_close(struct view *view)
{
	int64_t took;

	if (!view)
		return;
	db_rollback(view->db);
	readers_give(store_readers(view->store), view->db);
	if (view->is_recent_own)
		recent_free(view->recent);
	took = clock_mono_us() - view->opened_us;
	if (took > SLOW_US)
		log_warn(NULL, "view.slow", LOG_INT("took_ms", took / 1000));
}
