/* committer.h - runs units in transactions, many a commit. Private to store/. Threads:
 * submitting and looking from any; units run in the committer's own, and are done there, but
 * for awaited ones that it does not come to (queue_watch.h). */
#ifndef STORE_COMMITTER_H
#define STORE_COMMITTER_H

#include "store/db.h"
#include "store/store.h"

struct committer;

struct committer_config {
	struct store *store;
	struct db *db; /* the writer; the committer's alone */
	int batch_units, batch_ms, patience_ms;
};

struct wake {
	void (*call)(void *context);
	void *context;
};

struct committer *committer_start(const struct committer_config *config, struct error *err);

/* Runs what waits, then ends the threads. What is submitted meanwhile is refused. */
void committer_stop(struct committer *committer);
void committer_free(struct committer *committer);

void committer_submit(struct committer *committer, struct unit *unit);
void committer_on_wake(struct committer *committer, enum wake_topic topic, struct wake wake);
bool committer_is_own_thread(const struct committer *committer);

/* Units not yet started, and whether a transaction failed for want of room or of a
 * database less than a second ago. Cheap. */
int64_t committer_waiting(const struct committer *committer);
bool committer_is_failing(const struct committer *committer);

/* Fills units, transactions, syncs, waiting, longest_us and log_bytes. */
void committer_stats(struct committer *committer, struct store_stats *stats);

#endif
