/* vendor.h - what a file like hubspot.c gives to the core. Threads: every function of a
 * vendor is called under the sandbox's lock, so a request is one atomic step.
 *
 * To add a vendor: write src/sandbox/acme.c with a `const struct sb_vendor sb_acme`, add
 * it to the list in vendors.c and to meson.build, and describe its operations in
 * docs/sandbox.md. The core authenticates, counts, breaks and logs around the handlers;
 * a handler looks at the call (call.h), reads and writes records (records.h) and replies.
 *
 *     request -> account by host or prefix -> route -> authenticate -> faults before
 *             -> admit (limits, scopes) -> handle -> finish -> faults after -> answer */
#ifndef SANDBOX_VENDOR_H
#define SANDBOX_VENDOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "sandbox/account.h"
#include "sandbox/call.h"
#include "sandbox/faults.h"
#include "sandbox/links.h"
#include "sandbox/person.h"
#include "sandbox/records.h"

enum sb_route_flag {
	SB_PUBLIC = 1 << 0,    /* needs no credentials: authenticate is not called */
	SB_UNLIMITED = 1 << 1, /* admit is not called: token endpoints */
	SB_OF_ROUTE = 1 << 2,  /* first of the bits that are the vendor's own */
};

/* One operation. `pattern` is matched by segments: "{name}" takes one of them into
 * sb_param(), decoded; "{*}" at the end takes the rest, not decoded, at least "". The
 * first route that matches is taken. A NULL handle answers 501 with `tag` as the reason:
 * write such lines for what a vendor has and we do not imitate. */
struct sb_route {
	const char *method;  /* "GET"; "*" for any */
	const char *pattern; /* "/crm/objects/{type}/{id}" */
	void (*handle)(struct sb_call *call);
	unsigned flags;
	const char *tag;     /* the vendor's own: a scope, a family of limits */
	int cost;            /* the vendor's own: points of a rate window */
};

/* A documented doubt, or a policy of an account: what the control API can change. Read
 * with sb_switch(). */
struct sb_switch_spec {
	const char *name;
	int64_t initial;
	const char *help; /* what the values mean */
};

/* What the core needs said in the vendor's own words. */
enum sb_problem {
	SB_PROBLEM_RATE,      /* the limit was met (a fault, or the vendor's own admit) */
	SB_PROBLEM_SERVER,    /* `status` 500 to 599 */
	SB_PROBLEM_EXPIRED,   /* the access token is over */
	SB_PROBLEM_REVOKED,   /* ... was revoked */
	SB_PROBLEM_FORBIDDEN, /* lacks a permission */
	SB_PROBLEM_LOCKED,    /* the record or resource is busy for a moment */
	SB_PROBLEM_BAD_JSON,  /* the body is not JSON, too deep, too large */
	SB_PROBLEM_FULL,      /* the sandbox can hold no more: a 5xx */
};

struct sb_vendor {
	const char *name;  /* "hubspot": the first segment of its paths */
	const char *title; /* "HubSpot" */

	/* Hosts that need no prefix, for clients whose address is fixed ("api.close.com",
	 * ".pipedrive.com" for any below it); ends with NULL, or NULL. */
	const char *const *hosts;

	const struct sb_route *routes;
	size_t nroutes;
	const struct sb_switch_spec *switches;
	size_t nswitches;

	/* Fills a new account: objects, fields, windows, clients, tokens, users; with
	 * opening.h. */
	void (*open)(struct sb_account *account);

	/* Optional. The path that routes are looked up with: where a vendor has two
	 * families of paths for one thing. */
	const char *(*rewrite)(struct sb_call *call, const char *path);

	/* Sets call->account and call->token from the request's credentials (see
	 * sb_token_check()), or replies with the vendor's refusal and returns false. */
	bool (*authenticate)(struct sb_call *call);

	/* Optional, and asked only when an account is known. Counts the call against its
	 * windows (see sb_admit()), checks scopes; or replies and returns false. */
	bool (*admit)(struct sb_call *call);

	/* Replies with the vendor's body for a problem; `status` is asked for when not 0. */
	void (*problem)(struct sb_call *call, enum sb_problem problem, int status);

	/* Optional. Adds the vendor's usual headers to any answer. */
	void (*finish)(struct sb_call *call);

	/* Optional. Called after a call that wrote records, for each entry of the change
	 * log that it added, in order: where webhooks are queued. */
	void (*changed)(struct sb_call *call, const struct sb_change *change);

	/* Optional. The same for each link that the call made or removed and that stayed
	 * so, after the changes. */
	void (*linked)(struct sb_call *call, const struct sb_link_change *change);

	/* Optional. Adds the records of one invented person; for the control's seeding. */
	void (*seed)(struct sb_call *call, const struct sb_person *person);

	/* Optional. A person writes by themselves, from their address to one of the account's:
	 * false when the account has no such address. For channels. */
	bool (*write)(struct sb_call *call, const char *from, const char *to, const char *text);

	/* Adds what a user needs to connect (tokens, client id and secret, addresses
	 * relative to the vendor's prefix) to `out`: see sb_opening_credentials(). */
	void (*credentials)(struct sb_account *account, json_t *out);
};

/* Takes `cost` of the account's window, for admit; or replies with SB_PROBLEM_RATE and
 * returns false. */
bool sb_admit(struct sb_call *call, const char *window, int64_t cost);

/* All vendors; ends with NULL. */
extern const struct sb_vendor *const sb_vendors[];
const struct sb_vendor *sb_vendor_find(const char *name);

#endif
