/* follow.h - where a record went that a write found gone. Threads: pure.
 *
 * A CRM that refuses an update because the record was merged or converted seldom says
 * into what. Before such a write ends, the gone records are read, as a conversation within
 * the conversation: what they became stands in found[0].survivor_id. */
#ifndef CONNECTORS_FOLLOW_H
#define CONNECTORS_FOLLOW_H

#include "model/connector.h"

struct follow {
	struct exchange inner; /* the read, about the gone records only */
	size_t *places;        /* of its records in the write */
	bool is_on;
};

/* Called where a write would end: begins to read what is gone, by `read`, or returns
 * TURN_DONE when nothing is. `read` may be NULL: then nobody is followed. */
enum turn follow_begin(struct follow *follow, struct exchange *x, connector_turn *read);

/* Called with each reply while follow->is_on. */
enum turn follow_go_on(struct follow *follow, struct exchange *x, connector_turn *read);

/* Called where a write breaks off: what is gone but was not followed is tried again, so
 * that nobody takes it for deleted. */
void follow_give_up(struct exchange *x);

#endif
