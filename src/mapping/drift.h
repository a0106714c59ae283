/* drift.h - changes in a CRM's schema that break a mapping, or will for some leads. Threads:
 * pure.
 *
 * The ground is the schema that the mapping was last found good for: when it was saved, when
 * the object was first described, or when a person said that all is well. */
#ifndef MAPPING_DRIFT_H
#define MAPPING_DRIFT_H

#include "model/catalog.h"
#include "model/connector.h"
#include "model/mapping.h"

enum drift_kind {
	DRIFT_REMOVED,   /* the field is gone, or the connection's user may not see it */
	DRIFT_RENAMED,   /* it is gone, and a new one like it is there */
	DRIFT_RETYPED,
	DRIFT_OPTIONS,   /* values of its list are gone or hidden */
	DRIFT_SHORTER,
	DRIFT_REQUIRED,  /* it must be given now when a record is created */
	DRIFT_READ_ONLY, /* it may not be written any more */
};

struct drift {
	enum drift_kind kind;
	const char *field;   /* the CRM's name of it */
	const char *from;    /* the lead's field that goes there; NULL: none does */
	const char *before, *after; /* what it was and is, for people; NULL: nothing */
	bool is_breaking;    /* no value is sure to fit: the mapping's deliveries wait */
	const char *message, *instruction;
};

const char *drift_kind_name(enum drift_kind kind); /* "removed", "options" */

/* Finds what has changed, in the order of the mapping's lines and then of the CRM's fields.
 * Returns how many, with the arena's array in *drifts. Lines that are off, and read from the
 * CRM only, count as far as they read. `connector` may be NULL. */
size_t drift_find(struct arena *arena, const struct mapping *mapping,
		  const struct connector *connector, const struct catalog *ground,
		  const struct catalog *now, const struct drift **drifts);

/* Whether the field is among those that changed. */
bool drift_has_field(const struct drift *drifts, size_t count, const char *field);

#endif
