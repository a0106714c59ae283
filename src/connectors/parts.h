/* parts.h - a write or a search that takes several calls. Threads: pure.
 *
 * A part is one call and the records it is about. What keeps a lead from being doubled
 * is told record by record: CONNECTION ("not sent") before its call is handed out,
 * UNCERTAIN from then until the answer settles it. */
#ifndef CONNECTORS_PARTS_H
#define CONNECTORS_PARTS_H

#include "model/exchange.h"

struct part {
	int kind;         /* which call this is: the connector's own word */
	size_t *records;  /* indices into x->records */
	size_t nrecords;
	bool is_sent;
};

/* Parts are sent in the order in which they stand; more may be added on the way. */
struct parts {
	struct arena *arena;
	struct part *items;
	size_t count, room;
	size_t at;        /* the part that is under way or, before it is sent, the next */
	bool is_closed;   /* the next record begins a part of its own */
	const char **known; /* remote_id of each record as it was given */
};

/* Empties `parts` and gives every record "not sent". */
void parts_begin(struct parts *parts, struct exchange *x);

/* Adds record `index` to the last part if that is of the kind, was not sent and holds
 * fewer than `max`; else to a new one: add one kind after the other. */
void parts_add(struct parts *parts, int kind, size_t index, size_t max);

/* The next record begins a new part, whatever room the last has. */
void parts_close(struct parts *parts);

/* Adds records [from, to) of `part` as a new part. */
void parts_add_slice(struct parts *parts, const struct part *part, size_t from, size_t to);

/* Cuts the part at hand in halves that are sent later, because the CRM refused all of it
 * for the sake of one record; false when it is one record or there are too many parts. */
bool parts_cut(struct parts *parts, struct exchange *x);

/* The part at hand, or NULL when all are done. */
struct part *parts_now(const struct parts *parts);

/* The part's call is handed out: its records are UNCERTAIN from now on. */
void part_sent(struct exchange *x, struct part *part);

/* Gives every record of the part the outcome, and the wait that Retry-After asks for. */
void part_settle(struct exchange *x, const struct part *part, enum outcome outcome,
		 const char *reason);

/* The same for those of the part that are still UNCERTAIN. */
void part_settle_rest(struct exchange *x, const struct part *part, enum outcome outcome,
		      const char *reason);

/* What the answer says of the record contradicts itself: UNCERTAIN, with the remote_id
 * that it came with. */
void parts_doubt(const struct parts *parts, struct exchange *x, struct record *record,
		 const char *reason);

/* Nothing more is sent: the records of the parts after the one at hand get REAUTH if the
 * credentials were refused (`why` REAUTH), else CONNECTION: they cost no try. `wait_ms` is
 * how long the CRM wants to be left alone, 0 if it did not say. */
enum turn parts_stop(struct parts *parts, struct exchange *x, enum outcome why,
		     int64_t wait_ms);

#endif
