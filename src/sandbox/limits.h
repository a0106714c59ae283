/* limits.h - rate windows. Threads: under the sandbox's lock.
 *
 * An account has windows by name; the vendor opens them with its own numbers and the
 * control API can change the maximum. Time is the sandbox's. */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct sb_account;

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

#endif
