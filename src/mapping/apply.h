/* apply.h - what is to be written to a record, field by field, and why. Threads: pure.
 *
 * The one place that decides it: delivering sends what comes out, a plan shows it, and so
 * both say the same. For each line the lead's value goes through its transforms and into
 * the form of its field; what the CRM has already is dropped; the policy says whether the
 * rest may overwrite what is there; what may, and does not fit the schema, is held. */
#ifndef MAPPING_APPLY_H
#define MAPPING_APPLY_H

#include "mapping/compile.h"
#include "model/exchange.h"

/* What is known of the record at the CRM. All zero: nothing, as of a record that is to be
 * created. */
struct there {
	const struct field *seen; /* last seen there, in the CRM's own form; a field that is
				     empty there is there as null */
	size_t nseen;
	const struct field *told; /* last written there by us, in the form we wrote */
	size_t ntold;
	int64_t changed_at;       /* when the record was last changed, at the latest: the
				     CRM's modified time, ms since 1970; 0: not known */
};

enum line_verdict {
	LINE_WRITE,    /* written: `wanted` */
	LINE_SAME,     /* the CRM has it */
	LINE_NOTHING,  /* there is nothing to send */
	LINE_OFF,      /* off, or only read */
	LINE_KEPT,     /* what is there stays, by policy */
	LINE_CONFLICT, /* what is there differs, and a person must say which */
	LINE_HELD,     /* it does not fit: `reason` and `instruction` */
	LINE_UNREAD,   /* what is there must be read first */
};

struct applied_line {
	const struct mapping_line *line;
	enum line_verdict verdict;
	bool is_default;     /* the wanted value is the line's default */
	bool is_seen;        /* what is there is known */
	struct value given;  /* the lead's value */
	struct value wanted; /* in the CRM's form; null clears; absent when nothing is sent */
	struct value seen;   /* what is there */
	const char *code;    /* why, for programs: "too_long"; NULL of WRITE and SAME */
	const char *reason;  /* why, for people */
	const char *instruction; /* what to do, of HELD and CONFLICT */
};

enum applied_verdict {
	APPLIED_WRITE,   /* `fields` are to be written */
	APPLIED_NOTHING, /* the CRM has all that it is to have */
	APPLIED_UNREAD,  /* read the record (`unread`), then apply again */
	APPLIED_FAILED,  /* a vital line is held: a dead letter; `failed` says which */
};

struct applied {
	const struct compiled_mapping *compiled;
	enum record_action action;
	enum applied_verdict verdict;
	struct applied_line *lines; /* one per line of the mapping, in its order */
	size_t nlines;
	const struct field *fields; /* of the lines to write, in the CRM's form */
	size_t nfields;
	const char **unread;        /* names of the CRM's fields to read */
	size_t nunread;
	const struct applied_line *failed;
};

/* Applies the mapping to a lead. `value_of` gives its fields with their provenance;
 * "owner" as the user's id at this connection. `there` may be NULL for a record that is
 * to be created. What comes out is the arena's, and points into what went in. */
void mapping_apply(struct arena *arena, const struct compiled_mapping *compiled,
		   mapping_value_of *value_of, void *context, enum record_action action,
		   const struct there *there, struct applied *applied);

/* All fields of the record as it is to be, for connectors that must write it whole: what
 * is written, what is the same, and what stays as it was seen. The arena's. */
size_t applied_whole(struct arena *arena, const struct applied *applied,
		     const struct field **fields);

const char *line_verdict_name(enum line_verdict verdict);
const char *applied_verdict_name(enum applied_verdict verdict);

#endif
