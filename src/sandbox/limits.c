/* limits.c - rate windows, and calls under way at once. Threads: under the sandbox's lock. */
#include "sandbox/limits.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/state.h"

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

/* --- calls under way --- */

static void let_go(struct sb_account *account, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < account->nunder_way; i++)
		if (account->under_way[i].until > now)
			account->under_way[kept++] = account->under_way[i];
	account->nunder_way = kept;
}

void sb_under_way_add(struct sb_call *call, int64_t ms)
{
	struct sb_account *account = call->account;

	if (account->nunder_way < SB_UNDER_WAY_MAX)
		account->under_way[account->nunder_way++] = (struct sb_under_way){
			.until = call->sandbox->real_at + ms, .kinds = call->kinds
		};
}

size_t sb_under_way(struct sb_call *call, unsigned kinds)
{
	const struct sb_account *account = call->account;
	size_t count = 0;

	let_go(call->account, call->sandbox->real_at);
	for (size_t i = 0; i < account->nunder_way; i++)
		count += (account->under_way[i].kinds & kinds) == kinds;
	return count;
}
