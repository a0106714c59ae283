/* fact.h - something that happened to a lead, and is told a CRM as a record of its own: a
 * note, a task. Threads: pure.
 *
 * A value is what counts now; a fact stays true. Facts are told once each, in order. */
#ifndef MODEL_FACT_H
#define MODEL_FACT_H

#include "model/lead.h"

struct consent;

enum fact_kind {
	FACT_ENQUIRY,       /* the lead asked, or asked again */
	FACT_STATUS,
	FACT_QUALIFICATION,
	FACT_CONSENT,       /* given or withdrawn */
	FACT_KINDS,
};

struct fact {
	enum fact_kind kind;
	int64_t at;          /* ms since 1970, when it happened */
	const char *subject; /* the field; of a consent channel and purpose; the enquiry's id */
	const char *before, *after; /* values or words, NULL: none */
	const char *text;    /* for people, one line or a message */
};

/* What one change of a lead brings is no more than this. */
#define FACTS_MAX 24

const char *fact_kind_name(enum fact_kind kind); /* "enquiry", "status"... */
bool fact_kind_parse(const char *name, enum fact_kind *kind);

/* Adds what changed in status and qualification between two states of a lead; `before`
 * NULL: it is new. Returns the new count. */
size_t facts_of_change(struct arena *arena, const struct lead *before,
		       const struct lead *after, int64_t at, struct fact *facts, size_t count);
size_t facts_of_enquiry(struct arena *arena, const struct enquiry *enquiry,
			struct fact *facts, size_t count);
size_t facts_of_consents(struct arena *arena, const struct consent *consents, size_t n,
			 struct fact *facts, size_t count);

/* The fields under which a mapping of activities reads a fact: "activity.text",
 * "activity.at"... */
#define FACT_PREFIX "activity."
bool fact_field_exists(const char *name);
/* The fact as such fields; returns how many, at most FACT_FIELDS. */
#define FACT_FIELDS 6
size_t fact_fields(struct arena *arena, const struct fact *fact, struct lead_field *fields);

#endif
