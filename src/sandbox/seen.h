/* seen.h - the latest requests, for people and tests to look at. Threads: under the
 * sandbox's lock. */
#ifndef SANDBOX_SEEN_H
#define SANDBOX_SEEN_H

#include <jansson.h>
#include <stdint.h>

#include "sandbox/call.h"

#define SB_SEEN_MAX 4096
#define SB_SEEN_BODY 2048
#define SB_STATUSES 600 /* of HTTP; 0: broken before there was an answer */

struct sb_seen_item {
	uint64_t request;
	int64_t at, took_us;
	const char *vendor;
	char account[64];
	char method[12];
	char *target, *body;  /* malloc'ed; body cut to SB_SEEN_BODY */
	int status;           /* 0: broken */
	const char *fault;    /* its kind, or NULL */
};

struct sb_seen {
	struct sb_seen_item items[SB_SEEN_MAX]; /* a ring */
	uint64_t total;
	uint64_t by_status[SB_STATUSES]; /* since the start; an answer that is lost counts */
};

/* `fault` is the constant name of what struck it, or NULL. */
void sb_seen_add(struct sb_seen *seen, const struct sb_call *call, const char *fault,
		 int64_t took_us);
void sb_seen_free(struct sb_seen *seen);

/* Newest first, at most `limit`, of a vendor and account (NULL: any); new. */
json_t *sb_seen_json(const struct sb_seen *seen, const char *vendor, const char *account,
		     size_t limit);

/* How often each status was answered since the start: {"200":31,"429":2}; new. */
json_t *sb_seen_statuses(const struct sb_seen *seen);

#endif
