/* limits.c - rate windows. Threads: under the sandbox's lock. */
#include "sandbox/limits.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/account.h"

struct sb_window *sb_window_find(struct sb_account *account, const char *name)
{
	for (size_t i = 0; i < account->nwindows; i++)
		if (strcmp(account->windows[i].name, name) == 0)
			return &account->windows[i];
	return NULL;
}

struct sb_window *sb_window_open(struct sb_account *account, const char *name,
				 enum sb_window_kind kind, int64_t length_ms, int64_t max)
{
	struct sb_window *window = sb_window_find(account, name);

	if (window)
		return window;
	if (account->nwindows == SB_WINDOWS_MAX)
		abort(); /* a vendor's windows are our own */
	window = &account->windows[account->nwindows++];
	*window = (struct sb_window){
		.name = arena_strdup(account->arena, name),
		.kind = kind,
		.length_ms = length_ms,
		.max = max,
	};
	return window;
}

static int64_t bucket_ms(const struct sb_window *window)
{
	int64_t ms = window->kind == SB_FIXED ? window->length_ms :
						window->length_ms / SB_BUCKETS;

	return ms > 0 ? ms : 1;
}

/* Lets go of the buckets that time has left behind. */
static void advance(struct sb_window *window, int64_t now)
{
	int64_t bucket = now / bucket_ms(window);

	if (window->kind == SB_FIXED) {
		if (bucket > window->newest)
			window->used = 0;
		window->newest = bucket;
		return;
	}
	if (bucket - window->newest >= SB_BUCKETS) {
		memset(window->buckets, 0, sizeof(window->buckets));
		window->used = 0;
		window->newest = bucket;
	}
	while (window->newest < bucket) {
		int64_t *oldest = &window->buckets[++window->newest % SB_BUCKETS];

		window->used -= *oldest;
		*oldest = 0;
	}
}

bool sb_window_take(struct sb_window *window, int64_t now, int64_t cost)
{
	advance(window, now);
	if (window->max && window->used + cost > window->max)
		return false;
	window->used += cost;
	if (window->kind == SB_ROLLING)
		window->buckets[window->newest % SB_BUCKETS] += cost;
	return true;
}

int64_t sb_window_remaining(struct sb_window *window, int64_t now)
{
	advance(window, now);
	return window->max > window->used ? window->max - window->used : 0;
}

int64_t sb_window_wait(struct sb_window *window, int64_t now, int64_t cost)
{
	int64_t used, length = bucket_ms(window);

	advance(window, now);
	used = window->used;
	if (!window->max || used + cost <= window->max)
		return 0;
	if (window->kind == SB_FIXED)
		return (window->newest + 1) * length - now;
	for (int64_t i = 1; i <= SB_BUCKETS; i++) {
		used -= window->buckets[(window->newest + i) % SB_BUCKETS];
		if (used + cost <= window->max || i == SB_BUCKETS)
			return (window->newest + i) * length - now;
	}
	return window->length_ms;
}
