/* syncs.h - syncs at run time: paused, and asked to run. Threads: see store.h.
 *
 * A sync runs one mapping and is known by the mapping's id. Deliveries of a paused one are
 * wanted as before and wait, with the code "paused": nothing is lost. */
#ifndef STORE_SYNCS_H
#define STORE_SYNCS_H

#include "model/config.h"
#include "store/store.h"

/* The codes of deliveries that wait: for their sync to be resumed; for the field that holds our
 * key in the CRM; for the CRM to tell the fields of their object; for the CRM's schema or the mapping to be mended, all of the mapping's, or
 * one whose value does not fit meanwhile. */
#define SYNC_PAUSED "paused"
#define SYNC_KEY "no_key_field"
#define SYNC_SCHEMA "no_schema"
#define SYNC_DRIFT "drift"
#define SYNC_DRIFT_VALUE "drift_value"

struct sync_state {
	int64_t mapping;
	int64_t paused_at;  /* 0: not paused by a person; the file may pause it too */
	const char *reason; /* why, or NULL */
	int64_t run_at;     /* when it was last asked to run; 0: never */
	int64_t run_after, run_until; /* leads that are still to be looked at: ids above, up to */
	int64_t run_due;    /* deliveries that the run has made due so far */
};

/* The state of a mapping's sync; 0 and an empty one when nobody did anything to it. */
int sync_state_find(struct view *view, const struct actor *actor, int64_t mapping,
		    struct sync_state *state, struct error *err);
int sync_state_list(struct view *view, const struct actor *actor, struct sync_state **rows,
		    size_t *count, struct error *err);

/* Pauses it, or lets it go on; 1 done, 0 it was so already. */
int sync_pause(struct tx *tx, const struct actor *actor, int64_t mapping, const char *reason,
	       struct error *err);
int sync_resume(struct tx *tx, const struct actor *actor, int64_t mapping,
		struct error *err);

/* Deliveries of a mapping that wait with this code are due again, at most `max`; returns how
 * many. */
int sync_release(struct tx *tx, const struct actor *actor, int64_t mapping, const char *code,
		 int max, struct error *err);

/* The same, whatever they wait for, of mappings of the connection that are not configured any
 * more: they come to their end. */
int sync_release_gone(struct tx *tx, const struct actor *actor, int64_t connection, int max,
		      struct error *err);

/* Begins to run it, from the first lead on, also when it runs already. */
int sync_run(struct tx *tx, const struct actor *actor, int64_t mapping, struct error *err);

/* The next leads of a run, at most `max`: deliveries that the CRM was not told of are due,
 * those that wait for a schedule too, and a lead that has none gets one. Returns 1 when
 * there are more, 0 when the run is done. */
int sync_run_step(struct tx *tx, const struct actor *actor, const struct config *config,
		  const struct mapping *mapping, int max, struct error *err);

/* How many deliveries of a mapping are not at rest and need no person, counted up to
 * `max`. */
int sync_waiting(struct view *view, const struct actor *actor, int64_t connection,
		 int64_t mapping, int64_t max, int64_t *count, struct error *err);

#endif
