/* verdict.h - from a record's outcome to how its delivery goes on: the table of outcomes
 * in the design, as code. Threads: pure. */
#ifndef DELIVER_VERDICT_H
#define DELIVER_VERDICT_H

#include "model/connector.h"
#include "store/deliveries.h"

struct verdict_ground {
	const struct delivery *delivery;
	const struct connector *connector;
	const struct connection *connection;
	int64_t version; /* of the lead that was sent */
	int64_t now;
	double dice;     /* [0, 1): spreads waits */
	struct arena *arena;
};

/* Says how the delivery goes on after a write of `record`. */
void verdict_of_write(const struct verdict_ground *ground, const struct record *record,
		      struct settlement *s);

/* The same after a find or a read that did not come to an end for this record. */
void verdict_of_look(const struct verdict_ground *ground, const struct record *record,
		     struct settlement *s);

/* Waits without costing a try: a quarter second, and twice as long for each setback in a
 * row, up to ten minutes, and at least `least_ms`; past max_age it is a person's, parked
 * when its outcome is unknown. */
void verdict_wait(const struct verdict_ground *ground, int64_t least_ms,
		  struct settlement *s);

/* Waits for the connection: its circuit and its hold say when it may be asked again, so
 * that the delivery itself is ready soon. Costs no try; past max_age as above. */
void verdict_wait_for_connection(const struct verdict_ground *ground, int64_t least_ms,
				 struct settlement *s);

/* A dead letter. */
void verdict_dead(struct settlement *s, const char *code, const char *field,
		  const char *reason, const char *instruction);

#endif
