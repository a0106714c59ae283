/* compile.h - a mapping made ready to run, or refused with all that is wrong with it.
 * Threads: pure; a compiled mapping is shared and never changes.
 *
 * A mapping is compiled when it is saved, and again whenever the CRM's schema is read
 * anew: what passes cannot fail for a reason that was known beforehand. Lines that are
 * off are not checked. */
#ifndef MAPPING_COMPILE_H
#define MAPPING_COMPILE_H

#include "mapping/transform.h"
#include "model/connector.h"
#include "model/mapping.h"

/* What a mapping is compiled against. Each may be NULL: then it is not known, and nothing
 * is checked against it. */
struct mapping_ground {
	const struct catalog *catalog;       /* the fields of the mapping's object */
	const struct connector *connector;   /* its objects and its remote key */
	const struct connection *connection; /* who assigns, what counts as unset */
};

struct mapping_line {
	const struct mapping_field *field;
	const struct catalog_field *target; /* NULL without a catalog */
	struct chain chain;
	struct value fallback; /* the default in the CRM's form; absent if there is none */
	bool is_out, is_in;    /* by direction; both false when it is off */
	bool is_unit;          /* status, owner or disqualify_reason under the CRM's policy:
				  written together or not at all */
	bool is_vital;         /* when it fails, the whole delivery does: a required field,
				  a key, one of the unit */
};

struct compiled_mapping {
	const struct mapping *mapping;
	struct mapping_ground ground;
	struct mapping_line *lines; /* in the mapping's order */
	size_t nlines;
};

/* Compiles a mapping into the arena. Keeps pointers into `mapping` and the ground, which
 * must live as long. Returns 0, or -1 with everything that is wrong in `errors` (as much
 * as it takes); what may go wrong for some leads, or waits for a person, goes to
 * `warnings`, which may be NULL.
 * Fields of problems are places in the mapping: "fields[2].via[0].truncate.length". */
int mapping_compile(struct arena *arena, const struct mapping *mapping,
		    const struct mapping_ground *ground, struct compiled_mapping *compiled,
		    struct problems *errors, struct problems *warnings);

/* Why nothing may be written to the mapping's object: its schema shows no field that our key
 * can stand in, where the connector needs one. NULL: it is there, or it is not known. */
const char *mapping_lacks_key(struct arena *arena, const struct mapping *mapping,
			      const struct mapping_ground *ground);
/* What to do then. */
const char *mapping_key_instruction(struct arena *arena, const struct mapping *mapping);

#endif
