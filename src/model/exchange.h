/* exchange.h - a conversation with an outside API, as values. Threads: pure.
 *
 * A turn function fills `request` and returns TURN_SEND; it is called again with the
 * `reply`; when it returns TURN_DONE every record has its outcome. It does no I/O,
 * reads no clock and never sees a credential. Deliver/ signs and sends, records the
 * call, and gives a lost or unsent request to the turn function like any reply
 * (reply->failure). A turn that cannot go on returns TURN_DONE: what it did not
 * settle stays UNCERTAIN.
 *
 * In a write of several calls a record's outcome is true after every turn: CONNECTION
 * until the call that holds it is handed out, UNCERTAIN from then until it is settled.
 * Whoever has to give a conversation up may record the outcomes as they stand. */
#ifndef MODEL_EXCHANGE_H
#define MODEL_EXCHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/http_message.h"
#include "model/catalog.h"
#include "model/connection.h"
#include "model/outcome.h"
#include "model/value.h"

/* A record that the CRM has, found by a key or read by its id. */
struct remote {
	const char *object;       /* where it is: "contacts", "Lead", "Contact" */
	const char *id;
	const char *version;      /* ETag, modified time: the CRM's own, or NULL */
	const char *key;          /* value of our remote key field there, or NULL */
	const struct field *seen; /* the fields asked for, in the CRM's own form */
	size_t nseen;
	int matched_by;           /* index into the record's keys; -1 when read by id */
	const char *survivor_object, *survivor_id; /* merged into or converted to, or NULL */
};

/* What a record may be looked for by: a field of an object there. */
struct record_key {
	const char *object;
	const char *field;
	const char *value;
};

enum record_action {
	RECORD_CREATE, /* it is known, or was looked up, not to be there */
	RECORD_UPDATE, /* remote_id is there */
};

struct record {
	const char *key;          /* our id of the lead at this vendor, never NULL: the
				     value of the remote key field. A create writes that
				     field by itself; an update does only if told to */
	enum record_action action;
	const char *remote_id;    /* in: known id or NULL; out: the id the CRM gave */
	const char *idempotency_key; /* stable over retries of the same bytes */
	const struct field *fields;  /* to write: mapped, checked, in the CRM's form */
	size_t nfields;
	const struct record_key *keys; /* to find by, strongest first */
	size_t nkeys;

	enum outcome outcome;     /* out */
	const char *field;        /* out: the field at fault, or NULL */
	const char *reason;       /* out: the vendor's words, or NULL */
	int64_t retry_after_ms;   /* out: what the CRM asked for, 0 if nothing */
	const char *version;      /* out: the CRM's version after the write, or NULL */
	struct remote *found;     /* out of find and read: every match, nfound of them */
	size_t nfound;
};

/* What `check` and `limits` learned. Texts are the arena's; NULL or -1 when unknown. */
struct check_report {
	bool is_ok;
	const char *account;      /* the CRM's own id of the account */
	const char *account_name;
	const char *base_url;     /* where the API is, when the CRM says so */
	const char *problem;      /* what is wrong and what to do */
	bool has_remote_key;      /* the custom field that holds our id exists */
	int64_t calls_max, calls_left; /* of the CRM's own budget, e.g. a day */
};

struct exchange {
	const struct connection *connection; /* settings; never credentials */
	const char *object;             /* the object written, found, read, described */
	struct record *records;
	size_t nrecords;                /* at most the connector's batch for that verb */
	const char *const *names;       /* fields that find and read shall bring */
	size_t nnames;
	const struct http_reply *reply; /* to the last request; NULL on turn 0 */
	int turn;                       /* 0, 1, 2: for conversations of several requests */
	int64_t now;                    /* ms since 1970, when the turn began */
	struct arena *arena;            /* lives until the attempt is recorded */
	void *state;                    /* the conversation's own, NULL on turn 0 */

	struct http_request request;    /* out: fill, then return TURN_SEND; a URL that
					   starts with "/" is put behind the base URL */
	const char *bucket;             /* out: which rate rule it costs, NULL: the first */
	int64_t hold_ms;                /* out: the reply says that a limit is used up: call
					   no more for so long. 0: as far as status and
					   Retry-After tell */
	const char *held_bucket;        /* out: the rate rule whose limit that is; NULL: the
					   reply does not name one, all calls wait */
	bool wants_token;               /* out: a REAUTH that a fresh access token may cure;
					   false: only a person can */
	struct catalog *catalog;        /* out of describe: zeroed by the caller; `object`
					   stays NULL when the CRM did not tell. Without
					   fields: nothing is known, nothing can be checked */
	struct check_report *report;    /* out of check and limits, and the problem of a
					   describe: zeroed by the caller; numbers -1 */
};

enum turn { TURN_SEND, TURN_DONE };
typedef enum turn connector_turn(struct exchange *x);

/* Fills x->request with a JSON body (or none when NULL) and its Content-Type and
 * Accept, and returns TURN_SEND. `url` and `body` are kept by reference. */
enum turn exchange_send(struct exchange *x, const char *method, const char *url,
			const char *body);

/* Gives every record the outcome and returns TURN_DONE. `reason` may be NULL. */
enum turn exchange_done_all(struct exchange *x, enum outcome outcome, const char *reason);

/* Gives every record what outcome_of_reply() says, with the wait that Retry-After asks
 * for, and returns TURN_DONE. */
enum turn exchange_done_reply(struct exchange *x, const char *reason);

/* The reply's body as JSON, or NULL when it is not JSON or there is none. */
json_t *exchange_json(struct exchange *x);

#endif
