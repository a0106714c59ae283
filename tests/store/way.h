/* way.h - one lead on its way to a CRM, by the store's own verbs: wanted, claimed, settled.
 * Threads: one at a time. */
#ifndef TESTS_STORE_WAY_H
#define TESTS_STORE_WAY_H

#include "store/box.h"

#include "store/deliveries.h"

enum { WAY_LEAD = 101, WAY_CRM = 501 };

struct way {
	struct box *box;
	struct config config;
	struct lead lead;      /* as it is in the store */
	struct claim claims[8]; /* of the last way_claim() */
	int nclaims;
};

/* Opens the box's store with the lead in version 1, whose "email" is old@x.org, and a
 * connection "crm" with these mappings, each with a sync in the order of `mappings`. */
void way_open(struct way *way, struct box *box, struct mapping *mappings, size_t count);

/* Sets fields of the lead, "name=value" with ";" between, as a person would ("name=" takes
 * the value away); a new version is wanted of every mapping. */
void way_change(struct way *way, const char *changes);

/* Something happens to the lead, and changes nothing of it. */
void way_happens(struct way *way, enum fact_kind kind, const char *text);

/* Claims all that is due and loads it; returns how many. */
int way_claim(struct way *way);
/* The claim of that mapping; fails when it was not claimed. */
struct claim *way_claimed(struct way *way, const char *mapping);

/* Settles a claim as delivered: the version that it says was told, under that id. */
void way_told(struct way *way, struct claim *claim, int64_t version, const char *remote_id);
/* Settles it otherwise. */
void way_settle(struct way *way, struct settlement *settlement);

/* A delivery of the lead as it stands in the store. */
struct delivery way_delivery(struct way *way, const char *mapping);

#endif
