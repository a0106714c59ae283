/* vclock.c - the sandbox's own time. Threads: under the sandbox's lock. */
#include "sandbox/vclock.h"

#include "base/clock.h"

int64_t sb_vclock_real(const struct sb_vclock *clock)
{
	return clock->pinned_at ? clock->pinned_at : clock_now();
}

int64_t sb_vclock_now(struct sb_vclock *clock)
{
	int64_t now = sb_vclock_real(clock) + clock->ahead_ms;

	if (!clock->is_frozen && now > clock->latest)
		clock->latest = now;
	return clock->latest;
}

void sb_vclock_freeze(struct sb_vclock *clock, bool is_frozen)
{
	int64_t now = sb_vclock_now(clock);

	clock->is_frozen = is_frozen;
	clock->ahead_ms = now - sb_vclock_real(clock);
}

bool sb_vclock_set(struct sb_vclock *clock, int64_t at)
{
	if (at < sb_vclock_now(clock))
		return false;
	clock->latest = at;
	clock->ahead_ms = at - sb_vclock_real(clock);
	return true;
}

bool sb_vclock_step(struct sb_vclock *clock, int64_t ms)
{
	return sb_vclock_set(clock, sb_vclock_now(clock) + ms);
}
