/* hash.c - digests and keyed hashes. Threads: pure. HMAC is OpenSSL's, which uses the
 * processor's own instructions for SHA-256: it is three times as fast as libsodium's. */
#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>
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

/* ---- HMAC ---- */

static pthread_key_t contexts; /* one a thread: making one takes longer than a short MAC */

static void free_context(void *context)
{
	EVP_MAC_CTX_free(context);
}

static void make_contexts(void)
{
	if (pthread_key_create(&contexts, free_context) != 0)
		abort();
}

static EVP_MAC_CTX *new_context(void)
{
	static char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

	EVP_MAC_free(mac); /* the context has it */
	if (!context || !EVP_MAC_CTX_set_params(context, parameters) ||
	    pthread_setspecific(contexts, context) != 0)
		abort();
	return context;
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 unsigned char mac[SHA256_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	EVP_MAC_CTX *context;
	size_t size;

	pthread_once(&once, make_contexts);
	context = pthread_getspecific(contexts);
	if (!context)
		context = new_context();
	/* A key of no bytes would mean the key before it. */
	if (!EVP_MAC_init(context, key_len > 0 ? key : (const void *)"", key_len, NULL) ||
	    !EVP_MAC_update(context, bytes, len) ||
	    !EVP_MAC_final(context, mac, &size, SHA256_SIZE))
		abort();
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
