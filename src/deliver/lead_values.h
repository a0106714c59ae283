/* lead_values.h - a lead as mappings read it, and records as they are kept. Threads: pure.
 *
 * What delivering sends and what people are shown is read by the same functions. */
#ifndef DELIVER_LEAD_VALUES_H
#define DELIVER_LEAD_VALUES_H

#include "mapping/apply.h"
#include "model/config.h"
#include "store/deliveries.h"

struct lead_values {
	const struct lead *lead;
	const struct enquiry *enquiry;       /* the latest, or NULL */
	const struct config *config;
	const struct connection *connection; /* whose user ids owners have */
	struct arena *arena;
	const struct link *links;            /* the lead's other records there, or NULL */
	size_t nlinks;
};

/* A mapping_value_of: `context` is a struct lead_values. */
struct lead_field lead_values_get(void *context, const char *name);

/* The lead as it is told: with the values of an earlier version in place of those it has now,
 * or with what a fact says. `values` NULL: as it is. */
struct lead lead_as_told(struct arena *arena, const struct mapping *mapping,
			 const struct lead *lead, const struct earlier_values *values);

/* {field: value} as kept with a delivery (told, seen, undo, edit), and back. A document
 * that is NULL has no fields. */
size_t doc_fields(struct arena *arena, const char *doc, const struct field **fields);
const char *doc_of_fields(struct arena *arena, const struct field *fields, size_t count);

#endif
