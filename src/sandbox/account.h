/* account.h - one customer's account at one vendor. Threads: under the sandbox's lock. */
#ifndef SANDBOX_ACCOUNT_H
#define SANDBOX_ACCOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "sandbox/limits.h"
#include "sandbox/rng.h"

struct sandbox;
struct sb_vendor;
struct sb_object;
struct sb_undo;

#define SB_OBJECTS_MAX 64
#define SB_SWITCHES_MAX 48

struct sb_account {
	struct sandbox *sandbox;
	const struct sb_vendor *vendor;
	const char *name;      /* "default" */
	unsigned number;       /* 1, 2, ... among the vendor's accounts */
	struct arena *arena;   /* lives until the account is reset or dropped */
	struct sb_rng rng;     /* for `open`: the same at each reset */
	int64_t created_at;
	uint64_t remote_id;    /* a number for the vendor: portal id, org id */

	struct sb_window windows[SB_WINDOWS_MAX];
	size_t nwindows;
	struct sb_under_way under_way[SB_UNDER_WAY_MAX];
	size_t nunder_way;
	int64_t switches[SB_SWITCHES_MAX]; /* by place in the vendor's table */
	int64_t search_lag_ms; /* how late searches see writes */
	int64_t skew_ms;       /* how far the vendor's clock is off what is real */

	json_t *extra;         /* an object for the vendor's odds and ends: pipelines,
				* settings, subscriptions */
	void *state;           /* the vendor's own, of the account's arena; or NULL */

	/* The rest is the core's. */
	struct sb_object *objects[SB_OBJECTS_MAX];
	size_t nobjects;
	size_t nrecords;       /* of every state */
	uint64_t changes;      /* number of the latest change */
	struct sb_undo *undo;
	int undo_depth;
	struct sb_account *next;
};

/* The account of a vendor by name; NULL if there is none. */
struct sb_account *sb_account_find(struct sandbox *sandbox, const struct sb_vendor *vendor,
				   const char *name);

/* Makes an account by the vendor's open(). The name must be new. */
struct sb_account *sb_account_open(struct sandbox *sandbox, const struct sb_vendor *vendor,
				   const char *name);

/* As new: records, tokens, schema, switches, faults of the account, ledger entries. */
struct sb_account *sb_account_reset(struct sb_account *account);
void sb_account_drop(struct sb_account *account);

/* The value of one of the vendor's switches; a name that the vendor does not declare is
 * our bug and ends the process. */
int64_t sb_switch(const struct sb_account *account, const char *name);

/* Returns false when the vendor has no such switch. */
bool sb_switch_set(struct sb_account *account, const char *name, int64_t value);

#endif
