/* identities.h - by which keys a lead is found. Private to store/. Threads: see store.h.
 *
 * SQLite writes new ones to a list first and settles them later: recent.h says why. Whoever
 * asks by identity_leads() finds both. */
#ifndef STORE_IDENTITIES_H
#define STORE_IDENTITIES_H

#include "store/internal.h"
#include "store/known.h"
#include "store/leads.h"
#include "store/recent.h"

/* The leads that a key finds, lowest id first, at most `max`. */
int identity_leads(struct view *view, int64_t workspace, const struct hash16 *hash,
		   int64_t *leads, size_t max, size_t *count, struct error *err);

/* Adds what a decision found, or sets its state. */
int identity_add(struct tx *tx, const struct lead *lead, const struct identity *identity,
		 struct error *err);

/* The same for what is seldom and must be seen by whoever reads the table. */
int identity_write(struct tx *tx, const struct lead *lead, const struct identity *identity,
		   struct error *err);
int identity_drop(struct tx *tx, const struct lead *lead, const struct identity *identity,
		  struct error *err);

/* Reads the list: the writer's when the store is opened, a snapshot's when it is asked.
 * recent_free() it. */
struct recent *identities_load(struct db *db, struct error *err);

/* Adds to what is known what the index holds from the hash on: a piece of it, and sets *from
 * to where the next one begins. 1 there is more, 0 that was all, -1. */
struct known_place {
	int64_t workspace;
	struct hash16 hash;
};
int identities_learn_some(struct db *db, struct known *known, struct known_place *from,
			  struct error *err);

/* Settles a few, as many as a commit that added some can bear; before each commit. */
int identities_settle_some(struct tx *tx, struct error *err);

/* Settles many, for when nothing else waits, as long as there are many in the list. NULL has
 * none. */
bool identities_are_many(const struct recent *recent);
int identities_settle_many(struct tx *tx, struct error *err);

#endif
