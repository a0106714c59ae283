/* webhooks.h - deliveries to a customer's address: a queue, retries, and the vendor's
 * signature. Threads: queueing under the sandbox's lock; a thread of its own sends.
 *
 * The queue outlives a restart: a journal that is replayed queues again, and keeps what was
 * answered. What was sent and not answered when the sandbox ended is sent once more.
 *
 * A vendor queues a body, or puts events into a batch that is closed after a while. The
 * signature is made when it is sent, each time anew, by the vendor's `sign`. */
#ifndef SANDBOX_WEBHOOKS_H
#define SANDBOX_WEBHOOKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/http_message.h"
#include "sandbox/account.h"
#include "sandbox/call.h"

struct sb_hook; /* one delivery */

/* What an answer, or none (status 0), means for a delivery. */
enum sb_hook_verdict {
	SB_HOOK_TAKEN,
	SB_HOOK_REFUSED, /* never again */
	SB_HOOK_AGAIN,   /* after the next of the waits, if there is one */
};

/* How a vendor delivers. Constant. */
struct sb_hook_rules {
	const char *content_type;     /* "application/json"; NULL: none */
	int timeout_ms;               /* real time for the receiver to answer */
	const int64_t *waits_ms;      /* sandbox time before each retry; ends with 0 */
	int batch_max;                /* events in one body; 1: no array */
	int64_t batch_ms;             /* sandbox time that a batch is kept open */
	/* Optional. How many may be under way to this address at once; 0: any number. */
	int (*at_once)(const struct sb_hook *hook);
	/* Adds headers (copied); `body` is what will be sent, `attempt` counts from 0.
	 * May replace the body, in the arena, when attempts are numbered in it, and the
	 * method and URL: vendors that ask with GET set a body of NULL. Called under the
	 * lock. */
	void (*sign)(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		     struct http_request *request);
	/* Optional. What counts as taken; without it 2xx does, and all else is sent again. */
	enum sb_hook_verdict (*judge)(const struct sb_hook *hook, int status, const char *body,
				      size_t body_len);
	/* Optional. What the receiver answered, or status 0 when it did not, after each
	 * attempt: for vendors that do what they are told (instructions for a phone call).
	 * `call` is no request (later.h); it may write, queue and plan. `hook` is valid until
	 * something is queued. Under the lock. */
	void (*replied)(struct sb_call *call, struct sb_hook *hook, int status,
			const char *body, size_t body_len);
};

struct sb_hook {
	uint64_t id;
	struct sb_account *account;
	const struct sb_hook_rules *rules;
	char *url;                    /* http, https, or smtp: then the event is a mail,
				       * {from, to, message} */
	json_t *events;               /* an array */
	json_t *extra;                /* the vendor's, for sign(): secrets, ids; or NULL */
	int64_t created_at, next_at;
	int attempt;                  /* made so far */
	int last_status;              /* 0: not answered */
	const char *reply_type;       /* in replied(): the Content-Type, "" if none */
	enum { SB_HOOK_OPEN, SB_HOOK_DUE, SB_HOOK_SENDING, SB_HOOK_DONE, SB_HOOK_FAILED } state;
	struct sb_hook *next;
};

/* Whether a delivery can go to `url`: an http or https address; false for NULL. */
bool sb_hook_is_address(const struct sb_call *call, const char *url);

/* The same for vendors that refuse plain http: until a rehearsal sets their switch
 * "webhooks_by_http", which they must declare, https alone will do. */
bool sb_hook_is_secure(const struct sb_call *call, const char *url);

/* Queues an event for `url`, or drops it when that is NULL: an administrator renamed the
 * field that held it. Takes both references (`extra` may be NULL). With a
 * batch_max above 1, events of the same account, url and rules are put together. */
void sb_hook_queue(struct sb_call *call, const char *url, const struct sb_hook_rules *rules,
		   json_t *event, json_t *extra);

/* Withdraws what waits to be sent for a subscription, the "id" of `extra`: for vendors that
 * give up on a receiver. */
void sb_hooks_withdraw(struct sb_call *call, const char *subscription);

/* A `judge` for questions: whatever was answered is an answer, 302 and 404 too. */
enum sb_hook_verdict sb_hook_any_answer(const struct sb_hook *hook, int status,
					const char *body, size_t body_len);

/* What a vendor remembers of how a subscription's address does: an object that is kept with
 * the account, empty at first. */
json_t *sb_hook_health(struct sb_account *account, const char *subscription);

#endif
