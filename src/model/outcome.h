/* outcome.h - how an attempt ended, and how long to wait for the next. Threads: pure.
 *
 * The table of outcomes stands in docs/architecture.md. */
#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/http_message.h"

enum outcome {
	OUTCOME_UNCERTAIN, /* zero: a record that nobody settled is not delivered */
	OUTCOME_DELIVERED,
	OUTCOME_DUPLICATE, /* the CRM has this lead under `remote_id`: look it up */
	OUTCOME_GONE,      /* deleted, merged or converted there: follow or rest */
	OUTCOME_RETRY,     /* this record, later */
	OUTCOME_REAUTH,    /* the connection waits for a person: bad credentials */
	OUTCOME_FIX_DATA,  /* the delivery waits for a person: a value was refused */
	OUTCOME_PERMANENT, /* never send this again */
	OUTCOME_CONNECTION, /* the connection failed, not the record: costs no try */
};

const char *outcome_name(enum outcome outcome); /* "uncertain", "delivered"... */
bool outcome_parse(const char *name, enum outcome *outcome);

/* What a reply says when the vendor says nothing special: 2xx with JSON is
 * UNCERTAIN (the connector must find its record in it), 401 REAUTH, 403 REAUTH, 404 and
 * 410 GONE, 408, 425, 429 CONNECTION (a limit), 409 DUPLICATE, 400, 413, 422 FIX_DATA,
 * 405, 501 PERMANENT, other 5xx UNCERTAIN (the effect may be there), not sent
 * CONNECTION, lost UNCERTAIN. */
enum outcome outcome_of_reply(const struct http_reply *reply);

/* Whether the reply is of the kind that fails the whole connection (refused, time-out,
 * 5xx, quota, HTML for the whole call): it counts for the circuit. */
bool reply_fails_connection(const struct http_reply *reply);

/* When to try again. */
struct retry_policy {
	int retries;      /* after the first try; default 3 */
	int64_t first_ms; /* 10 s, then 6 times as long each: 10 s, 60 s, 6 min */
	int64_t max_ms;   /* of one wait; default 1 h */
};
extern const struct retry_policy retry_policy_default;

/* Returns when to try next, in ms since 1970-01-01 UTC, or 0 to give up.
 *
 * `tries` counts the tries after the first, at least 0; `retry_after_ms` is what the
 * CRM asked for, 0 if nothing; the longer wait wins. `dice` in [0, 1) spreads our own
 * wait by 20 % either way. */
int64_t retry_next(const struct retry_policy *policy, int64_t now, int tries,
		   int64_t retry_after_ms, double dice);

#endif
