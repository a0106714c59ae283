/* token_cache.c - who calls? Tokens, from a cache that lives a second. Threads: any, under its
 * lock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/hash.h"

#define PLACES 256
#define KEPT_MS 1000 /* a revoked token is dead within this */

struct entry {
	unsigned char digest[SHA256_SIZE];
	int64_t until;
	struct token token; /* its texts are the arena's */
	struct arena *arena;
};

struct token_cache {
	struct store *store;
	pthread_mutex_t lock;
	struct entry entries[PLACES];
};

struct token_cache *token_cache_new(struct store *store)
{
	struct token_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		abort();
	cache->store = store;
	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void token_cache_free(struct token_cache *cache)
{
	for (size_t i = 0; i < PLACES; i++)
		arena_free(cache->entries[i].arena);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* Under the lock: the entry, and its texts with it, may be replaced afterwards. */
static void copy_out(struct arena *arena, struct token *out, const struct token *token)
{
	*out = *token;
	out->name = arena_strdup(arena, token->name);
	out->source = arena_strdup(arena, token->source);
}

static int look_up(struct token_cache *cache, const char *text, int64_t now, struct arena *arena,
		   struct token *token, struct error *err)
{
	struct view *view = view_open(cache->store, arena, err);
	int found;

	if (!view)
		return -1;
	found = token_find_any_workspace(view, text, now, token, err);
	view_close(view);
	return found;
}

int token_cache_check(struct token_cache *cache, struct arena *arena, const char *text, int64_t now,
	       struct token *token, struct error *err)
{
	unsigned char digest[SHA256_SIZE];
	struct entry *entry, fresh = { 0 };
	int found;

	sha256(text, strlen(text), digest);
	entry = &cache->entries[digest[0]];
	pthread_mutex_lock(&cache->lock);
	if (entry->until > now && memcmp(entry->digest, digest, SHA256_SIZE) == 0) {
		copy_out(arena, token, &entry->token);
		pthread_mutex_unlock(&cache->lock);
		return 1;
	}
	pthread_mutex_unlock(&cache->lock);

	fresh.arena = arena_new();
	found = look_up(cache, text, now, fresh.arena, &fresh.token, err);
	if (found != 1) {
		arena_free(fresh.arena);
		return found;
	}
	memcpy(fresh.digest, digest, SHA256_SIZE);
	fresh.until = now + KEPT_MS;
	pthread_mutex_lock(&cache->lock);
	arena_free(entry->arena);
	*entry = fresh;
	copy_out(arena, token, &entry->token);
	pthread_mutex_unlock(&cache->lock);
	return 1;
}
