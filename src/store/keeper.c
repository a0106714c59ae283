/* keeper.c - the store's small regular duties. Threads: its own. */
#include "store/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/audit.h"
#include "store/internal.h"
#include "store/purge.h"
#include "store/reseal.h"

#define HEADS_EVERY 60 /* seconds */
#define NODE_EVERY 20
#define RESEAL_EVERY 60
#define RESEAL_AT_ONCE 32       /* values a unit */
#define PURGE_FIRST 60
#define PURGE_EVERY (60 * 60)   /* between the end of a pass and the next */
#define PURGE_STEPS 20          /* a second, while nothing else waits */

struct keeper {
	struct store *store;
	char *folder;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool is_ending; /* under lock */
	_Atomic int64_t free_bytes;

	/* The thread's own: */
	struct purge *purge;
	struct purged told; /* what of it was logged */
	int purge_at, reseal_at; /* second in which there is something to do again */
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
	struct timespec until = clock_mono_at(clock_mono_us() + 1000000);
	bool is_ending;
	int rc = 0;

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

/* ---- Forgetting ---- */

static void tell_purged(struct keeper *keeper)
{
	struct purged now = purge_total(keeper->purge), old = keeper->told;

	keeper->told = now;
	if (now.submissions - old.submissions + now.calls - old.calls + now.attempts -
		    old.attempts + now.import_errors - old.import_errors + now.plans -
		    old.plans > 0)
		log_info(NULL, "data.purged",
			 LOG_INT("submissions", now.submissions - old.submissions),
			 LOG_INT("calls", now.calls - old.calls),
			 LOG_INT("attempts", now.attempts - old.attempts),
			 LOG_INT("import_errors", now.import_errors - old.import_errors),
			 LOG_INT("plans", now.plans - old.plans));
}

/* When nothing waits for the committer: whoever comes meanwhile waits for one stride. */
static void purge(struct keeper *keeper, int second)
{
	int rc = 1;

	if (second < keeper->purge_at)
		return;
	for (int i = 0; i < PURGE_STEPS && rc == 1; i++) {
		if (store_waiting(keeper->store) > 0)
			return;
		rc = purge_step(keeper->purge, clock_now(), NULL);
	}
	if (rc == 1)
		return;
	keeper->purge_at = second + (rc == 0 ? PURGE_EVERY : RESEAL_EVERY);
	if (rc == 0)
		tell_purged(keeper);
	else
		log_warn(NULL, "data.purge", LOG_WORD("result", "failed"));
}

/* ---- Sealing anew ---- */

static void reseal(struct keeper *keeper, int second)
{
	int count;

	if (second < keeper->reseal_at)
		return;
	count = store_reseal(keeper->store, RESEAL_AT_ONCE, NULL);
	if (count > 0) {
		log_info(NULL, "keys.resealed", LOG_INT("values", count));
		return; /* the rest in the next second */
	}
	if (count < 0)
		log_error(NULL, "keys.reseal", LOG_WORD("result", "failed"));
	keeper->reseal_at = second + RESEAL_EVERY;
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
		reseal(keeper, second);
		purge(keeper, second);
	}
	return NULL;
}

struct keeper *keeper_start(struct store *store, const char *folder, struct error *err)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper || !(keeper->folder = strdup(folder)))
		abort();
	keeper->store = store;
	keeper->purge = purge_new(store);
	keeper->purge_at = PURGE_FIRST;
	pthread_mutex_init(&keeper->lock, NULL);
	clock_cond_init(&keeper->ended);
	look_at_disk(keeper);
	if (pthread_create(&keeper->thread, NULL, keep, keeper) == 0)
		return keeper;
	error_set(err, ERR_UNAVAILABLE, "no thread for the keeper");
	purge_free(keeper->purge);
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
	purge_free(keeper->purge);
	free(keeper->folder);
	free(keeper);
}

int64_t keeper_free_bytes(const struct keeper *keeper)
{
	return keeper->free_bytes;
}
