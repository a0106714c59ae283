/* workers.h - threads for handlers that wait: for the store, or for a CRM. Private to
 * api/. Threads: any may submit.
 *
 * A thread of the HTTP server serves many connections at once, so a handler that waits
 * there holds up leads that others are sending. It is run here instead. */
#ifndef API_WORKERS_H
#define API_WORKERS_H

#include <stdbool.h>

#include "api/api.h"

struct workers;

struct workers *workers_new(int threads);

/* Runs what was submitted, then ends the threads and frees. */
void workers_free(struct workers *workers);

/* Has `call->endpoint->handle(call)` run by one of the threads; false when too many wait
 * already, and then nobody runs it. */
bool workers_submit(struct workers *workers, struct api_call *call);

#endif
