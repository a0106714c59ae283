/* member.h - reads a JSON object by a table of its members. Threads: pure.
 *
 * What config*.c reads workspace.yaml's items with. Strict: a member that is not in the
 * table is a problem, and so is a value of another form. */
#ifndef MODEL_MEMBER_H
#define MODEL_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/place.h"

/* The text at the place (the tree's, up to `max` bytes, no control characters), the same
 * if it is a lead field that a source may send; NULL after a fault. */
const char *member_text(const struct place *place, size_t max);
const char *member_given(const struct place *place);

enum member_type {
	MEMBER_TEXT,     /* const char *: not empty, up to `max` bytes (0: 1,000) */
	MEMBER_LABEL,    /* const char *: a name for people, up to 100 bytes */
	MEMBER_NAME,     /* const char *: a name for URLs and logs: letters, digits, ._- */
	MEMBER_URL,      /* const char *: absolute, http or https */
	MEMBER_EMAIL,    /* const char * */
	MEMBER_COUNTRY,  /* const char *: ISO 3166, two letters */
	MEMBER_ZONE,     /* const char *: looks like an IANA name; whether there is such a
			    zone is for those to say who know time zones */
	MEMBER_FIELD,    /* const char *: what lead_view() can show */
	MEMBER_TEXTS,    /* const char **, and the count: different ones */
	MEMBER_GIVENS,   /* the same: lead fields that a source may send */
	MEMBER_KEYS,     /* the same: lead fields that tell persons apart */
	MEMBER_WORD,     /* an enum: the place in `words`; "-" counts as "_" */
	MEMBER_BOOL,     /* bool: also yes, no, on, off, true, false as words */
	MEMBER_INT,      /* int: from `min` to `max` */
	MEMBER_INT64,    /* int64_t: from `min` to `max`, kept times `unit` (0: 1) */
	MEMBER_DURATION, /* int64_t ms: "90s", "72h", "3d", up to `max` ms */
	MEMBER_JSON,     /* const json_t *: an object, copied */
	MEMBER_OBJECT,   /* read by the table `members` */
	MEMBER_OWN,      /* read by `read`, which is called only when it is there */
};

struct member {
	const char *name;   /* NULL ends a table */
	enum member_type type;
	size_t offset;      /* of what is filled in; left alone when absent */
	size_t count;       /* of a list: offset of its length */
	const char *words;  /* "api|form|file", in the order of the enum */
	int64_t min, max, unit;
	bool is_required;
	const struct member *members;
	void (*read)(const struct place *place, void *into);
};

/* Reads place->json, which must be an object, into the struct at `into`. Texts are
 * copied to the reader's arena. */
void members_read(const struct place *place, const struct member *members, void *into);

/* Reads the place itself as the one member says, whatever its name. */
void member_read_one(const struct place *place, const struct member *member, void *into);

#endif
