/* committer.c - runs units in transactions, many a commit. Threads: the committer's own,
 * but for submitting and looking.
 *
 * There is no lingering: while one commit is being synced the next batch gathers. There
 * are no savepoints: when a unit fails in the store, all of its transaction is rolled
 * back and each unit is run again, alone, so that only the one at fault fails. A failed
 * sync ends the process before anybody is answered. */
#include "store/committer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/identities.h"
#include "store/queue_watch.h"

#define IDLE_US 100000
#define DOZE_US 1000000
#define IDLE_LOG (INT64_C(4) << 20)
#define LARGEST_LOG (INT64_C(256) << 20)
#define BULK_PATIENCE_US 1000000
#define TURN_PATIENCE_US 250000
#define TRIES_ALONE 6
#define EXIT_FATAL 2

struct committer {
	struct committer_config config;
	struct queue queue;
	struct queue_watch *watch;
	pthread_t thread;
	bool is_running;
	pthread_mutex_t lock;
	struct wake wakes[WAKE_TOPICS]; /* under lock */

	struct tx tx;
	struct unit **batch; /* those of the running transaction, in order */
	struct unit **again; /* those to run again, each alone */
	int count;
	bool takes_turns; /* outcomes and the interactive */
	int64_t began_us;
	struct arena *arena; /* for units that have none */
	struct arena_mark empty;

	_Atomic int64_t units, transactions, longest_us, failed_us, log_bytes;
};

/* ---- Failing ---- */

static const char *name_of(enum db_error failure)
{
	switch (failure) {
	case DB_OK:
		return "unit";
	case DB_AGAIN:
		return "again";
	case DB_FULL:
		return "full";
	case DB_FATAL:
		return "fatal";
	case DB_UNSURE:
		return "unsure";
	case DB_BROKEN:
		return "broken";
	}
	return "broken";
}

/* What has been written but not synced is unknown: nobody may be told anything more. */
static void end_if_fatal(const struct committer *c, enum error_code code)
{
	if (c->config.db->failure != DB_FATAL)
		return;
	log_error(NULL, "store.failed", LOG_WORD("driver", c->config.db->driver->name),
		  LOG_WORD("cause", code == ERR_CONFLICT ? "another_node" : "sync_or_corruption"));
	_exit(EXIT_FATAL);
}

static void note_failure(struct committer *c)
{
	enum db_error failure = c->config.db->failure;
	int64_t now = clock_mono_us();

	if (failure == DB_OK || failure == DB_AGAIN)
		return;
	if (now - c->failed_us > DOZE_US)
		log_warn(NULL, "store.refused", LOG_WORD("cause", name_of(failure)));
	c->failed_us = now;
}

static struct arena *arena_of(const struct committer *c, const struct unit *unit)
{
	return unit->arena ? unit->arena : c->arena;
}

/* Rolls back, and the arenas too: latest first, in case two units share one. */
static void abandon(struct committer *c, const struct error *err)
{
	end_if_fatal(c, err->code);
	note_failure(c);
	db_rollback(c->config.db);
	tx_undone(&c->tx);
	end_if_fatal(c, ERR_INTERNAL);
	for (int i = c->count - 1; i >= 0; i--)
		arena_rewind(arena_of(c, c->batch[i]), c->batch[i]->mark);
}

/* ---- One transaction ---- */

static int run_unit(struct committer *c, struct unit *unit, struct error *err)
{
	struct arena *arena = arena_of(c, unit);

	unit->mark = arena_mark(arena);
	c->batch[c->count++] = unit;
	c->tx.view.arena = arena;
	unit->result = unit->run(&c->tx, unit, err);
	if (unit->result < 0)
		return -1;
	if (c->config.db->failure != DB_OK)
		return error_set(err, ERR_INTERNAL, "a unit went on after the store had failed");
	return 0;
}

static int begin(struct committer *c, int64_t workspace, struct error *err)
{
	*err = (struct error){ 0 };
	c->count = 0;
	c->began_us = clock_mono_us();
	return tx_begin(&c->tx, c->config.store, c->config.db, workspace, err);
}

static int commit(struct committer *c, struct error *err)
{
	if (tx_flush(&c->tx, err) < 0 || db_commit(c->config.db, err) < 0)
		return -1;
	tx_kept(&c->tx);
	return 0;
}

static void note_success(struct committer *c)
{
	int64_t took = clock_mono_us() - c->began_us;

	c->units += c->count;
	c->transactions++;
	c->failed_us = 0;
	c->log_bytes = c->config.db->driver->log_bytes(c->config.db);
	if (took > c->longest_us)
		c->longest_us = took;
}

static void wake_up(struct committer *c, enum wake_topic topic)
{
	struct wake wake;

	pthread_mutex_lock(&c->lock);
	wake = c->wakes[topic];
	pthread_mutex_unlock(&c->lock);
	if (wake.call)
		wake.call(wake.context);
}

/* Tells those who wait, in the order in which their units ran. */
static void settle(struct committer *c)
{
	note_success(c);
	for (int i = 0; i < c->count; i++)
		c->batch[i]->done(c->batch[i], c->batch[i]->result, NULL);
	for (int i = 0; i < WAKE_TOPICS; i++)
		if (c->tx.wakes[i])
			wake_up(c, (enum wake_topic)i);
	arena_rewind(c->arena, c->empty);
}

static void refuse(struct committer *c, struct unit *unit, const struct error *err)
{
	unit->done(unit, -1, err);
	arena_rewind(c->arena, c->empty);
}

/* ---- Alone ---- */

static int transact_alone(struct committer *c, struct unit *unit, struct error *err)
{
	if (begin(c, unit->workspace, err) < 0 || run_unit(c, unit, err) < 0 || commit(c, err) < 0)
		return -1;
	return 0;
}

static void pause_before(int try)
{
	struct timespec wait = { .tv_nsec = 1000000L << try };

	nanosleep(&wait, NULL);
}

static void run_alone(struct committer *c, struct unit *unit)
{
	struct error err;

	for (int try = 0; try < TRIES_ALONE; try++) {
		if (try > 0)
			pause_before(try);
		if (transact_alone(c, unit, &err) == 0) {
			settle(c);
			return;
		}
		abandon(c, &err);
		if (c->config.db->failure != DB_AGAIN)
			break;
	}
	refuse(c, unit, &err);
}

/* ---- Together ---- */

static bool is_due(struct committer *c, enum urgency urgency, int64_t patience_us)
{
	int64_t since = queue_since(&c->queue, urgency);

	return since > 0 && c->began_us - since > patience_us;
}

/* An import must come on even while leads pour in; and a lead even while outcomes do, or the
 * client of a database that cannot keep up would wait for as long as there is one to record. */
static enum urgency first_of(struct committer *c)
{
	if (c->count == 1 && is_due(c, URGENCY_BULK, BULK_PATIENCE_US))
		return URGENCY_BULK;
	if (c->takes_turns && c->count % 2 == 1)
		return URGENCY_INTERACTIVE;
	return URGENCY_OUTCOME;
}

static struct unit *take_next(struct committer *c)
{
	struct queue_wish wish = {
		.workspace = c->batch[0]->workspace,
		.is_one_workspace = c->config.db->driver != &db_sqlite,
		.first = first_of(c),
	};

	if (c->count >= c->config.batch_units ||
	    clock_mono_us() - c->began_us >= c->config.batch_ms * INT64_C(1000))
		return NULL;
	return queue_take(&c->queue, &wish);
}

/* Begins with `first` and takes what else there is. */
static int transact(struct committer *c, struct unit *first, struct error *err)
{
	if (begin(c, first->workspace, err) < 0) {
		/* Not even begun: it is the database, and `first` alone is to be told. */
		first->mark = arena_mark(arena_of(c, first));
		c->batch[c->count++] = first;
		return -1;
	}
	c->takes_turns = is_due(c, URGENCY_INTERACTIVE, TURN_PATIENCE_US);
	for (struct unit *unit = first; unit; unit = take_next(c))
		if (run_unit(c, unit, err) < 0)
			return -1;
	return commit(c, err);
}

/* Whether it may be run again: not if the commit may have been kept after all, and not
 * the same alone unless time may help. */
static bool is_worth_another_run(const struct committer *c)
{
	if (c->config.db->failure == DB_UNSURE)
		return false;
	return c->count > 1 || c->config.db->failure == DB_AGAIN;
}

static void run_batch(struct committer *c, struct unit *first)
{
	struct error err;
	int count;

	if (transact(c, first, &err) == 0) {
		settle(c);
		return;
	}
	abandon(c, &err);
	count = c->count;
	if (!is_worth_another_run(c)) {
		for (int i = 0; i < count; i++)
			refuse(c, c->batch[i], &err);
		return;
	}
	memcpy(c->again, c->batch, (size_t)count * sizeof(*c->again));
	for (int i = 0; i < count; i++)
		run_alone(c, c->again[i]);
}

/* ---- While nothing waits ---- */

static int settle_identities(struct committer *c, struct error *err)
{
	if (begin(c, 0, err) < 0 || identities_settle_many(&c->tx, err) < 0 ||
	    commit(c, err) < 0)
		return -1;
	note_success(c);
	return 0;
}

static void tidy(struct committer *c)
{
	const struct recent *recent = store_recent(c->config.store);
	struct error err;

	while (c->queue.waiting == 0 && identities_are_many(recent))
		if (settle_identities(c, &err) < 0) {
			abandon(c, &err);
			return;
		}
}

/* ---- The thread ---- */

static void checkpoint(struct committer *c, int64_t bytes, bool is_urgent)
{
	struct db *db = c->config.db;

	if (db->driver->log_bytes(db) <= bytes)
		return;
	db->driver->checkpoint(db, bytes, is_urgent);
	end_if_fatal(c, ERR_INTERNAL);
	if (db->failure == DB_FULL || db->failure == DB_BROKEN)
		note_failure(c);
	c->log_bytes = db->driver->log_bytes(db);
}

static void *commit_units(void *context)
{
	static const struct queue_wish any = { 0 };
	struct committer *c = context;
	struct unit *unit;
	bool is_idle = false;

	for (;;) {
		if (!queue_wait(&c->queue, is_idle ? DOZE_US : IDLE_US)) {
			if (queue_is_closed(&c->queue))
				break;
			tidy(c);
			checkpoint(c, IDLE_LOG, false);
			is_idle = true;
			continue;
		}
		is_idle = false;
		unit = queue_take(&c->queue, &any);
		if (!unit)
			continue;
		run_batch(c, unit);
		checkpoint(c, LARGEST_LOG, true);
	}
	return NULL;
}

/* ---- From other threads ---- */

static struct committer *committer_new(const struct committer_config *config)
{
	struct committer *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->config = *config;
	c->batch = calloc((size_t)config->batch_units, sizeof(*c->batch));
	c->again = calloc((size_t)config->batch_units, sizeof(*c->again));
	if (!c->batch || !c->again)
		abort();
	c->arena = arena_new();
	c->empty = arena_mark(c->arena);
	queue_init(&c->queue);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

struct committer *committer_start(const struct committer_config *config, struct error *err)
{
	struct committer *c = committer_new(config);

	c->watch = queue_watch_start(&c->queue, config->patience_ms, err);
	if (c->watch)
		c->is_running = pthread_create(&c->thread, NULL, commit_units, c) == 0;
	if (c->is_running)
		return c;
	if (c->watch)
		error_set(err, ERR_UNAVAILABLE, "no thread for the committer");
	committer_free(c);
	return NULL;
}

void committer_stop(struct committer *c)
{
	if (!c->is_running)
		return;
	queue_close(&c->queue);
	pthread_join(c->thread, NULL);
	c->is_running = false;
}

void committer_free(struct committer *c)
{
	if (!c)
		return;
	committer_stop(c);
	queue_watch_stop(c->watch);
	queue_end(&c->queue);
	pthread_mutex_destroy(&c->lock);
	arena_free(c->arena);
	free(c->batch);
	free(c->again);
	free(c);
}

void committer_submit(struct committer *c, struct unit *unit)
{
	struct error err;

	unit->submitted_us = clock_mono_us();
	if (queue_add(&c->queue, unit))
		return;
	error_set(&err, ERR_UNAVAILABLE, "the store is closing");
	unit->done(unit, -1, &err);
}

void committer_on_wake(struct committer *c, enum wake_topic topic, struct wake wake)
{
	pthread_mutex_lock(&c->lock);
	c->wakes[topic] = wake;
	pthread_mutex_unlock(&c->lock);
}

bool committer_is_own_thread(const struct committer *c)
{
	return pthread_equal(pthread_self(), c->thread) != 0;
}

int64_t committer_waiting(const struct committer *c)
{
	return c->queue.waiting;
}

bool committer_is_failing(const struct committer *c)
{
	int64_t failed_us = c->failed_us;

	return failed_us != 0 && clock_mono_us() - failed_us < DOZE_US;
}

void committer_stats(struct committer *c, struct store_stats *stats)
{
	stats->units = c->units;
	stats->transactions = c->transactions;
	stats->syncs = stats->transactions;
	stats->waiting = committer_waiting(c);
	stats->longest_us = atomic_exchange(&c->longest_us, 0);
	stats->log_bytes = c->log_bytes;
}
