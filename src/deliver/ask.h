/* ask.h - questions to a CRM that deliver nothing: does it work, what fields does it
 * have; and how other threads ask (plan.c: what would be written). Private to deliver/; what others call stands in deliver.h.
 * Threads: the delivery worker. */
#ifndef DELIVER_ASK_H
#define DELIVER_ASK_H

#include <pthread.h>

#include "deliver/inbox.h"
#include "deliver/talk.h"

/* Whether the desk must wait for a schema that is being read; starts to read those of its
 * mappings that are missing. */
bool ask_needs_schema(struct desk *desk, int64_t now);

/* Tells a person once of objects that lack the field for our key, and no more when they have
 * it; what is to be written to them waits meanwhile. */
void keys_note(struct desk *desk);

/* Tells a person once of changes in the CRM's schema that break a mapping, and no more when
 * they are mended. */
void drift_note(struct desk *desk);

/* A question that another thread waits for. The asker fills deliverer, workspace,
 * connection and begin; the rest is the question's own. */
struct question {
	struct deliverer *deliverer;
	int64_t workspace;
	const char *connection;  /* by name */
	/* Called in the worker; in the end question_answer() must be called there. */
	void (*begin)(struct question *q, struct desk *desk);
	struct error err;        /* why not, of an answer that is -1 */

	struct mail mail;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool is_answered;
	int rc;
};

/* Asks and waits, in any thread but the worker. Returns what question_answer() was told. */
int question_ask(struct question *q, struct error *err);
void question_answer(struct question *q, int rc);

/* A person asks: a circuit that is open is probed by it. */
void ask_probe(struct desk *desk);

#endif
