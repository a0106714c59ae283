/* gates.h - decisions that wait for what a CRM says. Private to deliver/. Threads: see each.
 *
 * A new lead's owner is not picked before the CRMs were asked whether they have the person
 * (pipeline/pipeline.h). The delivery asks anyway, before its first write: what it learns is
 * the answer, and the lead is read again with what was decided on it. */
#ifndef DELIVER_GATES_H
#define DELIVER_GATES_H

#include "store/configs.h"

struct deliverer;

/* What a connection said about the person of a lead. */
struct gate_answer {
	int64_t lead;
	bool is_found;
	const char *remote_owner; /* the CRM's own id of whose it is there, NULL: nobody's */
	bool is_passed;           /* out: the decision went on, read the lead again */
};

#define GATE_ANSWERS_MAX 32 /* of one unit */

/* Takes answers of a connection, and goes on with the decisions that they were the last
 * to wait for. `config` is the current configuration. Threads: the committer. */
int gates_answer(struct tx *tx, const struct config *config,
		 const struct connection *connection, struct gate_answer *answers,
		 size_t count, struct error *err);

/* Goes on with decisions whose time is over. Cheap when there are none. Threads: the
 * delivery worker. */
void gates_look(struct deliverer *deliverer, int64_t now);

#endif
