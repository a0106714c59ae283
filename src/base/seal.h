/* seal.h - secrets at rest, under the installation's master keys. Threads: pure.
 *
 * XChaCha20-Poly1305 with a random nonce. The associated data names where a sealed
 * value stands (workspace, table, row, column, origins), so that it cannot be moved
 * to another place. The master key file holds one key a line, "ID HEX64": the first
 * seals, all open. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

#define SEAL_KEYS_MAX 8

struct master_key {
	uint32_t id;
	unsigned char bytes[32];
};

struct keyring {
	struct master_key keys[SEAL_KEYS_MAX];
	size_t count;
};

/* A secret in clear, in memory that is locked and wiped by secret_close(). */
struct secret {
	char *text; /* NUL-terminated; NULL when closed */
	size_t len;
};

/* Reads the master key file, or writes a new one (0400) when `path` is not there and
 * `may_create`. Empty lines and those that begin with # are skipped. Errors: ERR_DENIED
 * when others may read it, ERR_INVALID with the line, ERR_NOT_FOUND. */
int keyring_open(struct keyring *keyring, const char *path, int may_create,
		 struct error *err);
void keyring_wipe(struct keyring *keyring);

/* Seals `len` bytes; the result is the arena's, *sealed_len bytes. */
unsigned char *seal(struct arena *arena, const struct keyring *keyring, const char *where,
		    const void *bytes, size_t len, size_t *sealed_len);

/* Opens what was sealed with the same `where`. Errors: ERR_DENIED when no key of the
 * ring opens it or it was moved or altered, ERR_INVALID when it is not of ours. Close
 * with secret_close(). */
int seal_open(const struct keyring *keyring, const char *where, const void *sealed,
	      size_t sealed_len, struct secret *secret, struct error *err);
void secret_close(struct secret *secret);

/* The number of the master key that a value was sealed under; 0 when it is not of ours. */
uint32_t seal_key_id(const void *sealed, size_t sealed_len);

/* What every value begins with that was sealed under the ring's first key. */
#define SEAL_HEAD_SIZE 5
void seal_head(const struct keyring *keyring, unsigned char head[SEAL_HEAD_SIZE]);

/* A key for one purpose ("audit", "heads"), derived from the oldest master key, that
 * with the lowest number, so that adding a key does not change it. */
void keyring_derive(const struct keyring *keyring, const char *purpose,
		    struct hash_key *key);

#endif
