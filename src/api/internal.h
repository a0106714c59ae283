/* internal.h - what api/'s own machinery shares. Private to api/. Threads: any. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "api/api.h"

struct rates;

struct api {
	struct api_config config;
	struct http_server *server;
	struct token_cache *tokens;
	struct rates *rates;
};

/* Token buckets, one per key (a token's id, a source's id, a peer's hash): `per_s` may
 * be taken each second and twice as many at once. Returns whether one was there; always
 * when per_s is 0. `now_us` is clock_mono_us(). Threads: any, under its lock. */
struct rates *rates_new(void);
void rates_free(struct rates *rates);
bool rate_take(struct rates *rates, int64_t key, double per_s, int64_t now_us);

/* 429 with Retry-After. */
void api_limited(struct api_call *call, int after_s);

#endif
