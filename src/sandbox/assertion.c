/* assertion.c - JWT bearer assertions (RFC 7523), RS256. Threads: under the
 * sandbox's lock. */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth_inside.h"
#include "sandbox/state.h"

#define SKEW_MS (3 * CLOCK_MINUTE)

static const struct json_limits limits = { .bytes = 8192, .depth = 8, .elements = 256 };

struct jwt {
	const char *signed_part;
	size_t signed_len;
	json_t *header, *claims;
	unsigned char *signature;
	size_t signature_len;
};

static json_t *part_json(struct arena *arena, const char *text, size_t len)
{
	unsigned char *bytes;
	size_t size;

	if (base64url_decode(arena, arena_strndup(arena, text, len), &bytes, &size, NULL) < 0)
		return NULL;
	return json_parse(arena, (char *)bytes, size, &limits, NULL);
}

static bool jwt_read(struct arena *arena, const char *text, struct jwt *jwt)
{
	size_t header = strcspn(text, "."), claims;

	if (!text[header])
		return false;
	claims = strcspn(text + header + 1, ".");
	if (!text[header + 1 + claims])
		return false;
	jwt->signed_part = text;
	jwt->signed_len = header + 1 + claims;
	jwt->header = part_json(arena, text, header);
	jwt->claims = part_json(arena, text + header + 1, claims);
	return jwt->header && jwt->claims &&
	       base64url_decode(arena, text + jwt->signed_len + 1, &jwt->signature,
				&jwt->signature_len, NULL) == 0;
}

/* NULL when it is none; to be freed. */
static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

bool sb_client_set_key(struct sb_account *account, const char *pem)
{
	struct sandbox *sandbox = account->sandbox;
	EVP_PKEY *key = read_key(pem);
	bool is_one = key != NULL;

	EVP_PKEY_free(key);
	for (struct sb_client *client = sandbox->clients; is_one && client; client = client->next)
		if (client->account == account)
			client->public_key = arena_strdup(sandbox->arena, pem);
	return is_one;
}

static bool is_signed(const struct jwt *jwt, const char *pem)
{
	EVP_PKEY *key = read_key(pem);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good = key && context &&
		       EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		       EVP_DigestVerify(context, jwt->signature, jwt->signature_len,
					(const unsigned char *)jwt->signed_part,
					jwt->signed_len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return is_good;
}

static bool is_among(const char *list, const char *word)
{
	size_t len = word ? strlen(word) : 0;

	if (!list)
		return true;
	for (const char *at = list; len && at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, word, len) == 0 && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

enum sb_grant_fault sb_assertion_check(struct sb_call *call, const struct sb_grant *grant,
				       const struct sb_client **client)
{
	struct jwt jwt = { 0 };
	const char *issuer;

	if (!grant->assertion || !jwt_read(call->arena, grant->assertion, &jwt) ||
	    !text_equal(json_string_of(jwt.header, "alg"), "RS256"))
		return SB_GRANT_BAD_ASSERTION;
	issuer = json_string_of(jwt.claims, "iss");
	*client = issuer ? sb_client_find(call->sandbox, call->vendor, issuer) : NULL;
	if (!*client)
		return SB_GRANT_BAD_CLIENT;
	if (!(*client)->public_key || !is_signed(&jwt, (*client)->public_key) ||
	    !is_among(grant->audience, json_string_of(jwt.claims, "aud")))
		return SB_GRANT_BAD_ASSERTION;
	if (json_int_of(jwt.claims, "exp", 0) * 1000 + SKEW_MS < call->now)
		return SB_GRANT_OLD_ASSERTION;
	return SB_GRANT_OK;
}
