/* talk.h - one conversation with a CRM, from its first turn to its last. Private to
 * deliver/. Threads: the delivery worker.
 *
 * A turn function says what to send; here it waits for a place and its budget, is
 * recorded, signed, sent, and its reply given back. */
#ifndef DELIVER_TALK_H
#define DELIVER_TALK_H

#include "deliver/desk.h"

#define TALK_CALLS_MAX 64

struct talk {
	struct desk *desk;
	struct terms *terms;
	struct arena *arena;
	const char *verb;            /* "find", "read", "write", "check", "describe" */
	connector_turn *turn;
	struct exchange x;
	int64_t mapping_version;
	int64_t until;               /* ms: no request starts after this */
	void (*done)(struct talk *talk);
	void *context;

	/* What it leaves behind: every exchange, as recorded before signing. */
	struct kept_call calls[TALK_CALLS_MAX];
	size_t ncalls;

	/* Its own: */
	struct talk *next;           /* in the desk's line */
	struct http_request signed_request;
	bool has_fresh_token;        /* after a refusal the token was renewed once */
	bool is_held_back;           /* a hold was learned of while it was connecting */
	int64_t sent_at;
	int64_t counted_as;          /* the call's number in the budget */
};

/* Begins; `done` may be called before this returns. */
void talk_start(struct talk *talk);

/* Takes the first turn alone: x.request is what talk_start() would send. */
enum turn talk_first_turn(struct talk *talk);

/* Sends what waits and may go; called when a place, budget or token became free and
 * when time has passed. Returns when it should be called again (ms since 1970), or 0. */
int64_t desk_pump(struct desk *desk, int64_t now);

/* ---- access.c ---- */

/* Whether requests can be signed now. When a token has to be fetched first it begins to
 * and answers false; desk_pump() is called when it is there. A failure ends as refused
 * credentials. */
bool access_ready(struct desk *desk, struct terms *terms, int64_t now);
/* The token was refused: fetch another before the next request. False when there is no
 * way to get one. */
bool access_renew(struct desk *desk, struct terms *terms);
/* Copies the request, adds the base URL and the credentials. Fails when the secret was
 * not given for that origin. */
int access_sign(struct desk *desk, struct terms *terms, struct arena *arena,
		const struct http_request *request, struct http_request *signed_request,
		struct error *err);
/* Puts asterisks where the reply says what `sent` was signed with: an error page, or an
 * API that tells what it was asked. `plain` is the request without that. */
void access_mask(const struct access *access, struct arena *arena,
		 const struct http_request *plain, const struct http_request *sent,
		 struct http_reply *reply);
void access_end(struct access *access);

/* ---- desk.c ---- */

/* A call was answered, or not: the circuit and the budget hear of it. `x` is the exchange
 * after the turn that read x->reply. */
void desk_heard(struct desk *desk, const struct exchange *x, bool is_refused, int64_t now);
/* Until when the CRM asked that no call of the bucket (NULL: the first) be made, ms. */
int64_t desk_held_until(const struct desk *desk, const char *bucket);
/* When a call of the bucket may go, its budget counted: `now` or before if at once. */
int64_t desk_may_call(const struct desk *desk, const char *bucket, int64_t now);
/* The state of a connection that works, and lacks the field for our key. */
#define CONNECTION_UNREADY "setup"

/* Writes the circuit's state into the store and raises or closes its alert. */
void desk_store_state(struct desk *desk, const char *action, const char *reason);

struct deliverer;
struct http_client *deliverer_client(struct deliverer *deliverer);
const struct deliver_config *deliverer_config(struct deliverer *deliverer);
/* The desk of a connection by name, made if it is not there; NULL when it is not
 * configured. */
struct desk *deliverer_desk(struct deliverer *deliverer, int64_t workspace,
			    const char *connection);
/* Takes the configuration as it is now. What was claimed or asked may have been decided
 * under one that the last look at the store did not see: it goes on under that or a newer,
 * never an older. */
void desk_catch_up(struct desk *desk);
struct deliver_stats *deliverer_count(struct deliverer *deliverer);

#endif
