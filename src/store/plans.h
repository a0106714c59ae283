/* plans.h - plans that may be applied. Threads: see store.h.
 *
 * Of a plan the store keeps what it stands on and nothing that it says: the mapping's
 * version, and of each lead its version and a keyed digest of what the CRM had and what would
 * be written (deliver/plan.c). Whoever applies it makes it again and compares. */
#ifndef STORE_PLANS_H
#define STORE_PLANS_H

#include "model/config.h"
#include "store/store.h"

#define PLAN_LIVES_MS INT64_C(86400000) /* then it cannot be applied, and is purged */
#define PLAN_LEADS_MAX 100

struct kept_plan_lead {
	int64_t lead, version;
	bool is_written;    /* applying the plan delivers it */
	const char *ground; /* hex digits */
};

struct kept_plan {
	int64_t id, mapping, mapping_version;
	int64_t created_at, applied_at; /* applied_at 0: it was not */
	const char *schema;             /* digest of the CRM's fields, hex digits */
	struct kept_plan_lead *leads;
	size_t nleads;                  /* at most PLAN_LEADS_MAX */
};

/* Keeps one; its id and times are given. */
int plan_add(struct tx *tx, const struct actor *actor, const struct kept_plan *plan,
	     int64_t *id, struct error *err);

/* 1 found, 0 not; also when it has run out or was applied. */
int plan_find(struct view *view, const struct actor *actor, int64_t id,
	      struct kept_plan *plan, struct error *err);

/* The latest leads that the CRM behind a mapping is not known to have as they are, and that
 * need no person: at most `max` of the latest PLAN_LOOKS leads, newest first. */
#define PLAN_LOOKS 10000
int plan_leads_behind(struct view *view, const struct actor *actor,
		      const struct connection *connection, const struct mapping *mapping,
		      size_t max, int64_t **leads, size_t *count, struct error *err);

/* Makes the deliveries of a plan's leads due, in its order, whatever the mode of the sync,
 * and forgets what was seen of their records, so that these are read anew. Returns how many.
 * All or nothing. Errors: ERR_NOT_FOUND; ERR_CONFLICT when it was applied or has run out,
 * when mapping or sync are others by now (`config` is as of this transaction), when a lead
 * has changed or one of its deliveries is under way. */
int plan_apply(struct tx *tx, const struct actor *actor, const struct config *config,
	       int64_t id, struct error *err);

#endif
