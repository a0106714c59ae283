/* webhook.c - signs what is posted to others' addresses. Threads: pure. */
#include "deliver/webhook.h"

#include <sodium.h>
#include <string.h>

#include "base/encode.h"
#include "base/hash.h"

#define PREFIX "whsec_"
#define KEY_MIN 24
#define KEY_MAX 64

/* The key that a secret stands for; wipe it. Returns -1 when it is none. */
static int key_of(struct arena *arena, const char *secret, unsigned char **key, size_t *len)
{
	struct error err;

	if (strncmp(secret, PREFIX, strlen(PREFIX)) != 0 ||
	    base64_decode(arena, secret + strlen(PREFIX), key, len, &err) < 0)
		return -1;
	if (*len >= KEY_MIN && *len <= KEY_MAX)
		return 0;
	sodium_memzero(*key, *len);
	return -1;
}

int webhook_secret_check(const char *text, struct error *err)
{
	struct arena *arena = arena_new();
	unsigned char *key;
	size_t len;
	int rc = key_of(arena, text, &key, &len);

	if (rc == 0)
		sodium_memzero(key, len);
	arena_free(arena);
	if (rc == 0)
		return 0;
	return error_set(err, ERR_INVALID,
			 "webhook_secret: must be whsec_ and the base64 of 24 to 64 random "
			 "bytes; make one with: echo whsec_$(openssl rand -base64 32)");
}

const char *webhook_signature(struct arena *arena, const char *secret, const char *id,
			      int64_t timestamp_s, const void *body, size_t len)
{
	unsigned char *key, mac[SHA256_SIZE];
	const char *head = arena_printf(arena, "%s.%lld.", id, (long long)timestamp_s);
	size_t head_len = strlen(head), key_len;
	char *content;

	if (key_of(arena, secret, &key, &key_len) < 0)
		return NULL;
	content = arena_alloc(arena, head_len + len);
	memcpy(content, head, head_len);
	memcpy(content + head_len, body, len);
	hmac_sha256(key, key_len, content, head_len + len, mac);
	sodium_memzero(key, key_len);
	return arena_printf(arena, "v1,%s", base64_encode(arena, mac, sizeof(mac)));
}
