/* keeper.c - the store's small regular duties. Threads: its own. */
#include "store/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/log.h"
#include "store/audit.h"

#define HEADS_EVERY 60 /* seconds */
#define NODE_EVERY 20

struct keeper {
	struct store *store;
	char *folder;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool is_ending; /* under lock */
	_Atomic int64_t free_bytes;
};

static void look_at_disk(struct keeper *keeper)
{
	struct statvfs info;

	if (statvfs(keeper->folder, &info) < 0)
		keeper->free_bytes = -1;
	else
		keeper->free_bytes = (int64_t)(info.f_bavail * info.f_frsize);
}

/* Waits a second; false when it is time to end. */
static bool wait_a_second(struct keeper *keeper)
{
	struct timespec until;
	bool is_ending;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&keeper->lock);
	while (!keeper->is_ending && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&keeper->ended, &keeper->lock, &until);
	is_ending = keeper->is_ending;
	pthread_mutex_unlock(&keeper->lock);
	return !is_ending;
}

static int do_nothing(struct tx *tx, void *context, struct error *err)
{
	(void)tx;
	(void)context;
	(void)err;
	return 0;
}

/* The committer renews the lease of our node number before a transaction: this is one,
 * for when there is no other. */
static void renew_node(struct keeper *keeper)
{
	if (!store_is_sqlite(keeper->store))
		store_run(keeper->store, URGENCY_OUTCOME, 0, do_nothing, NULL, NULL);
}

static void *keep(void *context)
{
	struct keeper *keeper = context;

	for (int second = 1; wait_a_second(keeper); second++) {
		look_at_disk(keeper);
		if (second % NODE_EVERY == 0)
			renew_node(keeper);
		if (second % HEADS_EVERY == 0 && store_audit_heads(keeper->store, NULL) < 0)
			log_warn(NULL, "audit.heads", LOG_WORD("result", "not_written"));
	}
	return NULL;
}

struct keeper *keeper_start(struct store *store, const char *folder, struct error *err)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	pthread_condattr_t attributes;

	if (!keeper || !(keeper->folder = strdup(folder)))
		abort();
	keeper->store = store;
	pthread_mutex_init(&keeper->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	look_at_disk(keeper);
	if (pthread_create(&keeper->thread, NULL, keep, keeper) == 0)
		return keeper;
	error_set(err, ERR_UNAVAILABLE, "no thread for the keeper");
	free(keeper->folder);
	free(keeper);
	return NULL;
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	pthread_mutex_lock(&keeper->lock);
	keeper->is_ending = true;
	pthread_mutex_unlock(&keeper->lock);
	pthread_cond_signal(&keeper->ended);
	pthread_join(keeper->thread, NULL);
	pthread_cond_destroy(&keeper->ended);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper->folder);
	free(keeper);
}

int64_t keeper_free_bytes(const struct keeper *keeper)
{
	return keeper->free_bytes;
}
