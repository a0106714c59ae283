/* limits.h - rate windows, and calls under way at once. Threads: under the sandbox's lock.
 *
 * An account has windows by name; the vendor opens them with its own numbers and the
 * control API can change the maximum. Time is the sandbox's.
 *
 * A call is answered at once and so is never under way beside another, unless a fault holds
 * its answer back: that long, in real time, it counts. */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_account;
struct sb_call;

#define SB_BUCKETS 20
#define SB_WINDOWS_MAX 8

enum sb_window_kind {
	SB_ROLLING, /* the last `length_ms`, counted in twentieths */
	SB_FIXED,   /* starts anew at multiples of `length_ms` since 1970 UTC */
};

struct sb_window {
	const char *name;
	enum sb_window_kind kind;
	int64_t length_ms;
	int64_t max;       /* cost in one window; 0: no limit */
	int64_t used;
	int64_t buckets[SB_BUCKETS];
	int64_t newest;    /* number of the bucket counted last */
};

/* Opens a window for an account, or finds it. At most SB_WINDOWS_MAX. */
struct sb_window *sb_window_open(struct sb_account *account, const char *name,
				 enum sb_window_kind kind, int64_t length_ms, int64_t max);
struct sb_window *sb_window_find(struct sb_account *account, const char *name);

/* Takes `cost` if it fits and returns true; else takes nothing. */
bool sb_window_take(struct sb_window *window, int64_t now, int64_t cost);
int64_t sb_window_remaining(struct sb_window *window, int64_t now);

/* ms until `cost` fits again; 0 when it does. */
int64_t sb_window_wait(struct sb_window *window, int64_t now, int64_t cost);

/* --- calls under way --- */

#define SB_UNDER_WAY_MAX 128 /* more of an account's are not told apart */

struct sb_under_way {
	int64_t until;  /* ms, real time */
	unsigned kinds; /* the call's */
};

/* Counts a call of an account, with its `kinds`, for `ms` from now on. */
void sb_under_way_add(struct sb_call *call, int64_t ms);

/* How many other calls to call->account are under way that are of all of `kinds`, bits of the
 * vendor's own; 0: all of them. */
size_t sb_under_way(struct sb_call *call, unsigned kinds);

#endif
