/* store.c - opens the store, hands units to its committer, says how it fares. Threads:
 * opening and closing by one; the rest by any. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/audit_chain.h"
#include "store/committer.h"
#include "store/identities.h"
#include "store/keeper.h"
#include "store/node.h"
#include "store/snapshots.h"
#include "store/view.h"

struct store {
	struct store_config config;
	char *uri, *folder, *data;
	int lock_fd;
	struct db *writer;
	struct readers *readers;
	struct recent *recent;
	struct known *known;
	struct learning {
		struct unit unit;
		struct store *store;
		struct known_place from;
	} learning;
	struct committer *committer;
	struct keeper *keeper;
	struct id_maker ids;
	struct installation installation;
	struct node node;
	struct hash_keys *hash_keys;
	struct snapshot_book *snapshots;

	/* What the log has been told of each chain; the keeper's. */
	struct noted {
		int64_t workspace, count;
	} *noted;
	size_t nnoted;
};

/* ---- Opening ---- */

static int64_t or_default(int64_t value, int64_t otherwise)
{
	return value > 0 ? value : otherwise;
}

static void set_config(struct store *store, const struct store_config *config)
{
	char *uri;

	store->config = *config;
	store->config.readers = (int)or_default(config->readers, 4);
	store->config.batch_units = (int)or_default(config->batch_units, 128);
	store->config.batch_ms = (int)or_default(config->batch_ms, 10);
	store->config.patience_ms = (int)or_default(config->patience_ms, 5000);
	store->config.units_max = (int)or_default(config->units_max, 20000);
	store->uri = strdup(config->uri);
	uri = strdup(config->uri);
	store->folder = strdup(store_is_sqlite(store) ? dirname(uri) : config->data);
	store->data = strdup(config->data ? config->data : store->folder);
	free(uri);
	store->config.uri = store->uri;
	store->config.data = store->data;
}

static int say_who_has_it(int fd, const char *folder, struct error *err)
{
	char text[32] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return error_set(err, ERR_CONFLICT, "%s is in use by another process", folder);
	text[strspn(text, "0123456789")] = '\0';
	return error_set(err, ERR_CONFLICT, "%s is in use by process %s", folder, text);
}

/* One process a file: two would checkpoint beside each other. */
static int lock_folder(struct store *store, struct error *err)
{
	char path[4096], pid[32];
	int fd, len;

	if (snprintf(path, sizeof(path), "%s/lock", store->folder) >= (int)sizeof(path))
		return error_set(err, ERR_INVALID, "%s: too long", store->folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			say_who_has_it(fd, store->folder, err);
		else
			error_errno(err, path);
		close(fd);
		return -1;
	}
	len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* For people only; the lock is what counts. */
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) < 0)
		log_warn(NULL, "store.lock", LOG_WORD("cause", "pid_not_written"));
	store->lock_fd = fd;
	return 0;
}

static int open_database(struct store *store, struct error *err)
{
	int64_t now = clock_now();

	if (store_is_sqlite(store) && lock_folder(store, err) < 0)
		return -1;
	if (db_open(&store->writer, store->uri, false, err) < 0 ||
	    store_migrate(store->writer, now, err) < 0 ||
	    installation_open(store->writer, store->config.keyring, now, &store->installation,
			      err) < 0)
		return -1;
	store->writer->is_strict = true;
	if (!store_is_sqlite(store) && node_claim(store->writer, &store->node, err) < 0)
		return -1;
	id_maker_init(&store->ids, (unsigned)store->node.number);
	if (store_is_sqlite(store)) {
		store->known = known_new();
		store->recent = identities_load(store->writer, err);
		if (!store->recent || identities_learn_some(store->writer, store->known,
							    &store->learning.from, err) < 0)
			return -1;
	}
	store->readers = readers_open(store->uri, store->config.readers, err);
	return store->readers ? 0 : -1;
}

static int start_threads(struct store *store, struct error *err)
{
	struct committer_config config = {
		.store = store,
		.db = store->writer,
		.batch_units = store->config.batch_units,
		.batch_ms = store->config.batch_ms,
		.patience_ms = store->config.patience_ms,
	};

	store->committer = committer_start(&config, err);
	if (!store->committer)
		return -1;
	store->keeper = keeper_start(store, store->folder, err);
	return store->keeper ? 0 : -1;
}

/* ---- Learning which identities there are ---- */

static int learn_some(struct tx *tx, struct unit *unit, struct error *err)
{
	struct learning *learning = (struct learning *)unit;

	return identities_learn_some(tx->view.db, learning->store->known, &learning->from, err);
}

/* The first piece was learnt when the store was opened; the others while nothing else waits.
 * A store that fails or closes learns no more. */
static void go_on_learning(struct unit *unit, int result, const struct error *err)
{
	struct learning *learning = (struct learning *)unit;

	(void)err;
	if (result == 1)
		store_submit(learning->store, URGENCY_BULK, unit);
}

static void start_learning(struct store *store)
{
	store->learning.store = store;
	store->learning.unit.run = learn_some;
	store->learning.unit.done = go_on_learning;
	if (store->known && !known_is_complete(store->known))
		store_submit(store, URGENCY_BULK, &store->learning.unit);
}

struct store *store_open(const struct store_config *config, struct error *err)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store || sodium_init() < 0)
		abort();
	store->lock_fd = -1;
	set_config(store, config);
	store->hash_keys = hash_keys_new();
	store->snapshots = snapshot_book_new();
	if (open_database(store, err) == 0 && start_threads(store, err) == 0) {
		start_learning(store);
		return store;
	}
	store_close(store);
	return NULL;
}

static void write_last_heads(struct store *store)
{
	if (store_audit_heads(store, NULL) < 0)
		log_warn(NULL, "audit.heads", LOG_WORD("result", "not_written"));
}

void store_close(struct store *store)
{
	if (!store)
		return;
	keeper_stop(store->keeper);
	if (store->committer)
		committer_stop(store->committer);
	if (store->keeper)
		write_last_heads(store);
	committer_free(store->committer);
	snapshot_book_free(store->snapshots);
	readers_close(store->readers);
	recent_free(store->recent);
	known_free(store->known);
	db_close(store->writer);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	hash_keys_free(store->hash_keys);
	sodium_memzero(&store->installation, sizeof(store->installation));
	free(store->noted);
	free(store->data);
	free(store->uri);
	free(store->folder);
	free(store);
}

/* ---- What it has ---- */

struct id_maker *store_ids(struct store *store)
{
	return &store->ids;
}

const struct keyring *store_keyring(const struct store *store)
{
	return store->config.keyring;
}

struct node *store_node(struct store *store)
{
	return &store->node;
}

const char *store_data(const struct store *store)
{
	return store->data;
}

const struct hash_key *store_audit_key(const struct store *store)
{
	return &store->installation.audit_key;
}

const struct hash_key *store_heads_key(const struct store *store)
{
	return &store->installation.heads_key;
}

bool store_note_head(struct store *store, int64_t workspace, int64_t count)
{
	struct noted *noted = store->noted;
	bool is_new;

	for (size_t i = 0; i < store->nnoted; i++)
		if (noted[i].workspace == workspace) {
			is_new = noted[i].count != count;
			noted[i].count = count;
			return is_new;
		}
	noted = realloc(noted, (store->nnoted + 1) * sizeof(*noted));
	if (!noted)
		abort();
	noted[store->nnoted++] = (struct noted){ workspace, count };
	store->noted = noted;
	return true;
}

struct snapshot_book *store_snapshots(struct store *store)
{
	return store->snapshots;
}

struct hash_keys *store_hash_keys(struct store *store)
{
	return store->hash_keys;
}

const char *store_uri(const struct store *store)
{
	return store->uri;
}

struct readers *store_readers(struct store *store)
{
	return store->readers;
}

struct recent *store_recent(struct store *store)
{
	return store->recent;
}

struct known *store_known(struct store *store)
{
	return store->known;
}

bool store_is_sqlite(const struct store *store)
{
	return db_driver_of(store->uri) == &db_sqlite;
}

int64_t store_installation(const struct store *store)
{
	return store->installation.id;
}

/* ---- Units ---- */

void store_submit(struct store *store, enum urgency urgency, struct unit *unit)
{
	unit->urgency = urgency;
	committer_submit(store->committer, unit);
}

void store_on_wake(struct store *store, enum wake_topic topic,
		   void (*wake)(void *context), void *context)
{
	committer_on_wake(store->committer, topic, (struct wake){ wake, context });
}

struct waiting {
	struct unit unit; /* first: a unit is its waiting */
	int (*run)(struct tx *tx, void *context, struct error *err);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	int result;
	struct error err;
};

static int run_waiting(struct tx *tx, struct unit *unit, struct error *err)
{
	struct waiting *waiting = (struct waiting *)unit;

	return waiting->run(tx, waiting->context, err);
}

static void wake_waiting(struct unit *unit, int result, const struct error *err)
{
	struct waiting *waiting = (struct waiting *)unit;

	pthread_mutex_lock(&waiting->lock);
	waiting->result = result;
	if (err)
		waiting->err = *err;
	waiting->is_done = true;
	/* Under the lock: the waiting one is gone as soon as it can have it. */
	pthread_cond_signal(&waiting->done);
	pthread_mutex_unlock(&waiting->lock);
}

int store_run(struct store *store, enum urgency urgency, int64_t workspace,
	      int (*run)(struct tx *tx, void *context, struct error *err), void *context,
	      struct error *err)
{
	struct waiting waiting = {
		.unit = { .run = run_waiting, .done = wake_waiting, .workspace = workspace },
		.run = run,
		.context = context,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER,
	};

	assert(!committer_is_own_thread(store->committer));
	store_submit(store, urgency, &waiting.unit);
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.is_done)
		pthread_cond_wait(&waiting.done, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	pthread_cond_destroy(&waiting.done);
	pthread_mutex_destroy(&waiting.lock);
	if (waiting.result < 0 && err)
		*err = waiting.err;
	return waiting.result;
}

/* ---- How it fares ---- */

bool store_is_accepting(const struct store *store)
{
	int64_t free_bytes = keeper_free_bytes(store->keeper);

	if (committer_waiting(store->committer) >= store->config.units_max ||
	    committer_is_failing(store->committer))
		return false;
	return free_bytes < 0 || free_bytes >= store->config.free_min;
}

int64_t store_waiting(const struct store *store)
{
	return committer_waiting(store->committer);
}

struct store_stats store_stats(struct store *store)
{
	struct store_stats stats = { .free_bytes = keeper_free_bytes(store->keeper) };

	committer_stats(store->committer, &stats);
	return stats;
}
