/* hash.c - digests and keyed hashes. Threads: pure. */
#include "base/hash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct hash_key hash_key_new(void)
{
	struct hash_key key;

	if (sodium_init() < 0)
		abort();
	randombytes_buf(key.bytes, sizeof(key.bytes));
	return key;
}

struct hash16 hash16(const struct hash_key *key, const char *kind, const void *bytes,
		     size_t len)
{
	crypto_generichash_state state;
	struct hash16 hash;

	crypto_generichash_init(&state, key->bytes, sizeof(key->bytes), HASH16_SIZE);
	crypto_generichash_update(&state, (const unsigned char *)kind, strlen(kind) + 1);
	crypto_generichash_update(&state, bytes, len);
	crypto_generichash_final(&state, hash.bytes, HASH16_SIZE);
	return hash;
}

void sha256(const void *bytes, size_t len, unsigned char digest[SHA256_SIZE])
{
	crypto_hash_sha256(digest, bytes, len);
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 unsigned char mac[SHA256_SIZE])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, bytes, len);
	crypto_auth_hmacsha256_final(&state, mac);
}

struct sha256_sum {
	crypto_hash_sha256_state state;
};

struct sha256_sum *sha256_begin(struct arena *arena)
{
	struct sha256_sum *sum = arena_alloc(arena, sizeof(*sum));

	crypto_hash_sha256_init(&sum->state);
	return sum;
}

void sha256_add(struct sha256_sum *sum, const void *bytes, size_t len)
{
	crypto_hash_sha256_update(&sum->state, bytes, len);
}

void sha256_end(struct sha256_sum *sum, unsigned char digest[SHA256_SIZE])
{
	crypto_hash_sha256_final(&sum->state, digest);
}
