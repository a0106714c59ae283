/* hash.h - digests and keyed hashes. Threads: pure. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define HASH16_SIZE 16
#define SHA256_SIZE 32

/* A keyed hash (BLAKE2b, 16 bytes) for keys of tables: identities, idempotency. */
struct hash16 {
	unsigned char bytes[HASH16_SIZE];
};

/* Key of a workspace's hashes: random, sealed in the store, never rotated. */
struct hash_key {
	unsigned char bytes[32];
};

struct hash_key hash_key_new(void);

/* Hashes `kind`, a NUL and the bytes: the same value as an e-mail and as a phone are
 * different keys. */
struct hash16 hash16(const struct hash_key *key, const char *kind, const void *bytes,
		     size_t len);

/* The same of what comes in pieces. The state is the arena's. */
struct sha256_sum;
struct sha256_sum *sha256_begin(struct arena *arena);
void sha256_add(struct sha256_sum *sum, const void *bytes, size_t len);
void sha256_end(struct sha256_sum *sum, unsigned char digest[SHA256_SIZE]);

void sha256(const void *bytes, size_t len, unsigned char digest[SHA256_SIZE]);
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 unsigned char mac[SHA256_SIZE]);

#endif
