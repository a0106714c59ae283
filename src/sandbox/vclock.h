/* vclock.h - the sandbox's own time, which a test can step. Threads: under the
 * sandbox's lock.
 *
 * Everything that the vendors show or count is in this time: created and updated
 * times, the life of tokens, rate windows, index lag, retries of webhooks. Only the
 * delays of slow answers are real. It never goes back. */
#ifndef SANDBOX_VCLOCK_H
#define SANDBOX_VCLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct sb_vclock {
	int64_t ahead_ms;  /* of the real clock, while it runs */
	int64_t latest;    /* shown last, ms since 1970-01-01 UTC */
	bool is_frozen;    /* moves by sb_vclock_step() and _set() only */
	int64_t pinned_at; /* real time while one event is handled, and of a journal's;
			    * 0: look at the clock */
};

/* ms since 1970-01-01 UTC: the sandbox's, and what it takes for the real one. */
int64_t sb_vclock_now(struct sb_vclock *clock);
int64_t sb_vclock_real(const struct sb_vclock *clock);

void sb_vclock_freeze(struct sb_vclock *clock, bool is_frozen);

/* Move forward, frozen or not: by `ms`, or to `at`. Return false for a way back. */
bool sb_vclock_step(struct sb_vclock *clock, int64_t ms);
bool sb_vclock_set(struct sb_vclock *clock, int64_t at);

#endif
