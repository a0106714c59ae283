/* propose.h - a first mapping for a CRM just connected, for a person to look over.
 * Threads: pure. */
#ifndef MAPPING_PROPOSE_H
#define MAPPING_PROPOSE_H

#include "model/connector.h"
#include "model/mapping.h"
#include "model/submission.h"

struct proposal {
	const char *name, *owner, *connection; /* of the mapping; owner may be NULL */
	const struct connector_object *object; /* with its default mapping */
	const char *remote_key;                /* the connector's, or NULL */
	const struct catalog *catalog;         /* NULL: the default mapping as it is */
	const char *const *custom;             /* custom fields that leads have, "custom.x" */
	size_t ncustom;
};

/* Proposes lines for what the CRM has: the connector's default mapping where its fields
 * exist, then every other field of a lead that a field there goes by the name, the label
 * or a synonym of. Text that may be too long is truncated; a time for a date field gets its
 * transform; a text field that must be given gets a default. What a person should look
 * at goes to `notes`. The mapping is the arena's. Fails when the connector's own
 * default mapping is not JSON. */
int mapping_propose(struct arena *arena, const struct proposal *proposal,
		    struct mapping *mapping, struct problems *notes, struct error *err);

#endif
