/* gates.h - decisions that wait: for an answer, or until their time is over. Threads: see
 * store.h.
 *
 * A lead has at most one gate. It is opened by decision_add() in the transaction that keeps
 * the decision, and closed in the one that keeps what was decided behind it. */
#ifndef STORE_GATES_H
#define STORE_GATES_H

#include "model/decision.h"
#include "store/store.h"

struct kept_gate {
	int64_t id, workspace, lead;
	int64_t until;         /* ms since 1970: then it goes on without an answer */
	enum gate gate;
	int64_t config;        /* the version that the decision began under */
	int64_t source, enquiry;
	int64_t *asked;        /* connections that have answered already: not theirs */
	size_t nasked;
};

/* Keeps where a decision stopped. */
int gate_open(struct tx *tx, const struct ground *ground, const struct decision *decision,
	      struct error *err);

/* The gate that a lead waits at; 1 found, 0 none. */
int gate_find(struct view *view, const struct actor *actor, int64_t lead,
	      struct kept_gate *gate, struct error *err);

/* Notes that one more connection does not have the person; the others are still asked. */
int gate_keep_asked(struct tx *tx, const struct actor *actor, const struct kept_gate *gate,
		    int64_t connection, struct error *err);

int gate_close(struct tx *tx, const struct actor *actor, const struct kept_gate *gate,
	       struct error *err);

/* Gates whose time is over, the longest over first, at most `max`. */
int gate_list_due_any_workspace(struct view *view, int64_t now, size_t max,
				struct kept_gate **gates, size_t *count, struct error *err);

#endif
