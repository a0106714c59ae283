/* delays.h - answers that wait: slow and hanging ones. Threads: any may add; a thread of
 * its own sends them. */
#ifndef SANDBOX_DELAYS_H
#define SANDBOX_DELAYS_H

#include <stdint.h>

#include "base/arena.h"
#include "http/server.h"

struct sb_delays;

struct sb_delays *sb_delays_new(void);

/* Sends or breaks everything at once and ends the thread. What is added from now on is
 * answered at once: no call is left unanswered. */
void sb_delays_end(struct sb_delays *delays);
void sb_delays_free(struct sb_delays *delays);

/* Answers the call `ms` from now with what is given (of the call's arena), or, with
 * status 0, closes its connection. */
void sb_delays_add(struct sb_delays *delays, int64_t ms, struct http_call *call, int status,
		   const struct http_headers *headers, const void *body, size_t body_len);

#endif
