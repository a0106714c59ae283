/* lead_writes.h - changing a lead outside of decisions: what edits, merges and erasures
 * share. Private to store/. Threads: the committer. */
#ifndef STORE_LEAD_WRITES_H
#define STORE_LEAD_WRITES_H

#include "store/internal.h"
#include "store/leads.h"

/* Sets a field of the struct, in the arena; an empty value removes it. */
void lead_put(struct arena *arena, struct lead *lead, const struct lead_field *field);

/* Adds an identity that the struct does not have, or sets the state of the one it has. */
void lead_put_identity(struct arena *arena, struct lead *lead,
		       const struct identity *identity);
struct identity *lead_identity_find(struct lead *lead, const struct identity *wanted);

/* Writes the lead's row as the struct is, version and all. */
int lead_write(struct tx *tx, const struct lead *lead, struct error *err);

/* Raises a possible duplicate unless the pair is known. */
int duplicate_raise(struct tx *tx, int64_t workspace, int64_t lead, int64_t other,
		    const char *reason, struct error *err);

/* Finds a lead that people may change: ERR_NOT_FOUND for one that is not there,
 * ERR_CONFLICT for an erased one. */
int lead_get(struct view *view, const struct actor *actor, int64_t id, struct lead *lead,
	     struct error *err);

/* Errors: ERR_CONFLICT while one of the lead's deliveries is being sent: whoever sends it
 * holds its values and its link. */
int lead_get_still(struct tx *tx, const struct actor *actor, const struct lead *lead,
		   struct error *err);

/* Whether rows[i] is a withdrawal that counts: the latest of its channel and purpose. */
bool consent_is_objection(const struct kept_consent *rows, size_t count, size_t i);

#endif
