/* deliver_inside.h - what the files behind deliver.h share. Threads: the delivery worker
 * owns all but the inbox, which is shared under its lock. */
#ifndef DELIVER_DELIVER_INSIDE_H
#define DELIVER_DELIVER_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "deliver/desk.h"
#include "deliver/inbox.h"

struct deliverer {
	struct deliver_config config;
	struct http_client_config client_config;
	struct http_client *client;
	pthread_t thread;
	struct desk *desks;
	struct alerter *alerter;
	struct deliver_stats stats;
	int64_t looked_at;
	bool are_removed_done; /* what removed connections left is at rest */

	pthread_mutex_t lock; /* of the inbox */
	struct mail *inbox, **inbox_end;
	struct mail *later;   /* the worker's own: not yet due */
	_Atomic bool is_woken, is_stopping;
};

/* Makes desks of connections that are new, and brings the others up to date with the
 * configuration and with what people did to them. */
void desks_look(struct deliverer *deliverer);
/* Terms follow the configuration; conversations under way keep theirs. */
void desk_renew_terms(struct desk *desk, const struct config *config);
void desk_end(struct desk *desk);

/* Takes note of what people did to syncs; whether the terms must be made anew for it. */
struct sync_state;
bool desk_note_syncs(struct desk *desk, const struct sync_state *states, size_t count);
/* Does the next piece of letting deliveries go on, or of running a sync. */
void desk_step(struct desk *desk, int64_t now);

/* Claims what is due, as far as there is room for it. */
void desk_serve(struct desk *desk, int64_t now);

#endif
