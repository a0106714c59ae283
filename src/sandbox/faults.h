/* faults.h - what goes wrong, when, and how often. Threads: under the sandbox's lock.
 *
 * A fault is a line of configuration: which requests it looks at, how it chooses among
 * them, and what it does. The dice are those of the sandbox's seed and the request's
 * number, so a run with the same requests has the same faults. */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sandbox/call.h"

enum sb_fault_kind {
	SB_FAULT_RATE,      /* the vendor's own limit answer, before the effect */
	SB_FAULT_STATUS,    /* `status` in the vendor's words; before, or after the effect */
	SB_FAULT_RESET,     /* the connection is reset; before or after */
	SB_FAULT_CLOSE,     /* ... closed without an answer; before or after */
	SB_FAULT_SLOW,      /* the answer comes `ms` later (real time), effect at once */
	SB_FAULT_HANG,      /* no answer for `ms` (default 10 min), then closed; before or after */
	SB_FAULT_TRUNCATED, /* the effect, then half of the answer's bytes, then closed */
	SB_FAULT_DRIP,      /* the effect, then the answer spread over `ms` */
	SB_FAULT_HTML,      /* `status` (default 502) with a proxy's HTML page; before or after */
	SB_FAULT_EXPIRED,   /* the token is answered as over; before */
	SB_FAULT_REVOKED,   /* the token is revoked for good; before */
	SB_FAULT_FORBIDDEN, /* a permission is missing; before */
	SB_FAULT_LOCKED,    /* the record is locked; before */
	SB_FAULT_BAD_RECORD,/* one input of a batch, chosen by dice or `index`, is refused */
};

struct sb_fault {
	unsigned id;
	enum sb_fault_kind kind;
	bool is_after;        /* the effect happens and the answer is lost */
	char vendor[24];      /* "" for any */
	char account[64];
	char method[8];
	char path[160];       /* with "*" for any letters, against the vendor's path */
	char body[160];       /* must occur in the body */
	double probability;   /* of the requests that match; 1 for all */
	int64_t count;        /* how often at most; 0 for ever */
	int64_t skip;         /* the first that match are left alone */
	int64_t matched, fired;
	int status, index;
	int64_t ms;
	struct sb_fault *next;
};

/* What befalls one request; at most one fault of each kind of step. */
struct sb_trouble {
	const struct sb_fault *before; /* instead of the handler */
	const struct sb_fault *after;  /* instead of, or with, its answer */
};

/* Reads a fault of the control API. Errors: ERR_INVALID with the member. */
int sb_fault_parse(const json_t *json, struct sb_fault *fault, struct error *err);
json_t *sb_fault_json(const struct sb_fault *fault); /* new */

/* Adds a copy; its id is returned. */
unsigned sb_fault_add(struct sandbox *sandbox, const struct sb_fault *fault);
bool sb_fault_remove(struct sandbox *sandbox, unsigned id);

/* Those of one account (NULL: of any), or of one vendor (NULL: of any). */
void sb_faults_clear(struct sandbox *sandbox, const char *vendor, const char *account);

/* Chooses, counts, and sets call->bad_record. */
struct sb_trouble sb_faults_choose(struct sb_call *call);

const char *sb_fault_kind_name(enum sb_fault_kind kind);

#endif
