/* dynamics_limits.c - what one user may ask of one web server: requests and their time in five
 * minutes, calls at once (fact sheet 8). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

#define WINDOW_MS (5 * CLOCK_MINUTE)
#define COOKIE "ARRAffinity="

/* Every token of an environment speaks for one user; each server counts by itself. */
static const struct {
	const char *requests, *time, *blocked; /* windows, and until when it refuses */
	const char *mark;                      /* in the cookie */
} servers[] = {
	{ "requests", "time", "blocked_until", "51f3c6b29c9e4b7d" },
	{ "requests_2", "time_2", "blocked_until_2", "b81fd9a27c1640ee" },
	{ "requests_3", "time_3", "blocked_until_3", "e2c7705d3a9f4f18" },
};

static const struct {
	const char *code, *message;
} limits[] = {
	[DYNAMICS_REQUESTS] = { "0x80072322", "Number of requests exceeded the limit of 6000 over "
					      "time window of 300 seconds." },
	[DYNAMICS_TIME] = { "0x80072321", "Combined execution time of incoming requests exceeded "
					  "limit of 1,200,000 milliseconds over time window of 300 "
					  "seconds." },
	[DYNAMICS_AT_ONCE] = { "0x80072326", "Number of concurrent requests exceeded the limit of "
					     "52." },
};

void dynamics_open_limits(struct sb_account *account)
{
	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		sb_window_open(account, servers[i].requests, SB_ROLLING, WINDOW_MS, 6000);
		sb_window_open(account, servers[i].time, SB_ROLLING, WINDOW_MS, 1200000);
	}
}

/* The server that a cookie pins the client to; without one, calls are spread. */
static size_t server_of(const struct sb_call *call)
{
	int64_t count = sb_switch(call->account, "servers");
	const char *cookie = sb_header(call, "Cookie");
	const char *mark = cookie ? strstr(cookie, COOKIE) : NULL;

	if (count < 1 || (size_t)count > ARRAY_LEN(servers))
		count = 1;
	for (size_t i = 0; mark && i < (size_t)count; i++)
		if (text_starts(mark + strlen(COOKIE), servers[i].mark))
			return i;
	return (size_t)(call->id % (uint64_t)count);
}

void dynamics_limited(struct sb_call *call, enum dynamics_limit limit, int64_t wait_ms)
{
	dynamics_fail(call, 429, limits[limit].code, "%s", limits[limit].message);
	sb_reply_header_int(call, "Retry-After", (wait_ms + 999) / 1000);
}

/* What a fault asks for. */
void dynamics_limited_as_set(struct sb_call *call)
{
	int64_t kind = call->account ? sb_switch(call->account, "limit_kind") : 0;

	dynamics_limited(call, kind > 0 && (size_t)kind < ARRAY_LEN(limits) ?
				       (enum dynamics_limit)kind :
				       DYNAMICS_REQUESTS,
			 5000);
}

/* Whoever goes on while blocked is blocked for longer. */
static bool is_blocked(struct sb_call *call, size_t server)
{
	json_t *block = json_object_get(call->account->extra, servers[server].blocked);
	int64_t until = json_int_of(block, "until", 0);

	if (until <= call->now)
		return false;
	if (until + CLOCK_SECOND <= call->now + WINDOW_MS)
		until += CLOCK_SECOND;
	json_object_set_new(block, "until", json_integer(until));
	sb_touch(call);
	dynamics_limited(call, (enum dynamics_limit)json_int_of(block, "limit", 0),
			 until - call->now);
	return true;
}

static bool take(struct sb_call *call, size_t server, enum dynamics_limit limit, int64_t cost)
{
	struct sb_window *window = sb_window_find(call->account, limit == DYNAMICS_TIME ?
									 servers[server].time :
									 servers[server].requests);
	int64_t wait;

	if (sb_window_take(window, call->now, cost))
		return true;
	wait = sb_window_wait(window, call->now, cost);
	json_object_set_new(call->account->extra, servers[server].blocked,
			    json_pack("{sI si}", "until", (json_int_t)(call->now + wait), "limit",
				      (int)limit));
	sb_touch(call);
	dynamics_limited(call, limit, wait);
	return false;
}

/* Rows that a call is about to write, as the time that it takes grows with them: a batch is
 * one request, but the time of all that are in it. */
static int64_t rows_of(const struct sb_call *call)
{
	static const char part[] = " HTTP/1.1\r\n", row[] = "\"@odata.type\"";
	const char *mark = text_ends(call->path, "batch") ? part : row, *at = call->body;
	int64_t count = 0;

	while ((at = strstr(at, mark))) {
		count++;
		at += strlen(mark);
	}
	return count ? count : 1;
}

/* Calls under way are told apart by their server. */
static bool is_beside_too_many(struct sb_call *call, size_t server)
{
	int64_t max = sb_switch(call->account, "at_once");

	call->kinds = 1u << server;
	if (!max || sb_under_way(call, call->kinds) < (size_t)max)
		return false;
	dynamics_limited(call, DYNAMICS_AT_ONCE, CLOCK_SECOND);
	return true;
}

bool dynamics_admit(struct sb_call *call)
{
	size_t server = server_of(call);

	if (is_blocked(call, server) || is_beside_too_many(call, server))
		return false;
	return take(call, server, DYNAMICS_REQUESTS, 1) &&
	       take(call, server, DYNAMICS_TIME,
		    rows_of(call) * sb_switch(call->account, "call_ms"));
}

/* "1,199.98": seconds. */
static const char *seconds_text(struct arena *arena, int64_t ms)
{
	long long whole = ms / 1000, hundredths = ms % 1000 / 10;

	return whole >= 1000 ? arena_printf(arena, "%lld,%03lld.%02lld", whole / 1000,
					    whole % 1000, hundredths) :
			       arena_printf(arena, "%lld.%02lld", whole, hundredths);
}

void dynamics_tell_limits(struct sb_call *call)
{
	size_t server = server_of(call);
	struct sb_window *requests = sb_window_find(call->account, servers[server].requests);
	struct sb_window *time = sb_window_find(call->account, servers[server].time);

	sb_reply_header_int(call, "x-ms-ratelimit-burst-remaining-xrm-requests",
			    sb_window_remaining(requests, call->now));
	sb_reply_header(call, "x-ms-ratelimit-time-remaining-xrm-requests",
			seconds_text(call->arena, sb_window_remaining(time, call->now)));
	sb_reply_header(call, "Set-Cookie",
			arena_printf(call->arena, COOKIE "%s;Path=/;HttpOnly", servers[server].mark));
}
