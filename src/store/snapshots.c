/* snapshots.c - the configuration of each workspace, shared by all threads. Threads:
 * shared, under the book's lock; a snapshot itself never changes. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/configs.h"
#include "store/internal.h"
#include "store/snapshots.h"

#define LOOK_AGAIN_US 1000000 /* what other processes change is seen within 1 s */

struct snapshot {
	_Atomic int references;
	struct arena *arena;
	struct config config;
};

struct page {
	int64_t workspace;
	int64_t looked_us;
	struct snapshot *snapshot;
};

struct snapshot_book {
	pthread_mutex_t lock;
	struct page *pages;
	size_t count;
	_Atomic int expired;
};

struct snapshot_book *snapshot_book_new(void)
{
	struct snapshot_book *book = calloc(1, sizeof(*book));

	if (!book)
		abort();
	pthread_mutex_init(&book->lock, NULL);
	return book;
}

void snapshot_book_free(struct snapshot_book *book)
{
	for (size_t i = 0; i < book->count; i++)
		snapshot_release(book->pages[i].snapshot);
	pthread_mutex_destroy(&book->lock);
	free(book->pages);
	free(book);
}

const struct config *snapshot_config(const struct snapshot *snapshot)
{
	return &snapshot->config;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->references, 1);
	return snapshot;
}

void snapshot_release(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) > 1)
		return;
	arena_free(snapshot->arena);
	free(snapshot);
}

void snapshot_expire(struct store *store)
{
	atomic_fetch_add(&store_snapshots(store)->expired, 1);
}

static struct page *find_page(struct snapshot_book *book, int64_t workspace)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->pages[i].workspace == workspace)
			return &book->pages[i];
	book->pages = realloc(book->pages, (book->count + 1) * sizeof(*book->pages));
	if (!book->pages)
		abort();
	book->pages[book->count] = (struct page){ .workspace = workspace };
	return &book->pages[book->count++];
}

static int read_page(struct view *view, struct page *page, struct error *err)
{
	struct snapshot *fresh;
	int64_t version;
	int found = db_find_int(view->db, "SELECT config_version FROM workspace WHERE id = $1",
				DB_VALUES(db_int(page->workspace)), &version, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such workspace");
	if (found < 0)
		return -1;
	if (page->snapshot && page->snapshot->config.version == version)
		return 0;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		abort();
	fresh->references = 1;
	fresh->arena = arena_new();
	if (config_at(view, page->workspace, version, fresh->arena, &fresh->config, err) < 0) {
		snapshot_release(fresh);
		return -1;
	}
	snapshot_release(page->snapshot);
	page->snapshot = fresh;
	return 0;
}

static int refresh(struct store *store, struct page *page, struct error *err)
{
	struct arena *arena = arena_new();
	struct view *view = view_open(store, arena, err);
	int rc = -1;

	if (view) {
		rc = read_page(view, page, err);
		view_close(view);
	}
	arena_free(arena);
	return rc;
}

struct snapshot *snapshot_get(struct store *store, int64_t workspace, struct error *err)
{
	struct snapshot_book *book = store_snapshots(store);
	struct snapshot *snapshot = NULL;
	int64_t now = clock_mono_us();
	struct page *page;

	pthread_mutex_lock(&book->lock);
	if (atomic_exchange(&book->expired, 0))
		for (size_t i = 0; i < book->count; i++)
			book->pages[i].looked_us = 0;
	page = find_page(book, workspace);
	if (!page->snapshot || page->looked_us + LOOK_AGAIN_US < now) {
		if (refresh(store, page, err) < 0)
			goto out;
		page->looked_us = now;
	}
	snapshot = snapshot_hold(page->snapshot);
out:
	pthread_mutex_unlock(&book->lock);
	return snapshot;
}
