/* state.h - the inside of a sandbox: for the core's files only. Threads: `lock` guards
 * everything but what is set at start. */
#ifndef SANDBOX_STATE_H
#define SANDBOX_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "http/server.h"
#include "sandbox/account.h"
#include "sandbox/faults.h"
#include "sandbox/ledger.h"
#include "sandbox/oauth.h"
#include "sandbox/prospect.h"
#include "sandbox/sandbox.h"
#include "sandbox/seen.h"
#include "sandbox/vclock.h"
#include "sandbox/vendor.h"
#include "sandbox/webhooks.h"

#define SB_TOKEN_CHAINS 4096

/* 32 MiB, depth 32, 2,000,000 elements: the largest body a vendor takes. */
extern const struct json_limits sb_json_limits;

struct sb_known;   /* a prospect that was told of: prospect.c */
struct sb_planned; /* a step of later.c */
struct sb_delays; /* answers that wait: delays.c */
struct sb_sender; /* the thread of webhooks: webhooks.c */
struct smtp_server; /* the thread of mail: smtp_server.c */

struct sandbox {
	pthread_mutex_t lock;
	uint64_t seed;
	size_t records_max, nrecords;
	struct http_server *server;
	struct sb_vclock clock;
	uint64_t requests;  /* number of the latest */
	uint64_t writes;    /* counts every change of state: what a journal must keep */
	struct sb_account *accounts;
	unsigned naccounts;
	struct sb_client *clients;
	struct sb_token *tokens[SB_TOKEN_CHAINS];
	struct sb_ledger ledger;
	struct sb_seen seen;
	struct sb_fault *faults;
	unsigned fault_ids;
	struct arena *arena; /* clients: lives as long as the sandbox */
	FILE *journal;
	bool is_replaying;
	int replay_bad_record;
	int64_t real_at;    /* real time of the request or answer being handled */
	struct sb_hook *hooks, **hooks_end;
	uint64_t hook_ids;
	size_t nhooks;
	_Atomic int hooks_waiting; /* due, open, or being sent */
	struct sb_sender *sender;
	struct sb_planned *planned; /* steps, in the order of time */
	uint64_t step_ids;
	_Atomic int steps_waiting;
	struct sb_known *prospects;
	size_t nprospects;
	struct sb_prospect stranger; /* whoever was not told of */
	struct sb_delays *delays;
	struct smtp_server *smtp; /* NULL: mail is not listened for */
};

/* What is to become of an answer on the wire. */
struct sb_outcome {
	const struct sb_fault *fault; /* breaks or delays it; NULL: just send it */
	struct sb_fault copy;         /* `fault` points here: rules may go meanwhile */
	const char *struck;           /* the name of the fault that struck, or NULL */
};

/* Reads a body that begins as JSON does into call->json, if it is JSON: before the call is
 * dispatched, since this takes long and needs no lock. Threads: any. */
void sb_read_json(struct sb_call *call);

/* Handles one request under the lock: `call` has method, target, headers, body, arena.
 * Afterwards it has its reply. */
void sb_dispatch(struct sandbox *sandbox, struct sb_call *call, struct sb_outcome *outcome);

/* One event has one time, which a journal can repeat: sb_clock_pin() stops the clock until
 * sb_clock_unpin() and returns the sandbox's time. In a replay the journal's line did so. */
int64_t sb_clock_pin(struct sandbox *sandbox);
void sb_clock_unpin(struct sandbox *sandbox);

/* Gives the vendor the entries of the change log since number `before`, in order over
 * all objects. */
void sb_tell_changes(struct sb_call *call, const struct sb_account *account, uint64_t before);

/* Finds the route of call->path among the vendor's; NULL if there is none. */
const struct sb_route *sb_route_find(struct sb_call *call, const struct sb_route *routes,
				     size_t nroutes);

/* Sets vendor, prefix and path of a call from its host and path; false: no vendor's. */
bool sb_vendor_choose(struct sb_call *call, const char *path);

/* Requests below /_sandbox/: control.c. */
void sb_control(struct sb_call *call);
extern const char sb_ui_page[];

/* Zeroed; running out of memory ends the process. */
void *sb_alloc(size_t size);
void *sb_grow(void *old, size_t count, size_t *room, size_t size);
char *sb_copy(const char *text);

/* FNV-1a of text folded to lower ASCII case. */
uint64_t sb_hash(const char *text);

#endif
