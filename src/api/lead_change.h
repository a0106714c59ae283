/* lead_change.h - what a person writes into a lead, in the normal form that every source's
 * values take. Private to api/. Threads: pure.
 *
 * The form is that of POST /v1/leads: standard fields by name, one's own under "custom" or
 * as "custom.NAME"; null clears. Beside what sources may send, a person may set what only
 * CRMs and people know: status, owner, disqualify_reason, qualification_status,
 * callback_at. What belongs to an enquiry (message, source...) cannot be changed. */
#ifndef API_LEAD_CHANGE_H
#define API_LEAD_CHANGE_H

#include "model/config.h"
#include "model/submission.h"

struct lead_change {
	const struct field *fields;
	size_t nfields;
	const struct identity *identities; /* of the keys among them */
	size_t nidentities;
	struct problems problems;          /* any: it is refused */
};

/* Phones and postal codes are read for the country of `lead` where the change names
 * none. Everything is the arena's. */
void lead_change_read(struct arena *arena, const struct config *config,
		      const struct lead *lead, const json_t *object, int64_t now,
		      struct lead_change *change);

#endif
